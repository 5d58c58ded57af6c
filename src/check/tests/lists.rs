use super::trial;

#[test]
fn every_element_refers_and_none_where_none_may() {
    let check = "refers_to: { dataset: role_assignments, field: scope_tags, to: { dataset: sites, key: site_id } }\nidentity: [assignment_id]";
    let sites = "site_id=north; site_id=south";
    for (tags, must, must_not) in [
        ("scope_tags=[north,south]", "ok 1", "found a"),
        ("scope_tags=[north,east]", "found a", "found a"),
        ("scope_tags=[east,west]", "found a", "ok 1"),
        ("scope_tags=", "found a", "excluded 1 empty"),
        ("scope_tags={}", "undecided 1 value-unreadable: role_assignments.scope_tags", "undecided 1 value-unreadable: role_assignments.scope_tags"),
    ] {
        let told = |check: &str| trial(check).with("sites", sites).with("role_assignments", &format!("assignment_id=a {tags}")).told();
        assert_eq!(told(check), must, "{tags}");
        assert_eq!(told(&check.replace(" } }", " }, must: not_exist }")), must_not, "{tags}");
    }
    let table = "refers_to: { dataset: role_assignments, field: scope_tags, to: { table: rows, column: id } }\nidentity: [assignment_id]";
    let told = |tags: &str| trial(table).with("role_assignments", &format!("assignment_id=a scope_tags=[{tags}]")).told();
    assert_eq!(told("r1,r2"), "ok 1");
    assert_eq!(told("r1,r3"), "found a");
    assert!(
        trial(check)
            .with("sites", sites)
            .with("role_assignments", "scope_tags=[a]")
            .run()
            .result
            .procedure
            .contains("every element of `scope_tags` is")
    );
}

#[test]
fn a_test_holds_of_a_list_if_it_holds_of_any_element() {
    for (test, tags, told) in [
        ("is: b", "[a,b]", "ok 1"),
        ("is: c", "[a,b]", "found a"),
        ("not_in: [b]", "[a,b]", "found a"),
        ("not_in: [c]", "[a,b]", "ok 1"),
        ("starts_with: b", "[a,bc]", "ok 1"),
        ("starts_with: c", "[a,bc]", "found a"),
        ("matches: '^b$'", "[a,b]", "ok 1"),
        ("matches: '^a.b$'", "[a,b]", "found a"),
        ("contains: b", "[a,b]", "ok 1"),
        ("found_in: { dataset: sites, key: site_id }", "[a,b]", "ok 1"),
        ("found_in: { dataset: sites, key: site_id }", "[a,c]", "found a"),
        ("not_found_in: { dataset: sites, key: site_id }", "[a,b]", "found a"),
        ("not_found_in: { dataset: sites, key: site_id }", "[a,c]", "ok 1"),
        ("found_in: { dataset: roles, key: permissions }", "[a,read]", "ok 1"),
        ("found_in: { dataset: roles, key: permissions }", "[a,readwrite]", "found a"),
    ] {
        let check = format!("each_record: {{ dataset: role_assignments, expect: {{ field: scope_tags, {test} }} }}\nidentity: [assignment_id]");
        let trial = trial(&check).with("sites", "site_id=b").with("roles", "permissions=[read,write]");
        assert_eq!(trial.with("role_assignments", &format!("assignment_id=a scope_tags={tags}")).told(), told, "{test} {tags}");
    }
}

#[test]
fn lists_are_the_same_whatever_the_order_of_their_elements() {
    let check = "each_record: { dataset: roles, expect: { field: permissions, same_as: scope_tags } }\nidentity: [role_id]";
    for (role, told) in [
        ("permissions=[a,b] scope_tags=[b,a]", "ok 1"),
        ("permissions=[a,b] scope_tags=[b,a,a]", "ok 1"),
        ("permissions=[a,b] scope_tags=[a]", "found r"),
        ("permissions=[a,b] scope_tags=", "found r"),
    ] {
        assert_eq!(trial(check).with("roles", &format!("role_id=r {role}")).told(), told, "{role}");
    }
}

