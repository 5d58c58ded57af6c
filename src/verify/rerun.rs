//! Whether the same evidence, scanned again, gives the same report.

use std::path::PathBuf;

use serde_json::Value;

use super::{Seen, difference};
use crate::cli::Taking;
use crate::diagnostic::Diagnostics;
use crate::report::{FindingCounts, Report, Selection, json};
use crate::scan::{Input, LIST_MAX, scan};
use crate::settings::settle;
use crate::verdict::Step;

const STEP: &str = "rerun";

/// The step `rerun`. What the report says of its own options is followed; `taking`
/// says where evidence, packs, sources and the engagement are, and overrules.
#[must_use]
pub fn step(seen: &Seen, taking: &Taking, skip: &[PathBuf]) -> Step {
    let Some(report) = &seen.report else { return super::not_reached(STEP) };
    let version = env!("CARGO_PKG_VERSION");
    if report.tool.version != version {
        let why = format!("the report was made by version {}, this is {version}: only the same version gives the same bytes", report.tool.version);
        return Step::indeterminate(STEP, "rerun-version", why);
    }
    let mut again = match scanned(report, taking, skip) {
        Ok(again) => again,
        Err(why) => return Step::indeterminate(STEP, "rerun-impossible", format!("it cannot be scanned again: {}", first_line(&why))),
    };
    // The page was looked at apart.
    again.tool.renderer.clone_from(&report.tool.renderer);
    let (bytes, apart) = if report.inputs.ledger.is_some() {
        (json::write(&without_ledger(report)), ", the figures that the ledger gives apart")
    } else {
        (seen.json.clone(), "")
    };
    if report.inputs.ledger.is_some() {
        again = without_ledger(&again);
    }
    let fresh = json::write(&again);
    if fresh == bytes {
        return Step::passed(STEP, format!("the evidence, scanned again, gives the same report{apart}"));
    }
    match difference::first(&bytes, &fresh) {
        Some(difference) => Step::failed(STEP, "rerun-differs", format!("first difference at {difference}")),
        None => Step::failed(STEP, "rerun-differs", "the reports say the same in different bytes"),
    }
}

/// A scan with the options of the report.
fn scanned(report: &Report, taking: &Taking, skip: &[PathBuf]) -> Result<Report, Diagnostics> {
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
    let input = Input { audience: report.audience, inputs, list_max, ..settings.input() };
    Ok(scan(input).map_err(|error| crate::diagnostic::Diagnostic::new("plan", "", error.to_string()))?.report)
}

/// The report without what a ledger says: that is verified by `track verify`, with the ledger.
fn without_ledger(report: &Report) -> Report {
    let mut report = report.clone();
    report.inputs.ledger = None;
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
