//! Where the keys of a table are: an index without pointers, and keys that lie
//! in their slots.
//!
//! A general map keeps control bytes, entries and keys in three places. Tables
//! of a scan are larger than the caches, and each place is a wait for memory:
//! one word per key, probed in a row, halves what looking up and counting cost.

/// Finds slots by 32 bits of a key's hash.
///
/// Open addressing, linear probing: a word holds a tag and a slot, and lies at
/// or behind the place that the tag's upper bits name. Nothing is ever removed.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// The tag in the upper half, the slot plus one in the lower; 0 where free. A power of two long.
    words: Vec<u64>,
    used: usize,
}

/// The half of a word that holds the slot.
const SLOT: u64 = u32::MAX as u64;
/// Words of the smallest index.
const SMALLEST: usize = 16;

impl Index {
    #[inline]
    fn place(&self, tag: u32) -> usize {
        // A place beyond the words cannot come out: they are at most 2^32.
        ((u64::from(tag) * self.words.len() as u64) >> 32) as usize
    }

    /// The slots with this tag: those whose key may be the one that is looked for.
    #[inline]
    pub(super) fn with(&self, tag: u32) -> impl Iterator<Item = usize> + '_ {
        let mut place = self.place(tag);
        std::iter::from_fn(move || {
            loop {
                // An index without words has no place at all.
                let word = *self.words.get(place)?;
                place = (place + 1) & (self.words.len() - 1);
                if word == 0 {
                    return None;
                }
                if (word >> 32) as u32 == tag {
                    return Some((word & SLOT) as usize - 1);
                }
            }
        })
    }

    /// Notes a slot that is new.
    pub(super) fn insert(&mut self, tag: u32, slot: usize) {
        if (self.used + 1) * 8 > self.words.len() * 5 {
            self.grow();
        }
        let number = u32::try_from(slot + 1).expect("four billion keys do not fit the memory that a scan may use");
        self.put(u64::from(tag) << 32 | u64::from(number));
        self.used += 1;
    }

    fn put(&mut self, word: u64) {
        let mut place = self.place((word >> 32) as u32);
        while self.words[place] != 0 {
            place = (place + 1) & (self.words.len() - 1);
        }
        self.words[place] = word;
    }

    fn grow(&mut self) {
        let longer = (self.words.len() * 2).max(SMALLEST);
        let old = std::mem::replace(&mut self.words, vec![0; longer]);
        old.into_iter().filter(|word| *word != 0).for_each(|word| self.put(word));
    }
}

/// Bytes of a key that lie in its slot.
const SHORT: usize = 39;
/// Bytes of a place in the arena.
const WORD: usize = size_of::<usize>();
/// The length of a key that lies in the arena.
const LONG: u8 = u8::MAX;

/// A key, or where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredKey {
    /// The key; of a long one its start in the arena and its end, little-endian.
    bytes: [u8; SHORT],
    length: u8,
}

impl StoredKey {
    pub(super) fn new(key: &[u8], arena: &mut Vec<u8>) -> Self {
        let mut bytes = [0; SHORT];
        if let Some(place) = bytes.get_mut(..key.len()) {
            place.copy_from_slice(key);
            return Self { bytes, length: u8::try_from(key.len()).expect("a short key's length is less than LONG") };
        }
        let start = arena.len();
        arena.extend_from_slice(key);
        bytes[..WORD].copy_from_slice(&start.to_le_bytes());
        bytes[WORD..2 * WORD].copy_from_slice(&arena.len().to_le_bytes());
        Self { bytes, length: LONG }
    }

    #[inline]
    pub(super) fn bytes<'k>(&'k self, arena: &'k [u8]) -> &'k [u8] {
        if self.length == LONG { self.long(arena) } else { &self.bytes[..usize::from(self.length)] }
    }

    #[cold]
    fn long<'k>(&self, arena: &'k [u8]) -> &'k [u8] {
        let number = |at: usize| self.bytes[at..].first_chunk().map_or(0, |bytes| usize::from_le_bytes(*bytes));
        &arena[number(0)..number(WORD)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_found_under_its_tag_however_tags_meet() {
        // Tags that end at the last places must go on at the first ones.
        for spread in [1, 7, 1 << 20, u32::MAX / 3, u32::MAX] {
            let tag = |number: u32| u32::MAX - (number % 50).wrapping_mul(spread);
            let mut index = Index::default();
            assert_eq!(index.with(5).next(), None);
            (0..500).for_each(|number| index.insert(tag(number), number as usize));
            for number in 0..500 {
                let with: Vec<usize> = index.with(tag(number)).collect();
                assert!(with.contains(&(number as usize)) && with.iter().all(|slot| tag(u32::try_from(*slot).unwrap()) == tag(number)));
            }
        }
    }

    #[test]
    fn keys_of_every_length_come_back() {
        let mut arena = Vec::new();
        let keys: Vec<Vec<u8>> = (0..100_u8).map(|length| vec![length; length.into()]).collect();
        let stored: Vec<StoredKey> = keys.iter().map(|key| StoredKey::new(key, &mut arena)).collect();
        assert!(keys.iter().zip(&stored).all(|(key, stored)| stored.bytes(&arena) == key));
    }
}
