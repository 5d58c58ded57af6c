//! The benchmark's data, read by the built program: the counts that were
//! planted, the same bytes however the work is divided, and every citation
//! looked up in the file by hand.
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Scan, checks, scan};
use serde_json::Value;

/// A small one: 400 people, 6 000 assignments, 3 200 events.
const SCALE: &str = "0.001";
const CHECKS: usize = 12;

fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")
}

/// Runs one of the benchmark's scripts. `None` where there is no Python: on
/// the machine that checks every change (`CI` is set) that is a failure.
fn script(name: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new("python3").arg(benches().join(name)).args(arguments).output() {
        Ok(output) => output,
        Err(error) => {
            let told = format!("NOT TESTED: python3 does not run ({error}); `.ci/run` shows how to get it");
            assert!(std::env::var_os("CI").is_none(), "{told}");
            eprintln!("{told}");
            return None;
        }
    };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Generated evidence and what is wrong in it.
struct Generated {
    folder: tempfile::TempDir,
    expected: Value,
}

impl Generated {
    fn new(seed: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let told = script("workload/generate", &[folder.path().to_str().unwrap(), "--scale", SCALE, "--seed", seed])?;
        Some(Self { folder, expected: serde_json::from_str(&told).unwrap() })
    }

    /// A scan with the twelve checks.
    fn scan(&self, options: &[&str]) -> Scan {
        let (packs, sources) = (benches().join("workload/packs"), benches().join("workload/sources"));
        let known = ["--packs-dir", packs.to_str().unwrap(), "--sources-dir", sources.to_str().unwrap()];
        let taken = ["--pack", "workload", "--as-of", self.expected["as_of"].as_str().unwrap()];
        scan(self.folder.path(), &[&known[..], &taken, options].concat())
    }
}

/// The exceptions of each check.
fn counted(report: &Value) -> BTreeMap<String, u64> {
    let id = |name: &str| name.rsplit_once('/').unwrap().1.to_owned();
    checks(report).into_iter().map(|(name, check)| (id(&name), check["exceptions"].as_u64().unwrap())).collect()
}

fn assert_planted(report: &Value, expected: &Value, what: &str) {
    let counted = counted(report);
    assert_eq!(counted.len(), CHECKS);
    for (check, count) in counted {
        assert!(count > 0, "{what}: {check} has something to find");
        assert_eq!(expected[&check], count, "{what}: {check}");
    }
}

#[test]
fn every_planted_violation_is_found_and_no_other() {
    for seed in ["1", "2026"] {
        let Some(data) = Generated::new(seed) else { return };
        let read = data.scan(&[]);
        assert_planted(&read.report, &data.expected, seed);
        assert!(checks(&read.report).values().all(|check| check["undecided"] == 0), "all of it can be decided");
        // A third opinion that knows neither the generator nor this program.
        script("workload/recount", &[data.folder.path().to_str().unwrap()]).unwrap();
    }
}

#[test]
fn the_data_depends_on_scale_and_seed_alone() {
    let (Some(one), Some(again), Some(other)) = (Generated::new("7"), Generated::new("7"), Generated::new("8")) else { return };
    for file in common::files(one.folder.path()) {
        let read = |data: &Generated| std::fs::read(data.folder.path().join(&file)).unwrap();
        assert!(read(&one) == read(&again), "{}", file.display());
        assert!(read(&one) != read(&other), "{}", file.display());
    }
}

#[test]
fn threads_and_blocks_never_show_in_the_report() {
    for seed in ["3", "4"] {
        let Some(data) = Generated::new(seed) else { return };
        let first = data.scan(&["--jobs", "1"]);
        // Blocks of nearly a record each, and of an odd size, so that every kind of cut is met.
        for (jobs, size) in [("2", "524288"), ("8", "524288"), ("1", "257"), ("2", "65537"), ("8", "257")] {
            let other = data.scan(&["--jobs", jobs, "--block-size", size]);
            assert!(first.bytes == other.bytes, "--jobs {jobs} --block-size {size} gives another report (seed {seed})");
        }
    }
}

#[test]
fn what_does_not_fit_memory_changes_nothing_or_is_told() {
    let Some(data) = Generated::new("5") else { return };
    // Whatever is large enough to be put away is.
    let short = ["--memory", "1", "--jobs", "1"];
    assert!(data.scan(&[]).bytes == data.scan(&short).bytes, "--memory gives another report");

    let (packs, sources) = (benches().join("workload/packs"), benches().join("workload/sources"));
    let package = data.folder.path().with_extension("package");
    let output = common::program()
        .env("TMPDIR", data.folder.path().join("no such folder"))
        .arg("scan")
        .arg(data.folder.path())
        .args([Path::new("--packs-dir"), &packs, Path::new("--sources-dir"), &sources, Path::new("--out"), &package])
        .args(["--pack", "workload", "--as-of", data.expected["as_of"].as_str().unwrap()])
        .args(short)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(package.join("report.json")).unwrap()).unwrap();
    let large: Vec<_> = checks(&report).into_iter().filter(|(_, check)| check["outcome"] == "error").collect();
    assert!(
        matches!(&large[..], [(name, check)] if name.ends_with("/K06") && check["reason"].as_str().unwrap().starts_with("memory-exceeded")),
        "{large:?}"
    );
    std::fs::remove_dir_all(package).unwrap();
}

