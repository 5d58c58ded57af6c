//! Mutations: each demand of a check is broken in the control's passing
//! examples, and exactly that must be seen.

use std::collections::{BTreeMap, BTreeSet};

use super::aims::{Evidence, aims};
use super::changes::{Change, changed};
use super::{Damage, Ground, reads, result};
use crate::dataset::derived;
use crate::diagnostic::Diagnostics;
use crate::pack::example::Example;
use crate::pack::{Check, Control, Pack};
use crate::report::{Outcome, Report};

/// What a check reads: fields by dataset.
type Reads = BTreeMap<String, Vec<String>>;

/// A control's passing examples, each with the pack as its parameters make it.
pub(super) type Passing<'e> = [(&'e Example, Pack)];

/// What mutating a control's examples told.
#[derive(Debug, Default)]
pub(super) struct Mutated {
    /// Changed variants that were run.
    pub runs: usize,
    /// What was not as it must be.
    pub failures: Vec<String>,
}

/// More records, and pairs of records, than these are not damaged.
const MOST_DAMAGES: usize = 60;

/// Datasets from which persons are known, whoever asks.
const PERSONS: [&str; 2] = ["people", "accounts"];

/// Breaks every demand of every check of a control.
pub(super) fn mutate(control: &Control, passing: &Passing<'_>, all: &[&Example], ground: &Ground<'_>) -> Result<Mutated, Diagnostics> {
    let mut done = Mutated::default();
    let mut all_reads = BTreeMap::new();
    for check in &control.checks {
        let mut all = Reads::new();
        for (example, pack) in passing {
            for (dataset, fields) in reads(pack, check, example, ground.kinds)? {
                let known = all.entry(dataset).or_default();
                known.extend(fields.into_iter().filter(|field| !known.contains(field)).collect::<Vec<_>>());
            }
        }
        all_reads.insert(check.id.as_str(), all);
    }
    for check in &control.checks {
        breaks(control, check, &all_reads, (passing, all), ground, &mut done)?;
        unreadable(control, check, &all_reads, passing, ground, &mut done)?;
    }
    Ok(done)
}

/// Each demand must be breakable in one of the examples: the check fails, and
/// of the others only those may change that read what was changed.
fn breaks(
    control: &Control,
    check: &Check,
    all_reads: &BTreeMap<&str, Reads>,
    (passing, all): (&Passing<'_>, &[&Example]),
    ground: &Ground<'_>,
    done: &mut Mutated,
) -> Result<(), Diagnostics> {
    // The demands do not depend on the example; the ways to break them do.
    let mut open: Vec<(String, usize)> = Vec::new();
    for (number, (example, pack)) in passing.iter().enumerate() {
        let Some(check) = pack.controls.iter().flat_map(|control| &control.checks).find(|own| own.id == check.id) else { continue };
        let aims = aims(check, Evidence { example, all });
        if number == 0 {
            open = aims.iter().map(|aim| aim.what.clone()).zip(0..).collect();
        }
        let mut still = Vec::new();
        for (what, at) in open {
            let mut seen = false;
            for way in aims.get(at).map(|aim| aim.ways.as_slice()).unwrap_or_default() {
                done.runs += 1;
                let report = ground.run(pack, &changed(example, way), None)?;
                if result(&report, &check.id).is_some_and(|result| result.outcome == Outcome::Fail) && alone(control, check, way, &report, all_reads)
                {
                    seen = true;
                    break;
                }
            }
            if !seen {
                still.push((what, at));
            }
        }
        open = still;
        if open.is_empty() {
            return Ok(());
        }
    }
    let wrong = |(what, _): (String, usize)| format!("{}/{}: no change of a passing example breaks this demand alone: {what}", control.id, check.id);
    done.failures.extend(open.into_iter().map(wrong));
    Ok(())
}

/// Whether every other check that reads nothing of what was changed still passes.
fn alone(control: &Control, check: &Check, way: &[Change], report: &Report, all_reads: &BTreeMap<&str, Reads>) -> bool {
    let touched = |other: &Check| {
        let reads = all_reads.get(other.id.as_str());
        way.iter().any(|change| {
            let (dataset, field) = change.touches();
            PERSONS.contains(&dataset)
                || reads.and_then(|reads| reads.get(dataset)).is_some_and(|fields| field.is_none_or(|field| fields.iter().any(|own| own == field)))
        })
    };
    let others = control.checks.iter().filter(|other| other.id != check.id);
    others.filter(|other| !touched(other)).all(|other| result(report, &other.id).is_some_and(|result| result.outcome == Outcome::Pass))
}

/// Each field that decides must leave the check undecided where it cannot be read in one or two records.
fn unreadable(
    control: &Control,
    check: &Check,
    all_reads: &BTreeMap<&str, Reads>,
    passing: &Passing<'_>,
    ground: &Ground<'_>,
    done: &mut Mutated,
) -> Result<(), Diagnostics> {
    let Some(reads) = all_reads.get(check.id.as_str()) else { return Ok(()) };
    let decides = |field: &&String| !check.kind.only_shows().contains(&field.as_str());
    for (dataset, fields) in reads {
        for field in fields.iter().filter(decides) {
            let mut seen = false;
            'examples: for (example, pack) in passing {
                // Two records may each show what the other shows.
                let records = example.datasets.get(dataset).map_or(0, Vec::len);
                let single = (0..records).map(|record| [record, record]);
                let pairs = (0..records).flat_map(|record| (record + 1..records).map(move |other| [record, other]));
                for records in single.chain(pairs).take(MOST_DAMAGES) {
                    done.runs += 1;
                    let damage = Damage::SomeUnreadable { field: field.clone(), records };
                    let report = ground.run(pack, example, Some((dataset, &damage)))?;
                    let outcome = result(&report, &check.id).map(|result| result.outcome);
                    seen = outcome == Some(Outcome::NotEvaluated);
                    if seen {
                        break 'examples;
                    }
                }
            }
            if !seen && passing.iter().any(|(example, _)| example.datasets.contains_key(dataset)) {
                done.failures.push(format!("{}/{}: `{field}` of `{dataset}` decides nothing in any passing example", control.id, check.id));
            }
        }
    }
    Ok(())
}

/// A passing example must pass with datasets beside it that its control does
/// not read, taken from other controls' failing examples.
pub(super) fn undisturbed(control: &Control, passing: &Passing<'_>, failing: &[&Example], ground: &Ground<'_>) -> Result<Mutated, Diagnostics> {
    let mut done = Mutated::default();
    let mut read: BTreeSet<&str> = control.checks.iter().flat_map(|check| check.kind.datasets()).flat_map(derived::delivered).collect();
    read.extend(PERSONS);
    for (example, pack) in passing {
        for other in failing.iter().filter(|other| other.control != control.id) {
            let mut beside = (*example).clone();
            for (dataset, records) in other.datasets.iter().filter(|(dataset, _)| !read.contains(dataset.as_str())) {
                beside.datasets.insert(dataset.clone(), records.clone());
            }
            if beside.datasets == example.datasets {
                continue;
            }
            done.runs += 1;
            let report = ground.run(pack, &beside, None)?;
            let tripped = report.controls.iter().flat_map(|control| &control.checks).find(|check| check.outcome != Outcome::Pass);
            done.failures.extend(tripped.map(|check| format!("{}: {} does not pass beside {}", example.file, check.id, other.file)));
        }
    }
    Ok(done)
}
