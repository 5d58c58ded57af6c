//! Is all of it there? Control totals, paging, files cut short or changed,
//! rejected records, and systems that were declared and delivered nothing.
//!
//! Two facts are kept apart. A *gap* is records that are missing from the
//! population, nobody knows how many: the checks over it are not evaluated. A
//! *rejected* record is there, is counted and undecided; only a look-up
//! suffers beyond that, because what it does not find may be that record.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::round::{FileRead, Reads};
use crate::engagement::ControlTotal;
use crate::evidence::survey::SurveyedTable;
use crate::report::{self, CompletenessBasis, Problem};
use crate::text::visible;

/// What is known of the completeness of the evidence.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    /// By the table's ordinal.
    pub tables: Vec<TableState>,
    datasets: BTreeMap<String, DatasetState>,
    /// Declared systems that delivered nothing, in words.
    pub scope_gaps: Vec<String>,
    /// Control totals that are not met, in words.
    pub unmet: Vec<String>,
    /// Datasets that say who is who and whose files changed while they were read.
    pub identities_changed: BTreeSet<String>,
}

/// One table's records.
#[derive(Debug, Clone)]
pub(super) struct TableState {
    pub records: u64,
    pub rejected: u64,
    pub completeness: report::Completeness,
    pub problems: Vec<Problem>,
}

/// One dataset over all its tables.
#[derive(Debug, Clone, Default)]
pub(super) struct DatasetState {
    /// Tables that count.
    pub tables: u64,
    /// Records read or rejected in them.
    pub records: u64,
    /// Those of them that could not be read.
    pub rejected: u64,
    /// Whether another source states the number of records, and it is met; of a derived dataset, whether what it is
    /// made of tells that. Then also that there is none is a fact.
    pub reconciled: bool,
    /// Why records are known to be missing: the reason that a check shows.
    pub gap: Option<String>,
    /// Whether a file of it changed while it was read.
    pub changed: bool,
}

impl DatasetState {
    /// Whether a look-up that finds nothing may have missed a record.
    pub fn may_miss(&self) -> bool {
        self.gap.is_some() || self.rejected > 0
    }
}

impl Completeness {
    /// A dataset that some used table carries, or that a declared system should have delivered.
    pub fn dataset(&self, name: &str) -> Option<&DatasetState> {
        self.datasets.get(name)
    }

    /// Says what is known of a dataset.
    pub fn set(&mut self, dataset: &str, state: DatasetState) {
        self.datasets.insert(dataset.to_owned(), state);
    }

    /// Notes that records of a dataset are missing.
    pub fn gap(&mut self, dataset: &str, reason: String) {
        let state = self.datasets.entry(dataset.to_owned()).or_default();
        state.gap.get_or_insert(reason);
    }

    /// Notes that a file of a dataset changed while it was read.
    pub fn change(&mut self, dataset: &str) {
        let state = self.datasets.entry(dataset.to_owned()).or_default();
        state.changed = true;
        state.gap = Some(changed(dataset));
    }
}

/// The reason where bytes changed: no count over them is sure.
pub(super) fn changed(dataset: &str) -> String {
    format!("changed-while-read: {dataset}")
}

/// The reason of every gap that is a matter of numbers.
pub(super) fn incomplete(dataset: &str) -> String {
    format!("incomplete-population: {dataset}")
}

/// The reason where no table that counts carries a dataset.
pub(super) fn missing(ground: &Ground<'_>, dataset: &str) -> String {
    let later = ground.survey.tables().any(|table| table.dataset == dataset && ground.table(table.ordinal).is_some_and(|table| !table.used));
    if later { format!("later-exports: {dataset}") } else { format!("missing-dataset: {dataset}") }
}

/// Assesses what was read.
pub(super) fn assess(ground: &Ground<'_>, reads: &Reads) -> Completeness {
    let mut known = Completeness::default();
    for surveyed in ground.survey.tables() {
        let (Some(table), ordinal) = (ground.table(surveyed.ordinal), surveyed.ordinal) else { continue };
        let read = reads.get(&table.file);
        let state = read.map_or_else(TableState::unread, |read| TableState::of(read, table.place));
        if table.used {
            let dataset = known.datasets.entry(surveyed.dataset.clone()).or_default();
            dataset.tables += 1;
            dataset.records += state.records + state.rejected;
            dataset.rejected += state.rejected;
            if read.is_some_and(|read| read.end.problem.is_some()) {
                dataset.gap.get_or_insert_with(|| incomplete(&surveyed.dataset));
            }
            if read.is_some_and(|read| read.swapped) {
                known.change(&surveyed.dataset);
            }
        }
        debug_assert_eq!(known.tables.len(), ordinal as usize, "tables come by ordinal");
        known.tables.push(state);
    }
    paging(ground, reads, &mut known);
    totals(ground, &mut known);
    gaps(ground, &mut known);
    reconciled(ground, &mut known);
    known
}

