//! From the elements of a block to the records of its tables.

use memchr::{memchr, memchr_iter};

use super::skim::{Skim, Skimmed};
use super::template::{BlockMarks, Templates};
use super::text::unescape;
use super::walk::{Captured, Paths, Piece, Walk};
use crate::evidence::batch::{BatchBuffer, Cell, RejectReason};
use crate::evidence::bits::Bits;
use crate::evidence::decode::{Decoder, Raw, small};
use crate::evidence::layout::{Origin, Shape, TableLayout};

/// Parses the blocks of one JSON document, or of one file of JSON lines.
#[derive(Debug)]
pub(crate) struct JsonParser<'l> {
    tables: Vec<Table<'l>>,
    lines: bool,
    marks: Bits,
}

#[derive(Debug)]
struct Table<'l> {
    paths: Paths,
    each: bool,
    columns: Vec<(Source<'l>, Decoder)>,
    captured: Captured,
    slots: usize,
    keys: Vec<u64>,
    scratch: Vec<u8>,
    templates: Templates,
}

/// Where a column's value comes from.
#[derive(Debug)]
enum Source<'l> {
    Absent,
    Constant(&'l str, Cell),
    /// From the record.
    Slot(usize),
    /// From the element.
    Element(usize),
    FirstOf(Vec<Source<'l>>),
}

impl<'l> Table<'l> {
    fn new(layout: &'l TableLayout) -> Self {
        let mut paths = Paths::new();
        let element = match &layout.shape {
            Shape::Each(path) => Some(paths.each(path)),
            Shape::Plain | Shape::Unpivot(_) => None,
        };
        let mut slots = 0;
        let columns = layout.columns.iter().map(|column| {
            let source = Source::new(&column.origin, &mut paths, element, &mut slots);
            (source, Decoder::new(&column.decode))
        });
        let columns = columns.collect();
        Self {
            paths,
            each: element.is_some(),
            columns,
            captured: Captured::default(),
            slots,
            keys: Vec::new(),
            scratch: Vec::new(),
            templates: Templates::default(),
        }
    }
}

impl<'l> Source<'l> {
    fn new(origin: &'l Origin, paths: &mut Paths, element: Option<usize>, slots: &mut usize) -> Self {
        let mut slot = || {
            *slots += 1;
            *slots - 1
        };
        match (origin, element) {
            (Origin::Path(path), _) => {
                let slot = slot();
                paths.add(path, slot);
                Self::Slot(slot)
            }
            (Origin::Element(path), Some(element)) => {
                let slot = slot();
                paths.add_element(element, path, slot);
                Self::Element(slot)
            }
            (Origin::Constant(text), _) => Self::Constant(text, Cell::Empty),
            (Origin::FirstOf(origins), _) => Self::FirstOf(origins.iter().map(|origin| Self::new(origin, paths, element, slots)).collect()),
            _ => Self::Absent,
        }
    }

    fn start(&mut self, decoder: &mut Decoder, out: &mut BatchBuffer) {
        match self {
            Self::Constant(text, cell) => *cell = decoder.constant(text, out),
            Self::FirstOf(sources) => sources.iter_mut().for_each(|source| source.start(decoder, out)),
            _ => {}
        }
    }
}

impl<'l> JsonParser<'l> {
    /// `lines`: one object a line.
    pub(crate) fn new(tables: &'l [TableLayout], lines: bool) -> Self {
        Self { tables: tables.iter().map(Table::new).collect(), lines, marks: Bits::default() }
    }

    pub(crate) fn parse(&mut self, block: &[u8], batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            out.reset(table.columns.len());
            for (source, decoder) in &mut table.columns {
                decoder.start();
                source.start(decoder, out);
            }
        }
        self.marks.in_strings(block);
        let suspect = memchr(0, block).is_some() || std::str::from_utf8(block).is_err();
        let mut row = 0;
        if self.lines {
            let mut start = 0;
            for end in memchr_iter(b'\n', block).chain([block.len()]) {
                let line = block.get(start..end).unwrap_or_default();
                if end == block.len() && line.is_empty() {
                    break;
                }
                if !line.trim_ascii().is_empty() {
                    let blank = line.len() - line.trim_ascii_start().len();
                    self.element(block, start + blank, end, row, suspect, batches);
                }
                row += 1;
                start = end + 1;
            }
        } else {
            let mut place = 0;
            loop {
                while matches!(block.get(place), Some(b' ' | b'\t' | b'\n' | b'\r' | b',')) {
                    place += 1;
                }
                if place >= block.len() {
                    break;
                }
                let end = match Skim::default().run(block, place) {
                    Skimmed::End(end) if end > place => end,
                    Skimmed::End(_) | Skimmed::More | Skimmed::Mismatch(_) => block.len(),
                };
                self.element(block, place, end, row, suspect, batches);
                row += 1;
                place = end;
            }
        }
        for out in batches {
            out.rows = row;
        }
    }

    fn element(&mut self, block: &[u8], start: usize, end: usize, row: u32, suspect: bool, batches: &mut [BatchBuffer]) {
        let bytes = block.get(start..end).unwrap_or_default();
        let bad = if suspect { unreadable(bytes) } else { None };
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            let walked = match bad {
                Some(reason) => Err(reason),
                None => table.read(bytes, BlockMarks { bits: &self.marks, start }),
            };
            match walked {
                Err(reason) => out.reject(small(start), row, reason),
                Ok(()) => table.records(bytes, start, row, out),
            }
        }
    }
}

