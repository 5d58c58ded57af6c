//! Which record belongs to which group, for the few groups that are listed.
//!
//! A place in each of millions of groups would take more memory than all
//! else that is known of them, and nearly none is ever asked for. Instead a
//! part of each key's hash is noted, record by record. Where it is that of
//! as many records as the group has, they are its own; where not, another
//! group shares it, and the keys of the records tell.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::runs::{Runs, WORD};
use crate::finding::Position;
use crate::key::memory::{SMALLEST, Share, Stored};
use crate::parallel;

/// A part of a key's hash for every record.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    leaves: Vec<Leaf>,
    /// Leaves that were put away, and how many records each has.
    away: Vec<(Stored, usize)>,
    memory: Option<Share>,
}

/// What one worker noted.
#[derive(Debug, Clone, Default)]
struct Leaf {
    tags: Vec<u32>,
    runs: Runs,
    /// Bytes of it that were noted.
    noted: usize,
}

/// The most records of a leaf; then another is begun, so that none has to move.
const LONGEST: usize = if cfg!(test) { 1 << 10 } else { 1 << 17 };

/// Tags that are looked for.
struct Wanted<'t> {
    /// Ascending.
    tags: &'t [u32],
    /// A bit for the lower half of each: most tags are told by it.
    bits: Vec<u64>,
}

impl<'t> Wanted<'t> {
    fn new(tags: &'t [u32]) -> Self {
        let mut bits = vec![0; (1 << 16) / 64];
        tags.iter().for_each(|tag| bits[*tag as usize % (1 << 16) / 64] |= 1 << (tag % 64));
        Self { tags, bits }
    }

    #[inline]
    fn has(&self, tag: u32) -> bool {
        self.bits[tag as usize % (1 << 16) / 64] >> (tag % 64) & 1 == 1 && self.tags.binary_search(&tag).is_ok()
    }
}

impl Trail {
    /// Nothing yet, within a part of the memory.
    pub(super) fn within(memory: Share) -> Self {
        Self { memory: Some(memory), ..Self::default() }
    }

    /// Nothing yet, for another worker.
    pub(super) fn share(&self) -> Self {
        Self { memory: self.memory.clone(), ..Self::default() }
    }

    /// Notes records of one block.
    pub(super) fn extend(&mut self, mut records: impl Iterator<Item = (u32, Position)>) {
        loop {
            if self.leaves.last().is_none_or(|leaf| leaf.tags.len() == LONGEST) {
                // Who has filled one leaf fills the next.
                let room = if self.leaves.is_empty() { 0 } else { LONGEST };
                self.leaves.push(Leaf { tags: Vec::with_capacity(room), ..Leaf::default() });
            }
            let Some(leaf) = self.leaves.last_mut() else { return };
            for (tag, position) in records.by_ref().take(LONGEST - leaf.tags.len()) {
                leaf.tags.push(tag);
                leaf.runs.push(position);
            }
            let now = leaf.bytes();
            self.memory.iter().for_each(|memory| memory.follow(&mut leaf.noted, now));
            if leaf.tags.len() < LONGEST {
                break;
            }
        }
        let Some(memory) = &self.memory else { return };
        if memory.is_short() && self.leaves.iter().map(Leaf::bytes).sum::<usize>() >= SMALLEST {
            for leaf in self.leaves.drain(..) {
                memory.note(leaf.noted, 0);
                self.away.extend(memory.put(&leaf.written()).map(|stored| (stored, leaf.tags.len())));
            }
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.leaves.append(&mut other.leaves);
        self.away.append(&mut other.away);
        self.memory = self.memory.take().or(other.memory);
    }

    /// The records with these tags, which ascend: in the order of tags, then of places.
    pub(super) fn find(&self, tags: &[u32]) -> Vec<(u32, Position)> {
        if tags.is_empty() {
            return Vec::new();
        }
        let wanted = Wanted::new(tags);
        let mut found = parallel::each(&self.leaves, |leaf| leaf.find(&wanted)).concat();
        found.extend(parallel::each(&self.away, |away| self.leaf(*away).map(|leaf| leaf.find(&wanted)).unwrap_or_default()).concat());
        found.sort_unstable();
        found
    }

    /// A leaf that was put away. Where it cannot be had, that is noted.
    fn leaf(&self, (stored, length): (Stored, usize)) -> Option<Leaf> {
        let memory = self.memory.as_ref()?;
        let leaf = memory.get(stored).and_then(|bytes| Leaf::read(&bytes, length));
        if leaf.is_none() {
            memory.lose();
        }
        leaf
    }

    fn all(&self) -> Vec<(u32, Position)> {
        let mut all = Vec::new();
        let mut take = |leaf: &Leaf| all.extend(leaf.tags.iter().enumerate().map(|(at, tag)| (*tag, leaf.runs.get(at))));
        self.leaves.iter().for_each(&mut take);
        self.away.iter().filter_map(|away| self.leaf(*away)).for_each(|leaf| take(&leaf));
        all
    }
}

impl Leaf {
    fn find(&self, wanted: &Wanted<'_>) -> Vec<(u32, Position)> {
        let found = self.tags.iter().enumerate().filter(|(_, tag)| wanted.has(**tag));
        found.map(|(at, tag)| (*tag, self.runs.get(at))).collect()
    }

