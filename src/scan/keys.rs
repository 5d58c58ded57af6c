//! The keys round: who is who, which keys exist, who must be covered.
//!
//! Reads the datasets that others refer to, before anything is judged. What
//! it makes is constant from then on.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::{self, Completeness, DatasetState};
use super::ground::Ground;
use super::round::{self, Reads};
use crate::check::Marks;
use crate::check::covers::{Domain, DomainEntry, EntryIndex};
use crate::check::members::Members;
use crate::dataset::ROSTER;
use crate::evidence::batch::{Batch, Value};
use crate::evidence::survey::SurveyedTable;
use crate::identity::accounts::{AccountsBuilder, TableIdentities};
use crate::identity::roster::RosterBuilder;
use crate::identity::{Identity, ROSTER_FIELDS, TableHome};
use crate::key::KeyTable;
use crate::keyset::KeySet;
use crate::plan::{PlannedDomain, PlannedEntries};
use crate::predicate::compiled::{Context, Verdict};
use crate::source::{SourceIdentity, SourceOrigin};
use crate::why::{Excluded, Why};

/// What the keys round made.
pub(super) struct Keys {
    pub identity: Identity,
    pub identities: Identities,
    pub sets: Vec<KeySet>,
    /// By the check's index.
    pub domains: Vec<Option<Domain>>,
    /// What was read, to be compared with what judge reads.
    pub reads: Reads,
    /// Files that were not the same twice within this round.
    pub changed: BTreeSet<usize>,
}

/// What is told about who is who.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// Distinct persons of other systems that join the roster, and that do not.
    pub resolved: u64,
    pub unresolved: u64,
    /// By the table's ordinal, for tables of accounts.
    pub tables: BTreeMap<u32, TableIdentities>,
    /// Limitations, in words.
    pub notes: Vec<String>,
}

/// What was read so far, and what of it changed meanwhile.
#[derive(Default)]
struct Seen {
    reads: Reads,
    changed: BTreeSet<usize>,
}

impl Seen {
    fn add(&mut self, reads: Reads) {
        self.changed.append(&mut changed(&self.reads, &reads));
        for (file, read) in reads {
            self.reads.entry(file).or_insert(read);
        }
    }
}

fn bytes<'b>(batch: &Batch<'b>, column: usize, record: usize) -> Option<&'b [u8]> {
    match batch.get(column, record) {
        Value::Bytes(value) => Some(value),
        Value::Empty | Value::Absent | Value::Invalid => None,
    }
}

/// The roster: who there is.
fn roster(ground: &Ground<'_>, seen: &mut Seen) -> (Identity, Vec<String>) {
    let names = ROSTER_FIELDS.map(str::to_owned);
    let on_roster = |ordinal: u32| {
        let table = ground.survey.table(ordinal)?;
        (table.dataset == ROSTER && ground.table(ordinal)?.used).then_some(names.as_slice())
    };
    let layouts = ground.layouts_of(&on_roster);
    let (states, reads) = round::run(&ground.tasks(&layouts), ground.blocks, RosterBuilder::default, |builder: &mut RosterBuilder, block| {
        for batch in block.batches().filter(|batch| on_roster(batch.table).is_some()) {
            for record in 0..batch.len() {
                builder.entry(batch.table, [0, 1, 2].map(|column| bytes(&batch, column, record)));
            }
        }
    });
    let mut builder = RosterBuilder::default();
    states.into_iter().for_each(|state| builder.merge(state));
    let (mut identity, notes) = builder.build(&|table| ground.survey.table(table)?.system.as_deref());
    let known = completeness::assess(ground, &reads);
    identity.set_incomplete(known.dataset(ROSTER).is_some_and(DatasetState::may_miss));
    seen.add(reads);
    (identity, notes)
}

/// A table of accounts: the fields that join, those that bind, and the system.
struct Accounts<'g> {
    of: &'g SourceIdentity,
    fields: Vec<String>,
    home: TableHome,
}

/// What a table's source says of accounts; `None` where its person fields hold names of the roster.
fn of_accounts<'g>(ground: &'g Ground<'_>, ordinal: u32) -> Option<&'g SourceIdentity> {
    let table = ground.survey.table(ordinal)?;
    ground.sources.get(table.source)?.tables.get(table.source_table)?.identity.as_ref()
}

