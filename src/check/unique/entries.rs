//! What a uniqueness check keeps of every record.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::runs::{Runs, WORD};
use crate::finding::Position;
use crate::key::memory::{SMALLEST, Share, Stored};
use crate::parallel;

/// The hashes of keys and where their records stand, as each worker noted
/// them. Where memory is short, what was noted is put away.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    logs: Vec<Log>,
    away: Vec<Away>,
    memory: Option<Share>,
}

/// A closed log that was put away: its words, then its runs.
#[derive(Debug, Clone)]
struct Away {
    stored: Stored,
    keys: usize,
    parts: Vec<usize>,
}

/// What one worker noted. Records that follow each other in a block share one
/// place: eight bytes a key are all that most need.
#[derive(Debug, Clone, Default)]
struct Log {
    /// Of each key the upper bits of its hash, and in the lower ones which
    /// key of the log it is: see [`NUMBER_BITS`].
    words: Vec<u64>,
    runs: Runs,
    /// Where each part begins, once the log is closed: its words lie by their first bits.
    parts: Vec<usize>,
    /// Bytes of it that were noted.
    noted: usize,
}

/// The bits of a word that tell which key of the log it is. The others are of
/// its hash: 47 bits, by which a few of many millions of keys seem to meet
/// that do not; the confirm round tells them.
const NUMBER_BITS: u32 = 17;
/// The most keys of a log; then another is begun, so that none has to move.
const LONGEST: usize = 1 << NUMBER_BITS;
const NUMBER: u64 = LONGEST as u64 - 1;
/// Hashes are looked at in parts, by their first bits: what is kept of a part stays near.
const PART_BITS: u32 = 8;
/// Bits for each hash of a part: of 32 hashes that meet nobody, one shares its bit.
const BITS_EACH: usize = 32;
const PARTS: usize = 1 << PART_BITS;

/// The part of the hashes to which one belongs.
const fn part_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PART_BITS)) as usize
}

/// Where a part of so many words begins and ends.
fn bounds(parts: &[usize], part: usize, words: usize) -> (usize, usize) {
    (parts.get(part).copied().unwrap_or(words), parts.get(part + 1).copied().unwrap_or(words))
}

/// What a word tells of a hash.
const fn hash_of(word: u64) -> u64 {
    word >> NUMBER_BITS
}

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
        let away: usize = self.away.iter().map(|away| away.keys).sum();
        away + self.logs.iter().map(|log| log.words.len()).sum::<usize>()
    }

    /// Notes the keys of records of one block.
    pub(super) fn extend(&mut self, mut entries: impl Iterator<Item = (u64, Position)>) {
        loop {
            if self.logs.last().is_none_or(|log| log.words.len() == LONGEST) {
                // Who has filled one log fills the next.
                let room = if self.logs.is_empty() { 0 } else { LONGEST };
                self.logs.push(Log { words: Vec::with_capacity(room), ..Log::default() });
            }
            let Some(log) = self.logs.last_mut() else { return };
            entries.by_ref().take(LONGEST - log.words.len()).for_each(|(hash, position)| log.push(hash, position));
            if log.words.len() < LONGEST {
                break;
            }
            log.close();
            log.note(self.memory.as_ref());
        }
        self.logs.last_mut().into_iter().for_each(|log| log.note(self.memory.as_ref()));
        let Some(memory) = &self.memory else { return };
        if memory.is_short() && self.logs.iter().map(Log::bytes).sum::<usize>() >= SMALLEST {
            for mut log in self.logs.drain(..) {
                memory.note(log.noted, 0);
                if log.parts.is_empty() {
                    log.close();
                }
                let (keys, written) = (log.words.len(), log.written());
                self.away.extend(memory.put(&written).map(|stored| Away { stored, keys, parts: log.parts }));
            }
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.logs.append(&mut other.logs);
        self.away.append(&mut other.away);
        self.memory = self.memory.take().or(other.memory);
    }

    fn all(&self) -> Vec<(u64, Position)> {
        let mut all = Vec::with_capacity(self.len());
        let mut take = |log: &Log| all.extend(log.words.iter().map(|word| (word & !NUMBER, position(&log.runs, *word))));
        self.logs.iter().for_each(&mut take);
        self.away.iter().filter_map(|away| self.log(away)).for_each(|log| take(&log));
        all
    }

    /// A log that was put away. Where it cannot be had, that is noted.
    fn log(&self, away: &Away) -> Option<Log> {
        let memory = self.memory.as_ref()?;
        let log = memory.get(away.stored).and_then(|bytes| Log::read(&bytes, away));
        if log.is_none() {
            memory.lose();
        }
        log
    }

    /// The runs of a log that was put away, without its words. Where they cannot be had, that is noted.
    fn runs(&self, away: &Away) -> Option<Runs> {
        let memory = self.memory.as_ref()?;
        let runs = memory.get(away.stored.behind(away.keys * WORD)).and_then(|bytes| Runs::read(words_of(&bytes), away.keys));
        if runs.is_none() {
            memory.lose();
        }
        runs
    }

    /// The words of a part of a log that was put away.
    fn words(&self, away: &Away, part: usize) -> Vec<u64> {
        let (start, end) = bounds(&away.parts, part, away.keys);
        let bytes = self.memory.as_ref().and_then(|memory| memory.get(away.stored.part(start * WORD, (end - start) * WORD)));
        words_of(&bytes.unwrap_or_default()).collect()
    }

    /// The places of the records whose hashes meet, in order.
    pub(super) fn meeting(&self) -> Vec<Position> {
        let closed = |log: &'_ Log| {
            let mut log = log.clone();
            log.close();
            log
        };
        let logs: Vec<Cow<'_, Log>> =
            self.logs.iter().map(|log| if log.parts.is_empty() { Cow::Owned(closed(log)) } else { Cow::Borrowed(log) }).collect();
        let parts: Vec<usize> = (0..PARTS).collect();
        let mut all = parallel::each(&parts, |part| self.meeting_of(&logs, *part)).concat();
        all.sort_unstable();
        all
    }

    /// As [`Self::meeting`], of the hashes of a part, in any order.
    fn meeting_of(&self, logs: &[Cow<'_, Log>], part: usize) -> Vec<Position> {
        let away: Vec<(&Away, Vec<u64>)> = self.away.iter().map(|away| (away, self.words(away, part))).collect();
        let here = || logs.iter().map(|log| (log.as_ref(), log.part(part)));
        let all = || here().map(|(_, words)| words).chain(away.iter().map(|(_, words)| words.as_slice()));
        // Most hashes meet nobody: a bit for each tells nearly all of them.
        let count = all().map(<[u64]>::len).sum();
        let (mut seen, mut met) = (Bits::of(count), Bits::of(count));
        let mut any = false;
        for word in all().flatten() {
            if seen.set(hash_of(*word)) {
                met.set(hash_of(*word));
                any = true;
            }
        }
        if !any {
            return Vec::new();
        }
        let mut near: Vec<(u64, Position)> = Vec::new();
        let mut note = |runs: &Runs, words: &[u64]| {
            let own = words.iter().filter(|word| met.has(hash_of(**word)));
            near.extend(own.map(|word| (hash_of(*word), position(runs, *word))));
        };
        here().for_each(|(log, words)| note(&log.runs, words));
        for (away, words) in &away {
            if words.iter().any(|word| met.has(hash_of(*word))) {
                self.runs(away).iter().for_each(|runs| note(runs, words));
            }
        }
        near.sort_unstable();
        let same = near.chunk_by(|(left, _), (right, _)| left == right).filter(|same| same.len() > 1).flatten();
        same.map(|(_, position)| *position).collect()
    }
}

