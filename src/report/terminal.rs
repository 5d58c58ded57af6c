//! The summary on a terminal: a dozen lines at most.

use super::text::{conclusion, count, files_read, number, reason, total};
use super::{Conclusion, Determination, Outcome, Report};
use crate::text::{shorten, visible};

/// The most failed and open controls that are named.
const NAMED: usize = 3;

/// The widest line, in characters.
const WIDTH: usize = 100;

/// What is under waivers, and which of it soon counts again.
fn waived(report: &Report) -> Option<String> {
    let waived = report.findings.iter().filter_map(|finding| finding.waiver.as_ref());
    let first = waived.map(|waiver| waiver.expires.as_str()).min()?;
    let findings = count(report.summary.findings.waived, "finding", "findings");
    Some(format!("Waived     {findings} under waivers, counted apart, no pass; the first expires on {first}"))
}

/// What became of findings since they were first seen; nothing without a ledger.
fn followed(report: &Report) -> Option<String> {
    let counts = &report.summary.findings;
    let figures = [(counts.new?, "new"), (counts.reopened?, "reopened"), (counts.resolved?, "closed"), (counts.not_reobserved?, "not re-observed")];
    let late = report.findings.iter().filter_map(|finding| finding.lifecycle.as_ref()).filter(|life| life.is_overdue(&report.as_of)).count() as u64;
    let told = figures.into_iter().chain([(late, "overdue")]).map(|(value, word)| format!("{} {word}", number(value)));
    Some(format!("Followed   {}", told.collect::<Vec<_>>().join(", ")))
}

/// The summary. `package` is where the report was written, `signed` whether it is. Titles and names
/// are strangers' text: every line is made visible and shortened before it is painted.
#[must_use]
pub fn summary(report: &Report, package: &str, signed: bool, color: bool) -> String {
    let mood = match report.summary.conclusion {
        Conclusion::NothingFound => "1;32",
        Conclusion::Found => "1;31",
        Conclusion::Incomplete => "1;33",
    };
    let by = &report.summary.by_determination;
    let records = total(report.evidence.iter().map(|table| table.records));
    let mut lines = vec![
        conclusion(report),
        format!("Examined   {} in {} as of {}", count(records, "record", "records"), count(files_read(report), "file", "files"), report.as_of),
        format!(
            "Controls   {} satisfied, {} not, {} not determined",
            number(by.satisfied),
            number(by.other_than_satisfied),
            number(by.not_determined)
        ),
        format!(
            "Checks     {} evaluated, {} on a person's statement, {} not evaluated",
            number(report.coverage.evaluated),
            number(report.coverage.attested),
            number(report.coverage.not_evaluated)
        ),
    ];
    let mut failed: Vec<(u64, &str, &str)> = report
        .controls
        .iter()
        .filter(|control| control.determination == Determination::OtherThanSatisfied)
        .map(|control| (total(control.checks.iter().map(|check| check.exceptions)), control.id.as_str(), control.title.as_str()))
        .collect();
    failed.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    if !failed.is_empty() {
        lines.push(format!("Found      {}:", count(report.summary.findings.total, "exception", "exceptions")));
        lines.extend(failed.iter().take(NAMED).map(|(exceptions, id, title)| format!("  {exceptions:>6}   {id}  {title}")));
    }
    lines.extend(waived(report));
    lines.extend(followed(report));
    let open: Vec<String> = report
        .controls
        .iter()
        .flat_map(|control| control.checks.iter().map(move |check| (control, check)))
        .filter(|(_, check)| matches!(check.outcome, Outcome::NotEvaluated | Outcome::Error))
        .map(|(control, check)| format!("  {}/{}: {}", control.id, check.id, reason(check.reason.as_deref().unwrap_or("error"))))
        .collect();
    let why = if open.is_empty() && report.summary.conclusion == Conclusion::Incomplete {
        report.summary.limitations.first().cloned()
    } else {
        open.first().cloned()
    };
    if let Some(first) = why {
        let more = if open.len() > 1 { format!(" (and {} more)", open.len() - 1) } else { String::new() };
        lines.push(format!("Not decided{more}:"));
        lines.push(format!("  {}", first.trim_start()));
    }
    let sealed = if signed { "signed; VERIFY.md there says how to check" } else { "unsigned" };
    lines.push(format!("Report     {package}/report.html ({sealed})"));
    lines.truncate(12);
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let line = shorten(&visible(line), WIDTH);
        out.push_str(&if at == 0 && color { format!("\x1b[{mood}m{line}\x1b[0m") } else { line });
        out.push('\n');
    }
    out
}
