//! Each record: a predicate over one record; also references to a key set.

use serde::{Deserialize, Serialize};

use super::{Fold, Tally, about, position, shown, unidentified};
use crate::evidence::batch::{Batch, Cell};
use crate::finding::Places;
use crate::predicate::compiled::Compiled;
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
        if let Some(column) = operator.unless_empty {
            let cells = batch.column(column.into());
            let empty = |record: &u32| cells[*record as usize] == Cell::Empty;
            if records.iter().any(empty) {
                let before = records.len();
                records.to_mut().retain(|record| !empty(record));
                self.tally.exclude(Excluded::Empty, (before - records.len()) as u64);
            }
        }
        if !operator.identity.iter().all(|column| fold.marks.all_told(batch, *column)) {
            records.to_mut().retain(|record| {
                let why = unidentified(operator.dataset, batch, *record as usize, &operator.identity);
                why.into_iter().for_each(|why| self.tally.undecided(why, 1));
                why.is_none()
            });
        }
        let verdicts = operator.expect.decide_all(batch, &records, &fold.context, &fold.marks.memo);
        verdicts.unknown().for_each(|why| self.tally.undecided(why, 1));
        let mut exceptions = 0;
        for record in verdicts.false_of(&records) {
            let identity: Vec<_> = operator.identity.iter().map(|column| shown(batch, record as usize, *column)).collect();
            self.tally.exception(fold.prefix, &identity, 1, &Places::one(position(batch, record as usize)));
            exceptions += 1;
        }
        self.tally.conforms((records.len() - verdicts.unknown().count() - exceptions) as u64);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
    }
}
