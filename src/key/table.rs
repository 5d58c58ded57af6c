//! A map from keys to values, made to be asked for many keys at once.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Hashing;
use super::index::{Index, StoredKey};
use super::striped::{Kept, Table};
use super::waiting::TaggedKeys;

/// Keys that are looked up together: each step is taken for all of them, so
/// that what one loads from memory does not wait for another's.
pub(crate) const TOGETHER: usize = 64;

/// Slots of a piece: pieces never move, so that a table that grows is not
/// copied, and takes no more room than it needs.
const PIECE: usize = 512;

/// A map from keys to values. A look-up goes to two places in memory: the flat
/// index, and the slot where a short key lies beside its value.
///
/// Iteration is in order of insertion; whoever reports must sort.
#[derive(Debug, Clone)]
pub struct KeyTable<V> {
    seed: u64,
    hashing: Hashing,
    pieces: Vec<Vec<Slot<V>>>,
    length: usize,
    /// The bytes of long keys.
    arena: Vec<u8>,
    index: Index,
}

/// A key with its value. It begins where the processor's lines of memory do:
/// a key is one load.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Slot<V> {
    key: StoredKey,
    value: V,
}

/// The bits of a hash that the index keeps: the upper ones.
#[inline]
pub(crate) const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

impl<V> KeyTable<V> {
    /// An empty table whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, hashing: Hashing::new(seed), pieces: Vec::new(), length: 0, arena: Vec::new(), index: Index::default() }
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Bytes of memory that the table holds, without what its values point to.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let slots = self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.capacity());
        slots * size_of::<Slot<V>>() + self.arena.capacity() + self.index.bytes()
    }

    #[inline]
    fn slot(&self, slot: usize) -> &Slot<V> {
        &self.pieces[slot / PIECE][slot % PIECE]
    }

    /// The index of a key.
    #[must_use]
    #[inline]
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        self.find_tagged(tag(self.hashing.of(key)), key)
    }

    #[inline]
    pub(crate) fn find_tagged(&self, tag: u32, key: &[u8]) -> Option<usize> {
        self.index.with(tag).find(|slot| self.key(*slot) == key)
    }

    /// The indices of many keys, behind those that `found` holds.
    pub fn find_all(&self, keys: &[&[u8]], found: &mut Vec<Option<u32>>) {
        let mut tags = [0; TOGETHER];
        for keys in keys.chunks(TOGETHER) {
            for (tagged, key) in tags.iter_mut().zip(keys) {
                *tagged = tag(self.hashing.of(key));
            }
            self.find_tags(&tags, |number| keys.get(number).copied(), keys.len(), |_, slot| found.push(slot));
        }
    }

    /// Finds the keys of these tags; there are `count`, at most [`TOGETHER`].
    #[inline]
    pub(super) fn find_tags<'k>(
        &self,
        tags: &[u32; TOGETHER],
        key: impl Fn(usize) -> Option<&'k [u8]>,
        count: usize,
        take: impl FnMut(usize, Option<u32>),
    ) {
        Self::find_among(|_| self, tags, key, count, take);
    }

    /// As [`Self::find_tags`], each key in the table that `table` gives for its number.
    #[inline]
    pub(crate) fn find_among<'t, 'k>(
        table: impl Fn(usize) -> &'t Self,
        tags: &[u32; TOGETHER],
        key: impl Fn(usize) -> Option<&'k [u8]>,
        count: usize,
        mut take: impl FnMut(usize, Option<u32>),
    ) where
        V: 't,
    {
        // What each step reads is kept, so that no step waits for a load but its own.
        let (mut words, mut slots, mut heads) = ([0; TOGETHER], [None; TOGETHER], [(0, 0); TOGETHER]);
        for (number, (word, tag)) in words.iter_mut().zip(tags).take(count).enumerate() {
            *word = table(number).index.first(*tag);
        }
        for (number, ((slot, word), tag)) in slots.iter_mut().zip(&words).zip(tags).take(count).enumerate() {
            let table = table(number);
            *slot = table.index.slot_of(*word, *tag).map(|slot| (slot, table.slot(slot as usize)));
        }
        // Nothing but loads, of slots whose places are known: the less there is between them, the more are under way at once.
        for (head, slot) in heads.iter_mut().zip(&slots).take(count) {
            *head = slot.map_or((0, 0), |(_, slot)| slot.key.head());
        }
        for (number, ((slot, head), tag)) in slots.iter().zip(&heads).zip(tags).take(count).enumerate() {
            let Some(key) = key(number) else { break };
            let found = slot.and_then(|(slot, own)| {
                let table = table(number);
                if StoredKey::head_of(key) == Some(*head) && own.key.bytes(&table.arena) == key {
                    return Some(slot);
                }
                // A long key, or two keys that have one tag.
                table.find_tagged(*tag, key).and_then(|slot| u32::try_from(slot).ok())
            });
            take(number, found);
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.find(key).map(|slot| self.value(slot))
    }

    /// The key at an index.
    #[must_use]
    #[inline]
    pub fn key(&self, slot: usize) -> &[u8] {
        self.slot(slot).key.bytes(&self.arena)
    }

    /// The value at an index.
    #[must_use]
    #[inline]
    pub fn value(&self, slot: usize) -> &V {
        &self.slot(slot).value
    }

    /// The value at an index.
    #[inline]
    pub fn value_mut(&mut self, slot: usize) -> &mut V {
        &mut self.pieces[slot / PIECE][slot % PIECE].value
    }

    /// The value of a key, made by `default` where the key is new.
    #[inline]
    pub fn entry(&mut self, key: &[u8], default: impl FnOnce() -> V) -> &mut V {
        let tag = tag(self.hashing.of(key));
        self.entry_tagged(tag, key, default)
    }

    #[inline]
    pub(crate) fn entry_tagged(&mut self, tag: u32, key: &[u8], default: impl FnOnce() -> V) -> &mut V {
        let slot = self.find_tagged(tag, key).unwrap_or_else(|| self.put(tag, key, default()));
        self.value_mut(slot)
    }

    /// Takes in keys with their values, which are looked up together; `join` merges the values of a key that is there.
    pub fn take_in(&mut self, keys: &[&[u8]], values: impl IntoIterator<Item = V>, mut join: impl FnMut(&mut V, V)) {
        let mut values = values.into_iter();
        for keys in keys.chunks(TOGETHER) {
            let mut tags = [0; TOGETHER];
            tags.iter_mut().zip(keys).for_each(|(tagged, key)| *tagged = tag(self.hashing.of(key)));
            self.take_in_tagged(&tags, |at| keys.get(at).copied(), keys.len(), values.by_ref(), &mut join);
        }
    }

    /// As [`Self::take_in`], of keys with these tags; there are `count`, at most [`TOGETHER`].
    fn take_in_tagged<'k>(
        &mut self,
        tags: &[u32; TOGETHER],
        key: impl Fn(usize) -> Option<&'k [u8]>,
        count: usize,
        values: impl Iterator<Item = V>,
        join: &mut impl FnMut(&mut V, V),
    ) {
        let mut found = [None; TOGETHER];
        self.find_tags(tags, &key, count, |at, slot| found[at] = slot);
        for (at, ((tag, slot), value)) in tags.iter().zip(found).take(count).zip(values).enumerate() {
            let Some(key) = key(at) else { break };
            // What was not found may have come with one of the keys before it.
            match slot.map(|slot| slot as usize).or_else(|| self.find_tagged(*tag, key)) {
                Some(slot) => join(self.value_mut(slot), value),
                None => _ = self.put(*tag, key, value),
            }
        }
    }

    /// Takes in a key that is new.
    fn put(&mut self, tag: u32, key: &[u8], value: V) -> usize {
        let slot = self.length;
        if slot.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE.min(slot.max(4))));
        }
        let stored = Slot { key: StoredKey::new(key, &mut self.arena), value };
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(stored);
        }
        self.length += 1;
        let (index, tag_of) = self.index();
        index.insert(tag, tag_of);
        slot
    }

    /// Makes room for so many more keys: what grows by and by is laid out again and again.
    pub fn reserve(&mut self, more: usize) {
        let (index, tag_of) = self.index();
        index.reserve(more, tag_of);
    }

    /// The index, and the tags of the keys that lie in slots. They are not kept:
    /// a table is seldom made larger, and often looked into.
    fn index(&mut self) -> (&mut Index, impl Fn(usize) -> u32) {
        let Self { pieces, arena, hashing, index, .. } = self;
        (index, |slot| tag(hashing.of(pieces[slot / PIECE][slot % PIECE].key.bytes(arena))))
    }

    /// Keys and values, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.pieces.iter().flatten().map(|slot| (slot.key.bytes(&self.arena), &slot.value))
    }

    /// Takes in another table; `join` merges the values of keys that both have.
    pub fn merge(&mut self, other: Self, mut join: impl FnMut(&mut V, V)) {
        if self.is_empty() && self.seed == other.seed {
            *self = other;
            return;
        }
        let Self { pieces, arena, .. } = other;
        for piece in pieces {
            let keys: Vec<StoredKey> = piece.iter().map(|slot| slot.key).collect();
            let keys: Vec<&[u8]> = keys.iter().map(|key| key.bytes(&arena)).collect();
            self.take_in(&keys, piece.into_iter().map(|slot| slot.value), &mut join);
        }
    }

    /// Keys and values sorted by key: the form that does not depend on history.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&[u8], &V)> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by(|left, right| left.0.cmp(right.0));
        all
    }
}

