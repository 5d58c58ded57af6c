//! What is known of one group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::least;
use crate::finding::Places;
use crate::key::Kept;
use crate::why::Why;

/// What was seen of one group. There may be millions: what few have is kept apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    /// Records that count.
    pub(super) certain: u64,
    pub(super) places: Places,
    /// A record surely belongs to it.
    pub(super) exists: bool,
    pub(super) more: Option<Box<More>>,
}

/// What most groups have nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct More {
    /// Why a record may not belong to it.
    pub(super) membership: Option<Why>,
    /// Why another key may be the same group.
    pub(super) open: Option<Why>,
    /// Records that may count, and why that cannot be told.
    pub(super) possible: u64,
    pub(super) why: Option<Why>,
    /// Distinct values.
    #[serde(with = "crate::check::tally::pairs")]
    pub(super) values: BTreeMap<Vec<u8>, Counted>,
    /// The least spelling: the name of a file must not change a finding's id.
    pub(super) identity: Option<Vec<String>>,
}

/// How a distinct value counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    /// A record with it surely counts.
    pub(super) certain: bool,
    /// Why another value may be the same.
    pub(super) open: Option<Why>,
}

impl Kept for Group {
    fn merge(&mut self, other: Self) {
        self.exists |= other.exists;
        self.certain += other.certain;
        self.places.merge(&other.places);
        match (&mut self.more, other.more) {
            (_, None) => {}
            (Some(more), Some(other)) => more.merge(*other),
            (more, other) => *more = other,
        }
    }
}

impl Group {
    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn open(&self) -> Option<Why> {
        self.more.as_ref().and_then(|more| more.open)
    }

    /// At least and at most so many, and why that may differ.
    pub(super) fn count(&self, distinct: bool) -> (u64, u64, Option<Why>) {
        let Some(more) = &self.more else { return (self.certain, self.certain, None) };
        if !distinct {
            return (self.certain, self.certain + more.possible, more.why);
        }
        let certain = || more.values.values().filter(|counted| counted.certain);
        let surely_apart = certain().filter(|counted| counted.open.is_none()).count() as u64;
        // Whoever the others are, together they are one at least.
        let low = surely_apart.max(u64::from(certain().next().is_some()));
        let open = more.values.values().filter_map(|counted| counted.open).min();
        (low, more.values.len() as u64 + more.possible, least(more.why, open))
    }
}

impl More {
    pub(super) fn merge(&mut self, other: Self) {
        self.membership = least(self.membership, other.membership);
        self.open = least(self.open, other.open);
        self.possible += other.possible;
        self.why = least(self.why, other.why);
        for (value, counted) in other.values {
            self.value(value, counted);
        }
        self.name(other.identity);
    }

    pub(super) fn name(&mut self, identity: Option<Vec<String>>) {
        self.identity = [self.identity.take(), identity].into_iter().flatten().min();
    }

    pub(super) fn value(&mut self, value: Vec<u8>, more: Counted) {
        let known = self.values.entry(value).or_default();
        known.certain |= more.certain;
        known.open = least(known.open, more.open);
    }

    pub(super) fn doubt(&mut self, why: Why) {
        self.possible += 1;
        self.why = least(self.why, Some(why));
    }
}
