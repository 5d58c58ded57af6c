//! The confirm round: single blocks again, for keys that a hash could not
//! prove and for what the listed findings cite.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::judge::Judged;
use super::reread::{Record, Reread};
use super::round::FileRead;
use crate::check::keys::key_of;
use crate::check::unique::{Confirmed, Unique};
use crate::check::{CheckState, Operator, Tally};
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Place, Value};
use crate::evidence::layout::{Format, Shape};
use crate::fault;
use crate::finding::Position;
use crate::identity::Identity;
use crate::parallel;
use crate::plan::PlannedCheck;
use crate::report::Citation;

/// Blocks by the survey's file index and the block's number, and what is wanted of each.
type Wanted<T> = BTreeMap<(usize, u32), Vec<T>>;

/// What reading blocks again told.
pub(super) struct Again<T> {
    pub found: T,
    /// Files whose blocks are not what they were.
    pub changed: BTreeSet<usize>,
}

fn group<T>(ground: &Ground<'_>, items: impl Iterator<Item = (Position, T)>) -> Wanted<(Position, T)> {
    let mut wanted = Wanted::new();
    for (position, item) in items {
        if let Some(table) = ground.table(position.table) {
            wanted.entry((table.file, position.block)).or_default().push((position, item));
        }
    }
    wanted
}

/// Reads the wanted blocks again, each once, and gives `take` the batch of each wanted position.
fn read_again<T: Sync, R: Send>(
    ground: &Ground<'_>,
    judged: &Judged,
    wanted: Wanted<(Position, T)>,
    take: impl Fn(&Position, &T, &Record<'_>) -> Option<R> + Sync + Send,
) -> Again<Vec<R>> {
    let blocks: Vec<_> = wanted.into_iter().collect();
    let again = |((file, number), items): &((usize, u32), Vec<(Position, T)>)| {
        let (Some(read), Some(layout)) = (judged.reads.get(file), judged.layouts.get(*file).and_then(Option::as_ref)) else {
            return (Vec::new(), Some(*file));
        };
        let mut found = Vec::new();
        let reread = Reread::open(&ground.input.blobs[*file], layout, read, *number, ground.blocks.seed).and_then(|mut block| {
            for (position, item) in items {
                let Some(table) = ground.table(position.table) else { continue };
                found.extend(take(position, item, &block.record(table.place, *position)?));
            }
            Ok(())
        });
        (found, reread.is_err().then_some(*file))
    };
    let parts = parallel::each(&blocks, |block| {
        // What a fault kept from being read again is as unsure as what changed.
        fault::caught("reading a block again", || again(block)).unwrap_or_else(|| (Vec::new(), Some(block.0.0)))
    });
    let mut all = Again { found: Vec::new(), changed: BTreeSet::new() };
    for (found, changed) in parts {
        all.found.extend(found);
        all.changed.extend(changed);
    }
    all
}

/// The exact keys of records whose hashes meet, by the check's index.
pub(super) fn candidates<'g>(ground: &'g Ground<'_>, judged: &Judged, identity: &Identity) -> Again<BTreeMap<usize, Confirmed>> {
    let unique = |(number, check): (usize, &'g PlannedCheck)| match &check.operator {
        Operator::Unique(operator) => Some((number, operator)),
        _ => None,
    };
    let operators: BTreeMap<usize, &Unique> = ground.plan.checks.iter().enumerate().filter_map(unique).collect();
    let numbers: Vec<usize> = operators.keys().copied().collect();
    let positions = parallel::each(&numbers, |number| judged.states.get(*number).map(CheckState::candidates).unwrap_or_default());
    let items: Vec<(Position, usize)> =
        numbers.iter().zip(positions).flat_map(|(number, positions)| positions.into_iter().map(|position| (position, *number))).collect();
    let again = read_again(ground, judged, group(ground, items.into_iter()), |position, number, record| {
        let operator = operators.get(number)?;
        let mut key = Vec::new();
        key_of(operator.dataset, &operator.key, &record.batch, record.index, identity, &mut key).ok()?;
        let identity_values = operator.identity.iter().map(|column| record.text(*column)).collect();
        Some((*number, *position, (key, identity_values)))
    });
    let mut found: BTreeMap<usize, Confirmed> = BTreeMap::new();
    for (number, position, key) in again.found {
        found.entry(number).or_default().insert(position, key);
    }
    Again { found, changed: again.changed }
}

