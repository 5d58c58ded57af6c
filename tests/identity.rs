//! Who is who, from outside: no export of a tool makes a stranger somebody on
//! the roster, the names of one system never pass for another's, and what
//! cannot be told is undecided and said.

mod common;

use std::path::Path;

use common::{Scan, checks, rolecall, scan};
use serde_json::Value;

const ENGAGEMENT: &str = "id: t\nas_of: 2026-11-01\npacks: [iso-27002]\nexported_at:\n  - { path: '**', at: 2026-10-31 }\n";
const PEOPLE: &str = "person_id,email,user_name,active\n1042,anna@corp.example,anna,true\n1043,boris@corp.example,boris,false\n";
const OWNER: &str = "5.2-a-asset-owner/owner-active";
const HOLDER: &str = "5.2-privileged-holders/holder-active";

fn write(folder: &Path, files: &[(&str, &str)]) {
    std::fs::create_dir_all(folder.join("evidence")).unwrap();
    std::fs::write(folder.join("engagement.yaml"), ENGAGEMENT).unwrap();
    for (name, text) in files {
        let file = if *name == "identities.csv" || *name == "engagement.yaml" { folder.join(name) } else { folder.join("evidence").join(name) };
        std::fs::write(file, text).unwrap();
    }
}

fn scan_files(files: &[(&str, &str)]) -> Scan {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    scan(folder.path(), &[])
}

fn outcome(files: &[(&str, &str)], check: &str) -> String {
    checks(&scan_files(files).report)[check]["outcome"].as_str().unwrap().to_owned()
}

fn assets(owner: &str) -> String {
    format!("asset_id,name,owner,status,reviewed_at\nA1,x,{owner},in_use,2026-10-01\n")
}

fn assignments(rows: &str) -> String {
    format!("system,assignment_id,principal,principal_kind,role_id\n{rows}")
}

fn accounts(rows: &str) -> String {
    format!("system,account_id,user_name,email,enabled,kind\n{rows}")
}

#[test]
fn no_export_of_a_tool_makes_a_stranger_an_employee() {
    let cases: &[(&str, &str, &str)] = &[
        ("an account id that is an employee's number", "toolx,1042,ghost,ghost@evil.example,true,human\n", "ghost@evil.example"),
        ("a user name that is an employee's number", "toolx,7,1042,ghost@evil.example,true,human\n", "ghost@evil.example"),
        ("an address field that is an employee's number", "toolx,7,ghost,1042,true,human\n", "ghost"),
        ("an employee's address as the account's id", "toolx,anna@corp.example,ghost,ghost@evil.example,true,human\n", "ghost@evil.example"),
        ("an address beside an employee's", "toolx,7,ghost@evil.example,anna@corp.example,true,human\n", "ghost@evil.example"),
        (
            "a chain of two",
            "toolx,7,ghost@evil.example,anna@corp.example,true,human\ntooly,8,ghost@evil.example,wraith@evil.example,true,human\n",
            "wraith@evil.example",
        ),
        ("a leaver's address beside an employee's", "toolx,7,boris@corp.example,anna@corp.example,true,human\n", "boris@corp.example"),
    ];
    for (what, rows, owner) in cases {
        let files = [("people.csv", PEOPLE), ("accounts.csv", &accounts(rows)), ("assets.csv", &assets(owner))];
        assert_eq!(outcome(&files, OWNER), "fail", "{what}");
        let without = [("people.csv", PEOPLE), ("assets.csv", &assets(owner))];
        assert_eq!(outcome(&without, OWNER), "fail", "{what}, without the tool's export");
    }
    // An employee stays who they are whatever a tool says of them.
    for rows in ["toolx,7,anna@corp.example,boris@corp.example,true,human\n", "toolx,anna@corp.example,x,boris@corp.example,true,human\n"] {
        let files = [("people.csv", PEOPLE), ("accounts.csv", &accounts(rows)), ("assets.csv", &assets("anna@corp.example"))];
        assert_eq!(outcome(&files, OWNER), "pass", "{rows}");
    }
}

