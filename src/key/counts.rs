//! How often keys were seen: counters that lie beside their key.
//!
//! Of millions of keys each look waits for memory. Here a key lies where its
//! hash says, with its counters, in large pages; a byte of each slot lies
//! apart, so small that it stays near: it tells which slot to load.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Hashing;
use super::packed::{self, Packed};
use super::room::{LARGE, Room};
use super::table::{TOGETHER, tag};
use super::waiting::TaggedKeys;

/// Bytes of a tag, and of a counter.
const WORD: usize = size_of::<u32>();
/// Where the tag lies in a slot: behind the key.
const TAG: usize = packed::WORD;
/// Where the counters begin.
const COUNTERS: usize = TAG + WORD;
/// Slots take multiples of this: none of one step lies in two lines of memory.
const STEP: usize = 32;
/// Marks that are looked at together, in one word.
const GROUP: usize = size_of::<u64>();
/// The lowest bit of each byte of a word, and the highest.
const LOWEST: u64 = u64::MAX / u8::MAX as u64;
const HIGHEST: u64 = LOWEST << 7;
/// The mark of a slot that is taken, before its tag has its say.
const TAKEN: u8 = 1 << 7;
/// Groups of the smallest table.
const SMALLEST: usize = 2;

/// Counters of keys. Beyond what a counter holds, it stays.
///
/// A slot holds the key, the tag of its hash, the counters. The upper bits of
/// a tag name the group where the search for its slot begins; its lower bits
/// are in the slot's mark. A slot that is free has the mark 0, and is zeroes.
#[derive(Debug)]
pub struct CountTable {
    seed: u64,
    /// Counters of a key.
    counters: usize,
    /// Bytes of a slot.
    slot: usize,
    used: usize,
    /// A byte for each slot, the first one lowest.
    marks: Vec<u64>,
    room: Room,
    /// The bytes of long keys.
    arena: Vec<u8>,
}

/// Where keys are looked for first, as many as are taken in together.
struct Nearest {
    tags: [u32; TOGETHER],
    groups: [usize; TOGETHER],
    marks: [u64; TOGETHER],
    places: [usize; TOGETHER],
    /// What lies there: a key, or zeroes.
    found: [u128; TOGETHER],
}

