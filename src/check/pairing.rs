//! Pairs: what records say of each expected entry, also for each subject.
//!
//! Several kinds of check ask for expected entries, and differ in what they
//! keep of a pair and how they decide on it: that is their [`Rule`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::members::{Member, Members};
use super::span::Windows;
use super::words::Words;
use super::{Decided, Finish, KeyColumn, Operator, Tally};
use crate::calendar::Day;
use crate::evidence::batch::Batch;
use crate::finding::{Ids, Lowest, Places, Position};
use crate::key::{Kept, KeyTable, TOGETHER};
use crate::parallel;
use crate::predicate::compiled::Compiled;
use crate::why::{Excluded, Why};

mod elsewhere;
mod fold;
mod met;

use elsewhere::Elsewhere;
use met::{Looked, Pairs};

/// Which records name which pairs.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// The index of the dataset whose records name entries.
    pub dataset: u16,
    /// Which of its records count.
    pub filter: Option<Compiled>,
    /// The column that names the entry.
    pub entry: KeyColumn,
    /// The column that names the subject.
    pub subject: Option<KeyColumn>,
    /// Which parts of the pair make a finding, in the check's order.
    pub identity: Vec<Part>,
    /// The number of the column that names the entry, where many look at its values.
    pub shared_entries: Option<u16>,
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

/// What is kept of a pair.
pub trait Met: Kept + Sync {
    /// What a record says beside what it names.
    type Said: Copy;

    /// Takes in a record that names the pair; `doubt` tells why it may not count.
    fn meet(&mut self, said: Self::Said, doubt: Option<Why>, place: Position);

    /// How many records count, or may.
    fn records(&self) -> u64;

    /// Why some of them may not; the least reason.
    fn why(&self) -> Option<Why>;
}

/// What a kind of check asks of pairs.
pub trait Rule: Sync {
    /// What it keeps of a pair.
    type Met: Met;

    /// Which records name which pairs.
    fn pairing(&self) -> &Pairing;

