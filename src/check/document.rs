//! Document: wanted documents exist, and have what they must have.
//!
//! Several documents may be the same wanted one: a copy, an old version. Each
//! of them must meet every demand: what one has does not heal what another
//! lacks, and a complete old version does not hide an incomplete new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finish, Fold, Tally, least, position};
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

/// What was seen of one wanted document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// A document surely is it.
    exists: bool,
    /// Why another may be it.
    doubt: Option<Why>,
}

/// What was seen of one demand on the documents that are one wanted document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Unmet {
    /// Where it surely is not met.
    places: Places,
    /// Why it may not be met elsewhere.
    doubt: Option<Why>,
}

/// What was seen, by the wanted document, and by the demand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "super::tally::pairs")]
    seen: BTreeMap<u32, Seen>,
    #[serde(with = "super::tally::pairs")]
    unmet: BTreeMap<(u32, u32), Unmet>,
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
                let maybe = match is_it {
                    Verdict::False => continue,
                    Verdict::True => None,
                    Verdict::Unknown(why) => Some(why),
                };
                let seen = self.seen.entry(number).or_default();
                seen.exists |= maybe.is_none();
                seen.doubt = least(seen.doubt, maybe);
                for (demand, (_, expect)) in (0_u32..).zip(&operator.demands) {
                    let why = match expect.decide(batch, record, &fold.context, &mut scratch) {
                        Verdict::True => continue,
                        Verdict::False => maybe,
                        Verdict::Unknown(why) => least(maybe, Some(why)),
                    };
                    let unmet = self.unmet.entry((number, demand)).or_default();
                    match why {
                        None => unmet.places.add(position(batch, record)),
                        Some(why) => unmet.doubt = least(unmet.doubt, Some(why)),
                    }
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (number, more) in other.seen {
            let seen = self.seen.entry(number).or_default();
            seen.exists |= more.exists;
            seen.doubt = least(seen.doubt, more.doubt);
        }
        for (pair, more) in other.unmet {
            let unmet = self.unmet.entry(pair).or_default();
            unmet.doubt = least(unmet.doubt, more.doubt);
            unmet.places.merge(&more.places);
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
        let (nobody, everything) = (Seen::default(), Unmet::default());
        let demands = operator.demands.len() as u64;
        for (number, (document, _)) in (0_u32..).zip(&operator.wanted) {
            let seen = self.seen.get(&number).unwrap_or(&nobody);
            let found = |tally: &mut Tally, demand: &str, places: &Places| {
                let part = |part: &Part| match part {
                    Part::Document => document.clone(),
                    Part::Demand => demand.to_owned(),
                };
                tally.exception(finish.prefix, &operator.identity.iter().map(part).collect::<Vec<_>>(), 1, places);
            };
            if !seen.exists {
                let incomplete = (finish.incomplete)(operator.dataset).then_some(Why::Incomplete { dataset: operator.dataset });
                match seen.doubt.or(incomplete) {
                    Some(why) => tally.undecided(why, 1 + demands),
                    None => {
                        found(&mut tally, EXISTS, &Places::default());
                        tally.exclude(Excluded::DocumentMissing, demands);
                    }
                }
                continue;
            }
            tally.conforms(1);
            for (demand, (name, _)) in (0_u32..).zip(&operator.demands) {
                match self.unmet.get(&(number, demand)).unwrap_or(&everything) {
                    Unmet { places, doubt: None } if places.as_slice().is_empty() => tally.conforms(1),
                    Unmet { places, doubt: Some(why) } if places.as_slice().is_empty() => tally.undecided(*why, 1),
                    // A document is there and lacks it: what another has does not heal that.
                    unmet => found(&mut tally, name, &unmet.places),
                }
            }
        }
        tally
    }
}
