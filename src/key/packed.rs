//! Keys of up to fifteen bytes in one word, so that two are compared at once.

/// Bytes of a word.
pub(super) const WORD: usize = size_of::<u128>();
/// Bytes of the longest key that lies in its word.
const SHORT: usize = WORD - 1;
/// The last byte of a word that says where a long key lies.
const LONG: u8 = u8::MAX;
/// Bytes of the place of a long key; its length follows.
const PLACE: usize = size_of::<u64>();
const LENGTH: usize = size_of::<u32>();

/// A short key: its bytes, zeroes, and its length plus one. Or where a long
/// one lies among others: where it begins, its length, zeroes, [`LONG`]. No
/// key is all zeroes. Numbers are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(16))]
pub(super) struct Packed([u8; WORD]);

/// The bytes of a short key as a word, the first one lowest.
#[inline]
fn word(key: &[u8]) -> u128 {
    // Two loads that may overlap make all of it: no byte is looked at by itself.
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (key.len() - 8)),
        _ => match (key.first_chunk(), key.last_chunk()) {
            (Some(first), Some(last)) => u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (key.len() - 4)),
            _ => key.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte)),
        },
    }
}

impl Packed {
    /// A short key.
    #[inline]
    pub fn short(key: &[u8]) -> Option<Self> {
        let length = u8::try_from(key.len()).ok().filter(|length| usize::from(*length) <= SHORT)?;
        Some(Self((word(key) | u128::from(length + 1) << (8 * SHORT)).to_le_bytes()))
    }

    /// Any key; the bytes of a long one go behind the others.
    #[inline]
    pub fn of(key: &[u8], others: &mut Vec<u8>) -> Self {
        Self::short(key).unwrap_or_else(|| Self::long(key, others))
    }

    #[cold]
    fn long(key: &[u8], others: &mut Vec<u8>) -> Self {
        let length = u32::try_from(key.len()).expect("a key is made of cells of a block, which is shorter than 4 GiB");
        let mut bytes = [0; WORD];
        bytes[..PLACE].copy_from_slice(&(others.len() as u64).to_le_bytes());
        bytes[PLACE..PLACE + LENGTH].copy_from_slice(&length.to_le_bytes());
        bytes[SHORT] = LONG;
        others.extend_from_slice(key);
        Self(bytes)
    }

    /// What lies at the beginning of these bytes.
    #[inline]
    pub fn at(bytes: &[u8]) -> Self {
        Self(bytes.first_chunk().copied().unwrap_or_default())
    }

    /// The same as bytes.
    #[inline]
    pub const fn as_bytes(&self) -> &[u8; WORD] {
        &self.0
    }

    /// Whether this is a short key.
    #[inline]
    pub const fn is_short(&self) -> bool {
        self.0[SHORT] != LONG
    }

    /// As a number, to be compared.
    #[inline]
    pub const fn word(&self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

/// The key that a word holds, or that lies where it says among the others.
#[inline]
pub(super) fn key<'k>(word: &'k [u8], others: &'k [u8]) -> &'k [u8] {
    match word.get(SHORT) {
        Some(&LONG) => {
            let start = word.first_chunk().map_or(0, |start| usize::try_from(u64::from_le_bytes(*start)).unwrap_or(usize::MAX));
            let length = word[PLACE..].first_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
            others.get(start..).and_then(|from| from.get(..length)).unwrap_or_default()
        }
        Some(length) => word.get(..usize::from(*length).saturating_sub(1)).unwrap_or_default(),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_length_come_back_and_differ_from_all_others() {
        let text: Vec<u8> = (1..=40).collect();
        let mut others = Vec::new();
        let keys: Vec<&[u8]> =
            (0..=40).flat_map(|length| [&text[..length], &text[40 - length..]]).chain([&[0; 3][..], &[0; 15], &[255; 15]]).collect();
        let packed: Vec<Packed> = keys.iter().map(|key| Packed::of(key, &mut others)).collect();
        for (own, bytes) in packed.iter().zip(&keys) {
            assert_eq!(key(own.as_bytes(), &others), *bytes);
            assert_eq!((own.is_short(), Packed::at(own.as_bytes())), (bytes.len() < 16, *own));
            assert_ne!(own.word(), 0);
            for (other, others) in packed.iter().zip(&keys).filter(|(other, _)| own.is_short() && other.is_short()) {
                assert_eq!(own.word() == other.word(), bytes == others);
            }
        }
        assert_eq!(key(&[0; WORD], &[]), b"");
    }
}
