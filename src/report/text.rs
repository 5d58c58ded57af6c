//! Words and figures that several renderings share.

use std::collections::BTreeSet;

use super::{Conclusion, Determination, Force, Outcome, Report, Severity};

/// A number with thin groups: 12 345.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// "1 control", "2 controls".
#[must_use]
pub fn count(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

/// The conclusion in a sentence.
#[must_use]
pub fn conclusion(report: &Report) -> String {
    let failed = report.summary.by_determination.other_than_satisfied;
    let grades = &report.summary.waived_by_grade;
    let waived = match total([grades.major, grades.minor, grades.ofi].into_iter()) {
        0 => String::new(),
        waived => format!(", {} of them under waivers", number(waived)),
    };
    let examined = report.controls.iter().flat_map(|control| &control.checks).any(|check| check.population > 0);
    match report.summary.conclusion {
        Conclusion::Incomplete if !examined => "Incomplete. Nothing could be examined.".to_owned(),
        Conclusion::NothingFound if !examined => "Complete. No control applies, says the engagement; nothing was examined.".to_owned(),
        Conclusion::NothingFound => "Complete. Every control that was examined is satisfied.".to_owned(),
        Conclusion::Found => format!("Complete. {} not satisfied{waived}.", count(failed, "control is", "controls are")),
        Conclusion::Incomplete if failed == 0 => "Incomplete. Nothing failed in what could be examined; not everything could be.".to_owned(),
        Conclusion::Incomplete => {
            format!("Incomplete. {} not satisfied{waived}, and not everything could be examined.", count(failed, "control is", "controls are"))
        }
    }
}

/// A determination for people.
#[must_use]
pub const fn determination(determination: Determination) -> &'static str {
    match determination {
        Determination::Satisfied => "satisfied",
        Determination::OtherThanSatisfied => "other than satisfied",
        Determination::NotDetermined => "not determined",
    }
}

/// An outcome for people.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::NotApplicable => "not applicable",
        Outcome::NotEvaluated => "not evaluated",
        Outcome::Error => "error",
    }
}

/// A stable reason in words: "incomplete-population: people" and its like.
#[must_use]
pub fn reason(reason: &str) -> String {
    let (code, detail) = reason.split_once(": ").unwrap_or((reason, ""));
    let Some(words) = crate::codes::words(code) else { return reason.to_owned() };
    if detail.is_empty() { words.to_owned() } else { format!("{words} {detail}") }
}

/// How binding a criterion is, for people.
#[must_use]
pub const fn force(force: Force) -> &'static str {
    match force {
        Force::Requirement => "requirement",
        Force::OwnRule => "own rule",
        Force::Guidance => "guidance",
    }
}

/// How much an exception matters, for people.
#[must_use]
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Moderate => "moderate",
        Severity::Low => "low",
    }
}

/// A sum that ends at the largest number: a report that is only read may say anything.
pub fn total(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// Files that a source took: what the records stand in.
#[must_use]
pub fn files_read(report: &Report) -> u64 {
    let files: BTreeSet<&str> = report.evidence.iter().filter(|table| table.source.is_some()).map(|table| table.path.as_str()).collect();
    files.len() as u64
}
