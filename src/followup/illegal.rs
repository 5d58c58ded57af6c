//! Why an act, or a signed history, makes no sense.

use super::tracked::MAX_EVIDENCE;
use crate::report::LifecycleState;

/// An act that cannot follow on what happened before. A signature does not heal it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// No scan found it.
    #[error("no scan of this ledger has found `{0}`; `rolecall track list` shows what there is")]
    UnknownFinding(String),
    /// It is closed: only a scan opens it again.
    #[error("{0} is closed; only a scan that finds it again opens it")]
    Closed(String),
    /// A text that is too long, empty, or would not show as it stands.
    #[error("the {what} is {wrong}; give at most {most} characters, without line feeds or hidden characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
        /// The most characters.
        most: usize,
    },
    /// A date that is none.
    #[error("`{0}` is no date; write YYYY-MM-DD")]
    Date(String),
    /// Evidence that is no digest, or too much of it.
    #[error("the evidence of a fix is at most {MAX_EVIDENCE} SHA-256 digests of 64 lower-case hexadecimal digits")]
    Evidence,
    /// A scan is dated before one that the ledger holds.
    #[error("the scan is as of {as_of}, the ledger already holds one as of {last}; scan as of that day or later, or use another ledger")]
    BackInTime {
        /// The scan's date.
        as_of: String,
        /// The last scan's.
        last: String,
    },
    /// A scan of another organisation: no id would ever meet another.
    #[error("the scan is of the engagement `{engagement}`, the ledger follows `{last}`; use a ledger of its own")]
    OtherEngagement {
        /// The scan's.
        engagement: String,
        /// The ledger's.
        last: String,
    },
    /// A scan says of a finding what its own checks do not bear out.
    #[error("{finding} cannot be {now}: {why}")]
    Change {
        /// The finding.
        finding: String,
        /// What the scan says that it is.
        now: &'static str,
        /// Why that cannot be.
        why: &'static str,
    },
    /// A scan is silent on a finding of which it must say something.
    #[error("the scan says nothing of {finding}, which was {} and cannot simply have been seen again", .state.word())]
    Unanswered {
        /// The finding.
        finding: String,
        /// Its state before.
        state: LifecycleState,
    },
}

/// A history that makes no sense, whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq}: {illegal}")]
pub struct ReplayError {
    /// The event's place.
    pub seq: u64,
    /// What is wrong with it.
    #[source]
    pub illegal: Illegal,
}