/// The datasets all of whose tables are reconciled: also that there is no record is then a fact.
fn reconciled(ground: &Ground<'_>, known: &mut Completeness) {
    let open = |known: &Completeness, ordinal: u32| {
        known.tables.get(ordinal as usize).is_none_or(|state| state.completeness.basis != CompletenessBasis::Reconciled)
    };
    let used = ground.survey.tables().filter(|table| ground.table(table.ordinal).is_some_and(|table| table.used));
    let unreconciled: BTreeSet<String> = used.filter(|table| open(known, table.ordinal)).map(|table| table.dataset.clone()).collect();
    for (name, state) in &mut known.datasets {
        state.reconciled = state.tables > 0 && state.gap.is_none() && !unreconciled.contains(name);
    }
}

impl TableState {
    const fn unread() -> Self {
        let completeness = report::Completeness { basis: CompletenessBasis::Unknown, expected: None };
        Self { records: 0, rejected: 0, completeness, problems: Vec::new() }
    }

    fn of(read: &FileRead, place: usize) -> Self {
        let mut state = Self::unread();
        state.rejected = read.rejected(place);
        state.records = read.records(place) - state.rejected;
        let mut before = 0;
        for block in &read.blocks {
            for (_, reason, count, first) in block.rejected.iter().filter(|(at, ..)| *at == place) {
                let first_record = before + first + 1;
                match state.problems.iter_mut().find(|problem| problem.code == reason.code()) {
                    Some(problem) => problem.count += count,
                    None => state.problems.push(Problem {
                        code: reason.code().to_owned(),
                        message: format!("{}; such a record counts as undecided: mend the export and scan again", reason.words()),
                        count: *count,
                        first_record: Some(first_record),
                    }),
                }
            }
            before += block.records.get(place).copied().unwrap_or(0);
        }
        for problem in read.end.problem.iter().chain(&read.end.note) {
            let message = format!("{} (at byte {})", problem.message, problem.offset);
            state.problems.push(Problem { code: problem.code.to_owned(), message, count: 1, first_record: None });
        }
        state
    }

    fn missing(&mut self, message: String) {
        self.problems.push(Problem { code: "incomplete-population".to_owned(), message, count: 1, first_record: None });
    }
}

/// Tables that are pages of one export: the same source, dataset and system.
fn pages<'g>(ground: &'g Ground<'_>) -> BTreeMap<(usize, &'g str, Option<&'g str>), Vec<&'g SurveyedTable>> {
    let mut groups: BTreeMap<_, Vec<&SurveyedTable>> = BTreeMap::new();
    for table in ground.survey.tables().filter(|table| ground.table(table.ordinal).is_some_and(|table| table.used)) {
        groups.entry((table.source, table.dataset.as_str(), table.system.as_deref())).or_default().push(table);
    }
    groups
}

