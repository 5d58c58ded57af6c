//! A scan's event, taken into the register: every change must follow from
//! what was before and from what the scan says of its own checks.

use std::collections::{BTreeMap, BTreeSet};

use super::illegal::Illegal;
use super::register::Register;
use super::tracked::{Happened, Tracked, Work, date};
use crate::finding::is_id;
use crate::ledger::event::{Change, Now, Scan, ScannedCheck};
use crate::report::{LifecycleState as State, Outcome};
use crate::text::visible;

type Checks<'s> = BTreeMap<(&'s str, &'s str), &'s ScannedCheck>;

pub(super) fn add(register: &mut Register, scan: &Scan, happened: impl Fn(&'static str) -> Happened) -> Result<(), Illegal> {
    date(&scan.as_of)?;
    let checks: Checks<'_> = scan.checks.iter().map(|check| ((check.control.as_str(), check.check.as_str()), check)).collect();
    // A waiver's beginning or end says nothing about whether a finding was seen.
    let told: BTreeSet<&str> = scan.changes.iter().filter(|change| change.now.is_of_sight()).map(|change| change.finding.as_str()).collect();
    seen_again(register, scan, &checks, &told)?;
    for change in &scan.changes {
        take(register, scan, &checks, change, happened(change.now.word()))?;
    }
    for check in scan.checks.iter().filter(|check| check.ran()) {
        register.ran.insert((check.control.clone(), check.check.clone()), check.listed_through.clone());
    }
    Ok(())
}

/// What was there and is not spoken of was seen again.
fn seen_again(register: &mut Register, scan: &Scan, checks: &Checks<'_>, told: &BTreeSet<&str>) -> Result<(), Illegal> {
    for (id, tracked) in &mut register.findings {
        if told.contains(id.as_str()) {
            continue;
        }
        let lists = checks.get(&(tracked.about.control.as_str(), tracked.about.check.as_str())).is_some_and(|check| lists(check, id));
        if tracked.found {
            if !lists || tracked.state == State::AwaitingRetest {
                return Err(Illegal::Unanswered { finding: id.clone(), state: tracked.state() });
            }
            tracked.last_seen.clone_from(&scan.as_of);
            tracked.state = tracked.at_work();
        } else if !matches!(tracked.state, State::Closed | State::SubjectGone | State::NotReobserved) {
            // A person acted on it meanwhile, and the scan says nothing.
            return Err(Illegal::Unanswered { finding: id.clone(), state: tracked.state() });
        }
    }
    Ok(())
}

fn lists(check: &ScannedCheck, id: &str) -> bool {
    check.outcome == Outcome::Fail && check.lists(id)
}

fn take(register: &mut Register, scan: &Scan, checks: &Checks<'_>, change: &Change, happened: Happened) -> Result<(), Illegal> {
    let Change { finding: id, now, about } = change;
    let wrong = |why: &'static str| Illegal::Change { finding: visible(id).chars().take(40).collect(), now: now.word(), why };
    if matches!(now, Now::New | Now::FirstListed) {
        let about = about.as_ref().ok_or_else(|| wrong("the event does not say what it is about"))?;
        if register.findings.contains_key(id) {
            return Err(wrong("the ledger knows it already"));
        }
        if !is_id(id) {
            return Err(wrong("its id is none"));
        }
        if !checks.get(&(about.control.as_str(), about.check.as_str())).is_some_and(|check| lists(check, id)) {
            return Err(wrong("its check does not list it"));
        }
        if register.was_cut_before(&about.control, &about.check, id) != (*now == Now::FirstListed) {
            return Err(wrong("the list of the scan before says otherwise"));
        }
        let tracked = Tracked {
            about: about.clone(),
            state: if *now == Now::New { State::New } else { State::FirstListed },
            found: true,
            work: None,
            waived: false,
            since: scan.as_of.clone(),
            first_seen: scan.as_of.clone(),
            last_seen: scan.as_of.clone(),
            owner: None,
            due: None,
            repeats: 0,
            history: vec![happened],
        };
        register.findings.insert(id.clone(), tracked);
        return Ok(());
    }
    let tracked = register.findings.get_mut(id).ok_or_else(|| wrong("the ledger does not know it"))?;
    let check = checks.get(&(tracked.about.control.as_str(), tracked.about.check.as_str()));
    if about.is_some() {
        return Err(wrong("the ledger knows already what it is about"));
    }
    match now {
        Now::New | Now::FirstListed => {}
        Now::Reopened | Now::FoundAgain | Now::StillFound => {
            if !check.is_some_and(|check| lists(check, id)) {
                return Err(wrong("its check does not list it"));
            }
            found(tracked, *now, &scan.as_of).map_err(wrong)?;
        }
        Now::Closed | Now::SubjectGone | Now::NotReobserved => {
            let proved = check.is_some_and(|check| check.whole && check.ran() && (*now == Now::SubjectGone || check.lists(id)));
            if *now != Now::NotReobserved && !proved {
                return Err(wrong("its check did not cover it"));
            }
            lost(tracked, *now, &scan.as_of).map_err(wrong)?;
        }
        Now::Waived | Now::WaiverEnded => {
            let begins = *now == Now::Waived;
            if !tracked.found || tracked.waived == begins {
                return Err(wrong("that is so already, or it was not found"));
            }
            tracked.waived = begins;
        }
    }
    tracked.history.push(happened);
    Ok(())
}

fn found(tracked: &mut Tracked, now: Now, as_of: &str) -> Result<(), &'static str> {
    let follows = match now {
        Now::Reopened => tracked.state == State::Closed,
        Now::FoundAgain => !tracked.found && tracked.state != State::Closed,
        _ => tracked.found && tracked.work == Some(Work::AwaitingRetest),
    };
    if !follows {
        return Err("that does not follow from its state before");
    }
    if now == Now::Reopened {
        tracked.repeats += 1;
        // What was planned was done; what comes next needs a plan of its own.
        (tracked.work, tracked.due) = (None, None);
    }
    if tracked.work == Some(Work::AwaitingRetest) {
        tracked.work = None;
    }
    tracked.found = true;
    tracked.state = if now == Now::Reopened { State::Reopened } else { tracked.at_work() };
    as_of.clone_into(&mut tracked.since);
    as_of.clone_into(&mut tracked.last_seen);
    Ok(())
}

fn lost(tracked: &mut Tracked, now: Now, as_of: &str) -> Result<(), &'static str> {
    let state = match now {
        Now::Closed => State::Closed,
        Now::SubjectGone => State::SubjectGone,
        _ => State::NotReobserved,
    };
    if tracked.state == State::Closed || tracked.state == state {
        return Err("that does not follow from its state before");
    }
    (tracked.found, tracked.waived) = (false, false);
    if now == Now::Closed {
        tracked.work = None;
    }
    tracked.state = state;
    as_of.clone_into(&mut tracked.since);
    Ok(())
}

impl Now {
    /// The change in one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::FirstListed => "first_listed",
            Self::Reopened => "reopened",
            Self::FoundAgain => "found_again",
            Self::StillFound => "still_found",
            Self::Closed => "closed",
            Self::SubjectGone => "subject_gone",
            Self::NotReobserved => "not_reobserved",
            Self::Waived => "waived",
            Self::WaiverEnded => "waiver_ended",
        }
    }

    /// Whether it says that the finding was seen, or was not.
    #[must_use]
    pub const fn is_of_sight(self) -> bool {
        !matches!(self, Self::Waived | Self::WaiverEnded)
    }
}
