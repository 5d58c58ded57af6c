use super::trial;

const CHECK: &str = "held_apart:
              left: { dataset: role_assignments, where: { field: role_id, is: admin }, subject: principal }
              right: { dataset: role_assignments, where: { field: role_id, is: audit }, subject: principal }";

#[test]
fn nobody_is_on_both_sides_as_far_as_can_be_told() {
    for (records, told) in [
        ("principal=1 role_id=admin; principal=2 role_id=audit", "ok 2"),
        ("principal=1 role_id=admin; principal=anna role_id=audit", "found 1"),
        ("principal=1 role_id=admin; principal=1 role_id=", "ok 1"),
        // Doubt matters only where both sides are possible.
        ("principal=1 role_id=admin; principal=2", "ok 1, undecided 1 field-absent: role_assignments.role_id"),
        ("principal=1 role_id=admin; principal=1", "undecided 1 field-absent: role_assignments.role_id"),
        ("role_id=admin; principal=1 role_id=audit", "ok 1, undecided 1 field-absent: role_assignments.principal"),
        // Strangers may be anybody.
        ("principal=stranger role_id=admin; principal=stranger role_id=audit", "found stranger"),
        ("principal=stranger role_id=admin; principal=1 role_id=audit", "undecided 2 person-unresolved: role_assignments.principal"),
        ("principal=Stranger role_id=admin; principal=stranger role_id=audit", "undecided 2 person-unresolved: role_assignments.principal"),
        ("principal=stranger role_id=admin; principal=1 role_id=admin", "ok 2"),
        ("principal=shared role_id=admin; principal=3 role_id=audit", "undecided 2 person-unresolved: role_assignments.principal"),
        (
            "principal=1 role_id=admin; broken",
            "undecided 1 incomplete-population: role_assignments, undecided 1 record-rejected: role_assignments (invalid-json)",
        ),
    ] {
        assert_eq!(trial(CHECK).roster().with("role_assignments", records).told(), told, "{records}");
    }
    let told = |records: &str| trial(CHECK).broken_roster().with("role_assignments", records).told();
    assert_eq!(told("principal=1 role_id=admin; principal=2 role_id=audit"), "undecided 2 incomplete-population: people");
    assert_eq!(told("principal=1 role_id=admin; principal=2 role_id=admin"), "ok 2");
    assert_eq!(told("principal=1 role_id=admin; principal=anna role_id=audit"), "found 1");
}

#[test]
fn doubt_about_a_side_is_nothing_where_the_other_is_surely_not_held() {
    let check = CHECK.replace(
        "right: { dataset: role_assignments, where: { field: role_id, is: audit }, subject: principal }",
        "right: { dataset: risks, where: { field: status, is: accepted }, subject: accepted_by }",
    );
    let told = |assignments: &str, risks: &str| trial(&check).roster().with("role_assignments", assignments).with("risks", risks).told();
    assert_eq!(told("principal=1 role_id=admin; principal=1", "accepted_by=2 status=accepted"), "ok 2");
    // Who may be on no side at all may be no item.
    assert_eq!(told("principal=1", "accepted_by=2 status=accepted"), "ok 1, undecided 1 field-absent: role_assignments.role_id");
    assert_eq!(told("principal=1", "accepted_by=1 status=accepted"), "undecided 1 field-absent: role_assignments.role_id");
    assert_eq!(told("principal=1 role_id=admin", "accepted_by=1"), "undecided 1 field-absent: risks.status");
    assert_eq!(
        told("principal=1 role_id=admin; broken", "accepted_by=2 status=accepted; broken"),
        "undecided 1 incomplete-population: risks, undecided 1 incomplete-population: role_assignments, \
         undecided 1 record-rejected: risks (invalid-json), undecided 1 record-rejected: role_assignments (invalid-json)"
    );
}

#[test]
fn a_finding_speaks_of_the_left_side_whatever_the_names_of_files() {
    let (left, right) = ("principal=anna role_id=admin; principal=1 role_id=admin", "principal=ANNA role_id=audit");
    let run = |first: &str, second: &str| {
        let told = trial(CHECK).roster().file("a.ndjson", "role_assignments", first).file("b.ndjson", "role_assignments", second).run();
        (told.found, told.ids)
    };
    assert_eq!(run(left, right), run(right, left));
    assert_eq!(run(left, right).0, ["1"]);
}

#[test]
fn a_number_of_the_roster_is_the_person_that_the_other_side_calls_by_name() {
    let check = "held_apart:
              left: { dataset: people, where: { field: active, is: true }, subject: person_id }
              right: { dataset: role_assignments, where: { field: role_id, is: audit }, subject: principal }";
    for name in ["2", "ben", "BEN"] {
        let told = trial(check).roster().with("role_assignments", &format!("principal={name} role_id=audit")).told();
        assert_eq!(told, "ok 3, found 2", "{name}");
    }
}
