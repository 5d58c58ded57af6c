//! `rolecall track`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;
use super::followup::{AcceptArgs, AssignArgs, FixArgs, HistoryArgs, ListArgs, PlanArgs, ShowArgs, TextArgs};

/// `rolecall track`.
#[derive(Debug, Clone, Args)]
pub struct TrackArgs {
    #[command(subcommand)]
    #[expect(missing_docs, reason = "the subcommand")]
    pub command: TrackCommand,
}

/// `rolecall track ...`.
#[derive(Debug, Clone, Subcommand)]
pub enum TrackCommand {
    /// The findings, with their states, owners and due dates
    List(ListArgs),
    /// One finding, with all that is known of it
    Show(ShowArgs),
    /// Say who takes a finding on
    Assign(AssignArgs),
    /// Say what will be done about a finding, and until when
    Plan(PlanArgs),
    /// Say that work on a finding has begun
    Start(TextArgs),
    /// Say that a finding is fixed: it then awaits a scan, which alone can close it
    Fix(FixArgs),
    /// Add a remark to a finding
    Note(TextArgs),
    /// Risks are accepted by waivers.yaml: this says how
    Accept(AcceptArgs),
    /// Everything that happened, in order
    History(HistoryArgs),
    /// Check a ledger: every line, the checkpoints, and that it still begins as earlier reports pinned it
    Verify(TrackVerifyArgs),
}

/// `rolecall track verify`.
#[derive(Debug, Clone, Args)]
pub struct TrackVerifyArgs {
    /// The ledger
    #[arg(long, value_name = "DIR")]
    pub ledger: PathBuf,
    /// Public key (PEM) of someone who may act in the ledger (repeatable)
    #[arg(long, value_name = "PEM")]
    pub trust: Vec<PathBuf>,
    /// Fingerprint of such a key: SHA-256 of its SPKI DER (repeatable)
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Vec<String>,
    /// An earlier report package, or its report.json: the ledger must begin with what it pinned (repeatable)
    #[arg(long, value_name = "PACKAGE")]
    pub against: Vec<PathBuf>,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}
