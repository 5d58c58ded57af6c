//! The example organisation: what was planted is found, and nothing else;
//! less evidence never gives a better result; the same evidence gives the
//! same bytes.

mod common;

use std::collections::BTreeSet;

use common::{Datasets, checks, copy, datasets_of_checks, determinations, files, findings, halve, ids, organisation, scan};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(organisation("meridian").join("EXPECTED.json")).unwrap()).unwrap()
}

/// Checks whose findings are about something that no record has.
const MISSING_EVERYWHERE: [&str; 22] = [
    "3-consulted/somebody-consulted",
    "3-informed/somebody-informed",
    "5.2-a-protection/protection-assigned",
    "5.2-b-processes/process-assigned",
    "5.2-named-parties/party-in-matrix",
    "6.1.1-b-process-owner/process-carried-out",
    "6.1.1-e-coordination/oversight-carried-out",
    "additional-tasks/one-accountable",
    "continuous-audit/control-audited",
    "core-tasks/one-responsible",
    "function-owner/one-owner",
    "function-owner/owner-there",
    "function-people/staffed",
    "intune-built-in/built-in-present",
    "issm-additional-tasks/one-accountable",
    "key-relationships/relationship-named",
    "policy-and-standards/in-force",
    "regulation-compliance/regulation-reviewed",
    "role-held/holder-active",
    "soc-csirt-separate/telling-with-csirt",
    "soc-role-duties/duty-to-holder",
    "soc-tell-duty/one-answers-for-telling",
];

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    let scanned = scan(&organisation("meridian"), &[]);
    assert_eq!(scanned.code, 1, "{}", scanned.stderr);
    let (found, planted) = (findings(&scanned.report["findings"]), findings(&expected()["findings"]));
    assert_eq!(planted.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "planted, not found");
    assert_eq!(found.difference(&planted).collect::<Vec<_>>(), Vec::<&String>::new(), "found, not planted");
    assert!(planted.len() >= 25);
    for finding in scanned.report["findings"].as_array().unwrap() {
        // Only what is missing everywhere stands nowhere.
        let check = format!("{}/{}", finding["control"].as_str().unwrap(), finding["check"].as_str().unwrap());
        let nowhere = MISSING_EVERYWHERE.contains(&check.as_str()) || finding["subject"]["link"] == "responsible";
        assert_eq!(finding["evidence"].as_array().unwrap().is_empty(), nowhere, "{finding}");
    }
}

#[test]
fn citations_stand_where_they_say() {
    let folder = organisation("meridian");
    let scanned = scan(&folder, &[]);
    for finding in scanned.report["findings"].as_array().unwrap() {
        for place in finding["evidence"].as_array().unwrap() {
            let text = std::fs::read_to_string(folder.join(place["path"].as_str().unwrap())).unwrap();
            let offset = usize::try_from(place["offset"].as_u64().unwrap()).unwrap();
            let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
            assert_eq!(text[..offset].matches('\n').count() + 1, line, "{place}");
            if let Some(row) = place["row"].as_u64() {
                assert_eq!(row as usize, line, "no cell of the example holds a line end: {place}");
            }
            if let Some(pointer) = place["pointer"].as_str() {
                let document: Value = serde_json::from_str(&text).unwrap();
                assert!(document.pointer(pointer).is_some(), "{place}");
            }
        }
    }
}

#[test]
fn without_defects_everything_is_satisfied_and_nothing_undecided() {
    let scanned = scan(&organisation("meridian-clean"), &[]);
    assert_eq!(scanned.code, 0, "{}", scanned.stderr);
    assert_eq!(scanned.report["summary"]["conclusion"], "nothing-found");
    let (mut satisfied, mut elsewhere) = (0, Vec::new());
    for control in scanned.report["controls"].as_array().unwrap() {
        match control["applicability"]["applicable"].as_bool().unwrap() {
            true => assert_eq!(control["determination"], "satisfied", "{control}"),
            false => elsewhere.push(control["id"].as_str().unwrap()),
        }
        satisfied += usize::from(control["determination"] == "satisfied");
    }
    // What only organisations of another kind have: those who declare it another way.
    assert!(satisfied >= 160 && elsewhere.len() <= 9, "{satisfied} satisfied, not applicable: {elsewhere:?}");
    for (id, check) in checks(&scanned.report) {
        if check["outcome"] == "not-applicable" {
            assert!(elsewhere.contains(&id.split_once('/').unwrap().0), "{id}");
            continue;
        }
        assert_eq!((&check["outcome"], &check["undecided"]), (&Value::from("pass"), &Value::from(0)), "{id}");
        assert_ne!(check["population"], 0, "{id}");
    }
}

