//! What was seen of pairs: each at its place in a grid, where all that there
//! can be fit into little memory; by key, where only few of many are met.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Domain;
use crate::key::{Kept, KeyTable, Striped, Whole};
use crate::parallel::lock;

/// A subject's and an entry's number.
pub(super) type Pair = (u32, u32);

/// Bytes of a grid, at most. In tests so few that some have none.
const MOST: usize = if cfg!(test) { 2 << 10 } else { 16 << 20 };

/// Parts of a grid that have a lock of their own. In tests so few that each has several cells.
const STRIPES: usize = if cfg!(test) { 2 } else { 16 };

/// What was seen of pairs, filled together by all that [`Pairs::share`] it.
#[derive(Debug)]
pub(super) enum Pairs<M: Kept> {
    Grid(Arc<Grid<M>>),
    Keyed(Striped<KeyTable<M>>),
}

/// A cell for each pair of so many subjects and entries.
#[derive(Debug)]
pub(super) struct Grid<M> {
    seed: u64,
    subjects: usize,
    entries: usize,
    /// Cells take turns. A stripe of which nothing was seen is empty.
    stripes: Vec<Mutex<Vec<M>>>,
    /// Pairs that have no cell: those of states that were made for another domain.
    beside: Mutex<BTreeMap<Pair, M>>,
}

/// The key of a pair.
fn key((subject, entry): Pair) -> [u8; 8] {
    (u64::from(subject) << 32 | u64::from(entry)).to_be_bytes()
}

/// The pair of a key.
fn pair_of(key: &[u8]) -> Pair {
    let number = |at: usize| key.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes));
    (number(0), number(4))
}

impl<M: Kept> Grid<M> {
    /// A grid, where it fits into `room`, of which it takes what it may need.
    fn new(seed: u64, subjects: usize, entries: usize, room: &mut usize) -> Option<Self> {
        let cells = subjects.checked_mul(entries)?.checked_next_multiple_of(STRIPES)?;
        let bytes = cells.checked_mul(size_of::<M>()).filter(|bytes| *bytes <= MOST)?;
        *room = room.checked_sub(bytes)?;
        let stripes = (0..STRIPES).map(|_| Mutex::default()).collect();
        Some(Self { seed, subjects, entries, stripes, beside: Mutex::default() })
    }

    /// The stripe of a pair, and its place there.
    #[inline]
    fn place(&self, (subject, entry): Pair) -> Option<(usize, usize)> {
        let (subject, entry) = (subject as usize, entry as usize);
        let cell = subject * self.entries + entry;
        (subject < self.subjects && entry < self.entries).then_some((cell % STRIPES, cell / STRIPES))
    }

    /// The pair at a place; `None` where there is none.
    fn pair_at(&self, stripe: usize, place: usize) -> Option<Pair> {
        let cell = place * STRIPES + stripe;
        Some((u32::try_from(cell.checked_div(self.entries)?).ok()?, u32::try_from(cell % self.entries).ok()?))
    }

    fn stripe(&self, number: usize) -> MutexGuard<'_, Vec<M>> {
        let mut cells = lock(&self.stripes[number]);
        if cells.is_empty() {
            cells.resize((self.subjects * self.entries).div_ceil(STRIPES), M::default());
        }
        cells
    }

    fn see(&self, pairs: &[Pair], mut meet: impl FnMut(usize, &mut M)) {
        // In the order of the stripes: each is locked once.
        let mut of_stripes: [Vec<(usize, usize)>; STRIPES] = std::array::from_fn(|_| Vec::with_capacity(pairs.len() / STRIPES));
        for (number, pair) in pairs.iter().enumerate() {
            match self.place(*pair) {
                Some((stripe, place)) => of_stripes[stripe].push((number, place)),
                None => meet(number, lock(&self.beside).entry(*pair).or_default()),
            }
        }
        for (number, of_stripe) in of_stripes.iter().enumerate().filter(|(_, of_stripe)| !of_stripe.is_empty()) {
            let mut cells = self.stripe(number);
            of_stripe.iter().for_each(|(number, place)| meet(*number, &mut cells[*place]));
        }
    }

    /// The same by keys.
    fn as_keyed(&self) -> Pairs<M> {
        let (all, looked) = (Pairs::keyed(self.seed), self.looked());
        let (pairs, met): (Vec<Pair>, Vec<&M>) = looked.iter().unzip();
        all.see(&pairs, |number, own| *own = met[number].clone());
        all
    }

    fn looked(&self) -> Looked<'_, M> {
        Looked::Grid { grid: self, stripes: self.stripes.iter().map(lock).collect(), beside: lock(&self.beside) }
    }
}

