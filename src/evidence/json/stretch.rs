//! Stretches of records that fit known shapes: read one by one, decoded
//! column by column.

use super::lane::Reached;
use super::records::{Object, Source, Table};
use super::template::Marks;
use super::walk::{Captured, Piece};
use crate::evidence::batch::{BatchBuffer, Cell, MAX_DECODED};
use crate::evidence::decode::{Raw, small};

/// Records of a stretch.
const MOST: usize = 64;

/// The records of one table that were read and are not yet decoded.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Whether records of this block may be read so.
    open: bool,
    /// Where each record begins, and the ordinal of its row.
    places: Vec<(u32, u32)>,
    /// For each slot, what fills it in each record: pieces of the block.
    pieces: Vec<Option<Piece>>,
    /// The pieces of one record, for columns that look at several.
    one: Captured,
}

impl Stretch {
    /// Whether it has room for no more records.
    pub(super) fn is_full(&self) -> bool {
        self.places.len() == MOST
    }

    /// What fills the slots in the next record.
    pub(super) fn row(&mut self) -> PieceRow<'_> {
        PieceRow { pieces: &mut self.pieces, number: self.places.len() }
    }

    /// Ends the next record, which begins at `start`.
    pub(super) fn end_row(&mut self, start: usize, row: u32) {
        self.places.push((small(start), row));
    }
}

/// What fills the slots in one record of a stretch.
#[derive(Debug)]
pub(super) struct PieceRow<'s> {
    pub(super) pieces: &'s mut [Option<Piece>],
    pub(super) number: usize,
}

impl PieceRow<'_> {
    #[inline]
    pub(super) fn set(&mut self, slot: usize, piece: Option<Piece>) {
        if let Some(filled) = self.pieces.get_mut(slot.wrapping_mul(MOST).wrapping_add(self.number)) {
            *filled = piece;
        }
    }

    /// Fills another slot as one is filled.
    pub(super) fn copy(&mut self, slot: usize, other: usize) {
        let piece = self.pieces.get(slot.wrapping_mul(MOST).wrapping_add(self.number)).copied().flatten();
        self.set(other, piece);
    }
}

impl Table<'_> {
    /// Begins a block. Where the decoded values of a stretch might be more
    /// than one record may have, records are read and decoded alone.
    pub fn begin_stretch(&mut self, is_text: bool, block: &[u8]) {
        let most = self.columns.iter().try_fold(0_usize, |most, (_, decoder)| most.checked_add(decoder.most_side(MOST, block.len())?));
        self.stretch.open = is_text && !self.each && most.is_some_and(|most| most <= MAX_DECODED);
        self.stretch.places.clear();
        self.stretch.pieces.resize(MOST * self.slots, None);
    }

    /// Reads the record that begins at a place, and tells where it ends, if it
    /// fits a known shape; `None` where it must be read as any other.
    #[inline]
    pub fn read_on(
        &mut self,
        block: &[u8],
        (start, row): (usize, u32),
        lines: bool,
        marks: &mut Marks<'_>,
        out: &mut BatchBuffer,
    ) -> Option<Reached> {
        if !self.stretch.open {
            return None;
        }
        if self.stretch.is_full() {
            self.end_stretch(block, out);
        }
        let read = self.templates.read_on(block, start, marks, &mut self.stretch.row())?;
        if lines && !matches!(block.get(read.place), None | Some(b'\n')) {
            return None;
        }
        self.stretch.end_row(start, row);
        Some(read)
    }

    /// Reads the lines from a place on, which is that of a row, that fit the
    /// shape that fits most; gives the place and the row behind them.
    pub fn read_lines(&mut self, block: &[u8], (mut start, mut row): (usize, u32), marks: &mut Marks<'_>, out: &mut BatchBuffer) -> (usize, u32) {
        while self.stretch.open {
            if self.stretch.is_full() {
                self.end_stretch(block, out);
            }
            (start, row) = self.templates.read_lines(block, (start, row), marks, &mut self.stretch);
            if !self.stretch.is_full() {
                break;
            }
        }
        (start, row)
    }

    /// Whether a row is the last one of the stretch.
    pub fn has_read(&self, row: u32) -> bool {
        self.stretch.places.last().is_some_and(|(_, last)| *last == row)
    }

    /// Makes the records of the stretch.
    pub fn end_stretch(&mut self, block: &[u8], out: &mut BatchBuffer) {
        let Stretch { places, pieces, one, .. } = &mut self.stretch;
        if places.is_empty() {
            return;
        }
        let nothing = Captured::default();
        for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
            let absent = decoder.absent();
            let mut object = Object { captured: &nothing, bytes: block, start: 0, part: 0, several: false, scratch: &mut self.scratch };
            out.extend(index, |out, cells| match source {
                Source::Slot(slot, _) => {
                    for piece in pieces.iter().skip(*slot * MOST).take(places.len()) {
                        match piece {
                            Some(Piece::Plain(span)) => decoder.push(Raw { bytes: span.of(block), at: Some(span.start) }, cells, out),
                            Some(piece) => cells.push(object.one(*piece, decoder, out)),
                            None => cells.push(absent),
                        }
                    }
                }
                Source::Absent | Source::Element(_) => cells.extend(places.iter().map(|_| absent)),
                Source::Constant(_, cell) => cells.extend(places.iter().map(|_| *cell)),
                Source::FirstOf(_) => {
                    for number in 0..places.len() {
                        let single = one.single.get_or_insert_default();
                        single.clear();
                        single.extend(pieces.iter().skip(number).step_by(MOST));
                        let mut object = Object { captured: one, bytes: block, start: 0, part: 0, several: false, scratch: object.scratch };
                        let cell = object.cell(source, decoder, out);
                        cells.push(if cell == Cell::Absent { absent } else { cell });
                    }
                }
            });
        }
        out.end_stretch(places.iter().copied());
        places.clear();
    }
}
