//! Every built-in pack proves itself: its examples come out as they say, and
//! evidence that is absent, empty, stale, incomplete or unreadable never passes.

use std::collections::BTreeSet;

use rolecall::diagnostic::Diagnostics;
use rolecall::exercise::{Exercised, exercise};
use rolecall::pack::load::LoadedPack;
use rolecall::pack::{Pack, resolve};
use rolecall::source::kinds::FieldKinds;

fn exercised(loaded: &LoadedPack) -> Result<Exercised, Diagnostics> {
    rolecall::parallel::within(0, || exercise(loaded, &kinds())).unwrap()
}

fn kinds() -> FieldKinds {
    rolecall::source::load::load(&rolecall::source::load::built_in()).unwrap().kinds
}

fn built_in() -> Vec<LoadedPack> {
    let packs: Vec<LoadedPack> = rolecall::embedded::packs().iter().filter_map(|pack| LoadedPack::built_in(pack.id)).collect();
    assert!(!packs.is_empty());
    packs
}

fn resolved(loaded: &LoadedPack) -> Pack {
    resolve::resolve(loaded, &std::collections::BTreeMap::new(), &kinds()).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_example_comes_out_as_it_says_and_damaged_evidence_never_passes() {
    for loaded in built_in() {
        let done = exercised(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(done.failures.is_empty(), "{}:\n{}", loaded.id, done.failures.join("\n"));
        let (examples, _) = loaded.examples();
        assert_eq!(done.examples, examples.len(), "{}: every example is run", loaded.id);
        let passing = examples.iter().filter(|example| example.passes).count();
        assert!(done.mutations >= done.checks, "{}: {} mutations of {} checks", loaded.id, done.mutations, done.checks);
        // Each is damaged at least by absence, emptiness, age and unreadable records.
        assert!(done.damaged >= 4 * passing, "{}: {} damaged variants of {passing} passing examples", loaded.id, done.damaged);
    }
}

#[test]
fn every_pack_is_free_of_mistakes() {
    for loaded in built_in() {
        let found = resolve::lint(&loaded, &kinds());
        assert!(found.errors.is_empty(), "{}", found.errors);
        assert!(found.warnings.is_empty(), "{}", found.warnings);
    }
}

#[test]
fn every_control_is_shown_twice_each_way_and_every_check_failing() {
    for loaded in built_in() {
        let (examples, problems) = loaded.examples();
        assert!(problems.is_empty(), "{problems}");
        let pack = resolved(&loaded);
        for control in &pack.controls {
            let own = || examples.iter().filter(|example| example.control == control.id);
            for passes in [true, false] {
                let shown = own().filter(|example| example.passes == passes).count();
                assert!(shown >= 2, "{}: {shown} examples whose passing is {passes}; one of two is an edge", control.id);
            }
            let shown: BTreeSet<&str> = own().flat_map(|example| &example.findings).map(|finding| finding.check.as_str()).collect();
            for check in &control.checks {
                assert!(shown.contains(check.id.as_str()), "no example fails {}/{}", control.id, check.id);
            }
        }
        let known: BTreeSet<&str> = pack.controls.iter().map(|control| control.id.as_str()).collect();
        for example in &examples {
            assert!(known.contains(example.control.as_str()), "{} is of no control", example.file);
        }
    }
}

/// The exercise can fail: an example that claims what is not so is named.
#[test]
fn an_example_that_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("iso-27002");
    for (path, bytes) in
        rolecall::embedded::packs().iter().find(|pack| pack.id == "iso-27002").unwrap().files.iter().map(|file| (file.path, file.bytes))
    {
        if path == "pack.yaml" || path.contains("5.2-sites") {
            let target = copied.join(path);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, bytes).unwrap();
        }
    }
    let passing = copied.join("examples/5.2-sites/pass-reached.yaml");
    let text = std::fs::read_to_string(&passing).unwrap();
    let broken = text.replace("client: Own use", "client: ''");
    assert_ne!(broken, text);
    std::fs::write(&passing, broken).unwrap();
    let done = exercised(&LoadedPack::from_folder(&copied).unwrap()).unwrap_or_else(|problems| panic!("{problems}"));
    let failures = done.failures.join("\n");
    assert!(failures.contains("pass-reached.yaml: site-client-named must pass, but: fail"), "{failures}");
    assert!(failures.contains("site_id S1"), "{failures}");
}

/// The tables of work roles are those of the official files: as many roles, codes, tasks and pairs as these have.
#[test]
fn the_tables_of_work_roles_have_the_official_counts() {
    let packs: Vec<Pack> =
        built_in().iter().filter(|loaded| ["nice", "nice-2.1.0", "dcwf", "cisa"].contains(&loaded.id.as_str())).map(resolved).collect();
    let rows = |pack: &str, table: &str| &packs.iter().find(|own| own.id == pack).unwrap().tables[table].rows;
    let counts = |pack: &str, tables: &[&str]| tables.iter().map(|table| rows(pack, table).len()).collect::<Vec<_>>();
    // NICE 2017: 52 roles; 1,339 pairs of a role and a task, each core or additional.
    assert_eq!(counts("nice", &["work_roles", "tasks", "core_tasks", "additional_tasks"]), [52, 1006, 743, 596]);
    // NICE 2.1.0: 41 roles, 40 codes of 39 of them, 946 tasks; 938 ids of 2017 are gone.
    assert_eq!(counts("nice-2.1.0", &["work_roles", "role_codes", "tasks", "tasks_only_2017"]), [41, 40, 946, 938]);
    // DCWF 5.1: 74 codes, 1,277 tasks; an older list ties 878 of them to NICE 2017.
    assert_eq!(counts("dcwf", &["work_roles", "tasks", "nist_ids"]), [74, 1277, 878]);
    // OPM 2016 has 53 rows with 000, DCWF 5.1 has 74 codes beside it.
    assert_eq!(counts("cisa", &["codes_opm_2016", "codes_dcwf_5_1"]), [53, 75]);
    // Role 722: 29 core tasks, 24 or 25 additional ones by the edition; 14 competencies, 20 knowledge items, one skill.
    assert_eq!(counts("cisa", &["issm_core_tasks", "issm_competencies", "issm_knowledge", "issm_skills"]), [29, 14, 20, 1]);
    let of = |edition: &str| rows("cisa", "issm_additional_tasks").iter().filter(|row| row[0] == edition).count();
    assert_eq!((of("opm-2016"), of("dcwf-5.1")), (24, 25));
    let pairs: BTreeSet<_> =
        ["core_tasks", "additional_tasks"].into_iter().flat_map(|table| rows("nice", table)).map(|row| (&row[0], &row[1])).collect();
    assert_eq!(pairs.len(), 1339, "no pair twice");
    // A role of 2.1.0 has a row for each of its names, a task of the DoD for each of its: pairs count once.
    let pairs: BTreeSet<_> = rows("nice-2.1.0", "role_tasks").iter().map(|row| (&row[0], &row[2])).collect();
    assert_eq!(pairs.len(), 1429);
    let pairs = |table: &str| rows("dcwf", table).iter().map(|row| (&row[0], &row[1])).collect::<BTreeSet<_>>();
    assert_eq!(
        (pairs("core_tasks").len() + pairs("additional_tasks").len(), pairs("core_tasks").is_disjoint(&pairs("additional_tasks"))),
        (2065, true)
    );
    // A short title of our own stands for each core task of role 722, not its id.
    assert!(rows("cisa", "issm_core_tasks").iter().all(|row| row[0] != row[3] && !row[3].is_empty()));
}
