//! Judging a ledger for someone who was not there.
//!
//! The ledger alone shows that its lines are whole, signed, in order and
//! unaltered since the newest checkpoint. Whoever holds the key of the last
//! actor can still rewrite all of it, and anybody can put an older state in its
//! place: only what others kept tells. Every report pins the checkpoint that
//! its scan read, so packages of earlier reports are such anchors ([`Pinned`]).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::error::LedgerError;
use super::event::{Act, Event};
use super::reading::Reading;
use super::store::Ledger;
use crate::digest::hex;
use crate::report::LedgerCheckpoint;
use crate::signing::base64;
use crate::signing::merkle::{self, Hash};
use crate::verdict::{Step, Verdict, overall};

mod pinned;

pub use pinned::{NotPinned, Pinned};

/// The fingerprints of those who may act; from the reader, never from the ledger.
pub type Anchors = BTreeSet<String>;

/// Says why a history makes no sense, as the code and the sentence of a step.
pub type History<'h> = &'h dyn Fn(&[Event]) -> Result<(), (&'static str, String)>;

/// What the verification came to.
#[derive(Debug, Serialize)]
pub struct Verification {
    /// The worst of the steps.
    pub verdict: Verdict,
    /// What was verified; `null` where that is nothing.
    pub ledger: Option<LedgerCheckpoint>,
    /// What was looked at, in order; the first failure of the ledger itself ends it.
    pub steps: Vec<Step>,
    /// Whose keys signed lines, in order of their first.
    pub actors: Vec<SeenActor>,
    /// Proofs (RFC 6962, 2.1.2) that the ledger begins with what the earlier reports pinned.
    pub consistency: Vec<Consistency>,
}

/// Somebody who signed lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenActor {
    /// The key: SHA-256 of its SPKI DER.
    pub fingerprint: String,
    /// The names that the lines give; claims.
    pub owners: BTreeSet<String>,
    /// How many lines.
    pub lines: u64,
    /// The first, from 1.
    pub first_line: u64,
}

/// A proof of consistency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consistency {
    /// The earlier report.
    pub against: String,
    /// What it pinned.
    pub pinned: LedgerCheckpoint,
    /// The hashes, base64.
    pub proof: Vec<String>,
}

/// Verifies a ledger.
///
/// # Errors
/// [`LedgerError`] where the files cannot be read at all; what is wrong with them is no error but a step.
pub fn verify(dir: &Path, anchors: &Anchors, against: &[Pinned], history: Option<History>) -> Result<Verification, LedgerError> {
    let mut steps = Vec::new();
    let mut nothing = Verification { verdict: Verdict::Failed, ledger: None, steps: Vec::new(), actors: Vec::new(), consistency: Vec::new() };
    let copies = match files(dir, &mut steps) {
        Ok(Some(copies)) => copies,
        Ok(None) => {
            nothing.steps = vec![Step::failed("files", "ledger-none", "there is no ledger")];
            return Ok(nothing);
        }
        Err(error) if error.is_integrity() => {
            steps.push(Step::failed(concerned(&error), error.code(), error.to_string()));
            nothing.steps = steps;
            return Ok(nothing);
        }
        Err(error) => return Err(error),
    };
    let Some(ledger) = Ledger::committed(copies) else {
        nothing.verdict = overall(&steps);
        nothing.steps = steps;
        return Ok(nothing);
    };
    let actors = actors(ledger.events());
    steps.push(trusted(&actors, anchors));
    if let Some(history) = history {
        steps.push(match history(ledger.events()) {
            Ok(()) => Step::passed("history", "every act was one that could be done then"),
            Err((code, why)) => Step::failed("history", code, why),
        });
    }
    let mut consistency = Vec::new();
    for pinned in against {
        steps.push(begins_with(&ledger, pinned, &mut consistency));
    }
    Ok(Verification { verdict: overall(&steps), ledger: Some(ledger.checkpoint()), steps, actors, consistency })
}

/// The steps about the files themselves.
fn files(dir: &Path, steps: &mut Vec<Step>) -> Result<Option<Reading>, LedgerError> {
    let Some(reading) = Reading::of(dir)? else { return Ok(None) };
    steps.push(Step::passed("lines", format!("{} lines, each signed by its actor and following the one before", reading.entries.len())));
    match &reading.head {
        Some(head) => {
            steps.push(Step::passed("checkpoint", format!("it is signed, and the first {} lines have its root {}", head.size, hex(&head.root))));
        }
        None => {
            let why = "no checkpoint covers any line: the first append was cut short, or the checkpoint was taken away";
            steps.push(Step::indeterminate("checkpoint", "ledger-no-checkpoint", why));
        }
    }
    let kept = reading.verify_copies(dir)?;
    steps.push(Step::passed("earlier checkpoints", format!("{kept} are kept, and the lines have all their roots")));
    let behind = reading.entries.len() - reading.committed();
    if behind > 0 || reading.torn > 0 {
        let why = format!(
            "{behind} whole lines and {} bytes of an unfinished one lie behind the checkpoint: an append is at work or was cut short; nothing vouches for them until the next append",
            reading.torn
        );
        steps.push(Step::indeterminate("behind the checkpoint", "uncommitted-tail", why));
    }
    Ok(Some(reading))
}

