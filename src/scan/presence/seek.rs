//! The round that looks for subjects.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ground::Ground;
use super::super::keys::Keys;
use super::super::round::{self, Reads};
use crate::check::joined::Link;
use crate::check::records::Records;
use crate::check::{KeyColumn, Marks};
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Batch, Value};
use crate::finding::{FindingId, IdPrefix, canonical};
use crate::predicate::compiled::{Compiled, Context, Verdict};

/// A record has it, and nothing about it is undecided.
pub(super) const THERE: u8 = 1;
/// A record has it that no check is about: out of scope, or later than the as-of date.
pub(super) const OUTSIDE: u8 = 2;
/// A record has it, or may have it, and what the check says of it cannot be told.
pub(super) const DOUBT: u8 = 4;

/// Everything that is looked for. A *want* is one thing to find.
#[derive(Default)]
pub(super) struct Seek<'s> {
    rows: BTreeMap<usize, Rows<'s>>,
    values: Vec<Values<'s>>,
    /// The dataset of each want.
    datasets: Vec<u16>,
}

/// Records whose identity values make the id of a finding of one check.
struct Rows<'s> {
    dataset: u16,
    columns: &'s [u16],
    prefix: &'s IdPrefix,
    filter: Option<&'s Compiled>,
    /// Where each record is decided by itself.
    records: Option<&'s Records>,
    /// The wants, by the finding's id.
    ids: BTreeMap<String, usize>,
    /// First values, canonical, of all findings: few records need be hashed. `None` where one is not known.
    firsts: Option<BTreeSet<String>>,
}

/// Values of one column.
struct Values<'s> {
    dataset: u16,
    column: KeyColumn,
    filter: Option<&'s Compiled>,
    /// The canonical value.
    value: String,
    /// The record must name one of these rows of a chain's start.
    tied: Option<(&'s Link, Vec<u32>)>,
    want: usize,
}

/// What makes a record one of a check's.
pub(super) struct Of<'s> {
    pub dataset: u16,
    pub columns: &'s [u16],
    pub prefix: &'s IdPrefix,
    pub filter: Option<&'s Compiled>,
    pub records: Option<&'s Records>,
}

impl<'s> Seek<'s> {
    /// Wants a record whose identity makes the finding's id (several may want it). `first` is its first value, where that is known.
    pub fn row(&mut self, check: usize, of: &Of<'s>, id: &str, first: Option<&String>) -> usize {
        if let Some(known) = self.rows.get(&check).and_then(|rows| rows.ids.get(id)) {
            return *known;
        }
        let want = self.want(of.dataset);
        let Of { dataset, columns, prefix, filter, records } = *of;
        let rows = self.rows.entry(check).or_insert_with(|| Rows {
            dataset,
            columns,
            prefix,
            filter,
            records,
            ids: BTreeMap::new(),
            firsts: Some(BTreeSet::new()),
        });
        rows.ids.insert(id.to_owned(), want);
        match (first, &mut rows.firsts) {
            (Some(first), Some(firsts)) => drop(firsts.insert(canonical(first).into_owned())),
            _ => rows.firsts = None,
        }
        want
    }

    /// Wants a value of a column.
    pub fn value(&mut self, dataset: u16, column: KeyColumn, filter: Option<&'s Compiled>, value: &str, tied: Option<(&'s Link, Vec<u32>)>) -> usize {
        let want = self.want(dataset);
        self.values.push(Values { dataset, column, filter, value: canonical(value).into_owned(), tied, want });
        want
    }

    fn want(&mut self, dataset: u16) -> usize {
        self.datasets.push(dataset);
        self.datasets.len() - 1
    }

    /// The dataset in which a want is looked for.
    pub fn dataset(&self, want: usize) -> u16 {
        self.datasets[want]
    }

    /// Reads, and gives what was seen of each want.
    pub fn run(&self, ground: &Ground<'_>, keys: &Keys) -> (Vec<u8>, Reads) {
        let datasets: BTreeSet<u16> = self.datasets.iter().copied().collect();
        if datasets.is_empty() {
            return (Vec::new(), Reads::new());
        }
        let read = datasets.iter().flat_map(|dataset| ground.plan.with_bases(*dataset)).collect();
        let layouts = ground.layouts(&read);
        let context = Context { as_of: ground.plan.as_of, identity: &keys.identity, sets: &keys.sets };
        let empty = || (vec![0_u8; self.datasets.len()], Marks::default());
        let by_value = self.by_value();
        let look = |dataset: u16, batch: &Batch<'_>, marks: &Marks, seen: &mut [u8]| {
            let look = Look { batch, marks, context };
            for rows in self.rows.values().filter(|rows| rows.dataset == dataset) {
                look.rows(rows, seen);
            }
            for ((_, column), values) in by_value.range((dataset, 0)..=(dataset, u16::MAX)) {
                look.values(*column, values, seen);
            }
        };
        let (states, reads) = round::run(&ground.tasks(&layouts), ground.blocks, empty, |(seen, marks), block| {
            for batch in block.batches() {
                let Some(dataset) = ground.table(batch.table).filter(|table| table.used).and_then(|table| table.dataset) else { continue };
                if !datasets.contains(&dataset) {
                    continue;
                }
                ground.mark(dataset, &batch, marks);
                look(dataset, &batch, marks, seen);
            }
        });
        let (mut all, mut marks) = empty();
        for derived in keys.derivations.iter().filter(|derived| datasets.contains(&derived.dataset)) {
            keys.derivations.each(derived, |batch| {
                ground.mark(derived.dataset, batch, &mut marks);
                look(derived.dataset, batch, &marks, &mut all);
            });
        }
        for (seen, _) in states {
            all.iter_mut().zip(seen).for_each(|(all, seen)| *all |= seen);
        }
        (all, reads)
    }

    /// By dataset and column, then by the canonical value.
    fn by_value(&self) -> BTreeMap<(u16, u16), BTreeMap<&str, Vec<&Values<'s>>>> {
        let mut by_value: BTreeMap<_, BTreeMap<&str, Vec<&Values<'s>>>> = BTreeMap::new();
        for value in &self.values {
            by_value.entry((value.dataset, value.column.column)).or_default().entry(value.value.as_str()).or_default().push(value);
        }
        by_value
    }
}

