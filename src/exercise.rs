//! Exercising packs: every example through the real scan; every passing
//! example again with damaged evidence, which must never pass; and with each
//! demand broken, which must be seen ([`mutation`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::calendar::Day;
use crate::dataset::{FieldKind, derived};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engagement::{Engagement, StatedExport};
use crate::evidence::block::BLOCK_SIZE;
use crate::evidence::collect::Blob;
use crate::evidence::survey;
use crate::pack::example::{Example, ExampleValue};
use crate::pack::load::LoadedPack;
use crate::pack::{Check, CheckKind, Control, Pack, resolve};
use crate::parallel;
use crate::plan::{Frame, Plan};
use crate::report::text::outcome;
use crate::report::{Audience, CheckResult, Inputs, Outcome, Report, Selection};
use crate::scan::{Input, Silent, scan};
use crate::source::kinds::FieldKinds;
use crate::source::{Paging, Recognise, Source, SourceField, SourceFormat, SourceOrigin, SourceShape, SourceTable};

mod aims;
mod changes;
mod mutation;

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
    /// A field can be read in no record.
    FieldUnreadable(String),
    /// A field of some records cannot be read.
    SomeUnreadable {
        /// The field.
        field: String,
        /// The records' places; twice the same: of one.
        records: [usize; 2],
    },
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
            Self::FieldUnreadable(field) => write!(formatter, "the field `{field}` can be read in no record"),
            Self::SomeUnreadable { field, .. } => write!(formatter, "the field `{field}` of some records cannot be read"),
            Self::OneRejected => formatter.write_str("one record cannot be read"),
            Self::AllRejected => formatter.write_str("no record can be read"),
        }
    }
}

/// What exercising a pack told.
#[derive(Debug, Default)]
pub struct Exercised {
    /// Controls of the pack.
    pub controls: usize,
    /// Its checks. Each was seen to pass, to fail and to be not evaluated, or a failure says so.
    pub checks: usize,
    /// Examples that were run.
    pub examples: usize,
    /// Damaged variants that were run.
    pub damaged: usize,
    /// Variants with a demand broken that were run.
    pub mutations: usize,
    /// What was not as it must be.
    pub failures: Vec<String>,
}

/// What every run of examples needs.
#[derive(Debug, Clone, Copy)]
struct Ground<'g> {
    kinds: &'g FieldKinds,
}

impl Ground<'_> {
    fn run(&self, pack: &Pack, example: &Example, damage: Option<(&str, &Damage)>) -> Result<Report, Diagnostics> {
        run(pack, example, self.kinds, damage)
    }
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
    let plain = resolve::resolve(loaded, &BTreeMap::new(), kinds)?;
    let mut done = Exercised { controls: plain.controls.len(), ..Exercised::default() };
    let known = |id: &str| plain.controls.iter().any(|control| control.id == id);
    for example in examples.iter().filter(|example| !known(&example.control)) {
        done.failures.push(format!("{}: there is no control `{}`", example.file, example.control));
    }
    let ground = Ground { kinds };
    for part in parallel::each(&plain.controls, |control| of_control(loaded, control, &examples, ground)) {
        let part = part?;
        done.checks += part.checks;
        done.examples += part.examples;
        done.damaged += part.damaged;
        done.mutations += part.mutations;
        done.failures.extend(part.failures);
    }
    Ok(done)
}

/// Runs all examples of one control.
fn of_control(loaded: &LoadedPack, control: &Control, examples: &[Example], ground: Ground<'_>) -> Result<Exercised, Diagnostics> {
    let id = control.id.as_str();
    let mut done = Exercised::default();
    let (mut passing, mut seen) = (Vec::new(), BTreeSet::new());
    for example in examples.iter().filter(|example| example.control == id) {
        let pack = of_example(loaded, example, ground.kinds)?;
        done.examples += 1;
        let report = ground.run(&pack, example, None)?;
        compare(example, &report, &mut done.failures);
        let outcomes = report.controls.iter().flat_map(|control| &control.checks);
        seen.extend(outcomes.map(|check| (check.id.clone(), outcome(check.outcome))));
        if example.passes {
            damage(&pack, example, ground, &mut seen, &mut done)?;
            passing.push((example, pack));
        }
    }
    done.checks = control.checks.len();
    for check in &control.checks {
        for wanted in [Outcome::Pass, Outcome::Fail, Outcome::NotEvaluated].map(outcome) {
            if !seen.contains(&(check.id.clone(), wanted)) {
                done.failures.push(format!("{id}/{}: no example shows the outcome {wanted}", check.id));
            }
        }
    }
    if done.failures.is_empty() {
        let own: Vec<&Example> = examples.iter().filter(|example| example.control == id).collect();
        let failing: Vec<&Example> = examples.iter().filter(|example| !example.passes).collect();
        for mutated in [mutation::mutate(control, &passing, &own, &ground)?, mutation::undisturbed(control, &passing, &failing, &ground)?] {
            done.mutations += mutated.runs;
            done.failures.extend(mutated.failures);
        }
    }
    Ok(done)
}

