//! From rows to the planned cells of one table.

use memchr::{memchr, memchr_iter};

use super::rows::{Field, Row};
use super::stretch::{MOST, Stretch};
use super::wide::{Letter, letters};
use crate::evidence::batch::{BatchBuffer, Cell, MAX_DECODED, Several};
use crate::evidence::decode::kept::{Keeps, keeps_date, keeps_text};
use crate::evidence::decode::{Decoder, Raw, blank, small, trim};
use crate::evidence::layout::{CsvDialect, Origin, Shape, TableLayout, Unpivot};

/// One table of a delimited file, ready to take rows.
#[derive(Debug)]
pub(super) struct CsvTable<'l> {
    dialect: &'l CsvDialect,
    wide: Option<&'l Unpivot>,
    columns: Vec<(Source<'l>, Decoder)>,
    scratch: Vec<u8>,
    /// Rows that are alike are decoded column by column: together they have
    /// no more decoded values than one record may have.
    by_column: bool,
}

/// Where a column's value comes from.
#[derive(Debug)]
enum Source<'l> {
    Absent,
    /// In a row that is turned, with the value once it is known: all records of the row share it.
    Cell(usize, Option<Cell>),
    Constant(&'l str, Cell),
    FirstOf(Vec<Source<'l>>),
    /// With the names once they are known, by column: all records of the block share them.
    Header(Vec<Option<Cell>>),
    Value,
    Second,
    Note,
}

/// The turned cell that a record is made of.
#[derive(Clone, Copy)]
struct Turned<'t> {
    column: usize,
    letter: Option<Letter<'t>>,
}

impl<'l> Source<'l> {
    fn new(origin: &'l Origin) -> Self {
        match origin {
            Origin::Cell(index) => Self::Cell(*index, None),
            Origin::Constant(text) => Self::Constant(text, Cell::Empty),
            Origin::FirstOf(origins) => Self::FirstOf(origins.iter().map(Self::new).collect()),
            Origin::Header => Self::Header(Vec::new()),
            Origin::Value => Self::Value,
            Origin::Second => Self::Second,
            Origin::Note => Self::Note,
            Origin::Absent | Origin::Path(_) | Origin::Element(_) | Origin::Key(_) => Self::Absent,
        }
    }

    fn start(&mut self, decoder: &mut Decoder, out: &mut BatchBuffer) {
        match self {
            Self::Constant(text, cell) => *cell = decoder.constant(text, out),
            Self::FirstOf(sources) => sources.iter_mut().for_each(|source| source.start(decoder, out)),
            Self::Header(names) => names.fill(None),
            Self::Cell(_, known) => *known = None,
            _ => {}
        }
    }

    /// The next record is another row's.
    fn forget(&mut self) {
        match self {
            Self::Cell(_, known) => *known = None,
            Self::FirstOf(sources) => sources.iter_mut().for_each(Self::forget),
            _ => {}
        }
    }
}

impl<'l> CsvTable<'l> {
    pub(super) fn new(dialect: &'l CsvDialect, table: &'l TableLayout) -> Self {
        let wide = match &table.shape {
            Shape::Unpivot(wide) => Some(wide),
            Shape::Plain | Shape::Each(_) => None,
        };
        let columns = table.columns.iter().map(|column| (Source::new(&column.origin), Decoder::new(&column.decode))).collect();
        Self { dialect, wide, columns, scratch: Vec::new(), by_column: false }
    }

    /// Begins a block.
    pub(super) fn start(&mut self, block: &[u8], out: &mut BatchBuffer) {
        let most = self.columns.iter().try_fold(0_usize, |most, (_, decoder)| most.checked_add(decoder.most_side(MOST, block.len())?));
        self.by_column = self.wide.is_none() && most.is_some_and(|most| most <= MAX_DECODED);
        out.reset(self.columns.len());
        for (source, decoder) in &mut self.columns {
            decoder.start();
            source.start(decoder, out);
        }
    }

