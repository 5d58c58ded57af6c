//! What a reader must know before relying on the result: why the scan is
//! incomplete, and what else limits what it says.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::Completeness;
use super::ground::Ground;
use super::judge::Judged;
use super::keys::Keys;
use crate::evidence::survey::Untaken;
use crate::pack::Expected;
use crate::report::{CompletenessBasis, ControlResult, EvidenceTable, Selection};

/// What checks tell beside their outcomes, each with the control and check before it.
#[derive(Debug, Default)]
pub(super) struct OfChecks {
    /// Why the scan is incomplete.
    pub incomplete: BTreeSet<String>,
    /// What else is to be known.
    pub told: BTreeSet<String>,
}

/// What limits the result.
#[derive(Debug)]
pub(super) struct Limitations {
    /// Whether the scan is complete: exit 3 where it is not.
    pub complete: bool,
    /// In words, what makes it incomplete first.
    pub told: Vec<String>,
}

/// Files named in one limitation.
const NAMED: usize = 5;

/// Everything that limits the result, in a fixed order.
pub(super) fn limitations(
    ground: &Ground<'_>,
    (keys, judged): (&Keys, &Judged),
    known: &Completeness,
    of_checks: OfChecks,
    (controls, evidence): (&[ControlResult], &[EvidenceTable]),
) -> Limitations {
    let mut told: Vec<String> = known.scope_gaps.iter().chain(&known.unmet).cloned().collect();
    told.extend(nothing_examined(ground, controls));
    let (open, unused) = untaken(ground);
    told.extend(open);
    told.extend(of_checks.incomplete);
    let complete = told.is_empty();
    told.extend(unused);
    told.extend(of_checks.told);
    told.extend(keys.identities.notes.iter().cloned());
    told.extend(ground.scope().map(|scope| judged.named.missing(scope)).unwrap_or_default());
    told.extend(patterns_without_file(ground));
    told.extend(terms_without_use(ground));
    if ground.input.selection == Selection::Exploratory {
        told.push("exploratory: the packs were not declared in an engagement".to_owned());
    }
    let unproved = evidence.iter().filter(|table| table.dataset.is_some() && table.completeness.basis == CompletenessBasis::Unknown).count();
    if unproved > 0 {
        told.push(format!("nothing besides the export itself tells whether {unproved} of the tables are whole; state control totals"));
    }
    let undated = evidence.iter().filter(|table| table.dataset.is_some() && table.exported_at.value.is_none()).count();
    if undated > 0 {
        told.push(format!("nothing tells when {undated} of the tables were exported, so their age was not checked; state `exported_at`"));
    }
    let cut = controls.iter().flat_map(|control| &control.checks).filter(|check| check.listed_through.is_some()).count();
    if cut > 0 {
        told.push(format!("{cut} checks have more findings than are listed; counts are never cut"));
    }
    Limitations { complete, told }
}

/// Without a control nothing was examined, whatever was read.
fn nothing_examined(ground: &Ground<'_>, controls: &[ControlResult]) -> Option<String> {
    if !controls.is_empty() {
        return None;
    }
    let datasets: BTreeSet<&str> = ground.survey.tables().map(|table| table.dataset.as_str()).collect();
    let recognised = if datasets.is_empty() {
        "no file was recognised as an export".to_owned()
    } else {
        format!("recognised were: {}", datasets.into_iter().collect::<Vec<_>>().join(", "))
    };
    Some(format!("nothing was examined: no pack found a dataset that it reads; {recognised}"))
}

/// Files that no source took: those that leave the scan incomplete, and the others by kind.
fn untaken(ground: &Ground<'_>) -> (Vec<String>, Vec<String>) {
    let (mut open, mut kinds) = (Vec::new(), BTreeMap::<&str, Vec<&str>>::new());
    for file in &ground.survey.files {
        let Err(untaken) = &file.taken else { continue };
        match ground.input.selection {
            Selection::Declared if !untaken.accepted() => open.push(format!("{}: {}", file.path, untaken.message())),
            Selection::Exploratory if untaken.may_hide_an_export(&file.path) => open.push(format!("{}: {}", file.path, untaken.message())),
            Selection::Exploratory if !untaken.accepted() => kinds.entry(untaken.code()).or_default().push(&file.path),
            Selection::Declared | Selection::Exploratory => {}
        }
    }
    let line = |(code, paths): (&str, Vec<&str>)| {
        let named = paths.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = paths.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} not used ({code}): {named}{more}; `rolecall evidence` tells why", count(paths.len(), "file was", "files were"))
    };
    (open, kinds.into_iter().map(line).collect())
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Paths of the engagement that mean no file: most are misspelt.
fn patterns_without_file(ground: &Ground<'_>) -> Vec<String> {
    let Some(engagement) = ground.input.engagement else { return Vec::new() };
    let exported = engagement.exported_at.iter().map(|stated| ("exported_at", stated.path.as_str()));
    let unused = engagement.unused.iter().map(|unused| ("unused", unused.path.as_str()));
    let systems = engagement.scope.iter().flat_map(|scope| &scope.systems);
    let systems = systems.filter_map(|system| Some(("scope.systems", system.path.as_deref()?)));
    let no_file = |(_, path): &(&str, &str)| !ground.input.blobs.iter().any(|blob| blob.matches(path));
    let all = exported.chain(unused).chain(systems).filter(no_file);
    all.map(|(list, path)| format!("no file of evidence matches `{path}`, which the engagement names under {list}")).collect()
}

/// Terms whose meaning no selected pack knows: they map nothing.
fn terms_without_use(ground: &Ground<'_>) -> Vec<String> {
    let Some(engagement) = ground.input.engagement.filter(|engagement| !engagement.terms.is_empty()) else { return Vec::new() };
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for pack in ground.input.packs {
        ids.extend(pack.tables.values().flat_map(|table| &table.rows).flatten().map(String::as_str));
        for value in pack.parameters.iter().map(|parameter| &parameter.value) {
            ids.extend(value.as_str().into_iter().chain(value.as_array().into_iter().flatten().filter_map(|value| value.as_str())));
        }
        for check in pack.controls.iter().flat_map(|control| &control.checks) {
            let Some((expected, _, by)) = check.kind.pairs() else { continue };
            match expected {
                Expected::List(entries) => ids.extend(entries.iter().map(|entry| entry.id.as_str())),
                // Then any word of the evidence may be an id.
                Expected::Dataset(_) if by.terms => return Vec::new(),
                Expected::Dataset(_) | Expected::Table { .. } => {}
            }
        }
    }
    let useless = engagement.terms.iter().filter(|term| !ids.contains(term.is.as_str()));
    useless.map(|term| format!("a term of `{}` means `{}`, which no selected pack names", term.field, term.is)).collect()
}

/// Files that no source took, with the reason.
pub(super) fn untaken_files<'g>(ground: &'g Ground<'_>) -> impl Iterator<Item = (&'g str, &'g Untaken)> {
    ground.survey.files.iter().filter_map(|file| file.taken.as_ref().err().map(|untaken| (file.path.as_str(), untaken)))
}
