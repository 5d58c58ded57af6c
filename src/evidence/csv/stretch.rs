//! Rows that were found one after the other, to be decoded column by column.

use super::rows::Row;
use crate::evidence::decode::small;

/// Rows of a stretch at most.
pub(super) const MOST: usize = 64;

/// Rows that have as many cells as the header.
#[derive(Debug)]
pub(super) struct Stretch {
    columns: usize,
    /// For each row where it begins, and its ordinal in the block.
    pub(super) places: Vec<(u32, u32)>,
    /// For each row the place before its first cell, and where each cell ends.
    bounds: Vec<u32>,
}

impl Stretch {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, places: Vec::with_capacity(MOST), bounds: Vec::with_capacity(MOST * (columns + 1)) }
    }

    pub(super) fn is_full(&self) -> bool {
        self.places.len() >= MOST
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.bounds.clear();
    }

    /// Adds a row.
    #[inline]
    pub(super) fn push(&mut self, start: usize, ordinal: u32, delimiters: &[u32], end: usize) {
        self.places.push((small(start), ordinal));
        self.bounds.push(small(start).wrapping_sub(1));
        self.bounds.extend(delimiters);
        self.bounds.push(small(end));
    }

    /// The bytes of each row's cell of a column as they stand, with where they begin.
    #[inline]
    pub(super) fn cells<'s>(&'s self, block: &'s [u8], column: usize) -> impl Iterator<Item = (u32, &'s [u8])> {
        self.bounds.chunks_exact(self.columns + 1).map(move |bounds| {
            let [before, end] = bounds.get(column..).and_then(|bounds| bounds.first_chunk()).copied().unwrap_or_default();
            let start = before.wrapping_add(1);
            (start, block.get(start as usize..end as usize).unwrap_or_default())
        })
    }

    /// A row.
    pub(super) fn row<'s>(&'s self, block: &'s [u8], number: usize) -> Option<Row<'s>> {
        let (start, ordinal) = *self.places.get(number)?;
        let (_, ends) = self.bounds.chunks_exact(self.columns + 1).nth(number)?.split_first()?;
        Some(Row { block, start: start as usize, ends, quoted: true, ordinal })
    }

    /// The rows.
    pub(super) fn rows<'s>(&'s self, block: &'s [u8]) -> impl Iterator<Item = Row<'s>> {
        (0..self.places.len()).filter_map(move |number| self.row(block, number))
    }
}
