//! From what a check found to its outcome, in the contract's order.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::{self, Completeness, DatasetState};
use super::ground::Ground;
use super::judge::Judgement;
use crate::calendar::Moment;
use crate::check::Decided;
use crate::dataset::derived;
use crate::pack::{Check, CheckKind, Mode};
use crate::plan::{PlannedCheck, PlannedEntries};
use crate::predicate::sentence;
use crate::report::{AttestationUsed, CheckResult, Method, Outcome, ParameterUsed, Period, ReasonCount};
use crate::why::{Excluded, Why};

mod tolerance;

/// What was decided on one check.
pub(super) struct Concluded {
    pub result: CheckResult,
    /// Why the scan is incomplete for this check, whatever its outcome.
    pub incomplete: Option<String>,
    /// What a reader of the outcome must know beside it.
    pub told: Vec<String>,
}

/// Everything about the evidence that outcomes depend on.
pub(super) struct Facts<'f> {
    pub ground: &'f Ground<'f>,
    pub known: &'f Completeness,
    /// First and last day of the acts that count, by table ordinal.
    pub proved: &'f BTreeMap<u32, (crate::calendar::Day, crate::calendar::Day)>,
    /// SHA-256 of the file that carries a table.
    pub digest: &'f dyn Fn(u32) -> Option<String>,
}

