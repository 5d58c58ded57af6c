//! Keys: how values of records are compared, hashed and kept.
//!
//! A key is the encoding of one or more values: each part is its length, a
//! tag and bytes. Persons that identity resolution knows are encoded by their
//! place in the roster, so that two spellings of one person are one key; a
//! spelling that it does not resolve is encoded as it stands. Equal keys are
//! the same for certain; keys that differ may be the same all the same where
//! encoding one of them left a doubt ([`Encoded::doubt`]).

use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identity::{Identity, Resolved, Who};
use crate::why::Why;

mod index;

use self::index::{Index, StoredKey};

/// How a field's values become keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Byte for byte.
    Exact,
    /// As persons, through identity resolution.
    Person,
}

/// What encoding a value told about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    /// Bytes: the same or not, for certain.
    Exact,
    /// A person of the roster.
    Person,
    /// A person whom the roster does not know.
    Stranger,
    /// A name of a system whose accounts are not in evidence: anybody, as far as is known.
    Unplaced,
    /// A name that is claimed for several persons.
    Ambiguous,
}

impl Encoded {
    /// Whether the roster does not tell who this is.
    #[must_use]
    pub const fn is_unresolved(self) -> bool {
        matches!(self, Self::Stranger | Self::Unplaced | Self::Ambiguous)
    }

    /// Why a value that is encoded differently may name the same person;
    /// `None` where it surely does not, if it does not leave a doubt either.
    #[must_use]
    pub const fn doubt(self, identity: &Identity, dataset: u16, column: u16) -> Option<Why> {
        match self {
            Self::Stranger | Self::Unplaced | Self::Ambiguous => Some(Why::PersonUnresolved { dataset, column }),
            Self::Person if identity.is_incomplete() => Some(Why::RosterIncomplete),
            Self::Exact | Self::Person => None,
        }
    }
}

/// The tag of a part that is bytes, of a person by number, and of a person by spelling.
const EXACT: u8 = 0;
const PERSON: u8 = 1;
const SPELLING: u8 = 2;
/// The tag of a system and what it calls a person: two systems may use one name for two.
const NAME_IN_SYSTEM: u8 = 3;

/// Appends one part of a key.
#[inline]
pub fn encode(key: &mut Vec<u8>, value: &[u8], compare: Compare, who: Who<'_>) -> Encoded {
    if compare == Compare::Exact {
        part(key, EXACT, value);
        return Encoded::Exact;
    }
    let encoded = match who.resolve(value) {
        Resolved::Person(person) => {
            part(key, PERSON, &person.to_le_bytes());
            return Encoded::Person;
        }
        Resolved::Stranger => Encoded::Stranger,
        Resolved::Unplaced => Encoded::Unplaced,
        Resolved::Ambiguous => Encoded::Ambiguous,
    };
    match who.system() {
        Some(system) if !crate::identity::is_address(value) => part(key, NAME_IN_SYSTEM, &[system, b"\x1f", value].concat()),
        _ => part(key, SPELLING, value),
    }
    encoded
}

fn part(key: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a cell is part of a block, and blocks are shorter than 4 GiB");
    key.extend_from_slice(&length.to_le_bytes());
    key.push(tag);
    key.extend_from_slice(bytes);
}

/// The parts of a key: tag and bytes.
fn parts(key: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = key;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (tag, behind) = behind.split_first()?;
        let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = behind;
        Some((*tag, part))
    })
}

/// The bytes of a key's part, where it was encoded exactly.
#[must_use]
pub fn exact_part(key: &[u8], number: usize) -> Option<&[u8]> {
    parts(key).nth(number).and_then(|(tag, part)| (tag == EXACT).then_some(part))
}

/// The key without who its persons are: what two keys that may be the same
/// agree in. `None` where it holds no person: then only equal keys are the same.
#[must_use]
pub fn without_persons(key: &[u8]) -> Option<Vec<u8>> {
    parts(key).any(|(tag, _)| tag != EXACT).then(|| {
        let mut rest = Vec::with_capacity(key.len());
        for (tag, bytes) in parts(key) {
            part(&mut rest, tag.min(PERSON), if tag == EXACT { bytes } else { &[] });
        }
        rest
    })
}

/// The bits of a key's hash that a table keeps: the upper ones.
#[inline]
fn tag(seed: u64, key: &[u8]) -> u32 {
    (hash(seed, key) >> 32) as u32
}

/// The hash of a key under a plan's seed.
#[must_use]
#[inline]
pub fn hash(seed: u64, key: &[u8]) -> u64 {
    FixedState::with_seed(seed).hash_one(key)
}

/// A map from keys to values. A look-up goes to two places in memory: the flat
/// index, and the slot where a short key lies beside its value.
///
/// Iteration is in order of insertion; whoever reports must sort.
#[derive(Debug, Clone)]
pub struct KeyTable<V> {
    seed: u64,
    slots: Vec<Slot<V>>,
    /// The bytes of long keys.
    arena: Vec<u8>,
    index: Index,
}

#[derive(Debug, Clone)]
struct Slot<V> {
    key: StoredKey,
    value: V,
}

/// Keys that are looked up together, so that the loads from memory of one do not wait for another's.
#[derive(Debug, Default)]
pub struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    tags: Vec<u32>,
}

