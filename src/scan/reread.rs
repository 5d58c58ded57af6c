//! Single records of a file that was read before, read again.

use super::round::{BlockInfo, FileRead, Stop};
use crate::evidence::batch::{Batch, BatchBuffer, Place};
use crate::evidence::bits::Bits;
use crate::evidence::collect::{Blob, Opened};
use crate::evidence::layout::FileLayout;
use crate::evidence::read::Parser;
use crate::finding::Position;
use crate::key;

/// A file of which records are read again.
pub(super) struct Reread<'r> {
    layout: &'r FileLayout,
    read: &'r FileRead,
    file: Opened,
    seed: u64,
    parser: Parser<'r>,
    buffers: Vec<BatchBuffer>,
    /// The stretch that the buffers hold, as the numbers of its table, its block and itself; and its bytes.
    parsed: Option<([usize; 3], Vec<u8>)>,
}

/// A record of one of its blocks.
pub(super) struct Record<'r> {
    pub layout: &'r FileLayout,
    pub info: &'r BlockInfo,
    /// The table's place in the layout.
    pub table: usize,
    pub batch: Batch<'r>,
    /// Its index in the batch.
    pub index: usize,
    /// Where it stands in the block, behind the bytes that the block skips.
    pub place: Place,
    /// The first byte of its row or object.
    pub first: Option<u8>,
    /// Line ends in the block before it.
    pub lines: u64,
}

/// Why a record cannot be read again: its bytes are not what they were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed;

impl<'r> Reread<'r> {
    /// Opens a file.
    pub fn open(blob: &Blob, layout: &'r FileLayout, read: &'r FileRead, seed: u64) -> Result<Self, Changed> {
        let buffers = layout.tables.iter().map(|_| BatchBuffer::default()).collect();
        let file = blob.opened().map_err(|_| Changed)?;
        Ok(Self { layout, read, file, seed, parser: Parser::new(layout), buffers, parsed: None })
    }

    /// The record at a position, whose table is the layout's `table`th.
    pub fn record(&mut self, table: usize, position: Position) -> Result<Record<'_>, Changed> {
        let number = position.block as usize;
        let info = self.read.blocks.get(number).ok_or(Changed)?;
        let stops = info.stops.get(table).ok_or(Changed)?;
        let at = stops.partition_point(|stop| stop.ordinal <= position.record).checked_sub(1).ok_or(Changed)?;
        let stop = stops.get(at).ok_or(Changed)?;
        let end = stops.get(at + 1).map_or(info.length - info.skip, |next| next.offset as usize);
        if self.parsed.as_ref().is_none_or(|(parsed, _)| *parsed != [table, number, at]) {
            self.parsed = None;
            let bytes = self.stretch(info, stop, end)?;
            self.parser.parse(&bytes, &mut self.buffers);
            self.parsed = Some(([table, number, at], bytes));
        }
        let stretch = self.parsed.as_ref().map_or(&[][..], |(_, bytes)| bytes.as_slice());
        let buffer = self.buffers.get(table).ok_or(Changed)?;
        let batch = buffer.view(position.table, position.block, stretch);
        let wanted = position.record - stop.ordinal;
        let index = buffer.places().binary_search_by_key(&wanted, |place| place.ordinal).map_err(|_| Changed)?;
        let within = batch.place(index);
        let before = stretch.get(..within.offset as usize).unwrap_or_default();
        let lines = u64::from(stop.lines) + Bits::count(before, b'\n');
        let place = Place { offset: stop.offset + within.offset, ordinal: position.record, row: stop.row + within.row, part: within.part };
        let first = stretch.get(before.len()).copied();
        Ok(Record { layout: self.layout, info, table, batch, index, place, first, lines })
    }

    fn stretch(&mut self, info: &BlockInfo, stop: &Stop, end: usize) -> Result<Vec<u8>, Changed> {
        let start = stop.offset as usize;
        let offset = info.offset + (info.skip + start) as u64;
        let bytes = self.file.read_at(offset, end - start).map_err(|_| Changed)?;
        if bytes.len() == end - start && key::hash(self.seed, &bytes) == stop.digest { Ok(bytes) } else { Err(Changed) }
    }
}
