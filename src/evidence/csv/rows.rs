//! Rows and cells of a block that holds whole rows.

use memchr::memchr;

use super::stretch::Stretch;
use super::table::CsvTable;
use crate::evidence::batch::{BatchBuffer, RejectReason};
use crate::evidence::bits::{Bits, Places, Wide};
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
    marks: Marks,
    stretch: Stretch,
}

/// The marks of a block.
#[derive(Debug, Default)]
struct Marks {
    delimiters: Bits,
    /// Places of the next delimiters.
    next: Places,
    /// Line ends and quotes.
    others: Bits,
    wide: Wide,
}

impl<'l> CsvParser<'l> {
    pub(crate) fn new(dialect: &'l CsvDialect, tables: &'l [TableLayout]) -> Self {
        let tables = tables.iter().map(|table| CsvTable::new(dialect, table)).collect();
        Self { dialect, tables, ends: vec![0; dialect.header.len()], marks: Marks::default(), stretch: Stretch::new(dialect.header.len()) }
    }

    /// Reads the rows of a block into the tables' batches.
    pub(crate) fn parse(&mut self, block: &[u8], batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            table.start(block, out);
        }
        let mut ends = std::mem::take(&mut self.ends);
        let mut marks = std::mem::take(&mut self.marks);
        let kinds = [&mut marks.delimiters, &mut marks.others];
        let is_text = Bits::separators(block, self.dialect.delimiter, [b'\n', b'"'], kinds, &mut marks.wide);
        marks.next.start();
        let mut reader = Reader { parser: self, block, suspect: !is_text, batches, start: 0, cells: 0, quoted: false, bad: None, ordinal: 0 };
        reader.rows(&mut ends, &mut marks);
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
    fn rows(&mut self, ends: &mut [u32], marks: &mut Marks) {
        while self.start < self.block.len() {
            if self.suspect || !self.bare_row(marks) {
                self.any_row(ends, marks);
                marks.next.skip_to(self.start);
            }
        }
        self.end_stretch();
    }

    /// Reads a row that has no quotes, as many cells as the header, and is not
    /// skipped; gives whether it is one.
    #[inline]
    fn bare_row(&mut self, marks: &mut Marks) -> bool {
        let Some(delimiters) = self.parser.dialect.header.len().checked_sub(1) else { return false };
        let Some(place) = marks.others.next(self.start).filter(|place| self.block.get(*place) == Some(&b'\n')) else { return false };
        let places = marks.next.ahead(&marks.delimiters, delimiters + 1);
        let Some((own, behind)) = places.split_at_checked(delimiters) else { return false };
        let cell = own.last().map_or(self.start, |last| *last as usize + 1);
        // A row of no bytes is blank, whatever the header.
        if cell > place || place == self.start || behind.first().is_some_and(|next| (*next as usize) < place) {
            return false;
        }
        let end = if place > cell && self.block.get(place - 1) == Some(&b'\r') { place - 1 } else { place };
        if end == self.start || self.is_skipped(own, end) {
            return false;
        }
        self.parser.stretch.push(self.start, self.ordinal, own, end);
        marks.next.take(delimiters);
        self.start = place + 1;
        self.ordinal += 1;
        if self.parser.stretch.is_full() {
            self.end_stretch();
        }
        true
    }

    /// Makes the records of the rows of the stretch.
    fn end_stretch(&mut self) {
        for (table, out) in self.parser.tables.iter_mut().zip(self.batches.iter_mut()) {
            table.rows(self.block, &self.parser.stretch, out);
        }
        self.parser.stretch.clear();
    }

    /// Reads one row, whatever it is.
    fn any_row(&mut self, ends: &mut [u32], marks: &Marks) {
        let block = self.block;
        let delimiter = self.parser.dialect.delimiter;
        let (mut cell, mut from) = (self.start, self.start);
        let (mut next_delimiter, mut next_other) = (None, None);
        loop {
            let next =
                |known: Option<usize>, bits: &Bits| known.filter(|known| *known >= from).unwrap_or_else(|| bits.next(from).unwrap_or(block.len()));
            let (a, b) = (next(next_delimiter, &marks.delimiters), next(next_other, &marks.others));
            (next_delimiter, next_other) = (Some(a), Some(b));
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
                Some(_) if place == cell => from = self.quoted_part(place, &marks.others),
                _ => {}
            }
        }
    }

    /// Walks over a quoted part; gives the place behind its closing quote.
    fn quoted_part(&mut self, open: usize, marks: &Bits) -> usize {
        self.quoted = true;
        let mut place = open + 1;
        loop {
            let Some(mark) = marks.next(place) else {
                self.bad = Some(RejectReason::OpenQuote);
                return self.block.len();
            };
            place = mark + 1;
            if self.block.get(mark) != Some(&b'"') {
                continue;
            }
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
            self.end_stretch();
            for out in self.batches.iter_mut() {
                out.reject(small(self.start), self.ordinal, reason);
            }
            return;
        }
        if let Some((_, delimiters)) = row.ends.split_last() {
            self.parser.stretch.push(self.start, self.ordinal, delimiters, end);
        }
        if self.parser.stretch.is_full() {
            self.end_stretch();
        }
    }

    /// Whether a row with these delimiters is no record.
    #[inline]
    fn is_skipped(&self, delimiters: &[u32], end: usize) -> bool {
        let skip = &self.parser.dialect.skip_when_empty;
        let cell = |index: usize| {
            let start = index.checked_sub(1).map_or(self.start, |before| delimiters.get(before).map_or(end, |place| *place as usize + 1));
            self.block.get(start..delimiters.get(index).map_or(end, |place| *place as usize)).unwrap_or_default()
        };
        !skip.is_empty() && skip.iter().all(|index| blank(cell(*index)))
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
