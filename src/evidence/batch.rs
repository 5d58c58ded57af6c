//! A batch: the planned columns of one block of one table.
//!
//! Every reader, whatever it reads, fills batches; every check folds them.
//! Cells are slices of the block, or of a side buffer where decoding changed
//! the bytes, so that a record costs no allocation. A batch keeps nothing of
//! a record but its planned cells and its place.

use super::csv::Room;
use super::decode::small;

mod beginning;
mod kept;

pub use self::beginning::Beginning;
pub use self::kept::KeptBatch;

/// A cell's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'b> {
    /// A value, decoded to the normalised form of its field's kind.
    Bytes(&'b [u8]),
    /// Present but empty: JSON null, `""`, an empty cell.
    Empty,
    /// The key or column does not exist.
    Absent,
    /// It exists, but cannot be read as what it should be.
    Invalid,
}

/// A cell as it is stored: 12 bytes, no lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Bytes `start..end` of the block.
    Block {
        /// First byte.
        start: u32,
        /// One past the last byte.
        end: u32,
    },
    /// Bytes `start..end` of the side buffer.
    Side {
        /// First byte.
        start: u32,
        /// One past the last byte.
        end: u32,
    },
    /// See [`Value::Empty`].
    Empty,
    /// See [`Value::Absent`].
    Absent,
    /// See [`Value::Invalid`].
    Invalid,
}

impl Cell {
    /// Bytes of its value.
    pub(crate) const fn length(&self) -> usize {
        match self {
            Self::Block { start, end } | Self::Side { start, end } => end.saturating_sub(*start) as usize,
            Self::Empty | Self::Absent | Self::Invalid => 0,
        }
    }
}

/// The records of one row or object, while they are made.
#[derive(Debug)]
pub(crate) struct Several {
    /// Records, rejected ones and ordinals before them.
    records: usize,
    rejections: usize,
    ordinals: u32,
    /// Records when the last one was counted.
    made: usize,
    /// Bytes that further ones may have.
    left: usize,
}

/// Where a record stands in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Byte offset of the row or object in the block.
    pub offset: u32,
    /// The record's ordinal in the block, from 0; rejected records count.
    pub ordinal: u32,
    /// The row's (CSV, blank and skipped rows count) or object's (JSON) ordinal in the block, from 0.
    pub row: u32,
    /// The ordinal of the element or turned cell in the row, from 0; 0 for plain shapes.
    pub part: u32,
}

/// A record that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub reason: RejectReason,
}

/// Why a record could not be read. `docs/reading.md` describes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// More or fewer cells than the header has.
    RaggedRow,
    /// A quote is open at the end of the file.
    OpenQuote,
    /// Text after the closing quote of a cell.
    TextAfterQuote,
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// A zero byte: binary data.
    ZeroByte,
    /// Not a JSON value, or not an object.
    InvalidJson,
    /// An object has the same key twice.
    DuplicateKey,
    /// Objects and lists nested deeper than the limit.
    TooDeep,
    /// Longer than the limit, as it stands, decoded, or written out for each of its parts; or parts beyond number.
    TooLong,
    /// A derived record: nobody tells who is in a group.
    GroupNotExpanded,
    /// A derived record: no export shows the role.
    RoleNotShown,
    /// A derived record: a field that it is made of is absent or cannot be read.
    FieldUntold,
}

impl RejectReason {
    /// What is wrong, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::RaggedRow => "the row has more or fewer cells than the header",
            Self::OpenQuote => "a quote is open at the end of the file",
            Self::TextAfterQuote => "text follows the closing quote of a cell",
            Self::InvalidUtf8 => "the record has bytes that are no UTF-8",
            Self::ZeroByte => "the record has a zero byte",
            Self::InvalidJson => "the record is no valid JSON object",
            Self::DuplicateKey => "the object has the same key twice",
            Self::TooDeep => "the record is nested too deeply",
            Self::TooLong => "the record is too long, or its parts are too many or share too much",
            Self::GroupNotExpanded => "the members of the group are not in the evidence",
            Self::RoleNotShown => "the role is not in the evidence",
            Self::FieldUntold => "a field that it is made of is absent or cannot be read",
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::RaggedRow => "ragged-row",
            Self::OpenQuote => "open-quote",
            Self::TextAfterQuote => "text-after-quote",
            Self::InvalidUtf8 => "invalid-utf-8",
            Self::ZeroByte => "zero-byte",
            Self::InvalidJson => "invalid-json",
            Self::DuplicateKey => "duplicate-key",
            Self::TooDeep => "too-deep",
            Self::TooLong => "too-long",
            Self::GroupNotExpanded => "group-not-expanded",
            Self::RoleNotShown => "role-not-shown",
            Self::FieldUntold => "field-untold",
        }
    }
}

