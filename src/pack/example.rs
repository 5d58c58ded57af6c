//! Examples: small datasets beside a control, with what they must give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::load::ExampleFile;
use super::raw::RawExample;
use super::raw::example::ExampleCell;
use crate::calendar::{Day, Moment};
use crate::diagnostic::Diagnostics;
use crate::engagement::Term;
use crate::engagement::raw::RawPeriod;
use crate::report::Period;
use crate::yaml;

/// One example.
#[derive(Debug, Clone)]
pub struct Example {
    /// The control it belongs to.
    pub control: String,
    /// The file's stem: `pass-...` or `fail-...`.
    pub name: String,
    /// The file, for messages.
    pub file: String,
    /// Whether every check must pass.
    pub passes: bool,
    /// What it shows.
    pub title: String,
    /// Its clock.
    pub as_of: String,
    /// When its datasets were exported.
    pub exported_at: String,
    /// The period under audit.
    pub period: Option<Period>,
    /// Values for parameters.
    pub parameters: BTreeMap<String, Value>,
    /// The client's words.
    pub terms: Vec<Term>,
    /// Records by dataset.
    pub datasets: BTreeMap<String, Vec<BTreeMap<String, ExampleValue>>>,
    /// The findings, both directions.
    pub findings: Vec<ExpectedFinding>,
}

/// A value of an example's record; a missing key is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExampleValue {
    /// One value; `''` is empty.
    Text(String),
    /// Several.
    List(Vec<String>),
}

/// A finding that an example must give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedFinding {
    /// The check.
    pub check: String,
    /// The identity fields.
    pub subject: BTreeMap<String, String>,
}

const AS_OF: &str = "2026-11-01";

/// Parses all example files of a pack; those that are wrong are told and left out.
pub(super) fn parse_all(files: &[ExampleFile]) -> (Vec<Example>, Diagnostics) {
    let (mut examples, mut problems) = (Vec::new(), Diagnostics::default());
    for file in files {
        match parse(file) {
            Ok(example) => examples.push(example),
            Err(more) => problems.extend(more),
        }
    }
    (examples, problems)
}

fn parse(file: &ExampleFile) -> Result<Example, Diagnostics> {
    let origin = yaml::decode(&file.shown, &file.bytes)?;
    let raw: RawExample = yaml::parse_origin(&origin)?;
    let mut problems = Diagnostics::default();
    let passes = file.name.starts_with("pass-");
    if !passes && !file.name.starts_with("fail-") {
        problems.push(origin.diagnostic(yaml::Place::default(), "example-name", "an example's name begins with `pass-` or `fail-`", None));
    }
    for date in [&raw.as_of, &raw.exported_at].into_iter().flatten() {
        if Moment::parse(date.value.as_bytes()).is_none() {
            problems.push(origin.diagnostic(date.at, "wrong-date", format!("`{}` is no date", date.value), Some("write YYYY-MM-DD".to_owned())));
        }
    }
    if let Some(period) = &raw.period {
        for date in [&period.from, &period.to].into_iter().filter(|date| Day::parse(date.value.as_bytes()).is_none()) {
            problems.push(origin.diagnostic(date.at, "wrong-date", format!("`{}` is no date", date.value), Some("write YYYY-MM-DD".to_owned())));
        }
        if period.from.value > period.to.value {
            problems.push(origin.diagnostic(period.at, "wrong-period", "the period ends before it begins", None));
        }
    }
    if let (true, Some(finding)) = (passes, raw.findings.first()) {
        problems.push(origin.diagnostic(
            finding.at,
            "example-findings",
            "an example that passes has no findings",
            Some("name the file fail-…".to_owned()),
        ));
    }
    if !passes && raw.findings.is_empty() {
        problems.push(origin.diagnostic(yaml::Place::default(), "example-findings", "an example that fails names its findings", None));
    }
    for (name, records) in raw.datasets.iter().filter(|(name, _)| crate::dataset::derived::find(name).is_some()) {
        let help = "give the records of what it is made of: see `rolecall list datasets`".to_owned();
        problems.push(origin.diagnostic(
            records.at,
            "wrong-dataset",
            format!("no export delivers `{name}`: it is made of other datasets"),
            Some(help),
        ));
    }
    let mut terms = Vec::new();
    for term in &raw.terms {
        match crate::engagement::raw::term(&origin, term) {
            Ok(term) => terms.push(term),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let as_of = raw.as_of.map_or_else(|| AS_OF.to_owned(), |date| date.value);
    let value = |cell: ExampleCell| match cell {
        ExampleCell::Text(text) => ExampleValue::Text(text),
        ExampleCell::List(list) => ExampleValue::List(list),
    };
    let record = |record: yaml::Spanned<BTreeMap<String, ExampleCell>>| record.value.into_iter().map(|(name, cell)| (name, value(cell))).collect();
    let datasets = raw.datasets.into_iter().map(|(name, records)| (name, records.value.into_iter().map(record).collect()));
    let finding = |finding: yaml::Spanned<super::raw::example::RawExpectedFinding>| ExpectedFinding {
        check: finding.value.check.value,
        subject: finding.value.subject.into_iter().map(|(name, cell)| (name, cell.0)).collect(),
    };
    Ok(Example {
        control: file.control.clone(),
        name: file.name.clone(),
        file: file.shown.clone(),
        passes,
        title: raw.title,
        exported_at: raw.exported_at.map_or_else(|| as_of.clone(), |date| date.value),
        as_of,
        period: raw.period.map(|period| period.value).map(|RawPeriod { from, to }| Period { from: from.value, to: to.value }),
        parameters: raw.parameters.into_iter().map(|(name, value)| (name, value.value.0)).collect(),
        terms,
        datasets: datasets.collect(),
        findings: raw.findings.into_iter().map(finding).collect(),
    })
}
