//! The scan: rounds over the evidence, and the report that they add up to.
//!
//! ```text
//! survey ──> keys ──> judge ──> confirm ──> finish ──> Report
//! ```
//!
//! Each round maps over blocks of bytes and merges; its result is constant
//! for the next. [`round`] is the only part that knows threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::calendar::Day;
use crate::engagement::Engagement;
use crate::evidence::collect::Blob;
use crate::evidence::survey::Survey;
use crate::finding::Position;
use crate::followup::{Followed, Illegal, Looked, Register, follow};
use crate::identity::accounts::TableIdentities;
use crate::identity::stated::Stated;
use crate::key::memory::{Memory, Share};
use crate::pack::Pack;
use crate::plan::{Frame, Plan, PlanError};
use crate::report::{Audience, EngagementSummary, Inputs, PackNotSelected, Period, Problem, Report, Selection};
use crate::source::Source;
use crate::source::kinds::FieldKinds;
use crate::waiver::Waiver;

mod annex;
mod assemble;
mod citations;
mod completeness;
mod confirm;
mod derive;
mod grade;
mod ground;
mod judge;
mod keys;
#[cfg(test)]
mod laws;
mod limitations;
mod migrations;
mod outcome;
mod overflow;
mod presence;
mod reread;
mod round;
#[cfg(test)]
mod verdicts;
mod wording;

use self::completeness::{Completeness, DatasetState};
use self::ground::Ground;
use self::judge::{Judged, Judgement};
use crate::check::groups::Groups;
use crate::check::unique::Confirmed;
use crate::check::{CheckState, Finish};
use crate::derived::Derived;
use crate::{fault, parallel};

/// The most findings that a check lists, where nobody says otherwise.
pub const LIST_MAX: usize = 10_000;

/// Everything that a scan is made of.
#[derive(Debug)]
pub struct Input<'i> {
    /// The files.
    pub blobs: &'i [Blob],
    /// What the survey made of them.
    pub survey: Survey,
    /// The source profiles that the survey used.
    pub sources: &'i [Source],
    /// Fields that sources add.
    pub kinds: &'i FieldKinds,
    /// The selected packs.
    pub packs: &'i [Pack],
    /// Packs without demands: what editions hold, and crosswalks.
    pub frameworks: &'i [Pack],
    /// The others, and what they need.
    pub packs_not_selected: Vec<PackNotSelected>,
    /// The engagement.
    pub engagement: Option<&'i Engagement>,
    /// The engagement as the report shows it.
    pub engagement_summary: Option<EngagementSummary>,
    /// `identities.csv`.
    pub aliases: &'i [Stated],
    /// What the ledger knows, where findings are followed up.
    pub register: Option<&'i Register>,
    /// `waivers.yaml`, without mistakes.
    pub waivers: &'i [Waiver],
    /// The only clock.
    pub as_of: Day,
    /// The period under audit.
    pub period: Option<Period>,
    /// Who the report is for.
    pub audience: Audience,
    /// Who chose the packs.
    pub selection: Selection,
    /// Digests of what else shaped the result; the sources are filled in here.
    pub inputs: Inputs,
    /// The most findings that a check lists.
    pub list_max: usize,
    /// The seed of hashes; it never shows in a result.
    pub seed: u64,
    /// Bytes that are read at once.
    pub block_size: usize,
    /// Bytes that what checks keep should take at most; beyond that it goes to temporary files.
    pub memory: usize,
    /// Told when a round begins.
    pub progress: &'i (dyn Progress + 'i),
}

/// Something that shows how far a scan is.
pub trait Progress: std::fmt::Debug + Sync {
    /// A round begins.
    fn round(&self, name: &'static str);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn round(&self, _: &'static str) {}
}

/// Records and problems by the table's ordinal, for the inventory.
#[derive(Debug, Clone)]
pub struct TableCount {
    /// Records read.
    pub records: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// Whom its records join, for a table of accounts.
    pub identities: Option<TableIdentities>,
}

