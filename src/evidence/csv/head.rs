//! What the first bytes of a delimited file tell: delimiter and header.

use memchr::memchr3;

use super::table::undouble;
use crate::evidence::block::ReadProblem;
use crate::evidence::decode::blank;

/// Rows that are looked at to find the delimiter.
const SAMPLE: usize = 50;

/// What the first bytes of a delimited file tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvHead {
    /// The separator.
    pub delimiter: u8,
    /// Column names: trimmed; empty ones are `#n`, repeated ones `name#2`.
    pub header: Vec<String>,
    /// Byte offset of the first row behind the header.
    pub body: u64,
    /// Rows before it, the header among them.
    pub rows_before: u64,
}

/// Reads the header of a delimited file from its first bytes. `delimiter` is
/// the source's; without one it is found out. A head that holds no line end
/// is taken for the whole file.
///
/// # Errors
///
/// `encoding`, `line-ends`, `open-quote`, `empty`: see `docs/reading.md`.
pub fn sniff(head: &[u8], delimiter: Option<u8>) -> Result<CsvHead, ReadProblem> {
    let problem = |code, offset: usize, message: &str| ReadProblem { code, offset: offset as u64, message: message.to_owned() };
    if utf16(head) {
        return Err(problem("encoding", 0, "the file is UTF-16; save the export as UTF-8"));
    }
    let mut preamble = preamble(head);
    if let Some(fixed) = delimiter {
        preamble.delimiter = Some(fixed);
    }
    let rest = head.get(preamble.end..).unwrap_or_default();
    if rest.is_empty() {
        return Err(problem("empty", preamble.end, "there is no header row"));
    }
    let delimiter = preamble.delimiter.unwrap_or_else(|| find_delimiter(rest));
    let mut rows = Rows::new(rest, delimiter);
    let cells = rows.next_row().unwrap_or_default();
    if rows.open {
        return Err(problem("open-quote", preamble.end, "a quote in the header is never closed"));
    }
    let header = rest.get(..rows.start).unwrap_or_default();
    if memchr::memchr(0, header).is_some() {
        return Err(problem("encoding", preamble.end, "the header holds zero bytes (UTF-16 or binary data); save the export as UTF-8"));
    }
    if let Err(error) = std::str::from_utf8(header) {
        return Err(problem("encoding", preamble.end + error.valid_up_to(), "the header is not UTF-8; save the export as UTF-8"));
    }
    // Names hold no line ends but quoted ones: what follows one here is the first row.
    if rows.bare_cr {
        return Err(problem("line-ends", preamble.end, "lines end in lone carriage returns; save the export with LF or CRLF line ends"));
    }
    let names = cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    Ok(CsvHead { delimiter, header: distinct(names), body: (preamble.end + rows.start) as u64, rows_before: preamble.rows + 1 })
}

/// Whether the bytes begin with a byte-order mark of UTF-16, or every other
/// byte of the first few is zero.
#[must_use]
pub(crate) fn utf16(head: &[u8]) -> bool {
    matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || matches!(head, [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a != 0 && *b != 0)
}

/// What stands before the header.
struct Preamble {
    delimiter: Option<u8>,
    end: usize,
    rows: u64,
}

fn preamble(head: &[u8]) -> Preamble {
    let mut found = Preamble { delimiter: None, end: 0, rows: 0 };
    if head.starts_with(b"\xef\xbb\xbf") {
        found.end = 3;
    }
    loop {
        let rest = head.get(found.end..).unwrap_or_default();
        let next = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..next).unwrap_or_default();
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        match line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line) {
            [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if found.delimiter.is_none() => found.delimiter = Some(*delimiter),
            [b'#', b'T', b'Y', b'P', b'E', b' ', ..] => {}
            [] if next > 0 && line.is_empty() => {}
            _ => return found,
        }
        found.end += next;
        found.rows += 1;
    }
}

/// Rows of a head, for the header and for counting cells.
struct Rows<'h> {
    head: &'h [u8],
    delimiter: u8,
    start: usize,
    open: bool,
    /// A carriage return stands outside quotes in a cell of the last row.
    bare_cr: bool,
}

impl<'h> Rows<'h> {
    const fn new(head: &'h [u8], delimiter: u8) -> Self {
        Self { head, delimiter, start: 0, open: false, bare_cr: false }
    }

