//! Rows and cells of a block that holds whole rows.

use memchr::memchr;

use super::stretch::{MOST, Stretch};
use super::table::CsvTable;
use crate::evidence::back_off::BackOff;
use crate::evidence::batch::{BatchBuffer, RejectReason};
use crate::evidence::bits::Bits;
use crate::evidence::bits::marks::Marks;
use crate::evidence::bits::separators::{Delimited, Rows, Separators};
use crate::evidence::decode::{blank, small};
use crate::evidence::layout::{CsvDialect, TableLayout};

/// A row whose cells have been found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'b> {
    pub(super) block: &'b [u8],
    /// Where it begins.
    pub(super) start: usize,
    /// Where each cell ends; the last one may end before.
    pub(super) ends: &'b [u32],
    /// Where the last cell ends.
    pub(super) end: usize,
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
        let end = if index + 1 == self.ends.len() { self.end } else { end };
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
}

/// What the parser needs of memory, whatever it parses: kept from block to block.
#[derive(Debug, Default)]
pub(crate) struct Room {
    separators: Separators,
    /// Where the cells of the row that is looked at end.
    ends: Vec<u32>,
    /// The bounds of rows that were looked at byte by byte, to be decoded together: for each
    /// the place before its first cell, and where each cell ends.
    bounds: Vec<u32>,
}

impl<'l> CsvParser<'l> {
    pub(crate) fn new(dialect: &'l CsvDialect, tables: &'l [TableLayout]) -> Self {
        Self { dialect, tables: tables.iter().map(|table| CsvTable::new(dialect, table)).collect() }
    }

    /// Reads the rows of a block, whose marks these are, into the tables' batches.
    pub(crate) fn parse(&mut self, block: &[u8], marks: &Marks, batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            table.start(block, out);
        }
        let mut room = batches.first_mut().map(|out| std::mem::take(&mut out.room)).unwrap_or_default();
        let is_text = marks.is_text(block);
        room.separators.start();
        room.ends.resize(self.dialect.header.len(), 0);
        room.bounds.clear();
        let singly = matches!(self.dialect.delimiter, b'"' | b'\n' | b'\r') || self.dialect.header.is_empty();
        let mut reader = Reader {
            parser: self,
            block,
            suspect: !is_text,
            singly: singly || !is_text,
            batches: &mut *batches,
            bounds: std::mem::take(&mut room.bounds),
            start: 0,
            cells: 0,
            quoted: false,
            bad: None,
            ordinal: 0,
        };
        reader.rows(&mut room, &marks.delimited);
        let rows = reader.ordinal;
        room.bounds = reader.bounds;
        for out in batches.iter_mut() {
            out.rows = rows;
        }
        if let Some(out) = batches.first_mut() {
            out.room = room;
        }
    }
}

/// The state of one walk over a block.
struct Reader<'r, 'l> {
    parser: &'r mut CsvParser<'l>,
    block: &'r [u8],
    /// The block holds zero bytes or is no UTF-8.
    suspect: bool,
    /// Rows are looked at one by one, and byte by byte.
    singly: bool,
    batches: &'r mut [BatchBuffer],
    /// As [`Room::bounds`]: of rows that follow each other.
    bounds: Vec<u32>,
    start: usize,
    /// Cells that have ended in this row.
    cells: usize,
    quoted: bool,
    bad: Option<RejectReason>,
    ordinal: u32,
}

impl Reader<'_, '_> {
    fn rows(&mut self, room: &mut Room, marks: &Delimited) {
        let mut ends = std::mem::take(&mut room.ends);
        // Where many rows can only be read byte by byte, it is not tried with each one whether the next can be read otherwise.
        let mut together = BackOff::default();
        while self.start < self.block.len() {
            let tried = together.tries();
            if tried && !self.singly {
                let rows = self.alike(room, marks);
                if rows > 0 {
                    together.succeed(small(rows));
                    continue;
                }
            }
            self.any_row(&mut ends, marks);
            if !tried {
                together.pass();
                if together.tries() {
                    room.separators.restart(self.start);
                }
            } else if room.separators.take_any(self.start) {
                together.fail();
            }
        }
        self.end_stretch();
        room.ends = ends;
    }

