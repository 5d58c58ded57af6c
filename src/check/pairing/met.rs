//! What was seen of pairs: each at its place in a grid, where all that there
//! can be fit into little memory; by key, where only few of many are met.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Domain;
use crate::key::{Kept, KeyTable, Striped, Whole};

/// A subject's and an entry's number.
pub(super) type Pair = (u32, u32);

/// Bytes of a grid, at most. In tests so few that some have none.
const MOST: usize = if cfg!(test) { 256 } else { 16 << 20 };

/// Parts of a grid that have a lock of their own.
const STRIPES: usize = 16;

/// What was seen of pairs, filled together by all that [`Pairs::share`] it.
#[derive(Debug)]
pub(super) enum Pairs<M: Kept> {
    Grid(Arc<Grid<M>>),
    Keyed(Striped<KeyTable<M>>),
}

/// A cell for each pair.
#[derive(Debug)]
pub(super) struct Grid<M> {
    seed: u64,
    subjects: usize,
    entries: usize,
    /// Subjects take turns. A stripe of which nothing was seen is empty.
    stripes: Vec<Mutex<Vec<M>>>,
}

/// A lock that a panic poisoned: the check whose fold panicked is thrown away whole.
fn lock<T>(locked: &Mutex<T>) -> MutexGuard<'_, T> {
    locked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key of a pair.
fn key((subject, entry): Pair) -> [u8; 8] {
    (u64::from(subject) << 32 | u64::from(entry)).to_be_bytes()
}

/// The pair of a key.
fn pair(key: &[u8]) -> Pair {
    let number = |at: usize| key.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes));
    (number(0), number(4))
}

impl<M: Kept> Grid<M> {
    fn new(seed: u64, subjects: usize, entries: usize) -> Option<Self> {
        let bytes = subjects.checked_mul(entries)?.checked_mul(size_of::<M>())?;
        (bytes <= MOST).then(|| Self { seed, subjects, entries, stripes: (0..STRIPES).map(|_| Mutex::default()).collect() })
    }

    /// The stripe of a pair, and its place there.
    #[inline]
    fn place(&self, (subject, entry): Pair) -> Option<(usize, usize)> {
        let (subject, entry) = (subject as usize, entry as usize);
        (subject < self.subjects && entry < self.entries).then(|| (subject % STRIPES, subject / STRIPES * self.entries + entry))
    }

    /// The pair at a place.
    fn pair_at(&self, stripe: usize, place: usize) -> Pair {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (number(place / self.entries * STRIPES + stripe), number(place % self.entries))
    }

    fn stripe(&self, number: usize) -> MutexGuard<'_, Vec<M>> {
        let mut cells = lock(&self.stripes[number]);
        if cells.is_empty() {
            cells.resize(self.subjects.div_ceil(STRIPES) * self.entries, M::default());
        }
        cells
    }

    fn see(&self, pairs: &[Pair], mut meet: impl FnMut(usize, &mut M)) {
        // In the order of the stripes: each is locked once.
        let mut of_stripes: [Vec<(u32, u32)>; STRIPES] = Default::default();
        for (number, pair) in (0_u32..).zip(pairs) {
            if let Some((stripe, place)) = self.place(*pair) {
                of_stripes[stripe].push((number, u32::try_from(place).unwrap_or(u32::MAX)));
            }
        }
        for (number, of_stripe) in of_stripes.iter().enumerate().filter(|(_, of_stripe)| !of_stripe.is_empty()) {
            let mut cells = self.stripe(number);
            of_stripe.iter().for_each(|(number, place)| meet(*number as usize, &mut cells[*place as usize]));
        }
    }

    fn looked(&self) -> Looked<'_, M> {
        Looked::Grid(self, self.stripes.iter().map(lock).collect())
    }
}

