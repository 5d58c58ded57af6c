//! A comparison for people: what got worse first.

use super::{Change, CheckChange, Class, ControlChange, Diff, FindingChange, Pair, Presence, WaiverChange};
use crate::report::text::{count, determination, outcome, reason};
use crate::report::{Determination, Grade};
use crate::text::{shorten, visible};

/// Findings of one class that are named; JSON has all.
const NAMED: usize = 20;
/// The widest line, in characters.
const WIDTH: usize = 120;

/// The comparison in lines. Names and reasons are strangers' text: every line is made visible.
#[must_use]
pub fn text(diff: &Diff) -> String {
    let mut lines = vec![
        format!("OLD  as of {}: {}", diff.old.as_of, count(diff.old.exceptions, "exception", "exceptions")),
        format!("NEW  as of {}: {}", diff.new.as_of, count(diff.new.exceptions, "exception", "exceptions")),
    ];
    lines.extend(diff.notes.iter().map(|note| format!("note: {note}")));
    controls(diff, Change::Worse, "Got worse", &mut lines);
    controls(diff, Change::NoLongerDecided, "No longer decided", &mut lines);
    let again: Vec<&FindingChange> = diff.findings.iter().filter(|finding| finding.counts_again()).collect();
    findings(&again, "Count again, their waivers ended", &mut lines);
    let of = |class: Class| diff.findings.iter().filter(|finding| finding.class == class).collect::<Vec<_>>();
    for (class, title) in [
        (Class::Reopened, "Reopened"),
        (Class::New, "New"),
        (Class::StillOpen, "Still open"),
        (Class::NotReobserved, "Not re-observed: NEW could not tell"),
        (Class::FirstListed, "Listed for the first time: OLD's list was cut before them"),
        (Class::SubjectGone, "Subject gone: not in the evidence any more, neither open nor resolved"),
        (Class::Resolved, "Resolved"),
    ] {
        findings(&of(class), title, &mut lines);
    }
    if diff.findings.iter().any(|finding| finding.class == Class::Resolved && finding.presence == Presence::Unknown) {
        lines.push(
            "  NEW was made without a ledger, so nobody looked whether the subjects of these are still in the evidence: one that was taken out looks resolved."
                .to_owned(),
        );
    }
    controls(diff, Change::Better, "Got better", &mut lines);
    controls(diff, Change::Same, "The same result, other figures", &mut lines);
    controls(diff, Change::OnlyInOld, "Only in OLD", &mut lines);
    controls(diff, Change::OnlyInNew, "Only in NEW", &mut lines);
    if diff.controls.is_empty() && diff.findings.is_empty() {
        lines.push("No control and no finding differs, and none is open.".to_owned());
    }
    lines.push(String::new());
    lines.extend(totals(diff));
    let mut out = String::new();
    for line in lines {
        let note = line.starts_with("note: ") || line.starts_with("  NEW was");
        let line = visible(&line);
        out.push_str(&if note { line } else { shorten(&line, WIDTH) });
        out.push('\n');
    }
    out
}

/// The counts, every class named also where it is none.
fn totals(diff: &Diff) -> [String; 2] {
    let counts = &diff.summary;
    let controls = format!(
        "Controls  {} worse, {} no longer decided, {} better",
        counts.controls_worse, counts.controls_no_longer_decided, counts.controls_better
    );
    let findings = format!(
        "Findings  {} reopened, {} new, {} still open, {} resolved, {} subject gone, {} not re-observed, {} first listed",
        counts.reopened, counts.new, counts.still_open, counts.resolved, counts.subject_gone, counts.not_reobserved, counts.first_listed
    );
    [controls, findings]
}

fn heading(title: &str, number: usize, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(format!("{title} ({number})"));
}

fn controls(diff: &Diff, change: Change, title: &str, lines: &mut Vec<String>) {
    let own: Vec<&ControlChange> = diff.controls.iter().filter(|control| control.change == change).collect();
    if own.is_empty() {
        return;
    }
    heading(title, own.len(), lines);
    for control in own {
        lines.push(format!("  {}  {}", control.id, control_words(control)));
        lines.extend(control.checks.iter().map(|check| format!("      {}: {}", check.id, check_words(check))));
    }
}

fn control_words(control: &ControlChange) -> String {
    let result = |result: Option<Determination>, grade: Option<Grade>| {
        let grade = match grade {
            Some(Grade::Major) => ", major",
            Some(Grade::Minor) => ", minor",
            Some(Grade::Ofi) => ", for improvement",
            None => "",
        };
        result.map(|result| format!("{}{grade}", determination(result)))
    };
    let (old, new) = (result(control.determination.old, control.grade.old), result(control.determination.new, control.grade.new));
    arrow(&Pair { old, new })
}

fn arrow(pair: &Pair<String>) -> String {
    match (&pair.old, &pair.new) {
        (Some(old), Some(new)) if old == new => old.clone(),
        (Some(old), Some(new)) => format!("{old} -> {new}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

fn check_words(check: &CheckChange) -> String {
    let outcomes = Pair { old: check.outcome.old.map(|old| outcome(old).to_owned()), new: check.outcome.new.map(|new| outcome(new).to_owned()) };
    let figures = |exceptions: Option<u64>, evaluated: Option<u64>| Some(format!("{} of {}", exceptions?, evaluated?));
    let figures = Pair { old: figures(check.exceptions.old, check.evaluated.old), new: figures(check.exceptions.new, check.evaluated.new) };
    format!("{}; exceptions {}", arrow(&outcomes), arrow(&figures))
}

fn findings(own: &[&FindingChange], title: &str, lines: &mut Vec<String>) {
    if own.is_empty() {
        return;
    }
    heading(title, own.len(), lines);
    let waived = own.iter().filter(|finding| finding.waiver.new.is_some()).count() as u64;
    if waived > 0 {
        lines.push(format!("  {waived} of them under waivers, counted apart"));
    }
    for finding in own.iter().take(NAMED) {
        let subject: Vec<String> =
            finding.subject.iter().map(|(name, value)| format!("{name} {}", if value.is_empty() { "(empty)" } else { value })).collect();
        let waiver = match finding.waiver_change {
            WaiverChange::Unwaived => "",
            WaiverChange::Waived => " [waived]",
            WaiverChange::NowWaived => " [waived now]",
            WaiverChange::Ended => " [waiver ended]",
        };
        let why = finding.reason.as_deref().map(|why| format!(": {}", reason(why))).unwrap_or_default();
        lines.push(format!("  {}  {}/{}  {}{waiver}{why}", finding.id, finding.control, finding.check, subject.join(", ")));
    }
    if own.len() > NAMED {
        lines.push(format!("  and {} more; --format json has all", own.len() - NAMED));
    }
}
