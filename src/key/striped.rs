//! A table of keys that all workers of a scan fill together.
//!
//! Each stripe has a lock of its own, and takes many keys at once, for which
//! each worker lets them wait: workers rarely meet, nobody's table has to be
//! merged into another's, and every key is kept once however many work. Where
//! memory is short, a stripe is put away as it is and begun anew; what was put
//! away is merged when it is looked at, one stripe at a time.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::memory::{SMALLEST, Share, Stored};
use super::table::{KeyTable, TOGETHER, tag};
use super::waiting::{TaggedKeys, Waiting};
use super::{Hashing, without_persons};
use crate::parallel::{self, lock};

/// Stripes of a table. A power of two.
const STRIPES: usize = 16;

/// What is told of a key's hash: in tests so little that many keys share it.
const TOLD: u32 = if cfg!(test) { 3 } else { u32::MAX };

/// What is kept of a key: what has seen nothing merges with anything.
pub trait Kept: Debug + Default + Clone + PartialEq + Send + Serialize + DeserializeOwned {
    /// Takes in what was seen of the same key elsewhere.
    fn merge(&mut self, other: Self);
}

/// A table that a stripe may have.
pub trait Table: Debug + Clone + PartialEq + Send + Serialize + DeserializeOwned {
    /// What a record tells of a key.
    type Seen: Debug + Send;

    /// An empty table like this one.
    #[must_use]
    fn fresh(&self) -> Self;

    /// Bytes of memory that it holds.
    fn bytes(&self) -> usize;

    /// Takes in what was seen of each of these keys.
    fn see(&mut self, keys: &TaggedKeys, seen: impl Iterator<Item = Self::Seen>);

    /// Takes in another table.
    fn merge(&mut self, other: Self);

    /// The table as it is put away.
    fn written(&self) -> Option<Vec<u8>>;

    /// Takes in what was put away; `None` where it is not that.
    fn take_back(&mut self, bytes: &[u8]) -> Option<()>;
}

/// Keys and what is kept of them in stripes, shared by all that [`Striped::share`] it.
///
/// Keys that agree in all but their persons are in one stripe: what may be
/// the same can be told stripe by stripe.
#[derive(Debug)]
pub struct Striped<T: Table> {
    shared: Arc<Stripes<T>>,
    waiting: Mutex<AllWaiting<T::Seen>>,
}

/// What a worker saw that is not in the table yet.
#[derive(Debug)]
struct AllWaiting<S> {
    /// By stripe.
    stripes: Vec<Waiting<S>>,
    /// Bytes of it that were noted.
    noted: usize,
}

#[derive(Debug)]
struct Stripes<T> {
    seed: u64,
    hashing: Hashing,
    stripes: Vec<Mutex<Stripe<T>>>,
    memory: Option<Share>,
}

#[derive(Debug)]
struct Stripe<T> {
    table: T,
    /// Bytes of it that were noted.
    noted: usize,
    /// Earlier tables of it.
    away: Vec<Stored>,
}

impl<T: Table> Stripe<T> {
    const fn new(table: T) -> Self {
        Self { table, noted: 0, away: Vec::new() }
    }

    /// Notes how large the table is; where memory is short it is put away.
    fn settle(&mut self, memory: &Share) {
        let now = self.table.bytes();
        if now != self.noted {
            memory.note(self.noted, now);
            self.noted = now;
        }
        if now >= SMALLEST && memory.is_short() {
            match self.table.written() {
                Some(bytes) => self.away.extend(memory.put(&bytes)),
                None => memory.lose(),
            }
            self.table = self.table.fresh();
            memory.note(std::mem::take(&mut self.noted), 0);
        }
    }

    /// Brings back what was put away.
    fn gather(&mut self, memory: Option<&Share>) {
        let Some(memory) = memory else { return };
        for stored in std::mem::take(&mut self.away) {
            if memory.get(stored).and_then(|bytes| self.table.take_back(&bytes)).is_none() {
                memory.lose();
            }
        }
    }
}

impl<T: Table> Stripes<T> {
    /// The stripe of a key whose hash is known.
    #[inline]
    fn stripe(&self, key: &[u8], hash: u64, persons: bool) -> usize {
        let alike = persons.then(|| without_persons(key)).flatten();
        let hash = alike.map_or(hash, |alike| self.hashing.of(&alike));
        usize::try_from(hash % STRIPES as u64).unwrap_or(0)
    }

