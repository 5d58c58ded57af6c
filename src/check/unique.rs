//! Unique: no two records share a key.
//!
//! The state keeps most bits of a hash of each key and the record's place. Records whose
//! hashes meet are candidates; the confirm round reads their keys again and
//! compares them exactly, so that no collision makes or hides a finding.
//!
//! A key with a person whom the roster does not tell may be the same as
//! another that differs only in its persons. Such keys are few and kept whole;
//! where there is another, they are undecided.
//!
//! Checks whose keys hold the key of another are decided with it: two records
//! that share the longer key share the shorter one. They keep counts alone,
//! and their candidates are among those of the shorter key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::{Keying, has_persons};
use super::{Finish, Fold, KeyColumn, Marks, Tally, about, position};
use crate::evidence::batch::{Batch, Cell};
use crate::finding::{Places, Position};
use crate::key::memory::Share;
use crate::key::{Hashing, KeyTable, without_persons};
use crate::why::Why;

mod entries;

use self::entries::Entries;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records it is about.
    pub filter: Option<crate::predicate::compiled::Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// What makes a finding.
    pub identity: Vec<u16>,
    /// The plan's seed.
    pub seed: u64,
}

/// What confirm read at each candidate.
pub type Confirmed = BTreeMap<Position, Exact>;

/// A candidate's exact key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// The key.
    pub key: Vec<u8>,
    /// Why another key may be the same.
    pub open: Option<Why>,
    /// The values that make a finding.
    pub identity: Vec<String>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What is so for all checks that share the state.
    common: Tally,
    /// By the check's number among them.
    own: Vec<Own>,
    /// Of the first check's keys.
    entries: Entries,
    /// Keys that may be the same as others, and why.
    open: KeyTable<Why>,
    /// Keys with persons, by what they agree in besides.
    alike: KeyTable<Alike>,
}

/// What is so for one check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Own {
    /// Records that have a key.
    keyed: u64,
    /// Records whose key cannot be told.
    #[serde(with = "super::tally::pairs")]
    without: BTreeMap<Why, u64>,
}

/// Keys that differ in persons alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Alike {
    /// The least of them.
    least: Vec<u8>,
    /// There are others.
    several: bool,
}

impl Alike {
    fn merge(&mut self, other: Self) {
        if self.least.is_empty() {
            *self = other;
            return;
        }
        self.several |= other.several || self.least != other.least;
        self.least = std::mem::take(&mut self.least).min(other.least);
    }
}

/// Whether the check can be decided by what is kept for the leader: it is
/// about the same records, and its key is the leader's, or holds it and that has
/// no person.
#[must_use]
pub fn follows(leader: &Unique, other: &Unique) -> bool {
    let held = |part: &KeyColumn| other.key.contains(part);
    let same_records = leader.dataset == other.dataset && leader.filter == other.filter;
    same_records && (leader.key == other.key || (!has_persons(&leader.key) && leader.key.iter().all(held)))
}

impl Own {
    fn without(&mut self, why: Why, count: u64) {
        *self.without.entry(why).or_default() += count;
    }

