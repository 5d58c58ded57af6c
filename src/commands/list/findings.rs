//! Findings of a report, by the classes of what their controls are about: of
//! `report.json` alone.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::super::{read_report, say};
use super::{classes, table};
use crate::cli::{Format, ListArgs};
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::report::{ControlResult, Finding};
use crate::text::visible_lines;

/// Where a scan puts its report.
const USUAL: &str = "rolecall-report/report.json";

pub(super) fn run(args: &ListArgs) -> Result<Exit, Diagnostics> {
    let report = read_report(args.report.as_deref().unwrap_or_else(|| Path::new(USUAL)))?;
    let controls: BTreeMap<&str, &ControlResult> = report.controls.iter().map(|control| (control.id.as_str(), control)).collect();
    let known: BTreeSet<&str> = report.controls.iter().flat_map(|control| control.attributes.keys()).map(String::as_str).collect();
    if let Some((name, _)) = args.attribute.iter().find(|(name, _)| !known.contains(name.as_str())) {
        return Err(classes::unknown(name, known.iter().copied(), "attribute of a control of this report"));
    }
    let none = BTreeMap::new();
    let classes = |finding: &Finding| controls.get(finding.control.as_str()).map_or(&none, |control| &control.attributes);
    let mut findings: Vec<&Finding> = report.findings.iter().filter(|finding| classes::fits(classes(finding), &args.attribute)).collect();
    // As the report lists them: by control, check and id; what is equal keeps that order.
    let by_attribute = match args.sort.as_deref() {
        None | Some("control") => None,
        Some("severity") => {
            findings.sort_by_key(|finding| finding.severity);
            None
        }
        Some(name) if known.contains(name) => {
            let key = |finding: &Finding| classes(finding).get(name).cloned();
            findings.sort_by(|left, right| present_first(&key(left), &key(right)));
            Some(name)
        }
        Some(name) => {
            let known = ["control", "severity"].into_iter().chain(known.iter().copied());
            return Err(classes::unknown(name, known.collect::<Vec<_>>(), "way to sort: give `control`, `severity` or an attribute of the report"));
        }
    };
    match args.format {
        Format::Json => {
            let rows: Vec<Value> = findings.iter().map(|finding| row(finding, classes(finding))).collect();
            say(&format!("{}\n", serde_json::to_string_pretty(&rows).unwrap_or_default()));
        }
        Format::Human => {
            let shown: BTreeSet<&str> = args.attribute.iter().map(|(name, _)| name.as_str()).chain(by_attribute).collect();
            let rows: Vec<Value> = findings.iter().map(|finding| line(finding, classes(finding), &shown)).collect();
            say(&visible_lines(&table(&rows)));
        }
    }
    Ok(Exit::Good)
}

/// Findings without the attribute come last.
fn present_first(left: &Option<Vec<String>>, right: &Option<Vec<String>>) -> Ordering {
    left.is_none().cmp(&right.is_none()).then_with(|| left.cmp(right))
}

fn row(finding: &Finding, classes: &BTreeMap<String, Vec<String>>) -> Value {
    json!({
        "id": finding.id, "control": finding.control, "check": finding.check, "severity": finding.severity, "subject": finding.subject,
        "statement": finding.statement, "occurrences": finding.occurrences, "waiver": finding.waiver.as_ref().map(|waiver| &waiver.id),
        "state": finding.lifecycle.as_ref().map(|life| life.state), "attributes": classes,
    })
}

/// A row for people: the subject in one cell, and of the classes those that were asked about.
fn line(finding: &Finding, classes: &BTreeMap<String, Vec<String>>, shown: &BTreeSet<&str>) -> Value {
    let subject = finding.subject.iter().map(|(name, value)| format!("{name} {}", if value.is_empty() { "(empty)" } else { value }));
    let mut row = json!({
        "id": finding.id, "severity": finding.severity, "control": finding.control, "check": finding.check,
        "subject": subject.collect::<Vec<_>>().join(", "),
        "waiver": finding.waiver.as_ref().map(|waiver| format!("waiver {}", waiver.id)).unwrap_or_default(),
    });
    if let (Value::Object(members), false) = (&mut row, shown.is_empty()) {
        let of = |name: &&str| Some(format!("{} {}", name, classes.get(*name)?.join("/")));
        members.insert("attributes".to_owned(), json!(shown.iter().filter_map(of).collect::<Vec<_>>().join("; ")));
    }
    row
}
