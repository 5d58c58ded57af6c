//! `rolecall track`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

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
