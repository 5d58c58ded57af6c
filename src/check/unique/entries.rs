//! What a uniqueness check keeps of every record.

use serde::{Deserialize, Serialize};

use crate::finding::Position;

/// The hashes of keys and where their records stand. Records that follow each
/// other in a block share one place: eight bytes a key are all that most need.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Entries {
    pub(super) hashes: Vec<u64>,
    /// The record of the first hash of each run, and which hash that is.
    runs: Vec<(Position, usize)>,
}

impl Entries {
    pub(super) fn push(&mut self, hash: u64, position: Position) {
        let follows = self.runs.last().is_some_and(|(first, start)| {
            let next = first.record as usize + (self.hashes.len() - start);
            (first.table, first.block, next) == (position.table, position.block, position.record as usize)
        });
        if !follows {
            self.runs.push((position, self.hashes.len()));
        }
        self.hashes.push(hash);
    }

    pub(super) fn append(&mut self, mut other: Self) {
        if self.hashes.is_empty() {
            *self = other;
            return;
        }
        let before = self.hashes.len();
        self.hashes.append(&mut other.hashes);
        self.runs.extend(other.runs.into_iter().map(|(position, start)| (position, start + before)));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Position)> + '_ {
        Part { entries: self, runs: 0..self.runs.len() }.iter()
    }

    /// Parts of at least so many hashes, but for the last.
    pub(super) fn parts(&self, hashes: usize) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let (mut from, mut begun) = (0, 0);
        for (run, (_, start)) in self.runs.iter().enumerate() {
            if start - begun >= hashes {
                parts.push(Part { entries: self, runs: from..run });
                (from, begun) = (run, *start);
            }
        }
        parts.push(Part { entries: self, runs: from..self.runs.len() });
        parts
    }
}

/// Some of the runs.
#[derive(Debug, Clone)]
pub(super) struct Part<'e> {
    entries: &'e Entries,
    runs: std::ops::Range<usize>,
}

impl<'e> Part<'e> {
    pub(super) fn iter(self) -> impl Iterator<Item = (u64, Position)> + 'e {
        let Entries { hashes, runs } = self.entries;
        let end = |run: usize| runs.get(run + 1).map_or(hashes.len(), |(_, start)| *start);
        self.runs.filter_map(|run| Some((run, runs.get(run)?))).flat_map(move |(run, (first, start))| {
            let own = hashes.get(*start..end(run)).unwrap_or_default();
            (first.record..).zip(own).map(|(record, hash)| (*hash, Position { record, ..*first }))
        })
    }
}

/// The entries are a set: their order is how they happened to arrive.
impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |entries: &Self| {
            let mut entries: Vec<_> = entries.iter().collect();
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
            (from..).zip(places).for_each(|(hash, place)| entries.push(hash, *place));
            entries
        };
        let whole = put(&places, 0);
        assert_eq!(whole.iter().collect::<Vec<_>>(), (0..).zip(places).collect::<Vec<_>>());
        assert_eq!(whole.runs.len(), 5);
        for hashes in 1..9 {
            let parts: Vec<_> = whole.parts(hashes).into_iter().flat_map(Part::iter).collect();
            assert_eq!(parts, whole.iter().collect::<Vec<_>>());
        }
        let mut merged = Entries::default();
        merged.append(put(&places[3..], 3));
        merged.append(put(&places[..3], 0));
        assert_eq!(merged, whole);
        assert_ne!(merged, put(&places, 1));
    }
}
