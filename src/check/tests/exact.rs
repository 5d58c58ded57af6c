//! Persons that are none: roles of a matrix, compared as they are written; and
//! persons that are named where no field of a person stands.

use super::trial;

/// Two roles that no roster knows.
const ROLES: &str = "task_id=t party=Auditor letter=A; task_id=t party=Manager letter=R; task_id=t party=Manager letter=C";

#[test]
fn roles_are_told_apart_where_they_compare_as_written() {
    let distinct = |exact: &str| {
        format!("per_group: {{ dataset: responsibilities, key: [task_id], count: {{ distinct: party, at_most: 1 }}{exact} }}\nidentity: [task_id]")
    };
    let key = |exact: &str| format!("per_group: {{ dataset: responsibilities, key: [party], count: {{ at_most: 1 }}{exact} }}\nidentity: [party]");
    let unique = |exact: &str| format!("unique: {{ dataset: responsibilities, key: [task_id, party]{exact} }}\nidentity: [party]");
    let side = |letter: &str| format!("{{ dataset: responsibilities, where: {{ field: letter, is: {letter} }}, subject: party, same: [task_id] }}");
    let apart = |exact: &str| format!("held_apart: {{ left: {}, right: {}{exact} }}\nidentity: [party]", side("R"), side("C"));
    for (check, told) in [
        (distinct(""), "undecided 1 person-unresolved: responsibilities.party"),
        (distinct(", compare: exact"), "found t"),
        (key(", compare: exact"), "ok 1, found Manager"),
        (unique(", compare: exact"), "ok 2, found Manager"),
        (apart(", compare: exact"), "found Manager"),
    ] {
        assert_eq!(trial(&check).roster().with("responsibilities", ROLES).told(), told, "{check}");
    }
}

#[test]
fn a_roster_finds_its_own_people_whatever_they_are_called_elsewhere() {
    let check =
        "each_record: { dataset: people, expect: { field: person_id, found_in: { dataset: acknowledgements, key: person } } }\nidentity: [person_id]";
    let told = |records: &str| trial(check).roster().with("acknowledgements", records).told();
    assert_eq!(told("person=anna; person=2; person=cora; person=dora"), "ok 4");
    assert_eq!(told("person=ANNA; person=2; person=cora"), "ok 3, found 4");
    let exact = check.replace("key: person }", "key: person }, compare: exact");
    assert_eq!(trial(&exact).roster().with("acknowledgements", "person=anna; person=2").told(), "ok 1, found 1 3 4");
}
