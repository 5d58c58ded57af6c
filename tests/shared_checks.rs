//! Packs of several frameworks ask for the same: what is equal in two packs is
//! kept and tested once, and each control has its own result.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{checks, scan};
use rolecall::calendar::Day;
use rolecall::check::Operator;
use rolecall::pack::load::LoadedPack;
use rolecall::pack::{Pack, resolve};
use rolecall::plan::{Frame, Plan};
use rolecall::source::kinds::FieldKinds;

const CHECKS: &str = "\
checks:
  - { id: known-once, title: Nobody stands there twice, severity: low, unit: person, unique: { dataset: people, key: [email] } }
  - { id: few, title: No department has more than two, severity: low, unit: department, per_group: { dataset: people, key: [department], count: { at_most: 2 } } }
  - { id: there, title: Everybody is there, severity: low, unit: person, identity: [person_id], each_record: { dataset: people, where: { field: department, is: Finance }, expect: { field: active, is: true } } }
";

fn files(pack: &str) -> [(String, String); 2] {
    let frame = format!("id: {pack}\ntitle: {pack}\nversion: 1.0.0\nedition: '1'\nstandard: {pack}\n");
    let control = format!(
        "id: {pack}-people\nref: a\ntitle: People\ncriterion: {{ standard: {pack}, edition: '1', clause: a, force: guidance }}\n\
         determination: The roster is in order.\nevidence: The roster.\n{CHECKS}grade: {{ otherwise: minor }}\n"
    );
    [("pack.yaml".to_owned(), frame), (format!("{pack}-people.yaml"), control)]
}

fn resolved(pack: &str) -> Pack {
    let files = files(pack);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let loaded = LoadedPack::from_files(pack, pack, &files);
    resolve::resolve(&loaded, &BTreeMap::new(), &FieldKinds::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn plan(packs: &[Pack]) -> Plan {
    let kinds = FieldKinds::default();
    let frame = Frame { as_of: Day::parse(b"2026-11-01").unwrap(), period: None, engagement: None, kinds: &kinds, seed: 7, list_max: 10 };
    Plan::new(packs, frame).unwrap()
}

/// The numbers by which the tests of a check's records are shared.
fn shared(plan: &mut Plan) -> Vec<Vec<Option<u16>>> {
    let tests = |check: &mut rolecall::plan::PlannedCheck| {
        let Operator::Records(records) = &mut check.operator else { return None };
        let mut numbers = Vec::new();
        for predicate in records.filter.iter_mut().chain([&mut records.expect]) {
            predicate.leaves_mut(&mut |leaf| numbers.push(leaf.shared.test));
        }
        Some(numbers)
    };
    plan.checks.iter_mut().filter_map(tests).collect()
}

#[test]
fn equal_checks_of_two_packs_are_kept_once() {
    let mut alone = plan(&[resolved("first")]);
    let mut both = plan(&[resolved("first"), resolved("second")]);
    assert_eq!((alone.checks.len(), both.checks.len()), (3, 6));
    // Keys and groups: one state for both packs.
    let of_both = |unit: &&rolecall::plan::Unit| {
        let packs: Vec<usize> = unit.checks.iter().map(|check| both.checks[*check].pack).collect();
        packs == [0, 1]
    };
    assert_eq!(alone.units.len(), 3);
    assert_eq!(both.units.iter().filter(of_both).count(), 2);
    assert_eq!(both.units.len(), 4, "records are counted for each check");
    // What is asked of each record is asked once, and the answer is used by both.
    assert!(shared(&mut alone).iter().flatten().all(Option::is_none), "alone there is nothing to share");
    let shared = shared(&mut both);
    assert!(shared.len() == 2 && shared[0] == shared[1] && shared[0].len() == 2 && shared[0].iter().all(Option::is_some), "{shared:?}");
}

#[test]
fn each_control_has_its_own_result() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for pack in ["first", "second"] {
        for (path, text) in files(pack) {
            write(&folder.path().join("packs").join(pack).join(path), &text);
        }
    }
    let roster = "person_id,email,department,active\n\
                  1,a@x.example,Finance,true\n2,a@x.example,Finance,false\n3,c@x.example,Finance,true\n4,d@x.example,Sales,true\n";
    write(&folder.path().join("work/evidence/people.csv"), roster);
    let packs = folder.path().join("packs").display().to_string();
    let run = |selected: &[&str]| {
        let mut options = vec!["--packs-dir", packs.as_str(), "--as-of", "2026-11-01"];
        selected.iter().for_each(|pack| options.extend(["--pack", pack]));
        scan(&folder.path().join("work"), &options).report
    };
    let both = run(&["first", "second"]);
    let told = checks(&both);
    for pack in ["first", "second"] {
        let alone = run(&[pack]);
        for (name, check) in checks(&alone) {
            assert_eq!(told[&name], check, "{name}");
        }
        let outcome = |check: &str| told[&format!("{pack}-people/{check}")]["outcome"].as_str().unwrap();
        assert_eq!([outcome("known-once"), outcome("few"), outcome("there")], ["fail", "fail", "fail"]);
    }
    // Findings are each control's own: waivers and follow-up name them apart.
    let ids: std::collections::BTreeSet<&str> = both["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    let of = |pack: &str| both["findings"].as_array().unwrap().iter().filter(|finding| finding["control"] == format!("{pack}-people")).count();
    assert_eq!((of("first"), of("second"), ids.len()), (3, 3, 6));
}
