//! Evidence comes from the audited party: whatever it holds, the scan ends,
//! says what is wrong and where, and passes nothing on its account.
//!
//! Hostile files lie among sound ones of an engagement that says when they were
//! exported: the sound checks pass, so that a wrong pass would show.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{Datasets, checks, copy, datasets_of_checks, organisation, rolecall, scan};
use serde_json::Value;

const ENGAGEMENT: &str = "id: hostile\nas_of: 2026-11-01\npacks: [iso-27002]\nexported_at:\n  - { path: '**', at: 2026-10-31 }\n";
const PEOPLE: &str = "person_id,email,user_name,active,title,manager\n1,a@b.example,a,true,Managing Director,\n";
const HEADER: &str = "asset_id,name,owner,custodian,status,reviewed_at\n";
const GOOD: &str = "A1,x,a@b.example,,in_use,2026-10-01\n";
const CHECK: &str = "5.2-a-asset-owner/owner-active";

/// A folder of a sound roster and one more file.
fn folder(name: &str, bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    std::fs::write(folder.path().join("engagement.yaml"), ENGAGEMENT).unwrap();
    std::fs::write(evidence.join("people.csv"), PEOPLE).unwrap();
    std::fs::write(evidence.join(name), bytes).unwrap();
    folder
}

fn scan_assets(text: impl AsRef<[u8]>) -> common::Scan {
    scan(folder("assets.csv", text.as_ref()).path(), &[])
}

