//! Findings of two reports, by what is really known of each.

use std::collections::HashMap;

use serde::Serialize;

use super::controls::Pair;
use crate::report::{CheckResult, Finding, FollowedUp, LifecycleState, Outcome, Report, Subject};

/// What became of a finding. The order is that of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It had been closed, and is back.
    Reopened,
    /// OLD does not have it, and would have listed it.
    New,
    /// Both have it.
    StillOpen,
    /// NEW looked for it and did not find it.
    Resolved,
    /// Its subject is no longer in the evidence.
    SubjectGone,
    /// NEW could not look for it.
    NotReobserved,
    /// OLD's list was cut before it.
    FirstListed,
}

/// Whether a finding's subject is in the evidence of NEW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as they are")]
pub enum Presence {
    Present,
    Gone,
    /// NEW was made without a ledger, so nobody looked.
    Unknown,
}

/// What waivers did to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaiverChange {
    /// It counts in both, or in the one report that has it.
    Unwaived,
    /// It is waived in both, or in the one report that has it.
    Waived,
    /// It counted, and is waived now.
    NowWaived,
    /// Its waiver ended: it counts again.
    Ended,
}

/// A finding of either report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingChange {
    /// What became of it.
    pub class: Class,
    /// Its id.
    pub id: String,
    /// Its control.
    pub control: String,
    /// Its check.
    pub check: String,
    /// Its subject.
    pub subject: Subject,
    /// Why it is in this class, where that is not plain: a code, with the detail after a colon.
    pub reason: Option<String>,
    /// Whether its subject is in the evidence of NEW.
    pub presence: Presence,
    /// How many units it stands for.
    pub occurrences: Pair<u64>,
    /// The ids of the waivers that cover it.
    pub waiver: Pair<String>,
    /// What waivers did.
    pub waiver_change: WaiverChange,
}

impl FindingChange {
    /// Whether it is new or reopened.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self.class, Class::New | Class::Reopened)
    }

    /// Whether both reports have it and its waiver ended.
    #[must_use]
    pub const fn counts_again(&self) -> bool {
        matches!(self.waiver_change, WaiverChange::Ended)
    }
}

/// All findings of both reports, by class and id.
pub(super) fn changes(old: &Report, new: &Report) -> Vec<FindingChange> {
    let (before, after) = (Index::new(old), Index::new(new));
    let mut all: Vec<FindingChange> = Vec::new();
    for finding in &new.findings {
        let earlier = before.finding(&finding.id);
        let (class, reason) = match earlier {
            Some(_) => (Class::StillOpen, None),
            None => appeared(finding, &before),
        };
        all.push(change(class, reason, (earlier, Some(finding)), Presence::Present));
    }
    for finding in old.findings.iter().filter(|finding| after.finding(&finding.id).is_none()) {
        let (class, reason, presence) = vanished(finding, &before, &after);
        all.push(change(class, reason, (Some(finding), None), presence));
    }
    all.retain(|change| !change.id.is_empty());
    all.sort_by(|left, right| (left.class, &left.control, &left.check, &left.id).cmp(&(right.class, &right.control, &right.check, &right.id)));
    all
}

/// A report's findings and checks by their ids.
struct Index<'r> {
    report: &'r Report,
    findings: HashMap<&'r str, &'r Finding>,
    checks: HashMap<(&'r str, &'r str), &'r CheckResult>,
    followed: HashMap<&'r str, &'r FollowedUp>,
}

impl<'r> Index<'r> {
    fn new(report: &'r Report) -> Self {
        let checks = report.controls.iter().flat_map(|control| control.checks.iter().map(|check| ((control.id.as_str(), check.id.as_str()), check)));
        let findings = report.findings.iter().map(|finding| (finding.id.as_str(), finding));
        let followed = report.followed_up.iter().flatten().map(|followed| (followed.id.as_str(), followed));
        Self { report, findings: findings.collect(), checks: checks.collect(), followed: followed.collect() }
    }

