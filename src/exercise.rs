//! Exercising packs: every example through the real scan, and every passing
//! example again with damaged evidence, which must never pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::calendar::Day;
use crate::dataset::FieldKind;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engagement::{Engagement, StatedExport};
use crate::evidence::block::BLOCK_SIZE;
use crate::evidence::collect::Blob;
use crate::evidence::survey;
use crate::pack::example::{Example, ExampleValue};
use crate::pack::load::LoadedPack;
use crate::pack::{Check, CheckKind, Pack, resolve};
use crate::plan::{Frame, Plan};
use crate::report::text::outcome;
use crate::report::{Audience, CheckResult, Inputs, Outcome, Report, Selection};
use crate::scan::{Input, Silent, scan};
use crate::source::kinds::FieldKinds;
use crate::source::{Paging, Recognise, Source, SourceField, SourceFormat, SourceOrigin, SourceShape, SourceTable};

/// How an example's evidence is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The dataset is not there.
    Absent,
    /// It has no record.
    Empty,
    /// It was exported a day before the oldest that the check takes.
    Stale(i64),
    /// A field is in no record.
    FieldAbsent(String),
    /// One more record cannot be read.
    OneRejected,
    /// No record can be read.
    AllRejected,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => formatter.write_str("the dataset is not there"),
            Self::Empty => formatter.write_str("the dataset is empty"),
            Self::Stale(days) => write!(formatter, "the export is {days} days old"),
            Self::FieldAbsent(field) => write!(formatter, "the field `{field}` is in no record"),
            Self::OneRejected => formatter.write_str("one record cannot be read"),
            Self::AllRejected => formatter.write_str("no record can be read"),
        }
    }
}

/// What exercising a pack told.
#[derive(Debug, Default)]
pub struct Exercised {
    /// Examples that were run.
    pub examples: usize,
    /// Damaged variants that were run.
    pub damaged: usize,
    /// What was not as it must be.
    pub failures: Vec<String>,
}

/// Runs all examples of a pack.
///
/// # Errors
/// Mistakes in the pack's files.
pub fn exercise(loaded: &LoadedPack, kinds: &FieldKinds) -> Result<Exercised, Diagnostics> {
    let (examples, problems) = loaded.examples();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut done = Exercised::default();
    for example in &examples {
        let pack = of_example(loaded, example, kinds)?;
        let Some(control) = pack.controls.first() else {
            done.failures.push(format!("{}: there is no control `{}`", example.file, example.control));
            continue;
        };
        done.examples += 1;
        let report = run(&pack, example, kinds, None)?;
        compare(example, &report, &mut done.failures);
        if !example.passes {
            continue;
        }
        for check in &control.checks {
            for (dataset, damage) in damages(&pack, check, example, kinds)? {
                done.damaged += 1;
                let report = run(&pack, example, kinds, Some((&dataset, &damage)))?;
                if let Some(result) = result(&report, &check.id).filter(|result| result.outcome != Outcome::NotEvaluated) {
                    let outcome = outcome(result.outcome);
                    done.failures.push(format!("{}: {} gives {outcome}, though {damage} (`{dataset}`)", example.file, check.id));
                }
            }
        }
    }
    Ok(done)
}

/// The pack with the example's parameters, and its control alone.
fn of_example(loaded: &LoadedPack, example: &Example, kinds: &FieldKinds) -> Result<Pack, Diagnostics> {
    let mut pack = resolve::resolve(loaded, &example.parameters, kinds)?;
    pack.controls.retain(|control| control.id == example.control);
    Ok(pack)
}

fn result<'r>(report: &'r Report, check: &str) -> Option<&'r CheckResult> {
    report.controls.iter().flat_map(|control| &control.checks).find(|result| result.id == check)
}

type Subject = BTreeMap<String, String>;

