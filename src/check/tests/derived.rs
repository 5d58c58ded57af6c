//! Datasets that are made of others, through the whole scan.

use proptest::prelude::*;

use super::properties::ROOM;
use super::{Told, Trial, trial};

/// Nobody both approves and pays, by the roles that they hold in the end.
const APART: &str = "held_apart:
              left: { dataset: role_holders, where: { field: role_id, is: approve }, subject: person }
              right: { dataset: role_holders, where: { field: role_id, is: pay }, subject: person }";
/// A role has at most two holders.
const FEW: &str = "per_group: { dataset: role_holders, key: [role_id], count: { distinct: person, at_most: 2 } }";
/// Whoever is in a group is on the roster and active.
const KNOWN: &str = "refers_to: { dataset: group_members, field: member, to: { dataset: people, key: person_id, where: { field: active, is: true } } }\nidentity: [group, member]";
/// Nobody who left holds a role.
const LOOKED_UP: &str = "refers_to: { dataset: people, field: person_id, to: { dataset: role_holders, key: person, where: { field: role_id, is: pay } }, must: not_exist }\nidentity: [person_id]";
/// Each role has a holder.
const COVERED: &str = "covers: { expected: { list: [approve, pay] }, by: { dataset: role_holders, entry: role_id } }";
/// Rights to wipe reach no device without a tag.
const TAGGED: &str = "each_record: { dataset: effective_permissions, where: { field: object, is: ManagedDevices }, expect: { field: extent, in: [tagged-devices, scope-groups] } }\nidentity: [person, permission, scope]";

fn assigned(check: &str, assignments: &str, memberships: &str) -> Trial {
    let trial = trial(check).roster().with("role_assignments", assignments);
    if memberships.is_empty() { trial } else { trial.with("memberships", memberships) }
}

#[test]
fn roles_are_held_apart_through_groups_in_groups() {
    let payers = "assignment_id=a principal=1 principal_kind=user role_id=approve; assignment_id=b principal=payers principal_kind=group role_id=pay";
    let nested = "group=payers member=finance member_kind=group; group=finance member=anna member_kind=user";
    for (assignments, memberships, told) in [
        (payers, nested, "found 1"),
        (payers, "group=payers member=finance member_kind=group; group=finance member=ben member_kind=user", "ok 2"),
        // One of the members cannot be told: nobody of the other side is surely not on this one.
        (
            payers,
            "group=payers member=finance member_kind=group; group=payers member=ben member_kind=user",
            "undecided 1 group-not-expanded: role_holders, undecided 2 incomplete-population: role_holders",
        ),
        // A group that nobody pays by is nobody's business.
        (
            "assignment_id=a principal=1 principal_kind=user role_id=approve; assignment_id=b principal=2 principal_kind=user role_id=pay; assignment_id=c principal=g principal_kind=group role_id=read",
            nested,
            "ok 2",
        ),
        // An unknown role is on both sides.
        (
            "assignment_id=a principal=1 principal_kind=user role_id=approve; assignment_id=b principal=2 principal_kind=user role_id=pay; assignment_id=c principal=g principal_kind=group",
            nested,
            "undecided 1 group-not-expanded: role_holders, undecided 2 incomplete-population: role_holders",
        ),
        // What nobody says to be a person may be a group.
        (
            "assignment_id=a principal=1 principal_kind=user role_id=approve; assignment_id=b principal=2 role_id=pay",
            nested,
            "undecided 1 field-untold: role_holders, undecided 1 incomplete-population: role_holders",
        ),
        (&format!("{payers}; broken"), nested, "found 1, undecided 1 record-rejected: role_holders (invalid-json)"),
        (payers, &format!("{nested}; broken"), "found 1, undecided 1 record-rejected: role_holders (invalid-json)"),
        (payers, "group=payers member=payers member_kind=group; group=PAYERS member=ANNA member_kind=user", "found 1"),
    ] {
        assert_eq!(assigned(APART, assignments, memberships).told(), told, "{assignments} | {memberships}");
    }
}

