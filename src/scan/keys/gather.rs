//! One reading for the whole keys round: files that are small enough to be
//! kept are read once, for who is who and for every key set.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::identity::Account;
use crate::check::Marks;
use crate::dataset::ROSTER;
use crate::evidence::batch::{Batch, KeptBatch};
use crate::evidence::layout::FileLayout;
use crate::evidence::survey::SurveyedTable;
use crate::identity::ROSTER_FIELDS;
use crate::identity::roster::{Part, RosterBuilder};
use crate::parallel;
use crate::scan::ground::Ground;
use crate::scan::round::{self, Reads, Task};

/// What the round needs of a table; columns are those of its layout.
#[derive(Default)]
pub(super) struct Wanted {
    fields: Vec<String>,
    /// The columns of [`ROSTER_FIELDS`], where the table is a part of the roster.
    pub roster: Option<[usize; ROSTER_FIELDS.len()]>,
    /// What makes accounts, where the table holds some.
    pub account: Option<Account>,
    /// The planned dataset, where key sets are made of its records; the first columns are the planned ones.
    pub keys: Option<u16>,
    /// Its file is read for that dataset, even where the table does not count.
    read_for_keys: bool,
}

/// A step of the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Roster,
    Accounts,
    Keys,
}

/// What was read, and what is kept of it.
pub(super) struct Gathered {
    /// By the table's ordinal.
    pub wanted: Vec<Wanted>,
    layouts: Vec<Option<FileLayout>>,
    /// Roster entries of the files that were read.
    pub roster: RosterBuilder,
    /// What later steps need of them, in order, with what no check is about.
    pub kept: Vec<(KeptBatch, Marks)>,
    /// Files whose roster entries are taken.
    entered: BTreeSet<usize>,
    /// Files that need no second reading.
    whole: BTreeSet<usize>,
}

impl Wanted {
    fn new(ground: &Ground<'_>, table: &SurveyedTable, datasets: &BTreeSet<u16>) -> Self {
        let mut wanted = Self::default();
        let Some(known) = ground.table(table.ordinal) else { return wanted };
        if let Some(dataset) = known.dataset.filter(|dataset| datasets.contains(dataset)) {
            wanted.fields.clone_from(&ground.plan.datasets[usize::from(dataset)].fields);
            wanted.keys = Some(dataset).filter(|_| known.used);
            wanted.read_for_keys = true;
        }
        if known.used && table.dataset == ROSTER {
            wanted.roster = Some(ROSTER_FIELDS.map(|field| wanted.column(field)));
        }
        wanted.account = Account::new(ground, table, &mut |field| wanted.column(field));
        wanted
    }

    /// The column of a field.
    fn column(&mut self, field: &str) -> usize {
        self.fields.iter().position(|known| known == field).unwrap_or_else(|| {
            self.fields.push(field.to_owned());
            self.fields.len() - 1
        })
    }

    fn is_read(&self) -> bool {
        self.roster.is_some() || self.account.is_some() || self.read_for_keys
    }

    fn is_read_for(&self, step: Step) -> bool {
        match step {
            Step::Roster => self.roster.is_some(),
            Step::Accounts => self.account.is_some(),
            Step::Keys => self.read_for_keys,
        }
    }
}

/// Reads what fits `room` bytes.
pub(super) fn gather(ground: &Ground<'_>, room: usize) -> (Gathered, Reads) {
    let datasets = ground.plan.key_datasets();
    let wanted: Vec<Wanted> = ground.survey.tables().map(|table| Wanted::new(ground, table, &datasets)).collect();
    let of_table = |ordinal: u32| wanted.get(ordinal as usize).filter(|wanted| wanted.is_read());
    let layouts = ground.layouts_of(&|ordinal| of_table(ordinal).map(|wanted| wanted.fields.as_slice()));
    let mut tasks = ground.tasks(&layouts);
    tasks.sort_by_key(|task| (task.blob.size, task.file));
    let mut size = 0_u64;
    tasks.retain(|task| {
        size = size.saturating_add(task.blob.size);
        size <= room as u64
    });
    let taken = AtomicUsize::new(0);
    let (states, reads) = round::run(&tasks, ground.blocks, <(RosterBuilder, Vec<(KeptBatch, Marks)>)>::default, |(roster, kept), block| {
        for batch in block.batches() {
            let Some(wanted) = of_table(batch.table) else { continue };
            wanted.enter(&batch, roster);
            if wanted.account.is_none() && wanted.keys.is_none() {
                continue;
            }
            // Decoding may make much of little: what does not fit is read again.
            let own = (taken.load(Ordering::Relaxed) <= room).then(|| batch.keep()).flatten();
            taken.fetch_add(own.as_ref().map_or(room.saturating_add(1), KeptBatch::size), Ordering::Relaxed);
            if let Some(own) = own {
                let mut marks = Marks::default();
                if let Some(dataset) = wanted.keys {
                    ground.mark(dataset, &batch, &mut marks);
                }
                kept.push((own, marks));
            }
        }
    });
    let entered: BTreeSet<usize> = tasks.iter().map(|task| task.file).collect();
    let mut gathered =
        Gathered { roster: RosterBuilder::default(), kept: Vec::new(), whole: entered.clone(), entered, layouts: Vec::new(), wanted: Vec::new() };
    for (roster, mut kept) in states {
        gathered.roster.merge(roster);
        gathered.kept.append(&mut kept);
    }
    drop(tasks);
    (gathered.layouts, gathered.wanted) = (layouts, wanted);
    if taken.into_inner() > room {
        gathered.kept = Vec::new();
        gathered.whole.clear();
    }
    gathered.kept.sort_by_key(|(batch, _)| (batch.view().table, batch.view().block));
    (gathered, reads)
}

