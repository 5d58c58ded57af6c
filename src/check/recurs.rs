//! Recurs: acts happen at least every so many days, for each expected entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::least;
use super::pairing::{self, DomainEntry, Pairing, Rule, Seen, Told};
use crate::calendar::{Day, Moment};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::key::Kept;
use crate::why::{Excluded, Why};

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Recurs {
    /// Which acts are of which entries.
    pub pairing: Pairing,
    /// The column that says when an act happened.
    pub time: u16,
    /// When they must have happened.
    pub days: Days,
}

/// The days that are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The most days from one act to the next.
    every: i64,
    /// From this day on acts can matter.
    floor: Day,
    /// The first day over which they recur.
    first: Day,
    /// The last one.
    last: Day,
}

impl Days {
    /// Acts recur over the period as far as the as-of date; without a period the last one counts.
    #[must_use]
    pub fn new(every: u32, period: Option<(Day, Day)>, as_of: Day) -> Self {
        let (first, last) = period.map_or((as_of, as_of), |(from, to)| (from, to.min(as_of)));
        let every = i64::from(every);
        Self { every, floor: first.min(last.plus(-every)), first, last }
    }

    /// The longest stretch without an act, of those that are too long; of several the first. `acts` are in order.
    fn without(&self, acts: impl Iterator<Item = Day>) -> Option<(Day, Day)> {
        let length = |from: Day, to: Day| i64::from(to.0) - i64::from(from.0);
        let (mut longest, mut from, mut latest) = (None, self.first, None);
        for act in acts.filter(|act| *act <= self.last) {
            latest = Some(act);
            if act > self.first {
                longest = longer(longest, (from, act));
                from = act;
            }
        }
        longest = longer(longest, (from, self.last));
        // A period may be shorter than what lies between two acts: then there is one before it.
        let due = self.last.plus(-self.every);
        longest.filter(|(from, to)| length(*from, *to) > self.every).or_else(|| latest.is_none_or(|act| act < due).then_some((due, self.last)))
    }
}

fn longer(known: Option<(Day, Day)>, other: (Day, Day)) -> Option<(Day, Day)> {
    let length = |(from, to): (Day, Day)| i64::from(to.0) - i64::from(from.0);
    known.filter(|known| length(*known) >= length(other)).or(Some(other))
}

/// When an act happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// On one of the days that are asked about.
    Within(Day),
    /// Before them.
    Before(Day),
    /// After them.
    After,
    /// Nobody can tell.
    Sometime,
}

/// What was seen of one pair: days, however many acts each has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The days of acts that count, and where the first of each stands.
    #[serde(with = "super::tally::pairs")]
    certain: BTreeMap<Day, Position>,
    /// The days of acts that may not count.
    #[serde(with = "super::tally::pairs")]
    possible: BTreeMap<Day, Position>,
    /// There is an act of which nobody knows when it happened.
    sometime: bool,
    /// The last act before the days that are asked about.
    before: Option<(Day, Position)>,
    /// Acts that are, or may be, of one of those days.
    records: u64,
    why: Option<Why>,
}

/// What was seen.
pub type State = pairing::State<Met>;

/// Notes an act, where it stands first.
fn note(days: &mut BTreeMap<Day, Position>, day: Day, place: Position) {
    days.entry(day).and_modify(|known| *known = place.min(*known)).or_insert(place);
}

/// The later of two acts; of those on one day the one that stands first.
fn later(left: Option<(Day, Position)>, right: Option<(Day, Position)>) -> Option<(Day, Position)> {
    let order = |(day, place): &(Day, Position)| (*day, std::cmp::Reverse(*place));
    [left, right].into_iter().flatten().max_by_key(order)
}

impl pairing::Met for Met {
    type Said = Said;

    fn meet(&mut self, said: Said, doubt: Option<Why>, place: Position) {
        match said {
            Said::After => return,
            Said::Before(day) => {
                self.before = later(self.before, Some((day, place)));
                return;
            }
            Said::Sometime => self.sometime = true,
            Said::Within(day) if doubt.is_some() => note(&mut self.possible, day, place),
            Said::Within(day) => note(&mut self.certain, day, place),
        }
        self.records += 1;
        self.why = least(self.why, doubt);
    }

    fn records(&self) -> u64 {
        self.records
    }

    fn why(&self) -> Option<Why> {
        self.why
    }
}

impl Kept for Met {
    fn merge(&mut self, other: Self) {
        other.certain.into_iter().for_each(|(day, place)| note(&mut self.certain, day, place));
        other.possible.into_iter().for_each(|(day, place)| note(&mut self.possible, day, place));
        self.sometime |= other.sometime;
        self.before = later(self.before, other.before);
        self.records += other.records;
        self.why = least(self.why, other.why);
    }
}

/// All days of acts that are of the pair, or may be, in order.
fn all(seen: &Seen<'_, Met>) -> BTreeMap<Day, Position> {
    let mut days = seen.met.certain.clone();
    for met in seen.whoever.into_iter().flatten().chain([seen.met]) {
        met.possible.iter().for_each(|(day, place)| note(&mut days, *day, *place));
    }
    days
}

impl Rule for Recurs {
    type Met = Met;

    fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    fn said(&self, batch: &Batch<'_>, record: usize, doubt: Option<Why>) -> (Said, Option<Why>) {
        let (dataset, column) = (self.pairing.dataset, self.time);
        let why = match batch.get(column.into(), record) {
            Value::Bytes(value) => match Moment::parse(value) {
                Some(Moment { day, .. }) if day > self.days.last => return (Said::After, doubt),
                Some(Moment { day, .. }) if day < self.days.floor => return (Said::Before(day), doubt),
                Some(Moment { day, .. }) => return (Said::Within(day), doubt),
                None => Why::Unreadable { dataset, column },
            },
            Value::Empty => Why::TimeEmpty { dataset, column },
            Value::Absent => Why::FieldAbsent { dataset, column },
            Value::Invalid => Why::Unreadable { dataset, column },
        };
        (Said::Sometime, least(doubt, Some(why)))
    }

    fn decide(&self, _: &DomainEntry, seen: &Seen<'_, Met>) -> Told {
        let days = &self.days;
        if days.first > days.last {
            return Told::LeftOut(Excluded::AfterAsOf);
        }
        if days.without(seen.met.certain.keys().copied()).is_none() {
            return Told::Conforms;
        }
        let sometime = seen.met.sometime || seen.whoever.iter().flatten().any(|met| met.sometime);
        if sometime || seen.incomplete || seen.strangers > 0 || days.without(all(seen).into_keys()).is_none() {
            return Told::Open(None);
        }
        Told::Exception
    }

    fn span<'m>(&self, met: impl Iterator<Item = &'m Met>) -> Option<(Day, Day)> {
        let ends = |met: &Met| met.certain.first_key_value().map(|(day, _)| *day).zip(met.certain.last_key_value().map(|(day, _)| *day));
        let spans = met.filter_map(ends);
        spans.reduce(|left, right| (left.0.min(right.0), left.1.max(right.1)))
    }

    /// The acts between which it is too long.
    fn places(&self, _: &DomainEntry, seen: &Seen<'_, Met>) -> Places {
        let days = all(seen);
        let Some((from, to)) = self.days.without(days.keys().copied()) else { return Places::default() };
        let last = days.range(..=from).next_back().map(|(day, place)| (*day, *place));
        let next = days.range(to..).next().map(|(_, place)| *place);
        last.or(seen.met.before).map(|(_, place)| place).into_iter().chain(next).collect()
    }
}
