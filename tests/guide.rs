//! `controls/README.md`, the guide for authors of packs: all that is written
//! in it works as it says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rolecall::diagnostic::Diagnostics;
use rolecall::exercise::{Exercised, exercise};
use rolecall::pack::load::LoadedPack;
use rolecall::pack::resolve;
use rolecall::source::kinds::FieldKinds;

/// A fenced block: what stands behind its language, and its text.
struct Block {
    what: String,
    text: String,
}

fn guide() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("controls/README.md")).unwrap()
}

fn blocks() -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for line in guide().lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block { what: language.strip_prefix("yaml").unwrap_or_default().trim().to_owned(), text: String::new() });
            }
            (None, Some(block)) => block.text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    blocks
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// The guide's pack: its files as they stand, and a control for each kind.
fn files() -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut files, mut kinds, mut kind) = (BTreeMap::new(), BTreeSet::new(), String::new());
    for Block { what, text } in blocks() {
        if let Some(path) = what.strip_prefix("file=") {
            files.insert(path.to_owned(), text);
        } else if let Some(name) = what.strip_prefix("check=") {
            name.clone_into(&mut kind);
            let control = format!(
                "id: {kind}\nref: Rule 2\ntitle: A control\ncriterion: {{ standard: House rules, edition: '2026', clause: Rule 2, force: own-rule }}\n\
                 determination: It is so.\nevidence: An export.\nchecks:\n  - id: shown\n    severity: low\n{}grade: {{ otherwise: minor }}\n",
                indented(&text, "    ")
            );
            files.insert(format!("{kind}.yaml"), control);
            kinds.insert(kind.clone());
        } else if what == "passes" {
            let number = files.keys().filter(|path| path.starts_with(&format!("examples/{kind}/pass-"))).count();
            files.insert(format!("examples/{kind}/pass-{number}.yaml"), example(&text, None));
        } else if what == "fails" {
            let (datasets, findings) = text.split_once("findings:\n").unwrap();
            let number = files.keys().filter(|path| path.starts_with(&format!("examples/{kind}/fail-"))).count();
            files.insert(format!("examples/{kind}/fail-{number}.yaml"), example(datasets, Some(findings)));
        }
    }
    (files, kinds)
}

/// An example file. Lines before the first dataset that are no dataset, such as `period:`, stay outside.
fn example(text: &str, findings: Option<&str>) -> String {
    let outside = |line: &&str| line.starts_with("period:") || line.starts_with("parameters:");
    let head: String = text.lines().filter(outside).map(|line| format!("{line}\n")).collect();
    let datasets: String = text.lines().filter(|line| !outside(line)).map(|line| format!("{line}\n")).collect();
    let finding = |line: &str| line.trim_start().strip_prefix("- ").map(|subject| format!("  - {{ check: shown, subject: {subject} }}\n"));
    let findings = findings.map(|findings| format!("findings:\n{}", findings.lines().filter_map(finding).collect::<String>()));
    format!("title: As the guide shows it\n{head}datasets:\n{}{}", indented(&datasets, "  "), findings.unwrap_or_default())
}

fn exercised(loaded: &LoadedPack) -> Result<Exercised, Diagnostics> {
    rolecall::parallel::within(0, || exercise(loaded, &kinds())).unwrap()
}

fn kinds() -> FieldKinds {
    rolecall::source::load::load(&rolecall::source::load::built_in()).unwrap().kinds
}

#[test]
fn everything_in_the_guide_works_as_it_says() {
    let (files, shown) = files();
    let bytes: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let loaded = LoadedPack::from_files("house-rules", "house-rules", &bytes);
    let found = resolve::lint(&loaded, &kinds());
    assert!(found.errors.is_empty(), "{}", found.errors);
    assert!(found.warnings.is_empty(), "{}", found.warnings);
    let done = exercised(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(done.failures.is_empty(), "{}", done.failures.join("\n"));
    assert!(done.examples >= 2 * shown.len() && done.mutations > shown.len());
    let pack = resolve::resolve(&loaded, &BTreeMap::new(), &kinds()).unwrap_or_else(|problems| panic!("{problems}"));
    for control in pack.controls.iter().filter(|control| shown.contains(&control.id)) {
        assert_eq!(control.checks[0].kind.word(), control.id, "each kind is shown by its own check");
    }
}

#[test]
fn every_kind_of_check_and_every_operator_is_shown() {
    let (_, shown) = files();
    let schema = serde_json::to_value(rolecall::pack::schema::schema(rolecall::pack::schema::SchemaKind::Control)).unwrap();
    let check = schema["$defs"]["RawCheck"]["properties"].as_object().unwrap();
    let about = ["id", "title", "severity", "mode", "unit", "identity", "show", "max_age_days"];
    let kinds: BTreeSet<String> = check.keys().filter(|name| !about.contains(&name.as_str())).cloned().collect();
    assert_eq!(shown, kinds);
    let text = guide();
    let predicate = schema["$defs"]["RawPredicate"]["properties"].as_object().unwrap();
    for operator in predicate.keys() {
        assert!(text.contains(&format!("`{operator}`")) || text.contains(&format!("`{operator}: ")), "`{operator}` is not told");
    }
}
