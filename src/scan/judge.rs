//! The judge round: every block once, into the states of the checks.

use std::collections::BTreeMap;

use super::ground::Ground;
use super::keys::Keys;
use super::round::{self, Reads};
use crate::calendar::{Day, Moment};
use crate::check::{CheckState, Fold, Marks};
use crate::evidence::batch::{Batch, Value};
use crate::evidence::layout::FileLayout;
use crate::predicate::compiled::Context;

/// What judge saw.
pub(super) struct Judged {
    /// By the check's index.
    pub states: Vec<CheckState>,
    /// First and last day of the acts, by table ordinal.
    pub spans: BTreeMap<u32, (Day, Day)>,
    pub reads: Reads,
    /// By the survey's file index, for reading blocks again.
    pub layouts: Vec<Option<FileLayout>>,
}

struct Worker {
    states: Vec<CheckState>,
    spans: BTreeMap<u32, (Day, Day)>,
    marks: Marks,
}

/// Folds all evidence into check states.
pub(super) fn judge(ground: &Ground<'_>, keys: &Keys) -> Judged {
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
            tasks.push(round::Task { file, blob, layout: None });
        }
    }
    let identity = |check: &crate::plan::PlannedCheck| CheckState::identity(&check.operator, plan.list_max, plan.seed);
    let states = || plan.checks.iter().map(identity).collect::<Vec<_>>();
    let empty = || Worker { states: states(), spans: BTreeMap::new(), marks: Marks::default() };
    let context = Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let (workers, reads) = round::run(&tasks, ground.blocks, empty, |worker: &mut Worker, block| {
        for batch in block.batches() {
            let Some(table) = ground.table(batch.table).filter(|table| table.used) else { continue };
            let Some(dataset) = table.dataset else { continue };
            ground.mark(dataset, &batch, &mut worker.marks);
            if let Some(span) = span(&batch, plan.datasets[usize::from(dataset)].act) {
                widen(&mut worker.spans, batch.table, span);
            }
            for (number, feed) in &feeds[usize::from(dataset)] {
                let check = &plan.checks[*number];
                let fold = Fold { context, prefix: &check.prefix, marks: &worker.marks, domain: keys.domains[*number].as_ref() };
                worker.states[*number].fold(&check.operator, *feed, &batch, &fold);
            }
        }
    });
    let (mut merged, mut spans) = (states(), BTreeMap::new());
    for worker in workers {
        merged.iter_mut().zip(worker.states).for_each(|(state, more)| state.merge(more));
        worker.spans.into_iter().for_each(|(table, span)| widen(&mut spans, table, span));
    }
    Judged { states: merged, spans, reads, layouts }
}

fn widen(spans: &mut BTreeMap<u32, (Day, Day)>, table: u32, (from, to): (Day, Day)) {
    let known = spans.entry(table).or_insert((from, to));
    *known = (known.0.min(from), known.1.max(to));
}

fn span(batch: &Batch<'_>, act: Option<u16>) -> Option<(Day, Day)> {
    let act = act?;
    let days = (0..batch.len()).filter_map(|record| match batch.get(act.into(), record) {
        Value::Bytes(value) => Moment::parse(value).map(|moment| moment.day),
        Value::Empty | Value::Absent | Value::Invalid => None,
    });
    days.fold(None, |span: Option<(Day, Day)>, day| Some(span.map_or((day, day), |(from, to)| (from.min(day), to.max(day)))))
}
