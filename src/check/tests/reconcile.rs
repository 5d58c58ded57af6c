use super::trial;

const BOTH: &str = "reconcile:
              left: { dataset: tasks, where: { field: section, is: now }, key: [task_id] }
              right: { dataset: responsibilities, where: { field: letter, is: A }, key: [task_id] }
              agree: [ { left: task, right: task } ]
            identity: [task_id, difference]";

fn told(check: &str, left: &str, right: &str) -> String {
    let with = |records: &str, more: &str| {
        records
            .split(';')
            .map(|record| if record.trim() == "broken" { record.to_owned() } else { format!("{record} {more}") })
            .collect::<Vec<_>>()
            .join(";")
    };
    trial(check).with("tasks", &with(left, "section=now")).with("responsibilities", &with(right, "letter=A")).told()
}

#[test]
fn a_key_that_one_side_lacks_is_found_whichever_side_it_is() {
    let (left, right) = ("task_id=1 task=a; task_id=2 task=b", "task_id=1 task=a; task_id=3 task=c");
    assert_eq!(told(BOTH, left, right), "ok 2, found 2/missing-right 3/missing-left");
    let one = |missing: &str| BOTH.replace("            identity", &format!("              missing: {missing}\n            identity"));
    assert_eq!(told(&one("right"), left, right), "ok 2, found 2/missing-right");
    assert_eq!(told(&one("left"), left, right), "ok 2, found 3/missing-left");
    assert_eq!(told(&one("both"), left, right), "ok 2, found 2/missing-right 3/missing-left");
    assert_eq!(told(BOTH, "task_id=1 task=a; task_id=1 task=a", "task_id=1 task=a"), "ok 2");
}

#[test]
fn records_that_do_not_count_are_not_there() {
    let run = |right: &str| trial(BOTH).with("tasks", "task_id=1 task=a section=now; task_id=2 section=then").with("responsibilities", right).told();
    assert_eq!(run("task_id=1 task=a letter=A; task_id=2 letter=R; task_id=3 letter=R"), "ok 2");
    assert_eq!(run("task_id=1 task=a letter=R"), "found 1/missing-right");
    // Whether it counts cannot be told, so neither whether it is missing.
    assert_eq!(run("task_id=1 task=a"), "undecided 1 field-absent: responsibilities.letter");
    assert_eq!(run("task_id=1 task=a letter=A; task_id=3 task=c"), "ok 2, undecided 1 field-absent: responsibilities.letter");
    // Where nothing is asked of the right side's keys, one that may be there is no item.
    let right = BOTH.replace("            identity", "              missing: right\n            identity");
    let run = |records: &str| trial(&right).with("tasks", "task_id=1 task=a section=now").with("responsibilities", records).told();
    assert_eq!(run("task_id=1 task=a letter=A; task_id=3"), "ok 2");
}

#[test]
fn what_a_side_lacks_may_be_in_what_is_missing_of_it() {
    let rejected = "undecided 1 record-rejected: responsibilities (invalid-json)";
    assert_eq!(
        told(BOTH, "task_id=1 task=a; task_id=2", "task_id=1 task=a; broken"),
        format!("ok 2, undecided 1 incomplete-population: responsibilities, {rejected}")
    );
    // What is there is there, and what the other side lacks is found.
    assert_eq!(told(BOTH, "task_id=1 task=a", "task_id=1 task=a; task_id=3; broken"), format!("ok 2, found 3/missing-left, {rejected}"));
    for (key, why) in [("task=x", "field-absent"), ("task_id={} task=x", "value-unreadable")] {
        // A record whose key cannot be told may have any.
        assert_eq!(
            told(BOTH, "task_id=1 task=a; task_id=2", &format!("task_id=1 task=a; {key}")),
            format!("ok 2, undecided 2 {why}: responsibilities.task_id")
        );
    }
    assert_eq!(
        told(BOTH, "task_id=1 task=a; task_id=2", "task_id=1 task=a; task_id="),
        "ok 2, found 2/missing-right, undecided 1 key-empty: responsibilities.task_id"
    );
}

