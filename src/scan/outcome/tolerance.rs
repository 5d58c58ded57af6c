//! How many undecided items the engagement bears, and what it says of that.

use std::collections::BTreeMap;

use super::Facts;
use crate::check::Decided;
use crate::engagement::Tolerance;
use crate::plan::PlannedCheck;
use crate::report::CheckResult;

/// What tolerances make of a check's undecided items.
pub(super) struct Borne {
    /// The reason of most undecided items beyond a tolerance.
    pub undecided: Option<String>,
    /// A dataset that was only looked into, with more unreadable records than are borne.
    pub unread: Option<String>,
    /// What was borne, and why.
    pub told: Vec<String>,
}

/// Undecided items of one dataset and code.
#[derive(Default)]
struct Group {
    sum: u64,
    /// By the whole reason.
    reasons: BTreeMap<String, u64>,
}

/// The part of a reason that tolerances name.
fn code(reason: &str) -> &str {
    reason.split(':').next().unwrap_or(reason)
}

fn share(part: u64, whole: u64) -> f64 {
    // Counts are far below 2^52, where floats are exact.
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    let share = part as f64 / whole.max(1) as f64;
    share
}

impl Facts<'_> {
    /// The tolerance that bears such a share; of several the first in the engagement's order.
    fn tolerance(&self, dataset: &str, code: &str, share: f64) -> Option<&Tolerance> {
        let tolerances = self.ground.input.engagement.map_or(&[][..], |engagement| engagement.tolerances.as_slice());
        tolerances.iter().find(|tolerance| tolerance.dataset == dataset && tolerance.reason == code && share <= tolerance.share)
    }

    /// A share is that of all items with one dataset and one code: two fields
    /// that are each absent in some records add up.
    pub(super) fn bear(&self, result: &CheckResult, planned: &PlannedCheck, decided: &Decided) -> Borne {
        let mut groups: BTreeMap<(Option<u16>, String), Group> = BTreeMap::new();
        for (why, count) in &decided.tally.undecided {
            let reason = self.reason(*why);
            let group = groups.entry((why.dataset(), code(&reason).to_owned())).or_default();
            group.sum += count;
            *group.reasons.entry(reason).or_default() += count;
        }
        let (mut beyond, mut told) = (BTreeMap::new(), Vec::new());
        for ((dataset, code), Group { sum, reasons }) in groups {
            let bears = dataset.and_then(|dataset| self.tolerance(self.name(dataset), &code, share(sum, result.population)));
            match bears {
                Some(Tolerance { dataset, why, .. }) => {
                    told.push(format!("{sum} of {} undecided ({code}: {dataset}) are borne by a tolerance: {why}", result.population));
                }
                None => beyond.extend(reasons),
            }
        }
        let most = beyond.into_iter().max_by(|left, right| left.1.cmp(&right.1).then_with(|| right.0.cmp(&left.0)));
        let mut unread = Vec::new();
        let own = self.population_of(planned);
        for dataset in planned.reads.difference(&own) {
            let Some(state) = self.state(*dataset).filter(|state| state.rejected > 0) else { continue };
            let (name, counts) = (self.name(*dataset), format!("{} of {}", state.rejected, state.records));
            match self.tolerance(name, "record-rejected", share(state.rejected, state.records)) {
                Some(Tolerance { why, .. }) => told.push(format!("{counts} records of {name}, which it looks into, could not be read: {why}")),
                None => unread.push(format!("record-rejected: {name}")),
            }
        }
        Borne { undecided: most.map(|(reason, _)| reason), unread: unread.into_iter().min(), told }
    }
}
