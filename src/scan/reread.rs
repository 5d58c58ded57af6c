//! Single records of blocks that were read before, read again.

use super::round::{BlockInfo, FileRead};
use crate::evidence::batch::{Batch, BatchBuffer, Place};
use crate::evidence::bits::Bits;
use crate::evidence::collect::Blob;
use crate::evidence::layout::FileLayout;
use crate::evidence::read::Parser;
use crate::finding::Position;
use crate::key;

/// A block whose bytes are what they were.
pub(super) struct Reread<'r> {
    layout: &'r FileLayout,
    info: &'r BlockInfo,
    bytes: Vec<u8>,
    parser: Parser<'r>,
    buffers: Vec<BatchBuffer>,
    /// The table and the stop whose stretch the buffers hold.
    parsed: Option<(usize, usize)>,
    /// Line ends counted so far: up to which byte, and how many.
    counted: (usize, u64),
}

/// A record of it.
pub(super) struct Record<'r> {
    pub layout: &'r FileLayout,
    pub info: &'r BlockInfo,
    /// The block's bytes.
    pub bytes: &'r [u8],
    /// The table's place in the layout.
    pub table: usize,
    pub batch: Batch<'r>,
    /// Its index in the batch.
    pub index: usize,
    /// Where it stands in the block, behind the bytes that the block skips.
    pub place: Place,
    /// Line ends in the block before it.
    pub lines: u64,
}

impl<'r> Reread<'r> {
    /// Reads a block again. `None`: its bytes are not what they were.
    pub fn open(blob: &Blob, layout: &'r FileLayout, read: &'r FileRead, number: u32, seed: u64) -> Option<Self> {
        let info = read.blocks.get(number as usize)?;
        let bytes = blob.read_at(info.offset, info.length).ok()?;
        if bytes.len() != info.length || key::hash(seed, &bytes) != info.digest {
            return None;
        }
        let buffers = layout.tables.iter().map(|_| BatchBuffer::default()).collect();
        Some(Self { layout, info, bytes, parser: Parser::new(layout), buffers, parsed: None, counted: (0, 0) })
    }

    /// The record at a position, whose table is the layout's `table`th.
    pub fn record(&mut self, table: usize, position: Position) -> Option<Record<'_>> {
        let stops = self.info.stops.get(table)?;
        let at = stops.partition_point(|stop| stop.ordinal <= position.record).checked_sub(1)?;
        let (stop, next) = (stops.get(at)?, stops.get(at + 1));
        let body = self.bytes.get(self.info.skip..)?;
        let end = next.map_or(body.len(), |next| next.offset as usize);
        let stretch = body.get(stop.offset as usize..end)?;
        if self.parsed != Some((table, at)) {
            self.parser.parse(stretch, &mut self.buffers);
            self.parsed = Some((table, at));
        }
        let batch = self.buffers.get(table)?.view(position.table, position.block, stretch);
        let wanted = position.record - stop.ordinal;
        let index = self.buffers.get(table)?.places().binary_search_by_key(&wanted, |place| place.ordinal).ok()?;
        let place = batch.place(index);
        let place = Place { offset: stop.offset + place.offset, ordinal: position.record, row: stop.row + place.row, part: place.part };
        let lines = count(&mut self.counted, &self.bytes, self.info.skip + place.offset as usize);
        Some(Record { layout: self.layout, info: self.info, bytes: &self.bytes, table, batch, index, place, lines })
    }
}

/// Line ends before a byte. Records are mostly asked for in their order, so counting goes on where it ended.
fn count(counted: &mut (usize, u64), bytes: &[u8], to: usize) -> u64 {
    if counted.0 > to {
        *counted = (0, 0);
    }
    counted.1 += Bits::count(bytes.get(counted.0..to).unwrap_or_default(), b'\n');
    counted.0 = to;
    counted.1
}
