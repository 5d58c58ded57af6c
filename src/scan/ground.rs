//! What all rounds of a scan stand on: the survey's answer, the plan, and
//! which table feeds which dataset.

use std::collections::BTreeSet;

use super::Input;
use super::round::{Blocks, Reads, Task};
use crate::calendar::{Day, Moment, Written};
use crate::check::Marks;
use crate::dataset::derived;
use crate::engagement::Scope;
use crate::evidence::batch::{Batch, Value};
use crate::evidence::layout::FileLayout;
use crate::evidence::survey::{self, Survey};
use crate::pack::Check;
use crate::plan::{Plan, PlannedCheck};
use crate::source::Source;
use crate::why::Excluded;

/// The ground of a scan.
pub(super) struct Ground<'g> {
    pub input: &'g Input<'g>,
    pub sources: &'g [Source],
    pub survey: Survey,
    pub plan: Plan,
    /// By the table's ordinal.
    pub tables: Vec<Table>,
    pub blocks: Blocks,
}

/// A table of evidence as the plan sees it.
pub(super) struct Table {
    /// The survey's file index.
    pub file: usize,
    /// Its place in the file's layout.
    pub place: usize,
    /// The planned dataset that it feeds; `None` where no check reads it.
    pub dataset: Option<u16>,
    /// Whether it counts: an export made after the as-of date does not.
    pub used: bool,
}

/// Which units and sites of the engagement's scope some record names, in the scope's order.
#[derive(Debug, Default)]
pub(super) struct Named {
    units: Vec<bool>,
    sites: Vec<bool>,
}

impl Named {
    pub fn merge(&mut self, other: Self) {
        for (seen, more) in [(&mut self.units, other.units), (&mut self.sites, other.sites)] {
            seen.resize(seen.len().max(more.len()), false);
            seen.iter_mut().zip(more).for_each(|(seen, more)| *seen |= more);
        }
    }

    /// The units and sites of a scope that no record names, in words.
    pub fn missing(&self, scope: &Scope) -> Vec<String> {
        let of = |names: &[String], seen: &[bool], what: &str| -> Vec<String> {
            let unseen = names.iter().enumerate().filter(|(at, _)| !seen.get(*at).copied().unwrap_or(false));
            unseen
                .map(|(_, name)| format!("no record that a check reads names the {what} `{name}` of the scope; is it spelled as in the exports?"))
                .collect()
        };
        let (units, sites) = (of(&scope.units, &self.units, "unit"), of(&scope.sites, &self.sites, "site"));
        units.into_iter().chain(sites).collect()
    }
}

impl<'g> Ground<'g> {
    pub fn new(input: &'g Input<'g>, survey: Survey, plan: Plan, blocks: Blocks) -> Self {
        let mut tables = Vec::new();
        for (file, surveyed) in survey.files.iter().enumerate() {
            let Ok(taken) = &surveyed.taken else { continue };
            for (place, table) in taken.tables.iter().enumerate() {
                let exported = table.exported_at.value.as_ref().and_then(|value| Moment::parse(value.as_bytes()));
                let used = exported.is_none_or(|moment| moment.day <= plan.as_of);
                let dataset = plan.dataset(&table.dataset).filter(|_| derived::find(&table.dataset).is_none());
                tables.push(Table { file, place, dataset, used });
            }
        }
        Self { input, sources: input.sources, survey, plan, tables, blocks }
    }

    /// A table by its ordinal.
    pub fn table(&self, ordinal: u32) -> Option<&Table> {
        self.tables.get(ordinal as usize)
    }

    /// The layout of each file for the planned columns of these datasets;
    /// `None` where the file was not taken or feeds none of them.
    pub fn layouts(&self, datasets: &BTreeSet<u16>) -> Vec<Option<FileLayout>> {
        let columns = |ordinal: u32| self.table(ordinal).and_then(|table| table.dataset).filter(|dataset| datasets.contains(dataset));
        self.layouts_of(&|ordinal| columns(ordinal).map(|dataset| self.plan.datasets[usize::from(dataset)].fields.as_slice()))
    }

