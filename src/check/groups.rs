//! Per group: records, or distinct values, per key within bounds.
//!
//! What cannot be told widens the bounds of a count: records that may count,
//! persons who may be the same, groups that may be one group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::unique::key_of;
use super::{Finish, Fold, KeyColumn, Tally, filter, identity_of, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::Places;
use crate::identity::Identity;
use crate::key::{KeyTable, encode, exact_part, without_persons};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Groups {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records make groups.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// What makes a finding.
    pub identity: Vec<u16>,
    /// The key's parts that make a finding, where all of them compare exactly: then the key tells it.
    pub identity_in_key: Option<Vec<usize>>,
    /// Which records count.
    pub counted: Option<Compiled>,
    /// Count distinct values of this column.
    pub distinct: Option<KeyColumn>,
    /// At least.
    pub at_least: u64,
    /// At most.
    pub at_most: u64,
}

/// What was seen of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    /// A record surely belongs to it.
    exists: bool,
    /// Why a record may not belong to it.
    membership: Option<Why>,
    /// Why another key may be the same group.
    open: Option<Why>,
    /// Records that count.
    certain: u64,
    /// Records that may count, and why that cannot be told.
    possible: u64,
    why: Option<Why>,
    /// Distinct values.
    #[serde(with = "super::tally::pairs")]
    values: BTreeMap<Vec<u8>, Counted>,
    places: Places,
    /// The least spelling: the name of a file must not change a finding's id.
    identity: Option<Vec<String>>,
}

/// How a distinct value counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    /// A record with it surely counts.
    certain: bool,
    /// Why another value may be the same.
    open: Option<Why>,
}

/// Groups whose keys differ in persons alone.
#[derive(Debug, Clone, Copy, Default)]
struct Alike {
    groups: u64,
    /// The most that they count together.
    most: u64,
    /// Those of them that may be another one of them.
    open: u64,
    open_most: u64,
    why: Option<Why>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    tally: Tally,
    groups: KeyTable<Group>,
}

impl Group {
    fn merge(&mut self, other: Self) {
        self.exists |= other.exists;
        self.membership = least(self.membership, other.membership);
        self.open = least(self.open, other.open);
        self.certain += other.certain;
        self.possible += other.possible;
        self.why = least(self.why, other.why);
        for (value, counted) in other.values {
            self.value(value, counted);
        }
        self.name(other.identity);
        self.places.merge(&other.places);
    }

    fn name(&mut self, identity: Option<Vec<String>>) {
        self.identity = [self.identity.take(), identity].into_iter().flatten().min();
    }

    fn value(&mut self, value: Vec<u8>, more: Counted) {
        let known = self.values.entry(value).or_default();
        known.certain |= more.certain;
        known.open = least(known.open, more.open);
    }

    fn doubt(&mut self, why: Why) {
        self.possible += 1;
        self.why = least(self.why, Some(why));
    }

    /// At least and at most so many, and why that may differ.
    fn count(&self, distinct: bool) -> (u64, u64, Option<Why>) {
        if !distinct {
            return (self.certain, self.certain + self.possible, self.why);
        }
        let certain = || self.values.values().filter(|counted| counted.certain);
        let surely_apart = certain().filter(|counted| counted.open.is_none()).count() as u64;
        // Whoever the others are, together they are one at least.
        let low = surely_apart.max(u64::from(certain().next().is_some()));
        let open = self.values.values().filter_map(|counted| counted.open).min();
        (low, self.values.len() as u64 + self.possible, least(self.why, open))
    }
}

impl Groups {
    /// Counts the values of a record's column in its group.
    fn distinct(&self, group: &mut Group, column: KeyColumn, counts: Verdict, batch: &Batch<'_>, record: usize, identity: &Identity) {
        let (dataset, KeyColumn { column: number, compare, .. }) = (self.dataset, column);
        match batch.get(number.into(), record) {
            Value::Bytes(value) => {
                if let Verdict::Unknown(why) = counts {
                    group.why = least(group.why, Some(why));
                }
                for one in column.values(value) {
                    let mut part = Vec::new();
                    let open = encode(&mut part, one, compare, identity).doubt(identity, dataset, number);
                    group.value(part, Counted { certain: counts == Verdict::True, open });
                }
            }
            Value::Empty => {}
            Value::Absent => group.doubt(Why::FieldAbsent { dataset, column: number }),
            Value::Invalid => group.doubt(Why::Unreadable { dataset, column: number }),
        }
    }