    /// Reads the rows from here on that have as many cells as the header and
    /// are neither blank nor skipped; gives how many there are.
    fn alike(&mut self, room: &mut Room, marks: &Delimited) -> usize {
        let columns = self.parser.dialect.header.len();
        let Rows { bounds, doubled, odd } = room.separators.rows(self.block, marks, columns, MOST);
        let mut stretch =
            Stretch { block: self.block, columns, bounds, step: columns, first: self.ordinal, line_ends: true, doubled, odd: Some(odd) };
        let skip = &self.parser.dialect.skip_when_empty;
        if columns == 1 || !skip.is_empty() {
            // A row of no bytes is blank, whatever the header.
            let no_record = |row: &Row<'_>| row.end == row.start || (!skip.is_empty() && skip.iter().all(|index| row.is_blank(*index)));
            let records = stretch.rows().take_while(|row| !no_record(row)).count();
            stretch.bounds = bounds.get(..=records * columns).unwrap_or_default();
        }
        let rows = stretch.len();
        let Some(last) = stretch.bounds.last().filter(|_| rows > 0) else { return 0 };
        self.end_stretch();
        for (table, out) in self.parser.tables.iter_mut().zip(self.batches.iter_mut()) {
            table.rows(stretch, out);
        }
        self.start = *last as usize + 1;
        self.ordinal += small(rows);
        room.separators.take(rows, columns);
        rows
    }

    /// Makes the records of the rows that were looked at byte by byte.
    fn end_stretch(&mut self) {
        if self.bounds.is_empty() {
            return;
        }
        let columns = self.parser.dialect.header.len();
        let rows = self.bounds.len() / (columns + 1);
        let first = self.ordinal - small(rows);
        let stretch =
            Stretch { block: self.block, columns, bounds: &self.bounds, step: columns + 1, first, line_ends: false, doubled: true, odd: None };
        for (table, out) in self.parser.tables.iter_mut().zip(self.batches.iter_mut()) {
            table.rows(stretch, out);
        }
        self.bounds.clear();
    }

    /// Reads one row, whatever it is.
    fn any_row(&mut self, ends: &mut [u32], marks: &Delimited) {
        let block = self.block;
        let delimiter = self.parser.dialect.delimiter;
        let (mut cell, mut from) = (self.start, self.start);
        let (mut next_separator, mut next_quote) = (None, None);
        loop {
            let next =
                |known: Option<usize>, bits: &Bits| known.filter(|known| *known >= from).unwrap_or_else(|| bits.next(from).unwrap_or(block.len()));
            let (a, b) = (next(next_separator, &marks.separators), next(next_quote, &marks.quotes));
            (next_separator, next_quote) = (Some(a), Some(b));
            let place = a.min(b);
            from = place + 1;
            match block.get(place) {
                None if self.start < block.len() => return self.end_row(ends, block.len(), block.len()),
                None => return,
                Some(byte) if *byte == delimiter => {
                    if let Some(end) = ends.get_mut(self.cells) {
                        *end = small(place);
                    }
                    self.cells += 1;
                    cell = place + 1;
                }
                Some(b'\n') => {
                    let end = if place > cell && block.get(place - 1) == Some(&b'\r') { place - 1 } else { place };
                    return self.end_row(ends, end, place + 1);
                }
                Some(_) if place == cell => from = self.quoted_part(place, &marks.quotes),
                _ => {}
            }
        }
    }

    /// Walks over a quoted part; gives the place behind its closing quote.
    fn quoted_part(&mut self, open: usize, quotes: &Bits) -> usize {
        self.quoted = true;
        let mut place = open + 1;
        loop {
            let Some(mark) = quotes.next(place) else {
                self.bad = Some(RejectReason::OpenQuote);
                return self.block.len();
            };
            place = mark + 1;
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
        if blank {
            self.end_stretch();
        } else {
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
            end,
            quoted: self.quoted,
            ordinal: self.ordinal,
        };
        if self.bad.is_none() {
            let skip = &self.parser.dialect.skip_when_empty;
            if !skip.is_empty() && self.cells <= columns && skip.iter().all(|index| row.is_blank(*index)) {
                self.end_stretch();
                return;
            }
            if self.cells != columns {
                self.bad = Some(RejectReason::RaggedRow);
            }
        }
        if let Some(reason) = self.bad {
            self.end_stretch();
            for out in self.batches.iter_mut() {
                out.reject(small(self.start), self.ordinal, reason);
            }
            return;
        }
        if self.bounds.len() >= MOST * (columns + 1) {
            self.end_stretch();
        }
        self.bounds.push(small(self.start).wrapping_sub(1));
        self.bounds.extend(row.ends);
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