impl<M: Kept> Pairs<M> {
    pub(super) fn new(seed: u64, domain: Option<&Domain>) -> Self {
        let subjects = |domain: &Domain| domain.subjects.as_ref().map_or(1, |members| members.table.len());
        let grid = domain.and_then(|domain| Grid::new(seed, subjects(domain), domain.entries.len()));
        grid.map_or_else(|| Self::keyed(seed), |grid| Self::Grid(Arc::new(grid)))
    }

    fn keyed(seed: u64) -> Self {
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
        match (&mut *self, &other) {
            (Self::Keyed(own), Self::Keyed(_)) => {
                if let Self::Keyed(more) = other {
                    own.merge(more);
                }
                return;
            }
            (Self::Grid(own), Self::Grid(more)) if Arc::ptr_eq(own, more) => return,
            (Self::Grid(own), Self::Grid(more)) if (own.subjects, own.entries) == (more.subjects, more.entries) => {}
            // A place is known in its grid alone.
            (Self::Grid(own), _) => *self = own.as_keyed(),
            (Self::Keyed(_), Self::Grid(_)) => {}
        }
        let looked = other.looked();
        let (pairs, more): (Vec<Pair>, Vec<&M>) = looked.iter().unzip();
        self.see(&pairs, |number, met| met.merge(more[number].clone()));
    }

    /// All of it, to be looked at.
    pub(super) fn looked(&self) -> Looked<'_, M> {
        match self {
            Self::Grid(grid) => grid.looked(),
            Self::Keyed(table) => Looked::Keyed(table.whole()),
        }
    }
}

impl<M: Kept> Grid<M> {
    /// The same by keys.
    fn as_keyed(&self) -> Pairs<M> {
        let (all, looked) = (Pairs::keyed(self.seed), self.looked());
        let (pairs, met): (Vec<Pair>, Vec<&M>) = looked.iter().unzip();
        all.see(&pairs, |number, own| *own = met[number].clone());
        all
    }
}

/// What was seen, while nobody sees more.
#[derive(Debug)]
pub(super) enum Looked<'p, M> {
    Grid(&'p Grid<M>, Vec<MutexGuard<'p, Vec<M>>>),
    Keyed(Whole<'p, KeyTable<M>>),
}

impl<M: Kept> Looked<'_, M> {
    /// What was seen of a pair.
    #[inline]
    pub(super) fn get(&self, pair: Pair) -> Option<&M> {
        match self {
            Self::Grid(grid, stripes) => {
                let (stripe, place) = grid.place(pair)?;
                stripes[stripe].get(place)
            }
            Self::Keyed(table) => table.get(&key(pair)),
        }
    }

    /// As [`Self::get`], of many pairs: `take` gets their numbers with what was seen.
    pub(super) fn get_all<'m>(&'m self, pairs: &[Pair], mut take: impl FnMut(usize, Option<&'m M>)) {
        match self {
            Self::Grid(..) => pairs.iter().enumerate().for_each(|(number, pair)| take(number, self.get(*pair))),
            Self::Keyed(table) => {
                let keys: Vec<[u8; 8]> = pairs.iter().map(|pair| key(*pair)).collect();
                table.get_all(&keys, take);
            }
        }
    }

    /// The pairs of which something was seen, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Pair, &M)> {
        let (grid, keyed) = match self {
            Self::Grid(grid, stripes) => (Some((grid, stripes)), None),
            Self::Keyed(table) => (None, Some(table)),
        };
        let nothing = M::default();
        let cells = grid.into_iter().flat_map(|(grid, stripes)| {
            let of_stripe = move |(stripe, cells)| (0..).zip(cells).map(move |(place, met)| (grid.pair_at(stripe, place), met));
            stripes.iter().map(|stripe| stripe.iter()).enumerate().flat_map(of_stripe)
        });
        let cells = cells.filter(move |(_, met)| **met != nothing);
        cells.chain(keyed.into_iter().flat_map(|table| table.iter().map(|(key, met)| (pair(key), met))))
    }
}

