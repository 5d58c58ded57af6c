//! What both sides hold of a key in one field, and whether that is the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::{KeyColumn, least};
use crate::evidence::batch::{Batch, Value};
use crate::identity::Identity;
use crate::key::encode;
use crate::predicate::compiled::Verdict;
use crate::why::Why;

/// The values that one side holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Values {
    #[serde(with = "crate::check::tally::pairs")]
    values: BTreeMap<Vec<u8>, Known>,
    /// Why it may hold any other.
    doubt: Option<Why>,
}

/// What is known of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// A record with it surely counts.
    certain: bool,
    /// Why a record with it may not count.
    why: Option<Why>,
    /// Why another value may be the same.
    open: Option<Why>,
}

/// Whether two sides hold the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    Same,
    Differs,
    Unknown(Why),
}

impl Known {
    fn merge(&mut self, other: Self) {
        self.certain |= other.certain;
        self.why = least(self.why, other.why);
        self.open = least(self.open, other.open);
    }

    /// Why it may not be held.
    fn uncertain(&self) -> Option<Why> {
        if self.certain { None } else { self.why }
    }
}

impl Values {
    /// Takes in a record's value; of a list its elements. An empty one is none.
    pub fn add(&mut self, dataset: u16, column: KeyColumn, counts: Verdict, batch: &Batch<'_>, record: usize, identity: &Identity) {
        let KeyColumn { column: number, compare, .. } = column;
        let why = counts.why();
        match batch.get(number.into(), record) {
            Value::Bytes(value) => {
                for one in column.values(value) {
                    let mut key = Vec::new();
                    let open = encode(&mut key, one, compare, identity.at(batch, record)).doubt(identity, dataset, number);
                    self.values.entry(key).or_default().merge(Known { certain: why.is_none(), why, open });
                }
            }
            Value::Empty => {}
            Value::Absent => self.doubt = least(self.doubt, Some(Why::FieldAbsent { dataset, column: number })),
            Value::Invalid => self.doubt = least(self.doubt, Some(Why::Unreadable { dataset, column: number })),
        }
    }

    pub fn merge(&mut self, other: Self) {
        for (value, known) in other.values {
            self.values.entry(value).or_default().merge(known);
        }
        self.doubt = least(self.doubt, other.doubt);
    }

    /// Why it may hold a value that is not among its own.
    fn may_hold_others(&self) -> Option<Why> {
        self.values.values().filter_map(|known| known.open).chain(self.doubt).min()
    }
}

/// Whether two sides hold the same values. `absent` tells for each why records of it may be missing.
pub(super) fn compared(sides: &[Values; 2], absent: [Option<Why>; 2]) -> Agreement {
    let mut unknown = None;
    for side in 0..2 {
        let (own, other) = (&sides[side], &sides[1 - side]);
        let elsewhere = least(other.may_hold_others(), absent[1 - side]);
        for (value, known) in &own.values {
            let why = match other.values.get(value) {
                Some(same) => least(known.uncertain(), same.uncertain()),
                // A value that surely is here and surely not there settles it, whatever else is open.
                None => match known.uncertain().or(least(known.open.filter(|_| !other.values.is_empty()), elsewhere)) {
                    None => return Agreement::Differs,
                    why => why,
                },
            };
            unknown = least(unknown, why);
        }
        unknown = least(unknown, own.doubt);
    }
    unknown.map_or(Agreement::Same, Agreement::Unknown)
}
