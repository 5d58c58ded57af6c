use super::{trial, trials};

/// A check that role assignments' tags are so.
fn tags(expect: &str) -> String {
    format!("each_record: {{ dataset: role_assignments, expect: {expect} }}\nidentity: [assignment_id]")
}

fn told(expect: &str, record: &str) -> String {
    trial(&tags(expect)).with("role_assignments", &format!("assignment_id=a {record}")).told()
}

#[test]
fn something_holds_of_any_element_or_of_every_one() {
    for (record, any, every) in [
        ("scope_tags=[north,norm]", "ok 1", "ok 1"),
        ("scope_tags=[east,north]", "ok 1", "found a"),
        ("scope_tags=[east,west]", "found a", "found a"),
        // Of nothing nothing holds.
        ("scope_tags=", "found a", "found a"),
        ("role_id=r", "undecided 1 field-absent: role_assignments.scope_tags", "undecided 1 field-absent: role_assignments.scope_tags"),
        ("scope_tags={}", "undecided 1 value-unreadable: role_assignments.scope_tags", "undecided 1 value-unreadable: role_assignments.scope_tags"),
    ] {
        assert_eq!(told("{ field: scope_tags, any_element: { starts_with: nor } }", record), any, "{record}");
        assert_eq!(told("{ field: scope_tags, every_element: { starts_with: nor } }", record), every, "{record}");
    }
}

#[test]
fn one_element_must_have_all_that_is_asked_of_an_element() {
    let both = "{ field: scope_tags, any_element: { all: [ { starts_with: n }, { not: { matches: 'h$' } }, { length: { at_least: 3 } } ] } }";
    assert_eq!(told(both, "scope_tags=[north,now]"), "ok 1");
    // Each has one of them; none has all.
    assert_eq!(told(both, "scope_tags=[north,east,no]"), "found a");
    // As tests of the whole field they may be met by different elements.
    let apart = "{ all: [ { field: scope_tags, any_element: { starts_with: n } }, { field: scope_tags, any_element: { not: { matches: 'h$' } } } ] }";
    assert_eq!(told(apart, "scope_tags=[north,east]"), "ok 1");
    assert_eq!(told("{ field: scope_tags, every_element: { any: [ { is: a }, { is_not: a } ] } }", "scope_tags=[a,b]"), "ok 1");
}

#[test]
fn what_cannot_be_told_of_one_element_matters_only_where_no_other_decides() {
    let (any, every) =
        ("{ field: scope_tags, any_element: { number: { at_least: 3 } } }", "{ field: scope_tags, every_element: { number: { at_least: 3 } } }");
    let unreadable = "undecided 1 value-unreadable: role_assignments.scope_tags";
    for (tags, any_told, every_told) in [("x,5", "ok 1", unreadable), ("x,1", unreadable, "found a"), ("5,3", "ok 1", "ok 1")] {
        assert_eq!(told(any, &format!("scope_tags=[{tags}]")), any_told, "{tags}");
        assert_eq!(told(every, &format!("scope_tags=[{tags}]")), every_told, "{tags}");
    }
}

#[test]
fn elements_are_looked_up_and_compared_with_other_fields() {
    let site = "{ field: scope_tags, every_element: { found_in: { dataset: sites, key: site_id } } }";
    let told_of = |expect: &str, elements: &str, sites: &str| {
        trial(&tags(expect)).with("sites", sites).with("role_assignments", &format!("assignment_id=a role_id=north scope_tags=[{elements}]")).told()
    };
    assert_eq!(told_of(site, "north,south", "site_id=north; site_id=south"), "ok 1");
    assert_eq!(told_of(site, "north,east", "site_id=north; site_id=south"), "found a");
    // What dangles in a dataset that is not whole may be there.
    assert_eq!(told_of(site, "north,east", "site_id=north; broken"), "undecided 1 incomplete-population: sites");
    assert_eq!(told_of("{ field: scope_tags, any_element: { same_as: role_id } }", "south,north", "site_id=x"), "ok 1");
    assert_eq!(told_of("{ field: scope_tags, any_element: { same_as: role_id } }", "south", "site_id=x"), "found a");
}

