//! Markdown documents, after the section "Markdown" of `docs/reading.md`.

use crate::evidence::batch::{BatchBuffer, Cell, RejectReason};
use crate::evidence::block::{Cut, MAX_RECORD, ReadProblem, SplitEnd};
use crate::evidence::csv::utf16;
use crate::evidence::decode::{Decoder, Raw};
use crate::evidence::layout::{Origin, TableLayout};

mod document;

use document::{Document, MOST_KEYS, Value};

/// What a document's head tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkdownHead {
    /// Keys of front matter and control tables, in lower case.
    pub keys: Vec<String>,
    /// The title.
    pub title: Option<String>,
}

/// Front matter and control-table keys, and the title. `None` for UTF-16.
/// Bytes that are no text are read over: the reader rejects the record.
#[must_use]
pub fn peek(head: &[u8]) -> Option<MarkdownHead> {
    if utf16(head) {
        return None;
    }
    let text = String::from_utf8_lossy(head);
    let document = Document::read(&text);
    Some(MarkdownHead { title: document.title(), keys: document.keys })
}

/// The whole file is one record.
#[derive(Debug, Default)]
pub(crate) struct MarkdownSplitter {
    base: u64,
    problem: Option<ReadProblem>,
}

impl MarkdownSplitter {
    pub(crate) fn cut(&mut self, buffer: &[u8], at_end: bool) -> Result<Cut, ReadProblem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let problem = |code, message: &str| Some(ReadProblem { code, offset: 0, message: message.to_owned() });
        if buffer.len() > MAX_RECORD {
            self.problem = problem("record-too-long", "the document is longer than 64 MiB; it is not read");
        } else if at_end && utf16(buffer) {
            self.problem = problem("encoding", "the file is UTF-16; save it as UTF-8");
        } else if at_end {
            self.base += buffer.len() as u64;
            return Ok(Cut { start: 0, end: buffer.len() });
        }
        Ok(Cut { start: 0, end: 0 })
    }

    pub(crate) fn finish(&mut self) -> SplitEnd {
        SplitEnd { problem: self.problem.clone(), ..SplitEnd::default() }
    }
}

/// Reads the one record.
fn read(block: &[u8]) -> Result<Document<'_>, RejectReason> {
    if memchr::memchr(0, block).is_some() {
        return Err(RejectReason::ZeroByte);
    }
    let document = Document::read(std::str::from_utf8(block).map_err(|_| RejectReason::InvalidUtf8)?);
    if document.keys.len() > MOST_KEYS { Err(RejectReason::TooLong) } else { Ok(document) }
}

/// Parses one document.
#[derive(Debug)]
pub(crate) struct MarkdownParser<'l> {
    tables: &'l [TableLayout],
    file_name: &'l str,
}

impl<'l> MarkdownParser<'l> {
    pub(crate) const fn new(tables: &'l [TableLayout], file_name: &'l str) -> Self {
        Self { tables, file_name }
    }

    pub(crate) fn parse(&mut self, block: &[u8], batches: &mut [BatchBuffer]) {
        for (table, out) in self.tables.iter().zip(batches.iter_mut()) {
            out.reset(table.columns.len());
            if block.is_empty() {
                continue;
            }
            out.rows = 1;
            match read(block) {
                Err(reason) => out.reject(0, 0, reason),
                Ok(document) => self.record(&document, table, out),
            }
        }
    }

    fn record(&self, document: &Document<'_>, table: &TableLayout, out: &mut BatchBuffer) {
        for (index, column) in table.columns.iter().enumerate() {
            let mut decoder = Decoder::new(&column.decode);
            let cell = self.cell(document, &column.origin, &mut decoder, out);
            out.push(index, if cell == Cell::Absent { decoder.absent() } else { cell });
        }
        out.end_record(0, 0, 0);
    }

    fn cell(&self, document: &Document<'_>, origin: &Origin, decoder: &mut Decoder, out: &mut BatchBuffer) -> Cell {
        let mut text = |text: &str, decoder: &mut Decoder| decoder.one(Raw { bytes: text.as_bytes(), at: None }, out);
        match origin {
            Origin::Constant(value) => decoder.constant(value, out),
            Origin::Key(key) if key == "text" => text(document.text, decoder),
            Origin::Key(key) if key == "path" => text(self.file_name, decoder),
            Origin::Key(key) if key == "title" => document.title().map_or(Cell::Absent, |title| text(&title, decoder)),
            Origin::Key(key) => match document.get(key) {
                None => Cell::Absent,
                Some(Value::Nested) => Cell::Invalid,
                Some(Value::Text(value)) if value.is_empty() => Cell::Empty,
                Some(Value::Text(value)) => text(value, decoder),
                Some(Value::List(values)) => decoder.many(values.iter().map(|value| Raw { bytes: value.as_bytes(), at: None }), out),
            },
            Origin::FirstOf(origins) => {
                let mut found = Cell::Absent;
                for origin in origins {
                    match self.cell(document, origin, decoder, out) {
                        Cell::Absent => {}
                        Cell::Empty => found = Cell::Empty,
                        other => return other,
                    }
                }
                found
            }
            _ => Cell::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_KEYS, peek, read};
    use crate::evidence::batch::RejectReason;

    #[test]
    fn a_broken_byte_rejects_the_record_and_not_the_file() {
        for (text, reason) in [(&b"owner: a\xff\n---\n"[..], RejectReason::InvalidUtf8), (b"owner: a\0\n---\n", RejectReason::ZeroByte)] {
            assert_eq!(peek(text).unwrap().keys, ["owner"]);
            assert_eq!(read(text).err(), Some(reason));
        }
        assert_eq!(peek(b"\xff\xfea\0"), None);
    }

    #[test]
    fn keys_beyond_number_are_told_and_take_no_time() {
        let tables = |count: usize| (0..count).map(|at| format!("| k{at} | v |\n\n")).collect::<String>();
        let document = tables(MOST_KEYS);
        assert_eq!(read(document.as_bytes()).unwrap().keys.len(), MOST_KEYS);
        assert_eq!(read(tables(MOST_KEYS + 1).as_bytes()).err(), Some(RejectReason::TooLong));
        assert_eq!(read(tables(200_000).as_bytes()).err(), Some(RejectReason::TooLong));
        let same = "| key | v |\n\n".repeat(100_000);
        assert_eq!(read(same.as_bytes()).unwrap().keys, ["key"]);
    }
}
