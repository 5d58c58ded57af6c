//! Check kinds that hold two datasets, or acts, against each other, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawPredicate, ScalarList};
use crate::yaml::Spanned;

/// Two datasets have the same keys, and agree on fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawReconcile {
    /// One side; its fields name findings.
    pub left: Spanned<RawKeyed>,
    /// The other.
    pub right: Spanned<RawKeyed>,
    /// Fields that agree where both sides have a key: the sets of their values are compared, persons through identity resolution.
    #[serde(default)]
    pub agree: Vec<Spanned<RawAgree>>,
    /// On which side a key of the other may not be missing; default: on neither.
    #[serde(default)]
    pub missing: RawMissing,
}

/// Records by key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKeyed {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The fields of the key; both sides name as many, in the same order.
    pub key: Spanned<Vec<Spanned<String>>>,
}

/// Two fields that agree.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAgree {
    /// The left side's field.
    pub left: Spanned<String>,
    /// The right side's field.
    pub right: Spanned<String>,
}

/// On which side a key may not be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawMissing {
    /// Each key of the right side is on the left.
    Left,
    /// Each key of the left side is on the right.
    Right,
    /// Both.
    #[default]
    Both,
}

/// Levels follow each other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOrdered {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records it is about; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The fields of the key: the levels of each key follow each other.
    pub key: Spanned<Vec<Spanned<String>>>,
    /// The field with the level.
    pub level: Spanned<String>,
    /// The levels, the first one first: `list`, or `table` and `column`.
    pub levels: Spanned<RawLevels>,
    /// The date or time in whose order levels are reached: each is reached for the first time after the one before it.
    /// Without it the levels that are there leave no hole.
    #[serde(default)]
    pub by: Option<Spanned<String>>,
}

/// Levels, the first one first: `list`, or `table` and `column`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLevels {
    /// A list of texts or `$parameter`.
    #[serde(default)]
    pub list: Option<Spanned<ScalarList>>,
    /// A table of the pack, in the order of its rows.
    #[serde(default)]
    pub table: Option<Spanned<String>>,
    /// Its column.
    #[serde(default)]
    pub column: Option<Spanned<String>>,
}
