//! The command line as a user meets it: texts, exit codes, streams. No width,
//! colour, clock or environment of the machine shows in them.

mod common;

use std::path::Path;

use common::{copy, files, organisation, program, rolecall};
use serde_json::Value;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Runs a command that must succeed, and gives what it printed.
fn printed(arguments: &[&str]) -> String {
    let done = rolecall(arguments);
    assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "{arguments:?}");
    text(done.stdout)
}

#[test]
fn help_of_every_command() {
    let mut all = String::new();
    for command in [
        &["--help"][..],
        &["scan", "--help"],
        &["report", "--help"],
        &["list", "--help"],
        &["explain", "--help"],
        &["evidence", "--help"],
        &["pack", "--help"],
        &["pack", "lint", "--help"],
        &["pack", "test", "--help"],
        &["key", "new", "--help"],
        &["key", "show", "--help"],
        &["verify", "--help"],
        &["pack", "schema", "--help"],
    ] {
        all.push_str(&format!("$ rolecall {}\n{}\n", command.join(" "), printed(command)));
    }
    for secret in ["--seed", "--block-size"] {
        assert!(!all.contains(secret), "{secret} is for tests");
    }
    insta::assert_snapshot!("help", all);
    // A terminal's width changes nothing.
    let narrow = program().args(["scan", "--help"]).env("COLUMNS", "40").output().unwrap();
    assert_eq!(text(narrow.stdout), printed(&["scan", "--help"]));
}

#[test]
fn the_summary_of_the_example_organisations() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for (name, code) in [("meridian", 1), ("meridian-clean", 0)] {
        copy(&organisation(name), &folder.path().join(name));
        let done = program().current_dir(folder.path()).args(["scan", name]).output().unwrap();
        assert_eq!((done.status.code(), done.stderr.is_empty()), (Some(code), true));
        all.push_str(&format!("$ rolecall scan {name}\n{}\n", text(done.stdout)));
    }
    std::fs::remove_file(folder.path().join("meridian/evidence/sites.csv")).unwrap();
    let done = program().current_dir(folder.path()).args(["scan", "meridian"]).output().unwrap();
    assert_eq!(done.status.code(), Some(3));
    all.push_str(&format!("$ rm meridian/evidence/sites.csv; rolecall scan meridian\n{}\n", text(done.stdout)));
    insta::assert_snapshot!("summaries", all);
}

#[test]
fn what_is_known() {
    let all: Vec<String> = ["packs", "controls", "checks", "sources", "datasets", "formats"]
        .iter()
        .map(|what| format!("$ rolecall list {what}\n{}", printed(&["list", what])))
        .collect();
    insta::assert_snapshot!("list", all.join("\n"));
    // The contract's keys.
    for (what, keys) in [("packs", "id title version edition controls checks"), ("controls", "id pack title kinds datasets examples")] {
        let rows: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&printed(&["list", what, "--format", "json"])).unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let (mut known, mut wanted): (Vec<&str>, Vec<&str>) = (row.keys().map(String::as_str).collect(), keys.split(' ').collect());
            known.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(known, wanted, "{what}");
        }
    }
}

