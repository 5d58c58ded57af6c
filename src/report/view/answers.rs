//! What controls answer in other frameworks, and controls by the classes of
//! what they are about, as the page shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::text::{count, determination, number, total};
use super::super::{Answer, ControlResult, Determination, Report};
use crate::pack::Relation;

/// What a control answers: by framework, and there by what it is to the entries and who says so.
pub(super) fn of(control: &ControlResult) -> Vec<Value> {
    let mut frameworks: Vec<(&str, Vec<&Answer>)> = Vec::new();
    for answer in &control.answers {
        match frameworks.last_mut().filter(|(name, _)| *name == answer.name) {
            Some((_, answers)) => answers.push(answer),
            None => frameworks.push((&answer.name, vec![answer])),
        }
    }
    frameworks.into_iter().map(|(name, answers)| json!({ "name": name, "lines": lines(&answers) })).collect()
}

fn lines(answers: &[&Answer]) -> Vec<Value> {
    let mut lines: BTreeMap<(Option<&str>, Relation, &str), Vec<&str>> = BTreeMap::new();
    for answer in answers {
        lines.entry((answer.via.as_deref(), answer.relation, &answer.origin)).or_default().push(&answer.entry);
    }
    let line = |((via, relation, origin), entries): ((Option<&str>, Relation, &str), Vec<&str>)| {
        let official = origin.strip_prefix("official:").map(str::trim_start);
        json!({ "entries": entries.join(", "), "relation": relation.word(), "official": official, "via": via })
    };
    lines.into_iter().map(line).collect()
}

/// Where the page tells of a control that has classes: the row in the list of all controls.
pub(super) fn anchor(control: &ControlResult) -> Option<&str> {
    (!control.attributes.is_empty()).then_some(control.id.as_str())
}

/// Controls by attribute and value; `None` where none has any.
pub(super) fn by_attribute(report: &Report) -> Option<Value> {
    let mut attributes: BTreeMap<&str, BTreeMap<&str, Vec<&ControlResult>>> = BTreeMap::new();
    for control in &report.controls {
        for (name, values) in &control.attributes {
            for value in values {
                attributes.entry(name).or_default().entry(value).or_default().push(control);
            }
        }
    }
    if attributes.is_empty() {
        return None;
    }
    let value = |(value, controls): (&str, Vec<&ControlResult>)| {
        let failed = controls.iter().filter(|control| control.determination == Determination::OtherThanSatisfied).count() as u64;
        json!({
            "value": spoken(value), "controls": controls.iter().map(|control| row(control)).collect::<Vec<_>>(),
            "count": format!("{}, {} not satisfied", count(controls.len() as u64, "control", "controls"), number(failed)),
        })
    };
    let attribute =
        |(name, values): (&str, BTreeMap<&str, _>)| json!({ "name": spoken(name), "values": values.into_iter().map(value).collect::<Vec<_>>() });
    Some(json!({ "all": attributes.into_iter().map(attribute).collect::<Vec<_>>() }))
}

fn row(control: &ControlResult) -> Value {
    let (class, link) = match control.determination {
        Determination::Satisfied => ("good", "r"),
        // What failed is told of by itself, with its findings.
        Determination::OtherThanSatisfied => ("bad", "c"),
        Determination::NotDetermined => ("open", "r"),
    };
    json!({
        "link": format!("{link}-{}", control.id), "id": control.id, "title": control.title, "class": class,
        "determination": determination(control.determination),
        "findings": number(total(control.checks.iter().map(|check| check.findings_listed))),
    })
}

/// A name or value as people say it: `security_domains` is "Security domains".
fn spoken(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