    /// Counts which of the records have a key of the operator.
    fn count(&mut self, operator: &Unique, batch: &Batch<'_>, records: &[u32], marks: &Marks) {
        let dataset = operator.dataset;
        let gaps: Vec<(u16, &[Cell])> = (operator.key.iter().map(|part| part.column))
            .filter(|column| !marks.all_valued(batch, *column))
            .map(|column| (column, batch.column(column.into())))
            .collect();
        if gaps.is_empty() {
            self.keyed += records.len() as u64;
            return;
        }
        for record in records {
            let why = gaps.iter().find_map(|(column, cells)| match cells[*record as usize] {
                Cell::Empty => Some(Why::KeyEmpty { dataset, column: *column }),
                Cell::Absent => Some(Why::FieldAbsent { dataset, column: *column }),
                Cell::Invalid => Some(Why::Unreadable { dataset, column: *column }),
                Cell::Block { .. } | Cell::Side { .. } => None,
            });
            match why {
                Some(why) => self.without(why, 1),
                None => self.keyed += 1,
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.keyed += other.keyed;
        for (why, count) in other.without {
            self.without(why, count);
        }
    }
}

impl State {
    /// The identity of merge, for so many checks.
    #[must_use]
    pub fn new(checks: usize, list_max: usize, seed: u64) -> Self {
        let own = vec![Own::default(); checks];
        Self { common: Tally::new(list_max), own, entries: Entries::default(), open: KeyTable::new(seed), alike: KeyTable::new(seed) }
    }

    /// A state that has seen nothing, for another worker.
    pub(super) fn share(&self, list_max: usize, seed: u64) -> Self {
        Self { entries: self.entries.share(), ..Self::new(self.own.len(), list_max, seed) }
    }

    /// The same, within a part of the memory.
    pub(super) fn within(self, memory: Share) -> Self {
        Self { entries: Entries::within(memory), ..self }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.entries.memory()
    }

    pub(super) fn fold<'o>(&mut self, mut operators: impl Iterator<Item = &'o Unique>, batch: &Batch<'_>, fold: &Fold<'_>) {
        let (Some(leader), Some((first, others))) = (operators.next(), self.own.split_first_mut()) else { return };
        for rejection in batch.rejections() {
            self.common.undecided(Why::Rejected { dataset: leader.dataset, reason: rejection.reason }, 1);
        }
        let records = about(leader.filter.as_ref(), batch, fold, &mut self.common);
        let keying = Keying { dataset: leader.dataset, columns: &leader.key, batch, identity: fold.context.identity };
        let keys = keying.keys(records.iter().copied(), |why| first.without(why, 1));
        first.keyed += keys.records.len() as u64;
        others.iter_mut().zip(operators).for_each(|(own, operator)| own.count(operator, batch, &records, fold.marks));
        let hashing = Hashing::new(leader.seed);
        self.entries.extend(keys.keys().iter().zip(&keys.records).map(|(key, record)| (hashing.of(key), position(batch, *record as usize))));
        if has_persons(&leader.key) {
            keys.keys().iter().enumerate().for_each(|(number, key)| self.note(key, keys.open(number)));
        }
    }

    fn note(&mut self, key: &[u8], doubt: Option<Why>) {
        note(&mut self.alike, &mut self.open, key, doubt);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.common.merge(other.common);
        self.own.iter_mut().zip(other.own).for_each(|(own, more)| own.merge(more));
        self.alike.merge(other.alike, Alike::merge);
        for (key, why) in other.open.iter() {
            let known = self.open.entry(key, || *why);
            *known = (*known).min(*why);
        }
        self.entries.append(other.entries);
    }

    /// The places of the records whose hashes meet, in order.
    pub(super) fn candidates(&self) -> Vec<Position> {
        self.entries.meeting()
    }

    /// Decides each check.
    pub(super) fn finish<'o>(self, operators: impl Iterator<Item = &'o Unique>, finishes: &[Finish<'_>]) -> Vec<Tally> {
        let mut leading = None;
        let each = operators.zip(finishes).zip(&self.own);
        each.map(|((operator, finish), own)| self.decide(operator.key == **leading.get_or_insert(&operator.key), own, finish)).collect()
    }

    /// Decides a check, whose key is the leader's or holds it.
    fn decide(&self, is_leaders: bool, own: &Own, finish: &Finish<'_>) -> Tally {
        let mut tally = self.common.clone();
        own.without.iter().for_each(|(why, count)| tally.undecided(*why, *count));
        let mut groups: BTreeMap<&[u8], Vec<Position>> = BTreeMap::new();
        for (position, exact) in finish.confirmed {
            groups.entry(&exact.key).or_default().push(*position);
        }
        let mut beyond = 0;
        for positions in groups.values().filter(|positions| positions.len() > 1) {
            let more = positions.len() as u64 - 1;
            beyond += more;
            let mut places = Places::default();
            positions.iter().for_each(|position| places.add(*position));
            // The least spelling, wherever it stands: the name of a file must not change a finding's id.
            let identity = positions.iter().filter_map(|position| finish.confirmed.get(position)).map(|exact| &exact.identity).min();
            tally.exception(finish.prefix, identity.map_or(&[], Vec::as_slice), more, &places);
        }
        let unsure = if is_leaders { unsure(&self.alike, &self.open, &mut tally) } else { unsure_of(finish, &mut tally) };
        tally.conforms(own.keyed - beyond - unsure);
        tally
    }
}

fn note(alike: &mut KeyTable<Alike>, open: &mut KeyTable<Why>, key: &[u8], doubt: Option<Why>) {
    if let Some(rest) = without_persons(key) {
        alike.entry(&rest, Alike::default).merge(Alike { least: key.to_vec(), several: false });
    }
    if let Some(why) = doubt {
        let known = open.entry(key, || why);
        *known = (*known).min(why);
    }
}

/// Counts the keys that may be the same as others.
fn unsure(alike: &KeyTable<Alike>, open: &KeyTable<Why>, tally: &mut Tally) -> u64 {
    let mut unsure = 0;
    for (key, why) in open.iter() {
        if without_persons(key).and_then(|rest| alike.get(&rest)).is_some_and(|alike| alike.several) {
            tally.undecided(*why, 1);
            unsure += 1;
        }
    }
    unsure
}

/// The same, of a check that follows another: keys that agree in all but
/// persons agree in the leader's key, so that all of them were read again.
fn unsure_of(finish: &Finish<'_>, tally: &mut Tally) -> u64 {
    let (mut alike, mut open) = (KeyTable::new(finish.seed), KeyTable::new(finish.seed));
    finish.confirmed.values().for_each(|exact| note(&mut alike, &mut open, &exact.key, exact.open));
    unsure(&alike, &open, tally)
}
