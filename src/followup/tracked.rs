//! One finding on the register, and what persons may do with it.

use super::illegal::Illegal;
use crate::calendar::Day;
use crate::ledger::event::{About, Act};
use crate::report::{Lifecycle, LifecycleState, overdue};
use crate::text::visible;

/// The most characters of an owner's name.
pub const MAX_OWNER: usize = 200;
/// The most characters of a reason, plan or note.
pub const MAX_TEXT: usize = 2_000;
/// The most digests that a fix may name.
pub const MAX_EVIDENCE: usize = 20;

/// What is being done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Planned,
    InProgress,
    AwaitingRetest,
}

/// A finding, as all events up to now leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// What it is about.
    pub about: About,
    pub(super) state: LifecycleState,
    /// Whether the last scan listed it.
    pub(super) found: bool,
    pub(super) work: Option<Work>,
    pub(super) waived: bool,
    /// The as-of date of the scan that brought it where it is; acts of persons have no date that counts.
    pub since: String,
    /// The as-of date of the first scan that listed it.
    pub first_seen: String,
    /// The as-of date of the last scan that listed it.
    pub last_seen: String,
    /// Who has taken it on.
    pub owner: Option<String>,
    /// Until when it is to be fixed.
    pub due: Option<String>,
    /// How often it was found again after it had been closed.
    pub repeats: u64,
    /// What happened, in order; that it was merely seen again is left out.
    pub history: Vec<Happened>,
}

/// Something that happened to a finding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Happened {
    /// The event's place in the ledger.
    pub seq: u64,
    /// When, by the actor's clock: a claim.
    pub time: String,
    /// Who.
    pub by: String,
    /// What, in one word.
    pub what: &'static str,
    /// More of it: an owner, a due date, a text, the report.
    pub text: String,
}

impl Tracked {
    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> LifecycleState {
        if self.waived && self.found { LifecycleState::RiskAccepted } else { self.state }
    }

    /// Whether its due date lies before `as_of` and it is open.
    #[must_use]
    pub fn is_overdue(&self, as_of: &str) -> bool {
        overdue(self.state(), self.due.as_deref(), as_of)
    }

    /// As a report shows it.
    #[must_use]
    pub fn lifecycle(&self) -> Lifecycle {
        Lifecycle {
            state: self.state(),
            first_seen: self.first_seen.clone(),
            last_seen: self.last_seen.clone(),
            owner: self.owner.clone(),
            due: self.due.clone(),
        }
    }

    /// The state of a finding that is there, by what is being done about it.
    pub(super) const fn at_work(&self) -> LifecycleState {
        match self.work {
            None => LifecycleState::Open,
            Some(Work::Planned) => LifecycleState::Planned,
            Some(Work::InProgress) => LifecycleState::InProgress,
            Some(Work::AwaitingRetest) => LifecycleState::AwaitingRetest,
        }
    }

    /// A person acts.
    pub(super) fn act(&mut self, act: &Act) -> String {
        match act {
            Act::Scan(_) => String::new(),
            Act::Assign { owner, .. } => {
                self.owner = Some(owner.clone());
                owner.clone()
            }
            Act::Plan { due, text, .. } => {
                self.due = Some(due.clone());
                self.work(Work::Planned);
                format!("due {due}: {text}")
            }
            Act::Start { text, .. } => {
                self.work(Work::InProgress);
                text.clone()
            }
            Act::Fix { text, evidence, .. } => {
                self.work(Work::AwaitingRetest);
                let evidence: String = evidence.iter().map(|digest| format!(" (evidence {digest})")).collect();
                format!("{text}{evidence}")
            }
            Act::Note { text, .. } => text.clone(),
        }
    }

    const fn work(&mut self, work: Work) {
        self.work = Some(work);
        self.state = self.at_work();
    }
}

/// Whether what an act says can be said at all, whatever happened before.
pub(super) fn said(act: &Act) -> Result<(), Illegal> {
    match act {
        Act::Scan(_) => Ok(()),
        Act::Assign { owner, .. } => text("owner", owner, MAX_OWNER),
        Act::Plan { due, text: what, .. } => {
            date(due)?;
            text("plan", what, MAX_TEXT)
        }
        Act::Start { text: what, .. } | Act::Note { text: what, .. } => text("text", what, MAX_TEXT),
        Act::Fix { text: what, evidence, .. } => {
            let digest = |text: &String| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if evidence.len() > MAX_EVIDENCE || !evidence.iter().all(digest) {
                return Err(Illegal::Evidence);
            }
            text("text", what, MAX_TEXT)
        }
    }
}

pub(super) fn date(text: &str) -> Result<(), Illegal> {
    if Day::parse(text.as_bytes()).is_some() { Ok(()) } else { Err(Illegal::Date(visible(text).chars().take(40).collect())) }
}

fn text(what: &'static str, text: &str, most: usize) -> Result<(), Illegal> {
    let wrong = if text.trim().is_empty() {
        "empty"
    } else if text.chars().nth(most).is_some() {
        "too long"
    } else if visible(text) != text {
        "not all visible"
    } else {
        return Ok(());
    };
    Err(Illegal::Text { what, wrong, most })
}
