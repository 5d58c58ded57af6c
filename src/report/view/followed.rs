//! The lives of findings, as the page shows them.

use serde_json::{Value, json};

use super::super::text::{count, number};
use super::super::{FollowedUp, Lifecycle, LifecycleState, Report};

/// Findings of one kind that the page shows; the rest stand in `report.json`.
const SHOWN: usize = 100;

/// A state for people.
const fn words(state: LifecycleState) -> &'static str {
    match state {
        LifecycleState::New => "new",
        LifecycleState::Open => "open",
        LifecycleState::Planned => "planned",
        LifecycleState::InProgress => "in progress",
        LifecycleState::AwaitingRetest => "awaits a retest",
        LifecycleState::Closed => "closed",
        LifecycleState::Reopened => "found again after it was closed",
        LifecycleState::RiskAccepted => "risk accepted",
        LifecycleState::SubjectGone => "its subject is gone",
        LifecycleState::NotReobserved => "not re-observed",
        LifecycleState::FirstListed => "listed for the first time",
    }
}

/// One finding's life: state, since when, who, until when.
pub(super) fn life(life: &Lifecycle, as_of: &str) -> Value {
    json!({
        "state": words(life.state),
        "class": match life.state {
            LifecycleState::New | LifecycleState::Reopened => "bad",
            LifecycleState::RiskAccepted => "good",
            _ => "open",
        },
        "first_seen": life.first_seen, "owner": life.owner, "due": life.due, "overdue": life.is_overdue(as_of),
    })
}

/// The figures in one line; `None` without a ledger.
pub(super) fn line(report: &Report) -> Option<String> {
    let counts = &report.summary.findings;
    let figure = |value: Option<u64>| value.map(number);
    Some(format!("{} new, {} reopened, {} closed since", figure(counts.new)?, figure(counts.reopened)?, figure(counts.resolved)?))
}

/// What became of findings that are no longer listed: those that this scan closed, and open questions.
pub(super) fn of(report: &Report) -> Option<Value> {
    let all = report.followed_up.as_ref()?;
    let part = |head: &str, about: &str, wanted: &dyn Fn(&FollowedUp) -> bool| {
        let wanted: Vec<&FollowedUp> = all.iter().filter(|followed| wanted(followed)).collect();
        let more = wanted.len().saturating_sub(SHOWN);
        json!({
            "head": format!("{head}: {}", number(wanted.len() as u64)), "about": about,
            "rows": wanted.iter().take(SHOWN).map(|followed| row(followed)).collect::<Vec<_>>(),
            "more": (more > 0).then(|| format!("{} in report.json.", count(more as u64, "more stands", "more stand"))),
        })
    };
    let before = all.iter().filter(|followed| followed.state == LifecycleState::Closed && !followed.changed).count() as u64;
    let parts = [
        part("Closed by this scan", "The check covered the subject and no longer found it.", &|followed| {
            followed.state == LifecycleState::Closed && followed.changed
        }),
        part("Subject gone", "The subject is no longer in the evidence: neither closed nor open.", &|followed| {
            followed.state == LifecycleState::SubjectGone
        }),
        part("Not re-observed", "The check did not run over whole evidence, or its list was cut: nobody can tell.", &|followed| {
            followed.state == LifecycleState::NotReobserved
        }),
    ];
    let parts: Vec<Value> = parts.into_iter().filter(|part| part["rows"].as_array().is_some_and(|rows| !rows.is_empty())).collect();
    let line = line(report).unwrap_or_default();
    Some(json!({ "line": format!("{line}; {} closed by earlier scans.", number(before)), "parts": parts }))
}

fn row(followed: &FollowedUp) -> Value {
    let subject: Vec<Value> =
        followed.subject.iter().map(|(name, value)| json!({ "name": name, "value": if value.is_empty() { "(empty)" } else { value } })).collect();
    json!({
        "id": followed.id, "control": followed.control, "check": followed.check, "subject": subject,
        "first_seen": followed.first_seen, "last_seen": followed.last_seen, "since": followed.since,
        "owner": followed.owner, "due": followed.due,
    })
}