/// A scan's result.
#[derive(Debug)]
pub struct Scanned {
    /// The report.
    pub report: Report,
    /// What each table held, by ordinal.
    pub tables: Vec<TableCount>,
    /// Distinct persons of other systems that join the roster.
    pub resolved: u64,
    /// What the scan adds to the ledger, where findings are followed up.
    pub followed: Option<Result<Followed, Illegal>>,
}

/// Runs all rounds.
///
/// # Errors
/// [`PlanError`] where the packs cannot be planned. Whatever is wrong with
/// evidence is in the report.
pub fn scan(mut input: Input<'_>) -> Result<Scanned, PlanError> {
    let frame = Frame {
        as_of: input.as_of,
        period: input.period.as_ref().and_then(Period::days),
        engagement: input.engagement,
        kinds: input.kinds,
        seed: input.seed,
        list_max: input.list_max,
    };
    let plan = Plan::new(input.packs, frame)?;
    let blocks = round::Blocks { size: input.block_size.max(1), seed: input.seed };
    let survey = std::mem::take(&mut input.survey);
    let ground = Ground::new(&input, survey, plan, blocks);

    input.progress.round("keys");
    let keys = keys::keys(&ground);
    input.progress.round("judge");
    let memory = Arc::new(Memory::new(input.memory, Box::new(overflow::Temporary::default())));
    let mut judged = judge::judge(&ground, &keys, &memory);
    input.progress.round("confirm");
    let mut known = completeness::assess(&ground, &judged.reads);
    let mut changed = keys::changed(&keys.reads, &judged.reads);
    changed.extend(&keys.changed);
    changed.extend(judged.reads.iter().filter(|(_, read)| read.swapped).map(|(file, _)| *file));
    for (table, told) in &keys.identities.tables {
        if let (Some(message), Some(state)) = (told.conflict(), known.tables.get_mut(*table as usize)) {
            state.problems.push(Problem { code: "identity-conflict".to_owned(), message, count: told.conflicts, first_record: None });
        }
    }
    note_changed(&ground, &mut known, &changed);
    known.identities_changed = ground.identity_datasets(&changed);
    let mut candidates = confirm::candidates(&ground, &judged, &keys);
    candidates.changed.retain(|file| !changed.contains(file));
    note_changed(&ground, &mut known, &candidates.changed);
    changed.append(&mut candidates.changed);
    derive::assess(&ground, &keys.derivations, &mut known);
    let states = std::mem::take(&mut judged.states);
    let (judgements, mut lost) = decide(&ground, (&keys, &judged, &known), states, &candidates.found);
    lost.retain(|file| !changed.contains(file));
    note_changed(&ground, &mut known, &lost);
    changed.append(&mut lost);
    let tallies: Vec<_> = judgements.iter().enumerate().filter_map(|(number, judgement)| Some((number, &judgement.decided()?.tally))).collect();
    let mut citations = citations::citations(&ground, (&keys, &judged), &tallies);
    citations.changed.retain(|file| !changed.contains(file));
    note_changed(&ground, &mut known, &citations.changed);
    derive::assess(&ground, &keys.derivations, &mut known);
    input.progress.round("finish");
    let (mut report, whole) = assemble::report(&ground, &keys, &judged, &known, &judgements, &citations.found);
    let followed = input.register.map(|register| {
        let presence = presence::presence(&ground, (&keys, &judged, &known), &judgements, &report, &whole, register);
        follow(&mut report, register, &Looked { whole, presence })
    });
    let tables = (0_u32..).zip(known.tables).map(|(ordinal, table)| TableCount {
        records: table.records,
        rejected: table.rejected,
        problems: table.problems,
        identities: keys.identities.tables.get(&ordinal).cloned(),
    });
    let scanned = Scanned { report, tables: tables.collect(), resolved: keys.identities.resolved, followed };
    parallel::discard((keys, judged, judgements, candidates.found, citations.found));
    Ok(scanned)
}

/// Bytes that changed between two rounds make every count over them unsure.
fn note_changed(ground: &Ground<'_>, known: &mut Completeness, changed: &BTreeSet<usize>) {
    for surveyed in ground.survey.tables() {
        if ground.table(surveyed.ordinal).is_some_and(|table| changed.contains(&table.file)) {
            let message = "the file changed while it was read; let exports finish, then scan again".to_owned();
            let problem = Problem { code: "changed-while-read".to_owned(), message, count: 1, first_record: None };
            known.tables[surveyed.ordinal as usize].problems.push(problem);
            known.change(&surveyed.dataset);
        }
    }
}

