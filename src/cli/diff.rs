//! `rolecall diff`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

/// `rolecall diff`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct DiffArgs {
    /// What else can be compared.
    #[command(subcommand)]
    pub what: Option<DiffWhat>,
    /// The earlier report: a package or a report.json
    #[arg(required = true)]
    pub old: Option<PathBuf>,
    /// The later report: a package or a report.json
    #[arg(required = true)]
    pub new: Option<PathBuf>,
    /// End with exit code 1 where a finding is new or reopened and no waiver covers it
    #[arg(long)]
    pub fail_on_new: bool,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// What else can be compared.
#[derive(Debug, Clone, Subcommand)]
pub enum DiffWhat {
    /// Two packs: two versions of one, or two editions of a framework
    Packs(DiffPacksArgs),
}

/// `rolecall diff packs`.
#[derive(Debug, Clone, Args)]
pub struct DiffPacksArgs {
    /// The earlier pack: its id, or its folder
    pub old: String,
    /// The later pack: its id, or its folder
    pub new: String,
    /// Folder of own packs, beside the built-in ones (repeatable)
    #[arg(long, value_name = "DIR")]
    pub packs_dir: Vec<PathBuf>,
    /// Folder of own evidence sources, for the fields that they add (repeatable)
    #[arg(long, value_name = "DIR")]
    pub sources_dir: Vec<PathBuf>,
    /// A package or a report.json whose open findings may rest on what changed (repeatable)
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}
