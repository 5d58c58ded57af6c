//! What a scan with a ledger says in one line: only what is new, what is late,
//! and what is done.

use super::text::number;
use super::{LifecycleState, Report, overdue};

/// The figures of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nightly {
    /// Findings of this scan that no earlier one had.
    pub new: u64,
    /// Findings that had been closed.
    pub reopened: u64,
    /// Findings, listed or not, that were to be fixed before the as-of date.
    pub overdue: u64,
    /// Findings that this scan closed.
    pub resolved: u64,
}

impl Nightly {
    /// The figures of a report; `None` where it was made without a ledger.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let counts = &report.summary.findings;
        let listed = report.findings.iter().filter_map(|finding| finding.lifecycle.as_ref()).filter(|life| life.is_overdue(&report.as_of));
        let left = report.followed_up.iter().flatten().filter(|left| overdue(left.state, left.due.as_deref(), &report.as_of));
        let late = listed.count() + left.count();
        Some(Self { new: counts.new?, reopened: counts.reopened?, overdue: late as u64, resolved: counts.resolved? })
    }
}

impl std::fmt::Display for Nightly {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [new, reopened, late, resolved] = [self.new, self.reopened, self.overdue, self.resolved].map(number);
        write!(formatter, "{new} new, {reopened} reopened, {late} overdue, {resolved} resolved")
    }
}

/// New and reopened findings that no waiver covers: what `--fail-on-new` looks at.
#[must_use]
pub fn new_or_reopened(report: &Report) -> u64 {
    let counts = |state: LifecycleState| matches!(state, LifecycleState::New | LifecycleState::Reopened);
    let own = report.findings.iter().filter(|finding| finding.waiver.is_none());
    own.filter(|finding| finding.lifecycle.as_ref().is_some_and(|life| counts(life.state))).count() as u64
}