/// Finishes the states, and tells what became of every check; and which files changed since they were judged.
fn decide(
    ground: &Ground<'_>,
    (keys, judged, known): (&keys::Keys, &Judged, &Completeness),
    states: Vec<CheckState>,
    confirmed: &BTreeMap<usize, Confirmed>,
) -> (Vec<Judgement>, BTreeSet<usize>) {
    let plan = &ground.plan;
    let incomplete = |dataset: u16| known.dataset(plan.names(dataset, None).0).is_some_and(DatasetState::may_miss);
    let context = crate::predicate::compiled::Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let changed = Mutex::new(BTreeSet::new());
    let with_key = |operator: &Groups, key: &[u8], places: &[Position]| {
        let own = confirm::with_key(ground, (keys, judged), (operator, key), places);
        parallel::lock(&changed).extend(own.changed);
        own.found
    };
    let none = Confirmed::new();
    let applies = |number: &usize| {
        let check = &plan.checks[*number];
        assemble::not_applicable(ground, &ground.input.packs[check.pack].controls[check.control]).is_none()
    };
    // What was decided of each check of a unit.
    let of_unit = |(number, state): (usize, CheckState)| {
        let unit = plan.units.get(number).filter(|unit| unit.checks.iter().any(applies))?;
        let open = judged.open.get(number);
        let incomplete = |dataset: u16| incomplete(dataset) || open.is_some_and(|open| open.contains(&dataset));
        let finish = |check: &usize| Finish {
            with_key: &with_key,
            context,
            prefix: &plan.checks[*check].prefix,
            incomplete: &incomplete,
            domain: keys.domains[*check].as_ref(),
            confirmed: confirmed.get(check).unwrap_or(&none),
            list_max: plan.list_max,
            seed: plan.seed,
        };
        let finishes: Vec<Finish<'_>> = unit.checks.iter().map(finish).collect();
        let memory = state.memory();
        let whole = || memory.as_ref().is_none_or(Share::is_whole);
        let decided = (!judged.failed.get(number).copied().unwrap_or(true) && whole()).then(|| {
            fault::caught("a check", || {
                #[cfg(test)]
                unit.checks.iter().for_each(|check| fault::planted("fault-in-finish", &ground.check(&plan.checks[*check]).id));
                state.finish(&unit.operators(&plan.checks), &finishes)
            })
        });
        let mut decided = decided.flatten().map(Vec::into_iter);
        let of_check = |check: &usize| {
            // What is decided without all that was seen is nothing.
            let decided = decided.as_mut().and_then(Iterator::next);
            let exceeded = plan.checks[*check].reads.iter().filter(|dataset| keys.derivations.of(**dataset).is_some_and(Derived::exceeded));
            let judgement = match decided {
                _ if exceeded.clone().next().is_some() => {
                    Judgement::Exceeded(exceeded.map(|dataset| plan.names(*dataset, None).0).min().unwrap_or_default().to_owned())
                }
                Some(decided) if whole() => Judgement::Decided(Box::new(decided)),
                None if whole() => Judgement::Failed,
                _ => Judgement::Lost,
            };
            (*check, judgement)
        };
        Some(unit.checks.iter().map(of_check).collect::<Vec<_>>())
    };
    // What may be put away takes memory when it is finished: one after the other, beside the others.
    let (large, others): (Vec<_>, Vec<_>) = states.into_iter().enumerate().partition(|(_, state)| state.memory().is_some());
    let (mut decided, more) = parallel::both(|| large.into_iter().map(of_unit).collect::<Vec<_>>(), || parallel::each_owned(others, of_unit));
    decided.extend(more);
    let mut judgements: Vec<Judgement> = plan.checks.iter().map(|_| Judgement::NotApplicable).collect();
    for (check, judgement) in decided.into_iter().flatten().flatten().filter(|(check, _)| applies(check)) {
        judgements[check] = judgement;
    }
    (judgements, changed.into_inner().unwrap_or_else(PoisonError::into_inner))
}
