//! What the ledger's events say.
//!
//! An event is the payload of one DSSE envelope, signed by who acts. It names
//! the ledger, its place in it and the line before, so that it fits nowhere else.

use serde::{Deserialize, Serialize};

use crate::report::{Outcome, Severity, Subject};

/// The payload type of events.
pub const EVENT: &str = "application/vnd.rolecall.ledger-event+json";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The ledger's origin.
    pub ledger: String,
    /// Its place, from 0.
    pub seq: u64,
    /// Merkle leaf hash of the line before, lower-case hexadecimal; `null` for the first.
    pub prev: Option<String>,
    /// When, by the actor's clock: RFC 3339, UTC, seconds. A claim, not a proof.
    pub time: String,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The owner that the key file names, or the key's fingerprint.
    pub owner: String,
    /// The role that the key file names.
    pub role: Option<String>,
    /// The public key as 64 hexadecimal digits: it makes the line readable, trust never comes from here.
    pub key: String,
}

/// What is done.
///
/// A scan says what it saw; persons say what they do about it. No person can
/// say that a finding is closed, and a risk is accepted by a waiver, not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// A scan looked.
    Scan(Box<Scan>),
    /// A person takes a finding on.
    Assign {
        /// The finding.
        finding: String,
        /// Who.
        owner: String,
    },
    /// A person says what will be done, and until when.
    Plan {
        /// The finding.
        finding: String,
        /// The last day, `YYYY-MM-DD`.
        due: String,
        /// What.
        text: String,
    },
    /// Work has begun.
    Start {
        /// The finding.
        finding: String,
        /// What.
        text: String,
    },
    /// A person says that it is done; a scan will tell.
    Fix {
        /// The finding.
        finding: String,
        /// What was done.
        text: String,
        /// SHA-256 of files that show it, lower-case hexadecimal.
        evidence: Vec<String>,
    },
    /// A person says something about a finding.
    Note {
        /// The finding.
        finding: String,
        /// What.
        text: String,
    },
}

/// What a scan saw. Findings that were merely seen again are not repeated:
/// the same evidence twice adds an event without changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// The report's id.
    pub report: String,
    /// SHA-256 of its `report.json`, lower-case hexadecimal.
    pub sha256: String,
    /// The date of the scan, `YYYY-MM-DD`.
    pub as_of: String,
    /// The organisation's key, part of every finding's id.
    pub engagement: String,
    /// The version of the program.
    pub tool: String,
    /// The checks that were selected, in the report's order.
    pub checks: Vec<ScannedCheck>,
    /// What is not as the scan before left it, by finding.
    pub changes: Vec<Change>,
}

/// What became of a check: what a finding that is no longer listed means depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedCheck {
    /// The control.
    pub control: String,
    /// The check.
    pub check: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// Whether nothing that it needs was missing, stale, changed, or undecided beyond a tolerance.
    pub whole: bool,
    /// The last listed id, where the list was cut.
    pub listed_through: Option<String>,
}

impl ScannedCheck {
    /// Whether it compared anything.
    #[must_use]
    pub const fn ran(&self) -> bool {
        matches!(self.outcome, Outcome::Pass | Outcome::Fail)
    }

    /// Whether a finding of this id would be in its list.
    #[must_use]
    pub fn lists(&self, id: &str) -> bool {
        self.ran() && self.listed_through.as_ref().is_none_or(|last| id <= last.as_str())
    }
}

/// A change that a scan saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The finding.
    pub finding: String,
    /// What it is now.
    pub now: Now,
    /// What it is about, where the ledger did not know it.
    pub about: Option<About>,
}

/// What a finding is since a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Now {
    /// Found for the first time.
    New,
    /// Listed for the first time; an earlier list was cut before it.
    FirstListed,
    /// Found again after it was closed.
    Reopened,
    /// Found again after it was not re-observed, or its subject gone.
    FoundAgain,
    /// Said to be fixed, and still found.
    StillFound,
    /// No longer found, by a check that covered its subject.
    Closed,
    /// Its subject is no longer in the evidence.
    SubjectGone,
    /// Not listed, and nobody can tell why.
    NotReobserved,
    /// Covered by a waiver from now on.
    Waived,
    /// No longer covered by a waiver.
    WaiverEnded,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The control.
    pub control: String,
    /// The check.
    pub check: String,
    /// The check's severity.
    pub severity: Severity,
    /// The identity fields, in the check's order.
    pub subject: Subject,
    /// What is wrong, in a sentence.
    pub statement: String,
}

impl Act {
    /// The finding that a person speaks of; `None` for a scan.
    #[must_use]
    pub fn finding(&self) -> Option<&str> {
        match self {
            Self::Scan(_) => None,
            Self::Assign { finding, .. }
            | Self::Plan { finding, .. }
            | Self::Start { finding, .. }
            | Self::Fix { finding, .. }
            | Self::Note { finding, .. } => Some(finding),
        }
    }

    /// The act in one word, as `rolecall track` calls it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Scan(_) => "scan",
            Self::Assign { .. } => "assign",
            Self::Plan { .. } => "plan",
            Self::Start { .. } => "start",
            Self::Fix { .. } => "fix",
            Self::Note { .. } => "note",
        }
    }
}
