//! What waivers do: which are in force at the as-of date, which findings they
//! cover, and what must be told of them.
//!
//! A waiver changes no outcome and no determination. It only decides under
//! which grade a failed control is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Target, Waiver, WaiverPolicy};
use crate::calendar::Day;
use crate::identity::{Identity, Resolved, normalise};
use crate::report::text::count;
use crate::report::{ControlResult, Finding, FindingWaiver, Outcome};

/// Days before its end in which a waiver is told to expire soon.
const SOON: i64 = 30;
/// Subjects named in one line.
const NAMED: usize = 5;

/// What waivers are applied with.
#[derive(Debug)]
pub struct Applying<'a> {
    /// The date, whose whole day counts.
    pub as_of: Day,
    /// Who is who.
    pub identity: &'a Identity,
    /// What the engagement demands.
    pub policy: &'a WaiverPolicy,
}

/// Marks the findings that waivers in force cover, and tells what is to be known of each waiver.
#[must_use]
pub fn apply(waivers: &[Waiver], with: &Applying<'_>, findings: &mut [Finding]) -> Vec<String> {
    if waivers.is_empty() {
        return Vec::new();
    }
    let (mut of_control, mut by_id) = (HashMap::<&str, Vec<usize>>::new(), HashMap::<&str, usize>::new());
    for (at, finding) in findings.iter().enumerate() {
        of_control.entry(&finding.control).or_default().push(at);
        by_id.insert(&finding.id, at);
    }
    let mut told = Vec::new();
    let mut best: BTreeMap<usize, &Waiver> = BTreeMap::new();
    let mut any = false;
    for waiver in waivers {
        let covered = covered(waiver, findings, &of_control, &by_id);
        let refused = with.refused(waiver, covered.len());
        if refused.is_empty() {
            any = true;
            told.extend(with.remark(waiver, &covered, findings));
            for at in covered {
                // Where several cover it, the one that lasts longest.
                let kept = best.entry(at).or_insert(waiver);
                if (kept.expires, &waiver.id) < (waiver.expires, &kept.id) {
                    *kept = waiver;
                }
            }
        } else {
            told.extend(refused);
        }
    }
    if any && with.policy.risk_owners.is_empty() {
        told.push(
            "that the approvers of waivers are risk owners was not checked; name the risk owners under waiver_policy.risk_owners in engagement.yaml"
                .to_owned(),
        );
    }
    for (at, waiver) in best {
        findings[at].waiver = Some(FindingWaiver {
            id: waiver.id.clone(),
            approver: waiver.approver.clone(),
            approved: waiver.approved.to_string(),
            expires: waiver.expires.to_string(),
            reason: waiver.reason.clone(),
            compensating_measure: waiver.compensating_measure.clone(),
            ticket: waiver.ticket.clone(),
        });
    }
    told
}

/// The findings that a waiver names.
fn covered(waiver: &Waiver, findings: &[Finding], of_control: &HashMap<&str, Vec<usize>>, by_id: &HashMap<&str, usize>) -> Vec<usize> {
    let among: &[usize] = match &waiver.target {
        Target::Control(control) => of_control.get(control.as_str()).map_or(&[], Vec::as_slice),
        Target::Finding(id) => by_id.get(id.as_str()).map_or(&[], std::slice::from_ref),
    };
    let any = waiver.subjects.is_empty() && matches!(waiver.target, Target::Finding(_));
    let names = |at: &&usize| any || waiver.subjects.iter().any(|subject| subject.names(&findings[**at].subject));
    among.iter().filter(names).copied().collect()
}

fn label(waiver: &Waiver) -> String {
    format!("waiver {} of {}", waiver.id, waiver.target.id())
}

