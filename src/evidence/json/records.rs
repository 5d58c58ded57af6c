//! From the elements of a block to the records of its tables.

use std::ops::Range;

use fearless_simd::Level;
use memchr::memchr;

use super::skim::{Skim, Skimmed};
use super::stretch::Stretch;
use super::template::{BlockMarks, Marks, Templates};
use super::text::unescape;
use super::walk::{Captured, Paths, Piece, Walk};
use crate::evidence::batch::{BatchBuffer, Cell, RejectReason};
use crate::evidence::bits::marks::Marks as Look;
use crate::evidence::bits::{Bits, Places};
use crate::evidence::decode::{Decoder, Raw, small};
use crate::evidence::layout::{Origin, Shape, TableLayout};

/// Parses the blocks of one JSON document, or of one file of JSON lines.
#[derive(Debug)]
pub(crate) struct JsonParser<'l> {
    tables: Vec<Table<'l>>,
    lines: bool,
    places: Places,
    level: Level,
}

#[derive(Debug)]
pub(super) struct Table<'l> {
    paths: Paths,
    pub each: bool,
    pub columns: Vec<(Source<'l>, Decoder)>,
    captured: Captured,
    pub slots: usize,
    keys: Vec<u64>,
    pub scratch: Vec<u8>,
    pub templates: Templates,
    pub stretch: Stretch,
}

/// Where a column's value comes from.
#[derive(Debug)]
pub(super) enum Source<'l> {
    Absent,
    Constant(&'l str, Cell),
    /// From the record; of one that makes several, with the cell once it is known.
    Slot(usize, Option<Cell>),
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
            stretch: Stretch::default(),
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
                Self::Slot(slot, None)
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
            Self::Slot(_, known) => *known = None,
            Self::Constant(text, cell) => *cell = decoder.constant(text, out),
            Self::FirstOf(sources) => sources.iter_mut().for_each(|source| source.start(decoder, out)),
            _ => {}
        }
    }

    /// The next record is another's.
    fn forget(&mut self) {
        match self {
            Self::Slot(_, known) => *known = None,
            Self::FirstOf(sources) => sources.iter_mut().for_each(Self::forget),
            _ => {}
        }
    }
}

impl<'l> JsonParser<'l> {
    /// `lines`: one object a line.
    pub(crate) fn new(tables: &'l [TableLayout], lines: bool) -> Self {
        Self { tables: tables.iter().map(Table::new).collect(), lines, places: Places::default(), level: Level::new() }
    }

    /// Reads the records of a block, at which this was the look, into the tables' batches.
    pub(crate) fn parse(&mut self, block: &[u8], look: &Look, batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            out.reset(table.columns.len());
            for (source, decoder) in &mut table.columns {
                decoder.start();
                source.start(decoder, out);
            }
        }
        let (is_text, bits) = (look.is_text(block), &look.strings);
        self.places.start();
        for table in &mut self.tables {
            table.begin_stretch(is_text, block);
        }
        let (mut row, mut place) = (0, 0);
        loop {
            if !self.lines {
                while matches!(block.get(place), Some(b' ' | b'\t' | b'\n' | b'\r' | b',')) {
                    place += 1;
                }
            }
            if place >= block.len() {
                break;
            }
            if let (true, [table], [out]) = (self.lines, &mut self.tables[..], &mut *batches) {
                let mut marks = Marks { bits, places: &mut self.places, level: self.level };
                (place, row) = table.read_lines(block, (place, row), &mut marks, out);
                if place >= block.len() {
                    break;
                }
            }
            place = self.element((block, bits), place, row, is_text, batches) + usize::from(self.lines);
            row += 1;
        }
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            table.end_stretch(block, out);
            out.rows = row;
        }
    }

    /// Reads the element or line that begins at `start` into all tables; gives where it ends.
    #[inline]
    fn element(&mut self, (block, bits): (&[u8], &Bits), start: usize, row: u32, is_text: bool, batches: &mut [BatchBuffer]) -> usize {
        let (mut end, mut missed) = (None, false);
        self.places.skip_to(start);
        let mut marks = Marks { bits, places: &mut self.places, level: self.level };
        for number in 0..self.tables.len() {
            let (Some(table), Some(out)) = (self.tables.get_mut(number), batches.get_mut(number)) else { break };
            let read = table.read_on(block, (start, row), self.lines, &mut marks, out);
            missed |= read.is_none();
            end = end.or(read);
        }
        match end {
            Some(read) if !missed => {
                // The marks before a record's end are the same for all tables.
                self.places.take(read.marks + usize::from(self.lines));
                read.place
            }
            _ => self.one((block, bits), start, row, is_text, batches),
        }
    }

    /// Reads what begins at `start` into the tables that have not read it.
    fn one(&mut self, (block, bits): (&[u8], &Bits), start: usize, row: u32, is_text: bool, batches: &mut [BatchBuffer]) -> usize {
        let rest = block.get(start..).unwrap_or_default();
        let end = if self.lines {
            memchr(b'\n', rest).map_or(block.len(), |end| start + end)
        } else {
            match Skim::default().run(block, start) {
                Skimmed::End(end) if end > start => end,
                Skimmed::End(_) | Skimmed::More | Skimmed::Mismatch(_) => block.len(),
            }
        };
        let bytes = block.get(start..end).unwrap_or_default();
        let bytes = if self.lines { bytes.trim_ascii_start() } else { bytes };
        if bytes.is_empty() {
            return end;
        }
        let start = end - bytes.len();
        let bad = if is_text { None } else { unreadable(bytes) };
        for (table, out) in self.tables.iter_mut().zip(batches.iter_mut()) {
            if table.has_read(row) {
                continue;
            }
            table.end_stretch(block, out);
            let walked = match bad {
                Some(reason) => Err(reason),
                None => table.read(bytes, BlockMarks { bits, start }),
            };
            match walked {
                Err(reason) => out.reject(small(start), row, reason),
                Ok(()) => table.records(bytes, start, row, out),
            }
        }
        end
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
            self.templates.learn(&self.paths, bytes, self.slots);
        }
        Ok(())
    }

    fn records(&mut self, bytes: &[u8], start: usize, row: u32, out: &mut BatchBuffer) {
        let count = if self.each { self.captured.elements.len() } else { 1 };
        let mut object = Object { captured: &self.captured, bytes, start, part: 0, several: count > 1, scratch: &mut self.scratch };
        let mut several = out.begin_several(bytes.len());
        for part in 0..count {
            object.part = part;
            for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
                let cell = object.cell(source, decoder, out);
                out.push(index, if cell == Cell::Absent { decoder.absent() } else { cell });
            }
            out.end_record(small(start), row, small(part));
            if count > 1 && !out.counts(&mut several) {
                break;
            }
        }
        if count > 1 {
            self.columns.iter_mut().for_each(|(source, _)| source.forget());
        }
    }
}

