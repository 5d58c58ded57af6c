//! Findings followed over scans, through the program: a scripted year whose
//! states were worked out by hand, a list that is cut, the same evidence twice.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::program;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Year {
    months: Vec<Month>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Month {
    as_of: String,
    accounts: Option<String>,
    people: String,
    waiver: Option<Waiver>,
    expect: Vec<String>,
    counts: String,
    exit: i32,
    #[serde(default)]
    acts: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
}

#[derive(Deserialize)]
struct Waiver {
    account: String,
    approved: String,
    expires: String,
}

/// An organisation that changes, with its ledger.
struct Place {
    folder: tempfile::TempDir,
}

const MFA: &str = "{ id: mfa, title: It has a second factor, severity: high, unit: account, identity: [account_id], each_record: { dataset: accounts, where: { field: enabled, is: true }, expect: { field: mfa, is: true } } }";
const TRAINED: &str = "{ id: trained, title: They are trained, severity: low, unit: person, identity: [person_id, entry], covers: { expected: { list: [awareness] }, subjects: { dataset: people, key: person_id, where: { field: active, is: true } }, by: { dataset: training, entry: course, subject: person } } }";

impl Place {
    fn new(as_controls: &[(&str, &str)]) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("packs/year/pack.yaml", "id: year\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\n");
        for (id, check) in as_controls {
            let text = format!(
                "id: {id}\nref: '1'\ntitle: T\ncriterion: {{ standard: T, edition: '1', clause: '1', force: requirement }}\ndetermination: D\nevidence: E\nchecks:\n  - {check}\ngrade: {{ otherwise: major }}\n"
            );
            place.write(&format!("packs/year/{id}.yaml"), &text);
        }
        place.write("work/engagement.yaml", "id: e\npacks: [year]\nscope: { work_roles: [] }\n");
        fs::create_dir_all(place.path("work/evidence")).unwrap();
        let key = place.path("key.pem").display().to_string();
        let made = common::rolecall(&["key", "new", &key, "--owner", "Ada Lovelace", "--role", "scanner", "--unencrypted"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program().current_dir(self.folder.path()).args(arguments).output().unwrap()
    }

    /// A scan into the ledger: exit code and report.
    fn scan(&self, as_of: &str, more: &[&str]) -> (i32, Value) {
        let options = ["scan", "work", "--packs-dir", "packs", "--out", "out", "--ledger", "ledger", "--key", "key.pem", "-q", "--as-of", as_of];
        let output = self.run(&[&options[..], more].concat());
        let code = output.status.code().unwrap();
        assert!(code != 2 && code != 4, "{as_of}: {}", String::from_utf8_lossy(&output.stderr));
        let bytes = fs::read(self.path("out/report.json")).unwrap();
        let report: Value = serde_json::from_slice(&bytes).unwrap();
        let problems: Vec<String> = common::schema().iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "the schema refuses the report: {problems:#?}");
        common::order::in_contract_order(&bytes);
        (code, report)
    }

    fn track(&self, what: &str, finding: &str, more: &[&str]) -> Output {
        self.run(&[&["track", what, finding, "--ledger", "ledger", "--key", "key.pem"], more].concat())
    }

