//! Keys: how values of records are compared, hashed and kept.
//!
//! A key is the encoding of one or more values: each part is its length, a
//! tag and bytes. Persons that identity resolution knows are encoded by their
//! place in the roster, so that two spellings of one person are one key; a
//! spelling that it does not resolve is encoded as it stands. Equal keys are
//! the same for certain; keys that differ may be the same all the same where
//! encoding one of them left a doubt ([`Encoded::doubt`]).

use std::hash::{BuildHasher as _, Hasher as _};

use crate::identity::{Home, Identity, Resolved, Who};
use crate::why::Why;
use foldhash::quality::FixedState;

mod counts;
mod frozen;
mod index;
pub mod memory;
mod packed;
mod room;
mod striped;
mod table;
mod waiting;

pub use counts::{CountTable, Counters};
pub use frozen::Frozen;
pub use striped::{Kept, Striped, Table, Whole};
pub use table::KeyTable;
pub(crate) use table::{TOGETHER, tag};
pub use waiting::TaggedKeys;

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
    /// What encoding a value that names this person tells.
    #[must_use]
    pub const fn of(named: Resolved) -> Self {
        match named {
            Resolved::Person(_) => Self::Person,
            Resolved::Stranger => Self::Stranger,
            Resolved::Unplaced => Self::Unplaced,
            Resolved::Ambiguous => Self::Ambiguous,
        }
    }

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

/// Appends a key of one value: its bytes alone where it compares exactly, else as [`encode`] does.
///
/// All keys of a table are made in one way, so that the two forms never meet.
#[inline]
pub fn encode_one(key: &mut Vec<u8>, value: &[u8], compare: Compare, who: Who<'_>) -> Encoded {
    if compare == Compare::Exact {
        key.extend_from_slice(value);
        return Encoded::Exact;
    }
    encode(key, value, compare, who)
}

/// Appends one part of a key.
#[inline]
pub fn encode(key: &mut Vec<u8>, value: &[u8], compare: Compare, who: Who<'_>) -> Encoded {
    if compare == Compare::Exact {
        part(key, EXACT, value);
        return Encoded::Exact;
    }
    encode_person(key, value, who.home(), who.resolve(value))
}

/// Appends one part of a key: a value that compares as a person, whose names its home holds, and whom it names.
#[inline]
pub fn encode_person(key: &mut Vec<u8>, value: &[u8], home: Home<'_>, named: Resolved) -> Encoded {
    match (named, home.system()) {
        (Resolved::Person(person), _) => part(key, PERSON, &person.to_le_bytes()),
        (_, Some(system)) if !crate::identity::is_address(value) => part_of(key, NAME_IN_SYSTEM, &[system, b"\x1f", value]),
        _ => part(key, SPELLING, value),
    }
    Encoded::of(named)
}

fn part(key: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    part_of(key, tag, &[bytes]);
}

/// A part whose bytes are these, one behind the other.
#[inline]
fn part_of(key: &mut Vec<u8>, tag: u8, pieces: &[&[u8]]) {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let length = u32::try_from(length).expect("a cell is part of a block, and blocks are shorter than 4 GiB");
    key.extend_from_slice(&length.to_le_bytes());
    key.push(tag);
    pieces.iter().for_each(|piece| key.extend_from_slice(piece));
}

/// Keys of many values that compare as persons, made together.
#[derive(Debug, Default)]
pub struct PersonKeys {
    /// One behind the other.
    bytes: Vec<u8>,
    /// What encoding each told, and where its key ends.
    made: Vec<(Encoded, usize)>,
}

impl PersonKeys {
    /// Makes the key of each value as [`encode_one`] does; `home` tells of the
    /// number that comes with a value whose names it holds.
    pub fn make<'v>(&mut self, identity: &Identity, values: &[(&'v [u8], u32)], home: impl Fn(u32) -> Home<'v>) {
        let Self { bytes, made } = self;
        bytes.clear();
        made.clear();
        identity.resolve_all(values, home, |(value, _), home, named| {
            let encoded = encode_person(bytes, value, home, named);
            made.push((encoded, bytes.len()));
        });
    }

    /// The keys, as many as values.
    #[must_use]
    pub fn keys(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.made.iter().map(|(_, end)| *end));
        starts.zip(&self.made).map(|(start, (_, end))| &self.bytes[start..*end]).collect()
    }

    /// What encoding each told.
    pub fn encoded(&self) -> impl Iterator<Item = Encoded> {
        self.made.iter().map(|(encoded, _)| *encoded)
    }
}

/// Gives `take` the key of each value, made as [`encode_one`] does but together, and what encoding each told;
/// `home` tells of the number that comes with a value whose names it holds.
pub fn encode_all<'v, R>(
    values: &[(&'v [u8], u32)],
    compare: Compare,
    identity: &Identity,
    home: impl Fn(u32) -> Home<'v>,
    take: impl FnOnce(&[&[u8]], &mut dyn Iterator<Item = Encoded>) -> R,
) -> R {
    if compare == Compare::Exact {
        let keys: Vec<&[u8]> = values.iter().map(|(value, _)| *value).collect();
        return take(&keys, &mut keys.iter().map(|_| Encoded::Exact));
    }
    let mut persons = PersonKeys::default();
    persons.make(identity, values, home);
    take(&persons.keys(), &mut persons.encoded())
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

/// The key of one value that names a person of the roster, by their number.
#[must_use]
pub fn person_key(person: u32) -> Vec<u8> {
    let mut key = Vec::new();
    part(&mut key, PERSON, &person.to_le_bytes());
    key
}

/// The number of the person whom a key of one value names, if it names one of the roster.
#[must_use]
pub fn person_of(key: &[u8]) -> Option<u32> {
    let (_, person) = parts(key).next().filter(|(tag, _)| *tag == PERSON)?;
    person.first_chunk().map(|person| u32::from_le_bytes(*person))
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
    Hashing::new(seed).of(key)
}

/// How the keys of one plan are hashed.
#[derive(Debug, Clone)]
pub(crate) struct Hashing(FixedState);

impl Hashing {
    pub(crate) fn new(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    #[inline]
    pub(crate) fn of(&self, key: &[u8]) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(key);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_keys_are_made_as_each_is() {
        let identity = crate::identity::roster::of(&[["1", "", "anna"], ["2", "", "twin"], ["3", "", "twin"]]);
        let words = ["1", "ANNA", "twin", "nobody", "a@x", ""];
        let homes = [Home::Roster, Home::People(0), Home::System(Some(b"s")), Home::System(None)];
        let values: Vec<(&[u8], u32)> = (0..200).map(|number| (words[number as usize % words.len()].as_bytes(), number)).collect();
        let home = |number: u32| homes[number as usize / words.len() % homes.len()];
        for compare in [Compare::Exact, Compare::Person] {
            let each: Vec<(Vec<u8>, Encoded)> = values
                .iter()
                .map(|(value, number)| {
                    let mut key = Vec::new();
                    let encoded = encode_one(&mut key, value, compare, identity.within(home(*number)));
                    (key, encoded)
                })
                .collect();
            let together =
                encode_all(&values, compare, &identity, home, |keys, encoded| keys.iter().map(|key| key.to_vec()).zip(encoded).collect::<Vec<_>>());
            assert_eq!(together, each);
        }
    }

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
}
