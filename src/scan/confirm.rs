//! The confirm round: parts of single blocks again, for keys that a hash could
//! not prove and for what the listed findings cite.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::judge::Judged;
use super::keys::Keys;
use super::reread::{Changed, Record, Reread};
use crate::check::groups::Groups;
use crate::check::keys::Keying;
use crate::check::unique::{Confirmed, Exact, Unique};
use crate::check::{CheckState, Operator, Tally};
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Batch, Place, Value};
use crate::evidence::layout::{Format, Shape};
use crate::fault;
use crate::finding::{MAX_CITATIONS, Position};
use crate::identity::Identity;
use crate::key::{self, without_persons};
use crate::parallel;
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

/// Blocks of a file that are read again one after the other: to open it takes as long as to read some.
const TOGETHER: usize = 16;

/// What is wanted of some blocks of one file.
type Piece<'w, T> = &'w [((usize, u32), Vec<(Position, T)>)];

/// Reads of the wanted blocks again what is wanted, and gives `take` the batch of each wanted position.
fn read_again<T: Sync, R: Send>(
    ground: &Ground<'_>,
    judged: &Judged,
    wanted: Wanted<(Position, T)>,
    take: impl Fn(&Position, &T, &Record<'_>) -> Option<R> + Sync + Send,
) -> Again<Vec<R>> {
    let blocks: Vec<_> = wanted.into_iter().collect();
    let pieces: Vec<(usize, Piece<'_, T>)> =
        blocks.chunk_by(|(one, _), (other, _)| one.0 == other.0).flat_map(|of| of.chunks(TOGETHER)).map(|piece| (piece[0].0.0, piece)).collect();
    let again = |(file, piece): &(usize, Piece<'_, T>)| {
        let mut found = Vec::new();
        let (Some(read), Some(layout)) = (judged.reads.get(file), judged.layouts.get(*file).and_then(Option::as_ref)) else {
            return (found, Some(*file));
        };
        let (mut opened, mut changed) = (None, false);
        for (_, items) in *piece {
            let mut one = || {
                let reread = match &mut opened {
                    Some(reread) => reread,
                    none => none.insert(Reread::open(&ground.input.blobs[*file], layout, read, ground.blocks.seed)?),
                };
                for (position, item) in items {
                    let Some(table) = ground.table(position.table) else { continue };
                    found.extend(take(position, item, &reread.record(table.place, *position)?));
                }
                Ok::<(), Changed>(())
            };
            // What a fault kept from being read again is as unsure as what changed.
            if !matches!(fault::caught("reading a block again", &mut one), Some(Ok(()))) {
                (opened, changed) = (None, true);
            }
        }
        (found, changed.then_some(*file))
    };
    let parts = parallel::each(&pieces, again);
    let mut all = Again { found: Vec::new(), changed: BTreeSet::new() };
    for (found, changed) in parts {
        all.found.extend(found);
        all.changed.extend(changed);
    }
    all
}

/// The uniqueness checks that share a log of hashes, and by which numbers.
type Sharing<'g> = Vec<(usize, &'g Unique)>;

/// The exact keys of records whose hashes meet, by the check's index.
///
/// The candidates of a check that follows another are among those of its
/// leader: whose keys meet is told by hashes, while the leader's are read, so
/// that few have to be kept or read once more.
pub(super) fn candidates(ground: &Ground<'_>, judged: &Judged, keys: &Keys) -> Again<BTreeMap<usize, Confirmed>> {
    let (checks, identity, derivations) = (&ground.plan.checks, &keys.identity, &keys.derivations);
    let operator = |number: &usize| match &checks.get(*number)?.operator {
        Operator::Unique(operator) => Some((*number, operator)),
        _ => None,
    };
    let units: Vec<Sharing<'_>> = ground.plan.units.iter().map(|unit| unit.checks.iter().filter_map(operator).collect()).collect();
    let numbers: Vec<usize> = (0..units.len()).filter(|unit| !units[*unit].is_empty()).collect();
    let positions = parallel::each(&numbers, |unit| judged.states.get(*unit).map(CheckState::candidates).unwrap_or_default());
    let items = numbers.iter().zip(positions).flat_map(|(unit, positions)| positions.into_iter().map(|position| (position, *unit)));
    let leading = |position: &Position, unit: &usize, record: (&Batch<'_>, usize)| {
        let ((leader, operator), others) = units.get(*unit)?.split_first()?;
        let hashes: Vec<(usize, u64)> =
            others.iter().filter_map(|(number, other)| Some((*number, meeting(other, operator, record, identity)?))).collect();
        Some((*position, *leader, exact(operator, record, identity)?, hashes))
    };
    let (made, items): (Vec<_>, Vec<_>) = items.partition(|(position, _)| derivations.at(*position).is_some());
    let mut leaders =
        read_again(ground, judged, group(ground, items.into_iter()), |position, unit, record| leading(position, unit, (&record.batch, record.index)));
    let of_made = |(position, unit): &(Position, usize)| derivations.record(*position, |batch, index| leading(position, unit, (batch, index)));
    leaders.found.extend(made.iter().filter_map(of_made));
    let mut found: BTreeMap<usize, Confirmed> = BTreeMap::new();
    let mut hashed: BTreeMap<usize, Vec<(u64, Position)>> = BTreeMap::new();
    for (position, leader, exact, hashes) in leaders.found {
        found.entry(leader).or_default().insert(position, exact);
        hashes.into_iter().for_each(|(number, hash)| hashed.entry(number).or_default().push((hash, position)));
    }
    let meeting = hashed.into_iter().flat_map(|(number, mut hashes)| {
        hashes.sort_unstable();
        let same = hashes.chunk_by(|(left, _), (right, _)| left == right).filter(|same| same.len() > 1).flatten();
        same.map(|(_, position)| (*position, number)).collect::<Vec<_>>()
    });
    let following = |position: &Position, number: &usize, record: (&Batch<'_>, usize)| {
        let (_, operator) = operator(number)?;
        Some((*position, *number, exact(operator, record, identity)?))
    };
    let (made, meeting): (Vec<_>, Vec<_>) = meeting.partition(|(position, _)| derivations.at(*position).is_some());
    let mut others = read_again(ground, judged, group(ground, meeting.into_iter()), |position, number, record| {
        following(position, number, (&record.batch, record.index))
    });
    let of_made = |(position, number): &(Position, usize)| derivations.record(*position, |batch, index| following(position, number, (batch, index)));
    others.found.extend(made.iter().filter_map(of_made));
    for (position, number, exact) in others.found {
        found.entry(number).or_default().insert(position, exact);
    }
    let mut changed = leaders.changed;
    changed.extend(others.changed);
    Again { found, changed }
}

/// A record's key, exactly.
fn exact(operator: &Unique, (batch, index): (&Batch<'_>, usize), identity: &Identity) -> Option<Exact> {
    let (mut key, keying) = (Vec::new(), keying(operator, batch, identity));
    let open = keying.key(index, &mut key).ok()?;
    Some(Exact { key, open, identity: operator.identity.iter().map(|column| text(batch, index, *column)).collect() })
}

fn text(batch: &Batch<'_>, record: usize, column: u16) -> String {
    match batch.get(column.into(), record) {
        Value::Bytes(value) => String::from_utf8_lossy(value).into_owned(),
        Value::Empty | Value::Absent | Value::Invalid => String::new(),
    }
}

/// A hash that meets another's where two keys of a check that follows are the same, or may be.
fn meeting(operator: &Unique, leader: &Unique, (batch, index): (&Batch<'_>, usize), identity: &Identity) -> Option<u64> {
    let (mut key, keying) = (Vec::new(), keying(operator, batch, identity));
    keying.key(index, &mut key).ok()?;
    // Where the key is the leader's, what may be the same was noted with the leader.
    let alike = if operator.key == leader.key { None } else { without_persons(&key) };
    Some(key::hash(operator.seed, &alike.unwrap_or(key)))
}

const fn keying<'k, 'b>(operator: &'k Unique, batch: &'k Batch<'b>, identity: &'k Identity) -> Keying<'k, 'b> {
    Keying { dataset: operator.dataset, columns: operator.key.as_slice(), batch, identity }
}

/// The first few of these places, in order, whose records have a key of a check that makes groups.
pub(super) fn with_key(
    ground: &Ground<'_>,
    (keys, judged): (&Keys, &Judged),
    (operator, key): (&Groups, &[u8]),
    places: &[Position],
) -> Again<Vec<Position>> {
    let (identity, derivations) = (&keys.identity, &keys.derivations);
    let has_key = |position: &Position, batch: &Batch<'_>, index: usize| {
        let mut own = Vec::new();
        let keying = Keying { dataset: operator.dataset, columns: &operator.key, batch, identity };
        (keying.key(index, &mut own).is_ok() && own == key).then_some(*position)
    };
    let mut all = Again { found: Vec::new(), changed: BTreeSet::new() };
    // Nearly all have it: few are read beyond those that are wanted.
    for places in places.chunks(MAX_CITATIONS) {
        let again = read_again(ground, judged, group(ground, places.iter().map(|place| (*place, ()))), |position, (), record| {
            has_key(position, &record.batch, record.index)
        });
        let made = places.iter().filter_map(|place| derivations.record(*place, |batch, index| has_key(place, batch, index)));
        all.found.extend(made);
        all.found.extend(again.found);
        all.changed.extend(again.changed);
        if all.found.len() >= MAX_CITATIONS {
            break;
        }
    }
    all
}

/// What the listed findings of all checks cite, by the check's index and the position.
pub(super) fn citations(
    ground: &Ground<'_>,
    (keys, judged): (&Keys, &Judged),
    tallies: &[(usize, &Tally)],
) -> Again<BTreeMap<(usize, Position), Citation>> {
    let mut items: BTreeSet<(Position, usize)> = BTreeSet::new();
    for (number, tally) in tallies {
        let places = tally.listed.iter().flat_map(|(_, occurrence)| keys.derivations.sources(occurrence.places.as_slice()));
        items.extend(places.map(|position| (position, *number)));
    }
    let wanted = group(ground, items.into_iter());
    let befores = Befores::new(judged, &wanted.keys().copied().collect());
    let again = read_again(ground, judged, wanted, |position, number, record| {
        let dataset = ground.table(position.table)?.dataset?;
        let columns = ground.plan.checks[*number].shown.get(&dataset)?;
        let table = ground.table(position.table)?;
        let path = ground.survey.files.get(table.file)?.path.clone();
        let excerpt = record.excerpt(columns, &ground.plan.datasets[usize::from(dataset)].fields);
        Some(((*number, *position), record.cite(path, excerpt, befores.of(table.file, record))))
    });
    Again { found: again.found.into_iter().collect(), changed: again.changed }
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

    fn of(&self, file: usize, record: &Record<'_>) -> Before {
        self.0.get(&(file, record.batch.block)).cloned().unwrap_or_default()
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
