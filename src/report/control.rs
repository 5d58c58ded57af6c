//! Controls and checks: what was decided, with every count's denominator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Period;
use crate::pack::Relation;

/// One control with its checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// Entries of other frameworks that it answers, by framework and entry; left out where none is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// The classes of what it is about, by attribute: `cybersecurity_concepts`; left out where none is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// An entry of another framework that a control answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The edition: `iso-27001-2022`.
    pub framework: String,
    /// The edition for people: ISO/IEC 27001:2022.
    pub name: String,
    /// The entry: A.5.2.
    pub entry: String,
    /// What the control is to it.
    pub relation: Relation,
    /// Who says so: `ours`, or `official:` and the document.
    pub origin: String,
    /// The entry between, which is equal or equivalent to this one; `null` where the control itself is mapped to it.
    pub via: Option<String>,
}

/// What a control is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicability {
    /// False only where the engagement or a parameter of the pack says so, never for what evidence holds.
    pub applicable: bool,
    /// The engagement's reason, or what the parameter would have to be.
    pub justification: Option<String>,
    /// Who says so: `pack` or `engagement`.
    pub source: String,
}

/// Axis two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonCount {
    /// Kebab-case reason, with the field or dataset after a colon.
    pub reason: String,
    /// How many items.
    pub count: u64,
}

/// The statement that an attestation check rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