    fn identity_of(&self, key: &[u8], group: &Group) -> Vec<String> {
        let text = |part: &usize| String::from_utf8_lossy(exact_part(key, *part).unwrap_or_default()).into_owned();
        self.identity_in_key.as_ref().map_or_else(|| group.identity.clone().unwrap_or_default(), |parts| parts.iter().map(text).collect())
    }
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), groups: KeyTable::new(seed) }
    }

    pub(super) fn fold(&mut self, operator: &Groups, batch: &Batch<'_>, fold: &Fold<'_>) {
        let (mut scratch, mut key) = (Vec::new(), Vec::new());
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        for record in 0..batch.len() {
            // A group is the unit here: what makes no group is not counted as one.
            if fold.marks.get(record).is_some() {
                continue;
            }
            let belongs = filter(operator.filter.as_ref(), batch, record, fold, &mut scratch);
            if belongs == Verdict::False {
                continue;
            }
            let open = match key_of(operator.dataset, &operator.key, batch, record, fold.context.identity, &mut key) {
                Ok(open) => open,
                Err(why) => {
                    self.tally.undecided(why, 1);
                    continue;
                }
            };
            let counts = match (belongs, filter(operator.counted.as_ref(), batch, record, fold, &mut scratch)) {
                (_, Verdict::False) => Verdict::False,
                (Verdict::Unknown(why), _) | (_, Verdict::Unknown(why)) => Verdict::Unknown(why),
                _ => Verdict::True,
            };
            let place = position(batch, record);
            let group = self.groups.entry(&key, Group::default);
            if operator.identity_in_key.is_none() {
                group.name(Some(identity_of(batch, record, &operator.identity)));
            }
            match belongs {
                Verdict::Unknown(why) => group.membership = least(group.membership, Some(why)),
                Verdict::True | Verdict::False => group.exists = true,
            }
            group.open = least(group.open, open);
            group.places.add(place);
            match (counts, operator.distinct) {
                (Verdict::False, _) => {}
                (Verdict::True, None) => group.certain += 1,
                (Verdict::Unknown(why), None) => group.doubt(why),
                (counts, Some(distinct)) => operator.distinct(group, distinct, counts, batch, record, fold.context.identity),
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.groups.merge(other.groups, Group::default, Group::merge);
    }

    /// What groups whose keys differ in persons alone count together.
    fn alike(&self, distinct: bool, seed: u64) -> KeyTable<Alike> {
        let mut all = KeyTable::new(seed);
        for (key, group) in self.groups.iter() {
            let Some(rest) = without_persons(key) else { continue };
            let alike: &mut Alike = all.entry(&rest, Alike::default);
            let (_, high, _) = group.count(distinct);
            alike.groups += 1;
            alike.most += high;
            if group.open.is_some() {
                alike.open += 1;
                alike.open_most += high;
                alike.why = least(alike.why, group.open);
            }
        }
        all
    }

    pub(super) fn finish(mut self, operator: &Groups, finish: &Finish<'_>) -> Tally {
        let incomplete = (finish.incomplete)(operator.dataset);
        let distinct = operator.distinct.is_some();
        let alike = self.alike(distinct, finish.seed);
        for (key, group) in self.groups.iter() {
            if let (false, Some(why)) = (group.exists, group.membership) {
                self.tally.undecided(why, 1);
                continue;
            }
            let (low, mut high, mut why) = group.count(distinct);
            if let Some(alike) = without_persons(key).and_then(|rest| alike.get(&rest)) {
                let (others, most) = if group.open.is_some() { (alike.groups, alike.most) } else { (alike.open + 1, alike.open_most + high) };
                if others > 1 {
                    high = most;
                    why = least(why, alike.why);
                }
            }
            // Too many is found in what is there; too few may stand in what is missing.
            let too_many = low > operator.at_most;
            let too_few = high < operator.at_least;
            if too_many || (too_few && !incomplete) {
                self.tally.exception(finish.prefix, operator.identity_of(key, group), 1, &group.places);
            } else if too_few {
                self.tally.undecided(Why::Incomplete { dataset: operator.dataset }, 1);
            } else if low >= operator.at_least && high <= operator.at_most {
                self.tally.conforms(1);
            } else {
                self.tally.undecided(why.unwrap_or(Why::Incomplete { dataset: operator.dataset }), 1);
            }
        }
        self.tally
    }
}
