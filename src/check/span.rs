//! Spans of time, as two fields of a record give them.
//!
//! Moments are seconds since 1970 in UTC; a span reaches from the first of
//! its seconds up to the one after its last. A date without a time is the
//! first moment of its day where something begins, and the last where it ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::least;
use crate::calendar::{Day, Moment};
use crate::evidence::batch::{Batch, Value};
use crate::why::Why;

/// The columns that say when something began and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanColumns {
    /// When it began.
    pub from: u16,
    /// When it ended; empty: it has not.
    pub to: u16,
}

/// What a record says of when something was; where that is not known, the most that it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first second.
    pub from: i64,
    /// The second after its last; `None` where it has not ended.
    pub to: Option<i64>,
    /// Why it may be otherwise.
    pub why: Option<Why>,
}

/// Before every moment.
const EVER: i64 = i64::MIN;

/// The first second of a day.
#[must_use]
pub const fn begin(day: Day) -> i64 {
    day.0 as i64 * 86_400
}

/// The day of a second.
#[must_use]
pub fn day(second: i64) -> Day {
    Day(0).plus(second.div_euclid(86_400))
}

impl SpanColumns {
    /// Reads a record of a dataset.
    #[must_use]
    pub fn read(self, dataset: u16, batch: &Batch<'_>, record: usize) -> Span {
        let moment = |column: u16| match batch.get(column.into(), record) {
            Value::Bytes(value) => Moment::parse(value).map(Some).ok_or(Why::Unreadable { dataset, column }),
            Value::Empty => Ok(None),
            Value::Absent => Err(Why::FieldAbsent { dataset, column }),
            Value::Invalid => Err(Why::Unreadable { dataset, column }),
        };
        let from = moment(self.from).and_then(|moment| moment.ok_or(Why::TimeEmpty { dataset, column: self.from }));
        let to = moment(self.to);
        let start = |moment: Moment| begin(moment.day) + moment.second.map_or(0, i64::from);
        let end = |moment: Moment| moment.second.map_or_else(|| begin(moment.day.plus(1)), |_| start(moment));
        match (from, to) {
            (Ok(from), Ok(None)) => Span { from: start(from), to: None, why: None },
            (Ok(from), Ok(Some(to))) => {
                let (first, end) = (start(from), end(to));
                if end < first || (end == first && to.second.is_none()) {
                    return Span { from: EVER, to: None, why: Some(Why::TimesReversed { dataset, column: self.to }) };
                }
                // What begins and ends in one second is not nothing.
                Span { from: first, to: Some(end.max(first + 1)), why: None }
            }
            (Ok(from), Err(why)) => Span { from: start(from), to: None, why: Some(why) },
            (Err(why), Ok(to)) => Span { from: EVER, to: to.map(end), why: Some(why) },
            (Err(why), Err(other)) => Span { from: EVER, to: None, why: least(Some(why), Some(other)) },
        }
    }
}

/// How many spans hold at a time: by the second at which that changes, by how much.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes(#[serde(with = "super::tally::pairs")] BTreeMap<i64, i64>);

impl Changes {
    fn change(&mut self, at: i64, by: i64) {
        let known = self.0.entry(at).or_default();
        *known += by;
        if *known == 0 {
            self.0.remove(&at);
        }
    }

    /// Adds a span.
    pub fn add(&mut self, from: i64, to: i64) {
        self.change(from, 1);
        self.change(to, -1);
    }

    /// Takes in others.
    pub fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(at, by)| self.change(at, by));
    }

    /// The seconds at which it changes, and by how much.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().map(|(at, by)| (*at, *by))
    }
}

/// The windows of an expected entry, of all records that make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// Of records that surely make it.
    pub certain: Changes,
    /// Of records that may.
    pub possible: Changes,
    /// Why there may be others.
    pub why: Option<Why>,
}

impl Windows {
    /// The window of one record, cut at `end`, of which the record's own condition may be in doubt;
    /// `None` where it only begins then.
    #[must_use]
    pub fn of(span: Span, doubtful: bool, end: i64) -> Option<Self> {
        let mut windows = Self { why: span.why, ..Self::default() };
        if span.why.is_none() {
            if span.from >= end {
                return None;
            }
            let changes = if doubtful { &mut windows.possible } else { &mut windows.certain };
            changes.add(span.from, span.to.unwrap_or(end).min(end));
        }
        Some(windows)
    }

    /// Takes in those of other records.
    pub fn merge(&mut self, other: Self) {
        self.certain.merge(other.certain);
        self.possible.merge(other.possible);
        self.why = least(self.why, other.why);
    }
}