/// Bytes that the decoded cells of one record may have in the side buffer.
pub const MAX_DECODED: usize = if cfg!(test) { 1 << 20 } else { 256 << 20 };
/// What the records of one row or object may have together, written out, where they share values: so many times its own
/// bytes, at least and at most these. So what is worked through grows as what was read does.
const WRITTEN_EACH: usize = 512;
const WRITTEN_LEAST: usize = 4 << 10;
const WRITTEN_MOST: usize = 256 << 20;
/// A side buffer that grew beyond this is not kept for the next block.
const KEPT: usize = 16 << 20;

/// The planned columns of one block of one table, without the block's bytes:
/// it is filled, folded, cleared and used again.
#[derive(Debug, Default)]
pub struct BatchBuffer {
    side: Vec<u8>,
    /// Where the side bytes of the record that is being made begin.
    begun: usize,
    /// The record that is being made has more side bytes than it may.
    overfull: bool,
    columns: Vec<Vec<Cell>>,
    places: Vec<Place>,
    rejections: Vec<Rejection>,
    /// Memory that a reader of delimited text works with.
    pub(crate) room: Room,
    /// Rows or objects seen, whether they made records or not.
    pub rows: u32,
    /// Records made or rejected: the next ordinal.
    pub ordinals: u32,
}

impl BatchBuffer {
    /// Empties the buffer and sets the number of columns.
    pub fn reset(&mut self, columns: usize) {
        self.side.clear();
        if self.side.capacity() > KEPT {
            self.side = Vec::new();
        }
        (self.begun, self.overfull) = (0, false);
        self.columns.resize_with(columns, Vec::new);
        for column in &mut self.columns {
            column.clear();
        }
        self.places.clear();
        self.rejections.clear();
        self.rows = 0;
        self.ordinals = 0;
    }

