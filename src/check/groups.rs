//! Per group: records, or distinct values, per key within bounds.
//!
//! What cannot be told widens the bounds of a count: records that may count,
//! persons who may be the same, groups that may be one group.

use serde::{Deserialize, Serialize};

use super::keys::{KeysOf, has_persons};
use super::{Finish, Fold, KeyColumn, Tally, identity_of, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::identity::Identity;
use crate::key::memory::Share;
use crate::key::{KeyTable, Striped, encode, exact_part, without_persons};
use crate::predicate::columns::Verdicts;
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
    groups: Striped<Group>,
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
        let part = |part: &usize| if self.key.len() == 1 { Some(key) } else { exact_part(key, *part) };
        let text = |at: &usize| String::from_utf8_lossy(part(at).unwrap_or_default()).into_owned();
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
        Self { tally: Tally::new(list_max), groups: Striped::new(seed) }
    }

    pub(super) fn fold(&mut self, operator: &Groups, batch: &Batch<'_>, fold: &Fold<'_>) {
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }, 1);
        }
        // A group is the unit here: what makes no group is not counted as one.
        let all = fold.marks.others();
        let decide = |predicate: &Option<Compiled>| predicate.as_ref().map(|predicate| predicate.decide_all(batch, all, &fold.context));
        let (belongs, counts) = (decide(&operator.filter), decide(&operator.counted));
        let each = |verdicts: Option<Verdicts>| verdicts.map(|verdicts| verdicts.iter().collect::<Vec<_>>());
        let said = |verdicts: &Option<Vec<Verdict>>, number: usize| verdicts.as_ref().map_or(Verdict::True, |verdicts| verdicts[number]);
        let (belongs, counts) = (each(belongs), each(counts));
        // What was said of the records that belong to a group, by record.
        let mut members: Vec<(u32, Verdict, Verdict)> = Vec::with_capacity(all.len());
        for (number, record) in all.iter().enumerate() {
            let belongs = said(&belongs, number);
            if belongs != Verdict::False {
                members.push((*record, belongs, and(belongs, said(&counts, number))));
            }
        }
        let (tally, identity, columns) = (&mut self.tally, fold.context.identity, &operator.key);
        let records = members.iter().map(|(record, ..)| *record);
        let keys = KeysOf::new(operator.dataset, columns, batch, records, identity, |why| tally.undecided(why, 1));
        if keys.records.len() < members.len() {
            let mut with_key = keys.records.iter().peekable();
            members.retain(|(record, ..)| with_key.next_if_eq(&record).is_some());
        }
        self.groups.update_near(
            &keys.keys(),
            has_persons(columns),
            |group| group.places.far(),
            |number, group| {
                let (record, belongs, counts) = members[number];
                let record = record as usize;
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
                if let open @ Some(_) = keys.open(number) {
                    let more = group.more();
                    more.open = least(more.open, open);
                }
                group.places.add(position(batch, record));
                match (counts, operator.distinct) {
                    (Verdict::False, _) => {}
                    (Verdict::True, None) => group.certain += 1,
                    (Verdict::Unknown(why), None) => group.more().doubt(why),
                    (counts, Some(distinct)) => operator.distinct(group, distinct, counts, batch, record, identity),
                }
            },
        );
    }

    /// A state that has seen nothing, within a part of the memory.
    pub(super) fn within(list_max: usize, seed: u64, memory: Share) -> Self {
        Self { tally: Tally::new(list_max), groups: Striped::within(seed, memory) }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.groups.memory()
    }

    /// A state that has seen nothing, and fills the same groups.
    pub(super) fn share(&self, list_max: usize) -> Self {
        Self { tally: Tally::new(list_max), groups: self.groups.share() }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.groups.merge(other.groups);
    }

    pub(super) fn finish(self, operator: &Groups, finish: &Finish<'_>) -> Tally {
        let parts = self.groups.into_each(|groups| operator.decide(groups, finish));
        parts.into_iter().fold(self.tally, |mut tally, part| {
            tally.merge(part);
            tally
        })
    }
}

impl Groups {
    /// What groups whose keys differ in persons alone count together.
    fn alike(&self, groups: &KeyTable<Group>, seed: u64) -> KeyTable<Alike> {
        let mut all = KeyTable::new(seed);
        if !has_persons(&self.key) {
            return all;
        }
        for (key, group) in groups.iter() {
            let Some(rest) = without_persons(key) else { continue };
            let alike: &mut Alike = all.entry(&rest, Alike::default);
            let (_, high, _) = group.count(self.distinct.is_some());
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

    /// Decides groups, among which are all that may be the same as one of them.
    fn decide(&self, groups: &KeyTable<Group>, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        let incomplete = (finish.incomplete)(self.dataset);
        let alike = self.alike(groups, finish.seed);
        let alike = |key: &[u8]| if alike.is_empty() { None } else { without_persons(key).and_then(|rest| alike.get(&rest)) };
        let mut conforming = 0;
        for (key, group) in groups.iter() {
            if let (false, Some(why)) = (group.exists, group.more.as_ref().and_then(|more| more.membership)) {
                tally.undecided(why, 1);
                continue;
            }
            let (low, mut high, mut why) = group.count(self.distinct.is_some());
            if let Some(alike) = alike(key) {
                let (others, most) = if group.open().is_some() { (alike.groups, alike.most) } else { (alike.open + 1, alike.open_most + high) };
                if others > 1 {
                    high = most;
                    why = least(why, alike.why);
                }
            }
            // Too many is found in what is there; too few may stand in what is missing.
            let too_many = low > self.at_most;
            let too_few = high < self.at_least;
            if too_many || (too_few && !incomplete) {
                tally.exception(finish.prefix, self.identity_of(key, group), 1, &group.places);
            } else if too_few {
                tally.undecided(Why::Incomplete { dataset: self.dataset }, 1);
            } else if low >= self.at_least && high <= self.at_most {
                conforming += 1;
            } else {
                tally.undecided(why.unwrap_or(Why::Incomplete { dataset: self.dataset }), 1);
            }
        }
        tally.conforms(conforming);
        tally
    }
}