    /// Makes the records of the rows of a stretch.
    pub(super) fn rows(&mut self, stretch: Stretch<'_>, out: &mut BatchBuffer) {
        if !self.by_column {
            stretch.rows().for_each(|row| self.row(row, out));
            return;
        }
        for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
            let scratch = &mut self.scratch;
            out.extend(index, |out, own| match source {
                Source::Cell(column, _) if *column < self.dialect.header.len() => match decoder.keeps() {
                    Keeps::Text => cells(stretch, *column, keeps_text, decoder, scratch, own, out),
                    // How a cell begins tells nothing of dates.
                    Keeps::Dates => cells(Stretch { odd: None, ..stretch }, *column, keeps_date, decoder, scratch, own, out),
                    Keeps::Nothing => {
                        for (start, end) in stretch.cells(*column) {
                            let cell = one(stretch, (start, end), decoder, scratch, out);
                            own.push(cell);
                        }
                    }
                },
                Source::Constant(_, cell) => own.extend(std::iter::repeat_n(*cell, stretch.len())),
                other => {
                    for row in stretch.rows() {
                        own.push(or_absent(general(self.dialect, row, None, other, decoder, scratch, out), decoder));
                    }
                }
            });
        }
        out.end_stretch(stretch.places());
    }

    /// Makes the records of one row.
    #[inline]
    pub(super) fn row(&mut self, row: Row<'_>, out: &mut BatchBuffer) {
        match self.wide {
            None => {
                for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
                    let cell = match source {
                        Source::Cell(column, _) => plain(row, *column, decoder, &mut self.scratch, out),
                        Source::Constant(_, cell) => *cell,
                        other => or_absent(general(self.dialect, row, None, other, decoder, &mut self.scratch, out), decoder),
                    };
                    out.push(index, cell);
                }
                out.end_record(small(row.start), row.ordinal, 0);
            }
            Some(wide) => self.turn(wide, row, out),
        }
    }

    fn turn(&mut self, wide: &Unpivot, row: Row<'_>, out: &mut BatchBuffer) {
        let mut several = out.begin_several(row.end - row.start);
        'cells: for (part, column) in wide.columns.iter().enumerate() {
            let part = small(part);
            let Some(field) = row.field(*column) else { continue };
            let mut text = Vec::new();
            let raw = value(row, field, &mut text);
            if blank(raw.bytes) {
                continue;
            }
            if !wide.raci {
                if !self.record(row, Turned { column: *column, letter: None }, part, (out, &mut several)) {
                    break;
                }
                continue;
            }
            if wide.none.iter().any(|none| none.as_bytes() == trim(raw.bytes)) {
                continue;
            }
            for letter in letters(raw.bytes) {
                if !self.record(row, Turned { column: *column, letter: Some(letter) }, part, (out, &mut several)) {
                    break 'cells;
                }
            }
        }
        self.columns.iter_mut().for_each(|(source, _)| source.forget());
    }

    /// Makes one of the records of a row; `false` where the row is too long with it.
    fn record(&mut self, row: Row<'_>, turned: Turned<'_>, part: u32, (out, several): (&mut BatchBuffer, &mut Several)) -> bool {
        for (index, (source, decoder)) in self.columns.iter_mut().enumerate() {
            let cell = general(self.dialect, row, Some(turned), source, decoder, &mut self.scratch, out);
            out.push(index, or_absent(cell, decoder));
        }
        out.end_record(small(row.start), row.ordinal, part);
        out.counts(several)
    }
}

fn or_absent(cell: Cell, decoder: &Decoder) -> Cell {
    if cell == Cell::Absent { decoder.absent() } else { cell }
}

/// The cells of a column. They are taken as they stand first, all alike; those
/// that are not kept so are decoded then: no others than the odd ones, where it
/// is known which these are.
#[inline]
fn cells(
    stretch: Stretch<'_>,
    column: usize,
    keeps: impl Fn(&[u8]) -> bool,
    decoder: &mut Decoder,
    scratch: &mut Vec<u8>,
    own: &mut Vec<Cell>,
    out: &mut BatchBuffer,
) {
    let first = own.len();
    own.extend(stretch.cells(column).map(|(start, end)| Cell::Block { start, end }));
    let own = own.get_mut(first..).unwrap_or_default();
    let mut look = |(start, end): (u32, u32), cell: &mut Cell| match stretch.block.get(start as usize..end as usize).unwrap_or_default() {
        raw if keeps(raw) => {}
        // Whatever the kind, nothing is nothing.
        [] => *cell = Cell::Empty,
        [b'"', inner @ .., _] if keeps(inner) && !(stretch.doubled && memchr(b'"', inner).is_some()) => {
            *cell = Cell::Block { start: start + 1, end: end - 1 };
        }
        _ => *cell = one(stretch, (start, end), decoder, scratch, out),
    };
    let Some(odd) = stretch.odd else {
        stretch.cells(column).zip(own).for_each(|(place, cell)| look(place, cell));
        return;
    };
    for row in odd.iter().filter(|odd| odd.column as usize == column).map(|odd| odd.row as usize) {
        if let Some(cell) = own.get_mut(row) {
            look(stretch.cell(row, column), cell);
        }
    }
}

