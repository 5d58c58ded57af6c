//! The validated check kinds that look at time.

use super::{CoveredBy, Expected, Lookup};

/// Acts happen at least every so many days.
#[derive(Debug, Clone)]
pub struct Recurs {
    /// The expected entries.
    pub expected: Expected,
    /// For each of these subjects, where given.
    pub subjects: Option<Lookup>,
    /// The acts.
    pub by: CoveredBy,
    /// The field of the acts that says when they happened.
    pub time: String,
    /// The most days from one act to the next.
    pub every_days: u32,
    /// Over the period under audit; else up to the as-of date.
    pub over_period: bool,
}

/// Intervals cover the period, or the window of a record.
#[derive(Debug, Clone)]
pub struct WithoutGap {
    /// The expected entries.
    pub expected: Expected,
    /// For each of these subjects, where given.
    pub subjects: Option<Lookup>,
    /// The fields of the expected dataset that say from when to when it is asked, where not over the period or a day.
    pub window: Option<(String, String)>,
    /// The intervals.
    pub by: CoveredBy,
    /// The field of an interval that says when it begins.
    pub from: String,
    /// The field that says when it ends.
    pub to: String,
    /// At least so many at the same time.
    pub at_least: u64,
    /// At most so many at the same time.
    pub at_most: Option<u64>,
    /// Shorter stretches are borne.
    pub gap_minutes: u32,
    /// Over the period under audit; else on the as-of date. Of no account where there is a window.
    pub over_period: bool,
}