#[test]
fn an_account_of_a_stranger_with_a_known_number_belongs_to_nobody_on_the_roster() {
    for row in ["toolx,1042,ghost,ghost@evil.example,true,human\n", "toolx,7,1042,ghost@evil.example,true,human\n"] {
        let files =
            [("people.csv", PEOPLE), ("accounts.csv", &accounts(row)), ("acknowledgements.csv", "person,document,at\n1042,POL-02,2026-10-01\n")];
        assert_eq!(outcome(&files, "5.2-d-users/access-belongs-to-person"), "fail", "{row}");
    }
}

#[test]
fn two_rosters_with_the_same_numbers_are_different_people() {
    let left = "person_id,email,active\n1042,anna@corp.example,false\n1050,cleo@corp.example,true\n";
    let right = "person_id,email,active\n1042,boris@sub.example,true\n";
    let with = |owner: &str| outcome(&[("people-a.csv", left), ("people-b.csv", right), ("assets.csv", &assets(owner))], OWNER);
    assert_eq!(with("anna@corp.example"), "fail", "she left; the other 1042 is there");
    assert_eq!(with("boris@sub.example"), "pass");
    assert_eq!(with("cleo@corp.example"), "pass");
    assert_eq!(with("1050"), "pass", "a number that only one roster has");
    assert_eq!(with("1042"), "not-evaluated", "a number that two rosters have names neither");
    // Two exports of one system that overlap are no different.
    let (left, right) = (
        "WorkerID,WorkerStatus,HireDate,Email\n1042,Terminated,2020-01-01,anna@corp.example\n",
        "WorkerID,WorkerStatus,HireDate,Email\n1042,Active,2020-01-01,boris@sub.example\n",
    );
    let with = |owner: &str| outcome(&[("workers-a.csv", left), ("workers-b.csv", right), ("assets.csv", &assets(owner))], OWNER);
    assert_eq!((with("anna@corp.example"), with("boris@sub.example")), ("fail".to_owned(), "pass".to_owned()));
}

#[test]
fn a_manager_is_looked_for_on_the_own_roster_first() {
    let left = "person_id,email,active,title,manager\n1,a@corp.example,false,Boss,\n2,b@corp.example,true,Clerk,1\n";
    let right = "person_id,email,active,title,manager\n1,c@sub.example,true,Boss,\n";
    let scanned = scan_files(&[("people-a.csv", left), ("people-b.csv", right)]);
    let subjects: Vec<&Value> = scanned.report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["check"] == "manager-active")
        .map(|finding| &finding["subject"]["person_id"])
        .collect();
    assert!(subjects.contains(&&Value::from("2")), "the manager of 2 is the 1 of the same roster, who left: {subjects:?}");
}

#[test]
fn the_names_of_a_system_are_its_own() {
    let known = accounts("toolx,1043,anna,anna@corp.example,true,human\ntooly,1043,boris,boris@corp.example,true,human\n");
    let with = |row: &str| {
        let assignments = assignments(row);
        let files = [("people.csv", PEOPLE), ("accounts.csv", known.as_str()), ("assignments.csv", assignments.as_str())];
        let scanned = scan_files(&files);
        let check = checks(&scanned.report)[HOLDER].clone();
        check["outcome"].as_str().unwrap().to_owned()
    };
    for (row, expected, why) in [
        ("toolx,1,1043,user,r\n", "pass", "the system's own id"),
        ("toolx,1,anna,user,r\n", "pass", "the system's own user name"),
        ("toolx,1,ANNA@corp.example,user,r\n", "pass", "an address is the same everywhere"),
        ("tooly,1,1043,user,r\n", "fail", "the other system's 1043 is the one who left"),
        ("toolx,1,1042,user,r\n", "fail", "an employee's number is no id of the system"),
        ("tooly,1,anna,user,r\n", "fail", "a user name of another system"),
        ("toolz,1,1043,user,r\n", "not-evaluated", "a system whose accounts nobody delivered"),
        ("toolz,1,1042,user,r\n", "not-evaluated", "nor is an employee's number an id there"),
        (",1,1043,user,r\n", "not-evaluated", "a system that nobody names"),
        ("toolz,1,nobody@corp.example,user,r\n", "fail", "an address that the roster lacks"),
    ] {
        assert_eq!(with(row), expected, "{why}");
    }
}

