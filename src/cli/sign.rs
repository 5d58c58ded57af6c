//! `rolecall sign`.

use std::path::PathBuf;

use clap::Args;

use super::key::PassphraseArgs;

/// `rolecall sign`.
#[derive(Debug, Clone, Args)]
pub struct SignArgs {
    /// A report package: unsigned, or signed with the same key before
    #[arg(value_name = "PACKAGE")]
    pub package: PathBuf,
    /// The signing key: an Ed25519 key file, made by `rolecall key new` or openssl
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub passphrase: PassphraseArgs,
}