fn compare(example: &Example, report: &Report, failures: &mut Vec<String>) {
    if example.passes {
        for check in report.controls.iter().flat_map(|control| &control.checks).filter(|check| check.outcome != Outcome::Pass) {
            let undecided: Vec<&str> = check.undecided_by.iter().map(|reason| reason.reason.as_str()).collect();
            let reason = check.reason.clone().unwrap_or_else(|| undecided.join(", "));
            failures.push(format!(
                "{}: {} must pass, but: {} {reason} ({} exceptions)",
                example.file,
                check.id,
                outcome(check.outcome),
                check.exceptions
            ));
        }
    }
    let found: BTreeSet<(String, Subject)> =
        report.findings.iter().map(|finding| (finding.check.clone(), finding.subject.0.iter().cloned().collect())).collect();
    let wanted: BTreeSet<(String, Subject)> = example.findings.iter().map(|finding| (finding.check.clone(), finding.subject.clone())).collect();
    for (check, subject) in wanted.difference(&found) {
        failures.push(format!("{}: {check} ({}) was not found", example.file, shown(subject)));
    }
    for (check, subject) in found.difference(&wanted) {
        failures.push(format!("{}: {check} ({}) was found, but is not expected", example.file, shown(subject)));
    }
}

fn shown(subject: &Subject) -> String {
    subject.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// Everything that can be damaged for a check.
fn damages(pack: &Pack, check: &Check, example: &Example, kinds: &FieldKinds) -> Result<Vec<(String, Damage)>, Diagnostics> {
    let mut all = Vec::new();
    for (dataset, fields) in reads(pack, check, kinds)? {
        if !example.datasets.contains_key(&dataset) {
            continue;
        }
        let stale = check.max_age_days.map(|days| Damage::Stale(days.saturating_add(1)));
        all.extend([Damage::Absent, Damage::Empty, Damage::AllRejected].into_iter().chain(stale).map(|damage| (dataset.clone(), damage)));
        if population(&check.kind).contains(&dataset.as_str()) {
            all.push((dataset.clone(), Damage::OneRejected));
        }
        let decides = fields.into_iter().filter(|field| !check.kind.only_shows().contains(&field.as_str()));
        all.extend(decides.map(|field| (dataset.clone(), Damage::FieldAbsent(field))));
    }
    Ok(all)
}

/// The fields that decide, by dataset: what a plan of the check alone reads.
fn reads(pack: &Pack, check: &Check, kinds: &FieldKinds) -> Result<BTreeMap<String, Vec<String>>, Diagnostics> {
    let mut alone = pack.clone();
    for control in &mut alone.controls {
        control.checks.retain(|own| own.id == check.id);
        control.checks.iter_mut().for_each(|own| own.show.clear());
    }
    let frame = Frame { as_of: Day(0), period: None, engagement: None, kinds, seed: 0, list_max: 1 };
    let plan = Plan::new(std::slice::from_ref(&alone), frame).map_err(|error| Diagnostic::new("plan", "", error.to_string()))?;
    let mut reads = BTreeMap::new();
    for planned in &plan.checks {
        for (dataset, columns) in &planned.shown {
            let fields = columns.iter().map(|column| plan.names(*dataset, Some(*column)).1.to_owned()).collect();
            reads.insert(plan.names(*dataset, None).0.to_owned(), fields);
        }
    }
    Ok(reads)
}

/// The datasets whose records are items of the population, or make them.
#[must_use]
pub fn population(kind: &CheckKind) -> Vec<&str> {
    match kind {
        CheckKind::EachRecord(kind) => vec![&kind.dataset],
        CheckKind::Unique(kind) => vec![&kind.dataset],
        CheckKind::RefersTo(kind) => vec![&kind.dataset],
        CheckKind::PerGroup(kind) => vec![&kind.dataset],
        CheckKind::Covers(_) | CheckKind::Recurs(_) | CheckKind::WithoutGap(_) => kind.pairs().map_or_else(Vec::new, |(expected, subjects, by)| {
            let expected = match expected {
                crate::pack::Expected::Dataset(lookup) => Some(lookup.dataset.as_str()),
                _ => None,
            };
            std::iter::once(by.dataset.as_str()).chain(subjects.map(|lookup| lookup.dataset.as_str())).chain(expected).collect()
        }),
        CheckKind::HeldApart(kind) => vec![&kind.left.dataset, &kind.right.dataset],
        CheckKind::Document(_) => vec!["documents"],
        CheckKind::Joined(kind) => kind.links.iter().map(|link| link.dataset.as_str()).collect(),
        CheckKind::Attestation(_) => vec!["attestations"],
    }
}

fn run(pack: &Pack, example: &Example, kinds: &FieldKinds, damage: Option<(&String, &Damage)>) -> Result<Report, Diagnostics> {
    let as_of = Day::parse(example.as_of.as_bytes()).unwrap_or(Day(0));
    let (mut blobs, mut sources, mut maps) = (Vec::new(), Vec::new(), Vec::new());
    let mut engagement = Engagement { terms: example.terms.clone(), ..Engagement::default() };
    for (dataset, records) in &example.datasets {
        let damage = damage.filter(|(damaged, _)| *damaged == dataset).map(|(_, damage)| damage);
        if damage == Some(&Damage::Absent) {
            continue;
        }
        let path = format!("{dataset}.ndjson");
        blobs.push(Blob::memory(path.clone(), lines(records, damage)));
        sources.push(source(dataset, records, kinds));
        maps.push((path.clone(), format!("example-{dataset}")));
        let at = match damage {
            Some(Damage::Stale(days)) => as_of.plus(days.saturating_neg()).to_string(),
            _ => example.exported_at.clone(),
        };
        engagement.exported_at.push(StatedExport { path, at });
    }
    let survey =
        survey::survey(&blobs, &sources, &maps, Some(&engagement)).map_err(|error| Diagnostic::new("example", &example.file, error.to_string()))?;
    let none = Inputs { engagement: None, waivers: None, identities: None, sources: Vec::new(), ledger: None, options: BTreeMap::new() };
    let input = Input {
        blobs: &blobs,
        survey,
        sources: &sources,
        kinds,
        packs: std::slice::from_ref(pack),
        packs_not_selected: Vec::new(),
        engagement: Some(&engagement),
        engagement_summary: None,
        aliases: &[],
        waivers: &[],
        register: None,
        as_of,
        period: example.period.clone(),
        audience: Audience::Internal,
        selection: Selection::Exploratory,
        inputs: none,
        list_max: 10_000,
        seed: 0,
        block_size: BLOCK_SIZE,
        memory: usize::MAX,
        progress: &Silent,
    };
    let scanned = scan(input).map_err(|error| Diagnostic::new("plan", &example.file, error.to_string()))?;
    Ok(scanned.report)
}

fn lines(records: &[BTreeMap<String, ExampleValue>], damage: Option<&Damage>) -> Vec<u8> {
    let mut out = String::new();
    for record in records.iter().filter(|_| damage != Some(&Damage::Empty)) {
        let left_out = |name: &String| matches!(damage, Some(Damage::FieldAbsent(field)) if field == name);
        let members = record.iter().filter(|(name, _)| !left_out(name)).map(|(name, value)| {
            let value = match value {
                ExampleValue::Text(text) => json!(text),
                ExampleValue::List(list) => json!(list),
            };
            (name.clone(), value)
        });
        out.push_str(if damage == Some(&Damage::AllRejected) { "broken " } else { "" });
        out.push_str(&Value::Object(members.collect::<Map<_, _>>()).to_string());
        out.push('\n');
    }
    if damage == Some(&Damage::OneRejected) {
        out.push_str("{\"broken\n");
    }
    out.into_bytes()
}

/// A source that maps an example's keys as they are.
pub(crate) fn source(dataset: &str, records: &[BTreeMap<String, ExampleValue>], kinds: &FieldKinds) -> Source {
    let mut names: BTreeSet<String> = kinds.fields(dataset).into_iter().collect();
    names.extend(records.iter().flat_map(BTreeMap::keys).cloned());
    let field = |name: String| SourceField {
        kind: kinds.kind(dataset, &name).unwrap_or(FieldKind::Text),
        from: SourceOrigin::Column(format!("[{name}]")),
        name,
        values: Vec::new(),
        dates: Vec::new(),
        empty: Vec::new(),
        split: None,
    };
    Source {
        id: format!("example-{dataset}"),
        title: format!("an example's {dataset}"),
        system: None,
        format: SourceFormat::Ndjson,
        recognise: Recognise::default(),
        delimiter: None,
        list: None,
        paging: Paging::default(),
        exported_at: None,
        skip_when_empty: Vec::new(),
        tables: vec![SourceTable {
            dataset: dataset.to_owned(),
            shape: SourceShape::Plain,
            fields: names.into_iter().map(field).collect(),
            identity: None,
            absent_is_empty: false,
        }],
        sha256: String::new(),
    }
}