    /// Takes what waits into a stripe.
    fn settle(&self, stripe: usize, waiting: &mut Waiting<T::Seen>) {
        let mut stripe = lock(&self.stripes[stripe]);
        waiting.settle(&mut stripe.table);
        if let Some(memory) = &self.memory {
            stripe.settle(memory);
        }
    }

    /// Takes in all that waits, and gives its memory back.
    fn settle_all(&self, waiting: &mut AllWaiting<T::Seen>) {
        for (number, mut waiting) in std::mem::take(&mut waiting.stripes).into_iter().enumerate() {
            if !waiting.is_empty() {
                self.settle(number, &mut waiting);
            }
        }
        let noted = std::mem::take(&mut waiting.noted);
        self.memory.iter().for_each(|memory| memory.note(noted, 0));
    }
}

impl<T: Table> Striped<T> {
    /// A table of empty ones, whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64, empty: &T) -> Self {
        Self::of(seed, (0..STRIPES).map(|_| empty.fresh()), None)
    }

    /// The same, that holds no more than its part of the memory.
    pub(crate) fn within(seed: u64, empty: &T, memory: Share) -> Self {
        Self::of(seed, (0..STRIPES).map(|_| empty.fresh()), Some(memory))
    }

    fn of(seed: u64, tables: impl Iterator<Item = T>, memory: Option<Share>) -> Self {
        let stripes = tables.map(|table| Mutex::new(Stripe::new(table))).collect();
        Self::sharing(Arc::new(Stripes { seed, hashing: Hashing::new(seed), stripes, memory }))
    }

    fn sharing(shared: Arc<Stripes<T>>) -> Self {
        Self { shared, waiting: Mutex::new(AllWaiting { stripes: Vec::new(), noted: 0 }) }
    }

    /// The same table, for another worker.
    #[must_use]
    pub fn share(&self) -> Self {
        self.settle();
        Self::sharing(Arc::clone(&self.shared))
    }

    /// Its part of the memory.
    pub(crate) fn memory(&self) -> Option<Share> {
        self.shared.memory.clone()
    }

    /// Takes in what `seen` tells of each key by its number. `persons` tells
    /// whether keys may hold persons. Gives a tag of each key, as [`Self::tag`] does.
    pub fn see(&self, keys: &[&[u8]], persons: bool, mut seen: impl FnMut(usize) -> T::Seen) -> Vec<u32> {
        let mut waiting = lock(&self.waiting);
        let AllWaiting { stripes, noted } = &mut *waiting;
        stripes.resize_with(STRIPES, Waiting::default);
        let mut tags = Vec::with_capacity(keys.len());
        for (number, key) in keys.iter().enumerate() {
            let hash = self.shared.hashing.of(key);
            let stripe = self.shared.stripe(key, hash, persons);
            if stripes[stripe].push(tag(hash), key, seen(number)) {
                self.shared.settle(stripe, &mut stripes[stripe]);
            }
            tags.push(tag(hash) & TOLD);
        }
        if let Some(memory) = &self.shared.memory {
            let now = stripes.iter().map(Waiting::bytes).sum();
            memory.follow(noted, now);
            if memory.is_short() && now >= SMALLEST {
                self.shared.settle_all(&mut waiting);
            }
        }
        tags
    }

    /// Takes in what waits.
    fn settle(&self) {
        self.shared.settle_all(&mut lock(&self.waiting));
    }

    /// A part of a key's hash: equal keys have the same, few others do.
    #[must_use]
    pub fn tag(&self, key: &[u8]) -> u32 {
        tag(self.shared.hashing.of(key)) & TOLD
    }

    /// Takes in another table. One that is shared with this one is this one.
    pub fn merge(&self, other: Self) {
        other.settle();
        if Arc::ptr_eq(&self.shared, &other.shared) {
            return;
        }
        self.settle();
        for (own, more) in self.shared.stripes.iter().zip(&other.shared.stripes) {
            let mut more = lock(more);
            more.gather(other.shared.memory.as_ref());
            let fresh = more.table.fresh();
            let more = std::mem::replace(&mut more.table, fresh);
            let mut own = lock(own);
            own.table.merge(more);
            if let Some(memory) = &self.shared.memory {
                own.settle(memory);
            }
        }
        if let (Some(false), Some(memory)) = (other.shared.memory.as_ref().map(Share::is_whole), &self.shared.memory) {
            memory.lose();
        }
    }

    /// Looks at every stripe once, side by side; what was put away is there while it is looked at.
    pub fn into_each<R: Send>(self, look: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
        self.settle();
        parallel::each(&self.shared.stripes, |stripe| {
            let mut stripe = lock(stripe);
            let was_away = !stripe.away.is_empty();
            stripe.gather(self.shared.memory.as_ref());
            let told = look(&stripe.table);
            if was_away {
                stripe.table = stripe.table.fresh();
            }
            told
        })
    }

    /// All of it, to be looked at; what was put away comes back.
    #[must_use]
    pub fn whole(&self) -> Whole<'_, T> {
        self.settle();
        let gathered = |stripe| {
            let mut stripe: MutexGuard<'_, Stripe<T>> = lock(stripe);
            stripe.gather(self.shared.memory.as_ref());
            stripe
        };
        Whole { shared: &self.shared, stripes: self.shared.stripes.iter().map(gathered).collect() }
    }
}