#[test]
fn holders_of_a_role_are_counted_as_persons() {
    let to = "assignment_id=a principal=g principal_kind=group role_id=pay; assignment_id=b principal=1 principal_kind=user role_id=pay";
    for (memberships, told) in [
        ("group=g member=anna member_kind=user; group=g member=2 member_kind=user", "ok 1"),
        ("group=g member=2 member_kind=user; group=g member=3 member_kind=user", "found pay"),
        ("group=g member=2 member_kind=user; group=g member=h member_kind=group", "?"),
        ("group=x member=2 member_kind=user", ""),
        ("", ""),
    ] {
        let told_of = assigned(FEW, to, memberships).run();
        match told {
            "" => assert!(told_of.result.reason.is_some() && told_of.result.undecided > 0, "{memberships}: {told_of}"),
            "?" => {
                assert!(told_of.result.reason.is_some(), "{memberships}: {told_of}");
                assert!(told_of.to_string().contains("group-not-expanded: role_holders"), "{told_of}");
            }
            told => assert_eq!(told_of.to_string(), told, "{memberships}"),
        }
    }
    // Persons alone need no memberships; where there should be some, exceptions are found without.
    let direct = |people: &str| {
        let assignments: Vec<String> =
            people.split(' ').map(|person| format!("assignment_id=a principal={person} principal_kind=user role_id=pay")).collect();
        assignments.join("; ")
    };
    assert_eq!(assigned(FEW, &direct("1 anna 2"), "").told(), "ok 1");
    let more = assigned(FEW, &format!("{}; assignment_id=g principal=g principal_kind=group role_id=read", direct("1 2 3")), "").run();
    assert_eq!(more.found, ["pay"]);
    let fewer = assigned(FEW, &format!("{}; assignment_id=g principal=g principal_kind=group role_id=read", direct("1 2")), "").run();
    assert_eq!(fewer.result.reason.as_deref(), Some("missing-dataset: memberships"));
}

#[test]
fn members_and_holders_are_looked_up_and_refer() {
    let members = |records: &str| trial(KNOWN).roster().with("memberships", records).told();
    assert_eq!(members("group=g member=h member_kind=group; group=h member=anna member_kind=user"), "ok 2");
    assert_eq!(members("group=g member=h member_kind=group; group=h member=stranger member_kind=user"), "found g/stranger h/stranger");
    assert_eq!(
        members("group=g member=h member_kind=group; group=g member=1 member_kind=user"),
        "ok 1, undecided 1 group-not-expanded: group_members"
    );
    assert_eq!(members("group=g member=1; group=g member=1 member_kind=user"), "ok 1, undecided 1 field-untold: group_members");
    let absent = trial(KNOWN).roster().run();
    assert_eq!(absent.result.reason.as_deref(), Some("missing-dataset: memberships"));

    let holders = |assignments: &str, memberships: &str| assigned(LOOKED_UP, assignments, memberships).told();
    let to = "assignment_id=a principal=g principal_kind=group role_id=pay";
    assert_eq!(holders(to, "group=g member=h member_kind=group; group=h member=2 member_kind=user"), "ok 3, found 2");
    assert_eq!(holders(to, "group=h member=ben member_kind=user"), "undecided 4 group-not-expanded: role_holders");
    assert_eq!(holders(&to.replace("pay", "read"), "group=h member=ben member_kind=user"), "ok 4", "who reads is not asked");
    for name in ["2", "ben", "BEN"] {
        let told = holders(to, &format!("group=g member={name} member_kind=user"));
        assert_eq!(told, "ok 3, found 2", "the roster's number finds its person under any name: {name}");
    }
    assert_eq!(holders(to, "group=g member=stranger member_kind=user"), "undecided 4 person-unresolved: role_holders.person");
    assert_eq!(holders(to, ""), "undecided 4 incomplete-population: role_holders");
}

/// Nobody on the roster may do anything by the role.
const PAYS_NOT: &str = "refers_to: { dataset: people, field: person_id, to: { dataset: effective_permissions, key: person, where: { field: role_id, is: pay } }, must: not_exist }\nidentity: [person_id]";
/// Nobody on the roster is in a group by the inner one.
const NOT_BY_K: &str = "refers_to: { dataset: people, field: person_id, to: { dataset: group_members, key: member, where: { field: via, is: k } }, must: not_exist }\nidentity: [person_id]";