fn problems(report: &Value, name: &str) -> Vec<String> {
    let path = format!("evidence/{name}");
    let table = report["evidence"].as_array().unwrap().iter().find(|table| table["path"] == path.as_str()).unwrap();
    table["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn sound_evidence_passes_and_one_broken_row_is_rejected_counted_told_and_no_pass() {
    let sound = scan_assets(format!("{HEADER}{GOOD}"));
    assert_eq!(checks(&sound.report)[CHECK]["outcome"], "pass", "{}", checks(&sound.report)[CHECK]);
    for (row, code) in [
        (&b"A2,too,few\n"[..], "ragged-row"),
        (b"A2,\"x\"y,a@b.example,,in_use,2026-10-01\n", "text-after-quote"),
        (b"A2,x\0,a@b.example,,in_use,2026-10-01\n", "zero-byte"),
        (b"A2,\"never closed,a@b.example,,in_use,2026-10-01\n", "open-quote"),
        (b"A2,\xff\xfe,a@b.example,,in_use,2026-10-01\n", "invalid-utf-8"),
    ] {
        let scanned = scan_assets([HEADER.as_bytes(), GOOD.as_bytes(), row].concat());
        assert!(problems(&scanned.report, "assets.csv").contains(&code.to_owned()), "{code}: {:?}", problems(&scanned.report, "assets.csv"));
        let check = checks(&scanned.report)[CHECK].clone();
        assert_eq!((&check["population"], &check["undecided"], &check["evaluated"]), (&Value::from(2), &Value::from(1), &Value::from(1)), "{code}");
        assert_eq!((&check["outcome"], scanned.code), (&Value::from("not-evaluated"), 3), "{code}");
    }
}

#[test]
fn exceptions_in_broken_evidence_still_fail() {
    let scanned = scan_assets(format!("{HEADER}A1,x,,,in_use,2026-10-01\nA2,too,few\n"));
    let check = checks(&scanned.report)[CHECK].clone();
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
    let nasty = "<script>alert(1)</script>\u{202e}{{x}}\u{1b}[31m";
    let folder = folder("assets.csv", format!("{HEADER}\"{nasty}\",\"{nasty}\",,,in_use,2026-10-01\n").as_bytes());
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    rolecall(&["scan", folder.path().to_str().unwrap(), "--out", package.to_str().unwrap()]);
    let page = std::fs::read_to_string(package.join("report.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("{{x}}"), "the text of evidence is no template");
    assert!(!page.contains(" style=") && !page.contains(" onclick"));
    // A policy that refused the page's own style would leave a page that nobody can read.
    let between = |from: &str, to: &str| page.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0.to_owned();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(between("<style>", "</style>"));
    assert_eq!(unbase64(&between("style-src 'sha256-", "'").replace("&#x3D;", "=")), digest.to_vec());
    for reference in ["http://", "https://", "src=", "url("] {
        assert!(!page.contains(reference), "{reference}");
    }
}

/// What a terminal is sent: no control character but line feeds and our own colours, no turned text.
fn harmless(stream: &[u8], told: &str) {
    let text = String::from_utf8(stream.to_vec()).unwrap_or_else(|_| panic!("{told}: no UTF-8"));
    // Our own colours stand around whole lines.
    let plain: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("\u{1b}[1;3").and_then(|rest| rest.get(2..)).and_then(|rest| rest.strip_suffix("\u{1b}[0m")).unwrap_or(line).to_owned()
                + "\n"
        })
        .collect();
    for character in plain.chars() {
        let turned = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}');
        assert!(character == '\n' || !(character.is_control() || turned), "{told}: {character:?} in {text}");
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_and_titles_never_steer_the_terminal() {
    use std::os::unix::ffi::OsStrExt as _;
    let nasty = "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}\nnote: all is well\r";
    let folder = folder("assets.csv", format!("{HEADER}{GOOD}").as_bytes());
    let evidence = folder.path().join("evidence");
    std::fs::write(evidence.join(format!("{nasty}.csv")), "foo\n1\n").unwrap();
    std::fs::write(evidence.join(std::ffi::OsStr::from_bytes(b"latin-\xe9\xff.csv")), "foo\n1\n").unwrap();
    std::fs::create_dir(evidence.join(format!("dir{nasty}"))).unwrap();
    std::fs::write(evidence.join(format!("dir{nasty}")).join("sites.csv"), "site_id,name,status,\u{1b}[31mred\nS1,x,open,1\nS2\n").unwrap();
    std::fs::create_dir(folder.path().join(format!("beside{nasty}"))).unwrap();
    let engagement =
        format!("{ENGAGEMENT}organisation: \"\\u001b[31mEvil\\u202e\"\nscope:\n  systems: [{{ name: \"\\u001b[2J\\nhr\", datasets: [tasks] }}]\n");
    std::fs::write(folder.path().join("engagement.yaml"), engagement).unwrap();
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("p\u{1b}[31m");
    let path = folder.path().to_str().unwrap();
    for color in ["always", "never"] {
        let done = rolecall(&["scan", path, "--out", package.to_str().unwrap(), "--color", color, "-v"]);
        assert_eq!(done.status.code(), Some(3));
        harmless(&done.stdout, "scan");
        harmless(&done.stderr, "scan's notes");
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(told.contains("\\u{1b}[2J") && told.contains("latin-\\xE9\\xFF.csv"), "{told}");
        assert_eq!(String::from_utf8(done.stdout).unwrap().contains('\u{1b}'), color == "always");
    }
    let done = rolecall(&["evidence", path]);
    harmless(&done.stdout, "evidence");
    assert!(String::from_utf8(done.stdout).unwrap().contains("\\u{1b}[31mred"));
    let page = std::fs::read_to_string(package.join("report.html")).unwrap();
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}') && !page.contains('\r') && page.contains("latin-\\xE9\\xFF.csv"));
    let verify = std::fs::read_to_string(package.join("VERIFY.md")).unwrap();
    harmless(verify.as_bytes(), "VERIFY.md");
    // Mistakes in files with such names and words.
    std::fs::write(folder.path().join("engagement.yaml"), "id: x\n\"no\\e[31m\\u202e\": 1\n").unwrap();
    let done = rolecall(&["scan", path, "--out", package.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    harmless(&done.stderr, "a mistake");
    let done = rolecall(&["scan", folder.path().join(nasty).to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    harmless(&done.stderr, "a path that is not there");
    let done = rolecall(&[format!("--{nasty}")]);
    assert_eq!(done.status.code(), Some(2));
    harmless(&done.stderr, "an option that is a file's name");
    let done = rolecall(&["explain", nasty]);
    harmless(&done.stderr, "an unknown id");
}

/// The engagement of the clean organisation without its control totals: they would notice any additional record by themselves.
fn without_totals(folder: &Path) {
    copy(&organisation("meridian-clean"), folder);
    let file = folder.join("engagement.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, after) = (text.find("control_totals:").unwrap(), text.find("exported_at:").unwrap());
    std::fs::write(file, format!("{}{}", &text[..before], &text[after..])).unwrap();
}

#[test]
fn the_hostile_files_never_pass_and_never_panic() {
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let folder = tempfile::tempdir().unwrap();
    without_totals(folder.path());
    let evidence = folder.path().join("evidence");
    let sound = scan(folder.path(), &[]);
    assert_eq!(sound.code, 0, "{}", sound.stderr);
    let Datasets { population, .. } = datasets_of_checks("meridian-clean");
    let mut taken = BTreeSet::new();
    for file in common::files(&hostile) {
        let name = file.display().to_string();
        if name == "README.md" {
            continue;
        }
        let target = evidence.join(&file);
        std::fs::copy(hostile.join(&file), &target).unwrap();
        let scanned = scan(folder.path(), &["--block-size", "64"]);
        assert!(!scanned.stderr.contains("panicked"), "{name}: {}", scanned.stderr);
        let path = format!("evidence/{name}");
        let tables = scanned.report["evidence"].as_array().unwrap();
        let table = tables.iter().find(|table| table["path"] == path.as_str()).unwrap_or_else(|| panic!("{name} is not in the report"));
        // Formulas and markup are text like any other.
        if table["problems"].as_array().unwrap().is_empty() {
            continue;
        }
        assert_eq!(scanned.code, 3, "{name}: {}", scanned.report["summary"]);
        let Some(dataset) = table["dataset"].as_str() else { continue };
        taken.insert(name.clone());
        for (id, check) in checks(&scanned.report).into_iter().filter(|(id, _)| population[id].contains(dataset)) {
            assert_ne!(check["outcome"], "pass", "{name}: {id}");
        }
        std::fs::remove_file(target).unwrap();
    }
    assert!(taken.len() >= 8, "too few of the hostile files are taken to show anything: {taken:?}");
}

/// All of them at once, without anything sound beside them.
#[test]
fn the_hostile_files_alone_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile"), &evidence);
    std::fs::write(folder.path().join("engagement.yaml"), ENGAGEMENT).unwrap();
    let scanned = scan(folder.path(), &[]);
    assert_eq!(scanned.code, 3, "{}", scanned.stderr);
    for (id, check) in checks(&scanned.report) {
        assert_ne!(check["outcome"], "pass", "{id}");
        assert!(!check["reason"].as_str().unwrap_or_default().starts_with("freshness-unknown"), "{id}: the test would prove nothing");
    }
}

#[test]
fn thousands_of_accounts_that_vouch_for_each_other_do_not_stall_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), "person_id,email,user_name,active\nP,p0@x.example,p,true\n").unwrap();
    let chain: String = (0..20_000).map(|n| format!("A{n},p{n}@x.example,p{}@x.example,true,human\n", n + 1)).collect();
    std::fs::write(folder.path().join("accounts.csv"), format!("account_id,user_name,email,enabled,kind\n{chain}")).unwrap();
    let began = std::time::Instant::now();
    let scanned = scan(folder.path(), &["--as-of", "2026-11-01"]);
    assert_eq!(scanned.report["evidence"].as_array().unwrap().len(), 2);
    // Each one comparing with all others took minutes.
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}

/// A report that is rendered again is a stranger's file.
#[test]
fn a_report_with_absurd_numbers_is_rendered_or_refused_and_never_breaks_the_program() {
    fn absurd(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_u64() => *value = Value::from(u64::MAX),
            Value::Array(items) => items.iter_mut().for_each(absurd),
            Value::Object(members) => members.values_mut().for_each(absurd),
            _ => {}
        }
    }
    let mut report = scan(&organisation("meridian"), &[]).report;
    absurd(&mut report);
    let folder = tempfile::tempdir().unwrap();
    let (path, page) = (folder.path().join("report.json"), folder.path().join("page.html"));
    std::fs::write(&path, report.to_string()).unwrap();
    let output = rolecall(&["report", path.to_str().unwrap(), "--output", &format!("html={}", page.display())]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 2)) && !stderr.contains("panicked"), "{stderr}");
}

/// RFC 4648, section 4.
fn unbase64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = (0_u32, 0);
    let mut out = Vec::new();
    for letter in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter).expect("a letter of base64");
        bits = (bits.0 << 6 | u32::try_from(value).unwrap(), bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            out.push(u8::try_from(bits.0 >> bits.1 & 0xff).unwrap());
        }
    }
    out
}
