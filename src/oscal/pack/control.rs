//! The file of one control.

use super::{Frame, line};
use crate::import::render::scalar;
use crate::oscal::insert::Params;
use crate::oscal::model::{Control, Part};

/// What is said where the catalog names nothing to look at.
const EVIDENCE: &str = "The catalog names none: whatever shows that the statement is so.";

/// A control as YAML: what people read, parameters resolved. The text as published is in the tables.
pub(super) fn file(frame: &Frame, params: &Params<'_>, control: &Control) -> String {
    let label = control.label().map_or_else(|| control.id.clone(), line);
    let title = params.readable(&control.title);
    let statement = said(params, control.parts.iter().filter(|part| part.name == "statement"));
    let about = said(params, control.parts.iter().filter(|part| part.name == "guidance"));
    let evidence = evidence(params, control);
    let mut out = String::new();
    let mut key = |key: &str, value: &str| out.push_str(&format!("{key}: {}\n", scalar(value)));
    key("id", &control.id);
    key("ref", &label);
    key("title", &title);
    let (standard, edition, clause) = (scalar(&frame.standard), scalar(&frame.edition), scalar(&label));
    out.push_str(&format!("criterion: {{ standard: {standard}, edition: {edition}, clause: {clause}, force: guidance }}\n"));
    let mut key = |key: &str, value: &str| out.push_str(&format!("{key}: {}\n", scalar(value)));
    key("determination", if statement.is_empty() { &title } else { &statement });
    if !about.is_empty() {
        key("about", &about);
    }
    key("evidence", if evidence.is_empty() { EVIDENCE } else { &evidence });
    out.push_str("checks: []\n");
    out.push_str(&format!("unchecked: {}\n", scalar(&frame.unchecked)));
    let objectives = objectives(params, control);
    if !objectives.is_empty() {
        out.push_str("objectives:\n");
    }
    for (id, text) in objectives {
        out.push_str(&format!("  - {{ id: {}, text: {} }}\n", scalar(&id), scalar(&text)));
    }
    out.push_str("grade: { otherwise: ofi }\n");
    out
}

/// The text of parts and of what is in them, in one line, each with its label.
fn said<'p>(params: &Params<'_>, parts: impl Iterator<Item = &'p Part>) -> String {
    fn collect(params: &Params<'_>, part: &Part, said: &mut Vec<String>) {
        let label = part.props.iter().find(|prop| prop.name == "label" && prop.class.is_none()).map(|prop| line(&prop.value));
        said.extend(label.filter(|_| part.prose.is_some()));
        said.extend(part.prose.as_deref().map(|prose| params.readable(prose)));
        part.parts.iter().for_each(|part| collect(params, part, said));
    }
    let mut said = Vec::new();
    parts.for_each(|part| collect(params, part, &mut said));
    said.retain(|text| !text.is_empty());
    said.join(" ")
}

/// The assessment objectives with text of their own, each before those in it. One without an id
/// of its own has its place in the control.
fn objectives(params: &Params<'_>, control: &Control) -> Vec<(String, String)> {
    fn collect(params: &Params<'_>, control: &str, place: &str, parts: &[Part], found: &mut Vec<(String, String)>) {
        for (at, part) in parts.iter().enumerate().filter(|(_, part)| is_objective(part)) {
            let place = format!("{place}.{}", at + 1);
            if let Some(prose) = part.prose.as_deref().map(|prose| params.readable(prose)).filter(|prose| !prose.is_empty()) {
                found.push((part.id.clone().unwrap_or_else(|| format!("{control}_obj{place}")), prose));
            }
            collect(params, control, &place, &part.parts, found);
        }
    }
    let mut found = Vec::new();
    collect(params, &control.id, "", &control.parts, &mut found);
    found
}

/// As OSCAL names it since 1.0, and before.
fn is_objective(part: &Part) -> bool {
    matches!(part.name.as_str(), "assessment-objective" | "objective")
}

/// What assessors look at, by method (SP 800-53A: examine, interview, test).
fn evidence(params: &Params<'_>, control: &Control) -> String {
    let methods = control.parts.iter().filter(|part| matches!(part.name.as_str(), "assessment-method" | "assessment"));
    let told = methods.filter_map(|part| {
        let method = part.props.iter().find(|prop| prop.name == "method").map_or("ASSESS", |prop| prop.value.as_str());
        // Objects stand in paragraphs of their own.
        let prose = std::iter::once(part).chain(&part.parts).filter_map(|part| part.prose.as_deref());
        let objects = prose.flat_map(|prose| prose.split("\n\n")).map(|object| params.readable(object)).filter(|object| !object.is_empty());
        let objects = objects.collect::<Vec<_>>().join("; ");
        (!objects.is_empty()).then(|| format!("{}: {objects}", line(method)))
    });
    told.collect::<Vec<_>>().join(". ")
}
