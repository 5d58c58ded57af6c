//! The register: the state of every finding, replayed from the ledger.

use std::collections::BTreeMap;

use super::illegal::{Illegal, ReplayError};
use super::scan;
use super::tracked::{Happened, Tracked, said};
use crate::ledger::event::{Act, Event, Scan};
use crate::text::visible;

/// The state of every finding that scans have found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    pub(super) findings: BTreeMap<String, Tracked>,
    /// By control and check: where the list of the last scan in which it ran was cut; `None` where it was not.
    pub(super) ran: BTreeMap<(String, String), Option<String>>,
    last: Option<LastScan>,
}

/// The last scan that the ledger holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastScan {
    /// The report's id.
    pub report: String,
    /// SHA-256 of its `report.json`, lower-case hexadecimal.
    pub sha256: String,
    /// Its date.
    pub as_of: String,
    /// Its engagement.
    pub engagement: String,
}

/// Replays events.
///
/// # Errors
/// [`ReplayError`] for the first event that cannot follow on those before it:
/// a signed history that makes no sense is none.
pub fn replay(events: &[Event]) -> Result<Register, ReplayError> {
    let mut register = Register::default();
    for event in events {
        register.add(event).map_err(|illegal| ReplayError { seq: event.seq, illegal })?;
    }
    Ok(register)
}

impl Register {
    /// All findings, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tracked)> {
        self.findings.iter().map(|(id, tracked)| (id.as_str(), tracked))
    }

    /// A finding.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Tracked> {
        self.findings.get(id)
    }

    /// The last scan.
    #[must_use]
    pub const fn last(&self) -> Option<&LastScan> {
        self.last.as_ref()
    }

    /// Whether the list of the last scan in which a check ran was cut before an id.
    #[must_use]
    pub fn was_cut_before(&self, control: &str, check: &str, id: &str) -> bool {
        let cut = self.ran.get(&(control.to_owned(), check.to_owned()));
        cut.and_then(Option::as_ref).is_some_and(|last| id > last.as_str())
    }

    /// Whether a scan of this date and engagement can follow on those before it.
    ///
    /// # Errors
    /// [`Illegal::BackInTime`], [`Illegal::OtherEngagement`].
    pub fn admits(&self, as_of: &str, engagement: &str) -> Result<(), Illegal> {
        let Some(last) = &self.last else { return Ok(()) };
        if as_of < last.as_of.as_str() {
            return Err(Illegal::BackInTime { as_of: as_of.to_owned(), last: last.as_of.clone() });
        }
        if engagement != last.engagement {
            return Err(Illegal::OtherEngagement { engagement: visible(engagement), last: visible(&last.engagement) });
        }
        Ok(())
    }

    /// Whether a person may act so now.
    ///
    /// # Errors
    /// [`Illegal`].
    pub fn permits(&self, act: &Act) -> Result<(), Illegal> {
        said(act)?;
        let Some(id) = act.finding() else { return Ok(()) };
        let tracked = self.findings.get(id).ok_or_else(|| Illegal::UnknownFinding(visible(id).chars().take(40).collect()))?;
        if tracked.state == crate::report::LifecycleState::Closed { Err(Illegal::Closed(id.to_owned())) } else { Ok(()) }
    }

    /// Adds what happened next.
    ///
    /// # Errors
    /// [`Illegal`]; the register is not to be used then.
    pub fn add(&mut self, event: &Event) -> Result<(), Illegal> {
        match &event.act {
            Act::Scan(looked) => self.scan(event, looked),
            act => {
                self.permits(act)?;
                let Some(tracked) = act.finding().and_then(|id| self.findings.get_mut(id)) else { return Ok(()) };
                let text = tracked.act(act);
                tracked.history.push(happened(event, act.word(), text));
                Ok(())
            }
        }
    }

    fn scan(&mut self, event: &Event, looked: &Scan) -> Result<(), Illegal> {
        self.admits(&looked.as_of, &looked.engagement)?;
        scan::add(self, looked, |what| happened(event, what, format!("{} as of {}", looked.report, looked.as_of)))?;
        self.last = Some(LastScan {
            report: looked.report.clone(),
            sha256: looked.sha256.clone(),
            as_of: looked.as_of.clone(),
            engagement: looked.engagement.clone(),
        });
        Ok(())
    }
}

fn happened(event: &Event, what: &'static str, text: String) -> Happened {
    Happened { seq: event.seq, time: event.time.clone(), by: event.actor.owner.clone(), what, text }
}
