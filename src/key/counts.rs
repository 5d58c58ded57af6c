//! How often keys were seen: counters that lie beside their key.
//!
//! Of millions of keys each look waits for memory. Here a key lies where its
//! hash says, with its counters, and slots lie in large pages: one load finds
//! both, and there is no index to be asked first.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Hashing;
use super::room::{LARGE, Room};
use super::table::{TOGETHER, tag};

/// Bytes of the tag, and of a counter.
const WORD: usize = size_of::<u32>();
/// Bytes that a slot has for its key at least: where a long one lies, how long it is, and that it is one.
const KEY: usize = 16;
/// Slots take multiples of this: none lies in more lines of memory than it must.
const STEP: usize = 32;
/// The length of a key that lies elsewhere.
const LONG: u8 = u8::MAX;
/// Slots of the smallest table.
const SMALLEST: usize = 16;

/// Counters of keys. Beyond what a counter holds, it stays.
#[derive(Debug)]
pub struct CountTable {
    seed: u64,
    /// Counters of a key.
    counters: usize,
    /// Bytes of a slot: a tag, which is 0 where it is free; the counters; the key.
    slot: usize,
    slots: usize,
    used: usize,
    room: Room,
    /// The bytes of long keys.
    arena: Vec<u8>,
}

/// The counters of a key.
#[derive(Debug, Clone, Copy)]
pub struct Counters<'c>(&'c [[u8; WORD]]);

impl Counters<'_> {
    /// The counter of this number.
    #[must_use]
    #[inline]
    pub fn get(&self, number: usize) -> u32 {
        self.0.get(number).map_or(0, |counter| u32::from_le_bytes(*counter))
    }
}

/// Counters that may be counted on.
#[derive(Debug)]
pub struct Counting<'c>(&'c mut [[u8; WORD]]);

impl Counting<'_> {
    /// Adds to the counter of this number.
    #[inline]
    pub fn add(&mut self, number: usize, more: u32) {
        if let Some(counter) = self.0.get_mut(number) {
            *counter = u32::from_le_bytes(*counter).saturating_add(more).to_le_bytes();
        }
    }
}

/// The tag of a slot that is taken.
#[inline]
const fn taken(tag: u32) -> u32 {
    if tag == 0 { 1 } else { tag }
}

#[inline]
fn tag_of(slot: &[u8]) -> u32 {
    slot.first_chunk().map_or(0, |tag| u32::from_le_bytes(*tag))
}