#[test]
fn fields_agree_as_sets_of_values() {
    for (left, right, expected) in [
        ("task=a", "task=a", "ok 2"),
        ("task=a", "task=b", "ok 1, found 1/task"),
        ("task=a; task_id=1 task=b", "task=b; task_id=1 task=a; task_id=1 task=a", "ok 2"),
        ("task=a; task_id=1 task=b", "task=b", "ok 1, found 1/task"),
        ("task=", "task=", "ok 2"),
        ("task=", "task=b", "ok 1, found 1/task"),
        ("task=a", "letter=A", "ok 1, undecided 1 field-absent: responsibilities.task"),
        ("task=a", "task={}", "ok 1, undecided 1 value-unreadable: responsibilities.task"),
        // Whatever the other says, this value is on one side alone.
        ("task=a; task_id=1", "task=b", "ok 1, found 1/task"),
        ("task=a", "task=a; task_id=1", "ok 1, undecided 1 field-absent: responsibilities.task"),
    ] {
        assert_eq!(told(BOTH, &format!("task_id=1 {left}"), &format!("task_id=1 {right}")), expected, "{left} | {right}");
    }
    let run = |right: &str| trial(BOTH).with("tasks", "task_id=1 task=a section=now").with("responsibilities", right).told();
    // A record that may count may bring a value, or the only one.
    assert_eq!(run("task_id=1 task=a letter=A; task_id=1 task=b"), "ok 1, undecided 1 field-absent: responsibilities.letter");
    assert_eq!(run("task_id=1 task=a letter=A; task_id=1 task=a"), "ok 2");
    let rejected = "undecided 1 record-rejected: responsibilities (invalid-json)";
    assert_eq!(run("task_id=1 task= letter=A; broken"), format!("ok 1, undecided 1 incomplete-population: responsibilities, {rejected}"));
    // What the right side has and the left has not, which is whole, is no matter of what is missing.
    assert_eq!(run("task_id=1 task=b letter=A; broken"), format!("ok 1, found 1/task, {rejected}"));
}

const POSTS: &str = "reconcile:
              left: { dataset: positions, key: [position_id] }
              right: { dataset: assets, key: [asset_id] }
              agree: [ { left: incumbent, right: owner }, { left: title, right: name } ]";

#[test]
fn persons_agree_through_who_is_who() {
    let title = "title=t";
    let run = |left: &str, right: &str, roster: bool| {
        let trial = if roster { trial(POSTS).roster() } else { trial(POSTS).broken_roster() };
        trial.with("positions", &format!("position_id=p {title} {left}")).with("assets", &format!("asset_id=p name=t {right}")).told()
    };
    let incomplete = "ok 2, undecided 1 incomplete-population: people";
    for (left, right, told, without) in [
        ("incumbent=1", "owner=anna", "ok 3", "ok 3"),
        ("incumbent=stranger", "owner=stranger", "ok 3", "ok 3"),
        ("incumbent=1", "owner=2", "ok 2, found p/incumbent", incomplete),
        ("incumbent=", "owner=2", "ok 2, found p/incumbent", "ok 2, found p/incumbent"),
        (
            "incumbent=shared",
            "owner=3",
            "ok 2, undecided 1 person-unresolved: positions.incumbent",
            "ok 2, undecided 1 person-unresolved: positions.incumbent",
        ),
        ("incumbent=1", "owner=stranger", "ok 2, undecided 1 person-unresolved: assets.owner", "ok 2, undecided 1 person-unresolved: assets.owner"),
    ] {
        assert_eq!(run(left, right, true), told, "{left} {right}");
        assert_eq!(run(left, right, false), without, "{left} {right}");
    }
}

const PLAN: &str = "reconcile:
              left: { dataset: positions, key: [incumbent, title] }
              right: { dataset: responsibilities, key: [party, task] }";

