//! From outcomes to a control's determination, and to the grade that the
//! pack's rule proposes.

use crate::engagement::Engagement;
use crate::pack::{Control, Grade};
use crate::report::{CheckResult, Criterion, Determination, Force, GradeResult, Outcome};

/// What a control is held against, after the engagement's own adoption.
pub(super) fn criterion(control: &Control, engagement: Option<&Engagement>) -> Criterion {
    let own = &control.criterion;
    let criteria = engagement.map_or(&[][..], |engagement| engagement.criteria.as_slice());
    // What is said of the control outranks what is said of its whole pack.
    let of_control = criteria.iter().find(|adopted| adopted.control.as_deref() == Some(&control.id));
    let adopted = of_control.or_else(|| criteria.iter().find(|adopted| adopted.control.is_none() && adopted.pack.as_deref() == Some(&control.pack)));
    Criterion {
        standard: own.standard.clone(),
        edition: own.edition.clone(),
        clause: own.clause.clone(),
        force: adopted.map_or(own.force, |adopted| adopted.force),
        adopted_by: adopted.map(|adopted| adopted.adopted_by.clone()),
    }
}

/// Is the control satisfied? With the reason where it is not.
pub(super) fn determine(checks: &[CheckResult]) -> (Determination, Option<String>) {
    let with = |outcomes: &[Outcome]| -> Vec<&CheckResult> { checks.iter().filter(|check| outcomes.contains(&check.outcome)).collect() };
    let failed = with(&[Outcome::Fail]);
    if !failed.is_empty() {
        let of = |check: &&CheckResult| format!("{}: {} of {} evaluated", check.id, check.exceptions, check.evaluated);
        let reasons: Vec<_> = failed.iter().map(of).collect();
        return (Determination::OtherThanSatisfied, Some(reasons.join("; ")));
    }
    let open = with(&[Outcome::NotEvaluated, Outcome::Error]);
    if !open.is_empty() {
        let of = |check: &&CheckResult| format!("{}: {}", check.id, check.reason.as_deref().unwrap_or("not evaluated"));
        let reasons: Vec<_> = open.iter().map(of).collect();
        return (Determination::NotDetermined, Some(reasons.join("; ")));
    }
    if checks.is_empty() || with(&[Outcome::Pass]).is_empty() {
        let reason = if checks.is_empty() { "the control has no check" } else { "not-applicable" };
        return (Determination::NotDetermined, Some(reason.to_owned()));
    }
    (Determination::Satisfied, None)
}

/// The share of exceptions among what was evaluated.
fn share(check: &CheckResult) -> f64 {
    // Counts are far below 2^52, where floats are exact.
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    let share = check.exceptions as f64 / check.evaluated.max(1) as f64;
    share
}

/// A share as people write it: `0.07` is `7 %`, which binary fractions do not say of themselves.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The grade that is proposed for a failed control; a person confirms it.
pub(super) fn propose(control: &Control, force: Force, checks: &[CheckResult]) -> Option<GradeResult> {
    let failed: Vec<&CheckResult> = checks.iter().filter(|check| check.outcome == Outcome::Fail).collect();
    let worst = failed.iter().max_by(|left, right| share(left).total_cmp(&share(right)).then_with(|| right.id.cmp(&left.id)))?;
    let proposal = |proposed: Grade, rule: String| Some(GradeResult { proposed, rule, confirmed: None });
    if force == Force::Guidance {
        return proposal(Grade::Ofi, "held against guidance: at most an opportunity for improvement".to_owned());
    }
    let rule = &control.grade;
    if let Some(check) = failed.iter().find(|check| rule.major_checks.contains(&check.id)) {
        return proposal(Grade::Major, format!("a failure of {} is major at once", check.id));
    }
    let figures = format!("the worst check, {}, has {} of {} evaluated", worst.id, worst.exceptions, worst.evaluated);
    let mut bounds = Vec::new();
    // Every failed check must be within: a further failure never makes a control better.
    let mut within = true;
    if let Some(most) = rule.minor_share {
        bounds.push(format!("at most {} of the evaluated", percent(most)));
        within &= failed.iter().all(|check| share(check) <= most);
    }
    if let Some(most) = rule.minor_exceptions {
        bounds.push(format!("at most {most}"));
        within &= failed.iter().all(|check| check.exceptions <= most);
    }
    if bounds.is_empty() {
        return proposal(rule.otherwise, format!("every failure is graded so; {figures}"));
    }
    let bounds = bounds.join(" and ");
    if within {
        proposal(Grade::Minor, format!("minor where the exceptions of every failed check are {bounds}; {figures}"))
    } else {
        proposal(rule.otherwise, format!("not every failed check has exceptions of {bounds}; {figures}"))
    }
}