impl<M: Kept> Pairs<M> {
    /// None yet: in a grid, where one for the domain fits into `room`.
    pub(super) fn within(seed: u64, domain: &Domain, room: &mut usize) -> Self {
        let subjects = domain.subjects.as_ref().map_or(1, |members| members.table.len());
        let grid = Grid::new(seed, subjects, domain.entries.len(), room);
        grid.map_or_else(|| Self::keyed(seed), |grid| Self::Grid(Arc::new(grid)))
    }

    /// None yet, by key.
    pub(super) fn keyed(seed: u64) -> Self {
        Self::Keyed(Striped::new(seed, &KeyTable::new(seed)))
    }

    /// The same, for another worker.
    pub(super) fn share(&self) -> Self {
        match self {
            Self::Grid(grid) => Self::Grid(Arc::clone(grid)),
            Self::Keyed(table) => Self::Keyed(table.share()),
        }
    }

    /// Has `meet` take in what is seen of each of these pairs, by its number.
    pub(super) fn see(&self, pairs: &[Pair], mut meet: impl FnMut(usize, &mut M)) {
        let table = match self {
            Self::Grid(grid) => return grid.see(pairs, meet),
            Self::Keyed(table) => table,
        };
        let keys: Vec<[u8; 8]> = pairs.iter().map(|pair| key(*pair)).collect();
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 8]>::as_slice).collect();
        table.see(&keys, false, |number| {
            let mut met = M::default();
            meet(number, &mut met);
            met
        });
    }

    /// Takes in others. Those that are shared with these are these.
    pub(super) fn merge(&mut self, other: Self) {
        match (&*self, other) {
            (Self::Keyed(own), Self::Keyed(more)) => own.merge(more),
            (Self::Grid(own), Self::Grid(more)) if Arc::ptr_eq(own, &more) => {}
            (_, other) => {
                let looked = other.looked();
                let (pairs, more): (Vec<Pair>, Vec<&M>) = looked.iter().unzip();
                self.see(&pairs, |number, met| met.merge(more[number].clone()));
            }
        }
    }

    /// All of it, to be looked at.
    pub(super) fn looked(&self) -> Looked<'_, M> {
        match self {
            Self::Grid(grid) => grid.looked(),
            Self::Keyed(table) => Looked::Keyed(table.whole()),
        }
    }
}

