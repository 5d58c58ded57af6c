//! Covers: every entry of an expected list is met, also for each subject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::members::{Member, Members};
use super::words::Words;
use super::{Decided, Finish, KeyColumn, Tally, least};
use crate::finding::{FindingId, Lowest, Places, Position};
use crate::key::{Compare, Kept, KeyTable, Striped, Whole};
use crate::parallel;
use crate::predicate::compiled::Compiled;
use crate::why::Why;

mod fold;

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
    /// The number under which several checks seek the same subjects of the same records.
    pub shared_subjects: Option<u16>,
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
    pub subjects: Option<Arc<Members>>,
    /// Records of an expected list that make no entry.
    pub without: Option<Arc<Members>>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// By subject and entry, as [`pair`] writes them.
    met: Striped<Met>,
    /// Records that may meet an entry (`None`: any) for whichever subject.
    #[serde(with = "super::tally::pairs")]
    anyone: BTreeMap<Option<u32>, (u64, Why)>,
    /// Entries that some record names, whether it counts or not.
    named: BTreeSet<u32>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

/// The key of a subject and an entry.
fn pair(subject: u32, entry: u32) -> [u8; 8] {
    (u64::from(subject) << 32 | u64::from(entry)).to_be_bytes()
}

/// The subject and the entry of a key.
fn of_pair(key: &[u8]) -> (u32, u32) {
    let number = |at: usize| key.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes));
    (number(0), number(4))
}

impl Met {
    fn meet(&mut self, doubt: Option<Why>, place: Position) {
        match doubt {
            None => self.certain += 1,
            Some(why) => {
                self.possible += 1;
                self.why = least(self.why, Some(why));
            }
        }
        self.places.add(place);
    }
}

impl Kept for Met {
    fn merge(&mut self, other: Self) {
        self.certain += other.certain;
        self.possible += other.possible;
        self.why = least(self.why, other.why);
        self.places.merge(&other.places);
    }
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { met: Striped::new(seed), anyone: BTreeMap::new(), named: BTreeSet::new(), rejected: BTreeMap::new() }
    }

    /// A state that has seen nothing, and fills the same pairs.
    pub(super) fn share(&self) -> Self {
        Self { met: self.met.share(), anyone: BTreeMap::new(), named: BTreeSet::new(), rejected: BTreeMap::new() }
    }

    fn anyone(&mut self, entry: Option<u32>, why: Why) {
        let (count, known) = self.anyone.entry(entry).or_insert((0, why));
        *count += 1;
        *known = (*known).min(why);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.met.merge(other.met);
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
        let subjects: Vec<Option<&Member>> = match &domain.subjects {
            None => vec![None],
            Some(members) => (0..members.table.len()).map(|slot| Some(members.table.value(slot))).collect(),
        };
        for (members, factor) in [(&domain.subjects, entries), (&domain.without, subjects.len() as u64)] {
            let Some(members) = members else { continue };
            members.excluded.iter().for_each(|(why, count)| tally.exclude(*why, count * factor));
            members.undecided.iter().for_each(|(why, count)| tally.undecided(*why, count * factor));
        }
        let elsewhere = Elsewhere::new(&self, operator, domain, finish);
        let met = self.met.whole();
        let deciding = Deciding { operator, domain, finish, met: &met, anyone: &self.anyone, elsewhere };
        let numbered: Vec<_> = (0_u32..).zip(subjects).collect();
        let parts: Vec<&[_]> = numbered.chunks(SUBJECTS).collect();
        let mut found = Lowest::new(finish.list_max);
        for (part, more) in parallel::each(&parts, |part| deciding.decide(part)) {
            tally.merge(part);
            found.merge(more);
        }
        tally.listed.add_lowest(found, |pair| deciding.finding(*pair));
        drop(met);
        Decided { tally, unmapped, statement: None }
    }
}

/// Subjects that are decided together.
const SUBJECTS: usize = 4096;

