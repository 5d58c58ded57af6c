//! A map from keys to small values that does not change any more.
//!
//! A table that grows takes what memory it gets. Once all keys are known,
//! everything that a look-up touches is laid out anew in one piece, as small
//! as it can be: lines of the length that the keys need, in large pages.

use super::Hashing;
use super::room::{LARGE, Room};
use super::table::{KeyTable, TOGETHER};

/// What is told of a key's hash: in tests so little that many keys share it.
const TOLD: u64 = if cfg!(test) { 0xF000_0000_C000_0000 } else { u64::MAX };

/// Words of the index for each key: most keys are where they are looked for
/// first, and most places of those that are not there are free.
const WORDS: usize = 3;

/// Bytes of a word of the index.
const WORD: usize = size_of::<u32>();

/// How long lines may be.
const LINES: [usize; 3] = [16, 32, 64];

/// Bytes of a line that hold no key: its length and its value.
const BESIDE: usize = 2;

/// Bytes of a place among the long keys; the key's length follows it.
const SIZE: usize = size_of::<usize>();

/// The length of a key that lies behind the index.
const LONG: u8 = u8::MAX;

/// One in so many keys may be too long for its line.
const FEW: usize = 16;

/// No slot.
const NONE: u32 = u32::MAX;

/// A map from keys to values of a byte.
///
/// First come the lines, in the order of the table: a short key, zeroes, the
/// key's length, its value. Lines are 16, 32 or 64 bytes long, so that none
/// is two loads. Then comes the index: words that hold the slot plus one in
/// the lower bits and lower bits of the hash in the others; a word lies at or
/// behind the place that the upper bits of the hash name. Keys that are too
/// long for a line come last.
#[derive(Debug)]
pub struct Frozen {
    hashing: Hashing,
    room: Room,
    keys: usize,
    /// Bytes of a line.
    line: usize,
    /// Words of the index.
    words: usize,
    /// The bits of a word that hold the slot.
    slot: u32,
}

/// Its parts, for lines of one length.
#[derive(Clone, Copy)]
struct Parts<'f, const LINE: usize> {
    hashing: &'f Hashing,
    lines: &'f [[u8; LINE]],
    words: &'f [[u8; WORD]],
    long: &'f [u8],
    slot: u32,
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

/// The place that a hash names among so many words.
#[inline]
const fn place(hash: u64, words: usize) -> usize {
    // A place beyond the words cannot come out: they are at most 2^32.
    (((hash >> 32) * words as u64) >> 32) as usize
}

