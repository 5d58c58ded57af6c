//! Derived datasets in the rounds: made of what the keys round read, then fed
//! to look-ups, members and checks like the records of any table.
//!
//! A derived record of which something cannot be told (a group that nobody
//! tells the members of, a role that no export shows) stands for any number
//! of records, or for none. To whoever reads it, it is one that could not be
//! read: unless their own condition tells that it is none of theirs.

use std::collections::BTreeSet;

use super::completeness::{self, Completeness, DatasetState};
use super::ground::Ground;
use crate::check::members::{Members, Membership};
use crate::check::{CheckState, Fold, Marks, Operator};
use crate::derived::{self, Derivations, Derived};
use crate::evidence::batch::{Batch, BatchBuffer, KeptBatch, RejectReason};
use crate::identity::{Identity, TableHome};
use crate::keyset::KeySetBuilder;
use crate::plan::PlannedLookup;
use crate::predicate::compiled::{Compiled, Context, Verdict};
use crate::why::Why;

/// The datasets that others are made of.
pub(super) fn bases(ground: &Ground<'_>) -> BTreeSet<u16> {
    ground.plan.derived().flat_map(|(_, derived)| ground.plan.bases(derived)).collect()
}

/// Whose names the records of the derived tables hold: these tables come behind those of the evidence.
pub(super) fn homes(ground: &Ground<'_>) -> impl Iterator<Item = TableHome> {
    let plan = &ground.plan;
    plan.derived().map(|(dataset, _)| {
        let planned = plan.datasets.get(usize::from(dataset));
        let names = planned.and_then(|planned| planned.fields.iter().position(|field| field == crate::dataset::derived::NAMES));
        names.and_then(|column| u16::try_from(column).ok()).map_or(TableHome::Roster, TableHome::Told)
    })
}

/// Makes the derived datasets; `None`: what was read could not be kept.
pub(super) fn derive(ground: &Ground<'_>, identity: &Identity, batches: Option<Vec<KeptBatch>>) -> Derivations {
    let plan = &ground.plan;
    if plan.derived().next().is_none() {
        return Derivations::default();
    }
    let system = |ordinal: u32| ground.survey.table(ordinal).and_then(|table| table.system.as_deref()).map(str::as_bytes);
    let tables = (0..).zip(&ground.tables).map(|(ordinal, table)| (table.dataset, system(ordinal))).collect();
    let terms = ground.input.engagement.map_or(&[][..], |engagement| engagement.terms.as_slice());
    Derivations::new(&derived::Ground { plan, identity, tables, terms }, batches)
}

/// What is known of the derived datasets follows from what is known of those that they are made of.
pub(super) fn assess(ground: &Ground<'_>, derivations: &Derivations, known: &mut Completeness) {
    let plan = &ground.plan;
    for (derived, (_, of)) in derivations.iter().zip(plan.derived()) {
        let rejected = derived.rejected();
        // Also that there is no record is a fact where the main base has some: whoever may hold or have something by
        // one of these is there as a record, or as one that cannot be told.
        let main = of.bases.first().and_then(|base| known.dataset(base.dataset));
        let reconciled = main.is_some_and(|own| own.reconciled || own.records > 0);
        let mut state = DatasetState { tables: 1, records: derived.records() + rejected, rejected, reconciled, ..DatasetState::default() };
        for base in of.bases.iter().filter(|base| !base.for_groups || derived.is_for_groups()) {
            let Some(own) = known.dataset(base.dataset).filter(|own| own.tables > 0) else {
                if base.for_groups {
                    // Whatever is held by persons themselves is there.
                    state.gap.get_or_insert_with(|| completeness::missing(ground, base.dataset));
                } else {
                    state.tables = 0;
                }
                continue;
            };
            state.changed |= own.changed;
            state.gap = [state.gap.take(), own.gap.clone()].into_iter().flatten().min();
        }
        known.set(of.dataset.name, state);
    }
}

/// What of a batch no check is about: nothing.
fn all_of(batch: &Batch<'_>, marks: &mut Marks) {
    marks.clear();
    marks.settle(batch);
}

/// A reader of derived records.
struct Reader<'r, 'g> {
    ground: &'r Ground<'g>,
    derivations: &'r Derivations,
    derived: &'r Derived,
    context: &'r Context<'r>,
}