/// All stripes at once, while nobody fills them.
#[derive(Debug)]
pub struct Whole<'s, T> {
    shared: &'s Stripes<T>,
    stripes: Vec<MutexGuard<'s, Stripe<T>>>,
}

impl<V: Kept> Whole<'_, KeyTable<V>> {
    /// The value of a key that holds no person.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let hash = self.shared.hashing.of(key);
        let table = &self.stripes.get(self.shared.stripe(key, hash, false))?.table;
        table.find_tagged(tag(hash), key).map(|slot| table.value(slot))
    }

    /// As [`Self::get`], of many keys, which are looked up together: `take` gets their numbers with what was found.
    pub fn get_all<'v, K: AsRef<[u8]>>(&'v self, keys: &[K], mut take: impl FnMut(usize, Option<&'v V>)) {
        let (mut tags, mut stripes) = ([0; TOGETHER], [0; TOGETHER]);
        for (begun, keys) in (0..).step_by(TOGETHER).zip(keys.chunks(TOGETHER)) {
            for ((tagged, stripe), key) in tags.iter_mut().zip(&mut stripes).zip(keys) {
                let hash = self.shared.hashing.of(key.as_ref());
                (*tagged, *stripe) = (tag(hash), self.shared.stripe(key.as_ref(), hash, false));
            }
            let table = |number: usize| &self.stripes[stripes[number]].table;
            let key = |number: usize| keys.get(number).map(AsRef::as_ref);
            KeyTable::find_among(table, &tags, key, keys.len(), |number, slot| {
                take(begun + number, slot.map(|slot| table(number).value(slot as usize)));
            });
        }
    }

    /// Keys and values, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.stripes.iter().flat_map(|stripe| stripe.table.iter())
    }
}

impl<T: Table> Clone for Striped<T> {
    /// A table of its own.
    fn clone(&self) -> Self {
        let whole = self.whole();
        Self::of(self.shared.seed, whole.stripes.iter().map(|stripe| stripe.table.clone()), self.shared.memory.clone())
    }
}

impl<T: Table> PartialEq for Striped<T> {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.shared, &other.shared) {
            return true;
        }
        let (left, right) = (self.whole(), other.whole());
        left.stripes.iter().zip(&right.stripes).all(|(left, right)| left.table == right.table)
    }
}

impl<T: Table> Serialize for Striped<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.whole();
        let tables: Vec<&T> = whole.stripes.iter().map(|stripe| &stripe.table).collect();
        (self.shared.seed, tables).serialize(serializer)
    }
}

impl<'de, T: Table> Deserialize<'de> for Striped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seed, tables): (u64, Vec<T>) = Deserialize::deserialize(deserializer)?;
        if tables.len() != STRIPES {
            return Err(serde::de::Error::invalid_length(tables.len(), &"a table of stripes"));
        }
        Ok(Self::of(seed, tables.into_iter(), None))
    }
}