/// What deciding pairs needs.
struct Deciding<'d> {
    operator: &'d Covers,
    domain: &'d Domain,
    finish: &'d Finish<'d>,
    met: &'d Whole<'d, Met>,
    anyone: &'d BTreeMap<Option<u32>, (u64, Why)>,
    elsewhere: Elsewhere,
}

impl Deciding<'_> {
    /// Decides every entry for each of these subjects; gives the ids of what was found.
    fn decide(&self, subjects: &[(u32, Option<&Member>)]) -> (Tally, Lowest<(u32, u32)>) {
        let Self { operator, finish, elsewhere, .. } = self;
        let (mut tally, nothing, mut conforming) = (Tally::new(finish.list_max), Met::default(), 0);
        let (mut found, mut exceptions) = (Lowest::new(finish.list_max), 0);
        let incomplete = (finish.incomplete)(operator.dataset);
        for (subject, member) in subjects {
            for (number, entry) in (0_u32..).zip(&self.domain.entries) {
                let met = self.met.get(&pair(*subject, number)).unwrap_or(&nothing);
                let whoever = [self.anyone.get(&None), self.anyone.get(&Some(number))];
                let strangers = elsewhere.count(*subject, number) - if elsewhere.is_open() { met.certain + met.possible } else { 0 };
                let possible = met.possible + strangers + whoever.iter().flatten().map(|(count, _)| *count).sum::<u64>();
                let doubt = member.and_then(|member| member.doubt).or(entry.doubt);
                let too_many = met.certain > operator.at_most;
                let too_few = met.certain + possible < operator.at_least;
                let holds = met.certain >= operator.at_least && met.certain + possible <= operator.at_most;
                if let Some(why) = doubt {
                    tally.undecided(why, 1);
                } else if too_many || (too_few && !incomplete) {
                    found.add(FindingId::of(finish.prefix, &self.identity(*member, entry)), (*subject, number));
                    exceptions += 1;
                } else if holds {
                    conforming += 1;
                } else {
                    let missing = (strangers > 0).then_some(Why::RosterIncomplete);
                    let why = whoever.iter().flatten().map(|(_, why)| *why).chain(met.why).chain(missing).min();
                    tally.undecided(why.unwrap_or(Why::Incomplete { dataset: operator.dataset }), 1);
                }
            }
        }
        tally.conforms(conforming);
        tally.except(exceptions);
        (tally, found)
    }

    fn identity<'a>(&self, member: Option<&'a Member>, entry: &'a DomainEntry) -> Vec<&'a str> {
        let part = |part: &Part| match part {
            Part::Subject => member.map_or("", |member| &member.shown),
            Part::Entry => &entry.id,
        };
        self.operator.identity.iter().map(part).collect()
    }

    /// The identity of a finding and where it stands.
    fn finding(&self, (subject, number): (u32, u32)) -> (Vec<String>, Places) {
        let member = self.domain.subjects.as_ref().map(|members| members.table.value(subject as usize));
        let entry = &self.domain.entries[number as usize];
        let mut places = self.met.get(&pair(subject, number)).map(|met| met.places).unwrap_or_default();
        member.iter().for_each(|member| places.add(member.place));
        entry.place.iter().for_each(|place| places.add(*place));
        (self.identity(member, entry).into_iter().map(str::to_owned).collect(), places)
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
        if !subjects && !entries {
            return Self::default();
        }
        let met = state.met.whole();
        let counts = || met.iter().map(|(key, met)| (of_pair(key), met.certain + met.possible));
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
    /// Entries that no word of evidence or engagement is mapped to.
    fn unmapped(&self, named: &BTreeSet<u32>) -> Vec<String> {
        let EntryIndex::Words(words) = &self.index else { return Vec::new() };
        let nobody = |number: u32| !words.mapped(number) && !named.contains(&number);
        // What may not be expected need not have a word.
        let unmapped = (0_u32..).zip(&self.entries).filter(|(number, entry)| entry.doubt.is_none() && nobody(*number));
        unmapped.map(|(_, entry)| entry.id.clone()).collect()
    }
}
