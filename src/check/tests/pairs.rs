//! Look-ups whose key is more than one value, and days after another field.

use super::trial;

/// Who acts on a task is responsible for that task.
const DOER: &str = "each_record: { dataset: events, expect: { field: actor, found_in: { dataset: responsibilities, key: party, \
                    where: { field: letter, is: R }, same: [ { field: task_id, as: target } ] } } }\nidentity: [target]";

#[test]
fn a_key_counts_together_with_what_must_be_the_same() {
    let matrix = "task_id=t party=anna letter=R; task_id=u party=ben letter=R; task_id=v party=anna letter=A";
    for (event, told) in [
        ("actor=1 target=t", "ok 1"),
        ("actor=ANNA target=t", "ok 1"),
        ("actor=anna target=u", "found u"),
        ("actor=anna target=v", "found v"),
        ("actor=nobody target=t", "found t"),
        ("actor= target=t", "found t"),
        ("actor=anna target=", "found "),
        ("actor=anna", "undecided 1 field-absent: events.target"),
        ("actor=anna target={}", "undecided 1 value-unreadable: events.target"),
    ] {
        assert_eq!(trial(DOER).roster().with("responsibilities", matrix).with("events", event).told(), told, "{event}");
    }
    let turned = DOER.replace("found_in", "not_found_in");
    for (event, told) in [("actor=1 target=t", "found t"), ("actor=1 target=u", "ok 1"), ("actor=1 target=", "ok 1")] {
        assert_eq!(trial(&turned).roster().with("responsibilities", matrix).with("events", event).told(), told, "{event}");
    }
}

#[test]
fn what_cannot_be_told_of_one_pair_says_nothing_of_others() {
    let event = "actor=anna target=t";
    for (matrix, told) in [
        // Somebody whom the roster does not know may be anybody, but for that task alone.
        ("task_id=t party=stranger letter=R", "undecided 1 person-unresolved: responsibilities.party"),
        ("task_id=u party=stranger letter=R", "found t"),
        ("task_id=u letter=R", "found t"),
        ("task_id=t letter=R", "undecided 1 field-absent: responsibilities.party"),
        ("task_id= party=anna letter=R", "found t"),
        // A record whose task cannot be told may be about any.
        ("party=ben letter=R", "undecided 1 field-absent: responsibilities.task_id"),
        ("task_id=t party=anna", "undecided 1 look-up-uncertain: responsibilities"),
        ("task_id=u party=anna", "found t"),
    ] {
        assert_eq!(trial(DOER).roster().with("responsibilities", matrix).with("events", event).told(), told, "{matrix}");
    }
}

#[test]
fn a_pair_prints_its_sentence() {
    let run = trial(DOER).roster().with("responsibilities", "task_id=t party=anna letter=R").with("events", "actor=anna target=t").run();
    assert!(
        run.result.procedure.contains("a `party` of `responsibilities` where `letter` is `R` whose `task_id` is the record's `target`"),
        "{}",
        run.result.procedure
    );
}

#[test]
fn days_after_another_field_are_whole_days() {
    let check =
        "each_record: { dataset: incidents, expect: { field: postmortem_at, not_after_field: resolved_at, plus_days: 5 } }\nidentity: [incident_id]";
    for (dates, told) in [
        ("resolved_at=2026-10-01T23:00:00Z postmortem_at=2026-10-06T23:59:00Z", "ok 1"),
        ("resolved_at=2026-10-01T23:00:00Z postmortem_at=2026-10-07", "found i"),
        ("resolved_at=2026-10-01 postmortem_at=", "found i"),
        ("resolved_at= postmortem_at=2026-10-07", "found i"),
        ("resolved_at=soon postmortem_at=2026-10-07", "undecided 1 value-unreadable: incidents.resolved_at"),
    ] {
        assert_eq!(trial(check).with("incidents", &format!("incident_id=i {dates}")).told(), told, "{dates}");
    }
    let run = trial(check).with("incidents", "incident_id=i resolved_at=2026-10-01 postmortem_at=2026-10-02").run();
    assert!(run.result.procedure.contains("5 days after `resolved_at`"), "{}", run.result.procedure);
}