/// Whose names a table holds; `column` is where its records say their system.
fn home(ground: &Ground<'_>, ordinal: u32, column: Option<u16>) -> TableHome {
    let Some(table) = ground.survey.table(ordinal) else { return TableHome::Roster };
    if table.dataset == ROSTER {
        return TableHome::People;
    }
    let Some(of) = of_accounts(ground, ordinal) else { return TableHome::Roster };
    let boxed = |system: Option<&str>| system.map(|system| system.as_bytes().into());
    if let Some(system) = &of.names_of {
        return TableHome::System(boxed(Some(delivered_as(ground, system))));
    }
    let mapping = ground.sources.get(table.source).and_then(|source| source.tables.get(table.source_table));
    let stated = mapping.and_then(|mapping| mapping.fields.iter().find(|field| field.name == "system"));
    match (stated.map(|field| &field.from), column) {
        (Some(SourceOrigin::Column(_) | SourceOrigin::FirstOf(_) | SourceOrigin::FileName(_)), Some(column)) => {
            TableHome::Column(column, boxed(table.system.as_deref()))
        }
        _ => TableHome::System(boxed(table.system.as_deref())),
    }
}

/// What the engagement calls the system that sources call `system`, where its accounts come as one.
fn delivered_as<'g>(ground: &'g Ground<'_>, system: &'g str) -> &'g str {
    let accounts = ground.survey.tables().filter(|table| {
        let source = ground.sources.get(table.source).and_then(|source| source.system.as_deref());
        source == Some(system) && of_accounts(ground, table.ordinal).is_some_and(|of| !of.binds.is_empty())
    });
    let names: BTreeSet<&str> = accounts.filter_map(|table| table.system.as_deref()).collect();
    match names.first() {
        Some(name) if names.len() == 1 => name,
        _ => system,
    }
}

/// The accounts: whom they join, and what their systems call them.
fn accounts(ground: &Ground<'_>, seen: &mut Seen, identity: &mut Identity) -> Identities {
    let of_table = |table: &SurveyedTable| {
        let of = of_accounts(ground, table.ordinal).filter(|of| !of.binds.is_empty() && table.dataset != ROSTER)?;
        ground.table(table.ordinal).filter(|table| table.used)?;
        let mut fields: Vec<String> = of.joins.iter().map(|(_, field)| field.clone()).chain(of.binds.iter().cloned()).collect();
        let column = u16::try_from(fields.len()).ok()?;
        fields.push("system".to_owned());
        Some(Accounts { of, fields, home: home(ground, table.ordinal, Some(column)) })
    };
    let tables: Vec<Option<Accounts<'_>>> = ground.survey.tables().map(of_table).collect();
    let table = |ordinal: u32| tables.get(ordinal as usize).and_then(Option::as_ref);
    let layouts = ground.layouts_of(&|ordinal| table(ordinal).map(|table| table.fields.as_slice()));
    let known: &Identity = identity;
    let (states, reads) = round::run(&ground.tasks(&layouts), ground.blocks, AccountsBuilder::default, |builder: &mut AccountsBuilder, block| {
        for batch in block.batches() {
            let Some(Accounts { of, home, .. }) = table(batch.table) else { continue };
            for record in 0..batch.len() {
                let joins = of.joins.iter().enumerate().filter_map(|(column, (field, _))| Some((*field, bytes(&batch, column, record)?)));
                let binds = (of.joins.len()..).take(of.binds.len()).filter_map(|column| bytes(&batch, column, record));
                builder.account(known, (batch.table, home.of(&batch, record).system()), joins, binds);
            }
        }
    });
    let mut builder = AccountsBuilder::default();
    states.into_iter().for_each(|state| builder.merge(state));
    let (resolved, unresolved) = builder.counts();
    let told = builder.tables().clone();
    let complete = completeness::assess(ground, &reads);
    let gap = |table: &SurveyedTable| complete.dataset(&table.dataset).is_some_and(DatasetState::may_miss);
    let whole = !ground.survey.tables().any(|surveyed| table(surveyed.ordinal).is_some() && gap(surveyed));
    seen.add(reads);
    identity.bind(builder, whole);
    Identities { resolved, unresolved, tables: told, notes: Vec::new() }
}

/// Decides who is who.
fn identity(ground: &Ground<'_>, seen: &mut Seen) -> (Identity, Identities) {
    let (mut identity, mut notes) = roster(ground, seen);
    notes.append(&mut identity.state(ground.input.aliases));
    let mut identities = accounts(ground, seen, &mut identity);
    identities.notes = notes;
    let system_column = |table: u32| {
        let dataset = ground.table(table)?.dataset?;
        ground.plan.datasets.get(usize::from(dataset))?.system
    };
    identity.set_homes(ground.survey.tables().map(|table| home(ground, table.ordinal, system_column(table.ordinal))).collect());
    (identity, identities)
}

