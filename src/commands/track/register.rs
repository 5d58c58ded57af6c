//! The register of a ledger, for commands that read or act.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::followup::{Illegal, Register, replay};
use crate::ledger::LedgerError;
use crate::ledger::store::Ledger;
use crate::text::of_system;

/// Why a command ends, and how.
pub(super) struct Ended(Diagnostics, Exit);

impl Ended {
    /// The exit code, or what to tell for exit code 2.
    pub fn exit(self) -> Result<Exit, Diagnostics> {
        match self {
            Self(problems, Exit::Usage) => Err(problems),
            Self(problems, exit) => {
                super::tell(&problems.render());
                Ok(exit)
            }
        }
    }
}

impl From<Diagnostic> for Ended {
    fn from(problem: Diagnostic) -> Self {
        Self(problem.into(), Exit::Usage)
    }
}

impl From<Diagnostics> for Ended {
    fn from(problems: Diagnostics) -> Self {
        Self(problems, Exit::Usage)
    }
}

/// What is wrong with a ledger.
pub(super) fn broken(folder: &Path, error: &LedgerError) -> Ended {
    let exit = if error.is_integrity() { Exit::Integrity } else { Exit::Usage };
    Ended(Diagnostic::new(error.code(), of_system(folder.as_os_str()), error.to_string()).into(), exit)
}

/// An act that does not follow.
pub(super) fn illegal(folder: &Path, illegal: &Illegal) -> Ended {
    Diagnostic::new("ledger-act", of_system(folder.as_os_str()), illegal.to_string()).into()
}

/// A ledger and what it says.
pub(super) fn of(folder: &Path, ledger: Option<Ledger>) -> Result<(Ledger, Register), Ended> {
    let Some(ledger) = ledger else {
        let none = Diagnostic::new("usage", of_system(folder.as_os_str()), "there is no ledger");
        return Err(none.help("`rolecall scan PATH --ledger DIR --key FILE` makes one").into());
    };
    let register = replay(ledger.events()).map_err(|error| {
        let problem = Diagnostic::new("ledger-history", of_system(folder.as_os_str()), error.to_string());
        Ended(problem.help("`rolecall track verify` checks the whole ledger; compare with a copy").into(), Exit::Integrity)
    })?;
    Ok((ledger, register))
}

/// Reads a ledger and what it says.
pub(super) fn read(folder: &Path) -> Result<(Ledger, Register), Ended> {
    of(folder, Ledger::read(folder).map_err(|error| broken(folder, &error))?)
}