#[test]
fn keys_of_several_fields_and_persons() {
    let run = |left: &str, right: &str| trial(PLAN).roster().with("positions", left).with("responsibilities", right).told();
    assert_eq!(run("incumbent=1 title=x", "party=anna task=x"), "ok 1");
    assert_eq!(run("incumbent=1 title=x", "party=anna task=y"), "found 1/x/missing-right anna/y/missing-left");
    assert_eq!(run("incumbent=1 title=x", "party=2 task=x"), "found 1/x/missing-right 2/x/missing-left");
    // Somebody whom nobody knows may be the one who is missing.
    assert_eq!(run("incumbent=1 title=x", "party=stranger task=x"), "undecided 2 person-unresolved: responsibilities.party");
    assert_eq!(run("incumbent=1 title=x", "party=stranger task=y"), "found 1/x/missing-right stranger/y/missing-left");
    let broken = trial(PLAN).broken_roster().with("positions", "incumbent=1 title=x").with("responsibilities", "party=2 task=x").told();
    assert_eq!(broken, "undecided 2 incomplete-population: people");
}

/// A number of the roster, which is a text there, is a person where the other side names persons.
#[test]
fn a_text_is_a_person_where_the_other_side_names_persons() {
    let check = "reconcile:
              left: { dataset: people, where: { field: active, is: true }, key: [person_id] }
              right: { dataset: responsibilities, key: [party] }
              missing: right";
    assert_eq!(trial(check).roster().with("responsibilities", "party=anna; party=ben; party=3; party=dora").told(), "ok 4");
    assert_eq!(trial(check).roster().with("responsibilities", "party=anna; party=ben; party=cora").told(), "ok 3, found 4/missing-right");
}

#[test]
fn several_differences_of_one_key_are_several_findings() {
    let run = trial(POSTS).roster().with("positions", "position_id=p title=t incumbent=1").with("assets", "asset_id=p name=u owner=2").run();
    assert_eq!(run.to_string(), "ok 1, found p/incumbent p/title");
    assert_eq!((run.result.population, run.result.exceptions), (3, 2));
    let by_key = POSTS.to_owned() + "\n            identity: [position_id]";
    let run = trial(&by_key).roster().with("positions", "position_id=p title=t incumbent=1").with("assets", "asset_id=p name=u owner=2").run();
    assert_eq!(run.to_string(), "ok 1, found p*2");
}

#[test]
fn nothing_on_one_side_is_no_pass() {
    let outcome = |left: &str, right: &str| trial(BOTH).with("tasks", left).with("responsibilities", right).run().result;
    assert_eq!(outcome("broken", "task_id=1 letter=A").reason.as_deref(), Some("incomplete-population: tasks"));
    assert_eq!(outcome("task_id=1 section=then", "task_id=1 letter=R").reason.as_deref(), Some("empty-population"));
    let result = trial(BOTH).with("tasks", "task_id=1 section=now").run().result;
    assert_eq!(result.reason.as_deref(), Some("missing-dataset: responsibilities"));
}

#[test]
fn the_sentence_tells_what_is_held_against_what() {
    let procedure = |check: &str| trial(check).with("tasks", "task_id=1").run().result.procedure;
    assert_eq!(
        procedure(BOTH),
        "Each `task_id` of `tasks` where `section` is `now` is a `task_id` of `responsibilities` where `letter` is `A`, and the other way round. \
         Where both have it, `task` holds the same values as `task`."
    );
    assert_eq!(
        procedure(PLAN.replace("right: {", "missing: left\n              right: {").as_str()),
        "Each `party` and `task` of `responsibilities` is a `incumbent` and `title` of `positions`."
    );
}

#[test]
fn mistakes_are_told() {
    for (from, to, codes) in [
        ("key: [task_id] }\n              agree", "key: [task_id, task] }\n              agree", vec!["wrong-sides"]),
        ("left: task, right: task", "left: none, right: task", vec!["unknown-field"]),
        ("left: task, right: task }", "left: task, right: task }, { left: task, right: note }", vec!["duplicate-id"]),
        ("identity: [task_id, difference]", "identity: [task, difference]", vec!["wrong-identity"]),
        ("key: [task_id] }\n              agree", "key: [] }\n              agree", vec!["no-key", "wrong-sides"]),
    ] {
        assert_eq!(trial(&BOTH.replace(from, to)).wrong(), codes, "{to}");
    }
}
