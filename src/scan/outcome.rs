//! From what a check found to its outcome, in the contract's order.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::Completeness;
use super::ground::Ground;
use crate::calendar::Moment;
use crate::check::Decided;
use crate::pack::{Check, CheckKind, Mode};
use crate::plan::{PlannedCheck, PlannedEntries};
use crate::predicate::sentence;
use crate::report::{AttestationUsed, CheckResult, Method, Outcome, ParameterUsed, Period, ReasonCount};
use crate::why::Why;

/// What was decided on one check.
pub(super) struct Concluded {
    pub result: CheckResult,
    /// Why the scan is incomplete for this check, whatever its outcome.
    pub incomplete: Option<String>,
}

/// Everything about the evidence that outcomes depend on.
pub(super) struct Facts<'f> {
    pub ground: &'f Ground<'f>,
    pub known: &'f Completeness,
    /// First and last day of the acts, by table ordinal.
    pub spans: &'f BTreeMap<u32, (crate::calendar::Day, crate::calendar::Day)>,
    /// SHA-256 of the file that carries a table.
    pub digest: &'f dyn Fn(u32) -> Option<String>,
}

impl Facts<'_> {
    /// Decides on a check. `None` for `decided`: the control does not apply, says the engagement.
    pub fn conclude(&self, check: &Check, planned: &PlannedCheck, decided: Option<&Decided>) -> Concluded {
        let mut result = self.blank(check, planned);
        let Some(decided) = decided else {
            result.outcome = Outcome::NotApplicable;
            result.reason = Some("not-applicable".to_owned());
            return Concluded { result, incomplete: None };
        };
        if let Some(reason) = self.nothing_to_compare(planned, decided) {
            result.reason = Some(reason.clone());
            return Concluded { result, incomplete: Some(reason) };
        }
        self.count(&mut result, decided);
        if let (CheckKind::Attestation(_), Some(statement)) = (&check.kind, &decided.statement) {
            let given = |text: &String| (!text.is_empty()).then(|| text.clone());
            result.attestation = Some(AttestationUsed {
                by: statement.by.clone(),
                role: given(&statement.role),
                at: given(&statement.at),
                expires: given(&statement.expires),
                statement: given(&statement.statement),
                sha256: (self.digest)(statement.position.table),
            });
        }
        let period = self.period(check, planned, &mut result);
        let gap = self.gap(&self.population_of(planned));
        let undecided = self.beyond_tolerance(&result, decided);
        let stale = self.stale(check, planned);
        let undated = self.undated(planned);
        let empty = (result.population == 0).then(|| "empty-population".to_owned());
        // Evidence that a look-up needed, too, makes a scan incomplete.
        let any_gap = self.gap(&planned.reads);
        let incomplete = any_gap.or_else(|| undecided.clone()).or_else(|| stale.clone());
        if result.exceptions > 0 {
            result.outcome = Outcome::Fail;
            return Concluded { result, incomplete };
        }
        let reason = gap.or(undecided).or(empty).or(stale).or(undated).or(period);
        match reason {
            Some(reason) => {
                result.reason = Some(reason.clone());
                Concluded { result, incomplete: Some(reason) }
            }
            None => {
                result.outcome = Outcome::Pass;
                Concluded { result, incomplete }
            }
        }
    }

    fn blank(&self, check: &Check, planned: &PlannedCheck) -> CheckResult {
        let pack = &self.ground.input.packs[planned.pack];
        let used = pack.parameters.iter().filter(|parameter| check.parameters.contains(&parameter.name));
        let parameters = used.map(|parameter| ParameterUsed {
            name: parameter.name.clone(),
            value: parameter.value.clone(),
            set_by: if parameter.set_by_engagement { "engagement" } else { "pack" }.to_owned(),
        });
        CheckResult {
            id: check.id.clone(),
            title: check.title.clone(),
            method: if matches!(check.kind, CheckKind::Attestation(_)) { Method::Attestation } else { Method::Examine },
            mode: check.mode,
            covered: None,
            severity: check.severity,
            procedure: sentence::procedure(check),
            parameters: parameters.collect(),
            outcome: Outcome::NotEvaluated,
            reason: None,
            unit: check.unit.clone(),
            population: 0,
            excluded: 0,
            exclusions: Vec::new(),
            undecided: 0,
            undecided_by: Vec::new(),
            evaluated: 0,
            exceptions: 0,
            findings_listed: 0,
            listed_through: None,
            attestation: None,
        }
    }

    fn name(&self, dataset: u16) -> &str {
        self.ground.plan.names(dataset, None).0
    }

    /// A dataset that no table carries or that is empty, or a term nobody mapped.
    fn nothing_to_compare(&self, planned: &PlannedCheck, decided: &Decided) -> Option<String> {
        let mut names: Vec<&str> = planned.reads.iter().map(|dataset| self.name(*dataset)).collect();
        names.sort_unstable();
        let state = |name: &&&str| self.known.dataset(name);
        if let Some(name) = names.iter().find(|name| state(name).is_none_or(|state| state.tables == 0)) {
            return Some(format!("missing-dataset: {name}"));
        }
        if let Some(name) = names.iter().find(|name| state(name).is_none_or(|state| state.records == 0)) {
            return Some(format!("empty-dataset: {name}"));
        }
        (!decided.unmapped.is_empty()).then(|| format!("unmapped-term: {}", decided.unmapped.join(", ")))
    }

    fn count(&self, result: &mut CheckResult, decided: &Decided) {
        let tally = &decided.tally;
        result.population = tally.population();
        result.excluded = tally.excluded.values().sum();
        result.exclusions = tally.excluded.iter().map(|(why, count)| ReasonCount { reason: why.code().to_owned(), count: *count }).collect();
        result.undecided = tally.undecided.values().sum();
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        for (why, count) in &tally.undecided {
            *reasons.entry(self.reason(*why)).or_default() += count;
        }
        result.undecided_by = reasons.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect();
        result.evaluated = tally.evaluated;
        result.exceptions = tally.exceptions;
        result.findings_listed = tally.listed.len() as u64;
        result.listed_through = tally.listed.through().map(str::to_owned);
    }

    fn reason(&self, why: Why) -> String {
        why.reason(|dataset, column| self.ground.plan.names(dataset, column))
    }

    /// The datasets whose records are the population, or make it.
    fn population_of(&self, planned: &PlannedCheck) -> BTreeSet<u16> {
        let mut datasets: BTreeSet<u16> = planned.feeds.iter().copied().collect();
        if let Some(domain) = &planned.domain {
            let expected = match domain.expected {
                PlannedEntries::Members(at) => Some(at),
                PlannedEntries::Fixed(..) => None,
            };
            let memberships = domain.subjects.into_iter().chain(expected);
            datasets.extend(memberships.filter_map(|at| self.ground.plan.memberships.get(at)).map(|membership| membership.dataset));
        }
        datasets
    }

    fn gap(&self, datasets: &BTreeSet<u16>) -> Option<String> {
        datasets.iter().filter_map(|dataset| self.known.dataset(self.name(*dataset))?.gap.clone()).min()
    }

    /// The reason of most undecided items, where they are more than the engagement bears.
    fn beyond_tolerance(&self, result: &CheckResult, decided: &Decided) -> Option<String> {
        let tolerances = self.ground.input.engagement.map_or(&[][..], |engagement| engagement.tolerances.as_slice());
        let mut by_reason: BTreeMap<(Option<u16>, String), u64> = BTreeMap::new();
        for (why, count) in &decided.tally.undecided {
            *by_reason.entry((why.dataset(), self.reason(*why))).or_default() += count;
        }
        let bearable = |dataset: Option<u16>, reason: &str, count: u64| {
            let code = reason.split(':').next().unwrap_or(reason);
            let concerns = tolerances
                .iter()
                .filter(|tolerance| dataset.is_some_and(|dataset| self.name(dataset) == tolerance.dataset) && tolerance.reason == code);
            // Counts are far below 2^52, where floats are exact.
            #[expect(clippy::cast_precision_loss, reason = "counts of records")]
            let share = count as f64 / result.population.max(1) as f64;
            concerns.into_iter().any(|tolerance| share <= tolerance.share)
        };
        let beyond = by_reason.into_iter().filter(|((dataset, reason), count)| !bearable(*dataset, reason, *count));
        beyond.max_by(|left, right| left.1.cmp(&right.1).then_with(|| right.0.1.cmp(&left.0.1))).map(|((_, reason), _)| reason)
    }

    fn exports(&self, planned: &PlannedCheck) -> impl Iterator<Item = (&str, Option<Moment>)> {
        let reads = planned.reads.clone();
        let used = self.ground.survey.tables().filter(move |table| {
            let fact = self.ground.table(table.ordinal);
            fact.is_some_and(|fact| fact.used && fact.dataset.is_some_and(|dataset| reads.contains(&dataset)))
        });
        used.map(|table| (table.dataset.as_str(), table.exported_at.value.as_ref().and_then(|value| Moment::parse(value.as_bytes()))))
    }

    fn stale(&self, check: &Check, planned: &PlannedCheck) -> Option<String> {
        let oldest = self.ground.plan.as_of.plus(check.max_age_days.saturating_neg());
        let stale = |(dataset, exported): (&str, Option<Moment>)| {
            exported.filter(|moment| moment.day < oldest).map(|moment| format!("stale: {dataset} ({})", moment.day))
        };
        self.exports(planned).filter_map(stale).min()
    }

    fn undated(&self, planned: &PlannedCheck) -> Option<String> {
        let undated = self.exports(planned).filter(|(_, exported)| exported.is_none());
        undated.map(|(dataset, _)| format!("freshness-unknown: {dataset}")).min()
    }

    /// A check over a period is proved by acts that cover it; a snapshot never proves one.
    fn period(&self, check: &Check, planned: &PlannedCheck, result: &mut CheckResult) -> Option<String> {
        if check.mode == Mode::PointInTime {
            return None;
        }
        let spans =
            self.ground.survey.tables().filter(|table| {
                self.ground.table(table.ordinal).and_then(|fact| fact.dataset).is_some_and(|dataset| planned.feeds.contains(&dataset))
            });
        let whole = spans.filter_map(|table| self.spans.get(&table.ordinal)).fold(None, |whole, span| match whole {
            None => Some(*span),
            Some((from, to)) => Some((span.0.min(from), span.1.max(to))),
        });
        result.covered = whole.map(|(from, to)| Period { from: from.to_string(), to: to.to_string() });
        let Some(period) = &self.ground.input.period else { return Some("period-not-stated".to_owned()) };
        let covers = result.covered.as_ref().is_some_and(|covered| covered.from <= period.from && covered.to >= period.to);
        (!covers).then(|| "period-not-covered".to_owned())
    }
}
