//! Where the records stand that something was noted of, one after the other.

use crate::evidence::decode::small;
use crate::finding::Position;

/// Places of records by their number. Records that follow each other in a
/// block share one.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    /// The first record of each run, and its number.
    firsts: Vec<(Position, usize)>,
    length: usize,
}

/// Bytes of a word as it is put away, little-endian.
pub(super) const WORD: usize = size_of::<u64>();

impl Runs {
    #[inline]
    pub(super) fn push(&mut self, position: Position) {
        let follows = self.firsts.last().is_some_and(|(first, number)| {
            let next = first.record as usize + (self.length - number);
            (first.table, first.block, next) == (position.table, position.block, position.record as usize)
        });
        if !follows {
            self.firsts.push((position, self.length));
        }
        self.length += 1;
    }

    /// How many runs there are.
    #[cfg(test)]
    pub(super) const fn runs(&self) -> usize {
        self.firsts.len()
    }

    /// Bytes of memory that they take.
    pub(super) const fn bytes(&self) -> usize {
        self.firsts.capacity() * size_of::<(Position, usize)>()
    }

    /// The place of the record of a number that was pushed.
    pub(super) fn get(&self, number: usize) -> Position {
        let run = self.firsts.partition_point(|(_, first)| *first <= number).saturating_sub(1);
        let (first, start) = self.firsts[run];
        Position { record: first.record + small(number - start), ..first }
    }

    /// As they are put away: table, block, record and number of the first of each run, a word each.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.firsts.iter().flat_map(|(first, number)| [first.table, first.block, first.record].map(u64::from).into_iter().chain([*number as u64]))
    }

    /// What was put away, of so many records; `None` where it is not that.
    pub(super) fn read(mut words: impl Iterator<Item = u64>, length: usize) -> Option<Self> {
        let mut firsts = Vec::new();
        while let Some(table) = words.next() {
            let mut part = || u32::try_from(words.next()?).ok();
            let first = Position { table: u32::try_from(table).ok()?, block: part()?, record: part()? };
            firsts.push((first, usize::try_from(words.next()?).ok()?));
        }
        Some(Self { firsts, length })
    }
}
