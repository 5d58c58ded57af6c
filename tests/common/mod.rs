//! What the tests share: running the program, copying folders, reading reports.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub mod forge;
pub mod laws;
pub mod order;
pub mod xlsx;

/// The folder of an example organisation.
pub fn organisation(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/organisations").join(name)
}

/// The program, with nothing of this machine's environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.env_clear().stdin(std::process::Stdio::null());
    command
}

/// Runs the program.
pub fn rolecall<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    program().args(arguments).output().expect("the program runs")
}

/// The published schema of reports.
pub fn schema() -> &'static jsonschema::Validator {
    static SCHEMA: std::sync::OnceLock<jsonschema::Validator> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/schema/report-v1.json");
        let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    })
}

/// A scan: its exit code, its report and the report's bytes.
pub struct Scan {
    pub code: i32,
    pub report: Value,
    pub bytes: Vec<u8>,
    pub stderr: String,
}

/// Scans a folder into a temporary package.
pub fn scan(path: &Path, options: &[&str]) -> Scan {
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    let mut arguments = vec!["scan".to_owned(), path.display().to_string(), "--out".to_owned(), package.display().to_string(), "-q".to_owned()];
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    let output = rolecall(&arguments);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let bytes = std::fs::read(package.join("report.json")).unwrap_or_else(|_| panic!("no report: {stderr}"));
    let report: Value = serde_json::from_slice(&bytes).unwrap();
    let problems: Vec<String> = schema().iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "the schema refuses the report: {problems:#?}");
    order::in_contract_order(&bytes);
    adds_up(&report);
    let code = output.status.code().unwrap_or_else(|| panic!("killed: {stderr}"));
    // The report says the same as the exit code, whatever the grades.
    match report["summary"]["conclusion"].as_str().unwrap() {
        "incomplete" => assert_eq!(code, 3),
        "found" => assert!([0, 1].contains(&code), "{code}"),
        _ => assert_eq!(code, 0),
    }
    Scan { code, report, bytes, stderr }
}

/// Every count has its denominator, in every report that a test makes.
pub fn adds_up(report: &Value) {
    let sum = |list: &Value| list.as_array().unwrap().iter().map(|entry| entry["count"].as_u64().unwrap()).sum::<u64>();
    let mut exceptions = 0;
    for check in checks(report).values() {
        let number = |name: &str| check[name].as_u64().unwrap();
        assert_eq!(number("population"), number("excluded") + number("undecided") + number("evaluated"), "{check}");
        assert!(number("exceptions") <= number("evaluated"), "{check}");
        assert_eq!(number("excluded"), sum(&check["exclusions"]), "{check}");
        assert_eq!(number("undecided"), sum(&check["undecided_by"]), "{check}");
        assert_eq!(check["outcome"] == "fail", number("exceptions") > 0, "exceptions come first: {check}");
        if check["outcome"] == "pass" {
            assert!(number("population") > 0, "nothing passes: {check}");
        }
        exceptions += number("exceptions");
    }
    assert_eq!(report["summary"]["findings"]["total"].as_u64().unwrap(), exceptions);
    assert_eq!(report["summary"]["findings"]["listed"].as_u64().unwrap() as usize, report["findings"].as_array().unwrap().len());
    let occurrences: u64 = report["findings"].as_array().unwrap().iter().map(|finding| finding["occurrences"].as_u64().unwrap()).sum();
    let cut = checks(report).values().any(|check| !check["listed_through"].is_null());
    assert!(cut || occurrences == exceptions);
}

/// The checks of a report, by `control/check`.
pub fn checks(report: &Value) -> BTreeMap<String, &Value> {
    let controls = report["controls"].as_array().unwrap();
    let of = |control: &'_ Value| control["id"].as_str().unwrap().to_owned();
    controls
        .iter()
        .flat_map(|control| {
            control["checks"].as_array().unwrap().iter().map(move |check| (format!("{}/{}", of(control), check["id"].as_str().unwrap()), check))
        })
        .collect()
}