#[test]
fn that_nobody_holds_anything_is_no_empty_export() {
    let told = |assignments: &str, memberships: &str| assigned(LOOKED_UP, assignments, memberships).told();
    let approving = "assignment_id=i principal=h principal_kind=group role_id=approve";
    // Groups in a circle with nobody in them: what is told of who is in the group must not be worse than nothing.
    for (memberships, told_of) in [
        ("group=h member=h member_kind=group", "ok 4"),
        ("group=h member=k member_kind=group; group=k member=h member_kind=group", "ok 4"),
        ("group=h member=h", "ok 4"),
        ("group=k member=2 member_kind=user", "ok 4"),
        ("broken", "undecided 4 incomplete-population: role_holders"),
        ("", "undecided 4 incomplete-population: role_holders"),
    ] {
        assert_eq!(told(approving, memberships), told_of, "{memberships}");
    }
    let paying = told(&approving.replace("approve", "pay"), "group=h member=h member_kind=group");
    assert_eq!(paying, "undecided 4 group-not-expanded: role_holders", "people may have been left out");

    let permitting = |roles: &str| {
        let assignment = "assignment_id=i principal=1 principal_kind=user role_id=none scope=s scope_tags=";
        trial(PAYS_NOT).roster().with("role_assignments", assignment).with("roles", roles).told()
    };
    assert_eq!(permitting("role_id=none permissions="), "ok 4", "somebody holds a role that permits nothing");
    assert_eq!(permitting("role_id=none"), "ok 4");
    assert_eq!(permitting("role_id=help permissions=[X_Apps_Read]"), "ok 4");
}

#[test]
fn a_membership_of_nobody_knows_which_group_may_be_of_any() {
    let assignments = "assignment_id=i principal=1 principal_kind=user role_id=approve; assignment_id=j principal=g principal_kind=group role_id=pay";
    let told = |check: &str, memberships: &str| assigned(check, assignments, memberships).told();
    let lost = "group=g member=3 member_kind=user; group= member=2 member_kind=user";
    assert_eq!(told(LOOKED_UP, &lost.replace("group= ", "group=g ")), "ok 2, found 2 3");
    assert_eq!(told(LOOKED_UP, lost), "found 3, undecided 3 incomplete-population: role_holders");
    assert_eq!(told(NOT_BY_K, lost), "undecided 4 incomplete-population: group_members");
    assert_eq!(told(NOT_BY_K, &lost.replace("group= ", "")), "undecided 4 incomplete-population: group_members");
}

#[test]
fn by_which_group_somebody_may_be_in_another_nobody_knows() {
    let told = |memberships: &str| trial(NOT_BY_K).roster().with("memberships", memberships).told();
    assert_eq!(told("group=h member=m member_kind=group; group=m member=k member_kind=group; group=k member=2 member_kind=user"), "ok 3, found 2");
    assert_eq!(told("group=h member=m member_kind=group; group=m member=2 member_kind=user"), "ok 4");
    for memberships in ["group=h member=m member_kind=group", "group=h member=k", "group=h member=h member_kind=group"] {
        let told = told(memberships);
        assert!(told.starts_with("undecided 4 "), "{memberships}: {told}");
    }
}

#[test]
fn a_group_that_may_be_empty_covers_nothing() {
    let told = |memberships: &str| {
        let assignments =
            "assignment_id=a principal=1 principal_kind=user role_id=approve; assignment_id=b principal=g principal_kind=group role_id=pay";
        assigned(COVERED, assignments, memberships).told()
    };
    assert_eq!(told("group=g member=2 member_kind=user"), "ok 2");
    for memberships in ["group=h member=2 member_kind=user", "group=g member=g member_kind=group"] {
        assert_eq!(
            told(memberships),
            "ok 1, undecided 1 group-not-expanded: role_holders, undecided 1 incomplete-population: role_holders",
            "{memberships}"
        );
    }
}

#[test]
fn what_is_assigned_within_a_system_goes_to_groups_of_that_system() {
    let told = |assignment: &str, memberships: &str| {
        let assignments = format!(
            "assignment_id=a principal=1 principal_kind=user role_id=approve; {assignment} assignment_id=b principal=g principal_kind=group role_id=pay"
        );
        assigned(APART, &assignments, memberships).told()
    };
    let two = "system=a group=g member=2 member_kind=user; system=b group=g member=1 member_kind=user";
    assert_eq!(told("system=a", two), "ok 2");
    assert_eq!(told("system=b", two), "found 1");
    assert!(told("system=c", two).contains("group-not-expanded"));
    assert!(told("system=", two).contains("group-not-expanded"), "which of two is meant cannot be told");
    assert_eq!(told("system=", "system=b group=g member=1 member_kind=user"), "found 1");
    assert_eq!(told("system=b", "group=g member=1 member_kind=user"), "found 1");
}

