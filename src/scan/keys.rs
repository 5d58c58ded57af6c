//! The keys round: who is who, which keys exist, who must be covered.
//!
//! Reads the datasets that others refer to, before anything is judged. What
//! it makes is constant from then on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod gather;
mod identity;

use self::gather::{Gathered, Step};
use super::completeness::{self, Completeness, DatasetState};
use super::derive;
use super::ground::Ground;
use super::round::{self, Reads};
use crate::check::Marks;
use crate::check::members::{Members, Membership};
use crate::check::narrowing;
use crate::check::pairing::{Domain, DomainEntry, EntryIndex};
use crate::derived::Derivations;
use crate::evidence::batch::{Batch, Value};
use crate::evidence::decode::small;
use crate::identity::Identity;
use crate::identity::accounts::TableIdentities;
use crate::inventory::{Inventory, PlannedInventory};
use crate::key::{Compare, KeyTable, encode};
use crate::keyset::{KeySet, KeySetBuilder};
use crate::plan::{PlannedDomain, PlannedEntries, PlannedLookup};
use crate::predicate::compiled::{Compared, Compiled, Context, Verdict};
use crate::predicate::memo::Memo;
use crate::why::{Excluded, Why};
use crate::{fault, parallel};

/// What the keys round made.
pub(super) struct Keys {
    pub identity: Identity,
    pub identities: Identities,
    pub sets: Vec<KeySet>,
    /// By the check's index.
    pub domains: Vec<Option<Domain>>,
    /// What annexes list, in the order of the plan.
    pub inventories: Vec<Inventory>,
    /// Datasets that are made of others.
    pub derivations: Derivations,
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
    /// Assesses these files, by the readings that came later and else by the first ones, and notes those.
    fn assess(&mut self, ground: &Ground<'_>, files: &BTreeSet<usize>, mut later: Reads) -> Completeness {
        let again: Vec<usize> = later.keys().copied().collect();
        for file in files.iter().filter(|file| !again.contains(file)) {
            later.extend(self.reads.remove_entry(file));
        }
        let known = completeness::assess(ground, &later);
        let (later, first) = later.into_iter().partition(|(file, _)| again.contains(file));
        let mut first: Reads = first;
        self.reads.append(&mut first);
        self.add(later);
        known
    }

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

/// Bytes of files, and of memory, up to which what was read is kept for the rest of the round.
const KEPT: usize = 64 << 20;

/// Makes the key sets and the members of expected lists.
pub(super) fn keys(ground: &Ground<'_>) -> Keys {
    keys_within(ground, KEPT)
}

/// As [`keys`], with so much room for what is kept: that changes no result.
pub(super) fn keys_within(ground: &Ground<'_>, room: usize) -> Keys {
    let plan = &ground.plan;
    let (mut gathered, reads) = gather::gather(ground, room);
    let mut seen = Seen { reads, changed: BTreeSet::new() };
    let builder = std::mem::take(&mut gathered.roster);
    // What names nobody need not wait until it is known who is who.
    let nobody = Identity::default();
    let (before, after): (Vec<usize>, Vec<usize>) = (0..plan.lookups.len()).partition(|at| !names_persons(&plan.lookups[*at]));
    let sets_of = |numbers: &[usize], identity: &Identity| {
        let context = Context { as_of: plan.as_of, identity, sets: &[] };
        fault::caught("a round", || parallel::each(numbers, |at| (*at, kept_keys(&gathered, &plan.lookups[*at], plan.seed, &context))))
    };
    let ((identity, identities), before) = parallel::both(|| identity::identity(ground, &gathered, &mut seen, builder), || sets_of(&before, &nobody));
    let context = Context { as_of: plan.as_of, identity: &identity, sets: &[] };
    let members =
        || fault::caught("a round", || parallel::each(&plan.memberships, |membership| kept_members(&gathered, membership, plan.seed, &context)));
    let (after, members) = parallel::both(|| sets_of(&after, &identity), members);
    let inventories = fault::caught("a round", || plan.inventories.iter().map(|planned| kept_values(&gathered, planned, &context)).collect());
    let kept = before.zip(after).zip(members).zip(inventories).map(|(((mut sets, after), members), inventories)| {
        sets.extend(after);
        sets.sort_by_key(|(at, _)| *at);
        (sets.into_iter().map(|(_, set)| set).collect(), members, inventories)
    });
    let empty = || {
        let sets = plan.lookups.iter().map(|lookup| KeySetBuilder::new(lookup, plan.seed));
        let members = plan.memberships.iter().map(|_| Members::new(plan.seed));
        (sets.collect::<Vec<_>>(), members.collect::<Vec<_>>(), vec![Inventory::default(); plan.inventories.len()])
    };
    let tasks = gathered.tasks(ground, Step::Keys, kept.is_none());
    let bases = derive::bases(ground);
    let begin = || (empty(), Marks::default(), Some(Vec::new()));
    let (states, reads) = round::run(&tasks, ground.blocks, begin, |((sets, members, inventories), marks, of_bases), block| {
        for batch in block.batches() {
            let Some(dataset) = gathered.of(&batch).and_then(|wanted| wanted.keys) else { continue };
            ground.mark(dataset, &batch, marks);
            if bases.contains(&dataset) {
                *of_bases = of_bases.take().zip(batch.keep()).map(|(mut all, batch)| {
                    all.push(batch);
                    all
                });
            }
            for (lookup, set) in plan.lookups.iter().zip(sets.iter_mut()).filter(|(lookup, _)| lookup.dataset == dataset) {
                insert(lookup, &batch, marks, &context, set);
            }
            for (membership, members) in plan.memberships.iter().zip(members.iter_mut()).filter(|(membership, _)| membership.dataset == dataset) {
                members.fold(membership, &batch, marks, &context);
            }
            for (planned, inventory) in plan.inventories.iter().zip(inventories.iter_mut()).filter(|(planned, _)| planned.dataset == dataset) {
                inventory.fold(planned, &batch, marks, &context);
            }
        }
    });
    drop(tasks);
    let mut of_bases = Some(if kept.is_some() { gathered.take(&bases) } else { Vec::new() });
    let (mut sets, mut members, mut inventories) = kept.unwrap_or_else(|| {
        let (sets, members, inventories) = empty();
        (sets, members.into_iter().map(|members| vec![members]).collect(), inventories)
    });
    for ((more_sets, more_members, more_inventories), _, more_of_bases) in states {
        sets.iter_mut().zip(more_sets).for_each(|(set, more)| set.merge(more));
        members.iter_mut().zip(more_members).for_each(|(parts, more)| parts.push(more));
        inventories.iter_mut().zip(more_inventories).for_each(|(known, more)| known.merge(more));
        of_bases = of_bases.zip(more_of_bases).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }
    let derivations = derive::derive(ground, &identity, of_bases);
    for (lookup, set) in plan.lookups.iter().zip(&mut sets) {
        derive::keys(ground, &derivations, lookup, &context, set);
    }
    let mut known = seen.assess(ground, &gathered.files(ground, Step::Keys), reads);
    derive::assess(ground, &derivations, &mut known);
    let sets = plan.lookups.iter().zip(sets).collect();
    let freeze = |(lookup, set): (&PlannedLookup, KeySetBuilder)| set.freeze(is_incomplete(ground, &known, lookup.dataset));
    let settle = |(membership, parts): (&Membership, Vec<Members>)| {
        let mut members = parts.into_iter().fold(Members::new(plan.seed), |mut all, more| {
            all.merge(more);
            all
        });
        derive::members(ground, &derivations, membership, &context, &mut members);
        members.settle(membership.key.compare);
        Arc::new(members)
    };
    let members = plan.memberships.iter().zip(members).collect();
    let (sets, members) = parallel::both(|| parallel::each_owned(sets, freeze), || parallel::each_owned(members, settle));
    let claiming = Context { as_of: plan.as_of, identity: &identity, sets: &sets };
    let domains = plan.checks.iter().map(|check| check.domain.as_ref().map(|domain| make_domain(domain, &members, plan.seed, &claiming))).collect();
    Keys { identity, identities, sets, domains, inventories, derivations, reads: seen.reads, changed: seen.changed }
}

/// Whether a look-up's keys depend on who is who.
fn names_persons(lookup: &PlannedLookup) -> bool {
    fn tested(predicate: &Compiled) -> bool {
        match predicate {
            Compiled::All(parts) | Compiled::Any(parts) => parts.iter().any(tested),
            Compiled::Not(part) => tested(part),
            Compiled::Leaf(leaf) => leaf.compared == Compared::AsPersons,
        }
    }
    lookup.compare == Compare::Person || lookup.filter.as_ref().is_some_and(tested)
}

/// The keys of the records that were kept.
fn kept_keys(gathered: &Gathered, lookup: &PlannedLookup, seed: u64, context: &Context<'_>) -> KeySetBuilder {
    let mut set = KeySetBuilder::new(lookup, seed);
    gathered.of_dataset(lookup.dataset, |batch, marks| insert(lookup, batch, marks, context, &mut set));
    set
}

/// The members of the records that were kept, in parts.
fn kept_members(gathered: &Gathered, membership: &Membership, seed: u64, context: &Context<'_>) -> Vec<Members> {
    // Nothing else is left to be done meanwhile: all threads take a part.
    gathered.parts_of_dataset(membership.dataset, |part| {
        let mut members = Members::new(seed);
        part(&mut |batch, marks| members.fold(membership, batch, marks, context));
        members
    })
}

/// The values of the records that were kept.
fn kept_values(gathered: &Gathered, planned: &PlannedInventory, context: &Context<'_>) -> Inventory {
    let mut inventory = Inventory::default();
    gathered.of_dataset(planned.dataset, |batch, marks| inventory.fold(planned, batch, marks, context));
    inventory
}

/// Puts the keys of a batch into a set.
pub(super) fn insert(lookup: &PlannedLookup, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>, set: &mut KeySetBuilder) {
    let (mut scratch, dataset) = (Vec::new(), lookup.dataset);
    // Somebody out of scope is still somebody; an act that is still to come has not happened.
    let left_out = |record: u32| marks.get(record as usize).is_some_and(|why| lookup.in_scope || why == Excluded::AfterAsOf);
    let records: Vec<u32> = (0..small(batch.len())).filter(|record| !left_out(*record)).collect();
    let told = lookup.filter.as_ref().map(|filter| filter.decide_all(batch, &records, context, &Memo::default()));
    let counts = |number: usize| told.as_ref().map_or(Verdict::True, |told| told.of_number(number));
    let mut values = Vec::with_capacity(records.len());
    for (number, record) in (0..).zip(&records).filter(|(number, _)| counts(*number as usize) != Verdict::False) {
        let record = *record as usize;
        if !lookup.same.is_empty() {
            insert_with(lookup, batch, record, counts(number as usize) == Verdict::True, context, set, &mut scratch);
            continue;
        }
        match batch.get(lookup.column.into(), record) {
            Value::Bytes(value) => values.push((value, number)),
            Value::Empty => {}
            Value::Absent => set.doubt(Why::FieldAbsent { dataset, column: lookup.column }),
            Value::Invalid => set.doubt(Why::Unreadable { dataset, column: lookup.column }),
        }
    }
    let home = |number: u32| context.identity.home(batch, records[number as usize] as usize);
    set.insert(context.identity, &values, home, |number| counts(number as usize) == Verdict::True);
}

/// Puts the key of a record into a set whose keys have further parts.
fn insert_with(
    lookup: &PlannedLookup,
    batch: &Batch<'_>,
    record: usize,
    certain: bool,
    context: &Context<'_>,
    set: &mut KeySetBuilder,
    scratch: &mut Vec<u8>,
) {
    let (dataset, who, mut parts) = (lookup.dataset, context.identity.at(batch, record), Vec::new());
    for column in &lookup.same {
        match batch.get((*column).into(), record) {
            Value::Bytes(value) => drop(encode(&mut parts, value, Compare::Exact, who)),
            Value::Empty => return,
            Value::Absent => return set.doubt(Why::FieldAbsent { dataset, column: *column }),
            Value::Invalid => return set.doubt(Why::Unreadable { dataset, column: *column }),
        }
    }
    match batch.get(lookup.column.into(), record) {
        Value::Bytes(value) => set.insert_with(value, &parts, certain, who, scratch),
        Value::Empty => {}
        Value::Absent => set.doubt_with(&parts, Why::FieldAbsent { dataset, column: lookup.column }),
        Value::Invalid => set.doubt_with(&parts, Why::Unreadable { dataset, column: lookup.column }),
    }
}

fn is_incomplete(ground: &Ground<'_>, known: &Completeness, dataset: u16) -> bool {
    known.dataset(ground.plan.names(dataset, None).0).is_some_and(DatasetState::may_miss)
}

/// Subjects and expected entries in an order that does not depend on how they were read.
fn make_domain(planned: &PlannedDomain, members: &[Arc<Members>], seed: u64, context: &Context<'_>) -> Domain {
    let subjects = planned.subjects.and_then(|at| members.get(at)).cloned();
    match &planned.expected {
        PlannedEntries::Fixed(rows, words) => {
            let (entries, words) = narrowing::expected(rows, words, |_| Verdict::True);
            Domain { entries, index: EntryIndex::Words(words), subjects, without: None }
        }
        PlannedEntries::Narrowed(rows, words, narrowing) => {
            let (entries, words) = narrowing::expected(rows, words, |row| narrowing.claims(row, context));
            Domain { entries, index: EntryIndex::Words(words), subjects, without: None }
        }
        PlannedEntries::Members(at) => {
            let members = members.get(*at).cloned().unwrap_or_else(|| Arc::new(Members::new(seed)));
            let mut index = KeyTable::new(seed);
            let mut entries = Vec::new();
            for (number, (key, member)) in (0_u32..).zip(members.table.sorted()) {
                index.entry(key, || number);
                entries.push(DomainEntry {
                    id: member.shown.clone(),
                    place: Some(member.place),
                    doubt: member.doubt,
                    windows: member.windows.clone(),
                });
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