/// Runs a passing example with all damages of all checks.
fn damage(
    pack: &Pack,
    example: &Example,
    ground: Ground<'_>,
    seen: &mut BTreeSet<(String, &'static str)>,
    done: &mut Exercised,
) -> Result<(), Diagnostics> {
    for check in pack.controls.iter().flat_map(|control| &control.checks) {
        for (dataset, damage) in damages(pack, check, example, ground.kinds)? {
            done.damaged += 1;
            let report = ground.run(pack, example, Some((&dataset, &damage)))?;
            let Some(result) = result(&report, &check.id) else { continue };
            seen.insert((check.id.clone(), outcome(result.outcome)));
            if result.outcome != Outcome::NotEvaluated {
                let outcome = outcome(result.outcome);
                done.failures.push(format!("{}: {} gives {outcome}, though {damage} (`{dataset}`)", example.file, check.id));
            }
        }
    }
    Ok(())
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
    for (dataset, fields) in reads(pack, check, example, kinds)? {
        if !example.datasets.contains_key(&dataset) {
            continue;
        }
        let stale = check.max_age_days.map(|days| Damage::Stale(days.saturating_add(1)));
        all.extend([Damage::Absent, Damage::Empty, Damage::AllRejected].into_iter().chain(stale).map(|damage| (dataset.clone(), damage)));
        if population(&check.kind).into_iter().flat_map(derived::delivered).any(|name| name == dataset) {
            all.push((dataset.clone(), Damage::OneRejected));
        }
        let decides = fields.into_iter().filter(|field| !check.kind.only_shows().contains(&field.as_str()));
        all.extend(
            decides.flat_map(|field| [Damage::FieldAbsent(field.clone()), Damage::FieldUnreadable(field)].map(|damage| (dataset.clone(), damage))),
        );
    }
    Ok(all)
}

/// The fields that decide, by dataset: what a plan of the check alone reads.
fn reads(pack: &Pack, check: &Check, example: &Example, kinds: &FieldKinds) -> Result<BTreeMap<String, Vec<String>>, Diagnostics> {
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
        let direct: BTreeSet<&str> = planned.reads.iter().map(|dataset| plan.names(*dataset, None).0).collect();
        made_of(&direct, example, &mut reads);
    }
    Ok(reads)
}

/// Of datasets that are read only because others are made of them, keeps the fields that decide.
fn made_of(direct: &BTreeSet<&str>, example: &Example, reads: &mut BTreeMap<String, Vec<String>>) {
    let person = |record: &BTreeMap<String, ExampleValue>, field: &str, is: fn(&str) -> bool| matches!(record.get(field), Some(ExampleValue::Text(kind)) if is(&kind.to_ascii_lowercase()));
    let all = |dataset: &str, field: &str, is: fn(&str) -> bool| {
        example.datasets.get(dataset).is_some_and(|records| records.iter().all(|record| person(record, field, is)))
    };
    // Whether groups, or titles, must be told to know the people.
    let to_groups = |of: &str| match of {
        derived::DUTY_HOLDERS => !all("responsibilities", "party_kind", |kind| kind == "person"),
        _ => !all("role_assignments", "principal_kind", |kind| !kind.is_empty() && !kind.contains("group")),
    };
    let mut decide: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for of in direct.iter().filter_map(|name| derived::find(name)) {
        let own = reads.get(of.dataset.name).cloned().unwrap_or_default();
        for base in of.bases.iter().filter(|base| !base.for_groups || to_groups(of.dataset.name)) {
            let carried = base.carries.iter().filter(|(field, _)| own.iter().any(|known| known == field)).map(|(_, from)| from);
            decide.entry(base.dataset).or_default().extend(base.decides.iter().chain(carried));
        }
    }
    reads.retain(|dataset, fields| {
        let of = decide.get(dataset.as_str());
        if !direct.contains(dataset.as_str()) {
            fields.retain(|field| of.is_some_and(|of| of.contains(field.as_str())));
        }
        direct.contains(dataset.as_str()) || of.is_some()
    });
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
        CheckKind::Ordered(kind) => vec![&kind.dataset],
        CheckKind::Reconcile(kind) => kind.sides.iter().map(|side| side.dataset.as_str()).collect(),
    }
}

fn run(pack: &Pack, example: &Example, kinds: &FieldKinds, damage: Option<(&str, &Damage)>) -> Result<Report, Diagnostics> {
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
    let none = Inputs {
        engagement: None,
        waivers: None,
        identities: None,
        sources: Vec::new(),
        ledger: None,
        options: BTreeMap::new(),
        frameworks: Vec::new(),
    };
    let input = Input {
        blobs: &blobs,
        survey,
        sources: &sources,
        kinds,
        packs: std::slice::from_ref(pack),
        frameworks: &[],
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
    for (number, record) in records.iter().enumerate().filter(|_| damage != Some(&Damage::Empty)) {
        let left_out = |name: &String| matches!(damage, Some(Damage::FieldAbsent(field)) if field == name);
        let unreadable = |name: &String| match damage {
            Some(Damage::FieldUnreadable(field)) => field == name,
            Some(Damage::SomeUnreadable { field, records }) => field == name && records.contains(&number),
            _ => false,
        };
        let members = record.iter().filter(|(name, _)| !left_out(name)).map(|(name, value)| {
            let value = match value {
                // No field of a table is an object.
                _ if unreadable(name) => json!({ "no": "value" }),
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