/// A page that says there is more, with no page that says there is no more; or fewer records than the pages state.
fn paging(ground: &Ground<'_>, reads: &Reads, known: &mut Completeness) {
    for ((source, dataset, _), tables) in pages(ground) {
        let Some(source) = ground.sources.get(source) else { continue };
        let paging = &source.paging;
        if paging.next.is_none() && paging.total.is_none() && paging.more.is_none() {
            continue;
        }
        let member = |table: &SurveyedTable, name: &Option<String>| -> Option<String> {
            let read = reads.get(&ground.table(table.ordinal)?.file)?;
            let member = read.end.members.iter().find(|member| Some(&member.name) == name.as_ref())?;
            Some(member.value.clone())
        };
        if tables.iter().any(|table| ground.table(table.ordinal).is_none_or(|table| !reads.contains_key(&table.file))) {
            continue;
        }
        let goes_on = |table: &&&SurveyedTable| {
            let more = member(table, &paging.more).is_some_and(|value| value == "true");
            more || member(table, &paging.next).is_some_and(|value| !value.is_empty() && value != "null" && value != "false")
        };
        let open = tables.iter().filter(goes_on).count();
        let totals: Vec<String> = tables.iter().filter_map(|table| member(table, &paging.total)).collect();
        let whole = |total: &String| if total.bytes().all(|byte| byte.is_ascii_digit()) { total.parse::<u64>().ok() } else { None };
        let unreadable = totals.iter().find(|total| whole(total).is_none());
        let stated = totals.iter().filter_map(whole).max();
        // Totals count the list's elements, which are the records only where each makes one.
        let plain = tables
            .iter()
            .all(|table| source.tables.get(table.source_table).is_some_and(|table| matches!(table.shape, crate::source::SourceShape::Plain)));
        let found: u64 = tables.iter().map(|table| &known.tables[table.ordinal as usize]).map(|state| state.records + state.rejected).sum();
        let expected = stated.filter(|_| plain);
        // A page without a link may be the last one, or one whose link was lost: a total, an empty link or a page before it tells.
        let closes = |table: &&SurveyedTable| member(table, &paging.more).is_some() || member(table, &paging.next).is_some();
        let closed = expected.is_some() || tables.iter().any(closes);
        let message = if open == tables.len() {
            Some("every page that is here says that another one follows; export the missing pages".to_owned())
        } else if let Some(total) = unreadable {
            Some(format!(
                "a page states the total `{}`, which is no whole number; export the pages again",
                visible(&total.chars().take(40).collect::<String>())
            ))
        } else {
            expected
                .filter(|total| *total != found)
                .map(|total| format!("the pages state {total} records, {found} are here; export the missing pages"))
        };
        for table in &tables {
            let state = &mut known.tables[table.ordinal as usize];
            let basis = match &message {
                Some(_) => CompletenessBasis::Stated,
                None if closed => CompletenessBasis::PagingClosed,
                None => CompletenessBasis::Unknown,
            };
            state.completeness = report::Completeness { basis, expected };
            if let Some(message) = &message {
                state.missing(message.clone());
            }
        }
        if message.is_some() {
            known.gap(dataset, incomplete(dataset));
        }
    }
}

/// How many there should be, from another source.
fn totals(ground: &Ground<'_>, known: &mut Completeness) {
    let Some(engagement) = ground.input.engagement else { return };
    for total in &engagement.control_totals {
        let ControlTotal { dataset, system, count, stated_by } = total;
        let concerned = |table: &&SurveyedTable| {
            let used = ground.table(table.ordinal).is_some_and(|table| table.used);
            used && table.dataset == *dataset && (system.is_none() || table.system == *system)
        };
        let tables: Vec<u32> = ground.survey.tables().filter(concerned).map(|table| table.ordinal).collect();
        let found: u64 = tables.iter().map(|at| &known.tables[*at as usize]).map(|state| state.records + state.rejected).sum();
        let of = system.as_ref().map(|system| format!(" of {system}")).unwrap_or_default();
        let by = stated_by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
        let message = format!("{dataset}{of}: the control total{by} is {count}, {found} are here");
        for at in &tables {
            let state = &mut known.tables[*at as usize];
            let open = state.completeness.basis == CompletenessBasis::Stated;
            let basis = if found == *count && !open { CompletenessBasis::Reconciled } else { CompletenessBasis::Stated };
            state.completeness = report::Completeness { basis, expected: Some(*count) };
            if found != *count {
                state.missing(format!("{message}; export the whole population, or correct the total"));
            }
        }
        if found != *count {
            known.gap(dataset, incomplete(dataset));
            known.unmet.push(message);
        }
    }
}

/// Declared systems without a dataset that they should deliver.
fn gaps(ground: &Ground<'_>, known: &mut Completeness) {
    let Some(scope) = ground.input.engagement.and_then(|engagement| engagement.scope.as_ref()) else { return };
    for system in &scope.systems {
        for dataset in &system.datasets {
            let delivers = |table: &SurveyedTable| {
                let used = ground.table(table.ordinal).is_some_and(|table| table.used);
                used && table.dataset == *dataset && table.system.as_deref() == Some(&system.name)
            };
            if !ground.survey.tables().any(delivers) {
                // Where nothing carries the dataset at all, checks say so themselves.
                if known.datasets.contains_key(dataset) {
                    known.gap(dataset, format!("scope-gap: {} of {}", dataset, system.name));
                }
                known.scope_gaps.push(format!("{}: no export carries its dataset {dataset}", system.name));
            }
        }
    }
}
