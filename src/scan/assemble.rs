//! The report value: everything that was decided, in the contract's order.

use std::collections::BTreeSet;

use super::annex;
use super::citations::Citations;
use super::completeness::Completeness;
use super::grade;
use super::ground::Ground;
use super::judge::{Judged, Judgement};
use super::keys::Keys;
use super::limitations::{self, Limitations, OfChecks};
use super::migrations;
use super::outcome::{Concluded, Facts};
use super::wording;
use crate::finding::{Occurrence, shorten};
use crate::pack::{Check, Control};
use crate::parallel;
use crate::report::{
    Applicability, Audience, ByDetermination, ByGrade, ByOutcome, Citation, CompletenessBasis, Conclusion, ControlResult, Coverage, Determination,
    EvidenceTable, ExportedAt, ExportedBasis, Finding, FindingCounts, Grade, InputSource, Method, Outcome, PackSummary, Period, Problem, RENDERER,
    Report, SCHEMA, Subject, Summary, Tool, UnusedFile,
};
use crate::waiver::apply as waiver;

/// Why a control does not apply, and who says so: the engagement, or a parameter of the pack.
pub(super) fn not_applicable(ground: &Ground<'_>, control: &Control) -> Option<(String, &'static str)> {
    let stated = ground.input.engagement.and_then(|engagement| engagement.not_applicable.iter().find(|stated| stated.control == control.id));
    if let Some(stated) = stated {
        return Some((stated.justification.clone(), "engagement"));
    }
    let unmet = control.applies.as_ref().filter(|applies| !applies.applies)?;
    let source = if unmet.set_by_engagement { "engagement" } else { "pack" };
    Some((format!("{}; here it is {}", unmet.wherever, unmet.here), source))
}

/// Builds the report, and tells which checks, by control, had evidence that was whole.
pub(super) fn report(
    ground: &Ground<'_>,
    keys: &Keys,
    judged: &Judged,
    known: &Completeness,
    judgements: &[Judgement],
    citations: &Citations,
) -> (Report, BTreeSet<(String, String)>) {
    let input = ground.input;
    let digest = |table: u32| Some(judged.reads.get(&ground.table(table)?.file)?.sha256.clone());
    let facts = Facts { ground, known, proved: &judged.proved, digest: &digest };
    let (mut controls, mut listed, mut of_checks) = (Vec::new(), Vec::new(), OfChecks::default());
    let mut whole = BTreeSet::new();
    for (pack_number, pack) in input.packs.iter().enumerate() {
        for (control_number, control) in pack.controls.iter().enumerate() {
            let mut checks = Vec::new();
            let planned = ground.plan.checks.iter().enumerate().filter(|(_, check)| (check.pack, check.control) == (pack_number, control_number));
            for (number, planned) in planned {
                let check = ground.check(planned);
                let judgement = judgements.get(number).unwrap_or(&Judgement::Failed);
                let Concluded { result, incomplete, told } = facts.conclude(check, planned, judgement);
                let of_check = |text: String| format!("{} / {}: {text}", control.id, check.id);
                if incomplete.is_none() {
                    whole.insert((control.id.clone(), check.id.clone()));
                }
                of_checks.incomplete.extend(incomplete.map(of_check));
                of_checks.told.extend(told.into_iter().map(of_check));
                if let (Outcome::Fail, Some(decided)) = (result.outcome, judgement.decided()) {
                    let found = decided.tally.listed.iter().enumerate();
                    listed.extend(found.map(|(at, (id, occurrence))| (control, check, (number, at), id, occurrence)));
                }
                checks.push(result);
            }
            controls.push(conclude_control(ground, control, checks));
        }
    }
    let mut findings = parallel::each(&listed, |(control, check, (number, at), id, occurrence)| {
        finding(ground, (control, check), id, occurrence, citations.of(*number, *at).cloned().collect())
    });
    let evidence = evidence(ground, judged, known);
    let coverage = coverage(ground, keys, known, &controls, judgements);
    let mut limitations = limitations::limitations(ground, (keys, judged), known, of_checks, (&controls, &evidence));
    let policy = input.engagement.and_then(|engagement| engagement.waiver_policy.clone()).unwrap_or_default();
    let with = waiver::Applying { as_of: input.as_of, identity: &keys.identity, policy: &policy };
    limitations.told.extend(waiver::apply(input.waivers, &with, &mut findings));
    let summary = summary(&controls, &findings, limitations);
    let wording = wording::wording(input, &findings);
    let mut inputs = input.inputs.clone();
    let used = ground.survey.used_sources();
    inputs.sources = used
        .into_iter()
        .filter_map(|at| ground.sources.get(at))
        .map(|source| InputSource { id: source.id.clone(), sha256: source.sha256.clone() })
        .collect();
    inputs.sources.sort_by(|left, right| left.id.cmp(&right.id));
    let report = Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "rolecall".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), renderer: RENDERER.to_owned() },
        as_of: input.as_of.to_string(),
        period: input.period.clone(),
        audience: input.audience,
        selection: input.selection,
        inputs,
        engagement: input.engagement_summary.clone(),
        packs: input.packs.iter().map(pack_summary).collect(),
        evidence,
        controls,
        findings,
        coverage,
        summary,
        followed_up: None,
        effective: annex::effective(ground, keys),
        migrations: migrations::migrations(ground, keys, known),
        wording,
    };
    (report, whole)
}

