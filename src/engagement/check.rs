//! What an engagement names must exist: a misspelt name would change the
//! result in silence.

use std::collections::BTreeMap;

use super::load::LoadedEngagement;
use super::raw::RawEngagement;
use crate::dataset::derived;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::survey::Survey;
use crate::pack::load::LoadedPack;
use crate::pack::{Pack, resolve};
use crate::report::Selection;
use crate::source::kinds::FieldKinds;
use crate::source::{Source, SourceOrigin};
use crate::suggest;
use crate::why::Why;
use crate::yaml::{Origin, Spanned};

/// Datasets, fields and reasons.
pub(super) fn words(origin: &Origin, raw: &RawEngagement, kinds: &FieldKinds, problems: &mut Diagnostics) {
    let known = kinds.datasets();
    let delivered = raw.scope.iter().flat_map(|scope| &scope.systems).flat_map(|system| &system.datasets);
    let datasets = raw.control_totals.iter().map(|total| &total.dataset).chain(delivered);
    for dataset in datasets.clone().filter(|dataset| derived::find(&dataset.value).is_some()) {
        let own = known.iter().map(String::as_str).filter(|name| derived::find(name).is_none());
        problems.push(unknown(origin, dataset, "wrong-dataset", "no export delivers the dataset, which is made of others:", own));
    }
    let datasets = datasets.chain(raw.tolerances.iter().map(|tolerance| &tolerance.value.dataset));
    for dataset in datasets.filter(|dataset| !kinds.knows(&dataset.value)) {
        problems.push(unknown(origin, dataset, "unknown-dataset", "there is no dataset", known.iter().map(String::as_str)));
    }
    for tolerance in &raw.tolerances {
        let reason = &tolerance.value.reason;
        if !Why::OF_DATASETS.contains(&reason.value.as_str()) {
            problems.push(unknown(origin, reason, "unknown-reason", "no item is ever undecided for the reason", Why::OF_DATASETS.into_iter()));
        }
    }
    for term in &raw.terms {
        let field = &term.value.field;
        let (of, name) = match field.value.split_once('.').filter(|(dataset, _)| kinds.knows(dataset)) {
            Some((dataset, name)) => (vec![dataset.to_owned()], name),
            None => (known.clone(), field.value.as_str()),
        };
        if !of.iter().any(|dataset| kinds.kind(dataset, name).is_some()) {
            let fields: Vec<String> =
                of.iter().flat_map(|dataset| kinds.fields(dataset).into_iter().map(move |name| format!("{dataset}.{name}"))).collect();
            problems.push(unknown(origin, field, "unknown-field", "there is no field", fields.iter().map(String::as_str)));
        }
    }
}

/// What is demanded of waivers.
pub(super) fn policy(origin: &Origin, raw: &RawEngagement, problems: &mut Diagnostics) {
    let mut wrong = |at, code, message: &str, help: &str| problems.push(origin.diagnostic(at, code, message, Some(help.to_owned())));
    let policy = raw.waiver_policy.as_ref();
    if let Some(days) = policy.and_then(|policy| policy.max_days.as_ref()).filter(|days| !(1..=3650).contains(&days.value)) {
        wrong(days.at, "wrong-number", "a waiver holds for 1 to 3650 days", "write the most days, such as 365");
    }
    for owner in policy.iter().flat_map(|policy| &policy.risk_owners).filter(|owner| owner.value.trim().is_empty()) {
        wrong(owner.at, "empty-text", "the risk owner has no name", "name a person as the roster does");
    }
}

fn unknown<'k>(
    origin: &Origin,
    name: &Spanned<String>,
    code: &'static str,
    message: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Diagnostic {
    origin.diagnostic(name.at, code, format!("{message} `{}`", name.value), suggest::help(&name.value, known))
}

/// The sources of the scope's systems, and the systems of control totals, once the files are known.
#[must_use]
pub fn sources(loaded: &LoadedEngagement, sources: &[Source], survey: &Survey) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let (origin, raw) = (&loaded.origin, &loaded.raw);
    let systems = raw.scope.iter().flat_map(|scope| &scope.systems);
    for source in systems.clone().filter_map(|system| system.source.as_ref()) {
        if !sources.iter().any(|known| known.id == source.value) {
            problems.push(unknown(origin, source, "unknown-source", "there is no source", sources.iter().map(|source| source.id.as_str())));
        }
    }
    let declared: Vec<&str> = systems.map(|system| system.name.as_str()).chain(sources.iter().flat_map(of_source)).collect();
    for total in &raw.control_totals {
        let Some(system) = &total.system else { continue };
        if !declared.contains(&system.value.as_str()) {
            let message = "neither the scope nor a source has the system";
            let mut problem = unknown(origin, system, "unknown-system", message, declared.iter().copied());
            problem.help.get_or_insert_with(|| "declare it under scope.systems, with the path or source of its exports".to_owned());
            problems.push(problem);
        } else if let Some(path) = mixed(&total.dataset.value, sources, survey) {
            let message = format!("the records of `{path}` name their system themselves, so they cannot be counted for `{}`", system.value);
            let help = "state the total of the whole dataset, without `system`; or declare under scope.systems which system that path is of";
            problems.push(origin.diagnostic(system.at, "mixed-systems", message, Some(help.to_owned())));
        }
    }
    problems
}