/// What the listed findings of all checks cite, by the check's index and the position.
pub(super) fn citations(ground: &Ground<'_>, judged: &Judged, tallies: &[(usize, &Tally)]) -> Again<BTreeMap<(usize, Position), Citation>> {
    let mut items: BTreeSet<(Position, usize)> = BTreeSet::new();
    for (number, tally) in tallies {
        let places = tally.listed.iter().flat_map(|(_, occurrence)| occurrence.places.as_slice());
        items.extend(places.map(|position| (*position, *number)));
    }
    let befores = Befores::new(judged);
    let again = read_again(ground, judged, group(ground, items.into_iter()), |position, number, record| {
        let dataset = ground.table(position.table)?.dataset?;
        let columns = ground.plan.checks[*number].shown.get(&dataset)?;
        let table = ground.table(position.table)?;
        let path = ground.survey.files.get(table.file)?.path.clone();
        let excerpt = record.excerpt(columns, &ground.plan.datasets[usize::from(dataset)].fields);
        Some(((*number, *position), record.cite(path, excerpt, befores.of(table.file, record))))
    });
    Again { found: again.found.into_iter().collect(), changed: again.changed }
}

/// Records, rows and lines before each block of the files that are cited.
struct Befores(BTreeMap<usize, Vec<Before>>);

#[derive(Debug, Clone, Default)]
struct Before {
    rows: u64,
    lines: u64,
    records: Vec<u64>,
}

impl Befores {
    fn new(judged: &Judged) -> Self {
        let sums = |read: &FileRead| {
            let mut sum = Before::default();
            let mut all = Vec::with_capacity(read.blocks.len());
            for block in &read.blocks {
                all.push(sum.clone());
                sum.rows += block.rows;
                sum.lines += block.lines;
                sum.records.resize(block.records.len(), 0);
                sum.records.iter_mut().zip(&block.records).for_each(|(sum, records)| *sum += records);
            }
            all
        };
        Self(judged.reads.iter().map(|(file, read)| (*file, sums(read))).collect())
    }

    fn of(&self, file: usize, record: &Record<'_>) -> Before {
        self.0.get(&file).and_then(|all| all.get(record.batch.block as usize)).cloned().unwrap_or_default()
    }
}

/// The longest value that an excerpt shows, in characters.
const LONGEST_VALUE: usize = 160;

impl Record<'_> {
    fn text(&self, column: u16) -> String {
        match self.batch.get(column.into(), self.index) {
            Value::Bytes(value) => String::from_utf8_lossy(value).into_owned(),
            Value::Empty | Value::Absent | Value::Invalid => String::new(),
        }
    }

    /// `field=value` for each column that the check reads.
    fn excerpt(&self, columns: &BTreeSet<u16>, fields: &[String]) -> String {
        let shown = columns.iter().filter_map(|column| {
            let field = fields.get(usize::from(*column))?;
            let value = match self.batch.get(usize::from(*column), self.index) {
                Value::Bytes(value) => shorten(&String::from_utf8_lossy(value)),
                Value::Empty => "(empty)".to_owned(),
                Value::Absent => "(absent)".to_owned(),
                Value::Invalid => "(unreadable)".to_owned(),
            };
            Some(format!("{field}={value}"))
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    fn cite(&self, path: String, excerpt: String, before: Before) -> Citation {
        let Place { offset, ordinal, row, part } = self.place;
        let start = self.info.skip + offset as usize;
        let row = before.rows + u64::from(row);
        let (spreadsheet_row, pointer) = match &self.layout.format {
            Format::Csv(dialect) => (Some(dialect.rows_before + row + 1), None),
            Format::Json(dialect) => (None, Some(self.pointer(dialect.list.as_deref(), row, part))),
            Format::NdJson | Format::Markdown => (None, None),
        };
        Citation {
            path,
            member: None,
            sheet: None,
            pointer,
            record: before.records.get(self.table).copied().unwrap_or(0) + u64::from(ordinal) + 1,
            row: spreadsheet_row,
            line: Some(before.lines + self.lines + 1),
            offset: Some(self.info.offset + start as u64),
            excerpt,
        }
    }

    /// RFC 6901.
    fn pointer(&self, list: Option<&str>, row: u64, part: u32) -> String {
        let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
        // One object that is the whole document has no list around it.
        let alone = list.is_none() && self.batch.block == 0 && row == 0 && !self.info.opens_list;
        if alone && self.first == Some(b'{') {
            return String::new();
        }
        let list = list.map(|name| format!("/{}", escape(name))).unwrap_or_default();
        let element = match &self.layout.tables[self.table].shape {
            Shape::Each(path) => path.iter().map(|name| format!("/{}", escape(name))).collect::<String>() + &format!("/{part}"),
            Shape::Plain | Shape::Unpivot(_) => String::new(),
        };
        format!("{list}/{row}{element}")
    }
}

fn shorten(value: &str) -> String {
    let value = value.replace(char::from(LIST_SEPARATOR), ", ");
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((at, _)) => format!("{} ...", &value[..at]),
        None => value,
    }
}