impl Reader<'_, '_> {
    /// Calls `take` with every batch of records.
    fn each(&self, mut take: impl FnMut(&Batch<'_>, &Marks)) {
        let mut marks = Marks::default();
        self.derivations.each(self.derived, |batch| {
            self.ground.mark(self.derived.dataset, batch, &mut marks);
            take(batch, &marks);
        });
    }

    /// Calls `take` with batches without a record, that reject what cannot be told and may be among what one of the
    /// conditions lets through; tells whether there is such a thing.
    fn each_untold(&self, filters: &[Option<&Compiled>], mut take: impl FnMut(&Batch<'_>, &Marks)) -> bool {
        let mut marks = Marks::default();
        self.derived.each_rejected(|batch| {
            all_of(batch, &mut marks);
            take(batch, &marks);
        });
        let mut open = false;
        self.each_open(filters, |reasons| {
            open = true;
            let mut buffer = BatchBuffer::default();
            let batch = self.derived.rejections(reasons.iter().copied(), &mut buffer);
            all_of(&batch, &mut marks);
            take(&batch, &marks);
        });
        open
    }

    /// Calls `take` with why records cannot be told that may be among what one of the conditions lets through.
    fn each_open(&self, filters: &[Option<&Compiled>], mut take: impl FnMut(&[RejectReason])) {
        let (mut marks, mut scratch) = (Marks::default(), Vec::new());
        self.derivations.each_open(self.derived, |batch, reasons| {
            self.ground.mark(self.derived.dataset, batch, &mut marks);
            let mut lets = |filter: Option<&Compiled>, record: usize| {
                filter.is_none_or(|filter| filter.decide(batch, record, self.context, &mut scratch) != Verdict::False)
            };
            let counts = |record: &usize| marks.get(*record).is_none() && filters.iter().any(|filter| lets(*filter, *record));
            let counting: Vec<RejectReason> = (0..batch.len()).filter(counts).filter_map(|record| reasons.get(record).copied()).collect();
            if !counting.is_empty() {
                take(&counting);
            }
        });
    }
}

/// The keys of a look-up into a derived dataset.
pub(super) fn keys(ground: &Ground<'_>, derivations: &Derivations, lookup: &PlannedLookup, context: &Context<'_>, set: &mut KeySetBuilder) {
    let Some(derived) = derivations.of(lookup.dataset) else { return };
    let reader = Reader { ground, derivations, derived, context };
    reader.each(|batch, marks| {
        super::keys::insert(lookup, batch, marks, context, set);
        batch.rejections().iter().for_each(|rejection| set.doubt(Why::untold(lookup.dataset, rejection.reason)));
    });
    reader.each_open(&[lookup.filter.as_ref()], |reasons| {
        reasons.iter().for_each(|reason| set.doubt(Why::untold(lookup.dataset, *reason)));
    });
}

/// The members that a derived dataset makes.
pub(super) fn members(ground: &Ground<'_>, derivations: &Derivations, membership: &Membership, context: &Context<'_>, members: &mut Members) {
    let Some(derived) = derivations.of(membership.dataset) else { return };
    let reader = Reader { ground, derivations, derived, context };
    reader.each(|batch, marks| members.fold(membership, batch, marks, context));
    reader.each_untold(&[membership.filter.as_ref()], |batch, marks| members.fold(membership, batch, marks, context));
}

/// Feeds the derived datasets that a unit of checks reads; tells of which of them records may be missing.
pub(super) fn feed(
    ground: &Ground<'_>,
    derivations: &Derivations,
    (operators, feeds): (&[&Operator], &[u16]),
    fold: &Fold<'_>,
    state: &mut CheckState,
) -> BTreeSet<u16> {
    let (mut open, mut first) = (BTreeSet::new(), BTreeSet::new());
    let Some(leader) = operators.first() else { return open };
    for (feed, dataset) in (0_u8..).zip(feeds) {
        let Some(derived) = derivations.of(*dataset) else { continue };
        let reader = Reader { ground, derivations, derived, context: &fold.context };
        reader.each(|batch, marks| state.fold(operators, feed, batch, &Fold { marks, ..*fold }));
        // Where several feeds are of one dataset, what cannot be told is counted with the first.
        if !first.insert(*dataset) {
            continue;
        }
        let of = (0_u8..).zip(feeds).filter(|(_, other)| *other == dataset);
        let filters: Vec<Option<&Compiled>> = of.map(|(feed, _)| leader.condition(feed)).collect();
        if reader.each_untold(&filters, |batch, marks| state.fold(operators, feed, batch, &Fold { marks, ..*fold })) {
            open.insert(*dataset);
        }
    }
    open
}
