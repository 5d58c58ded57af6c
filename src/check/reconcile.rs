//! Reconcile: two datasets have the same keys, and agree on fields.
//!
//! A key is an item; where both sides have it, each field that must agree is
//! one more. What a side lacks may stand in records of it that are missing,
//! or whose key cannot be told.

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

mod held;

use self::held::{Agreement, Values, compared};

/// The name under which a finding tells what differs.
pub const DIFFERENCE: &str = "difference";

/// What differs where a side lacks a key: the left one, the right one.
pub const MISSING: [&str; 2] = ["missing-left", "missing-right"];

/// The compiled check; feed 0 is the left side, feed 1 the right.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// Both sides.
    pub sides: [Side; 2],
    /// The left fields that must agree.
    pub fields: Vec<String>,
    /// For each side whether a key of the other may not be missing there.
    pub whole: [bool; 2],
    /// What makes a finding, in the check's order.
    pub identity: Vec<Part>,
}

/// One side.
#[derive(Debug, Clone)]
pub struct Side {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// The columns that must agree with the other side's.
    pub agree: Vec<KeyColumn>,
    /// The columns of the key that findings are known by.
    pub named: Vec<u16>,
}

/// A part of a finding's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A part of the key.
    Key(usize),
    /// What differs.
    Difference,
}

impl Part {
    /// The part of the key that it is.
    #[must_use]
    pub const fn key(self) -> Option<usize> {
        match self {
            Self::Key(at) => Some(at),
            Self::Difference => None,
        }
    }
}

/// What was seen of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    certain: [bool; 2],
    doubt: [Option<Why>; 2],
    /// Why another key may be the same.
    open: Option<Why>,
    places: Places,
    /// The least spelling that surely is on each side: the name of a file must not change a finding's id.
    named: [Option<Vec<String>>; 2],
    /// For each field that must agree, what both sides hold.
    values: Vec<[Values; 2]>,
}

impl Held {
    /// Whether it is on a side, surely or perhaps.
    const fn on(&self, side: usize) -> bool {
        self.certain[side] || self.doubt[side].is_some()
    }

    fn name(&mut self, side: usize, named: Option<Vec<String>>) {
        self.named[side] = [self.named[side].take(), named].into_iter().flatten().min();
    }
}

