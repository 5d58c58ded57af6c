//! What holds of every kind of check, whatever the evidence.

use proptest::prelude::*;

use super::{Told, Trial, trial};

/// A check over one dataset of persons and roles, and how many items the
/// records that are not rejected make, at least and at most.
const CHECKS: [&str; 12] = [
    "each_record: { dataset: role_assignments, where: { field: state, is: active }, expect: { field: principal, is: '1' } }\nidentity: [assignment_id]",
    "recurs: { expected: { list: [a, b] }, subjects: { dataset: people, key: person_id }, by: { dataset: role_assignments, where: { field: state, is: active }, entry: role_id, subject: principal, time: granted_at }, every_days: 40 }",
    "without_gap: { expected: { list: [a, b] }, subjects: { dataset: people, key: person_id }, by: { dataset: role_assignments, where: { field: state, is: active }, entry: role_id, subject: principal, from: granted_at, to: expires_at }, at_most: 1 }",
    "without_gap: { expected: { dataset: people, key: person_id }, window: { from: start_date, to: end_date }, by: { dataset: role_assignments, where: { field: state, is: active }, entry: principal, from: granted_at, to: expires_at } }",
    "unique: { dataset: role_assignments, where: { field: state, is: active }, key: [principal, role_id] }",
    "per_group: { dataset: role_assignments, where: { field: state, is: active }, key: [principal], count: { where: { field: role_id, is: a }, at_least: 1, at_most: 1 } }",
    "per_group: { dataset: role_assignments, key: [role_id], count: { where: { field: state, is: active }, distinct: principal, at_most: 2 } }",
    "covers: { expected: { list: [a, b] }, subjects: { dataset: people, key: person_id }, by: { dataset: role_assignments, where: { field: state, is: active }, entry: role_id, subject: principal }, at_least: 1, at_most: 2 }",
    "held_apart:
              left: { dataset: role_assignments, where: { all: [ { field: role_id, is: a }, { field: state, is: active } ] }, subject: principal }
              right: { dataset: role_assignments, where: { field: role_id, is: b }, subject: principal }",
    "reconcile:
              left: { dataset: role_assignments, where: { field: role_id, is: a }, key: [principal] }
              right: { dataset: role_assignments, where: { field: role_id, is: b }, key: [principal] }
              agree: [ { left: state, right: state } ]",
    "reconcile:
              left: { dataset: role_assignments, where: { field: state, is: active }, key: [role_id] }
              right: { dataset: role_assignments, key: [role_id] }
              agree: [ { left: principal, right: principal } ]
              missing: right",
    "ordered: { dataset: role_assignments, where: { field: state, is: active }, key: [principal], level: role_id, levels: { list: [a, b] } }",
];

fn cell(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let values = values.iter().map(|value| format!("{name}={value}")).chain([String::new(), format!("{name}="), format!("{name}={{}}")]);
    prop::sample::select(values.collect::<Vec<_>>())
}

pub(super) fn records(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    let principal = cell("principal", &["1", "anna", "2", "3", "shared", "x", "X", "x"]);
    let granted = cell("granted_at", &["2026-10-30", "2026-10-30T10:00:00Z", "2026-09-01", "2026-01-01"]);
    let expires = cell("expires_at", &["2026-12-31", "2026-10-30T09:00:00Z", "2026-11-01", "2026-09-30"]);
    let record = (principal, cell("role_id", &["a", "b"]), cell("state", &["active", "active", "active", "off"]), granted, expires);
    let record =
        record.prop_map(|(principal, role, state, granted, expires)| format!("assignment_id=i {principal} {role} {state} {granted} {expires}"));
    prop::collection::vec(prop_oneof![9 => record, 1 => Just("broken".to_owned())], count)
}

/// With room for everything.
pub(super) const ROOM: usize = usize::MAX;

fn run(check: &str, records: &[String], whole_roster: bool, (block_size, memory): (usize, usize)) -> Told {
    let trial = if whole_roster { trial(check).roster() } else { trial(check).broken_roster() };
    Trial { block_size, memory, ..trial }.with("role_assignments", &records.join("; ")).run()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_add_up_and_neither_order_nor_blocks_nor_memory_nor_a_broken_roster_help(records in records(1..9), turn in any::<prop::sample::Index>()) {
        for check in CHECKS {
            let told = run(check, &records, true, (1 << 16, ROOM));
            let result = &told.result;
            prop_assert_eq!(result.population, result.excluded + result.undecided + result.evaluated);
            prop_assert!(result.exceptions <= result.evaluated);
            prop_assert_eq!(result.undecided, result.undecided_by.iter().map(|reason| reason.count).sum::<u64>());
            let rejected = records.iter().filter(|record| *record == "broken").count() as u64;
            let of_records = matches!(check.split(':').next(), Some("each_record" | "unique"));
            if of_records {
                prop_assert_eq!(result.population, records.len() as u64);
            }
            let told_rejected = result.undecided_by.iter().filter(|reason| reason.reason.starts_with("record-rejected")).map(|reason| reason.count).sum::<u64>();
            prop_assert_eq!(told_rejected, rejected);

            prop_assert_eq!(run(check, &records, true, (1, ROOM)).to_string(), told.to_string());
            // What does not fit memory is put away after every block, and nothing is lost or told otherwise.
            for block_size in [1, 100, 1 << 16] {
                prop_assert_eq!(&run(check, &records, true, (block_size, 0)), &run(check, &records, true, (block_size, ROOM)));
            }
            let mut turned = records.clone();
            turned.rotate_left(turn.index(records.len()));
            prop_assert_eq!(run(check, &turned, true, (1 << 16, ROOM)).to_string(), told.to_string());

            // Whatever is decided without a whole roster is decided with it, too.
            let less = run(check, &records, false, (1 << 16, ROOM));
            let conforming = |told: &Told| told.result.evaluated - told.result.exceptions;
            prop_assert!(conforming(&less) <= conforming(&told), "{} | {}", told, less);
            prop_assert!(less.result.exceptions <= result.exceptions, "{} | {}", told, less);
        }
    }
}