impl Nearest {
    const fn new() -> Self {
        Self { tags: [0; TOGETHER], groups: [0; TOGETHER], marks: [0; TOGETHER], places: [0; TOGETHER], found: [0; TOGETHER] }
    }
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

/// Adds to the counter of this number.
#[inline]
fn add(counters: &mut [[u8; WORD]], number: usize, more: u32) {
    if let Some(counter) = counters.get_mut(number) {
        *counter = u32::from_le_bytes(*counter).saturating_add(more).to_le_bytes();
    }
}

/// The mark of a slot with this tag.
#[inline]
const fn mark(tag: u32) -> u8 {
    tag.to_le_bytes()[0] | TAKEN
}

/// The slots of a group that may have this mark, as the highest bits of bytes. The lowest one has it.
#[inline]
const fn marked(group: u64, mark: u8) -> u64 {
    let differing = group ^ (LOWEST * mark as u64);
    differing.wrapping_sub(LOWEST) & !differing & HIGHEST
}

/// The free slots of a group, as the highest bits of bytes.
#[inline]
const fn free(group: u64) -> u64 {
    !group & HIGHEST
}

/// The number in its group of the lowest slot that a bit tells. There must be one.
#[inline]
const fn lowest(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[inline]
fn tag_of(slot: &[u8]) -> u32 {
    slot[TAG..].first_chunk().map_or(0, |tag| u32::from_le_bytes(*tag))
}

impl CountTable {
    /// An empty table of keys with so many counters each, whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64, counters: usize) -> Self {
        let slot = (COUNTERS + counters * WORD).next_multiple_of(STEP);
        Self { seed, counters, slot, used: 0, marks: Vec::new(), room: Room::new(0, LARGE), arena: Vec::new() }
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
        self.room.bytes().len() + self.marks.len() * GROUP + self.arena.capacity()
    }

    /// The group where the search for a tag begins.
    #[inline]
    fn group(&self, tag: u32) -> usize {
        // Less than the number of groups.
        ((u64::from(tag) * self.marks.len() as u64) >> 32) as usize
    }

    #[inline]
    const fn behind(&self, group: usize) -> usize {
        if group + 1 >= self.marks.len() { 0 } else { group + 1 }
    }

    #[inline]
    fn marks(&self, group: usize) -> u64 {
        self.marks.get(group).copied().unwrap_or(0)
    }

    #[inline]
    fn slot(&self, place: usize) -> &[u8] {
        &self.room.bytes()[place * self.slot..][..self.slot]
    }

    /// The place of a key, or the free one where it belongs. There must be a free one.
    fn seek(&self, tag: u32, packed: Packed, key: &[u8]) -> (usize, bool) {
        let mut group = self.group(tag);
        loop {
            let marks = self.marks(group);
            let mut same = marked(marks, mark(tag));
            while same != 0 {
                let place = group * GROUP + lowest(same);
                let slot = self.slot(place);
                if if packed.is_short() { Packed::at(slot) == packed } else { tag_of(slot) == tag && packed::key(&slot[..TAG], &self.arena) == key } {
                    return (place, true);
                }
                same &= same - 1;
            }
            if free(marks) != 0 {
                return (group * GROUP + lowest(free(marks)), false);
            }
            group = self.behind(group);
        }
    }

    /// The place of a key, which is given one where it is new. There must be room for it.
    fn place(&mut self, tag: u32, packed: Packed, key: &[u8]) -> usize {
        let (place, known) = self.seek(tag, packed, key);
        if !known {
            let own = if packed.is_short() { packed } else { Packed::of(key, &mut self.arena) };
            let slot = &mut self.room.bytes_mut()[place * self.slot..][..COUNTERS];
            slot[..TAG].copy_from_slice(own.as_bytes());
            slot[TAG..].copy_from_slice(&tag.to_le_bytes());
            self.take(place, tag);
            self.used += 1;
        }
        place
    }

    /// Marks a place as taken.
    fn take(&mut self, place: usize, tag: u32) {
        self.marks[place / GROUP] |= u64::from(mark(tag)) << (8 * (place % GROUP));
    }

    /// Makes room for so many more keys.
    fn reserve(&mut self, more: usize) {
        // Seven of eight slots are taken at most.
        let wanted = (self.used + more).div_ceil(GROUP - 1);
        if wanted <= self.marks.len() {
            return;
        }
        let (group, groups) = (self.slot * GROUP, wanted.max(self.marks.len() * 2).max(SMALLEST));
        // Large pages are used to their ends.
        let groups = if groups * group >= LARGE { (groups * group).next_multiple_of(2 * LARGE) / group } else { groups };
        let old = std::mem::replace(&mut self.room, Room::new(groups * group, LARGE));
        let marks = std::mem::replace(&mut self.marks, vec![0; groups]);
        let slots = old.bytes().chunks_exact(self.slot).zip(marks.iter().flat_map(|marks| marks.to_le_bytes()));
        for (slot, _) in slots.filter(|(_, mark)| *mark != 0) {
            let tag = tag_of(slot);
            let mut group = self.group(tag);
            while free(self.marks(group)) == 0 {
                group = self.behind(group);
            }
            let place = group * GROUP + lowest(free(self.marks(group)));
            self.room.bytes_mut()[place * self.slot..][..self.slot].copy_from_slice(slot);
            self.take(place, tag);
        }
    }

    /// The counters of a place.
    #[inline]
    fn counters_at(&mut self, place: usize) -> &mut [[u8; WORD]] {
        let (from, to) = (place * self.slot + COUNTERS, place * self.slot + COUNTERS + self.counters * WORD);
        self.room.bytes_mut()[from..to].as_chunks_mut().0
    }

    /// Counts keys by their numbers: each on its first counter, and on the
    /// one behind it for every bit, the lowest bit first.
    pub fn count(&mut self, keys: &TaggedKeys, counted: &[(u32, u64)]) {
        let mut nearest = Nearest::new();
        for counted in counted.chunks(TOGETHER) {
            self.reserve(counted.len());
            self.look(keys, counted, &mut nearest);
            for ((number, bits), (place, found)) in counted.iter().zip(nearest.places.iter().zip(&nearest.found)) {
                let number = *number as usize;
                let Some(key) = keys.packed(number) else { continue };
                // A short key is where it was found; any other may be elsewhere: where long ones lie says nothing of what they are.
                let place = if key.is_short() && key.word() == *found { *place } else { self.place(keys.tags()[number], key, keys.key(number)) };
                let counters = self.counters_at(place);
                add(counters, 0, 1);
                let mut rest = *bits;
                while rest != 0 {
                    add(counters, 1 + rest.trailing_zeros() as usize, 1);
                    rest &= rest - 1;
                }
            }
        }
    }

    /// Finds for each key where it is looked for first, and what lies there.
    ///
    /// Each step is taken for all of them, and the two that load do nothing
    /// else: the fewer instructions, the more loads are under way at once.
    fn look(&self, keys: &TaggedKeys, counted: &[(u32, u64)], nearest: &mut Nearest) {
        let Nearest { tags, groups, marks, places, found } = nearest;
        let all = counted.len();
        for ((tag, group), (number, _)) in tags.iter_mut().zip(groups.iter_mut()).zip(counted) {
            *tag = keys.tags().get(*number as usize).copied().unwrap_or(0);
            *group = self.group(*tag);
        }
        for (marks, group) in marks.iter_mut().zip(&*groups).take(all) {
            *marks = self.marks(*group);
        }
        for ((place, (group, marks)), tag) in places.iter_mut().zip(groups.iter().zip(marks)).zip(tags).take(all) {
            let (mut group, mut marks) = (*group, *marks);
            while marked(marks, mark(*tag)) | free(marks) == 0 {
                group = self.behind(group);
                marks = self.marks(group);
            }
            let same = marked(marks, mark(*tag));
            *place = group * GROUP + lowest(if same == 0 { free(marks) } else { same });
        }
        let slots = self.room.bytes();
        if self.slot == STEP {
            let slots = slots.as_chunks::<STEP>().0;
            for (place, found) in places.iter().zip(found).take(all) {
                *found = slots.get(*place).map_or(0, |slot| Packed::at(slot).word());
            }
        } else {
            for (place, found) in places.iter().zip(found).take(all) {
                *found = slots.get(*place * self.slot..).map_or(0, |slot| Packed::at(slot).word());
            }
        }
    }

    /// The counters of a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Counters<'_>> {
        if self.is_empty() {
            return None;
        }
        let packed = Packed::of(key, &mut Vec::new());
        let (place, known) = self.seek(tag(Hashing::new(self.seed).of(key)), packed, key);
        known.then(|| self.counters_of(self.slot(place)))
    }

