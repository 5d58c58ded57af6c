//! `engagement.yaml` as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Term;
use crate::diagnostic::Diagnostic;
use crate::pack::raw::ParameterValue;
use crate::report::Force;
use crate::yaml::{Origin, Spanned};

/// An engagement: what the audit is about.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEngagement {
    /// Stable key of the organisation; part of every finding id.
    pub id: Spanned<String>,
    /// The organisation's name.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Who ordered the audit.
    #[serde(default)]
    pub client: Option<String>,
    /// What it is to find out.
    #[serde(default)]
    pub objective: Option<String>,
    /// Who audits.
    #[serde(default)]
    pub team: Vec<String>,
    /// The date that ages are measured against.
    #[serde(default)]
    pub as_of: Option<Spanned<String>>,
    /// The period under audit.
    #[serde(default)]
    pub period: Option<Spanned<RawPeriod>>,
    /// The declared packs.
    #[serde(default)]
    pub packs: Vec<Spanned<String>>,
    /// What the organisation has adopted as its own rule.
    #[serde(default)]
    pub criteria: Vec<Spanned<RawCriterion>>,
    /// What the audit covers.
    #[serde(default)]
    pub scope: Option<RawScope>,
    /// How many records there should be, from another source.
    #[serde(default)]
    pub control_totals: Vec<RawControlTotal>,
    /// When files were exported.
    #[serde(default)]
    pub exported_at: Vec<RawExport>,
    /// The client's words for the packs' ids.
    #[serde(default)]
    pub terms: Vec<Spanned<RawTerm>>,
    /// Values for pack parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, Spanned<ParameterValue>>,
    /// Bearable shares of undecided items.
    #[serde(default)]
    pub tolerances: Vec<Spanned<RawTolerance>>,
    /// Controls that do not apply.
    #[serde(default)]
    pub not_applicable: Vec<RawNotApplicable>,
    /// Files that are not evidence.
    #[serde(default)]
    pub unused: Vec<RawUnused>,
    /// What is demanded of waivers.
    #[serde(default)]
    pub waiver_policy: Option<RawWaiverPolicy>,
}

/// What is demanded of waivers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWaiverPolicy {
    /// The most days from approval to expiry; default: 365.
    #[serde(default)]
    pub max_days: Option<Spanned<u32>>,
    /// Who may approve waivers: names as the roster or `identities.csv` have them.
    #[serde(default)]
    pub risk_owners: Vec<Spanned<String>>,
}

/// A period.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "first and last day")]
pub struct RawPeriod {
    pub from: Spanned<String>,
    pub to: Spanned<String>,
}

/// What was adopted, and where.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCriterion {
    /// A whole pack.
    #[serde(default)]
    pub pack: Option<Spanned<String>>,
    /// One control.
    #[serde(default)]
    pub control: Option<Spanned<String>>,
    /// How binding it became.
    pub force: Force,
    /// The document that adopts it.
    pub adopted_by: String,
}

/// What the audit covers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    /// Organisation units; none named: all.
    #[serde(default)]
    pub units: Vec<String>,
    /// Sites; none named: all.
    #[serde(default)]
    pub sites: Vec<String>,
    /// Systems, and what each delivers.
    #[serde(default)]
    pub systems: Vec<RawSystem>,
    /// Claimed work roles.
    #[serde(default)]
    pub work_roles: Vec<String>,
    /// What is left out, and why.
    #[serde(default)]
    pub exclusions: Vec<RawExclusion>,
}

/// A system in scope.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSystem {
    /// Its name.
    pub name: String,
    /// The source that takes its exports.
    #[serde(default)]
    pub source: Option<Spanned<String>>,
    /// Or the path of its exports.
    #[serde(default)]
    pub path: Option<String>,
    /// What it must deliver.
    pub datasets: Vec<Spanned<String>>,
}

/// Something left out, and why.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as what they are")]
pub struct RawExclusion {
    pub what: String,
    pub why: String,
}

/// How many records there should be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawControlTotal {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// The system; without it all tables of the dataset.
    #[serde(default)]
    pub system: Option<Spanned<String>>,
    /// The number.
    pub count: u64,
    /// Who says so.
    #[serde(default)]
    pub stated_by: Option<String>,
}

/// When files were exported.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExport {
    /// Their path; `*` stands for any name, `**` also for folders.
    pub path: String,
    /// Date or time.
    pub at: Spanned<String>,
}

/// A client's word.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTerm {
    /// `field` or `dataset.field`.
    pub field: Spanned<String>,
    /// The word as it stands in the evidence.
    #[serde(default)]
    pub value: Option<String>,
    /// Or a pattern.
    #[serde(default)]
    pub pattern: Option<Spanned<String>>,
    /// The pack's id.
    pub is: String,
}

/// A bearable share of undecided items.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTolerance {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// The reason, as the report names it before the colon.
    pub reason: Spanned<String>,
    /// The share of a check's population, 0 to 1, over all fields of the dataset together.
    pub share: f64,
    /// Why it is bearable.
    pub why: String,
}

/// A control that does not apply.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as what they are")]
pub struct RawNotApplicable {
    pub control: Spanned<String>,
    pub justification: String,
}

/// Files that are not evidence.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as what they are")]
pub struct RawUnused {
    pub path: String,
    pub reason: String,
}

/// Checks a term.
///
/// # Errors
/// It has not exactly one of value and pattern, or the pattern is wrong.
pub fn term(origin: &Origin, raw: &Spanned<RawTerm>) -> Result<Term, Diagnostic> {
    let pattern = match &raw.pattern {
        None => None,
        Some(text) => Some(
            regex::RegexBuilder::new(&text.value)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .build()
                .map_err(|_| origin.diagnostic(text.at, "wrong-pattern", format!("`{}` is no regular expression", text.value), None))?,
        ),
    };
    if raw.value.value.is_some() == pattern.is_some() {
        return Err(origin.diagnostic(raw.at, "wrong-term", "a term has either `value` or `pattern`", None));
    }
    Ok(Term { field: raw.field.value.clone(), value: raw.value.value.clone(), pattern, is: raw.is.clone() })
}
