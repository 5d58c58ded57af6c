//! `rolecall verify`: what passes, what cannot be told, and what evidence, a scan again and the report before show.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::forge::{self, Parts, failed, key, scanned, small, stranger, text, verified};
use common::{copy, organisation, rolecall};
use rolecall::signing::statement::{PreviousReport, report_id};
use rolecall::verdict::Verdict;
use rolecall::verify::{self, Anchor, Package};
use serde_json::Value;

#[test]
fn a_sound_package_passes_under_its_signers_key_alone() {
    let package = Parts::of(small()).signed();
    let done = verified(&package);
    assert_eq!(done.verdict, Verdict::Passed, "{:#?}", done.steps);
    assert!(done.signer.as_ref().unwrap().trusted);
    let by_print = verify::package(&package, Some(&Anchor::Fingerprint(key().public().fingerprint())));
    assert_eq!(by_print.verdict, Verdict::Passed);
    // Nobody vouches for the key.
    let alone = verify::package(&package, None);
    assert_eq!(alone.verdict, Verdict::Indeterminate);
    assert!(alone.steps.iter().any(|step| step.code == Some("signer-untrusted")) && !alone.signer.unwrap().trusted);
    // Somebody else is trusted.
    for other in [Anchor::Key(stranger().public()), Anchor::Fingerprint(stranger().public().fingerprint())] {
        let done = verify::package(&package, Some(&other));
        assert_eq!(done.verdict, Verdict::Failed);
        assert!(failed(&done).contains(&"signer-differs"));
    }
}

/// Done when, 4: the page of an older renderer is not looked at, the signature is.
#[test]
fn a_page_of_another_renderer_is_not_checked_and_its_signature_stands() {
    let json = text(small()).replacen("\"renderer\": \"html/1\"", "\"renderer\": \"html/0\"", 1).into_bytes();
    assert_ne!(json, small());
    let body = b"<!doctype html>\n<p>as it was done then</p>\n</html>\n";
    let package = Parts::stating(&json, body, forge::statement(&json, body, None).to_json()).signed();
    let done = verified(&package);
    assert_eq!(done.verdict, Verdict::Passed, "{:#?}", done.steps);
    let rendering = done.steps.iter().find(|step| step.step == "rendering").unwrap();
    assert_eq!((rendering.verdict, rendering.code), (Verdict::NotChecked, Some("renderer-unknown")));
    let folder = tempfile::tempdir().unwrap();
    forge::write(&package, folder.path());
    let (code, said) = run(folder.path(), &["--fingerprint", &key().public().fingerprint()]);
    assert!(code == 0 && said.contains("NOT CHECKED"), "{said}");
    // A signed page that was changed afterwards fails all the same.
    assert_eq!(verified(&Parts::stating(&json, body, forge::statement(&json, b"x", None).to_json()).signed()).verdict, Verdict::Failed);
}

