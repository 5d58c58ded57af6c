//! What a pack's controls share: parameters with the values in force, and tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::load::LoadedPack;
use super::super::raw::{RawChoices, RawPack, RawTable};
use super::super::{PackTable, Parameter};
use crate::diagnostic::Diagnostics;
use crate::yaml::{Origin, Spanned};

pub(super) fn frame(
    loaded: &LoadedPack,
    origin: &Origin,
    raw: &RawPack,
    overrides: &BTreeMap<String, Value>,
    problems: &mut Diagnostics,
) -> (Vec<Parameter>, BTreeMap<String, PackTable>) {
    let mut parameters: Vec<Parameter> = Vec::new();
    for parameter in &raw.parameters {
        let name = &parameter.name.value;
        if parameters.iter().any(|known| known.name == *name) {
            problems.push(origin.diagnostic(parameter.name.at, "duplicate-id", format!("two parameters are named `{name}`"), None));
            continue;
        }
        if let (Some(from), false) = (&parameter.from, parameter.value.value.0.is_array()) {
            problems.push(origin.diagnostic(from.at, "wrong-parameter", format!("a scope is a list; `{name}` is one value"), None));
        }
        let set = overrides.get(name);
        let value = set.unwrap_or(&parameter.value.value.0).clone();
        if value.is_array() != parameter.value.value.0.is_array() {
            let message = format!("`{name}` is {}", if value.is_array() { "one value, not a list" } else { "a list, not one value" });
            problems.push(origin.diagnostic(parameter.value.at, "wrong-parameter", message, None));
        }
        parameters.push(Parameter { name: name.clone(), value, set_by_engagement: set.is_some(), about: parameter.about.clone() });
    }
    let mut tables = BTreeMap::new();
    for table in &raw.tables {
        let resolved = self::table(loaded, origin, table, problems);
        if tables.insert(table.name.value.clone(), resolved).is_some() {
            problems.push(origin.diagnostic(table.name.at, "duplicate-id", format!("two tables are named `{}`", table.name.value), None));
        }
    }
    for (raw, parameter) in raw.parameters.iter().zip(&parameters) {
        if let Some(values) = &raw.values {
            known_values(origin, values, parameter, &tables, problems);
        }
    }
    (parameters, tables)
}

/// A table with its rows, from the file itself or from a CSV file beside it.
fn table(loaded: &LoadedPack, origin: &Origin, raw: &RawTable, problems: &mut Diagnostics) -> PackTable {
    let columns = raw.columns.value.clone();
    let rows = match (&raw.rows, &raw.file) {
        (Some(rows), None) => {
            for row in rows.iter().filter(|row| row.value.len() != columns.len()) {
                let message = format!("the row has {} cells, the table {} columns", row.value.len(), columns.len());
                problems.push(origin.diagnostic(row.at, "ragged-table", message, None));
            }
            rows.iter().map(|row| row.value.iter().map(|cell| cell.0.clone()).collect()).collect()
        }
        (None, Some(file)) => loaded.sheets.rows(origin, file, &columns, problems).into_iter().map(|row| row.cells.clone()).collect(),
        _ => {
            let help = Some("`rows` in pack.yaml itself, or `file: tables/NAME.csv`".to_owned());
            problems.push(origin.diagnostic(raw.name.at, "wrong-table", format!("give the table `{}` either rows or a file", raw.name.value), help));
            Vec::new()
        }
    };
    let mut table = PackTable { columns, rows, ..PackTable::default() };
    let place = |column: &Spanned<String>, problems: &mut Diagnostics| {
        let found = table.column(&column.value);
        if found.is_none() {
            let help = crate::suggest::help(&column.value, table.columns.iter().map(String::as_str));
            let message = format!("the table `{}` has no column `{}`", raw.name.value, column.value);
            problems.push(origin.diagnostic(column.at, "unknown-column", message, help));
        }
        found
    };
    let key = raw.key.as_ref().and_then(|column| place(column, problems));
    let words = raw.words.as_ref().and_then(|column| place(column, problems));
    let ids = raw.ids.as_ref().and_then(|ids| Some((place(&ids.value.column, problems)?, ids.value.of.clone())));
    let attributes = raw.attributes.iter().filter_map(|column| place(column, problems)).collect();
    if let (Some(at), Some(column)) = (key, &raw.key) {
        let mut seen = BTreeSet::new();
        for id in table.rows.iter().filter_map(|row| row.get(at)) {
            let message = match (id.trim().is_empty(), seen.insert(id)) {
                (true, _) => format!("the table `{}` has a row without its key `{}`", raw.name.value, column.value),
                (false, false) => format!("the table `{}` has two rows with the key `{id}`", raw.name.value),
                (false, true) => continue,
            };
            problems.push(origin.diagnostic(column.at, "duplicate-key", message, Some("every row has a key of its own".to_owned())));
        }
    }
    (table.key, table.words, table.ids, table.attributes) = (key, words, ids, attributes);
    table
}

/// The tables that list entries; without those whose file was not read.
pub(super) fn entries(loaded: &LoadedPack, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) -> BTreeMap<String, PackTable> {
    let read = |table: &&RawTable| table.file.as_ref().is_none_or(|file| !loaded.partial || loaded.sheets.has(&file.value));
    let keyed = raw.tables.iter().filter(|table| table.key.is_some()).filter(read);
    keyed.map(|table| (table.name.value.clone(), self::table(loaded, origin, table, problems))).collect()
}

/// Whether a parameter has no values but those that may be chosen.
fn known_values(
    origin: &Origin,
    values: &Spanned<RawChoices>,
    parameter: &Parameter,
    tables: &BTreeMap<String, PackTable>,
    problems: &mut Diagnostics,
) {
    let known: BTreeSet<&str> = match (&values.value.list, &values.value.table, &values.value.column) {
        (Some(list), None, None) => list.iter().map(|cell| cell.0.as_str()).collect(),
        (None, Some(name), Some(column)) => {
            let found = tables.get(&name.value).and_then(|table| Some((table, table.column(&column.value)?)));
            let Some((table, at)) = found else {
                let message = format!("there is no table `{}` with a column `{}`", name.value, column.value);
                problems.push(origin.diagnostic(values.at, "unknown-table", message, None));
                return;
            };
            table.rows.iter().filter_map(|row| row.get(at)).map(String::as_str).collect()
        }
        _ => {
            problems.push(origin.diagnostic(values.at, "wrong-parameter", "give `list`, or `table` and `column`", None));
            return;
        }
    };
    let own: Vec<&str> = match &parameter.value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    };
    for wrong in own.into_iter().filter(|value| !known.contains(value)) {
        let whose = if parameter.set_by_engagement { "the engagement gives" } else { "the pack gives" };
        let message = format!("{whose} `{}` the value `{wrong}`, which it cannot have", parameter.name);
        problems.push(origin.diagnostic(values.at, "wrong-parameter", message, crate::suggest::help(wrong, known.iter().copied())));
    }
}
