//! Held apart: nobody is on both sides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::unique::key_of;
use super::{Finish, Fold, KeyColumn, Tally, filter, identity_of, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::Places;
use crate::identity::Resolved;
use crate::key::{Compare, KeyTable};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check; feed 0 is the left side, feed 1 the right.
#[derive(Debug, Clone)]
pub struct Apart {
    /// Both sides.
    pub sides: [Side; 2],
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
    /// What makes a finding.
    pub identity: Vec<u16>,
}

/// What was seen of one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    certain: [bool; 2],
    doubt: [Option<Why>; 2],
    stranger: Option<Why>,
    places: Places,
    identity: Vec<String>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    held: KeyTable<Held>,
    #[serde(with = "super::tally::pairs")]
    undecided: BTreeMap<Why, u64>,
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { held: KeyTable::new(seed), undecided: BTreeMap::new() }
    }

    pub(super) fn fold(&mut self, operator: &Apart, feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        let side = usize::from(feed.min(1));
        let Side { dataset, filter: condition, key: columns, identity } = &operator.sides[side];
        for rejection in batch.rejections() {
            self.undecided(Why::Rejected { dataset: *dataset, reason: rejection.reason });
        }
        for record in 0..batch.len() {
            if fold.marks.get(record).is_some() {
                continue;
            }
            let counts = filter(condition.as_ref(), batch, record, fold, &mut scratch);
            if counts == Verdict::False {
                continue;
            }
            if let Err(why) = key_of(*dataset, columns, batch, record, fold.context.identity, &mut key) {
                self.undecided(why);
                continue;
            }
            let place = position(batch, record);
            let held = self.held.entry(&key, Held::default);
            match counts {
                Verdict::Unknown(why) => held.doubt[side] = Some(held.doubt[side].map_or(why, |known| known.min(why))),
                Verdict::True | Verdict::False => held.certain[side] = true,
            }
            if held.places.as_slice().first().is_none_or(|first| place < *first) {
                held.identity = identity_of(batch, record, identity);
            }
            held.places.add(place);
            if let (KeyColumn { column, compare: Compare::Person }, Value::Bytes(value)) = (columns[0], batch.get(columns[0].column.into(), record)) {
                if matches!(fold.context.identity.at(batch, record).resolve(value), Resolved::Stranger | Resolved::Unplaced) {
                    let why = Why::PersonUnresolved { dataset: *dataset, column };
                    held.stranger = Some(held.stranger.map_or(why, |known| known.min(why)));
                }
            }
        }
    }

    fn undecided(&mut self, why: Why) {
        *self.undecided.entry(why).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.held.merge(other.held, Held::default, |known, more| {
            let first = known.places.as_slice().first();
            if first.is_none() || more.places.as_slice().first() < first {
                known.identity = more.identity;
            }
            known.places.merge(&more.places);
            known.stranger = [known.stranger, more.stranger].into_iter().flatten().min();
            for side in 0..2 {
                known.certain[side] |= more.certain[side];
                known.doubt[side] = [known.doubt[side], more.doubt[side]].into_iter().flatten().min();
            }
        });
        for (why, count) in other.undecided {
            *self.undecided.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Apart, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.undecided {
            tally.undecided(*why, *count);
        }
        let sides_held = |side: usize| self.held.iter().any(|(_, held)| held.certain[side] || held.doubt[side].is_some());
        let anybody = [sides_held(0), sides_held(1)];
        // A person whom the roster does not know may be anybody on the other side.
        let strangers = |side: usize| {
            let found = self.held.iter().filter(|(_, held)| held.certain[side] || held.doubt[side].is_some());
            found.filter_map(|(_, held)| held.stranger).min()
        };
        let strangers = [strangers(0), strangers(1)];
        for (_, held) in self.held.iter() {
            let on = |side: usize| held.certain[side] || held.doubt[side].is_some();
            if held.certain == [true, true] {
                tally.exception(finish.prefix, held.identity.clone(), 1, &held.places);
                continue;
            }
            let doubt = held.doubt.into_iter().flatten().min();
            let other = usize::from(on(0));
            let unresolved = held.stranger.filter(|_| anybody[other]).or(strangers[other]);
            let missing = operator.sides[other].dataset;
            match doubt.or(unresolved) {
                Some(why) => tally.undecided(why, 1),
                // Nothing on the other side was found, but not all of it is there.
                None if (finish.incomplete)(missing) => tally.undecided(Why::Incomplete { dataset: missing }, 1),
                None => tally.conforms(1),
            }
        }
        tally
    }
}
