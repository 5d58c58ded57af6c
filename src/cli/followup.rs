//! The parts of `rolecall track` that follow findings up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;
use super::key::PassphraseArgs;
use crate::report::LifecycleState;

/// Which ledger is read.
#[derive(Debug, Clone, Args)]
pub struct Reading {
    /// The ledger
    #[arg(long, value_name = "DIR")]
    pub ledger: PathBuf,
}

/// Which ledger is written, and by whom.
#[derive(Debug, Clone, Args)]
pub struct Acting {
    /// The ledger
    #[arg(long, value_name = "DIR")]
    pub ledger: PathBuf,
    /// Your key: it signs what you say (see `rolecall key new`)
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub passphrase: PassphraseArgs,
}

/// `rolecall track list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub reading: Reading,
    /// Only those in this state (repeatable); default: all but closed ones
    #[arg(long, value_enum, value_name = "STATE")]
    pub state: Vec<LifecycleState>,
    /// Closed ones too
    #[arg(long)]
    pub all: bool,
    /// Only those of this owner
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Only those of this control (repeatable)
    #[arg(long, value_name = "ID")]
    pub control: Vec<String>,
    /// Only those of this severity (repeatable)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub severity: Vec<SeverityArg>,
    /// Only those that are due before --as-of and not fixed
    #[arg(long)]
    pub overdue: bool,
    /// The date against which due dates are held; default: the last scan's
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// For people, machines or spreadsheets
    #[arg(long, value_enum, default_value = "human")]
    pub format: ListFormat,
}

/// Human, JSON, CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as what they give")]
pub enum ListFormat {
    Human,
    Json,
    Csv,
}

/// `--severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "as in the contract")]
pub enum SeverityArg {
    High,
    Moderate,
    Low,
}

/// `rolecall track show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub reading: Reading,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `rolecall track history`.
#[derive(Debug, Clone, Args)]
pub struct HistoryArgs {
    /// Only of this finding
    #[arg(value_name = "FINDING")]
    pub finding: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub reading: Reading,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `rolecall track assign`.
#[derive(Debug, Clone, Args)]
pub struct AssignArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// Who takes it on
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub acting: Acting,
}

/// `rolecall track plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// The last day
    #[arg(long, value_name = "DATE")]
    pub due: String,
    /// What will be done
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub acting: Acting,
}

/// `rolecall track note` and `start`.
#[derive(Debug, Clone, Args)]
pub struct TextArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// What there is to say
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub acting: Acting,
}

/// `rolecall track fix`.
#[derive(Debug, Clone, Args)]
pub struct FixArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// What was done
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    /// A file that shows it: its SHA-256 is kept, not the file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub evidence: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub acting: Acting,
}

/// `rolecall track accept`.
#[derive(Debug, Clone, Args)]
pub struct AcceptArgs {
    /// The finding
    #[arg(value_name = "FINDING")]
    pub finding: Option<String>,
    /// The ledger
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
}
