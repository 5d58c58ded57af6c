//! The annex: who may do what, by all assignments together.

use serde::{Deserialize, Serialize};

/// What the dataset `effective_permissions` holds, where a check reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effective {
    /// Records of the dataset: a person, a permission and a scope each.
    pub records: u64,
    /// Assignments or permissions of which it cannot be told who holds them, or what they are.
    pub undecided: u64,
    /// Whether all records are listed.
    pub complete: bool,
    /// What is held, by system, role, assignment, group, scope, tags and extent.
    pub rights: Vec<EffectiveRights>,
}

/// What the same people hold by one assignment. A text that cannot be told, or is empty, is `null`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectiveRights {
    /// The system.
    pub system: Option<String>,
    /// The role.
    pub role_id: Option<String>,
    /// The assignment that gives it.
    pub assignment_id: Option<String>,
    /// The group to which it is assigned; `null`: to the persons themselves.
    pub via_group: Option<String>,
    /// The assignment's scope.
    pub scope: Option<String>,
    /// The scope tags with which it holds in effect; `null`: they cannot be told.
    pub scope_tags: Option<Vec<String>>,
    /// Among which objects: `scope-groups`, `all-objects`, `tagged-devices`; `null`: it cannot be told.
    pub extent: Option<String>,
    /// The permissions.
    pub permissions: Vec<String>,
    /// The persons, as exported.
    pub persons: Vec<String>,
}