/// Ten findings of each check, from the front, the middle and the end of its list.
fn ten_of_each(report: &Value) -> BTreeMap<String, Vec<&Value>> {
    let mut listed: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        listed.entry(finding["check"].as_str().unwrap().to_owned()).or_default().push(finding);
    }
    for findings in listed.values_mut() {
        let count = findings.len();
        let mut at = 0;
        // Of ten or fewer, all.
        findings.retain(|_| {
            at += 1;
            count <= 10 || at * 10 / count > (at - 1) * 10 / count
        });
    }
    listed
}

/// The record that begins at a byte, without its line end: a line end within quotes is none.
fn record(bytes: &[u8], offset: usize, quotes: bool) -> String {
    let mut open = false;
    let end = bytes[offset..].iter().position(|byte| {
        open ^= quotes && *byte == b'"';
        *byte == b'\n' && !open
    });
    let record = &bytes[offset..end.map_or(bytes.len(), |end| offset + end)];
    String::from_utf8(record.strip_suffix(b"\r").unwrap_or(record).to_vec()).unwrap()
}

/// A cell of the row, or a member of the event, has this value. Moments are told to the second.
fn holds(record: &str, field: &str, value: &str) -> bool {
    match serde_json::from_str::<Value>(record) {
        Ok(event) if field == "time" => event["time"].as_str().unwrap().starts_with(value.strip_suffix('Z').unwrap()),
        Ok(event) => event[field] == value,
        Err(_) => record.split(',').any(|cell| cell == value),
    }
}

#[test]
fn a_citation_leads_to_the_record_that_it_names() {
    let Some(data) = Generated::new("5") else { return };
    let read = data.scan(&["--block-size", "4096"]);
    let findings = ten_of_each(&read.report);
    assert_eq!(findings.len(), CHECKS);
    let (mut looked_up, mut several_lines) = (0, 0);
    for (check, findings) in findings {
        for finding in findings {
            let subject = finding["subject"].as_object().unwrap();
            let citations = finding["evidence"].as_array().unwrap();
            assert!(!citations.is_empty(), "{check}: {finding}");
            for citation in citations {
                let file = citation["path"].as_str().unwrap();
                let bytes = std::fs::read(data.folder.path().join(file)).unwrap();
                let number = |name: &str| usize::try_from(citation[name].as_u64().unwrap()).unwrap();
                let (line, offset) = (number("line"), number("offset"));
                // By hand: that line begins behind so many line ends, with the byte-order mark before the first.
                let begins = if line == 1 { 0 } else { bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(line - 2).unwrap().0 + 1 };
                assert_eq!(begins, offset, "{check}: line and byte are one place: {citation}");
                let record = record(&bytes, offset, !file.ends_with(".ndjson"));
                looked_up += 1;
                several_lines += usize::from(record.contains('\n'));
                for (field, value) in subject.iter().filter(|(field, _)| *field != "entry") {
                    assert!(holds(&record, field, value.as_str().unwrap()), "{check}: {field} {value} does not stand in {record}");
                }
            }
        }
    }
    assert!(looked_up >= CHECKS * 6, "{looked_up}");
    assert!(several_lines > 0, "a record of several lines is among them");
}
