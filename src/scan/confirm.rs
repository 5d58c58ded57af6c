//! The confirm round: parts of single blocks again, for keys that a hash could
//! not prove; and how blocks are read again at all.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::judge::Judged;
use super::keys::Keys;
use super::reread::{Changed, Record, Reread};
use crate::check::groups::Groups;
use crate::check::keys::Keying;
use crate::check::unique::{Confirmed, Exact, Unique};
use crate::check::{CheckState, Operator};
use crate::evidence::batch::{Batch, Value};
use crate::fault;
use crate::finding::{MAX_CITATIONS, Position};
use crate::identity::Identity;
use crate::key::{self, without_persons};
use crate::parallel;

/// Blocks by the survey's file index and the block's number, and what is wanted of each.
type Wanted<T> = BTreeMap<(usize, u32), Vec<T>>;

/// What reading blocks again told.
pub(super) struct Again<T> {
    pub found: T,
    /// Files whose blocks are not what they were.
    pub changed: BTreeSet<usize>,
}

pub(super) fn group<T>(ground: &Ground<'_>, items: impl Iterator<Item = (Position, T)>) -> Wanted<(Position, T)> {
    let mut wanted = Wanted::new();
    for (position, item) in items {
        if let Some(table) = ground.table(position.table) {
            wanted.entry((table.file, position.block)).or_default().push((position, item));
        }
    }
    wanted
}

/// Blocks of a file that are read again one after the other, at most: to open it takes as long as to read some.
const TOGETHER: usize = 16;
/// Records of several blocks that are read again one after the other, at most: the rest is left to other threads.
const RECORDS: usize = 2048;

/// What is wanted of some blocks of one file.
type Piece<'w, T> = &'w [((usize, u32), Vec<(Position, T)>)];

/// What is read again one after the other, of what is wanted of one file.
fn pieces<T>(mut blocks: Piece<'_, T>) -> impl Iterator<Item = Piece<'_, T>> {
    std::iter::from_fn(move || {
        let mut records = 0;
        let few = blocks.iter().take(TOGETHER).take_while(|(_, wanted)| {
            let begun = records > 0;
            records += wanted.len();
            !begun || records <= RECORDS
        });
        let few = few.count();
        blocks.split_off(..few).filter(|piece| !piece.is_empty())
    })
}

/// Reads of the wanted blocks again what is wanted, and gives `take` the batch of each wanted position.
pub(super) fn read_again<T: Sync, R: Send>(
    ground: &Ground<'_>,
    judged: &Judged,
    wanted: Wanted<(Position, T)>,
    take: impl Fn(&Position, &T, &Record<'_>) -> Option<R> + Sync + Send,
) -> Again<Vec<R>> {
    let blocks: Vec<_> = wanted.into_iter().collect();
    let pieces: Vec<(usize, Piece<'_, T>)> =
        blocks.chunk_by(|(one, _), (other, _)| one.0 == other.0).flat_map(pieces).map(|piece| (piece[0].0.0, piece)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_blocks_with_few_records_are_read_one_after_the_other() {
        let cut = |records: &[usize]| -> Vec<usize> {
            let place = Position { table: 0, block: 0, record: 0 };
            let blocks: Vec<_> = records.iter().map(|records| ((0, 0), vec![(place, ()); *records])).collect();
            pieces(&blocks).map(<[_]>::len).collect()
        };
        assert!(cut(&[]).is_empty());
        assert_eq!(cut(&[RECORDS + 1, 1, 1]), [1, 2], "a block is read whole, however much is wanted of it");
        assert_eq!(cut(&[RECORDS - 2, 1, 1, 1]), [3, 1]);
        assert_eq!(cut(&[1, RECORDS, RECORDS]), [1, 1, 1]);
        assert_eq!((cut(&[1; TOGETHER]), cut(&[1; TOGETHER + 1])), (vec![TOGETHER], vec![TOGETHER, 1]));
    }
}