const ROLES: &str = "role_id=help permissions=[Microsoft.Intune_ManagedDevices_Read,Microsoft.Intune_MobileApps_Assign]; \
                     role_id=apps permissions=[Microsoft.Intune_MobileApps_Update]; role_id=none permissions=";

fn effective(check: &str, assignments: &str, roles: &str) -> Trial {
    assigned(check, assignments, "group=g member=1 member_kind=user; group=g member=ben member_kind=user").with("roles", roles)
}

/// A finding about it, without the person.
const READ: &str = "Microsoft.Intune_ManagedDevices_Read/all";

#[test]
fn permissions_follow_from_all_assignments_of_a_person() {
    let to = |principal: &str, kind: &str, role: &str, tags: &str| {
        format!("assignment_id=a{principal}{role} principal={principal} principal_kind={kind} role_id={role} scope=all scope_tags={tags}")
    };
    let told = |assignments: &[String]| effective(TAGGED, &assignments.join("; "), ROLES).told();
    // Of two in the group one has other tags by another assignment.
    assert_eq!(told(&[to("g", "group", "help", "[x]")]), format!("found 1/{READ} ben/{READ}, excluded 2 condition"));
    assert_eq!(told(&[to("g", "group", "help", "[x]"), to("2", "user", "help", "[y]")]), format!("ok 1, found 1/{READ}, excluded 3 condition"));
    assert_eq!(told(&[to("g", "group", "help", "")]), "ok 2, excluded 2 condition", "without a tag only tagged devices are seen");
    assert_eq!(
        told(&[to("g", "group", "help", "[x]"), to("2", "user", "apps", "[y]")]),
        format!("found 1/{READ} ben/{READ}, excluded 3 condition"),
        "tags on apps say nothing of devices"
    );
    assert_eq!(told(&[to("g", "group", "none", "[x]"), to("1", "user", "help", "")]), "ok 1, excluded 1 condition");
    // Who is not known may be somebody who has other tags there; what is not known may be anything.
    let open = told(&[to("g", "group", "help", "[x]"), to("h", "group", "help", "[y]")]);
    assert_eq!(
        open,
        "undecided 1 group-not-expanded: effective_permissions, undecided 2 value-unreadable: effective_permissions.extent, excluded 2 condition"
    );
    let open = told(&[to("g", "group", "help", "[x]"), to("1", "user", "secret", "[y]")]);
    assert_eq!(
        open,
        format!(
            "found ben/{READ}, undecided 1 role-not-shown: effective_permissions, undecided 1 value-unreadable: effective_permissions.extent, excluded 2 condition"
        )
    );
    let unclear = effective(TAGGED, &to("g", "group", "help", "[x]"), "role_id=help").told();
    assert_eq!(unclear, "undecided 2 field-untold: effective_permissions");
}

#[test]
fn the_fields_of_effective_permissions_are_the_vendors() {
    let assignments = "assignment_id=one principal=1 principal_kind=user role_id=help scope=north scope_tags=[n]; \
                       assignment_id=two principal=anna principal_kind=user role_id=help scope=south scope_tags=[s]; \
                       assignment_id=three principal=g principal_kind=group role_id=apps scope=all scope_tags=[n]";
    let all = "each_record: { dataset: effective_permissions, expect: { field: person, present: false } }\nidentity: [person, object, action, scope, assignment_id, via_group, extent]";
    let found = effective(all, assignments, ROLES).run().found;
    assert_eq!(
        found,
        [
            "1/ManagedDevices/Read/north/one//tagged-devices",
            "1/MobileApps/Assign/north/one//scope-groups",
            "1/MobileApps/Update/all/three/g/all-objects",
            "anna/ManagedDevices/Read/south/two//tagged-devices",
            "anna/MobileApps/Assign/south/two//scope-groups",
            "ben/MobileApps/Update/all/three/g/all-objects",
        ]
    );
    // Anna's other assignments on apps add their tags to what she may update, and not to what she may assign.
    let tags = |tag: &str| {
        let check = format!(
            "each_record: {{ dataset: effective_permissions, where: {{ field: object, is: MobileApps }}, expect: {{ not: {{ field: scope_tags, contains: {tag} }} }} }}\nidentity: [person, action, scope]"
        );
        effective(&check, assignments, ROLES).run().found
    };
    assert_eq!(tags("s"), ["1/Update/all", "anna/Assign/south"]);
    assert_eq!(tags("n"), ["1/Assign/north", "1/Update/all", "ben/Update/all"]);
}

