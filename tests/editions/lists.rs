//! Lists of editions, crosswalks and evidence, read as plain tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A row by the names of its columns.
pub type Row = BTreeMap<String, String>;

/// The rows of a CSV file (RFC 4180) under its header.
pub fn rows(text: &str) -> Vec<Row> {
    let mut lines = cells(text.trim_start_matches('\u{feff}')).into_iter();
    let header = lines.next().expect("a header");
    lines
        .map(|line| {
            assert_eq!(line.len(), header.len(), "{line:?}");
            header.iter().cloned().zip(line).collect()
        })
        .collect()
}

fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            other => cell.push(other),
        }
    }
    assert!(line.is_empty() && cell.is_empty() && !quoted, "the last line has an end");
    lines
}

/// A file of the repository.
pub fn ours(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A table of the repository.
pub fn table(path: &str) -> Vec<Row> {
    rows(&std::fs::read_to_string(ours(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// One of the official files and of what was drawn from them; without them the test says so.
pub fn official(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.is_file() {
        eprintln!("NOT TESTED: ../shared/data/{name} is not there");
        return None;
    }
    Some(path)
}

/// A table drawn from the official files.
pub fn derived(name: &str) -> Option<Vec<Row>> {
    official(&format!("derived/{name}")).map(|path| rows(&std::fs::read_to_string(path).unwrap()))
}

/// One column.
pub fn column(rows: &[Row], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

/// One column by another.
pub fn by(rows: &[Row], key: &str, value: &str) -> BTreeMap<String, String> {
    rows.iter().map(|row| (row[key].clone(), row[value].clone())).collect()
}

/// The parts of a cell that holds several.
pub fn parts(cell: &str) -> Vec<&str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The ids of an edition's work roles, with our names for them.
pub fn roles(edition: &str) -> BTreeMap<String, String> {
    let (path, key) = match edition {
        "opm-2016" => ("frameworks/opm-2016/tables/codes.csv", "code"),
        "nice-2017" => ("controls/nice/tables/work-roles.csv", "role"),
        "nice-2.1.0" => ("controls/nice-2.1.0/tables/work-roles.csv", "role"),
        "dcwf-5.1" => ("controls/dcwf/tables/work-roles.csv", "code"),
        other => panic!("{other}"),
    };
    by(&table(path), key, "title")
}
