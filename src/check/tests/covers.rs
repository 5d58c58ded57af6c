use super::trial;

const EACH_ROW: &str = "covers:
              expected: { table: rows, column: id }
              by: { dataset: responsibilities, where: { field: letter, is: A }, entry: task_id }
              at_least: 1
              at_most: 1";

#[test]
fn every_entry_is_met_as_often_as_it_must() {
    for (records, told) in [
        ("task_id=r1 letter=A; task_id=r2 letter=A", "ok 2"),
        ("task_id=r1 letter=A; task_id=r2 letter=R", "ok 1, found r2"),
        ("task_id=r1 letter=A; task_id=r1 letter=A; task_id=r2 letter=A", "ok 1, found r1"),
        ("task_id=r1 letter=A; task_id=r2", "ok 1, undecided 1 field-absent: responsibilities.letter"),
        ("task_id=r1 letter=A; task_id= letter=A", "ok 1, found r2"),
        ("task_id=r1 letter=A; letter=A", "undecided 2 field-absent: responsibilities.task_id"),
        ("task_id=r1 letter=A; task_id={} letter=A", "undecided 2 value-unreadable: responsibilities.task_id"),
        (
            "task_id=r1 letter=A; broken",
            "ok 1, undecided 1 incomplete-population: responsibilities, undecided 1 record-rejected: responsibilities (invalid-json)",
        ),
    ] {
        assert_eq!(trial(EACH_ROW).with("responsibilities", records).told(), told, "{records}");
    }
}

const EACH_PERSON: &str = "covers:
              expected: { list: [policy] }
              subjects: { dataset: people, key: person_id }
              by: { dataset: acknowledgements, entry: document, subject: person }";

#[test]
fn subjects_are_persons() {
    let roster = "person_id=1 email=anna; person_id=2 user_name=shared; person_id=3 user_name=shared";
    for (records, told) in [
        ("person=anna document=policy; person=2 document=policy; person=3 document=policy", "ok 3"),
        ("person=anna document=policy; person=2 document=other", "ok 1, found 2/policy 3/policy"),
        ("person=stranger document=policy", "undecided 3 person-unresolved: acknowledgements.person"),
        ("person=shared document=policy; person=1 document=policy", "ok 1, undecided 2 person-unresolved: acknowledgements.person"),
        ("person= document=policy", "found 1/policy 2/policy 3/policy"),
        ("document=policy", "undecided 3 field-absent: acknowledgements.person"),
    ] {
        assert_eq!(trial(EACH_PERSON).with("people", roster).with("acknowledgements", records).told(), told, "{records}");
    }
    // Somebody who is missing may share a spelling.
    let broken = format!("{roster}; broken");
    let told = |records: &str| trial(EACH_PERSON).with("people", &broken).with("acknowledgements", records).told();
    let one = ", undecided 1 record-rejected: people (invalid-json)";
    assert_eq!(told("person=anna document=policy"), format!("ok 1, undecided 2 incomplete-population: people{one}"));
    assert_eq!(told("person=anna document=other"), format!("found 1/policy 2/policy 3/policy{one}"));
}

const EACH_OWNER: &str = "covers:
              expected: { dataset: assets, key: owner }
              by: { dataset: training, entry: person }
              at_most: 1
              at_least: 1";

#[test]
fn entries_may_be_persons() {
    for (assets, training, told) in [
        ("owner=1", "person=anna", "ok 1"),
        ("owner=1", "person=2", "found 1"),
        ("owner=1", "person=stranger", "undecided 1 person-unresolved: training.person"),
        ("owner=1", "person=1; person=stranger", "undecided 1 person-unresolved: training.person"),
        ("owner=1", "person=1; person=shared", "undecided 1 person-unresolved: training.person"),
        ("owner=stranger", "person=stranger", "undecided 1 person-unresolved: assets.owner"),
        (
            "owner=stranger; owner=1",
            "person=stranger; person=1",
            "undecided 1 person-unresolved: assets.owner, undecided 1 person-unresolved: training.person",
        ),
        ("owner=1; owner=", "person=1", "ok 1, undecided 1 key-empty: assets.owner"),
    ] {
        assert_eq!(trial(EACH_OWNER).roster().with("assets", assets).with("training", training).told(), told, "{assets} | {training}");
    }
    let told = |training: &str| trial(EACH_OWNER).broken_roster().with("assets", "owner=1; owner=2").with("training", training).told();
    assert_eq!(told("person=1; person=2"), "undecided 2 incomplete-population: people");
    assert_eq!(told("person=1"), "ok 1, undecided 1 incomplete-population: people");
}

#[test]
fn a_rejected_record_counts_once_however_often_its_dataset_is_read() {
    let check = "covers:
              expected: { dataset: people, key: person_id }
              subjects: { dataset: people, key: person_id }
              by: { dataset: people, entry: person_id, subject: person_id }";
    let told = trial(check).with("people", "person_id=1; broken").told();
    assert_eq!(told, "ok 1, undecided 1 record-rejected: people (invalid-json)");
}

#[test]
fn a_finding_does_not_depend_on_the_names_of_files() {
    let (left, right) = ("owner=anna", "owner=1");
    let ids = |first: &str, second: &str| {
        trial(EACH_OWNER).roster().with("training", "person=2").file("a.ndjson", "assets", first).file("b.ndjson", "assets", second).run().ids
    };
    assert_eq!(ids(left, right), ids(right, left));
    assert_eq!(ids(left, right).len(), 1);
}

#[test]
fn what_is_left_out_counts_once_for_its_key() {
    let check = "covers: { expected: { list: [x] }, subjects: { dataset: on_call, key: person, where: { field: level, is: '1' } }, \
                 by: { dataset: training, entry: course, subject: person } }";
    let told = |shifts: &str| trial(check).roster().with("on_call", shifts).with("training", "person=anna course=x").told();
    // Two shifts of Ben are one Ben; Anna is judged, whatever her other shifts are; a shift of nobody is a shift.
    assert_eq!(told("person=1 level=1; person=anna level=2; person=ben level=2; person=2 level=2"), "ok 1, excluded 1 condition");
    assert_eq!(told("person=1 level=1; person= level=2; person= level=2"), "ok 1, excluded 2 condition");
}
