use super::trial;

const TIERS: &str = "ordered:
              dataset: events
              where: { field: action, is: escalated }
              key: [target]
              level: result
              levels: { list: [t1, t2, t3] }
              by: time";

/// Escalations of one target, each a level and a time.
fn escalations(list: &str) -> String {
    let record = |one: &str| match one.trim().split_once('@') {
        Some((level, time)) => format!("action=escalated target=i result={level} time={time}"),
        None => one.trim().to_owned(),
    };
    list.split(';').map(record).collect::<Vec<_>>().join("; ")
}

fn told(check: &str, list: &str) -> String {
    trial(check).with("events", &escalations(list)).told()
}

#[test]
fn each_level_is_reached_for_the_first_time_after_the_one_before_it() {
    for (list, expected) in [
        ("t1@2026-01-01; t2@2026-01-02; t3@2026-01-03", "ok 1"),
        ("t3@2026-01-03; t1@2026-01-01; t2@2026-01-02", "ok 1"),
        ("t1@2026-01-01", "ok 1"),
        // Back, and up again: the first time counts.
        ("t1@2026-01-01; t2@2026-01-02; t1@2026-01-03; t3@2026-01-04; t2@2026-01-05", "ok 1"),
        ("t2@2026-01-02", "found i"),
        ("t1@2026-01-01; t3@2026-01-02", "found i"),
        // The middle one came afterwards.
        ("t1@2026-01-01; t3@2026-01-02; t2@2026-01-03", "found i"),
        ("t2@2026-01-01; t1@2026-01-02", "found i"),
        ("t1@2026-01-01; other@2026-01-02", "found i"),
        // At one time they are in the order of the levels.
        ("t2@2026-01-01T10:00:00Z; t1@2026-01-01T10:00:00Z", "ok 1"),
        ("t2@2026-01-01T10:00:00Z; t1@2026-01-01T10:00:01Z", "found i"),
    ] {
        assert_eq!(told(TIERS, list), expected, "{list}");
    }
}

#[test]
fn a_date_without_a_time_is_any_moment_of_its_day() {
    for (list, expected) in [
        ("t1@2026-01-01; t2@2026-01-01T00:00:00Z", "ok 1"),
        ("t1@2026-01-01T23:59:59Z; t2@2026-01-01", "ok 1"),
        ("t2@2026-01-01T23:59:59Z; t1@2026-01-02", "found i"),
        // Each pair may be in order, and all together may not.
        ("t1@2026-01-01T20:00:00Z; t2@2026-01-01; t3@2026-01-01T10:00:00Z", "found i"),
        ("t1@2026-01-01T10:00:00Z; t2@2026-01-01; t3@2026-01-01T20:00:00Z", "ok 1"),
        // The first of both is no later than the time.
        ("t1@2026-01-01; t1@2026-01-01T10:00:00Z; t2@2026-01-01T09:00:00Z", "ok 1"),
        ("t1@2026-01-02; t1@2026-01-01T10:00:00Z; t2@2026-01-01T09:00:00Z", "found i"),
    ] {
        assert_eq!(told(TIERS, list), expected, "{list}");
    }
}

#[test]
fn without_a_time_the_levels_leave_no_hole() {
    let check = TIERS.replace("\n              by: time", "");
    for (list, expected) in [
        ("t2@2026-01-01; t1@2026-01-02", "ok 1"),
        ("t1@2026-01-01; t3@2026-01-02; t2@2026-01-03", "ok 1"),
        ("t1@2026-01-01; t3@2026-01-02", "found i"),
        ("t2@2026-01-01", "found i"),
        ("t1@2026-01-01; none@2026-01-02", "found i"),
        ("t1@2026-01-01; action=escalated target=i result=t2", "ok 1"),
    ] {
        assert_eq!(told(&check, list), expected, "{list}");
    }
}

#[test]
fn what_cannot_be_told_of_one_record_is_undecided_where_it_matters() {
    for (list, expected) in [
        ("t1@2026-01-01; action=escalated target=i time=2026-01-02", "undecided 1 field-absent: events.result"),
        ("t1@2026-01-01; action=escalated target=i result= time=2026-01-02", "undecided 1 key-empty: events.result"),
        ("t1@2026-01-01; action=escalated target=i result=t2", "undecided 1 field-absent: events.time"),
        ("t1@2026-01-01; action=escalated target=i result=t2 time={}", "undecided 1 value-unreadable: events.time"),
        // A level that is none stays one.
        ("other@2026-01-01; action=escalated target=i time=2026-01-02", "found i"),
        // Whether the record counts is open: it may fill the hole, or make one.
        ("t2@2026-01-02; target=i result=t1 time=2026-01-01", "undecided 1 field-absent: events.action"),
        ("t1@2026-01-01; target=i result=t3 time=2026-01-02", "undecided 1 field-absent: events.action"),
        ("t1@2026-01-01; target=i result=none time=2026-01-02", "undecided 1 field-absent: events.action"),
        ("t1@2026-01-02; t2@2026-01-03; target=i result=t2 time=2026-01-01", "undecided 1 field-absent: events.action"),
        // It was reached before that anyhow.
        ("t1@2026-01-01; t2@2026-01-02; target=i result=t2 time=2026-01-03", "ok 1"),
        ("target=i result=t1 time=2026-01-01", "undecided 1 field-absent: events.action"),
        ("t1@2026-01-01; action=other target=i result=t3 time=2026-01-02", "ok 1"),
    ] {
        assert_eq!(told(TIERS, list), expected, "{list}");
    }
}

