//! Members: the records of a dataset that make subjects or expected entries.
//!
//! Gathered in the keys round, one per distinct key, with the words and the
//! place that a finding about it will show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::{self, SpanColumns, Windows};
use super::{KeyColumn, Marks, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::evidence::decode::small;
use crate::finding::Position;
use crate::key::{Compare, KeyTable, encode_one, person_key, person_of};
use crate::predicate::compiled::{Compiled, Context, Verdict};
use crate::why::{Excluded, Why};

/// Which records make members.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: KeyColumn,
    /// The columns that say when a record is one, where that is asked.
    pub window: Option<SpanColumns>,
}

/// One subject or entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Why it may not be one; `None` where it surely is.
    pub doubt: Option<Why>,
    /// Its key as exported; the least spelling: the name of a file must not change a finding's id.
    pub shown: String,
    /// Where it stands first.
    pub place: Position,
    /// When it is one, where that is asked.
    pub windows: Option<Box<Windows>>,
}

/// All of them, and what made none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Members {
    /// By key.
    pub table: KeyTable<Member>,
    /// Keys of records that are left out, which another record may make a member all the same.
    left_out: KeyTable<Excluded>,
    /// Records that are left out and have no key.
    #[serde(with = "super::tally::pairs")]
    excluded: BTreeMap<Excluded, u64>,
    /// Records whose key cannot be told.
    #[serde(with = "super::tally::pairs")]
    pub undecided: BTreeMap<Why, u64>,
    /// Records that could not be read.
    #[serde(with = "super::tally::pairs")]
    pub rejected: BTreeMap<Why, u64>,
    /// By the number of a person in the roster: the slot of their key plus one, or 0. Empty until all are known.
    #[serde(skip)]
    of_persons: Vec<u32>,
}

/// Where keys lie is how they happened to arrive: it does not tell one from another.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        let Self { table, left_out, excluded, undecided, rejected, of_persons: _ } = self;
        (table, left_out, excluded, undecided, rejected) == (&other.table, &other.left_out, &other.excluded, &other.undecided, &other.rejected)
    }
}

impl Members {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            table: KeyTable::new(seed),
            left_out: KeyTable::new(seed),
            excluded: BTreeMap::new(),
            undecided: BTreeMap::new(),
            rejected: BTreeMap::new(),
            of_persons: Vec::new(),
        }
    }

    /// All of them are known: from now on who is one is told by their number in the roster.
    pub fn settle(&mut self, compare: Compare) {
        if compare == Compare::Exact {
            // Such a key is bytes of evidence: what looks like a person's is none.
            return;
        }
        let numbers = || (1_u32..).zip(self.table.iter()).filter_map(|(slot, (key, _))| Some((slot, person_of(key)? as usize)));
        let mut of_persons = vec![0; numbers().map(|(_, person)| person + 1).max().unwrap_or(0)];
        numbers().for_each(|(slot, person)| of_persons[person] = slot);
        self.of_persons = of_persons;
    }

    /// The slot of a person of the roster, by their number; the keys are persons.
    #[must_use]
    #[inline]
    pub fn of_person(&self, person: u32) -> Option<u32> {
        if self.of_persons.is_empty() {
            return self.table.find(&person_key(person)).map(small);
        }
        self.of_persons.get(person as usize).and_then(|slot| slot.checked_sub(1))
    }

    /// Takes in a batch.
    pub fn fold(&mut self, membership: &Membership, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        let Membership { dataset, key: parts @ KeyColumn { column, compare, .. }, .. } = *membership;
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset, reason: rejection.reason }).or_default() += 1;
        }
        for record in 0..batch.len() {
            let counts = membership.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(batch, record, context, &mut scratch));
            let left_out = marks.get(record).or((counts == Verdict::False).then_some(Excluded::Condition));
            if let Some(why) = left_out {
                self.leave_out(why, parts, batch, record, context, &mut key);
                continue;
            }
            let doubt = match counts {
                Verdict::Unknown(why) => Some(why),
                Verdict::True | Verdict::False => None,
            };
            let windows =
                membership.window.map(|window| Windows::of(window.read(dataset, batch, record), doubt.is_some(), span::begin(context.as_of.plus(1))));
            let windows = match windows {
                // It only begins after the as-of date.
                Some(None) => {
                    self.leave_out(Excluded::AfterAsOf, parts, batch, record, context, &mut key);
                    continue;
                }
                Some(Some(windows)) => Some(Box::new(windows)),
                None => None,
            };
            let why = match batch.get(column.into(), record) {
                Value::Bytes(value) => {
                    for one in parts.values(value) {
                        key.clear();
                        let unresolved = encode_one(&mut key, one, compare, context.identity.at(batch, record)).is_unresolved();
                        let doubt = least(doubt, unresolved.then_some(Why::PersonUnresolved { dataset, column }));
                        let member = Member {
                            doubt,
                            shown: String::from_utf8_lossy(one).into_owned(),
                            place: position(batch, record),
                            windows: windows.clone(),
                        };
                        self.add(&key, member);
                    }
                    continue;
                }
                Value::Empty => Why::KeyEmpty { dataset, column },
                Value::Absent => Why::FieldAbsent { dataset, column },
                Value::Invalid => Why::Unreadable { dataset, column },
            };
            *self.undecided.entry(why).or_default() += 1;
        }
    }

    /// Leaves a record out: what counts is its key, once.
    fn leave_out(&mut self, why: Excluded, parts: KeyColumn, batch: &Batch<'_>, record: usize, context: &Context<'_>, key: &mut Vec<u8>) {
        let Value::Bytes(value) = batch.get(parts.column.into(), record) else {
            *self.excluded.entry(why).or_default() += 1;
            return;
        };
        for one in parts.values(value) {
            key.clear();
            encode_one(key, one, parts.compare, context.identity.at(batch, record));
            let known = self.left_out.entry(key, || why);
            *known = why.min(*known);
        }
    }

    /// What is left out, in keys: those that no record makes a member, and records without a key.
    #[must_use]
    pub fn excluded(&self) -> BTreeMap<Excluded, u64> {
        let mut counts = self.excluded.clone();
        for (_, why) in self.left_out.iter().filter(|(key, _)| self.table.find(key).is_none()) {
            *counts.entry(*why).or_default() += 1;
        }
        counts
    }

    fn add(&mut self, key: &[u8], member: Member) {
        match self.table.find(key) {
            Some(slot) => join(self.table.value_mut(slot), member),
            None => {
                self.table.entry(key, || member);
            }
        }
    }

    /// Takes in what another worker gathered.
    pub fn merge(&mut self, other: Self) {
        if self.table.is_empty() {
            self.table = other.table;
        } else {
            self.table.reserve(other.table.len());
            other.table.into_each(|key, member| self.add(key, member));
        }
        for (mine, more) in [(&mut self.undecided, other.undecided), (&mut self.rejected, other.rejected)] {
            for (why, count) in more {
                *mine.entry(why).or_default() += count;
            }
        }
        // The greatest reason is the identity of the least.
        self.left_out.merge(other.left_out, || Excluded::OutOfScope, |known, more| *known = more.min(*known));
        for (why, count) in other.excluded {
            *self.excluded.entry(why).or_default() += count;
        }
    }
}

