//! Per group: records, or distinct values, per key within bounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::unique::key_of;
use super::{Finish, Fold, KeyColumn, Tally, filter, identity_of, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::Places;
use crate::key::{Encoded, KeyTable, encode, exact_part};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Groups {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records make groups.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// What makes a finding.
    pub identity: Vec<u16>,
    /// The key's parts that make a finding, where all of them compare exactly: then the key tells it.
    pub identity_in_key: Option<Vec<usize>>,
    /// Which records count.
    pub counted: Option<Compiled>,
    /// Count distinct values of this column.
    pub distinct: Option<KeyColumn>,
    /// At least.
    pub at_least: u64,
    /// At most.
    pub at_most: u64,
}

/// What was seen of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    /// Records that count.
    certain: u64,
    /// Records that may count, and why that cannot be told.
    possible: u64,
    why: Option<Why>,
    /// Distinct values that count (true) or may count (false).
    #[serde(with = "super::tally::pairs")]
    values: BTreeMap<Vec<u8>, bool>,
    places: Places,
    identity: Vec<String>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    tally: Tally,
    groups: KeyTable<Group>,
}

impl Group {
    fn merge(&mut self, other: Self) {
        self.certain += other.certain;
        self.possible += other.possible;
        self.why = [self.why, other.why].into_iter().flatten().min();
        for (value, certain) in other.values {
            *self.values.entry(value).or_default() |= certain;
        }
        if self.places.as_slice().is_empty() || other.places.as_slice().first() < self.places.as_slice().first() {
            self.identity = other.identity;
        }
        self.places.merge(&other.places);
    }

    fn doubt(&mut self, why: Why) {
        self.possible += 1;
        self.why = Some(self.why.map_or(why, |known| known.min(why)));
    }
}

impl Groups {
    fn identity_of(&self, key: &[u8], group: &Group) -> Vec<String> {
        let text = |part: &usize| String::from_utf8_lossy(exact_part(key, *part).unwrap_or_default()).into_owned();
        self.identity_in_key.as_ref().map_or_else(|| group.identity.clone(), |parts| parts.iter().map(text).collect())
    }
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), groups: KeyTable::new(seed) }
    }

    pub(super) fn fold(&mut self, operator: &Groups, batch: &Batch<'_>, fold: &Fold<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        for record in 0..batch.len() {
            // A group is the unit here: what makes no group is not counted as one.
            if fold.marks.get(record).is_some() {
                continue;
            }
            let belongs = filter(operator.filter.as_ref(), batch, record, fold, &mut scratch);
            if belongs == Verdict::False {
                continue;
            }
            if let Err(why) = key_of(operator.dataset, &operator.key, batch, record, fold.context.identity, &mut key) {
                self.tally.undecided(why, 1);
                continue;
            }
            let counts = match (belongs, filter(operator.counted.as_ref(), batch, record, fold, &mut scratch)) {
                (_, Verdict::False) => Verdict::False,
                (Verdict::Unknown(why), _) | (_, Verdict::Unknown(why)) => Verdict::Unknown(why),
                _ => Verdict::True,
            };
            let place = position(batch, record);
            let group = self.groups.entry(&key, Group::default);
            if operator.identity_in_key.is_none() && group.places.as_slice().first().is_none_or(|first| place < *first) {
                group.identity = identity_of(batch, record, &operator.identity);
            }
            group.places.add(place);
            match (counts, operator.distinct) {
                (Verdict::False, _) => {}
                (Verdict::True, None) => group.certain += 1,
                (Verdict::Unknown(why), None) => group.doubt(why),
                (counts, Some(distinct)) => {
                    if let Verdict::Unknown(why) = counts {
                        group.doubt(why);
                    }
                    let column = distinct.column;
                    match batch.get(column.into(), record) {
                        Value::Bytes(value) => {
                            let mut part = Vec::new();
                            let known = encode(&mut part, value, distinct.compare, fold.context.identity.at(batch, record)) != Encoded::Ambiguous;
                            *group.values.entry(part).or_default() |= known && counts == Verdict::True;
                        }
                        Value::Empty => {}
                        Value::Absent => group.doubt(Why::FieldAbsent { dataset: operator.dataset, column }),
                        Value::Invalid => group.doubt(Why::Unreadable { dataset: operator.dataset, column }),
                    }
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.groups.merge(other.groups, Group::default, Group::merge);
    }

    pub(super) fn finish(mut self, operator: &Groups, finish: &Finish<'_>) -> Tally {
        let incomplete = (finish.incomplete)(operator.dataset);
        for (key, group) in self.groups.iter() {
            let (low, high) = if operator.distinct.is_some() {
                let low = group.values.values().filter(|certain| **certain).count() as u64;
                (low, group.values.len() as u64 + group.possible)
            } else {
                (group.certain, group.certain + group.possible)
            };
            // Too many is found in what is there; too few may stand in what is missing.
            let too_many = low > operator.at_most;
            let too_few = high < operator.at_least;
            if too_many || (too_few && !incomplete) {
                self.tally.exception(finish.prefix, operator.identity_of(key, group), 1, &group.places);
            } else if too_few {
                self.tally.undecided(Why::Incomplete { dataset: operator.dataset }, 1);
            } else if low >= operator.at_least && high <= operator.at_most {
                self.tally.conforms(1);
            } else {
                self.tally.undecided(group.why.unwrap_or(Why::Incomplete { dataset: operator.dataset }), 1);
            }
        }
        self.tally
    }
}