#[test]
fn what_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package").display().to_string();
    let meridian = organisation("meridian").display().to_string();
    rolecall(&["scan", &meridian, "--out", &package, "-q"]);
    let report = format!("{package}/report.json");
    let json: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let about = |control: &str, check: &str, subject: &str| {
        let named = |finding: &Value| finding["subject"].as_object().unwrap().values().any(|value| value == subject);
        let is_it = |finding: &&Value| finding["control"] == control && finding["check"] == check && named(finding);
        let finding = json["findings"].as_array().unwrap().iter().find(is_it).unwrap();
        (finding["id"].as_str().unwrap().to_owned(), finding["evidence"].as_array().unwrap().is_empty())
    };
    let ((first, _), (missing, nowhere)) =
        (about("5.2-a-asset-owner", "owner-active", "MER-0023"), about("5.2-a-protection", "protection-assigned", "premises"));
    assert!(nowhere, "what is missing everywhere stands nowhere");
    let mut all = String::new();
    for arguments in [
        &["explain", "5.2-sites"][..],
        &["explain", "5.2-a-asset-owner/owner-active"],
        &["explain", "stale"],
        &["explain", "missing-dataset: people"],
        &["explain", "symbolic-link"],
        &["explain", "yaml-duplicate-key"],
        &["explain", &first, "--report", &report],
        &["explain", &missing, "--report", &report],
    ] {
        let shown = arguments.join(" ").replace(&report, "report.json");
        all.push_str(&format!("$ rolecall {shown}\n{}\n", printed(arguments)));
    }
    insta::assert_snapshot!("explain", all);
    // Without --report the package at its usual place is read.
    let done = program().current_dir(folder.path()).args(["explain", &first]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    std::fs::rename(&package, folder.path().join("rolecall-report")).unwrap();
    let done = program().current_dir(folder.path()).args(["explain", &first]).output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    // A mistyped id is recognised.
    let mistyped = first.replace(&first[10..12], if &first[10..12] == "aa" { "bb" } else { "aa" });
    let done = program().current_dir(folder.path()).args(["explain", &mistyped]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(text(done.stderr).contains(&format!("did you mean `{first}`?")));
}

/// Every code that a report of ours shows is explained.
#[test]
fn whatever_a_report_shows_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), folder.path());
    std::fs::remove_file(folder.path().join("evidence/sites.csv")).unwrap();
    std::fs::remove_file(folder.path().join("evidence/entra-users-2.json")).unwrap();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile")) {
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile").join(&file), folder.path().join("evidence").join(&file))
            .unwrap();
    }
    let report = common::scan(folder.path(), &[]).report;
    let mut codes = std::collections::BTreeSet::new();
    for check in common::checks(&report).values() {
        codes.extend(check["reason"].as_str().map(str::to_owned));
        for list in ["exclusions", "undecided_by"] {
            codes.extend(check[list].as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap().to_owned()));
        }
    }
    for table in report["evidence"].as_array().unwrap() {
        codes.extend(table["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap().to_owned()));
    }
    assert!(codes.len() > 10, "{codes:?}");
    for code in codes {
        let (code, _) = code.split_once(": ").unwrap_or((&code, ""));
        assert!(rolecall::codes::find(code).next().is_some(), "{code}");
    }
    assert!(printed(&["explain", "ragged-row"]).contains("Means"));
}

#[test]
fn the_inventory_for_people_and_for_machines() {
    let meridian = organisation("meridian-clean").display().to_string();
    insta::assert_snapshot!("evidence", printed(&["evidence", &meridian]));
    let json = printed(&["evidence", &meridian, "--format", "json"]);
    // Keys in the contract's order.
    let order: Vec<&str> = json.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
    let position = |key: &str| order.iter().position(|known| *known == key).unwrap_or_else(|| panic!("{key}"));
    for keys in [
        &["files", "identities", "would_not_evaluate"][..],
        &["path", "source", "dataset", "records", "rejected", "encoding", "mapped", "unmapped", "problems"],
        &["resolved", "unresolved"],
    ] {
        assert!(keys.windows(2).all(|pair| position(pair[0]) < position(pair[1])), "{keys:?}");
    }
    let inventory: Value = serde_json::from_str(&json).unwrap();
    let assets = inventory["files"].as_array().unwrap().iter().find(|file| file["path"] == "evidence/assets.csv").unwrap();
    assert_eq!((&assets["source"], &assets["records"], &assets["encoding"]), (&"servicenow-assets".into(), &120.into(), &"utf-8".into()));
    assert!(assets["mapped"]["owner"].is_string());
    assert_eq!(inventory["would_not_evaluate"], serde_json::json!([]));
}

/// `evidence` and `scan` take the same files: the package is none of them.
#[test]
fn what_a_scan_skips_is_no_evidence_for_the_inventory_either() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sites.csv"), "site_id,name\nS1,Harbour\n").unwrap();
    let run = |arguments: &[&str]| program().current_dir(folder.path()).args(arguments).output().unwrap();
    assert_eq!(run(&["scan", ".", "--as-of", "2026-11-01"]).status.code(), Some(3));
    let done = run(&["evidence", ".", "--as-of", "2026-11-01", "--format", "json"]);
    let inventory: Value = serde_json::from_slice(&done.stdout).unwrap();
    let paths: Vec<&str> = inventory["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["sites.csv"]);
    assert!(text(done.stderr).contains("rolecall-report is not evidence"));
    // What a killed run left is no evidence, and the next scan takes it up.
    std::fs::rename(folder.path().join("rolecall-report"), folder.path().join(".rolecall-report.rolecall-old")).unwrap();
    let done = run(&["evidence", ".", "--as-of", "2026-11-01", "--format", "json"]);
    let inventory: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(inventory["files"].as_array().unwrap().len(), 1);
    assert!(!folder.path().join("rolecall-report").exists(), "an inventory writes nothing");
    assert_eq!(run(&["scan", ".", "--as-of", "2026-11-01", "--jobs", "0"]).status.code(), Some(2));
    assert!(folder.path().join("rolecall-report/report.json").is_file(), "the package that had stepped aside is back");
    assert!(!folder.path().join(".rolecall-report.rolecall-old").exists());
}

/// Exit codes 0, 1 and 3, and what turns one into another. 2 is in `tests/mistakes.rs`.
#[test]
fn exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package").display().to_string();
    let code = |path: &str, more: &[&str]| rolecall(&[&["scan", path, "--out", &package, "-q"], more].concat()).status.code();
    let found = organisation("meridian").display().to_string();
    let clean = organisation("meridian-clean").display().to_string();
    let incomplete = folder.path().join("incomplete");
    copy(&organisation("meridian"), &incomplete);
    std::fs::remove_file(incomplete.join("evidence/sites.csv")).unwrap();
    let incomplete = incomplete.display().to_string();
    for (path, more, wanted) in [
        (&clean, &[][..], 0),
        (&clean, &["--fail-on", "ofi"], 0),
        (&found, &[], 1),
        (&found, &["--fail-on", "ofi"], 1),
        (&found, &["--fail-on", "major"], 1),
        (&found, &["--fail-on", "never"], 0),
        (&found, &["--exit-zero"], 0),
        (&incomplete, &[], 3),
        (&incomplete, &["--fail-on", "never"], 3),
        (&incomplete, &["--exit-zero"], 3),
    ] {
        assert_eq!(code(path, more), Some(wanted), "{path} {more:?}");
    }
    // One control of guidance fails: that is at most an opportunity for improvement.
    let guidance = folder.path().join("guidance");
    copy(&organisation("meridian-clean"), &guidance);
    let sites = guidance.join("evidence/sites.csv");
    let lines = std::fs::read_to_string(&sites).unwrap();
    let names: Vec<&str> = lines.lines().next().unwrap().split(',').collect();
    let client = names.iter().position(|name| *name == "client").unwrap();
    let second: Vec<String> =
        lines.lines().nth(1).unwrap().split(',').enumerate().map(|(at, cell)| if at == client { String::new() } else { cell.to_owned() }).collect();
    std::fs::write(&sites, lines.replace(lines.lines().nth(1).unwrap(), &second.join(","))).unwrap();
    let guidance = guidance.display().to_string();
    assert_eq!(
        (code(&guidance, &[]), code(&guidance, &["--fail-on", "minor"]), code(&guidance, &["--fail-on", "major"])),
        (Some(1), Some(0), Some(0))
    );
}