/// Decodes a cell of a stretch.
fn one(stretch: Stretch<'_>, (start, end): (u32, u32), decoder: &mut Decoder, scratch: &mut Vec<u8>, out: &mut BatchBuffer) -> Cell {
    let cell = stretch.block.get(start as usize..end as usize).unwrap_or_default();
    // A quote here always begins a quoted part, which is all of the cell.
    let [b'"', inner @ .., _] = cell else { return decoder.one(Raw { bytes: cell, at: Some(start) }, out) };
    if stretch.doubled && memchr(b'"', inner).is_some() {
        undouble(inner, scratch);
        return decoder.one(Raw { bytes: scratch, at: None }, out);
    }
    decoder.one(Raw { bytes: inner, at: Some(start + 1) }, out)
}

#[inline]
fn plain(row: Row<'_>, column: usize, decoder: &mut Decoder, scratch: &mut Vec<u8>, out: &mut BatchBuffer) -> Cell {
    let Some(field) = row.field(column) else { return decoder.absent() };
    let raw = value(row, field, scratch);
    decoder.one(raw, out)
}

fn general(
    dialect: &CsvDialect,
    row: Row<'_>,
    turned: Option<Turned<'_>>,
    source: &mut Source<'_>,
    decoder: &mut Decoder,
    scratch: &mut Vec<u8>,
    out: &mut BatchBuffer,
) -> Cell {
    let text = |bytes| Raw { bytes, at: None };
    match (source, turned) {
        (Source::Cell(_, Some(known)), _) => *known,
        (Source::Cell(column, known), _) => {
            let cell = row.field(*column).map_or(Cell::Absent, |field| decoder.one(value(row, field, scratch), out));
            *known = turned.map(|_| cell);
            cell
        }
        (Source::Constant(_, cell), _) => *cell,
        (Source::FirstOf(sources), _) => {
            let mut found = Cell::Absent;
            for source in sources {
                match general(dialect, row, turned, source, decoder, scratch, out) {
                    Cell::Absent => {}
                    Cell::Empty => found = Cell::Empty,
                    cell => return cell,
                }
            }
            found
        }
        (Source::Header(names), Some(turned)) => {
            names.resize(dialect.header.len(), None);
            let Some((name, known)) = dialect.header.get(turned.column).zip(names.get_mut(turned.column)) else { return Cell::Absent };
            out.shared(known, |out| decoder.one(text(name.as_bytes()), out))
        }
        (Source::Value, Some(Turned { letter: Some(Letter { letter: Some(letter), .. }), .. })) => decoder.one(text(&[letter]), out),
        (Source::Value, Some(Turned { letter: Some(Letter { letter: None, .. }), .. })) => Cell::Invalid,
        (Source::Note, Some(Turned { letter: Some(letter), .. })) => decoder.one(text(letter.note), out),
        (Source::Value, Some(turned)) => row.field(turned.column).map_or(Cell::Absent, |field| decoder.one(value(row, field, scratch), out)),
        (Source::Second, Some(turned)) => row.field(turned.column + 1).map_or(Cell::Absent, |field| decoder.one(value(row, field, scratch), out)),
        (Source::Absent | Source::Header(_) | Source::Value | Source::Second | Source::Note, _) => Cell::Absent,
    }
}

/// A cell's bytes; doubled quotes are undone in `scratch`.
#[inline]
fn value<'v>(row: Row<'v>, field: Field, scratch: &'v mut Vec<u8>) -> Raw<'v> {
    let bytes = row.block.get(field.start..field.end).unwrap_or_default();
    if field.quoted && memchr(b'"', bytes).is_some() {
        undouble(bytes, scratch);
        return Raw { bytes: scratch, at: None };
    }
    Raw { bytes, at: Some(small(field.start)) }
}

