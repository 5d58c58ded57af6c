//! The engagement as the report shows it: as in the file, in the file's order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Period;
use crate::engagement::{AdoptedCriterion, ControlTotal, Exclusion, NotApplicable, ScopeSystem, StatedExport, StatedUnused, Tolerance};
use crate::waiver::WaiverPolicy;

/// The engagement, as its file states it; what is absent or empty there is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    pub team: Option<Vec<String>>,
    /// The declared date.
    pub as_of: Option<String>,
    /// The declared period.
    pub period: Option<Period>,
    /// The declared packs.
    pub packs: Option<Vec<String>>,
    /// What the organisation has adopted as its own rule, and where.
    pub criteria: Option<Vec<AdoptedCriterion>>,
    /// Units, sites, systems, work roles, exclusions.
    pub scope: Option<ScopeSummary>,
    /// How many records there should be, from another source.
    pub control_totals: Option<Vec<ControlTotal>>,
    /// Stated times of export.
    pub exported_at: Option<Vec<StatedExport>>,
    /// The client's words for the packs' ids.
    pub terms: Option<Vec<TermSummary>>,
    /// Values given to pack parameters.
    pub parameters: Option<BTreeMap<String, Value>>,
    /// Bearable shares of undecided items.
    pub tolerances: Option<Vec<Tolerance>>,
    /// Controls that do not apply, and why.
    pub not_applicable: Option<Vec<NotApplicable>>,
    /// Files that are not evidence, and why.
    pub unused: Option<Vec<StatedUnused>>,
    /// What is demanded of waivers.
    pub waiver_policy: Option<WaiverPolicy>,
}

/// What the audit covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeSummary {
    /// Organisation units; `null`: all.
    pub units: Option<Vec<String>>,
    /// Sites; `null`: all.
    pub sites: Option<Vec<String>>,
    /// Systems and what each must deliver.
    pub systems: Option<Vec<ScopeSystem>>,
    /// Claimed work roles.
    pub work_roles: Option<Vec<String>>,
    /// What is left out, and why.
    pub exclusions: Option<Vec<Exclusion>>,
}

/// A client's word for a pack's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermSummary {
    /// `dataset.field` or `field`.
    pub field: String,
    /// The word as it stands in the evidence.
    pub value: Option<String>,
    /// Or a pattern that it matches.
    pub pattern: Option<String>,
    /// The pack's id.
    pub is: String,
}