/// Whether any control became satisfied, or the scan good.
fn better(before: &Value, after: &Value, code: i32) -> Vec<String> {
    let (before, after) = (determinations(before), determinations(after));
    let mut better: Vec<String> =
        after.iter().filter(|(id, now)| *now == "satisfied" && before[*id] != "satisfied").map(|(id, _)| id.clone()).collect();
    if code == 0 {
        better.push("exit 0".to_owned());
    }
    better
}

#[test]
fn a_missing_export_leaves_its_checks_undecided_and_all_others_as_they_were() {
    let Datasets { reads, touched_by, .. } = datasets_of_checks();
    for name in ["meridian", "meridian-clean"] {
        let whole = scan(&organisation(name), &[]).report;
        let tables = whole["evidence"].as_array().unwrap();
        for file in files(&organisation(name).join("evidence")) {
            let path = format!("evidence/{}", file.display());
            let datasets: BTreeSet<&str> =
                tables.iter().filter(|table| table["path"] == path.as_str()).filter_map(|table| table["dataset"].as_str()).collect();
            let alone: BTreeSet<&str> = datasets
                .iter()
                .copied()
                .filter(|dataset| !tables.iter().any(|table| table["dataset"] == *dataset && table["path"] != path.as_str()))
                .collect();
            if datasets.is_empty() {
                continue;
            }
            let temporary = tempfile::tempdir().unwrap();
            copy(&organisation(name), temporary.path());
            std::fs::remove_file(temporary.path().join(&path)).unwrap();
            let less = scan(temporary.path(), &[]);
            assert_eq!(less.code, 3, "{path}");
            assert_eq!(better(&whole, &less.report, less.code), Vec::<String>::new(), "{path}");
            let before = checks(&whole);
            let mut touched = 0;
            for (id, check) in checks(&less.report) {
                if before[&id]["outcome"] == "not-applicable" {
                    assert_eq!(check["outcome"], "not-applicable", "{path}: {id}");
                    continue;
                }
                let needs_it = reads[&id].iter().any(|dataset| alone.contains(dataset.as_str()));
                if needs_it {
                    touched += 1;
                    assert_eq!(check["outcome"], "not-evaluated", "{path}: {id}");
                    assert_eq!(check["exceptions"], 0, "{path}: {id}: nothing is compared");
                    let reason = check["reason"].as_str().unwrap();
                    assert!(alone.iter().any(|dataset| reason == format!("missing-dataset: {dataset}")), "{path}: {id}: {reason}");
                } else if !datasets.iter().any(|dataset| touched_by[&id].contains(*dataset) || ["people", "accounts"].contains(dataset)) {
                    // Persons are compared everywhere: without the roster or its links nothing is as it was.
                    assert_eq!(check, before[&id], "{path}: {id}");
                }
            }
            assert!(alone.is_empty() || touched > 0, "{path}: no check reads it");
        }
    }
}

