//! Unique: no two records share a key.
//!
//! The state keeps 64 bits of each key and the record's place. Records whose
//! hashes meet are candidates; the confirm round reads their keys again and
//! compares them exactly, so that no collision makes or hides a finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finish, Fold, KeyColumn, Tally, filter, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::key::{Encoded, encode, hash};
use crate::predicate::compiled::Verdict;
use crate::why::{Excluded, Why};

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records it is about.
    pub filter: Option<crate::predicate::compiled::Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// What makes a finding.
    pub identity: Vec<u16>,
    /// The plan's seed.
    pub seed: u64,
}

/// What confirm read at each candidate: the exact key and the identity values.
pub type Confirmed = BTreeMap<Position, (Vec<u8>, Vec<String>)>;

/// What was seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    tally: Tally,
    entries: Vec<(u64, Position)>,
}

/// The entries are a set: their order is how they happened to arrive.
impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |state: &Self| {
            let mut entries = state.entries.clone();
            entries.sort_unstable();
            entries
        };
        self.tally == other.tally && sorted(self) == sorted(other)
    }
}

/// Builds the key of a record; `Err` says why it has none.
pub fn key_of(
    dataset: u16,
    columns: &[KeyColumn],
    batch: &Batch<'_>,
    record: usize,
    identity: &crate::identity::Identity,
    key: &mut Vec<u8>,
) -> Result<(), Why> {
    key.clear();
    for KeyColumn { column, compare } in columns {
        match batch.get((*column).into(), record) {
            Value::Bytes(value) => {
                if encode(key, value, *compare, identity.at(batch, record)) == Encoded::Ambiguous {
                    return Err(Why::PersonUnresolved { dataset, column: *column });
                }
            }
            Value::Empty => return Err(Why::KeyEmpty { dataset, column: *column }),
            Value::Absent => return Err(Why::FieldAbsent { dataset, column: *column }),
            Value::Invalid => return Err(Why::Unreadable { dataset, column: *column }),
        }
    }
    Ok(())
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize) -> Self {
        Self { tally: Tally::new(list_max), entries: Vec::new() }
    }

    pub(super) fn fold(&mut self, operator: &Unique, batch: &Batch<'_>, fold: &Fold<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        self.entries.reserve(batch.len());
        for record in 0..batch.len() {
            if let Some(why) = fold.marks.get(record) {
                self.tally.exclude(why, 1);
                continue;
            }
            match filter(operator.filter.as_ref(), batch, record, fold, &mut scratch) {
                Verdict::True => {}
                Verdict::False => {
                    self.tally.exclude(Excluded::Condition, 1);
                    continue;
                }
                Verdict::Unknown(why) => {
                    self.tally.undecided(why, 1);
                    continue;
                }
            }
            match key_of(operator.dataset, &operator.key, batch, record, fold.context.identity, &mut key) {
                Ok(()) => self.entries.push((hash(operator.seed, &key), position(batch, record))),
                Err(why) => self.tally.undecided(why, 1),
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        if self.entries.is_empty() {
            self.entries = other.entries;
        } else {
            self.entries.extend(other.entries);
        }
    }

    pub(super) fn candidates(&self) -> Vec<Position> {
        // Hashes alone are sorted, in parts that fit the cache: most of them meet nobody.
        const PARTS: usize = 64;
        let mut parts: Vec<Vec<u64>> = vec![Vec::with_capacity(self.entries.len() / PARTS + 8); PARTS];
        for (hash, _) in &self.entries {
            parts[(hash >> 58) as usize].push(*hash);
        }
        let mut met = std::collections::HashSet::new();
        for part in &mut parts {
            part.sort_unstable();
            met.extend(part.array_windows().filter(|[left, right]| left == right).map(|[hash, _]| *hash));
        }
        if met.is_empty() {
            return Vec::new();
        }
        self.entries.iter().filter(|(hash, _)| met.contains(hash)).map(|(_, position)| *position).collect()
    }

    pub(super) fn finish(mut self, finish: &Finish<'_>) -> Tally {
        let mut groups: BTreeMap<&[u8], Vec<Position>> = BTreeMap::new();
        for (position, (key, _)) in finish.confirmed {
            groups.entry(key).or_default().push(*position);
        }
        let mut beyond = 0;
        for positions in groups.values().filter(|positions| positions.len() > 1) {
            let more = positions.len() as u64 - 1;
            beyond += more;
            let mut places = Places::default();
            positions.iter().for_each(|position| places.add(*position));
            let identity = finish.confirmed[&positions[0]].1.clone();
            self.tally.exception(finish.prefix, identity, more, &places);
        }
        self.tally.conforms(self.entries.len() as u64 - beyond);
        self.tally
    }
}