/// The systems that a source says its tables come from.
fn of_source(source: &Source) -> impl Iterator<Item = &str> {
    let fields = source.tables.iter().flat_map(|table| &table.fields).filter(|field| field.name == "system");
    let constants = fields.filter_map(|field| match &field.from {
        SourceOrigin::Constant(value) => Some(value.as_str()),
        SourceOrigin::Column(_) | SourceOrigin::FirstOf(_) | SourceOrigin::FileName(_) => None,
    });
    source.system.as_deref().into_iter().chain(constants)
}

/// The path of a table of the dataset whose records each name their system.
fn mixed<'s>(dataset: &str, sources: &[Source], survey: &'s Survey) -> Option<&'s str> {
    let names_system = |table: &&crate::evidence::survey::SurveyedTable| {
        let mapping = sources.get(table.source).and_then(|source| source.tables.get(table.source_table));
        let names = survey.files.get(table.blob).and_then(|file| file.taken.as_ref().ok()).map(|taken| taken.names.as_slice());
        let is_there = |column: &str| names.is_some_and(|names| names.iter().any(|name| Some(name.as_str()) == column.split('.').next()));
        mapping.is_some_and(|mapping| {
            mapping.fields.iter().filter(|field| field.name == "system").any(|field| match &field.from {
                SourceOrigin::Column(column) => is_there(column),
                SourceOrigin::FirstOf(columns) => columns.iter().any(|column| is_there(column)),
                SourceOrigin::Constant(_) | SourceOrigin::FileName(_) => false,
            })
        })
    };
    let of_dataset = survey.tables().filter(|table| table.dataset == dataset && table.system.is_none());
    of_dataset.filter(names_system).find_map(|table| survey.files.get(table.blob)).map(|file| file.path.as_str())
}

/// Packs, controls and parameters: of the declared packs where the selection
/// is theirs, of any pack that is known otherwise.
#[must_use]
pub fn packs(loaded: &LoadedEngagement, selection: Selection, selected: &[Pack], all: &[LoadedPack]) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let (origin, raw) = (&loaded.origin, &loaded.raw);
    let counts = |pack: &&LoadedPack| selection == Selection::Exploratory || selected.iter().any(|own| own.id == pack.id);
    let known: Vec<&LoadedPack> = all.iter().filter(counts).collect();
    let among = if selection == Selection::Declared { "no declared pack" } else { "no pack" };
    let named = raw.not_applicable.iter().map(|stated| &stated.control);
    let named = named.chain(raw.criteria.iter().filter_map(|adopted| adopted.control.as_ref()));
    let controls: Vec<&str> = known.iter().flat_map(|pack| pack.control_places()).map(|(id, ..)| id).collect();
    for control in named.filter(|control| !controls.contains(&control.value.as_str())) {
        problems.push(unknown(origin, control, "unknown-control", &format!("{among} has the control"), controls.iter().copied()));
    }
    let ids = || known.iter().map(|pack| pack.id.as_str());
    for pack in raw.criteria.iter().filter_map(|adopted| adopted.pack.as_ref()).filter(|pack| !ids().any(|id| id == pack.value)) {
        problems.push(unknown(origin, pack, "unknown-pack", &format!("{among} is named"), ids()));
    }
    let parameters: Vec<&str> = known.iter().flat_map(|pack| pack.parameter_names()).collect();
    for (name, value) in raw.parameters.iter().filter(|(name, _)| !parameters.contains(&name.as_str())) {
        let help = suggest::help(name, parameters.iter().copied());
        problems.push(origin.diagnostic(value.at, "unknown-parameter", format!("{among} has the parameter `{name}`"), help));
    }
    problems
}

/// The declared packs that do not exist.
#[must_use]
pub fn declared(loaded: &LoadedEngagement, all: &[&str]) -> Diagnostics {
    let ids = || all.iter().copied();
    let missing = loaded.raw.packs.iter().filter(|pack| !ids().any(|id| id == pack.value));
    Diagnostics(missing.map(|pack| unknown(&loaded.origin, pack, "unknown-pack", "there is no pack", ids())).collect())
}

/// Resolves a pack under the engagement's values. A value that does not fit is told where the engagement gives it.
///
/// # Errors
/// Mistakes of the pack, or of the values.
pub fn resolve(pack: &LoadedPack, engagement: Option<&LoadedEngagement>, kinds: &FieldKinds) -> Result<Pack, Diagnostics> {
    let none = BTreeMap::new();
    let Some(loaded) = engagement else { return resolve::resolve(pack, &none, kinds) };
    // What is stated for a parameter outranks the scope that it would be taken from.
    let mut values = loaded.engagement.scope.as_ref().map(|scope| pack.scoped(scope)).unwrap_or_default();
    values.extend(loaded.engagement.parameters.clone());
    let values = &values;
    if values.is_empty() {
        return resolve::resolve(pack, &none, kinds);
    }
    let wrong = match resolve::resolve(pack, values, kinds) {
        Ok(pack) => return Ok(pack),
        Err(wrong) => wrong,
    };
    if resolve::resolve(pack, &none, kinds).is_err() {
        return Err(wrong);
    }
    let mut problems = Diagnostics::default();
    for (name, value) in values {
        let alone = BTreeMap::from([(name.clone(), value.clone())]);
        let Err(told) = resolve::resolve(pack, &alone, kinds) else { continue };
        let (Some(first), Some(given)) = (told.0.first(), loaded.raw.parameters.get(name)) else { continue };
        let help = format!("the pack uses it in {}, line {}", first.file, first.line);
        problems.push(loaded.origin.diagnostic(given.at, "wrong-parameter", format!("`{name}` does not fit: {}", first.message), Some(help)));
    }
    Err(if problems.is_empty() { wrong } else { problems })
}
