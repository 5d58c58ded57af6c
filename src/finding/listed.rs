//! The findings of a check that are listed: those with the lowest ids.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::{FindingId, IdPrefix, Places};

/// The exceptions that share one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The identity values, as exported.
    pub identity: Vec<String>,
    /// How many units.
    pub count: u64,
    /// Where.
    pub places: Places,
}

/// The findings with the lowest ids. Which they are does not depend on the
/// order of arrival: whoever is among the lowest of all is among the lowest
/// of every part, so nothing that is cut early could have come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    limit: usize,
    found: BTreeMap<FindingId, Occurrence>,
    cut: bool,
}

/// The lowest ids of many, each with what its finding can be made of: what is
/// not listed in the end costs no more than its id.
#[derive(Debug)]
pub(crate) struct Lowest<T> {
    limit: usize,
    all: Vec<(FindingId, T)>,
    /// How many there may be before those that are too many are cut.
    room: usize,
    /// The last id that is low enough, once there are enough.
    last: Option<FindingId>,
    cut: bool,
}

impl<T: Ord> Lowest<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, all: Vec::new(), room: 0, last: None, cut: false }
    }

    /// Adds an id. One may come several times.
    pub(crate) fn add(&mut self, id: FindingId, what: T) {
        self.add_with(id, || what);
    }

    /// What all of them are made of, more than are listed perhaps.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|(_, what)| what)
    }

    /// As [`Self::add`], where it costs something to say what it is made of.
    pub(crate) fn add_with(&mut self, id: FindingId, what: impl FnOnce() -> T) {
        if self.last.is_some_and(|last| last < id) {
            self.cut = true;
            return;
        }
        if self.all.len() >= self.room.max(self.limit.saturating_mul(2)) {
            self.shorten();
        }
        self.all.push((id, what()));
    }

    /// Takes in others of the same limit.
    pub(crate) fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        other.all.into_iter().for_each(|(id, what)| self.add(id, what));
    }

    fn shorten(&mut self) {
        self.all.sort_unstable();
        let (mut ids, mut length) = (0, 0);
        for same in self.all.chunk_by(|(left, _), (right, _)| left == right) {
            if ids == self.limit {
                self.cut = true;
                break;
            }
            (ids, length) = (ids + 1, length + same.len());
        }
        self.all.truncate(length);
        if ids == self.limit {
            self.last = self.all.last().map(|(id, _)| *id);
        }
        // Of one id there may be many: they are not looked through again for each that comes.
        self.room = length.saturating_mul(2);
    }
}

impl Occurrence {
    fn merge(&mut self, count: u64, places: &Places, identity: impl FnOnce() -> Vec<String>) {
        self.count += count;
        // The spelling at the lowest place is the one that is shown.
        if places.as_slice().first() < self.places.as_slice().first() {
            self.identity = identity();
        }
        self.places.merge(places);
    }
}

