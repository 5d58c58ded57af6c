//! What stands under waivers: shown apart, with who approved it and until when.

use serde_json::{Value, json};

use super::SHOWN;
use super::listed::Listed;
use crate::report::text::{count, number};
use crate::report::{CheckResult, ControlResult, Finding, FindingWaiver, Report};

/// The findings of a check that count, and those under a waiver.
pub(super) fn apart<'r>(listed: &Listed<'r>, control: &ControlResult, check: &CheckResult) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    listed.of_check(control, check).iter().partition(|finding| finding.waiver.is_none())
}

/// What the page does not show of two lists.
pub(super) fn more(counting: usize, waived: usize) -> Option<String> {
    let hidden = counting.saturating_sub(SHOWN) + waived.saturating_sub(SHOWN);
    (hidden > 0).then(|| format!("{} more findings of this check stand in report.json.", number(hidden as u64)))
}

/// A waiver beside its finding.
pub(super) fn waiver(waiver: &FindingWaiver) -> Value {
    json!({
        "id": waiver.id, "reason": waiver.reason, "measure": waiver.compensating_measure, "ticket": waiver.ticket,
        "holds": format!("approved by {} on {}, holds until the end of {}", waiver.approver, waiver.approved, waiver.expires),
    })
}

/// Of a failed control: how many of its listed findings are waived, and whether it is counted apart.
pub(super) fn of_control(listed: &Listed<'_>, control: &ControlResult) -> Option<String> {
    let own = listed.of_control(control);
    let waived = own.iter().filter(|finding| finding.waiver.is_some()).count() as u64;
    let whole = || crate::waiver::apply::waived_controls(std::slice::from_ref(control), own.iter().copied());
    match waived {
        0 => None,
        _ if whole().is_empty() => Some(number(waived)),
        _ => Some("all of them".to_owned()),
    }
}

/// The line of the tile that tells what is counted apart.
pub(super) fn line(report: &Report) -> Option<String> {
    let waived = report.summary.findings.waived;
    let grades = &report.summary.waived_by_grade;
    let grade = |value: u64, word: &str| (value > 0).then(|| format!("{} {word}", number(value)));
    let whole: Vec<String> =
        [grade(grades.major, "major"), grade(grades.minor, "minor"), grade(grades.ofi, "for improvement")].into_iter().flatten().collect();
    let apart = if whole.is_empty() { String::new() } else { format!("; wholly waived: {}", whole.join(", ")) };
    (waived > 0).then(|| format!("{} under waivers, counted apart{apart}", count(waived, "finding", "findings")))
}
