//! `scan --ledger`: the ledger is locked, read and verified before anything is
//! scanned, and gets one event when the package is on the disk.
//!
//! A run that is killed between the package and the event leaves a package
//! that the ledger does not know. Nothing is lost: the next scan follows on
//! the same state and records what it sees.

use std::path::Path;

use crate::calendar::Day;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::sha256_hex;
use crate::followup::{Followed, Illegal, Register, replay};
use crate::ledger::store::Ledger;
use crate::ledger::{LedgerError, LedgerLock};
use crate::report::{LedgerCheckpoint, Report, json};
use crate::signing::key_file::KeyFile;
use crate::signing::statement::{PreviousReport, report_id};
use crate::text::of_system;

/// A ledger that this scan alone may write, and what it says.
pub(super) struct Kept {
    lock: LedgerLock,
    folder: String,
    checkpoint: LedgerCheckpoint,
    /// What it says.
    pub register: Register,
}

/// Why a ledger cannot be used.
pub(super) enum Refused {
    /// It is in use, out of reach, or does not fit: exit code 2.
    Usage(Diagnostics),
    /// It is not what it was, or makes no sense: exit code 4.
    Broken(Diagnostics),
}

impl From<Diagnostics> for Refused {
    fn from(problems: Diagnostics) -> Self {
        Self::Usage(problems)
    }
}

/// The root of a tree without leaves (RFC 6962 section 2.1): what a ledger's first scan read.
fn nothing() -> LedgerCheckpoint {
    LedgerCheckpoint { origin: String::new(), size: 0, root: sha256_hex(b"") }
}

impl Kept {
    /// Locks, reads and verifies.
    pub fn open(folder: &Path) -> Result<Self, Refused> {
        let shown = of_system(folder.as_os_str());
        let refused = |error: &LedgerError| {
            let problems = Diagnostics::from(Diagnostic::new(error.code(), shown.clone(), error.to_string()));
            if error.is_integrity() { Refused::Broken(problems) } else { Refused::Usage(problems) }
        };
        let lock = Ledger::lock(folder).map_err(|error| refused(&error))?;
        let ledger = lock.read().map_err(|error| refused(&error))?;
        let events = ledger.as_ref().map(Ledger::events).unwrap_or_default();
        let register = replay(events).map_err(|error| {
            let problem = Diagnostic::new("ledger-history", shown.clone(), error.to_string());
            Refused::Broken(problem.help("`rolecall track verify` checks the whole ledger; compare with a copy").into())
        })?;
        let checkpoint = ledger.as_ref().map_or_else(nothing, Ledger::checkpoint);
        Ok(Self { lock, folder: shown, checkpoint, register })
    }

    /// The state that the report rests on.
    pub fn checkpoint(&self) -> LedgerCheckpoint {
        self.checkpoint.clone()
    }

    /// The report of the scan before, which the statement about this one names.
    pub fn previous(&self) -> Option<PreviousReport> {
        self.register.last().map(|last| PreviousReport { id: last.report.clone(), sha256: last.sha256.clone() })
    }

    /// Whether a scan of this date and engagement can follow.
    pub fn admits(&self, as_of: Day, engagement: &str) -> Result<(), Diagnostics> {
        self.register.admits(&as_of.to_string(), engagement).map_err(|illegal| self.wrong(&illegal).into())
    }

    fn wrong(&self, illegal: &Illegal) -> Diagnostic {
        Diagnostic::new("ledger-act", self.folder.clone(), illegal.to_string())
    }

    /// What the scan adds, before anything is written.
    pub fn told(&self, followed: Result<Followed, Illegal>) -> Result<Followed, Diagnostics> {
        followed.map_err(|illegal| self.wrong(&illegal).into())
    }

    /// Appends the scan's event.
    pub fn record(&self, followed: Followed, report: &Report, key: &KeyFile, time: &str) -> Result<(), Diagnostics> {
        let bytes = json::write(report);
        let act = followed.act(report_id(&bytes), sha256_hex(&bytes));
        let failed = |error: LedgerError| {
            let told = Diagnostic::new(error.code(), self.folder.clone(), error.to_string());
            told.help("the package is written, the ledger does not know it: mend what is wrong and scan again")
        };
        let ledger = self.lock.append(vec![act], key, time).map_err(failed)?;
        let recovered = ledger.recovered();
        if recovered.adopted > 0 || recovered.torn.is_some() {
            super::tell("note: the ledger held what a run that was cut short had left; it was taken up: see `rolecall track verify`\n");
        }
        Ok(())
    }
}