#[test]
fn entangled_groups_stop_the_checks_that_read_them_and_no_others() {
    let names: Vec<String> = (0..130).map(|number| format!("g{number}")).collect();
    let rows: Vec<String> =
        names.iter().flat_map(|outer| names.iter().map(move |inner| format!("group={outer} member={inner} member_kind=group"))).collect();
    let people: Vec<String> = (0..3000).map(|number| format!("group=g0 member=p{number} member_kind=user")).collect();
    let own = "each_record: { dataset: memberships, expect: { field: member, present: true } }\nidentity: [group, member]";
    let told = super::trials(&[("members", KNOWN), ("own", own)]).roster().with("memberships", &[rows, people].concat().join("; ")).run_all();
    assert_eq!(told[0].result.outcome, crate::report::Outcome::Error);
    assert!(told[0].result.reason.as_ref().unwrap().starts_with("derivation-exceeded: group_members"));
    assert_eq!(told[1].result.outcome, crate::report::Outcome::Pass);
}

#[test]
fn long_values_that_many_derived_records_share_stop_the_checks_that_read_them() {
    let memberships = |count: usize| (0..count).map(|number| format!("group=g member=p{number} member_kind=user")).collect::<Vec<_>>().join("; ");
    let unique = "unique: { dataset: role_holders, key: [person, role_id] }\nidentity: [role_id]";
    for (length, count, exceeded) in [(20, 100, false), (900, 20, false), (900, 2000, true), (1100, 1, true)] {
        let told = assigned(unique, &format!("assignment_id=a principal=g principal_kind=group role_id={}", "r".repeat(length)), &memberships(count));
        let told = told.run();
        let reason = told.result.reason.unwrap_or_default();
        assert_eq!(reason.starts_with("derivation-exceeded: role_holders"), exceeded, "{length} {count} {reason}");
    }
}

#[test]
fn derived_records_are_unique_or_grouped_like_any_others() {
    let assignments = "assignment_id=a principal=g principal_kind=group role_id=pay; assignment_id=b principal=ben principal_kind=user role_id=pay; \
                       assignment_id=c principal=3 principal_kind=user role_id=pay";
    let memberships = "group=g member=2 member_kind=user; group=g member=anna member_kind=user";
    let unique = "unique: { dataset: role_holders, key: [person, role_id] }\nidentity: [role_id]";
    assert_eq!(assigned(unique, assignments, memberships).told(), "ok 3, found pay");
    let groups = "per_group: { dataset: role_holders, key: [person], count: { at_most: 1 } }\nidentity: [person]";
    assert_eq!(assigned(groups, assignments, memberships).told(), "ok 2, found 2");
}

#[test]
fn whoever_may_be_a_group_is_nobody_yet() {
    let apart = |memberships: &str| assigned(APART, "assignment_id=i principal=2 principal_kind= role_id=pay", memberships).told();
    // One membership says that 2 is a group; others say not what it is, say nothing of it, or are of people alone.
    for memberships in ["group=g member=2 member_kind=group", "group=g member=2", "group=g member_kind=group", "group=g member=3 member_kind=user"] {
        assert!(apart(memberships).contains("undecided"), "{memberships}: {}", apart(memberships));
    }
    assert_eq!(apart("group=2 member=3 member_kind=user"), "ok 1", "a group that is known is one");
}

fn membership() -> impl Strategy<Value = String> {
    let group = prop::sample::select(vec!["group=g", "group=h", "group=G", "group=k", "group=g", "group=h", "group=k", "group=", "note=n"]);
    let member = prop::sample::select(vec!["member=1", "member=anna", "member=2", "member=h", "member=k", "member=g", "member=x", "member=", ""]);
    let kind = prop::sample::select(vec!["member_kind=user", "member_kind=user", "member_kind=group", "member_kind=group", "member_kind=", ""]);
    let record = (group, member, kind).prop_map(|(group, member, kind)| format!("{group} {member} {kind}"));
    prop_oneof![12 => record, 1 => Just("broken".to_owned())]
}

fn assignment() -> impl Strategy<Value = String> {
    let principal = prop::sample::select(vec!["1", "2", "anna", "g", "h", "k", "x"]);
    let kind = prop::sample::select(vec!["principal_kind=user", "principal_kind=group", "principal_kind=group", "principal_kind=", ""]);
    let role = prop::sample::select(vec!["role_id=pay", "role_id=approve", "role_id=help", ""]);
    let tags = prop::sample::select(vec!["scope_tags=", "scope_tags=[x]", "scope_tags=[x,y]", ""]);
    let record = (principal, kind, role, tags)
        .prop_map(|(principal, kind, role, tags)| format!("assignment_id=i principal={principal} {kind} {role} scope=s {tags}"));
    prop_oneof![12 => record, 1 => Just("broken".to_owned())]
}

