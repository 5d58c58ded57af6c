//! Hostile evidence at the readers' door: no byte of it takes more with it
//! than its own record, nothing in it is obeyed, and no shape of it costs
//! more than its length.

mod common;

use std::fs;
use std::path::Path;

use common::{checks, copy, determinations, organisation, rolecall, scan};
use serde_json::{Value, json};

/// A copy of the clean organisation without control totals, which would tell of every gap by themselves.
fn clean() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean"), folder.path());
    let file = folder.path().join("engagement.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("  - { dataset:") && !line.starts_with("control_totals:")).collect();
    fs::write(&file, kept.join("\n")).unwrap();
    folder
}

fn change(folder: &Path, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let file = folder.join("evidence").join(name);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, change(bytes)).unwrap();
}

/// The tables of a file.
fn tables<'r>(report: &'r Value, path: &str) -> Vec<&'r Value> {
    report["evidence"].as_array().unwrap().iter().filter(|table| table["path"] == path).collect()
}

fn codes(table: &Value) -> Vec<&str> {
    table["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

fn unused(report: &Value) -> Vec<&str> {
    report["coverage"]["evidence_unused"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

fn replaced(bytes: &[u8], from: &str, to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap_or_else(|| panic!("{from} is not there"));
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

type Break = fn(Vec<u8>) -> Vec<u8>;

#[test]
fn one_broken_byte_rejects_one_record_and_satisfies_nothing() {
    let folder = clean();
    let before = determinations(&scan(folder.path(), &[]).report);
    let cases: [(&str, &str, Break); 8] = [
        ("assets.csv", "zero-byte", |bytes| replaced(&bytes, "\n", b"\n\0")),
        ("assets.csv", "invalid-utf-8", |bytes| replaced(&bytes, "\n", b"\n\xff")),
        ("policies/POL-01-roles.md", "invalid-utf-8", |bytes| [&bytes[..], b"\xff"].concat()),
        ("policies/POL-01-roles.md", "zero-byte", |bytes| [&bytes[..], b"\0"].concat()),
        ("entra-audit.ndjson", "invalid-json", |bytes| replaced(&bytes, "{", b"")),
        ("entra-audit.ndjson", "invalid-json", |bytes| replaced(&bytes, "}\n", b"\n")),
        ("entra-users-1.json", "text-after-end", |bytes| [&bytes[..], b"\0"].concat()),
        ("entra-users-1.json", "zero-byte", |bytes| replaced(&bytes, "Amina", b"Amin\0")),
    ];
    for (name, code, broken) in cases {
        let folder = clean();
        change(folder.path(), name, broken);
        let scanned = scan(folder.path(), &[]);
        let found = tables(&scanned.report, &format!("evidence/{name}"));
        assert!(!found.is_empty() && found.iter().all(|table| !table["source"].is_null() && codes(table).contains(&code)), "{name}: {found:?}");
        assert_eq!(scanned.code, 3, "{name}, {code}");
        for (control, determination) in determinations(&scanned.report) {
            assert!(determination != "satisfied" || before[&control] == "satisfied", "{control} is satisfied by a broken {name}");
        }
    }
}

#[test]
fn what_is_wrong_around_a_list_is_told() {
    let cases: [(Break, &str); 4] = [
        (|bytes| replaced(&bytes, "\n ]\n}", b"\n ],\n \"value\": []\n}"), "invalid-json"),
        (|bytes| replaced(&bytes, "\n ]\n}", b"\n ],\n \"v\\u0061lue\": []\n}"), "invalid-json"),
        (|bytes| replaced(&bytes, "\n ]\n}", b"\n ],\n \"bad\": 01\n}"), "invalid-json"),
        (|bytes| replaced(&bytes, "\"value\"", b"\"bad\": \"\xff\", \"value\""), "invalid-json"),
    ];
    for (broken, code) in cases {
        let folder = clean();
        change(folder.path(), "entra-users-2.json", broken);
        let scanned = scan(folder.path(), &[]);
        let table = tables(&scanned.report, "evidence/entra-users-2.json")[0];
        assert!(codes(table).contains(&code), "{table}");
        assert_eq!(scanned.code, 3);
        assert!(checks(&scanned.report).values().any(|check| check["outcome"] == "not-evaluated"));
    }
}

#[test]
fn members_behind_the_list_recognise_the_export_too() {
    for records in [2, 2_000] {
        let folder = tempfile::tempdir().unwrap();
        let users: Vec<Value> =
            (0..records).map(|n| json!({ "id": n, "userPrincipalName": format!("u{n}@x.example"), "tags": ["]", "x"] })).collect();
        let list = serde_json::to_string(&users).unwrap();
        let document = format!("{{\"value\":{list},\"@odata.context\":\"https://x/$metadata#users(id)\",\"@odata.count\":{records}}}\n");
        fs::write(folder.path().join("users.json"), &document).unwrap();
        fs::write(folder.path().join("people.csv"), "person_id,email,active\n1,u1@x.example,true\n").unwrap();
        let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
        let table = tables(&scanned.report, "users.json")[0];
        assert_eq!((&table["source"], &table["records"]), (&Value::from("entra-users"), &Value::from(records)));
        assert_eq!(table["completeness"]["basis"], "paging-closed");
    }
}

#[test]
fn a_total_that_is_no_whole_number_is_a_gap() {
    for (total, gap) in [
        ("2", false),
        ("3", true),
        ("2.0", true),
        ("\"2 \"", true),
        ("\"+2\"", true),
        ("-1", true),
        ("null", true),
        ("18446744073709551616", true),
        ("[2]", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let document = format!(r#"{{"@odata.context":"$metadata#users","@odata.count":{total},"value":[{{"id":"a"}},{{"id":"b"}}]}}"#);
        fs::write(folder.path().join("users.json"), document).unwrap();
        let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
        let table = tables(&scanned.report, "users.json")[0];
        assert_eq!(codes(table).contains(&"incomplete-population"), gap, "{total}: {table}");
        assert_eq!(table["completeness"]["basis"] == "paging-closed", !gap, "{total}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("users.json"), r#"{"@odata.context":"$metadata#users","value":[{"id":"a"}]}"#).unwrap();
    let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
    assert_eq!(tables(&scanned.report, "users.json")[0]["completeness"]["basis"], "unknown", "nothing in it says that it is the last page");
}

#[test]
fn a_named_engagement_file_is_the_only_one_that_is_obeyed() {
    let audit = tempfile::tempdir().unwrap();
    fs::copy(organisation("meridian-clean").join("engagement.yaml"), audit.path().join("audit.yaml")).unwrap();
    let named = audit.path().join("audit.yaml");
    let options = ["--engagement", named.to_str().unwrap()];

    let handed_in = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean").join("evidence"), handed_in.path());
    fs::create_dir(handed_in.path().join("elsewhere")).unwrap();
    for file in ["engagement.yaml", "identities.csv", "waivers.yaml", "elsewhere/more.csv"] {
        fs::write(handed_in.path().join(file), "id: evil\n").unwrap();
    }
    let scanned = scan(handed_in.path(), &options);
    assert_eq!((&scanned.report["engagement"]["id"], scanned.code), (&Value::from("meridian"), 3));
    assert_eq!(scanned.report["inputs"]["identities"], Value::Null);
    for file in ["engagement.yaml", "identities.csv", "waivers.yaml", "elsewhere/more.csv"] {
        assert!(unused(&scanned.report).contains(&file), "{file} vanished");
    }

    // Beside the named file the alias table is read; whatever else stands there under its name is refused.
    fs::write(audit.path().join("identities.csv"), "person_id,alias\n").unwrap();
    assert_ne!(scan(handed_in.path(), &options).report["inputs"]["identities"], Value::Null);
    #[cfg(unix)]
    for special in ["pipe", "link"] {
        let table = audit.path().join("identities.csv");
        fs::remove_file(&table).unwrap();
        if special == "pipe" {
            assert!(std::process::Command::new("mkfifo").arg(&table).status().unwrap().success());
        } else {
            std::os::unix::fs::symlink("/dev/zero", &table).unwrap();
        }
        let out = audit.path().join("out");
        let output = rolecall(&["scan", handed_in.path().to_str().unwrap(), options[0], options[1], "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{special}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("plain file"), "{special}");
    }
}

#[test]
fn what_stands_beside_the_evidence_is_listed() {
    let folder = clean();
    fs::create_dir(folder.path().join("evidence2")).unwrap();
    fs::write(folder.path().join("evidence2/people.csv"), "person_id\n1\n").unwrap();
    fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let scanned = scan(folder.path(), &[]);
    assert!(unused(&scanned.report).contains(&"evidence2") && unused(&scanned.report).contains(&"notes.txt"));
    assert_eq!(scanned.code, 0, "the auditor's own folder may hold more than the evidence");
    let named = folder.path().join("engagement.yaml");
    let again = scan(folder.path(), &["--engagement", named.to_str().unwrap()]);
    assert_eq!(again.bytes, scanned.bytes, "naming the folder's own file changes nothing");
}

#[test]
fn folders_without_end_are_told_and_the_rest_is_scanned() {
    let folder = clean();
    let deep = folder.path().join("evidence").join(["n"; 66].join("/"));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("workers.csv"), "x").unwrap();
    let scanned = scan(folder.path(), &[]);
    assert_eq!(scanned.code, 3);
    assert!(unused(&scanned.report).iter().any(|path| path.starts_with("evidence/n/n/n")));
    assert!(checks(&scanned.report).values().any(|check| check["outcome"] == "pass"));
}

#[test]
fn a_last_row_without_line_end_is_noted_and_costs_nothing() {
    let folder = clean();
    let whole = scan(folder.path(), &[]);
    change(folder.path(), "sites.csv", |mut bytes| {
        bytes.truncate(bytes.trim_ascii_end().len());
        bytes
    });
    let scanned = scan(folder.path(), &[]);
    assert_eq!(codes(tables(&scanned.report, "evidence/sites.csv")[0]), ["no-final-line-end"]);
    assert_eq!(codes(tables(&whole.report, "evidence/sites.csv")[0]), [""; 0]);
    assert_eq!((scanned.code, determinations(&scanned.report)), (0, determinations(&whole.report)));
}

#[test]
fn identities_of_any_length_are_shown_short_and_told_apart() {
    let of_length = |length: usize| {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(length);
        let rows: String = (0..50).map(|n| format!("{long}{n},x,,,in_use,2026-10-01\n")).collect();
        fs::write(folder.path().join("assets.csv"), format!("asset_id,name,owner,custodian,status,reviewed_at\n{rows}")).unwrap();
        fs::write(folder.path().join("people.csv"), "person_id,email,active\n1,a@b.example,true\n").unwrap();
        scan(folder.path(), &["--as-of", "2026-11-01"])
    };
    let (short, long) = (of_length(1), of_length(30_000));
    let mut subjects: Vec<String> = long.report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["check"] == "owner-active")
        .map(|finding| finding["subject"].to_string())
        .collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 50);
    // 1.5 MB of names in each check that lists them: some hundred bytes a finding are shown, whatever else a report holds.
    let (findings, more) = (long.report["findings"].as_array().unwrap().len(), long.bytes.len().saturating_sub(short.bytes.len()));
    assert!(more < findings * 2_000, "{more} bytes for {findings} findings");
}

#[test]
fn small_files_of_hostile_shape_are_read_in_their_length() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("people.csv", "person_id,email,active\n1,a@b.example,true\n".to_owned());
    let members: String = (0..60_000).map(|n| format!("\"m{n}\":0,")).collect();
    write("members.json", format!("{{{members}\"@odata.context\":\"$metadata#users\",\"value\":[{{\"id\":1}}]}}"));
    let elements = vec![r##"{"@odata.type":"#microsoft.graph.user","id":"u"}"##; 30_000].join(",");
    let name = "\\u0061".repeat(200);
    write(
        "groups.json",
        format!(r#"{{"@odata.context":"$metadata#groups","value":[{{"id":"{name}","displayName":"{name}","members":[{elements}]}}]}}"#),
    );
    write("deep.json", format!("[{{\"user\":{}{}}}]", "[".repeat(60_000), "]".repeat(60_000)));
    write("policy.md", (0..60_000).map(|n| format!("| k{n} | v |\n\n")).collect());
    write("braces.ndjson", "{\n".repeat(300_000));
    let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
    let groups = tables(&scanned.report, "groups.json");
    assert_eq!(groups[0]["records"], 30_000);
    assert!(scanned.code != 0);
}
