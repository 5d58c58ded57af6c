//! Covers: every entry of an expected list is met, also for each subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::members::Members;
use super::words::Words;
use super::{Decided, Finish, Fold, KeyColumn, Tally, filter, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::key::{Compare, Encoded, KeyTable, encode};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Covers {
    /// The index of the dataset that meets the entries.
    pub dataset: u16,
    /// Which of its records count.
    pub filter: Option<Compiled>,
    /// The column that names the entry.
    pub entry: KeyColumn,
    /// The column that names the subject.
    pub subject: Option<KeyColumn>,
    /// At least.
    pub at_least: u64,
    /// At most.
    pub at_most: u64,
    /// Which parts of the pair make a finding, in the check's order.
    pub identity: Vec<Part>,
}

/// A part of a finding's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The subject.
    Subject,
    /// The entry.
    Entry,
}

/// What is expected, from keys; constant during judge.
#[derive(Debug)]
pub struct Domain {
    /// The entries.
    pub entries: Vec<DomainEntry>,
    /// How a value names entries.
    pub index: EntryIndex,
    /// For each of these, where the check has subjects.
    pub subjects: Option<Members>,
    /// Records of an expected list that make no entry.
    pub without: Option<Members>,
}

/// An expected entry.
#[derive(Debug, Clone)]
pub struct DomainEntry {
    /// Its id, as findings show it.
    pub id: String,
    /// Where it stands, if it comes from a dataset.
    pub place: Option<Position>,
    /// Why it may not be expected.
    pub doubt: Option<Why>,
}

/// How a value names entries.
#[derive(Debug)]
pub enum EntryIndex {
    /// By words.
    Words(Words),
    /// By key.
    Keys(KeyTable<u32>),
}

/// What was seen of one pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Met {
    certain: u64,
    possible: u64,
    why: Option<Why>,
    places: Places,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "super::tally::pairs")]
    met: BTreeMap<(u32, u32), Met>,
    /// Records that may meet an entry (`None`: any) for whichever subject.
    #[serde(with = "super::tally::pairs")]
    anyone: BTreeMap<Option<u32>, (u64, Why)>,
    /// Entries that some record names, whether it counts or not.
    named: BTreeSet<u32>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

