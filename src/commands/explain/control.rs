//! A control or one of its checks, for machines; and its crosswalks in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::entry::{Known, grouped, spoken};
use crate::atlas::{Atlas, Named};
use crate::pack::example::Example;
use crate::pack::{Answer, Check, Control, Relation};
use crate::predicate::sentence;
use crate::report::{Force, Mode, Severity};

/// A control, for machines.
#[derive(Debug, Serialize)]
pub(super) struct ControlView<'c> {
    id: &'c str,
    pack: &'c str,
    r#ref: &'c str,
    title: &'c str,
    criterion: CriterionView<'c>,
    becomes: Option<&'c str>,
    applies: Option<&'c str>,
    statement: &'c str,
    about: &'c str,
    evidence: &'c str,
    checks: Vec<CheckView<'c>>,
    unchecked: Option<&'c str>,
    objectives: Vec<Value>,
    examples: ExamplesView<'c>,
    maps: Vec<MapView<'c>>,
    answers: &'c [Answer],
    attributes: &'c BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
struct CriterionView<'c> {
    standard: &'c str,
    edition: &'c str,
    clause: &'c str,
    force: Force,
    framework: Option<String>,
    entry: Option<String>,
}

#[derive(Debug, Serialize)]
struct CheckView<'c> {
    id: &'c str,
    kind: &'static str,
    title: &'c str,
    severity: Severity,
    mode: Mode,
    unit: &'c str,
    procedure: String,
    identity: &'c [String],
}

/// Titles of examples.
#[derive(Debug, Serialize)]
struct ExamplesView<'c> {
    pass: Vec<&'c str>,
    fail: Vec<&'c str>,
}

#[derive(Debug, Serialize)]
struct MapView<'c> {
    to: &'c str,
    relation: Relation,
    origin: &'c str,
    /// The edition; `null` where no pack lists it.
    framework: Option<String>,
    /// The entry; `null` where the text names the edition as a whole, or nothing that is known.
    entry: Option<String>,
}

impl<'c> ControlView<'c> {
    pub(super) fn new(atlas: &Atlas, (control, told): &'c Known, checks: &[&'c Check], examples: &'c [Example]) -> Self {
        let clause = atlas.clause(&control.criterion);
        let edition = atlas.of_criterion(&control.criterion).map(|edition| edition.framework.clone());
        let titles = |passes: bool| {
            let own = examples.iter().filter(|example| example.control == control.id && example.passes == passes);
            own.map(|example| example.title.as_str()).collect()
        };
        Self {
            id: &control.id,
            pack: &control.pack,
            r#ref: &control.reference,
            title: &control.title,
            criterion: CriterionView {
                standard: &control.criterion.standard,
                edition: &control.criterion.edition,
                clause: &control.criterion.clause,
                force: control.criterion.force,
                framework: edition,
                entry: clause.map(|id| id.entry),
            },
            becomes: control.becomes.as_deref(),
            applies: control.applies.as_ref().map(|applies| applies.wherever.as_str()),
            statement: &control.determination,
            about: &control.about,
            evidence: &control.evidence,
            checks: checks.iter().map(|check| CheckView::new(check)).collect(),
            unchecked: control.unchecked.as_deref(),
            objectives: control.objectives.iter().map(|objective| json!({ "id": objective.id, "text": objective.text })).collect(),
            examples: ExamplesView { pass: titles(true), fail: titles(false) },
            maps: control.maps.iter().map(|map| MapView::new(atlas, map)).collect(),
            answers: &told.answers,
            attributes: &told.attributes,
        }
    }
}

impl<'c> CheckView<'c> {
    fn new(check: &'c Check) -> Self {
        Self {
            id: &check.id,
            kind: check.kind.word(),
            title: &check.title,
            severity: check.severity,
            mode: check.mode,
            unit: &check.unit,
            procedure: sentence::procedure(check),
            identity: &check.identity,
        }
    }
}

impl<'c> MapView<'c> {
    fn new(atlas: &Atlas, map: &'c crate::pack::Crosswalk) -> Self {
        let (framework, entry) = match atlas.named(&map.to) {
            Named::Nothing => (None, None),
            Named::Whole(framework) | Named::Missing { framework, .. } => (Some(framework.to_owned()), None),
            Named::Entry(id) => (Some(id.framework), Some(id.entry)),
        };
        Self { to: &map.to, relation: map.relation, origin: &map.origin, framework, entry }
    }
}

/// What a control answers in other frameworks, in lines; nothing where nothing is known.
pub(super) fn crosswalks(atlas: &Atlas, control: &Control, answers: &[Answer], attributes: &BTreeMap<String, Vec<String>>) -> String {
    let mut out = String::new();
    let whole: Vec<_> = control.maps.iter().filter(|map| !matches!(atlas.named(&map.to), Named::Entry(_))).collect();
    if !(answers.is_empty() && whole.is_empty()) {
        out.push_str("\nIn other frameworks\n");
    }
    let direct = answers.iter().filter(|answer| answer.via.is_none());
    out.push_str(&grouped(direct.map(|answer| (answer.name.as_str(), (answer.relation, answer.origin.as_str()), answer.entry.as_str()))));
    for map in whole {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {}\n    {} ({})", map.to, map.relation.word(), map.origin);
    }
    let further: Vec<_> = answers.iter().filter_map(|answer| Some((answer, answer.via.as_ref()?))).collect();
    if !further.is_empty() {
        out.push_str("Through entries that are equal or equivalent to these\n");
    }
    for (answer, via) in further {
        let _ = writeln!(out, "  {} {}, via {via}\n    {} ({})", answer.name, answer.entry, answer.relation.word(), answer.origin);
    }
    if !attributes.is_empty() {
        out.push_str("\nAttributes\n");
    }
    for (name, values) in attributes {
        let _ = writeln!(out, "  {}: {}", spoken(name), values.iter().map(|value| spoken(value)).collect::<Vec<_>>().join(", "));
    }
    out
}
