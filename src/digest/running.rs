//! SHA-256 (FIPS 180-4) of a message that comes in pieces.

use sha2::block_api::compress256;

/// The intermediate hash value.
pub(super) type State = [u32; 8];

/// What is taken in at once.
pub(super) type Block = [u8; 64];

/// The hash value before the first block (FIPS 180-4, section 5.3.3).
const BEGIN: State = [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The bytes of a message's length, which its last block ends with.
const LENGTH: usize = size_of::<u64>();

/// Last blocks of a short message that are made at once, at most.
const MOST_LAST: usize = 4;

/// The digest of what was seen of a message.
///
/// As `sha2` has it, whose function it calls, but two of them can go on [together](Self::update_both).
#[derive(Debug, Clone)]
pub struct Running {
    state: State,
    /// Bytes seen.
    length: u64,
    /// The block that is not whole yet.
    begun: Block,
}

impl Default for Running {
    fn default() -> Self {
        Self { state: BEGIN, length: 0, begun: [0; _] }
    }
}

impl Running {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let (blocks, rest) = self.complete(bytes).as_chunks();
        compress256(&mut self.state, blocks);
        self.begin(rest);
    }

    /// Whether two messages take less time [together](Self::update_both) than one after the other.
    #[must_use]
    pub fn gains_together() -> bool {
        #[cfg(target_arch = "x86_64")]
        return super::lanes::there();
        #[cfg(not(target_arch = "x86_64"))]
        return false;
    }

    /// As [`Self::update`], of two messages.
    pub fn update_both([one, other]: [&mut Self; 2], bytes: [&[u8]; 2]) {
        let ((blocks, rest), (other_blocks, other_rest)) = (one.complete(bytes[0]).as_chunks(), other.complete(bytes[1]).as_chunks());
        compress_more([&mut one.state, &mut other.state], [blocks, other_blocks]);
        one.begin(rest);
        other.begin(other_rest);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let (mut state, mut room) = (self.state, [[0; _]; _]);
        compress256(&mut state, self.last_blocks(&[], &mut room));
        bytes_of(state)
    }

    /// The digests of two messages that begin with what was seen, and end with these bytes.
    #[must_use]
    pub fn finish_both(&self, ends: [&[u8]; 2]) -> [[u8; 32]; 2] {
        if ends.iter().any(|end| self.last_bytes(end) > size_of::<[Block; MOST_LAST]>()) {
            return ends.map(|end| {
                let mut own = self.clone();
                own.update(end);
                own.finish()
            });
        }
        let ([mut room, mut other_room], [mut state, mut other_state]) = ([[[0; _]; _]; 2], [self.state; 2]);
        let blocks = [self.last_blocks(ends[0], &mut room), self.last_blocks(ends[1], &mut other_room)];
        compress_more([&mut state, &mut other_state], blocks);
        [state, other_state].map(bytes_of)
    }

    /// Bytes of the blocks that are to be taken in yet of a message that ends with these bytes.
    fn last_bytes(&self, end: &[u8]) -> usize {
        (self.begun_bytes() + end.len() + 1 + LENGTH).next_multiple_of(size_of::<Block>())
    }

    /// These blocks, for which there is room.
    fn last_blocks<'r>(&self, end: &[u8], room: &'r mut [Block; MOST_LAST]) -> &'r [Block] {
        let begun = self.begun_bytes();
        let length = begun + end.len();
        // Section 5.1.1: a bit, zeroes, the length in bits.
        let bytes = &mut room.as_flattened_mut()[..self.last_bytes(end)];
        bytes[..begun].copy_from_slice(&self.begun[..begun]);
        bytes[begun..length].copy_from_slice(end);
        bytes[length] = 0x80;
        let at = bytes.len() - LENGTH;
        bytes[at..].copy_from_slice(&self.length.wrapping_add(end.len() as u64).wrapping_mul(8).to_be_bytes());
        bytes.as_chunks().0
    }

    fn begun_bytes(&self) -> usize {
        (self.length % size_of::<Block>() as u64) as usize
    }

    /// Counts bytes, and takes in as many as the begun block lacks; gives the others.
    fn complete<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let begun = self.begun_bytes();
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if begun == 0 {
            return bytes;
        }
        let lacking = &mut self.begun[begun..];
        let (own, others) = bytes.split_at(bytes.len().min(lacking.len()));
        lacking[..own.len()].copy_from_slice(own);
        if own.len() == lacking.len() {
            compress256(&mut self.state, &[self.begun]);
        }
        others
    }

    /// Begins a block, if there is anything of it.
    fn begin(&mut self, rest: &[u8]) {
        self.begun[..rest.len()].copy_from_slice(rest);
    }
}

/// The digest that a hash value is.
fn bytes_of(state: State) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    digest
}

/// Takes blocks of two messages into their states, side by side as far as both go.
fn compress_more([one, other]: [&mut State; 2], [blocks, other_blocks]: [&[Block]; 2]) {
    let most = blocks.len().min(other_blocks.len());
    let ((both, more), (other_both, other_more)) = (blocks.split_at(most), other_blocks.split_at(most));
    compress_both([&mut *one, &mut *other], [both, other_both]);
    compress256(one, more);
    compress256(other, other_more);
}

/// Takes as many blocks of each message into their states.
fn compress_both([one, other]: [&mut State; 2], blocks: [&[Block]; 2]) {
    #[cfg(target_arch = "x86_64")]
    if super::lanes::compress([&mut *one, &mut *other], blocks) {
        return;
    }
    compress256(one, blocks[0]);
    compress256(other, blocks[1]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Bytes that no two messages share.
    fn message(seed: u8, length: usize) -> Vec<u8> {
        Sha256::digest([seed]).iter().copied().cycle().zip(0_u8..=250).map(|(one, other)| one ^ other).cycle().take(length).collect()
    }

    fn pieces<'m>(message: &'m [u8], ends: &[usize]) -> Vec<&'m [u8]> {
        let mut left = message;
        let mut pieces: Vec<&[u8]> = ends.iter().map(|length| left.split_off(..*length.min(&left.len())).unwrap_or_default()).collect();
        pieces.push(left);
        pieces
    }

    #[test]
    fn every_length_has_the_digest_that_sha2_gives_it() {
        for length in 0..300 {
            let (message, mut running) = (message(1, length), Running::default());
            running.update(&message);
            assert_eq!(running.finish(), <[u8; 32]>::from(Sha256::digest(&message)), "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Where the processor has no instructions for it, what is held against `sha2` is the way without them.
        #[test]
        fn two_side_by_side_have_the_digests_of_each_whatever_the_pieces(
            seeds in any::<[u8; 2]>(), lengths in prop::array::uniform2(0_usize..3000),
            ends in prop::array::uniform2(prop::collection::vec(prop::sample::select(vec![0_usize, 1, 63, 64, 65, 128, 200, 1000]), 4)),
        ) {
            let messages = [0, 1].map(|at| message(seeds[at], lengths[at]));
            let [mut one, mut other] = [Running::default(), Running::default()];
            for (piece, other_piece) in pieces(&messages[0], &ends[0]).into_iter().zip(pieces(&messages[1], &ends[1])) {
                Running::update_both([&mut one, &mut other], [piece, other_piece]);
            }
            let expected = [0, 1].map(|at| <[u8; 32]>::from(Sha256::digest(&messages[at])));
            prop_assert_eq!([one.finish(), other.finish()], expected);
        }
    }
}