impl Applying<'_> {
    /// Why a waiver is not in force; empty where it is.
    fn refused(&self, waiver: &Waiver, covers: usize) -> Vec<String> {
        let counts = match covers {
            0 => "it names no finding of this report".to_owned(),
            1 => "the finding that it names counts".to_owned(),
            more => format!("the {more} findings that it names count"),
        };
        let label = label(waiver);
        let mut why = Vec::new();
        if self.as_of < waiver.approved {
            why.push(format!("{label} is not in force: it was approved on {}, after the as-of date; {counts}", waiver.approved));
        }
        if self.as_of > waiver.expires {
            why.push(format!("{label} is not in force: it expired on {}; {counts}", waiver.expires));
        }
        let (requester, approver) = (&waiver.requester, &waiver.approver);
        match self.same(requester, approver) {
            Some(false) => {}
            Some(true) => why.push(format!(
                "{label} is not in force: `{approver}`, who approved it, and `{requester}`, who requested it, are one person; {counts}"
            )),
            None => {
                let reason = self.unsure(&[requester, approver]);
                why.push(format!("{label} is not in force: that `{approver}`, who approved it, is another person than `{requester}`, who requested it, is not known, for {reason}; {counts}"));
            }
        }
        let owners = &self.policy.risk_owners;
        if !owners.is_empty() && !owners.iter().any(|owner| self.same(owner, approver) == Some(true)) {
            why.push(format!("{label} is not in force: `{approver}`, who approved it, is none of the risk owners of waiver_policy; {counts}"));
        }
        why
    }

    /// What is to be known of a waiver in force.
    fn remark(&self, waiver: &Waiver, covered: &[usize], findings: &[Finding]) -> Vec<String> {
        let label = label(waiver);
        let mut told = Vec::new();
        let left = i64::from(waiver.expires.0) - i64::from(self.as_of.0);
        if left <= SOON {
            let when = if left == 0 { "today, as of this report".to_owned() } else { format!("in {}", count(left.unsigned_abs(), "day", "days")) };
            told.push(format!("{label} expires on {}, {when}; what it covers counts again from the next day on", waiver.expires));
        }
        if covered.is_empty() {
            told.push(format!("{label} is unused: no listed finding is what it names; withdraw it where it is no longer needed"));
            return told;
        }
        let unused: BTreeSet<String> = waiver
            .subjects
            .iter()
            .filter(|subject| !covered.iter().any(|at| subject.names(&findings[*at].subject)))
            .map(ToString::to_string)
            .collect();
        if !unused.is_empty() {
            let named: Vec<&str> = unused.iter().take(NAMED).map(String::as_str).collect();
            let more = if unused.len() > NAMED { ", ..." } else { "" };
            let subjects = count(unused.len() as u64, "subject", "subjects");
            told.push(format!("{label} is unused for {subjects}: {}{more}", named.join("; ")));
        }
        told
    }

    /// Whether two names are one person's; `None` where nobody knows.
    fn same(&self, one: &str, other: &str) -> Option<bool> {
        let normal = |name: &str| normalise(name.as_bytes(), <[u8]>::to_vec);
        if normal(one) == normal(other) {
            return Some(true);
        }
        let who = self.identity.anywhere();
        match (who.resolve(one.as_bytes()), who.resolve(other.as_bytes())) {
            (Resolved::Person(one), Resolved::Person(other)) if one == other => Some(true),
            (Resolved::Person(_), Resolved::Person(_)) if !self.identity.is_incomplete() => Some(false),
            _ => None,
        }
    }

    /// Why two names cannot be told apart.
    fn unsure(&self, names: &[&String]) -> String {
        let who = self.identity.anywhere();
        let unknown = |name: &&&String| !matches!(who.resolve(name.as_bytes()), Resolved::Person(_));
        let unknown: Vec<String> = names.iter().filter(unknown).map(|name| format!("`{name}`")).collect();
        if unknown.is_empty() {
            return "the roster is incomplete".to_owned();
        }
        format!("neither the roster nor identities.csv tells who {} is", unknown.join(" and "))
    }
}

/// The failed controls all of whose findings are waived. What a cut list does not show is not waived.
#[must_use]
pub fn waived_controls<'c, 'f>(controls: &'c [ControlResult], findings: impl Iterator<Item = &'f Finding>) -> BTreeSet<&'c str> {
    let mut tallies: HashMap<(&str, &str), (u64, u64)> = HashMap::new();
    for finding in findings {
        let (occurrences, waived) = tallies.entry((&finding.control, &finding.check)).or_default();
        *occurrences = occurrences.saturating_add(finding.occurrences);
        if finding.waiver.is_some() {
            *waived = waived.saturating_add(finding.occurrences);
        }
    }
    let whole = |control: &&ControlResult| {
        let mut failed = control.checks.iter().filter(|check| check.outcome == Outcome::Fail).peekable();
        failed.peek().is_some()
            && failed.all(|check| {
                let (occurrences, waived) = tallies.get(&(control.id.as_str(), check.id.as_str())).copied().unwrap_or_default();
                check.listed_through.is_none() && check.exceptions > 0 && occurrences == check.exceptions && waived == occurrences
            })
    };
    controls.iter().filter(whole).map(|control| control.id.as_str()).collect()
}
