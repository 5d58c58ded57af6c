//! When a file was exported, as far as the export itself tells.

use crate::evidence::batch::{BatchBuffer, Value};
use crate::evidence::csv::CsvHead;
use crate::evidence::decode::date::{Dated, Formats};
use crate::evidence::json::{self, Found};
use crate::evidence::layout::{Column, CsvDialect, Decode, FileLayout, Format, Origin, Shape, TableLayout};
use crate::evidence::read::Parser;
use crate::source::Exported;

/// What an export tells of its own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Date or time, normalised.
    pub value: String,
    /// Whether only the file's name says so: whoever saved the file chose it.
    pub by_name: bool,
}

/// A spelling of a date or time, normalised. What is no date is not guessed:
/// then the export does not tell.
pub(super) fn normalise(text: &str, exported: &Exported) -> Option<String> {
    let text = text.trim();
    match Formats::new(&exported.dates).read(text.as_bytes()) {
        Dated::Same => Some(text.to_owned()),
        Dated::Day(day) => String::from_utf8(day.to_vec()).ok(),
        Dated::Time(time) => String::from_utf8(time.to_vec()).ok(),
        Dated::No => None,
    }
}

/// The cell of a column in the first readable record of a delimited head.
pub(super) fn cell(head: &[u8], csv: &CsvHead, column: &str) -> Option<String> {
    let at = csv.header.iter().position(|name| name == column)?;
    let dialect = CsvDialect {
        delimiter: csv.delimiter,
        header: csv.header.clone(),
        body: csv.body,
        rows_before: csv.rows_before,
        skip_when_empty: Vec::new(),
    };
    let columns = vec![Column { field: column.to_owned(), origin: Origin::Cell(at), decode: Decode::default() }];
    let tables = vec![TableLayout { table: 0, shape: Shape::Plain, columns }];
    let layout = FileLayout { format: Format::Csv(dialect), file_name: String::new(), tables };
    let body = head.get(usize::try_from(csv.body).ok()?..)?;
    let mut buffers = [BatchBuffer::default()];
    Parser::new(&layout).parse(body, &mut buffers);
    let [buffer] = &buffers;
    let batch = buffer.view(0, 0, body);
    match (!batch.is_empty()).then(|| batch.get(0, 0))? {
        Value::Bytes(text) => Some(String::from_utf8_lossy(text).into_owned()),
        Value::Empty | Value::Absent | Value::Invalid => None,
    }
}

/// What stands at a path of the first record.
pub(super) fn value(record: &[u8], path: &[String]) -> Option<String> {
    match json::get(record, path)? {
        Found::Scalar(text) => Some(text),
        Found::Null | Found::List | Found::Object => None,
    }
}
