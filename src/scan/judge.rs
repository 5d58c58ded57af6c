//! The judge round: every block once, into the states of the checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ground::{Ground, Named};
use super::keys::Keys;
use super::round::{self, Reads};
use crate::calendar::Day;
use crate::check::covers::Domain;
use crate::check::{CheckState, Decided, Fold, Marks};
use crate::evidence::batch::Batch;
use crate::evidence::layout::FileLayout;
use crate::fault;
use crate::key::memory::Memory;
use crate::parallel;
use crate::plan::PlannedCheck;
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
    /// It ran.
    Decided(Box<Decided>),
}

impl Judgement {
    /// What was decided, where the check ran.
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Decided(decided) => Some(decided),
            Self::NotApplicable | Self::Failed | Self::Lost => None,
        }
    }
}

/// First and last day of acts, by table ordinal.
pub(super) type Spans = BTreeMap<u32, (Day, Day)>;

/// What judge saw.
pub(super) struct Judged {
    /// By the check's index; a check that failed to run has the state of one that has seen nothing.
    pub states: Vec<CheckState>,
    /// Whether the check of that index failed to run.
    pub failed: Vec<bool>,
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
    /// Folds a batch into the state of a check. A check that panics is never fed again.
    fn fold(&mut self, ground: &Ground<'_>, number: usize, feed: u8, batch: &Batch<'_>, (context, domain): (Context<'_>, Option<&Domain>)) {
        let check = &ground.plan.checks[number];
        let Self { states, failed, marks, .. } = self;
        let (Some(state), Some(failed)) = (states.get_mut(number), failed.get_mut(number)) else { return };
        if *failed {
            return;
        }
        let fold = Fold { context, prefix: &check.prefix, marks, domain };
        let folded = fault::caught("a check", || {
            #[cfg(test)]
            fault::planted("fault-in-fold", &ground.check(check).id);
            state.fold(&check.operator, feed, batch, &fold);
        });
        *failed = folded.is_none();
    }
}

/// Folds all evidence into check states.
pub(super) fn judge(ground: &Ground<'_>, keys: &Keys, memory: &Arc<Memory>) -> Judged {
    let plan = &ground.plan;
    // Checks and feeds by dataset.
    let mut feeds: Vec<Vec<(usize, u8)>> = vec![Vec::new(); plan.datasets.len()];
    for (number, check) in plan.checks.iter().enumerate() {
        for (feed, dataset) in (0_u8..).zip(&check.feeds) {
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
    let identity = |check: &PlannedCheck| CheckState::identity(&check.operator, plan.list_max, plan.seed);
    // What checks keep of many keys is filled by all workers together.
    let within = |check: &PlannedCheck| CheckState::within(&check.operator, plan.list_max, plan.seed, memory);
    let states: Vec<CheckState> = plan.checks.iter().map(within).collect();
    let shared = || plan.checks.iter().zip(&states).map(|(check, state)| state.share(&check.operator, plan.list_max, plan.seed)).collect();
    let none_failed = || vec![false; plan.checks.len()];
    let empty = || Worker {
        states: shared(),
        failed: none_failed(),
        spans: Spans::new(),
        proved: Spans::new(),
        named: Named::default(),
        marks: Marks::default(),
    };
    let context = Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let (workers, reads) = round::run(&tasks, ground.blocks, empty, |worker: &mut Worker, block| {
        for batch in block.batches() {
            let Some(table) = ground.table(batch.table).filter(|table| table.used) else { continue };
            let Some(dataset) = table.dataset else { continue };
            let acts = ground.mark(dataset, &batch, &mut worker.marks);
            ground.name(dataset, &batch, &mut worker.named);
            let Worker { spans, proved, marks, .. } = worker;
            let (mut all, mut counted) = (None, None);
            for (record, day) in acts {
                all = Some(with(all, day));
                if marks.get(record).is_none() {
                    counted = Some(with(counted, day));
                }
            }
            all.into_iter().for_each(|span| widen(spans, batch.table, span));
            counted.into_iter().for_each(|span| widen(proved, batch.table, span));
            for (number, feed) in &feeds[usize::from(dataset)] {
                worker.fold(ground, *number, *feed, &batch, (context, keys.domains[*number].as_ref()));
            }
        }
    });
    let mut merged =
        Judged { states, failed: none_failed(), spans: Spans::new(), proved: Spans::new(), named: Named::default(), reads, layouts: Vec::new() };
    let mut per_check: Vec<Vec<(CheckState, bool)>> = plan.checks.iter().map(|_| Vec::new()).collect();
    for worker in workers {
        let states = worker.states.into_iter().zip(worker.failed);
        per_check.iter_mut().zip(states).for_each(|(all, state)| all.push(state));
        worker.spans.into_iter().for_each(|(table, span)| widen(&mut merged.spans, table, span));
        worker.proved.into_iter().for_each(|(table, span)| widen(&mut merged.proved, table, span));
        merged.named.merge(worker.named);
    }
    let all = merged.states.into_iter().zip(per_check).collect();
    (merged.states, merged.failed) = parallel::each_owned(all, |(mut state, parts)| {
        let mut failed = false;
        for (part, part_failed) in parts {
            failed |= part_failed || fault::caught("a check", || state.merge(part)).is_none();
        }
        (state, failed)
    })
    .into_iter()
    .unzip();
    // What a check had half done when it panicked is thrown away.
    for (number, check) in plan.checks.iter().enumerate().filter(|(number, _)| merged.failed[*number]) {
        merged.states[number] = identity(check);
    }
    Judged { layouts, ..merged }
}

fn with(span: Option<(Day, Day)>, day: Day) -> (Day, Day) {
    span.map_or((day, day), |(from, to)| (from.min(day), to.max(day)))
}

fn widen(spans: &mut Spans, table: u32, (from, to): (Day, Day)) {
    let known = spans.entry(table).or_insert((from, to));
    *known = (known.0.min(from), known.1.max(to));
}
