//! `rolecall key`, and where every command takes a passphrase from.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;
use crate::signing::passphrase::Passphrase;

/// Where a passphrase comes from: a terminal unless told otherwise, never an argument.
#[derive(Debug, Clone, Default, Args)]
pub struct PassphraseArgs {
    /// Take the key's passphrase from the one line of a file that only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Take the key's passphrase from the first line of an open descriptor
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<i32>,
}

impl PassphraseArgs {
    /// Where from.
    #[must_use]
    pub fn source(&self) -> Passphrase {
        match (&self.passphrase_file, self.passphrase_fd) {
            (Some(path), _) => Passphrase::File(path.clone()),
            (None, Some(number)) => Passphrase::Descriptor(number),
            (None, None) => Passphrase::Terminal,
        }
    }
}

/// `rolecall key`.
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    #[expect(missing_docs, reason = "the subcommand")]
    pub command: KeyCommand,
}

/// `rolecall key ...`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// Make a signing key: an Ed25519 key file that openssl reads, and its public key beside it
    New(KeyNewArgs),
    /// Show a key's public half in every form that other tools take
    Show(KeyShowArgs),
}

/// `rolecall key new`.
#[derive(Debug, Clone, Args)]
pub struct KeyNewArgs {
    /// The file to make, such as scanner.pem; its public key goes to scanner.pub.pem
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose key it is, such as "Ada Lovelace, Example Ltd"
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// What it signs: one key for one role
    #[arg(long, value_enum)]
    pub role: RoleArg,
    /// Leave the file without a passphrase; everything signed with it says so
    #[arg(long, conflicts_with_all = ["passphrase_file", "passphrase_fd"])]
    pub unencrypted: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub passphrase: PassphraseArgs,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `rolecall key show`.
#[derive(Debug, Clone, Args)]
pub struct KeyShowArgs {
    /// A private key file, or a public key in PEM
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The name before the key in the note vkey; for a ledger's checkpoints its origin
    #[arg(long, value_name = "NAME", default_value = "rolecall")]
    pub name: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub passphrase: PassphraseArgs,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `--role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Reports
    Scanner,
    /// Checkpoints and events of a ledger
    Ledger,
    /// Waivers, plans and other decisions
    Approver,
    /// Countersignatures
    Auditor,
    /// A trust store
    Root,
}

impl RoleArg {
    /// As key files say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Ledger => "ledger",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Root => "root",
        }
    }
}