    const fn bytes(&self) -> usize {
        self.tags.capacity() * size_of::<u32>() + self.runs.bytes()
    }

    /// As it is put away: the runs' words behind the tags', of which there are two in a word.
    fn written(&self) -> Vec<u8> {
        let pairs = self.tags.chunks(2).map(|pair| u64::from(pair[0]) | pair.get(1).map_or(0, |second| u64::from(*second) << 32));
        pairs.chain(self.runs.words()).flat_map(u64::to_le_bytes).collect()
    }

    /// What was written, of so many records; `None` where it is not that.
    fn read(bytes: &[u8], length: usize) -> Option<Self> {
        let (tags, runs) = bytes.split_at_checked(length.div_ceil(2) * WORD)?;
        let tags = tags.as_chunks().0.iter().take(length).map(|tag| u32::from_le_bytes(*tag)).collect();
        let runs = Runs::read(runs.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)), length)?;
        Some(Self { tags, runs, noted: 0 })
    }
}

impl Serialize for Trail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut trail = Self::default();
        trail.extend(Vec::deserialize(deserializer)?.into_iter());
        Ok(trail)
    }
}

/// The records are a set: their order is how they happened to arrive.
impl PartialEq for Trail {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |trail: &Self| {
            let mut all = trail.all();
            all.sort_unstable();
            all
        };
        sorted(self) == sorted(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_a_tag_are_found_wherever_they_were_noted() {
        let tag = |number: u32| (number % 1000).wrapping_mul(0x9e37_79b9);
        let place = |number: u32| Position { table: 0, block: number / 7, record: number % 7 };
        let mut all = Trail::default();
        for worker in 0..3 {
            let mut trail = Trail::default();
            for start in (0..300_000).step_by(1000) {
                trail.extend((start..start + 1000).filter(|number| number % 3 == worker).map(|number| (tag(number), place(number))));
            }
            all.append(trail);
        }
        let mut tags = [tag(3), tag(500), tag(999), 12345];
        tags.sort_unstable();
        let mut wanted: Vec<(u32, Position)> =
            (0..300_000).filter(|number| tags.contains(&tag(*number))).map(|number| (tag(number), place(number))).collect();
        wanted.sort_unstable();
        assert_eq!(wanted.len(), 900);
        assert_eq!(all.find(&tags), wanted);
        assert_eq!(all.find(&[]), []);
        for leaf in &all.leaves {
            let read = Leaf::read(&leaf.written(), leaf.tags.len()).unwrap();
            assert_eq!((&read.tags, read.runs.get(5)), (&leaf.tags, leaf.runs.get(5)));
        }
    }
}
