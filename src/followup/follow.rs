//! A new report compared with the register.

use std::collections::{BTreeMap, BTreeSet};

use super::illegal::Illegal;
use super::register::Register;
use super::tracked::{Happened, Tracked, Work};
use crate::ledger::event::{About, Act, Change, Now, Scan, ScannedCheck};
use crate::report::{Finding, FollowedUp, LifecycleState as State, Report};

/// What looking for the subject of a finding told that is no longer listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is in the evidence, and its check decided that it conforms, or is not about it any more.
    There,
    /// It is surely not in the evidence.
    Gone,
    /// That cannot be told.
    Unknown,
}

/// What a scan knows beyond its report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The checks, by control, whose evidence was whole: nothing was missing,
    /// stale, changed, or undecided beyond a tolerance.
    pub whole: BTreeSet<(String, String)>,
    /// By the finding's id.
    pub presence: BTreeMap<String, Presence>,
}

/// What a scan adds to the ledger, but for the digest of the report that it is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed(Scan);

impl Followed {
    /// The one event of the scan.
    #[must_use]
    pub fn act(self, report: String, sha256: String) -> Act {
        Act::Scan(Box::new(Scan { report, sha256, ..self.0 }))
    }

    /// What changed.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0.changes
    }
}

/// Gives every finding of a report its lifecycle, tells what became of those
/// that it does not list, and counts. Waivers are in the report already.
///
/// # Errors
/// [`Illegal`] where the scan cannot follow on the register: an earlier date,
/// another engagement.
pub fn follow(report: &mut Report, register: &Register, looked: &Looked) -> Result<Followed, Illegal> {
    let engagement = report.engagement.as_ref().map(|own| own.id.clone()).unwrap_or_default();
    register.admits(&report.as_of, &engagement)?;
    let checks = checks(report, looked);
    let mut scan = Scan {
        report: String::new(),
        sha256: String::new(),
        as_of: report.as_of.clone(),
        engagement,
        tool: report.tool.version.clone(),
        changes: changes(report, register, &checks, looked),
        checks,
    };
    scan.changes.sort_by(|left, right| (&left.finding, left.now).cmp(&(&right.finding, right.now)));
    let mut after = register.clone();
    let nobody = |what| Happened { seq: 0, time: String::new(), by: String::new(), what, text: String::new() };
    super::scan::add(&mut after, &scan, nobody)?;
    fill(report, &after, &scan);
    Ok(Followed(scan))
}

fn checks(report: &Report, looked: &Looked) -> Vec<ScannedCheck> {
    let of = |control: &str, check: &crate::report::CheckResult| ScannedCheck {
        control: control.to_owned(),
        check: check.id.clone(),
        outcome: check.outcome,
        whole: looked.whole.contains(&(control.to_owned(), check.id.clone())),
        listed_through: check.listed_through.clone(),
    };
    report.controls.iter().flat_map(|control| control.checks.iter().map(|check| of(&control.id, check))).collect()
}

fn changes(report: &Report, register: &Register, checks: &[ScannedCheck], looked: &Looked) -> Vec<Change> {
    let mut changes = Vec::new();
    let listed: BTreeSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    for finding in &report.findings {
        let known = register.get(&finding.id);
        changes.extend(sighted(finding, known, register));
        let was = known.is_some_and(|tracked| tracked.waived);
        let waiver = match (was, finding.waiver.is_some()) {
            (false, true) => Some(Now::Waived),
            (true, false) => Some(Now::WaiverEnded),
            _ => None,
        };
        changes.extend(waiver.map(|now| Change { finding: finding.id.clone(), now, about: None }));
    }
    let checks: BTreeMap<(&str, &str), &ScannedCheck> = checks.iter().map(|check| ((check.control.as_str(), check.check.as_str()), check)).collect();
    for (id, tracked) in register.iter().filter(|(id, tracked)| tracked.state != State::Closed && !listed.contains(id)) {
        let check = checks.get(&(tracked.about.control.as_str(), tracked.about.check.as_str()));
        let now = unlisted(id, check.copied(), looked.presence.get(id).copied());
        let state = match now {
            Now::Closed => State::Closed,
            Now::SubjectGone => State::SubjectGone,
            _ => State::NotReobserved,
        };
        if tracked.state != state {
            changes.push(Change { finding: id.to_owned(), now, about: None });
        }
    }
    changes
}

/// What a finding that is listed is now, where that is not just "seen again".
fn sighted(finding: &Finding, known: Option<&Tracked>, register: &Register) -> Option<Change> {
    let change = |now, about| Some(Change { finding: finding.id.clone(), now, about });
    let Some(tracked) = known else {
        let about = About {
            control: finding.control.clone(),
            check: finding.check.clone(),
            severity: finding.severity,
            subject: finding.subject.clone(),
            statement: finding.statement.clone(),
        };
        let cut = register.was_cut_before(&finding.control, &finding.check, &finding.id);
        return change(if cut { Now::FirstListed } else { Now::New }, Some(about));
    };
    if tracked.state == State::Closed {
        change(Now::Reopened, None)
    } else if !tracked.found {
        change(Now::FoundAgain, None)
    } else if tracked.work == Some(Work::AwaitingRetest) {
        change(Now::StillFound, None)
    } else {
        None
    }
}

/// What a finding is that is no longer listed.
fn unlisted(id: &str, check: Option<&ScannedCheck>, presence: Option<Presence>) -> Now {
    match (check.filter(|check| check.ran() && check.whole), presence) {
        (Some(_), Some(Presence::Gone)) => Now::SubjectGone,
        (Some(check), Some(Presence::There)) if check.lists(id) => Now::Closed,
        _ => Now::NotReobserved,
    }
}

fn fill(report: &mut Report, after: &Register, scan: &Scan) {
    for finding in &mut report.findings {
        finding.lifecycle = after.get(&finding.id).map(Tracked::lifecycle);
    }
    let listed: BTreeSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    let changed: BTreeSet<&str> = scan.changes.iter().map(|change| change.finding.as_str()).collect();
    let followed: Vec<FollowedUp> = after
        .iter()
        .filter(|(id, _)| !listed.contains(id))
        .map(|(id, tracked)| FollowedUp {
            id: id.to_owned(),
            control: tracked.about.control.clone(),
            check: tracked.about.check.clone(),
            state: tracked.state(),
            first_seen: tracked.first_seen.clone(),
            last_seen: tracked.last_seen.clone(),
            owner: tracked.owner.clone(),
            due: tracked.due.clone(),
            subject: tracked.about.subject.clone(),
            since: tracked.since.clone(),
            changed: changed.contains(id),
        })
        .collect();
    let state = |wanted: State| {
        let of = |finding: &&Finding| finding.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.state == wanted);
        Some(report.findings.iter().filter(of).count() as u64)
    };
    let (new, reopened) = (state(State::New), state(State::Reopened));
    let left = |wanted: &dyn Fn(&FollowedUp) -> bool| Some(followed.iter().filter(|one| wanted(one)).count() as u64);
    let counts = &mut report.summary.findings;
    (counts.new, counts.reopened) = (new, reopened);
    counts.resolved = left(&|one| one.state == State::Closed && one.changed);
    counts.not_reobserved = left(&|one| one.state == State::NotReobserved);
    counts.subject_gone = left(&|one| one.state == State::SubjectGone);
    report.followed_up = Some(followed);
}
