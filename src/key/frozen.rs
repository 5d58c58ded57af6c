//! A map from keys to small values that does not change any more.
//!
//! A table that grows takes what memory it gets. Once all keys are known,
//! everything that a look-up touches is laid out anew in one piece, as small
//! as it can be: lines of the length that the keys need, in large pages. And
//! where each line lies can be chosen so that a key is looked for in one place.

use std::cmp::Reverse;

use super::Hashing;
use super::room::{LARGE, Room};
use super::table::{KeyTable, TOGETHER};

/// Bits of a hash that tests tell of every other key: so few that many keys share them.
const TOLD: u64 = 0xF000_0000_C000_0000;

/// One in so many slots is free, about: the fewer are, the longer it takes to
/// find a pilot for the last buckets.
const FREE: usize = 9;

/// A bucket's keys on average, in halves: with more of them there would be
/// buckets that no pilot fits.
const HALVES: usize = 5;

/// The most keys of a bucket for which a pilot is sought: hardly any bucket has more by chance.
const MOST: usize = 16;

/// The pilot of a bucket that no pilot fits: its keys lie at or behind the slots that it names.
const PROBED: u8 = 0;

/// How long lines may be.
const LINES: [usize; 3] = [16, 32, 64];

/// Bytes of a line that hold no key: its length and its value.
const BESIDE: usize = 2;

/// Bytes of a place among the long keys; the key's length follows it.
const SIZE: usize = size_of::<usize>();

/// What stands for the length of a key that lies behind the pilots.
const LONG: u8 = u8::MAX;

/// What stands for the length of no key: lines begin as zeroes.
const NONE: u8 = 0;

/// One in so many keys may be too long for its line.
const FEW: usize = 16;

/// A map from keys to values of a byte.
///
/// First come the lines: a short key, zeroes, one more than the key's length,
/// its value. Lines are 16, 32 or 64 bytes long, so that none is two loads.
/// Then come the pilots, a byte for each bucket of keys: the upper bits of a
/// hash name the bucket, its lower bits and the bucket's pilot name the slot,
/// which is the number of the line. Pilots are chosen so that no two keys get
/// one slot (as in `PTHash`, Pibiri and Trani 2021): all of them stay near the
/// processor, and the line is the only load from afar. Keys that are too long
/// for a line come last.
#[derive(Debug)]
pub struct Frozen {
    hashing: Hashing,
    room: Room,
    keys: usize,
    /// Bytes of a line.
    line: usize,
    slots: u32,
    buckets: u32,
}

/// Its parts, for lines of one length.
#[derive(Clone, Copy)]
struct Parts<'f, const LINE: usize> {
    hashing: &'f Hashing,
    lines: &'f [[u8; LINE]],
    pilots: &'f [u8],
    long: &'f [u8],
    slots: u32,
    buckets: u32,
}

/// Which slots are taken: a bit of each.
struct Taken(Vec<u64>);

impl Taken {
    /// Takes a slot, if it is free.
    fn take(&mut self, slot: u32) -> bool {
        let (word, bit) = (&mut self.0[slot as usize / 64], 1 << (slot % 64));
        let free = *word & bit == 0;
        *word |= bit;
        free
    }

    fn give_back(&mut self, slot: u32) {
        self.0[slot as usize / 64] &= !(1 << (slot % 64));
    }

    /// Takes the slots that a pilot names for these hashes, if all are free and no two are the same.
    fn take_all(&mut self, hashes: &[u64], pilot: u8, slots: u32) -> bool {
        let slot = |hash: &u64| slot(*hash, pilot, slots);
        let Some(not_free) = hashes.iter().position(|hash| !self.take(slot(hash))) else { return true };
        hashes[..not_free].iter().for_each(|hash| self.give_back(slot(hash)));
        false
    }
}

/// The shortest lines that hold all keys but a few, and the bytes of those few.
fn line<V>(table: &KeyTable<V>) -> (usize, usize) {
    // For each length of a line how many keys are too long for it, and their bytes.
    let mut too_long = LINES.map(|line| (line, 0, 0));
    for (key, _) in table.iter() {
        for (_, count, bytes) in too_long.iter_mut().filter(|(line, ..)| key.len() + BESIDE > *line) {
            *count += 1;
            *bytes += key.len();
        }
    }
    let [shorter @ .., longest] = too_long;
    let (line, _, bytes) = shorter.into_iter().find(|(_, count, _)| count * FEW <= table.len()).unwrap_or(longest);
    (line, bytes)
}