#[test]
fn half_an_export_is_an_incomplete_population() {
    let Datasets { touched_by: reads, population, .. } = datasets_of_checks();
    for name in ["meridian", "meridian-clean"] {
        let whole = scan(&organisation(name), &[]).report;
        for file in files(&organisation(name).join("evidence")) {
            let path = organisation(name).join("evidence").join(&file);
            let Some(half) = halve(&file, &std::fs::read(&path).unwrap()) else { continue };
            let temporary = tempfile::tempdir().unwrap();
            copy(&organisation(name), temporary.path());
            std::fs::write(temporary.path().join("evidence").join(&file), half).unwrap();
            let less = scan(temporary.path(), &[]);
            let shown = file.display();
            assert_eq!(less.code, 3, "{shown}");
            assert_eq!(less.report["summary"]["conclusion"], "incomplete");
            assert_eq!(better(&whole, &less.report, less.code), Vec::<String>::new(), "{shown}");
            let table =
                less.report["evidence"].as_array().unwrap().iter().find(|table| table["path"] == format!("evidence/{shown}").as_str()).unwrap();
            let codes: Vec<&str> = table["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect();
            assert!(codes.contains(&"incomplete-population"), "{shown}: {codes:?}");
            let halved = table["dataset"].as_str().unwrap();
            let before = checks(&whole);
            let mut told = 0;
            for (id, check) in checks(&less.report).into_iter().filter(|(id, _)| reads[id].contains(halved)) {
                let incomplete = |reason: &Value| reason.as_str().is_some_and(|text| text.starts_with("incomplete-population"));
                match check["outcome"].as_str().unwrap() {
                    "not-evaluated" => told += usize::from(incomplete(&check["reason"])),
                    // What is here may fail, but what was lost never makes an exception.
                    "fail" => assert_eq!(before[&id]["outcome"], "fail", "{shown}: {id}: {check}"),
                    // A look-up may have found everything in what is here.
                    "pass" => assert!(!population[&id].contains(halved), "{shown}: {id} passes over half of its population: {check}"),
                    "not-applicable" => assert_eq!(before[&id]["outcome"], "not-applicable", "{shown}: {id}"),
                    other => panic!("{shown}: {id}: {other}"),
                }
                assert!(check["exceptions"].as_u64() <= before[&id]["exceptions"].as_u64(), "{shown}: {id}");
            }
            assert!(told > 0 || name == "meridian", "{shown}: no check that reads {halved} is told to be incomplete");
        }
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads_blocks_seeds_or_folder_names() {
    let first = scan(&organisation("meridian"), &["--jobs", "1"]);
    for options in [
        &["--jobs", "8"][..],
        &["--block-size", "7"],
        &["--block-size", "1024"],
        &["--seed", "1"],
        &["--seed", "18446744073709551615", "--jobs", "8", "--block-size", "100"],
    ] {
        assert!(scan(&organisation("meridian"), options).bytes == first.bytes, "{options:?}");
    }
    let temporary = tempfile::tempdir().unwrap();
    let renamed = temporary.path().join("another name");
    copy(&organisation("meridian"), &renamed);
    assert!(scan(&renamed, &[]).bytes == first.bytes, "a renamed folder");
}

#[test]
fn finding_ids_survive_shuffled_rows_and_renamed_files() {
    let first = scan(&organisation("meridian"), &[]);
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), temporary.path());
    let engagement = std::fs::read_to_string(organisation("meridian").join("engagement.yaml")).unwrap();
    let evidence = temporary.path().join("evidence");
    for file in files(&evidence) {
        let (path, name) = (evidence.join(&file), file.display().to_string());
        let bytes = std::fs::read(&path).unwrap();
        let reversed = match file.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => reverse(&bytes, 1),
            Some("ndjson") => reverse(&bytes, 0),
            Some("json") => {
                let mut document: Value = serde_json::from_slice(&bytes).unwrap();
                let list = if document["value"].is_array() { "value" } else { "oncalls" };
                document[list].as_array_mut().unwrap().reverse();
                serde_json::to_vec(&document).unwrap()
            }
            _ => bytes,
        };
        std::fs::remove_file(&path).unwrap();
        // The course is in the file's name, and the engagement declares systems by it; all others may be called anything.
        let renamed = if name.starts_with("progress.") || engagement.contains(&format!("path: {name}")) {
            path
        } else {
            path.with_file_name(format!("z-{}", file.file_name().unwrap().to_str().unwrap()))
        };
        std::fs::write(renamed, reversed).unwrap();
    }
    let shuffled = scan(temporary.path(), &[]);
    assert_eq!(ids(&shuffled.report), ids(&first.report));
    assert_eq!(shuffled.code, 1);
}

fn reverse(bytes: &[u8], header: usize) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines[header..].reverse();
    lines.concat()
}

#[test]
fn an_export_made_after_the_as_of_date_is_not_used() {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean"), temporary.path());
    let file = temporary.path().join("engagement.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("exported_at:\n", "exported_at:\n  - { path: sites.csv, at: 2026-11-02 }\n")).unwrap();
    let scanned = scan(temporary.path(), &[]);
    assert_eq!(scanned.code, 3);
    assert_eq!(checks(&scanned.report)["5.2-sites/site-client-named"]["reason"], "missing-dataset: sites");
}

#[test]
fn a_control_that_does_not_apply_is_neither_satisfied_nor_failed() {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), temporary.path());
    let file = temporary.path().join("engagement.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "not_applicable:\n  - { control: 5.2-sites, justification: There is one site only. }\n").unwrap();
    let scanned = scan(temporary.path(), &[]);
    let control = scanned.report["controls"].as_array().unwrap().iter().find(|control| control["id"] == "5.2-sites").unwrap();
    assert_eq!(control["determination"], "not-determined");
    assert_eq!(control["applicability"]["applicable"], false);
    assert!(control["checks"].as_array().unwrap().iter().all(|check| check["outcome"] == "not-applicable"));
    assert_eq!(scanned.code, 1);
}
