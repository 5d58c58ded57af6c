//! Members: the records of a dataset that make subjects or expected entries.
//!
//! Gathered in the keys round, one per distinct key, with the words and the
//! place that a finding about it will show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{KeyColumn, Marks, position, text};
use crate::evidence::batch::{Batch, Value};
use crate::finding::Position;
use crate::key::{Encoded, KeyTable, encode};
use crate::predicate::compiled::{Compiled, Context, Verdict};
use crate::why::{Excluded, Why};

/// Which records make members.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: KeyColumn,
}

/// One subject or entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Why it may not be one; `None` where it surely is.
    pub doubt: Option<Why>,
    /// Its key as exported, at its lowest place.
    pub shown: String,
    /// Where it stands first.
    pub place: Position,
}

/// All of them, and what made none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Members {
    /// By key.
    pub table: KeyTable<Member>,
    /// Records left out.
    #[serde(with = "super::tally::pairs")]
    pub excluded: BTreeMap<Excluded, u64>,
    /// Records whose key cannot be told.
    #[serde(with = "super::tally::pairs")]
    pub undecided: BTreeMap<Why, u64>,
    /// Records that could not be read.
    #[serde(with = "super::tally::pairs")]
    pub rejected: BTreeMap<Why, u64>,
}

impl Members {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { table: KeyTable::new(seed), excluded: BTreeMap::new(), undecided: BTreeMap::new(), rejected: BTreeMap::new() }
    }

    /// Takes in a batch.
    pub fn fold(&mut self, membership: &Membership, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        let Membership { dataset, key: KeyColumn { column, compare }, .. } = *membership;
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset, reason: rejection.reason }).or_default() += 1;
        }
        for record in 0..batch.len() {
            let counts = membership.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(batch, record, context, &mut scratch));
            let left_out = marks.get(record).or((counts == Verdict::False).then_some(Excluded::Condition));
            if let Some(why) = left_out {
                *self.excluded.entry(why).or_default() += 1;
                continue;
            }
            let mut doubt = match counts {
                Verdict::Unknown(why) => Some(why),
                Verdict::True | Verdict::False => None,
            };
            key.clear();
            let problem = match batch.get(column.into(), record) {
                Value::Bytes(value) => {
                    if encode(&mut key, value, compare, context.identity.at(batch, record)) != Encoded::Known {
                        doubt = doubt.or(Some(Why::PersonUnresolved { dataset, column }));
                    }
                    None
                }
                Value::Empty => Some(Why::KeyEmpty { dataset, column }),
                Value::Absent => Some(Why::FieldAbsent { dataset, column }),
                Value::Invalid => Some(Why::Unreadable { dataset, column }),
            };
            if let Some(why) = problem {
                *self.undecided.entry(why).or_default() += 1;
                continue;
            }
            let member = Member { doubt, shown: text(batch, record, column), place: position(batch, record) };
            join(self.table.entry(&key, || member.clone()), member);
        }
    }

    /// Takes in what another worker gathered.
    pub fn merge(&mut self, other: Self) {
        if self.table.is_empty() {
            self.table = other.table;
        } else {
            for (key, member) in other.table.iter() {
                join(self.table.entry(key, || member.clone()), member.clone());
            }
        }
        for (mine, more) in [(&mut self.undecided, other.undecided), (&mut self.rejected, other.rejected)] {
            for (why, count) in more {
                *mine.entry(why).or_default() += count;
            }
        }
        for (why, count) in other.excluded {
            *self.excluded.entry(why).or_default() += count;
        }
    }
}

/// One certain record makes a member certain; it is shown as at its lowest place.
fn join(known: &mut Member, other: Member) {
    known.doubt = match (known.doubt, other.doubt) {
        (Some(left), Some(right)) => Some(left.min(right)),
        _ => None,
    };
    if other.place < known.place {
        known.place = other.place;
        known.shown = other.shown;
    }
}
