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

/// What was seen of one pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    certain: u64,
    possible: u64,
    why: Option<Why>,
    places: Places,
}

/// What was seen.
pub type State = pairing::State<Met>;

impl pairing::Met for Met {
    type Said = ();

    #[inline]
    fn meet(&mut self, (): (), doubt: Option<Why>, place: Position) {
        match doubt {
            None => self.certain += 1,
            Some(why) => {
                self.possible += 1;
                self.why = least(self.why, Some(why));
            }
        }
        self.places.add(place);
    }

    #[inline]
    fn records(&self) -> u64 {
        self.certain + self.possible
    }

    fn why(&self) -> Option<Why> {
        self.why
    }
}

impl Kept for Met {
    fn merge(&mut self, other: Self) {
        self.certain += other.certain;
        self.possible += other.possible;
        self.why = least(self.why, other.why);
        self.places.merge(&other.places);
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
        let possible = seen.met.possible + seen.strangers + seen.whoever.iter().flatten().map(|met| met.possible).sum::<u64>();
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
        seen.met.places
    }
}
