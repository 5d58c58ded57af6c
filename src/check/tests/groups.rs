use super::trial;

const ONE_ACCOUNTABLE: &str = "per_group: { dataset: responsibilities, where: { field: party_kind, is: person }, key: [task_id], \
                                count: { where: { field: letter, is: A }, at_least: 1, at_most: 1 } }";

#[test]
fn a_group_that_may_not_exist_makes_no_exception() {
    for (records, told) in [
        ("task_id=t party_kind=person letter=A", "ok 1"),
        ("task_id=t party_kind=person letter=R", "found t"),
        ("task_id=t party_kind=role letter=R; task_id=u party_kind=person letter=A", "ok 1"),
        // Whether it is about the task at all cannot be told.
        ("task_id=t letter=R", "undecided 1 field-absent: responsibilities.party_kind"),
        ("task_id=t letter=A", "undecided 1 field-absent: responsibilities.party_kind"),
        ("task_id=t letter=R; task_id=t party_kind=person letter=R", "found t"),
        ("task_id=t letter=A; task_id=t party_kind=person letter=R", "undecided 1 field-absent: responsibilities.party_kind"),
        ("task_id=t party_kind=person", "undecided 1 field-absent: responsibilities.letter"),
        ("task_id= party_kind=person letter=A", "undecided 1 key-empty: responsibilities.task_id"),
        ("party_kind=person letter=A", "undecided 1 field-absent: responsibilities.task_id"),
        ("task_id={} party_kind=person letter=A", "undecided 1 value-unreadable: responsibilities.task_id"),
        ("task_id=t party_kind=person letter=A; broken", "ok 1, undecided 1 record-rejected: responsibilities (invalid-json)"),
        (
            "task_id=t party_kind=person letter=R; broken",
            "undecided 1 incomplete-population: responsibilities, undecided 1 record-rejected: responsibilities (invalid-json)",
        ),
    ] {
        assert_eq!(trial(ONE_ACCOUNTABLE).with("responsibilities", records).told(), told, "{records}");
    }
}

const DISTINCT: &str =
    "per_group: { dataset: responsibilities, key: [task_id], count: { where: { field: letter, is: A }, distinct: party, at_least: 1, at_most: 1 } }";

#[test]
fn distinct_persons_are_counted_within_what_can_be_told() {
    for (records, told) in [
        ("task_id=t party=1 letter=A; task_id=t party=anna letter=A", "ok 1"),
        ("task_id=t party=1 letter=A; task_id=t party=2 letter=A", "found t"),
        // A record that may count makes one value more at most.
        ("task_id=t party=1", "undecided 1 field-absent: responsibilities.letter"),
        ("task_id=t party=1 letter=A; task_id=t party=1", "ok 1"),
        ("task_id=t party= letter=A", "found t"),
        ("task_id=t letter=A", "undecided 1 field-absent: responsibilities.party"),
        ("task_id=t party={} letter=A", "undecided 1 value-unreadable: responsibilities.party"),
        // Somebody, whoever it is, is one.
        ("task_id=t party=stranger letter=A", "ok 1"),
        ("task_id=t party=shared letter=A", "ok 1"),
        ("task_id=t party=stranger letter=A; task_id=t party=stranger letter=A", "ok 1"),
        ("task_id=t party=stranger letter=A; task_id=t party=1 letter=A", "undecided 1 person-unresolved: responsibilities.party"),
        ("task_id=t party=Stranger letter=A; task_id=t party=stranger letter=A", "undecided 1 person-unresolved: responsibilities.party"),
        ("task_id=t party=shared letter=A; task_id=t party=3 letter=A", "undecided 1 person-unresolved: responsibilities.party"),
    ] {
        let check = format!("{DISTINCT}\nidentity: [task_id]");
        assert_eq!(trial(&check).roster().with("responsibilities", records).told(), told, "{records}");
    }
    let two = "task_id=t party=1 letter=A; task_id=t party=2 letter=A";
    assert_eq!(trial(DISTINCT).broken_roster().with("responsibilities", two).told(), "undecided 1 incomplete-population: people");
    let one = "task_id=t party=1 letter=A; task_id=t party=anna letter=A";
    assert_eq!(trial(DISTINCT).broken_roster().with("responsibilities", one).told(), "ok 1");
}

#[test]
fn an_unknown_record_counts_once_in_the_upper_bound() {
    let check = DISTINCT.replace("at_most: 1", "at_most: 2");
    let records = "task_id=t party=1 letter=A; task_id=t party=2";
    assert_eq!(trial(&check).roster().with("responsibilities", records).told(), "ok 1");
}

const PER_PERSON: &str = "per_group: { dataset: role_assignments, key: [principal], count: { at_most: 1 } }";

#[test]
fn groups_of_persons_who_may_be_one_are_undecided() {
    for (records, told) in [
        ("principal=1; principal=2", "ok 2"),
        ("principal=1; principal=anna", "found 1"),
        ("principal=stranger; principal=stranger", "found stranger"),
        ("principal=stranger", "ok 1"),
        ("principal=stranger; principal=1", "undecided 2 person-unresolved: role_assignments.principal"),
        ("principal=Stranger; principal=stranger", "undecided 2 person-unresolved: role_assignments.principal"),
        ("principal=shared; principal=3; principal=3", "found 3, undecided 1 person-unresolved: role_assignments.principal"),
    ] {
        assert_eq!(trial(PER_PERSON).roster().with("role_assignments", records).told(), told, "{records}");
    }
    let told = |records: &str| trial(PER_PERSON).broken_roster().with("role_assignments", records).told();
    assert_eq!(told("principal=1; principal=2"), "undecided 2 incomplete-population: people");
    assert_eq!(told("principal=1; principal=anna; principal=2"), "found 1, undecided 1 incomplete-population: people");
    assert_eq!(told("principal=1"), "ok 1");
}

#[test]
fn what_persons_share_beside_their_name_keeps_groups_apart() {
    let check = PER_PERSON.replace("[principal]", "[principal, role_id]");
    let records = "principal=stranger role_id=a; principal=1 role_id=b";
    assert_eq!(trial(&check).roster().with("role_assignments", records).told(), "ok 2");
}

#[test]
fn a_finding_does_not_depend_on_the_names_of_files() {
    let (left, right) = ("principal=anna", "principal=1");
    let ids = |first: &str, second: &str| {
        trial(PER_PERSON).roster().file("a.ndjson", "role_assignments", first).file("b.ndjson", "role_assignments", second).run().ids
    };
    assert_eq!(ids(left, right), ids(right, left));
}