/// The step that an error belongs to.
fn concerned(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::Line { .. } => "lines",
        LedgerError::Checkpoint { .. } | LedgerError::Truncated { .. } => "checkpoint",
        _ => "files",
    }
}

fn actors(events: &[Event]) -> Vec<SeenActor> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: Vec<SeenActor> = Vec::new();
    for event in events {
        let place = *places.entry(&event.actor.key).or_insert_with(|| {
            let fingerprint = super::entry::public_key(&event.actor.key).map(|key| key.fingerprint()).unwrap_or_default();
            seen.push(SeenActor { fingerprint, owners: BTreeSet::new(), lines: 0, first_line: event.seq + 1 });
            seen.len() - 1
        });
        if let Some(actor) = seen.get_mut(place) {
            actor.owners.insert(event.actor.owner.clone());
            actor.lines += 1;
        }
    }
    seen
}

fn trusted(actors: &[SeenActor], anchors: &Anchors) -> Step {
    let named = |actor: &SeenActor| {
        let owners: Vec<&str> = actor.owners.iter().map(String::as_str).collect();
        format!("{} ({}; {} lines from line {})", actor.fingerprint, owners.join(", "), actor.lines, actor.first_line)
    };
    let list = |actors: &mut dyn Iterator<Item = &SeenActor>| actors.map(named).collect::<Vec<_>>().join("; ");
    if anchors.is_empty() {
        let all = list(&mut actors.iter());
        return Step::indeterminate("actors", "no-trust-anchor", format!("whose keys these are is not known, give --trust or --fingerprint: {all}"));
    }
    let strangers = list(&mut actors.iter().filter(|actor| !anchors.contains(&actor.fingerprint)));
    if strangers.is_empty() {
        Step::passed("actors", format!("all lines are signed by {} keys that you trust", actors.len()))
    } else {
        Step::failed("actors", "untrusted-actor", format!("lines are signed by keys that you did not name: {strangers}"))
    }
}

/// Whether the ledger still begins with what an earlier report saw.
fn begins_with(ledger: &Ledger, Pinned { name, sha256, checkpoint }: &Pinned, proofs: &mut Vec<Consistency>) -> Step {
    let step = format!("against {name}");
    let now = ledger.checkpoint();
    let Some(pinned) = checkpoint else {
        return Step::indeterminate(step, "against-no-ledger", "the report was made without a ledger and pins nothing");
    };
    if pinned.size == 0 {
        // It saw no line; but the ledger's first one speaks of it.
        let first = ledger.events().first().map(|event| &event.act);
        return match first {
            Some(Act::Scan(scan)) if scan.sha256 == *sha256 => Step::passed(step, "the ledger begins with the scan that made this report"),
            _ => Step::indeterminate(
                step,
                "against-uncited",
                "the report saw an empty ledger, and this one does not begin with its scan: the event was never written, or was taken away",
            ),
        };
    }
    if pinned.origin != now.origin {
        let why = format!("the report is about another ledger: it says `{}`, this is `{}`", pinned.origin, now.origin);
        return Step::failed(step, "against-other-ledger", why);
    }
    let leaves = ledger.leaves();
    let Some(size) = usize::try_from(pinned.size).ok().filter(|size| *size <= leaves.len()) else {
        let why = format!("the report saw {} lines, and {} are there: lines were taken off the end", pinned.size, now.size);
        return Step::failed(step, "against-truncated", why);
    };
    let earlier = leaves.get(..size).map(merkle::root).unwrap_or_default();
    if hex(&earlier) != pinned.root {
        let why = format!("the first {size} lines are not those that the report saw: the ledger was rewritten, or is another branch of it");
        return Step::failed(step, "against-rewritten", why);
    }
    let proof = merkle::consistency_proof(leaves, size).unwrap_or_default();
    if let Err(error) = merkle::verify_consistency(pinned.size, now.size, &earlier, &merkle::root(leaves), &proof) {
        return Step::failed(step, "against-rewritten", error.to_string());
    }
    let proof = proof.iter().map(|hash: &Hash| base64::encode(hash)).collect();
    proofs.push(Consistency { against: name.clone(), pinned: pinned.clone(), proof });
    Step::passed(step, format!("the ledger begins with the {size} lines that the report saw"))
}