/// The hash of a key.
#[inline]
fn hash(hashing: &Hashing, key: &[u8]) -> u64 {
    let hash = hashing.of(key);
    if cfg!(test) && hash.is_multiple_of(2) { hash & TOLD } else { hash }
}

/// The place that bits of a hash name among so many.
#[inline]
fn place(bits: u64, places: u32) -> u32 {
    (((bits & u64::from(u32::MAX)) * u64::from(places)) >> 32) as u32
}

/// The bucket of a key with this hash.
#[inline]
fn bucket(hash: u64, buckets: u32) -> usize {
    place(hash >> 32, buckets) as usize
}

/// The slot that a bucket's pilot names for a key with this hash.
#[inline]
fn slot(hash: u64, pilot: u8, slots: u32) -> u32 {
    // Multiples of the golden ratio lie apart, however few of their upper bits matter.
    place(hash ^ u64::from(u32::from(pilot).wrapping_mul(0x9E37_79B9)), slots)
}

/// The slot behind a slot: the first one comes behind the last.
#[inline]
const fn behind(slot: u32, slots: u32) -> u32 {
    if slot + 1 == slots { 0 } else { slot + 1 }
}

/// A pilot for each bucket, and which slots are taken so.
fn settle(mut hashes: Vec<u64>, slots: u32, buckets: u32) -> (Vec<u8>, Taken) {
    // Hashes in order are in the order of their buckets.
    hashes.sort_unstable();
    let mut settled: Vec<&[u64]> = hashes.chunk_by(|one, other| bucket(*one, buckets) == bucket(*other, buckets)).collect();
    // The more keys, the more slots must be free.
    settled.sort_unstable_by_key(|own| Reverse(own.len()));
    // An empty bucket has a pilot as well: what is looked for in it is looked for once.
    let (mut pilots, mut taken) = (vec![PROBED + 1; buckets as usize], Taken(vec![0; slots as usize / 64 + 1]));
    for own in settled {
        let fits = |pilot: &u8| own.len() <= MOST && taken.take_all(own, *pilot, slots);
        pilots[bucket(own[0], buckets)] = (PROBED + 1..=u8::MAX).find(fits).unwrap_or(PROBED);
    }
    (pilots, taken)
}

impl Frozen {
    /// The keys of a table; `value` tells what is kept of their values.
    #[must_use]
    pub fn new<V>(table: &KeyTable<V>, value: impl Fn(&V) -> u8) -> Self {
        Self::within(table, value, LARGE)
    }

    /// As [`Self::new`], in large pages from so many bytes on.
    fn within<V>(table: &KeyTable<V>, value: impl Fn(&V) -> u8, large: usize) -> Self {
        let (keys, (line, long)) = (table.len(), line(table));
        // One more, so that there is a free slot where all keys are probed for.
        let [slots, buckets] = [keys + keys / (FREE - 1) + 1, keys / HALVES * 2 + 1];
        let bytes = slots * line + buckets + long;
        let [slots, buckets] =
            [slots, buckets].map(|count| u32::try_from(count).expect("billions of keys do not fit the memory that a scan may use"));
        let hashing = Hashing::new(table.seed());
        // The hashes are gone before there are lines: keys are hashed once more, and what both take is never held at once.
        let (pilots, taken) = settle(table.iter().map(|(key, _)| hash(&hashing, key)).collect(), slots, buckets);
        let mut frozen = Self { hashing, room: Room::new(bytes, large), keys, line, slots, buckets };
        frozen.fill(table, value, &pilots, taken);
        frozen
    }

