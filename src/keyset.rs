//! Key sets: the keys of a dataset that a look-up may find.
//!
//! Made in the keys round, then broadcast. What a set cannot tell is unknown:
//! a key of a record whose condition is unknown, or anything that is not
//! found where the dataset is known to be incomplete.

use crate::identity::Who;
use crate::key::{Compare, Encoded, KeyTable, encode};
use crate::why::Why;

/// The keys of one look-up.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The dataset's index in the plan.
    pub dataset: u16,
    /// The key's column.
    pub column: u16,
    /// How keys compare.
    pub compare: Compare,
    /// Keys of records that count; with `false`, of records that may count.
    keys: KeyTable<bool>,
    /// A key that cannot be read, or a person whom the roster does not know.
    doubtful: Option<Why>,
    /// Records are missing or could not be read.
    pub incomplete: bool,
}

/// Whether a set has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contained {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// It has not, and the person is not on the roster.
    Stranger,
    /// It cannot be told.
    Unknown(Why),
}

impl KeySet {
    /// The identity of merge.
    #[must_use]
    pub fn new(dataset: u16, column: u16, compare: Compare, seed: u64) -> Self {
        Self { dataset, column, compare, keys: KeyTable::new(seed), doubtful: None, incomplete: false }
    }

    /// Takes in the key of a record; `certain` tells whether the record surely counts.
    pub fn insert(&mut self, value: &[u8], certain: bool, who: Who<'_>, scratch: &mut Vec<u8>) {
        scratch.clear();
        if encode(scratch, value, self.compare, who) != Encoded::Known {
            self.doubt(Why::PersonUnresolved { dataset: self.dataset, column: self.column });
        }
        let known = self.keys.entry(scratch, || certain);
        *known |= certain;
    }

    /// Notes that a record's key cannot be told.
    pub fn doubt(&mut self, why: Why) {
        self.doubtful = Some(self.doubtful.map_or(why, |known| known.min(why)));
    }

    /// Takes in what another worker found.
    pub fn merge(&mut self, other: Self) {
        self.keys.merge(other.keys, || false, |known, more| *known |= more);
        if let Some(why) = other.doubtful {
            self.doubt(why);
        }
        self.incomplete |= other.incomplete;
    }

    /// Whether the set has the value's key. `place` is the dataset and column
    /// where the value stands, for the reason when it cannot be told.
    #[must_use]
    pub fn contains(&self, value: &[u8], who: Who<'_>, place: (u16, u16), scratch: &mut Vec<u8>) -> Contained {
        scratch.clear();
        let encoded = encode(scratch, value, self.compare, who);
        match self.keys.get(scratch) {
            Some(true) => return Contained::Yes,
            Some(false) => return Contained::Unknown(Why::LookupUncertain { dataset: self.dataset }),
            None => {}
        }
        if matches!(encoded, Encoded::Ambiguous | Encoded::Unplaced) {
            return Contained::Unknown(Why::PersonUnresolved { dataset: place.0, column: place.1 });
        }
        if self.incomplete || (self.compare == Compare::Person && who.identity().is_incomplete()) {
            return Contained::Unknown(Why::LookupIncomplete { dataset: self.dataset });
        }
        match self.doubtful {
            Some(why) => Contained::Unknown(why),
            None if encoded == Encoded::Stranger => Contained::Stranger,
            None => Contained::No,
        }
    }
}
