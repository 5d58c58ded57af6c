//! A pack over derived datasets proves itself like any other: its examples
//! come out as they say, and with damaged bases nothing passes.

use crate::exercise::exercise;
use crate::pack::load::LoadedPack;
use crate::source::kinds::FieldKinds;

const CONTROL: &str = "id: one
ref: '1'
title: T
criterion: { standard: T, edition: '1', clause: '1', force: requirement }
determination: D
about: A
evidence: E
grade: { otherwise: major }
remediation: R
checks:
  - { id: expires, title: T, severity: low, unit: holder, identity: [assignment_id], each_record: { dataset: role_holders, where: { field: state, is: eligible }, expect: { field: expires_at, present: true } } }
  - { id: few, title: T, severity: low, unit: role, identity: [role_id], per_group: { dataset: role_holders, key: [role_id], count: { at_most: 3 } } }
  - { id: apart, title: T, severity: low, unit: person, identity: [person], held_apart: { left: { dataset: role_holders, where: { field: role_id, is: r1 }, subject: person }, right: { dataset: role_holders, where: { field: role_id, is: r2 }, subject: person } } }
  - { id: known, title: T, severity: low, unit: member, identity: [group, member], refers_to: { dataset: group_members, field: member, to: { dataset: people, key: email } } }
  - { id: covered, title: T, severity: low, unit: role, covers: { expected: { dataset: role_holders, key: role_id }, by: { dataset: effective_permissions, entry: role_id } } }
  - { id: apps, title: T, severity: low, unit: permission, identity: [person, permission], each_record: { dataset: effective_permissions, where: { field: object, is: MobileApps }, expect: { any: [ { field: action, is_not: Delete }, { field: scope_tags, contains: x } ] } } }
  - { id: extent, title: T, severity: low, unit: permission, identity: [person, permission], each_record: { dataset: effective_permissions, expect: { field: extent, in: [scope-groups, all-objects] } } }
  - { id: leavers, title: T, severity: low, unit: person, identity: [person_id], refers_to: { dataset: people, field: email, where: { field: active, is: false }, to: { dataset: role_holders, key: person }, must: not_exist } }
";

const BASES: &str = "
  people:
    - { person_id: '1', email: ana@x.example, active: true }
    - { person_id: '2', email: bo@x.example, active: true }
    - { person_id: '3', email: cy@x.example, active: false }
  role_assignments:
    - { system: s, assignment_id: a, principal: g, principal_kind: group, role_id: r1, state: eligible, expires_at: '2027-01-01', scope: all, scope_tags: [x] }
    - { system: s, assignment_id: b, principal: bo@x.example, principal_kind: user, role_id: r2, state: active, expires_at: '', scope: all, scope_tags: [x] }
  memberships:
    - { system: s, group: g, member: h, member_kind: group }
    - { system: s, group: h, member: ana@x.example, member_kind: user }
  roles:
    - { system: s, role_id: r1, permissions: [A_MobileApps_Delete, A_ManagedDevices_Read] }
    - { system: s, role_id: r2, permissions: [A_MobileApps_Assign] }
";

#[test]
fn damaged_bases_never_let_a_check_over_derived_records_pass() {
    let pack = "id: trial\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\ndescription: D\nmax_age_days: 30\n";
    let pass = format!("title: T\ndatasets:{BASES}");
    // Ana's group gets the other role, too, and bo is in it.
    let fail = format!(
        "title: T\ndatasets:{}findings:\n  - {{ check: apart, subject: {{ person: bo@x.example }} }}\n",
        BASES.replace(
            "    - { system: s, group: h, member: ana",
            "    - { system: s, group: h, member: bo@x.example, member_kind: user }\n    - { system: s, group: h, member: ana"
        )
    );
    let derived = "title: T\ndatasets:\n  role_holders:\n    - { role_id: x }\n";
    let files = [
        ("pack.yaml", pack.as_bytes()),
        ("one.yaml", CONTROL.as_bytes()),
        ("examples/one/pass-good.yaml", pass.as_bytes()),
        ("examples/one/fail-both.yaml", fail.as_bytes()),
    ];
    let done = exercise(&LoadedPack::from_files("trial", "trial", &files), &FieldKinds::default()).unwrap_or_else(|problems| panic!("{problems}"));
    // One check alone is shown failing here: this is about damage.
    let failures: Vec<&String> = done.failures.iter().filter(|failure| !failure.ends_with("no example shows the outcome fail")).collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert!(done.examples == 2 && done.damaged > 100, "{done:?}");
    let files = [files[0], files[1], ("examples/one/pass-wrong.yaml", derived.as_bytes())];
    let refused = exercise(&LoadedPack::from_files("trial", "trial", &files), &FieldKinds::default()).unwrap_err();
    assert!(refused.render().contains("wrong-dataset"), "{}", refused.render());
}
