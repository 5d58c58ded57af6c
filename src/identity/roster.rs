//! The roster: who there is, and by which names they are known everywhere.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::stated::Stated;
use super::{Hashes, Identity, Map, Name, ROSTER_FIELDS, Resolved, RosterField, is_address, normalise, shown};
use crate::key::KeyTable;

/// Collects roster entries, in any order.
#[derive(Debug, Clone, Default)]
pub struct RosterBuilder {
    entries: Vec<Entry>,
}

/// One entry, normalised; no name where it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    table: u32,
    /// The names, one behind the other: a roster has many entries.
    text: Box<[u8]>,
    /// Where each ends.
    ends: [usize; 3],
}

/// What several messages of one kind say: how many, and a few of them.
#[derive(Debug, Default)]
struct Examples(BTreeSet<Box<[u8]>>);

impl Examples {
    fn note(&self, what: &str) -> Option<String> {
        const FEW: usize = 5;
        let few: Vec<String> = self.0.iter().take(FEW).map(|name| shown(name)).collect();
        let more = if self.0.len() > FEW { ", ..." } else { "" };
        (!self.0.is_empty()).then(|| format!("{what}: {} ({}{more})", self.0.len(), few.join(", ")))
    }
}

impl Entry {
    fn new(table: u32, values: [Option<&[u8]>; ROSTER_FIELDS.len()]) -> Self {
        let mut text = Vec::with_capacity(values.iter().flatten().map(|value| value.len()).sum());
        let ends = values.map(|value| {
            normalise(value.unwrap_or_default(), |name| text.extend_from_slice(name));
            text.len()
        });
        Self { table, text: text.into_boxed_slice(), ends }
    }

    fn name(&self, field: RosterField) -> Option<&[u8]> {
        let start = (field as usize).checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..self.ends[field as usize]).filter(|name| !name.is_empty())
    }

    fn names(&self) -> [Option<&[u8]>; 3] {
        RosterField::ALL.map(|field| self.name(field))
    }

    /// What tells this entry from others of its roster: the number, else the first name there is.
    fn key(&self) -> Option<(RosterField, &[u8])> {
        RosterField::ALL.into_iter().find_map(|field| Some((field, self.name(field)?)))
    }
}

/// Sets of entries that are the same person.
struct Same(Vec<u32>);

impl Same {
    fn of(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            let above = self.0[self.0[at as usize] as usize];
            self.0[at as usize] = above;
            at = above;
        }
        at
    }

    /// The lower of two ends names both, so that the first entry in order names its person.
    fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.of(left), self.of(right));
        self.0[left.max(right) as usize] = left.min(right);
    }
}

impl RosterBuilder {
    /// Adds an entry of a table: the values of [`ROSTER_FIELDS`], where it has them.
    pub fn entry(&mut self, table: u32, values: [Option<&[u8]>; ROSTER_FIELDS.len()]) {
        let entry = Entry::new(table, values);
        if entry.key().is_some() {
            self.entries.push(entry);
        }
    }

    /// Takes in what another worker collected.
    pub fn merge(&mut self, other: Self) {
        if self.entries.is_empty() {
            self.entries = other.entries;
        } else {
            self.entries.extend(other.entries);
        }
    }

