//! What the page shows, in the order and the words in which it shows it. No
//! figure is made here that the report does not have; bars are shares of them.

use serde_json::{Value, json};

use self::listed::Listed;
use super::text::{conclusion, count, determination, files_read, force as force_word, number, outcome, reason, total};
use super::{CheckResult, Conclusion, ControlResult, Determination, EvidenceTable, Finding, Grade, Outcome, Report};
use crate::text::visible_lines;

mod answers;
mod effective;
mod followed;
mod listed;
mod migrations;
mod scope;
mod waived;

/// Findings of one check that the page shows; the rest stand in `report.json`.
const SHOWN: usize = 100;
/// The width of a bar, in the drawing's units.
const WIDTH: u64 = 600;

/// The data of the page.
pub(super) fn of(report: &Report) -> Value {
    let mut data = json!({
        "title": report.engagement.as_ref().and_then(|own| own.organisation.clone()).unwrap_or_else(|| "Evidence without an engagement".to_owned()),
        "client": report.engagement.as_ref().and_then(|own| own.client.clone()),
        "objective": report.engagement.as_ref().and_then(|own| own.objective.clone()),
        "team": report.engagement.as_ref().and_then(|own| own.team.as_ref()).map(|team| team.join(", ")),
        "engagement_id": report.engagement.as_ref().map(|own| own.id.clone()),
        "as_of": report.as_of,
        "period": report.period.as_ref().map(|period| format!("{} to {}", period.from, period.to)),
        "tool": format!("{} {}", report.tool.name, report.tool.version),
        "schema": report.schema,
        "declared": report.selection == super::Selection::Declared,
        "conclusion": conclusion(report),
        "mood": match report.summary.conclusion {
            Conclusion::NothingFound => "good",
            Conclusion::Found => "bad",
            Conclusion::Incomplete => "open",
        },
        "packs": report.packs.iter().map(|pack| json!({ "id": pack.id, "title": pack.title, "version": pack.version, "edition": pack.edition, "sha256": pack.sha256 })).collect::<Vec<_>>(),
        "tiles": tiles(report),
        "bar": bar(report),
        "open": open(report),
        "attested": attested(report),
        "followed": followed::of(report),
        "any_waived": report.summary.findings.waived > 0,
        "scope": scope::of(report),
        "effective": effective::of(report),
        "migrations": migrations::of(report),
        "limitations": report.summary.limitations.iter().map(|text| limitation(text)).collect::<Vec<_>>(),
        "unused": report.coverage.evidence_unused.iter().map(|file| json!({ "path": file.path, "reason": file.reason })).collect::<Vec<_>>(),
        "unresolved": number(report.coverage.unresolved_identities),
        "unmapped": report.coverage.unmapped_terms,
        "not_selected": report.coverage.packs_not_selected.iter().map(|pack| json!({ "id": pack.id, "needs": pack.needs.join(", ") })).collect::<Vec<_>>(),
        "inputs": inputs(report),
    });
    put(&mut data, "failed", failed(report));
    if let Value::Object(members) = &mut data {
        members.insert("attributes".to_owned(), answers::by_attribute(report).unwrap_or_default());
    }
    put(&mut data, "controls", report.controls.iter().map(control).collect());
    put(&mut data, "evidence", report.evidence.iter().map(table).collect());
    safe(&mut data);
    data
}

/// Puts a list that may be long into an object: as a part of `json!` it would be copied.
fn put(object: &mut Value, name: &str, items: Vec<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), Value::Array(items));
    }
}