    /// The layout of each file for the fields that `fields` names per table;
    /// `None` where it names none for any table of the file.
    pub fn layouts_of<'f>(&'f self, fields: &dyn Fn(u32) -> Option<&'f [String]>) -> Vec<Option<FileLayout>> {
        let wanted = |ordinal: u32| fields(ordinal).unwrap_or(&[]);
        let layout = |file: &survey::SurveyedFile| {
            let taken = file.taken.as_ref().ok()?;
            taken.tables.iter().any(|table| fields(table.ordinal).is_some()).then_some(())?;
            survey::layout(file, self.sources.get(taken.source)?, &wanted)
        };
        self.survey.files.iter().map(layout).collect()
    }

    /// The files that have a layout.
    pub fn tasks<'t>(&'t self, layouts: &'t [Option<FileLayout>]) -> Vec<Task<'t>> {
        let with_layout = layouts.iter().enumerate().filter_map(|(file, layout)| layout.as_ref().map(|layout| (file, layout)));
        let head = |file: usize| self.survey.files.get(file).and_then(|surveyed| surveyed.head.as_ref());
        with_layout.map(|(file, layout)| Task { file, blob: &self.input.blobs[file], layout: Some(layout), head: head(file) }).collect()
    }

    /// The datasets of these files that say who is who.
    pub fn identity_datasets(&self, files: &BTreeSet<usize>) -> BTreeSet<String> {
        let of_file = |table: &&survey::SurveyedTable| self.table(table.ordinal).is_some_and(|fact| fact.used && files.contains(&fact.file));
        let says = |table: &&survey::SurveyedTable| {
            let mapping = self.sources.get(table.source).and_then(|source| source.tables.get(table.source_table));
            mapping.is_some_and(|mapping| mapping.identity.is_some())
        };
        self.survey.tables().filter(of_file).filter(says).map(|table| table.dataset.clone()).collect()
    }

    /// The planned datasets that these files feed.
    pub fn datasets_of(&self, files: &BTreeSet<usize>) -> BTreeSet<u16> {
        self.tables.iter().filter(|table| files.contains(&table.file)).filter_map(|table| table.dataset).collect()
    }

    /// Whether a file of a dataset was not read, or not to its end, or is not what the survey saw.
    pub fn is_read_badly(&self, dataset: u16, reads: &Reads) -> bool {
        let own = self.plan.with_bases(dataset);
        let of = |table: &&Table| table.used && table.dataset.is_some_and(|dataset| own.contains(&dataset));
        let mut files = self.tables.iter().filter(of).map(|table| table.file);
        files.any(|file| reads.get(&file).is_none_or(|read| read.swapped || read.end.problem.is_some()))
    }

    /// The check of a pack that was planned.
    pub fn check(&self, planned: &PlannedCheck) -> &Check {
        &self.input.packs[planned.pack].controls[planned.control].checks[planned.check]
    }

    /// The engagement's scope.
    pub fn scope(&self) -> Option<&'g Scope> {
        self.input.engagement.and_then(|engagement| engagement.scope.as_ref())
    }

    /// Notes which units and sites of the scope the records of a batch name.
    pub fn name(&self, dataset: u16, batch: &Batch<'_>, named: &mut Named) {
        let Some(scope) = self.scope() else { return };
        let planned = &self.plan.datasets[usize::from(dataset)];
        for (column, names, seen) in [(planned.unit, &scope.units, &mut named.units), (planned.site, &scope.sites, &mut named.sites)] {
            let Some(column) = column else { continue };
            seen.resize(names.len(), false);
            for (name, seen) in names.iter().zip(seen.iter_mut()).filter(|(_, seen)| !**seen) {
                *seen = (0..batch.len()).any(|record| batch.get(column.into(), record) == Value::Bytes(name.as_bytes()));
            }
        }
    }

    /// Marks the records of a batch that no check is about; gives of which days its acts are.
    pub fn mark(&self, dataset: u16, batch: &Batch<'_>, marks: &mut Marks) -> Acts {
        marks.clear();
        let planned = &self.plan.datasets[usize::from(dataset)];
        if let (Some(scope), true) = (self.scope(), planned.unit.is_some() || planned.site.is_some()) {
            for (column, names) in [(planned.unit, &scope.units), (planned.site, &scope.sites)] {
                let Some(column) = column else { continue };
                for record in 0..batch.len() {
                    if let Value::Bytes(value) = batch.get(column.into(), record)
                        && !names.iter().any(|name| name.as_bytes() == value)
                    {
                        marks.set(batch.len(), record, Excluded::OutOfScope);
                    }
                }
            }
        }
        let acts = self.acts(dataset, batch, marks);
        marks.settle(batch);
        acts
    }

    /// Of which days the acts of a batch are. Those after the as-of date are marked.
    fn acts(&self, dataset: u16, batch: &Batch<'_>, marks: &mut Marks) -> Acts {
        let Some(column) = self.plan.datasets[usize::from(dataset)].act else { return Acts::default() };
        let as_of = Written::of(self.plan.as_of);
        let (mut all, mut counted) = (None, None);
        for (record, cell) in batch.column(column.into()).iter().enumerate() {
            let Some(day) = batch.day(*cell) else { continue };
            all = Some(widened(all, day));
            if Some(day) > as_of {
                marks.set(batch.len(), record, Excluded::AfterAsOf);
            } else if marks.get(record).is_none() {
                counted = Some(widened(counted, day));
            }
        }
        let days = |span: Option<(Written, Written)>| span.and_then(|(from, to)| Some((from.counted()?, to.counted()?)));
        Acts { all: days(all), counted: days(counted) }
    }
}

/// First and last day of the dated acts of a batch.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Acts {
    pub all: Option<(Day, Day)>,
    /// Of those that no mark leaves out.
    pub counted: Option<(Day, Day)>,
}

fn widened(span: Option<(Written, Written)>, day: Written) -> (Written, Written) {
    span.map_or((day, day), |(from, to)| (from.min(day), to.max(day)))
}