fn pack_summary(pack: &crate::pack::Pack) -> PackSummary {
    PackSummary {
        id: pack.id.clone(),
        title: pack.title.clone(),
        version: pack.version.clone(),
        edition: pack.edition.clone(),
        sha256: pack.sha256.clone(),
    }
}

fn conclude_control(ground: &Ground<'_>, control: &Control, checks: Vec<crate::report::CheckResult>) -> ControlResult {
    let stated = not_applicable(ground, control);
    let criterion = grade::criterion(control, ground.input.engagement);
    let (determination, determination_reason) = grade::determine(&checks);
    let grade = grade::propose(control, criterion.force, &checks);
    ControlResult {
        id: control.id.clone(),
        pack: control.pack.clone(),
        r#ref: control.reference.clone(),
        title: control.title.clone(),
        criterion,
        applicability: Applicability {
            applicable: stated.is_none(),
            source: stated.as_ref().map_or("pack", |(_, source)| source).to_owned(),
            justification: stated.map(|(justification, _)| justification),
        },
        determination,
        determination_reason,
        grade,
        statement: Some(control.determination.clone()),
        checks,
        answers: control.answers.clone(),
        attributes: control.attributes.clone(),
    }
}

fn finding(ground: &Ground<'_>, (control, check): (&Control, &Check), id: &str, occurrence: &Occurrence, evidence: Vec<Citation>) -> Finding {
    let shown: Vec<String> = occurrence.identity.iter().map(|value| shorten(value)).collect();
    let subject = check.identity.iter().zip(&shown);
    let named: Vec<String> = subject.clone().map(|(name, value)| format!("{name} {}", if value.is_empty() { "(empty)" } else { value })).collect();
    Finding {
        id: id.to_owned(),
        control: control.id.clone(),
        check: check.id.clone(),
        also_controls: Vec::new(),
        severity: check.severity,
        subject: Subject(subject.map(|(name, value)| (name.clone(), value.clone())).collect()),
        statement: format!("Not so for {} ({}): {}", check.unit, named.join(", "), check.title),
        evidence,
        occurrences: occurrence.count,
        lifecycle: None,
        waiver: None,
        remediation: (ground.input.audience == Audience::Internal && !control.remediation.is_empty()).then(|| control.remediation.clone()),
    }
}

fn evidence(ground: &Ground<'_>, judged: &Judged, known: &Completeness) -> Vec<EvidenceTable> {
    let mut all = Vec::new();
    for (file, surveyed) in ground.survey.files.iter().enumerate() {
        let read = judged.reads.get(&file);
        let blank = EvidenceTable {
            path: surveyed.path.clone(),
            member: None,
            sheet: None,
            pointer: None,
            sha256: read.map(|read| read.sha256.clone()).unwrap_or_default(),
            bytes: read.map_or(ground.input.blobs[file].size, |read| read.bytes),
            source: None,
            system: None,
            dataset: None,
            records: 0,
            rejected: 0,
            exported_at: ExportedAt { value: None, basis: ExportedBasis::Unknown },
            span: None,
            completeness: crate::report::Completeness { basis: CompletenessBasis::Unknown, expected: None },
            problems: Vec::new(),
        };
        let taken = match &surveyed.taken {
            Ok(taken) => taken,
            Err(untaken) => {
                let problem = Problem { code: untaken.code().to_owned(), message: untaken.message(), count: 1, first_record: None };
                all.push(EvidenceTable { problems: vec![problem], ..blank });
                continue;
            }
        };
        let source = ground.sources.get(taken.source);
        for table in &taken.tables {
            let Some(state) = known.tables.get(table.ordinal as usize) else { continue };
            let mut problems = state.problems.clone();
            if ground.table(table.ordinal).is_some_and(|table| !table.used) {
                let message = format!("the export was made after the as-of date {}; it is not used", ground.plan.as_of);
                problems.push(Problem { code: "exported-after-as-of".to_owned(), message, count: 1, first_record: None });
            }
            let span = judged.spans.get(&table.ordinal);
            let list = source.filter(|source| source.format == crate::source::SourceFormat::Json).and_then(|source| source.list.as_ref());
            all.push(EvidenceTable {
                pointer: list.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))),
                source: source.map(|source| source.id.clone()),
                system: table.system.clone(),
                dataset: Some(table.dataset.clone()),
                records: state.records,
                rejected: state.rejected,
                exported_at: table.exported_at.clone(),
                span: span.map(|(from, to)| Period { from: from.to_string(), to: to.to_string() }),
                completeness: state.completeness.clone(),
                problems,
                ..blank.clone()
            });
        }
    }
    all
}