    fn counters_of<'c>(&self, slot: &'c [u8]) -> Counters<'c> {
        Counters(slot[COUNTERS..][..self.counters * WORD].as_chunks().0)
    }

    /// Keys and counters, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Counters<'_>)> {
        let marks = self.marks.iter().flat_map(|marks| marks.to_le_bytes());
        let slots = self.room.bytes().chunks_exact(self.slot).zip(marks).filter(|(_, mark)| *mark != 0);
        slots.map(|(slot, _)| (packed::key(&slot[..TAG], &self.arena), self.counters_of(slot)))
    }

    /// Takes in what was counted of a key elsewhere.
    pub fn add(&mut self, key: &[u8], counters: impl Iterator<Item = u32>) {
        self.reserve(1);
        let place = self.place(tag(Hashing::new(self.seed).of(key)), Packed::of(key, &mut Vec::new()), key);
        let own = self.counters_at(place);
        counters.enumerate().for_each(|(number, more)| add(own, number, more));
    }

    /// Takes in another table.
    pub fn merge(&mut self, other: Self) {
        if self.is_empty() && self.seed == other.seed {
            *self = other;
        } else {
            self.merge_from(&other);
        }
    }

    fn merge_from(&mut self, other: &Self) {
        self.reserve(other.used);
        other.iter().for_each(|(key, counters)| self.add(key, (0..other.counters).map(|number| counters.get(number))));
    }
}

impl Clone for CountTable {
    fn clone(&self) -> Self {
        let mut own = self.fresh();
        own.merge_from(self);
        own
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

    /// The bits of a hash that are told where few are: one of a mark, and one of a group.
    const FEW: u32 = 1 << 31 | 1;

    #[test]
    fn keys_of_every_length_are_counted_however_many_there_are() {
        let hashing = Hashing::new(7);
        for (counters, few) in [(2, u32::MAX), (2, FEW), (11, u32::MAX), (11, FEW)] {
            let mut table = CountTable::new(7, counters);
            let key =
                |number: usize| [&b"keys that begin alike, of any length at all"[..number % 40], &(number / 2).to_le_bytes()[..number % 9]].concat();
            let keys: Vec<Vec<u8>> = (0..3000).map(key).chain([vec![b'x'; 254], vec![b'x'; 255], vec![b'x'; 70_000]]).collect();
            let mut wanted: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
            // With few bits of a hash told, tags of different keys meet.
            let mut tagged = TaggedKeys::default();
            keys.iter().for_each(|key| tagged.push(tag(hashing.of(key)) & few, key));
            for (number, key) in keys.iter().enumerate() {
                let counts = wanted.entry(key).or_insert_with(|| vec![0; counters]);
                counts[0] += 1;
                (1..counters).filter(|counter| number >> (counter - 1) & 1 == 1).for_each(|counter| counts[counter] += 1);
            }
            let bits = |number: u32| u64::from(number) & ((1 << (counters - 1)) - 1);
            table.count(&tagged, &(0..).take(keys.len()).map(|number| (number, bits(number))).collect::<Vec<_>>());
            let found: BTreeMap<&[u8], Vec<u32>> =
                table.iter().map(|(key, counts)| (key, (0..counters).map(|number| counts.get(number)).collect())).collect();
            assert_eq!((table.len(), &found), (wanted.len(), &wanted));
            if few != FEW {
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
    fn long_keys_that_lie_alike_are_not_one() {
        let mut table = CountTable::new(7, 1);
        for key in [[b'a'; 20], [b'b'; 20], [b'a'; 20]] {
            let mut keys = TaggedKeys::default();
            keys.push(3, &key);
            table.count(&keys, &[(0, 0)]);
        }
        let mut found: Vec<(&[u8], u32)> = table.iter().map(|(key, counts)| (key, counts.get(0))).collect();
        found.sort_unstable();
        assert_eq!(found, [(&[b'a'; 20][..], 2), (&[b'b'; 20][..], 1)]);
    }

    #[test]
    fn a_counter_stays_at_its_most() {
        let mut table = CountTable::new(7, 1);
        table.add(b"a", [u32::MAX - 1].into_iter());
        table.add(b"a", [3].into_iter());
        assert_eq!(table.get(b"a").map(|counts| counts.get(0)), Some(u32::MAX));
    }
}
