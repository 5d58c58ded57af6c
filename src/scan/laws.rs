//! The laws of check states, on every check of the built-in packs over the
//! example organisation: however blocks are grouped and merged, the state is
//! the same; merging with one that has seen nothing changes nothing; a state
//! survives its own serialisation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::ground::Ground;
use super::keys::{Keys, keys, keys_within};
use super::overflow::Temporary;
use super::{Input, judge, round};
use crate::check::{CheckState, Fold, Marks, Operator, pairing};
use crate::cli::Taking;
use crate::key::memory::{Memory, Overflow};
use crate::pack::load::LoadedPack;
use crate::pack::{Pack, resolve};
use crate::plan::{Frame, Plan, Unit};
use crate::predicate::compiled::Context;
use crate::predicate::memo::Memo;
use crate::report::Period;
use crate::settings::{Settings, settle};

mod kinds;

fn settings(block_size: usize) -> Settings {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/organisations/meridian");
    let taking = Taking { paths: vec![folder], block_size: Some(block_size), seed: Some(7), ..Taking::default() };
    settle(&taking, &[PathBuf::from("rolecall-report")]).unwrap()
}

/// Checks of kinds that the built-in packs do not all have.
fn over_time(settings: &Settings) -> Pack {
    let pack = b"id: laws\ntitle: T\nversion: '1'\nedition: '1'\nstandard: T\n";
    let files = [("pack.yaml", &pack[..]), ("laws.yaml", include_bytes!("laws/over_time.yaml"))];
    resolve::resolve(&LoadedPack::from_files("laws", "laws", &files), &BTreeMap::new(), &settings.catalogue.kinds).unwrap()
}

/// The states of every check, one set a block.
fn per_block(ground: &Ground<'_>, keys: &Keys) -> Vec<Vec<CheckState>> {
    let plan = &ground.plan;
    let layouts = ground.layouts(&(0..).take(plan.datasets.len()).collect());
    let context = Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let (workers, _) = round::run(&ground.tasks(&layouts), ground.blocks, Vec::new, |all: &mut Vec<Vec<CheckState>>, block| {
        let mut states = fitting(plan, keys);
        for batch in block.batches() {
            let Some(dataset) = ground.table(batch.table).and_then(|table| table.dataset) else { continue };
            let mut marks = Marks::default();
            ground.mark(dataset, &batch, &mut marks);
            for (state, unit) in states.iter_mut().zip(&plan.units) {
                let (operators, first) = (unit.operators(&plan.checks), unit.checks[0]);
                let fold = Fold { context, prefix: &plan.checks[first].prefix, marks: &marks, domain: keys.domains[first].as_ref() };
                for (feed, _) in (0_u8..).zip(unit.feeds(&plan.checks)).filter(|(_, fed)| **fed == dataset) {
                    state.fold(&operators, feed, &batch, &fold);
                }
            }
        }
        all.push(states);
    });
    workers.into_iter().flatten().collect()
}

/// As a scan makes them.
fn fitting(plan: &Plan, keys: &Keys) -> Vec<CheckState> {
    let (memory, mut grids) = (Arc::new(Memory::new(usize::MAX, Box::new(Temporary::default()))), pairing::GRIDS);
    let of = |unit: &Unit| {
        let domain = keys.domains[unit.checks[0]].as_ref();
        CheckState::within(&unit.operators(&plan.checks), (plan.list_max, plan.seed), &memory, domain, &mut grids)
    };
    plan.units.iter().map(of).collect()
}

fn empty(plan: &Plan) -> Vec<CheckState> {
    plan.units.iter().map(|unit| CheckState::identity(&unit.operators(&plan.checks), plan.list_max, plan.seed)).collect()
}

fn merge(mut left: Vec<CheckState>, right: Vec<CheckState>) -> Vec<CheckState> {
    left.iter_mut().zip(right).for_each(|(left, right)| left.merge(right));
    left
}

