//! What changed between two reports: pure, over two [`Report`]s.
//!
//! Nothing is called resolved that NEW did not look for: a finding that NEW
//! no longer lists is resolved only where its check ran over evidence that was
//! whole, and where the list reaches its id. A cut list makes nothing new and
//! nothing resolved.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::report::{Audience, Conclusion, Report};

mod controls;
mod findings;
pub mod packs;
pub mod words;

pub use controls::{Change, CheckChange, ControlChange, Pair};
pub use findings::{Class, FindingChange, Presence, WaiverChange};

/// The name and version of the JSON layout.
pub const SCHEMA: &str = "rolecall.diff/1";

/// Two reports that make no comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// OLD is the later one.
    #[error("OLD is as of {old}, later than NEW, which is as of {new}")]
    Order {
        /// OLD's date.
        old: String,
        /// NEW's date.
        new: String,
    },
}

/// The comparison, in the order in which it is read: what got worse first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The earlier report.
    pub old: Side,
    /// The later report.
    pub new: Side,
    /// What limits the comparison, in words.
    pub notes: Vec<String>,
    /// The counts.
    pub summary: Counts,
    /// Controls that changed, those that got worse first; then those of one report only.
    pub controls: Vec<ControlChange>,
    /// Findings of both reports, by class in the order of [`Class`], then by id.
    pub findings: Vec<FindingChange>,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its date.
    pub as_of: String,
    /// The engagement's id.
    pub engagement: Option<String>,
    /// Its packs, `id` and `sha256`.
    pub packs: Vec<(String, String)>,
    /// Who it is for.
    pub audience: Audience,
    /// Its result.
    pub conclusion: Conclusion,
    /// Its exceptions, listed or not.
    pub exceptions: u64,
}

/// How many of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as the classes")]
pub struct Counts {
    pub controls_worse: u64,
    pub controls_no_longer_decided: u64,
    pub controls_better: u64,
    pub controls_only_in_old: u64,
    pub controls_only_in_new: u64,
    pub waivers_ended: u64,
    pub reopened: u64,
    pub new: u64,
    pub still_open: u64,
    pub resolved: u64,
    pub subject_gone: u64,
    pub not_reobserved: u64,
    pub first_listed: u64,
    /// New and reopened ones that no waiver covers: what `--fail-on-new` looks at.
    pub new_or_reopened_unwaived: u64,
}

/// Compares two reports.
///
/// # Errors
/// [`DiffError::Order`].
pub fn diff(old: &Report, new: &Report) -> Result<Diff, DiffError> {
    // Both are `YYYY-MM-DD`, whose order is that of their text.
    if old.as_of > new.as_of {
        return Err(DiffError::Order { old: old.as_of.clone(), new: new.as_of.clone() });
    }
    let controls = controls::changes(old, new);
    let findings = findings::changes(old, new);
    Ok(Diff {
        schema: SCHEMA.to_owned(),
        old: side(old),
        new: side(new),
        notes: notes(old, new),
        summary: counts(&controls, &findings),
        controls,
        findings,
    })
}

fn side(report: &Report) -> Side {
    Side {
        as_of: report.as_of.clone(),
        engagement: engagement(report).map(str::to_owned),
        packs: report.packs.iter().map(|pack| (pack.id.clone(), pack.sha256.clone())).collect(),
        audience: report.audience,
        conclusion: report.summary.conclusion,
        exceptions: report.summary.findings.total,
    }
}

fn engagement(report: &Report) -> Option<&str> {
    report.engagement.as_ref().map(|own| own.id.as_str())
}

fn counts(controls: &[ControlChange], findings: &[FindingChange]) -> Counts {
    let control = |change: Change| controls.iter().filter(|control| control.change == change).count() as u64;
    let finding = |class: Class| findings.iter().filter(|finding| finding.class == class).count() as u64;
    Counts {
        controls_worse: control(Change::Worse),
        controls_no_longer_decided: control(Change::NoLongerDecided),
        controls_better: control(Change::Better),
        controls_only_in_old: control(Change::OnlyInOld),
        controls_only_in_new: control(Change::OnlyInNew),
        waivers_ended: findings.iter().filter(|finding| finding.counts_again()).count() as u64,
        reopened: finding(Class::Reopened),
        new: finding(Class::New),
        still_open: finding(Class::StillOpen),
        resolved: finding(Class::Resolved),
        subject_gone: finding(Class::SubjectGone),
        not_reobserved: finding(Class::NotReobserved),
        first_listed: finding(Class::FirstListed),
        new_or_reopened_unwaived: findings.iter().filter(|finding| finding.is_new() && finding.waiver.new.is_none()).count() as u64,
    }
}

/// What a reader must know before relying on the comparison.
fn notes(old: &Report, new: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    match (engagement(old), engagement(new)) {
        (one, other) if one == other => {}
        (one, other) => {
            let name = |id: Option<&str>| id.map_or("no engagement".to_owned(), |id| format!("the engagement `{id}`"));
            notes.push(format!(
                "OLD is of {}, NEW of {}: a finding's id is made of the engagement's id, so findings of the two cannot be matched; none is called resolved, and all of NEW are called new",
                name(one),
                name(other)
            ));
        }
    }
    if old.as_of == new.as_of {
        notes.push(format!("both reports are as of {}: what differs is evidence or input, not time", old.as_of));
    }
    if old.audience != new.audience {
        notes.push("the reports are for different audiences; that changes the advice in them, not what was found".to_owned());
    }
    if old.period != new.period {
        notes.push("the reports are about different periods".to_owned());
    }
    let ids: BTreeSet<&str> = old.packs.iter().chain(&new.packs).map(|pack| pack.id.as_str()).collect();
    for id in ids {
        let of = |report: &Report| report.packs.iter().find(|pack| pack.id == id).map(|pack| (pack.version.clone(), pack.sha256.clone()));
        match (of(old), of(new)) {
            (Some(_), None) => notes.push(format!("the pack `{id}` was evaluated in OLD only")),
            (None, Some(_)) => notes.push(format!("the pack `{id}` was evaluated in NEW only")),
            (Some(one), Some(other)) if one.1 != other.1 => notes.push(format!(
                "the pack `{id}` is not the same in both ({} and {}, by its digest): what changed may be the demand and not the organisation; findings of a check that is decided otherwise now are never called resolved",
                one.0, other.0
            )),
            _ => {}
        }
    }
    if old.tool.version != new.tool.version {
        notes.push(format!("the reports were made by versions {} and {} of the program", old.tool.version, new.tool.version));
    }
    let inputs = [
        ("engagement.yaml", &old.inputs.engagement, &new.inputs.engagement, "scope, terms, parameters or criteria may differ"),
        ("identities.csv", &old.inputs.identities, &new.inputs.identities, "who is who may differ"),
        ("waivers.yaml", &old.inputs.waivers, &new.inputs.waivers, "what is waived may differ"),
    ];
    for (name, _, _, what) in inputs.iter().filter(|(_, one, other, _)| one != other) {
        notes.push(format!("{name} is not the same in both: {what}"));
    }
    for (name, report) in [("OLD", old), ("NEW", new)] {
        if report.summary.conclusion == Conclusion::Incomplete {
            notes.push(format!("{name} is incomplete: its limitations say what was missing"));
        }
        let cut = report.controls.iter().flat_map(|control| &control.checks).filter(|check| check.listed_through.is_some()).count();
        if cut > 0 {
            notes.push(format!(
                "{name} lists not all findings of {}; counts were never cut",
                crate::report::text::count(cut as u64, "check", "checks")
            ));
        }
    }
    notes
}