impl Kept for Held {
    fn merge(&mut self, other: Self) {
        self.open = least(self.open, other.open);
        self.places.merge(&other.places);
        for (side, named) in other.named.into_iter().enumerate() {
            self.certain[side] |= other.certain[side];
            self.doubt[side] = least(self.doubt[side], other.doubt[side]);
            self.name(side, named);
        }
        if self.values.is_empty() {
            self.values = other.values;
        } else {
            for (own, more) in self.values.iter_mut().zip(other.values) {
                own.iter_mut().zip(more).for_each(|(own, more)| own.merge(more));
            }
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    held: Striped<KeyTable<Held>>,
    /// Why a record of a side may have any key.
    wild: [Option<Why>; 2],
    #[serde(with = "super::tally::pairs")]
    undecided: BTreeMap<Why, u64>,
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(Striped::new(seed, &KeyTable::new(seed)))
    }

    /// A state that has seen nothing, within a part of the memory.
    pub(super) fn within(seed: u64, memory: Share) -> Self {
        Self::of(Striped::within(seed, &KeyTable::new(seed), memory))
    }

    const fn of(held: Striped<KeyTable<Held>>) -> Self {
        Self { held, wild: [None; 2], undecided: BTreeMap::new() }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.held.memory()
    }

    /// A state that has seen nothing, and fills the same keys.
    pub(super) fn share(&self) -> Self {
        Self::of(self.held.share())
    }

    pub(super) fn fold(&mut self, operator: &Reconcile, feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        let number = usize::from(feed.min(1));
        let side = &operator.sides[number];
        // Where both sides read one dataset, its rejected records are counted with the left one.
        if number == 0 || operator.sides[0].dataset != side.dataset {
            for rejection in batch.rejections() {
                self.undecided(Why::Rejected { dataset: side.dataset, reason: rejection.reason });
            }
        }
        let all = fold.marks.others();
        let counts = side.filter.as_ref().map(|filter| filter.decide_all(batch, all, &fold.context, &fold.marks.memo));
        let members: Vec<(u32, Verdict)> = match &counts {
            None => all.iter().map(|record| (*record, Verdict::True)).collect(),
            Some(counts) => all.iter().copied().zip(counts.iter()).filter(|(_, counts)| *counts != Verdict::False).collect(),
        };
        let records = members.iter().map(|(record, _)| *record);
        let keying = Keying { dataset: side.dataset, columns: &side.key, batch, identity: fold.context.identity };
        let keys = keying.keys_of_parts(records, |why| {
            self.undecided(why);
            // An empty key is surely none of the others.
            if !matches!(why, Why::KeyEmpty { .. }) {
                self.wild[number] = least(self.wild[number], Some(why));
            }
        });
        // The members that have a key, in the order of the keys.
        let mut with_key = keys.records.iter().peekable();
        let members: Vec<_> = members.into_iter().filter(|(record, _)| with_key.next_if_eq(&record).is_some()).collect();
        self.held.see(&keys.keys(), has_persons(&side.key), |at| {
            let mut held = Held::default();
            let (record, counts) = members[at];
            let record = record as usize;
            match counts {
                Verdict::Unknown(why) => held.doubt[number] = least(held.doubt[number], Some(why)),
                Verdict::True | Verdict::False => {
                    held.certain[number] = true;
                    held.name(number, Some(identity_of(batch, record, &side.named)));
                }
            }
            held.open = least(held.open, keys.open(at));
            held.places.add(position(batch, record));
            held.values.resize_with(side.agree.len(), Default::default);
            for (column, values) in side.agree.iter().zip(&mut held.values) {
                values[number].add(side.dataset, *column, counts, batch, record, fold.context.identity);
            }
            held
        });
    }

    fn undecided(&mut self, why: Why) {
        *self.undecided.entry(why).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.held.merge(other.held);
        for (wild, more) in self.wild.iter_mut().zip(other.wild) {
            *wild = least(*wild, more);
        }
        for (why, count) in other.undecided {
            *self.undecided.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Reconcile, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.undecided {
            tally.undecided(*why, *count);
        }
        let absent = [0, 1].map(|side| {
            let dataset = operator.sides[side].dataset;
            least(self.wild[side], (finish.incomplete)(dataset).then_some(Why::Incomplete { dataset }))
        });
        for part in self.held.into_each(|held| operator.decide(held, absent, finish)) {
            tally.merge(part);
        }
        tally
    }
}

/// Keys that differ in persons alone.
#[derive(Debug, Clone, Copy, Default)]
struct Alike {
    keys: u64,
    /// Those on each side.
    on: [u64; 2],
    /// Why one of them may be another.
    open: Option<Why>,
}

impl Reconcile {
    /// Whether findings may be known by this difference.
    #[must_use]
    pub fn knows(&self, difference: &str) -> bool {
        MISSING.contains(&difference) || self.fields.iter().any(|field| field == difference)
    }

    fn alike(all: &KeyTable<Held>, seed: u64) -> KeyTable<Alike> {
        let mut alike = KeyTable::new(seed);
        for (key, held) in all.iter() {
            let Some(rest) = without_persons(key) else { continue };
            let known: &mut Alike = alike.entry(&rest, Default::default);
            known.keys += 1;
            (0..2).for_each(|side| known.on[side] += u64::from(held.on(side)));
            known.open = least(known.open, held.open);
        }
        alike
    }

    /// Decides keys, among which are all that may be the same as one of them. `absent` tells for each side
    /// why what is not found there may be there all the same.
    fn decide(&self, all: &KeyTable<Held>, absent: [Option<Why>; 2], finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        let alike = Self::alike(all, finish.seed);
        for (key, held) in all.iter() {
            let others = without_persons(key).and_then(|rest| alike.get(&rest)).copied().unwrap_or_default();
            match held.certain {
                [true, true] => {
                    tally.conforms(1);
                    // Values of another key that may be the same one would count here.
                    let same = (others.keys > 1).then_some(others.open).flatten();
                    self.agree(held, same, absent, finish, &mut tally);
                }
                [false, false] => {
                    if (0..2).any(|side| held.on(side) && self.whole[1 - side]) {
                        held.doubt.into_iter().flatten().min().into_iter().for_each(|why| tally.undecided(why, 1));
                    }
                }
                [left, _] => {
                    let (here, there) = (usize::from(!left), usize::from(left));
                    if !self.whole[there] {
                        // Nothing is asked of it but where it is on the other side, too.
                        held.doubt[there].into_iter().for_each(|why| tally.undecided(why, 1));
                        continue;
                    }
                    let same = (others.on[there] > 0).then_some(others.open).flatten();
                    match held.doubt[there].or(same).or(absent[there]) {
                        Some(why) => tally.undecided(why, 1),
                        None => self.differs(held, here, MISSING[there], finish, &mut tally),
                    }
                }
            }
        }
        tally
    }

    /// Decides what must agree of a key that both sides have.
    fn agree(&self, held: &Held, same: Option<Why>, absent: [Option<Why>; 2], finish: &Finish<'_>, tally: &mut Tally) {
        for (field, values) in self.fields.iter().zip(&held.values) {
            match (compared(values, absent), same) {
                (Agreement::Same, _) => tally.conforms(1),
                (Agreement::Unknown(why), _) | (Agreement::Differs, Some(why)) => tally.undecided(why, 1),
                (Agreement::Differs, None) => self.differs(held, 0, field, finish, tally),
            }
        }
    }

    fn differs(&self, held: &Held, side: usize, difference: &str, finish: &Finish<'_>, tally: &mut Tally) {
        let mut key = held.named[side].iter().flatten();
        let part = |part: &Part| match part {
            Part::Key(_) => key.next().map_or("", String::as_str),
            Part::Difference => difference,
        };
        let identity: Vec<&str> = self.identity.iter().map(part).collect();
        tally.exception(finish.prefix, &identity, 1, &held.places);
    }
}
