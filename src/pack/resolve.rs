//! From what a pack's files say to a validated [`Pack`], with every mistake at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::scope::Scope;
use super::load::{LoadedPack, Parsed};
use super::raw::{RawControl, RawTable};
use super::{Control, Crosswalk, GradeRule, Listed, Objective, Pack, PackCriterion};
use crate::diagnostic::Diagnostics;
use crate::source::kinds::FieldKinds;
use crate::yaml::Place;

mod applies;
mod checks;
mod comparing;
mod crosswalks;
mod elements;
mod frame;
mod joined;
mod listed;
mod migrations;
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

/// What a pack lists of editions, whatever its controls are like; of files that were not read, nothing.
///
/// # Errors
/// Every mistake of what it lists.
pub fn listed(loaded: &LoadedPack) -> Result<Listed, Diagnostics> {
    let Some(Parsed { origin, raw, .. }) = &loaded.pack else { return Err(loaded.problems.clone()) };
    let mut problems = Diagnostics::default();
    let tables = frame::entries(loaded, origin, raw, &mut problems);
    let listing = listed::listing(loaded, origin, raw, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Listed {
        id: loaded.id.clone(),
        title: raw.title.clone(),
        edition: raw.edition.clone(),
        standard: raw.standard.clone(),
        built_in: loaded.built_in,
        listing,
        tables,
    })
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
        // What lists an edition and demands nothing has no checks that could use a table.
        let idle = |table: &&RawTable| table.key.is_none() && !pack.controls.is_empty();
        for table in raw.raw.tables.iter().filter(idle).filter(|table| !used.contains(&format!("#{}", table.name.value))) {
            warnings.push(raw.origin.diagnostic(table.name.at, "unused", format!("no check uses the table `{}`", table.name.value), None));
        }
        // Of a control without a check there is nothing to show.
        for control in pack.controls.iter().filter(|control| !control.checks.is_empty()) {
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
    let (parameters, tables) = frame::frame(loaded, origin, raw, overrides, &mut problems);
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
    crosswalks::check(&loaded.controls, &mut problems);
    let listing = listed::resolve(&scope, loaded, origin, raw, &mut problems);
    let migrations = migrations::resolve(&scope, origin, raw, &mut problems);
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
        listing,
        migrations,
    };
    (Some(pack), problems, used)
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
    match (&raw.unchecked, raw.checks.value.is_empty()) {
        (None, true) => {
            let help = Some("add a check, or say under `unchecked` why none decides it".to_owned());
            problems.push(parsed.origin.diagnostic(raw.checks.at, "no-check", "the control has no check", help));
        }
        (Some(why), false) => problems.push(parsed.origin.diagnostic(why.at, "no-check", "the control is called unchecked, and has checks", None)),
        (Some(why), true) if why.value.trim().is_empty() => {
            problems.push(parsed.origin.diagnostic(
                why.at,
                "no-check",
                "the reason is empty",
                Some("say why no check decides the control".to_owned()),
            ));
        }
        _ => {}
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
    for map in &raw.maps {
        listed::origin(&parsed.origin, &map.origin, problems);
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
        unchecked: raw.unchecked.as_ref().map(|why| why.value.trim().to_owned()),
        objectives: raw.objectives.iter().map(|objective| Objective { id: objective.id.clone(), text: objective.text.clone() }).collect(),
        grade: GradeRule {
            major_checks: raw.grade.major_checks.iter().map(|name| name.value.clone()).collect(),
            minor_share: minor.and_then(|minor| minor.share_at_most),
            minor_exceptions: minor.and_then(|minor| minor.exceptions_at_most),
            otherwise: raw.grade.otherwise,
        },
        remediation: raw.remediation.trim().to_owned(),
        maps: raw.maps.iter().map(|map| Crosswalk { to: map.to.value.clone(), relation: map.relation, origin: map.origin.value.clone() }).collect(),
        answers: Vec::new(),
        attributes: BTreeMap::new(),
    }
}
