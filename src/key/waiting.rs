//! What was seen of keys and has not been taken into its stripe yet.
//!
//! A table of millions of keys is larger than what the processor can address
//! without walking page tables. A stripe of it is not: what belongs to one
//! stripe is taken in together.

use super::striped::Table;

/// Bytes that wait for one stripe, about: many enough that the pages of a
/// stripe are used more than once, few enough that all of them stay near.
const MOST: usize = if cfg!(test) { 64 } else { 32 << 10 };

/// Keys of one stripe with what was seen of each.
#[derive(Debug)]
pub(super) struct Waiting<S> {
    /// The keys, one behind the other.
    keys: Vec<u8>,
    ends: Vec<u32>,
    tags: Vec<u32>,
    seen: Vec<S>,
}

impl<S> Default for Waiting<S> {
    fn default() -> Self {
        Self { keys: Vec::new(), ends: Vec::new(), tags: Vec::new(), seen: Vec::new() }
    }
}

impl<S> Waiting<S> {
    /// Notes what was seen of a key; gives whether enough waits now.
    #[inline]
    pub(super) fn push(&mut self, tag: u32, key: &[u8], seen: S) -> bool {
        self.keys.extend_from_slice(key);
        // What waits is little more than `MOST` bytes, and a key is part of a block: shorter than 4 GiB together.
        self.ends.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.tags.push(tag);
        self.seen.push(seen);
        self.keys.len() + self.seen.len() * (size_of::<S>() + 2 * size_of::<u32>()) >= MOST
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Bytes of memory that it holds, without what it points to.
    pub(super) const fn bytes(&self) -> usize {
        self.keys.capacity() + (self.ends.capacity() + self.tags.capacity()) * size_of::<u32>() + self.seen.capacity() * size_of::<S>()
    }

    /// Takes all of it into the table.
    pub(super) fn settle(&mut self, table: &mut impl Table<Seen = S>) {
        let Self { keys, ends, tags, seen } = self;
        let key = |number: usize| {
            let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
            let end = ends.get(number).copied().unwrap_or(start);
            keys.get(start as usize..end as usize).unwrap_or_default()
        };
        table.see(tags, key, seen.drain(..));
        keys.clear();
        ends.clear();
        tags.clear();
    }
}
