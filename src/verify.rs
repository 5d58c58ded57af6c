//! Verifying a report package for someone who was not there.
//!
//! Each file is read once into memory; what is verified and what is parsed are
//! the same bytes. Trust never comes from the package: without an anchor from
//! the reader nothing that a key says is more than INDETERMINATE. Bytes whose
//! signature does not fit are not parsed any further.
//!
//! [`package()`] is the whole of it, a function of bytes; evidence, a scan of it
//! and an earlier package are looked at in [`evidence`], [`rerun`] and [`previous`].

use serde::Serialize;

use crate::report::Report;
use crate::signing::key::PublicKey;
use crate::signing::statement::{Statement, report_id};
use crate::verdict::{Step, Verdict, overall};

mod contents;
pub mod difference;
pub mod evidence;
mod folder;
mod page;
pub mod previous;
pub mod rerun;
mod signatures;
mod structure;

pub use folder::{Entry, Package, PackageReadError};

/// What the reader trusts, from elsewhere than the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The signer's key.
    Key(PublicKey),
    /// Its fingerprint ([`PublicKey::fingerprint`]); the key is that of the package, where it fits.
    Fingerprint(String),
}

/// What a verification came to.
#[derive(Debug, Serialize)]
pub struct Verification {
    /// The worst of the steps.
    pub verdict: Verdict,
    /// The report, where its bytes are those that were signed or nobody signed any.
    pub report: Option<SeenReport>,
    /// Who signed, where a signature fits.
    pub signer: Option<SeenSigner>,
    /// What was looked at, in order.
    pub steps: Vec<Step>,
    /// What later steps work on.
    #[serde(skip)]
    pub seen: Seen,
}

/// What was parsed, for the steps that follow.
#[derive(Debug, Default)]
pub struct Seen {
    /// The report, as it lies in the package.
    pub report: Option<Report>,
    /// Its bytes.
    pub json: Vec<u8>,
    /// What was signed about it.
    pub statement: Option<Statement>,
}

/// Which report it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenReport {
    /// [`report_id`].
    pub id: String,
    /// The program and its version.
    pub tool: String,
    /// The date that it is about.
    pub as_of: String,
    /// What it comes to.
    pub conclusion: crate::report::Conclusion,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenSigner {
    /// The key.
    pub fingerprint: String,
    /// Whether the reader's anchor vouches for it.
    pub trusted: bool,
    /// Whose it is, as the signer says.
    pub owner: Option<String>,
    /// What for, as the signer says.
    pub role: Option<String>,
    /// Whether the key file was encrypted, as the signer says.
    pub key_encrypted: bool,
    /// When, by the signer's clock: a claim.
    pub claimed_time: String,
}

impl Verification {
    /// Adds the steps of evidence and the like.
    pub fn add(&mut self, steps: impl IntoIterator<Item = Step>) {
        self.steps.extend(steps);
        self.verdict = overall(&self.steps);
    }
}

/// Verifies a package by itself.
#[must_use]
pub fn package(package: &Package, anchor: Option<&Anchor>) -> Verification {
    let mut steps = Vec::new();
    structure::structure(package, &mut steps);
    let signed = package.is_signed();
    let signer = signatures::signer(package, anchor, &mut steps);
    signatures::of_sums(package, &signer, &mut steps);
    let statement = signatures::statement(package, &signer, &mut steps);
    let page = page::page(package, signed, &mut steps);
    let subjects = contents::subjects(package, statement.as_ref(), page, &mut steps);
    // What is not what was signed is not parsed any further; what nobody signed claims nothing more than its digests.
    let report = if subjects.report || !signed { contents::report(package, &mut steps) } else { None };
    if let (Some(report), Some(statement)) = (&report, &statement) {
        steps.push(contents::claims(report, package, statement));
    }
    match (&report, &page) {
        (Some(report), Some(body)) if subjects.body || !signed => steps.push(page::rendering(report, body)),
        _ => steps.push(not_reached("rendering")),
    }
    let json = package.file("report.json").unwrap_or_default();
    Verification {
        verdict: overall(&steps),
        report: report.as_ref().map(|report| SeenReport {
            id: report_id(json),
            tool: format!("{} {}", report.tool.name, report.tool.version),
            as_of: report.as_of.clone(),
            conclusion: report.summary.conclusion,
        }),
        signer: statement.as_ref().and_then(|statement| signer.seen(statement)),
        steps,
        seen: Seen { json: json.to_vec(), report, statement },
    }
}

/// A step that rests on one that did not pass.
#[must_use]
pub fn not_reached(step: &'static str) -> Step {
    Step::indeterminate(step, "not-reached", "it rests on what did not pass above")
}
