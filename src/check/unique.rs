//! Unique: no two records share a key.
//!
//! The state keeps 64 bits of each key and the record's place. Records whose
//! hashes meet are candidates; the confirm round reads their keys again and
//! compares them exactly, so that no collision makes or hides a finding.
//!
//! A key with a person whom the roster does not tell may be the same as
//! another that differs only in its persons. Such keys are few and kept whole;
//! where there is another, they are undecided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::{KeysOf, has_persons};
use super::{Finish, Fold, KeyColumn, Tally, about, position};
use crate::evidence::batch::Batch;
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

/// What confirm read at each candidate: the exact key and the identity values.
pub type Confirmed = BTreeMap<Position, (Vec<u8>, Vec<String>)>;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    tally: Tally,
    entries: Entries,
    /// Keys that may be the same as others, and why.
    open: KeyTable<Why>,
    /// Keys with persons, by what they agree in besides.
    alike: KeyTable<Alike>,
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

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), entries: Entries::default(), open: KeyTable::new(seed), alike: KeyTable::new(seed) }
    }

    /// A state that has seen nothing, for another worker.
    pub(super) fn share(&self, list_max: usize, seed: u64) -> Self {
        Self { entries: self.entries.share(), ..Self::new(list_max, seed) }
    }

    /// The same, within a part of the memory.
    pub(super) fn within(self, memory: Share) -> Self {
        Self { entries: Entries::within(memory), ..self }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.entries.memory()
    }

    pub(super) fn fold(&mut self, operator: &Unique, batch: &Batch<'_>, fold: &Fold<'_>) {
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        let records = about(operator.filter.as_ref(), batch, fold, &mut self.tally);
        let (tally, records) = (&mut self.tally, records.iter().copied());
        let keys = KeysOf::new(operator.dataset, &operator.key, batch, records, fold.context.identity, |why| tally.undecided(why, 1));
        let hashing = Hashing::new(operator.seed);
        self.entries.extend(keys.keys().iter().zip(&keys.records).map(|(key, record)| (hashing.of(key), position(batch, *record as usize))));
        if has_persons(&operator.key) {
            keys.keys().iter().enumerate().for_each(|(number, key)| self.note(key, keys.open(number)));
        }
    }

    fn note(&mut self, key: &[u8], doubt: Option<Why>) {
        if let Some(rest) = without_persons(key) {
            self.alike.entry(&rest, Alike::default).merge(Alike { least: key.to_vec(), several: false });
        }
        if let Some(why) = doubt {
            let known = self.open.entry(key, || why);
            *known = (*known).min(why);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.alike.merge(other.alike, Alike::default, Alike::merge);
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

    pub(super) fn finish(mut self, finish: &Finish<'_>) -> Tally {
        let mut groups: BTreeMap<&[u8], Vec<Position>> = BTreeMap::new();
        for (position, (key, _)) in finish.confirmed {
            groups.entry(key).or_default().push(*position);
        }
        let mut beyond = 0;
        for positions in groups.values().filter(|positions| positions.len() > 1) {
            let more = positions.len() as u64 - 1;
            beyond += more;
            let mut places = Places::default();
            positions.iter().for_each(|position| places.add(*position));
            // The least spelling, wherever it stands: the name of a file must not change a finding's id.
            let identity = positions.iter().filter_map(|position| finish.confirmed.get(position)).map(|(_, identity)| identity).min();
            self.tally.exception(finish.prefix, identity.cloned().unwrap_or_default(), more, &places);
        }
        let mut unsure = 0;
        for (key, why) in self.open.iter() {
            if without_persons(key).and_then(|rest| self.alike.get(&rest)).is_some_and(|alike| alike.several) {
                self.tally.undecided(*why, 1);
                unsure += 1;
            }
        }
        self.tally.conforms(self.entries.len() as u64 - beyond - unsure);
        self.tally
    }
}