impl Listed {
    /// A list of at most `limit` findings.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, found: BTreeMap::new(), cut: false }
    }

    /// Adds exceptions with one identity.
    pub fn add(&mut self, prefix: &IdPrefix, identity: &[impl AsRef<str>], count: u64, places: &Places) {
        let owned = || identity.iter().map(|value| value.as_ref().to_owned()).collect();
        self.take(FindingId::of(prefix, identity), count, places, owned);
    }

    fn take(&mut self, id: FindingId, count: u64, places: &Places, identity: impl FnOnce() -> Vec<String>) {
        // What is beyond a full list costs no more than its id.
        if self.found.len() >= self.limit && self.found.last_key_value().is_none_or(|(last, _)| *last < id) {
            self.cut = true;
            return;
        }
        match self.found.entry(id) {
            Entry::Occupied(mut known) => known.get_mut().merge(count, places, identity),
            Entry::Vacant(free) => {
                free.insert(Occurrence { identity: identity(), count, places: *places });
                self.shorten();
            }
        }
    }

    /// Adds exceptions that were told apart by their ids; `make` gives the identity and the places of one.
    pub(crate) fn add_lowest<T: Ord>(&mut self, mut lowest: Lowest<T>, make: impl Fn(&T) -> (Vec<String>, Places)) {
        lowest.shorten();
        self.cut |= lowest.cut;
        for (id, what) in &lowest.all {
            let (identity, places) = make(what);
            self.take(*id, 1, &places, || identity);
        }
    }

    fn shorten(&mut self) {
        if self.found.len() > self.limit {
            self.cut = true;
            self.found.pop_last();
        }
    }

    /// Takes in another list of the same limit.
    pub fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        if other.found.len() < self.found.len() / 8 {
            for (id, Occurrence { identity, count, places }) in other.found {
                self.take(id, count, &places, || identity);
            }
            return;
        }
        // Two long lists are walked side by side.
        let mut all: Vec<(FindingId, Occurrence)> = Vec::with_capacity(self.limit.min(self.found.len() + other.found.len()));
        let mut more = other.found.into_iter().peekable();
        for (id, mut occurrence) in std::mem::take(&mut self.found) {
            all.extend(std::iter::from_fn(|| more.next_if(|(other, _)| *other < id)));
            if let Some((_, Occurrence { identity, count, places })) = more.next_if(|(other, _)| *other == id) {
                occurrence.merge(count, &places, || identity);
            }
            all.push((id, occurrence));
        }
        all.extend(more);
        self.cut |= all.len() > self.limit;
        all.truncate(self.limit);
        self.found = all.into_iter().collect();
    }

    /// The findings, lowest id first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Occurrence)> {
        self.found.iter().map(|(id, occurrence)| (id.as_str(), occurrence))
    }

    /// The last listed id, where the list was cut.
    #[must_use]
    pub fn through(&self) -> Option<&str> {
        if self.cut { self.found.last_key_value().map(|(id, _)| id.as_str()) } else { None }
    }

    /// The number of findings listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether none is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Position;

    #[test]
    fn the_lowest_of_many_ids_are_those_that_a_list_keeps() {
        let prefix = IdPrefix::new("", "c", "k");
        let identity = |number: u32| vec![format!("s{}", number * 7 % 300)];
        let place = |record: u32| Places::one(Position { table: 0, block: 0, record });
        for (limit, count) in [(10, 2000), (10, 9), (300, 2000), (299, 600), (0, 5)] {
            let (mut wanted, mut parts) = (Listed::new(limit), [(); 3].map(|()| Lowest::new(limit)));
            for number in 0..count {
                wanted.add(&prefix, &identity(number), 1, &place(number));
                parts[number as usize % 3].add(FindingId::of(&prefix, &identity(number)), number);
            }
            let [mut lowest, second, third] = parts;
            lowest.merge(third);
            lowest.merge(second);
            let mut listed = Listed::new(limit);
            listed.add_lowest(lowest, |number| (identity(*number), place(*number)));
            assert_eq!(listed, wanted, "{limit} of {count}");
        }
    }

    #[test]
    fn the_lowest_findings_are_the_same_however_they_arrive() {
        let prefix = IdPrefix::new("", "c", "k");
        let place = |record| Places::one(Position { table: 0, block: 0, record });
        let mut whole = Listed::new(10);
        let (mut left, mut right) = (Listed::new(10), Listed::new(10));
        for number in 0..200_u32 {
            let identity = vec![format!("s{}", number % 50)];
            whole.add(&prefix, &identity, 1, &place(number));
            if number % 3 == 0 { &mut left } else { &mut right }.add(&prefix, &identity, 1, &place(number));
        }
        right.merge(left);
        assert_eq!(whole, right);
        assert_eq!(whole.len(), 10);
        assert!(whole.iter().all(|(_, occurrence)| occurrence.count == 4));
    }
}
