//! `rolecall track list`.

use serde_json::{Value, json};

use super::register::read;
use super::{csv, say};
use crate::calendar::Day;
use crate::cli::followup::{ListArgs, ListFormat, SeverityArg};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::followup::Tracked;
use crate::report::text::{count, severity};
use crate::report::{LifecycleState, Severity, Subject};
use crate::text::{shorten, visible};

/// The columns, as JSON and CSV name them.
const COLUMNS: [&str; 14] =
    ["id", "control", "check", "severity", "state", "since", "first_seen", "last_seen", "owner", "due", "overdue", "repeats", "subject", "statement"];

pub(super) fn run(args: &ListArgs) -> Result<Exit, Diagnostics> {
    let (_, register) = match read(&args.reading.ledger) {
        Ok(read) => read,
        Err(ended) => return ended.exit(),
    };
    let as_of = as_of(args, register.last().map(|last| last.as_of.as_str()))?;
    let wanted: Vec<(&str, &Tracked)> = register.iter().filter(|(_, tracked)| wants(args, tracked, &as_of)).collect();
    match args.format {
        ListFormat::Json => {
            let rows: Vec<Value> = wanted.iter().map(|(id, tracked)| row(id, tracked, &as_of)).collect();
            say(&format!("{}\n", serde_json::to_string_pretty(&rows).unwrap_or_default()));
        }
        ListFormat::Csv => {
            let mut out = csv::line(COLUMNS);
            for (id, tracked) in &wanted {
                let row = row(id, tracked, &as_of);
                let cells: Vec<String> = COLUMNS.iter().map(|name| cell(&row[*name], tracked)).collect();
                out.push_str(&csv::line(cells.iter().map(String::as_str)));
            }
            say(&out);
        }
        ListFormat::Human => say(&human(&wanted, &as_of)),
    }
    Ok(Exit::Good)
}

fn as_of(args: &ListArgs, last: Option<&str>) -> Result<String, Diagnostics> {
    match &args.as_of {
        None => Ok(last.unwrap_or_default().to_owned()),
        Some(text) if Day::parse(text.as_bytes()).is_some() => Ok(text.clone()),
        Some(text) => Err(Diagnostic::new("usage", "", format!("`{text}` is no date")).help("write --as-of YYYY-MM-DD").into()),
    }
}

fn wants(args: &ListArgs, tracked: &Tracked, as_of: &str) -> bool {
    let state = tracked.state();
    let by_state = if args.state.is_empty() { args.all || state != LifecycleState::Closed } else { args.state.contains(&state) };
    let severity = match tracked.about.severity {
        Severity::High => SeverityArg::High,
        Severity::Moderate => SeverityArg::Moderate,
        Severity::Low => SeverityArg::Low,
    };
    by_state
        && args.owner.as_ref().is_none_or(|owner| tracked.owner.as_ref() == Some(owner))
        && (args.control.is_empty() || args.control.contains(&tracked.about.control))
        && (args.severity.is_empty() || args.severity.contains(&severity))
        && (!args.overdue || tracked.is_overdue(as_of))
}

/// A finding as JSON shows it.
pub(super) fn row(id: &str, tracked: &Tracked, as_of: &str) -> Value {
    json!({
        "id": id,
        "control": tracked.about.control,
        "check": tracked.about.check,
        "severity": tracked.about.severity,
        "state": tracked.state(),
        "since": tracked.since,
        "first_seen": tracked.first_seen,
        "last_seen": tracked.last_seen,
        "owner": tracked.owner,
        "due": tracked.due,
        "overdue": tracked.is_overdue(as_of),
        "repeats": tracked.repeats,
        "subject": tracked.about.subject,
        "statement": tracked.about.statement,
    })
}

fn cell(value: &Value, tracked: &Tracked) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(_) => subject(&tracked.about.subject),
        other => other.to_string(),
    }
}

/// A subject in one line.
pub(super) fn subject(subject: &Subject) -> String {
    subject.iter().map(|(name, value)| format!("{name} {}", if value.is_empty() { "(empty)" } else { value })).collect::<Vec<_>>().join(", ")
}

fn human(wanted: &[(&str, &Tracked)], as_of: &str) -> String {
    if wanted.is_empty() {
        return "No finding.\n".to_owned();
    }
    let mut rows = vec![["FINDING", "STATE", "SEVERITY", "FIRST SEEN", "DUE", "OWNER", "CONTROL", "SUBJECT"].map(str::to_owned)];
    rows.extend(wanted.iter().map(|(id, tracked)| {
        let late = if tracked.is_overdue(as_of) { " (late)" } else { "" };
        let due = tracked.due.as_ref().map_or_else(|| "-".to_owned(), |due| format!("{due}{late}"));
        [
            (*id).to_owned(),
            tracked.state().word().to_owned(),
            severity(tracked.about.severity).to_owned(),
            tracked.first_seen.clone(),
            due,
            tracked.owner.clone().unwrap_or_else(|| "-".to_owned()),
            tracked.about.control.clone(),
            subject(&tracked.about.subject),
        ]
        .map(|text| shorten(&visible(&text), 48))
    }));
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..8).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}")).collect();
        out.push_str(padded.join("  ").trim_end());
        out.push('\n');
    }
    let late = wanted.iter().filter(|(_, tracked)| tracked.is_overdue(as_of)).count() as u64;
    out.push_str(&format!("{}, {} overdue as of {as_of}\n", count(wanted.len() as u64, "finding", "findings"), late));
    out
}
