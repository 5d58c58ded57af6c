//! The life of a finding, table by table, without evidence: what scans say, what persons do, what follows.

use super::{Illegal, Register, replay};
use crate::ledger::event::{About, Act, Actor, Change, Event, Now, Scan, ScannedCheck};
use crate::report::{LifecycleState as State, Outcome, Severity, Subject};

const A: &str = "F-aaaaaaaaaaaaaaaa";
const B: &str = "F-bbbbbbbbbbbbbbbb";
const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn about() -> About {
    let subject = Subject(vec![("account_id".to_owned(), "1".to_owned())]);
    About { control: "c".to_owned(), check: "k".to_owned(), severity: Severity::Low, subject, statement: "Not so".to_owned() }
}

/// A scan: its day in January, the check's outcome, whether its evidence was whole, where its list was cut.
fn scan(day: u8, outcome: Outcome, whole: bool, cut: Option<&str>, changes: &[(&str, Now)]) -> Act {
    let change = |(finding, now): &(&str, Now)| Change {
        finding: (*finding).to_owned(),
        now: *now,
        about: matches!(now, Now::New | Now::FirstListed).then(about),
    };
    let check = ScannedCheck { control: "c".to_owned(), check: "k".to_owned(), outcome, whole, listed_through: cut.map(str::to_owned) };
    Act::Scan(Box::new(Scan {
        report: format!("R-{day}"),
        sha256: DIGEST.to_owned(),
        as_of: format!("2026-01-{day:02}"),
        engagement: "e".to_owned(),
        tool: "0".to_owned(),
        checks: vec![check],
        changes: changes.iter().map(change).collect(),
    }))
}

fn found(day: u8, changes: &[(&str, Now)]) -> Act {
    scan(day, Outcome::Fail, true, None, changes)
}

fn passed(day: u8, changes: &[(&str, Now)]) -> Act {
    scan(day, Outcome::Pass, true, None, changes)
}

fn fix(finding: &str) -> Act {
    Act::Fix { finding: finding.to_owned(), text: "done".to_owned(), evidence: vec![DIGEST.to_owned()] }
}

fn plan(finding: &str) -> Act {
    Act::Plan { finding: finding.to_owned(), due: "2026-02-01".to_owned(), text: "do it".to_owned() }
}

fn start(finding: &str) -> Act {
    Act::Start { finding: finding.to_owned(), text: "begun".to_owned() }
}

fn note(finding: &str, text: &str) -> Act {
    Act::Note { finding: finding.to_owned(), text: text.to_owned() }
}

fn after(acts: &[Act]) -> Result<Register, super::ReplayError> {
    let event = |(seq, act): (u64, &Act)| Event {
        ledger: "l".to_owned(),
        seq,
        prev: None,
        time: "2026-01-01T00:00:00Z".to_owned(),
        actor: Actor { owner: "Ada".to_owned(), role: None, key: String::new() },
        act: act.clone(),
    };
    replay(&(0..).zip(acts).map(event).collect::<Vec<_>>())
}

#[test]
fn the_state_follows_from_scans_and_acts() {
    let new = || found(1, &[(A, Now::New)]);
    let cases: &[(&[Act], State)] = &[
        (&[new()], State::New),
        (&[new(), found(2, &[])], State::Open),
        (&[new(), plan(A)], State::Planned),
        (&[new(), plan(A), found(2, &[])], State::Planned),
        (&[new(), plan(A), start(A)], State::InProgress),
        (&[new(), start(A), note(A, "a word")], State::InProgress),
        (&[new(), fix(A)], State::AwaitingRetest),
        (&[new(), fix(A), found(2, &[(A, Now::StillFound)])], State::Open),
        (&[new(), fix(A), passed(2, &[(A, Now::Closed)])], State::Closed),
        (&[new(), fix(A), scan(2, Outcome::NotEvaluated, false, None, &[(A, Now::NotReobserved)])], State::NotReobserved),
        (&[new(), passed(2, &[(A, Now::Closed)]), passed(3, &[])], State::Closed),
        (&[new(), passed(2, &[(A, Now::Closed)]), found(3, &[(A, Now::Reopened)])], State::Reopened),
        (&[new(), passed(2, &[(A, Now::Closed)]), found(3, &[(A, Now::Reopened)]), found(4, &[])], State::Open),
        (&[new(), passed(2, &[(A, Now::SubjectGone)])], State::SubjectGone),
        (&[new(), start(A), passed(2, &[(A, Now::SubjectGone)]), found(3, &[(A, Now::FoundAgain)])], State::InProgress),
        (&[new(), passed(2, &[(A, Now::SubjectGone)]), passed(3, &[(A, Now::Closed)])], State::Closed),
        (&[new(), found(2, &[(A, Now::Waived)])], State::RiskAccepted),
        (&[new(), found(2, &[(A, Now::Waived)]), found(3, &[])], State::RiskAccepted),
        (&[new(), found(2, &[(A, Now::Waived)]), found(3, &[(A, Now::WaiverEnded)])], State::Open),
        (&[new(), found(2, &[(A, Now::Waived)]), passed(3, &[(A, Now::Closed)])], State::Closed),
        (
            &[
                scan(1, Outcome::Fail, true, Some(B), &[(B, Now::New)]),
                scan(2, Outcome::Fail, true, Some(A), &[(A, Now::New), (B, Now::NotReobserved)]),
            ],
            State::New,
        ),
    ];
    for (number, (acts, state)) in cases.iter().enumerate() {
        let register = after(acts).unwrap_or_else(|error| panic!("case {number}: {error}"));
        assert_eq!(register.get(A).unwrap().state(), *state, "case {number}");
    }
}

