//! Records that may name other pairs than they do, because somebody is missing on the roster.

use std::collections::BTreeMap;

use super::{Domain, EntryIndex, Met, Pairing, State};
use crate::check::{Finish, KeyColumn};
use crate::key::Compare;

/// How many records name persons who may be others, because somebody is
/// missing on the roster: each may count for any subject, or any entry.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    by_entry: Option<BTreeMap<u32, u64>>,
    by_subject: Option<BTreeMap<u32, u64>>,
    all: Option<u64>,
}

impl Elsewhere {
    pub fn new<M: Met>(state: &State<M>, operator: &Pairing, domain: &Domain, finish: &Finish<'_>) -> Self {
        let person = |column: KeyColumn| column.compare == Compare::Person && finish.context.identity.is_incomplete();
        let subjects = domain.subjects.is_some() && operator.subject.is_some_and(person);
        let entries = matches!(domain.index, EntryIndex::Keys(_)) && person(operator.entry);
        if !subjects && !entries {
            return Self::default();
        }
        let met = state.met.looked();
        let counts = || met.iter().map(|(pair, met)| (pair, met.records()));
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

    pub const fn is_open(&self) -> bool {
        self.all.is_some() || self.by_entry.is_some() || self.by_subject.is_some()
    }

    /// Records that may count for the pair, its own included; 0 where nothing is open.
    pub fn count(&self, subject: u32, entry: u32) -> u64 {
        let sum = |sums: &Option<BTreeMap<u32, u64>>, at: u32| sums.as_ref().and_then(|sums| sums.get(&at)).copied().unwrap_or(0);
        self.all.unwrap_or(0) + sum(&self.by_entry, entry) + sum(&self.by_subject, subject)
    }
}
