//! Controls and checks of two packs.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::pack::{Check, Control, Pack};
use crate::predicate::sentence;

/// A control that only one of the packs has, or that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlDifference {
    /// Its id.
    pub id: String,
    /// Its title: the later one, where both have it.
    pub title: String,
    /// Whether it was added, removed or changed.
    pub change: Existence,
    /// What differs in it, where both have it: title, ref, criterion, determination, ...
    pub differs: Vec<&'static str>,
    /// Its checks that only one has, or that differ.
    pub checks: Vec<CheckDifference>,
}

/// A check that only one of the packs has, or that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckDifference {
    /// Its id.
    pub id: String,
    /// Whether it was added, removed or changed.
    pub change: Existence,
    /// What differs in it, where both have it: title, procedure, identity, ...
    pub differs: Vec<&'static str>,
}

/// Which of the two has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existence {
    /// OLD alone.
    Removed,
    /// NEW alone.
    Added,
    /// Both, and they differ.
    Changed,
}

impl Existence {
    /// Of something that one or both have; `None` where neither has, or both have the same.
    pub(super) fn of<T: PartialEq>(old: Option<&T>, new: Option<&T>) -> Option<Self> {
        match (old, new) {
            (Some(_), None) => Some(Self::Removed),
            (None, Some(_)) => Some(Self::Added),
            (Some(old), Some(new)) if old != new => Some(Self::Changed),
            _ => None,
        }
    }

    /// The word that people read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Changed => "changed",
        }
    }
}

/// The controls that differ, by id.
pub(super) fn controls(old: &Pack, new: &Pack) -> Vec<ControlDifference> {
    let ids: BTreeSet<&str> = old.controls.iter().chain(&new.controls).map(|control| control.id.as_str()).collect();
    let of = |pack: &'_ Pack, id: &str| pack.controls.iter().position(|control| control.id == id);
    let compared = ids.into_iter().filter_map(|id| {
        let (left, right) = (of(old, id).map(|at| &old.controls[at]), of(new, id).map(|at| &new.controls[at]));
        let shown = right.or(left)?;
        let (change, differs, checks) = match (left, right) {
            (Some(left), Some(right)) => {
                let (differs, checks) = (control_differs(left, right), of_checks(left, right));
                if differs.is_empty() && checks.is_empty() {
                    return None;
                }
                (Existence::Changed, differs, checks)
            }
            (Some(_), None) => (Existence::Removed, Vec::new(), Vec::new()),
            _ => (Existence::Added, Vec::new(), Vec::new()),
        };
        Some(ControlDifference { id: id.to_owned(), title: shown.title.clone(), change, differs, checks })
    });
    compared.collect()
}

/// The names of what differs.
fn names<const N: usize>(differs: [(&'static str, bool); N]) -> Vec<&'static str> {
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn control_differs(old: &Control, new: &Control) -> Vec<&'static str> {
    let adopted = |control: &Control| control.applies.as_ref().map(|applies| applies.wherever.clone());
    names([
        ("title", old.title != new.title),
        ("ref", old.reference != new.reference),
        ("criterion", old.criterion != new.criterion),
        ("becomes", old.becomes != new.becomes),
        ("determination", old.determination != new.determination),
        ("objectives", old.objectives != new.objectives),
        ("about", old.about != new.about),
        ("evidence", old.evidence != new.evidence),
        ("applies", adopted(old) != adopted(new)),
        ("unchecked", old.unchecked != new.unchecked),
        ("grade", old.grade != new.grade),
        ("remediation", old.remediation != new.remediation),
        ("maps", old.maps != new.maps),
    ])
}

fn of_checks(old: &Control, new: &Control) -> Vec<CheckDifference> {
    let ids: BTreeSet<&str> = old.checks.iter().chain(&new.checks).map(|check| check.id.as_str()).collect();
    let of = |control: &Control, id: &str| control.checks.iter().position(|check| check.id == id);
    let compared = ids.into_iter().filter_map(|id| {
        let (change, differs) = match (of(old, id).map(|at| &old.checks[at]), of(new, id).map(|at| &new.checks[at])) {
            (Some(left), Some(right)) => {
                let differs = check_differs(left, right);
                if differs.is_empty() {
                    return None;
                }
                (Existence::Changed, differs)
            }
            (Some(_), None) => (Existence::Removed, Vec::new()),
            (None, Some(_)) => (Existence::Added, Vec::new()),
            (None, None) => return None,
        };
        Some(CheckDifference { id: id.to_owned(), change, differs })
    });
    compared.collect()
}

fn check_differs(old: &Check, new: &Check) -> Vec<&'static str> {
    names([
        ("title", old.title != new.title),
        ("severity", old.severity != new.severity),
        ("mode", old.mode != new.mode),
        ("unit", old.unit != new.unit),
        ("identity", old.identity != new.identity),
        ("show", old.show != new.show),
        ("max_age_days", old.max_age_days != new.max_age_days),
        // What is decided, in the check's own sentence and with all that the sentence shortens.
        ("procedure", sentence::procedure(old) != sentence::procedure(new) || format!("{:?}", old.kind) != format!("{:?}", new.kind)),
    ])
}
