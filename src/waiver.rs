//! Waivers: approved departures from a control, for named subjects and a
//! limited time. They are evaluated, shown and counted apart, never a pass.
//!
//! `waivers.yaml` is the auditor's own file. [`file`] reads it and tells every
//! mistake, [`check`] holds it against packs, engagement and aliases before
//! anything is scanned, [`apply`] decides what is in force at the as-of date.

use std::collections::BTreeMap;

use crate::calendar::Day;
use crate::finding::{canonical, shorten};
use crate::report::Subject;

pub mod apply;
pub mod check;
pub mod file;

/// The most days from approval to expiry, where the engagement states none.
pub const MAX_DAYS: u32 = 365;

/// What an engagement demands of waivers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverPolicy {
    /// The most days from approval to expiry.
    pub max_days: u32,
    /// Who may approve: names as the roster or `identities.csv` have them.
    pub risk_owners: Vec<String>,
}

impl Default for WaiverPolicy {
    fn default() -> Self {
        Self { max_days: MAX_DAYS, risk_owners: Vec::new() }
    }
}

/// One waiver, without mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its id: stated, or made of its content.
    pub id: String,
    /// What it covers.
    pub target: Target,
    /// The subjects it names; may be empty for a finding, which has only one.
    pub subjects: Vec<NamedSubject>,
    /// Why the departure is accepted.
    pub reason: String,
    /// What protects meanwhile.
    pub compensating_measure: String,
    /// Who asked for it.
    pub requester: String,
    /// Who approved it: the risk owner.
    pub approver: String,
    /// The day of approval, its first.
    pub approved: Day,
    /// Its last day.
    pub expires: Day,
    /// Where it was decided.
    pub ticket: String,
}

/// What a waiver covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Findings of a control, by subject.
    Control(String),
    /// One finding, by its id.
    Finding(String),
}

impl Target {
    /// The id of the control or finding.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Control(id) | Self::Finding(id) => id,
        }
    }
}

/// A subject as a waiver names it: exactly, never by a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedSubject {
    /// The value, where findings are known by one field.
    Value(String),
    /// Every identity field with its value.
    Fields(BTreeMap<String, String>),
}

impl NamedSubject {
    /// Whether this names a finding's subject.
    #[must_use]
    pub fn names(&self, subject: &Subject) -> bool {
        // As findings are told apart: the spelling that is shown may be one of several.
        let same = |named: &str, shown: &str| canonical(named) == canonical(shown) || shorten(named) == shown;
        match (self, subject.0.as_slice()) {
            (Self::Value(value), [(_, shown)]) => same(value, shown),
            (Self::Value(_), _) => false,
            (Self::Fields(fields), all) => {
                fields.len() == all.len() && all.iter().all(|(name, shown)| fields.get(name).is_some_and(|value| same(value, shown)))
            }
        }
    }
}

impl std::fmt::Display for NamedSubject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => formatter.write_str(value),
            Self::Fields(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
                formatter.write_str(&fields.join(", "))
            }
        }
    }
}
