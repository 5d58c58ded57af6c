//! The example guard company: what holds of the example organisation holds of it.

mod common;

use common::laws;

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    let nowhere = [
        "3-consulted/somebody-consulted",
        "3-informed/somebody-informed",
        "board-informed/report-recent",
        "continuous-audit/control-audited",
        "continuous-audit/policy-audited",
        "duties-owned/duty-carried-out",
        "own-manager-makes/policies-current",
        "own-manager-makes/policies-owned",
        "policy-compliance-inside/policy-checked",
        "regulation-compliance/regulation-owned",
        "regulation-compliance/regulation-reviewed",
        "vendor-contracts/service-under-contract",
    ];
    laws::planted_is_found("castellan", &nowhere);
}

#[test]
fn every_control_has_a_defect() {
    laws::every_control_fails("castellan", &[]);
}

#[test]
fn citations_stand_where_they_say() {
    laws::citations_stand("castellan");
}

#[test]
fn without_defects_everything_is_satisfied_and_nothing_undecided() {
    laws::everything_is_satisfied("castellan-clean", 0);
}

#[test]
fn a_missing_export_leaves_its_checks_undecided_and_all_others_as_they_were() {
    laws::a_missing_export_decides_nothing("castellan");
}

#[test]
fn a_missing_export_satisfies_nothing() {
    laws::a_missing_export_decides_nothing("castellan-clean");
}

#[test]
fn half_an_export_is_an_incomplete_population() {
    laws::half_an_export_is_incomplete("castellan");
}

#[test]
fn half_an_export_satisfies_nothing() {
    laws::half_an_export_is_incomplete("castellan-clean");
}

#[test]
fn the_bytes_do_not_depend_on_threads_blocks_seeds_or_folder_names() {
    laws::the_bytes_are_the_same("castellan");
}

#[test]
fn finding_ids_survive_shuffled_rows_and_renamed_files() {
    laws::ids_survive_shuffling("castellan");
}
