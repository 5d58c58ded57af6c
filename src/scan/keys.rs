//! The keys round: who is who, which keys exist, who must be covered.
//!
//! Reads the datasets that others refer to, before anything is judged. What
//! it makes is constant from then on.

use std::collections::BTreeSet;

use super::completeness::{self, Completeness, DatasetState};
use super::ground::Ground;
use super::round::{self, Reads};
use crate::check::Marks;
use crate::check::covers::{Domain, DomainEntry, EntryIndex};
use crate::check::members::Members;
use crate::dataset::ROSTER;
use crate::evidence::batch::Value;
use crate::identity::{Identity, IdentityBuilder, Resolved};
use crate::key::KeyTable;
use crate::keyset::KeySet;
use crate::plan::{PlannedDomain, PlannedEntries};
use crate::predicate::compiled::{Context, Verdict};
use crate::why::{Excluded, Why};

/// What the keys round made.
pub(super) struct Keys {
    pub identity: Identity,
    pub sets: Vec<KeySet>,
    /// By the check's index.
    pub domains: Vec<Option<Domain>>,
    /// What was read, to be compared with what judge reads.
    pub reads: Reads,
    /// Rows of tables with identity fields that join the roster, and that do not.
    pub resolved: u64,
    pub unresolved: u64,
}

/// Decides who is who.
pub(super) fn identity(ground: &Ground<'_>) -> (Identity, Reads, u64, u64) {
    let fields = |ordinal: u32| -> Option<&[String]> {
        let table = ground.survey.table(ordinal)?;
        let identity = &ground.sources.get(table.source)?.tables.get(table.source_table)?.identity;
        (ground.table(ordinal)?.used && (!identity.is_empty() || table.dataset == ROSTER)).then_some(identity.as_slice())
    };
    let layouts = ground.layouts_of(&fields);
    let (states, reads) = round::run(&ground.tasks(&layouts), ground.blocks, IdentityBuilder::default, |builder: &mut IdentityBuilder, block| {
        for batch in block.batches() {
            let Some(columns) = fields(batch.table).map(<[String]>::len) else { continue };
            let is_roster = ground.survey.table(batch.table).is_some_and(|table| table.dataset == ROSTER);
            for record in 0..batch.len() {
                let spelling = |column: usize| match batch.get(column, record) {
                    Value::Bytes(value) => Some(value.to_vec()),
                    Value::Empty | Value::Absent | Value::Invalid => None,
                };
                let spellings: Vec<Vec<u8>> = (0..columns).filter_map(spelling).collect();
                match (spellings.is_empty(), is_roster) {
                    (true, _) => {}
                    (false, true) => builder.person(spellings),
                    (false, false) => builder.link(spellings),
                }
            }
        }
    });
    let mut builder = IdentityBuilder::default();
    states.into_iter().for_each(|state| builder.merge(state));
    for (person, alias) in ground.input.aliases {
        builder.stated(person.as_bytes(), alias.as_bytes());
    }
    let links = builder.links().to_vec();
    let mut identity = builder.build();
    let known = completeness::assess(ground, &reads);
    identity.set_incomplete(known.dataset(ROSTER).is_some_and(DatasetState::may_miss));
    let joins = |link: &&Vec<Vec<u8>>| link.iter().any(|spelling| matches!(identity.resolve(spelling), Resolved::Person(_)));
    let resolved = links.iter().filter(joins).count() as u64;
    let unresolved = links.len() as u64 - resolved;
    (identity, reads, resolved, unresolved)
}

/// Makes the key sets and the members of expected lists.
pub(super) fn keys(ground: &Ground<'_>) -> Keys {
    let plan = &ground.plan;
    let (identity, mut all_reads, resolved, unresolved) = identity(ground);
    let layouts = ground.layouts(&plan.key_datasets());
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
            if !plan.key_datasets().contains(&dataset) {
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
                        Value::Bytes(value) => set.insert(value, counts == Verdict::True, &identity, &mut scratch),
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
    for (file, read) in reads {
        all_reads.entry(file).or_insert(read);
    }
    let domains = plan.checks.iter().map(|check| check.domain.as_ref().map(|domain| make_domain(domain, &members, plan.seed))).collect();
    Keys { identity, sets, domains, reads: all_reads, resolved, unresolved }
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