    /// Puts bytes into the side buffer. Where the record has more of them than
    /// it may, the cell is invalid and [`Self::end_record`] rejects the record.
    pub fn side(&mut self, bytes: &[u8]) -> Cell {
        let start = self.side.len();
        let end = start.saturating_add(bytes.len());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(cell_end)) if end - self.begun <= MAX_DECODED => {
                self.side.extend_from_slice(bytes);
                Cell::Side { start, end: cell_end }
            }
            _ => {
                self.overfull = true;
                Cell::Invalid
            }
        }
    }

    /// As [`Self::side`] of these bytes and `Z`, with the cell written where it belongs.
    #[inline]
    pub(crate) fn push_time(&mut self, time: &[u8; 19], cells: &mut Vec<Cell>) {
        let (start, length) = (self.side.len(), time.len() + 1);
        match u32::try_from(start + length) {
            Ok(end) if start + length - self.begun <= MAX_DECODED => {
                self.side.reserve(length);
                self.side.extend_from_slice(time);
                self.side.push(b'Z');
                cells.push(Cell::Side { start: small(start), end });
            }
            _ => cells.push(self.side(&[&time[..], b"Z"].concat())),
        }
    }

    /// A cell that records of a block share: made once, kept in `known`, and
    /// no part of what the record that is being made may have.
    pub fn shared(&mut self, known: &mut Option<Cell>, make: impl FnOnce(&mut Self) -> Cell) -> Cell {
        *known.get_or_insert_with(|| {
            let (begun, before) = (self.begun, self.side.len());
            self.begun = before;
            let cell = make(self);
            self.begun = begun + self.side.len() - before;
            cell
        })
    }

    /// Sets the next cell of a column. Every column gets one cell per record.
    pub fn push(&mut self, column: usize, cell: Cell) {
        self.columns[column].push(cell);
    }

    /// Sets the next cells of a column, those of a stretch of records.
    /// Together they must not have more side bytes than one record may.
    #[inline]
    pub(crate) fn extend(&mut self, column: usize, cells: impl FnOnce(&mut Self, &mut Vec<Cell>)) {
        let mut own = std::mem::take(&mut self.columns[column]);
        cells(self, &mut own);
        self.columns[column] = own;
    }

    /// Ends a stretch of records, of which each is all of its row: where the rows stand, and their ordinals.
    pub(crate) fn end_stretch(&mut self, rows: impl Iterator<Item = (u32, u32)>) {
        let (before, first) = (self.places.len(), self.ordinals);
        self.places.extend(rows.zip(first..).map(|((offset, row), ordinal)| Place { offset, ordinal, row, part: 0 }));
        self.ordinals += small(self.places.len() - before);
        self.begun = self.side.len();
    }

    /// Ends a record whose cells have all been pushed.
    pub fn end_record(&mut self, offset: u32, row: u32, part: u32) {
        let place = Place { offset, ordinal: self.ordinals, row, part };
        if self.overfull {
            let readable = self.places.len();
            self.columns.iter_mut().for_each(|column| column.truncate(readable));
            self.rejections.push(Rejection { place, reason: RejectReason::TooLong });
            self.overfull = false;
        } else {
            self.places.push(place);
        }
        self.begun = self.side.len();
        self.ordinals += 1;
    }

    /// Begins the records of a row or object of so many bytes, of which there may be several that share values.
    #[must_use]
    pub(crate) fn begin_several(&self, bytes: usize) -> Several {
        Several {
            records: self.places.len(),
            made: self.places.len(),
            rejections: self.rejections.len(),
            ordinals: self.ordinals,
            left: bytes.saturating_mul(WRITTEN_EACH).clamp(WRITTEN_LEAST, WRITTEN_MOST),
        }
    }

    /// Counts the record that was ended last among those of its row or object. Where they are more than these may be, gives
    /// `false`: none of them is there then, and the row or object is rejected.
    pub(crate) fn counts(&mut self, several: &mut Several) -> bool {
        // One that was rejected has no cells.
        let last = (self.places.len() > several.made).then(|| self.places.len() - 1);
        several.made = self.places.len();
        let written = last.map_or(0, |last| self.columns.iter().filter_map(|column| column.get(last)).map(Cell::length).sum());
        let Some(left) = several.left.checked_sub(written) else {
            if let Some(Place { offset, row, .. }) = last.and_then(|last| self.places.get(last).copied()) {
                self.columns.iter_mut().for_each(|column| column.truncate(several.records));
                self.places.truncate(several.records);
                self.rejections.truncate(several.rejections);
                self.ordinals = several.ordinals;
                self.reject(offset, row, RejectReason::TooLong);
            }
            return false;
        };
        several.left = left;
        true
    }

    /// Notes a record that could not be read; no cell of it may have been pushed.
    pub fn reject(&mut self, offset: u32, row: u32, reason: RejectReason) {
        self.rejections.push(Rejection { place: Place { offset, ordinal: self.ordinals, row, part: 0 }, reason });
        self.ordinals += 1;
    }

    /// Where the readable records stand.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Looks at the records together with the block that they were read from.
    #[must_use]
    pub fn view<'b>(&'b self, table: u32, block: u32, bytes: &'b [u8]) -> Batch<'b> {
        Batch { table, block, bytes, buffer: self }
    }
}

/// A filled buffer with its block's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'b> {
    /// The table's ordinal in the scan.
    pub table: u32,
    /// The block's ordinal in the file.
    pub block: u32,
    bytes: &'b [u8],
    buffer: &'b BatchBuffer,
}

impl<'b> Batch<'b> {
    /// The number of readable records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.places.is_empty()
    }

    /// How many columns there are.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.buffer.columns.len()
    }

    /// The cells of a column as they are stored.
    #[must_use]
    pub fn column(&self, column: usize) -> &'b [Cell] {
        &self.buffer.columns[column]
    }

    /// What a cell holds.
    #[must_use]
    #[inline]
    pub fn value(&self, cell: Cell) -> Value<'b> {
        match cell {
            Cell::Block { start, end } => Value::Bytes(&self.bytes[start as usize..end as usize]),
            Cell::Side { start, end } => Value::Bytes(&self.buffer.side[start as usize..end as usize]),
            Cell::Empty => Value::Empty,
            Cell::Absent => Value::Absent,
            Cell::Invalid => Value::Invalid,
        }
    }

    /// The value of one record's column.
    #[must_use]
    #[inline]
    pub fn get(&self, column: usize, record: usize) -> Value<'b> {
        self.value(self.buffer.columns[column][record])
    }

    /// Where the record stands.
    #[must_use]
    pub fn place(&self, record: usize) -> Place {
        self.buffer.places[record]
    }

    /// The records that could not be read.
    #[must_use]
    pub fn rejections(&self) -> &'b [Rejection] {
        &self.buffer.rejections
    }
}

