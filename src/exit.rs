//! Exit codes, as the contract fixes them.

use crate::report::{Conclusion, Report};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Complete; nothing at or above `--fail-on`.
    Good = 0,
    /// Complete; a failed control at or above `--fail-on`.
    Found = 1,
    /// Usage or configuration wrong: nothing was scanned, nothing written.
    Usage = 2,
    /// Incomplete: the report is written and says so.
    Incomplete = 3,
    /// A signature, digest, rendering or ledger does not verify.
    Integrity = 4,
}

/// From which grade on a failed control makes the scan fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FailOn {
    /// Only major ones.
    Major,
    /// Minor and major ones.
    Minor,
    /// Any failed control.
    #[default]
    Ofi,
    /// None.
    Never,
}

impl Exit {
    /// The code of a report under `--fail-on-new`: what is open since longer does not count.
    #[must_use]
    pub fn of_new(report: &Report, exit_zero: bool) -> Self {
        let new = crate::report::nightly::new_or_reopened(report);
        match report.summary.conclusion {
            Conclusion::Incomplete => Self::Incomplete,
            _ if new > 0 && !exit_zero => Self::Found,
            _ => Self::Good,
        }
    }

    /// The code of a report: a pure function of what it says.
    #[must_use]
    pub fn of(report: &Report, fail_on: FailOn, exit_zero: bool) -> Self {
        if report.summary.conclusion == Conclusion::Incomplete {
            return Self::Incomplete;
        }
        let grades = &report.summary.by_grade;
        let failed = match fail_on {
            FailOn::Never => 0,
            FailOn::Major => grades.major,
            FailOn::Minor => grades.major + grades.minor,
            FailOn::Ofi => grades.major + grades.minor + grades.ofi,
        };
        if failed > 0 && !exit_zero { Self::Found } else { Self::Good }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
