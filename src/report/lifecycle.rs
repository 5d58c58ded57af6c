//! Axis four: where a finding stands in its life, as the ledger tells it.

use serde::{Deserialize, Serialize};

use super::Subject;

/// The life of a listed finding up to this scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Where it stands.
    pub state: LifecycleState,
    /// The as-of date of the first scan that listed it.
    pub first_seen: String,
    /// The as-of date of the last scan that listed it.
    pub last_seen: String,
    /// Who has taken it on.
    pub owner: Option<String>,
    /// Until when it is to be fixed.
    pub due: Option<String>,
}

impl Lifecycle {
    /// Whether it was to be fixed before `as_of`; the due day itself still counts.
    #[must_use]
    pub fn is_overdue(&self, as_of: &str) -> bool {
        overdue(self.state, self.due.as_deref(), as_of)
    }
}

/// Whether something that is due then, and open, is late. Dates compare as text: `YYYY-MM-DD`.
#[must_use]
pub fn overdue(state: LifecycleState, due: Option<&str>, as_of: &str) -> bool {
    !matches!(state, LifecycleState::Closed | LifecycleState::RiskAccepted | LifecycleState::SubjectGone) && due.is_some_and(|due| due < as_of)
}

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum LifecycleState {
    /// Found by this scan for the first time.
    New,
    /// Found, and nothing was done yet.
    Open,
    /// Found, and to be fixed until a date.
    Planned,
    /// Found, and being fixed.
    InProgress,
    /// Said to be fixed; no scan has told yet.
    AwaitingRetest,
    /// A scan that covered its subject did not find it.
    Closed,
    /// Found again after it had been closed.
    Reopened,
    /// Found, and under a waiver.
    RiskAccepted,
    /// Its subject is no longer in the evidence: neither closed nor open.
    SubjectGone,
    /// Not found by a scan that could not tell.
    NotReobserved,
    /// Listed for the first time, because an earlier list was cut before it.
    FirstListed,
}

impl LifecycleState {
    /// The state as reports and options write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Planned => "planned",
            Self::InProgress => "in_progress",
            Self::AwaitingRetest => "awaiting_retest",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::RiskAccepted => "risk_accepted",
            Self::SubjectGone => "subject_gone",
            Self::NotReobserved => "not_reobserved",
            Self::FirstListed => "first_listed",
        }
    }
}

/// A finding of an earlier scan that this one does not list, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowedUp {
    /// Its id.
    pub id: String,
    /// The control.
    pub control: String,
    /// The check.
    pub check: String,
    /// `closed`, `subject_gone` or `not_reobserved`.
    pub state: LifecycleState,
    /// The as-of date of the first scan that listed it.
    pub first_seen: String,
    /// The as-of date of the last scan that listed it.
    pub last_seen: String,
    /// Who had taken it on.
    pub owner: Option<String>,
    /// Until when it was to be fixed.
    pub due: Option<String>,
    /// The identity fields, in the check's order.
    pub subject: Subject,
    /// The as-of date of the scan since which it is so.
    pub since: String,
    /// Whether this scan is the one that says so first.
    pub changed: bool,
}
