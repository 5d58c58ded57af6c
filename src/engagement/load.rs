//! `engagement.yaml`: read, checked, with every mistake at once.

use serde_json::Value;

use super::raw::{RawEngagement, RawScope};
use super::{AdoptedCriterion, ControlTotal, Engagement, Exclusion, NotApplicable, Scope, ScopeSystem, StatedExport, StatedUnused, Tolerance};
use crate::calendar::{Day, Moment};
use crate::diagnostic::Diagnostics;
use crate::digest::sha256_hex;
use crate::pack::Pack;
use crate::report::{EngagementSummary, Period};
use crate::source::kinds::FieldKinds;
use crate::suggest;
use crate::yaml::{self, Origin, Spanned};

/// An engagement with its file.
#[derive(Debug, Clone)]
pub struct LoadedEngagement {
    /// What it says.
    pub engagement: Engagement,
    /// SHA-256 of the file.
    pub sha256: String,
    origin: Origin,
    raw: RawEngagement,
}

/// Parses and checks an engagement file.
///
/// # Errors
/// Every mistake in it.
pub fn parse(file: &str, bytes: &[u8], kinds: &FieldKinds) -> Result<LoadedEngagement, Diagnostics> {
    let origin = yaml::decode(file, bytes)?;
    let raw: RawEngagement = yaml::parse_origin(&origin)?;
    let mut problems = Diagnostics::default();
    let mut wrong = |at, code, message: String, help: Option<String>| problems.push(origin.diagnostic(at, code, message, help));
    if raw.id.value.is_empty() {
        wrong(raw.id.at, "no-id", "the id is empty; finding ids depend on it".to_owned(), None);
    }
    let days = [&raw.as_of].into_iter().flatten().chain(raw.period.iter().flat_map(|period| [&period.from, &period.to]));
    for day in days.filter(|day| Day::parse(day.value.as_bytes()).is_none()) {
        wrong(day.at, "wrong-date", format!("`{}` is no date", day.value), Some("write YYYY-MM-DD".to_owned()));
    }
    if let Some(period) = raw.period.as_ref().filter(|period| period.from.value > period.to.value) {
        wrong(period.at, "wrong-period", "the period ends before it begins".to_owned(), None);
    }
    for export in raw.exported_at.iter().filter(|export| Moment::parse(export.at.value.as_bytes()).is_none()) {
        wrong(
            export.at.at,
            "wrong-date",
            format!("`{}` is no date or time", export.at.value),
            Some("write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ".to_owned()),
        );
    }
    for adopted in raw.criteria.iter().filter(|adopted| adopted.pack.is_some() == adopted.control.is_some()) {
        wrong(adopted.at, "wrong-criterion", "name either a pack or a control".to_owned(), None);
    }
    for tolerance in raw.tolerances.iter().filter(|tolerance| !(0.0..=1.0).contains(&tolerance.share)) {
        wrong(tolerance.at, "wrong-share", "a share lies between 0 and 1".to_owned(), None);
    }
    let systems = raw.scope.iter().flat_map(|scope| &scope.systems).flat_map(|system| &system.datasets);
    let known = kinds.datasets();
    for dataset in raw.control_totals.iter().map(|total| &total.dataset).chain(systems).filter(|dataset| !kinds.knows(&dataset.value)) {
        let help = suggest::help(&dataset.value, known.iter().map(String::as_str));
        wrong(dataset.at, "unknown-dataset", format!("there is no dataset `{}`", dataset.value), help);
    }
    let mut terms = Vec::new();
    for term in &raw.terms {
        match super::raw::term(&origin, term) {
            Ok(term) => terms.push(term),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let text = |spanned: &Spanned<String>| spanned.value.clone();
    let engagement = Engagement {
        id: raw.id.value.clone(),
        organisation: raw.organisation.clone(),
        client: raw.client.clone(),
        objective: raw.objective.clone(),
        team: raw.team.clone(),
        as_of: raw.as_of.as_ref().map(text),
        period: raw.period.as_ref().map(|period| Period { from: text(&period.from), to: text(&period.to) }),
        packs: raw.packs.iter().map(text).collect(),
        criteria: raw
            .criteria
            .iter()
            .map(|adopted| AdoptedCriterion {
                pack: adopted.pack.as_ref().map(text),
                control: adopted.control.as_ref().map(text),
                force: adopted.force,
                adopted_by: adopted.adopted_by.clone(),
            })
            .collect(),
        scope: raw.scope.as_ref().map(scope),
        control_totals: raw
            .control_totals
            .iter()
            .map(|total| ControlTotal {
                dataset: text(&total.dataset),
                system: total.system.clone(),
                count: total.count,
                stated_by: total.stated_by.clone(),
            })
            .collect(),
        exported_at: raw.exported_at.iter().map(|export| StatedExport { path: export.path.clone(), at: text(&export.at) }).collect(),
        terms,
        parameters: raw.parameters.iter().map(|(name, value)| (name.clone(), value.value.0.clone())).collect(),
        tolerances: raw
            .tolerances
            .iter()
            .map(|tolerance| Tolerance {
                dataset: tolerance.dataset.clone(),
                reason: tolerance.reason.clone(),
                share: tolerance.share,
                why: tolerance.why.clone(),
            })
            .collect(),
        not_applicable: raw
            .not_applicable
            .iter()
            .map(|stated| NotApplicable { control: text(&stated.control), justification: stated.justification.clone() })
            .collect(),
        unused: raw.unused.iter().map(|unused| StatedUnused { path: unused.path.clone(), reason: unused.reason.clone() }).collect(),
    };
    Ok(LoadedEngagement { engagement, sha256: sha256_hex(bytes), origin, raw })
}

fn scope(raw: &RawScope) -> Scope {
    Scope {
        units: raw.units.clone(),
        sites: raw.sites.clone(),
        systems: raw
            .systems
            .iter()
            .map(|system| ScopeSystem {
                name: system.name.clone(),
                source: system.source.clone(),
                path: system.path.clone(),
                datasets: system.datasets.iter().map(|dataset| dataset.value.clone()).collect(),
            })
            .collect(),
        work_roles: raw.work_roles.clone(),
        exclusions: raw.exclusions.iter().map(|left_out| Exclusion { what: left_out.what.clone(), why: left_out.why.clone() }).collect(),
    }
}

/// What an engagement says of packs that they do not have: controls and parameters.
#[must_use]
pub fn check_against(loaded: &LoadedEngagement, packs: &[Pack]) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let controls: Vec<&str> = packs.iter().flat_map(|pack| &pack.controls).map(|control| control.id.as_str()).collect();
    let named = loaded.raw.not_applicable.iter().map(|stated| &stated.control);
    let named = named.chain(loaded.raw.criteria.iter().filter_map(|adopted| adopted.control.as_ref()));
    for control in named.filter(|control| !controls.contains(&control.value.as_str())) {
        let help = suggest::closest(&control.value, controls.iter().copied()).map(|close| format!("did you mean `{close}`?"));
        problems.push(loaded.origin.diagnostic(control.at, "unknown-control", format!("no declared pack has the control `{}`", control.value), help));
    }
    let parameters: Vec<&str> = packs.iter().flat_map(|pack| &pack.parameters).map(|parameter| parameter.name.as_str()).collect();
    for (name, value) in loaded.raw.parameters.iter().filter(|(name, _)| !parameters.contains(&name.as_str())) {
        let help = suggest::help(name, parameters.iter().copied());
        problems.push(loaded.origin.diagnostic(value.at, "unknown-parameter", format!("no declared pack has the parameter `{name}`"), help));
    }
    problems
}

/// The engagement as the report shows it.
#[must_use]
pub fn summary(engagement: &Engagement) -> EngagementSummary {
    let values = |list: &[Value]| list.to_vec();
    let all = |list: Value| match list {
        Value::Array(list) => values(&list),
        _ => Vec::new(),
    };
    let term = |term: &super::Term| serde_json::json!({ "field": term.field, "value": term.value, "pattern": term.pattern.as_ref().map(regex::Regex::as_str), "is": term.is });
    EngagementSummary {
        id: engagement.id.clone(),
        organisation: engagement.organisation.clone(),
        client: engagement.client.clone(),
        objective: engagement.objective.clone(),
        team: engagement.team.clone(),
        as_of: engagement.as_of.clone(),
        period: engagement.period.clone(),
        packs: engagement.packs.clone(),
        criteria: all(serde_json::json!(engagement.criteria)),
        scope: engagement.scope.as_ref().map(|scope| serde_json::json!(scope)),
        control_totals: all(serde_json::json!(engagement.control_totals)),
        exported_at: all(serde_json::json!(engagement.exported_at)),
        terms: engagement.terms.iter().map(term).collect(),
        parameters: engagement.parameters.clone(),
        tolerances: all(serde_json::json!(engagement.tolerances)),
        not_applicable: all(serde_json::json!(engagement.not_applicable)),
        unused: all(serde_json::json!(engagement.unused)),
    }
}
