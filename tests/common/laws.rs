//! What holds of every example organisation, with and without defects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Datasets, checks, copy, datasets_of_checks, determinations, files, findings, halve, ids, organisation, scan};

fn expected(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(organisation(name).join("EXPECTED.json")).unwrap()).unwrap()
}

/// What was planted is found, and nothing else. Findings of the checks in `nowhere` cite
/// nothing: what is missing everywhere stands nowhere.
pub fn planted_is_found(name: &str, nowhere: &[&str]) {
    let scanned = scan(&organisation(name), &[]);
    assert_eq!(scanned.code, 1, "{}", scanned.stderr);
    let (found, planted) = (findings(&scanned.report["findings"]), findings(&expected(name)["findings"]));
    assert_eq!(planted.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "planted, not found");
    assert_eq!(found.difference(&planted).collect::<Vec<_>>(), Vec::<&String>::new(), "found, not planted");
    assert_eq!(planted.len(), expected(name)["findings"].as_array().unwrap().len(), "planted twice");
    assert!(planted.len() >= 25);
    for finding in scanned.report["findings"].as_array().unwrap() {
        let check = format!("{}/{}", finding["control"].as_str().unwrap(), finding["check"].as_str().unwrap());
        // A chain breaks at its first link where nobody is in it at all.
        let nowhere = nowhere.contains(&check.as_str()) || finding["subject"]["link"] == "responsible";
        assert_eq!(finding["evidence"].as_array().unwrap().is_empty(), nowhere, "{finding}");
    }
}

/// Every control but those in `sound` has a finding.
pub fn every_control_fails(name: &str, sound: &[&str]) {
    let satisfied: Vec<String> = determinations(&scan(&organisation(name), &[]).report)
        .into_iter()
        .filter(|(_, now)| now != "other-than-satisfied")
        .map(|(id, _)| id)
        .collect();
    assert_eq!(satisfied, sound);
}

/// Each place that a finding cites is in its file where the report says.
pub fn citations_stand(name: &str) {
    let folder = organisation(name);
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

/// Every check passes over something, and nothing is undecided; at most so many controls do not apply.
pub fn everything_is_satisfied(name: &str, not_applicable: usize) {
    let scanned = scan(&organisation(name), &[]);
    assert_eq!(scanned.code, 0, "{}", scanned.stderr);
    assert_eq!(scanned.report["summary"]["conclusion"], "nothing-found");
    let mut elsewhere = Vec::new();
    for control in scanned.report["controls"].as_array().unwrap() {
        match control["applicability"]["applicable"].as_bool().unwrap() {
            true => assert_eq!(control["determination"], "satisfied", "{control}"),
            // What only organisations have that declare it another way.
            false => elsewhere.push(control["id"].as_str().unwrap()),
        }
    }
    assert!(elsewhere.len() <= not_applicable, "not applicable: {elsewhere:?}");
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

/// A missing export leaves its checks undecided, and all others as they were.
pub fn a_missing_export_decides_nothing(name: &str) {
    let Datasets { reads, touched_by, .. } = datasets_of_checks(name);
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
        for (id, check) in checks(&less.report) {
            if before[&id]["outcome"] == "not-applicable" {
                assert_eq!(check["outcome"], "not-applicable", "{path}: {id}");
                continue;
            }
            let needs_it = reads[&id].iter().any(|dataset| alone.contains(dataset.as_str()));
            if needs_it {
                assert_eq!(check["outcome"], "not-evaluated", "{path}: {id}");
                assert_eq!(check["exceptions"], 0, "{path}: {id}: nothing is compared");
                let reason = check["reason"].as_str().unwrap();
                assert!(alone.iter().any(|dataset| reason == format!("missing-dataset: {dataset}")), "{path}: {id}: {reason}");
            } else if !datasets.iter().any(|dataset| touched_by[&id].contains(*dataset) || ["people", "accounts"].contains(dataset)) {
                // Persons are compared everywhere: without the roster or its links nothing is as it was.
                assert_eq!(check, before[&id], "{path}: {id}");
            }
        }
        assert!(touched_by.values().any(|reads| datasets.iter().any(|dataset| reads.contains(*dataset))), "{path}: no check reads it");
    }
}

/// Half an export is an incomplete population: its checks never pass, and what was lost makes no exception.
pub fn half_an_export_is_incomplete(name: &str) {
    let Datasets { touched_by: reads, population, .. } = datasets_of_checks(name);
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
        let table = less.report["evidence"].as_array().unwrap().iter().find(|table| table["path"] == format!("evidence/{shown}").as_str()).unwrap();
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
        assert!(told > 0 || !name.ends_with("-clean"), "{shown}: no check that reads {halved} is told to be incomplete");
    }
}

/// The bytes do not depend on threads, blocks, seeds or folder names.
pub fn the_bytes_are_the_same(name: &str) {
    let first = scan(&organisation(name), &["--jobs", "1"]);
    for options in [
        &["--jobs", "8"][..],
        &["--block-size", "7"],
        &["--block-size", "1024"],
        &["--seed", "1"],
        &["--seed", "18446744073709551615", "--jobs", "8", "--block-size", "100"],
    ] {
        assert!(scan(&organisation(name), options).bytes == first.bytes, "{options:?}");
    }
    let temporary = tempfile::tempdir().unwrap();
    let renamed = temporary.path().join("another name");
    copy(&organisation(name), &renamed);
    assert!(scan(&renamed, &[]).bytes == first.bytes, "a renamed folder");
}

/// Ids of findings survive shuffled rows and renamed files.
pub fn ids_survive_shuffling(name: &str) {
    let first = scan(&organisation(name), &[]);
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation(name), temporary.path());
    let stated = std::fs::read_to_string(temporary.path().join("engagement.yaml")).unwrap();
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
        // The course is in the file's name, and the engagement names some; all others may be called anything.
        let kept = name.starts_with("progress.") || stated.contains(&format!("path: {name}"));
        let renamed = if kept { path } else { path.with_file_name(format!("z-{}", file.file_name().unwrap().to_str().unwrap())) };
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
