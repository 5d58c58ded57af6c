//! With the official files imported, findings are worded in full, and nothing else changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::common::{organisation, program, scan};
use super::lists::{by, derived, official};
use super::office::found;

/// Under an edition, its official file, and the words that another reader drew from it.
fn worded(edition: &str, framework: &str, file: &str, pack: &str, words: BTreeMap<String, String>) {
    let Some(file) = official(file) else { return };
    let folder = tempfile::tempdir().unwrap();
    let imported = program().args(["pack", "import", "--out"]).arg(folder.path()).arg(file).output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));

    let without = scan(&organisation("fairlight"), &["--pack", edition]);
    let with = scan(&organisation("fairlight"), &["--pack", edition, "--packs-dir", &folder.path().display().to_string()]);
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let findings = found(&without.report);
    for (control, check, subject) in &findings {
        for value in subject.values().filter(|value| words.contains_key(*value)) {
            expected.entry(value).or_default().insert(format!("{control}/{check}"));
        }
    }
    let one = |(id, checks): (&str, BTreeSet<String>)| json!({ "framework": framework, "id": id, "text": words[id], "pack": pack, "checks": checks });
    let expected: Vec<Value> = expected.into_iter().map(one).collect();
    assert!(expected.len() > 10);
    assert_eq!(with.report["wording"], Value::Array(expected), "{edition}");

    // What else tells of the import is its name; no result rests on it.
    assert!(without.report.get("wording").is_none());
    let named = |report: &Value| report["inputs"]["frameworks"].as_array().cloned().unwrap_or_default();
    let more: Vec<Value> = named(&with.report).into_iter().filter(|one| !named(&without.report).contains(one)).collect();
    assert_eq!(more.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), [pack]);
    let rest = |report: &Value| {
        let mut rest = report.clone();
        rest.as_object_mut().unwrap().remove("wording");
        rest["inputs"].as_object_mut().unwrap().remove("frameworks");
        rest
    };
    assert_eq!(rest(&with.report), rest(&without.report), "{edition}");
    assert_eq!(with.code, without.code);
}

#[test]
fn tasks_of_nice_2017_are_worded_by_the_workbook() {
    let Some(tasks) = derived("nice-2017_tasks.csv") else { return };
    let file = "nice-2017_specialty-areas_work-role_ksas_and_tasks_2020-07-07.xlsx";
    worded("nice", "nice-2017", file, "nice-2017-official", by(&tasks, "task_id", "text"));
}

#[test]
fn tasks_of_nice_2_1_0_are_worded_by_the_export() {
    let Some(statements) = derived("nice-2.1.0_statements.csv") else { return };
    worded("nice-2.1.0", "nice-2.1.0", "nice-framework-components_v2.1.0_cprt.json", "nice-2.1.0-official", by(&statements, "statement_id", "text"));
}