const ALL: [&str; 11] = [
    APART,
    FEW,
    KNOWN,
    LOOKED_UP,
    COVERED,
    TAGGED,
    PAYS_NOT,
    NOT_BY_K,
    "unique: { dataset: role_holders, key: [person, role_id] }\nidentity: [role_id]",
    "per_group: { dataset: role_holders, key: [person], count: { at_most: 1 } }\nidentity: [person]",
    "covers: { expected: { list: [pay] }, subjects: { dataset: group_members, key: member, where: { field: group, is: g } }, by: { dataset: role_holders, entry: role_id, subject: person } }",
];

fn run(check: &str, assignments: &[String], memberships: Option<&[String]>, (block_size, memory): (usize, usize)) -> Told {
    let roles = "role_id=help permissions=[X_ManagedDevices_Read]; role_id=pay permissions=[X_ManagedDevices_Read,X_Apps_Assign]";
    let trial = Trial { block_size, memory, ..trial(check) }.roster().with("roles", roles).with("role_assignments", &assignments.join("; "));
    match memberships {
        Some(memberships) => trial.with("memberships", &memberships.join("; ")),
        None => trial,
    }
    .run()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_cuts_nor_memory_nor_order_matter_and_less_evidence_never_gives_a_better_result(
        assignments in prop::collection::vec(assignment(), 1..7),
        memberships in prop::collection::vec(membership(), 1..9),
        turn in any::<prop::sample::Index>(),
        group in prop::sample::select(vec!["g", "h", "k"]),
    ) {
        for check in ALL {
            let told = run(check, &assignments, Some(&memberships), (1 << 16, ROOM));
            for (block_size, memory) in [(1, ROOM), (100, 0)] {
                prop_assert_eq!(&run(check, &assignments, Some(&memberships), (block_size, memory)), &told, "{}", check);
            }
            let mut turned = memberships.clone();
            turned.rotate_left(turn.index(memberships.len()));
            let mut others = assignments.clone();
            others.rotate_left(turn.index(assignments.len()));
            prop_assert_eq!(run(check, &others, Some(&turned), (1 << 16, ROOM)).to_string(), told.to_string(), "{}", check);

            let passes = |told: &Told| told.result.outcome == crate::report::Outcome::Pass;
            // Without what tells who is in a group, or that something is a group, nothing passes that did not.
            let of_group = |record: &String| record.to_ascii_lowercase().starts_with(&format!("group={group} "));
            let without: Vec<String> = memberships.iter().filter(|record| !of_group(record)).cloned().collect();
            let untold: Vec<String> = memberships.iter().map(|record| record.split(" member_kind").next().unwrap_or_default().to_owned()).collect();
            let at = turn.index(memberships.len());
            let (mut broken, mut lost) = (memberships.clone(), memberships.clone());
            broken[at] = "broken".to_owned();
            lost[at] = memberships[at].split_once(' ').map_or_else(|| "broken".to_owned(), |(_, others)| format!("group= {others}"));
            for less in [None, Some(&untold), Some(&broken), Some(&lost)] {
                let less_told = run(check, &assignments, less.map(Vec::as_slice), (1 << 16, ROOM));
                prop_assert!(!passes(&less_told) || passes(&told), "{}: {} | {}", check, told, less_told);
            }
            // Members of a group may be missing where something names the group; of one that nothing names, or of the
            // members themselves, a missing record is like any other.
            if named(&assignments, &memberships, group) && ![KNOWN, NOT_BY_K].contains(&check) {
                let less_told = run(check, &assignments, Some(&without), (1 << 16, ROOM));
                prop_assert!(!passes(&less_told) || passes(&told), "{}: {} | {}", check, told, less_told);
            }
        }
    }
}

/// Whether an assignment or a membership names the group as one.
fn named(assignments: &[String], memberships: &[String], group: &str) -> bool {
    assignments.iter().any(|record| record.contains(&format!("principal={group} principal_kind=group")))
        || memberships.iter().any(|record| record.contains(&format!("member={group} member_kind=group")))
}
