//! What findings cite: the records, read once more.

use std::collections::{BTreeMap, BTreeSet};

use super::confirm::{Again, group, read_again};
use super::ground::Ground;
use super::judge::Judged;
use super::keys::Keys;
use super::reread::Record;
use crate::check::Tally;
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Place, Value};
use crate::evidence::layout::{Format, Shape};
use crate::finding::Position;
use crate::parallel;
use crate::report::Citation;

/// What findings cite.
#[derive(Default)]
pub(super) struct Citations {
    /// By the check's index: where the numbers of each of its listed findings begin, and where the last ones end.
    begins: BTreeMap<usize, Vec<usize>>,
    /// Of all findings, one behind the other: the numbers in `cited`.
    numbers: Vec<usize>,
    /// `None` where it could not be read again.
    cited: Vec<Option<Citation>>,
}

impl Citations {
    /// What a listed finding of the check of this index cites, by its number among those that are listed.
    pub(super) fn of(&self, check: usize, finding: usize) -> impl Iterator<Item = &Citation> {
        let begins = self.begins.get(&check).and_then(|begins| begins.get(finding..finding + 2));
        let numbers = begins.and_then(|begins| self.numbers.get(begins[0]..begins[1])).unwrap_or_default();
        numbers.iter().filter_map(|number| self.cited.get(*number)?.as_ref())
    }
}

/// What the listed findings of all checks cite.
pub(super) fn citations(ground: &Ground<'_>, (keys, judged): (&Keys, &Judged), tallies: &[(usize, &Tally)]) -> Again<Citations> {
    let of_check = |(_, tally): &(usize, &Tally)| -> Vec<Vec<Position>> {
        tally.listed.iter().map(|(_, occurrence)| keys.derivations.sources(occurrence.places.as_slice())).collect()
    };
    let (mut all, mut items) = (Citations::default(), Vec::new());
    for ((check, _), findings) in tallies.iter().zip(parallel::each(tallies, of_check)) {
        let begins = all.begins.entry(*check).or_default();
        for places in findings {
            begins.push(items.len());
            items.extend((items.len()..).zip(places).map(|(at, place)| (place, *check, at)));
        }
        begins.push(items.len());
    }
    // Several findings of a check may cite one place: it is read once.
    parallel::sort(&mut items, Ord::cmp);
    all.numbers = vec![0; items.len()];
    let mut wanted = Vec::new();
    for same in items.chunk_by(|(place, check, _), (other, by, _)| (place, check) == (other, by)) {
        same.iter().for_each(|(_, _, at)| all.numbers[*at] = wanted.len());
        let (place, check, _) = same[0];
        wanted.push((place, (check, wanted.len())));
    }
    all.cited.resize(wanted.len(), None);
    let wanted = group(ground, wanted.into_iter());
    let befores = Befores::new(judged, &wanted.keys().copied().collect());
    let again = read_again(ground, judged, wanted, |position, (check, number), record| {
        let table = ground.table(position.table)?;
        let dataset = table.dataset?;
        let columns = ground.plan.checks[*check].shown.get(&dataset)?;
        let path = ground.survey.files.get(table.file)?.path.clone();
        let excerpt = record.excerpt(columns, &ground.plan.datasets[usize::from(dataset)].fields);
        Some((*number, record.cite(path, excerpt, befores.of(table.file, record)?)))
    });
    again.found.into_iter().for_each(|(number, citation)| all.cited[number] = Some(citation));
    Again { found: all, changed: again.changed }
}

/// Records, rows and lines before each block that is cited.
struct Befores(BTreeMap<(usize, u32), Before>);

#[derive(Debug, Clone, Default)]
struct Before {
    rows: u64,
    lines: u64,
    records: Vec<u64>,
}

impl Befores {
    /// `blocks` are those of the files that are wanted.
    fn new(judged: &Judged, blocks: &BTreeSet<(usize, u32)>) -> Self {
        let mut all = BTreeMap::new();
        for (file, read) in &judged.reads {
            let mut wanted = blocks.range((*file, 0)..=(*file, u32::MAX)).peekable();
            let mut sum = Before::default();
            for (number, block) in (0..).zip(&read.blocks) {
                if wanted.peek().is_none() {
                    break;
                }
                all.extend(wanted.next_if_eq(&&(*file, number)).map(|wanted| (*wanted, sum.clone())));
                sum.rows += block.rows;
                sum.lines += block.lines;
                sum.records.resize(block.records.len(), 0);
                sum.records.iter_mut().zip(&block.records).for_each(|(sum, records)| *sum += records);
            }
        }
        Self(all)
    }

    fn of(&self, file: usize, record: &Record<'_>) -> Option<&Before> {
        self.0.get(&(file, record.batch.block))
    }
}

/// The longest value that an excerpt shows, in characters.
const LONGEST_VALUE: usize = 160;

impl Record<'_> {
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

    fn cite(&self, path: String, excerpt: String, before: &Before) -> Citation {
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
