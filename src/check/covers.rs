//! Covers: every entry of an expected list is met, also for each subject.

use serde::{Deserialize, Serialize};

use super::least;
use super::pairing::{self, DomainEntry, Pairing, Rule, Seen, Told};
use crate::evidence::batch::Batch;
use crate::finding::{Places, Position};
use crate::key::Kept;
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Covers {
    /// Which records meet which entries.
    pub pairing: Pairing,
    /// At least.
    pub at_least: u64,
    /// At most.
    pub at_most: u64,
}

/// What was seen of one pair. There is one for each pair: what few have lies apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    certain: u64,
    /// Where the one record stands that is all there is, and counts.
    only: Option<Position>,
    more: Option<Box<More>>,
}

/// What is kept of a pair that several records name, or one that may not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct More {
    possible: u64,
    why: Option<Why>,
    places: Places,
}

impl Met {
    fn more(&mut self) -> &mut More {
        let only = &mut self.only;
        self.more.get_or_insert_with(|| Box::new(More { places: only.take().into_iter().collect(), ..More::default() }))
    }

    const fn is_nothing(&self) -> bool {
        self.certain == 0 && self.more.is_none()
    }

    fn possible(&self) -> u64 {
        self.more.as_ref().map_or(0, |more| more.possible)
    }

    fn places(&self) -> Places {
        self.more.as_ref().map_or_else(|| self.only.into_iter().collect(), |more| more.places)
    }
}

/// What was seen.
pub type State = pairing::State<Met>;

impl pairing::Met for Met {
    type Said = ();

    #[inline]
    fn meet(&mut self, (): (), doubt: Option<Why>, place: Position) {
        if self.is_nothing() && doubt.is_none() {
            (self.certain, self.only) = (1, Some(place));
            return;
        }
        let more = self.more();
        more.places.add(place);
        if let Some(why) = doubt {
            more.possible += 1;
            more.why = least(more.why, Some(why));
        } else {
            self.certain += 1;
        }
    }

    #[inline]
    fn records(&self) -> u64 {
        self.certain + self.possible()
    }

    fn why(&self) -> Option<Why> {
        self.more.as_ref()?.why
    }
}

impl Kept for Met {
    fn merge(&mut self, other: Self) {
        if other.is_nothing() {
            return;
        }
        if self.is_nothing() {
            *self = other;
            return;
        }
        self.certain += other.certain;
        let more = self.more();
        more.places.merge(&other.places());
        if let Some(other) = other.more {
            more.possible += other.possible;
            more.why = least(more.why, other.why);
        }
    }
}

impl Rule for Covers {
    type Met = Met;

    #[inline]
    fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    #[inline]
    fn said(&self, _: &Batch<'_>, _: usize, doubt: Option<Why>) -> ((), Option<Why>) {
        ((), doubt)
    }

    #[inline]
    fn decide(&self, _: &DomainEntry, seen: &Seen<'_, Met>) -> Told {
        let certain = seen.met.certain;
        let possible = seen.met.possible() + seen.strangers + seen.whoever.iter().flatten().map(|met| met.possible()).sum::<u64>();
        let too_many = certain > self.at_most;
        let too_few = certain + possible < self.at_least;
        if too_many || (too_few && !seen.incomplete) {
            Told::Exception
        } else if certain >= self.at_least && certain + possible <= self.at_most {
            Told::Conforms
        } else {
            Told::Open(None)
        }
    }

    fn places(&self, _: &DomainEntry, seen: &Seen<'_, Met>) -> Places {
        seen.met.places()
    }
}