    fn list(&self, more: &[&str]) -> Vec<Value> {
        let output = self.run(&[&["track", "list", "--ledger", "ledger", "--format", "json"], more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn events(&self) -> Vec<Value> {
        let output = self.run(&["track", "history", "--ledger", "ledger", "--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn name(subject: &Value) -> String {
    let fields = subject.as_object().unwrap();
    fields.get("account_id").or_else(|| fields.get("person_id")).unwrap().as_str().unwrap().to_owned()
}

fn words<'v>(entry: &'v Value, fields: &[&str]) -> Vec<&'v str> {
    fields.iter().map(|field| entry[*field].as_str().unwrap_or("-")).collect()
}

const LIFE: [&str; 5] = ["state", "first_seen", "last_seen", "owner", "due"];

/// What a report says of all findings, listed or not, one line each.
fn told(report: &Value) -> Vec<String> {
    let listed = report["findings"].as_array().unwrap().iter().map(|finding| (name(&finding["subject"]), words(&finding["lifecycle"], &LIFE)));
    let followed = report["followed_up"].as_array().unwrap().iter().map(|entry| (name(&entry["subject"]), words(entry, &LIFE)));
    let mut lines: Vec<String> = listed.chain(followed).map(|(name, life)| format!("{name} {}", life.join(" "))).collect();
    lines.sort();
    lines
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(", ").map(|pair| pair.split_once(' ').unwrap())
}

fn evidence(place: &Place, month: &Month) {
    let _ = fs::remove_file(place.path("work/evidence/accounts.csv"));
    if let Some(accounts) = &month.accounts {
        let row = |(name, mfa): (&str, &str)| {
            let (enabled, mfa) = match mfa {
                "y" => ("true", "true"),
                "n" => ("true", "false"),
                "off" => ("false", "false"),
                _ => ("true", "perhaps"),
            };
            format!("{name},{name},{enabled},{mfa},human\n")
        };
        let rows: String = pairs(accounts).map(row).collect();
        place.write("work/evidence/accounts.csv", &format!("account_id,user_name,enabled,mfa,kind\n{rows}"));
    }
    let people = pairs(&month.people).map(|(name, state)| format!("{name},{name}@e.example,{name},{}\n", state != "left"));
    place.write("work/evidence/people.csv", &format!("person_id,email,display_name,active\n{}", people.collect::<String>()));
    let trained = pairs(&month.people).filter(|(_, state)| *state != "untrained").map(|(name, _)| format!("{name},awareness,2025-12-01\n"));
    place.write("work/evidence/training.csv", &format!("person,course,completed_at\n{}", trained.collect::<String>()));
    let _ = fs::remove_file(place.path("work/waivers.yaml"));
    if let Some(Waiver { account, approved, expires }) = &month.waiver {
        let text = format!(
            "- control: y1\n  subjects: [{account}]\n  reason: R\n  compensating_measure: C\n  requester: P2\n  approver: P1\n  approved: {approved}\n  expires: {expires}\n  ticket: T-1\n"
        );
        place.write("work/waivers.yaml", &text);
    }
}

#[test]
fn a_year_of_scans_and_acts_is_what_was_worked_out_by_hand() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ledgers/year.yaml");
    let year: Year = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(year.months.len(), 12);
    let place = Place::new(&[("y1", MFA), ("y2", TRAINED)]);
    let (mut ids, mut events) = (BTreeMap::new(), 0);
    for month in &year.months {
        evidence(&place, month);
        let (code, report) = place.scan(&month.as_of, &[]);
        events += 1;
        let mut expected: Vec<&str> = month.expect.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
        expected.sort_unstable();
        assert_eq!(told(&report), expected, "{}", month.as_of);
        let counts = &report["summary"]["findings"];
        let counts = ["new", "reopened", "resolved", "not_reobserved", "subject_gone"].map(|name| counts[name].to_string()).join(" ");
        assert_eq!(counts, month.counts, "{}", month.as_of);
        assert_eq!(code, month.exit, "{}", month.as_of);
        // The register says the same as the report, and counts what came back.
        let rows = place.list(&["--all"]);
        let mut register: Vec<String> =
            rows.iter().map(|row| format!("{} {} {}", name(&row["subject"]), words(row, &LIFE).join(" "), row["repeats"])).collect();
        register.sort();
        let mut expected: Vec<&str> = month.expect.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(register, expected, "{}", month.as_of);
        ids.extend(rows.iter().map(|row| (name(&row["subject"]), row["id"].as_str().unwrap().to_owned())));
        for (act, permitted) in month.acts.iter().map(|act| (act, true)).chain(month.refused.iter().map(|act| (act, false))) {
            let parts: Vec<&str> = act.split(' ').collect();
            let more: &[&str] = match parts[..] {
                ["assign", _, owner] => &["--owner", owner],
                ["plan", _, due] => &["--due", due, "--text", "it will be done"],
                _ => &["--text", "a word"],
            };
            let output = place.track(parts[0], &ids[parts[1]], more);
            assert_eq!(output.status.code(), Some(if permitted { 0 } else { 2 }), "{act}: {}", String::from_utf8_lossy(&output.stderr));
            events += usize::from(permitted);
        }
        assert_eq!(place.events().len(), events, "one event a scan, one an act");
    }
    // The same evidence again: one event, and nothing in it.
    place.scan("2026-12-31", &[]);
    let all = place.events();
    assert_eq!(all.len(), events + 1);
    assert_eq!(all[events]["act"]["changes"], serde_json::json!([]));
    // What reads the ledger reads it through its checks.
    let verified = place.run(&["track", "verify", "--ledger", "ledger", "--against", "out"]);
    assert!(!String::from_utf8_lossy(&verified.stdout).contains("FAILED"), "{}", String::from_utf8_lossy(&verified.stdout));
    let filtered = |more: &[&str]| place.list(more).iter().map(|row| name(&row["subject"])).collect::<Vec<_>>();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(filtered(&[])), ["A1", "A8", "P4"]);
    assert_eq!(filtered(&["--owner", "Anna"]), ["A1"]);
    assert_eq!(filtered(&["--control", "y2"]), ["P4"]);
    assert_eq!(filtered(&["--severity", "low"]), ["P4"]);
    assert_eq!(sorted(filtered(&["--state", "open"])), ["A1", "A8", "P4"], "seen again, it is new or reopened no more");
    assert!(filtered(&["--overdue"]).is_empty());
    assert!(place.track("plan", &ids["A1"], &["--due", "2027-01-10", "--text", "x"]).status.success());
    assert_eq!(filtered(&["--overdue", "--as-of", "2027-01-11"]), ["A1"]);
    assert!(filtered(&["--overdue", "--as-of", "2027-01-10"]).is_empty(), "the due day itself still counts");
    // An earlier day, another organisation: nothing is scanned.
    let before = place.events().len();
    let scan = ["scan", "work", "--packs-dir", "packs", "--out", "out", "--ledger", "ledger", "--key", "key.pem", "--as-of"];
    assert_eq!(place.run(&[&scan[..], &["2026-12-30"]].concat()).status.code(), Some(2));
    place.write("work/engagement.yaml", "id: other\npacks: [year]\nscope: { work_roles: [] }\n");
    assert_eq!(place.run(&[&scan[..], &["2026-12-31"]].concat()).status.code(), Some(2));
    assert_eq!(place.events().len(), before);
}

#[test]
fn a_list_cut_at_ten_of_five_thousand_makes_no_old_one_new_and_closes_no_living_one() {
    let place = Place::new(&[("y1", MFA)]);
    let evidence = |fixed: &[String]| {
        let mut text = "account_id,user_name,enabled,mfa,kind\n".to_owned();
        for number in 0..5_000 {
            let id = format!("A{number}");
            text.push_str(&format!("{id},{id},true,{},human\n", fixed.contains(&id)));
        }
        place.write("work/evidence/accounts.csv", &text);
    };
    let listed = |report: &Value| report["findings"].as_array().unwrap().iter().map(|finding| name(&finding["subject"])).collect::<Vec<_>>();
    let states = |report: &Value| {
        report["findings"].as_array().unwrap().iter().map(|finding| finding["lifecycle"]["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    evidence(&[]);
    let (_, first) = place.scan("2026-01-31", &["--list-max", "10"]);
    let old = listed(&first);
    assert_eq!((old.len(), &first["summary"]["findings"]["total"]), (10, &serde_json::json!(5_000)));
    assert_eq!(states(&first), ["new"; 10]);
    // The ten that were listed are fixed: ten others take their places, none of them new.
    evidence(&old);
    let (_, second) = place.scan("2026-02-28", &["--list-max", "10"]);
    assert_eq!(states(&second), ["first_listed"; 10]);
    assert!(listed(&second).iter().all(|name| !old.contains(name)));
    let counts = |report: &Value| {
        ["new", "reopened", "resolved", "not_reobserved", "subject_gone"].map(|name| report["summary"]["findings"][name].as_u64().unwrap())
    };
    assert_eq!(counts(&second), [0, 0, 10, 0, 0]);
    // They come back and push the others out of the list: those live on, and are not resolved.
    let living = listed(&second);
    evidence(&[]);
    let (_, third) = place.scan("2026-03-31", &["--list-max", "10"]);
    assert_eq!(states(&third), ["reopened"; 10]);
    assert_eq!(counts(&third), [0, 10, 0, 10, 0]);
    // Ten others that no list ever showed are fixed: nothing that is listed changes.
    let hidden: Vec<String> =
        (0..5_000).map(|number| format!("A{number}")).filter(|name| !old.contains(name) && !living.contains(name)).take(10).collect();
    evidence(&hidden);
    let (_, fourth) = place.scan("2026-04-30", &["--list-max", "10"]);
    assert_eq!(states(&fourth), ["open"; 10]);
    assert_eq!(counts(&fourth), [0, 0, 0, 10, 0]);
    assert_eq!(fourth["summary"]["findings"]["total"], 4_990);
    // A whole list finds the ten again, and the rest was always there.
    let (_, whole) = place.scan("2026-05-31", &[]);
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    states(&whole).into_iter().for_each(|state| *tally.entry(state).or_default() += 1);
    assert_eq!(tally, BTreeMap::from([("first_listed".to_owned(), 4_970), ("open".to_owned(), 20)]));
}

#[test]
fn what_a_ledger_needs_is_told_before_anything_is_scanned() {
    let place = Place::new(&[("y1", MFA)]);
    place.write("work/evidence/accounts.csv", "account_id,user_name,enabled,mfa,kind\nA1,A1,true,false,human\n");
    let scan = |more: &[&str]| {
        place.run(&[&["scan", "work", "--packs-dir", "packs", "--out", "out", "--as-of", "2026-01-31", "--ledger", "ledger"], more].concat())
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let without = scan(&[]);
    assert_eq!(without.status.code(), Some(2));
    assert!(said(&without).contains("--ledger needs --key"), "{}", said(&without));
    let exploratory = scan(&["--key", "key.pem", "--pack", "year"]);
    assert_eq!(exploratory.status.code(), Some(2));
    assert!(said(&exploratory).contains("declares packs and scope"), "{}", said(&exploratory));
    assert!(!place.path("out").exists());
    assert_eq!(scan(&["--key", "key.pem"]).status.code(), Some(1));
    let accept = place.run(&["track", "accept", "F-aaaaaaaaaaaaaaaa", "--ledger", "ledger"]);
    assert_eq!(accept.status.code(), Some(2));
    assert!(said(&accept).contains("waivers.yaml"), "{}", said(&accept));
    // A ledger that does not verify: exit 4, nothing scanned, the package as it was.
    let before = fs::read(place.path("out/report.json")).unwrap();
    let lines = place.path("ledger/ledger.jsonl");
    let text = fs::read_to_string(&lines).unwrap();
    fs::write(&lines, text.replacen('A', "B", 1)).unwrap();
    place.write("work/evidence/accounts.csv", "account_id,user_name,enabled,mfa,kind\nA1,A1,true,true,human\n");
    assert_eq!(scan(&["--key", "key.pem"]).status.code(), Some(4));
    assert_eq!(fs::read(place.path("out/report.json")).unwrap(), before);
    // A package whose event was lost with a killed run: the next scan follows on what the ledger knows.
    fs::write(&lines, &text).unwrap();
    let copy = place.path("copy");
    common::copy(&place.path("ledger"), &copy);
    assert_eq!(scan(&["--key", "key.pem"]).status.code(), Some(0));
    fs::remove_dir_all(place.path("ledger")).unwrap();
    fs::rename(&copy, place.path("ledger")).unwrap();
    let (_, report) = place.scan("2026-02-28", &[]);
    assert_eq!(report["summary"]["findings"]["resolved"], 1);
    assert_eq!(place.events().len(), 2);
}

/// Nobody both approves and pays.
const APART: &str = "{ id: apart, title: Nobody both approves and pays, severity: high, unit: person, held_apart: { left: { dataset: role_holders, where: { field: role_id, is: approve }, subject: person }, right: { dataset: role_holders, where: { field: role_id, is: pay }, subject: person } }, identity: [person] }";

/// What anybody may do is named.
const MAY: &str = "{ id: may, title: It is named, severity: low, unit: permission, identity: [person, permission], each_record: { dataset: effective_permissions, expect: { field: permission, present: true } } }";

#[test]
fn who_holds_a_role_through_groups_is_there_until_nobody_says_so() {
    let place = Place::new(&[("y1", APART), ("y2", MAY)]);
    place.write("work/evidence/roles.csv", "role_id,name,built_in,permissions\napprove,A,true,Payments/Approve;Payments/Read\n");
    let scan = |as_of: &str, assignments: &str, memberships: &str| {
        place.write("work/evidence/people.csv", "person_id,email,active\n1,anna@e.example,true\n2,ben@e.example,true\n");
        place.write(
            "work/evidence/assignments.csv",
            &format!("assignment_id,principal,principal_kind,role_id\nb,ben@e.example,user,approve\n{assignments}"),
        );
        place.write("work/evidence/members.csv", &format!("group,member,member_kind\nother,ben@e.example,user\n{memberships}"));
        let (_, report) = place.scan(as_of, &[]);
        let rights = report["effective"]["rights"].as_array().unwrap();
        assert!(rights.iter().any(|rights| rights["permissions"] == serde_json::json!(["Payments/Approve", "Payments/Read"])), "{rights:?}");
        assert!(fs::read_to_string(place.path("out/report.html")).unwrap().contains("Who may do what"));
        ["new", "reopened", "resolved", "not_reobserved", "subject_gone"].map(|name| report["summary"]["findings"][name].as_u64().unwrap())
    };
    let (both, one) = ("a,approvers,group,approve\nc,anna@e.example,user,pay\n", "a,approvers,group,approve\nc,ben@e.example,user,read\n");
    let nested = "approvers,heads,group\nheads,anna@e.example,user\n";
    assert_eq!(scan("2026-01-31", both, nested), [1, 0, 0, 0, 0]);
    // Where nobody tells who is in the group, nothing is resolved.
    assert_eq!(scan("2026-02-28", one, "approvers,heads,group\n"), [0, 0, 0, 1, 0]);
    assert_eq!(scan("2026-03-31", one, nested), [0, 0, 1, 0, 0], "she still approves, and no longer pays");
    assert_eq!(scan("2026-04-30", both, nested), [0, 1, 0, 0, 0]);
    assert_eq!(scan("2026-05-31", one, "approvers,ben@e.example,user\n"), [0, 0, 0, 0, 1], "she holds nothing any more");
}
