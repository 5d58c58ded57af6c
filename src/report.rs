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

pub mod html;
pub mod json;
pub mod package;
pub mod terminal;
pub mod text;
pub mod verify_md;
mod view;

/// The name and version of the JSON layout.
pub const SCHEMA: &str = "rolecall.report/1";
/// The version of the HTML renderer; `verify` renders again only what it knows.
pub const RENDERER: &str = "html/1";

/// The whole result of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

/// The program that made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day, `YYYY-MM-DD`.
    pub to: String,
}

/// Who the report is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The organisation itself: remediation advice is included.
    Internal,
    /// A certification body: advice is left out (ISO/IEC 17021-1, 9.4.5.3).
    Certification,
}

/// Where the choice of packs came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// The engagement declares the packs.
    Declared,
    /// `--pack`, or whatever found evidence.
    Exploratory,
}

/// Digests of the files, besides the evidence, that shaped the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

/// A file's digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// A source profile's digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSource {
    /// The profile's id.
    pub id: String,
    /// SHA-256 of its file, lower-case hexadecimal.
    pub sha256: String,
}

/// The state of the ledger that lifecycle figures were read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerCheckpoint {
    /// The log's name.
    pub origin: String,
    /// Number of events.
    pub size: u64,
    /// Merkle root, hexadecimal.
    pub root: String,
}

/// The engagement, as its file states it; absent values are `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngagementSummary {
    /// Stable key of the organisation.
    pub id: String,
    /// Names that may change.
    pub organisation: Option<String>,
    /// Who ordered the audit.
    pub client: Option<String>,
    /// What the audit is to find out.
    pub objective: Option<String>,
    /// The audit team.
    pub team: Vec<String>,
    /// The declared date.
    pub as_of: Option<String>,
    /// The declared period.
    pub period: Option<Period>,
    /// The declared packs.
    pub packs: Vec<String>,
    /// What the organisation has adopted as its own rule, and where.
    pub criteria: Vec<Value>,
    /// Units, sites, systems, work roles, exclusions.
    pub scope: Option<Value>,
    /// How many records there should be, from another source.
    pub control_totals: Vec<Value>,
    /// Stated times of export.
    pub exported_at: Vec<Value>,
    /// The client's words for the packs' ids.
    pub terms: Vec<Value>,
    /// Values given to pack parameters.
    pub parameters: BTreeMap<String, Value>,
    /// Bearable shares of undecided items.
    pub tolerances: Vec<Value>,
    /// Controls that do not apply, and why.
    pub not_applicable: Vec<Value>,
    /// Files that are not evidence, and why.
    pub unused: Vec<Value>,
}

/// A pack that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedAt {
    /// Date or time, ISO 8601.
    pub value: Option<String>,
    /// Where it was learned.
    pub basis: ExportedBasis,
}

/// Where the time of an export was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completeness {
    /// The strongest basis that holds.
    pub basis: CompletenessBasis,
    /// The number of records that there should be.
    pub expected: Option<u64>,
}

/// How the completeness of a table is known, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// One control with its checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlResult {
    /// The control's id.
    pub id: String,
    /// Its pack.
    pub pack: String,
    /// The clause as the framework writes it.
    pub r#ref: String,
    /// Its title.
    pub title: String,
    /// What it is held against.
    pub criterion: Criterion,
    /// Whether it applies.
    pub applicability: Applicability,
    /// Axis two: is the control satisfied?
    pub determination: Determination,
    /// Why not, or why undetermined.
    pub determination_reason: Option<String>,
    /// Axis three: how grave, proposed and confirmed.
    pub grade: Option<GradeResult>,
    /// The determination statement that was decided.
    pub statement: Option<String>,
    /// Its checks, in the pack's order.
    pub checks: Vec<CheckResult>,
}

/// What a control is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The standard.
    pub standard: String,
    /// Its edition.
    pub edition: String,
    /// The clause.
    pub clause: String,
    /// How binding it is here.
    pub force: Force,
    /// The document by which the organisation adopted it.
    pub adopted_by: Option<String>,
}

/// How binding a criterion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// Law, contract, or a clause with "shall".
    Requirement,
    /// The organisation's own rule.
    OwnRule,
    /// Good practice that nobody has made binding.
    Guidance,
}

