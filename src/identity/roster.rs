//! The roster: who there is, and by which names they are known everywhere.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::Names;
use super::stated::Stated;
use super::{Hashes, Identity, Map, Name, ROSTER_FIELDS, Resolved, RosterField, is_address, normalise, normalise_into, seed, shown};
use crate::parallel;

/// Collects roster entries, in any order.
#[derive(Debug, Clone, Default)]
pub struct RosterBuilder {
    parts: Vec<Part>,
}

/// Bytes of names for which room is made beforehand, at most: more than most blocks have.
const MOST_ROOM: usize = 1 << 20;

/// Entries of one block of a table.
#[derive(Debug, Clone)]
pub struct Part {
    table: u32,
    block: u32,
    /// The names, one behind the other: a roster has many entries.
    text: Vec<u8>,
    /// Where each name of an entry ends; the first begins where the entry before ends.
    entries: Vec<[usize; ROSTER_FIELDS.len()]>,
}

/// One entry, normalised; a name that there is not is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry<'r> {
    table: u32,
    names: [&'r [u8]; 3],
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

impl Part {
    /// No entries of a block yet; there will be about so many, with so many bytes of names.
    #[must_use]
    pub fn new(table: u32, block: u32, entries: usize, bytes: usize) -> Self {
        // Entries may share a long name: of their bytes there may be far more than a block has, and what evidence says takes no memory by itself.
        Self { table, block, text: Vec::with_capacity(bytes.min(MOST_ROOM)), entries: Vec::with_capacity(entries) }
    }

    /// Adds an entry: the values of [`ROSTER_FIELDS`], where it has them.
    pub fn add(&mut self, values: [Option<&[u8]>; ROSTER_FIELDS.len()]) {
        let start = self.text.len();
        let ends = values.map(|value| {
            normalise_into(value.unwrap_or_default(), &mut self.text);
            self.text.len()
        });
        if self.text.len() > start {
            self.entries.push(ends);
        }
    }

    fn entry(&self, at: usize) -> Entry<'_> {
        let ends = self.entries[at];
        let start = at.checked_sub(1).map_or(0, |before| self.entries[before][2]);
        Entry { table: self.table, names: [&self.text[start..ends[0]], &self.text[ends[0]..ends[1]], &self.text[ends[1]..ends[2]]] }
    }
}

impl<'r> Entry<'r> {
    fn name(&self, field: RosterField) -> Option<&'r [u8]> {
        Some(self.names[field as usize]).filter(|name| !name.is_empty())
    }

    /// What tells this entry from others of its roster: the number, else the first name there is.
    fn key(&self) -> Option<(RosterField, &'r [u8])> {
        RosterField::ALL.into_iter().find_map(|field| Some((field, self.name(field)?)))
    }
}

/// Where an entry lies, and as much of its key as tells it from most others.
#[derive(Debug, Clone, Copy)]
struct Ordered {
    /// The system's place among the systems.
    system: u32,
    field: RosterField,
    /// The first bytes of the key, as a number that orders as they do.
    begins: u64,
    part: u32,
    at: u32,
}

/// The entries of a roster, each once, in an order that does not depend on how they were collected.
struct Roster {
    parts: Vec<Part>,
    order: Vec<Ordered>,
}

impl Roster {
    fn new<'s>(mut parts: Vec<Part>, system: &dyn Fn(u32) -> Option<&'s str>) -> Self {
        // As they stand in their files, where they are often sorted already.
        parts.sort_by_key(|part| (part.table, part.block));
        let of_parts: Vec<Option<&str>> = parts.iter().map(|part| system(part.table)).collect();
        let systems: BTreeSet<Option<&str>> = of_parts.iter().copied().collect();
        let systems: BTreeMap<Option<&str>, u32> = systems.into_iter().zip(0..).collect();
        let mut order = Vec::with_capacity(parts.iter().map(|part| part.entries.len()).sum());
        for ((number, part), system) in (0..).zip(&parts).zip(&of_parts) {
            let system = systems.get(system).copied().unwrap_or(0);
            for at in 0..part.entries.len() {
                // A roster is far smaller than four billion entries; one without a name is not collected.
                if let (Some((field, key)), Ok(at)) = (part.entry(at).key(), u32::try_from(at)) {
                    order.push(Ordered { system, field, begins: beginning(key), part: number, at });
                }
            }
        }
        let mut roster = Self { parts, order: Vec::new() };
        parallel::sort(&mut order, |left, right| roster.compare(*left, *right));
        order.dedup_by(|left, right| left.begins == right.begins && roster.entry(*left) == roster.entry(*right));
        roster.order = order;
        roster
    }

    fn entry(&self, Ordered { part, at, .. }: Ordered) -> Entry<'_> {
        self.parts[part as usize].entry(at as usize)
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.order.iter().map(|at| self.entry(*at))
    }

    /// By system and key, then by table and the other names.
    fn compare(&self, left: Ordered, right: Ordered) -> Ordering {
        let first = |of: Ordered| (of.system, of.field, of.begins);
        first(left).cmp(&first(right)).then_with(|| {
            let (left, right) = (self.entry(left), self.entry(right));
            left.key().cmp(&right.key()).then_with(|| (left.table, left.names).cmp(&(right.table, right.names)))
        })
    }

    /// Whether two entries have the same system and key.
    fn meet(&self, left: Ordered, right: Ordered) -> bool {
        let first = |of: Ordered| (of.system, of.field, of.begins);
        first(left) == first(right) && self.entry(left).key() == self.entry(right).key()
    }
}