impl Facts<'_> {
    /// Decides on a check.
    pub fn conclude(&self, check: &Check, planned: &PlannedCheck, judgement: &Judgement) -> Concluded {
        let mut result = self.blank(check, planned);
        let decided = match judgement {
            Judgement::Decided(decided) => decided,
            Judgement::NotApplicable => {
                result.outcome = Outcome::NotApplicable;
                result.reason = Some("not-applicable".to_owned());
                return Concluded { result, incomplete: None, told: Vec::new() };
            }
            Judgement::Lost => {
                result.outcome = Outcome::Error;
                let reason = "memory-exceeded: what did not fit --memory could not be kept in the folder for temporary files".to_owned();
                result.reason = Some(reason.clone());
                return Concluded { result, incomplete: Some(reason), told: Vec::new() };
            }
            Judgement::Exceeded(dataset) => {
                result.outcome = Outcome::Error;
                let most = crate::derived::MOST_RECORDS;
                let reason = format!("derivation-exceeded: {dataset} (more than {most} records, longer ones than are made, or too many steps)");
                result.reason = Some(reason.clone());
                return Concluded { result, incomplete: Some(reason), told: Vec::new() };
            }
            Judgement::Failed => {
                result.outcome = Outcome::Error;
                let reason = "check-failed: a fault in the program stopped this check; report it to its makers".to_owned();
                result.reason = Some(reason.clone());
                return Concluded { result, incomplete: Some(reason), told: Vec::new() };
            }
        };
        if let Some(reason) = self.nothing_to_compare(planned, decided) {
            result.reason = Some(reason.clone());
            return Concluded { result, incomplete: Some(reason), told: Vec::new() };
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
        let period = self.period(check, planned, decided, &mut result);
        let changed = self.changed(planned);
        let gap = self.gap(&self.population_of(planned));
        let borne = self.bear(&result, planned, decided);
        let stale = self.stale(check, planned);
        let undated = self.undated(check, planned);
        let empty = empty(&result, decided).then(|| "empty-population".to_owned());
        let mut told = borne.told;
        if result.evaluated == 0 && result.undecided == 0 && empty.is_none() {
            told.push(format!("no {} met the check's own conditions, so nothing was compared", check.unit));
        }
        // Evidence that a look-up needed, too, makes a scan incomplete.
        let any_gap = changed.clone().or_else(|| self.gap(&planned.reads));
        let incomplete = any_gap.or_else(|| borne.undecided.clone()).or(borne.unread).or_else(|| stale.clone());
        if result.exceptions > 0 {
            result.outcome = Outcome::Fail;
            return Concluded { result, incomplete, told };
        }
        let reason = changed.or(gap).or(borne.undecided).or(empty).or(stale).or(undated).or(period);
        match reason {
            Some(reason) => {
                result.reason = Some(reason.clone());
                Concluded { result, incomplete: Some(reason), told }
            }
            None => {
                result.outcome = Outcome::Pass;
                Concluded { result, incomplete, told }
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

    fn state(&self, dataset: u16) -> Option<&DatasetState> {
        self.known.dataset(self.name(dataset))
    }

    /// A dataset that no table carries, or whose tables are empty and nobody
    /// vouches that they should be; or a term nobody mapped.
    fn nothing_to_compare(&self, planned: &PlannedCheck, decided: &Decided) -> Option<String> {
        let first = |lacks: &dyn Fn(Option<&DatasetState>) -> bool| {
            planned.reads.iter().filter(|dataset| lacks(self.state(**dataset))).map(|dataset| self.name(*dataset)).min()
        };
        if let Some(name) = first(&|state| state.is_none_or(|state| state.tables == 0)) {
            // Of a derived dataset, what it should be made of.
            let carried = |dataset: &&str| self.known.dataset(dataset).is_some_and(|state| state.tables > 0);
            let bases = derived::find(name).map_or(&[][..], |derived| derived.bases).iter().filter(|base| !base.for_groups);
            let lacking = bases.map(|base| base.dataset).find(|base| !carried(base)).unwrap_or(name);
            return Some(completeness::missing(self.ground, lacking));
        }
        if let Some(name) = first(&|state| state.is_none_or(|state| state.records == 0 && !state.reconciled && !state.changed)) {
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
                PlannedEntries::Fixed(..) | PlannedEntries::Narrowed(..) => None,
            };
            let memberships = domain.subjects.into_iter().chain(expected);
            datasets.extend(memberships.filter_map(|at| self.ground.plan.memberships.get(at)).map(|membership| membership.dataset));
        }
        datasets
    }

    fn gap(&self, datasets: &BTreeSet<u16>) -> Option<String> {
        datasets.iter().filter_map(|dataset| self.state(*dataset)?.gap.clone()).min()
    }

    /// Bytes that changed under a look-up are as unsure as those of the population.
    fn changed(&self, planned: &PlannedCheck) -> Option<String> {
        let own = planned.reads.iter().filter(|dataset| self.state(**dataset).is_some_and(|state| state.changed));
        let own = own.map(|dataset| completeness::changed(self.name(*dataset)));
        // Who is who may enter into every comparison of persons.
        own.chain(self.known.identities_changed.iter().map(|dataset| completeness::changed(dataset))).min()
    }

    fn exports(&self, planned: &PlannedCheck) -> impl Iterator<Item = (&str, Option<Moment>)> {
        let reads: BTreeSet<u16> = planned.reads.iter().flat_map(|dataset| self.ground.plan.with_bases(*dataset)).collect();
        let used = self.ground.survey.tables().filter(move |table| {
            let fact = self.ground.table(table.ordinal);
            fact.is_some_and(|fact| fact.used && fact.dataset.is_some_and(|dataset| reads.contains(&dataset)))
        });
        used.map(|table| (table.dataset.as_str(), table.exported_at.value.as_ref().and_then(|value| Moment::parse(value.as_bytes()))))
    }

    fn stale(&self, check: &Check, planned: &PlannedCheck) -> Option<String> {
        let oldest = self.ground.plan.as_of.plus(check.max_age_days?.saturating_neg());
        let stale = |(dataset, exported): (&str, Option<Moment>)| {
            exported.filter(|moment| moment.day < oldest).map(|moment| format!("stale: {dataset} ({})", moment.day))
        };
        self.exports(planned).filter_map(stale).min()
    }

    fn undated(&self, check: &Check, planned: &PlannedCheck) -> Option<String> {
        check.max_age_days?;
        let undated = self.exports(planned).filter(|(_, exported)| exported.is_none());
        undated.map(|(dataset, _)| format!("freshness-unknown: {dataset}")).min()
    }

    /// A check over a period is proved by acts that cover it; a snapshot never proves one.
    fn period(&self, check: &Check, planned: &PlannedCheck, decided: &Decided, result: &mut CheckResult) -> Option<String> {
        if check.mode == Mode::PointInTime {
            return None;
        }
        let spans =
            self.ground.survey.tables().filter(|table| {
                self.ground.table(table.ordinal).and_then(|fact| fact.dataset).is_some_and(|dataset| planned.feeds.contains(&dataset))
            });
        let whole = spans.filter_map(|table| self.proved.get(&table.ordinal)).fold(None, |whole, span| match whole {
            None => Some(*span),
            Some((from, to)) => Some((span.0.min(from), span.1.max(to))),
        });
        result.covered = whole.or(decided.seen).map(|(from, to)| Period { from: from.to_string(), to: to.to_string() });
        let Some(period) = &self.ground.input.period else { return Some("period-not-stated".to_owned()) };
        let covers = if planned.operator.asks_whole_period() {
            // Whatever conforms does so over every day of it, as far as the as-of date.
            period.days().is_some_and(|(_, to)| to <= self.ground.plan.as_of)
        } else {
            result.covered.as_ref().is_some_and(|covered| covered.from <= period.from && covered.to >= period.to)
        };
        (!covers).then(|| "period-not-covered".to_owned())
    }
}

/// Whether nothing was there to be decided: no item in scope, or none of those in scope could be.
fn empty(result: &CheckResult, decided: &Decided) -> bool {
    let left_out = |why: Excluded| decided.tally.excluded.get(&why).copied().unwrap_or(0);
    let in_scope = result.population - left_out(Excluded::OutOfScope) - left_out(Excluded::AfterAsOf);
    in_scope == 0 || (result.evaluated == 0 && result.undecided > 0)
}
