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

/// Intervals cover the window of a record, or the period: at no moment of it
/// there are fewer than `at_least` of them, or more than `at_most`. Times are
/// read to the second, so one second is always borne.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWithoutGap {
    /// The expected entries: `table` and `column`, `dataset` and `key` (and `where`), or `list`.
    pub expected: Spanned<RawExpected>,
    /// For each of these subjects.
    #[serde(default)]
    pub subjects: Option<Spanned<RawLookup>>,
    /// From when to when an expected record asks for it: fields of the expected dataset. Without a
    /// window it is asked over the period with `mode: period`, else over the as-of day.
    #[serde(default)]
    pub window: Option<Spanned<RawWindow>>,
    /// The intervals.
    pub by: Spanned<RawIntervals>,
    /// At least so many at the same time; default: 1.
    #[serde(default)]
    pub at_least: Option<Spanned<Amount>>,
    /// At most so many at the same time; default: any number.
    #[serde(default)]
    pub at_most: Option<Spanned<Amount>>,
    /// Shorter stretches with too few or too many are borne, in minutes; default: 0. A window, or a
    /// period, that no interval covers at all is never borne.
    #[serde(default)]
    pub gap_minutes: Option<Spanned<Amount>>,
}

/// From when to when. A date without a time is its first moment in `from`, its last in `to`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindow {
    /// The field that says when it begins.
    pub from: Spanned<String>,
    /// The field that says when it ends; empty: with the as-of day.
    pub to: Spanned<String>,
}

/// Intervals that name expected entries.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIntervals {
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
    /// The field that says when it begins.
    pub from: Spanned<String>,
    /// The field that says when it ends; empty: it has not.
    pub to: Spanned<String>,
}