fn unreadable(bytes: &[u8]) -> Option<RejectReason> {
    if memchr(0, bytes).is_some() {
        return Some(RejectReason::ZeroByte);
    }
    std::str::from_utf8(bytes).is_err().then_some(RejectReason::InvalidUtf8)
}

impl Table<'_> {
    /// Captures what stands at the planned paths of one record.
    #[inline]
    fn read(&mut self, bytes: &[u8], marks: BlockMarks<'_>) -> Result<(), RejectReason> {
        if self.templates.read(bytes, marks, self.slots, &mut self.captured) {
            return Ok(());
        }
        let noted = self.templates.note();
        let learns = noted.is_some();
        Walk::new(&self.paths, bytes, &mut self.captured, &mut self.keys, noted).record()?;
        if learns {
            self.templates.learn(&self.paths, bytes);
        }
        Ok(())
    }

    fn records(&mut self, bytes: &[u8], start: usize, row: u32, out: &mut BatchBuffer) {
        let count = if self.each { self.captured.elements } else { 1 };
        for part in 0..count {
            for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
                let cell = cell(source, decoder, &self.captured, part, bytes, start, &mut self.scratch, out);
                out.push(index, if cell == Cell::Absent { decoder.absent() } else { cell });
            }
            out.end_record(small(start), row, part);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one table, borrowed apart")]
fn cell(
    source: &Source<'_>,
    decoder: &mut Decoder,
    captured: &Captured,
    part: u32,
    bytes: &[u8],
    start: usize,
    scratch: &mut Vec<u8>,
    out: &mut BatchBuffer,
) -> Cell {
    let (slot, element) = match source {
        Source::Absent => return Cell::Absent,
        Source::Constant(_, cell) => return *cell,
        Source::Slot(slot) => (*slot, 0),
        Source::Element(slot) => (*slot, part),
        Source::FirstOf(sources) => {
            let mut found = Cell::Absent;
            for source in sources {
                match cell(source, decoder, captured, part, bytes, start, scratch, out) {
                    Cell::Absent => {}
                    Cell::Empty => found = Cell::Empty,
                    other => return other,
                }
            }
            return found;
        }
    };
    if let Some(single) = &captured.single {
        let piece = single.get(slot).copied().flatten();
        return piece.map_or(Cell::Absent, |piece| one(piece, decoder, bytes, start, scratch, out));
    }
    let mut pieces = captured.pieces.iter().filter(|(at, of, _)| (*at, *of) == (slot, element)).map(|(_, _, piece)| *piece);
    let Some(first) = pieces.next() else { return Cell::Absent };
    let Some(second) = pieces.next() else { return one(first, decoder, bytes, start, scratch, out) };
    several([first, second].into_iter().chain(pieces), decoder, bytes, out)
}

/// The cell of a single value.
#[inline]
fn one(piece: Piece, decoder: &mut Decoder, bytes: &[u8], start: usize, scratch: &mut Vec<u8>, out: &mut BatchBuffer) -> Cell {
    match piece {
        Piece::Empty => Cell::Empty,
        Piece::Invalid => Cell::Invalid,
        Piece::Plain(span) => decoder.one(Raw { bytes: span.of(bytes), at: Some(small(start) + span.start) }, out),
        Piece::Escaped(span) => {
            scratch.clear();
            unescape(span.of(bytes), scratch);
            decoder.one(Raw { bytes: scratch, at: None }, out)
        }
    }
}

/// The cell of several values: those that are empty are left out.
fn several(pieces: impl Iterator<Item = Piece>, decoder: &mut Decoder, bytes: &[u8], out: &mut BatchBuffer) -> Cell {
    let mut decoded: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Empty => {}
            Piece::Invalid => return Cell::Invalid,
            Piece::Plain(span) => decoded.push(span.of(bytes).to_vec()),
            Piece::Escaped(span) => {
                let mut text = Vec::new();
                unescape(span.of(bytes), &mut text);
                decoded.push(text);
            }
        }
    }
    decoder.many(decoded.iter().map(|bytes| Raw { bytes, at: None }), out)
}
