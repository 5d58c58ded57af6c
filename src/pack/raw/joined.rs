//! Chains over several datasets, as packs write them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawCompare, RawNarrowed, RawPredicate};
use crate::yaml::Spanned;

/// A chain over several datasets, for every row of a table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJoined {
    /// What chains start from.
    pub start: RawStart,
    /// The links, in order.
    pub links: Spanned<Vec<RawLink>>,
}

/// What chains start from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStart {
    /// A table of the pack; its columns are names that links may use.
    pub table: Spanned<String>,
    /// A column: rows with an equal value in it make one chain; a tie to another column holds where any of them has the value. Default: each row is a chain of its own.
    #[serde(default)]
    pub per: Option<Spanned<String>>,
    /// Only these rows of it.
    #[serde(default)]
    pub narrowed: Option<Spanned<RawNarrowed>>,
}

/// One link of a chain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLink {
    /// Its name in findings.
    pub id: Spanned<String>,
    /// In words: "a policy names the role".
    pub title: String,
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Which records count; default: all.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
    /// What ties a record to the chain, at least one.
    #[serde(rename = "match")]
    pub matches: Spanned<Vec<Spanned<RawLinkMatch>>>,
    /// A field whose distinct values carry on, each as a chain of its own.
    #[serde(default)]
    pub yields: Option<RawYields>,
}

/// What ties a record to the chain: give `equals` or `mentions`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLinkMatch {
    /// The record's field.
    pub field: Spanned<String>,
    /// It equals this column of the table, or this name that an earlier link yields.
    #[serde(default)]
    pub equals: Option<Spanned<String>>,
    /// It mentions the value of this column or name, or one of the client's words for it.
    #[serde(default)]
    pub mentions: Option<Spanned<String>>,
    /// Whether the field holds the client's words, which the engagement's terms map.
    #[serde(default)]
    pub terms: bool,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
}

/// A field whose distinct values carry on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawYields {
    /// The field.
    pub field: Spanned<String>,
    /// The name that its values carry.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
}
