//! Without gap: intervals cover a window, or the period, for each expected entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::least;
use super::pairing::{self, DomainEntry, Pairing, Rule, Seen, Told};
use super::span::{self, SpanColumns, Windows};
use crate::calendar::Day;
use crate::evidence::batch::Batch;
use crate::finding::{Places, Position};
use crate::key::Kept;
use crate::why::{Excluded, Why};

mod stretch;

use stretch::{Change, Stretch, pieces};

/// The compiled check.
#[derive(Debug, Clone)]
pub struct WithoutGap {
    /// Which intervals are of which entries.
    pub pairing: Pairing,
    /// The columns that say from when to when.
    pub columns: SpanColumns,
    /// Over which days; `None`: over the windows of each entry's own records.
    pub over: Option<(Day, Day)>,
    /// At least so many at the same time.
    pub at_least: u64,
    /// At most so many at the same time.
    pub at_most: u64,
    /// Shorter stretches than this, in seconds, are borne.
    pub least: i64,
    /// The only clock.
    pub as_of: Day,
}

/// Times are read to the second, so a stretch of one may be none: "to 23:59:59" and "from 00:00:00" leave no gap.
pub const LEAST: i64 = 2;

/// How many of a pair's intervals hold changes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    certain: i64,
    possible: i64,
    /// Where the first record stands that begins or ends then.
    place: Position,
}

/// What was seen of one pair: when intervals begin and end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    #[serde(with = "super::tally::pairs")]
    steps: BTreeMap<i64, Step>,
    records: u64,
    why: Option<Why>,
}

/// What was seen.
pub type State = pairing::State<Met>;

impl Met {
    fn step(&mut self, at: i64, more: Step) {
        let known = self.steps.entry(at).or_insert(Step { certain: 0, possible: 0, place: more.place });
        known.certain += more.certain;
        known.possible += more.possible;
        known.place = known.place.min(more.place);
    }

    /// The days from the first interval that counts to the end of the last; `as_of` where one has not ended.
    fn days(&self, as_of: Day) -> Option<(Day, Day)> {
        let mut certain = self.steps.iter().filter(|(_, step)| step.certain != 0).map(|(at, _)| *at);
        let first = certain.next()?;
        let running = self.steps.values().map(|step| step.certain).sum::<i64>() > 0;
        let last = certain.next_back().filter(|_| !running).map_or(as_of, |end| span::day(end - 1));
        Some((span::day(first), last.min(as_of)))
    }
}

impl pairing::Met for Met {
    /// The first second and the one after the last; `None` where it does not matter when it was.
    type Said = Option<(i64, Option<i64>)>;

    fn meet(&mut self, said: Self::Said, doubt: Option<Why>, place: Position) {
        let Some((from, to)) = said else { return };
        let (certain, possible) = (i64::from(doubt.is_none()), i64::from(doubt.is_some()));
        self.step(from, Step { certain, possible, place });
        if let Some(to) = to {
            self.step(to, Step { certain: -certain, possible: -possible, place });
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
        other.steps.into_iter().for_each(|(at, step)| self.step(at, step));
        self.records += other.records;
        self.why = least(self.why, other.why);
    }
}

/// Changes by records that may name any pair, up to which it is looked at when each is; beyond that it may be any time.
const FEW: usize = 64;

/// What is told of a pair once its times are held against what is asked.
enum Looked {
    Conforms,
    /// The longest stretch with too many.
    TooMany(Stretch),
    /// The longest stretch with too few.
    TooFew(Stretch),
    Open,
}

impl WithoutGap {
    /// What is asked of an entry, as changes; and why more may be asked.
    fn asked(&self, entry: &DomainEntry) -> (Vec<Change>, Option<Why>) {
        let change = |at: i64, asked: [i64; 2]| Change { at, asked, held: [0, 0] };
        if let Some((first, last)) = self.over {
            return (vec![change(span::begin(first), [1, 0]), change(span::begin(last.plus(1)), [-1, 0])], None);
        }
        let Some(Windows { certain, possible, why }) = entry.windows.as_deref() else { return (Vec::new(), None) };
        let certain = certain.iter().map(|(at, by)| change(at, [by, 0]));
        (certain.chain(possible.iter().map(|(at, by)| change(at, [0, by]))).collect(), *why)
    }