/// Whether a control applies, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicability {
    /// False only where the engagement says so.
    pub applicable: bool,
    /// The engagement's reason.
    pub justification: Option<String>,
    /// `pack` or `engagement`.
    pub source: String,
}

/// Axis two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Determination {
    /// Every check passed.
    Satisfied,
    /// A check failed.
    OtherThanSatisfied,
    /// It could not be decided.
    NotDetermined,
}

/// Axis three: the grade of a control that is other than satisfied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeResult {
    /// What the pack's rule proposes.
    pub proposed: Grade,
    /// The rule, in words, with the figures it was applied to.
    pub rule: String,
    /// What a person confirmed.
    pub confirmed: Option<ConfirmedGrade>,
}

/// How grave a failed control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Systemic, or casting doubt on the intended result.
    Major,
    /// An isolated lapse.
    Minor,
    /// Opportunity for improvement.
    Ofi,
}

/// A grade that a person confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedGrade {
    /// The confirmed grade.
    pub grade: Grade,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The outcome and the counts of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// The check's id, unique in its control.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Examined, or attested by a person.
    pub method: Method,
    /// What the evidence can prove.
    pub mode: Mode,
    /// The span that the evidence covers, for checks over a period.
    pub covered: Option<Period>,
    /// How much one exception matters.
    pub severity: Severity,
    /// The test procedure, printed from the check's own data.
    pub procedure: String,
    /// The parameters that were used.
    pub parameters: Vec<ParameterUsed>,
    /// Axis one.
    pub outcome: Outcome,
    /// Why it was not evaluated, is not applicable, or failed to run.
    pub reason: Option<String>,
    /// What one item of the population is.
    pub unit: String,
    /// All items in scope: excluded + undecided + evaluated.
    pub population: u64,
    /// Items that the check's own conditions leave out.
    pub excluded: u64,
    /// Why they are left out.
    pub exclusions: Vec<ReasonCount>,
    /// Items that could not be decided.
    pub undecided: u64,
    /// Why they could not.
    pub undecided_by: Vec<ReasonCount>,
    /// Items that were decided.
    pub evaluated: u64,
    /// Items among them that do not conform.
    pub exceptions: u64,
    /// Findings of this check that are in the list.
    pub findings_listed: u64,
    /// The last listed id, where the list was cut.
    pub listed_through: Option<String>,
    /// The statement that an attestation check rests on.
    pub attestation: Option<AttestationUsed>,
}

/// How a check comes to its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Evidence was examined.
    Examine,
    /// A named person stated it.
    Attestation,
}

/// What the evidence of a check can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The state on one day.
    PointInTime,
    /// What happened over a period.
    Period,
}

/// How much one exception matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Act at once.
    High,
    /// Act soon.
    Moderate,
    /// Act when convenient.
    Low,
}

/// Axis one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything in the population was decided, and conforms.
    Pass,
    /// At least one exception.
    Fail,
    /// The engagement says that the control does not apply.
    NotApplicable,
    /// It could not be decided, and the reason is given.
    NotEvaluated,
    /// The check failed to run.
    Error,
}

/// A parameter's value and who set it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterUsed {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// `pack` or `engagement`.
    pub set_by: String,
}

/// A reason and how many items it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonCount {
    /// Kebab-case reason, with the field or dataset after a colon.
    pub reason: String,
    /// How many items.
    pub count: u64,
}

/// The statement that an attestation check rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationUsed {
    /// Who stated it.
    pub by: String,
    /// In which role.
    pub role: Option<String>,
    /// When, ISO 8601.
    pub at: Option<String>,
    /// Until when it holds.
    pub expires: Option<String>,
    /// The statement.
    pub statement: Option<String>,
    /// SHA-256 of the file that holds it.
    pub sha256: Option<String>,
}

/// The exceptions of one check that share one identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `F-` and 16 characters; stable over scans.
    pub id: String,
    /// The control.
    pub control: String,
    /// The check.
    pub check: String,
    /// Further controls that rest on the same check.
    pub also_controls: Vec<String>,
    /// The check's severity.
    pub severity: Severity,
    /// The identity fields, in the check's order.
    pub subject: serde_json::Map<String, Value>,
    /// What is wrong, in a sentence.
    pub statement: String,
    /// Where it stands: at most five places.
    pub evidence: Vec<Citation>,
    /// How many units it stands for.
    pub occurrences: u64,
    /// Axis four; `null` without a ledger.
    pub lifecycle: Option<Value>,
    /// The waiver that covers it.
    pub waiver: Option<Value>,
    /// Advice; `null` for a certification body.
    pub remediation: Option<String>,
}