impl CountTable {
    /// An empty table of keys with so many counters each, whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64, counters: usize) -> Self {
        let slot = (WORD + counters * WORD + KEY).next_multiple_of(STEP);
        Self { seed, counters, slot, slots: 0, used: 0, room: Room::new(0, LARGE), arena: Vec::new() }
    }

    /// Counters of a key.
    #[must_use]
    pub const fn counters(&self) -> usize {
        self.counters
    }

    /// An empty table like this one.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::new(self.seed, self.counters)
    }

    /// The number of keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// Whether there is no key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes of memory that it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.room.bytes().len() + self.arena.capacity()
    }

    /// Where the search for a tag begins.
    #[inline]
    fn place(&self, tag: u32) -> usize {
        // Less than the number of slots.
        ((u64::from(tag) * self.slots as u64) >> 32) as usize
    }

    #[inline]
    const fn behind(&self, place: usize) -> usize {
        if place + 1 == self.slots { 0 } else { place + 1 }
    }

    #[inline]
    fn slot(&self, place: usize) -> &[u8] {
        &self.room.bytes()[place * self.slot..][..self.slot]
    }

    /// Where the key of a slot lies in it.
    #[inline]
    const fn key_at(&self) -> usize {
        WORD + self.counters * WORD
    }

    #[inline]
    fn holds(&self, slot: &[u8], key: &[u8]) -> bool {
        let Some((length, own)) = slot[self.key_at()..].split_last() else { return false };
        if usize::from(*length) == key.len() && key.len() <= own.len() { own[..key.len()] == *key } else { *length == LONG && self.long(own) == key }
    }

    fn long(&self, own: &[u8]) -> &[u8] {
        let start = own.first_chunk().map_or(0, |start| usize::try_from(u64::from_le_bytes(*start)).unwrap_or(usize::MAX));
        let length = own[8..].first_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
        &self.arena[start..start + length]
    }

    fn key_of<'k>(&'k self, slot: &'k [u8]) -> &'k [u8] {
        match slot[self.key_at()..].split_last() {
            Some((&LONG, own)) => self.long(own),
            Some((length, own)) => &own[..usize::from(*length)],
            None => &[],
        }
    }

    /// The slot of a key, or the free one where it belongs. There must be a free one.
    #[inline]
    fn seek(&self, tag: u32, key: &[u8]) -> usize {
        let mut place = self.place(tag);
        loop {
            let slot = self.slot(place);
            let found = tag_of(slot);
            if found == 0 || (found == tag && self.holds(slot, key)) {
                return place;
            }
            place = self.behind(place);
        }
    }

    /// Makes room for so many more keys.
    fn reserve(&mut self, more: usize) {
        // Three of four slots are taken at most.
        let wanted = (self.used + more).saturating_mul(4).div_ceil(3);
        if wanted <= self.slots {
            return;
        }
        let slots = wanted.max(self.slots * 2).max(SMALLEST);
        // Large pages are used to their ends.
        let slots = if slots * self.slot >= LARGE { (slots * self.slot).next_multiple_of(2 * LARGE) / self.slot } else { slots };
        let old = std::mem::replace(&mut self.room, Room::new(slots * self.slot, LARGE));
        self.slots = slots;
        for slot in old.bytes().chunks_exact(self.slot).filter(|slot| tag_of(slot) != 0) {
            let mut place = self.place(tag_of(slot));
            while tag_of(self.slot(place)) != 0 {
                place = self.behind(place);
            }
            self.room.bytes_mut()[place * self.slot..][..self.slot].copy_from_slice(slot);
        }
    }

    /// The counters of a key, which are 0 where it is new. There must be room for it.
    #[inline]
    fn counting(&mut self, tag: u32, key: &[u8]) -> Counting<'_> {
        let (place, at) = (self.seek(tag, key), self.key_at());
        let slot = &mut self.room.bytes_mut()[place * self.slot..][..self.slot];
        if tag_of(slot) == 0 {
            slot[..WORD].copy_from_slice(&tag.to_le_bytes());
            if let Some((length, own)) = slot[at..].split_last_mut() {
                match own.get_mut(..key.len()).zip(u8::try_from(key.len()).ok().filter(|length| *length < LONG)) {
                    Some((own, short)) => {
                        own.copy_from_slice(key);
                        *length = short;
                    }
                    None => {
                        let long = u32::try_from(key.len()).expect("a key is made of cells of a block, which is shorter than 4 GiB");
                        own[..8].copy_from_slice(&(self.arena.len() as u64).to_le_bytes());
                        own[8..8 + WORD].copy_from_slice(&long.to_le_bytes());
                        *length = LONG;
                        self.arena.extend_from_slice(key);
                    }
                }
            }
            self.used += 1;
        }
        Counting(slot[WORD..at].as_chunks_mut().0)
    }

    /// Counts on the counters of each key: its number, the tag of its hash, its bytes.
    pub fn count<'k>(&mut self, keys: &[(usize, u32)], key: impl Fn(usize) -> &'k [u8], mut count: impl FnMut(usize, Counting<'_>)) {
        for keys in keys.chunks(TOGETHER) {
            self.reserve(keys.len());
            // The slots are touched for all of them first, where they begin and in the next line: no load waits for another.
            let mut touched = 0;
            for (_, tag) in keys {
                let place = self.place(taken(*tag));
                touched |= tag_of(self.slot(place)) | tag_of(self.slot(self.behind(self.behind(place))));
            }
            std::hint::black_box(touched);
            for (number, tag) in keys {
                count(*number, self.counting(taken(*tag), key(*number)));
            }
        }
    }

    /// The counters of a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Counters<'_>> {
        if self.slots == 0 {
            return None;
        }
        let slot = self.slot(self.seek(taken(tag(Hashing::new(self.seed).of(key))), key));
        (tag_of(slot) != 0).then(|| self.counters_of(slot))
    }

    fn counters_of<'c>(&self, slot: &'c [u8]) -> Counters<'c> {
        Counters(slot[WORD..self.key_at()].as_chunks().0)
    }

    /// Keys and counters, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Counters<'_>)> {
        let slots = self.room.bytes().chunks_exact(self.slot).filter(|slot| tag_of(slot) != 0);
        slots.map(|slot| (self.key_of(slot), self.counters_of(slot)))
    }

    /// Takes in what was counted of a key elsewhere.
    pub fn add(&mut self, key: &[u8], counters: impl Iterator<Item = u32>) {
        self.reserve(1);
        let mut counting = self.counting(taken(tag(Hashing::new(self.seed).of(key))), key);
        counters.enumerate().for_each(|(number, more)| counting.add(number, more));
    }

    /// Takes in another table.
    pub fn merge(&mut self, other: Self) {
        if self.is_empty() && self.seed == other.seed {
            *self = other;
            return;
        }
        for (key, counters) in other.iter() {
            self.add(key, (0..other.counters).map(|number| counters.get(number)));
        }
    }
}

