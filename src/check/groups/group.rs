//! What is known of one group beside counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::least;
use crate::key::Kept;
use crate::why::Why;

/// What was seen of one group, but for records of which there is nothing to be noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    /// Records that count for the first check.
    certain: u64,
    /// Records that belong to it, or may. Beyond what the number holds, it stays.
    pub(super) records: u32,
    /// A record surely belongs to it.
    pub(super) exists: bool,
    more: Option<Box<More>>,
}

/// What a group of one check mostly has nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct More {
    /// Records that count for the checks behind the first.
    certain: Vec<u64>,
    seldom: Option<Box<Seldom>>,
}

/// What most groups have nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seldom {
    /// Why a record may not belong to it.
    pub(super) membership: Option<Why>,
    /// Why another key may be the same group.
    pub(super) open: Option<Why>,
    /// By the check's number.
    #[serde(with = "crate::check::tally::pairs")]
    of: BTreeMap<usize, OfCheck>,
}

/// What most groups have nothing of, of one check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfCheck {
    /// Records that may count, and why that cannot be told.
    possible: u64,
    pub(super) why: Option<Why>,
    /// Distinct values.
    #[serde(with = "crate::check::tally::pairs")]
    values: BTreeMap<Vec<u8>, Counted>,
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
        self.records = self.records.saturating_add(other.records);
        match (&mut self.more, other.more) {
            (_, None) => {}
            (Some(more), Some(other)) => more.merge(*other),
            (more, other) => *more = other,
        }
    }
}

impl Group {
    /// Of one record.
    pub(super) fn of_one() -> Self {
        Self { records: 1, ..Self::default() }
    }

    /// Counts a record that surely counts for a check, of so many.
    #[inline]
    pub(super) fn counts(&mut self, check: usize, checks: usize) {
        let Some(behind) = check.checked_sub(1) else {
            self.certain += 1;
            return;
        };
        self.behind(checks)[behind] += 1;
    }

    /// Bytes that a group points to, about.
    pub(super) const BESIDE: usize = size_of::<More>() + size_of::<Seldom>();

    /// The counts of the checks behind the first.
    fn behind(&mut self, checks: usize) -> &mut [u64] {
        let certain = &mut self.more.get_or_insert_default().certain;
        if certain.is_empty() {
            *certain = vec![0; checks - 1];
        }
        certain
    }

    pub(super) fn seldom(&mut self) -> &mut Seldom {
        self.more.get_or_insert_default().seldom.get_or_insert_default()
    }

    pub(super) fn of(&mut self, check: usize) -> &mut OfCheck {
        self.seldom().of.entry(check).or_default()
    }

    fn known(&self) -> Option<&Seldom> {
        self.more.as_ref().and_then(|more| more.seldom.as_deref())
    }

    pub(super) fn membership(&self) -> Option<Why> {
        self.known().and_then(|seldom| seldom.membership)
    }

    pub(super) fn open(&self) -> Option<Why> {
        self.known().and_then(|seldom| seldom.open)
    }

    pub(super) fn identity(&self, check: usize) -> Option<&Vec<String>> {
        self.known().and_then(|seldom| seldom.of.get(&check)).and_then(|of| of.identity.as_ref())
    }

    /// At least and at most so many for a check, and why that may differ.
    pub(super) fn count(&self, check: usize, distinct: bool) -> (u64, u64, Option<Why>) {
        let of = self.known().and_then(|seldom| seldom.of.get(&check));
        if distinct {
            return of.map_or((0, 0, None), OfCheck::distinct);
        }
        let behind = |behind: usize| self.more.as_ref().and_then(|more| more.certain.get(behind)).copied().unwrap_or(0);
        let certain = check.checked_sub(1).map_or(self.certain, behind);
        of.map_or((certain, certain, None), |of| (certain, certain.saturating_add(of.possible), of.why))
    }
}

impl More {
    fn merge(&mut self, other: Self) {
        if self.certain.is_empty() {
            self.certain = other.certain;
        } else {
            self.certain.iter_mut().zip(other.certain).for_each(|(certain, more)| *certain += more);
        }
        match (&mut self.seldom, other.seldom) {
            (_, None) => {}
            (Some(seldom), Some(other)) => seldom.merge(*other),
            (seldom, other) => *seldom = other,
        }
    }
}

impl Seldom {
    fn merge(&mut self, other: Self) {
        self.membership = least(self.membership, other.membership);
        self.open = least(self.open, other.open);
        for (check, of) in other.of {
            self.of.entry(check).or_default().merge(of);
        }
    }
}

impl OfCheck {
    fn merge(&mut self, other: Self) {
        self.possible = self.possible.saturating_add(other.possible);
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
        self.possible = self.possible.saturating_add(1);
        self.why = least(self.why, Some(why));
    }

    /// A list that cannot be told may have any number of values.
    pub(super) fn doubt_list(&mut self, why: Why) {
        self.possible = u64::MAX;
        self.why = least(self.why, Some(why));
    }

    /// Distinct values, at least and at most, and why that may differ.
    fn distinct(&self) -> (u64, u64, Option<Why>) {
        let certain = || self.values.values().filter(|counted| counted.certain);
        let surely_apart = certain().filter(|counted| counted.open.is_none()).count() as u64;
        // Whoever the others are, together they are one at least.
        let low = surely_apart.max(u64::from(certain().next().is_some()));
        let open = self.values.values().filter_map(|counted| counted.open).min();
        (low, (self.values.len() as u64).saturating_add(self.possible), least(self.why, open))
    }
}
