//! Per group: records, or distinct values, per key within bounds.
//!
//! What cannot be told widens the bounds of a count: records that may count,
//! persons who may be the same, groups that may be one group.
//!
//! Checks that make the same groups of the same records share them; each
//! counts for itself.

use serde::{Deserialize, Serialize};

use super::keys::{Keying, has_persons};
use super::{Finish, Fold, KeyColumn, Tally, identity_of, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::evidence::decode::small;
use crate::finding::{FindingId, Lowest, Position};
use crate::identity::Identity;
use crate::key::memory::Share;
use crate::key::{KeyTable, Striped, encode, exact_part, without_persons};
use crate::predicate::columns::Verdicts;
use crate::predicate::compiled::{Compiled, Verdict, and};
use crate::why::Why;

mod group;
mod table;
mod trail;

use self::group::{Counted, Group, OfCheck};
use self::table::{GroupTable, Known, Seen};
use self::trail::Trail;

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
    groups: Striped<GroupTable>,
    trail: Trail,
}

/// Whether the check makes the same groups as the leader.
#[must_use]
pub fn follows(leader: &Groups, other: &Groups) -> bool {
    leader.dataset == other.dataset && leader.filter == other.filter && leader.key == other.key
}

impl Groups {
    /// Counts the values of a record's column in its group.
    fn distinct(&self, of: &mut OfCheck, column: KeyColumn, counts: Verdict, batch: &Batch<'_>, record: usize, identity: &Identity) {
        let (dataset, KeyColumn { column: number, compare, .. }) = (self.dataset, column);
        match batch.get(number.into(), record) {
            Value::Bytes(value) => {
                if let Verdict::Unknown(why) = counts {
                    of.why = least(of.why, Some(why));
                }
                for one in column.values(value) {
                    let mut part = Vec::new();
                    let open = encode(&mut part, one, compare, identity.at(batch, record)).doubt(identity, dataset, number);
                    of.value(part, Counted { certain: counts == Verdict::True, open });
                }
            }
            Value::Empty => {}
            Value::Absent if column.elements => of.doubt_list(Why::FieldAbsent { dataset, column: number }),
            Value::Invalid if column.elements => of.doubt_list(Why::Unreadable { dataset, column: number }),
            Value::Absent => of.doubt(Why::FieldAbsent { dataset, column: number }),
            Value::Invalid => of.doubt(Why::Unreadable { dataset, column: number }),
        }
    }

    fn identity_of(&self, number: usize, key: &[u8], group: &Known<'_>) -> Vec<String> {
        let part = |part: &usize| if self.key.len() == 1 { Some(key) } else { exact_part(key, *part) };
        let text = |at: &usize| String::from_utf8_lossy(part(at).unwrap_or_default()).into_owned();
        match &self.identity_in_key {
            Some(parts) => parts.iter().map(text).collect(),
            None => group.identity(number).cloned().unwrap_or_default(),
        }
    }
}

impl State {
    /// The identity of merge, for so many checks.
    #[must_use]
    pub fn new(checks: usize, list_max: usize, seed: u64) -> Self {
        Self { tally: Tally::new(list_max), groups: Striped::new(seed, &GroupTable::new(checks, seed)), trail: Trail::default() }
    }