impl Clone for CountTable {
    fn clone(&self) -> Self {
        let mut own = self.fresh();
        own.merge_from(self);
        own
    }
}

impl CountTable {
    fn merge_from(&mut self, other: &Self) {
        self.reserve(other.used);
        other.iter().for_each(|(key, counters)| self.add(key, (0..other.counters).map(|number| counters.get(number))));
    }
}

impl PartialEq for CountTable {
    fn eq(&self, other: &Self) -> bool {
        let same = |left: Counters<'_>, right: Counters<'_>| (0..self.counters).all(|number| left.get(number) == right.get(number));
        (self.used, self.counters) == (other.used, other.counters)
            && self.iter().all(|(key, counters)| other.get(key).is_some_and(|others| same(counters, others)))
    }
}

/// A table as it is written: the seed, how many counters a key has, the keys with their counters.
type Written = (u64, usize, Vec<(Vec<u8>, Vec<u32>)>);

impl Serialize for CountTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = |counters: Counters<'_>| (0..self.counters).map(|number| counters.get(number)).collect();
        let mut all: Vec<(Vec<u8>, Vec<u32>)> = self.iter().map(|(key, counters)| (key.to_vec(), counts(counters))).collect();
        all.sort_unstable();
        let written: Written = (self.seed, self.counters, all);
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CountTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seed, counters, all): Written = Deserialize::deserialize(deserializer)?;
        let mut table = Self::new(seed, counters);
        all.into_iter().for_each(|(key, counts)| table.add(&key, counts.into_iter()));
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn keys_of_every_length_are_counted_however_many_there_are() {
        let hashing = Hashing::new(7);
        for (counters, few) in [(2, u32::MAX), (2, 3), (11, u32::MAX), (11, 3)] {
            let mut table = CountTable::new(7, counters);
            let key =
                |number: usize| [&b"keys that begin alike, of any length at all"[..number % 40], &(number / 2).to_le_bytes()[..number % 9]].concat();
            let keys: Vec<Vec<u8>> = (0..3000).map(key).chain([vec![b'x'; 254], vec![b'x'; 255], vec![b'x'; 70_000]]).collect();
            let mut wanted: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
            // With few bits of a hash told, tags of different keys meet.
            let tagged: Vec<(usize, u32)> =
                keys.iter().map(|key| tag(hashing.of(key))).map(|tag| if few == 3 { tag & 3 << 30 } else { tag }).enumerate().collect();
            for (number, key) in keys.iter().enumerate() {
                wanted.entry(key).or_insert_with(|| vec![0; counters])[number % counters] += 1;
            }
            table.count(&tagged, |number| &keys[number], |number, mut counting| counting.add(number % counters, 1));
            let found: BTreeMap<&[u8], Vec<u32>> =
                table.iter().map(|(key, counts)| (key, (0..counters).map(|number| counts.get(number)).collect())).collect();
            assert_eq!((table.len(), &found), (wanted.len(), &wanted));
            if few != 3 {
                assert!(wanted.iter().all(|(key, counts)| table.get(key).map(|found| found.get(1)) == Some(counts[1])));
                assert!(table.get(b"another").is_none());
                let mut twice = table.clone();
                assert_eq!(twice, table);
                twice.merge(table);
                assert_eq!(twice.get(b"").map(|counts| counts.get(0)), wanted.get(&b""[..]).map(|counts| counts[0] * 2));
                let text = serde_json::to_string(&twice).unwrap();
                assert_eq!(serde_json::from_str::<CountTable>(&text).unwrap(), twice);
            }
        }
    }

    #[test]
    fn a_counter_stays_at_its_most() {
        let mut table = CountTable::new(7, 1);
        table.add(b"a", [u32::MAX - 1].into_iter());
        table.add(b"a", [3].into_iter());
        assert_eq!(table.get(b"a").map(|counts| counts.get(0)), Some(u32::MAX));
    }
}
