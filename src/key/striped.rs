//! A table of keys that all workers of a scan fill together.
//!
//! Each stripe has a lock of its own, and takes the keys of a batch at once:
//! workers rarely meet, nobody's table has to be merged into another's, and
//! every key is kept once however many work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::table::{KeyTable, TOGETHER, tag};
use super::{Hashing, without_persons};
use crate::parallel;

/// Stripes of a table. A power of two.
const STRIPES: usize = 32;

/// Keys and their values in stripes, shared by all that [`Striped::share`] it.
///
/// Keys that agree in all but their persons are in one stripe: what may be
/// the same can be told stripe by stripe.
#[derive(Debug)]
pub struct Striped<V>(Arc<Stripes<V>>);

#[derive(Debug)]
struct Stripes<V> {
    seed: u64,
    hashing: Hashing,
    tables: Vec<Mutex<KeyTable<V>>>,
}

/// A lock that a panic poisoned: the check whose fold panicked is thrown away whole.
fn lock<V>(table: &Mutex<KeyTable<V>>) -> MutexGuard<'_, KeyTable<V>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<V> Striped<V> {
    /// An empty table whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(seed, (0..STRIPES).map(|_| KeyTable::new(seed)))
    }

    fn of(seed: u64, tables: impl Iterator<Item = KeyTable<V>>) -> Self {
        Self(Arc::new(Stripes { seed, hashing: Hashing::new(seed), tables: tables.map(Mutex::new).collect() }))
    }

    /// The same table, for another worker.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// The stripe of a key whose hash is known.
    fn stripe(&self, key: &[u8], hash: u64, persons: bool) -> usize {
        let alike = persons.then(|| without_persons(key)).flatten();
        let hash = alike.map_or(hash, |alike| self.0.hashing.of(&alike));
        usize::try_from(hash % STRIPES as u64).unwrap_or(0)
    }

    /// Gives the value of each key to `apply`, with the key's number; new ones
    /// are made by `default`. The order is any. `persons` tells whether keys
    /// may hold persons.
    pub fn update(&self, keys: &[&[u8]], persons: bool, default: impl Fn() -> V, mut apply: impl FnMut(usize, &mut V)) {
        self.update_near(keys, persons, default, |_| 0, &mut apply);
    }

    /// As [`Self::update`], of values that are larger than a line of memory:
    /// `far` reads from them what lies behind the first.
    pub fn update_near(
        &self,
        keys: &[&[u8]],
        persons: bool,
        default: impl Fn() -> V,
        far: impl Fn(&V) -> u32,
        mut apply: impl FnMut(usize, &mut V),
    ) {
        let Stripes { hashing, tables, .. } = &*self.0;
        let hashes: Vec<u64> = keys.iter().map(|key| hashing.of(key)).collect();
        // The keys in the order of their stripes: how many each has, then where each begins.
        let stripes: Vec<usize> = keys.iter().zip(&hashes).map(|(key, hash)| self.stripe(key, *hash, persons)).collect();
        let mut ends = [0_usize; STRIPES];
        stripes.iter().for_each(|stripe| ends[*stripe] += 1);
        let mut begun = 0;
        for end in &mut ends {
            begun += std::mem::replace(end, begun);
        }
        let mut order = vec![0_usize; keys.len()];
        for (number, stripe) in stripes.into_iter().enumerate() {
            order[ends[stripe]] = number;
            ends[stripe] += 1;
        }
        let mut start = 0;
        for (table, end) in tables.iter().zip(ends) {
            let own = &order[start..end];
            start = end;
            if own.is_empty() {
                continue;
            }
            let mut table = lock(table);
            for own in own.chunks(TOGETHER) {
                let (mut tags, mut found) = ([0; TOGETHER], [None; TOGETHER]);
                tags.iter_mut().zip(own).for_each(|(tagged, number)| *tagged = tag(hashes[*number]));
                table.find_tags(&tags, |at| own.get(at).map(|number| keys[*number]), own.len(), |at, slot| found[at] = slot);
                let read = |slot: &Option<u32>| slot.map_or(0, |slot| far(table.value(slot as usize)));
                std::hint::black_box(found.iter().map(read).fold(0, u32::wrapping_add));
                for ((number, tag), slot) in own.iter().zip(tags).zip(found) {
                    let value = match slot {
                        Some(slot) => table.value_mut(slot as usize),
                        None => table.entry_tagged(tag, keys[*number], &default),
                    };
                    apply(*number, value);
                }
            }
        }
    }

    /// Takes in another table; `join` merges the values of keys that both
    /// have. A table that is shared with this one is this one.
    pub fn merge(&self, other: Self, empty: impl Fn() -> V, join: impl Fn(&mut V, V)) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        for (table, more) in self.0.tables.iter().zip(other.into_tables()) {
            lock(table).merge(more, &empty, &join);
        }
    }

    /// All of it, to be looked at.
    #[must_use]
    pub fn whole(&self) -> Whole<'_, V> {
        Whole { striped: self, tables: self.0.tables.iter().map(lock).collect() }
    }

    fn into_tables(self) -> Vec<KeyTable<V>> {
        let taken = |table: Mutex<KeyTable<V>>| table.into_inner().unwrap_or_else(PoisonError::into_inner);
        match Arc::try_unwrap(self.0) {
            Ok(stripes) => stripes.tables.into_iter().map(taken).collect(),
            Err(shared) => shared.tables.iter().map(|table| std::mem::replace(&mut *lock(table), KeyTable::new(shared.seed))).collect(),
        }
    }
}

impl<V: Send> Striped<V> {
    /// Looks at every stripe, side by side.
    pub fn each<R: Send>(&self, look: impl Fn(&KeyTable<V>) -> R + Sync + Send) -> Vec<R> {
        parallel::each(&self.0.tables, |table| look(&lock(table)))
    }
}

/// All stripes at once, while nobody fills them.
#[derive(Debug)]
pub struct Whole<'s, V> {
    striped: &'s Striped<V>,
    tables: Vec<MutexGuard<'s, KeyTable<V>>>,
}

impl<V> Whole<'_, V> {
    /// The value of a key that holds no person.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let hash = self.striped.0.hashing.of(key);
        let table = self.tables.get(self.striped.stripe(key, hash, false))?;
        table.find_tagged(tag(hash), key).map(|slot| table.value(slot))
    }

    /// Keys and values, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

impl<V: Clone> Clone for Striped<V> {
    /// A table of its own.
    fn clone(&self) -> Self {
        Self::of(self.0.seed, self.0.tables.iter().map(|table| lock(table).clone()))
    }
}

impl<V: PartialEq> PartialEq for Striped<V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.tables.iter().zip(&other.0.tables).all(|(left, right)| *lock(left) == *lock(right))
    }
}

impl<V: Serialize> Serialize for Striped<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.tables.iter().map(lock).map(Guarded))
    }
}

/// A stripe while it is written.
struct Guarded<'s, V>(MutexGuard<'s, KeyTable<V>>);

impl<V: Serialize> Serialize for Guarded<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Striped<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tables = Vec::<KeyTable<V>>::deserialize(deserializer)?;
        let seed = tables.first().map(KeyTable::seed).filter(|_| tables.len() == STRIPES);
        let seed = seed.ok_or_else(|| serde::de::Error::invalid_length(tables.len(), &"a table of stripes"))?;
        Ok(Self::of(seed, tables.into_iter()))
    }
}
