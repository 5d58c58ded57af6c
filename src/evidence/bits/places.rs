//! From bits to the places of marks, some words ahead of whoever asks.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, mask8x64, u8x64};

use super::{Bits, WIDTH};
use crate::evidence::decode::small;

/// Words that are looked at together.
const AHEAD: usize = 128;

/// Places that are written at once.
const STEP: usize = 4;
const TOGETHER: usize = 16;

/// The number of each byte of a word.
const EACH: [u8; WIDTH] = {
    let mut each = [0; WIDTH];
    let mut at = 1;
    while at < WIDTH {
        each[at] = each[at - 1] + 1;
        at += 1;
    }
    each
};

/// Walks over the marks of a block by their places.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Room for places, those from `from` to `filled` are the next ones.
    at: Vec<u32>,
    from: usize,
    filled: usize,
    /// The next word to look at, without the marks before `begin`.
    word: usize,
    begin: usize,
}

impl Places {
    /// Begins a block.
    pub(crate) fn start(&mut self) {
        (self.from, self.filled, self.word, self.begin) = (0, 0, 0, 0);
    }

    /// The next marks that were not taken: so many at least, or all that are left.
    #[inline]
    pub(crate) fn ahead(&mut self, bits: &Bits, count: usize) -> &[u32] {
        if self.filled - self.from < count {
            self.fill(bits, count);
        }
        self.at.get(self.from..self.filled).unwrap_or_default()
    }

    fn fill(&mut self, bits: &Bits, count: usize) {
        self.at.copy_within(self.from..self.filled, 0);
        (self.from, self.filled) = (0, self.filled - self.from);
        while let (true, Some(words)) = (self.filled < count, bits.0.get(self.word..).filter(|words| !words.is_empty())) {
            let words = words.get(..AHEAD).unwrap_or(words);
            if self.at.len() < self.filled + words.len() * WIDTH {
                self.at.resize(self.filled + AHEAD * WIDTH, 0);
            }
            let room = self.at.get_mut(self.filled..).unwrap_or_default();
            let first = self.word * WIDTH;
            let masked = u64::MAX.checked_shl(small(self.begin.saturating_sub(first))).unwrap_or(0);
            self.filled += dispatch!(Level::new(), simd => places(simd, words, masked, small(first), room));
            self.word += words.len();
        }
    }

    /// Takes so many marks.
    #[inline]
    pub(crate) fn take(&mut self, count: usize) {
        self.from = (self.from + count).min(self.filled);
    }

    /// Takes all marks before a place.
    #[inline]
    pub(crate) fn skip_to(&mut self, place: usize) {
        while let Some(at) = self.at.get(self.from).filter(|_| self.from < self.filled) {
            if *at as usize >= place {
                return;
            }
            self.from += 1;
        }
        self.begin = place;
        self.word = self.word.max(place / WIDTH);
    }
}

/// Writes the places of all marks; gives how many there are. There must be room for one a byte.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn places<S: Simd>(simd: S, words: &[u64], mut masked: u64, mut first: u32, room: &mut [u32]) -> usize {
    let mut filled = 0;
    for word in words {
        let Some(room) = room.get_mut(filled..).and_then(|room| room.first_chunk_mut::<WIDTH>()) else { break };
        filled += write(simd, word & masked, first, room);
        masked = u64::MAX;
        first = first.wrapping_add(small(WIDTH));
    }
    filled
}

/// Writes the places of the bits of a word; gives how many there are. Behind them room is written over.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
pub(super) fn write<S: Simd>(simd: S, mut bits: u64, first: u32, room: &mut [u32; WIDTH]) -> usize {
    let count = bits.count_ones() as usize;
    if S::u8s::LEN == WIDTH {
        // Where a word is as wide as a register, all of its marks are moved together at once.
        let mut own = [0; WIDTH];
        u8x64::from_slice(simd, &EACH).compress(mask8x64::from_bitmask(simd, bits)).store_slice(&mut own);
        let steps = room.as_chunks_mut::<TOGETHER>().0.iter_mut().zip(own.as_chunks::<TOGETHER>().0);
        let mut left = count;
        for (room, own) in steps {
            #[allow(clippy::needless_range_loop, reason = "one loop over two arrays, which is made without steps")]
            for at in 0..TOGETHER {
                room[at] = first.wrapping_add(u32::from(own[at]));
            }
            // It is seldom that there are more.
            if left <= TOGETHER {
                break;
            }
            left -= TOGETHER;
        }
        return count;
    }
    // More than there are is written, to write without a look at each.
    for (step, some) in room.as_chunks_mut::<STEP>().0.iter_mut().enumerate() {
        if step * STEP >= count.max(1) {
            break;
        }
        for place in some {
            *place = first.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::{Places, WIDTH, places};
    use crate::evidence::bits::marks::Marks;

    #[test]
    fn the_places_do_not_depend_on_the_machine() {
        let scattered = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let words: Vec<u64> =
            (0..200).map(|at| scattered(at) & scattered(at + 7) | u64::MAX * u64::from(at % 50 == 9)).chain([0, 1, 1 << 63]).collect();
        let wanted: Vec<u32> = (0..64 * 203).filter(|at| words[*at as usize / 64] >> (at % 64) & 1 == 1).collect();
        for level in [Level::new(), Level::baseline()] {
            for skipped in [0, 1, 63] {
                let mut room = vec![0; words.len() * WIDTH];
                let filled = dispatch!(level, simd => places(simd, &words, u64::MAX << skipped, 640, &mut room));
                let own: Vec<u32> = wanted.iter().filter(|at| **at >= skipped).map(|at| at + 640).collect();
                assert_eq!(room[..filled], own, "{level:?}");
            }
        }
    }

    #[test]
    fn the_places_are_those_of_the_bits_however_many_are_asked_for() {
        let block: Vec<u8> = (0..20_000_u32).map(|at| if at.wrapping_mul(2_654_435_761) % 1000 < at / 25 { b'"' } else { b'x' }).collect();
        let wanted: Vec<u32> = (0..20_000).filter(|at| block[*at as usize] == b'"').collect();
        let bits = Marks::of_strings(&block).strings;
        let mut places = Places::default();
        for count in [1, 7, 100, 3000, 20_000] {
            places.start();
            let mut rest = &wanted[..];
            while !rest.is_empty() {
                let ahead = places.ahead(&bits, count);
                assert_eq!(ahead, &rest[..ahead.len()]);
                assert!(ahead.len() >= count.min(rest.len()));
                let step = ahead.len().min(count / 2 + 1);
                places.take(step);
                rest = &rest[step..];
            }
            assert!(places.ahead(&bits, count).is_empty());
        }
        for step in [1, 63, 64, 65, 1000, 5000, 30_000] {
            places.start();
            for place in (0..20_000).step_by(step) {
                places.skip_to(place);
                let next = wanted.iter().copied().find(|at| *at as usize >= place);
                assert_eq!(places.ahead(&bits, 1).first().copied(), next, "{place} in steps of {step}");
            }
        }
    }
}
