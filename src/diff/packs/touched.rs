//! Open findings of a report that rest on what changed between two packs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::demands::Existence;
use super::{Ground, PackDiff};
use crate::pack::FateKind;
use crate::report::{Finding, LifecycleState, Subject};

/// An open finding that rests on what changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Touched {
    /// Its id.
    pub id: String,
    /// Its control.
    pub control: String,
    /// Its check.
    pub check: String,
    /// What it is about.
    pub subject: Subject,
    /// What changed under it, in words.
    pub because: Vec<String>,
}

/// The findings, by id.
pub(super) fn touched(ground: &Ground<'_>, diff: &PackDiff) -> Vec<Touched> {
    let entries = entries(diff);
    let mut told: BTreeMap<&str, Touched> = BTreeMap::new();
    for report in ground.reports {
        for finding in report.findings.iter().filter(|finding| is_open(finding)) {
            let of_old = report.controls.iter().any(|control| control.id == finding.control && control.pack == diff.old.id);
            if !of_old {
                continue;
            }
            let because = because(finding, diff, &entries);
            if !because.is_empty() {
                let Finding { id, control, check, subject, .. } = finding;
                let own = Touched { id: id.clone(), control: control.clone(), check: check.clone(), subject: subject.clone(), because };
                told.insert(id, own);
            }
        }
    }
    told.into_values().collect()
}

fn is_open(finding: &Finding) -> bool {
    !matches!(finding.lifecycle.as_ref().map(|lifecycle| lifecycle.state), Some(LifecycleState::Closed | LifecycleState::SubjectGone))
}

/// What became of entries: their ids with a sentence each.
fn entries(diff: &PackDiff) -> BTreeMap<&str, BTreeSet<String>> {
    let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for table in &diff.tables {
        for row in table.changes.iter().filter(|row| row.key.len() == 1 && row.change != Existence::Added) {
            for key in &row.key {
                told.entry(key).or_default().insert(format!("`{key}` was {} in the table {}", row.change.word(), table.name));
            }
        }
    }
    for role in &diff.roles {
        let became: Vec<&str> = role.became.iter().map(|(entry, _)| entry.as_str()).collect();
        let sentence = match role.fate {
            FateKind::Kept => None,
            FateKind::Retired => Some(format!("`{}` is retired", role.id)),
            FateKind::NoCounterpart => Some(format!("`{}` has no counterpart in NEW", role.id)),
            fate => Some(format!("`{}` became {} ({})", role.id, became.join(", "), super::words::fate(fate))),
        };
        if let Some(sentence) = sentence {
            told.entry(&role.id).or_default().insert(sentence);
        }
        for gone in role.statements.iter().flat_map(|statements| &statements.gone) {
            told.entry(gone).or_default().insert(format!("`{gone}` has no counterpart for {}", role.id));
        }
    }
    told
}

fn because(finding: &Finding, diff: &PackDiff, entries: &BTreeMap<&str, BTreeSet<String>>) -> Vec<String> {
    let mut because = Vec::new();
    if let Some(control) = diff.controls.iter().find(|control| control.id == finding.control) {
        let check = control.checks.iter().find(|check| check.id == finding.check);
        match (control.change, check) {
            (Existence::Removed, _) => because.push(format!("the control {} is not in NEW", control.id)),
            (_, Some(check)) if check.change == Existence::Removed => because.push(format!("the check {} is not in NEW", check.id)),
            (_, Some(check)) if check.differs.contains(&"identity") => {
                because.push(format!("the check {} knows findings by other names: this one will get another id", check.id));
            }
            (_, Some(check)) => because.push(format!("the check {} differs: {}", check.id, check.differs.join(", "))),
            (_, None) if control.differs.iter().any(|what| matches!(*what, "criterion" | "determination" | "grade" | "applies")) => {
                because.push(format!("the control {} differs: {}", control.id, control.differs.join(", ")));
            }
            _ => {}
        }
    }
    let values = finding.subject.0.iter().filter_map(|(_, value)| entries.get(value.as_str()));
    because.extend(values.flatten().cloned());
    because
}