#[test]
fn what_is_missing_may_fill_a_hole() {
    let rejected = "undecided 1 record-rejected: events (invalid-json)";
    assert_eq!(told(TIERS, "t2@2026-01-02; broken"), format!("undecided 1 incomplete-population: events, {rejected}"));
    assert_eq!(told(TIERS, "t1@2026-01-02; broken"), format!("ok 1, {rejected}"));
    assert_eq!(told(TIERS, "other@2026-01-02; broken"), format!("found i, {rejected}"));
    for (key, why) in [("", "field-absent"), ("target={}", "value-unreadable")] {
        let list = format!("t2@2026-01-02; action=escalated {key} result=t1 time=2026-01-01");
        assert_eq!(told(TIERS, &list), format!("undecided 2 {why}: events.target"));
    }
    assert_eq!(told(TIERS, "t2@2026-01-02; action=escalated target= result=t1 time=2026-01-01"), "found i, undecided 1 key-empty: events.target");
}

#[test]
fn each_key_is_an_item_and_persons_are_keys_through_who_is_who() {
    let check = TIERS.replace("key: [target]", "key: [actor]");
    let event = |actor: &str, level: &str| format!("action=escalated actor={actor} result={level} time=2026-01-01");
    let run = |events: &[String], whole: bool| {
        let trial = if whole { trial(&check).roster() } else { trial(&check).broken_roster() };
        trial.with("events", &events.join("; ")).told()
    };
    assert_eq!(run(&[event("1", "t1"), event("anna", "t2"), event("2", "t2")], true), "ok 1, found 2");
    // Somebody whom nobody knows may be the one.
    assert_eq!(run(&[event("stranger", "t1"), event("2", "t2")], true), "ok 1, undecided 1 person-unresolved: events.actor");
    assert_eq!(run(&[event("1", "t1"), event("2", "t2")], false), "ok 1, undecided 1 incomplete-population: people");
    assert_eq!(run(&[event("1", "t1"), event("2", "none")], false), "ok 1, found 2");
}

#[test]
fn a_finding_cites_the_records_of_its_key_and_its_name_does_not_depend_on_files() {
    let run = |first: &str, second: &str| {
        let told = trial(TIERS).file("a.ndjson", "events", &escalations(first)).file("b.ndjson", "events", &escalations(second)).run();
        (told.found, told.ids)
    };
    let (one, two) = ("t3@2026-01-03", "t1@2026-01-01");
    assert_eq!(run(one, two), run(two, one));
    assert_eq!(run(one, two).0, ["i"]);
}

#[test]
fn the_sentence_tells_the_levels() {
    let procedure = |check: &str| trial(check).with("events", "target=i").run().result.procedure;
    assert_eq!(
        procedure(TIERS),
        "For each `target` in `events` where `action` is `escalated`: the levels in `result`, all of `t1`, `t2`, `t3`, are reached for the first \
         time in this order by `time`, beginning with the first and leaving none out."
    );
    let rows = TIERS.replace("{ list: [t1, t2, t3] }", "{ table: rows, column: id }").replace("\n              by: time", "");
    assert_eq!(
        procedure(&rows),
        "For each `target` in `events` where `action` is `escalated`: the levels in `result`, all of `r1`, `r2`, are there without a hole, \
         beginning with the first."
    );
}

#[test]
fn mistakes_are_told() {
    for (from, to, codes) in [
        ("by: time", "by: result", vec!["predicate-kind"]),
        ("by: time", "by: none", vec!["unknown-field"]),
        ("{ list: [t1, t2, t3] }", "{ list: [] }", vec!["wrong-expected"]),
        ("{ list: [t1, t2, t3] }", "{ list: [t1, t2, t1] }", vec!["duplicate-id"]),
        ("{ list: [t1, t2, t3] }", "{ list: [t1], table: rows }", vec!["wrong-expected"]),
        ("{ list: [t1, t2, t3] }", "{ table: rows, column: none }", vec!["unknown-column"]),
        ("key: [target]", "key: []", vec!["no-key"]),
        ("by: time", "by: time\n            identity: [result]", vec!["wrong-identity"]),
    ] {
        assert_eq!(trial(&TIERS.replace(from, to)).wrong(), codes, "{to}");
    }
}