#[test]
fn quiet_is_about_the_summary_and_notes_never_about_json() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    let (meridian, out) = (organisation("meridian").display().to_string(), package.display().to_string());
    let run = |more: &[&str]| rolecall(&[&["scan", meridian.as_str(), "--out", &out], more].concat());
    let report = |done: &std::process::Output| done.stdout == std::fs::read(package.join("report.json")).unwrap();
    assert!(report(&run(&["--format", "json"])));
    let quiet = run(&["--format", "json", "-q"]);
    assert!(report(&quiet) && quiet.stderr.is_empty());
    let silent = run(&["-q"]);
    assert!(silent.stdout.is_empty() && silent.stderr.is_empty());
    // Mistakes are told all the same.
    assert!(!run(&["-q", "--as-of", "never"]).stderr.is_empty());
}

#[test]
fn colour_only_where_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let (clean, out) = (organisation("meridian-clean").display().to_string(), folder.path().join("p").display().to_string());
    let coloured = |more: &[&str]| rolecall(&[&["scan", clean.as_str(), "--out", &out], more].concat()).stdout.contains(&0x1b);
    assert!(!coloured(&[]), "standard output is no terminal");
    assert!(!coloured(&["--color", "never"]));
    assert!(coloured(&["--color", "always"]));
}