/// One certain record makes a member certain.
fn join(known: &mut Member, other: Member) {
    known.doubt = match (known.doubt, other.doubt) {
        (Some(left), Some(right)) => Some(left.min(right)),
        _ => None,
    };
    known.place = known.place.min(other.place);
    match (&mut known.windows, other.windows) {
        (Some(known), Some(other)) => known.merge(*other),
        (known, other) => *known = known.take().or(other),
    }
    known.shown = std::mem::take(&mut known.shown).min(other.shown);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity::{Identity, roster};

    const SEED: u64 = 7;
    const WHY: Why = Why::KeyEmpty { dataset: 0, column: 0 };

    /// A window that depends on the record: its time, or why nobody knows.
    fn windows(record: u32, certain: bool) -> Option<Box<Windows>> {
        let from = i64::from(record) * 5;
        let span = span::Span { from, to: Some(from + 7), why: (record == 2).then_some(WHY) };
        (record > 0).then(|| Windows::of(span, !certain, 11)).flatten().map(Box::new)
    }

    fn members(part: &[(u8, bool, u32)], identity: &Identity) -> Members {
        let mut members = Members::new(SEED);
        for (what, certain, record) in part {
            match what {
                0..4 => {
                    let shown = ["1", "anna", "x", "X"][usize::from(*what)];
                    let mut key = Vec::new();
                    encode_one(&mut key, shown.as_bytes(), Compare::Person, identity.anywhere());
                    let place = Position { table: u32::from(*what), block: 0, record: *record };
                    let member = Member { doubt: (!certain).then_some(WHY), shown: shown.to_owned(), place, windows: windows(*record, *certain) };
                    join(members.table.entry(&key, || member.clone()), member);
                }
                4 => *members.excluded.entry(Excluded::Condition).or_default() += 1,
                5 => *members.undecided.entry(WHY).or_default() += 1,
                _ => *members.rejected.entry(WHY).or_default() += 1,
            }
        }
        members
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_is_associative_and_commutative_with_an_identity(parts in prop::collection::vec(prop::collection::vec((0_u8..7, any::<bool>(), 0_u32..3), 0..6), 3)) {
            let identity = roster::of(&[["1", "", "anna"]]);
            let all: Vec<Members> = parts.iter().map(|part| members(part, &identity)).collect();
            let merged = |order: [usize; 3]| {
                let mut merged = Members::new(SEED);
                order.iter().for_each(|at| merged.merge(all[*at].clone()));
                merged
            };
            let mut right = all[1].clone();
            right.merge(all[2].clone());
            let mut nested = all[0].clone();
            nested.merge(right);
            prop_assert!(merged([0, 1, 2]) == nested);
            prop_assert!(merged([2, 0, 1]) == nested);
            let text = serde_json::to_string(&nested).unwrap();
            prop_assert!(serde_json::from_str::<Members>(&text).unwrap() == nested);
        }
    }

    #[test]
    fn bytes_that_look_like_the_key_of_a_person_are_none() {
        let place = Position { table: 0, block: 0, record: 0 };
        for (compare, settled) in [(Compare::Exact, 0), (Compare::Person, 4)] {
            let mut members = Members::new(SEED);
            let person = if compare == Compare::Exact { u32::MAX } else { 3 };
            members.table.entry(&person_key(person), || Member { doubt: None, shown: String::new(), place, windows: None });
            members.settle(compare);
            assert_eq!(members.of_persons.len(), settled);
        }
    }
}