/// A place in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Path as in `evidence[]`.
    pub path: String,
    /// Member of an archive.
    pub member: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// JSON pointer of the record.
    pub pointer: Option<String>,
    /// Data record, from 1.
    pub record: u64,
    /// Row as a spreadsheet shows it, from 1.
    pub row: Option<u64>,
    /// Line as an editor shows it, from 1.
    pub line: Option<u64>,
    /// Byte offset of the record in the file, from 0.
    pub offset: Option<u64>,
    /// The fields that the check read, as exported.
    pub excerpt: String,
}

/// What was examined and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// All controls of the selected packs.
    pub controls_total: u64,
    /// Those that were decided.
    pub determined: u64,
    /// Those that were not.
    pub not_determined: u64,
    /// All checks.
    pub checks_total: u64,
    /// Checks that passed or failed on evidence.
    pub evaluated: u64,
    /// Checks that could not be decided.
    pub not_evaluated: u64,
    /// Checks that passed or failed on a person's statement.
    pub attested: u64,
    /// Files found.
    pub evidence_files: u64,
    /// Files that no source took.
    pub evidence_unused: Vec<UnusedFile>,
    /// Declared systems without a dataset of theirs, and other gaps.
    pub scope_gaps: Vec<String>,
    /// Values of person fields that no roster entry answers to.
    pub unresolved_identities: u64,
    /// Pack ids that no word of the evidence was mapped to.
    pub unmapped_terms: Vec<String>,
    /// Packs that were not selected, and what they need.
    pub packs_not_selected: Vec<PackNotSelected>,
}

/// A file that no source took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnusedFile {
    /// Path as in `evidence[]`.
    pub path: String,
    /// Why: unreadable, not recognised, ambiguous, or declared unused.
    pub reason: String,
}

/// A pack that was not selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackNotSelected {
    /// Its id.
    pub id: String,
    /// The datasets it needs.
    pub needs: Vec<String>,
}

/// The counts that people look at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Controls by determination.
    pub by_determination: ByDetermination,
    /// Checks by outcome.
    pub by_outcome: ByOutcome,
    /// Failed controls by grade, those with a finding that is not waived.
    pub by_grade: ByGrade,
    /// Failed controls all of whose findings are waived.
    pub waived_by_grade: ByGrade,
    /// Findings.
    pub findings: FindingCounts,
    /// What the reader must know before relying on the result.
    pub limitations: Vec<String>,
    /// The result in one word.
    pub conclusion: Conclusion,
}

/// Controls by determination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the field names are the determinations")]
pub struct ByDetermination {
    pub satisfied: u64,
    pub other_than_satisfied: u64,
    pub not_determined: u64,
}

/// Checks by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the field names are the outcomes")]
pub struct ByOutcome {
    pub pass: u64,
    pub fail: u64,
    pub not_applicable: u64,
    pub not_evaluated: u64,
    pub error: u64,
}

/// Controls by grade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the field names are the grades")]
pub struct ByGrade {
    pub major: u64,
    pub minor: u64,
    pub ofi: u64,
}

/// Findings, counted in units (`total`) and as entries of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingCounts {
    /// The sum of all checks' exceptions.
    pub total: u64,
    /// Entries in `findings[]`.
    pub listed: u64,
    /// Listed findings under a waiver.
    pub waived: u64,
    /// Lifecycle figures; `null` without a ledger.
    pub new: Option<u64>,
    /// See `new`.
    pub reopened: Option<u64>,
    /// See `new`.
    pub resolved: Option<u64>,
    /// See `new`.
    pub not_reobserved: Option<u64>,
    /// See `new`.
    pub subject_gone: Option<u64>,
}

/// The result in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The scan is complete and no control failed.
    NothingFound,
    /// The scan is complete and a control failed.
    Found,
    /// The scan is incomplete: exit 3.
    Incomplete,
}