    /// What a record says, and why it may not count: `doubt`, or what it says is doubtful itself.
    fn said(&self, batch: &Batch<'_>, record: usize, doubt: Option<Why>) -> (<Self::Met as Met>::Said, Option<Why>);

    /// Decides on a pair.
    fn decide(&self, entry: &DomainEntry, seen: &Seen<'_, Self::Met>) -> Told;

    /// The records that a finding about the pair cites, beside those that made its entry and its subject.
    fn places(&self, entry: &DomainEntry, seen: &Seen<'_, Self::Met>) -> Places;

    /// The days over which acts were seen, where it looks at time.
    fn span<'m>(&self, _: impl Iterator<Item = &'m Self::Met>) -> Option<(Day, Day)>
    where
        Self::Met: 'm,
    {
        None
    }
}

/// What was seen of a pair.
#[derive(Debug)]
pub struct Seen<'s, M> {
    /// By records that name it.
    pub met: &'s M,
    /// By records that may name it, for one may not be able to tell what they name.
    pub whoever: [Option<&'s M>; 2],
    /// Records that may name it, because somebody is missing on the roster.
    pub strangers: u64,
    /// Whether records are known to be missing.
    pub incomplete: bool,
}

/// What is decided on a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is as it must be.
    Conforms,
    /// It is not.
    Exception,
    /// That depends on what is doubtful, perhaps on this.
    Open(Option<Why>),
    /// The check is not about it.
    LeftOut(Excluded),
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
    /// When it is expected, where its records say so.
    pub windows: Option<Box<Windows>>,
}

/// How a value names entries.
#[derive(Debug)]
pub enum EntryIndex {
    /// By words.
    Words(Words),
    /// By key.
    Keys(KeyTable<u32>),
}

/// Bytes of what is kept of pairs that each have a place, for all checks of a scan: where more would
/// be needed, what is met is kept by key.
pub const GRIDS: usize = 128 << 20;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<M: Met> {
    /// By subject and entry.
    met: Pairs<M>,
    /// Records that may meet an entry (`None`: any) for whichever subject.
    #[serde(with = "super::tally::pairs")]
    anyone: BTreeMap<Option<u32>, M>,
    /// Entries that some record names, whether it counts or not.
    named: BTreeSet<u32>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

impl<M: Met> State<M> {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(Pairs::keyed(seed))
    }

    /// The same, made for a domain; `room` is what is left of [`GRIDS`].
    pub(super) fn within(seed: u64, domain: Option<&Domain>, room: &mut usize) -> Self {
        domain.map_or_else(|| Self::new(seed), |domain| Self::of(Pairs::within(seed, domain, room)))
    }

    /// A state that has seen nothing, and fills the same pairs.
    pub(super) fn share(&self) -> Self {
        Self::of(self.met.share())
    }

    const fn of(met: Pairs<M>) -> Self {
        Self { met, anyone: BTreeMap::new(), named: BTreeSet::new(), rejected: BTreeMap::new() }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.met.merge(other.met);
        for (entry, more) in other.anyone {
            self.anyone.entry(entry).or_default().merge(more);
        }
        self.named.extend(other.named);
        for (why, count) in other.rejected {
            *self.rejected.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish<R: Rule<Met = M>>(self, rule: &R, finish: &Finish<'_>) -> Decided {
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
            members.excluded().iter().for_each(|(why, count)| tally.exclude(*why, count * factor));
            members.undecided.iter().for_each(|(why, count)| tally.undecided(*why, count * factor));
        }
        let elsewhere = Elsewhere::new(&self, rule.pairing(), domain, finish);
        let met = self.met.looked();
        let nothing = M::default();
        let deciding = Deciding { rule, domain, finish, met: &met, nothing: &nothing, anyone: &self.anyone, elsewhere };
        let numbered: Vec<_> = (0_u32..).zip(subjects).collect();
        let mut found = Lowest::new(finish.list_max);
        // In few parts: each tells the lowest ids of its own, and those of all are told one after the other.
        for (part, more) in parallel::parts(&numbered, |part| deciding.decide(part)) {
            tally.merge(part);
            found.merge(more);
        }
        tally.listed.add_lowest(found, |pair| deciding.finding(*pair));
        let seen = rule.span(met.iter().map(|(_, met)| met));
        drop(met);
        Decided { tally, unmapped, statement: None, seen }
    }
}

/// What deciding pairs needs.
struct Deciding<'d, R: Rule> {
    rule: &'d R,
    domain: &'d Domain,
    finish: &'d Finish<'d>,
    met: &'d Looked<'d, R::Met>,
    /// What was seen of a pair that no record names.
    nothing: &'d R::Met,
    anyone: &'d BTreeMap<Option<u32>, R::Met>,
    elsewhere: Elsewhere,
}

impl<R: Rule> Deciding<'_, R> {
    /// Decides every entry for each of these subjects; gives the ids of what was found.
    fn decide(&self, subjects: &[(u32, Option<&Member>)]) -> (Tally, Lowest<(u32, u32)>) {
        let Self { rule, finish, .. } = self;
        let (mut tally, mut conforming) = (Tally::new(finish.list_max), 0);
        let (mut ids, mut found, mut exceptions) = (Ids::new(finish.prefix), Lowest::new(finish.list_max), 0);
        let dataset = rule.pairing().dataset;
        let incomplete = (finish.incomplete)(dataset);
        let entries = || (0_u32..).zip(&self.domain.entries);
        let mut pairs = subjects.iter().flat_map(|(subject, member)| entries().map(|(number, entry)| (*subject, *member, number, entry)));
        loop {
            let pairs: Vec<_> = pairs.by_ref().take(TOGETHER).collect();
            if pairs.is_empty() {
                break;
            }
            let numbers: Vec<_> = pairs.iter().map(|(subject, _, number, _)| (*subject, *number)).collect();
            let mut met = [self.nothing; TOGETHER];
            self.met.get_all(&numbers, |at, found| met[at] = found.unwrap_or(self.nothing));
            for ((subject, member, number, entry), met) in pairs.into_iter().zip(met) {
                if let Some(why) = member.and_then(|member| member.doubt).or(entry.doubt) {
                    tally.undecided(why, 1);
                    continue;
                }
                let seen = self.seen(subject, number, met, incomplete);
                match rule.decide(entry, &seen) {
                    Told::Conforms => conforming += 1,
                    Told::Exception => {
                        ids.add(self.identity(member, entry), (subject, number), |id, pair| found.add(id, pair));
                        exceptions += 1;
                    }
                    Told::Open(why) => {
                        let missing = (seen.strangers > 0).then_some(Why::RosterIncomplete);
                        let why = seen.whoever.iter().flatten().filter_map(|met| met.why()).chain(seen.met.why()).chain(missing).chain(why).min();
                        tally.undecided(why.unwrap_or(Why::Incomplete { dataset }), 1);
                    }
                    Told::LeftOut(why) => tally.exclude(why, 1),
                }
            }
        }
        ids.finish(|id, pair| found.add(id, pair));
        tally.conforms(conforming);
        tally.except(exceptions);
        (tally, found)
    }

