//! The alias file `identities.csv`: what the auditor states about names.
//!
//! It decides who is who, so it is read strictly: a file that contradicts
//! itself, or a row that cannot be read, is a mistake to mend, never a guess.

use std::collections::BTreeMap;

use super::normalise;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::batch::{BatchBuffer, Value};
use crate::evidence::csv;
use crate::evidence::layout::{Column, CsvDialect, Decode, FileLayout, Format, Origin, Shape, TableLayout};
use crate::evidence::read::Parser;

/// A row of the alias file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The roster's number of the person.
    pub person: String,
    /// Another name of theirs.
    pub alias: String,
    /// The system in which it is their name; everywhere without one.
    pub system: Option<String>,
}

const COLUMNS: [&str; 3] = ["person_id", "alias", "system"];
const HELP: &str =
    "the file has the columns person_id and alias, one alias a row, and may have a column system for aliases that hold in one system only";

fn wrong(file: &str, line: u64, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    let mut diagnostic = Diagnostic::new("identities", file, message).help(help);
    diagnostic.line = usize::try_from(line).unwrap_or(usize::MAX);
    diagnostic
}

/// Reads the file.
///
/// # Errors
/// Every mistake in it, with its line.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Stated>, Diagnostics> {
    let head = csv::sniff(bytes, None).map_err(|problem| wrong(file, 1, problem.message, HELP))?;
    let body_at = usize::try_from(head.body).unwrap_or(usize::MAX);
    let line_of = |offset: usize| memchr::memchr_iter(b'\n', bytes.get(..offset).unwrap_or_default()).count() as u64 + 1;
    let mut problems = Diagnostics::default();
    for name in head.header.iter().filter(|name| !COLUMNS.contains(&name.as_str())) {
        problems.push(wrong(file, line_of(body_at).saturating_sub(1).max(1), format!("there is a column `{name}`"), HELP));
    }
    for name in COLUMNS.iter().take(2).filter(|name| !head.header.iter().any(|header| header == *name)) {
        problems.push(wrong(file, line_of(body_at).saturating_sub(1).max(1), format!("there is no column `{name}`"), HELP));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let column = |name: &&str| {
        let origin = head.header.iter().position(|header| header == name).map_or(Origin::Absent, Origin::Cell);
        Column { field: (*name).to_owned(), origin, decode: Decode::default() }
    };
    let columns = COLUMNS.iter().map(column).collect();
    let (rows_before, header) = (head.rows_before, head.header.clone());
    let dialect = CsvDialect { delimiter: head.delimiter, header, body: head.body, rows_before, skip_when_empty: Vec::new() };
    let tables = vec![TableLayout { table: 0, shape: Shape::Plain, columns }];
    let layout = FileLayout { format: Format::Csv(dialect), file_name: String::new(), tables };
    let body = bytes.get(body_at..).unwrap_or_default();
    let mut buffers = [BatchBuffer::default()];
    Parser::new(&layout).parse(body, &mut buffers);
    let [buffer] = &buffers;
    let batch = buffer.view(0, 0, body);
    let line = |offset: u32| line_of(body_at.saturating_add(offset as usize));
    for rejection in batch.rejections() {
        problems.push(wrong(file, line(rejection.place.offset), rejection.reason.words(), HELP));
    }
    let text = |column: usize, record: usize| match batch.get(column, record) {
        Value::Bytes(value) => Some(String::from_utf8_lossy(value).trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Empty | Value::Absent | Value::Invalid => None,
    };
    let mut rows = Vec::new();
    // By system and alias: the person, normalised and as written, and the line.
    let mut first = BTreeMap::new();
    for record in 0..batch.len() {
        let line = line(batch.place(record).offset);
        let (Some(person), Some(alias)) = (text(0, record), text(1, record)) else {
            let name = if text(0, record).is_none() { COLUMNS[0] } else { COLUMNS[1] };
            problems.push(wrong(file, line, format!("`{name}` is empty"), "fill the cell, or remove the row"));
            continue;
        };
        let system = text(2, record);
        let normal = |value: &str| normalise(value.as_bytes(), <[u8]>::to_vec);
        let known = first.entry((system.clone(), normal(&alias))).or_insert_with(|| (normal(&person), person.clone(), line));
        if known.0 != normal(&person) {
            let message = format!("`{alias}` is stated for {person} here, and for {} on line {}", known.1, known.2);
            problems.push(wrong(file, line, message, "an alias is one person's: remove the row that is wrong"));
            continue;
        }
        rows.push(Stated { person, alias, system });
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}