/// What each check of an organisation's packs reads, and what of it is its population: from the packs themselves.
pub struct Datasets {
    /// Without what tells of groups only: where that is missing, nothing is compared with a group.
    pub reads: BTreeMap<String, BTreeSet<String>>,
    /// With it.
    pub touched_by: BTreeMap<String, BTreeSet<String>>,
    pub population: BTreeMap<String, BTreeSet<String>>,
}

pub fn datasets_of_checks(name: &str) -> Datasets {
    let kinds = rolecall::source::load::load(&rolecall::source::load::built_in()).unwrap().kinds;
    let engagement = std::fs::read(organisation(name).join("engagement.yaml")).unwrap();
    let packs = rolecall::engagement::load::parse("engagement.yaml", &engagement, &kinds).unwrap().engagement.packs;
    let mut found = Datasets { reads: BTreeMap::new(), touched_by: BTreeMap::new(), population: BTreeMap::new() };
    for pack in packs {
        let loaded = rolecall::pack::load::LoadedPack::built_in(&pack).unwrap();
        let pack = rolecall::pack::resolve::resolve(&loaded, &BTreeMap::new(), &kinds).unwrap();
        for control in &pack.controls {
            for check in &control.checks {
                let id = format!("{}/{}", control.id, check.id);
                found.reads.insert(id.clone(), check.kind.datasets().into_iter().flat_map(needed).collect());
                found.touched_by.insert(id.clone(), delivered(check.kind.datasets()));
                found.population.insert(id, rolecall::exercise::population(&check.kind).into_iter().map(str::to_owned).collect());
            }
        }
    }
    found
}

/// The datasets that exports deliver, of those that a check names.
fn delivered<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().flat_map(rolecall::dataset::derived::delivered).map(str::to_owned).collect()
}

/// Those of them without which nothing is compared, whatever the others hold.
fn needed(name: &str) -> Vec<String> {
    let Some(derived) = rolecall::dataset::derived::find(name) else { return vec![name.to_owned()] };
    derived.bases.iter().filter(|base| !base.for_groups).map(|base| base.dataset.to_owned()).collect()
}

/// The determinations of a report, by control.
pub fn determinations(report: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["controls"].as_array().unwrap().iter().map(|control| (text(&control["id"]), text(&control["determination"]))).collect()
}

/// Control, check and subject of findings.
pub fn findings(list: &Value) -> BTreeSet<String> {
    let one = |finding: &Value| format!("{} {} {}", finding["control"], finding["check"], sorted(&finding["subject"]));
    list.as_array().unwrap().iter().map(one).collect()
}

fn sorted(subject: &Value) -> String {
    format!("{:?}", subject.as_object().unwrap().iter().collect::<BTreeMap<_, _>>())
}

/// The ids of a report's findings.
pub fn ids(report: &Value) -> BTreeSet<String> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() { copy(&entry.path(), &target) } else { std::fs::copy(entry.path(), target).map(|_| ()).unwrap() }
    }
}

/// All files under a folder, relative to it, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(root, &path, found) } else { found.push(path.strip_prefix(root).unwrap().to_owned()) }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// An export with only the first half of its records; `None` for what has no records to halve.
pub fn halve(path: &Path, bytes: &[u8]) -> Option<Vec<u8>> {
    match path.extension()?.to_str()? {
        "csv" => halve_lines(bytes, 1),
        "ndjson" => halve_lines(bytes, 0),
        "json" => {
            let mut document: Value = serde_json::from_slice(bytes).unwrap();
            let list = ["value", "oncalls"].into_iter().find(|name| document[*name].is_array())?;
            let records = document[list].as_array_mut().unwrap();
            let half = records.len() / 2;
            records.truncate(half);
            Some(serde_json::to_vec_pretty(&document).unwrap())
        }
        _ => None,
    }
}

/// No cell of the example organisation holds a line end.
fn halve_lines(bytes: &[u8], header: usize) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let records = lines.len() - header;
    (records > 1).then(|| lines[..header + records / 2].concat())
}
