//! Deciding: predicates over records, what each check folds, and what two
//! workers' states cost to merge.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use rolecall::check::{CheckState, Fold, Marks};
use rolecall::evidence::batch::{Batch, Value};
use rolecall::identity::Home;
use rolecall::keyset::{KeySet, KeySetBuilder};
use rolecall::plan::PlannedCheck;
use rolecall::predicate::compiled::{Compiled, Context, Leaf, Verdict};
use rolecall::predicate::memo::Memo;
use rolecall::scan::LIST_MAX;

use crate::keys::nobody;
use crate::workload::{SEED, Workload};

pub fn benches(criterion: &mut Criterion, workload: &Workload) {
    let identity = nobody();
    let sets = [active(workload)];
    let context = Context { as_of: workload.settings.as_of, identity: &identity, sets: &sets };
    predicates(criterion, workload, &context);
    checks(criterion, workload, &context);
}

/// The addresses of active people: the set that four of the checks look into.
fn active(workload: &Workload) -> KeySet {
    let identity = nobody();
    let context = Context { as_of: workload.settings.as_of, identity: &identity, sets: &[] };
    let [lookup] = &workload.plan.lookups[..] else { panic!("the workload looks into one set") };
    let file = workload.file("people.csv");
    let (buffers, mut set, mut values) = (file.parsed(), KeySetBuilder::new(lookup, SEED), Vec::new());
    let batch = file.batch(&buffers);
    for record in 0..batch.len() {
        let counts = lookup.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(&batch, record, &context, &mut Vec::new()));
        if let (Verdict::True, Value::Bytes(value)) = (counts, batch.get(lookup.column.into(), record)) {
            values.push((value, 0));
        }
    }
    set.insert(&identity, &values, |_| Home::Roster, |_| true);
    set.freeze(false)
}

/// Every leaf of the workload's predicates alone, and the predicates whole.
fn predicates(criterion: &mut Criterion, workload: &Workload, context: &Context<'_>) {
    let mut group = criterion.benchmark_group("predicate, per record");
    for (path, name) in [
        ("people.csv", "K03"),
        ("role_assignments.csv", "K07"),
        ("role_assignments.csv", "K09"),
        ("role_assignments.csv", "K10"),
        ("access_events.ndjson", "K12"),
    ] {
        let file = workload.file(path);
        let buffers = file.parsed();
        let batch = file.batch(&buffers);
        let rolecall::check::Operator::Records(records) = &check(workload, name).operator else { panic!("{name} is about single records") };
        let all: Vec<u32> = (0..).take(batch.len()).collect();
        group.throughput(Throughput::Elements(all.len() as u64));
        let mut parts = Vec::new();
        records.filter.iter().chain([&records.expect]).for_each(|predicate| leaves(predicate, &mut parts));
        for (number, part) in parts.iter().enumerate() {
            let field = &workload.plan.datasets[usize::from(part.dataset)].fields[usize::from(part.column)];
            let one = Compiled::Leaf((*part).clone());
            group.bench_function(format!("{name}, test {} ({field})", number + 1), |bencher| {
                bencher.iter(|| one.decide_all(black_box(&batch), &all, context, &Memo::default()));
            });
        }
    }
    group.finish();
}

fn leaves<'p>(predicate: &'p Compiled, found: &mut Vec<&'p Leaf>) {
    match predicate {
        Compiled::All(parts) | Compiled::Any(parts) => parts.iter().for_each(|part| leaves(part, found)),
        Compiled::Not(part) => leaves(part, found),
        Compiled::Leaf(leaf) => found.push(leaf),
    }
}

fn check<'w>(workload: &'w Workload, id: &str) -> &'w PlannedCheck {
    let plan = &workload.plan;
    plan.checks.iter().find(|check| workload.settings.packs[check.pack].controls[check.control].checks[check.check].id == id).unwrap()
}

/// A check with what it has seen of a batch.
fn folded(check: &PlannedCheck, batch: &Batch<'_>, context: &Context<'_>) -> CheckState {
    let operators = [&check.operator];
    let mut state = CheckState::identity(&operators, LIST_MAX, SEED);
    let mut marks = Marks::default();
    marks.settle(batch);
    state.fold(&operators, 0, batch, &Fold { context: *context, prefix: &check.prefix, marks: &marks, domain: None });
    state
}

/// K05 needs the subjects of a whole round first; the scan as a whole has it.
fn checks(criterion: &mut Criterion, workload: &Workload, context: &Context<'_>) {
    for merging in [false, true] {
        let mut group = criterion.benchmark_group(if merging { "merge, per record" } else { "fold, per record" });
        for (path, names) in [
            ("people.csv", &["K01", "K02", "K03"][..]),
            ("assets.csv", &["K04"]),
            ("role_assignments.csv", &["K06", "K07", "K08", "K09", "K10"]),
            ("access_events.ndjson", &["K11", "K12"]),
        ] {
            let file = workload.file(path);
            let buffers = file.parsed();
            let batch = file.batch(&buffers);
            group.throughput(Throughput::Elements(batch.len() as u64));
            for name in names {
                let check = check(workload, name);
                assert_eq!(check.feeds, [file.dataset]);
                if !merging {
                    group.bench_function(*name, |bencher| bencher.iter_with_large_drop(|| folded(check, black_box(&batch), context)));
                } else if matches!(*name, "K01" | "K06" | "K08" | "K09") {
                    // What another worker saw: the same keys as those of a block that is elsewhere.
                    let (own, other) = (folded(check, &batch, context), folded(check, &buffers[0].view(batch.table, 1, file.block()), context));
                    group.bench_function(*name, |bencher| {
                        bencher.iter_batched(
                            || (own.clone(), other.clone()),
                            |(mut own, other)| {
                                own.merge(other);
                                own
                            },
                            BatchSize::LargeInput,
                        );
                    });
                }
            }
        }
        group.finish();
    }
}