#[test]
fn accounts_that_contradict_themselves_are_nobodys_and_told() {
    let both = accounts("toolx,9,anna@corp.example,boris@corp.example,true,human\ntoolx,8,x,anna@corp.example,true,human\n");
    let scanned = scan_files(&[("people.csv", PEOPLE), ("accounts.csv", &both), ("assignments.csv", &assignments("toolx,1,9,user,r\n"))]);
    let check = checks(&scanned.report)[HOLDER].clone();
    assert_eq!((&check["outcome"], &check["undecided"]), (&Value::from("not-evaluated"), &Value::from(1)));
    let table = scanned.report["evidence"].as_array().unwrap().iter().find(|table| table["dataset"] == "accounts").unwrap();
    let problem = table["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == "identity-conflict").unwrap();
    assert_eq!(problem["count"], 1);
    assert!(problem["message"].as_str().unwrap().contains("`9`"), "{problem}");

    // One id for two persons, or for somebody and nobody.
    for other in ["boris@corp.example", "ghost@evil.example", ""] {
        for swap in [false, true] {
            let mut rows = ["toolx,9,x,anna@corp.example,true,human\n".to_owned(), format!("toolx,9,y,{other},true,human\n")];
            rows[..].rotate_left(usize::from(swap));
            let text = accounts(&rows.concat());
            let files = [("people.csv", PEOPLE), ("accounts.csv", &text), ("assignments.csv", &assignments("toolx,1,9,user,r\n"))];
            assert_eq!(outcome(&files, HOLDER), "not-evaluated", "{other}");
        }
    }
    // Two accounts of one address are both that person's.
    let text = accounts("toolx,8,x,anna@corp.example,true,human\ntoolx,9,y,anna@corp.example,true,human\n");
    let files = [("people.csv", PEOPLE), ("accounts.csv", &text), ("assignments.csv", &assignments("toolx,1,8,user,r\ntoolx,2,9,user,r\n"))];
    assert_eq!(outcome(&files, HOLDER), "pass");
}

#[test]
fn the_ids_of_a_directory_resolve_through_its_users() {
    let context = |what: &str| format!("\"@odata.context\": \"https://graph.microsoft.com/v1.0/$metadata#{what}\"");
    let users = |employee: &str, mail: &str| {
        let user = format!(
            "{{\"id\": \"guid-1\", \"userPrincipalName\": \"a.jensen@corp.example\", \"mail\": {mail}, \"employeeId\": {employee}, \"accountEnabled\": true, \"userType\": \"Member\"}}"
        );
        format!("{{ {}, \"value\": [{user}] }}", context("users"))
    };
    let held =
        "{\"id\": \"ra-1\", \"principalId\": \"GUID-1\", \"principal\": {\"@odata.type\": \"#microsoft.graph.user\"}, \"roleDefinitionId\": \"r\"}";
    let held = format!("{{ {}, \"value\": [{held}] }}", context("roleManagement/directory/roleAssignments"));
    for (employee, mail, expected) in [
        ("\"1042\"", "null", "pass"),
        ("null", "\"anna@corp.example\"", "pass"),
        ("\"1042\"", "\"anna@corp.example\"", "pass"),
        ("\"1043\"", "null", "fail"),
        ("\"1043\"", "\"anna@corp.example\"", "not-evaluated"),
        ("\"anna\"", "null", "fail"),
        ("null", "\"1042\"", "fail"),
        ("null", "null", "fail"),
    ] {
        let files = [("people.csv", PEOPLE), ("users.json", &users(employee, mail)), ("roles.json", held.as_str())];
        assert_eq!(outcome(&files, HOLDER), expected, "{employee} {mail}");
    }
}

#[test]
fn the_order_of_rows_and_files_does_not_matter() {
    let rows = ["toolx,9,x,anna@corp.example,true,human\n", "toolx,9,y,boris@corp.example,true,human\n", "toolx,8,boris,,true,human\n"];
    let findings = |names: [&str; 3], order: [usize; 3]| {
        let text: Vec<String> = order.iter().map(|at| accounts(rows[*at])).collect();
        let held = assignments("toolx,1,9,user,r\ntoolx,2,8,user,r\n");
        let files = [
            ("people.csv", PEOPLE),
            ("assignments.csv", held.as_str()),
            (names[0], text[0].as_str()),
            (names[1], text[1].as_str()),
            (names[2], text[2].as_str()),
        ];
        let report = scan_files(&files).report;
        (checks(&report)[HOLDER].clone(), common::ids(&report), report["coverage"]["unresolved_identities"].clone())
    };
    let first = findings(["accounts-1.csv", "accounts-2.csv", "accounts-3.csv"], [0, 1, 2]);
    assert_eq!(first, findings(["accounts-1.csv", "accounts-2.csv", "accounts-3.csv"], [2, 1, 0]));
    assert_eq!(first, findings(["z.csv", "a.csv", "m.csv"], [1, 0, 2]));
}

#[test]
fn persons_of_other_systems_that_do_not_join_are_counted_once() {
    let text = accounts(
        "toolx,1,anna,anna@corp.example,true,human\ntoolx,2,ghost,ghost@evil.example,true,human\ntooly,9,g2,GHOST@evil.example,true,human\ntooly,8,svc,,true,service\n",
    );
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("people.csv", PEOPLE), ("accounts.csv", &text)]);
    let report = scan(folder.path(), &[]).report;
    assert_eq!(report["coverage"]["unresolved_identities"], 2, "the ghost of two systems, and a service");
    let inventory = rolecall(&["evidence", folder.path().to_str().unwrap(), "--format", "json"]);
    let inventory: Value = serde_json::from_slice(&inventory.stdout).unwrap();
    assert_eq!(inventory["identities"], serde_json::json!({ "resolved": 1, "unresolved": 2 }));
    let of = |dataset: &str| inventory["files"].as_array().unwrap().iter().find(|file| file["dataset"] == dataset).unwrap()["identities"].clone();
    assert_eq!((of("accounts"), of("people")), (serde_json::json!({ "joined": 1, "not_joined": 3 }), Value::Null));
}