#[test]
fn dates_owner_and_repeats_are_kept_over_a_reopening_and_the_plan_is_not() {
    let assign = Act::Assign { finding: A.to_owned(), owner: "Anna".to_owned() };
    let register = after(&[
        found(1, &[(A, Now::New)]),
        assign,
        plan(A),
        found(2, &[]),
        passed(3, &[(A, Now::Closed)]),
        found(4, &[(A, Now::Reopened)]),
        found(5, &[]),
    ])
    .unwrap();
    let tracked = register.get(A).unwrap();
    assert_eq!((tracked.first_seen.as_str(), tracked.last_seen.as_str(), tracked.since.as_str()), ("2026-01-01", "2026-01-05", "2026-01-04"));
    assert_eq!((tracked.owner.as_deref(), tracked.due.as_deref(), tracked.repeats), (Some("Anna"), None, 1));
    let history: Vec<&str> = tracked.history.iter().map(|happened| happened.what).collect();
    assert_eq!(history, ["new", "assign", "plan", "closed", "reopened"], "what was merely seen again is left out");
    assert!(register.get(B).is_none());
}

#[test]
fn a_signed_history_that_makes_no_sense_is_refused() {
    let new = || found(1, &[(A, Now::New)]);
    let closed = || passed(2, &[(A, Now::Closed)]);
    let long = "x".repeat(2_001);
    let cases: &[(&[Act], &str)] = &[
        (&[note(A, "x")], "no scan of this ledger has found"),
        (&[new(), closed(), note(A, "x")], "is closed; only a scan"),
        (&[new(), closed(), fix(A)], "is closed; only a scan"),
        (&[new(), note(A, "  ")], "empty"),
        (&[new(), note(A, &long)], "too long"),
        (&[new(), note(A, "a\nb")], "not all visible"),
        (&[new(), note(A, "a\u{202e}b")], "not all visible"),
        (&[new(), Act::Plan { finding: A.to_owned(), due: "2026-02-30".to_owned(), text: "x".to_owned() }], "is no date"),
        (&[new(), Act::Fix { finding: A.to_owned(), text: "x".to_owned(), evidence: vec!["AB".to_owned()] }], "SHA-256"),
        (&[found(2, &[]), found(1, &[])], "already holds one as of"),
        (&[new(), found(2, &[(A, Now::New)])], "knows it already"),
        (&[passed(1, &[(A, Now::New)])], "does not list it"),
        (&[found(1, &[("F-1", Now::New)])], "its id is none"),
        (&[found(1, &[(A, Now::FirstListed)])], "says otherwise"),
        (&[scan(1, Outcome::Fail, true, Some(A), &[]), found(2, &[(B, Now::New)])], "says otherwise"),
        (&[new(), found(2, &[(A, Now::Reopened)])], "does not follow"),
        (&[new(), found(2, &[(A, Now::FoundAgain)])], "does not follow"),
        (&[new(), found(2, &[(A, Now::StillFound)])], "does not follow"),
        (&[new(), passed(2, &[])], "says nothing of"),
        (&[new(), fix(A), found(2, &[])], "says nothing of"),
        (&[new(), passed(2, &[(A, Now::SubjectGone)]), start(A), passed(3, &[])], "says nothing of"),
        (&[new(), scan(2, Outcome::Pass, false, None, &[(A, Now::Closed)])], "did not cover it"),
        (&[new(), scan(2, Outcome::NotEvaluated, true, None, &[(A, Now::Closed)])], "did not cover it"),
        (&[found(1, &[(B, Now::New)]), scan(2, Outcome::Fail, true, Some(A), &[(B, Now::Closed)])], "did not cover it"),
        (&[new(), closed(), passed(3, &[(A, Now::Closed)])], "does not follow"),
        (&[new(), passed(2, &[(A, Now::NotReobserved)]), passed(3, &[(A, Now::NotReobserved)])], "does not follow"),
        (&[new(), found(2, &[(A, Now::WaiverEnded)])], "so already"),
        (&[new(), passed(2, &[(A, Now::Closed), (A, Now::Waived)])], "was not found"),
    ];
    for (number, (acts, part)) in cases.iter().enumerate() {
        let error = after(acts).expect_err(&format!("case {number}"));
        assert!(error.illegal.to_string().contains(part), "case {number}: {}", error.illegal);
        assert_eq!(error.seq, acts.len() as u64 - 1, "case {number}: the last act is the wrong one");
    }
    let other = Register::default();
    assert_eq!(other.permits(&note(A, "x")), Err(Illegal::UnknownFinding(A.to_owned())));
}

#[test]
fn events_survive_being_written() {
    for act in [found(1, &[(A, Now::New)]), plan(A), fix(A), start(A), note(A, "x")] {
        let text = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act);
        let more = text.replacen('{', "{\"more\":1,", 1);
        assert!(serde_json::from_str::<Act>(&more).is_err(), "{more}");
    }
}
