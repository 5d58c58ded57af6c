//! Keys: hashing, sets that look-ups ask, and merging what workers found.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use rolecall::digest::{Running, sha256_hex};
use rolecall::evidence::block::BLOCK_SIZE;
use rolecall::finding::{FindingId, IdPrefix};
use rolecall::identity::roster::RosterBuilder;
use rolecall::identity::{Home, Identity};
use rolecall::key;
use rolecall::keyset::{Contained, KeySetBuilder, Lookup};
use rolecall::plan::Plan;

use crate::workload::{SEED, Workload};

/// As many as a large organisation has: more than the caches hold.
const KEYS: usize = 150_000;
/// Values that are looked up at once, as a batch has them.
const LOOKED_UP: usize = 4_096;

/// A roster without anybody: the workload compares every value as it stands.
pub fn nobody() -> Identity {
    RosterBuilder::default().build(&|_| None).0
}

pub fn benches(criterion: &mut Criterion, workload: &Workload) {
    hashing(criterion);
    sets(criterion, &workload.plan);
}

fn hashing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash, per byte");
    let block: Vec<u8> = (0..=250).cycle().take(BLOCK_SIZE).collect();
    group.throughput(Throughput::Bytes(BLOCK_SIZE as u64));
    group.bench_function("SHA-256 of a block", |bencher| bencher.iter(|| sha256_hex(black_box(&block))));
    group.bench_function("SHA-256 of two blocks side by side, of both", |bencher| {
        bencher.iter(|| {
            let [mut one, mut other] = [Running::default(), Running::default()];
            Running::update_both([&mut one, &mut other], [black_box(&block[..BLOCK_SIZE / 2]), black_box(&block[BLOCK_SIZE / 2..])]);
            [one.finish(), other.finish()]
        });
    });
    group.bench_function("fast digest of a block", |bencher| bencher.iter(|| key::hash(SEED, black_box(&block))));
    group.finish();
    let mut group = criterion.benchmark_group("hash, per value");
    group.throughput(Throughput::Elements(1));
    group.bench_function("a key of 27 bytes", |bencher| bencher.iter(|| key::hash(SEED, black_box(b"given.family17@corp.example"))));
    let (prefix, identity) = (IdPrefix::new("engagement", "control", "check"), ["R00deadbeef".to_owned()]);
    group.bench_function("the id of a finding", |bencher| bencher.iter(|| FindingId::of(&prefix, black_box(&identity))));
    group.finish();
}

fn set(plan: &Plan, values: &[String], identity: &Identity) -> KeySetBuilder {
    let mut set = KeySetBuilder::new(&plan.lookups[0], SEED);
    let values: Vec<(&[u8], u32)> = values.iter().map(|value| (value.as_bytes(), 0)).collect();
    set.insert(identity, &values, |_| Home::Roster, |_| true);
    set
}

fn sets(criterion: &mut Criterion, plan: &Plan) {
    let identity = nobody();
    let values: Vec<String> = (0..KEYS).map(|number| format!("given.family{}@corp.example", number * 7919 % 1_000_003)).collect();
    let whole = set(plan, &values, &identity).freeze(false);
    let mut group = criterion.benchmark_group("key set of 150 000, per key");
    group.sample_size(20);
    group.throughput(Throughput::Elements(KEYS as u64));
    group.bench_function("insert", |bencher| bencher.iter_with_large_drop(|| set(plan, black_box(&values), &identity)));
    let (left, right) = values.split_at(KEYS / 2);
    let halves = (set(plan, left, &identity), set(plan, right, &identity));
    group.throughput(Throughput::Elements(KEYS as u64 / 2));
    group.bench_function("merge of two halves", |bencher| {
        bencher.iter_batched(
            || halves.clone(),
            |(mut left, right)| {
                left.merge(right);
                left
            },
            BatchSize::LargeInput,
        );
    });
    group.throughput(Throughput::Elements(KEYS as u64));
    group.bench_function("freeze", |bencher| {
        bencher.iter_batched(|| set(plan, &values, &identity), |set| set.freeze(false), BatchSize::PerIteration);
    });
    group.throughput(Throughput::Elements(LOOKED_UP as u64));
    for (name, known) in [("look up what is there", true), ("look up what is not", false)] {
        let asked: Vec<String> =
            (0..LOOKED_UP).map(|number| if known { values[number * 31 % KEYS].clone() } else { format!("nobody{number}@corp.example") }).collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (mut lookup, mut found) = (Lookup::default(), 0);
                let values: Vec<(&[u8], u32)> = asked.iter().map(|value| (value.as_bytes(), 0)).collect();
                whole.contains_all(
                    &identity,
                    &values,
                    |_| Home::Roster,
                    (0, 0),
                    &mut lookup,
                    |contained| found += usize::from(contained == Contained::Yes),
                );
                assert_eq!(found, if known { LOOKED_UP } else { 0 });
            });
        });
    }
    group.finish();
}