/// A batch that is looked through.
struct Look<'l> {
    batch: &'l Batch<'l>,
    marks: &'l Marks,
    context: Context<'l>,
}

impl Look<'_> {
    fn rows(&self, rows: &Rows<'_>, seen: &mut [u8]) {
        let mut scratch = Vec::new();
        for record in 0..self.batch.len() {
            if !self.may_begin(rows, record) {
                continue;
            }
            let identity: Vec<String> = rows.columns.iter().map(|column| self.text(*column, record)).collect();
            let Some(want) = rows.ids.get(&FindingId::of(rows.prefix, &identity).to_string()) else { continue };
            seen[*want] |= self.of_record(rows, record, &mut scratch);
        }
    }

    fn may_begin(&self, rows: &Rows<'_>, record: usize) -> bool {
        let (Some(firsts), Some(column)) = (&rows.firsts, rows.columns.first()) else { return true };
        contains(firsts, self.text_bytes(*column, record))
    }

    fn of_record(&self, rows: &Rows<'_>, record: usize, scratch: &mut Vec<u8>) -> u8 {
        if self.marks.get(record).is_some() {
            return OUTSIDE;
        }
        match self.decide(rows.filter, record, scratch) {
            Verdict::Unknown(_) => return DOUBT,
            Verdict::False => return THERE,
            Verdict::True => {}
        }
        let Some(records) = rows.records else { return THERE };
        if records.unless_empty.is_some_and(|column| self.batch.get(column.into(), record) == Value::Empty) {
            return THERE;
        }
        // One that does not conform would be listed, but for a list that was cut.
        if self.decide(Some(&records.expect), record, scratch) == Verdict::True { THERE } else { DOUBT }
    }

    fn values(&self, column: u16, values: &BTreeMap<&str, Vec<&Values<'_>>>, seen: &mut [u8]) {
        let mut scratch = Vec::new();
        for record in 0..self.batch.len() {
            let Value::Bytes(cell) = self.batch.get(column.into(), record) else { continue };
            let elements = values.values().flatten().any(|value| value.column.elements);
            for one in cell.split(|byte| elements && *byte == LIST_SEPARATOR) {
                let text = String::from_utf8_lossy(one);
                let found = values.get(&*text).or_else(|| values.get(canonical(&text).as_ref()));
                for value in found.into_iter().flatten() {
                    seen[value.want] |= self.of_value(value, record, &mut scratch);
                }
            }
        }
    }

    fn of_value(&self, value: &Values<'_>, record: usize, scratch: &mut Vec<u8>) -> u8 {
        if self.marks.get(record).is_some() {
            return OUTSIDE;
        }
        if let Some((link, rows)) = &value.tied {
            return match self.decide(link.filter.as_ref(), record, scratch) {
                Verdict::Unknown(_) => DOUBT,
                // A record that does not count carries nobody on.
                Verdict::False => 0,
                Verdict::True if self.names(link, rows, record) => THERE,
                Verdict::True => 0,
            };
        }
        match self.decide(value.filter, record, scratch) {
            Verdict::Unknown(_) => DOUBT,
            Verdict::True | Verdict::False => THERE,
        }
    }

    /// Whether a record of a link names one of these rows by every tie that the link has to the start.
    fn names(&self, link: &Link, rows: &[u32], record: usize) -> bool {
        let mut named = Vec::new();
        link.starts.iter().all(|tie| {
            let cell = self.text_bytes(tie.column.column, record);
            cell.split(|byte| tie.column.elements && *byte == LIST_SEPARATOR).any(|one| {
                if tie.mentions {
                    tie.words.mentioned(one, &mut named);
                } else {
                    tie.words.names(one, &mut named);
                }
                named.iter().any(|row| rows.contains(row))
            })
        })
    }

    fn decide(&self, predicate: Option<&Compiled>, record: usize, scratch: &mut Vec<u8>) -> Verdict {
        predicate.map_or(Verdict::True, |predicate| predicate.decide(self.batch, record, &self.context, scratch))
    }

    fn text_bytes(&self, column: u16, record: usize) -> &[u8] {
        match self.batch.get(column.into(), record) {
            Value::Bytes(value) => value,
            Value::Empty | Value::Absent | Value::Invalid => &[],
        }
    }

    fn text(&self, column: u16, record: usize) -> String {
        String::from_utf8_lossy(self.text_bytes(column, record)).into_owned()
    }
}

/// Whether a value, canonical, is among these.
fn contains(values: &BTreeSet<String>, value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    // Plain letters are canonical as they stand; what is not found so is made so.
    values.contains(&*text) || ((!text.is_ascii() || text.contains('@')) && values.contains(canonical(&text).as_ref()))
}