impl State {
    pub(super) fn fold(&mut self, operator: &Covers, batch: &Batch<'_>, fold: &Fold<'_>) {
        let Some(domain) = fold.domain else { return };
        let (mut scratch, mut key, mut named, mut subjects) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }).or_default() += 1;
        }
        for record in 0..batch.len() {
            if fold.marks.get(record).is_some() {
                continue;
            }
            let dataset = operator.dataset;
            let column = operator.entry.column;
            let entry_unknown = match batch.get(column.into(), record) {
                Value::Bytes(value) => {
                    let unknown = domain.name(value, operator, fold, &mut key, &mut named);
                    if named.is_empty() && unknown.is_none() {
                        continue;
                    }
                    unknown
                }
                Value::Empty => continue,
                Value::Absent => Some(Why::FieldAbsent { dataset, column }),
                Value::Invalid => Some(Why::Unreadable { dataset, column }),
            };
            if entry_unknown.is_none() {
                self.named.extend(&named);
            }
            let counts = filter(operator.filter.as_ref(), batch, record, fold, &mut scratch);
            if counts == Verdict::False {
                continue;
            }
            if let Some(why) = entry_unknown {
                self.anyone(None, why);
                continue;
            }
            let doubt = match counts {
                Verdict::Unknown(why) => Some(why),
                Verdict::True | Verdict::False => None,
            };
            match subjects_of(operator, domain, batch, record, fold, &mut key, &mut subjects) {
                Ok(()) => {
                    for pair in subjects.iter().flat_map(|subject| named.iter().map(move |entry| (*subject, *entry))) {
                        self.meet(pair, doubt, position(batch, record));
                    }
                }
                Err(why) => named.iter().for_each(|entry| self.anyone(Some(*entry), why)),
            }
        }
    }

    fn anyone(&mut self, entry: Option<u32>, why: Why) {
        let (count, known) = self.anyone.entry(entry).or_insert((0, why));
        *count += 1;
        *known = (*known).min(why);
    }

    fn meet(&mut self, pair: (u32, u32), doubt: Option<Why>, place: Position) {
        let met = self.met.entry(pair).or_default();
        match doubt {
            None => met.certain += 1,
            Some(why) => {
                met.possible += 1;
                met.why = least(met.why, Some(why));
            }
        }
        met.places.add(place);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (pair, more) in other.met {
            let met = self.met.entry(pair).or_default();
            met.certain += more.certain;
            met.possible += more.possible;
            met.why = least(met.why, more.why);
            met.places.merge(&more.places);
        }
        for (entry, (count, why)) in other.anyone {
            let (known_count, known) = self.anyone.entry(entry).or_insert((0, why));
            *known_count += count;
            *known = (*known).min(why);
        }
        self.named.extend(other.named);
        for (why, count) in other.rejected {
            *self.rejected.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Covers, finish: &Finish<'_>) -> Decided {
        let mut tally = Tally::new(finish.list_max);
        let Some(domain) = finish.domain else { return tally.into() };
        let entries = domain.entries.len() as u64;
        let unmapped = domain.unmapped(&self.named);
        // However many of the three read a dataset, its rejected records count once.
        let mut rejected = self.rejected.clone();
        for members in [&domain.subjects, &domain.without].into_iter().flatten() {
            rejected.extend(&members.rejected);
        }
        rejected.iter().for_each(|(why, count)| tally.undecided(*why, *count));
        let subjects: Vec<Option<&super::members::Member>> = match &domain.subjects {
            None => vec![None],
            Some(members) => (0..members.table.len()).map(|slot| Some(members.table.value(slot))).collect(),
        };
        for (members, factor) in [(&domain.subjects, entries), (&domain.without, subjects.len() as u64)] {
            let Some(members) = members else { continue };
            members.excluded.iter().for_each(|(why, count)| tally.exclude(*why, count * factor));
            members.undecided.iter().for_each(|(why, count)| tally.undecided(*why, count * factor));
        }
        let nothing = Met::default();
        let elsewhere = Elsewhere::new(&self, operator, domain, finish);
        for (subject, member) in (0_u32..).zip(&subjects) {
            for (number, entry) in (0_u32..).zip(&domain.entries) {
                let met = self.met.get(&(subject, number)).unwrap_or(&nothing);
                let whoever = [self.anyone.get(&None), self.anyone.get(&Some(number))];
                let strangers = elsewhere.count(subject, number) - if elsewhere.is_open() { met.certain + met.possible } else { 0 };
                let possible = met.possible + strangers + whoever.iter().flatten().map(|(count, _)| *count).sum::<u64>();
                let doubt = member.and_then(|member| member.doubt).or(entry.doubt);
                let too_many = met.certain > operator.at_most;
                let too_few = met.certain + possible < operator.at_least;
                let holds = met.certain >= operator.at_least && met.certain + possible <= operator.at_most;
                if let Some(why) = doubt {
                    tally.undecided(why, 1);
                } else if too_many || (too_few && !(finish.incomplete)(operator.dataset)) {
                    let identity = operator.identity.iter().map(|part| match part {
                        Part::Subject => member.map(|member| member.shown.clone()).unwrap_or_default(),
                        Part::Entry => entry.id.clone(),
                    });
                    let mut places = met.places;
                    member.iter().for_each(|member| places.add(member.place));
                    entry.place.iter().for_each(|place| places.add(*place));
                    tally.exception(finish.prefix, identity.collect(), 1, &places);
                } else if holds {
                    tally.conforms(1);
                } else {
                    let incomplete = (strangers > 0).then_some(Why::RosterIncomplete);
                    let why = whoever.iter().flatten().map(|(_, why)| *why).chain(met.why).chain(incomplete).min();
                    tally.undecided(why.unwrap_or(Why::Incomplete { dataset: operator.dataset }), 1);
                }
            }
        }
        Decided { tally, unmapped, statement: None }
    }
}

/// How many records name persons who may be others, because somebody is
/// missing on the roster: each may count for any subject, or any entry.
#[derive(Debug, Default)]
struct Elsewhere {
    by_entry: Option<BTreeMap<u32, u64>>,
    by_subject: Option<BTreeMap<u32, u64>>,
    all: Option<u64>,
}

impl Elsewhere {
    fn new(state: &State, operator: &Covers, domain: &Domain, finish: &Finish<'_>) -> Self {
        let person = |column: KeyColumn| column.compare == Compare::Person && finish.context.identity.is_incomplete();
        let subjects = domain.subjects.is_some() && operator.subject.is_some_and(person);
        let entries = matches!(domain.index, EntryIndex::Keys(_)) && person(operator.entry);
        let counts = || state.met.iter().map(|(pair, met)| (*pair, met.certain + met.possible));
        let sums = |part: fn((u32, u32)) -> u32| {
            let mut sums = BTreeMap::new();
            counts().for_each(|(pair, count)| *sums.entry(part(pair)).or_default() += count);
            sums
        };
        match (subjects, entries) {
            (true, true) => Self { all: Some(counts().map(|(_, count)| count).sum()), ..Self::default() },
            (true, false) => Self { by_entry: Some(sums(|(_, entry)| entry)), ..Self::default() },
            (false, true) => Self { by_subject: Some(sums(|(subject, _)| subject)), ..Self::default() },
            (false, false) => Self::default(),
        }
    }

