//! Words and figures that several renderings share.

use super::{Conclusion, Determination, Outcome, Report};

/// Text from evidence, made safe to look at: control characters and
/// characters that turn the direction of writing are written out.
#[must_use]
pub fn visible(text: &str) -> String {
    let hidden = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if hidden(character) { out.extend(character.escape_unicode()) } else { out.push(character) }
    }
    out
}

/// A number with thin groups: 12 345.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
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
    let examined = report.controls.iter().flat_map(|control| &control.checks).any(|check| check.population > 0);
    match report.summary.conclusion {
        Conclusion::Incomplete if !examined => "Incomplete. Nothing could be examined.".to_owned(),
        Conclusion::NothingFound if !examined => "Complete. No control applies, says the engagement; nothing was examined.".to_owned(),
        Conclusion::NothingFound => "Complete. Every control that was examined is satisfied.".to_owned(),
        Conclusion::Found => format!("Complete. {} not satisfied.", count(failed, "control is", "controls are")),
        Conclusion::Incomplete if failed == 0 => "Incomplete. Nothing failed in what could be examined; not everything could be.".to_owned(),
        Conclusion::Incomplete => {
            format!("Incomplete. {} not satisfied, and not everything could be examined.", count(failed, "control is", "controls are"))
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
    let words = match code {
        "missing-dataset" => "no export carries",
        "empty-dataset" => "the export is empty:",
        "unmapped-term" => "no word of the client is mapped to",
        "empty-population" => "there is nothing in scope to decide on",
        "incomplete-population" => "records are known to be missing from",
        "scope-gap" => "a declared system delivered nothing:",
        "stale" => "the export is too old:",
        "freshness-unknown" => "nobody says when it was exported:",
        "changed-while-read" => "it changed while it was read:",
        "field-absent" => "the export has no field",
        "value-unreadable" => "the value cannot be read:",
        "key-empty" => "the key is empty:",
        "person-unresolved" => "the roster does not tell who this is:",
        "look-up-uncertain" => "it may or may not count:",
        "record-rejected" => "the record cannot be read:",
        "group-not-expanded" => "the group's members are not in the evidence:",
        "attestation-missing" => "nobody has stated it",
        "attestation-expired" => "the statement has expired",
        "period-not-stated" => "no period was stated",
        "period-not-covered" => "the evidence does not cover the period",
        "condition" => "the check is not about them",
        "out-of-scope" => "out of the engagement's scope",
        "after-as-of" => "later than the as-of date",
        "document-missing" => "the document itself is missing",
        "empty" => "the field is empty",
        "not-applicable" => "the engagement says that it does not apply",
        _ => return reason.to_owned(),
    };
    if detail.is_empty() { words.to_owned() } else { format!("{words} {detail}") }
}
