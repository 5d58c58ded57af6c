//! Rows and cells of a block that holds whole rows.

use memchr::memchr;

use super::table::CsvTable;
use crate::evidence::batch::{BatchBuffer, RejectReason};
use crate::evidence::bits::Bits;
use crate::evidence::decode::{blank, small};
use crate::evidence::layout::{CsvDialect, TableLayout};

/// A row whose cells have been found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'b> {
    pub(super) block: &'b [u8],
    /// Where it begins.
    pub(super) start: usize,
    /// Where each cell ends.
    pub(super) ends: &'b [u32],
    /// Whether a cell of it is quoted.
    pub(super) quoted: bool,
    /// Its ordinal in the block.
    pub(super) ordinal: u32,
}

/// A cell as it stands in the row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// First byte, behind an opening quote.
    pub(super) start: usize,
    /// One past the last byte, before a closing quote.
    pub(super) end: usize,
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
}

impl Row<'_> {
    /// A cell; `None` where the row is too short.
    #[inline]
    pub(super) fn field(&self, index: usize) -> Option<Field> {
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            None => self.start,
            Some(before) => *self.ends.get(before)? as usize + 1,
        };
        if self.quoted && start < end && self.block.get(start) == Some(&b'"') {
            return Some(Field { start: start + 1, end: end.max(start + 2) - 1, quoted: true });
        }
        Some(Field { start, end, quoted: false })
    }

    fn is_blank(&self, index: usize) -> bool {
        self.field(index).is_none_or(|field| self.block.get(field.start..field.end).is_none_or(blank))
    }
}

/// Parses the blocks of one delimited file.
#[derive(Debug)]
pub(crate) struct CsvParser<'l> {
    dialect: &'l CsvDialect,
    tables: Vec<CsvTable<'l>>,
    ends: Vec<u32>,
    /// The block's delimiters, line ends and quotes.
    marks: Bits,
}

impl<'l> CsvParser<'l> {
    pub(crate) fn new(dialect: &'l CsvDialect, tables: &'l [TableLayout]) -> Self {
        let tables = tables.iter().map(|table| CsvTable::new(dialect, table)).collect();
        Self { dialect, tables, ends: vec![0; dialect.header.len()], marks: Bits::default() }
    }

    /// Reads the rows of a block into the tables' batches.
    pub(crate) fn parse(&mut self, block: &[u8], batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            table.start(out);
        }
        let suspect = memchr(0, block).is_some() || std::str::from_utf8(block).is_err();
        let mut ends = std::mem::take(&mut self.ends);
        let mut marks = std::mem::take(&mut self.marks);
        marks.any_of(block, [self.dialect.delimiter, b'\n', b'"']);
        let mut reader = Reader { parser: self, block, suspect, batches, start: 0, cells: 0, quoted: false, bad: None, ordinal: 0 };
        reader.rows(&mut ends, &marks);
        let rows = reader.ordinal;
        (self.ends, self.marks) = (ends, marks);
        for out in batches {
            out.rows = rows;
        }
    }
}

/// The state of one walk over a block.
struct Reader<'r, 'l> {
    parser: &'r mut CsvParser<'l>,
    block: &'r [u8],
    /// The block holds zero bytes or is no UTF-8: rows are looked at one by one.
    suspect: bool,
    batches: &'r mut [BatchBuffer],
    start: usize,
    /// Cells that have ended in this row.
    cells: usize,
    quoted: bool,
    bad: Option<RejectReason>,
    ordinal: u32,
}

impl Reader<'_, '_> {
    fn rows(&mut self, ends: &mut [u32], marks: &Bits) {
        let block = self.block;
        let delimiter = self.parser.dialect.delimiter;
        let mut marks = marks.walk();
        let mut cell = 0;
        while let Some(place) = marks.next() {
            match block.get(place) {
                Some(byte) if *byte == delimiter => {
                    if let Some(end) = ends.get_mut(self.cells) {
                        *end = small(place);
                    }
                    self.cells += 1;
                    cell = place + 1;
                }
                Some(b'\n') => {
                    let end = if place > cell && block.get(place - 1) == Some(&b'\r') { place - 1 } else { place };
                    self.end_row(ends, end, place + 1);
                    cell = place + 1;
                }
                Some(_) if place == cell => {
                    let behind = self.quoted_part(place);
                    marks.skip_to(behind);
                }
                _ => {}
            }
        }
        if self.start < block.len() {
            self.end_row(ends, block.len(), block.len());
        }
    }

    /// Walks over a quoted part; gives the place behind its closing quote.
    fn quoted_part(&mut self, open: usize) -> usize {
        self.quoted = true;
        let mut place = open + 1;
        loop {
            let rest = self.block.get(place..).unwrap_or_default();
            let Some(quote) = memchr(b'"', rest) else {
                self.bad = Some(RejectReason::OpenQuote);
                return self.block.len();
            };
            place += quote + 1;
            match (self.block.get(place), self.block.get(place + 1)) {
                (Some(b'"'), _) => place += 1,
                (None | Some(b'\n'), _) | (Some(b'\r'), Some(b'\n')) => return place,
                (Some(next), _) if *next == self.parser.dialect.delimiter => return place,
                _ => {
                    self.bad = self.bad.or(Some(RejectReason::TextAfterQuote));
                    return place;
                }
            }
        }
    }

    #[inline]
    fn end_row(&mut self, ends: &mut [u32], end: usize, next: usize) {
        let blank = self.cells == 0 && end == self.start;
        if !blank {
            if let Some(last) = ends.get_mut(self.cells) {
                *last = small(end);
            }
            self.cells += 1;
            self.row(ends, end);
        }
        self.start = next;
        self.cells = 0;
        self.quoted = false;
        self.bad = None;
        self.ordinal += 1;
    }

    #[inline]
    fn row(&mut self, ends: &[u32], end: usize) {
        if self.suspect
            && let Some(bytes) = self.block.get(self.start..end)
        {
            self.examine(bytes);
        }
        let columns = self.parser.dialect.header.len();
        let row = Row {
            block: self.block,
            start: self.start,
            ends: ends.get(..self.cells.min(columns)).unwrap_or_default(),
            quoted: self.quoted,
            ordinal: self.ordinal,
        };
        if self.bad.is_none() {
            let skip = &self.parser.dialect.skip_when_empty;
            if !skip.is_empty() && self.cells <= columns && skip.iter().all(|index| row.is_blank(*index)) {
                return;
            }
            if self.cells != columns {
                self.bad = Some(RejectReason::RaggedRow);
            }
        }
        if let Some(reason) = self.bad {
            for out in self.batches.iter_mut() {
                out.reject(small(self.start), self.ordinal, reason);
            }
            return;
        }
        for (table, out) in self.parser.tables.iter_mut().zip(self.batches.iter_mut()) {
            table.row(row, out);
        }
    }

    /// Zero bytes and broken UTF-8 outrank every other reason.
    #[cold]
    fn examine(&mut self, bytes: &[u8]) {
        if memchr(0, bytes).is_some() {
            self.bad = Some(RejectReason::ZeroByte);
        } else if std::str::from_utf8(bytes).is_err() {
            self.bad = Some(RejectReason::InvalidUtf8);
        }
    }
}