    fn fill<V>(&mut self, table: &KeyTable<V>, value: impl Fn(&V) -> u8, pilots: &[u8], mut taken: Taken) {
        let (slots, buckets) = (self.slots, self.buckets);
        let (lines, rest) = self.room.bytes_mut().split_at_mut(slots as usize * self.line);
        let (own_pilots, long) = rest.split_at_mut(buckets as usize);
        own_pilots.copy_from_slice(pilots);
        let mut end = 0_usize;
        for (key, kept) in table.iter() {
            let hash = hash(&self.hashing, key);
            let pilot = pilots[bucket(hash, buckets)];
            let mut at = slot(hash, pilot, slots);
            while pilot == PROBED && !taken.take(at) {
                at = behind(at, slots);
            }
            let (own, beside) = lines[at as usize * self.line..][..self.line].split_at_mut(self.line - BESIDE);
            let length = if let Some(own) = own.get_mut(..key.len()) {
                own.copy_from_slice(key);
                u8::try_from(key.len() + 1).expect("lines are shorter than LONG")
            } else {
                own[..SIZE].copy_from_slice(&end.to_le_bytes());
                long[end..end + key.len()].copy_from_slice(key);
                end += key.len();
                let length = u32::try_from(key.len()).expect("a cell is part of a block, and blocks are shorter than 4 GiB");
                own[SIZE..SIZE + 4].copy_from_slice(&length.to_le_bytes());
                LONG
            };
            beside.copy_from_slice(&[length, value(kept)]);
        }
    }

    #[inline]
    fn parts<const LINE: usize>(&self) -> Parts<'_, LINE> {
        let (slots, buckets) = (self.slots, self.buckets);
        let (lines, rest) = self.room.bytes().split_at(slots as usize * LINE);
        let (pilots, long) = rest.split_at(buckets as usize);
        Parts { hashing: &self.hashing, lines: lines.as_chunks().0, pilots, long, slots, buckets }
    }

    /// The value of a key.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<u8> {
        match self.line {
            16 => self.parts::<16>().find(key),
            32 => self.parts::<32>().find(key),
            _ => self.parts::<64>().find(key),
        }
    }

    /// Gives `take` the value of each of many keys, in their order.
    pub fn find_all<'k>(&self, keys: impl Iterator<Item = &'k [u8]>, take: impl FnMut(Option<u8>)) {
        match self.line {
            16 => self.parts::<16>().find_all(keys, take),
            32 => self.parts::<32>().find_all(keys, take),
            _ => self.parts::<64>().find_all(keys, take),
        }
    }

    /// Keys and values, in no order that means anything.
    fn iter(&self) -> impl Iterator<Item = (&[u8], u8)> {
        let (lines, rest) = self.room.bytes().split_at(self.slots as usize * self.line);
        let long = &rest[self.buckets as usize..];
        lines.chunks_exact(self.line).filter_map(move |line| {
            let (own, beside) = line.split_at(line.len() - BESIDE);
            let key = match beside[0] {
                NONE => return None,
                LONG => long_key(own, long),
                length => &own[..usize::from(length) - 1],
            };
            Some((key, beside[1]))
        })
    }
}

impl PartialEq for Frozen {
    /// The same keys with the same values, in whichever order.
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys && self.iter().all(|(key, value)| other.find(key) == Some(value))
    }
}

/// The key that a line says lies elsewhere.
#[cold]
fn long_key<'f>(line: &[u8], long: &'f [u8]) -> &'f [u8] {
    let start = line.first_chunk().map_or(0, |bytes| usize::from_le_bytes(*bytes));
    let length = line[SIZE..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)) as usize;
    &long[start..start + length]
}

/// The last bytes of a line.
#[inline]
fn end<const LINE: usize>(line: &[u8; LINE]) -> u64 {
    line.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
}

/// The bytes of a key that is shorter than eight, and zeroes.
#[inline]
fn short(key: &[u8]) -> u64 {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (key.len() - 4)),
        _ => key.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Whether so many bytes at both ends of two keys of one length are the same: all, where they are at least half of it.
#[inline]
fn same_ends<const BYTES: usize>(own: &[u8], key: &[u8]) -> Option<bool> {
    let first = own.first_chunk::<BYTES>()? == key.first_chunk::<BYTES>()?;
    Some(first & (own.last_chunk::<BYTES>()? == key.last_chunk::<BYTES>()?))
}

/// Whether a line that holds a short key of the same length begins with this key.
#[inline]
fn begins<const LINE: usize>(line: &[u8; LINE], key: &[u8]) -> bool {
    let Some(own) = line.get(..key.len()) else { return false };
    let same = same_ends::<32>(own, key).or_else(|| same_ends::<16>(own, key)).or_else(|| same_ends::<8>(own, key));
    same.unwrap_or_else(|| line.first_chunk().is_some_and(|own| u64::from_le_bytes(*own) == short(key)))
}