/// `""` is one quote. Quotes come in pairs here.
pub(super) fn undouble(bytes: &[u8], scratch: &mut Vec<u8>) {
    scratch.clear();
    let mut from = 0;
    for quote in memchr_iter(b'"', bytes) {
        if quote >= from {
            scratch.extend_from_slice(bytes.get(from..=quote).unwrap_or_default());
            from = quote + 2;
        }
    }
    scratch.extend_from_slice(bytes.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{BatchBuffer, Cell};
    use crate::evidence::batch::Value;
    use crate::evidence::bits::marks::Marks;
    use crate::evidence::csv::CsvParser;
    use crate::evidence::layout::{Column, CsvDialect, Decode, Origin, Shape, TableLayout, Unpivot};

    #[test]
    fn what_records_of_a_row_or_block_share_is_decoded_once() {
        let header = ["task", "Ann", "Bob"].map(str::to_owned).to_vec();
        let dialect = CsvDialect { delimiter: b',', header, body: 0, rows_before: 1, skip_when_empty: Vec::new() };
        let column = |field: &str, origin| Column { field: field.to_owned(), origin, decode: Decode::default() };
        let first = Origin::FirstOf(vec![Origin::Note, Origin::Cell(0)]);
        let columns = vec![column("task", Origin::Cell(0)), column("first", first), column("party", Origin::Header), column("letter", Origin::Value)];
        let unpivot = Unpivot { columns: vec![1, 2], raci: false, ..unpivot() };
        let tables = [TableLayout { table: 0, shape: Shape::Unpivot(unpivot), columns }];
        let block = b"\"a \"\"b\"\"\",R,A\n\"c\"\"\",C,I\n";
        let mut buffers = [BatchBuffer::default()];
        CsvParser::new(&dialect, &tables).parse(block, &Marks::of_delimited(block, b','), &mut buffers);
        let batch = buffers[0].view(0, 0, block);
        let text = |column: usize| {
            (0..4)
                .map(|record| match batch.get(column, record) {
                    Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    other => format!("{other:?}"),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!((text(0), text(1)), (["a \"b\"", "a \"b\"", "c\"", "c\""].map(str::to_owned).to_vec(), text(0)));
        assert_eq!((text(2), text(3)), (["Ann", "Bob", "Ann", "Bob"].map(str::to_owned).to_vec(), ["R", "A", "C", "I"].map(str::to_owned).to_vec()));
        let cells = |column: usize| batch.column(column).to_vec();
        for column in [0, 1] {
            assert!(matches!(cells(column)[0], Cell::Side { .. }));
            assert_eq!((cells(column)[0], cells(column)[2]), (cells(column)[1], cells(column)[3]));
        }
        assert_eq!((cells(2)[0], cells(2)[1]), (cells(2)[2], cells(2)[3]), "a name is one for the block");
    }

    #[test]
    fn a_row_whose_records_share_too_much_is_rejected_whole_and_the_next_one_is_not() {
        let header = ["task".to_owned(), "a".repeat(3000), "b".repeat(3000), "c".repeat(3000)].to_vec();
        let dialect = CsvDialect { delimiter: b',', header, body: 0, rows_before: 1, skip_when_empty: Vec::new() };
        let column = |field: &str, origin| Column { field: field.to_owned(), origin, decode: Decode::default() };
        let columns = vec![column("task", Origin::Cell(0)), column("party", Origin::Header), column("letter", Origin::Value)];
        for raci in [false, true] {
            let unpivot = Unpivot { columns: vec![1, 2, 3], raci, ..unpivot() };
            let tables = [TableLayout { table: 0, shape: Shape::Unpivot(unpivot), columns: columns.clone() }];
            let block = b"one,R,A,C\ntwo,,,I\n";
            let mut buffers = [BatchBuffer::default()];
            CsvParser::new(&dialect, &tables).parse(block, &Marks::of_delimited(block, b','), &mut buffers);
            let batch = buffers[0].view(0, 0, block);
            let rejected: Vec<_> =
                batch.rejections().iter().map(|rejection| (rejection.place.ordinal, rejection.place.row, rejection.reason.code())).collect();
            assert_eq!((batch.len(), rejected), (1, vec![(0, 0, "too-long")]));
            assert_eq!((batch.place(0).ordinal, batch.place(0).row, batch.place(0).part), (1, 1, 2));
            assert_eq!((batch.get(0, 0), batch.get(1, 0)), (Value::Bytes(b"two"), Value::Bytes(&[b'c'; 3000])));
        }
    }

    fn unpivot() -> Unpivot {
        Unpivot { columns: Vec::new(), pairs: false, raci: false, none: Vec::new() }
    }
}
