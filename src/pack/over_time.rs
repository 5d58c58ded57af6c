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
