//! A comparison of packs for people.

use super::{ControlDifference, PackDiff, PackSide, RoleFate, TableDifference};
use crate::pack::FateKind;
use crate::report::text::count;
use crate::text::{shorten, visible};

/// Rows and findings that are named each; JSON has all.
const NAMED: usize = 12;
/// The widest line, in characters.
const WIDTH: usize = 120;

/// A fate as people read it.
#[must_use]
pub const fn fate(fate: FateKind) -> &'static str {
    match fate {
        FateKind::Kept => "kept",
        FateKind::Renamed => "renamed",
        FateKind::Merged => "merged",
        FateKind::Split => "split",
        FateKind::Retired => "retired",
        FateKind::NoCounterpart => "no counterpart",
        FateKind::Current => "of the later edition already",
        FateKind::Unknown => "unknown",
    }
}

/// The comparison in lines.
#[must_use]
pub fn text(diff: &PackDiff) -> String {
    let mut lines = vec![format!("OLD  {}", side(&diff.old)), format!("NEW  {}", side(&diff.new))];
    if diff.is_empty() {
        lines.push("No parameter, control, check, table or role differs.".to_owned());
    }
    section(&mut lines, "Parameters", diff.parameters.iter().map(parameter).collect());
    section(&mut lines, "Controls", diff.controls.iter().flat_map(control).collect());
    section(&mut lines, "Tables", diff.tables.iter().flat_map(table).collect());
    section(&mut lines, "Roles", diff.roles.iter().flat_map(role).collect());
    if !diff.roles.is_empty() {
        lines.push(String::new());
        lines.push(totals(&diff.roles));
    }
    if !diff.touched.is_empty() {
        lines.push(String::new());
        lines.push(format!("{} rest on what changed", count(diff.touched.len() as u64, "open finding", "open findings")));
        for touched in diff.touched.iter().take(NAMED) {
            let subject: Vec<String> = touched.subject.0.iter().map(|(name, value)| format!("{name} {value}")).collect();
            lines.push(format!("  {}  {}/{}  {}", touched.id, touched.control, touched.check, subject.join(", ")));
            lines.extend(touched.because.iter().map(|because| format!("      {because}")));
        }
        more(&mut lines, diff.touched.len());
    }
    let lines = lines.iter().map(|line| format!("{}\n", shorten(&visible(line), WIDTH)));
    lines.collect()
}

fn side(side: &PackSide) -> String {
    let lists = side.framework.as_ref().map_or(String::new(), |framework| format!(", lists {framework}"));
    format!("{} {} (edition {}{lists})", side.id, side.version, side.edition)
}

fn section(lines: &mut Vec<String>, title: &str, own: Vec<String>) {
    if !own.is_empty() {
        lines.push(String::new());
        lines.push(title.to_owned());
        lines.extend(own.into_iter().map(|line| format!("  {line}")));
    }
}

fn more(lines: &mut Vec<String>, all: usize) {
    if all > NAMED {
        lines.push(format!("  and {} more; --format json has all", all - NAMED));
    }
}

fn parameter(change: &super::ParameterChange) -> String {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("changed  {}: {old} became {new}", change.name),
        (Some(old), None) => format!("removed  {} (was {old})", change.name),
        (_, new) => format!("added    {} ({})", change.name, new.as_ref().map(ToString::to_string).unwrap_or_default()),
    }
}

fn control(control: &ControlDifference) -> Vec<String> {
    let differs = if control.differs.is_empty() { String::new() } else { format!(": {}", control.differs.join(", ")) };
    let mut lines = vec![format!("{:<8} {}  {}{differs}", control.change.word(), control.id, control.title)];
    for check in &control.checks {
        let differs = if check.differs.is_empty() { String::new() } else { format!(": {}", check.differs.join(", ")) };
        lines.push(format!("         check {} {}{differs}", check.id, check.change.word()));
    }
    lines
}

fn table(table: &TableDifference) -> Vec<String> {
    let mut lines = vec![format!("{:<8} {}: {} rows before, {} after", table.change.word(), table.name, table.rows.0, table.rows.1)];
    if let Some((old, new)) = &table.columns {
        lines.push(format!("         columns were {}, and are {}", old.join(", "), new.join(", ")));
    }
    for row in table.changes.iter().take(NAMED) {
        let cells: Vec<String> = row.cells.iter().map(|(column, old, new)| format!("{column} {old} became {new}")).collect();
        let cells = if cells.is_empty() { String::new() } else { format!(": {}", cells.join("; ")) };
        lines.push(format!("         {} {}{cells}", row.key.join(", "), row.change.word()));
    }
    if table.changes.len() > NAMED {
        lines.push(format!("         and {} more; --format json has all", table.changes.len() - NAMED));
    }
    lines
}

fn role(role: &RoleFate) -> Vec<String> {
    let became: Vec<String> = role.became.iter().map(|(entry, title)| format!("{entry} {title}").trim_end().to_owned()).collect();
    let became = if became.is_empty() { String::new() } else { format!(" -> {}", became.join("; ")) };
    let whose = if role.origin == "ours" { " (we say so)" } else { "" };
    let mut lines = vec![format!("{:<8} {} {}{became}{whose}", fate(role.fate), role.id, role.title)];
    if let Some(statements) = &role.statements {
        lines.push(format!(
            "         {} before, {} after; {} gone without a counterpart, {} new",
            count(statements.old as u64, "statement", "statements"),
            statements.new,
            statements.gone.len(),
            statements.added.len()
        ));
    }
    lines
}

fn totals(roles: &[RoleFate]) -> String {
    let fates = [FateKind::Kept, FateKind::Renamed, FateKind::Merged, FateKind::Split, FateKind::Retired];
    let of = |kind: FateKind| format!("{} {}", roles.iter().filter(|role| role.fate == kind).count(), fate(kind));
    format!("{}: {}", count(roles.len() as u64, "role", "roles"), fates.map(of).join(", "))
}
