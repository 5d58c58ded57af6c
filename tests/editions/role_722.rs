//! Role 722 under three editions: the same office, three lists of statements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::common::{Scan, checks, copy, organisation, rolecall, scan};
use super::lists::{Row, by, column, derived, parts, table};
use super::office::{Found, Office, Tasks, found, is_task_id, tasks_of};

fn nice_core() -> Tasks {
    tasks_of("controls/nice/tables/core-tasks.csv", "code", "task")
}

fn nice_additional() -> Tasks {
    tasks_of("controls/nice/tables/additional-tasks.csv", "code", "task")
}

fn dcwf_core() -> Tasks {
    tasks_of("controls/dcwf/tables/core-tasks.csv", "code", "statement")
}

fn dcwf_additional() -> Tasks {
    tasks_of("controls/dcwf/tables/additional-tasks.csv", "code", "statement")
}

fn components() -> Tasks {
    tasks_of("controls/nice-2.1.0/tables/role-tasks.csv", "claim", "task")
}

fn ids(tasks: &[Tasks]) -> BTreeSet<String> {
    tasks.iter().flat_map(|tasks| tasks.keys().cloned()).collect()
}

/// Numbers of the DoD by the ids of NICE 2017 that its list ties to them.
fn tied() -> BTreeMap<String, String> {
    by(&table("controls/dcwf/tables/nist-ids.csv"), "statement", "task")
}

fn under(edition: &str) -> Scan {
    scan(&organisation("fairlight"), &["--pack", edition])
}

/// Codes by which an edition knows roles, and those by which any does.
fn codes(edition: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |path: &str, name: &str| column(&table(path), name);
    let (nice, components) = ("controls/nice/tables/work-roles.csv", "controls/nice-2.1.0/tables/role-names.csv");
    let dcwf = of("controls/dcwf/tables/work-roles.csv", "code");
    let nice = &of(nice, "code") | &of(nice, "role");
    // Two roles of 2.1.0 have no code; the list of names has every id and every code.
    let components = &of(components, "name") | &of("controls/nice-2.1.0/tables/work-roles.csv", "role");
    let none = BTreeSet::from(["000".to_owned()]);
    let all = &(&(&nice | &components) | &dcwf) | &none;
    let own = match edition {
        "nice" => nice,
        "dcwf" => dcwf,
        _ => components,
    };
    (&own | &none, all)
}

fn expected(edition: &str) -> BTreeSet<Found> {
    let office = Office::read();
    let (own, all) = codes(edition);
    let (of_2017, of_components) =
        (column(&table("controls/nice/tables/tasks.csv"), "task"), column(&table("controls/nice-2.1.0/tables/tasks.csv"), "task"));
    let mut expected: Vec<Found> = Vec::new();
    match edition {
        "nice" => {
            let withdrawn: Vec<Row> = table("controls/nice/tables/tasks.csv").into_iter().filter(|row| !row["withdrawn"].is_empty()).collect();
            let withdrawn = column(&withdrawn, "task");
            expected.extend(office.given_out("core-tasks-of-scope", &nice_core()));
            expected.extend(office.given_out("additional-tasks-of-scope", &nice_additional()));
            expected.extend(office.holders("responsible-holds-role", "title-holds-role", "task", &nice_core(), "title"));
            expected.extend(office.cells_where("task-ids", "id-of-edition", |text| is_task_id(text) && !of_2017.contains(text)));
            expected.extend(office.cells_where("task-ids", "id-not-withdrawn", |text| withdrawn.contains(text)));
            expected.extend(office.codes("codes-positions", &own, &all));
            expected.extend(office.rows_themselves(""));
        }
        "dcwf" => {
            let known: BTreeSet<String> = tied().into_values().collect();
            expected.extend(office.given_out("dcwf-core-tasks-of-scope", &dcwf_core()));
            expected.extend(office.given_out("dcwf-additional-tasks-of-scope", &dcwf_additional()));
            expected.extend(office.holders("dcwf-responsible-holds-role", "doer-holds-role", "statement", &dcwf_core(), "person_id"));
            expected.extend(office.cells_where("dcwf-task-numbers", "nist-id-tied", |text| is_task_id(text) && !known.contains(text)));
            expected.extend(office.codes("dcwf-codes-positions", &own, &all));
            expected.extend(office.rows_themselves("dcwf-"));
        }
        _ => {
            let gone = &of_2017 - &of_components;
            expected.extend(office.given_out("2.1.0-tasks-of-scope", &components()));
            expected.extend(office.holders("2.1.0-responsible-holds-role", "doer-holds-role", "task", &components(), "person_id"));
            let of_none = |text: &str| is_task_id(text) && !of_components.contains(text) && !of_2017.contains(text);
            expected.extend(office.cells_where("2.1.0-task-ids", "id-of-edition", of_none));
            expected.extend(office.cells_where("2.1.0-task-ids", "id-not-2017", |text| gone.contains(text)));
            expected.extend(office.codes("2.1.0-codes-positions", &own, &all));
            expected.extend(office.rows_themselves("2.1.0-"));
        }
    }
    let set: BTreeSet<Found> = expected.iter().cloned().collect();
    assert_eq!(set.len(), expected.len(), "expected twice");
    set
}

