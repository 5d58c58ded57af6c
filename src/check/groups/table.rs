//! The groups of one stripe.

use serde::{Deserialize, Serialize};

use super::group::Group;
use crate::key::{CountTable, Counters, Kept as _, KeyTable, Table, TaggedKeys};
use crate::why::Why;

/// Groups by their keys. Of nearly all records nothing is noted but that
/// there is one more, and for which checks it counts: that is counted apart,
/// for there may be millions of groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupTable {
    /// Records of which nothing else is noted; then, for each check, those of them that count for it.
    counts: CountTable,
    /// What the other records say.
    others: KeyTable<Group>,
}

/// What a record tells of its group.
#[derive(Debug)]
pub(super) enum Seen {
    /// It surely belongs to it, and surely counts for the checks of these bits.
    Counts(u64),
    /// Anything else.
    Any(Box<Group>),
}

/// What is known of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'t> {
    counts: Option<Counters<'t>>,
    other: Option<&'t Group>,
}

/// The next part of so many bytes.
fn part<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

/// The next four bytes as a number.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    part(bytes, 4)?.first_chunk().map(|number| u32::from_le_bytes(*number))
}

impl GroupTable {
    /// An empty table for so many checks, whose hashes depend on `seed`.
    pub(super) fn new(checks: usize, seed: u64) -> Self {
        Self { counts: CountTable::new(seed, 1 + checks), others: KeyTable::new(seed) }
    }

    /// Keys and what is known of them, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Known<'_>)> {
        let other = |key: &[u8]| if self.others.is_empty() { None } else { self.others.get(key) };
        let counted = self.counts.iter().map(move |(key, counts)| (key, Known { counts: Some(counts), other: other(key) }));
        let others = self.others.iter().filter(|(key, _)| self.counts.get(key).is_none());
        counted.chain(others.map(|(key, other)| (key, Known { counts: None, other: Some(other) })))
    }
}

impl Table for GroupTable {
    type Seen = Seen;

    fn fresh(&self) -> Self {
        Self { counts: self.counts.fresh(), others: self.others.fresh() }
    }

    fn bytes(&self) -> usize {
        self.counts.bytes() + self.others.bytes() + self.others.len() * Group::BESIDE
    }

    fn see(&mut self, keys: &TaggedKeys, seen: impl Iterator<Item = Seen>) {
        let mut counted = Vec::with_capacity(keys.len());
        for (number, seen) in (0..).zip(seen) {
            match seen {
                Seen::Counts(bits) => counted.push((number, bits)),
                Seen::Any(group) => self.others.entry(keys.key(number as usize), Group::default).merge(*group),
            }
        }
        self.counts.count(keys, &counted);
    }

    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        Table::merge(&mut self.others, other.others);
    }

    /// How many counted keys there are; for each its length, the key, its counters; then the others. Numbers are four bytes, little-endian.
    fn written(&self) -> Option<Vec<u8>> {
        let mut bytes = u32::try_from(self.counts.len()).ok()?.to_le_bytes().to_vec();
        for (key, counts) in self.counts.iter() {
            bytes.extend_from_slice(&u32::try_from(key.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(key);
            (0..self.counts.counters()).for_each(|number| bytes.extend_from_slice(&counts.get(number).to_le_bytes()));
        }
        bytes.extend(self.others.written()?);
        Some(bytes)
    }

    fn take_back(&mut self, mut bytes: &[u8]) -> Option<()> {
        for _ in 0..number(&mut bytes)? {
            let length = number(&mut bytes)?;
            let key = part(&mut bytes, length as usize)?;
            let counters: Option<Vec<u32>> = (0..self.counts.counters()).map(|_| number(&mut bytes)).collect();
            self.counts.add(key, counters?.into_iter());
        }
        self.others.take_back(bytes)
    }
}

impl Known<'_> {
    /// Records that belong to it, or may. Beyond what the number holds, it stays.
    pub(super) fn records(&self) -> u32 {
        self.counts.map_or(0, |counts| counts.get(0)).saturating_add(self.other.map_or(0, |other| other.records))
    }

    /// Why the group may not exist; `None` where a record surely belongs to it.
    pub(super) fn membership(&self) -> Option<Why> {
        self.other.filter(|other| self.counts.is_none() && !other.exists).and_then(Group::membership)
    }

    /// Why another group may be the same.
    pub(super) fn open(&self) -> Option<Why> {
        self.other.and_then(Group::open)
    }

    /// What makes a finding of a check, where the key does not tell it.
    pub(super) fn identity(&self, check: usize) -> Option<&Vec<String>> {
        self.other.and_then(|other| other.identity(check))
    }

    /// At least and at most so many for a check, and why that may differ.
    pub(super) fn count(&self, check: usize, distinct: bool) -> (u64, u64, Option<Why>) {
        let (low, high, why) = self.other.map_or((0, 0, None), |other| other.count(check, distinct));
        let more = self.counts.map_or(0, |counts| u64::from(counts.get(1 + check)));
        // Where values are counted, every record says more than that there is one.
        (low + more, high.saturating_add(more), why)
    }
}