/// What was seen, while nobody sees more.
#[derive(Debug)]
pub(super) enum Looked<'p, M> {
    Grid { grid: &'p Grid<M>, stripes: Vec<MutexGuard<'p, Vec<M>>>, beside: MutexGuard<'p, BTreeMap<Pair, M>> },
    Keyed(Whole<'p, KeyTable<M>>),
}

impl<M: Kept> Looked<'_, M> {
    /// What was seen of a pair.
    #[inline]
    pub(super) fn get(&self, pair: Pair) -> Option<&M> {
        match self {
            Self::Grid { grid, stripes, beside } => match grid.place(pair) {
                Some((stripe, place)) => stripes[stripe].get(place),
                None => beside.get(&pair),
            },
            Self::Keyed(table) => table.get(&key(pair)),
        }
    }

    /// As [`Self::get`], of many pairs: `take` gets their numbers with what was seen.
    pub(super) fn get_all<'m>(&'m self, pairs: &[Pair], mut take: impl FnMut(usize, Option<&'m M>)) {
        match self {
            Self::Grid { .. } => pairs.iter().enumerate().for_each(|(number, pair)| take(number, self.get(*pair))),
            Self::Keyed(table) => {
                let keys: Vec<[u8; 8]> = pairs.iter().map(|pair| key(*pair)).collect();
                table.get_all(&keys, take);
            }
        }
    }

    /// The pairs of which something was seen, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Pair, &M)> {
        let (grid, keyed) = match self {
            Self::Grid { grid, stripes, beside } => (Some((grid, stripes, beside)), None),
            Self::Keyed(table) => (None, Some(table)),
        };
        let of_grid = grid.into_iter().flat_map(|(grid, stripes, beside)| {
            let of_stripe =
                move |(stripe, cells): (usize, _)| (0..).zip(cells).filter_map(move |(place, met)| Some((grid.pair_at(stripe, place)?, met)));
            let cells = stripes.iter().map(|stripe| stripe.iter()).enumerate().flat_map(of_stripe);
            cells.chain(beside.iter().map(|(pair, met)| (*pair, met)))
        });
        let of_table = keyed.into_iter().flat_map(|table| table.iter().map(|(key, met)| (pair_of(key), met)));
        let nothing = M::default();
        of_grid.chain(of_table).filter(move |(_, met)| **met != nothing)
    }
}

impl<M: Kept> Clone for Pairs<M> {
    /// Pairs of its own.
    fn clone(&self) -> Self {
        match self {
            Self::Grid(grid) => {
                let Grid { seed, subjects, entries, .. } = **grid;
                let stripes = grid.stripes.iter().map(|stripe| Mutex::new(lock(stripe).clone())).collect();
                let beside = Mutex::new(lock(&grid.beside).clone());
                Self::Grid(Arc::new(Grid { seed, subjects, entries, stripes, beside }))
            }
            Self::Keyed(table) => Self::Keyed(table.clone()),
        }
    }
}

impl<M: Kept> PartialEq for Pairs<M> {
    /// What was seen is the same, however it is kept.
    fn eq(&self, other: &Self) -> bool {
        if let (Self::Grid(own), Self::Grid(other)) = (self, other)
            && Arc::ptr_eq(own, other)
        {
            return true;
        }
        let (own, other) = (self.looked(), other.looked());
        own.iter().collect::<BTreeMap<_, _>>() == other.iter().collect::<BTreeMap<_, _>>()
    }
}

impl<M: Kept> Serialize for Pairs<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Grid(grid) => grid.as_keyed().serialize(serializer),
            Self::Keyed(table) => table.serialize(serializer),
        }
    }
}

