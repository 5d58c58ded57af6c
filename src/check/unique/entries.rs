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
        let ends = self.runs.iter().skip(1).map(|(_, start)| *start).chain([self.hashes.len()]);
        self.runs.iter().zip(ends).flat_map(|((first, start), end)| {
            let hashes = self.hashes.get(*start..end).unwrap_or_default();
            (first.record..).zip(hashes).map(|(record, hash)| (*hash, Position { record, ..*first }))
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
        let mut merged = Entries::default();
        merged.append(put(&places[3..], 3));
        merged.append(put(&places[..3], 0));
        assert_eq!(merged, whole);
        assert_ne!(merged, put(&places, 1));
    }
}
