//! A table of keys that all workers of a scan fill together.
//!
//! Each stripe has a lock of its own, and takes the keys of a batch at once:
//! workers rarely meet, nobody's table has to be merged into another's, and
//! every key is kept once however many work. Where memory is short, a stripe
//! is put away as it is and begun anew; what was put away is merged when it
//! is looked at, one stripe at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::memory::{SMALLEST, Share, Stored};
use super::table::{KeyTable, TOGETHER, tag};
use super::{Hashing, without_persons};
use crate::parallel;

/// Stripes of a table. A power of two.
const STRIPES: usize = 32;

/// What is told of a key's hash: in tests so little that many keys share it.
const TOLD: u32 = if cfg!(test) { 3 } else { u32::MAX };

/// What is kept of a key: what has seen nothing merges with anything.
pub trait Kept: Default + Send + Serialize + DeserializeOwned {
    /// Takes in what was seen of the same key elsewhere.
    fn merge(&mut self, other: Self);
}

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
    stripes: Vec<Mutex<Stripe<V>>>,
    memory: Option<Share>,
    /// Bytes that most values point to, for each.
    beside: usize,
}

#[derive(Debug)]
struct Stripe<V> {
    table: KeyTable<V>,
    /// Bytes of it that were noted.
    noted: usize,
    /// Earlier tables of it.
    away: Vec<Stored>,
}

/// A lock that a panic poisoned: the check whose fold panicked is thrown away whole.
fn lock<V>(stripe: &Mutex<Stripe<V>>) -> MutexGuard<'_, Stripe<V>> {
    stripe.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table as it is put away: for each key its length, the key, the length of
/// its value, the value as JSON. Lengths are four bytes, little-endian.
fn written<V: Serialize>(table: &KeyTable<V>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(table.bytes());
    for (key, value) in table.iter() {
        bytes.extend_from_slice(&u32::try_from(key.len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(key);
        let at = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        serde_json::to_writer(&mut bytes, value).ok()?;
        let length = u32::try_from(bytes.len() - at - 4).ok()?;
        bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }
    Some(bytes)
}

/// The next part with a length before it.
fn part<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(part)
}

/// Gives `take` the keys and values that were written; `None` where they are not what was written.
fn read<V: DeserializeOwned>(mut bytes: &[u8], mut take: impl FnMut(&[u8], V)) -> Option<()> {
    while !bytes.is_empty() {
        let key = part(&mut bytes)?;
        take(key, serde_json::from_slice(part(&mut bytes)?).ok()?);
    }
    Some(())
}

impl<V: Kept> Stripe<V> {
    const fn new(table: KeyTable<V>) -> Self {
        Self { table, noted: 0, away: Vec::new() }
    }

    /// Notes how large the table is; where memory is short it is put away.
    fn settle(&mut self, memory: &Share, beside: usize) {
        let now = self.table.bytes() + self.table.len() * beside;
        if now != self.noted {
            memory.note(self.noted, now);
            self.noted = now;
        }
        if now >= SMALLEST && memory.is_short() {
            match written(&self.table) {
                Some(bytes) => self.away.extend(memory.put(&bytes)),
                None => memory.lose(),
            }
            self.table = KeyTable::new(self.table.seed());
            memory.note(std::mem::take(&mut self.noted), 0);
        }
    }

    /// Brings back what was put away.
    fn gather(&mut self, memory: Option<&Share>) {
        let Some(memory) = memory else { return };
        for stored in std::mem::take(&mut self.away) {
            let read = memory.get(stored).and_then(|bytes| read(&bytes, |key, value| self.table.entry(key, V::default).merge(value)));
            if read.is_none() {
                memory.lose();
            }
        }
    }
}

impl<V: Kept> Striped<V> {
    /// An empty table whose hashes depend on `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(seed, (0..STRIPES).map(|_| KeyTable::new(seed)), None, 0)
    }

    /// An empty table that holds no more than its part of the memory, whose values mostly point to `beside` bytes each.
    pub(crate) fn within(seed: u64, memory: Share, beside: usize) -> Self {
        Self::of(seed, (0..STRIPES).map(|_| KeyTable::new(seed)), Some(memory), beside)
    }

    fn of(seed: u64, tables: impl Iterator<Item = KeyTable<V>>, memory: Option<Share>, beside: usize) -> Self {
        let stripes = tables.map(|table| Mutex::new(Stripe::new(table))).collect();
        Self(Arc::new(Stripes { seed, hashing: Hashing::new(seed), stripes, memory, beside }))
    }

    /// The same table, for another worker.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Its part of the memory.
    pub(crate) fn memory(&self) -> Option<Share> {
        self.0.memory.clone()
    }

    /// The stripe of a key whose hash is known.
    fn stripe(&self, key: &[u8], hash: u64, persons: bool) -> usize {
        let alike = persons.then(|| without_persons(key)).flatten();
        let hash = alike.map_or(hash, |alike| self.0.hashing.of(&alike));
        usize::try_from(hash % STRIPES as u64).unwrap_or(0)
    }

    /// Gives the value of each key to `apply`, with the key's number; new ones
    /// have seen nothing. The order is any. `persons` tells whether keys may
    /// hold persons. Gives a tag of each key, as [`Self::tag`] does.
    pub fn update(&self, keys: &[&[u8]], persons: bool, mut apply: impl FnMut(usize, &mut V)) -> Vec<u32> {
        let Stripes { hashing, stripes: tables, memory, beside, .. } = &*self.0;
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
            let mut stripe = lock(table);
            let table = &mut stripe.table;
            for own in own.chunks(TOGETHER) {
                let (mut tags, mut found) = ([0; TOGETHER], [None; TOGETHER]);
                tags.iter_mut().zip(own).for_each(|(tagged, number)| *tagged = tag(hashes[*number]));
                table.find_tags(&tags, |at| own.get(at).map(|number| keys[*number]), own.len(), |at, slot| found[at] = slot);
                for ((number, tag), slot) in own.iter().zip(tags).zip(found) {
                    let value = match slot {
                        Some(slot) => table.value_mut(slot as usize),
                        None => table.entry_tagged(tag, keys[*number], V::default),
                    };
                    apply(*number, value);
                }
            }
            if let Some(memory) = memory {
                stripe.settle(memory, *beside);
            }
        }
        hashes.into_iter().map(|hash| tag(hash) & TOLD).collect()
    }

    /// A part of a key's hash: equal keys have the same, few others do.
    #[must_use]
    pub fn tag(&self, key: &[u8]) -> u32 {
        tag(self.0.hashing.of(key)) & TOLD
    }

    /// Takes in another table. One that is shared with this one is this one.
    pub fn merge(&self, other: Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        for (own, more) in self.0.stripes.iter().zip(&other.0.stripes) {
            let mut more = lock(more);
            more.gather(other.0.memory.as_ref());
            let more = std::mem::replace(&mut more.table, KeyTable::new(other.0.seed));
            let mut own = lock(own);
            own.table.merge(more, V::default, V::merge);
            if let Some(memory) = &self.0.memory {
                own.settle(memory, self.0.beside);
            }
        }
        if let (Some(false), Some(memory)) = (other.0.memory.as_ref().map(Share::is_whole), &self.0.memory) {
            memory.lose();
        }
    }

    /// Looks at every stripe once, side by side; what was put away is there while it is looked at.
    pub fn into_each<R: Send>(self, look: impl Fn(&KeyTable<V>) -> R + Sync + Send) -> Vec<R> {
        parallel::each(&self.0.stripes, |stripe| {
            let mut stripe = lock(stripe);
            let was_away = !stripe.away.is_empty();
            stripe.gather(self.0.memory.as_ref());
            let told = look(&stripe.table);
            if was_away {
                stripe.table = KeyTable::new(self.0.seed);
            }
            told
        })
    }

    /// All of it, to be looked at; what was put away comes back.
    #[must_use]
    pub fn whole(&self) -> Whole<'_, V> {
        let gathered = |stripe| {
            let mut stripe = lock(stripe);
            stripe.gather(self.0.memory.as_ref());
            stripe
        };
        Whole { striped: self, stripes: self.0.stripes.iter().map(gathered).collect() }
    }
}

