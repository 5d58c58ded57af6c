//! The judge round: every block once, into the states of the checks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::derive;
use super::ground::{Ground, Named};
use super::keys::Keys;
use super::round::{self, Reads};
use crate::calendar::Day;
use crate::check::{CheckState, Decided, Fold, Marks, Operator, pairing};
use crate::evidence::batch::Batch;
use crate::evidence::layout::FileLayout;
use crate::fault;
use crate::key::memory::Memory;
use crate::parallel;
use crate::plan::Unit;
use crate::predicate::compiled::Context;

/// What became of a check.
#[derive(Debug)]
pub(super) enum Judgement {
    /// The engagement says that its control does not apply.
    NotApplicable,
    /// It failed to run.
    Failed,
    /// What did not fit memory could not be put away, or not be had again.
    Lost,
    /// A derived dataset that it reads would be too much.
    Exceeded(String),
    /// It ran.
    Decided(Box<Decided>),
}

impl Judgement {
    /// What was decided, where the check ran.
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Decided(decided) => Some(decided),
            Self::NotApplicable | Self::Failed | Self::Lost | Self::Exceeded(_) => None,
        }
    }
}

/// First and last day of acts, by table ordinal.
pub(super) type Spans = BTreeMap<u32, (Day, Day)>;

/// What judge saw.
pub(super) struct Judged {
    /// By the index of the unit of checks that share it; one that failed to run has the state of one that has seen nothing.
    pub states: Vec<CheckState>,
    /// Whether the checks of the unit of that index failed to run.
    pub failed: Vec<bool>,
    /// By the index of the unit: derived datasets of which records may be missing that it would count.
    pub open: Vec<BTreeSet<u16>>,
    /// Of all acts.
    pub spans: Spans,
    /// Of the acts that count: in scope, and not after the as-of date.
    pub proved: Spans,
    /// The units and sites of the scope that records name.
    pub named: Named,
    pub reads: Reads,
    /// By the survey's file index, for reading blocks again.
    pub layouts: Vec<Option<FileLayout>>,
}

struct Worker {
    states: Vec<CheckState>,
    failed: Vec<bool>,
    spans: Spans,
    proved: Spans,
    named: Named,
    marks: Marks,
}

impl Worker {
    /// Folds a batch into the state of checks. Checks that panicked are never fed again.
    fn fold(&mut self, shared: &Shared<'_, '_>, (number, feed): (usize, u8), batch: &Batch<'_>, marks: &Marks) {
        let (ground, keys, context) = (shared.ground, shared.keys, shared.context);
        let (Some(state), Some(failed)) = (self.states.get_mut(number), self.failed.get_mut(number)) else { return };
        let (Some(unit), Some(operators)) = (ground.plan.units.get(number), shared.operators.get(number)) else { return };
        let Some(check) = unit.checks.first().filter(|_| !*failed) else { return };
        let fold = Fold { context, prefix: &ground.plan.checks[*check].prefix, marks, domain: keys.domains[*check].as_ref() };
        let folded = fault::caught("a check", || {
            #[cfg(test)]
            unit.checks.iter().for_each(|check| fault::planted("fault-in-fold", &ground.check(&ground.plan.checks[*check]).id));
            state.fold(operators, feed, batch, &fold);
        });
        *failed = folded.is_none();
    }
}

/// What all workers see.
struct Shared<'s, 'g> {
    ground: &'s Ground<'g>,
    keys: &'s Keys,
    context: Context<'s>,
    /// By unit.
    operators: &'s [Vec<&'s Operator>],
}

impl Shared<'_, '_> {
    /// Folds the derived datasets that a unit of checks reads; tells of which of them records may be missing.
    fn derived(&self, number: usize, state: &mut CheckState) -> BTreeSet<u16> {
        let (plan, keys) = (&self.ground.plan, self.keys);
        let (Some(unit), Some(operators)) = (plan.units.get(number), self.operators.get(number)) else { return BTreeSet::new() };
        let (Some(check), feeds) = (unit.checks.first(), unit.feeds(&plan.checks)) else { return BTreeSet::new() };
        if !feeds.iter().any(|dataset| keys.derivations.of(*dataset).is_some()) {
            return BTreeSet::new();
        }
        let fold =
            Fold { context: self.context, prefix: &plan.checks[*check].prefix, marks: &Marks::default(), domain: keys.domains[*check].as_ref() };
        let mut own = state.share(operators, plan.list_max, plan.seed);
        let open = derive::feed(self.ground, &keys.derivations, (operators, feeds), &fold, &mut own);
        state.merge(own);
        open
    }
}