impl Log {
    #[inline]
    fn push(&mut self, hash: u64, position: Position) {
        let number = self.words.len();
        self.runs.push(position);
        self.words.push(hash >> NUMBER_BITS << NUMBER_BITS | number as u64);
    }

    /// Puts the words in the order of their parts; nothing is noted any more.
    fn close(&mut self) {
        let mut ends = [0_usize; PARTS];
        self.words.iter().for_each(|word| ends[part_of(*word)] += 1);
        let mut begun = 0;
        for end in &mut ends {
            begun += std::mem::replace(end, begun);
        }
        self.parts = ends.to_vec();
        let mut words = vec![0; self.words.len()];
        for word in &self.words {
            let at = &mut ends[part_of(*word)];
            words[*at] = *word;
            *at += 1;
        }
        self.words = words;
    }

    /// The words of a part of a closed log.
    fn part(&self, part: usize) -> &[u64] {
        let (start, end) = bounds(&self.parts, part, self.words.len());
        &self.words[start..end]
    }

    /// As it is put away: little-endian words of eight bytes; the keys', then the runs'.
    fn written(&self) -> Vec<u8> {
        self.words.iter().copied().chain(self.runs.words()).flat_map(u64::to_le_bytes).collect()
    }

    /// What was written; `None` where it is not that.
    fn read(bytes: &[u8], away: &Away) -> Option<Self> {
        let mut read = words_of(bytes);
        let words: Vec<u64> = read.by_ref().take(away.keys).collect();
        let runs = Runs::read(read, words.len())?;
        (words.len() == away.keys).then(|| Self { words, runs, parts: away.parts.clone(), noted: 0 })
    }

    const fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.runs.bytes()
    }

    /// Notes how large it has become.
    fn note(&mut self, memory: Option<&Share>) {
        let now = self.bytes();
        memory.into_iter().for_each(|memory| memory.follow(&mut self.noted, now));
    }
}

/// The record of a key.
fn position(runs: &Runs, word: u64) -> Position {
    runs.get(usize::try_from(word & NUMBER).unwrap_or(0))
}

/// The words that were put away.
fn words_of(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word))
}

/// Bits by hashes, [`BITS_EACH`] times as many as there are hashes.
struct Bits {
    words: Vec<u64>,
    /// How many bits, less one.
    last: u64,
}

impl Bits {
    fn of(hashes: usize) -> Self {
        let bits = hashes.saturating_mul(BITS_EACH).next_power_of_two().max(64);
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
            entries.extend((from..).map(|hash| hash << NUMBER_BITS).zip(places.iter().copied()));
            entries
        };
        let whole = put(&places, 0);
        assert_eq!(whole.all(), (0..).map(|hash| hash << NUMBER_BITS).zip(places).collect::<Vec<_>>());
        assert_eq!(whole.logs[0].runs.runs(), 5);
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

    #[test]
    fn hashes_that_meet_are_found_across_logs() {
        let numbers = 0..2 * LONGEST as u64 + 1000;
        let place = |number: u64| Position { table: 1, block: 0, record: u32::try_from(number).unwrap() };
        // The last thousand are the first ones again.
        let hash = |number: u64| (number % (2 * LONGEST as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut entries = Entries::default();
        entries.extend(numbers.clone().map(|number| (hash(number), place(number))));
        assert_eq!((entries.logs.len(), entries.len()), (3, 2 * LONGEST + 1000));
        let wanted: Vec<Position> = (0..1000).chain(2 * LONGEST as u64..numbers.end).map(place).collect();
        assert_eq!(entries.meeting(), wanted);
    }
}