/// A buffer of these records: `-` is absent, `{}` cannot be read.
#[cfg(test)]
pub(crate) fn of<const COLUMNS: usize>(records: &[[&str; COLUMNS]]) -> BatchBuffer {
    let mut buffer = BatchBuffer::default();
    buffer.reset(COLUMNS);
    for record in records {
        for (column, cell) in record.iter().enumerate() {
            let cell = match *cell {
                "" => Cell::Empty,
                "-" => Cell::Absent,
                "{}" => Cell::Invalid,
                value => buffer.side(value.as_bytes()),
            };
            buffer.push(column, cell);
        }
        buffer.end_record(0, 0, 0);
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::{BatchBuffer, Cell, MAX_DECODED, RejectReason, Value, WRITTEN_EACH, WRITTEN_LEAST, WRITTEN_MOST};

    #[test]
    fn records_that_share_a_value_are_as_long_as_if_each_were_written_out() {
        let mut out = BatchBuffer::default();
        out.reset(1);
        let shared = |out: &mut BatchBuffer, length: u32| {
            out.push(0, Cell::Block { start: 0, end: length });
            out.end_record(7, 3, 0);
        };
        for (bytes, length, most) in
            [(1, 1 << 10, WRITTEN_LEAST >> 10), (1 << 13, 1 << 12, WRITTEN_EACH << 1), (64 << 20, 32 << 20, WRITTEN_MOST >> 25)]
        {
            shared(&mut out, 5);
            let before = (out.places.len(), out.rejections.len(), out.ordinals);
            let mut several = out.begin_several(bytes);
            let made = (0..=most).take_while(|_| {
                shared(&mut out, length);
                out.counts(&mut several)
            });
            assert_eq!(made.count(), most);
            assert_eq!((out.places.len(), out.columns[0].len()), (before.0, before.0), "none of them is there");
            let rejection = out.rejections.last().unwrap();
            assert_eq!((out.rejections.len(), rejection.reason, rejection.place.ordinal), (before.1 + 1, RejectReason::TooLong, before.2));
            assert_eq!((rejection.place.offset, rejection.place.row, out.ordinals), (7, 3, before.2 + 1));
        }
    }

    #[test]
    fn a_record_with_too_many_decoded_bytes_is_rejected_and_the_next_one_is_not() {
        let (mut out, half) = (BatchBuffer::default(), vec![b'x'; MAX_DECODED / 2]);
        out.reset(3);
        let mut known = None;
        for (record, copies) in [2, 3, 2].into_iter().enumerate() {
            for column in 0..3 {
                let cell = if column < copies { out.side(&half) } else { out.shared(&mut known, |out| out.side(b"shared")) };
                out.push(column, cell);
            }
            out.end_record(u32::try_from(record).unwrap(), 0, 0);
        }
        assert_eq!(
            out.rejections.iter().map(|rejection| (rejection.reason, rejection.place.ordinal)).collect::<Vec<_>>(),
            [(RejectReason::TooLong, 1)]
        );
        assert_eq!(out.places.iter().map(|place| place.ordinal).collect::<Vec<_>>(), [0, 2]);
        let batch = out.view(0, 0, &[]);
        for record in 0..2 {
            assert_eq!(batch.get(1, record), Value::Bytes(&half));
            assert_eq!(batch.get(2, record), Value::Bytes(b"shared"), "what a block shares is no part of a record");
        }
        out.reset(1);
        assert!(out.side.capacity() < MAX_DECODED || MAX_DECODED < super::KEPT);
        assert_eq!(out.side(b"x"), Cell::Side { start: 0, end: 1 });
    }
}