    /// The cells of the next row.
    fn next_row(&mut self) -> Option<Vec<Vec<u8>>> {
        let mut cells = Vec::new();
        self.bare_cr = false;
        let mut cell = self.start;
        if cell >= self.head.len() {
            return None;
        }
        let mut from = cell;
        let (head, delimiter) = (self.head, self.delimiter);
        let next = |from: usize| memchr3(delimiter, b'\n', b'"', head.get(from..)?).map(|step| from + step);
        while let Some(place) = next(from) {
            from = place + 1;
            match self.head.get(place) {
                Some(b'"') if place == cell => match closing(self.head, place + 1) {
                    None => {
                        self.open = true;
                        self.start = self.head.len();
                        return Some(cells);
                    }
                    Some(behind) => from = behind,
                },
                Some(b'"') => {}
                Some(b'\n') => {
                    let end = if place > cell && self.head.get(place - 1) == Some(&b'\r') { place - 1 } else { place };
                    cells.push(self.content(cell, end));
                    self.start = place + 1;
                    return Some(cells);
                }
                _ => {
                    cells.push(self.content(cell, place));
                    cell = place + 1;
                }
            }
        }
        cells.push(self.content(cell, self.head.len()));
        self.start = self.head.len();
        Some(cells)
    }

    /// A cell's text: its quoted part, if it begins with one, and what follows literally.
    fn content(&mut self, start: usize, end: usize) -> Vec<u8> {
        let head = self.head.get(..end).unwrap_or_default();
        let cell = head.get(start..).unwrap_or_default();
        let (mut out, mut bare) = (Vec::new(), cell);
        if let (Some(b'"'), Some(behind)) = (cell.first(), closing(head, start + 1)) {
            undouble(head.get(start + 1..behind - 1).unwrap_or_default(), &mut out);
            bare = head.get(behind..).unwrap_or_default();
        }
        self.bare_cr |= memchr::memchr(b'\r', bare).is_some();
        out.extend_from_slice(bare);
        out
    }
}

/// The place behind the quote that closes.
fn closing(head: &[u8], mut place: usize) -> Option<usize> {
    loop {
        place += memchr::memchr(b'"', head.get(place..)?)? + 1;
        if head.get(place) != Some(&b'"') {
            return Some(place);
        }
        place += 1;
    }
}

/// The delimiter under which most rows have as many cells as the first.
fn find_delimiter(head: &[u8]) -> u8 {
    let mut best = (b',', 0usize, 1usize, 1usize);
    for delimiter in *b",;\t|" {
        let mut rows = Rows::new(head, delimiter);
        let columns = rows.next_row().map_or(0, |cells| cells.len());
        if columns < 2 {
            continue;
        }
        let (mut equal, mut all) = (1, 1);
        while let Some(cells) = (all < SAMPLE).then(|| rows.next_row()).flatten() {
            // The last row of the head may be cut.
            if rows.open || (rows.start >= head.len() && !head.ends_with(b"\n")) {
                break;
            }
            if matches!(cells.as_slice(), [only] if blank(only)) {
                continue;
            }
            all += 1;
            equal += usize::from(cells.len() == columns);
        }
        let (_, best_equal, best_all, best_columns) = best;
        let (share, best_share) = (equal * best_all, best_equal * all);
        if share > best_share || (share == best_share && columns > best_columns) {
            best = (delimiter, equal, all, columns);
        }
    }
    best.0
}

fn distinct(names: Vec<String>) -> Vec<String> {
    let mut header: Vec<String> = Vec::with_capacity(names.len());
    let mut taken = std::collections::HashSet::new();
    let mut times = std::collections::HashMap::<String, usize>::new();
    for (index, name) in names.into_iter().enumerate() {
        let base = if name.is_empty() { format!("#{}", index + 1) } else { name };
        let mut name = base.clone();
        while !taken.insert(name.clone()) {
            let count = times.entry(base.clone()).or_insert(1);
            *count += 1;
            name = format!("{base}#{count}");
        }
        header.push(name);
    }
    header
}

#[cfg(test)]
mod tests {
    use super::sniff;

    #[test]
    fn names_are_the_quoted_part_and_what_follows_it_literally() {
        for (head, names) in [
            ("\"name\"zz,b\n", ["namezz", "b"]),
            ("\"na\"\"me\",b\n", ["na\"me", "b"]),
            ("\"name\"z\",b\n", ["namez\"", "b"]),
            ("na\"me\",b\r\n", ["na\"me\"", "b"]),
            ("\"a,\r\n;\" , b\n", ["a,\r\n;", "b"]),
            ("\"a\rb\",c\n", ["a\rb", "c"]),
            ("\"\",b", ["#1", "b"]),
        ] {
            assert_eq!(sniff(head.as_bytes(), Some(b',')).unwrap().header, names, "{head}");
        }
    }

    #[test]
    fn a_carriage_return_outside_quotes_is_the_end_of_a_line_that_nobody_told() {
        for head in
            ["asset_id,name\rA,B\n", "asset_id,name\rA,B\rC,D", "\"asset_id\",\"name\"\r\"A\",\"B\"\n", "a,b\r", "a,b\r\r\n1,2\r\r\n", "a\r,b\n"]
        {
            assert_eq!(sniff(head.as_bytes(), None).unwrap_err().code, "line-ends", "{head:?}");
        }
        assert_eq!(sniff(b"a,b\n1,x\ry\n", None).unwrap().header, ["a", "b"], "in a record it is text");
    }
}
