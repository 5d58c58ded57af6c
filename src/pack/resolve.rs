//! From what a pack's files say to a validated [`Pack`], with every mistake at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::scope::Scope;
use super::load::{LoadedPack, Parsed};
use super::raw::{RawControl, RawPack};
use super::{Control, Crosswalk, GradeRule, Pack, PackCriterion, PackTable, Parameter};
use crate::diagnostic::Diagnostics;
use crate::source::kinds::FieldKinds;
use crate::yaml::Place;

mod applies;
mod checks;
mod comparing;
mod elements;
mod joined;
mod narrowed;
mod over_time;
mod pairs;
mod predicates;
mod scope;

/// Resolves a pack under an engagement's parameter values; names that the pack lacks are ignored.
///
/// # Errors
/// Every mistake of the pack, also of files that do not parse.
pub fn resolve(loaded: &LoadedPack, overrides: &BTreeMap<String, Value>, extra: &FieldKinds) -> Result<Pack, Diagnostics> {
    let (pack, problems, _) = attempt(loaded, overrides, extra);
    pack.filter(|_| problems.is_empty()).ok_or(problems)
}

/// What is wrong with a pack, and what is merely odd.
#[derive(Debug)]
pub struct Lint {
    /// The pack, where nothing is wrong with it.
    pub pack: Option<Pack>,
    /// Mistakes, also of the examples.
    pub errors: Diagnostics,
    /// What is never used, and checks without an example.
    pub warnings: Diagnostics,
}

/// Looks at a whole pack with its examples.
#[must_use]
pub fn lint(loaded: &LoadedPack, extra: &FieldKinds) -> Lint {
    let (pack, mut errors, used) = attempt(loaded, &BTreeMap::new(), extra);
    let mut warnings = Diagnostics::default();
    let (examples, wrong) = loaded.examples();
    errors.extend(wrong);
    if let (Some(raw), Some(pack)) = (&loaded.pack, &pack) {
        for parameter in raw.raw.parameters.iter().filter(|parameter| !used.contains(&format!("${}", parameter.name.value))) {
            warnings.push(raw.origin.diagnostic(
                parameter.name.at,
                "unused",
                format!("no check uses the parameter `{}`", parameter.name.value),
                None,
            ));
        }
        for table in raw.raw.tables.iter().filter(|table| !used.contains(&format!("#{}", table.name.value))) {
            warnings.push(raw.origin.diagnostic(table.name.at, "unused", format!("no check uses the table `{}`", table.name.value), None));
        }
        for control in &pack.controls {
            let own = || examples.iter().filter(|example| example.control == control.id);
            if !own().any(|example| example.passes) {
                errors.push(
                    crate::diagnostic::Diagnostic::new("no-example", control.id.clone(), "no example passes")
                        .help("add examples/<control>/pass-<why>.yaml"),
                );
            }
            for check in control.checks.iter().filter(|check| !own().any(|example| example.findings.iter().any(|finding| finding.check == check.id)))
            {
                let message = format!("no example shows what fails `{}`", check.id);
                errors.push(
                    crate::diagnostic::Diagnostic::new("no-example", control.id.clone(), message).help("add examples/<control>/fail-<why>.yaml"),
                );
            }
        }
        // A control that does not parse has been told already.
        let known = |id: &String| pack.controls.iter().any(|control| control.id == *id) || loaded.broken_controls.contains(id);
        for example in examples.iter().filter(|example| !known(&example.control)) {
            let message = format!("there is no control `{}`", example.control);
            errors.push(crate::diagnostic::Diagnostic::new("unknown-control", example.file.clone(), message));
        }
    }
    Lint { pack: pack.filter(|_| errors.is_empty()), errors, warnings }
}

