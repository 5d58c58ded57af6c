//! Each record: a predicate over one record; also references to a key set.

use serde::{Deserialize, Serialize};

use super::{Fold, Tally, filter, identity_of, position, unidentified};
use crate::evidence::batch::{Batch, Value};
use crate::finding::Places;
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::{Excluded, Why};

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Records {
    /// The dataset's index, for reasons.
    pub dataset: u16,
    /// Which records it is about.
    pub filter: Option<Compiled>,
    /// A column which, empty, takes the record out.
    pub unless_empty: Option<u16>,
    /// What must hold.
    pub expect: Compiled,
    /// What makes a finding.
    pub identity: Vec<u16>,
}

/// What was seen: nothing but counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The counts.
    pub tally: Tally,
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize) -> Self {
        Self { tally: Tally::new(list_max) }
    }

    pub(super) fn fold(&mut self, operator: &Records, batch: &Batch<'_>, fold: &Fold<'_>) {
        let mut scratch = Vec::new();
        let (mut conforming, mut by_condition) = (0, 0);
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        for record in 0..batch.len() {
            if let Some(why) = fold.marks.get(record) {
                self.tally.exclude(why, 1);
                continue;
            }
            match filter(operator.filter.as_ref(), batch, record, fold, &mut scratch) {
                Verdict::True => {}
                Verdict::False => {
                    by_condition += 1;
                    continue;
                }
                Verdict::Unknown(why) => {
                    self.tally.undecided(why, 1);
                    continue;
                }
            }
            if operator.unless_empty.is_some_and(|column| batch.get(column.into(), record) == Value::Empty) {
                self.tally.exclude(Excluded::Empty, 1);
                continue;
            }
            if let Some(why) = unidentified(operator.dataset, batch, record, &operator.identity) {
                self.tally.undecided(why, 1);
                continue;
            }
            match operator.expect.decide(batch, record, &fold.context, &mut scratch) {
                Verdict::True => conforming += 1,
                Verdict::Unknown(why) => self.tally.undecided(why, 1),
                Verdict::False => {
                    let identity = identity_of(batch, record, &operator.identity);
                    self.tally.exception(fold.prefix, identity, 1, &Places::one(position(batch, record)));
                }
            }
        }
        self.tally.conforms(conforming);
        self.tally.exclude(Excluded::Condition, by_condition);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
    }
}