fn with_ground(block_size: usize, test: impl FnOnce(&Ground<'_>, &Keys)) {
    let mut settings = settings(block_size);
    settings.packs.push(over_time(&settings));
    settings.packs.push(kinds::pack(&settings.catalogue.kinds));
    let frame = Frame {
        as_of: settings.as_of,
        period: settings.period.as_ref().and_then(Period::days),
        engagement: settings.engagement.as_ref().map(|loaded| &loaded.engagement),
        kinds: &settings.catalogue.kinds,
        seed: settings.seed,
        // Short lists are cut: which findings stay must not depend on the order either.
        list_max: 2,
    };
    let plan = Plan::new(&settings.packs, frame).unwrap();
    let input = Input { list_max: 2, ..settings.input() };
    let blocks = round::Blocks { size: settings.block_size, seed: 7 };
    let ground = Ground::new(&input, settings.survey.clone(), plan, blocks);
    let keys = keys(&ground);
    test(&ground, &keys);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merging_is_associative_and_commutative(block_size in 300_usize..6000, choices in proptest::collection::vec(any::<prop::sample::Index>(), 4000)) {
        with_ground(block_size, |ground, keys| {
            let blocks = per_block(ground, keys);
            let in_order = blocks.iter().cloned().fold(empty(&ground.plan), merge);
            // Two of the heap are merged, whichever, until one is left.
            let mut heap = blocks;
            let mut choices = choices.iter().cycle();
            while heap.len() > 1 {
                let left = heap.swap_remove(choices.next().unwrap().index(heap.len()));
                let right = heap.swap_remove(choices.next().unwrap().index(heap.len()));
                heap.push(merge(left, right));
            }
            let shuffled = heap.pop().unwrap();
            for ((unit, left), right) in ground.plan.units.iter().zip(&in_order).zip(&shuffled) {
                assert!(left == right, "{:?}", unit.operators(&ground.plan.checks));
            }
        });
    }
}

#[test]
fn nothing_is_the_identity_and_serialisation_keeps_everything() {
    with_ground(2000, |ground, keys| {
        for states in per_block(ground, keys) {
            let none = || empty(&ground.plan);
            assert!(merge(none(), states.clone()) == states);
            assert!(merge(states.clone(), none()) == states);
            for state in states {
                let text = serde_json::to_string(&state).unwrap();
                assert!(serde_json::from_str::<CheckState>(&text).unwrap() == state, "{text}");
            }
        }
    });
}

/// A store that keeps nothing.
#[derive(Debug)]
struct Full;

impl Overflow for Full {
    fn put(&self, _: &[u8]) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn get(&self, _: u64, _: usize) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// What is put away after every block comes to the same state; what cannot be put away is told.
#[test]
fn what_does_not_fit_memory_is_put_away_and_nothing_is_lost_silently() {
    with_ground(2000, |ground, keys| {
        let fitting = judge::judge(ground, keys, &Arc::new(Memory::new(usize::MAX, Box::new(Temporary::default()))));
        let short = judge::judge(ground, keys, &Arc::new(Memory::new(0, Box::new(Temporary::default()))));
        let lossy = judge::judge(ground, keys, &Arc::new(Memory::new(0, Box::new(Full))));
        let mut lost = 0;
        for (number, unit) in ground.plan.units.iter().enumerate() {
            let operators = unit.operators(&ground.plan.checks);
            assert!(fitting.states[number] == short.states[number], "{operators:?}");
            assert!(short.states[number].memory().is_none_or(|memory| memory.is_whole()));
            // A state that has seen nothing has lost nothing.
            let lossless = lossy.states[number].memory().is_none_or(|memory| memory.is_whole());
            lost += usize::from(!lossless);
            assert!(!lossless || lossy.states[number] == fitting.states[number], "{operators:?}");
        }
        assert!(lost > 3, "hardly anything was put away: {lost}");
    });
}

/// What the keys round keeps of its reading, and what it reads again, changes nothing.
#[test]
fn keys_are_the_same_whatever_is_kept() {
    with_ground(2000, |ground, keys| {
        // Nothing; some small files; files that fit and what is made of them does not.
        let sizes: u64 = ground.input.blobs.iter().map(|blob| blob.size).sum();
        for room in [0, 2000, 10_000, usize::try_from(sizes).unwrap()] {
            let other = keys_within(ground, room);
            assert!(other.sets == keys.sets, "{room}");
            let (identities, known) = (&other.identities, &keys.identities);
            assert_eq!((identities.resolved, identities.unresolved, &identities.notes), (known.resolved, known.unresolved, &known.notes));
            assert!(identities.tables == known.tables, "{room}");
            let digests = |keys: &Keys| keys.reads.iter().map(|(file, read)| (*file, read.sha256.clone(), read.bytes)).collect::<Vec<_>>();
            assert_eq!(digests(&other), digests(keys));
            let made = other.domains.iter().zip(&keys.domains).filter_map(|(left, right)| left.as_ref().zip(right.as_ref()));
            let mut compared = 0;
            for (left, right) in made {
                assert!(left.subjects == right.subjects && left.without == right.without, "{room}");
                compared += left.subjects.iter().chain(&left.without).map(|members| members.table.len()).sum::<usize>();
            }
            assert!(compared > 100, "hardly anything was compared");
        }
    });
}

/// Test by test over many records, or record by record: one predicate, one answer.
#[test]
fn a_predicate_says_of_many_records_what_it_says_of_each() {
    with_ground(2000, |ground, keys| {
        let plan = &ground.plan;
        let layouts = ground.layouts(&(0..).take(plan.datasets.len()).collect());
        let context = Context { as_of: plan.as_of, identity: &keys.identity, sets: &keys.sets };
        let (workers, _) = round::run(&ground.tasks(&layouts), ground.blocks, Vec::new, |told: &mut Vec<(usize, Option<String>)>, block| {
            for batch in block.batches() {
                let Some(dataset) = ground.table(batch.table).and_then(|table| table.dataset) else { continue };
                let all: Vec<u32> = (0..).take(batch.len()).collect();
                let memo = Memo::default();
                for check in plan.checks.iter().filter(|check| check.feeds.contains(&dataset)) {
                    let Operator::Records(records) = &check.operator else { continue };
                    for predicate in records.filter.iter().chain([&records.expect]) {
                        let mut scratch = Vec::new();
                        let each: Vec<_> = all.iter().map(|record| predicate.decide(&batch, *record as usize, &context, &mut scratch)).collect();
                        // A round catches panics, so what differs is carried out of it.
                        let differs = predicate.decide_all(&batch, &all, &context, &memo).iter().collect::<Vec<_>>() != each;
                        told.push((each.len(), differs.then(|| format!("{predicate:?}"))));
                    }
                }
            }
        });
        let told: Vec<_> = workers.into_iter().flatten().collect();
        let differing: Vec<&String> = told.iter().filter_map(|(_, differs)| differs.as_ref()).collect();
        assert!(differing.is_empty(), "{differing:?}");
        assert!(told.iter().map(|(compared, _)| compared).sum::<usize>() > 1000, "hardly anything was compared");
    });
}