impl<'de, M: Kept> Deserialize<'de> for Pairs<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Striped::deserialize(deserializer).map(Self::Keyed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::Day;
    use crate::check::pairing::Met as _;
    use crate::check::{covers, recurs};
    use crate::finding::Position;
    use crate::why::Why;

    /// How a part is kept: in grids of two shapes, or by key.
    fn kept<M: Kept>(form: usize) -> Pairs<M> {
        let shape = [Some((2, 2)), Some((1, 2)), None][form];
        match shape.map(|(subjects, entries)| Grid::new(7, subjects, entries, &mut { MOST })) {
            Some(grid) => Pairs::Grid(Arc::new(grid.unwrap())),
            None => Pairs::keyed(7),
        }
    }

    /// A pair, what is seen of it, and of which part that is.
    type Sight = (Pair, u8, usize);

    /// Holds parts, merged, against the whole, seen at once and kept by key.
    fn seen_in_parts<M: Kept>(seen: &[Sight], forms: [usize; 4], again: bool, early: bool, meet: impl Fn(usize, &mut M)) {
        let see =
            |pairs: &Pairs<M>, all: &[usize]| pairs.see(&all.iter().map(|number| seen[*number].0).collect::<Vec<_>>(), |at, met| meet(all[at], met));
        let whole = kept::<M>(2);
        see(&whole, &(0..seen.len()).collect::<Vec<_>>());
        let of_part = |part: usize| (0..seen.len()).filter(|number| seen[*number].2 == part).collect::<Vec<_>>();
        let mut merged = kept::<M>(forms[3]);
        // Another worker of the same state, which is merged before the other parts or after them.
        let worker = merged.share();
        see(&worker, &of_part(3));
        let mut worker = Some(worker);
        if early {
            worker.take().into_iter().for_each(|worker| merged.merge(worker));
        }
        for (part, form) in forms.into_iter().enumerate().take(3) {
            let mut own = kept(form);
            see(&own, &of_part(part));
            if again {
                own = serde_json::from_str(&serde_json::to_string(&own).unwrap()).unwrap();
            }
            merged.merge(own.clone());
        }
        worker.into_iter().for_each(|worker| merged.merge(worker));
        assert!(merged == whole);
        assert!(whole == merged);
        let (merged, whole) = (merged.looked(), whole.looked());
        let asked: Vec<Pair> = (0..4).flat_map(|subject| (0..4).map(move |entry| (subject, entry))).collect();
        let nothing = M::default();
        let one_by_one: Vec<M> = asked.iter().map(|pair| whole.get(*pair).unwrap_or(&nothing).clone()).collect();
        let mut together = vec![nothing.clone(); asked.len()];
        merged.get_all(&asked, |number, met| together[number] = met.unwrap_or(&nothing).clone());
        assert_eq!(together, one_by_one);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_seen_does_not_depend_on_how_it_is_kept_and_merged(
            seen in prop::collection::vec(((0_u32..3, 0_u32..3), 0_u8..4, 0_usize..4), 0..30),
            forms in prop::array::uniform4(0_usize..3), again in any::<bool>(), early in any::<bool>(),
        ) {
            let place = |number: usize| Position { table: 0, block: 0, record: u32::try_from(number * 7 % 30).unwrap() };
            let doubt = |number: usize| (seen[number].1 % 2 == 1).then_some(Why::KeyEmpty { dataset: 0, column: 0 });
            seen_in_parts(&seen, forms, again, early, |number, met: &mut covers::Met| met.meet((), doubt(number), place(number)));
            seen_in_parts(&seen, forms, again, early, |number, met: &mut recurs::Met| {
                let said = if seen[number].1 < 2 { recurs::Said::After } else { recurs::Said::Within(Day(i32::from(seen[number].1))) };
                met.meet(said, doubt(number), place(number));
            });
        }
    }

    #[test]
    fn a_grid_has_a_cell_for_every_pair_and_none_beside() {
        let grid: Grid<covers::Met> = Grid::new(7, 3, 2, &mut { MOST }).unwrap();
        let mut cells = Vec::new();
        for pair in (0..3).flat_map(|subject| [(subject, 0), (subject, 1)]) {
            let (stripe, place) = grid.place(pair).unwrap();
            assert_eq!(grid.pair_at(stripe, place), Some(pair));
            assert!(place < grid.stripe(stripe).len());
            cells.push((stripe, place));
        }
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), 6);
        assert_eq!([(3, 0), (0, 2), (u32::MAX, u32::MAX)].map(|pair| grid.place(pair)), [None; 3]);
    }

    #[test]
    fn grids_take_no_more_room_than_there_is() {
        let of = |subjects, entries, room: &mut usize| Grid::<covers::Met>::new(7, subjects, entries, room).is_some();
        let cell = size_of::<covers::Met>();
        let mut room = 5 * cell;
        // Of three cells each stripe has two.
        assert_eq!((of(3, 1, &mut room), room), (true, cell));
        assert_eq!((of(1, 1, &mut room), room), (false, cell));
        assert_eq!((of(0, 9, &mut room), of(9, 0, &mut room)), (true, true));
        assert!(!of(MOST / cell + 1, 1, &mut { usize::MAX }) && !of(usize::MAX, 2, &mut { usize::MAX }));
    }
}
