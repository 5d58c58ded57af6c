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
use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identity::{Identity, Resolved};
use crate::why::Why;

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
    /// A spelling that several persons share.
    Ambiguous,
}

impl Encoded {
    /// Whether the roster does not tell who this is.
    #[must_use]
    pub const fn is_unresolved(self) -> bool {
        matches!(self, Self::Stranger | Self::Ambiguous)
    }

    /// Why a value that is encoded differently may name the same person;
    /// `None` where it surely does not, if it does not leave a doubt either.
    #[must_use]
    pub const fn doubt(self, identity: &Identity, dataset: u16, column: u16) -> Option<Why> {
        match self {
            Self::Stranger | Self::Ambiguous => Some(Why::PersonUnresolved { dataset, column }),
            Self::Person if identity.is_incomplete() => Some(Why::RosterIncomplete),
            Self::Exact | Self::Person => None,
        }
    }
}

/// The tag of a part that is bytes, of a person by number, and of a person by spelling.
const EXACT: u8 = 0;
const PERSON: u8 = 1;
const SPELLING: u8 = 2;

/// Appends one part of a key.
#[inline]
pub fn encode(key: &mut Vec<u8>, value: &[u8], compare: Compare, identity: &Identity) -> Encoded {
    match compare {
        Compare::Exact => {
            part(key, EXACT, value);
            Encoded::Exact
        }
        Compare::Person => match identity.resolve(value) {
            Resolved::Person(person) => {
                part(key, PERSON, &person.to_le_bytes());
                Encoded::Person
            }
            Resolved::Ambiguous => {
                part(key, SPELLING, value);
                Encoded::Ambiguous
            }
            Resolved::Stranger => {
                part(key, SPELLING, value);
                Encoded::Stranger
            }
        },
    }
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

/// The hash of a key under a plan's seed.
#[must_use]
#[inline]
pub fn hash(seed: u64, key: &[u8]) -> u64 {
    FixedState::with_seed(seed).hash_one(key)
}

/// A map from keys to values: keys lie in one buffer, the index is flat.
///
/// Iteration is in order of insertion; whoever reports must sort.
#[derive(Debug, Clone)]
pub struct KeyTable<V> {
    seed: u64,
    arena: Vec<u8>,
    entries: Vec<Slot<V>>,
    index: HashTable<u32>,
}

#[derive(Debug, Clone)]
struct Slot<V> {
    start: usize,
    end: usize,
    value: V,
}

impl<V> KeyTable<V> {
    /// An empty table whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, arena: Vec::new(), entries: Vec::new(), index: HashTable::new() }
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The index of a key.
    #[must_use]
    #[inline]
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        let hash = hash(self.seed, key);
        self.index.find(hash, |slot| self.key(*slot as usize) == key).map(|slot| *slot as usize)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.find(key).map(|slot| &self.entries[slot].value)
    }

    /// The key at an index.
    #[must_use]
    #[inline]
    pub fn key(&self, slot: usize) -> &[u8] {
        let Slot { start, end, .. } = self.entries[slot];
        &self.arena[start..end]
    }

    /// The value at an index.
    #[must_use]
    pub fn value(&self, slot: usize) -> &V {
        &self.entries[slot].value
    }

    /// The value of a key, made by `default` where the key is new.
    #[inline]
    pub fn entry(&mut self, key: &[u8], default: impl FnOnce() -> V) -> &mut V {
        let hash = hash(self.seed, key);
        let (arena, entries) = (&mut self.arena, &mut self.entries);
        let found = self.index.find(hash, |slot| {
            let Slot { start, end, .. } = entries[*slot as usize];
            &arena[start..end] == key
        });
        let slot = if let Some(slot) = found {
            *slot as usize
        } else {
            let start = arena.len();
            arena.extend_from_slice(key);
            entries.push(Slot { start, end: arena.len(), value: default() });
            let slot = entries.len() - 1;
            let stored = u32::try_from(slot).expect("four billion keys do not fit the memory that a scan may use");
            let seed = self.seed;
            self.index.insert_unique(hash, stored, |other| {
                let Slot { start, end, .. } = entries[*other as usize];
                self::hash(seed, &arena[start..end])
            });
            slot
        };
        &mut self.entries[slot].value
    }

    /// Keys and values, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.entries.iter().map(|slot| (&self.arena[slot.start..slot.end], &slot.value))
    }

    /// Takes in another table; `join` merges the values of keys that both have.
    pub fn merge(&mut self, other: Self, empty: impl Fn() -> V, join: impl Fn(&mut V, V)) {
        if self.is_empty() && self.seed == other.seed {
            *self = other;
            return;
        }
        for slot in other.entries {
            join(self.entry(&other.arena[slot.start..slot.end], &empty), slot.value);
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
        let mut builder = crate::identity::IdentityBuilder::default();
        builder.person(vec![b"1".to_vec(), b"anna".to_vec()]);
        let identity = builder.build();
        let key = |person: &str, text: &str| {
            let mut key = Vec::new();
            let encoded = encode(&mut key, person.as_bytes(), Compare::Person, &identity);
            encode(&mut key, text.as_bytes(), Compare::Exact, &identity);
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
        encode(&mut exact, b"x", Compare::Exact, &identity);
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
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<KeyTable<u32>>(&text).unwrap(), table);
    }
}
