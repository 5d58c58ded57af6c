//! Rows that follow each other, to be decoded column by column.

use super::rows::Row;
use crate::evidence::bits::separators::OddCell;
use crate::evidence::decode::small;

/// Rows of a stretch at most.
pub(super) const MOST: usize = if cfg!(test) { 3 } else { 128 };

/// Rows that have as many cells as the header. Their ordinals follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'b> {
    pub(super) block: &'b [u8],
    /// Cells of a row.
    pub(super) columns: usize,
    /// For each row the place before its first cell, and the end of each cell.
    pub(super) bounds: &'b [u32],
    /// From one row's bounds to the next one's: where a row ends and the next
    /// one begins may be the same bound.
    pub(super) step: usize,
    /// The ordinal of the first row in the block.
    pub(super) first: u32,
    /// The last cells end where a line feed stands; a carriage return before it belongs to the line end.
    pub(super) line_ends: bool,
    /// Cells may have doubled quotes.
    pub(super) doubled: bool,
    /// The cells that do not begin with text: empty ones, and those that begin with a blank or a quote. `None`: nobody knows.
    pub(super) odd: Option<&'b [OddCell]>,
}

impl<'b> Stretch<'b> {
    pub(super) const fn len(&self) -> usize {
        // A row has one bound more than it has cells.
        (self.bounds.len() + self.step).saturating_sub(self.columns + 1) / self.step
    }

    /// Where each row's cell of a column begins and ends, quotes included.
    #[inline]
    pub(super) fn cells(self, column: usize) -> impl Iterator<Item = (u32, u32)> {
        (0..self.len()).map(move |row| self.cell(row, column))
    }

    /// Where a row's cell of a column begins and ends, quotes included.
    #[inline]
    pub(super) fn cell(&self, row: usize, column: usize) -> (u32, u32) {
        // Never beyond the bounds' own number: it need not be checked again and again.
        let at = row.wrapping_mul(self.step).wrapping_add(column);
        let [before, end] = self.bounds.get(at..).and_then(|bounds| bounds.first_chunk()).copied().unwrap_or_default();
        let start = before.wrapping_add(1);
        let returns = self.line_ends && column + 1 == self.columns;
        (start, if returns { without_return(self.block, start, end) } else { end })
    }

    /// Where each row begins, and its ordinal.
    #[inline]
    pub(super) fn places(&self) -> impl Iterator<Item = (u32, u32)> {
        self.bounds.chunks(self.step).take(self.len()).zip(self.first..).map(|(bounds, row)| (bounds[0].wrapping_add(1), row))
    }

    /// A row.
    pub(super) fn row(&self, number: usize) -> Option<Row<'b>> {
        let bounds = self.bounds.get(number * self.step..)?.get(..=self.columns)?;
        let (before, ends) = bounds.split_first()?;
        let start = before.wrapping_add(1);
        let (end, delimiters) = ends.split_last()?;
        let cell = delimiters.last().map_or(start, |delimiter| delimiter + 1);
        let end = if self.line_ends { without_return(self.block, cell, *end) } else { *end };
        Some(Row { block: self.block, start: start as usize, ends, end: end as usize, quoted: true, ordinal: self.first + small(number) })
    }

    /// The rows.
    pub(super) fn rows(self) -> impl Iterator<Item = Row<'b>> {
        (0..self.len()).filter_map(move |number| self.row(number))
    }
}

/// The end of a cell before a line feed, without the carriage return that belongs to it.
#[inline]
fn without_return(block: &[u8], start: u32, end: u32) -> u32 {
    if end > start && block.get(end as usize - 1) == Some(&b'\r') { end - 1 } else { end }
}
