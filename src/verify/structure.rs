//! Which files there are, which `SHA256SUMS` lists, and whether they are those.

use std::collections::BTreeSet;

use super::folder::{Entry, Package, SIGNATURES, SIGNED, is_cosigner, is_known};
use super::not_reached;
use crate::digest::sha256_hex;
use crate::signing::bundle::Bundle;
use crate::signing::sums::{self, Sum, SumsError};
use crate::verdict::Step;

/// The files that `SHA256SUMS` does not list: itself and what is signed over it.
const BESIDE: [&str; 3] = ["SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig"];

/// The steps `files`, `list`, `digests`, and one for each bundle of a co-signer.
pub(super) fn structure(package: &Package, steps: &mut Vec<Step>) {
    files(package, steps);
    match package.file("SHA256SUMS").map(|bytes| (bytes, sums::parse(bytes))) {
        None => steps.extend([not_reached("list"), not_reached("digests")]),
        Some((bytes, Err(error))) => {
            steps.extend([Step::failed("list", sums_code(&error, bytes), format!("SHA256SUMS: {error}")), not_reached("digests")])
        }
        Some((_, Ok(sums))) => {
            list(package, &sums, steps);
            digests(package, &sums, steps);
        }
    }
    for (name, entry) in &package.0 {
        if is_cosigner(name)
            && let Entry::File(bytes) = entry
        {
            steps.push(cosigner(name, bytes));
        }
    }
}

/// Nothing but the files of a package, each a plain file.
fn files(package: &Package, steps: &mut Vec<Step>) {
    const STEP: &str = "files";
    let before = steps.len();
    let signed = package.is_signed();
    for name in SIGNED {
        if !package.0.contains_key(name) && (signed || !SIGNATURES.contains(&name)) {
            let code = if SIGNATURES.contains(&name) { "signature-missing" } else { "package-missing" };
            steps.push(Step::failed(STEP, code, format!("`{name}` is missing")));
        }
    }
    for (name, entry) in &package.0 {
        match entry {
            Entry::File(_) if is_known(name) => {}
            Entry::NoFile(kind) => steps.push(Step::failed(STEP, "package-no-file", format!("`{name}` is {kind}"))),
            Entry::TooLarge(limit) => steps.push(Step::failed(STEP, "package-too-large", format!("`{name}` has more than {limit} bytes"))),
            Entry::Unreadable(why) => steps.push(Step::failed(STEP, "package-unreadable", format!("`{name}` cannot be read: {why}"))),
            Entry::File(_) | Entry::Foreign => steps.push(Step::failed(STEP, "package-foreign", format!("`{name}` does not belong into a package"))),
        }
    }
    if steps.len() == before {
        steps.push(Step::passed(STEP, format!("{} plain files, and no other", package.0.len())));
    }
}

/// `SHA256SUMS` lists every file that it must, and no other.
fn list(package: &Package, sums: &[Sum], steps: &mut Vec<Step>) {
    const STEP: &str = "list";
    let before = steps.len();
    let listed: BTreeSet<&str> = sums.iter().map(|sum| sum.name.as_str()).collect();
    for name in &listed {
        if BESIDE.contains(name) || is_cosigner(name) || !is_known(name) {
            steps.push(Step::failed(STEP, "sums-foreign", format!("SHA256SUMS lists `{name}`, which it must not")));
        } else if !package.0.contains_key(*name) {
            steps.push(Step::failed(STEP, "sums-absent", format!("SHA256SUMS lists `{name}`, which is not there")));
        }
    }
    for name in package.0.keys().map(String::as_str) {
        if !BESIDE.contains(&name) && !is_cosigner(name) && is_known(name) && !listed.contains(name) {
            steps.push(Step::failed(STEP, "sums-unlisted", format!("SHA256SUMS does not list `{name}`")));
        }
    }
    if steps.len() == before {
        steps.push(Step::passed(STEP, format!("SHA256SUMS lists the {} files that it must", listed.len())));
    }
}

fn digests(package: &Package, sums: &[Sum], steps: &mut Vec<Step>) {
    const STEP: &str = "digests";
    let before = steps.len();
    for Sum { name, sha256 } in sums {
        if let Some(bytes) = package.file(name)
            && sha256_hex(bytes) != *sha256
        {
            steps.push(Step::failed(STEP, "digest-differs", format!("`{name}` is not the file that SHA256SUMS lists")));
        }
    }
    if steps.len() == before {
        steps.push(Step::passed(STEP, "every listed file has its digest"));
    }
}

fn sums_code(error: &SumsError, bytes: &[u8]) -> &'static str {
    match error {
        SumsError::Header => "sums-header",
        // A digest and two blanks are there: it is the name that will not do.
        SumsError::Line { line, .. } if names_badly(bytes, *line) => "sums-name",
        SumsError::Line { .. } => "sums-line",
        SumsError::Order { .. } => "sums-order",
        SumsError::Cut => "sums-cut",
    }
}

fn names_badly(bytes: &[u8], line: usize) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    line.split_at_checked(64)
        .is_some_and(|(digest, rest)| std::str::from_utf8(digest).is_ok_and(crate::digest::is_sha256_hex) && rest.starts_with(b"  "))
}

/// This version knows no countersignatures; that a bundle is one it can tell.
fn cosigner(name: &str, bytes: &[u8]) -> Step {
    match Bundle::parse(bytes) {
        Ok(_) => Step::not_checked("countersignature", "cosigner-unknown", format!("`{name}`: this version does not verify countersignatures")),
        Err(error) => Step::failed("countersignature", "cosigner-format", format!("`{name}`: {error}")),
    }
}
