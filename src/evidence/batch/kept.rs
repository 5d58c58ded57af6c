//! Records that outlive their block: with the bytes of their planned cells, and no others.

use super::{Batch, BatchBuffer, Cell, Place};
use crate::evidence::decode::small;

/// A batch of its own.
#[derive(Debug)]
pub struct KeptBatch {
    table: u32,
    block: u32,
    buffer: BatchBuffer,
}

impl BatchBuffer {
    /// Bytes of memory that its cells, places and side bytes hold.
    #[must_use]
    pub fn held(&self) -> usize {
        let cells: usize = self.columns.iter().map(Vec::capacity).sum();
        self.side.capacity() + cells * size_of::<Cell>() + self.places.capacity() * size_of::<Place>()
    }
}

impl Batch<'_> {
    /// The batch without its block; `None` where its cells, which may share bytes of the block, do not fit one buffer.
    #[must_use]
    pub fn keep(&self) -> Option<KeptBatch> {
        let BatchBuffer { side, columns, places, rejections, rows, ordinals, .. } = self.buffer;
        // What was decoded stays where it is; what stood in the block comes behind it.
        let of_block = |cell: &Cell| if matches!(cell, Cell::Block { .. }) { cell.length() } else { 0 };
        // What neighbours share is there once.
        let own = |column: &Vec<Cell>| column.chunk_by(PartialEq::eq).filter_map(<[Cell]>::first).map(of_block).sum::<usize>();
        let bytes = side.len() + columns.iter().map(own).sum::<usize>();
        u32::try_from(bytes).ok()?;
        let mut all = Vec::with_capacity(bytes);
        all.extend_from_slice(side);
        let mut kept = Vec::with_capacity(columns.len());
        for column in columns {
            let mut cells: Vec<Cell> = Vec::with_capacity(column.len());
            let mut before = None;
            for cell in column {
                let kept = match (*cell, cells.last()) {
                    (own, Some(kept)) if before == Some(own) => *kept,
                    (Cell::Block { start, end }, _) => {
                        let (bytes, start) = (self.bytes.get(start as usize..end as usize)?, small(all.len()));
                        all.extend_from_slice(bytes);
                        Cell::Side { start, end: small(all.len()) }
                    }
                    (other, _) => other,
                };
                before = Some(*cell);
                cells.push(kept);
            }
            kept.push(cells);
        }
        let begun = all.len();
        let buffer = BatchBuffer {
            side: all,
            begun,
            overfull: false,
            columns: kept,
            places: places.clone(),
            rejections: rejections.clone(),
            rows: *rows,
            ordinals: *ordinals,
            ..BatchBuffer::default()
        };
        Some(KeptBatch { table: self.table, block: self.block, buffer })
    }
}

impl KeptBatch {
    /// The records.
    #[must_use]
    pub fn view(&self) -> Batch<'_> {
        self.buffer.view(self.table, self.block, &[])
    }

    /// Bytes of its longest value, and of all of its values written out.
    pub(crate) fn written(&self) -> (usize, u64) {
        let lengths = || self.buffer.columns.iter().flatten().map(Cell::length);
        (lengths().max().unwrap_or(0), lengths().map(|length| length as u64).sum())
    }

    /// Bytes of memory that it takes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        let cells: usize = self.buffer.columns.iter().map(Vec::len).sum();
        self.buffer.side.len() + cells * size_of::<Cell>() + self.buffer.places.len() * size_of::<Place>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RejectReason, Value};
    use super::*;

    #[test]
    fn a_batch_that_is_kept_says_the_same_without_its_block() {
        let block = b"one;two;three".to_vec();
        let mut buffer = BatchBuffer::default();
        buffer.reset(2);
        let decoded = buffer.side(b"decoded");
        for (row, cells) in
            [[Cell::Block { start: 0, end: 3 }, decoded], [Cell::Empty, Cell::Block { start: 8, end: 13 }], [Cell::Absent, Cell::Invalid]]
                .into_iter()
                .enumerate()
        {
            cells.into_iter().enumerate().for_each(|(column, cell)| buffer.push(column, cell));
            buffer.end_record(u32::try_from(row).unwrap() * 4, 0, 0);
        }
        buffer.reject(13, 3, RejectReason::RaggedRow);
        let batch = buffer.view(5, 6, &block);
        let kept = batch.keep().unwrap();
        let again = kept.view();
        assert_eq!((again.table, again.block, again.len()), (5, 6, 3));
        for record in 0..3 {
            assert_eq!(again.place(record), batch.place(record));
            (0..2).for_each(|column| assert_eq!(again.get(column, record), batch.get(column, record)));
        }
        assert_eq!(again.get(1, 1), Value::Bytes(b"three"));
        assert_eq!(again.rejections(), batch.rejections());
        assert!(kept.size() > block.len());
        assert_eq!(kept.written(), (7, 3 + 7 + 5));
    }

    #[test]
    fn what_neighbours_share_is_kept_once() {
        let block = [b'x'; 1000];
        let mut buffer = BatchBuffer::default();
        buffer.reset(1);
        for _ in 0..500 {
            buffer.push(0, Cell::Block { start: 0, end: 1000 });
            buffer.end_record(0, 0, 0);
        }
        let kept = buffer.view(0, 0, &block).keep().unwrap();
        assert_eq!((kept.buffer.side.len(), kept.written()), (1000, (1000, 500_000)));
        assert!((0..500).all(|record| kept.view().get(0, record) == Value::Bytes(&block)));
    }
}