/// One object while records are made of it.
pub(super) struct Object<'o> {
    pub captured: &'o Captured,
    pub bytes: &'o [u8],
    /// Where it begins in the block.
    pub start: usize,
    /// The element that a record is being made of.
    pub part: usize,
    /// It makes several records.
    pub several: bool,
    pub scratch: &'o mut Vec<u8>,
}

impl Object<'_> {
    pub fn cell(&mut self, source: &mut Source<'_>, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        match source {
            Source::Absent => Cell::Absent,
            Source::Constant(_, cell) => *cell,
            Source::Slot(_, Some(known)) => *known,
            Source::Slot(slot, known) => {
                let cell = self.slot(*slot, decoder, out);
                // What belongs to the object is decoded once, however many elements it has.
                if self.several {
                    *known = Some(cell);
                }
                cell
            }
            Source::Element(slot) => {
                let own = self.captured.elements.get(self.part).cloned().unwrap_or_default();
                self.pieces(*slot, own, decoder, out)
            }
            Source::FirstOf(sources) => {
                let mut found = Cell::Absent;
                for source in sources {
                    match self.cell(source, decoder, out) {
                        Cell::Absent => {}
                        Cell::Empty => found = Cell::Empty,
                        other => return other,
                    }
                }
                found
            }
        }
    }

    #[inline]
    fn slot(&mut self, slot: usize, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        match &self.captured.single {
            Some(single) => single.get(slot).copied().flatten().map_or(Cell::Absent, |piece| self.one(piece, decoder, out)),
            None => self.pieces(slot, 0..self.captured.pieces.len(), decoder, out),
        }
    }

    /// The cell of the pieces that fill a slot, of those in a range.
    fn pieces(&mut self, slot: usize, range: Range<usize>, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        let captured = self.captured;
        let mut pieces = captured.pieces.get(range).unwrap_or_default().iter().filter(|(at, _)| *at == slot).map(|(_, piece)| *piece);
        let Some(first) = pieces.next() else { return Cell::Absent };
        let Some(second) = pieces.next() else { return self.one(first, decoder, out) };
        self.many([first, second].into_iter().chain(pieces), decoder, out)
    }

    /// The cell of a single value.
    #[inline]
    pub fn one(&mut self, piece: Piece, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        match piece {
            Piece::Empty => Cell::Empty,
            Piece::Invalid => Cell::Invalid,
            Piece::Plain(span) => decoder.one(Raw { bytes: span.of(self.bytes), at: Some(small(self.start) + span.start) }, out),
            Piece::Escaped(span) => {
                self.scratch.clear();
                unescape(span.of(self.bytes), self.scratch);
                decoder.one(Raw { bytes: self.scratch, at: None }, out)
            }
        }
    }

    /// The cell of several values: those that are empty are left out.
    fn many(&mut self, pieces: impl Iterator<Item = Piece>, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        self.scratch.clear();
        let mut texts: Vec<Range<usize>> = Vec::new();
        for piece in pieces {
            let from = self.scratch.len();
            match piece {
                Piece::Empty => continue,
                Piece::Invalid => return Cell::Invalid,
                Piece::Plain(span) => self.scratch.extend_from_slice(span.of(self.bytes)),
                Piece::Escaped(span) => unescape(span.of(self.bytes), self.scratch),
            }
            texts.push(from..self.scratch.len());
        }
        let scratch: &[u8] = self.scratch;
        decoder.many(texts.into_iter().map(|text| Raw { bytes: scratch.get(text).unwrap_or_default(), at: None }), out)
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchBuffer, Cell, JsonParser, Look};
    use crate::dataset::FieldKind;
    use crate::evidence::batch::Value;
    use crate::evidence::layout::{Column, Decode, Origin, Shape, TableLayout};

    fn table() -> TableLayout {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let column = |field: &str, origin, kind| Column { field: field.to_owned(), origin, decode: Decode { kind, ..Decode::default() } };
        let first = Origin::FirstOf(vec![Origin::Element(path(&["none"])), Origin::Path(path(&["name"]))]);
        let columns = vec![
            column("group", Origin::Path(path(&["name"])), FieldKind::Text),
            column("tags", Origin::Path(path(&["tags"])), FieldKind::List),
            column("first", first, FieldKind::Text),
            column("member", Origin::Element(path(&["id"])), FieldKind::Text),
        ];
        TableLayout { table: 0, shape: Shape::Each(path(&["members"])), columns }
    }

    #[test]
    fn what_belongs_to_the_object_is_decoded_once_for_all_its_elements() {
        let (tables, mut buffers) = ([table()], [BatchBuffer::default()]);
        let block = br#"{"members":[{"id":"a"},null,{"id":"b"},{"x":1}],"name":"\u0061","tags":["x","y"]},{"name":"\u0062","members":[{"id":"c"}]}"#;
        JsonParser::new(&tables, false).parse(block, &Look::of_strings(block), &mut buffers);
        let batch = buffers[0].view(0, 0, block);
        let cells = |column: usize| {
            (0..batch.len())
                .map(|record| match batch.get(column, record) {
                    Value::Bytes(bytes) => String::from_utf8_lossy(bytes).replace('\u{1f}', "+"),
                    other => format!("{other:?}"),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(cells(0), ["a", "a", "a", "b"]);
        assert_eq!(cells(1), ["x+y", "x+y", "x+y", "Absent"]);
        assert_eq!(cells(2), ["a", "a", "a", "b"]);
        assert_eq!(cells(3), ["a", "b", "Absent", "c"]);
        for column in 0..3 {
            assert!(matches!(batch.column(column), [Cell::Side { .. }, ..]));
            assert_eq!(batch.column(column)[0], batch.column(column)[2], "the same bytes of the side buffer");
        }
    }

    #[test]
    fn an_object_of_very_many_elements_takes_no_quadratic_time() {
        let (tables, mut buffers) = ([table()], [BatchBuffer::default()]);
        let members = vec![r#"{"id":"m"}"#; 200_000].join(",");
        let block = format!(r#"{{"name":"g\u0031","members":[{members}]}}"#);
        JsonParser::new(&tables, false).parse(block.as_bytes(), &Look::of_strings(block.as_bytes()), &mut buffers);
        assert_eq!(buffers[0].places().len(), 200_000);
        let long = format!(r#"{{"name":"{}","members":[{}1]}},{{"name":"h","members":[{{"id":"n"}}]}}"#, "g".repeat(1 << 16), "1,".repeat(200_000));
        JsonParser::new(&tables, false).parse(long.as_bytes(), &Look::of_strings(long.as_bytes()), &mut buffers);
        let batch = buffers[0].view(0, 0, long.as_bytes());
        assert_eq!((batch.len(), batch.get(3, 0)), (1, Value::Bytes(b"n")), "a long name that many share is worked through for none of them");
        assert_eq!((batch.rejections().len(), batch.rejections()[0].reason.code()), (1, "too-long"));
        let beyond = format!(r#"{{"members":[{}1]}}"#, "1,".repeat(1_000_000));
        JsonParser::new(&tables, false).parse(beyond.as_bytes(), &Look::of_strings(beyond.as_bytes()), &mut buffers);
        let batch = buffers[0].view(0, 0, beyond.as_bytes());
        assert_eq!((batch.len(), batch.rejections()[0].reason.code()), (0, "too-long"));
    }
}
