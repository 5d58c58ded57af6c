//! `rolecall pack import`.
#![allow(clippy::doc_markdown, reason = "doc comments of options are help texts, which know no markup")]

use std::path::PathBuf;

use clap::Args;

/// `rolecall pack import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Official files as published, each of which becomes a pack (OSCAL documents together one): the NICE 2017
    /// workbook, the NICE 2.x JSON export, the DCWF work role tool, an older DCWF master list with NIST ids (best
    /// together with the first and the third), the OPM code list, OSCAL catalogs and profiles (JSON)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder of packs, for --packs-dir; an earlier import there is replaced, unless somebody changed it
    #[arg(long, value_name = "DIR", default_value = "packs")]
    pub out: PathBuf,
    /// Id of the pack, and name of its folder; default: of the edition, as nice-2017-official
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// OSCAL: the profile that selects controls; the catalogs and profiles that it imports are FILEs
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
}