impl<M: Kept> Clone for Pairs<M> {
    /// Pairs of its own.
    fn clone(&self) -> Self {
        match self {
            Self::Grid(grid) => {
                let Grid { seed, subjects, entries, .. } = **grid;
                let stripes = grid.stripes.iter().map(|stripe| Mutex::new(lock(stripe).clone())).collect();
                Self::Grid(Arc::new(Grid { seed, subjects, entries, stripes }))
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
    use crate::check::covers::Met;
    use crate::check::pairing::Met as _;
    use crate::finding::Position;
    use crate::why::Why;

    /// How a part is kept: in grids of two shapes, or by key.
    fn kept(form: usize) -> Pairs<Met> {
        let shape = [Some((4, 2)), Some((2, 4)), None][form];
        match shape.map(|(subjects, entries)| Grid::new(7, subjects, entries)) {
            Some(grid) => Pairs::Grid(Arc::new(grid.unwrap())),
            None => Pairs::keyed(7),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_seen_does_not_depend_on_how_it_is_kept_and_merged(
            seen in prop::collection::vec(((0_u32..2, 0_u32..2), any::<bool>(), 0_usize..4), 0..30), forms in prop::array::uniform4(0_usize..3), again in any::<bool>(),
        ) {
            let record = |number: usize| Position { table: 0, block: 0, record: u32::try_from(number * 7 % 30).unwrap() };
            let meet = |all: &[usize], at: usize, met: &mut Met| {
                let doubt = seen[all[at]].1.then_some(Why::KeyEmpty { dataset: 0, column: 0 });
                met.meet((), doubt, record(all[at]));
            };
            let see = |pairs: &mut Pairs<Met>, all: &[usize]| {
                // As two workers do.
                let (one, other) = all.split_at(all.len() / 2);
                for all in [one, other] {
                    let share = pairs.share();
                    share.see(&all.iter().map(|number| seen[*number].0).collect::<Vec<_>>(), |at, met| meet(all, at, met));
                    pairs.merge(share);
                }
            };
            let all: Vec<usize> = (0..seen.len()).collect();
            let mut whole = kept(2);
            see(&mut whole, &all);
            let mut merged = kept(forms[3]);
            for (part, form) in forms.into_iter().enumerate() {
                let mut own = kept(form);
                see(&mut own, &all.iter().copied().filter(|number| seen[*number].2 == part).collect::<Vec<_>>());
                if again {
                    own = serde_json::from_str(&serde_json::to_string(&own).unwrap()).unwrap();
                }
                merged.merge(own.clone());
            }
            prop_assert!(merged == whole);
            let (merged, whole) = (merged.looked(), whole.looked());
            let asked: Vec<Pair> = (0..3).flat_map(|subject| (0..3).map(move |entry| (subject, entry))).collect();
            let nothing = Met::default();
            let one_by_one: Vec<Met> = asked.iter().map(|pair| whole.get(*pair).unwrap_or(&nothing).clone()).collect();
            let mut together = vec![nothing.clone(); asked.len()];
            merged.get_all(&asked, |number, met| together[number] = met.unwrap_or(&nothing).clone());
            prop_assert_eq!(together, one_by_one);
        }
    }

    #[test]
    fn a_grid_has_a_cell_for_every_pair_and_none_beside() {
        let grid: Grid<Met> = Grid::new(7, 4, 2).unwrap();
        for pair in (0..4).flat_map(|subject| [(subject, 0), (subject, 1)]) {
            let (stripe, place) = grid.place(pair).unwrap();
            assert_eq!(grid.pair_at(stripe, place), pair);
        }
        assert_eq!([(4, 0), (0, 2), (u32::MAX, u32::MAX)].map(|pair| grid.place(pair)), [None; 3]);
        assert!(Grid::<Met>::new(7, 1 << 20, 1).is_none() && Grid::<Met>::new(7, usize::MAX, 2).is_none());
    }
}
