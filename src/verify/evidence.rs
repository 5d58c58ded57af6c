//! Whether the files under a folder are the evidence that a report lists.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::cli::Taking;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::hex;
use crate::evidence::collect::{self, Blob, EVIDENCE, Obstacle};
use crate::report::Report;
use crate::verdict::Step;

const STEP: &str = "evidence";

/// One step for every file that is missing, altered or not listed; one where there is none.
/// The folders are walked as a scan walks them; `skip` are those that are no evidence.
///
/// # Errors
/// The folders cannot be walked.
pub fn steps(report: &Report, taking: &Taking, skip: &[PathBuf]) -> Result<Vec<Step>, Diagnostics> {
    let collected =
        collect::collect(&taking.paths, skip, taking.engagement.as_deref()).map_err(|error| Diagnostic::new("path", "", error.to_string()))?;
    let listed: BTreeMap<&str, &str> = report.evidence.iter().map(|table| (table.path.as_str(), table.sha256.as_str())).collect();
    let prefix = prefix(&listed, &collected.blobs);
    let mut steps = Vec::new();
    let mut seen = BTreeSet::new();
    let mut same = 0_usize;
    for blob in &collected.blobs {
        let path = format!("{prefix}{}", blob.path);
        let Some(expected) = listed.get(path.as_str()) else {
            steps.push(Step::failed(STEP, "evidence-extra", format!("`{path}` is not listed in the report")));
            continue;
        };
        if expected.is_empty() {
            // The scan could not read it either: there is no digest to hold it against.
        } else if let Some(obstacle) = &blob.obstacle {
            steps.push(Step::failed(STEP, "evidence-unreadable", format!("`{path}`: {}", obstacle.message())));
        } else {
            match digest(blob) {
                Ok(digest) if digest == *expected => same += 1,
                Ok(_) => steps.push(Step::failed(STEP, "evidence-altered", format!("`{path}` is not the file that was examined"))),
                Err(error) => steps.push(Step::failed(STEP, "evidence-unreadable", format!("`{path}`: {error}"))),
            }
        }
        seen.insert(path);
    }
    for (path, expected) in &listed {
        if !expected.is_empty() && !seen.contains(*path) {
            steps.push(Step::failed(STEP, "evidence-missing", format!("`{path}` is missing")));
        }
    }
    if steps.is_empty() {
        steps.push(Step::passed(STEP, format!("{same} files are those that were examined, and there is no other")));
    }
    Ok(steps)
}

/// Where the exports of an engagement were handed over without its folder, their paths begin one folder lower.
fn prefix(listed: &BTreeMap<&str, &str>, blobs: &[Blob]) -> String {
    let start = format!("{EVIDENCE}/");
    let within = listed.iter().filter(|(_, digest)| !digest.is_empty()).all(|(path, _)| path.starts_with(&start));
    let beside = blobs.iter().any(|blob| blob.path.starts_with(&start) || blob.obstacle == Some(Obstacle::Beside));
    if within && !beside && !listed.is_empty() { start } else { String::new() }
}

fn digest(blob: &Blob) -> std::io::Result<String> {
    let mut reader = blob.reader()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
