//! What the engagement says beside evidence: where a control applies, and what its scope gives to parameters.

use super::{Case, ENABLED, accounts, check, reason, verdict};
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::report::Outcome;

const PARAMETERS: &str = "parameters:
  - { name: csirt, value: separate, about: a }
  - { name: claimed, value: [c1], from: scope.work_roles, about: a }
  - { name: places, value: [north], from: scope.sites, about: a }
tables:
  - { name: role_tasks, columns: [code, task], rows: [[c1, t1], [c2, t2]] }
";
const TASKS: &str = "{ id: tasks, title: T, severity: low, unit: task, covers: { expected: { table: role_tasks, column: task, narrowed: { column: code, any_of: [ { list: $claimed } ] } }, by: { dataset: tasks, entry: task_id } } }";
const CLAIMED: &str = "{ id: tasks, title: T, severity: low, unit: task, covers: { expected: { table: role_tasks, column: task, narrowed: { column: code, any_of: [ { dataset: people, key: work_role_codes } ] } }, by: { dataset: tasks, entry: task_id } } }";
const SITE: &str = "{ id: site, title: S, severity: low, unit: account, identity: [account_id], each_record: { dataset: accounts, expect: { field: kind, in: $places } } }";

fn case(checks: &[&str], applies_when: &str) -> Case {
    let case = Case::new(checks);
    case.write("packs/trial/pack.yaml", &format!("id: trial\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\n{PARAMETERS}"));
    if !applies_when.is_empty() {
        case.control("packs/trial/one.yaml", "one", checks, &format!("{{ otherwise: major }}\napplies_when: {applies_when}"));
    }
    case.evidence("accounts.csv", &accounts(2, 0))
}

#[test]
fn a_control_applies_where_its_parameter_says_so() {
    for (applies_when, parameters, applies, source, why) in [
        ("{ parameter: csirt, is: separate }", "", true, "pack", None),
        (
            "{ parameter: csirt, is: separate }",
            "{ csirt: embedded }",
            false,
            "engagement",
            Some("applies where `csirt` is `separate`; here it is `embedded`"),
        ),
        ("{ parameter: csirt, is: none }", "", false, "pack", Some("applies where `csirt` is `none`; here it is `separate`")),
        ("{ parameter: csirt, in: [embedded, separate] }", "{ csirt: embedded }", true, "pack", None),
        (
            "{ parameter: csirt, in: [a, b] }",
            "{ csirt: embedded }",
            false,
            "engagement",
            Some("applies where `csirt` is `a` or `b`; here it is `embedded`"),
        ),
        ("{ parameter: claimed, includes: c2 }", "{ claimed: [c1, c2] }", true, "pack", None),
        ("{ parameter: claimed, includes: c2 }", "", false, "pack", Some("applies where `claimed` includes `c2`; here it is `c1`")),
        (
            "{ parameter: claimed, includes: c2 }",
            "{ claimed: [] }",
            false,
            "engagement",
            Some("applies where `claimed` includes `c2`; here it is empty"),
        ),
    ] {
        let more = if parameters.is_empty() { String::new() } else { format!("parameters: {parameters}\n") };
        let report = case(&[ENABLED], applies_when).engagement(&more).report();
        let outcome = if applies { (Outcome::Pass, None, Exit::Good) } else { (Outcome::NotApplicable, reason("not-applicable"), Exit::Good) };
        assert_eq!(verdict(&report, "enabled"), outcome, "{applies_when}");
        let told = &report.controls[0].applicability;
        assert_eq!((told.applicable, told.source.as_str(), told.justification.as_deref()), (applies, source, why), "{applies_when}");
        // What decides whether it applies is among what was used.
        let used: Vec<&str> = check(&report, "enabled").parameters.iter().map(|used| used.name.as_str()).collect();
        assert_eq!(used, [if applies_when.contains("csirt") { "csirt" } else { "claimed" }]);
    }
}

/// No evidence makes a control inapplicable, and none makes it apply.
#[test]
fn evidence_has_no_say_in_what_applies() {
    let ruled_out = |text: &str| {
        let case = Case { declared: false, ..case(&[ENABLED], "{ parameter: csirt, is: separate }") };
        let report = case.evidence("accounts.csv", text).engagement("parameters: { csirt: embedded }\n").report();
        verdict(&report, "enabled").0
    };
    for text in ["account_id,user_name,enabled,kind\nA,u,false,IT\n", "account_id,user_name,enabled,kind\n", "\0"] {
        assert_eq!(ruled_out(text), Outcome::NotApplicable);
    }
}

#[test]
fn the_scope_gives_its_lists_to_parameters() {
    let tasks = "task_id,task,section\nt1,x,1\n";
    let report = |more: &str| case(&[TASKS, SITE], "").evidence("tasks.csv", tasks).engagement(more).report();
    let plain = report("");
    assert_eq!(verdict(&plain, "tasks"), (Outcome::Pass, None, Exit::Found));
    assert_eq!(check(&plain, "site").exceptions, 2);
    let scoped = report("scope: { work_roles: [c2], sites: [IT] }\n");
    assert_eq!(verdict(&scoped, "tasks").0, Outcome::Fail, "t2 is nobody's");
    let used = &check(&scoped, "tasks").parameters[0];
    assert_eq!((used.value.to_string().as_str(), used.set_by.as_str()), (r#"["c2"]"#, "engagement"));
    assert_eq!(verdict(&scoped, "site").0, Outcome::Pass);
    // A value that is stated for the parameter itself outranks the scope.
    let both = report("scope: { work_roles: [c2] }\nparameters: { claimed: [c1] }\n");
    assert_eq!(verdict(&both, "tasks").0, Outcome::Pass);
}

#[test]
fn who_is_out_of_scope_claims_nothing() {
    let people = "person_id,email,department,active,work_role_codes\n1,a@x.example,IT,true,c1\n2,b@x.example,Sales,true,c2\n";
    let report = |more: &str| {
        case(&[CLAIMED], "").evidence("people.csv", people).evidence("tasks.csv", "task_id,task,section\nt1,x,1\n").engagement(more).report()
    };
    let all = report("");
    assert_eq!((check(&all, "tasks").evaluated, verdict(&all, "tasks").0), (2, Outcome::Fail));
    let scoped = report("scope: { units: [IT] }\n");
    assert_eq!((check(&scoped, "tasks").evaluated, verdict(&scoped, "tasks").0), (1, Outcome::Pass));
}

#[test]
fn mistakes_are_told() {
    for (applies_when, code) in [
        ("{ parameter: none, is: a }", "unknown-parameter"),
        ("{ parameter: csirt }", "predicate-operator"),
        ("{ parameter: csirt, is: a, in: [a] }", "predicate-operator"),
        ("{ parameter: csirt, includes: a }", "wrong-parameter"),
        ("{ parameter: claimed, is: a }", "wrong-parameter"),
    ] {
        assert!(case(&[ENABLED], applies_when).refused().contains(code), "{applies_when}");
    }
    let case = case(&[ENABLED], "");
    let pack = format!("id: trial\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\n{PARAMETERS}").replace("value: [c1]", "value: c1");
    case.write("packs/trial/pack.yaml", &pack);
    assert!(case.settle().is_err_and(|problems: Diagnostics| problems.render().contains("a scope is a list")));
}