#[test]
fn lists_are_cut_and_counts_are_not() {
    let meridian = organisation("meridian");
    let whole = common::scan(&meridian, &[]).report;
    let cut = common::scan(&meridian, &["--list-max", "1"]).report;
    assert_eq!(cut["summary"]["findings"]["total"], whole["summary"]["findings"]["total"]);
    assert!(cut["summary"]["findings"]["listed"].as_u64() < whole["summary"]["findings"]["listed"].as_u64());
    let whole = common::checks(&whole);
    for (id, check) in common::checks(&cut) {
        let all = whole[&id]["findings_listed"].as_u64().unwrap();
        assert_eq!(check["exceptions"], whole[&id]["exceptions"], "{id}");
        assert_eq!((check["findings_listed"].as_u64().unwrap(), check["listed_through"].is_string()), (all.min(1), all > 1), "{id}");
    }
    let lowest = cut["findings"].as_array().unwrap();
    for finding in lowest {
        let through =
            &common::checks(&cut)[&format!("{}/{}", finding["control"].as_str().unwrap(), finding["check"].as_str().unwrap())]["listed_through"];
        assert!(through.is_null() || *through == finding["id"], "{finding}");
    }
}

#[test]
fn renderings_are_written_whole_for_their_readers_and_are_those_of_the_package() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), &folder.path().join("audit"));
    std::fs::write(folder.path().join("page.html"), "what was there").unwrap();
    let run = |arguments: &[&str]| program().current_dir(folder.path()).args(arguments).output().unwrap();
    let read = |path: &str| std::fs::read(folder.path().join(path)).unwrap();
    assert_eq!(run(&["scan", "audit", "-q", "--output", "html=page.html", "--output", "json=copy.json"]).status.code(), Some(1));
    assert!(read("page.html") == read("rolecall-report/report.html"));
    assert!(read("copy.json") == read("rolecall-report/report.json"));
    // Rendering again gives the same bytes.
    assert_eq!(run(&["report", "copy.json", "--output", "html=again.html", "--output", "json=again.json"]).status.code(), Some(0));
    assert!(read("again.html") == read("page.html") && read("again.json") == read("copy.json"));
    // A package is replaced by the next one, and nothing is left beside it.
    assert_eq!(run(&["scan", "audit", "-q", "--list-max", "1"]).status.code(), Some(1));
    let mut names: Vec<String> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["again.html", "again.json", "audit", "copy.json", "page.html", "rolecall-report"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        // What the umask gives, as for any file made here.
        std::fs::write(folder.path().join("plain"), "").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        assert_eq!((mode("page.html"), mode("copy.json"), mode("rolecall-report/report.json")), (mode("plain"), mode("plain"), mode("plain")));
        assert_eq!(mode("rolecall-report"), mode("folder"));
    }
}

/// The digests of a package are those of its files, by the tool that VERIFY.md names.
#[cfg(unix)]
#[test]
fn a_package_checks_with_stock_tools() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    rolecall(&["scan", organisation("meridian").to_str().unwrap(), "--out", package.to_str().unwrap(), "-q"]);
    let check = || std::process::Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&package).output().unwrap();
    assert!(check().status.success());
    std::fs::write(package.join("report.html"), "changed").unwrap();
    assert!(!check().status.success());
}