/// Makes the key sets and the members of expected lists.
pub(super) fn keys(ground: &Ground<'_>) -> Keys {
    let plan = &ground.plan;
    let mut seen = Seen::default();
    let (identity, identities) = identity(ground, &mut seen);
    let datasets = plan.key_datasets();
    let layouts = ground.layouts(&datasets);
    let empty = || {
        let sets = plan.lookups.iter().map(|lookup| KeySet::new(lookup, plan.seed));
        (sets.collect::<Vec<_>>(), plan.memberships.iter().map(|_| Members::new(plan.seed)).collect::<Vec<_>>(), Marks::default())
    };
    let context = Context { as_of: plan.as_of, identity: &identity, sets: &[] };
    let (states, reads) = round::run(&ground.tasks(&layouts), ground.blocks, empty, |(sets, members, marks), block| {
        let mut scratch = Vec::new();
        for batch in block.batches() {
            let Some(table) = ground.table(batch.table).filter(|table| table.used) else { continue };
            let Some(dataset) = table.dataset else { continue };
            if !datasets.contains(&dataset) {
                continue;
            }
            ground.mark(dataset, &batch, marks);
            for (lookup, set) in plan.lookups.iter().zip(sets.iter_mut()).filter(|(lookup, _)| lookup.dataset == dataset) {
                for record in 0..batch.len() {
                    // Somebody out of scope is still somebody; an act that is still to come has not happened.
                    if marks.get(record) == Some(Excluded::AfterAsOf) {
                        continue;
                    }
                    let counts = lookup.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(&batch, record, &context, &mut scratch));
                    if counts == Verdict::False {
                        continue;
                    }
                    match batch.get(lookup.column.into(), record) {
                        Value::Bytes(value) => set.insert(value, counts == Verdict::True, identity.at(&batch, record), &mut scratch),
                        Value::Empty => {}
                        Value::Absent => set.doubt(Why::FieldAbsent { dataset, column: lookup.column }),
                        Value::Invalid => set.doubt(Why::Unreadable { dataset, column: lookup.column }),
                    }
                }
            }
            for (membership, members) in plan.memberships.iter().zip(members.iter_mut()).filter(|(membership, _)| membership.dataset == dataset) {
                members.fold(membership, &batch, marks, &context);
            }
        }
    });
    let (mut sets, mut members, _) = empty();
    for (more_sets, more_members, _) in states {
        sets.iter_mut().zip(more_sets).for_each(|(set, more)| set.merge(more));
        members.iter_mut().zip(more_members).for_each(|(known, more)| known.merge(more));
    }
    let known = completeness::assess(ground, &reads);
    for set in &mut sets {
        set.incomplete = is_incomplete(ground, &known, set.dataset);
    }
    seen.add(reads);
    let domains = plan.checks.iter().map(|check| check.domain.as_ref().map(|domain| make_domain(domain, &members, plan.seed))).collect();
    Keys { identity, identities, sets, domains, reads: seen.reads, changed: seen.changed }
}

fn is_incomplete(ground: &Ground<'_>, known: &Completeness, dataset: u16) -> bool {
    known.dataset(ground.plan.names(dataset, None).0).is_some_and(DatasetState::may_miss)
}

/// Subjects and expected entries in an order that does not depend on how they were read.
fn make_domain(planned: &PlannedDomain, members: &[Members], seed: u64) -> Domain {
    let subjects = planned.subjects.and_then(|at| members.get(at)).cloned();
    match &planned.expected {
        PlannedEntries::Fixed(entries, words) => {
            let entries = entries.iter().map(|entry| DomainEntry { id: entry.id.clone(), place: None, doubt: None }).collect();
            Domain { entries, index: EntryIndex::Words(words.clone()), subjects, without: None }
        }
        PlannedEntries::Members(at) => {
            let members = members.get(*at).cloned().unwrap_or_else(|| Members::new(seed));
            let mut index = KeyTable::new(seed);
            let mut entries = Vec::new();
            for (number, (key, member)) in (0_u32..).zip(members.table.sorted()) {
                index.entry(key, || number);
                entries.push(DomainEntry { id: member.shown.clone(), place: Some(member.place), doubt: member.doubt });
            }
            Domain { entries, index: EntryIndex::Keys(index), subjects, without: Some(members) }
        }
    }
}

/// The files whose bytes are not what they were in an earlier round.
pub(super) fn changed(earlier: &Reads, later: &Reads) -> BTreeSet<usize> {
    let differs = |(file, read): &(&usize, &round::FileRead)| later.get(file).is_some_and(|other| other.sha256 != read.sha256);
    earlier.iter().filter(differs).map(|(file, _)| *file).collect()
}