    fn finding(&self, id: &str) -> Option<&'r Finding> {
        self.findings.get(id).copied()
    }

    fn check(&self, finding: &Finding) -> Option<&'r CheckResult> {
        self.checks.get(&(finding.control.as_str(), finding.check.as_str())).copied()
    }

    /// Whether a check that was decided saw all that it is about: what it could
    /// not decide, and records that are missing, may be the subject.
    fn saw_everything(&self, finding: &Finding, check: &CheckResult) -> bool {
        let own = format!("{} / {}: ", finding.control, finding.check);
        check.undecided == 0 && !self.report.summary.limitations.iter().any(|limitation| limitation.starts_with(&own))
    }
}

/// A finding of NEW that OLD does not list.
fn appeared(finding: &Finding, before: &Index<'_>) -> (Class, Option<String>) {
    if finding.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.state == LifecycleState::Reopened) {
        return (Class::Reopened, None);
    }
    let Some(check) = before.check(finding) else { return (Class::New, Some("check-not-in-old".to_owned())) };
    match &check.listed_through {
        Some(last) if finding.id > *last => (Class::FirstListed, Some(format!("list-cut: {last}"))),
        _ if !matches!(check.outcome, Outcome::Pass | Outcome::Fail) => (Class::New, Some(undecided("not-decided-in-old", check))),
        _ => (Class::New, None),
    }
}

/// A finding of OLD that NEW does not list.
fn vanished(finding: &Finding, before: &Index<'_>, after: &Index<'_>) -> (Class, Option<String>, Presence) {
    let not_reobserved = |reason: String| (Class::NotReobserved, Some(reason), Presence::Unknown);
    if super::engagement(before.report) != super::engagement(after.report) {
        return not_reobserved("other-engagement".to_owned());
    }
    // A scan with a ledger looked for the subject itself.
    if let Some(followed) = after.followed.get(finding.id.as_str()) {
        return match followed.state {
            LifecycleState::Closed => (Class::Resolved, None, Presence::Present),
            LifecycleState::SubjectGone => (Class::SubjectGone, None, Presence::Gone),
            _ => not_reobserved(format!("not-reobserved-since: {}", followed.since)),
        };
    }
    let Some(check) = after.check(finding) else { return not_reobserved("check-not-in-new".to_owned()) };
    if !matches!(check.outcome, Outcome::Pass | Outcome::Fail) {
        return not_reobserved(undecided("not-decided-in-new", check));
    }
    if before.check(finding).is_some_and(|known| known.procedure != check.procedure || known.parameters != check.parameters) {
        return not_reobserved("check-changed".to_owned());
    }
    if let Some(last) = check.listed_through.as_ref().filter(|last| finding.id > **last) {
        return not_reobserved(format!("list-cut: {last}"));
    }
    if !after.saw_everything(finding, check) {
        return not_reobserved("not-everything-seen".to_owned());
    }
    (Class::Resolved, None, Presence::Unknown)
}

fn undecided(code: &str, check: &CheckResult) -> String {
    let outcome = crate::report::text::outcome(check.outcome);
    format!("{code}: {}", check.reason.as_deref().filter(|_| check.outcome == Outcome::NotEvaluated).unwrap_or(outcome))
}

fn change(class: Class, reason: Option<String>, (old, new): (Option<&Finding>, Option<&Finding>), presence: Presence) -> FindingChange {
    let waiver = |finding: Option<&Finding>| finding.and_then(|finding| finding.waiver.as_ref()).map(|waiver| waiver.id.clone());
    let waived = Pair { old: waiver(old), new: waiver(new) };
    let waiver_change = match (old.map(|_| waived.old.is_some()), new.map(|_| waived.new.is_some())) {
        (Some(true), Some(false)) => WaiverChange::Ended,
        (Some(false), Some(true)) => WaiverChange::NowWaived,
        (Some(true), _) | (_, Some(true)) => WaiverChange::Waived,
        _ => WaiverChange::Unwaived,
    };
    let text = |value: &dyn Fn(&Finding) -> String| new.or(old).map(value).unwrap_or_default();
    FindingChange {
        class,
        id: text(&|finding| finding.id.clone()),
        control: text(&|finding| finding.control.clone()),
        check: text(&|finding| finding.check.clone()),
        subject: new.or(old).map(|finding| finding.subject.clone()).unwrap_or_default(),
        reason,
        presence,
        occurrences: Pair { old: old.map(|finding| finding.occurrences), new: new.map(|finding| finding.occurrences) },
        waiver: waived,
        waiver_change,
    }
}
