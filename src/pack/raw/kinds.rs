//! The check kinds as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Amount, RawLookup, RawPredicate, ScalarList};
use crate::yaml::Spanned;

/// Something holds for every record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEachRecord {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records it is about; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// What must hold.
    pub expect: Spanned<RawPredicate>,
}

/// No two records share a key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawUnique {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records it is about; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The fields of the key.
    pub key: Spanned<Vec<Spanned<String>>>,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
}

/// A field's value exists elsewhere, or must not.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRefersTo {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records it is about; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The field that refers.
    pub field: Spanned<String>,
    /// Where to: `dataset` and `key`, or `table` and `column`.
    pub to: Spanned<RawTarget>,
    /// Whether it must exist there; default: exist.
    #[serde(default)]
    pub must: RawMust,
    /// What an empty field is; default: exception.
    #[serde(default)]
    pub empty: RawEmpty,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
}

/// Whether a value must exist elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawMust {
    /// It must.
    #[default]
    Exist,
    /// It must not.
    NotExist,
}

/// What an empty field is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawEmpty {
    /// An exception.
    #[default]
    Exception,
    /// Out of the population.
    Excluded,
}

/// How persons are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawCompare {
    /// As written.
    Exact,
}

/// Where a reference leads: `dataset` and `key` (and `where`), or `table` and `column`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTarget {
    /// A dataset.
    #[serde(default)]
    pub dataset: Option<Spanned<String>>,
    /// Its key field.
    #[serde(default)]
    pub key: Option<Spanned<String>>,
    /// Which of its records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// A table of the pack.
    #[serde(default)]
    pub table: Option<Spanned<String>>,
    /// Its column.
    #[serde(default)]
    pub column: Option<Spanned<String>>,
}

/// The number of records, or of distinct values, per key is within bounds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPerGroup {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records make groups; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The fields of the key.
    pub key: Spanned<Vec<Spanned<String>>>,
    /// What is counted in each group.
    pub count: Spanned<RawCount>,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
}

/// What is counted, and its bounds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCount {
    /// Which records of the group count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// Count the distinct values of this field instead of records.
    #[serde(default)]
    pub distinct: Option<Spanned<String>>,
    /// At least so many.
    #[serde(default)]
    pub at_least: Option<Spanned<Amount>>,
    /// At most so many.
    #[serde(default)]
    pub at_most: Option<Spanned<Amount>>,
}

/// Every entry of an expected list is met.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCovers {
    /// The expected entries: `table` and `column`, `dataset` and `key` (and `where`), or `list`.
    pub expected: Spanned<RawExpected>,
    /// For each of these subjects.
    #[serde(default)]
    pub subjects: Option<Spanned<RawLookup>>,
    /// The records that meet the entries.
    pub by: Spanned<RawCoveredBy>,
    /// At least so many records; default: 1.
    #[serde(default)]
    pub at_least: Option<Spanned<Amount>>,
    /// At most so many records.
    #[serde(default)]
    pub at_most: Option<Spanned<Amount>>,
}

/// Expected entries: `table` and `column`, `dataset` and `key` (and `where`), or `list`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExpected {
    /// A table of the pack.
    #[serde(default)]
    pub table: Option<Spanned<String>>,
    /// Its column.
    #[serde(default)]
    pub column: Option<Spanned<String>>,
    /// A dataset.
    #[serde(default)]
    pub dataset: Option<Spanned<String>>,
    /// Its key field.
    #[serde(default)]
    pub key: Option<Spanned<String>>,
    /// Which of its records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// A list of texts or `$parameter`.
    #[serde(default)]
    pub list: Option<Spanned<ScalarList>>,
    /// Only these rows of the table. Equal entries are one.
    #[serde(default)]
    pub narrowed: Option<Spanned<RawNarrowed>>,
}

/// Which rows of a table are claimed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNarrowed {
    /// The column that tells.
    pub column: Spanned<String>,
    /// Its value is in one of these.
    pub any_of: Spanned<Vec<Spanned<RawClaim>>>,
}

/// What claims rows: `list`, or `dataset` and `key` (and `where`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawClaim {
    /// A list of texts or `$parameter`.
    #[serde(default)]
    pub list: Option<Spanned<ScalarList>>,
    /// A dataset.
    #[serde(default)]
    pub dataset: Option<Spanned<String>>,
    /// Its field that holds the claimed values.
    #[serde(default)]
    pub key: Option<Spanned<String>>,
    /// Which of its records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
}

/// The records that meet expected entries.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCoveredBy {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The field that names the entry.
    pub entry: Spanned<String>,
    /// The field that names the subject.
    #[serde(default)]
    pub subject: Option<Spanned<String>>,
    /// Whether the field `entry` holds the client's words, which the engagement's terms map.
    #[serde(default)]
    pub terms: bool,
}

/// Nobody is on both sides.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHeldApart {
    /// One thing.
    pub left: Spanned<RawSide>,
    /// The other.
    pub right: Spanned<RawSide>,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
}

/// One side of two things that are held apart.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSide {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// The field that names who holds it.
    pub subject: Spanned<String>,
    /// Fields that must be equal on both sides for a conflict.
    #[serde(default)]
    pub same: Vec<Spanned<String>>,
}

/// Documents exist and have what they must have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDocument {
    /// The documents.
    pub wanted: Spanned<Vec<RawWanted>>,
    /// What each must have, besides existing.
    #[serde(default)]
    pub demands: Vec<RawDemand>,
}

/// A document that must exist.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWanted {
    /// Its name in findings.
    pub id: Spanned<String>,
    /// Its name for people.
    pub title: String,
    /// How to know it.
    pub which: Spanned<RawPredicate>,
}

/// Something a document must have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDemand {
    /// Its name in findings.
    pub id: Spanned<String>,
    /// In words that follow the document's name: "is approved".
    pub title: String,
    /// What must hold.
    pub expect: Spanned<RawPredicate>,
}

/// A named person's statement about this control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAttestation {
    /// The statement is about this control; `same` is the only value.
    #[serde(default)]
    pub control_of: Option<RawControlOf>,
    /// The persons judged: a statement by one of them is an exception.
    #[serde(default)]
    pub by_other_than: Option<Spanned<RawLookup>>,
    /// The role that should state it, for people.
    #[serde(default)]
    pub role: Option<String>,
}

/// Which control a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawControlOf {
    /// The control that the check stands in.
    Same,
}
