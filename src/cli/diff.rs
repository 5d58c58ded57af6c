//! `rolecall diff`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// `rolecall diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// The earlier report: a package or a report.json
    pub old: PathBuf,
    /// The later report: a package or a report.json
    pub new: PathBuf,
    /// End with exit code 1 where a finding is new or reopened and no waiver covers it
    #[arg(long)]
    pub fail_on_new: bool,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}
