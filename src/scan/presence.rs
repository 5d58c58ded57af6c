//! Where findings that are no longer listed are about: is it still there?
//!
//! One more round, over the datasets that the identities of such findings
//! come from, and only where there are such findings. What it says is used
//! to tell "fixed" from "vanished"; whatever it cannot tell stays unknown,
//! and a finding whose subject is unknown is never closed.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::{Completeness, DatasetState};
use super::ground::Ground;
use super::judge::{Judged, Judgement};
use super::keys::{self, Keys};
use crate::check::Decided;
use crate::finding::FindingId;
use crate::followup::{Presence, Register, Tracked};
use crate::plan::PlannedCheck;
use crate::report::{LifecycleState, Report};

mod seek;
mod wants;

use self::seek::{DOUBT, OUTSIDE, Seek, THERE};
use self::wants::{Static, Wants};

/// A finding that is no longer listed.
struct Missing<'m> {
    id: &'m str,
    /// The index of its check in the plan.
    number: usize,
    decided: &'m Decided,
    /// Its identity values; `None` where the ledger holds them shortened.
    values: Option<Vec<String>>,
}

/// The rounds before, and what is known of the evidence.
type Before<'b> = (&'b Keys, &'b Judged, &'b Completeness);

/// Looks for the subjects of all findings that are no longer listed.
pub(super) fn presence(
    ground: &Ground<'_>,
    (keys, judged, known): Before<'_>,
    judgements: &[Judgement],
    report: &Report,
    whole: &BTreeSet<(String, String)>,
    register: &Register,
) -> BTreeMap<String, Presence> {
    let missing = missing(ground, judgements, report, whole, register);
    if missing.is_empty() {
        return BTreeMap::new();
    }
    let mut seek = Seek::default();
    let wants: Vec<Wants> = missing.iter().map(|missing| wants::of(ground, keys, missing, &mut seek)).collect();
    let (seen, reads) = seek.run(ground, keys);
    let changed = ground.datasets_of(&keys::changed(&judged.reads, &reads));
    let found = |want: usize| {
        let dataset = seek.dataset(want);
        let complete = known.dataset(ground.plan.names(dataset, None).0).is_some_and(|state| !DatasetState::may_miss(state));
        let failed = ground.is_read_badly(dataset, &reads);
        let derived = keys.derivations.of(dataset);
        let open = derived.is_some_and(|derived| derived.exceeded() || derived.has_open());
        match seen.get(want).copied().unwrap_or(DOUBT) {
            _ if failed || ground.plan.with_bases(dataset).iter().any(|dataset| changed.contains(dataset)) => Presence::Unknown,
            flags if flags & DOUBT != 0 => Presence::Unknown,
            flags if flags & THERE != 0 => Presence::There,
            flags if flags & OUTSIDE != 0 || !complete || open => Presence::Unknown,
            _ => Presence::Gone,
        }
    };
    let renamed = renamed(report, register);
    let told = missing.iter().zip(wants).map(|(missing, wants)| {
        let parts: Vec<Presence> = wants.seeks.iter().map(|want| found(*want)).chain([wants.known.into()]).collect();
        let presence = if parts.contains(&Presence::Unknown) {
            Presence::Unknown
        } else if parts.contains(&Presence::Gone) {
            Presence::Gone
        } else {
            Presence::There
        };
        // Of what is decided item by item alone it is known which item was undecided.
        let unsure = !wants.by_record && !missing.decided.tally.undecided.is_empty();
        let elsewhere = !wants.stable && renamed.contains(&missing.number_of(ground));
        let presence = if presence == Presence::There && (unsure || elsewhere) { Presence::Unknown } else { presence };
        (missing.id.to_owned(), presence)
    });
    told.collect()
}

impl Missing<'_> {
    fn number_of(&self, ground: &Ground<'_>) -> (String, String) {
        ids(ground, &ground.plan.checks[self.number])
    }
}

/// The ids of a planned check's control and of itself.
fn ids(ground: &Ground<'_>, planned: &PlannedCheck) -> (String, String) {
    let control = &ground.input.packs[planned.pack].controls[planned.control];
    (control.id.clone(), control.checks[planned.check].id.clone())
}

/// The findings that are not listed although they were open, where their check ran over whole evidence.
fn missing<'m>(
    ground: &Ground<'_>,
    judgements: &'m [Judgement],
    report: &Report,
    whole: &BTreeSet<(String, String)>,
    register: &'m Register,
) -> Vec<Missing<'m>> {
    let listed: BTreeSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    let checks: BTreeMap<(String, String), usize> =
        ground.plan.checks.iter().enumerate().map(|(number, planned)| (ids(ground, planned), number)).collect();
    let of = |(id, tracked): (&'m str, &'m Tracked)| {
        let check = (tracked.about.control.clone(), tracked.about.check.clone());
        let number = *checks.get(&check).filter(|_| whole.contains(&check))?;
        let decided = judgements.get(number)?.decided()?;
        let planned = &ground.plan.checks[number];
        let names = &ground.check(planned).identity;
        let subject = &tracked.about.subject.0;
        let values: Vec<String> = subject.iter().map(|(_, value)| value.clone()).collect();
        let same = subject.iter().map(|(name, _)| name).eq(names) && FindingId::of(&planned.prefix, &values).to_string() == id;
        Some(Missing { id, number, decided, values: same.then_some(values) })
    };
    register.iter().filter(|(id, tracked)| tracked.state() != LifecycleState::Closed && !listed.contains(id)).filter_map(of).collect()
}

/// Checks with a finding that is not known to be open, or with a list that was
/// cut: a finding that seems to be gone may be there under another spelling.
fn renamed(report: &Report, register: &Register) -> BTreeSet<(String, String)> {
    let is_known = |id: &str| register.get(id).is_some_and(|tracked| tracked.state() != LifecycleState::Closed);
    let unknown = report.findings.iter().filter(|finding| !is_known(&finding.id)).map(|finding| (finding.control.clone(), finding.check.clone()));
    let checks = report.controls.iter().flat_map(|control| control.checks.iter().map(move |check| (control, check)));
    let cut = checks.filter(|(_, check)| check.listed_through.is_some()).map(|(control, check)| (control.id.clone(), check.id.clone()));
    unknown.chain(cut).collect()
}

impl From<Static> for Presence {
    fn from(known: Static) -> Self {
        match known {
            Static::There => Self::There,
            Static::Gone => Self::Gone,
            Static::Unknown => Self::Unknown,
        }
    }
}
