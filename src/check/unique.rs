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

use super::{Finish, Fold, KeyColumn, Tally, about, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::key::{Compare, KeyTable, encode, hash, without_persons};
use crate::parallel;
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

/// Bits by the beginnings of hashes, several times as many as there are hashes.
struct Bits {
    words: Vec<u64>,
    /// What of a hash does not count.
    rest: u32,
}

impl Bits {
    fn of(hashes: usize) -> Self {
        let bits = hashes.saturating_mul(8).next_power_of_two().max(64);
        Self { words: vec![0; bits / 64], rest: 64 - bits.trailing_zeros() }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = usize::try_from(hash >> self.rest).unwrap_or(usize::MAX);
        (bit / 64, 1 << (bit % 64))
    }

    /// Sets the bit of a hash, and says whether it was set.
    #[inline]
    fn set(&mut self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        let known = self.words[word] & bit != 0;
        self.words[word] |= bit;
        known
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word] & bit != 0
    }
}

/// Builds the key of a record, and says why another key may be the same all
/// the same, where it may; `Err` says why the record has none.
pub fn key_of(
    dataset: u16,
    columns: &[KeyColumn],
    batch: &Batch<'_>,
    record: usize,
    identity: &crate::identity::Identity,
    key: &mut Vec<u8>,
) -> Result<Option<Why>, Why> {
    key.clear();
    let mut doubt = None;
    for KeyColumn { column, compare, .. } in columns {
        match batch.get((*column).into(), record) {
            Value::Bytes(value) => {
                doubt = least(doubt, encode(key, value, *compare, identity.at(batch, record)).doubt(identity, dataset, *column));
            }
            Value::Empty => return Err(Why::KeyEmpty { dataset, column: *column }),
            Value::Absent => return Err(Why::FieldAbsent { dataset, column: *column }),
            Value::Invalid => return Err(Why::Unreadable { dataset, column: *column }),
        }
    }
    Ok(doubt)
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), entries: Entries::default(), open: KeyTable::new(seed), alike: KeyTable::new(seed) }
    }

    pub(super) fn fold(&mut self, operator: &Unique, batch: &Batch<'_>, fold: &Fold<'_>) {
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        let persons = operator.key.iter().any(|part| part.compare == Compare::Person);
        let mut key = Vec::new();
        for record in about(operator.filter.as_ref(), batch, fold, &mut self.tally) {
            match key_of(operator.dataset, &operator.key, batch, record, fold.context.identity, &mut key) {
                Ok(doubt) => {
                    self.entries.push(hash(operator.seed, &key), position(batch, record));
                    if persons {
                        self.note(&key, doubt);
                    }
                }
                Err(why) => self.tally.undecided(why, 1),
            }
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
        // Most hashes meet nobody: a bit for each, by its beginning, tells nearly all of them.
        let mut seen = Bits::of(self.entries.hashes.len());
        let again: Vec<u64> = self.entries.hashes.iter().copied().filter(|hash| seen.set(*hash)).collect();
        if again.is_empty() {
            return Vec::new();
        }
        let mut met = Bits::of(self.entries.hashes.len());
        for hash in again {
            met.set(hash);
        }
        let parts = self.entries.parts(1 << 15);
        let near = parallel::each_owned(parts, |part| part.iter().filter(|(hash, _)| met.has(*hash)).collect::<Vec<_>>());
        let mut near = near.concat();
        near.sort_unstable();
        let same = near.chunk_by(|(left, _), (right, _)| left == right).filter(|same| same.len() > 1).flatten();
        let mut positions: Vec<Position> = same.map(|(_, position)| *position).collect();
        positions.sort_unstable();
        positions
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
        self.tally.conforms(self.entries.hashes.len() as u64 - beyond - unsure);
        self.tally
    }
}