/// Makes every text visible.
fn safe(value: &mut Value) {
    match value {
        // Most texts are printable ASCII, which stands as it is.
        Value::String(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {}
        Value::String(text) => *text = visible_lines(text),
        Value::Array(items) => items.iter_mut().for_each(safe),
        Value::Object(members) => members.values_mut().for_each(safe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn limitation(text: &str) -> String {
    match text.split_once(": ") {
        Some((place, rest)) if place.contains(" / ") => format!("{place}: {}", reason(rest)),
        _ => text.to_owned(),
    }
}

fn tiles(report: &Report) -> Value {
    let checks = || report.controls.iter().flat_map(|control| &control.checks);
    let records = total(report.evidence.iter().map(|table| table.records));
    let undecided = total(checks().map(|check| check.undecided));
    let rejected = total(report.evidence.iter().map(|table| table.rejected));
    let by = &report.summary.by_determination;
    let grades = &report.summary.by_grade;
    let grade = |value: u64, word: &str| (value > 0).then(|| format!("{} {word}", number(value)));
    let grades: Vec<String> =
        [grade(grades.major, "major"), grade(grades.minor, "minor"), grade(grades.ofi, "for improvement")].into_iter().flatten().collect();
    let mut found = vec![
        count(report.summary.findings.total, "exception", "exceptions"),
        if grades.is_empty() {
            if report.summary.findings.waived > 0 { "no grade that counts" } else { "no grade proposed" }.to_owned()
        } else {
            format!("proposed: {}", grades.join(", "))
        },
    ];
    found.extend(waived::line(report));
    json!([
        {
            "head": "Examined", "figure": number(report.coverage.determined), "of": format!("of {} decided", count(report.coverage.controls_total, "control", "controls")),
            "lines": [
                format!("{} on evidence, {} on a person's statement", count(report.coverage.evaluated, "check", "checks"), number(report.coverage.attested)),
                format!("{} in {}", count(records, "record", "records"), count(files_read(report), "file", "files")),
            ],
        },
        {
            "head": "Not decided", "figure": number(by.not_determined), "of": if by.not_determined == 1 { "control" } else { "controls" },
            "lines": [
                format!("{} not evaluated", count(report.coverage.not_evaluated, "check", "checks")),
                format!("{} undecided, {} unreadable", count(undecided, "item", "items"), count(rejected, "record", "records")),
            ],
        },
        {
            "head": "Found", "figure": number(by.other_than_satisfied), "of": if by.other_than_satisfied == 1 { "control not satisfied" } else { "controls not satisfied" },
            "lines": found.into_iter().chain(followed::line(report)).collect::<Vec<_>>(),
        },
    ])
}

fn bar(report: &Report) -> Value {
    let by = &report.summary.by_determination;
    let all = total([by.satisfied, by.other_than_satisfied, by.not_determined].into_iter()).max(1);
    let mut x = 0;
    let mut parts = Vec::new();
    // The fills are for readers that leave the style out.
    for (class, fill, word, value) in [
        ("good", "#2f6f4f", "satisfied", by.satisfied),
        ("bad", "#b3372f", "not satisfied", by.other_than_satisfied),
        ("open", "#8a6a12", "not determined", by.not_determined),
    ] {
        let width = share(value, all);
        parts.push(json!({ "class": class, "fill": fill, "word": word, "value": number(value), "x": x, "width": width }));
        x += width;
    }
    json!({ "parts": parts, "label": format!("Of {all} controls {} are satisfied, {} are not, {} are not determined", by.satisfied, by.other_than_satisfied, by.not_determined) })
}

/// The width of a share, at most the whole.
fn share(value: u64, all: u64) -> u64 {
    let width = u128::from(value) * u128::from(WIDTH) / u128::from(all);
    u64::try_from(width).unwrap_or(WIDTH).min(WIDTH)
}

fn grade_word(grade: Grade) -> &'static str {
    match grade {
        Grade::Major => "major nonconformity",
        Grade::Minor => "minor nonconformity",
        Grade::Ofi => "opportunity for improvement",
    }
}

fn force(control: &ControlResult) -> String {
    let force = force_word(control.criterion.force);
    let adopted = control.criterion.adopted_by.as_ref().map(|by| format!(", adopted in {by}")).unwrap_or_default();
    format!("{} {}, {} ({force}{adopted})", control.criterion.standard, control.criterion.edition, control.criterion.clause)
}

fn failed(report: &Report) -> Vec<Value> {
    let listed = Listed::new(report);
    let of = |control: &ControlResult| {
        let failed = control.checks.iter().filter(|check| check.outcome == Outcome::Fail);
        let checks: Vec<Value> = failed.map(|check| failed_check(report, &listed, control, check)).collect();
        let remediation = listed.of_control(control).first().and_then(|finding| finding.remediation.clone());
        let mut value = json!({
            "id": control.id, "title": control.title, "criterion": force(control), "statement": control.statement,
            "grade": control.grade.as_ref().map(|grade| json!({ "word": grade_word(grade.proposed), "rule": grade.rule })),
            "exceptions": number(total(control.checks.iter().map(|check| check.exceptions))),
            "waived": waived::of_control(&listed, control), "remediation": remediation,
        });
        put(&mut value, "checks", checks);
        put(&mut value, "answers", answers::of(control));
        value
    };
    let mut failed: Vec<&ControlResult> =
        report.controls.iter().filter(|control| control.determination == Determination::OtherThanSatisfied).collect();
    // The gravest first; within a grade in the pack's order.
    failed.sort_by_key(|control| control.grade.as_ref().map_or((true, Grade::Ofi), |grade| (false, grade.proposed)));
    failed.into_iter().map(of).collect()
}

fn failed_check(report: &Report, listed: &Listed<'_>, control: &ControlResult, check: &CheckResult) -> Value {
    let (counting, waived) = waived::apart(listed, control, check);
    let width = |value: u64| share(value, check.population.max(1));
    let (found, undecided, fine) = (width(check.exceptions), width(check.undecided), width(check.evaluated.saturating_sub(check.exceptions)));
    let mut value = json!({
        "id": check.id, "title": check.title, "severity": check.severity, "procedure": sentence(&check.procedure),
        "figures": format!("{} of {} evaluated", number(check.exceptions), number(check.evaluated)),
        "population": population(check),
        "bar": { "found": found.max(3), "fine": fine, "undecided": undecided, "fine_x": found.max(3), "undecided_x": found.max(3) + fine },
        "more": waived::more(counting.len(), waived.len()),
        "cut": check.listed_through.as_ref().map(|last| format!("The list was cut at {last}; the counts were not.")),
    });
    let shown = |findings: &[&Finding]| findings.iter().take(SHOWN).map(|one| finding(report, one)).collect();
    put(&mut value, "findings", shown(&counting));
    put(&mut value, "waived", shown(&waived));
    value
}

/// A sentence of the procedure; what stands between backticks is a name or a value.
fn sentence(text: &str) -> Vec<Value> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(number, part)| if number % 2 == 1 { json!({ "code": part, "text": null }) } else { json!({ "code": null, "text": part }) }).collect()
}

fn population(check: &CheckResult) -> String {
    format!(
        "{} in scope = {} left out + {} undecided + {} evaluated",
        count(check.population, &check.unit, &plural(&check.unit)),
        number(check.excluded),
        number(check.undecided),
        number(check.evaluated)
    )
}

fn plural(unit: &str) -> String {
    match unit {
        "person" => "people".to_owned(),
        unit if unit.ends_with('s') || unit.contains(' ') => unit.to_owned(),
        unit if unit.ends_with('y') => format!("{}ies", &unit[..unit.len() - 1]),
        unit => format!("{unit}s"),
    }
}

fn finding(report: &Report, finding: &Finding) -> Value {
    let as_of = &report.as_of;
    let of_check = format!("{}/{}", finding.control, finding.check);
    let worded = |value: &str| report.wording.iter().filter(|own| own.id == value && own.checks.contains(&of_check)).collect::<Vec<_>>();
    let words: Vec<Value> = finding
        .subject
        .iter()
        .flat_map(|(_, value)| worded(value))
        .map(|own| json!({ "id": own.id, "text": own.text, "framework": own.framework }))
        .collect();
    let subject: Vec<Value> =
        finding.subject.iter().map(|(name, value)| json!({ "name": name, "value": if value.is_empty() { "(empty)" } else { value } })).collect();
    let places: Vec<Value> = finding
        .evidence
        .iter()
        .map(|place| {
            let at = match (place.row, &place.pointer, place.line) {
                (Some(row), _, _) => format!("row {row}"),
                (None, Some(pointer), Some(line)) => format!("{pointer}, line {line}"),
                (None, None, Some(line)) => format!("line {line}"),
                _ => format!("record {}", place.record),
            };
            json!({ "path": place.path, "at": at, "excerpt": place.excerpt })
        })
        .collect();
    let mut value = json!({
        "id": finding.id, "times": (finding.occurrences > 1).then(|| number(finding.occurrences)),
        "waiver": finding.waiver.as_ref().map(waived::waiver), "life": finding.lifecycle.as_ref().map(|life| followed::life(life, as_of)),
    });
    put(&mut value, "subject", subject);
    put(&mut value, "words", words);
    put(&mut value, "places", places);
    value
}

fn open(report: &Report) -> Vec<Value> {
    let of = |control: &ControlResult| {
        let checks = control.checks.iter().filter(|check| matches!(check.outcome, Outcome::NotEvaluated | Outcome::Error));
        let checks: Vec<Value> = checks.map(|check| json!({ "id": check.id, "title": check.title, "reason": reason(check.reason.as_deref().unwrap_or("")), "population": population(check) })).collect();
        (!checks.is_empty())
            .then(|| json!({ "id": control.id, "title": control.title, "determination": determination(control.determination), "checks": checks }))
    };
    report.controls.iter().filter_map(of).collect()
}

fn attested(report: &Report) -> Vec<Value> {
    let of = |control: &ControlResult| {
        let id = control.id.clone();
        control.checks.iter().filter_map(move |check| {
            let stated = check.attestation.as_ref()?;
            Some(json!({ "id": id, "by": stated.by, "role": stated.role, "at": stated.at, "expires": stated.expires, "statement": stated.statement }))
        }).collect::<Vec<_>>()
    };
    report.controls.iter().flat_map(of).collect()
}

fn control(control: &ControlResult) -> Value {
    let class = match control.determination {
        Determination::Satisfied => "good",
        Determination::OtherThanSatisfied => "bad",
        Determination::NotDetermined => "open",
    };
    let checks: Vec<Value> = control
        .checks
        .iter()
        .map(|check| {
            let class = match check.outcome {
                Outcome::Pass => "good",
                Outcome::Fail => "bad",
                Outcome::NotApplicable | Outcome::NotEvaluated | Outcome::Error => "open",
            };
            let left_out = check.exclusions.iter().map(|left_out| format!("{} left out: {}", number(left_out.count), reason(&left_out.reason)));
            let undecided = check.undecided_by.iter().map(|undecided| format!("{} undecided: {}", number(undecided.count), reason(&undecided.reason)));
            let parameters = check.parameters.iter().map(|used| format!("{} = {} (set by the {})", used.name, used.value, used.set_by));
            json!({
                "id": check.id, "title": check.title, "class": class, "outcome": outcome(check.outcome), "unit": check.unit, "procedure": sentence(&check.procedure),
                "population": number(check.population), "excluded": number(check.excluded), "undecided": number(check.undecided),
                "evaluated": number(check.evaluated), "exceptions": number(check.exceptions),
                "notes": left_out.chain(undecided).chain(parameters).chain(check.reason.iter().map(|text| reason(text))).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "id": control.id, "reference": control.r#ref, "title": control.title, "class": class, "determination": determination(control.determination),
        "criterion": force(control), "justification": control.applicability.justification, "checks": checks,
        "anchor": answers::anchor(control), "answers": answers::of(control),
    })
}

fn table(table: &EvidenceTable) -> Value {
    use super::{CompletenessBasis, ExportedBasis};
    let whole = match (table.completeness.basis, table.completeness.expected) {
        (CompletenessBasis::Reconciled, Some(expected)) => format!("control total {} met", number(expected)),
        (CompletenessBasis::PagingClosed, _) => "all pages here".to_owned(),
        (CompletenessBasis::Stated, Some(expected)) => format!("not whole: {} stated", number(expected)),
        (CompletenessBasis::Stated, None) => "not whole".to_owned(),
        _ => "not stated".to_owned(),
    };
    let exported = match (&table.exported_at.value, table.exported_at.basis) {
        (Some(value), ExportedBasis::Content) => format!("{value} (says the file)"),
        (Some(value), _) => format!("{value} (stated)"),
        (None, _) => "not stated".to_owned(),
    };
    json!({
        "path": table.path, "dataset": table.dataset, "source": table.source, "system": table.system,
        "records": number(table.records), "rejected": number(table.rejected), "whole": whole, "exported": exported,
        "sha256": table.sha256, "bytes": number(table.bytes),
        "problems": table.problems.iter().map(|problem| {
            let first = problem.first_record.map(|record| format!(" (first: record {record})")).unwrap_or_default();
            format!("{} {}: {}{first}", number(problem.count), problem.code, problem.message)
        }).collect::<Vec<_>>(),
    })
}

fn inputs(report: &Report) -> Vec<Value> {
    let file = |name: &str, file: &Option<super::InputFile>| file.as_ref().map(|file| json!({ "name": name, "sha256": file.sha256 }));
    let sources = report.inputs.sources.iter().map(|source| Some(json!({ "name": format!("source {}", source.id), "sha256": source.sha256 })));
    let files = [
        file("engagement.yaml", &report.inputs.engagement),
        file("identities.csv", &report.inputs.identities),
        file("waivers.yaml", &report.inputs.waivers),
    ];
    files.into_iter().chain(sources).flatten().collect()
}
