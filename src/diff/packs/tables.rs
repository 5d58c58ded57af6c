//! Tables of two packs: rows by their key, else as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::demands::Existence;
use crate::pack::{Pack, PackTable};

/// A table that only one of the packs has, or whose rows differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableDifference {
    /// Its name.
    pub name: String,
    /// Whether it was added, removed or changed.
    pub change: Existence,
    /// Rows before and after.
    pub rows: (usize, usize),
    /// What differs in its columns, where both have it.
    pub columns: Option<(Vec<String>, Vec<String>)>,
    /// Rows that only one has, or that differ, by key; none where a whole table came or went.
    pub changes: Vec<RowChange>,
}

/// A row that only one of the packs has, or that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RowChange {
    /// Its key; the whole row, where the table has none.
    pub key: Vec<String>,
    /// Whether it was added, removed or changed.
    pub change: Existence,
    /// The columns that differ, with both values.
    pub cells: Vec<(String, String, String)>,
}

/// The tables that differ, by name.
pub(super) fn tables(old: &Pack, new: &Pack) -> Vec<TableDifference> {
    let names: BTreeSet<&String> = old.tables.keys().chain(new.tables.keys()).collect();
    let compared = names.into_iter().filter_map(|name| {
        let (left, right) = (old.tables.get(name), new.tables.get(name));
        let change = Existence::of(left, right)?;
        let rows = (left.map_or(0, |table| table.rows.len()), right.map_or(0, |table| table.rows.len()));
        let (columns, changes) = match (left, right) {
            (Some(left), Some(right)) if left.columns == right.columns && left.key == right.key => (None, self::rows(left, right)),
            (Some(left), Some(right)) => (Some((left.columns.clone(), right.columns.clone())), Vec::new()),
            _ => (None, Vec::new()),
        };
        // Rows in another order, with the same content, are no difference.
        let same = change == Existence::Changed && columns.is_none() && changes.is_empty();
        (!same).then(|| TableDifference { name: name.clone(), change, rows, columns, changes })
    });
    compared.collect()
}

fn rows(old: &PackTable, new: &PackTable) -> Vec<RowChange> {
    let Some(key) = old.key else {
        let (left, right): (BTreeSet<&Vec<String>>, BTreeSet<&Vec<String>>) = (old.rows.iter().collect(), new.rows.iter().collect());
        let change = |row: &&Vec<String>, change| RowChange { key: (*row).clone(), change, cells: Vec::new() };
        let removed = left.difference(&right).map(|row| change(row, Existence::Removed));
        let mut changes: Vec<RowChange> = removed.chain(right.difference(&left).map(|row| change(row, Existence::Added))).collect();
        changes.sort();
        return changes;
    };
    let by_key =
        |table: &'_ PackTable| (0..table.rows.len()).filter_map(|at| Some((table.rows[at].get(key)?.clone(), at))).collect::<BTreeMap<_, _>>();
    let (left, right) = (by_key(old), by_key(new));
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let compared = keys.into_iter().filter_map(|id| {
        let (one, other) = (left.get(id).map(|at| &old.rows[*at]), right.get(id).map(|at| &new.rows[*at]));
        let change = Existence::of(one, other)?;
        let cells = one.zip(other).map(|(one, other)| {
            let pairs = old.columns.iter().zip(one.iter().zip(other)).filter(|(_, (one, other))| one != other);
            pairs.map(|(column, (one, other))| (column.clone(), one.clone(), other.clone())).collect()
        });
        Some(RowChange { key: vec![id.clone()], change, cells: cells.unwrap_or_default() })
    });
    compared.collect()
}
