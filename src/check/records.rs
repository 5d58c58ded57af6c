//! Each record: a predicate over one record; also references to a key set.

use serde::{Deserialize, Serialize};

use super::{Fold, Tally, about, identity_of, position, unidentified};
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
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        let mut records = about(operator.filter.as_ref(), batch, fold, &mut self.tally);
        records.retain(|record| {
            if operator.unless_empty.is_some_and(|column| batch.get(column.into(), *record) == Value::Empty) {
                self.tally.exclude(Excluded::Empty, 1);
                return false;
            }
            let why = unidentified(operator.dataset, batch, *record, &operator.identity);
            if let Some(why) = why {
                self.tally.undecided(why, 1);
            }
            why.is_none()
        });
        let mut conforming = 0;
        for (record, verdict) in records.iter().zip(operator.expect.decide_all(batch, &records, &fold.context)) {
            match verdict {
                Verdict::True => conforming += 1,
                Verdict::Unknown(why) => self.tally.undecided(why, 1),
                Verdict::False => {
                    let identity = identity_of(batch, *record, &operator.identity);
                    self.tally.exception(fold.prefix, identity, 1, &Places::one(position(batch, *record)));
                }
            }
        }
        self.tally.conforms(conforming);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
    }
}