    pub(super) fn fold(&mut self, operators: &[&Groups], batch: &Batch<'_>, fold: &Fold<'_>) {
        let Some(Groups { dataset, filter, key, .. }) = operators.first() else { return };
        for rejection in batch.rejections() {
            self.tally.undecided(Why::Rejected { dataset: *dataset, reason: rejection.reason }, 1);
        }
        // A group is the unit here: what makes no group is not counted as one.
        let all = fold.marks.others();
        let decide =
            |predicate: &Option<Compiled>| predicate.as_ref().map(|predicate| predicate.decide_all(batch, all, &fold.context, &fold.marks.memo));
        let belongs = decide(filter);
        let counting: Vec<Counting<'_>> = operators.iter().map(|operator| Counting { operator, counted: decide(&operator.counted) }).collect();
        let counted = counted(&counting, all.len());
        let plain = plain(&counting, all.len());
        // The records that belong to a group, or may, by their numbers; nothing where all of them surely do.
        let mut members: Option<Vec<(u32, Verdict)>> =
            belongs.as_ref().map(|belongs| (0..).zip(belongs.iter()).filter(|(_, belongs)| *belongs != Verdict::False).collect());
        let (tally, identity) = (&mut self.tally, fold.context.identity);
        let keying = Keying { dataset: *dataset, columns: key, batch, identity };
        let keys = match &members {
            None => keying.keys(all.iter().copied(), |why| tally.undecided(why, 1)),
            Some(members) => keying.keys(members.iter().map(|(number, _)| all[*number as usize]), |why| tally.undecided(why, 1)),
        };
        if keys.records.len() < members.as_ref().map_or(all.len(), Vec::len) {
            let members = members.get_or_insert_with(|| (0..small(all.len())).map(|number| (number, Verdict::True)).collect());
            let mut with_key = keys.records.iter().peekable();
            members.retain(|(number, _)| with_key.next_if_eq(&&all[*number as usize]).is_some());
        }
        let member = |number: usize| members.as_ref().map_or((small(number), Verdict::True), |members| members[number]);
        let tags = self.groups.see(&keys.keys(), has_persons(key), |number| {
            let (at, belongs) = member(number);
            let (record, open) = (all[at as usize] as usize, keys.open(number));
            if open.is_none() && belongs == Verdict::True && plain.get(at as usize).copied().unwrap_or(true) {
                return Seen::Counts(counted[at as usize]);
            }
            let mut group = Group::of_one();
            match belongs {
                Verdict::Unknown(why) => {
                    let seldom = group.seldom();
                    seldom.membership = least(seldom.membership, Some(why));
                }
                Verdict::True | Verdict::False => group.exists = true,
            }
            if open.is_some() {
                group.seldom().open = open;
            }
            for (check, counting) in counting.iter().enumerate() {
                let operator = counting.operator;
                if operator.identity_in_key.is_none() {
                    group.of(check).name(Some(identity_of(batch, record, &operator.identity)));
                }
                match (and(belongs, counting.says(at as usize)), operator.distinct) {
                    (Verdict::False, _) => {}
                    (Verdict::True, None) => group.counts(check, operators.len()),
                    (Verdict::Unknown(why), None) => group.of(check).doubt(why),
                    (counts, Some(distinct)) => operator.distinct(group.of(check), distinct, counts, batch, record, identity),
                }
            }
            Seen::Any(Box::new(group))
        });
        self.trail.extend(tags.into_iter().zip(&keys.records).map(|(tag, record)| (tag, position(batch, *record as usize))));
    }

    /// A state of so many checks that has seen nothing, within a part of the memory.
    pub(super) fn within(checks: usize, list_max: usize, seed: u64, memory: Share) -> Self {
        let groups = Striped::within(seed, &GroupTable::new(checks, seed), memory.clone());
        Self { tally: Tally::new(list_max), groups, trail: Trail::within(memory) }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.groups.memory()
    }

    /// A state that has seen nothing, and fills the same groups.
    pub(super) fn share(&self, list_max: usize) -> Self {
        Self { tally: Tally::new(list_max), groups: self.groups.share(), trail: self.trail.share() }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.groups.merge(other.groups);
        self.trail.append(other.trail);
    }

    /// Decides each check.
    pub(super) fn finish(self, operators: &[&Groups], finishes: &[Finish<'_>]) -> Vec<Tally> {
        let Self { tally, groups, trail } = self;
        let decided = |groups: &GroupTable| {
            let each = operators.iter().zip(finishes).enumerate();
            let mut checks: Vec<Deciding<'_>> = each.map(|(number, (operator, finish))| Deciding::new(number, operator, finish, groups)).collect();
            // Every group is loaded once.
            groups.iter().for_each(|(key, group)| checks.iter_mut().for_each(|check| check.group(key, &group)));
            checks.into_iter().map(Deciding::told).collect::<Vec<_>>()
        };
        let mut all: Vec<(Tally, Lowest<Found>)> = finishes.iter().map(|finish| (tally.clone(), Lowest::new(finish.list_max))).collect();
        for part in groups.share().into_each(decided) {
            for ((tally, found), (part, more)) in all.iter_mut().zip(part) {
                tally.merge(part);
                found.merge(more);
            }
        }
        let listed = all.iter().flat_map(|(_, found)| found.iter());
        let mut tags: Vec<u32> = listed.map(|found| groups.tag(&found.key)).collect();
        tags.sort_unstable();
        tags.dedup();
        let places = trail.find(&tags);
        let of_tag = |tag: u32| {
            let start = places.partition_point(|(other, _)| *other < tag);
            let length = places[start..].partition_point(|(other, _)| *other == tag);
            places[start..start + length].iter().map(|(_, position)| *position)
        };
        let list = |((mut tally, found), (operator, finish)): ((Tally, Lowest<Found>), (&&Groups, &Finish<'_>))| {
            tally.listed.add_lowest(found, |found| {
                let near: Vec<Position> = of_tag(groups.tag(&found.key)).collect();
                let all_own = u32::try_from(near.len()).is_ok_and(|near| near == found.records);
                let own = if all_own { near } else { (finish.with_key)(operator, &found.key, &near) };
                (found.identity.clone(), own.into_iter().collect())
            });
            tally
        };
        all.into_iter().zip(operators.iter().zip(finishes)).map(list).collect()
    }
}

/// A group that does not conform.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    key: Vec<u8>,
    identity: Vec<String>,
    records: u32,
}

/// A check that counts, and which records of a batch count.
struct Counting<'o> {
    operator: &'o Groups,
    counted: Option<Verdicts>,
}