    /// Decides who there is; `system` gives the system of each table. The
    /// result does not depend on the order in which entries were added.
    ///
    /// Entries of one system with the same number are one person if they
    /// stand in the same table or have the same address; otherwise two rosters
    /// use the same number for different people.
    #[must_use]
    pub fn build<'s>(mut self, system: &dyn Fn(u32) -> Option<&'s str>) -> (Identity, Vec<String>) {
        self.entries.sort_by(|left, right| {
            let order = |entry: &Entry| (system(entry.table), entry.table);
            let ((of, table), (other, beside)) = (order(left), order(right));
            (of, left.key(), table, left.names()).cmp(&(other, right.key(), beside, right.names()))
        });
        self.entries.dedup();
        let persons = self.persons(system);
        let mut names = KeyTable::new(super::seed());
        let mut ambiguous = false;
        for (entry, person) in self.entries.iter().zip(&persons) {
            for field in RosterField::ALL {
                if let Some(name) = entry.name(field) {
                    let fields = field.bit() | if is_address(name) { RosterField::Email.bit() } else { 0 };
                    ambiguous |= claim(&mut names, name, Name { person: Some(*person), fields, stated: false });
                }
            }
        }
        let (mut overlapping, mut shared) = (HashMap::<u32, Map<u32>, Hashes>::default(), Examples::default());
        for (entry, person) in self.entries.iter().zip(&persons).take_while(|_| ambiguous) {
            let ambiguous = |name: &&[u8]| names.get(name).is_some_and(|name| name.person.is_none());
            shared.0.extend(RosterField::ALL.into_iter().filter_map(|field| entry.name(field)).filter(ambiguous).map(Box::from));
            if let Some(number) = entry.name(RosterField::PersonId).filter(ambiguous) {
                overlapping.entry(entry.table).or_default().insert(number.into(), *person);
            }
        }
        let notes = shared.note("names on the roster that several persons share, and that therefore name none of them").into_iter();
        (Identity { names, overlapping, ..Identity::default() }, notes.collect())
    }

    /// The person of each entry, numbered in the order of entries.
    fn persons<'s>(&self, system: &dyn Fn(u32) -> Option<&'s str>) -> Vec<u32> {
        // A roster is far smaller than four billion entries.
        let mut same = Same((0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).collect());
        let (mut tables, mut addresses) = (HashMap::<u32, u32, Hashes>::default(), HashMap::<&[u8], u32, Hashes>::default());
        let mut first = 0_u32;
        let one = |left: &Entry, right: &Entry| (system(left.table), left.key()) == (system(right.table), right.key());
        for entries in self.entries.chunk_by(one) {
            // Nearly all stand alone.
            if entries.len() > 1 {
                tables.clear();
                addresses.clear();
                for (at, entry) in (first..).zip(entries) {
                    same.join(at, *tables.entry(entry.table).or_insert(at));
                    if let Some(address) = entry.name(RosterField::Email) {
                        same.join(at, *addresses.entry(address).or_insert(at));
                    }
                }
            }
            first = first.saturating_add(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        }
        (0..same.0.len()).map(|at| same.of(u32::try_from(at).unwrap_or(u32::MAX))).collect()
    }
}

/// Notes that a name is a person's, and says whether it names nobody now; the order of claims does not matter.
fn claim(names: &mut KeyTable<Name>, name: &[u8], claimed: Name) -> bool {
    let known = names.entry(name, || claimed);
    known.fields |= claimed.fields;
    known.person = known.person.filter(|person| Some(*person) == claimed.person);
    known.person.is_none()
}

impl Identity {
    /// Takes in the alias file, and tells what of it does not fit the roster.
    /// An alias decides where the roster leaves it open: a name that the
    /// roster has for somebody else names nobody then.
    #[must_use]
    pub fn state(&mut self, aliases: &[Stated]) -> Vec<String> {
        let (mut unknown, mut contradicting) = (Examples::default(), Examples::default());
        let mut general = BTreeMap::new();
        for alias in aliases {
            let person = match self.person(alias.person.as_bytes()) {
                Some(person) => person,
                None => {
                    unknown.0.insert(alias.person.as_bytes().into());
                    continue;
                }
            };
            normalise(alias.alias.as_bytes(), |name| match &alias.system {
                Some(system) => self.systems.entry(system.as_bytes().into()).or_default().state(name, person),
                None => drop(general.insert(Box::<[u8]>::from(name), person)),
            });
        }
        for (name, person) in general {
            let all = RosterField::ALL.into_iter().fold(0, |all, field| all | field.bit());
            let other = self.names.get(&name).and_then(|known| known.person).is_some_and(|known| known != person);
            if other {
                contradicting.0.insert(name.clone());
            }
            let stated = Name { person: (!other).then_some(person), fields: all, stated: true };
            *self.names.entry(&name, || stated) = stated;
        }
        let unknown = unknown.note("identities.csv: person_ids that are not on the roster, or stand there for several persons");
        let contradicting = contradicting.note("identities.csv: aliases that are the roster's names of other persons, and therefore name nobody");
        unknown.into_iter().chain(contradicting).collect()
    }

    /// The person with this number.
    fn person(&self, number: &[u8]) -> Option<u32> {
        let known = normalise(number, |number| self.names.get(number).copied())?;
        known.person.filter(|_| known.fields & RosterField::PersonId.bit() != 0)
    }

    /// Whom a value of a roster field names.
    pub(super) fn joined(&self, field: RosterField, value: &[u8]) -> Resolved {
        normalise(value, |name| match self.names.get(name) {
            Some(known) if known.fields & field.bit() != 0 => known.person.map_or(Resolved::Ambiguous, Resolved::Person),
            _ => Resolved::Stranger,
        })
    }
}

/// A roster of these numbers, addresses and user names.
#[cfg(test)]
pub(crate) fn of(entries: &[[&str; 3]]) -> Identity {
    let mut builder = RosterBuilder::default();
    for entry in entries {
        builder.entry(0, entry.map(|name| (!name.is_empty()).then_some(name.as_bytes())));
    }
    builder.build(&|_| None).0
}