fn with_identities(text: &str, owner: &str) -> (i32, String, Option<Value>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("people.csv", PEOPLE), ("assets.csv", &assets(owner)), ("identities.csv", text)]);
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    let output = rolecall(&["scan", folder.path().to_str().unwrap(), "--out", package.to_str().unwrap(), "-q"]);
    let report = std::fs::read(package.join("report.json")).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap());
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned(), report)
}

#[test]
fn an_alias_file_that_contradicts_itself_or_is_malformed_is_refused() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("an alias for two", "person_id,alias\n1042,The Boss\n1043,the boss\n", &["identities.csv:3", "`the boss`", "1042", "line 2"]),
        ("the same, swapped", "person_id,alias\n1043,the boss\n1042,The Boss\n", &["identities.csv:3", "`The Boss`", "1043", "line 2"]),
        ("no alias", "person_id,alias\n1042,\n", &["identities.csv:2", "alias"]),
        ("no person", "person_id,alias\n\n ,x\n", &["identities.csv:3", "person_id"]),
        ("a wrong header", "person,alias\n1042,x\n", &["identities.csv:1", "person_id"]),
        ("a header twice", "person_id,alias,alias\n1042,x,y\n", &["identities.csv:1", "alias"]),
        ("a cell too many", "person_id,alias\n1042,x,y\n", &["identities.csv:2", "cells"]),
        ("an open quote", "person_id,alias\n1042,\"x\n", &["identities.csv:2", "quote"]),
        ("nothing", "", &["identities.csv"]),
    ];
    for (what, text, told) in cases {
        let (code, stderr, report) = with_identities(text, "the boss");
        assert_eq!(code, 2, "{what}: {stderr}");
        assert!(report.is_none(), "{what}");
        for words in *told {
            assert!(stderr.contains(words), "{what}: `{words}` is not in {stderr}");
        }
        assert!(stderr.contains("help:"), "{what}: {stderr}");
    }
    let (_, stderr, _) = with_identities("person_id,alias\n1042,\n1043,\n1042,x\n1043,X\n", "x");
    assert_eq!(stderr.matches("error[identities]").count(), 3, "all at once: {stderr}");
}

