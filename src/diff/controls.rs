//! Controls and checks of two reports: every pair of results has its word.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::{CheckResult, ControlResult, Determination, Grade, Outcome, Report};

/// What became of a control or check. The order is that of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails now, or is graded higher.
    Worse,
    /// It was decided and is not any more: neither worse nor better is known.
    NoLongerDecided,
    /// The same result, with other figures.
    Same,
    /// It conforms now, or is graded lower.
    Better,
    /// NEW does not have it.
    OnlyInOld,
    /// OLD does not have it.
    OnlyInNew,
}

/// A value of OLD and of NEW; `null` where that report does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as the reports")]
pub struct Pair<T> {
    pub old: Option<T>,
    pub new: Option<T>,
}

/// A control of either report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ControlChange {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What became of it.
    pub change: Change,
    /// Its determinations.
    pub determination: Pair<Determination>,
    /// Its proposed grades.
    pub grade: Pair<Grade>,
    /// Why it is not satisfied, or not determined, in NEW.
    pub reason: Option<String>,
    /// Its checks that changed.
    pub checks: Vec<CheckChange>,
}

/// A check of either report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckChange {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub change: Change,
    /// Its outcomes.
    pub outcome: Pair<Outcome>,
    /// Its exceptions, listed or not.
    pub exceptions: Pair<u64>,
    /// What it evaluated.
    pub evaluated: Pair<u64>,
}

/// All controls in which anything changed, what got worse first.
pub(super) fn changes(old: &Report, new: &Report) -> Vec<ControlChange> {
    let before: BTreeMap<&str, &ControlResult> = old.controls.iter().map(|control| (control.id.as_str(), control)).collect();
    let after: BTreeMap<&str, &ControlResult> = new.controls.iter().map(|control| (control.id.as_str(), control)).collect();
    let mut ids: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let changes = ids.into_iter().filter_map(|id| control(before.get(id).copied(), after.get(id).copied()));
    let mut changes: Vec<ControlChange> = changes.filter(|control| control.change != Change::Same || !control.checks.is_empty()).collect();
    changes.sort_by(|left, right| (left.change, &left.id).cmp(&(right.change, &right.id)));
    changes
}

fn control(old: Option<&ControlResult>, new: Option<&ControlResult>) -> Option<ControlChange> {
    let shown = new.or(old)?;
    let determination = Pair { old: old.map(|control| control.determination), new: new.map(|control| control.determination) };
    let grade = |control: &ControlResult| control.grade.as_ref().map(|grade| grade.proposed);
    let grade = Pair { old: old.and_then(grade), new: new.and_then(grade) };
    let mut change = of_pair(determination, determined);
    if let (Change::Same, Some(before), Some(after)) = (change, grade.old, grade.new) {
        // The gravest grade is the first.
        change = match after.cmp(&before) {
            std::cmp::Ordering::Less => Change::Worse,
            std::cmp::Ordering::Equal => Change::Same,
            std::cmp::Ordering::Greater => Change::Better,
        };
    }
    Some(ControlChange {
        id: shown.id.clone(),
        title: shown.title.clone(),
        change,
        determination,
        grade,
        reason: new.and_then(|control| control.determination_reason.clone()),
        checks: checks(old, new),
    })
}

fn checks(old: Option<&ControlResult>, new: Option<&ControlResult>) -> Vec<CheckChange> {
    let (before, after) = (own(old), own(new));
    let mut ids: Vec<&str> = after.iter().map(|check| check.id.as_str()).collect();
    ids.extend(before.iter().map(|check| check.id.as_str()).filter(|id| !after.iter().any(|check| check.id == *id)));
    let one = |id: &str| {
        let find = |checks: &'_ [CheckResult]| checks.iter().find(|check| check.id == id).cloned();
        let (old, new) = (find(before), find(after));
        let pair = |value: &dyn Fn(&CheckResult) -> u64| Pair { old: old.as_ref().map(value), new: new.as_ref().map(value) };
        let outcome = Pair { old: old.as_ref().map(|check| check.outcome), new: new.as_ref().map(|check| check.outcome) };
        CheckChange {
            id: id.to_owned(),
            change: of_pair(outcome, decided),
            outcome,
            exceptions: pair(&|check| check.exceptions),
            evaluated: pair(&|check| check.evaluated),
        }
    };
    let changed = |check: &CheckChange| check.outcome.old != check.outcome.new || check.exceptions.old != check.exceptions.new;
    ids.into_iter().map(one).filter(changed).collect()
}

fn own(control: Option<&ControlResult>) -> &[CheckResult] {
    control.map_or(&[], |control| &control.checks)
}

/// What a result says of conformity; `None` where it says nothing.
const fn determined(determination: Determination) -> Option<bool> {
    match determination {
        Determination::Satisfied => Some(true),
        Determination::OtherThanSatisfied => Some(false),
        Determination::NotDetermined => None,
    }
}

/// See [`determined`].
const fn decided(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Pass => Some(true),
        Outcome::Fail => Some(false),
        Outcome::NotApplicable | Outcome::NotEvaluated | Outcome::Error => None,
    }
}

/// The whole matrix.
fn of_pair<T: Copy>(pair: Pair<T>, says: impl Fn(T) -> Option<bool>) -> Change {
    let (Some(old), Some(new)) = (pair.old, pair.new) else {
        return if pair.new.is_none() { Change::OnlyInOld } else { Change::OnlyInNew };
    };
    match (says(old), says(new)) {
        (Some(false), Some(false)) | (Some(true), Some(true)) | (None, None) => Change::Same,
        (_, Some(false)) => Change::Worse,
        (_, Some(true)) => Change::Better,
        (Some(_), None) => Change::NoLongerDecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_outcomes_and_of_determinations_has_its_word() {
        use Change::{Better as B, NoLongerDecided as N, Same as S, Worse as W};
        use Determination::{NotDetermined, OtherThanSatisfied, Satisfied};
        use Outcome::{Error, Fail, NotApplicable, NotEvaluated, Pass};
        let all = [Pass, Fail, NotApplicable, NotEvaluated, Error];
        let table = [[S, W, N, N, N], [B, S, N, N, N], [B, W, S, S, S], [B, W, S, S, S], [B, W, S, S, S]];
        for (old, row) in all.into_iter().zip(table) {
            for (new, wanted) in all.into_iter().zip(row) {
                assert_eq!(of_pair(Pair { old: Some(old), new: Some(new) }, decided), wanted, "{old:?} to {new:?}");
            }
        }
        let all = [Satisfied, OtherThanSatisfied, NotDetermined];
        for (old, row) in all.into_iter().zip([[S, W, N], [B, S, N], [B, W, S]]) {
            for (new, wanted) in all.into_iter().zip(row) {
                assert_eq!(of_pair(Pair { old: Some(old), new: Some(new) }, determined), wanted, "{old:?} to {new:?}");
            }
            assert_eq!(of_pair(Pair { old: Some(old), new: None }, determined), Change::OnlyInOld);
            assert_eq!(of_pair(Pair { old: None, new: Some(old) }, determined), Change::OnlyInNew);
        }
    }
}