/// Folds all evidence into check states.
pub(super) fn judge(ground: &Ground<'_>, keys: &Keys, memory: &Arc<Memory>) -> Judged {
    let plan = &ground.plan;
    // Units and feeds by dataset.
    let mut feeds: Vec<Vec<(usize, u8)>> = vec![Vec::new(); plan.datasets.len()];
    for (number, unit) in plan.units.iter().enumerate() {
        for (feed, dataset) in (0_u8..).zip(unit.feeds(&plan.checks)) {
            feeds[usize::from(*dataset)].push((number, feed));
        }
    }
    let all = (0..).take(plan.datasets.len()).collect();
    let mut layouts = ground.layouts(&all);
    // Every file is digested, and the records of every taken one are counted.
    let counted = ground.layouts_of(&|_| Some(&[]));
    layouts.iter_mut().zip(counted).for_each(|(layout, counted)| *layout = layout.take().or(counted));
    let mut tasks = ground.tasks(&layouts);
    for (file, surveyed) in ground.survey.files.iter().enumerate() {
        let blob = &ground.input.blobs[file];
        if surveyed.taken.is_err() && blob.obstacle.is_none() {
            tasks.push(round::Task { file, blob, layout: None, head: surveyed.head.as_ref() });
        }
    }
    let operators: Vec<Vec<&Operator>> = plan.units.iter().map(|unit| unit.operators(&plan.checks)).collect();
    // What checks keep of many keys is filled by all workers together.
    let domain = |unit: &Unit| unit.checks.first().and_then(|check| keys.domains.get(*check)?.as_ref());
    let mut grids = pairing::GRIDS;
    let made =
        |(operators, unit): (&Vec<&Operator>, &Unit)| CheckState::within(operators, (plan.list_max, plan.seed), memory, domain(unit), &mut grids);
    let states: Vec<CheckState> = operators.iter().zip(&plan.units).map(made).collect();
    let shared = || operators.iter().zip(&states).map(|(operators, state)| state.share(operators, plan.list_max, plan.seed)).collect();
    let none_failed = || vec![false; plan.units.len()];
    let empty = || Worker {
        states: shared(),
        failed: none_failed(),
        spans: Spans::new(),
        proved: Spans::new(),
        named: Named::default(),
        marks: Marks::default(),
    };
    let context = Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let seen = Shared { ground, keys, context, operators: &operators };
    let (workers, reads) = round::run(&tasks, ground.blocks, empty, |worker: &mut Worker, block| {
        for batch in block.batches() {
            let Some(table) = ground.table(batch.table).filter(|table| table.used) else { continue };
            let Some(dataset) = table.dataset else { continue };
            let acts = ground.mark(dataset, &batch, &mut worker.marks);
            ground.name(dataset, &batch, &mut worker.named);
            acts.all.into_iter().for_each(|span| widen(&mut worker.spans, batch.table, span));
            acts.counted.into_iter().for_each(|span| widen(&mut worker.proved, batch.table, span));
            let marks = std::mem::take(&mut worker.marks);
            for fed in &feeds[usize::from(dataset)] {
                worker.fold(&seen, *fed, &batch, &marks);
            }
            worker.marks = marks;
        }
    });
    let mut merged = Judged {
        states,
        failed: none_failed(),
        open: Vec::new(),
        spans: Spans::new(),
        proved: Spans::new(),
        named: Named::default(),
        reads,
        layouts: Vec::new(),
    };
    let mut per_unit: Vec<Vec<(CheckState, bool)>> = plan.units.iter().map(|_| Vec::new()).collect();
    for worker in workers {
        let states = worker.states.into_iter().zip(worker.failed);
        per_unit.iter_mut().zip(states).for_each(|(all, state)| all.push(state));
        worker.spans.into_iter().for_each(|(table, span)| widen(&mut merged.spans, table, span));
        worker.proved.into_iter().for_each(|(table, span)| widen(&mut merged.proved, table, span));
        merged.named.merge(worker.named);
    }
    let all: Vec<_> = merged.states.into_iter().zip(per_unit).enumerate().collect();
    let done = parallel::each_owned(all, |(number, (mut state, parts))| {
        let mut failed = false;
        for (part, part_failed) in parts {
            failed |= part_failed || fault::caught("a check", || state.merge(part)).is_none();
        }
        let open = if failed { None } else { fault::caught("a check", || seen.derived(number, &mut state)) };
        (state, failed || open.is_none(), open.unwrap_or_default())
    });
    (merged.states, merged.failed) = (Vec::with_capacity(done.len()), Vec::with_capacity(done.len()));
    for (state, failed, open) in done {
        merged.states.push(state);
        merged.failed.push(failed);
        merged.open.push(open);
    }
    // What checks had half done when they panicked is thrown away.
    for (number, operators) in operators.iter().enumerate().filter(|(number, _)| merged.failed[*number]) {
        merged.states[number] = CheckState::identity(operators, plan.list_max, plan.seed);
    }
    Judged { layouts, ..merged }
}

fn widen(spans: &mut Spans, table: u32, (from, to): (Day, Day)) {
    let known = spans.entry(table).or_insert((from, to));
    *known = (known.0.min(from), known.1.max(to));
}