/// The first eight bytes as a number; where two numbers are equal, what follows decides.
fn beginning(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    u64::from_be_bytes(bytes)
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
    /// Adds the entries of a block.
    pub fn add(&mut self, part: Part) {
        if !part.entries.is_empty() {
            self.parts.push(part);
        }
    }

    /// Takes in what another worker collected.
    pub fn merge(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
    }

    /// Decides who there is; `system` gives the system of each table. The
    /// result does not depend on the order in which entries were added.
    ///
    /// Entries of one system with the same number are one person if they
    /// stand in the same table or have the same address; otherwise two rosters
    /// use the same number for different people.
    #[must_use]
    pub fn build<'s>(self, system: &dyn Fn(u32) -> Option<&'s str>) -> (Identity, Vec<String>) {
        let roster = Roster::new(self.parts, system);
        let persons = roster.persons();
        let claims = |at: usize, claim: &mut dyn FnMut(&[u8], Name)| {
            let entry = roster.entry(roster.order[at]);
            for (field, name) in RosterField::ALL.into_iter().filter_map(|field| Some((field, entry.name(field)?))) {
                let fields = field.bit() | if is_address(name) { RosterField::Email.bit() } else { 0 };
                claim(name, Name { person: Some(persons[at]), fields, stated: false });
            }
        };
        let (names, ambiguous) = Names::claimed(seed(), persons.len(), claims);
        let (mut overlapping, mut shared) = (HashMap::<u32, Map<u32>, Hashes>::default(), Examples::default());
        for (entry, person) in roster.entries().zip(&persons).take_while(|_| ambiguous) {
            let ambiguous = |name: &&[u8]| names.get(name).is_some_and(|name| name.person.is_none());
            shared.0.extend(RosterField::ALL.into_iter().filter_map(|field| entry.name(field)).filter(ambiguous).map(Box::from));
            if let Some(number) = entry.name(RosterField::PersonId).filter(ambiguous) {
                overlapping.entry(entry.table).or_default().insert(number.into(), *person);
            }
        }
        let notes = shared.note("names on the roster that several persons share, and that therefore name none of them").into_iter();
        (Identity { names, overlapping, ..Identity::default() }, notes.collect())
    }
}

impl Roster {
    /// The person of each entry, numbered in the order of entries.
    fn persons(&self) -> Vec<u32> {
        // A roster is far smaller than four billion entries.
        let mut same = Same((0..u32::try_from(self.order.len()).unwrap_or(u32::MAX)).collect());
        let (mut tables, mut addresses) = (HashMap::<u32, u32, Hashes>::default(), HashMap::<&[u8], u32, Hashes>::default());
        let mut first = 0_u32;
        for entries in self.order.chunk_by(|left, right| self.meet(*left, *right)) {
            // Nearly all stand alone.
            if entries.len() > 1 {
                tables.clear();
                addresses.clear();
                for (at, entry) in (first..).zip(entries.iter().map(|at| self.entry(*at))) {
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
    let mut part = Part::new(0, 0, 0, 0);
    entries.iter().for_each(|entry| part.add(entry.map(|name| (!name.is_empty()).then_some(name.as_bytes()))));
    builder.add(part);
    builder.build(&|_| None).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_bytes_are_announced_room_is_made_for_few() {
        let mut part = Part::new(0, 0, 1, usize::MAX);
        assert!(part.text.capacity() <= 2 * MOST_ROOM);
        part.add([Some(b"1"), None, Some(b"ANNA")]);
        assert_eq!(part.entry(0).names, [&b"1"[..], b"", b"anna"]);
    }
}
