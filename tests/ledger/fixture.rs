//! A small ledger of two people, and what its attackers need.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rolecall::digest::hex;
use rolecall::ledger::entry::{Entry, actor};
use rolecall::ledger::event::{About, Act, Change, Event, Now, Scan, ScannedCheck};
use rolecall::ledger::store::Ledger;
use rolecall::ledger::verify::{Anchors, Pinned, Verification, verify};
use rolecall::report::{LedgerCheckpoint, Outcome, Severity, Subject};
use rolecall::signing::key::SecretKey;
use rolecall::signing::key_file::KeyFile;
use rolecall::signing::merkle::{self, Hash};
use rolecall::signing::note::{Checkpoint, Note};
use rolecall::verdict::Verdict;

pub const TIME: &str = "2026-11-24T12:00:00Z";

/// Somebody's key, always the same one.
pub fn key(seed: u8, owner: &str) -> KeyFile {
    KeyFile { key: SecretKey::from_seed(&[seed; 32]), owner: Some(owner.to_owned()), role: Some("ledger".to_owned()), encrypted: false }
}

pub fn ann() -> KeyFile {
    key(1, "Ann")
}

pub fn bob() -> KeyFile {
    key(2, "Bob")
}

pub fn mallory() -> KeyFile {
    key(9, "Mallory")
}

pub fn note(text: &str) -> Act {
    Act::Note { finding: "F-aaaaaaaaaaaaaaaa".to_owned(), text: text.to_owned() }
}

/// The scan that finds what the notes are about.
pub fn scan() -> Act {
    let (control, check, finding) = ("c".to_owned(), "k".to_owned(), "F-aaaaaaaaaaaaaaaa".to_owned());
    let subject = Subject(vec![("asset_id".to_owned(), "1".to_owned())]);
    let about = About { control: control.clone(), check: check.clone(), severity: Severity::Low, subject, statement: "Not so".to_owned() };
    Act::Scan(Box::new(Scan {
        report: "R-aaaaaaaaaaaaaaaa".to_owned(),
        sha256: "0".repeat(64),
        as_of: "2026-11-23".to_owned(),
        engagement: "e".to_owned(),
        tool: "0".to_owned(),
        checks: vec![ScannedCheck { control, check, outcome: Outcome::Fail, whole: true, listed_through: None }],
        changes: vec![Change { finding, now: Now::New, about: Some(about) }],
    }))
}

/// A ledger of five lines in three appends: Ann two, Bob one, Ann two.
pub fn small(dir: &Path) -> Ledger {
    Ledger::append(dir, vec![scan(), note("two")], &ann(), "2026-11-24T09:00:00Z").unwrap();
    Ledger::append(dir, vec![note("three")], &bob(), "2026-11-24T10:00:00Z").unwrap();
    Ledger::append(dir, vec![note("four"), note("five")], &ann(), "2026-11-24T11:00:00Z").unwrap()
}

/// A fresh place with [`small`] in it.
pub fn made() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    small(&dir);
    (place, dir)
}

pub fn friends() -> Anchors {
    BTreeSet::from([ann().key.public().fingerprint(), bob().key.public().fingerprint()])
}

pub fn judge(dir: &Path, against: &[Pinned]) -> Verification {
    verify(dir, &friends(), against, None).unwrap()
}

/// `PASSED`, or the first step that did not pass with its code.
pub fn verdict(dir: &Path, against: &[Pinned]) -> String {
    let done = judge(dir, against);
    let worst = done.steps.iter().find(|step| step.verdict == done.verdict && step.verdict != Verdict::Passed);
    worst.map_or_else(|| "PASSED".to_owned(), |step| format!("{} {}: {}", step.verdict.name(), step.step, step.code.unwrap_or("no code")))
}

pub fn pinned(name: &str, checkpoint: LedgerCheckpoint) -> Pinned {
    Pinned { name: name.to_owned(), sha256: String::new(), checkpoint: Some(checkpoint) }
}

pub fn read_lines(dir: &Path) -> Vec<String> {
    fs::read_to_string(dir.join("ledger.jsonl")).unwrap().lines().map(str::to_owned).collect()
}

pub fn put_lines(dir: &Path, lines: &[String]) {
    fs::write(dir.join("ledger.jsonl"), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

/// The line of an event, by somebody who says that they are the actor.
pub fn seal(event: &Event, by: &KeyFile) -> String {
    Entry::seal(&Event { actor: actor(by), ..event.clone() }, by).unwrap()
}

/// The lines of these acts as their true actors would have written them: chained anew from line `from` on.
pub fn chain(origin: &str, kept: &[String], acts: &[(Act, KeyFile, &str)]) -> Vec<String> {
    let mut lines = kept.to_vec();
    for (act, by, time) in acts {
        let prev = lines.last().map(|line| hex(&merkle::leaf(line.as_bytes())));
        let event = Event { ledger: origin.to_owned(), seq: lines.len() as u64, prev, time: (*time).to_owned(), actor: actor(by), act: act.clone() };
        lines.push(Entry::seal(&event, by).unwrap());
    }
    lines
}

/// The checkpoint over the first lines, signed.
pub fn checkpoint(origin: &str, lines: &[String], by: &KeyFile) -> Note {
    let leaves: Vec<Hash> = lines.iter().map(|line| merkle::leaf(line.as_bytes())).collect();
    Checkpoint { origin: origin.to_owned(), size: lines.len() as u64, root: merkle::root(&leaves) }.sign(&by.key)
}

/// Puts a checkpoint in place, with its copy; the older copies go.
pub fn put_checkpoint(dir: &Path, size: usize, note: &str) {
    fs::remove_dir_all(dir.join("checkpoints")).unwrap();
    fs::create_dir(dir.join("checkpoints")).unwrap();
    fs::write(dir.join("checkpoints").join(size.to_string()), note).unwrap();
    fs::write(dir.join("checkpoint"), note).unwrap();
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