/// All stripes at once, while nobody fills them.
#[derive(Debug)]
pub struct Whole<'s, V> {
    striped: &'s Striped<V>,
    stripes: Vec<MutexGuard<'s, Stripe<V>>>,
}

impl<V: Kept> Whole<'_, V> {
    /// The value of a key that holds no person.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let hash = self.striped.0.hashing.of(key);
        let table = &self.stripes.get(self.striped.stripe(key, hash, false))?.table;
        table.find_tagged(tag(hash), key).map(|slot| table.value(slot))
    }

    /// Keys and values, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.stripes.iter().flat_map(|stripe| stripe.table.iter())
    }
}

impl<V: Kept + Clone> Clone for Striped<V> {
    /// A table of its own.
    fn clone(&self) -> Self {
        let whole = self.whole();
        Self::of(self.0.seed, whole.stripes.iter().map(|stripe| stripe.table.clone()), self.0.memory.clone(), self.0.beside)
    }
}

impl<V: Kept + PartialEq> PartialEq for Striped<V> {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let (left, right) = (self.whole(), other.whole());
        left.stripes.iter().zip(&right.stripes).all(|(left, right)| left.table == right.table)
    }
}

impl<V: Kept> Serialize for Striped<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.whole().stripes.iter().map(|stripe| &stripe.table))
    }
}

impl<'de, V: Kept> Deserialize<'de> for Striped<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tables = Vec::<KeyTable<V>>::deserialize(deserializer)?;
        let seed = tables.first().map(KeyTable::seed).filter(|_| tables.len() == STRIPES);
        let seed = seed.ok_or_else(|| serde::de::Error::invalid_length(tables.len(), &"a table of stripes"))?;
        Ok(Self::of(seed, tables.into_iter(), None, 0))
    }
}