fn coverage(ground: &Ground<'_>, keys: &Keys, known: &Completeness, controls: &[ControlResult], judgements: &[Judgement]) -> Coverage {
    let count = |determination: &[Determination]| controls.iter().filter(|control| determination.contains(&control.determination)).count() as u64;
    let checks: Vec<_> = controls.iter().flat_map(|control| &control.checks).collect();
    let evaluated = |method: Method| {
        checks.iter().filter(|check| check.method == method && matches!(check.outcome, Outcome::Pass | Outcome::Fail)).count() as u64
    };
    let unmapped: BTreeSet<&String> = judgements.iter().filter_map(Judgement::decided).flat_map(|decided| &decided.unmapped).collect();
    let unused = limitations::untaken_files(ground).map(|(path, untaken)| UnusedFile { path: path.to_owned(), reason: untaken.message() });
    Coverage {
        controls_total: controls.len() as u64,
        determined: count(&[Determination::Satisfied, Determination::OtherThanSatisfied]),
        not_determined: count(&[Determination::NotDetermined]),
        checks_total: checks.len() as u64,
        evaluated: evaluated(Method::Examine),
        not_evaluated: checks.iter().filter(|check| matches!(check.outcome, Outcome::NotEvaluated | Outcome::Error)).count() as u64,
        attested: evaluated(Method::Attestation),
        evidence_files: ground.survey.files.len() as u64,
        evidence_unused: unused.collect(),
        scope_gaps: known.scope_gaps.clone(),
        unresolved_identities: keys.identities.unresolved,
        unmapped_terms: unmapped.into_iter().cloned().collect(),
        packs_not_selected: ground.input.packs_not_selected.clone(),
    }
}

fn summary(controls: &[ControlResult], findings: &[Finding], limitations: Limitations) -> Summary {
    let (mut by_determination, mut by_outcome) = (ByDetermination::default(), ByOutcome::default());
    let (mut by_grade, mut waived_by_grade) = (ByGrade::default(), ByGrade::default());
    let waived = waiver::waived_controls(controls, findings.iter());
    for control in controls {
        *match control.determination {
            Determination::Satisfied => &mut by_determination.satisfied,
            Determination::OtherThanSatisfied => &mut by_determination.other_than_satisfied,
            Determination::NotDetermined => &mut by_determination.not_determined,
        } += 1;
        if let Some(grade) = &control.grade {
            let counts = if waived.contains(control.id.as_str()) { &mut waived_by_grade } else { &mut by_grade };
            *match grade.proposed {
                Grade::Major => &mut counts.major,
                Grade::Minor => &mut counts.minor,
                Grade::Ofi => &mut counts.ofi,
            } += 1;
        }
        for check in &control.checks {
            *match check.outcome {
                Outcome::Pass => &mut by_outcome.pass,
                Outcome::Fail => &mut by_outcome.fail,
                Outcome::NotApplicable => &mut by_outcome.not_applicable,
                Outcome::NotEvaluated => &mut by_outcome.not_evaluated,
                Outcome::Error => &mut by_outcome.error,
            } += 1;
        }
    }
    let failed = by_outcome.fail > 0;
    Summary {
        by_determination,
        by_outcome,
        by_grade,
        waived_by_grade,
        findings: FindingCounts {
            total: controls.iter().flat_map(|control| &control.checks).map(|check| check.exceptions).sum(),
            listed: findings.len() as u64,
            waived: findings.iter().filter(|finding| finding.waiver.is_some()).count() as u64,
            new: None,
            reopened: None,
            resolved: None,
            not_reobserved: None,
            subject_gone: None,
        },
        limitations: limitations.told,
        conclusion: match (limitations.complete, failed) {
            (false, _) => Conclusion::Incomplete,
            (true, true) => Conclusion::Found,
            (true, false) => Conclusion::NothingFound,
        },
    }
}
