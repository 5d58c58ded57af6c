//! Held apart: nobody is on both sides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::{Keying, has_persons};
use super::{Finish, Fold, KeyColumn, Tally, identity_of, least, position};
use crate::evidence::batch::Batch;
use crate::finding::Places;
use crate::key::memory::Share;
use crate::key::{Kept, KeyTable, Striped, without_persons};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check; feed 0 is the left side, feed 1 the right.
#[derive(Debug, Clone)]
pub struct Apart {
    /// Both sides.
    pub sides: [Side; 2],
    /// What makes a finding, of the left side's columns.
    pub identity: Vec<u16>,
}

/// One side.
#[derive(Debug, Clone)]
pub struct Side {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// The subject, then the fields that must be equal.
    pub key: Vec<KeyColumn>,
}

/// What was seen of one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    certain: [bool; 2],
    doubt: [Option<Why>; 2],
    /// Why another key may be the same subject.
    open: Option<Why>,
    places: Places,
    /// The least spelling that surely is on the left: the name of a file must not change a finding's id.
    identity: Option<Vec<String>>,
}

impl Held {
    /// Whether it is on a side, surely or perhaps.
    const fn on(&self, side: usize) -> bool {
        self.certain[side] || self.doubt[side].is_some()
    }

    fn name(&mut self, identity: Option<Vec<String>>) {
        self.identity = [self.identity.take(), identity].into_iter().flatten().min();
    }
}

impl Kept for Held {
    fn merge(&mut self, other: Self) {
        for side in 0..2 {
            self.certain[side] |= other.certain[side];
            self.doubt[side] = least(self.doubt[side], other.doubt[side]);
        }
        self.open = least(self.open, other.open);
        self.name(other.identity);
        self.places.merge(&other.places);
    }
}

/// Subjects whose keys differ in persons alone: those on one side.
#[derive(Debug, Clone, Copy, Default)]
struct Alike {
    any: bool,
    /// Why one of them may be another subject.
    open: Option<Why>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    held: Striped<KeyTable<Held>>,
    #[serde(with = "super::tally::pairs")]
    undecided: BTreeMap<Why, u64>,
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { held: Striped::new(seed, &KeyTable::new(seed)), undecided: BTreeMap::new() }
    }

    pub(super) fn fold(&mut self, operator: &Apart, feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        let side = usize::from(feed.min(1));
        let Side { dataset, filter: condition, key: columns } = &operator.sides[side];
        // Where both sides read one dataset, its rejected records are counted with the left one.
        if side == 0 || operator.sides[0].dataset != *dataset {
            for rejection in batch.rejections() {
                self.undecided(Why::Rejected { dataset: *dataset, reason: rejection.reason });
            }
        }
        let all = fold.marks.others();
        let counts = condition.as_ref().map(|condition| condition.decide_all(batch, all, &fold.context, &fold.marks.memo));
        let members: Vec<(u32, Verdict)> = match &counts {
            None => all.iter().map(|record| (*record, Verdict::True)).collect(),
            Some(counts) => all.iter().copied().zip(counts.iter()).filter(|(_, counts)| *counts != Verdict::False).collect(),
        };
        let records = members.iter().map(|(record, _)| *record);
        let keying = Keying { dataset: *dataset, columns, batch, identity: fold.context.identity };
        let keys = keying.keys_of_parts(records, |why| self.undecided(why));
        // The members that have a key, in the order of the keys.
        let mut with_key = keys.records.iter().peekable();
        let members: Vec<_> = members.into_iter().filter(|(record, _)| with_key.next_if_eq(&record).is_some()).collect();
        self.held.see(&keys.keys(), operator.has_persons(), |number| {
            let mut held = Held::default();
            let (record, counts) = members[number];
            match counts {
                Verdict::Unknown(why) => held.doubt[side] = least(held.doubt[side], Some(why)),
                Verdict::True | Verdict::False => {
                    held.certain[side] = true;
                    if side == 0 {
                        held.name(Some(identity_of(batch, record as usize, &operator.identity)));
                    }
                }
            }
            held.open = least(held.open, keys.open(number));
            held.places.add(position(batch, record as usize));
            held
        });
    }

    /// A state that has seen nothing, within a part of the memory.
    pub(super) fn within(seed: u64, memory: Share) -> Self {
        Self { held: Striped::within(seed, &KeyTable::new(seed), memory), undecided: BTreeMap::new() }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.held.memory()
    }

    /// A state that has seen nothing, and fills the same subjects.
    pub(super) fn share(&self) -> Self {
        Self { held: self.held.share(), undecided: BTreeMap::new() }
    }

    fn undecided(&mut self, why: Why) {
        *self.undecided.entry(why).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.held.merge(other.held);
        for (why, count) in other.undecided {
            *self.undecided.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Apart, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.undecided {
            tally.undecided(*why, *count);
        }
        for part in self.held.into_each(|held| operator.decide(held, finish)) {
            tally.merge(part);
        }
        tally
    }
}

impl Apart {
    fn has_persons(&self) -> bool {
        self.sides.iter().any(|side| has_persons(&side.key))
    }

    /// Who is on each side, by what keys agree in besides persons.
    fn alike(all: &KeyTable<Held>, seed: u64) -> KeyTable<[Alike; 2]> {
        let mut alike = KeyTable::new(seed);
        for (key, held) in all.iter() {
            let Some(rest) = without_persons(key) else { continue };
            let sides: &mut [Alike; 2] = alike.entry(&rest, Default::default);
            for side in (0..2).filter(|side| held.on(*side)) {
                sides[side].any = true;
                sides[side].open = least(sides[side].open, held.open);
            }
        }
        alike
    }

    /// Decides subjects, among which are all that may be the same as one of them.
    fn decide(&self, all: &KeyTable<Held>, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        let alike = Self::alike(all, finish.seed);
        for (key, held) in all.iter() {
            if held.certain == [true, true] {
                tally.exception(finish.prefix, held.identity.as_deref().unwrap_or_default(), 1, &held.places);
                continue;
            }
            // Doubt counts where both sides are possible; and who is on no side for certain may be no item at all.
            if (held.on(0) && held.on(1)) || held.certain == [false, false] {
                let doubtful = (0..2).filter(|side| !held.certain[*side]).filter_map(|side| held.doubt[side]).min();
                doubtful.into_iter().for_each(|why| tally.undecided(why, 1));
                continue;
            }
            let other = usize::from(held.on(0));
            let others = without_persons(key).and_then(|rest| alike.get(&rest)).map(|sides| sides[other]).unwrap_or_default();
            // Somebody on the other side whose key differs may be the same person.
            let same = others.any.then(|| least(held.open, others.open)).flatten();
            let missing = self.sides[other].dataset;
            // Nothing on the other side was found, but not all of it is there.
            let incomplete = (finish.incomplete)(missing).then_some(Why::Incomplete { dataset: missing });
            match same.or(incomplete) {
                Some(why) => tally.undecided(why, 1),
                None => tally.conforms(1),
            }
        }
        tally
    }
}