#[test]
fn the_statements_of_role_722_are_those_that_the_editions_publish() {
    let (core, additional, new) = (dcwf_core(), dcwf_additional(), components());
    let of_2017 = ids(&[nice_core(), nice_additional()]);
    assert_eq!((nice_core().len(), nice_additional().len(), of_2017.len()), (29, 24, 53));
    assert_eq!((core.len(), additional.len(), new.len()), (29, 25, 76));
    let tied = tied();
    let to_2017 = |tasks: &Tasks| tasks.keys().map(|number| tied[number].clone()).collect::<BTreeSet<_>>();
    assert_eq!(to_2017(&core), ids(&[nice_core()]), "core is the same under other numbers");
    assert_eq!(&to_2017(&additional) - &ids(&[nice_additional()]), BTreeSet::from(["T0086".to_owned()]));
    assert!(of_2017.is_disjoint(&ids(&[new.clone()])), "no id is shared");

    let (Some(pairs), Some(numbers), Some(statements)) =
        (derived("nice-2017_role-tasks.csv"), derived("dcwf-5.1_role-ksats.csv"), derived("nice-2.1.0_role-statements.csv"))
    else {
        return;
    };
    let of = |rows: &[Row], id: &str, wanted: &[(&str, &str)]| {
        let own: Vec<Row> = rows.iter().filter(|row| wanted.iter().all(|(name, value)| row[*name] == *value)).cloned().collect();
        column(&own, id)
    };
    assert_eq!(of(&pairs, "task_id", &[("role_id", "OV-MGT-001")]), of_2017);
    for (mark, tasks) in [("C", core), ("A", additional)] {
        assert_eq!(of(&numbers, "dcwf_no", &[("dcwf_code", "722"), ("kind", "Task"), ("core_or_additional", mark)]), ids(&[tasks]), "{mark}");
    }
    assert_eq!(of(&statements, "statement_id", &[("role_id", "OG-WRL-014"), ("kind", "task")]), ids(&[new]));
}

#[test]
fn each_edition_finds_what_its_statements_ask_for_and_nothing_else() {
    for edition in ["nice", "dcwf", "nice-2.1.0"] {
        let scanned = under(edition);
        assert_eq!(scanned.code, 1, "{edition}: {}", scanned.stderr);
        let (found, expected) = (found(&scanned.report), expected(edition));
        assert_eq!(expected.difference(&found).collect::<Vec<_>>(), Vec::<&Found>::new(), "{edition}: expected, not found");
        assert_eq!(found.difference(&expected).collect::<Vec<_>>(), Vec::<&Found>::new(), "{edition}: found, not expected");
        for (id, check) in checks(&scanned.report) {
            assert!(["pass", "fail", "not-applicable"].contains(&check["outcome"].as_str().unwrap()), "{edition}: {id}: {check}");
            assert_eq!(check["undecided"], 0, "{edition}: {id}");
        }
    }
}

#[test]
fn every_task_of_role_722_is_asked_for_and_no_other() {
    let populations = [
        ("nice", "core-tasks-of-scope/one-responsible", 29),
        ("nice", "additional-tasks-of-scope/one-responsible", 24),
        ("dcwf", "dcwf-core-tasks-of-scope/one-accountable", 29),
        ("dcwf", "dcwf-additional-tasks-of-scope/one-accountable", 25),
        ("nice-2.1.0", "2.1.0-tasks-of-scope/one-responsible", 76),
    ];
    for (edition, check, population) in populations {
        assert_eq!(checks(&under(edition).report)[check]["population"], population, "{check}");
    }
}

/// Letter and task of what is open in the controls on tasks, core or not, by the ids of NICE 2017.
fn open(edition: &str) -> BTreeSet<(String, String)> {
    let tied = tied();
    let tasks = found(&under(edition).report).into_iter().filter(|(_, check, _)| check.starts_with("one-"));
    let id = |subject: &BTreeMap<String, String>| tied.get(&subject["entry"]).filter(|_| edition == "dcwf").unwrap_or(&subject["entry"]).clone();
    tasks.map(|(_, check, subject)| (check, id(&subject))).collect()
}

#[test]
fn the_results_differ_by_the_statements_alone() {
    let (nice, dcwf, components) = (open("nice"), open("dcwf"), open("nice-2.1.0"));
    let set = |pairs: &[(&str, &str)]| pairs.iter().map(|(check, id)| ((*check).to_owned(), (*id).to_owned())).collect::<BTreeSet<_>>();
    // T0086 is the role's in the one only; T0097 is worded anew there; a row calls T0099 by the DoD's number.
    assert_eq!(&dcwf - &nice, set(&[("one-responsible", "T0086"), ("one-responsible", "T0097"), ("one-accountable", "T0097")]));
    assert_eq!(&nice - &dcwf, set(&[("one-responsible", "T0099"), ("one-accountable", "T0099")]));
    assert!(nice.is_disjoint(&components), "two lists of tasks, no common id");
    assert!(!components.is_empty() && !(&nice & &dcwf).is_empty());
}

