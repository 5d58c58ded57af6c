//! What became of codes of older editions, and where evidence carries them.

use std::collections::BTreeSet;

use super::super::raw::{RawCarrier, RawMigration, RawPack};
use super::super::{Carrier, Fate, FateKind, Migration};
use super::applies;
use super::listed::is_origin;
use super::scope::{Scope, Writing};
use crate::dataset::{FieldKind, derived};
use crate::diagnostic::Diagnostics;
use crate::yaml::{Origin, Spanned};

/// The columns of a table of fates.
const COLUMNS: [&str; 9] = ["from", "code", "title", "to", "fate", "targets", "target_titles", "origin", "note"];

/// The rows of the table that says what became of codes.
pub(super) fn fates(scope: &Scope<'_>, origin: &Origin, name: &Spanned<String>, problems: &mut Diagnostics) -> Vec<Fate> {
    let mut writing = Writing { scope, origin, problems, parameters: BTreeSet::new() };
    let Some(table) = writing.table(name).cloned() else { return Vec::new() };
    if table.columns != COLUMNS {
        let message = format!("the columns of `{}` are not those of a table of fates", name.value);
        writing.wrong(name.at, "wrong-fates", message, Some(format!("name them {}", COLUMNS.join(", "))));
        return Vec::new();
    }
    let (mut fates, mut seen) = (Vec::new(), BTreeSet::new());
    for row in &table.rows {
        match fate(row) {
            Ok(fate) if seen.insert((fate.from.clone(), fate.code.clone(), fate.to.clone())) => fates.push(fate),
            Ok(fate) => writing.wrong(
                name.at,
                "wrong-fates",
                format!("`{}` of {} has two fates in {}", fate.code, fate.from, fate.to),
                Some("keep one of the rows".to_owned()),
            ),
            Err((message, help)) => writing.wrong(name.at, "wrong-fates", message, Some(help)),
        }
    }
    fates
}

/// One row, or what is wrong with it and what to do.
fn fate(row: &[String]) -> Result<Fate, (String, String)> {
    let cell = |column: usize| row.get(column).map_or("", String::as_str);
    let list = |column: usize| cell(column).split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, code, to) = (cell(0), cell(1), cell(3));
    let whose = || format!("`{code}` of {from} in {to}");
    if from.is_empty() || code.is_empty() || to.is_empty() {
        return Err(("a row has no code or no edition".to_owned(), "fill from, code and to".to_owned()));
    }
    let kind = FateKind::parse(cell(4))
        .ok_or_else(|| (format!("{}: `{}` is no fate", whose(), cell(4)), format!("one of {}", FateKind::WORDS.join(", "))))?;
    let (targets, titles) = (list(5), list(6));
    if !kind.fits(targets.len()) || (!titles.is_empty() && titles.len() != targets.len()) {
        let help =
            "split has several targets, retired and no-counterpart none, kept one at most, every other one; there are as many titles as targets";
        return Err((format!("{}: {} with {} targets and {} titles", whose(), cell(4), targets.len(), titles.len()), help.to_owned()));
    }
    if !is_origin(cell(7)) {
        return Err((format!("{}: `{}` is no origin", whose(), cell(7)), "`ours`, or `official:` and the document".to_owned()));
    }
    let titles = titles.into_iter().map(Some).chain(std::iter::repeat(None));
    Ok(Fate {
        from: from.to_owned(),
        code: code.to_owned(),
        title: cell(2).to_owned(),
        to: to.to_owned(),
        kind,
        targets: targets.into_iter().zip(titles).map(|(target, title)| (target, title.unwrap_or_default())).collect(),
        origin: cell(7).to_owned(),
        note: cell(8).to_owned(),
    })
}

/// Where evidence carries codes of older editions.
pub(super) fn resolve(scope: &Scope<'_>, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) -> Vec<Migration> {
    let when = |migration: &RawMigration, problems: &mut Diagnostics| {
        migration.applies_when.as_ref().and_then(|when| applies::resolve(scope, origin, when, problems))
    };
    let applies: Vec<_> = raw.migrations.iter().map(|migration| when(migration, problems)).collect();
    let mut writing = Writing { scope, origin, problems, parameters: BTreeSet::new() };
    let mut seen = BTreeSet::new();
    let mut migrations = Vec::new();
    for (migration, applies) in raw.migrations.iter().zip(applies) {
        if !seen.insert(migration.id.value.as_str()) {
            writing.wrong(migration.id.at, "duplicate-id", format!("two migrations have the id `{}`", migration.id.value), None);
        }
        migrations.push(Migration {
            id: migration.id.value.clone(),
            title: migration.title.clone(),
            from: migration.from.clone(),
            to: migration.to.clone(),
            values: migration.values.iter().map(|carrier| self::carrier(&mut writing, carrier)).collect(),
            applies,
        });
    }
    migrations
}

fn carrier(writing: &mut Writing<'_, '_>, raw: &Spanned<RawCarrier>) -> Carrier {
    let dataset = writing.dataset(&raw.dataset);
    if derived::find(&dataset).is_some() {
        let message = format!("`{dataset}` is made of other datasets");
        writing.wrong(raw.dataset.at, "wrong-dataset", message, Some("name what exports deliver".to_owned()));
    }
    let (field, _) = writing.field(&dataset, &raw.field);
    let (key, kind) = writing.field(&dataset, &raw.key);
    if kind == FieldKind::List {
        writing.wrong(raw.key.at, "list-key", format!("`{key}` is a list"), Some("name a field of one value".to_owned()));
    }
    // Key sets are not made yet when codes are counted.
    let filter = raw.filter.as_ref().map(|filter| writing.predicate(&dataset, filter, false));
    Carrier { dataset, field, key, filter }
}
