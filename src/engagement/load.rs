//! `engagement.yaml`: read, checked, with every mistake at once.

use super::raw::{RawEngagement, RawScope};
use super::{AdoptedCriterion, ControlTotal, Engagement, Exclusion, NotApplicable, Scope, ScopeSystem, StatedExport, StatedUnused, Tolerance};
use crate::calendar::{Day, Moment};
use crate::diagnostic::Diagnostics;
use crate::digest::sha256_hex;
use crate::report::{EngagementSummary, Period, ScopeSummary, TermSummary};
use crate::source::kinds::FieldKinds;
use crate::waiver::WaiverPolicy;
use crate::yaml::{self, Origin, Spanned};

/// An engagement with its file.
#[derive(Debug, Clone)]
pub struct LoadedEngagement {
    /// What it says.
    pub engagement: Engagement,
    /// SHA-256 of the file.
    pub sha256: String,
    pub(super) origin: Origin,
    pub(super) raw: RawEngagement,
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
    super::check::words(&origin, &raw, kinds, &mut problems);
    super::check::policy(&origin, &raw, &mut problems);
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
                system: total.system.as_ref().map(text),
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
                dataset: text(&tolerance.dataset),
                reason: text(&tolerance.reason),
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
        waiver_policy: raw.waiver_policy.as_ref().map(|policy| WaiverPolicy {
            max_days: policy.max_days.as_ref().map_or(crate::waiver::MAX_DAYS, |days| days.value),
            risk_owners: policy.risk_owners.iter().map(text).collect(),
        }),
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
                source: system.source.as_ref().map(|source| source.value.clone()),
                path: system.path.clone(),
                datasets: system.datasets.iter().map(|dataset| dataset.value.clone()).collect(),
            })
            .collect(),
        work_roles: raw.work_roles.clone(),
        exclusions: raw.exclusions.iter().map(|left_out| Exclusion { what: left_out.what.clone(), why: left_out.why.clone() }).collect(),
    }
}

/// The engagement as the report shows it.
#[must_use]
pub fn summary(engagement: &Engagement) -> EngagementSummary {
    let term = |term: &super::Term| TermSummary {
        field: term.field.clone(),
        value: term.value.clone(),
        pattern: term.pattern.as_ref().map(|pattern| pattern.as_str().to_owned()),
        is: term.is.clone(),
    };
    let scope = |scope: &Scope| ScopeSummary {
        units: given(&scope.units),
        sites: given(&scope.sites),
        systems: given(&scope.systems),
        work_roles: given(&scope.work_roles),
        exclusions: given(&scope.exclusions),
    };
    EngagementSummary {
        id: engagement.id.clone(),
        organisation: engagement.organisation.clone(),
        client: engagement.client.clone(),
        objective: engagement.objective.clone(),
        team: given(&engagement.team),
        as_of: engagement.as_of.clone(),
        period: engagement.period.clone(),
        packs: given(&engagement.packs),
        criteria: given(&engagement.criteria),
        scope: engagement.scope.as_ref().map(scope),
        control_totals: given(&engagement.control_totals),
        exported_at: given(&engagement.exported_at),
        terms: given(&engagement.terms.iter().map(term).collect::<Vec<_>>()),
        parameters: Some(engagement.parameters.clone()).filter(|parameters| !parameters.is_empty()),
        tolerances: given(&engagement.tolerances),
        not_applicable: given(&engagement.not_applicable),
        unused: given(&engagement.unused),
        waiver_policy: engagement.waiver_policy.clone(),
    }
}

/// A list, where there is anything in it.
fn given<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}