#[test]
fn a_task_for_which_nobody_gave_a_word_is_undecided_and_no_finding() {
    for (edition, control, id) in
        [("nice", "core-tasks-of-scope", "T0091"), ("dcwf", "dcwf-core-tasks-of-scope", "584"), ("nice-2.1.0", "2.1.0-tasks-of-scope", "T1180")]
    {
        let temporary = tempfile::tempdir().unwrap();
        copy(&organisation("fairlight"), temporary.path());
        let file = temporary.path().join("engagement.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let less: String = text.lines().filter(|line| !line.contains(&format!("is: '{id}' }}"))).map(|line| format!("{line}\n")).collect();
        assert_ne!(text, less);
        std::fs::write(&file, less).unwrap();
        let scanned = scan(temporary.path(), &["--pack", edition]);
        let check = checks(&scanned.report)[&format!("{control}/one-responsible")].clone();
        assert_eq!(
            (scanned.code, &check["outcome"], &check["reason"]),
            (3, &Value::from("not-evaluated"), &Value::from(format!("unmapped-term: {id}")))
        );
        assert_eq!(scanned.report["coverage"]["unmapped_terms"], serde_json::json!([id]));
    }
}

/// `diff packs` as it tells of role 722, and all that it says is touched.
fn compared(later: &str) -> (Value, Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    let (office, package) = (organisation("fairlight").display().to_string(), package.display().to_string());
    rolecall(&["scan", &office, "--out", &package, "-q", "--pack", "nice"]);
    let output = rolecall(&["diff", "packs", "nice", later, "--format", "json", "--report", &package]);
    let diff: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let role = diff["roles"].as_array().unwrap().iter().find(|role| role["id"] == "OV-MGT-001").unwrap().clone();
    let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("package/report.json")).unwrap()).unwrap();
    (role, diff["touched"].clone(), report)
}

#[test]
fn diff_packs_says_the_same_of_role_722() {
    let of_2017 = ids(&[nice_core(), nice_additional()]);
    let links = table("controls/dcwf/links/dcwf-5.1_nice-2017.csv");
    for (later, fate, became, theirs) in
        [("dcwf", "kept", "722", ids(&[dcwf_core(), dcwf_additional()])), ("nice-2.1.0", "renamed", "OG-WRL-014", ids(&[components()]))]
    {
        let (role, touched, report) = compared(later);
        let pairs: BTreeSet<(String, String)> = links
            .iter()
            .filter(|link| later == "dcwf" && of_2017.contains(&link["to"]) && theirs.contains(&link["from"]))
            .map(|link| (link["to"].clone(), link["from"].clone()))
            .collect();
        let gone: Vec<&String> = of_2017.iter().filter(|task| !pairs.iter().any(|(old, _)| old == *task)).collect();
        let added: Vec<&String> = theirs.iter().filter(|task| !pairs.iter().any(|(_, new)| new == *task)).collect();
        assert_eq!((&role["fate"], &role["became"][0][0]), (&Value::from(fate), &Value::from(became)));
        let told = &role["statements"];
        assert_eq!((&told["old"], &told["new"]), (&Value::from(53), &Value::from(theirs.len())));
        assert_eq!(told["counterparts"], serde_json::json!(pairs), "{later}");
        assert_eq!((&told["gone"], &told["added"]), (&serde_json::json!(gone), &serde_json::json!(added)), "{later}");
        assert_eq!((pairs.len(), gone.len(), added.len()), if later == "dcwf" { (53, 0, 1) } else { (0, 53, 76) });
        if later == "dcwf" {
            assert_eq!(told["added"], serde_json::json!(["572"]));
        }
        is_touched(&touched, &report, &gone);
    }
}

/// All open findings are touched, for the later pack has other controls; those about a task that is gone say so.
fn is_touched(touched: &Value, report: &Value, gone: &[&String]) {
    let by_id =
        |list: &Value| list.as_array().unwrap().iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one.clone())).collect::<BTreeMap<_, _>>();
    let (touched, findings) = (by_id(touched), by_id(&report["findings"]));
    assert_eq!(touched.keys().collect::<Vec<_>>(), findings.keys().collect::<Vec<_>>());
    for (id, finding) in findings {
        assert_eq!(touched[&id]["subject"], finding["subject"]);
        let because: Vec<&str> = touched[&id]["because"].as_array().unwrap().iter().map(|because| because.as_str().unwrap()).collect();
        assert!(because.contains(&&*format!("the control {} is not in NEW", finding["control"].as_str().unwrap())), "{because:?}");
        let about: BTreeSet<&str> = finding["subject"].as_object().unwrap().values().flat_map(|value| parts(value.as_str().unwrap())).collect();
        for task in gone {
            let told = because.contains(&&*format!("`{task}` has no counterpart for OV-MGT-001"));
            assert_eq!(told, about.contains(task.as_str()), "{task}: {because:?}");
        }
    }
}