/// The part of a hash that words hold.
#[inline]
const fn marked(hash: u64, slot: u32) -> u32 {
    // The upper half names the place.
    (hash & u32::MAX as u64) as u32 & !slot
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
        let words = (keys * WORDS).clamp(1, u32::MAX as usize);
        let slot = u32::try_from(keys).ok().and_then(|keys| (keys + 1).checked_next_power_of_two());
        let slot = slot.expect("two billion keys do not fit the memory that a scan may use") - 1;
        let room = Room::new(keys * line + words * WORD + long, large);
        let mut frozen = Self { hashing: Hashing::new(table.seed()), room, keys, line, words, slot };
        frozen.fill(table, value);
        frozen
    }

    fn fill<V>(&mut self, table: &KeyTable<V>, value: impl Fn(&V) -> u8) {
        let (count, slot) = (self.words, self.slot);
        let (lines, rest) = self.room.bytes_mut().split_at_mut(self.keys * self.line);
        let (words, long) = rest.split_at_mut(count * WORD);
        let (words, mut end) = (words.as_chunks_mut::<WORD>().0, 0_usize);
        for (number, (line, (key, kept))) in (1_u32..).zip(lines.chunks_exact_mut(self.line).zip(table.iter())) {
            let (own, beside) = line.split_at_mut(self.line - BESIDE);
            let length = if let Some(own) = own.get_mut(..key.len()) {
                own.copy_from_slice(key);
                u8::try_from(key.len()).expect("lines are shorter than LONG")
            } else {
                own[..SIZE].copy_from_slice(&end.to_le_bytes());
                long[end..end + key.len()].copy_from_slice(key);
                end += key.len();
                let length = u32::try_from(key.len()).expect("a cell is part of a block, and blocks are shorter than 4 GiB");
                own[SIZE..SIZE + 4].copy_from_slice(&length.to_le_bytes());
                LONG
            };
            beside.copy_from_slice(&[length, value(kept)]);
            let hash = self.hashing.of(key) & TOLD;
            let mut at = place(hash, count);
            while words[at] != [0; WORD] {
                at = if at + 1 == count { 0 } else { at + 1 };
            }
            words[at] = (marked(hash, slot) | number).to_le_bytes();
        }
    }

    #[inline]
    fn parts<const LINE: usize>(&self) -> Parts<'_, LINE> {
        let (lines, rest) = self.room.bytes().split_at(self.keys * LINE);
        let (words, long) = rest.split_at(self.words * WORD);
        Parts { hashing: &self.hashing, lines: lines.as_chunks().0, words: words.as_chunks().0, long, slot: self.slot }
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

    /// Keys and values, in the order of the table.
    fn iter(&self) -> impl Iterator<Item = (&[u8], u8)> {
        let (lines, rest) = self.room.bytes().split_at(self.keys * self.line);
        let long = &rest[self.words * WORD..];
        lines.chunks_exact(self.line).map(move |line| {
            let (own, beside) = line.split_at(line.len() - BESIDE);
            (if beside[0] == LONG { long_key(own, long) } else { &own[..beside[0].into()] }, beside[1])
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

/// The bytes of a key that is shorter than eight, and zeroes or what else.
#[inline]
fn short(key: &[u8]) -> u64 {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (key.len() - 4)),
        _ => key.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Whether a line that holds a short key of the same length begins with this key.
#[inline]
fn begins<const LINE: usize>(line: &[u8; LINE], key: &[u8]) -> bool {
    let (own, (whole, rest)) = (line.as_chunks::<8>().0, key.as_chunks::<8>());
    let differing = own.iter().zip(whole).fold(0, |all, (own, asked)| all | (u64::from_le_bytes(*own) ^ u64::from_le_bytes(*asked)));
    let Some(own) = own.get(whole.len()).filter(|_| !rest.is_empty()) else { return differing == 0 };
    // What follows the key is shifted away; so is what goes before the rest, where eight bytes are loaded that end with it.
    let behind = 64 - 8 * rest.len();
    let asked = key.last_chunk().map_or_else(|| short(rest), |last| u64::from_le_bytes(*last) >> behind);
    differing | ((u64::from_le_bytes(*own) ^ asked) << behind) == 0
}

impl<const LINE: usize> Parts<'_, LINE> {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        self.hashing.of(key) & TOLD
    }

    #[inline]
    fn word(&self, at: usize) -> u32 {
        self.words.get(at).map_or(0, |word| u32::from_le_bytes(*word))
    }

    /// The slot of a word, where it may be of this hash.
    #[inline]
    const fn slot(&self, word: u32, hash: u64) -> Option<u32> {
        if (word ^ marked(hash, self.slot)) & !self.slot == 0 { Some((word & self.slot) - 1) } else { None }
    }

    /// The slots that may be of this hash.
    #[inline]
    fn with(&self, hash: u64) -> impl Iterator<Item = u32> {
        let mut at = place(hash, self.words.len());
        std::iter::from_fn(move || {
            loop {
                let word = self.word(at);
                if word == 0 {
                    return None;
                }
                at = if at + 1 == self.words.len() { 0 } else { at + 1 };
                let slot = self.slot(word, hash);
                if slot.is_some() {
                    return slot;
                }
            }
        })
    }

    /// The value of a slot whose last bytes are known, if it is of this short key.
    #[inline]
    fn value(&self, slot: u32, end: u64, key: &[u8]) -> Option<u8> {
        let [.., length, value] = end.to_le_bytes();
        let line = self.lines.get(slot as usize)?;
        (usize::from(length) == key.len() && key.len() <= LINE - BESIDE && begins(line, key)).then_some(value)
    }

    #[inline]
    fn find(&self, key: &[u8]) -> Option<u8> {
        self.find_hashed(self.hash(key), key)
    }

    fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<u8> {
        self.with(hash).find_map(|slot| {
            let line = self.lines.get(slot as usize)?;
            let end = end(line);
            let [.., length, value] = end.to_le_bytes();
            if length == LONG { (long_key(line, self.long) == key).then_some(value) } else { self.value(slot, end, key) }
        })
    }

    fn find_all<'k>(&self, mut keys: impl Iterator<Item = &'k [u8]>, mut take: impl FnMut(Option<u8>)) {
        let (mut own, mut hashes) = ([&[][..]; TOGETHER], [0; TOGETHER]);
        // What each step reads is kept, so that no step waits for a load but its own.
        let (mut words, mut slots, mut ends) = ([0; TOGETHER], [NONE; TOGETHER], [0; TOGETHER]);
        loop {
            let mut count = 0;
            for ((own, hash), key) in own.iter_mut().zip(&mut hashes).zip(&mut keys) {
                (*own, *hash) = (key, self.hash(key));
                count += 1;
            }
            for (word, hash) in words.iter_mut().zip(hashes).take(count) {
                *word = self.word(place(hash, self.words.len()));
            }
            for ((slot, word), hash) in slots.iter_mut().zip(words).zip(hashes).take(count) {
                let first = if word == 0 { None } else { self.slot(word, hash).or_else(|| self.with(hash).next()) };
                *slot = first.unwrap_or(NONE);
            }
            for (known, slot) in ends.iter_mut().zip(slots).take(count) {
                *known = self.lines.get(slot as usize).map_or(0, end);
            }
            for (((key, hash), slot), end) in own.iter().zip(hashes).zip(slots).zip(ends).take(count) {
                // What is not found so is a long key, or one of two keys of which words tell the same.
                take(if slot == NONE { None } else { self.value(slot, end, key).or_else(|| self.find_hashed(hash, key)) });
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
            assert_eq!(frozen.iter().collect::<Vec<_>>(), there);
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
