//! The check kinds that look at time, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Amount, RawExpected, RawLookup, RawPredicate};
use crate::yaml::Spanned;

/// Acts happen at least every so many days, for every expected entry. With
/// `mode: period` over the whole period under audit, its first and last day
/// included; else an act lies within so many days up to the as-of date.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRecurs {
    /// The expected entries: `table` and `column`, `dataset` and `key` (and `where`), or `list`.
    pub expected: Spanned<RawExpected>,
    /// For each of these subjects.
    #[serde(default)]
    pub subjects: Option<Spanned<RawLookup>>,
    /// The acts.
    pub by: Spanned<RawActs>,
    /// The most days from one act to the next, at least 1.
    pub every_days: Spanned<Amount>,
}

/// Dated acts that name expected entries.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawActs {
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
    /// The field that says when it happened: a date.
    pub time: Spanned<String>,
}
