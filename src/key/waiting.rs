//! What was seen of keys and has not been taken into its stripe yet.
//!
//! A table of millions of keys is larger than what the processor can address
//! without walking page tables. A stripe of it is not: what belongs to one
//! stripe is taken in together.

use super::packed::{self, Packed};
use super::striped::Table;

/// Bytes that wait for one stripe, about: many enough that a lock is seldom
/// taken, few enough that what waits for all stripes stays near.
const MOST: usize = if cfg!(test) { 64 } else { 8 << 10 };

/// Keys with the tags of their hashes, by number.
#[derive(Debug, Default)]
pub struct TaggedKeys {
    keys: Vec<Packed>,
    tags: Vec<u32>,
    /// The bytes of long keys.
    long: Vec<u8>,
}

impl TaggedKeys {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The tags of all of them.
    #[must_use]
    pub fn tags(&self) -> &[u32] {
        &self.tags
    }

    /// A key; one of no bytes where there is none of this number.
    #[must_use]
    #[inline]
    pub fn key(&self, number: usize) -> &[u8] {
        self.keys.get(number).map_or(&[], |key| packed::key(key.as_bytes(), &self.long))
    }

    #[inline]
    pub(super) fn packed(&self, number: usize) -> Option<Packed> {
        self.keys.get(number).copied()
    }

    #[inline]
    pub(super) fn push(&mut self, tag: u32, key: &[u8]) {
        self.keys.push(Packed::of(key, &mut self.long));
        self.tags.push(tag);
    }

    const fn capacity(&self) -> usize {
        self.keys.capacity() * size_of::<Packed>() + self.tags.capacity() * size_of::<u32>() + self.long.capacity()
    }
}

/// Keys of one stripe with what was seen of each.
#[derive(Debug)]
pub(super) struct Waiting<S> {
    keys: TaggedKeys,
    seen: Vec<S>,
}

impl<S> Default for Waiting<S> {
    fn default() -> Self {
        Self { keys: TaggedKeys::default(), seen: Vec::new() }
    }
}

impl<S> Waiting<S> {
    /// Notes what was seen of a key; gives whether enough waits now.
    #[inline]
    pub(super) fn push(&mut self, tag: u32, key: &[u8], seen: S) -> bool {
        self.keys.push(tag, key);
        self.seen.push(seen);
        self.keys.long.len() + self.seen.len() * (size_of::<S>() + size_of::<Packed>() + size_of::<u32>()) >= MOST
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Bytes of memory that it holds, without what it points to.
    pub(super) const fn bytes(&self) -> usize {
        self.keys.capacity() + self.seen.capacity() * size_of::<S>()
    }

    /// Takes all of it into the table.
    pub(super) fn settle(&mut self, table: &mut impl Table<Seen = S>) {
        table.see(&self.keys, self.seen.drain(..));
        self.keys.keys.clear();
        self.keys.tags.clear();
        self.keys.long.clear();
    }
}
