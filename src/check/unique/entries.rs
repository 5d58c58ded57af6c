//! What a uniqueness check keeps of every record.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::evidence::decode::small;
use crate::finding::Position;
use crate::key::memory::{SMALLEST, Share, Stored};
use crate::parallel;

/// The hashes of keys and where their records stand, as each worker noted
/// them. Where memory is short, what was noted is put away.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    logs: Vec<Log>,
    /// What was put away.
    away: Vec<Stored>,
    /// Keys of what was put away.
    keys_away: usize,
    memory: Option<Share>,
}

/// What one worker noted. Records that follow each other in a block share one
/// place: eight bytes a key are all that most need.
#[derive(Debug, Clone, Default)]
struct Log {
    hashes: Vec<u64>,
    /// The record of the first hash of each run, and which hash that is.
    runs: Vec<(Position, usize)>,
    /// Bytes of it that were noted.
    noted: usize,
}

/// Keys of a log, at least; then another is begun, so that none has to move.
const LONGEST: usize = 1 << 17;

impl Entries {
    /// None yet, within a part of the memory.
    pub(super) fn within(memory: Share) -> Self {
        Self { memory: Some(memory), ..Self::default() }
    }

    /// None yet, for another worker.
    pub(super) fn share(&self) -> Self {
        Self { memory: self.memory.clone(), ..Self::default() }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.memory.clone()
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys_away + self.logs.iter().map(|log| log.hashes.len()).sum::<usize>()
    }

    /// Notes the keys of records of one block.
    pub(super) fn extend(&mut self, entries: impl Iterator<Item = (u64, Position)>) {
        if self.logs.last().is_none_or(|log| log.hashes.len() >= LONGEST) {
            self.logs.push(Log::default());
        }
        let Some(log) = self.logs.last_mut() else { return };
        entries.for_each(|(hash, position)| log.push(hash, position));
        let Some(memory) = &self.memory else { return };
        let now = log.bytes();
        memory.note(std::mem::replace(&mut log.noted, now), now);
        if memory.is_short() && self.logs.iter().map(Log::bytes).sum::<usize>() >= SMALLEST {
            for log in self.logs.drain(..) {
                self.away.extend(memory.put(&log.written()));
                self.keys_away += log.hashes.len();
                memory.note(log.noted, 0);
            }
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.logs.append(&mut other.logs);
        self.away.append(&mut other.away);
        self.keys_away += other.keys_away;
        self.memory = self.memory.take().or(other.memory);
    }

    /// Looks at all logs, one after the other.
    fn each(&self, mut look: impl FnMut(&Log)) {
        self.logs.iter().for_each(&mut look);
        let Some(memory) = &self.memory else { return };
        for stored in &self.away {
            match memory.get(*stored).and_then(|bytes| Log::read(&bytes)) {
                Some(log) => look(&log),
                None => memory.lose(),
            }
        }
    }

    fn all(&self) -> Vec<(u64, Position)> {
        let mut all = Vec::with_capacity(self.len());
        self.each(|log| all.extend(log.hashes.iter().copied().enumerate().map(|(at, hash)| (hash, log.position(at)))));
        all
    }

    /// The places of the records whose hashes meet, in order.
    pub(super) fn meeting(&self) -> Vec<Position> {
        // Hashes are looked at in parts, by their first bits: what is kept of a part stays near.
        let parts: Vec<u64> = (0..PARTS).collect();
        let mut all = parallel::each(&parts, |part| self.meeting_of(*part)).concat();
        all.sort_unstable();
        all
    }

    /// As [`Self::meeting`], of the hashes of a part, in any order.
    fn meeting_of(&self, part: u64) -> Vec<Position> {
        let of_part = |hash: u64| hash >> (u64::BITS - PART_BITS) == part;
        // Most hashes meet nobody: a bit for each tells nearly all of them.
        let count = self.len() >> PART_BITS;
        let (mut seen, mut met) = (Bits::of(count), Bits::of(count));
        let mut any = false;
        self.each(|log| {
            for hash in log.hashes.iter().copied().filter(|hash| of_part(*hash)) {
                if seen.set(hash) {
                    met.set(hash);
                    any = true;
                }
            }
        });
        if !any {
            return Vec::new();
        }
        let mut near: Vec<(u64, Position)> = Vec::new();
        self.each(|log| {
            let own = log.hashes.iter().enumerate().filter(|(_, hash)| of_part(**hash) && met.has(**hash));
            near.extend(own.map(|(at, hash)| (*hash, log.position(at))));
        });
        near.sort_unstable();
        let same = near.chunk_by(|(left, _), (right, _)| left == right).filter(|same| same.len() > 1).flatten();
        same.map(|(_, position)| *position).collect()
    }
}

/// Parts of the hashes, by their first bits.
const PART_BITS: u32 = 2;
const PARTS: u64 = 1 << PART_BITS;

impl Log {
    fn push(&mut self, hash: u64, position: Position) {
        let follows = self.runs.last().is_some_and(|(first, start)| {
            let next = first.record as usize + (self.hashes.len() - start);
            (first.table, first.block, next) == (position.table, position.block, position.record as usize)
        });
        if !follows {
            self.runs.push((position, self.hashes.len()));
        }
        self.hashes.push(hash);
    }