/// The next part with a length before it: four bytes, little-endian.
fn part<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(part)
}

impl<V: Kept> Table for KeyTable<V> {
    type Seen = V;

    fn fresh(&self) -> Self {
        Self::new(self.seed)
    }

    fn bytes(&self) -> usize {
        Self::bytes(self)
    }

    fn see(&mut self, keys: &TaggedKeys, mut seen: impl Iterator<Item = V>) {
        for (part, own) in keys.tags().chunks(TOGETHER).enumerate() {
            let mut tags = [0; TOGETHER];
            tags.iter_mut().zip(own).for_each(|(tagged, tag)| *tagged = *tag);
            self.take_in_tagged(&tags, |at| Some(keys.key(part * TOGETHER + at)), own.len(), seen.by_ref(), &mut V::merge);
        }
    }

    fn merge(&mut self, other: Self) {
        Self::merge(self, other, V::merge);
    }

    /// For each key its length, the key, the length of its value, the value as JSON. Lengths are four bytes, little-endian.
    fn written(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(Self::bytes(self));
        for (key, value) in self.iter() {
            bytes.extend_from_slice(&u32::try_from(key.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(key);
            let at = bytes.len();
            bytes.extend_from_slice(&[0; 4]);
            serde_json::to_writer(&mut bytes, value).ok()?;
            let length = u32::try_from(bytes.len() - at - 4).ok()?;
            bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        }
        Some(bytes)
    }

    fn take_back(&mut self, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            let key = part(&mut bytes)?;
            let value: V = serde_json::from_slice(part(&mut bytes)?).ok()?;
            self.entry(key, V::default).merge(value);
        }
        Some(())
    }
}

impl<V: PartialEq> PartialEq for KeyTable<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<V: Serialize> Serialize for KeyTable<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.seed, self.sorted()).serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for KeyTable<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seed, entries): (u64, Vec<(Vec<u8>, V)>) = Deserialize::deserialize(deserializer)?;
        let mut table = Self::new(seed);
        for (key, value) in entries {
            table.entry(&key, || value);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_finds_what_was_put_in_and_survives_serialisation() {
        let mut table = KeyTable::new(7);
        for number in 0..5000_u32 {
            *table.entry(format!("key {}", number % 1000).as_bytes(), || 0_u32) += 1;
        }
        assert_eq!(table.len(), 1000);
        assert_eq!(table.get(b"key 999"), Some(&5));
        assert_eq!(table.get(b"key 1000"), None);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<KeyTable<u32>>(&text).unwrap(), table);
    }

    #[test]
    fn many_keys_are_found_as_each_is() {
        let mut table = KeyTable::new(7);
        // Keys that begin alike, as long as slots hold and longer, and none at all.
        let key = |number: usize| [&b"begins alike, as keys of one system do: "[..number % 41], &number.to_le_bytes()[..number % 4 + 1]].concat();
        for number in 0..3000 {
            table.entry(&key(number * 2), || number);
        }
        table.entry(b"", || 0);
        let wanted: Vec<Vec<u8>> = (0..6000).map(key).chain([Vec::new()]).collect();
        for count in [1, 63, 64, 65, wanted.len()] {
            let mut found = Vec::new();
            let keys: Vec<&[u8]> = wanted.iter().take(count).map(Vec::as_slice).collect();
            table.find_all(&keys, &mut found);
            let each: Vec<Option<u32>> = keys.iter().map(|key| table.find(key).map(|slot| u32::try_from(slot).unwrap())).collect();
            assert_eq!(found, each);
        }
    }

    #[test]
    fn many_keys_are_taken_in_as_each_is() {
        // Most come twice, some at once with themselves, some long after; some do not fit their slot.
        let key = |number: usize| format!("{:0width$}", number * number % 1013, width = number * number % 1013 % 60).into_bytes();
        let keys: Vec<Vec<u8>> = (0..3000).map(|number| key(number / 2)).collect();
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let (mut one_by_one, mut together) = (KeyTable::new(7), KeyTable::new(7));
        for (number, key) in (0_u64..).zip(&keys) {
            *one_by_one.entry(key, || 0) += number;
        }
        for (begun, keys) in (0..).step_by(1000).zip(keys.chunks(1000)) {
            together.take_in(keys, begun.., |known, more| *known += more);
        }
        assert!(together.iter().eq(one_by_one.iter()));
        let mut merged = KeyTable::new(8);
        merged.entry(keys[0], || 1);
        merged.merge(together, |known, more| *known += more);
        *one_by_one.entry(keys[0], || 0) += 1;
        assert_eq!(merged, one_by_one);
    }
}