#[test]
fn aliases_are_believed_where_the_roster_leaves_it_open() {
    let owner = |text: &str, owner: &str| {
        let (_, stderr, report) = with_identities(text, owner);
        let report = report.unwrap_or_else(|| panic!("{stderr}"));
        let limitations = report["summary"]["limitations"].to_string();
        (checks(&report)[OWNER]["outcome"].as_str().unwrap().to_owned(), limitations)
    };
    assert_eq!(owner("person_id,alias\n1042,The Boss\n1042,the boss\n", "the boss").0, "pass", "said twice is no contradiction");
    assert_eq!(owner("alias;person_id\nthe boss;1043\n", "the boss").0, "fail");
    let (outcome, limitations) = owner("person_id,alias\n7,the boss\n8,x\n1042,anna.j@corp.example\n", "anna.j@corp.example");
    assert_eq!(outcome, "pass");
    assert!(limitations.contains("identities.csv") && limitations.contains("`7`") && limitations.contains("`8`"), "{limitations}");
    // The roster's own name of somebody else is no alias.
    let (outcome, limitations) = owner("person_id,alias\n1042,boris@corp.example\n", "boris@corp.example");
    assert_eq!(outcome, "not-evaluated");
    assert!(limitations.contains("boris@corp.example"), "{limitations}");
}

#[test]
fn an_alias_may_hold_in_one_system_only() {
    let folder = tempfile::tempdir().unwrap();
    let held = assignments("toolx,1,77,user,r\n");
    for (aliases, expected) in [
        ("person_id,alias,system\n1042,77,toolx\n", "pass"),
        ("person_id,alias,system\n1043,77,toolx\n1042,77,tooly\n", "fail"),
        ("person_id,alias,system\n1042,77,tooly\n", "not-evaluated"),
        ("person_id,alias\n1042,77\n", "pass"),
        ("person_id,alias,system\n1042,77,\n1043,77,toolx\n", "fail"),
    ] {
        write(folder.path(), &[("people.csv", PEOPLE), ("assignments.csv", &held), ("identities.csv", aliases)]);
        assert_eq!(checks(&scan(folder.path(), &[]).report)[HOLDER]["outcome"], expected, "{aliases}");
    }
}

#[test]
fn a_source_may_hold_the_names_of_another_systems_accounts() {
    let users = "id: my-users\ntitle: Users\nsystem: corpdir\nformat: csv\nrecognise: { headers: [uid, mail] }\ntables:\n  - dataset: accounts\n    fields:\n      account_id: { from: uid }\n      email: { from: mail }\n    identity:\n      joins: { email: [email] }\n      binds: [account_id]\n";
    let held = |names_of: &str| {
        format!(
            "id: my-roles\ntitle: Roles\nsystem: device-manager\nformat: csv\nrecognise: {{ headers: [grant, uid] }}\ntables:\n  - dataset: role_assignments\n    fields:\n      assignment_id: {{ from: grant }}\n      principal: {{ from: uid }}\n      principal_kind: {{ constant: user }}\n    identity: {{{names_of}}}\n"
        )
    };
    let renamed = "scope:\n  systems:\n    - { name: Corporate directory, source: my-users, datasets: [accounts] }\n";
    for (names_of, scope, expected) in [
        (" names_of: corpdir ", "", "pass"),
        (" names_of: corpdir ", renamed, "pass"),
        (" names_of: device-manager ", "", "not-evaluated"),
        ("", "", "not-evaluated"),
    ] {
        let (folder, sources) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(folder.path(), &[("people.csv", PEOPLE), ("users.csv", "uid,mail\n1043,anna@corp.example\n"), ("grants.csv", "grant,uid\ng1,1043\n")]);
        std::fs::write(folder.path().join("engagement.yaml"), format!("{ENGAGEMENT}{scope}")).unwrap();
        std::fs::write(sources.path().join("my-users.yaml"), users).unwrap();
        std::fs::write(sources.path().join("my-roles.yaml"), held(names_of)).unwrap();
        let scanned = scan(folder.path(), &["--sources-dir", sources.path().to_str().unwrap()]);
        assert_eq!(checks(&scanned.report)[HOLDER]["outcome"], expected, "{names_of} {scope}");
    }
}

#[test]
fn accounts_that_are_known_to_be_incomplete_leave_a_missing_name_undecided() {
    let text = accounts("toolx,8,x,anna@corp.example,true,human\ntoolx,broken\n");
    for (row, expected) in [("toolx,1,9,user,r\n", "not-evaluated"), ("toolx,1,8,user,r\n", "pass")] {
        let files = [("people.csv", PEOPLE), ("accounts.csv", &text), ("assignments.csv", &assignments(row))];
        assert_eq!(outcome(&files, HOLDER), expected, "{row}");
    }
}
