//! Document: wanted documents exist, and have what they must have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finish, Fold, Tally, position};
use crate::evidence::batch::Batch;
use crate::finding::Places;
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::{Excluded, Why};

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The dataset's index.
    pub dataset: u16,
    /// The documents, by the name that findings show.
    pub wanted: Vec<(String, Compiled)>,
    /// What each must have, by the name that findings show.
    pub demands: Vec<(String, Compiled)>,
    /// Which parts make a finding.
    pub identity: Vec<Part>,
}

/// A part of a finding's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The wanted document's name.
    Document,
    /// The demand's name.
    Demand,
}

/// The demand that every wanted document has first of all.
pub const EXISTS: &str = "exists";

/// What was seen of one demand on one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Met {
    certain: bool,
    doubt: Option<Why>,
    places: Places,
}

/// What was seen: per wanted document, existence (0) and the demands (from 1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "super::tally::pairs")]
    met: BTreeMap<(u32, u32), Met>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

impl State {
    pub(super) fn fold(&mut self, operator: &Documents, batch: &Batch<'_>, fold: &Fold<'_>) {
        let mut scratch = Vec::new();
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }).or_default() += 1;
        }
        for record in (0..batch.len()).filter(|record| fold.marks.get(*record).is_none()) {
            for (number, (_, which)) in (0_u32..).zip(&operator.wanted) {
                let is_it = which.decide(batch, record, &fold.context, &mut scratch);
                if is_it == Verdict::False {
                    continue;
                }
                let place = position(batch, record);
                self.note((number, 0), is_it, place);
                for (demand, (_, expect)) in (1_u32..).zip(&operator.demands) {
                    let has = match (expect.decide(batch, record, &fold.context, &mut scratch), is_it) {
                        (Verdict::True, doubtful @ Verdict::Unknown(_)) => doubtful,
                        (has, _) => has,
                    };
                    self.note((number, demand), has, place);
                }
            }
        }
    }

    fn note(&mut self, pair: (u32, u32), verdict: Verdict, place: crate::finding::Position) {
        let met = self.met.entry(pair).or_default();
        met.places.add(place);
        match verdict {
            Verdict::True => met.certain = true,
            Verdict::Unknown(why) => met.doubt = Some(met.doubt.map_or(why, |known| known.min(why))),
            Verdict::False => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (pair, more) in other.met {
            let met = self.met.entry(pair).or_default();
            met.certain |= more.certain;
            met.doubt = [met.doubt, more.doubt].into_iter().flatten().min();
            met.places.merge(&more.places);
        }
        for (why, count) in other.rejected {
            *self.rejected.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Documents, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.rejected {
            tally.undecided(*why, *count);
        }
        let nothing = Met::default();
        let demands = operator.demands.len() as u64;
        for (number, (document, _)) in (0_u32..).zip(&operator.wanted) {
            let exists = self.met.get(&(number, 0)).unwrap_or(&nothing);
            let found = |tally: &mut Tally, demand: &str, places: &Places| {
                let part = |part: &Part| match part {
                    Part::Document => document.clone(),
                    Part::Demand => demand.to_owned(),
                };
                tally.exception(finish.prefix, operator.identity.iter().map(part).collect(), 1, places);
            };
            if !exists.certain {
                let incomplete = (finish.incomplete)(operator.dataset).then_some(Why::Incomplete { dataset: operator.dataset });
                match exists.doubt.or(incomplete) {
                    Some(why) => tally.undecided(why, 1 + demands),
                    None => {
                        found(&mut tally, EXISTS, &exists.places);
                        tally.exclude(Excluded::DocumentMissing, demands);
                    }
                }
                continue;
            }
            tally.conforms(1);
            for (demand, (name, _)) in (1_u32..).zip(&operator.demands) {
                match self.met.get(&(number, demand)).unwrap_or(&nothing) {
                    Met { certain: true, .. } => tally.conforms(1),
                    Met { doubt: Some(why), .. } => tally.undecided(*why, 1),
                    // The document is there and lacks it: what is missing elsewhere does not heal that.
                    met => found(&mut tally, name, &met.places),
                }
            }
        }
        tally
    }
}
