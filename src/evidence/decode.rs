//! From the bytes of a value to its normalised form, after the section
//! "Decoding" of `docs/reading.md`.
//!
//! Where decoding changes nothing, which is nearly always, the cell is the
//! block's own slice; otherwise the new bytes go to the batch's side buffer.

use crate::dataset::{FieldKind, LIST_SEPARATOR};
use crate::evidence::batch::{BatchBuffer, Cell};
use crate::evidence::layout::Decode;

pub mod date;
pub(crate) mod kept;

use date::{Dated, Formats, LONGEST_DATE, Quick};

/// A value before decoding.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// Its bytes, unquoted or unescaped.
    pub bytes: &'a [u8],
    /// Where they stand in the block; `None` where they are not the block's own.
    pub at: Option<u32>,
}

/// What a spelling means, with the cell that says so in the current block.
#[derive(Debug)]
struct Spelling {
    raw: Vec<u8>,
    means: Meaning,
    cell: Option<Cell>,
}

#[derive(Debug)]
enum Meaning {
    Empty,
    Invalid,
    Bytes(Vec<u8>),
}

/// How the values of one column are decoded.
#[derive(Debug)]
pub struct Decoder {
    kind: FieldKind,
    /// Text without spellings: the bytes as they stand.
    plain: bool,
    spellings: Vec<Spelling>,
    formats: Formats,
    split: Option<Vec<u8>>,
    absent_is_empty: bool,
    truth: [Option<Cell>; 2],
    list: Vec<u8>,
}

/// A length or an offset within a block, which is shorter than 4 GiB.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "`read::Parser::parse` refuses longer blocks")]
pub(crate) const fn small(number: usize) -> u32 {
    number as u32
}

/// Without the spaces and tabs around it.
#[must_use]
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whether there is nothing but spaces and tabs.
#[inline]
#[must_use]
pub(crate) fn blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

impl Decoder {
    /// Compiles the rules of one column.
    #[must_use]
    pub fn new(decode: &Decode) -> Self {
        let formats = Formats::new(&decode.dates);
        let mut spellings: Vec<Spelling> = Vec::new();
        for (raw, value) in &decode.values {
            let means = meaning(decode.kind, &formats, value.as_bytes());
            spellings.push(Spelling { raw: raw.clone().into_bytes(), means, cell: None });
        }
        for raw in &decode.empty {
            spellings.push(Spelling { raw: raw.clone().into_bytes(), means: Meaning::Empty, cell: None });
        }
        let text = matches!(decode.kind, FieldKind::Text | FieldKind::Person);
        let split = if decode.kind == FieldKind::List { decode.split.clone().filter(|split| !split.is_empty()) } else { None };
        Self {
            kind: decode.kind,
            plain: text && spellings.is_empty(),
            spellings,
            formats,
            split: split.map(String::into_bytes),
            absent_is_empty: decode.absent_is_empty,
            truth: [None; 2],
            list: Vec::new(),
        }
    }

    /// The side bytes that so many values take at most, which are so many
    /// bytes long together; `None`: nobody knows.
    pub(crate) fn most_side(&self, values: usize, bytes: usize) -> Option<usize> {
        match self.kind {
            FieldKind::Text | FieldKind::Person | FieldKind::Boolean => Some(0),
            FieldKind::Date => values.checked_mul(LONGEST_DATE),
            FieldKind::List => self.spellings.is_empty().then_some(bytes),
        }
    }

    /// Begins a block: cells of the one before are forgotten.
    pub fn start(&mut self) {
        self.truth = [None; 2];
        for spelling in &mut self.spellings {
            spelling.cell = None;
        }
    }

    /// What stands for a missing key or column.
    #[must_use]
    pub const fn absent(&self) -> Cell {
        if self.absent_is_empty { Cell::Empty } else { Cell::Absent }
    }

    /// Decodes one value.
    #[inline]
    pub fn one(&mut self, raw: Raw<'_>, out: &mut BatchBuffer) -> Cell {
        if let (true, Some(start), Some(first)) = (self.plain, raw.at, raw.bytes.first())
            && *first > b' '
        {
            return Cell::Block { start, end: start + small(raw.bytes.len()) };
        }
        self.general(raw, out)
    }