fn attempt(loaded: &LoadedPack, overrides: &BTreeMap<String, Value>, extra: &FieldKinds) -> (Option<Pack>, Diagnostics, BTreeSet<String>) {
    let mut problems = loaded.problems.clone();
    let Some(Parsed { origin, raw, .. }) = &loaded.pack else { return (None, problems, BTreeSet::new()) };
    if raw.id.value != loaded.id {
        let message = format!("the id is `{}`, the folder `{}`", raw.id.value, loaded.id);
        problems.push(origin.diagnostic(raw.id.at, "pack-id", message, Some("give both the same name".to_owned())));
    }
    let (parameters, tables) = frame(origin, raw, overrides, &mut problems);
    if let Some(days) = raw.max_age_days.as_ref().filter(|days| days.value < 0) {
        problems.push(origin.diagnostic(days.at, "wrong-number", "an age is no negative number", None));
    }
    let scope = Scope::new(&parameters, &tables, extra, raw.max_age_days.as_ref().map(|days| days.value));
    let mut controls = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for control in &loaded.controls {
        if control.raw.id.value != control.stem {
            let message = format!("the id is `{}`, the file `{}.yaml`", control.raw.id.value, control.stem);
            problems.push(control.origin.diagnostic(control.raw.id.at, "control-id", message, Some("give both the same name".to_owned())));
        }
        if !seen.insert(&control.raw.id.value) {
            problems.push(control.origin.diagnostic(
                control.raw.id.at,
                "duplicate-id",
                format!("two controls have the id `{}`", control.raw.id.value),
                None,
            ));
        }
        controls.push(resolve_control(&scope, &loaded.id, control, &mut problems));
    }
    let used = scope.used.into_inner();
    let pack = Pack {
        id: loaded.id.clone(),
        title: raw.title.clone(),
        version: raw.version.clone(),
        edition: raw.edition.clone(),
        standard: raw.standard.clone(),
        description: raw.description.clone(),
        sha256: loaded.sha256.clone(),
        parameters,
        tables,
        controls,
    };
    (Some(pack), problems, used)
}

fn frame(
    origin: &crate::yaml::Origin,
    raw: &RawPack,
    overrides: &BTreeMap<String, Value>,
    problems: &mut Diagnostics,
) -> (Vec<Parameter>, BTreeMap<String, PackTable>) {
    let mut parameters: Vec<Parameter> = Vec::new();
    for parameter in &raw.parameters {
        let name = &parameter.name.value;
        if parameters.iter().any(|known| known.name == *name) {
            problems.push(origin.diagnostic(parameter.name.at, "duplicate-id", format!("two parameters are named `{name}`"), None));
            continue;
        }
        if let (Some(from), false) = (&parameter.from, parameter.value.value.0.is_array()) {
            problems.push(origin.diagnostic(from.at, "wrong-parameter", format!("a scope is a list; `{name}` is one value"), None));
        }
        let set = overrides.get(name);
        let value = set.unwrap_or(&parameter.value.value.0).clone();
        if value.is_array() != parameter.value.value.0.is_array() {
            let message = format!("`{name}` is {}", if value.is_array() { "one value, not a list" } else { "a list, not one value" });
            problems.push(origin.diagnostic(parameter.value.at, "wrong-parameter", message, None));
        }
        parameters.push(Parameter { name: name.clone(), value, set_by_engagement: set.is_some(), about: parameter.about.clone() });
    }
    let mut tables = BTreeMap::new();
    for table in &raw.tables {
        let columns = table.columns.value.clone();
        for row in table.rows.iter().filter(|row| row.value.len() != columns.len()) {
            let message = format!("the row has {} cells, the table {} columns", row.value.len(), columns.len());
            problems.push(origin.diagnostic(row.at, "ragged-table", message, None));
        }
        let rows = table.rows.iter().map(|row| row.value.iter().map(|cell| cell.0.clone()).collect()).collect();
        if tables.insert(table.name.value.clone(), PackTable { columns, rows }).is_some() {
            problems.push(origin.diagnostic(table.name.at, "duplicate-id", format!("two tables are named `{}`", table.name.value), None));
        }
    }
    for (raw, parameter) in raw.parameters.iter().zip(&parameters) {
        if let Some(values) = &raw.values {
            known_values(origin, values, parameter, &tables, problems);
        }
    }
    (parameters, tables)
}

