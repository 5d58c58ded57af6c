//! Examples of a pack whose checks look at time: each is taken for what it
//! shows, and damaged evidence never passes.

use crate::exercise::exercise;
use crate::pack::load::LoadedPack;
use crate::source::kinds::FieldKinds;

const PACK: &str = "id: trial\ntitle: t\nversion: '1'\nedition: e\nstandard: s\nmax_age_days: 30\nparameters:\n  - { name: review_days, value: 90, about: a }\n  - { name: managers, value: [commander], about: b }\n";

const CONTROL: &str = "id: c
ref: '1'
title: t
criterion: { standard: s, edition: e, clause: '1', force: guidance }
determination: d
evidence: e
checks:
  - id: reviewed
    title: It is reviewed every quarter
    severity: high
    mode: period
    unit: activity
    identity: [entry]
    recurs:
      expected: { list: [access review] }
      by: { dataset: events, where: { field: result, is: done }, entry: action, terms: true, time: time }
      every_days: $review_days
  - id: managed
    title: It has a manager from its beginning to its end
    severity: high
    unit: incident
    without_gap:
      expected: { dataset: incidents, key: incident_id, where: { field: severity, is: high } }
      window: { from: opened_at, to: resolved_at }
      by: { dataset: incident_roles, where: { field: role, in: $managers }, entry: incident_id, from: from, to: to }
      gap_minutes: 5
grade: { otherwise: minor }
";

const PASS: &str = "title: Each quarter
period: { from: '2026-01-01', to: '2026-10-31' }
terms: [ { field: events.action, value: Recertification, is: access review } ]
datasets:
  events:
    - { action: access review, result: done, time: '2026-02-10', actor: a, target: t }
    - { action: Recertification, result: done, time: '2026-05-08T10:00:00Z', actor: a, target: t }
    - { action: access review, result: done, time: '2026-08-05', actor: a, target: t }
  incidents:
    - { incident_id: I1, severity: high, opened_at: '2026-10-01T10:00:00Z', resolved_at: '2026-10-01T12:00:00Z' }
    - { incident_id: I2, severity: high, opened_at: '2026-10-31T10:00:00+01:00', resolved_at: '' }
  incident_roles:
    - { incident_id: I1, role: commander, person: a, from: '2026-10-01T10:02:00Z', to: '2026-10-01T11:00:00Z' }
    - { incident_id: I1, role: commander, person: b, from: '2026-10-01T11:00:00Z', to: '' }
    - { incident_id: I2, role: commander, person: b, from: '2026-10-31T09:00:00Z', to: '' }
";

const FAIL: &str = "title: One quarter is missing
period: { from: '2026-01-01', to: '2026-10-31' }
datasets:
  events:
    - { action: access review, result: done, time: '2026-02-10' }
    - { action: access review, result: done, time: '2026-08-05' }
  incidents:
    - { incident_id: I1, severity: high, opened_at: '2026-10-01T10:00:00Z', resolved_at: '2026-10-01T12:00:00Z' }
  incident_roles:
    - { incident_id: I1, role: commander, person: a, from: '2026-10-01T10:10:00Z', to: '' }
findings:
  - { check: managed, subject: { entry: I1 } }
  - { check: reviewed, subject: { entry: access review } }
";

fn loaded(pass: &str, fail: &str) -> LoadedPack {
    let files = [("pack.yaml", PACK), ("c.yaml", CONTROL), ("examples/c/pass-a.yaml", pass), ("examples/c/fail-b.yaml", fail)];
    LoadedPack::from_files("trial", "trial", &files.map(|(path, text)| (path, text.as_bytes())))
}

#[test]
fn examples_are_exercised_over_their_period() {
    let done = exercise(&loaded(PASS, FAIL), &FieldKinds::default()).unwrap();
    assert_eq!(done.failures, Vec::<String>::new());
    assert_eq!(done.examples, 2);
    assert!(done.damaged >= 8, "{}", done.damaged);
    // Without a period nothing is proved.
    let without = PASS.replace("period: { from: '2026-01-01', to: '2026-10-31' }\n", "");
    let failures = exercise(&loaded(&without, FAIL), &FieldKinds::default()).unwrap().failures;
    assert!(failures.len() == 2 && failures[0].contains("period-not-stated") && failures[1].contains("no example shows"), "{failures:?}");
}

#[test]
fn a_period_is_two_days_in_their_order() {
    let codes = |period: &str| {
        let (examples, problems) = loaded(&PASS.replace("period: { from: '2026-01-01', to: '2026-10-31' }", period), FAIL).examples();
        (examples.len(), problems.0.into_iter().map(|problem| problem.code.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(codes("period: { from: '2026-01-01', to: '2026-01-01' }"), (2, vec![]));
    assert_eq!(codes("period: { from: '2026-01-01', to: '2026-02-30' }"), (1, vec!["wrong-date".to_owned()]));
    assert_eq!(codes("period: { from: '2026-01-02', to: '2026-01-01' }"), (1, vec!["wrong-period".to_owned()]));
    assert_eq!(codes("period: { from: '2026-01-02' }"), (1, vec!["missing-key".to_owned()]));
}