#[test]
fn a_field_that_is_no_list_has_one_element_which_is_a_person_where_the_field_is() {
    let anna = |record: &str| trial(&tags("{ field: principal, any_element: { is: anna } }")).roster().with("role_assignments", record).told();
    assert_eq!(anna("assignment_id=a principal=1"), "ok 1");
    assert_eq!(anna("assignment_id=a principal=2"), "found a");
    assert_eq!(anna("assignment_id=a principal=stranger"), "undecided 1 person-unresolved: role_assignments.principal");
}

#[test]
fn sets_are_compared_whatever_the_order_and_however_often_something_stands_there() {
    for (record, equal, subset, superset) in [
        ("scope_tags=[b,a]", "ok 1", "ok 1", "ok 1"),
        ("scope_tags=[a,b,a]", "ok 1", "ok 1", "ok 1"),
        ("scope_tags=[a]", "found x", "ok 1", "found x"),
        ("scope_tags=[a,b,c]", "found x", "found x", "ok 1"),
        ("scope_tags=[c]", "found x", "found x", "found x"),
        ("scope_tags=", "found x", "found x", "found x"),
    ] {
        for (operator, wanted) in [("set_equals", equal), ("subset_of", subset), ("superset_of", superset)] {
            let expect = format!("{{ field: scope_tags, {operator}: {{ list: [a, b] }} }}");
            assert_eq!(told(&expect, record).replace("found a", "found x"), wanted, "{operator} {record}");
        }
    }
    assert_eq!(told("{ field: scope_tags, set_equals: { list: [a, b] } }", "role_id=r"), "undecided 1 field-absent: role_assignments.scope_tags");
}

#[test]
fn a_tables_rows_are_those_of_the_record() {
    let whole = "{ field: scope_tags, set_equals: { table: rows, column: title } }";
    let own = "{ field: scope_tags, set_equals: { table: rows, column: title, rows: { id: role_id } } }";
    assert_eq!(told(whole, "scope_tags=[Second,First]"), "ok 1");
    assert_eq!(told(own, "role_id=r1 scope_tags=[First]"), "ok 1");
    assert_eq!(told(own, "role_id=r2 scope_tags=[First]"), "found a");
    for operator in ["set_equals", "subset_of", "superset_of"] {
        let expect = own.replace("set_equals", operator);
        // What the table does not speak of conforms to nothing in it.
        assert_eq!(told(&expect, "role_id=r3 scope_tags=[First]"), "found a");
        assert_eq!(told(&expect, "role_id= scope_tags=[First]"), "found a");
        assert_eq!(told(&expect, "scope_tags=[First]"), "undecided 1 field-absent: role_assignments.role_id");
    }
}

#[test]
fn several_checks_of_one_column_are_told_the_same_as_each_alone() {
    let expects = [
        "{ field: scope_tags, any_element: { starts_with: n } }",
        "{ field: scope_tags, every_element: { starts_with: n } }",
        "{ field: scope_tags, set_equals: { list: [n] } }",
        "{ field: scope_tags, subset_of: { table: rows, column: title, rows: { id: role_id } } }",
        "{ field: scope_tags, any_element: { found_in: { dataset: sites, key: site_id } } }",
        "{ field: scope_tags, superset_of: { list: [n, m] } }",
    ];
    let kinds: Vec<String> = expects.iter().map(|expect| tags(expect)).collect();
    let ids = ["k1", "k2", "k3", "k4", "k5", "k6"];
    let all: Vec<(&str, &str)> = ids.into_iter().zip(kinds.iter().map(String::as_str)).collect();
    let records = |number: usize| {
        let tags = ["scope_tags=[n]", "scope_tags=[m,n]", "scope_tags=", "scope_tags={}", "", "scope_tags=[First]"][number % 6];
        format!("assignment_id=a{number} role_id={} {tags}", ["r1", "r2", ""][number / 6 % 3])
    };
    let records = (0..72).map(records).collect::<Vec<_>>().join("; ");
    let run = |checks: &[(&str, &str)]| trials(checks).with("sites", "site_id=n").with("role_assignments", &records).run_all();
    let together = run(&all);
    for (number, check) in all.iter().enumerate() {
        assert_eq!(run(&[*check])[0].to_string(), together[number].to_string());
    }
}

