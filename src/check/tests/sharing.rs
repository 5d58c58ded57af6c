//! What checks share is not seen in what is told about them.

use proptest::prelude::*;

use super::properties::{ROOM, records};
use super::{Trial, trials};

/// Checks that share much: keys that hold each other, groups, tests, subjects.
const CHECKS: [&str; 22] = [
    "unique: { dataset: role_assignments, key: [role_id] }",
    "unique: { dataset: role_assignments, key: [role_id, principal] }",
    "unique: { dataset: role_assignments, key: [principal, role_id, state] }",
    "unique: { dataset: role_assignments, key: [principal, state] }",
    "unique: { dataset: role_assignments, key: [principal, state] }\nidentity: [state, principal]",
    "unique: { dataset: role_assignments, key: [state, role_id] }\nidentity: [role_id, state]",
    "unique: { dataset: role_assignments, where: { field: state, is: active }, key: [role_id] }",
    "unique: { dataset: role_assignments, where: { field: state, is: active }, key: [role_id, principal] }",
    "per_group: { dataset: role_assignments, key: [role_id], count: { where: { field: state, is: active }, at_least: 1, at_most: 2 } }",
    "per_group: { dataset: role_assignments, key: [role_id], count: { where: { field: state, is: 'off' }, at_most: 1 } }",
    "per_group: { dataset: role_assignments, key: [role_id], count: { where: { field: principal, is: '1' }, at_most: 1 } }",
    "per_group: { dataset: role_assignments, key: [role_id], count: { distinct: principal, at_most: 2 } }\nidentity: [role_id]",
    "per_group: { dataset: role_assignments, where: { field: state, is: active }, key: [principal], count: { at_most: 2 } }",
    "per_group: { dataset: role_assignments, where: { field: state, is: active }, key: [principal], count: { where: { field: role_id, is: a }, at_least: 1 } }",
    "covers: { expected: { list: [a, b] }, subjects: { dataset: people, key: person_id }, by: { dataset: role_assignments, where: { field: state, is: active }, entry: role_id, subject: principal } }",
    "covers: { expected: { list: [b] }, subjects: { dataset: people, key: person_id }, by: { dataset: role_assignments, entry: role_id, subject: principal }, at_most: 1 }",
    "refers_to: { dataset: role_assignments, field: principal, to: { dataset: people, key: person_id } }\nidentity: [assignment_id]",
    "refers_to: { dataset: role_assignments, where: { field: state, is: active }, field: principal, to: { dataset: people, key: person_id } }\nidentity: [role_id]",
    "each_record: { dataset: role_assignments, where: { field: state, in: [active, x] }, expect: { field: principal, is: anna } }\nidentity: [assignment_id]",
    "each_record: { dataset: role_assignments, where: { field: state, starts_with: a }, expect: { field: role_id, is: a } }\nidentity: [assignment_id]",
    "each_record: { dataset: role_assignments, expect: { any: [ { field: state, length: { at_least: 4 } }, { field: role_id, matches: b } ] } }\nidentity: [role_id]",
    "each_record: { dataset: role_assignments, expect: { not: { all: [ { field: state, is: active }, { field: role_id, is: a } ] } } }\nidentity: [state]",
];

/// A check that stands before the others and shares nothing: it names all fields, so that columns
/// have the same numbers in every plan. Of several reasons that of the least column is told.
const OPENING: &str = "refers_to:
              dataset: role_assignments
              where: { all: [ { field: assignment_id, is: z }, { field: principal, is: z }, { field: role_id, is: z }, { field: state, is: z } ] }
              field: justification
              to: { dataset: people, key: person_id, where: { field: email, is: z } }
            identity: [assignment_id]";

fn with_roster(trial: Trial, whole: bool) -> Trial {
    if whole { trial.roster() } else { trial.broken_roster() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_check_is_told_the_same_together_with_others_and_alone(
        records in records(1..60),
        chosen in prop::sample::subsequence((0..CHECKS.len()).collect::<Vec<_>>(), 2..12).prop_shuffle(),
        whole in any::<bool>(),
    ) {
        let ids: Vec<String> = chosen.iter().map(|number| format!("k{number}")).collect();
        let checks: Vec<(&str, &str)> = ids.iter().zip(&chosen).map(|(id, number)| (id.as_str(), CHECKS[*number])).collect();
        let of = |checks: &[(&str, &str)]| {
            let checks = [&[("opening", OPENING)], checks].concat();
            with_roster(trials(&checks), whole).with("role_assignments", &records.join("; "))
        };
        let alone: Vec<_> = checks.iter().map(|check| of(std::slice::from_ref(check)).run_all().remove(1)).collect();
        for (block_size, memory) in [(1 << 16, ROOM), (100, ROOM), (1000, 0)] {
            let together = Trial { block_size, memory, ..of(&checks) }.run_all();
            for ((told, alone), (_, check)) in together.iter().skip(1).zip(&alone).zip(&checks) {
                prop_assert_eq!(told, alone, "{} in blocks of {}", check, block_size);
            }
        }
    }
}

/// Checks that name entries by the values of one column.
const NAMING: [&str; 4] = [
    "covers: { expected: { list: [a, b] }, by: { dataset: events, entry: action } }",
    "covers: { expected: { list: [b, c] }, by: { dataset: events, entry: action }, at_least: 0, at_most: 1 }",
    "covers: { expected: { list: [later] }, by: { dataset: events, entry: action } }",
    "recurs: { expected: { list: [a, c] }, by: { dataset: events, entry: action, time: time }, every_days: 30 }",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entries_that_many_checks_name_are_those_that_each_names(records in prop::collection::vec((0_usize..6, 0_usize..3), 0..40)) {
        // An event after the as-of date is none yet.
        let record = |(action, time): &(usize, usize)| {
            let action = ["action=a", "action=b", "action=c", "action=", "", "action={}"][*action];
            let time = ["2026-05-01", "2026-06-20", "2099-01-01"][*time];
            format!("{} time={time}", if time.starts_with("2099") && action == "action=c" { "action=later" } else { action })
        };
        let records = records.iter().map(record).collect::<Vec<_>>().join("; ");
        let of = |checks: &[(&str, &str)]| trials(checks).with("events", &records);
        let checks: Vec<(&str, &str)> = ["k0", "k1", "k2", "k3"].into_iter().zip(NAMING).collect();
        let alone: Vec<_> = checks.iter().map(|check| of(std::slice::from_ref(check)).run_all().remove(0)).collect();
        prop_assert_eq!(of(&checks).run_all(), alone);
    }
}

#[test]
fn checks_that_ask_the_same_of_the_same_records_share_a_state() {
    let units = |checks: &[usize]| {
        let ids: Vec<String> = checks.iter().map(|number| format!("k{number}")).collect();
        trials(&ids.iter().zip(checks).map(|(id, number)| (id.as_str(), CHECKS[*number])).collect::<Vec<_>>()).units()
    };
    // The shorter key leads, whichever comes first; one with persons leads its equals alone.
    assert_eq!(units(&[1, 0, 2]), [[1, 0, 2]]);
    assert_eq!(units(&[1, 2]), [[0], [1]]);
    assert_eq!(units(&[3, 4]), [[0, 1]]);
    // Other records are another state.
    assert_eq!(units(&[0, 6, 7]), [vec![0], vec![1, 2]]);
    assert_eq!(units(&[8, 9, 10, 11, 12, 13]), [vec![0, 1, 2, 3], vec![4, 5]]);
}