#[test]
fn each_element_names_its_entry_its_subject_and_its_member() {
    let check = "covers: { expected: { table: rows, column: id }, by: { dataset: roles, entry: permissions } }";
    assert_eq!(trial(check).with("roles", "permissions=[r1,r2]").told(), "ok 2");
    assert_eq!(trial(check).with("roles", "permissions=[r1,r3]").told(), "ok 1, found r2");
    let check = "covers: { expected: { dataset: roles, key: permissions }, by: { dataset: role_assignments, entry: role_id } }";
    let told = |roles: &str| trial(check).with("roles", roles).with("role_assignments", "role_id=a").told();
    assert_eq!(told("permissions=[a,b]; permissions=[b]"), "ok 1, found b");
    let check =
        "covers: { expected: { list: [x] }, subjects: { dataset: sites, key: site_id }, by: { dataset: roles, entry: name, subject: scope_tags } }";
    let told = |roles: &str| trial(check).with("sites", "site_id=a; site_id=b; site_id=c").with("roles", roles).told();
    assert_eq!(told("name=x scope_tags=[a,b]"), "ok 2, found c/x");
}

#[test]
fn distinct_elements_are_counted() {
    let check = "per_group: { dataset: role_assignments, key: [role_id], count: { distinct: scope_tags, at_most: 2 } }";
    assert_eq!(trial(check).with("role_assignments", "role_id=r scope_tags=[a,b]; role_id=r scope_tags=[b]").told(), "ok 1");
    assert_eq!(trial(check).with("role_assignments", "role_id=r scope_tags=[a,b]; role_id=r scope_tags=[c]").told(), "found r");
}

#[test]
fn each_element_starts_and_carries_a_chain() {
    let check = "joined:
              start: { table: rows }
              links:
                - { id: role, title: a role names it, dataset: roles, match: [ { field: permissions, equals: id } ], yields: { field: scope_tags, as: tag } }
                - { id: site, title: the site exists, dataset: sites, match: [ { field: site_id, equals: tag } ] }";
    let told = trial(check).with("roles", "permissions=[r1,r2] scope_tags=[a,b]").with("sites", "site_id=a").told();
    assert_eq!(told, "ok 2, found r1/site/b r2/site/b");
}

#[test]
fn a_list_is_no_key_and_identifies_nothing() {
    for (check, code) in [
        ("unique: { dataset: roles, key: [permissions] }", "list-key"),
        ("per_group: { dataset: roles, key: [permissions], count: { at_most: 1 } }", "list-key"),
        ("each_record: { dataset: roles, expect: { field: name, present: true } }\nidentity: [permissions]", "list-key"),
        ("held_apart: { left: { dataset: roles, subject: permissions }, right: { dataset: roles, subject: owner } }", "list-key"),
        ("each_record: { dataset: roles, expect: { field: permissions, same_as: name } }\nidentity: [name]", "predicate-kind"),
    ] {
        assert_eq!(trial(check).wrong(), [code], "{check}");
    }
}

#[test]
fn a_list_that_cannot_be_told_may_have_any_number_of_elements() {
    let check = "per_group: { dataset: people, key: [person_id], count: { distinct: work_role_codes, at_most: 3 } }\nidentity: [person_id]";
    for (codes, told) in [
        ("work_role_codes=[722,612,661]", "ok 1"),
        ("work_role_codes=[722,612,661,711]", "found 1"),
        ("work_role_codes=", "ok 1"),
        ("work_role_codes={}", "undecided 1 value-unreadable: people.work_role_codes"),
        ("", "undecided 1 field-absent: people.work_role_codes"),
    ] {
        assert_eq!(trial(check).with("people", &format!("person_id=1 {codes}")).told(), told, "{codes}");
    }
}