fn run(package: &Path, options: &[&str]) -> (i32, String) {
    let output = rolecall(&[&["verify", package.to_str().unwrap()][..], options].concat());
    (output.status.code().unwrap(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// Meridian, scanned and signed; the organisation, the package and the signer's key.
fn meridian(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let (audit, package, trust) = (folder.join("audit"), folder.join("package"), folder.join("signer.pem"));
    copy(&organisation("meridian"), &audit);
    forge::write(&Parts::of(&scanned(&audit, &[])).signed(), &package);
    fs::write(&trust, key().public().pem()).unwrap();
    (audit, package, trust)
}

#[test]
fn evidence_and_a_scan_again_agree_until_one_cell_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (audit, package, trust) = meridian(folder.path());
    let options = ["--trust", trust.to_str().unwrap(), "--evidence", audit.to_str().unwrap(), "--rerun"];
    let (code, said) = run(&package, &options);
    assert!(code == 0 && said.ends_with("\nPASSED\n"), "{said}");
    // Without an anchor all that is only consistent.
    let (code, said) = run(&package, &options[2..]);
    assert!(code == 4 && said.ends_with("\nINDETERMINATE\n"), "{said}");
    // The exports alone, without the folder of the engagement: they are the same files.
    let exports = audit.join("evidence");
    let (code, said) = run(&package, &["--trust", trust.to_str().unwrap(), "--evidence", exports.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    let sites = audit.join("evidence/sites.csv");
    let was = fs::read_to_string(&sites).unwrap();
    fs::write(&sites, was.replacen("Headquarters", "Headquarterz", 1)).unwrap();
    let (code, said) = run(&package, &options);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("[evidence-altered]: `evidence/sites.csv`"), "{said}");
    assert!(said.contains("[rerun-differs]: first difference at /evidence/50/sha256 (of `evidence/sites.csv`)"), "{said}");
    fs::write(&sites, was).unwrap();
    fs::remove_file(audit.join("evidence/oncalls.json")).unwrap();
    fs::write(audit.join("evidence/more.csv"), "a,b\n").unwrap();
    let (code, said) = run(&package, &[&options[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&said).unwrap();
    let codes: Vec<&str> = told["steps"].as_array().unwrap().iter().filter_map(|step| step["code"].as_str()).collect();
    assert_eq!((code, told["verdict"].as_str()), (4, Some("FAILED")));
    assert!(["evidence-extra", "evidence-missing", "rerun-differs"].iter().all(|code| codes.contains(code)), "{codes:?}");
}

/// D3: an old report does not pass as the one that follows.
#[test]
fn a_package_follows_on_the_one_that_its_statement_names() {
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("signer.pem");
    fs::write(&trust, key().public().pem()).unwrap();
    let january = text(small()).replace("2026-11-01", "2026-01-31").into_bytes();
    let february = text(small()).replace("2026-11-01", "2026-02-28").into_bytes();
    let named = |json: &[u8], before: Option<&[u8]>| {
        let previous = before.map(|json| PreviousReport { id: report_id(json), sha256: rolecall::digest::sha256_hex(json) });
        let body = forge::body(json);
        Parts::stating(json, &body, forge::statement(json, &body, previous).to_json()).signed()
    };
    let place = |name: &str, package: &Package| {
        let path = folder.path().join(name);
        forge::write(package, &path);
        path
    };
    let first = place("first", &named(&january, None));
    let second = place("second", &named(&february, Some(&january)));
    let astray = place("astray", &named(&february, Some(small())));
    for (package, against, code, words) in [
        (&second, &first, 0, "PASSED"),
        (&second, &second, 4, "previous-same"),
        (&astray, &first, 4, "previous-other"),
        (&first, &second, 4, "previous-later"),
        (&first, &second, 4, "previous-none"),
    ] {
        let (got, said) = run(package, &["--trust", trust.to_str().unwrap(), "--against", against.to_str().unwrap()]);
        assert!(got == code && said.contains(words), "{said}");
    }
}

#[test]
fn mistakes_in_the_call_are_told_apart_from_packages_that_fail() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("p");
    forge::write(&Parts::of(small()).signed(), &package);
    fs::write(folder.path().join("trust.json"), "{\"version\": 1}").unwrap();
    fs::write(folder.path().join("other.pem"), stranger().public().pem()).unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let print = key().public().fingerprint();
    for (target, options, words) in [
        ("nowhere", vec![], "error[package]"),
        (".", vec![], "error[package]"),
        ("p", vec!["--trust".to_owned(), at("trust.json")], "error[trust]"),
        ("p", vec!["--trust".to_owned(), at("p/VERIFY.md")], "error[key-format]"),
        ("p", vec!["--fingerprint".to_owned(), "abc".to_owned()], "error[usage]"),
        ("p", vec!["--trust".to_owned(), at("other.pem"), "--fingerprint".to_owned(), print.clone()], "two different keys"),
        ("p", vec!["--rerun".to_owned()], "--evidence"),
        ("p", vec!["--evidence".to_owned(), at("gone")], "error[path]"),
    ] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (code, said) = run(&folder.path().join(target), &options);
        assert!(code == 2 && said.contains(words), "{target} {options:?}: {said}");
    }
    // People write fingerprints in groups and capitals.
    let groups: Vec<String> = print.to_uppercase().as_bytes().chunks(2).map(|pair| String::from_utf8(pair.to_vec()).unwrap()).collect();
    assert_eq!(run(&package, &["--fingerprint", &groups.join(":")]).0, 0);
    // Links in a package are seen, and not followed.
    #[cfg(unix)]
    {
        fs::rename(package.join("report.html"), at("page")).unwrap();
        std::os::unix::fs::symlink(at("page"), package.join("report.html")).unwrap();
        let (code, said) = run(&package, &["--fingerprint", &print]);
        assert!(code == 4 && said.contains("[package-no-file]"), "{said}");
    }
}