    fn look(&self, entry: &DomainEntry, seen: &Seen<'_, Met>) -> Looked {
        let (mut changes, more) = self.asked(entry);
        let held = |at: &i64, step: &Step| Change { at: *at, asked: [0, 0], held: [step.certain, step.possible] };
        changes.extend(seen.met.steps.iter().map(|(at, step)| held(at, step)));
        let whoever = || seen.whoever.into_iter().flatten();
        let any_time = seen.strangers > 0 || whoever().map(|met| met.steps.len()).sum::<usize>() > FEW;
        if !any_time {
            changes.extend(whoever().flat_map(|met| &met.steps).map(|(at, step)| held(at, step)));
        }
        let pieces = pieces(changes);
        let bound = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let (at_least, at_most) = (bound(self.at_least), bound(self.at_most));
        let surely_asked = |asked: [i64; 2]| asked[0] > 0;
        let perhaps_asked = |asked: [i64; 2]| asked[0] > 0 || asked[1] > 0;
        // Where there is nothing for as long as something is asked, that is never short enough to be borne.
        let too_few = |asked: &dyn Fn([i64; 2]) -> bool, held: &dyn Fn([i64; 2]) -> i64| {
            stretch::longest(&pieces, asked, |counts| held(counts) < at_least, |length, whole| whole || length >= self.least)
        };
        let too_many = |asked: &dyn Fn([i64; 2]) -> bool, held: &dyn Fn([i64; 2]) -> i64| {
            stretch::longest(&pieces, asked, |counts| held(counts) > at_most, |length, _| length >= self.least)
        };
        let (certain, all) = (|held: [i64; 2]| held[0], |held: [i64; 2]| held[0] + held[1]);
        let lacking = (!any_time && !seen.incomplete).then(|| too_few(&surely_asked, &all)).flatten();
        if let Some(stretch) = too_many(&surely_asked, &certain) {
            return Looked::TooMany(stretch);
        }
        if let Some(stretch) = lacking {
            return Looked::TooFew(stretch);
        }
        let never_too_many = self.at_most == u64::MAX || (!any_time && too_many(&perhaps_asked, &all).is_none());
        if more.is_none() && never_too_many && too_few(&perhaps_asked, &certain).is_none() { Looked::Conforms } else { Looked::Open }
    }
}

impl Rule for WithoutGap {
    type Met = Met;

    fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    fn said(&self, batch: &Batch<'_>, record: usize, doubt: Option<Why>) -> (Option<(i64, Option<i64>)>, Option<Why>) {
        let span = self.columns.read(self.pairing.dataset, batch, record);
        let matters = self.over.is_none_or(|(first, last)| span.from < span::begin(last.plus(1)) && span.to.is_none_or(|to| to > span::begin(first)));
        (matters.then_some((span.from, span.to)), least(doubt, span.why))
    }

    fn decide(&self, entry: &DomainEntry, seen: &Seen<'_, Met>) -> Told {
        if self.over.is_some_and(|(first, last)| first > last) {
            return Told::LeftOut(Excluded::AfterAsOf);
        }
        match self.look(entry, seen) {
            Looked::Conforms => Told::Conforms,
            Looked::TooMany(_) | Looked::TooFew(_) => Told::Exception,
            Looked::Open => Told::Open(entry.windows.as_ref().and_then(|windows| windows.why)),
        }
    }

    /// The intervals that begin or end next to what is not as it must be. Where there are too many,
    /// the latest began with it, and another holds since earlier or goes on.
    fn places(&self, entry: &DomainEntry, seen: &Seen<'_, Met>) -> Places {
        let (Stretch { from, to }, near) = match self.look(entry, seen) {
            Looked::TooFew(stretch) => (stretch, 1),
            Looked::TooMany(stretch) => (stretch, 2),
            Looked::Conforms | Looked::Open => return Places::default(),
        };
        let steps = &seen.met.steps;
        let before = steps.range(..=from).rev().take(near);
        before.chain(steps.range(to..).take(near)).map(|(_, step)| step.place).collect()
    }

    fn span<'m>(&self, met: impl Iterator<Item = &'m Met>) -> Option<(Day, Day)> {
        let spans = met.filter_map(|met| met.days(self.as_of));
        spans.reduce(|left, right| (left.0.min(right.0), left.1.max(right.1)))
    }
}
