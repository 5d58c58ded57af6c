//! `rolecall pack export`.
#![allow(clippy::doc_markdown, reason = "doc comments of options are help texts, which know no markup")]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `rolecall pack export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Id of a pack, or its folder
    #[arg(value_name = "PACK")]
    pub pack: PathBuf,
    /// As what
    #[arg(long, value_enum)]
    pub kind: ExportKind,
    /// The file to write; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// The day of the last change that the document states; default: the pack's, SOURCE_DATE_EPOCH, 1970-01-01
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// Folder of own packs, beside the built-in ones (repeatable)
    #[arg(long, value_name = "DIR")]
    pub packs_dir: Vec<PathBuf>,
    /// Folder of own evidence sources, for the fields that they add (repeatable)
    #[arg(long, value_name = "DIR")]
    pub sources_dir: Vec<PathBuf>,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "named as what they give")]
pub enum ExportKind {
    OscalCatalog,
    OscalMapping,
}
