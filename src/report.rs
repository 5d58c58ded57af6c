//! The report: the one value that every output is rendered from.
//!
//! `Report` is built once, by `scan::finish`, and holds exactly what
//! `report.json` (schema `rolecall.report/1`) says, in the order in which it
//! says it. No renderer decides anything: a number or a verdict that a page
//! shows stands here. There is no clock, host name, user name, absolute path
//! or thread count in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calendar::Day;

mod control;
mod effective;
mod engagement;
pub mod html;
pub mod json;
mod lifecycle;
mod migration;
pub mod nightly;
pub mod package;
mod subject;
mod summary;
pub mod terminal;
pub mod text;
pub mod verify_md;
mod view;
mod wording;

pub use control::*;
pub use effective::*;
pub use engagement::*;
pub use lifecycle::*;
pub use migration::*;
pub use subject::Subject;
pub use summary::*;
pub use wording::*;

/// The name and version of the JSON layout.
pub const SCHEMA: &str = "rolecall.report/1";
/// The version of the HTML renderer; `verify` renders again only what it knows.
pub const RENDERER: &str = "html/1";

/// The whole result of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The program that made the report.
    pub tool: Tool,
    /// The date that every age and expiry is measured against, `YYYY-MM-DD`.
    pub as_of: String,
    /// The period under audit, where one was stated.
    pub period: Option<Period>,
    /// Who the report is written for.
    pub audience: Audience,
    /// Whether the packs were declared in the engagement or picked by hand.
    pub selection: Selection,
    /// Everything besides the evidence that shaped the result.
    pub inputs: Inputs,
    /// The engagement file's content, `null` without one.
    pub engagement: Option<EngagementSummary>,
    /// The packs that were evaluated, by id.
    pub packs: Vec<PackSummary>,
    /// One entry a table, by path.
    pub evidence: Vec<EvidenceTable>,
    /// Every control of the selected packs, in pack order.
    pub controls: Vec<ControlResult>,
    /// The listed findings, by control, check and id.
    pub findings: Vec<Finding>,
    /// What was examined and what could not be.
    pub coverage: Coverage,
    /// The counts that people look at first.
    pub summary: Summary,
    /// Findings of earlier scans that this one does not list, by id; `null` without a ledger.
    pub followed_up: Option<Vec<FollowedUp>>,
    /// Who may do what; left out where no check reads `effective_permissions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
    /// What became of codes of older editions that the evidence carries; left out where no pack asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<CodeMigration>,
    /// How publishers word what findings are about; left out without an imported edition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wording: Vec<Worded>,
}

/// The program that made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `rolecall`.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The HTML renderer's version, [`RENDERER`].
    pub renderer: String,
}

/// A closed span of calendar days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day, `YYYY-MM-DD`.
    pub to: String,
}

impl Period {
    /// The first and the last day; `None` where they are none.
    #[must_use]
    pub fn days(&self) -> Option<(Day, Day)> {
        Day::parse(self.from.as_bytes()).zip(Day::parse(self.to.as_bytes()))
    }
}

/// Who the report is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The organisation itself: remediation advice is included.
    Internal,
    /// A certification body: advice is left out (ISO/IEC 17021-1, 9.4.5.3).
    Certification,
}

/// Where the choice of packs came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// The engagement declares the packs.
    Declared,
    /// `--pack`, or whatever found evidence.
    Exploratory,
}

/// Digests of the files, besides the evidence, that shaped the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// `engagement.yaml`.
    pub engagement: Option<InputFile>,
    /// `waivers.yaml`.
    pub waivers: Option<InputFile>,
    /// `identities.csv`.
    pub identities: Option<InputFile>,
    /// The source profiles that took a table, by id.
    pub sources: Vec<InputSource>,
    /// The ledger checkpoint that was read.
    pub ledger: Option<LedgerCheckpoint>,
    /// Options that shape the result, by name.
    pub options: BTreeMap<String, Value>,
    /// Imported editions and crosswalks, and others that were not evaluated and whose entries or links shaped the
    /// result, by id; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frameworks: Vec<InputSource>,
}

/// A file's digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// The digest of a source profile, or of an imported edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputSource {
    /// Its id.
    pub id: String,
    /// SHA-256 of its file, or over the files of its folder; lower-case hexadecimal.
    pub sha256: String,
}

/// The state of the ledger that lifecycle figures were read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerCheckpoint {
    /// The log's name.
    pub origin: String,
    /// Number of events.
    pub size: u64,
    /// Merkle root, hexadecimal.
    pub root: String,
}

/// A pack that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackSummary {
    /// The pack's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its own version.
    pub version: String,
    /// The edition of the standard that it holds against.
    pub edition: String,
    /// SHA-256 over the sorted lines `digest  path` of its files.
    pub sha256: String,
}

/// One table of evidence: a file may hold several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceTable {
    /// Path relative to the folder that was given, with `/`.
    pub path: String,
    /// Member of an archive.
    pub member: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// JSON pointer of the list.
    pub pointer: Option<String>,
    /// SHA-256 of the whole file, lower-case hexadecimal; empty where unreadable.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
    /// The source profile that took it; `null` where none did.
    pub source: Option<String>,
    /// The system it was exported from.
    pub system: Option<String>,
    /// The dataset it feeds.
    pub dataset: Option<String>,
    /// Records read.
    pub records: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// When it was exported.
    pub exported_at: ExportedAt,
    /// First and last date of the records' acts, where the dataset has one.
    pub span: Option<Period>,
    /// How completeness is known.
    pub completeness: Completeness,
    /// What was wrong with it.
    pub problems: Vec<Problem>,
}

/// When an export was made, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedAt {
    /// Date or time, ISO 8601.
    pub value: Option<String>,
    /// Where it was learned.
    pub basis: ExportedBasis,
}

/// Where the time of an export was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExportedBasis {
    /// The export itself says so.
    Content,
    /// The engagement says so.
    Stated,
    /// Nobody says.
    Unknown,
}

/// How the completeness of a table is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Completeness {
    /// The strongest basis that holds.
    pub basis: CompletenessBasis,
    /// The number of records that there should be.
    pub expected: Option<u64>,
}

/// How the completeness of a table is known, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompletenessBasis {
    /// A control total from another source is met.
    Reconciled,
    /// The last page says that there are no more.
    PagingClosed,
    /// A total is stated but not met.
    Stated,
    /// Nothing tells.
    Unknown,
}

/// Something wrong with a table or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Kebab-case code, stable.
    pub code: String,
    /// What is wrong, where, and what to do.
    pub message: String,
    /// How often.
    pub count: u64,
    /// The first record concerned, from 1.
    pub first_record: Option<u64>,
}
