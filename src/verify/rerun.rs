//! Whether the same evidence, scanned again, gives the same report.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Seen, difference};
use crate::cli::Taking;
use crate::diagnostic::Diagnostics;
use crate::digest::hex;
use crate::followup::{Register, replay};
use crate::ledger::store::Ledger;
use crate::report::{FindingCounts, LedgerCheckpoint, Report, Selection, json};
use crate::scan::{Input, LIST_MAX, scan};
use crate::settings::settle;
use crate::signing::merkle;
use crate::verdict::Step;

const STEP: &str = "rerun";

/// The step `rerun`. What the report says of its own options is followed; `taking`
/// says where evidence, packs, sources and the engagement are, and overrules.
#[must_use]
pub fn step(seen: &Seen, taking: &Taking, skip: &[PathBuf], ledger: Option<&Path>) -> Step {
    let Some(report) = &seen.report else { return super::not_reached(STEP) };
    let version = env!("CARGO_PKG_VERSION");
    if report.tool.version != version {
        let why = format!("the report was made by version {}, this is {version}: only the same version gives the same bytes", report.tool.version);
        return Step::indeterminate(STEP, "rerun-version", why);
    }
    let pinned = report.inputs.ledger.as_ref().zip(ledger);
    let register = match pinned.map(|(pinned, folder)| register(folder, pinned)).transpose() {
        Ok(register) => register,
        Err(why) => return Step::indeterminate(STEP, "rerun-impossible", why),
    };
    let mut again = match scanned(report, taking, skip, register.as_ref()) {
        Ok(again) => again,
        Err(why) => return Step::indeterminate(STEP, "rerun-impossible", format!("it cannot be scanned again: {}", first_line(&why))),
    };
    // The page was looked at apart.
    again.tool.renderer.clone_from(&report.tool.renderer);
    let apart = report.inputs.ledger.is_some() && register.is_none();
    let bytes = if apart { json::write(&without_ledger(report)) } else { seen.json.clone() };
    if apart {
        again = without_ledger(&again);
    }
    let fresh = json::write(&again);
    if fresh == bytes {
        let apart = if apart { "; what the ledger gives was left out, give --ledger to compare it too" } else { "" };
        return Step::passed(STEP, format!("the evidence, scanned again, gives the same report{apart}"));
    }
    match difference::first(&bytes, &fresh) {
        Some(difference) => Step::failed(STEP, "rerun-differs", format!("first difference at {difference}")),
        None => Step::failed(STEP, "rerun-differs", "the reports say the same in different bytes"),
    }
}

/// What the ledger said when the report was made: its first lines, as the report pins them.
fn register(folder: &Path, pinned: &LedgerCheckpoint) -> Result<Register, String> {
    let ledger = Ledger::read(folder).map_err(|error| format!("the ledger cannot be read: {error}"))?;
    let size = usize::try_from(pinned.size).unwrap_or(usize::MAX);
    let (leaves, events) = ledger.as_ref().map(|ledger| (ledger.leaves(), ledger.events())).unwrap_or_default();
    let (Some(leaves), Some(events)) = (leaves.get(..size), events.get(..size)) else {
        return Err(format!("the report saw {} lines of the ledger, and {} are there", pinned.size, events.len()));
    };
    if hex(&merkle::root(leaves)) != pinned.root {
        return Err("the ledger does not begin with the lines that the report saw".to_owned());
    }
    replay(events).map_err(|error| error.to_string())
}

/// A scan with the options of the report.
fn scanned(report: &Report, taking: &Taking, skip: &[PathBuf], register: Option<&Register>) -> Result<Report, Diagnostics> {
    let mut taking = taking.clone();
    let options = &report.inputs.options;
    let texts = |name: &str| -> Vec<String> {
        let list = options.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    };
    if taking.pack.is_empty() && report.selection == Selection::Exploratory {
        taking.pack = texts("packs");
    }
    if taking.map.is_empty() {
        taking.map = texts("map").iter().filter_map(|map| map.rsplit_once('=')).map(|(file, source)| (file.to_owned(), source.to_owned())).collect();
    }
    taking.as_of.get_or_insert_with(|| report.as_of.clone());
    if taking.period.is_none() {
        taking.period = report.period.as_ref().map(|period| format!("{}..{}", period.from, period.to));
    }
    let settings = settle(&taking, skip)?;
    let list_max = options.get("list_max").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok()).unwrap_or(LIST_MAX);
    let mut inputs = settings.inputs.clone();
    inputs.options.insert("list_max".to_owned(), serde_json::json!(list_max));
    if register.is_some() {
        inputs.ledger.clone_from(&report.inputs.ledger);
    }
    let input = Input { audience: report.audience, inputs, list_max, register, ..settings.input() };
    Ok(scan(input).map_err(|error| crate::diagnostic::Diagnostic::new("plan", "", error.to_string()))?.report)
}

/// The report without what a ledger says: that is verified by `track verify`, with the ledger.
fn without_ledger(report: &Report) -> Report {
    let mut report = report.clone();
    report.inputs.ledger = None;
    report.followed_up = None;
    for finding in &mut report.findings {
        finding.lifecycle = None;
    }
    let FindingCounts { new, reopened, resolved, not_reobserved, subject_gone, .. } = &mut report.summary.findings;
    for figure in [new, reopened, resolved, not_reobserved, subject_gone] {
        *figure = None;
    }
    report
}

fn first_line(why: &Diagnostics) -> String {
    why.0.iter().min().map(|first| first.message.clone()).unwrap_or_default()
}
