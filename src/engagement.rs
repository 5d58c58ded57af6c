//! The engagement: what the audit is about, as its file states it.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::dataset::derived;
use crate::report::{Force, Period};
use crate::waiver::WaiverPolicy;

pub mod check;
pub mod load;
pub mod raw;

/// A validated `engagement.yaml`. Field for field as the contract has it.
#[derive(Debug, Clone, Default)]
pub struct Engagement {
    /// Stable key of the organisation, part of every finding id.
    pub id: String,
    /// The organisation's name.
    pub organisation: Option<String>,
    /// Who ordered the audit.
    pub client: Option<String>,
    /// What it is to find out.
    pub objective: Option<String>,
    /// Who audits.
    pub team: Vec<String>,
    /// The date, `YYYY-MM-DD`.
    pub as_of: Option<String>,
    /// The period.
    pub period: Option<Period>,
    /// The declared packs.
    pub packs: Vec<String>,
    /// What was adopted.
    pub criteria: Vec<AdoptedCriterion>,
    /// The scope, where stated.
    pub scope: Option<Scope>,
    /// How many records there should be.
    pub control_totals: Vec<ControlTotal>,
    /// When files were exported.
    pub exported_at: Vec<StatedExport>,
    /// The client's words.
    pub terms: Vec<Term>,
    /// Values for pack parameters.
    pub parameters: BTreeMap<String, Value>,
    /// Bearable undecided shares.
    pub tolerances: Vec<Tolerance>,
    /// Controls that do not apply.
    pub not_applicable: Vec<NotApplicable>,
    /// Files that are not evidence.
    pub unused: Vec<StatedUnused>,
    /// What is demanded of waivers.
    pub waiver_policy: Option<WaiverPolicy>,
}

/// What the organisation has adopted as its own rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptedCriterion {
    /// A whole pack.
    pub pack: Option<String>,
    /// One control.
    pub control: Option<String>,
    /// How binding it became.
    pub force: Force,
    /// The document that adopts it.
    pub adopted_by: String,
}

/// What the audit covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Organisation units (`department`); empty: all.
    pub units: Vec<String>,
    /// Sites (`site`, `site_id`); empty: all.
    pub sites: Vec<String>,
    /// Systems and what each must deliver.
    pub systems: Vec<ScopeSystem>,
    /// Claimed work roles.
    pub work_roles: Vec<String>,
    /// What is left out, and why.
    pub exclusions: Vec<Exclusion>,
}

/// A system in scope.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeSystem {
    /// Its name.
    pub name: String,
    /// The source that takes its exports.
    pub source: Option<String>,
    /// Or the path of its exports (`*` wildcards).
    pub path: Option<String>,
    /// What it must deliver.
    pub datasets: Vec<String>,
}

/// Something left out of scope.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How many records there should be, from another source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlTotal {
    /// The dataset.
    pub dataset: String,
    /// The system; without it, all tables of the dataset together.
    pub system: Option<String>,
    /// The number.
    pub count: u64,
    /// Who says so.
    pub stated_by: Option<String>,
}

/// When files were exported.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedExport {
    /// Path relative to the evidence folder (`*` wildcards).
    pub path: String,
    /// Date or time, ISO 8601.
    pub at: String,
}

/// A client's word for a pack's id.
#[derive(Debug, Clone)]
pub struct Term {
    /// `dataset.field` or `field`.
    pub field: String,
    /// The word as it stands in the evidence.
    pub value: Option<String>,
    /// Or a pattern that it matches.
    pub pattern: Option<Regex>,
    /// The pack's id.
    pub is: String,
}

impl Term {
    /// Whether the term speaks of this field of this dataset, or of the one that it is carried over from.
    #[must_use]
    pub fn concerns(&self, dataset: &str, field: &str) -> bool {
        match self.field.split_once('.') {
            Some((own, rest)) if own == dataset => rest == field,
            Some(base) if derived::find(dataset).is_some_and(|derived| derived.carries(field, base)) => true,
            _ => self.field == field,
        }
    }
}

/// How many undecided items are bearable.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// The dataset.
    pub dataset: String,
    /// The undecided reason (the part before the colon).
    pub reason: String,
    /// The bearable share, 0 to 1: of a check's population the items that are
    /// undecided for this dataset and reason, over all fields together.
    pub share: f64,
    /// Why.
    pub why: String,
}

/// A control that does not apply.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotApplicable {
    /// The control.
    pub control: String,
    /// Why.
    pub justification: String,
}

/// A file that is not evidence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedUnused {
    /// Its path (`*` wildcards).
    pub path: String,
    /// Why.
    pub reason: String,
}