    #[inline]
    fn seen<'s>(&'s self, subject: u32, number: u32, met: &'s R::Met, incomplete: bool) -> Seen<'s, R::Met> {
        let whoever = [self.anyone.get(&None), self.anyone.get(&Some(number))];
        let strangers = if self.elsewhere.is_open() { self.elsewhere.count(subject, number) - met.records() } else { 0 };
        Seen { met, whoever, strangers, incomplete }
    }

    fn identity<'a>(&'a self, member: Option<&'a Member>, entry: &'a DomainEntry) -> impl Iterator<Item = &'a str> {
        let part = move |part: &Part| match part {
            Part::Subject => member.map_or("", |member| member.shown.as_str()),
            Part::Entry => entry.id.as_str(),
        };
        self.rule.pairing().identity.iter().map(part)
    }

    /// The identity of a finding and where it stands.
    fn finding(&self, (subject, number): (u32, u32)) -> (Vec<String>, Places) {
        let member = self.domain.subjects.as_ref().map(|members| members.table.value(subject as usize));
        let entry = &self.domain.entries[number as usize];
        let met = self.met.get((subject, number)).unwrap_or(self.nothing);
        let mut places = self.rule.places(entry, &self.seen(subject, number, met, false));
        member.iter().for_each(|member| places.add(member.place));
        entry.place.iter().for_each(|place| places.add(*place));
        (self.identity(member, entry).map(str::to_owned).collect(), places)
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

impl Operator {
    /// Which records name which pairs, where the check asks for pairs.
    #[must_use]
    pub const fn pairing(&self) -> Option<&Pairing> {
        match self {
            Self::Covers(check) => Some(&check.pairing),
            Self::Recurs(check) => Some(&check.pairing),
            Self::WithoutGap(check) => Some(&check.pairing),
            _ => None,
        }
    }

    /// Whether an item that conforms does so over every day of the period under audit, where one is stated.
    #[must_use]
    pub const fn asks_whole_period(&self) -> bool {
        match self {
            Self::Recurs(_) => true,
            Self::WithoutGap(check) => check.over.is_some() && check.at_least > 0,
            _ => false,
        }
    }

    /// As [`Self::pairing`], to be changed.
    pub(crate) const fn pairing_mut(&mut self) -> Option<&mut Pairing> {
        match self {
            Self::Covers(check) => Some(&mut check.pairing),
            Self::Recurs(check) => Some(&mut check.pairing),
            Self::WithoutGap(check) => Some(&mut check.pairing),
            _ => None,
        }
    }
}
