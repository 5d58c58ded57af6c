//! Per group: records, or distinct values, per key within bounds.
//!
//! What cannot be told widens the bounds of a count: records that may count,
//! persons who may be the same, groups that may be one group.

use serde::{Deserialize, Serialize};

use super::unique::key_of;
use super::{Finish, Fold, KeyColumn, Tally, identity_of, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::identity::Identity;
use crate::key::{KeyTable, Keys, encode, exact_part, without_persons};
use crate::predicate::compiled::{Compiled, Verdict, and};
use crate::why::Why;

mod group;

use self::group::{Counted, Group};

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

impl Groups {
    /// Counts the values of a record's column in its group.
    fn distinct(&self, group: &mut Group, column: KeyColumn, counts: Verdict, batch: &Batch<'_>, record: usize, identity: &Identity) {
        let (dataset, KeyColumn { column: number, compare, .. }) = (self.dataset, column);
        match batch.get(number.into(), record) {
            Value::Bytes(value) => {
                if let Verdict::Unknown(why) = counts {
                    let more = group.more();
                    more.why = least(more.why, Some(why));
                }
                for one in column.values(value) {
                    let mut part = Vec::new();
                    let open = encode(&mut part, one, compare, identity.at(batch, record)).doubt(identity, dataset, number);
                    group.more().value(part, Counted { certain: counts == Verdict::True, open });
                }
            }
            Value::Empty => {}
            Value::Absent => group.more().doubt(Why::FieldAbsent { dataset, column: number }),
            Value::Invalid => group.more().doubt(Why::Unreadable { dataset, column: number }),
        }
    }

    fn identity_of(&self, key: &[u8], group: &Group) -> Vec<String> {
        let text = |part: &usize| String::from_utf8_lossy(exact_part(key, *part).unwrap_or_default()).into_owned();
        match &self.identity_in_key {
            Some(parts) => parts.iter().map(text).collect(),
            None => group.more.as_ref().and_then(|more| more.identity.clone()).unwrap_or_default(),
        }
    }
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), groups: KeyTable::new(seed) }
    }

    pub(super) fn fold(&mut self, operator: &Groups, batch: &Batch<'_>, fold: &Fold<'_>) {
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        // A group is the unit here: what makes no group is not counted as one.
        let all: Vec<usize> = (0..batch.len()).filter(|record| fold.marks.get(*record).is_none()).collect();
        let decide = |predicate: &Option<Compiled>| match predicate {
            Some(predicate) => predicate.decide_all(batch, &all, &fold.context),
            None => vec![Verdict::True; all.len()],
        };
        let (belongs, counts) = (decide(&operator.filter), decide(&operator.counted));
        let (mut keys, mut members, mut key) = (Keys::default(), Vec::with_capacity(all.len()), Vec::new());
        for ((record, belongs), counts) in all.into_iter().zip(belongs).zip(counts).filter(|((_, belongs), _)| *belongs != Verdict::False) {
            match key_of(operator.dataset, &operator.key, batch, record, fold.context.identity, &mut key) {
                Ok(open) => {
                    keys.push(|keys| keys.extend_from_slice(&key));
                    members.push((record, belongs, and(belongs, counts), open));
                }
                Err(why) => self.tally.undecided(why, 1),
            }
        }
        let mut found = Vec::new();
        self.groups.find_all(&mut keys, &mut found);
        for (number, ((record, belongs, counts, open), slot)) in members.into_iter().zip(found).enumerate() {
            let group = match slot {
                Some(slot) => self.groups.value_mut(slot),
                None => self.groups.entry(keys.get(number), Group::default),
            };
            if operator.identity_in_key.is_none() {
                group.more().name(Some(identity_of(batch, record, &operator.identity)));
            }
            match belongs {
                Verdict::Unknown(why) => {
                    let more = group.more();
                    more.membership = least(more.membership, Some(why));
                }
                Verdict::True | Verdict::False => group.exists = true,
            }
            if open.is_some() {
                let more = group.more();
                more.open = least(more.open, open);
            }
            group.places.add(position(batch, record));
            match (counts, operator.distinct) {
                (Verdict::False, _) => {}
                (Verdict::True, None) => group.certain += 1,
                (Verdict::Unknown(why), None) => group.more().doubt(why),
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
            if let Some(open) = group.open() {
                alike.open += 1;
                alike.open_most += high;
                alike.why = least(alike.why, Some(open));
            }
        }
        all
    }

    pub(super) fn finish(mut self, operator: &Groups, finish: &Finish<'_>) -> Tally {
        let incomplete = (finish.incomplete)(operator.dataset);
        let distinct = operator.distinct.is_some();
        let alike = self.alike(distinct, finish.seed);
        for (key, group) in self.groups.iter() {
            if let (false, Some(why)) = (group.exists, group.more.as_ref().and_then(|more| more.membership)) {
                self.tally.undecided(why, 1);
                continue;
            }
            let (low, mut high, mut why) = group.count(distinct);
            if let Some(alike) = without_persons(key).and_then(|rest| alike.get(&rest)) {
                let (others, most) = if group.open().is_some() { (alike.groups, alike.most) } else { (alike.open + 1, alike.open_most + high) };
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
