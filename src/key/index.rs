//! Where the keys of a table are: an index without pointers, and keys that lie
//! in their slots.
//!
//! A general map keeps control bytes, entries and keys in three places. Tables
//! of a scan are larger than the caches, and each place is a wait for memory:
//! one word per key, probed in a row, halves what looking up and counting cost.

use super::room::give;

/// Finds slots by a tag, which is a part of a key's hash.
///
/// Open addressing, linear probing: a word holds the slot plus one in its
/// lower bits, as many as slots take, and the lower bits of the tag in the
/// others; it lies at or behind the place that the upper bits of the tag name.
/// Slots are noted in their order, and nothing is ever removed. A word of 32 bits keeps what a look-up touches
/// small; where many slots leave few bits for the tag, more keys are compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// 0 where free. A power of two long.
    words: Vec<u32>,
    used: usize,
    /// The bits of a word that hold the slot; the others hold the tag.
    slot: u32,
}

/// Words of the smallest index.
const SMALLEST: usize = 16;

impl Index {
    #[inline]
    fn place(&self, tag: u32) -> usize {
        // A place beyond the words cannot come out: they are at most 2^32.
        ((u64::from(tag) * self.words.len() as u64) >> 32) as usize
    }

    /// The part of a tag that words hold, where they hold it.
    #[inline]
    const fn marked(&self, tag: u32) -> u32 {
        // The place tells of the upper bits what the word does not: the lower ones are spread upwards.
        tag.rotate_left(16) & !self.slot
    }

    /// Bytes of memory that it holds.
    pub(super) const fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u32>()
    }

    /// The word at the place that a tag names; 0 where there is none.
    #[inline]
    pub(super) fn first(&self, tag: u32) -> u32 {
        self.words.get(self.place(tag)).copied().unwrap_or(0)
    }

    /// The first slot that may have this tag, where the first word is known.
    #[inline]
    pub(super) fn slot_of(&self, first: u32, tag: u32) -> Option<u32> {
        if first == 0 {
            return None;
        }
        if (first ^ self.marked(tag)) & !self.slot == 0 {
            return Some((first & self.slot) - 1);
        }
        self.with(tag).next().and_then(|slot| u32::try_from(slot).ok())
    }

    /// The slots that may have this tag: those whose key may be the one that is looked for.
    #[inline]
    pub(super) fn with(&self, tag: u32) -> impl Iterator<Item = usize> + '_ {
        let (mut place, marked) = (self.place(tag), self.marked(tag));
        std::iter::from_fn(move || {
            loop {
                // An index without words has no place at all.
                let word = *self.words.get(place)?;
                place = (place + 1) & (self.words.len() - 1);
                if word == 0 {
                    return None;
                }
                if (word ^ marked) & !self.slot == 0 {
                    return Some((word & self.slot) as usize - 1);
                }
            }
        })
    }

    /// Notes the next slot; `tag_of` tells the tags of those that were noted before.
    pub(super) fn insert(&mut self, tag: u32, tag_of: impl Fn(usize) -> u32) {
        self.reserve(1, tag_of);
        self.put(tag, self.used);
        self.used += 1;
    }

    fn put(&mut self, tag: u32, slot: usize) {
        let number = u32::try_from(slot + 1).expect("two billion keys do not fit the memory that a scan may use");
        let mut place = self.place(tag);
        while self.words[place] != 0 {
            place = (place + 1) & (self.words.len() - 1);
        }
        self.words[place] = self.marked(tag) | number;
    }

    /// Makes room for so many more slots; `tag_of` tells the tags of those that were noted before.
    pub(super) fn reserve(&mut self, more: usize, tag_of: impl Fn(usize) -> u32) {
        // Half of the words are free, so that few are looked at for each slot.
        let wanted = (self.used + more) * 2;
        if wanted > self.words.len() {
            self.grow(wanted.next_power_of_two().max(SMALLEST), tag_of);
        }
    }

    fn grow(&mut self, words: usize, tag_of: impl Fn(usize) -> u32) {
        let mut longer = vec![0; words];
        give(&mut longer);
        self.words = longer;
        // At most half as many slots as words: the number of the last fits.
        self.slot = u32::try_from(words - 1).unwrap_or(u32::MAX);
        // Slots are larger than words: they are gone through as they lie.
        for slot in 0..self.used {
            self.put(tag_of(slot), slot);
        }
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

    /// Its first bytes and its length; of a long key of no use.
    #[inline]
    pub(super) fn head(&self) -> (u64, u8) {
        (self.bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)), self.length)
    }

    /// The head of the slot that would hold this key; `None` where the key is long.
    #[inline]
    pub(super) fn head_of(key: &[u8]) -> Option<(u64, u8)> {
        let length = u8::try_from(key.len()).ok().filter(|length| usize::from(*length) <= SHORT)?;
        let word = match key.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => key.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        Some((word, length))
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
            let tag_of = |slot: usize| tag(u32::try_from(slot).unwrap());
            (0..500).for_each(|number| index.insert(tag_of(number), tag_of));
            for number in 0..500 {
                let with: Vec<usize> = index.with(tag_of(number)).collect();
                assert!(with.contains(&number) && with.iter().all(|slot| index.marked(tag_of(*slot)) == index.marked(tag_of(number))));
                let first = index.slot_of(index.first(tag_of(number)), tag_of(number));
                assert_eq!(first.map(|slot| slot as usize), with.first().copied());
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
