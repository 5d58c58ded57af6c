//! Evidence comes from the audited party: whatever it holds, the scan ends,
//! says what is wrong and where, and passes nothing on its account.

mod common;

use std::path::Path;

use common::{checks, copy, organisation, scan};
use serde_json::Value;

/// Scans one file of assets beside a roster, in a folder without engagement.
fn scan_assets(name: &str, bytes: &[u8]) -> common::Scan {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), "person_id,email,user_name,active,title,manager\n1,a@b.example,a,true,Managing Director,\n")
        .unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    scan(folder.path(), &["--as-of", "2026-11-01"])
}

fn problems(report: &Value, name: &str) -> Vec<String> {
    let table = report["evidence"].as_array().unwrap().iter().find(|table| table["path"] == name).unwrap();
    table["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

const HEADER: &str = "asset_id,name,owner,custodian,status,reviewed_at\n";

#[test]
fn broken_rows_are_rejected_counted_and_told() {
    let good = "A1,x,a@b.example,,in_use,2026-10-01\n";
    for (row, code) in [
        ("A2,too,few\n", "ragged-row"),
        ("A2,\"x\"y,a@b.example,,in_use,2026-10-01\n", "text-after-quote"),
        ("A2,x\0,a@b.example,,in_use,2026-10-01\n", "zero-byte"),
        ("A2,\"never closed,a@b.example,,in_use,2026-10-01\n", "open-quote"),
    ] {
        let scanned = scan_assets("assets.csv", format!("{HEADER}{good}{row}").as_bytes());
        assert!(problems(&scanned.report, "assets.csv").contains(&code.to_owned()), "{code}: {:?}", problems(&scanned.report, "assets.csv"));
        let check = checks(&scanned.report)["5.2-a-asset-owner/owner-active"].clone();
        assert_eq!((&check["population"], &check["undecided"], &check["evaluated"]), (&Value::from(2), &Value::from(1), &Value::from(1)), "{code}");
        assert_eq!((&check["outcome"], scanned.code), (&Value::from("not-evaluated"), 3), "{code}");
    }
    let mut bytes = format!("{HEADER}{good}A2,").into_bytes();
    bytes.extend_from_slice(b"\xff\xfe,a@b.example,,in_use,2026-10-01\n");
    assert!(problems(&scan_assets("assets.csv", &bytes).report, "assets.csv").contains(&"invalid-utf-8".to_owned()));
}

#[test]
fn exceptions_in_broken_evidence_still_fail() {
    let scanned = scan_assets("assets.csv", format!("{HEADER}A1,x,,,in_use,2026-10-01\nA2,too,few\n").as_bytes());
    let check = checks(&scanned.report)["5.2-a-asset-owner/owner-active"].clone();
    assert_eq!((&check["outcome"], &check["exceptions"], scanned.code), (&Value::from("fail"), &Value::from(1), 3));
}

#[test]
fn files_that_are_no_exports_are_told_and_never_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean"), folder.path());
    let evidence = folder.path().join("evidence");
    for (name, bytes) in [
        ("binary.csv", &b"\x7fELF\0\0\0"[..]),
        ("utf16.csv", b"\xff\xfea\0,\0b\0"),
        ("empty.json", b""),
        ("broken.json", b"{\"value\": [}"),
        ("deep.json", "[".repeat(100_000).as_bytes()),
        ("engagement.yaml", b"id: evil\npacks: []\n"),
        ("waivers.yaml", b"everything: waived\n"),
        ("archive.zip", b"PK\x03\x04"),
        ("unknown.csv", b"foo,bar\n1,2\n"),
    ] {
        std::fs::write(evidence.join(name), bytes).unwrap();
        let scanned = scan(folder.path(), &[]);
        assert_eq!(scanned.code, 3, "{name}");
        assert_eq!(scanned.report["engagement"]["id"], "meridian");
        let unused = scanned.report["coverage"]["evidence_unused"].as_array().unwrap();
        let told = unused.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap_or_else(|| panic!("{name} is not told"));
        assert!(told["reason"].as_str().unwrap().len() > 10);
        std::fs::remove_file(evidence.join(name)).unwrap();
    }
    assert_eq!(scan(folder.path(), &[]).code, 0);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean"), folder.path());
    let evidence = folder.path().join("evidence");
    std::os::unix::fs::symlink("/etc/passwd", evidence.join("passwd.csv")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(evidence.join("pipe.csv")).status().unwrap().success());
    std::os::unix::fs::symlink(&evidence, evidence.join("loop")).unwrap();
    let scanned = scan(folder.path(), &[]);
    assert_eq!(scanned.code, 3);
    let text = String::from_utf8(scanned.bytes).unwrap();
    assert!(!text.contains("root:"));
    for name in ["passwd.csv", "pipe.csv", "loop"] {
        assert!(
            scanned.report["coverage"]["evidence_unused"].as_array().unwrap().iter().any(|file| file["path"] == format!("evidence/{name}").as_str()),
            "{name}"
        );
    }
}

#[test]
fn hostile_text_is_shown_and_never_run() {
    let nasty = "<script>alert(1)</script>\u{202e}{{x}}";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), "person_id,email,active\n1,a@b.example,true\n").unwrap();
    std::fs::write(folder.path().join("assets.csv"), format!("{HEADER}\"{nasty}\",\"{nasty}\",,,in_use,2026-10-01\n")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    common::rolecall(&["scan", folder.path().to_str().unwrap(), "--out", package.to_str().unwrap(), "--as-of", "2026-11-01"]);
    let page = std::fs::read_to_string(package.join("report.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("{{x}}"), "the text of evidence is no template");
    assert!(!page.contains(" style=") && !page.contains(" onclick"));
    for reference in ["http://", "https://", "src=", "url("] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn the_hostile_files_never_pass_and_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let scanned = scan(&folder, &["--as-of", "2026-11-01"]);
    assert_eq!(scanned.code, 3, "{}", scanned.stderr);
    assert!(!scanned.stderr.contains("panicked"));
    for (id, check) in checks(&scanned.report) {
        assert_ne!(check["outcome"], "pass", "{id}");
    }
}

#[test]
fn thousands_of_accounts_that_vouch_for_each_other_do_not_stall_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), "person_id,email,user_name,active\nP,p0@x.example,p,true\n").unwrap();
    let chain: String = (0..20_000).map(|n| format!("A{n},p{n}@x.example,p{}@x.example,true,human\n", n + 1)).collect();
    std::fs::write(folder.path().join("accounts.csv"), format!("account_id,user_name,email,enabled,kind\n{chain}")).unwrap();
    let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
    assert_eq!(scanned.report["evidence"].as_array().unwrap().len(), 2);
}
