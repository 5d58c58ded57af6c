//! `rolecall verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Known, Taking};

/// `rolecall verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// The report package: the folder that `rolecall scan` wrote
    #[arg(value_name = "PACKAGE")]
    pub package: PathBuf,
    /// The signer's public key in PEM, from elsewhere than the package
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The fingerprint of the signer's key, from elsewhere than the package: SHA-256 of the SPKI DER
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// Hold the evidence against the report: the PATH that was scanned (repeatable, as PATH was)
    #[arg(long, value_name = "DIR")]
    pub evidence: Vec<PathBuf>,
    /// Scan the evidence again: the same bytes, or the first difference
    #[arg(long, requires = "evidence")]
    pub rerun: bool,
    /// The package of the report before: this one must follow on it
    #[arg(long, value_name = "OLD-PACKAGE")]
    pub against: Option<PathBuf>,
    /// The ledger that the report followed up in: for --rerun; no evidence where it lies under DIR
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub known: Known,
    /// For --rerun: the packs (repeatable); default: those of the report
    #[arg(long, value_name = "ID")]
    pub pack: Vec<String>,
    /// For --rerun: take FILE as an export of SOURCE (repeatable); default: as the report says
    #[arg(long, value_name = "FILE=SOURCE", value_parser = super::pair)]
    pub map: Vec<(String, String)>,
    /// The engagement file; default: engagement.yaml in DIR
    #[arg(long, value_name = "FILE")]
    pub engagement: Option<PathBuf>,
    /// For --rerun: the waiver file; default: waivers.yaml beside the engagement file
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// For --rerun: the date; default: the report's
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,
    /// For --rerun: the period; default: the report's
    #[arg(long, value_name = "FROM..TO")]
    pub period: Option<String>,
    /// Worker threads; default: all cores
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// For people or machines
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

impl VerifyArgs {
    /// How the evidence is taken.
    #[must_use]
    pub fn taking(&self) -> Taking {
        Taking {
            paths: self.evidence.clone(),
            known: self.known.clone(),
            pack: self.pack.clone(),
            map: self.map.clone(),
            engagement: self.engagement.clone(),
            as_of: self.as_of.clone(),
            period: self.period.clone(),
            waivers: self.waivers.clone(),
            jobs: self.jobs,
            ..Taking::default()
        }
    }
}