/// Whether a parameter has no values but those that may be chosen.
fn known_values(
    origin: &crate::yaml::Origin,
    values: &crate::yaml::Spanned<super::raw::RawChoices>,
    parameter: &Parameter,
    tables: &BTreeMap<String, PackTable>,
    problems: &mut Diagnostics,
) {
    let known: BTreeSet<&str> = match (&values.value.list, &values.value.table, &values.value.column) {
        (Some(list), None, None) => list.iter().map(|cell| cell.0.as_str()).collect(),
        (None, Some(name), Some(column)) => {
            let found = tables.get(&name.value).and_then(|table| Some((table, table.column(&column.value)?)));
            let Some((table, at)) = found else {
                let message = format!("there is no table `{}` with a column `{}`", name.value, column.value);
                problems.push(origin.diagnostic(values.at, "unknown-table", message, None));
                return;
            };
            table.rows.iter().filter_map(|row| row.get(at)).map(String::as_str).collect()
        }
        _ => {
            problems.push(origin.diagnostic(values.at, "wrong-parameter", "give `list`, or `table` and `column`", None));
            return;
        }
    };
    let own: Vec<&str> = match &parameter.value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    };
    for wrong in own.into_iter().filter(|value| !known.contains(value)) {
        let whose = if parameter.set_by_engagement { "the engagement gives" } else { "the pack gives" };
        let message = format!("{whose} `{}` the value `{wrong}`, which it cannot have", parameter.name);
        problems.push(origin.diagnostic(values.at, "wrong-parameter", message, crate::suggest::help(wrong, known.iter().copied())));
    }
}

fn resolve_control(scope: &Scope<'_>, pack: &str, parsed: &Parsed<RawControl>, problems: &mut Diagnostics) -> Control {
    let raw = &parsed.raw;
    let applies = raw.applies_when.as_ref().and_then(|raw| applies::resolve(scope, &parsed.origin, raw, problems));
    let mut checks: Vec<super::Check> = Vec::new();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for check in &raw.checks.value {
        if !ids.insert(&check.id.value) {
            problems.push(parsed.origin.diagnostic(check.id.at, "duplicate-id", format!("two checks have the id `{}`", check.id.value), None));
        }
        checks.extend(checks::resolve(scope, &parsed.origin, check, problems));
    }
    // What decides whether a check is of use at all is among what it uses.
    for (check, when) in checks.iter_mut().flat_map(|check| raw.applies_when.as_ref().map(|when| (check, &when.parameter.value))) {
        if !check.parameters.contains(when) {
            check.parameters.push(when.clone());
        }
    }
    if raw.checks.value.is_empty() {
        problems.push(parsed.origin.diagnostic(raw.checks.at, "no-check", "a control has at least one check", None));
    }
    for name in raw.grade.major_checks.iter().filter(|name| !ids.contains(name.value.as_str())) {
        let help = crate::suggest::help(&name.value, ids.iter().copied());
        problems.push(parsed.origin.diagnostic(name.at, "unknown-check", format!("the control has no check `{}`", name.value), help));
    }
    let minor = raw.grade.minor_when.as_ref().map(|minor| &minor.value);
    if minor.and_then(|minor| minor.share_at_most).is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        let at = raw.grade.minor_when.as_ref().map_or(Place::default(), |minor| minor.at);
        problems.push(parsed.origin.diagnostic(at, "wrong-share", "a share lies between 0 and 1", None));
    }
    for map in raw.maps.iter().filter(|map| map.origin.value != "ours" && !map.origin.value.starts_with("official:")) {
        problems.push(parsed.origin.diagnostic(map.origin.at, "wrong-origin", "the origin is `ours` or `official:<document>`", None));
    }
    Control {
        id: raw.id.value.clone(),
        pack: pack.to_owned(),
        reference: raw.reference.clone(),
        title: raw.title.clone(),
        criterion: PackCriterion {
            standard: raw.criterion.standard.clone(),
            edition: raw.criterion.edition.clone(),
            clause: raw.criterion.clause.clone(),
            force: raw.criterion.force,
        },
        becomes: raw.becomes.clone(),
        determination: raw.determination.clone(),
        about: raw.about.trim().to_owned(),
        evidence: raw.evidence.clone(),
        applies,
        checks,
        grade: GradeRule {
            major_checks: raw.grade.major_checks.iter().map(|name| name.value.clone()).collect(),
            minor_share: minor.and_then(|minor| minor.share_at_most),
            minor_exceptions: minor.and_then(|minor| minor.exceptions_at_most),
            otherwise: raw.grade.otherwise,
        },
        remediation: raw.remediation.trim().to_owned(),
        maps: raw
            .maps
            .iter()
            .map(|map| Crosswalk { to: map.to.clone(), relation: map.relation.word().to_owned(), origin: map.origin.value.clone() })
            .collect(),
    }
}
