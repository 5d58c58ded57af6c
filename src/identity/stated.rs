//! The alias file `identities.csv`: what the auditor states about names.
//!
//! It decides who is who, so it is read strictly: a file that contradicts
//! itself, or a row that cannot be read, is a mistake to mend, never a guess.

use std::collections::BTreeMap;

use super::normalise;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::csv::strict::{self, Row};

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
    let sheet = strict::read(bytes, None).map_err(|mistake| wrong(file, mistake.line, mistake.message, HELP))?;
    let mut problems = Diagnostics::default();
    for name in sheet.header.iter().filter(|name| !COLUMNS.contains(&name.as_str())) {
        problems.push(wrong(file, sheet.header_line, format!("there is a column `{name}`"), HELP));
    }
    let column = |name: &str| sheet.header.iter().position(|header| header == name);
    for name in COLUMNS.iter().take(2).filter(|name| column(name).is_none()) {
        problems.push(wrong(file, sheet.header_line, format!("there is no column `{name}`"), HELP));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for mistake in &sheet.rejected {
        problems.push(wrong(file, mistake.line, mistake.message.as_str(), HELP));
    }
    let places = COLUMNS.map(column);
    let text = |row: &Row, column: usize| {
        let cell = places.get(column).copied().flatten().and_then(|at| row.cells.get(at));
        cell.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut rows = Vec::new();
    // By system and alias: the person, normalised and as written, and the line.
    let mut first = BTreeMap::new();
    for row in &sheet.rows {
        let line = row.line;
        let (Some(person), Some(alias)) = (text(row, 0), text(row, 1)) else {
            let name = if text(row, 0).is_none() { COLUMNS[0] } else { COLUMNS[1] };
            problems.push(wrong(file, line, format!("`{name}` is empty"), "fill the cell, or remove the row"));
            continue;
        };
        let system = text(row, 2);
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