impl Wanted {
    /// Takes in the roster entries of a batch.
    pub fn enter(&self, batch: &Batch<'_>, roster: &mut RosterBuilder) {
        let Some(columns) = self.roster else { return };
        let values = |record: usize| columns.map(|column| super::bytes(batch, column, record));
        let bytes = (0..batch.len()).flat_map(|record| values(record).into_iter().flatten()).map(<[u8]>::len).sum();
        let mut part = Part::new(batch.table, batch.block, batch.len(), bytes);
        (0..batch.len()).for_each(|record| part.add(values(record)));
        roster.add(part);
    }
}

impl Gathered {
    /// What is wanted of a batch's table.
    pub fn of(&self, batch: &Batch<'_>) -> Option<&Wanted> {
        self.wanted.get(batch.table as usize)
    }

    /// The files of a step.
    pub fn files(&self, ground: &Ground<'_>, step: Step) -> BTreeSet<usize> {
        let tables = (0..).zip(&self.wanted).filter(|(_, wanted)| wanted.is_read_for(step));
        tables.filter_map(|(ordinal, _)| Some(ground.table(ordinal)?.file)).collect()
    }

    /// Calls `take` with every batch of a planned dataset that is kept, and what of it no check is about.
    pub fn of_dataset(&self, dataset: u16, mut take: impl FnMut(&Batch<'_>, &Marks)) {
        self.of_part(&self.kept, dataset, &mut take);
    }

    fn of_part(&self, part: &[(KeptBatch, Marks)], dataset: u16, take: &mut dyn FnMut(&Batch<'_>, &Marks)) {
        for (batch, marks) in part {
            let batch = batch.view();
            if self.of(&batch).is_some_and(|wanted| wanted.keys == Some(dataset)) {
                take(&batch, marks);
            }
        }
    }

    /// As [`Self::of_dataset`], in parts side by side, of each of which `make` makes something.
    pub fn parts_of_dataset<R: Send>(
        &self,
        dataset: u16,
        make: impl Fn(&mut dyn FnMut(&mut dyn FnMut(&Batch<'_>, &Marks))) -> R + Sync + Send,
    ) -> Vec<R> {
        parallel::parts(&self.kept, |part| make(&mut |take| self.of_part(part, dataset, take)))
    }

    /// Takes what is kept of the records of these datasets.
    pub fn take(&mut self, datasets: &BTreeSet<u16>) -> Vec<KeptBatch> {
        if datasets.is_empty() {
            return Vec::new();
        }
        let wanted = &self.wanted;
        let of = |batch: &KeptBatch| wanted.get(batch.view().table as usize).and_then(|wanted| wanted.keys);
        let kept = std::mem::take(&mut self.kept).into_iter().map(|(batch, _)| batch);
        kept.filter(|batch| of(batch).is_some_and(|dataset| datasets.contains(&dataset))).collect()
    }

    /// The files of a step that are still to be read; all of them `again`, where what is kept of them is of no use.
    pub fn tasks<'t>(&'t self, ground: &'t Ground<'_>, step: Step, again: bool) -> Vec<Task<'t>> {
        let (files, done) = (self.files(ground, step), if step == Step::Roster { &self.entered } else { &self.whole });
        let mut tasks = ground.tasks(&self.layouts);
        tasks.retain(|task| files.contains(&task.file) && (again || !done.contains(&task.file)));
        tasks
    }
}
