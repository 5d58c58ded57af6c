//! Covers: every entry of an expected list is met, also for each subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::members::Members;
use super::words::Words;
use super::{Decided, Finish, Fold, KeyColumn, Tally, filter, position};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::identity::Who;
use crate::key::{Encoded, KeyTable, encode};
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
        let (mut scratch, mut key, mut named) = (Vec::new(), Vec::new(), Vec::new());
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
                    let unresolved = domain.name(value, operator.entry, fold.context.identity.at(batch, record), &mut key, &mut named);
                    if named.is_empty() && !unresolved {
                        continue;
                    }
                    unresolved.then_some(Why::PersonUnresolved { dataset, column })
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
            match subject_of(operator, domain, batch, record, fold, &mut key) {
                Subject::Is(subject) => {
                    for entry in &named {
                        self.meet((subject, *entry), doubt, position(batch, record));
                    }
                }
                Subject::NotExpected => {}
                Subject::Unknown(why) => named.iter().for_each(|entry| self.anyone(Some(*entry), why)),
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
                met.why = Some(met.why.map_or(why, |known| known.min(why)));
            }
        }
        met.places.add(place);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (pair, more) in other.met {
            let met = self.met.entry(pair).or_default();
            met.certain += more.certain;
            met.possible += more.possible;
            met.why = [met.why, more.why].into_iter().flatten().min();
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
        for (why, count) in &self.rejected {
            tally.undecided(*why, *count);
        }
        let subjects: Vec<Option<&super::members::Member>> = match &domain.subjects {
            None => vec![None],
            Some(members) => (0..members.table.len()).map(|slot| Some(members.table.value(slot))).collect(),
        };
        for (members, factor) in [(&domain.subjects, entries), (&domain.without, subjects.len() as u64)] {
            let Some(members) = members else { continue };
            members.excluded.iter().for_each(|(why, count)| tally.exclude(*why, count * factor));
            members.undecided.iter().for_each(|(why, count)| tally.undecided(*why, count * factor));
            members.rejected.iter().for_each(|(why, count)| tally.undecided(*why, *count));
        }
        let nothing = Met::default();
        for (subject, member) in (0_u32..).zip(&subjects) {
            for (number, entry) in (0_u32..).zip(&domain.entries) {
                let met = self.met.get(&(subject, number)).unwrap_or(&nothing);
                let whoever = [self.anyone.get(&None), self.anyone.get(&Some(number))];
                let possible = met.possible + whoever.iter().flatten().map(|(count, _)| *count).sum::<u64>();
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
                    let mut places = met.places.clone();
                    member.iter().for_each(|member| places.add(member.place));
                    entry.place.iter().for_each(|place| places.add(*place));
                    tally.exception(finish.prefix, identity.collect(), 1, &places);
                } else if holds {
                    tally.conforms(1);
                } else {
                    let why = whoever.iter().flatten().map(|(_, why)| *why).chain(met.why).min();
                    tally.undecided(why.unwrap_or(Why::Incomplete { dataset: operator.dataset }), 1);
                }
            }
        }
        Decided { tally, unmapped, statement: None }
    }
}

impl Domain {
    /// Gives the entries that a value names; true where that cannot be told.
    fn name(&self, value: &[u8], column: KeyColumn, who: Who<'_>, key: &mut Vec<u8>, named: &mut Vec<u32>) -> bool {
        match &self.index {
            EntryIndex::Words(words) => {
                words.names(value, named);
                false
            }
            EntryIndex::Keys(keys) => {
                named.clear();
                key.clear();
                let encoded = encode(key, value, column.compare, who);
                named.extend(keys.get(key));
                named.is_empty() && encoded != Encoded::Known
            }
        }
    }

    /// Entries that no word of evidence or engagement is mapped to.
    fn unmapped(&self, named: &BTreeSet<u32>) -> Vec<String> {
        let EntryIndex::Words(words) = &self.index else { return Vec::new() };
        let unmapped = (0_u32..).zip(&self.entries).filter(|(number, _)| !words.mapped(*number) && !named.contains(number));
        unmapped.map(|(_, entry)| entry.id.clone()).collect()
    }
}

enum Subject {
    Is(u32),
    NotExpected,
    Unknown(Why),
}

fn subject_of(operator: &Covers, domain: &Domain, batch: &Batch<'_>, record: usize, fold: &Fold<'_>, key: &mut Vec<u8>) -> Subject {
    let (Some(KeyColumn { column, compare }), Some(members)) = (operator.subject, &domain.subjects) else { return Subject::Is(0) };
    let dataset = operator.dataset;
    match batch.get(column.into(), record) {
        Value::Bytes(value) => {
            key.clear();
            let encoded = encode(key, value, compare, fold.context.identity.at(batch, record));
            match (members.table.find(key), encoded) {
                (Some(slot), _) => Subject::Is(u32::try_from(slot).unwrap_or(u32::MAX)),
                (None, Encoded::Known) => Subject::NotExpected,
                (None, Encoded::Stranger | Encoded::Unplaced | Encoded::Ambiguous) => Subject::Unknown(Why::PersonUnresolved { dataset, column }),
            }
        }
        Value::Empty => Subject::NotExpected,
        Value::Absent => Subject::Unknown(Why::FieldAbsent { dataset, column }),
        Value::Invalid => Subject::Unknown(Why::Unreadable { dataset, column }),
    }
}