    /// Decodes one value into the cells of its column. As [`Self::one`], but
    /// where nothing is to be decoded the cell is written where it belongs at
    /// once: to give it back in memory first takes longer than all the rest.
    #[inline]
    pub(crate) fn push(&mut self, raw: Raw<'_>, cells: &mut Vec<Cell>, out: &mut BatchBuffer) {
        if let (true, Some(start), Some(first)) = (self.plain, raw.at, raw.bytes.first())
            && *first > b' '
        {
            cells.push(Cell::Block { start, end: start + small(raw.bytes.len()) });
            return;
        }
        self.push_general(raw, cells, out);
    }

    #[inline(never)]
    fn push_general(&mut self, raw: Raw<'_>, cells: &mut Vec<Cell>, out: &mut BatchBuffer) {
        if let (FieldKind::Date, true, Some(start)) = (self.kind, self.spellings.is_empty(), raw.at) {
            match date::quick(raw.bytes) {
                Some(Quick::Same) => return cells.push(Cell::Block { start, end: start + small(raw.bytes.len()) }),
                Some(Quick::Time(time)) => return out.push_time(time, cells),
                None => {}
            }
        }
        if let (FieldKind::Boolean, true) = (self.kind, self.spellings.is_empty()) {
            match raw.bytes {
                b"true" => return cells.push(self.boolean(true, out)),
                b"false" => return cells.push(self.boolean(false, out)),
                _ => {}
            }
        }
        cells.push(self.general(raw, out));
    }

    fn general(&mut self, raw: Raw<'_>, out: &mut BatchBuffer) -> Cell {
        if blank(raw.bytes) {
            return Cell::Empty;
        }
        if self.kind == FieldKind::List {
            return self.many(std::iter::once(raw), out);
        }
        if let Some(cell) = self.spelled(raw.bytes, out) {
            return cell;
        }
        match self.kind {
            FieldKind::Text | FieldKind::Person | FieldKind::List => keep(raw, out),
            FieldKind::Boolean => match truth(trim(raw.bytes)) {
                None => Cell::Invalid,
                Some(value) => self.boolean(value, out),
            },
            FieldKind::Date => match self.formats.read(trim(raw.bytes)) {
                Dated::Same if trim(raw.bytes).len() == raw.bytes.len() => keep(raw, out),
                Dated::Same => out.side(trim(raw.bytes)),
                Dated::Day(day) => out.side(&day),
                Dated::Time(time) => out.side(&time),
                Dated::No => Cell::Invalid,
            },
        }
    }