    /// As it is put away: little-endian words of eight bytes; how many hashes, the hashes, then table, block,
    /// record and first hash of each run.
    fn written(&self) -> Vec<u8> {
        let runs =
            self.runs.iter().flat_map(|(first, start)| [first.table, first.block, first.record].map(u64::from).into_iter().chain([*start as u64]));
        std::iter::once(self.hashes.len() as u64).chain(self.hashes.iter().copied()).chain(runs).flat_map(u64::to_le_bytes).collect()
    }

    /// What was written; `None` where it is not that.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let count = usize::try_from(words.next()?).ok()?;
        let hashes: Vec<u64> = words.by_ref().take(count).collect();
        let mut runs = Vec::new();
        while let Some(table) = words.next() {
            let mut part = || u32::try_from(words.next()?).ok();
            let first = Position { table: u32::try_from(table).ok()?, block: part()?, record: part()? };
            runs.push((first, usize::try_from(words.next()?).ok()?));
        }
        (hashes.len() == count).then_some(Self { hashes, runs, noted: 0 })
    }

    const fn bytes(&self) -> usize {
        self.hashes.capacity() * size_of::<u64>() + self.runs.capacity() * size_of::<(Position, usize)>()
    }

    /// The record of a hash.
    fn position(&self, at: usize) -> Position {
        let run = self.runs.partition_point(|(_, start)| *start <= at).saturating_sub(1);
        let (first, start) = self.runs[run];
        Position { record: first.record + small(at - start), ..first }
    }
}

/// Bits by hashes, several times as many as there are hashes.
struct Bits {
    words: Vec<u64>,
    /// How many bits, less one.
    last: u64,
}

impl Bits {
    fn of(hashes: usize) -> Self {
        let bits = hashes.saturating_mul(8).next_power_of_two().max(64);
        Self { words: vec![0; bits / 64], last: bits as u64 - 1 }
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash & self.last;
        (usize::try_from(bit / 64).unwrap_or(usize::MAX), 1 << (bit % 64))
    }

    /// Sets the bit of a hash, and says whether it was set.
    #[inline]
    fn set(&mut self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        let known = self.words[word] & bit != 0;
        self.words[word] |= bit;
        known
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.words[word] & bit != 0
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entries = Self::default();
        entries.extend(Vec::deserialize(deserializer)?.into_iter());
        Ok(entries)
    }
}

/// The entries are a set: their order is how they happened to arrive.
impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |entries: &Self| {
            let mut entries = entries.all();
            entries.sort_unstable();
            entries
        };
        sorted(self) == sorted(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_keeps_its_record() {
        let at = |table, block, record| Position { table, block, record };
        let places = [at(0, 0, 0), at(0, 0, 1), at(0, 0, 3), at(0, 1, 4), at(0, 1, 5), at(1, 1, 6), at(0, 0, 2)];
        let put = |places: &[Position], from: u64| {
            let mut entries = Entries::default();
            entries.extend((from..).zip(places.iter().copied()));
            entries
        };
        let whole = put(&places, 0);
        assert_eq!(whole.all(), (0..).zip(places).collect::<Vec<_>>());
        assert_eq!(whole.logs[0].runs.len(), 5);
        let mut merged = Entries::default();
        merged.append(put(&places[3..], 3));
        merged.append(put(&places[..3], 0));
        assert_eq!(merged, whole);
        assert_ne!(merged, put(&places, 1));
    }
    #[test]
    fn hashes_that_meet_are_found_wherever_they_were_noted() {
        // Many of few hashes of every part, in the logs of several workers.
        let hash = |number: u64| (number % 700).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> u32::from(number % 5 == 0);
        let place = |number: u64| Position { table: 0, block: 7, record: u32::try_from(number * 2).unwrap() };
        let mut all = Entries::default();
        for worker in 0..3 {
            let mut entries = Entries::default();
            entries.extend((0..900).filter(|number| number % 3 == worker).map(|number| (hash(number), place(number))));
            all.append(entries);
        }
        let twice = |number: &u64| (0..900).any(|other| other != *number && hash(other) == hash(*number));
        let wanted: Vec<Position> = (0..900).filter(twice).map(place).collect();
        assert!((10..900).contains(&wanted.len()));
        assert_eq!(all.meeting(), wanted);
        assert_eq!(Entries::default().meeting(), []);
    }
}
