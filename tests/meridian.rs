//! The example organisation: what was planted is found, and nothing else;
//! less evidence never gives a better result; the same evidence gives the
//! same bytes.

mod common;

use common::{checks, copy, laws, organisation, scan};

/// Checks whose findings are about something that no record has.
const MISSING_EVERYWHERE: [&str; 22] = [
    "3-consulted/somebody-consulted",
    "3-informed/somebody-informed",
    "5.2-a-protection/protection-assigned",
    "5.2-b-processes/process-assigned",
    "5.2-named-parties/party-in-matrix",
    "6.1.1-b-process-owner/process-carried-out",
    "6.1.1-e-coordination/oversight-carried-out",
    "additional-tasks/one-accountable",
    "continuous-audit/control-audited",
    "core-tasks/one-responsible",
    "function-owner/one-owner",
    "function-owner/owner-there",
    "function-people/staffed",
    "intune-built-in/built-in-present",
    "issm-additional-tasks/one-accountable",
    "key-relationships/relationship-named",
    "policy-and-standards/in-force",
    "regulation-compliance/regulation-reviewed",
    "role-held/holder-active",
    "soc-csirt-separate/telling-with-csirt",
    "soc-role-duties/duty-to-holder",
    "soc-tell-duty/one-answers-for-telling",
];

#[test]
fn what_was_planted_is_found_and_nothing_else() {
    laws::planted_is_found("meridian", &MISSING_EVERYWHERE);
}

#[test]
fn citations_stand_where_they_say() {
    laws::citations_stand("meridian");
}

#[test]
fn without_defects_everything_is_satisfied_and_nothing_undecided() {
    laws::everything_is_satisfied("meridian-clean", 13);
}

#[test]
fn a_missing_export_leaves_its_checks_undecided_and_all_others_as_they_were() {
    laws::a_missing_export_decides_nothing("meridian");
    laws::a_missing_export_decides_nothing("meridian-clean");
}

#[test]
fn half_an_export_is_an_incomplete_population() {
    laws::half_an_export_is_incomplete("meridian");
    laws::half_an_export_is_incomplete("meridian-clean");
}

#[test]
fn the_bytes_do_not_depend_on_threads_blocks_seeds_or_folder_names() {
    laws::the_bytes_are_the_same("meridian");
}

#[test]
fn finding_ids_survive_shuffled_rows_and_renamed_files() {
    laws::ids_survive_shuffling("meridian");
}

#[test]
fn an_export_made_after_the_as_of_date_is_not_used() {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("meridian-clean"), temporary.path());
    let file = temporary.path().join("engagement.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("exported_at:\n", "exported_at:\n  - { path: sites.csv, at: 2026-11-02 }\n")).unwrap();
    let scanned = scan(temporary.path(), &[]);
    assert_eq!(scanned.code, 3);
    assert_eq!(checks(&scanned.report)["5.2-sites/site-client-named"]["reason"], "later-exports: sites");
}

#[test]
fn a_control_that_does_not_apply_is_neither_satisfied_nor_failed() {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), temporary.path());
    let file = temporary.path().join("engagement.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "not_applicable:\n  - { control: 5.2-sites, justification: There is one site only. }\n").unwrap();
    let scanned = scan(temporary.path(), &[]);
    let control = scanned.report["controls"].as_array().unwrap().iter().find(|control| control["id"] == "5.2-sites").unwrap();
    assert_eq!(control["determination"], "not-determined");
    assert_eq!(control["applicability"]["applicable"], false);
    assert!(control["checks"].as_array().unwrap().iter().all(|check| check["outcome"] == "not-applicable"));
    assert_eq!(scanned.code, 1);
}