impl Keys {
    /// Forgets all keys.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds the key that `write` appends.
    #[inline]
    pub fn push<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let told = write(&mut self.bytes);
        self.ends.push(self.bytes.len());
        told
    }

    /// A key.
    #[must_use]
    #[inline]
    pub fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }
}

impl<V> KeyTable<V> {
    /// An empty table whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, slots: Vec::new(), arena: Vec::new(), index: Index::default() }
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The index of a key.
    #[must_use]
    #[inline]
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        self.find_tagged(tag(self.seed, key), key)
    }

    #[inline]
    fn find_tagged(&self, tag: u32, key: &[u8]) -> Option<usize> {
        self.index.with(tag).find(|slot| self.key(*slot) == key)
    }

    /// The indices of many keys.
    pub fn find_all(&self, keys: &mut Keys, found: &mut Vec<Option<usize>>) {
        let mut tags = std::mem::take(&mut keys.tags);
        tags.clear();
        tags.extend((0..keys.ends.len()).map(|number| tag(self.seed, keys.get(number))));
        found.clear();
        found.extend(tags.iter().map(|tag| self.index.with(*tag).next()));
        for (number, (tag, slot)) in tags.iter().zip(found.iter_mut()).enumerate() {
            let key = keys.get(number);
            if slot.is_some_and(|slot| self.key(slot) != key) {
                // Two keys have one tag.
                *slot = self.find_tagged(*tag, key);
            }
        }
        keys.tags = tags;
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.find(key).map(|slot| &self.slots[slot].value)
    }

    /// The key at an index.
    #[must_use]
    #[inline]
    pub fn key(&self, slot: usize) -> &[u8] {
        self.slots[slot].key.bytes(&self.arena)
    }

    /// The value at an index.
    #[must_use]
    #[inline]
    pub fn value(&self, slot: usize) -> &V {
        &self.slots[slot].value
    }

    /// The value at an index.
    #[inline]
    pub fn value_mut(&mut self, slot: usize) -> &mut V {
        &mut self.slots[slot].value
    }

    /// The value of a key, made by `default` where the key is new.
    #[inline]
    pub fn entry(&mut self, key: &[u8], default: impl FnOnce() -> V) -> &mut V {
        let tag = tag(self.seed, key);
        let slot = self.find_tagged(tag, key).unwrap_or_else(|| {
            let slot = self.slots.len();
            self.slots.push(Slot { key: StoredKey::new(key, &mut self.arena), value: default() });
            self.index.insert(tag, slot);
            slot
        });
        &mut self.slots[slot].value
    }

    /// Keys and values, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.slots.iter().map(|slot| (slot.key.bytes(&self.arena), &slot.value))
    }

    /// Takes in another table; `join` merges the values of keys that both have.
    pub fn merge(&mut self, other: Self, empty: impl Fn() -> V, join: impl Fn(&mut V, V)) {
        if self.is_empty() && self.seed == other.seed {
            *self = other;
            return;
        }
        for slot in other.slots {
            join(self.entry(slot.key.bytes(&other.arena), &empty), slot.value);
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
    fn keys_with_persons_agree_in_what_else_they_hold() {
        let identity = crate::identity::roster::of(&[["1", "", "anna"]]);
        let key = |person: &str, text: &str| {
            let mut key = Vec::new();
            let encoded = encode(&mut key, person.as_bytes(), Compare::Person, identity.anywhere());
            encode(&mut key, text.as_bytes(), Compare::Exact, identity.anywhere());
            (key, encoded)
        };
        let (anna, stranger) = (key("anna", "x"), key("stranger", "x"));
        assert_eq!(anna, key("ANNA", "x"));
        assert_eq!((anna.1, stranger.1), (Encoded::Person, Encoded::Stranger));
        assert_ne!(stranger, key("Stranger", "x"));
        assert_eq!(without_persons(&anna.0), without_persons(&stranger.0));
        assert_ne!(without_persons(&anna.0), without_persons(&key("anna", "y").0));
        assert_eq!((exact_part(&anna.0, 0), exact_part(&anna.0, 1), exact_part(&anna.0, 2)), (None, Some(&b"x"[..]), None));
        let mut exact = Vec::new();
        encode(&mut exact, b"x", Compare::Exact, identity.anywhere());
        assert_eq!(without_persons(&exact), None);
    }

    #[test]
    fn a_table_finds_what_was_put_in_and_survives_serialisation() {
        let mut table = KeyTable::new(7);
        for number in 0..5000_u32 {
            *table.entry(format!("key {}", number % 1000).as_bytes(), || 0_u32) += 1;
        }
        assert_eq!(table.len(), 1000);
        assert_eq!(table.get(b"key 999"), Some(&5));
        assert_eq!(table.get(b"key 1000"), None);
        let (mut keys, mut found) = (Keys::default(), Vec::new());
        for number in 990..1010 {
            keys.push(|key| key.extend_from_slice(format!("key {number}").as_bytes()));
        }
        table.find_all(&mut keys, &mut found);
        let one_by_one: Vec<Option<usize>> = (0..20).map(|number| table.find(keys.get(number))).collect();
        assert_eq!(found, one_by_one);
        assert_eq!(found.iter().flatten().count(), 10);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<KeyTable<u32>>(&text).unwrap(), table);
    }
}