    /// Decodes the elements of a list: a list of none is empty; where the
    /// field is no list, several are invalid.
    pub fn many<'a>(&mut self, items: impl Iterator<Item = Raw<'a>>, out: &mut BatchBuffer) -> Cell {
        if self.kind != FieldKind::List {
            let mut found = Cell::Empty;
            for item in items {
                match (self.one(item, out), found) {
                    (Cell::Empty, _) => {}
                    (cell, Cell::Empty) => found = cell,
                    _ => return Cell::Invalid,
                }
            }
            return found;
        }
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        let mut single = None;
        let mut count = 0usize;
        let mut good = true;
        for item in items {
            if self.split.is_some() && self.spelled_empty(item.bytes) {
                continue;
            }
            good &= self.elements(item, &mut list, &mut single, &mut count);
        }
        let cell = match (good, count, single) {
            (false, ..) => Cell::Invalid,
            (true, 0, _) => Cell::Empty,
            (true, 1, Some(Cell::Block { start, end })) => Cell::Block { start, end },
            _ => out.side(&list),
        };
        self.list = list;
        cell
    }

    /// Adds the elements of one value to a list; false where it is invalid.
    fn elements(&self, item: Raw<'_>, list: &mut Vec<u8>, single: &mut Option<Cell>, count: &mut usize) -> bool {
        if memchr::memchr(LIST_SEPARATOR, item.bytes).is_some() {
            return false;
        }
        let step = self.split.as_deref().unwrap_or_default();
        let mut from = 0;
        loop {
            let rest = item.bytes.get(from..).unwrap_or_default();
            let cut = if step.is_empty() { None } else { memchr::memmem::find(rest, step) };
            let piece = cut.map_or(rest, |cut| rest.get(..cut).unwrap_or_default());
            let element = trim(piece);
            let meaning = self.spellings.iter().find(|spelling| spelling.raw == element || spelling.raw == piece).map(|spelling| &spelling.means);
            let bytes = match meaning {
                None => element,
                Some(Meaning::Empty) => &[],
                Some(Meaning::Invalid) => return false,
                Some(Meaning::Bytes(bytes)) => bytes,
            };
            if !bytes.is_empty() {
                if *count > 0 {
                    list.push(LIST_SEPARATOR);
                }
                list.extend_from_slice(bytes);
                *count += 1;
                *single = None;
                if let (None, Some(at)) = (meaning, item.at) {
                    let blanks = piece.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    let start = at + small(from + blanks);
                    *single = Some(Cell::Block { start, end: start + small(element.len()) });
                }
            }
            match cut {
                None => return true,
                Some(cut) => from += cut + step.len(),
            }
        }
    }

    /// The value of a constant: its kind alone decides.
    pub fn constant(&mut self, text: &str, out: &mut BatchBuffer) -> Cell {
        if blank(text.as_bytes()) {
            return Cell::Empty;
        }
        match meaning(self.kind, &self.formats, text.as_bytes()) {
            Meaning::Empty => Cell::Empty,
            Meaning::Invalid => Cell::Invalid,
            Meaning::Bytes(bytes) => out.shared(&mut None, |out| out.side(&bytes)),
        }
    }

    fn spelled_empty(&self, bytes: &[u8]) -> bool {
        self.spellings.iter().any(|spelling| matches!(spelling.means, Meaning::Empty) && spelling.raw == bytes)
    }

    fn spelled(&mut self, bytes: &[u8], out: &mut BatchBuffer) -> Option<Cell> {
        let spelling = self.spellings.iter_mut().find(|spelling| spelling.raw == bytes)?;
        Some(match &spelling.means {
            Meaning::Empty => Cell::Empty,
            Meaning::Invalid => Cell::Invalid,
            Meaning::Bytes(bytes) => out.shared(&mut spelling.cell, |out| out.side(bytes)),
        })
    }

    fn boolean(&mut self, value: bool, out: &mut BatchBuffer) -> Cell {
        out.shared(&mut self.truth[usize::from(value)], |out| out.side(if value { b"true" } else { b"false" }))
    }
}

fn keep(raw: Raw<'_>, out: &mut BatchBuffer) -> Cell {
    raw.at.map_or_else(|| out.side(raw.bytes), |start| Cell::Block { start, end: start + small(raw.bytes.len()) })
}

fn truth(bytes: &[u8]) -> Option<bool> {
    let is = |word: &str| bytes.eq_ignore_ascii_case(word.as_bytes());
    if is("true") || is("1") || is("yes") {
        Some(true)
    } else if is("false") || is("0") || is("no") {
        Some(false)
    } else {
        None
    }
}