impl<const LINE: usize> Parts<'_, LINE> {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        hash(self.hashing, key)
    }

    /// The pilot of a hash, and the slot that it names.
    #[inline]
    fn slot(&self, hash: u64) -> (u8, u32) {
        let pilot = self.pilots.get(bucket(hash, self.buckets)).copied().unwrap_or(PROBED);
        (pilot, slot(hash, pilot, self.slots))
    }

    /// Whether a slot whose line has this length is of this short key.
    #[inline]
    fn is(&self, slot: u32, length: u8, key: &[u8]) -> bool {
        // Both are looked at: a branch would be another one to guess.
        self.lines.get(slot as usize).is_some_and(|line| begins(line, key)) & (usize::from(length) == key.len() + 1)
    }

    #[inline]
    fn find(&self, key: &[u8]) -> Option<u8> {
        self.find_hashed(self.hash(key), key)
    }

    fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<u8> {
        let (pilot, mut slot) = self.slot(hash);
        loop {
            let line = self.lines.get(slot as usize)?;
            let [.., length, value] = end(line).to_le_bytes();
            if if length == LONG { long_key(line, self.long) == key } else { self.is(slot, length, key) } {
                return Some(value);
            }
            if pilot != PROBED || length == NONE {
                return None;
            }
            slot = behind(slot, self.slots);
        }
    }

    fn find_all<'k>(&self, mut keys: impl Iterator<Item = &'k [u8]>, mut take: impl FnMut(Option<u8>)) {
        let (mut own, mut hashes) = ([&[][..]; TOGETHER], [0; TOGETHER]);
        let (mut pilots, mut slots, mut ends) = ([PROBED; TOGETHER], [0; TOGETHER], [0; TOGETHER]);
        loop {
            let mut count = 0;
            for ((own, hash), key) in own.iter_mut().zip(&mut hashes).zip(&mut keys) {
                (*own, *hash) = (key, self.hash(key));
                count += 1;
            }
            for ((pilot, slot), hash) in pilots.iter_mut().zip(&mut slots).zip(&hashes).take(count) {
                (*pilot, *slot) = self.slot(*hash);
            }
            // Nothing but loads: the less there is between them, the more are under way at once.
            for (known, slot) in ends.iter_mut().zip(&slots).take(count) {
                *known = self.lines.get(*slot as usize).map_or(0, end);
            }
            for ((((key, hash), pilot), slot), end) in own.iter().zip(&hashes).zip(&pilots).zip(&slots).zip(&ends).take(count) {
                let [.., length, value] = end.to_le_bytes();
                let found = self.is(*slot, length, key);
                // What may lie elsewhere is a long key, or one of a bucket that no pilot fits.
                let elsewhere = !found && (length == LONG || *pilot == PROBED);
                take(if elsewhere { self.find_hashed(*hash, key) } else { found.then_some(value) });
            }
            if count < TOGETHER {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key of this length, in which one byte anywhere differs from all others.
    fn key(length: usize, number: u8) -> Vec<u8> {
        let mut key = vec![b'='; length];
        if let Some(at) = usize::from(number).checked_rem(length) {
            key[length - 1 - at] = number;
        }
        key
    }

    /// In both homes all keys are found, one by one and together, and no others.
    fn finds(table: &KeyTable<u8>, asked: &[Vec<u8>]) {
        let [vec, map] = [usize::MAX, 0].map(|large| Frozen::within(table, |value| *value, large));
        assert!(vec == map);
        for frozen in [vec, map] {
            let there: Vec<(&[u8], u8)> = table.iter().map(|(key, value)| (key, *value)).collect();
            let [mut held, mut put_in] = [frozen.iter().collect::<Vec<_>>(), there.clone()];
            held.sort_unstable();
            put_in.sort_unstable();
            assert_eq!(held, put_in);
            let keys: Vec<&[u8]> = asked.iter().map(Vec::as_slice).chain(there.iter().map(|(key, _)| *key)).collect();
            let known: Vec<Option<u8>> = keys.iter().map(|key| table.get(key).copied()).collect();
            assert_eq!(keys.iter().map(|key| frozen.find(key)).collect::<Vec<_>>(), known);
            for count in [0, 1, 63, 64, 65, 128, keys.len()] {
                let mut found = Vec::new();
                frozen.find_all(keys.iter().take(count).copied(), |value| found.push(value));
                assert_eq!(found, known[..count.min(known.len())]);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_frozen_finds_what_the_table_finds(
            count in prop::sample::select(vec![0_usize, 1, 2, 63, 64, 65, 300]),
            longest in prop::sample::select(vec![1_usize, 7, 14, 15, 30, 31, 62, 63, 64, 300]),
            seed in any::<u64>(),
            keys in prop::collection::vec((any::<prop::sample::Index>(), 0..40_u8, any::<u8>()), 300),
            others in prop::collection::vec((any::<prop::sample::Index>(), 0..40_u8), 200),
        ) {
            let mut table = KeyTable::new(seed);
            for (length, number, value) in keys.iter().take(count) {
                table.entry(&key(length.index(longest + 1), *number), || *value);
            }
            let others: Vec<Vec<u8>> = others.iter().map(|(length, number)| key(length.index(longest + 3), *number)).collect();
            finds(&table, &others);
        }
    }

    #[test]
    fn sets_of_every_size_find_all_their_keys_whatever_they_share() {
        for count in (0..70).chain([1000, 3000]) {
            let mut table = KeyTable::new(7);
            let alike = |number: usize| [&b"begins alike, as keys of one system do: "[..number % 41], &number.to_le_bytes()[..]].concat();
            (0..count).for_each(|number| *table.entry(&alike(number * 2), || 0) = number.to_le_bytes()[0]);
            finds(&table, &(0..count * 2 + 70).map(alike).collect::<Vec<_>>());
        }
        // So few that what meets at the last place goes on at the first one.
        for seed in 0..200 {
            let mut table = KeyTable::new(seed);
            (0..5).for_each(|number| *table.entry(&key(9, number), || 0) = number);
            finds(&table, &(0..20).map(|number| key(9, number)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_key_lies_where_its_pilot_tells_unless_many_share_its_hash() {
        let mut table = KeyTable::new(7);
        (0..20_000_u32).for_each(|number| *table.entry(&number.to_be_bytes(), || 0) = 1);
        let frozen = Frozen::new(&table, |value| *value);
        let pilots = frozen.parts::<16>().pilots;
        // Those keys of which little is told are in as many buckets as there are values of four bits.
        assert_eq!(pilots.iter().filter(|pilot| **pilot == PROBED).count(), 16);
        // What is looked into takes less than with an index of words, three of them for a key.
        assert!(frozen.room.bytes().len() < table.len() * (16 + 3 * 4));
    }

    #[test]
    fn lines_are_as_long_as_all_keys_but_a_few_need() {
        for (lengths, line) in [
            (vec![14; 100], 16),
            ([vec![14; 100], vec![300; 5]].concat(), 16),
            ([vec![14; 100], vec![15; 9]].concat(), 32),
            (vec![30; 100], 32),
            (vec![31; 100], 64),
            (vec![300; 100], 64),
        ] {
            let mut table = KeyTable::new(7);
            (0_u8..).zip(&lengths).for_each(|(number, length)| *table.entry(&key(*length, number), || 0) = number);
            let frozen = Frozen::new(&table, |value| *value);
            assert_eq!((frozen.line, frozen.keys), (line, lengths.len()));
            finds(&table, &[]);
        }
    }

    #[test]
    fn what_is_equal_has_the_same_keys_with_the_same_values() {
        let frozen = |keys: &[(&str, u8)]| {
            let mut table = KeyTable::new(7);
            keys.iter().for_each(|(key, value)| *table.entry(key.as_bytes(), || 0) = *value);
            Frozen::new(&table, |value| *value)
        };
        assert!(frozen(&[("a", 1), ("b", 2)]) == frozen(&[("b", 2), ("a", 1)]));
        assert!(frozen(&[("a", 1)]) != frozen(&[("a", 2)]));
        assert!(frozen(&[("a", 1)]) != frozen(&[("b", 1)]));
        assert!(frozen(&[("a", 1)]) != frozen(&[("a", 1), ("b", 1)]));
    }
}