#[test]
fn the_sentence_tells_what_holds_of_elements() {
    let procedure = |expect: &str| {
        let procedure = trial(&tags(expect)).with("role_assignments", "assignment_id=a").run().result.procedure;
        procedure.trim_start_matches("For each record of `role_assignments`: ").to_owned()
    };
    for (expect, words) in [
        ("{ field: scope_tags, any_element: { starts_with: n } }", "any element of `scope_tags` begins with `n`."),
        (
            "{ field: scope_tags, every_element: { all: [ { starts_with: n }, { not: { is: now } } ] } }",
            "of every element of `scope_tags` it holds that (it begins with `n` and (it is not so that it is `now`)).",
        ),
        ("{ field: scope_tags, subset_of: { list: [a, b] } }", "`scope_tags` has no other elements than `a` and `b`."),
        (
            "{ field: scope_tags, set_equals: { table: rows, column: title, rows: { id: role_id } } }",
            "`scope_tags` has exactly the elements that are a `title` of a row whose `id` is the record's `role_id` of the pack's table `rows`.",
        ),
        ("{ not: { field: scope_tags, any_element: { in: [a, b] } } }", "it is not so that any element of `scope_tags` is `a` or `b`."),
    ] {
        assert_eq!(procedure(expect), words);
    }
}

#[test]
fn mistakes_are_told() {
    for (expect, codes) in [
        ("{ field: scope_tags, any_element: { field: scope_tags, is: a } }", vec!["predicate-form"]),
        ("{ field: scope_tags, any_element: { all: [ { is: a } ], not: { is: a } } }", vec!["predicate-form"]),
        ("{ field: scope_tags, any_element: { is: a, starts_with: b } }", vec!["predicate-operator"]),
        ("{ field: scope_tags, any_element: { contains: a } }", vec!["predicate-kind"]),
        ("{ field: role_id, set_equals: { list: [a] } }", vec!["predicate-kind"]),
        ("{ field: scope_tags, set_equals: { list: [a], table: rows } }", vec!["wrong-target"]),
        ("{ field: scope_tags, set_equals: { table: rows, column: none } }", vec!["unknown-column"]),
        ("{ field: scope_tags, set_equals: { table: rows, column: title, rows: { none: role_id } } }", vec!["unknown-column"]),
        ("{ field: scope_tags, set_equals: { table: rows, column: title, rows: { id: none } } }", vec!["unknown-field"]),
        ("{ field: scope_tags, set_equals: { table: rows, column: title, rows: { id: scope_tags } } }", vec!["list-key"]),
        ("{ field: scope_tags, any_element: { is: $none } }", vec!["unknown-parameter"]),
    ] {
        assert_eq!(trial(&tags(expect)).wrong(), codes, "{expect}");
    }
}

#[test]
fn the_first_element_is_the_first_of_the_export() {
    let check = "each_record: { dataset: positions, expect: { field: work_role_codes, first_element: { is: '722' } } }\nidentity: [position_id]";
    for (codes, told) in [
        ("work_role_codes=[722,511]", "ok 1"),
        ("work_role_codes=[511,722]", "found p"),
        ("work_role_codes=[722]", "ok 1"),
        ("work_role_codes=", "found p"),
        ("work_role_codes={}", "undecided 1 value-unreadable: positions.work_role_codes"),
    ] {
        assert_eq!(trial(check).with("positions", &format!("position_id=p {codes}")).told(), told, "{codes}");
    }
    let run = trial(check).with("positions", "position_id=p work_role_codes=[722]").run();
    assert!(run.result.procedure.contains("the first element of `work_role_codes` is `722`"), "{}", run.result.procedure);
}
