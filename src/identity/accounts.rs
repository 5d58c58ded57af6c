//! Accounts of other systems: whom they join, and what the system calls them.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::{Identity, Map, Resolved, RosterField, normalise, shown};

/// Whose a name is, as accounts claim it. Claims are merged in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Person(u32),
    Stranger,
    Several,
}

/// The names of one system's accounts.
#[derive(Debug, Default)]
pub(super) struct Directory {
    bound: Map<Claim>,
    stated: Map<u32>,
    whole: bool,
}

impl Directory {
    /// Whose the accounts say a name is.
    pub(super) fn bound(&self, name: &[u8]) -> Option<Resolved> {
        self.bound.get(name).map(|claim| match claim {
            Claim::Person(person) => Resolved::Person(*person),
            Claim::Stranger => Resolved::Stranger,
            Claim::Several => Resolved::Ambiguous,
        })
    }

    /// Whose the alias file says it is.
    pub(super) fn stated(&self, name: &[u8]) -> Option<u32> {
        self.stated.get(name).copied()
    }

    pub(super) fn state(&mut self, name: &[u8], person: u32) {
        self.stated.insert(name.into(), person);
    }

    /// Whether the accounts are in evidence, as far as is known all of them.
    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }
}

/// What the accounts of one table told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableIdentities {
    /// Records that join a person of the roster.
    pub joined: u64,
    /// Records that join nobody.
    pub not_joined: u64,
    /// Records that match several persons: they are nobody's.
    pub conflicts: u64,
    /// The least name of such a record.
    pub example: Option<Box<[u8]>>,
}

/// Sixteen bytes of SHA-256: what is only counted need not be kept.
type Mark = [u8; 16];

/// Collects accounts, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountsBuilder {
    systems: Map<Map<Claim>>,
    tables: BTreeMap<u32, TableIdentities>,
    known: HashSet<Mark>,
    unknown: HashSet<Mark>,
}

fn claim(bound: &mut Map<Claim>, name: &[u8], claim: Claim) {
    match bound.get_mut(name) {
        None => drop(bound.insert(name.into(), claim)),
        Some(known) if *known != claim => *known = Claim::Several,
        Some(_) => {}
    }
}

impl AccountsBuilder {
    /// Adds an account: the values that may join it to the roster, in the
    /// order of the roster's fields, and the names that the system gave it.
    pub fn account<'a>(
        &mut self,
        identity: &Identity,
        (table, system): (u32, Option<&[u8]>),
        joins: impl Iterator<Item = (RosterField, &'a [u8])>,
        binds: impl Iterator<Item = &'a [u8]> + Clone,
    ) {
        let (mut persons, mut shared, mut first) = (Vec::new(), false, None);
        for (field, value) in joins {
            if value.trim_ascii().is_empty() {
                continue;
            }
            first = first.or(Some(value));
            match identity.joined(field, value) {
                Resolved::Person(person) if !persons.contains(&person) => persons.push(person),
                Resolved::Ambiguous => shared = true,
                Resolved::Person(_) | Resolved::Unplaced | Resolved::Stranger => {}
            }
        }
        let claimed = match persons.as_slice() {
            [person] => Claim::Person(*person),
            [] if !shared => Claim::Stranger,
            _ => Claim::Several,
        };
        let mark = match (first, binds.clone().next()) {
            (Some(value), _) => mark(None, value),
            (None, Some(name)) => mark(system, name),
            (None, None) => return,
        };
        let told = self.tables.entry(table).or_default();
        if let Claim::Person(_) = claimed {
            told.joined += 1;
            self.known.insert(mark);
        } else {
            told.not_joined += 1;
            self.unknown.insert(mark);
        }
        if persons.len() > 1 {
            told.conflicts += 1;
            let name = binds.clone().next().or(first).map(Box::<[u8]>::from);
            told.example = [told.example.take(), name].into_iter().flatten().min();
        }
        if let Some(system) = system {
            let bound = self.systems.entry(system.into()).or_default();
            binds.for_each(|name| normalise(name, |name| claim(bound, name, claimed)));
        }
    }

    /// Takes in what another worker collected.
    pub fn merge(&mut self, other: Self) {
        other.systems.into_iter().for_each(|(system, names)| {
            let bound = self.systems.entry(system).or_default();
            if bound.is_empty() {
                *bound = names;
            } else {
                names.into_iter().for_each(|(name, more)| claim(bound, &name, more));
            }
        });
        for (table, more) in other.tables {
            let told = self.tables.entry(table).or_default();
            told.joined += more.joined;
            told.not_joined += more.not_joined;
            told.conflicts += more.conflicts;
            told.example = [told.example.take(), more.example].into_iter().flatten().min();
        }
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
    }

    /// Distinct persons of other systems that join the roster, and that do
    /// not. A person is known by the first value that may join, else by the
    /// system's name of the account.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.known.difference(&self.unknown).count() as u64, self.unknown.len() as u64)
    }

    /// What each table told, by ordinal.
    #[must_use]
    pub const fn tables(&self) -> &BTreeMap<u32, TableIdentities> {
        &self.tables
    }
}

impl TableIdentities {
    /// What is wrong with the records that match several persons.
    #[must_use]
    pub fn conflict(&self) -> Option<String> {
        let example = self.example.as_deref().map(shown).unwrap_or_default();
        (self.conflicts > 0).then(|| {
            format!("the values that join such a record to the roster are those of several persons, so that it is nobody's (the first by name is {example}); correct the account or the roster")
        })
    }
}

fn mark(system: Option<&[u8]>, value: &[u8]) -> Mark {
    let digest = normalise(value, |name| {
        let length = system.map_or(u64::MAX, |system| system.len() as u64);
        Sha256::new().chain_update(length.to_le_bytes()).chain_update(system.unwrap_or_default()).chain_update(name).finalize()
    });
    let mut mark = Mark::default();
    mark.iter_mut().zip(digest).for_each(|(mark, byte)| *mark = byte);
    mark
}

impl Identity {
    /// Takes in the accounts; `whole` says of a system whether all of them are known to be there.
    pub fn bind(&mut self, accounts: AccountsBuilder, whole: bool) {
        accounts.systems.into_iter().for_each(|(system, bound)| {
            let directory = self.systems.entry(system).or_default();
            directory.whole = whole && !bound.is_empty();
            directory.bound = bound;
        });
    }
}