    const fn is_open(&self) -> bool {
        self.all.is_some() || self.by_entry.is_some() || self.by_subject.is_some()
    }

    /// Records that may count for the pair, its own included; 0 where nothing is open.
    fn count(&self, subject: u32, entry: u32) -> u64 {
        let sum = |sums: &Option<BTreeMap<u32, u64>>, at: u32| sums.as_ref().and_then(|sums| sums.get(&at)).copied().unwrap_or(0);
        self.all.unwrap_or(0) + sum(&self.by_entry, entry) + sum(&self.by_subject, subject)
    }
}

impl Domain {
    /// Gives the entries that a value names; `Some` tells why it may name any.
    fn name(&self, value: &[u8], operator: &Covers, fold: &Fold<'_>, key: &mut Vec<u8>, named: &mut Vec<u32>) -> Option<Why> {
        let (mut unknown, mut of_one) = (None, Vec::new());
        named.clear();
        for one in operator.entry.values(value) {
            match &self.index {
                EntryIndex::Words(words) if !operator.entry.elements => words.names(one, named),
                EntryIndex::Words(words) => {
                    words.names(one, &mut of_one);
                    named.append(&mut of_one);
                }
                EntryIndex::Keys(keys) => match find(|key| keys.get(key).copied(), one, operator.entry, operator.dataset, fold, key) {
                    Ok(entry) => named.extend(entry),
                    Err(why) => unknown = least(unknown, Some(why)),
                },
            }
        }
        named.sort_unstable();
        named.dedup();
        unknown
    }

    /// Entries that no word of evidence or engagement is mapped to.
    fn unmapped(&self, named: &BTreeSet<u32>) -> Vec<String> {
        let EntryIndex::Words(words) = &self.index else { return Vec::new() };
        let unmapped = (0_u32..).zip(&self.entries).filter(|(number, _)| !words.mapped(*number) && !named.contains(number));
        unmapped.map(|(_, entry)| entry.id.clone()).collect()
    }
}

/// The number of a value among keys; `Ok(None)` where it is surely none of
/// them, `Err` where it may be any of them: nobody is known for a stranger.
fn find(
    number: impl Fn(&[u8]) -> Option<u32>,
    value: &[u8],
    column: KeyColumn,
    dataset: u16,
    fold: &Fold<'_>,
    key: &mut Vec<u8>,
) -> Result<Option<u32>, Why> {
    let identity = fold.context.identity;
    key.clear();
    match encode(key, value, column.compare, identity) {
        Encoded::Exact => Ok(number(key)),
        encoded @ Encoded::Person => match (number(key), encoded.doubt(identity, dataset, column.column)) {
            (None, Some(why)) => Err(why),
            (found, _) => Ok(found),
        },
        Encoded::Stranger | Encoded::Ambiguous => Err(Why::PersonUnresolved { dataset, column: column.column }),
    }
}

/// Gives the subjects that a record names; `Err` tells why it may name any.
fn subjects_of(
    operator: &Covers,
    domain: &Domain,
    batch: &Batch<'_>,
    record: usize,
    fold: &Fold<'_>,
    key: &mut Vec<u8>,
    subjects: &mut Vec<u32>,
) -> Result<(), Why> {
    subjects.clear();
    let (Some(subject), Some(members)) = (operator.subject, &domain.subjects) else {
        subjects.push(0);
        return Ok(());
    };
    let (dataset, column) = (operator.dataset, subject.column);
    let number = |key: &[u8]| members.table.find(key).map(|slot| u32::try_from(slot).expect("a table of keys holds fewer than four billion"));
    match batch.get(column.into(), record) {
        Value::Bytes(value) => {
            for one in subject.values(value) {
                subjects.extend(find(number, one, subject, dataset, fold, key)?);
            }
            subjects.sort_unstable();
            subjects.dedup();
            Ok(())
        }
        Value::Empty => Ok(()),
        Value::Absent => Err(Why::FieldAbsent { dataset, column }),
        Value::Invalid => Err(Why::Unreadable { dataset, column }),
    }
}
