//! Whole small CSV files of our own (RFC 4180: commas, quotes doubled), read
//! by the same parser as evidence: tables of packs, stated aliases.

use super::head::sniff;
use crate::evidence::batch::{BatchBuffer, Value};
use crate::evidence::layout::{Column, CsvDialect, Decode, FileLayout, Format, Origin, Shape, TableLayout};
use crate::evidence::read::Parser;

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The names of its columns.
    pub header: Vec<String>,
    /// The line of the header, from 1.
    pub header_line: u64,
    /// Its rows, each as long as the header.
    pub rows: Vec<Row>,
    /// Rows that cannot be read.
    pub rejected: Vec<Mistake>,
}

/// A row and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line, from 1.
    pub line: u64,
    /// Its cells as written; an empty one is an empty text.
    pub cells: Vec<String>,
}

/// What is wrong at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads a file; without a delimiter it is found out.
///
/// # Errors
/// There is no header that can be read.
pub fn read(bytes: &[u8], delimiter: Option<u8>) -> Result<Sheet, Mistake> {
    let head = sniff(bytes, delimiter).map_err(|problem| Mistake { line: 1, message: problem.message })?;
    let body_at = usize::try_from(head.body).unwrap_or(usize::MAX);
    let line_of = |offset: usize| memchr::memchr_iter(b'\n', bytes.get(..offset).unwrap_or_default()).count() as u64 + 1;
    let column = |(number, name): (usize, &String)| Column { field: name.clone(), origin: Origin::Cell(number), decode: Decode::default() };
    let columns: Vec<Column> = head.header.iter().enumerate().map(column).collect();
    let width = columns.len();
    let dialect = CsvDialect {
        delimiter: head.delimiter,
        header: head.header.clone(),
        body: head.body,
        rows_before: head.rows_before,
        skip_when_empty: Vec::new(),
    };
    let tables = vec![TableLayout { table: 0, shape: Shape::Plain, columns }];
    let layout = FileLayout { format: Format::Csv(dialect), file_name: String::new(), tables };
    let body = bytes.get(body_at..).unwrap_or_default();
    let mut buffers = [BatchBuffer::default()];
    Parser::new(&layout).parse(body, &mut buffers);
    let [buffer] = &buffers;
    let batch = buffer.view(0, 0, body);
    // Rows come in order: lines are counted from the one before.
    let (mut at, mut line) = (body_at, line_of(body_at));
    let mut line_at = |offset: u32| {
        let offset = body_at.saturating_add(offset as usize);
        if offset < at {
            return line_of(offset);
        }
        line += memchr::memchr_iter(b'\n', bytes.get(at..offset).unwrap_or_default()).count() as u64;
        at = offset;
        line
    };
    let text = |column: usize, record: usize| match batch.get(column, record) {
        Value::Bytes(value) => String::from_utf8_lossy(value).into_owned(),
        Value::Empty | Value::Absent | Value::Invalid => String::new(),
    };
    let rows = (0..batch.len())
        .map(|record| Row { line: line_at(batch.place(record).offset), cells: (0..width).map(|column| text(column, record)).collect() });
    let rows = rows.collect();
    let rejected = batch.rejections().iter().map(|rejection| Mistake {
        line: line_of(body_at.saturating_add(rejection.place.offset as usize)),
        message: rejection.reason.words().to_owned(),
    });
    let rejected = rejected.collect();
    Ok(Sheet { header: head.header, header_line: line_of(body_at).saturating_sub(1).max(1), rows, rejected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_lines_and_quoted_ends() {
        let sheet = read(b"a,b\n1,\"x, \"\"y\"\"\nz\"\n2,\n", Some(b',')).unwrap();
        assert_eq!(sheet.header, ["a", "b"]);
        let rows: Vec<(u64, Vec<&str>)> = sheet.rows.iter().map(|row| (row.line, row.cells.iter().map(String::as_str).collect())).collect();
        assert_eq!(rows, [(2, vec!["1", "x, \"y\"\nz"]), (4, vec!["2", ""])]);
    }

    #[test]
    fn rows_of_another_length_are_rejected_with_their_line() {
        let sheet = read(b"a,b\n1,2\n3\n4,5,6\n", Some(b',')).unwrap();
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(sheet.rejected.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn a_file_without_a_header_is_refused() {
        assert!(read(b"", Some(b',')).is_err());
        assert!(read(b"\xff\xfe\0a", Some(b',')).is_err());
    }
}