/// For which of the checks each record surely counts, as bits.
fn counted(counting: &[Counting<'_>], records: usize) -> Vec<u64> {
    let always = counting.iter().enumerate().filter(|(_, counting)| counting.counted.is_none());
    let mut bits = vec![always.fold(0, |bits, (check, _)| bits | 1 << check); records];
    for (check, counted) in counting.iter().enumerate().filter_map(|(check, counting)| Some((check, counting.counted.as_ref()?))) {
        bits.iter_mut().zip(counted.certain()).for_each(|(bits, certain)| *bits |= u64::from(certain) << check);
    }
    bits
}

/// Whether nothing but these bits is to be noted of each record; nothing at all where that is so of all.
fn plain(counting: &[Counting<'_>], records: usize) -> Vec<bool> {
    let bare = counting.iter().all(|counting| counting.operator.distinct.is_none() && counting.operator.identity_in_key.is_some());
    let unknown = || counting.iter().filter_map(|counting| counting.counted.as_ref()).flat_map(Verdicts::unknown_numbers);
    if bare && unknown().next().is_none() {
        return Vec::new();
    }
    let mut plain = vec![bare; records];
    unknown().for_each(|number| plain[number] = false);
    plain
}

impl Counting<'_> {
    #[inline]
    fn says(&self, number: usize) -> Verdict {
        self.counted.as_ref().map_or(Verdict::True, |counted| counted.of_number(number))
    }
}

impl Groups {
    /// What groups whose keys differ in persons alone count together.
    fn alike(&self, number: usize, groups: &GroupTable, seed: u64) -> KeyTable<Alike> {
        let mut all = KeyTable::new(seed);
        if !has_persons(&self.key) {
            return all;
        }
        for (key, group) in groups.iter() {
            let Some(rest) = without_persons(key) else { continue };
            let alike: &mut Alike = all.entry(&rest, Alike::default);
            let (_, high, _) = group.count(number, self.distinct.is_some());
            alike.groups += 1;
            alike.most = alike.most.saturating_add(high);
            if let Some(open) = group.open() {
                alike.open += 1;
                alike.open_most = alike.open_most.saturating_add(high);
                alike.why = least(alike.why, Some(open));
            }
        }
        all
    }
}

/// What a check says of groups, among which are all that may be the same as one of them.
struct Deciding<'d> {
    number: usize,
    operator: &'d Groups,
    finish: &'d Finish<'d>,
    incomplete: bool,
    alike: KeyTable<Alike>,
    tally: Tally,
    found: Lowest<Found>,
    conforming: u64,
    exceptions: u64,
}

impl<'d> Deciding<'d> {
    fn new(number: usize, operator: &'d Groups, finish: &'d Finish<'d>, groups: &GroupTable) -> Self {
        Self {
            number,
            operator,
            finish,
            incomplete: (finish.incomplete)(operator.dataset),
            alike: operator.alike(number, groups, finish.seed),
            tally: Tally::new(finish.list_max),
            found: Lowest::new(finish.list_max),
            conforming: 0,
            exceptions: 0,
        }
    }

    /// How many of the group count at least and at most, and why that is not the same.
    fn count(&self, key: &[u8], group: &Known<'_>) -> (u64, u64, Option<Why>) {
        let (low, high, why) = group.count(self.number, self.operator.distinct.is_some());
        let alike = if self.alike.is_empty() { None } else { without_persons(key).and_then(|rest| self.alike.get(&rest)) };
        let Some(alike) = alike else { return (low, high, why) };
        let (others, most) = if group.open().is_some() { (alike.groups, alike.most) } else { (alike.open + 1, alike.open_most.saturating_add(high)) };
        if others > 1 { (low, most, least(why, alike.why)) } else { (low, high, why) }
    }

    fn group(&mut self, key: &[u8], group: &Known<'_>) {
        if let Some(why) = group.membership() {
            self.tally.undecided(why, 1);
            return;
        }
        let (low, high, why) = self.count(key, group);
        let Groups { dataset, at_least, at_most, .. } = *self.operator;
        // Too many is found in what is there; too few may stand in what is missing.
        let (too_many, too_few) = (low > at_most, high < at_least);
        if too_many || (too_few && !self.incomplete) {
            let identity = self.operator.identity_of(self.number, key, group);
            let id = FindingId::of(self.finish.prefix, &identity);
            self.found.add_with(id, || Found { key: key.to_vec(), identity, records: group.records() });
            self.exceptions += 1;
        } else if too_few {
            self.tally.undecided(Why::Incomplete { dataset }, 1);
        } else if low >= at_least && high <= at_most {
            self.conforming += 1;
        } else {
            self.tally.undecided(why.unwrap_or(Why::Incomplete { dataset }), 1);
        }
    }

    fn told(mut self) -> (Tally, Lowest<Found>) {
        self.tally.conforms(self.conforming);
        self.tally.except(self.exceptions);
        (self.tally, self.found)
    }
}