fn meaning(kind: FieldKind, formats: &Formats, bytes: &[u8]) -> Meaning {
    if blank(bytes) {
        return Meaning::Empty;
    }
    let trimmed = trim(bytes);
    match kind {
        FieldKind::Text | FieldKind::Person => Meaning::Bytes(bytes.to_vec()),
        FieldKind::List => Meaning::Bytes(trimmed.to_vec()),
        FieldKind::Boolean => match truth(trimmed) {
            None => Meaning::Invalid,
            Some(value) => Meaning::Bytes(value.to_string().into_bytes()),
        },
        FieldKind::Date => match formats.read(trimmed) {
            Dated::Same => Meaning::Bytes(trimmed.to_vec()),
            Dated::Day(day) => Meaning::Bytes(day.to_vec()),
            Dated::Time(time) => Meaning::Bytes(time.to_vec()),
            Dated::No => Meaning::Invalid,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Raw};
    use crate::dataset::FieldKind;
    use crate::evidence::batch::{BatchBuffer, Cell, Value};
    use crate::evidence::layout::Decode;

    fn text(value: Value<'_>) -> String {
        match value {
            Value::Bytes(bytes) => format!("={}", String::from_utf8_lossy(bytes).replace('\x1f', "|")),
            other => format!("{other:?}"),
        }
    }

    /// Decodes the value as bytes of the block, as bytes of elsewhere, and once more: always the same.
    fn decoded(decode: &Decode, value: &str) -> String {
        let (mut decoder, mut out) = (Decoder::new(decode), BatchBuffer::default());
        let block = format!("..{value}..");
        let own = Raw { bytes: value.as_bytes(), at: Some(2) };
        let cells: Vec<Cell> = [own, Raw { at: None, ..own }, own].into_iter().map(|raw| decoder.one(raw, &mut out)).collect();
        let batch = out.view(0, 0, block.as_bytes());
        let texts: Vec<String> = cells.into_iter().map(|cell| text(batch.value(cell))).collect();
        assert!(texts.iter().all(|text| *text == texts[0]), "{value}: {texts:?}");
        texts[0].clone()
    }

    fn pairs(values: &[(&str, &str)]) -> Vec<(String, String)> {
        values.iter().map(|(spelling, value)| ((*spelling).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_kind_decodes_its_spellings_and_nothing_else() {
        use FieldKind::{Boolean, Date, List, Person, Text};
        for (kind, value, expected) in [
            (Text, "x", "=x"),
            (Text, " x ", "= x "),
            (Text, "", "Empty"),
            (Text, " \t ", "Empty"),
            (Text, "\u{a0}", "=\u{a0}"),
            (Text, "null", "=null"),
            (Text, "-", "=-"),
            (Person, " a@x ", "= a@x "),
            (Person, "", "Empty"),
            (Boolean, "true", "=true"),
            (Boolean, "TRUE", "=true"),
            (Boolean, " Yes ", "=true"),
            (Boolean, "1", "=true"),
            (Boolean, "no", "=false"),
            (Boolean, "0", "=false"),
            (Boolean, "False", "=false"),
            (Boolean, "", "Empty"),
            (Boolean, "y", "Invalid"),
            (Boolean, "1.0", "Invalid"),
            (Boolean, "on", "Invalid"),
            (Boolean, "truetrue", "Invalid"),
            (Date, " 2026-11-01 ", "=2026-11-01"),
            (Date, "2026-11-01T08:00+01:00", "=2026-11-01T07:00:00Z"),
            (Date, "", "Empty"),
            (Date, "never", "Invalid"),
            (Date, "2026-02-29", "Invalid"),
            (List, "a", "=a"),
            (List, " a ", "=a"),
            (List, "a;b", "=a|b"),
            (List, " a ; b ", "=a|b"),
            (List, ";a;;b;", "=a|b"),
            (List, ";;", "Empty"),
            (List, "", "Empty"),
            (List, "a,b", "=a,b"),
            (List, "a\u{1f}b", "Invalid"),
            (List, "\u{1f}", "Invalid"),
        ] {
            let decode = Decode { kind, split: Some(";".to_owned()), ..Decode::default() };
            assert_eq!(decoded(&decode, value), expected, "{kind:?} {value:?}");
        }
        assert_eq!(decoded(&Decode { kind: List, ..Decode::default() }, " a;b "), "=a;b", "without a separator a cell is one element");
        assert_eq!(decoded(&Decode { kind: Text, split: Some(";".to_owned()), ..Decode::default() }, "a;b"), "=a;b", "only lists are cut");
    }

    #[test]
    fn spellings_of_the_source_are_exact_and_come_before_the_kind() {
        use FieldKind::{Boolean, Date, List, Text};
        let values = pairs(&[("Active", "true"), ("--", ""), ("bad", "never"), ("x", "X")]);
        let empty = vec!["n/a".to_owned(), "x".to_owned()];
        for (kind, value, expected) in [
            (Boolean, "Active", "=true"),
            (Boolean, "active", "Invalid"),
            (Boolean, " Active", "Invalid"),
            (Boolean, "--", "Empty"),
            (Boolean, "bad", "Invalid"),
            (Boolean, "n/a", "Empty"),
            (Boolean, "N/A", "Invalid"),
            (Date, "bad", "Invalid"),
            (Date, "n/a", "Empty"),
            (Text, "Active", "=true"),
            (Text, "Active ", "=Active "),
            (Text, "n/a", "Empty"),
            (Text, "x", "=X"),
            (Text, "bad", "=never"),
            (List, "x;--; n/a ;y", "=X|y"),
            (List, "n/a", "Empty"),
            (List, "--;--", "Empty"),
            (List, "Active", "=true"),
        ] {
            let decode = Decode { kind, values: values.clone(), empty: empty.clone(), split: Some(";".to_owned()), ..Decode::default() };
            assert_eq!(decoded(&decode, value), expected, "{kind:?} {value:?}");
        }
        let none = Decode { kind: List, empty: vec!["a;b".to_owned()], split: Some(";".to_owned()), ..Decode::default() };
        assert_eq!(
            (decoded(&none, "a;b"), decoded(&none, "a;c")),
            ("Empty".to_owned(), "=a|c".to_owned()),
            "`empty` holds for the whole before the cut"
        );
    }

    #[test]
    fn several_values_make_a_list_and_nothing_else() {
        let many = |kind: FieldKind, values: &[&str]| {
            let (mut decoder, mut out) = (Decoder::new(&Decode { kind, ..Decode::default() }), BatchBuffer::default());
            let cell = decoder.many(values.iter().map(|value| Raw { bytes: value.as_bytes(), at: None }), &mut out);
            text(out.view(0, 0, b"").value(cell))
        };
        for (kind, values, expected) in [
            (FieldKind::List, &[][..], "Empty"),
            (FieldKind::List, &["", " "], "Empty"),
            (FieldKind::List, &["a"], "=a"),
            (FieldKind::List, &["a", "", "b"], "=a|b"),
            (FieldKind::List, &["a", "b\u{1f}"], "Invalid"),
            (FieldKind::Text, &[], "Empty"),
            (FieldKind::Text, &["a"], "=a"),
            (FieldKind::Text, &["", "a", " "], "=a"),
            (FieldKind::Text, &["a", "a"], "Invalid"),
            (FieldKind::Boolean, &["yes"], "=true"),
            (FieldKind::Boolean, &["x"], "Invalid"),
            (FieldKind::Boolean, &["x", "yes"], "Invalid"),
            (FieldKind::Date, &["2026-11-01", ""], "=2026-11-01"),
        ] {
            assert_eq!(many(kind, values), expected, "{kind:?} {values:?}");
        }
    }

    #[test]
    fn a_constant_is_read_by_its_kind_alone_and_absent_may_be_empty() {
        for (kind, constant, expected) in [
            (FieldKind::Boolean, "yes", "=true"),
            (FieldKind::Boolean, "x", "Invalid"),
            (FieldKind::Date, "2026-11-01", "=2026-11-01"),
            (FieldKind::Text, "x", "=x"),
            (FieldKind::Text, " ", "Empty"),
            (FieldKind::List, " a;b ", "=a;b"),
        ] {
            let decode = Decode { kind, values: pairs(&[("x", "yes"), ("yes", "no")]), split: Some(";".to_owned()), ..Decode::default() };
            let (mut decoder, mut out) = (Decoder::new(&decode), BatchBuffer::default());
            let cell = decoder.constant(constant, &mut out);
            assert_eq!(text(out.view(0, 0, b"").value(cell)), expected, "{kind:?} {constant:?}");
        }
        let absent = |absent_is_empty| Decoder::new(&Decode { absent_is_empty, ..Decode::default() }).absent();
        assert_eq!((absent(false), absent(true)), (Cell::Absent, Cell::Empty));
    }
}
