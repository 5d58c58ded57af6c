//! Two packs compared: two versions of one, and what a change of codes does to open findings.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{program, rolecall};
use serde_json::{Value, json};

const PACK: &str = "\
id: house
title: House rules
version: 1.0.0
edition: '2026'
standard: House rules
framework: house-1
parameters:
  - { name: review_days, value: 365, about: Days within which an asset is reviewed. }
tables:
  - { name: kinds, columns: [kind, title], key: kind, words: title, rows: [[server, A server], [laptop, A laptop], [phone, A phone]] }
";
const REVIEWED: &str = "\
id: reviewed
ref: '1'
title: Every asset is reviewed
criterion: { standard: House rules, edition: '2026', clause: '1', force: own-rule }
determination: Every asset was reviewed within a year.
evidence: List of assets.
checks:
  - id: in-time
    title: Reviewed in time
    severity: low
    unit: asset
    identity: [asset_id]
    each_record: { dataset: assets, expect: { field: reviewed_at, within_days: $review_days } }
  - id: kind
    title: Its kind is one of the list
    severity: low
    unit: asset
    identity: [asset_id, kind]
    each_record: { dataset: assets, expect: { field: kind, in_table: { table: kinds, column: kind } } }
grade: { otherwise: major }
";
const ASSETS: &str = "asset_id,name,kind,owner,status,reviewed_at\nA1,Mail,server,ana,active,2020-01-01\nA2,Phone,handset,ana,active,2026-10-01\n";

/// A pack of this version in a folder of its own.
fn pack(at: &Path, version: &str, files: &[(&str, String)]) -> PathBuf {
    let folder = at.join(version).join("house");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

fn compared(arguments: &[&str]) -> Value {
    let output = rolecall(&[&["diff", "packs", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The names of what changed, with how.
fn changes(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| format!("{} {}", one["change"].as_str().unwrap(), one[name].as_str().unwrap())).collect()
}

#[test]
fn two_versions_of_a_pack_differ_in_what_changed_and_in_nothing_else() {
    let at = tempfile::tempdir().unwrap();
    let old = pack(at.path(), "old", &[("pack.yaml", PACK.to_owned()), ("reviewed.yaml", REVIEWED.to_owned())]);
    let same = compared(&[old.to_str().unwrap(), old.to_str().unwrap()]);
    for part in ["parameters", "controls", "tables", "roles", "touched"] {
        assert_eq!(same[part], json!([]), "{part}");
    }
    let later = PACK.replace("value: 365", "value: 180").replace("version: 1.0.0", "version: 2.0.0");
    let later = later.replace("[laptop, A laptop], [phone, A phone]", "[tablet, A tablet], [phone, A telephone]");
    let control =
        REVIEWED.replace("severity: low\n    unit: asset\n    identity: [asset_id]\n", "severity: high\n    unit: asset\n    identity: [asset_id]\n");
    let added = REVIEWED.replace("id: reviewed", "id: known").replace("title: Every asset is reviewed", "title: Every asset is known");
    let new = pack(at.path(), "new", &[("pack.yaml", later), ("reviewed.yaml", control), ("known.yaml", added)]);
    let diff = compared(&[old.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!(diff["parameters"], json!([{ "name": "review_days", "old": 365, "new": 180 }]));
    assert_eq!(changes(&diff["controls"], "id"), ["added known", "changed reviewed"]);
    let reviewed = &diff["controls"][1];
    assert_eq!(reviewed["differs"], json!([]));
    // The period is in what is decided; the severity is its own.
    assert_eq!(reviewed["checks"][0]["id"], "in-time");
    assert_eq!(reviewed["checks"][0]["differs"], json!(["severity", "procedure"]));
    assert_eq!(reviewed["checks"][1]["differs"], json!(["procedure"]));
    let rows: Vec<_> = diff["tables"][0]["changes"].as_array().unwrap().iter().map(|row| (row["key"][0].clone(), row["change"].clone())).collect();
    let wanted = [("laptop", "removed"), ("phone", "changed"), ("tablet", "added")].map(|(key, change)| (json!(key), json!(change)));
    assert_eq!(rows, wanted);
    assert_eq!(diff["tables"][0]["changes"][1]["cells"], json!([["title", "A phone", "A telephone"]]));
    // Turned round, what was added is removed.
    let back = compared(&[new.to_str().unwrap(), old.to_str().unwrap()]);
    assert_eq!(changes(&back["controls"], "id"), ["removed known", "changed reviewed"]);
}

#[test]
fn open_findings_are_told_that_rest_on_what_changed() {
    let at = tempfile::tempdir().unwrap();
    let old = pack(at.path(), "old", &[("pack.yaml", PACK.to_owned()), ("reviewed.yaml", REVIEWED.to_owned())]);
    let evidence = at.path().join("evidence");
    fs::create_dir_all(&evidence).unwrap();
    fs::write(evidence.join("assets.csv"), ASSETS).unwrap();
    let (out, packs) = (at.path().join("report"), at.path().join("old"));
    let scan = program()
        .args(["scan", "--as-of", "2026-11-01", "--pack", "house", "-q", "--packs-dir"])
        .args([&packs, Path::new("--out"), &out, &evidence])
        .output()
        .unwrap();
    assert_eq!(scan.status.code(), Some(1), "{}", String::from_utf8_lossy(&scan.stderr));
    // Nothing of `in-time` changes: its finding is not touched; that of the kind is.
    let control =
        REVIEWED.replace("title: Its kind is one of the list", "title: Its kind is known").replace("identity: [asset_id, kind]", "identity: [kind]");
    let new = pack(at.path(), "new", &[("pack.yaml", PACK.to_owned()), ("reviewed.yaml", control)]);
    let diff = compared(&[old.to_str().unwrap(), new.to_str().unwrap(), "--report", out.to_str().unwrap()]);
    let touched = diff["touched"].as_array().unwrap();
    assert_eq!(touched.len(), 1, "{touched:?}");
    assert_eq!((&touched[0]["check"], &touched[0]["subject"]["asset_id"]), (&json!("kind"), &json!("A2")));
    assert!(touched[0]["because"][0].as_str().unwrap().contains("another id"), "{touched:?}");
    // A control that is gone takes its findings with it.
    let gone = pack(at.path(), "gone", &[("pack.yaml", PACK.to_owned()), ("known.yaml", REVIEWED.replace("id: reviewed", "id: known"))]);
    let diff = compared(&[old.to_str().unwrap(), gone.to_str().unwrap(), "--report", out.to_str().unwrap()]);
    assert_eq!(diff["touched"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_no_pack_is_refused() {
    for (old, new, said) in [("nice", "nicer", "did you mean `nice`?"), ("nice", "/nowhere", "there is no pack `/nowhere`")] {
        let output = rolecall(&["diff", "packs", old, new]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(said), "{told}");
    }
}
