//! Attacks on the whole ledger, which only what others kept can tell: E2, E3, E4; and on the folder.

use std::fs;

use rolecall::ledger::store::Ledger;
use rolecall::ledger::verify::Pinned;

use super::fixture::*;

#[test]
fn lines_taken_off_the_end_are_told_by_any_checkpoint_that_is_left() {
    // With the newest checkpoint in place, with an older one in its place, and with every later one gone.
    let (place, dir) = made();
    let seen = pinned("march", Ledger::read(&dir).unwrap().unwrap().checkpoint());
    put_lines(&dir, &read_lines(&dir)[..3]);
    assert_eq!(verdict(&dir, &[]), "FAILED checkpoint: ledger-truncated");
    fs::copy(dir.join("checkpoints/3"), dir.join("checkpoint")).unwrap();
    assert_eq!(verdict(&dir, &[]), "FAILED checkpoint: ledger-truncated", "checkpoints/5 still says so");
    fs::remove_file(dir.join("checkpoints/5")).unwrap();
    assert_eq!(verdict(&dir, &[]), "PASSED", "nothing in the folder tells any more");
    assert_eq!(verdict(&dir, &[seen]), "FAILED against march: against-truncated");
    drop(place);
}

#[test]
fn a_rewrite_with_the_true_keys_is_told_by_an_earlier_report() {
    let (_place, dir) = made();
    let before = Ledger::read(&dir).unwrap().unwrap().checkpoint();
    let kept = read_lines(&dir);
    let rewritten = chain(
        &before.origin,
        &kept[..1],
        &[
            (note("never said"), ann(), "2026-11-24T09:00:00Z"),
            (note("three"), bob(), "2026-11-24T10:00:00Z"),
            (note("four"), ann(), "2026-11-24T11:00:00Z"),
            (note("five"), ann(), "2026-11-24T11:00:00Z"),
        ],
    );
    put_lines(&dir, &rewritten);
    assert_eq!(verdict(&dir, &[]), "FAILED checkpoint: checkpoint-root");
    put_checkpoint(&dir, 5, &checkpoint(&before.origin, &rewritten, &ann()).to_string());
    assert_eq!(verdict(&dir, &[]), "PASSED", "without what others kept nobody can tell");
    assert_eq!(verdict(&dir, &[pinned("march", before)]), "FAILED against march: against-rewritten");
}

#[test]
fn two_branches_are_told_by_a_report_of_either() {
    let (place, dir) = made();
    put_lines(&dir, &read_lines(&dir)[..3]);
    fs::copy(dir.join("checkpoints/3"), dir.join("checkpoint")).unwrap();
    fs::remove_file(dir.join("checkpoints/5")).unwrap();
    let trunk = pinned("trunk", Ledger::read(&dir).unwrap().unwrap().checkpoint());
    let other = place.path().join("other");
    copy(&dir, &other);
    let one = pinned("one", Ledger::append(&dir, vec![note("for the auditor")], &ann(), TIME).unwrap().checkpoint());
    let two = pinned("two", Ledger::append(&other, vec![note("for the board")], &ann(), TIME).unwrap().checkpoint());
    for (dir, good, bad) in [(&dir, &one, &two), (&other, &two, &one)] {
        assert_eq!(verdict(dir, &[trunk.clone(), good.clone()]), "PASSED");
        assert_eq!(verdict(dir, &[trunk.clone(), bad.clone()]), format!("FAILED against {}: against-rewritten", bad.name));
        // And still after both grew.
        Ledger::append(dir, vec![note("more"), note("and more")], &bob(), TIME).unwrap();
        assert_eq!(verdict(dir, &[trunk.clone(), good.clone()]), "PASSED");
        assert_eq!(verdict(dir, std::slice::from_ref(bad)), format!("FAILED against {}: against-rewritten", bad.name));
    }
}

#[test]
fn a_report_is_an_anchor_only_for_its_own_ledger_and_the_proof_convinces_others() {
    use rolecall::signing::merkle::{Hash, verify_consistency};
    let (place, dir) = made();
    let other = place.path().join("other");
    let elsewhere = pinned("elsewhere", small(&other).checkpoint());
    let none = Pinned { name: "none".to_owned(), sha256: String::new(), checkpoint: None };
    assert_eq!(verdict(&dir, &[elsewhere]), "FAILED against elsewhere: against-other-ledger");
    assert_eq!(verdict(&dir, &[none]), "INDETERMINATE against none: against-no-ledger");
    let march = Ledger::read(&dir).unwrap().unwrap().checkpoint();
    Ledger::append(&dir, vec![note("six"), note("seven")], &bob(), TIME).unwrap();
    let mut wrong = march.clone();
    wrong.root.replace_range(..1, if wrong.root.starts_with('0') { "1" } else { "0" });
    assert_eq!(verdict(&dir, &[pinned("march", wrong)]), "FAILED against march: against-rewritten");
    let done = judge(&dir, &[pinned("march", march.clone())]);
    let bytes = |text: &str| -> Hash { std::array::from_fn(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()) };
    let proof: Vec<Hash> =
        done.consistency[0].proof.iter().map(|hash| rolecall::signing::base64::decode(hash).unwrap().try_into().unwrap()).collect();
    let now = done.ledger.unwrap();
    assert_eq!((march.size, now.size), (5, 7));
    assert_eq!(verify_consistency(march.size, now.size, &bytes(&march.root), &bytes(&now.root), &proof), Ok(()));
}

#[test]
fn keys_that_nobody_named_are_told_and_without_names_nothing_can_be() {
    use rolecall::ledger::verify::verify;
    use rolecall::verdict::Verdict;
    let (_place, dir) = made();
    let done = verify(&dir, &rolecall::ledger::verify::Anchors::new(), &[], None).unwrap();
    let last = done.steps.last().unwrap();
    assert_eq!((done.verdict, last.code), (Verdict::Indeterminate, Some("no-trust-anchor")));
    let done = verify(&dir, &[ann().key.public().fingerprint()].into(), &[], None).unwrap();
    let last = done.steps.last().unwrap();
    assert_eq!((done.verdict, last.code), (Verdict::Failed, Some("untrusted-actor")));
    assert!(
        last.detail.contains(&bob().key.public().fingerprint()) && last.detail.contains("Bob") && last.detail.contains("line 3"),
        "{}",
        last.detail
    );
    assert!(!last.detail.contains(&ann().key.public().fingerprint()));
    assert_eq!(done.actors.iter().map(|actor| (actor.lines, actor.first_line)).collect::<Vec<_>>(), [(4, 1), (1, 3)]);
}

#[test]
fn files_that_are_gone_or_no_files_have_their_codes() {
    type Attack = (&'static str, fn(&std::path::Path), &'static str);
    let attacks: &[Attack] = &[
        ("no lines", |dir| fs::remove_file(dir.join("ledger.jsonl")).unwrap(), "FAILED files: ledger-missing-file"),
        ("no newest checkpoint", |dir| fs::remove_file(dir.join("checkpoint")).unwrap(), "FAILED files: ledger-missing-file"),
        ("no copy of the newest checkpoint", |dir| fs::remove_file(dir.join("checkpoints/5")).unwrap(), "FAILED files: ledger-missing-file"),
        ("no checkpoints kept", |dir| fs::remove_dir_all(dir.join("checkpoints")).unwrap(), "FAILED files: ledger-missing-file"),
        (
            "nothing",
            |dir| {
                fs::remove_dir_all(dir).unwrap();
                fs::create_dir(dir).unwrap();
            },
            "FAILED files: ledger-none",
        ),
        ("no folder", |dir| fs::remove_dir_all(dir).unwrap(), "FAILED files: ledger-none"),
        ("a stray file among the checkpoints", |dir| fs::write(dir.join("checkpoints/05"), "").unwrap(), "FAILED files: ledger-foreign-file"),
        (
            "a folder for the lines",
            |dir| {
                fs::remove_file(dir.join("ledger.jsonl")).unwrap();
                fs::create_dir(dir.join("ledger.jsonl")).unwrap();
            },
            "FAILED files: ledger-link",
        ),
        (
            "a gigabyte of lines",
            |dir| fs::File::options().write(true).open(dir.join("ledger.jsonl")).unwrap().set_len((1 << 30) + 1).unwrap(),
            "FAILED files: ledger-too-large",
        ),
        ("a checkpoint of 2 MiB", |dir| fs::write(dir.join("checkpoint"), vec![b'x'; 2 << 20]).unwrap(), "FAILED files: ledger-too-large"),
    ];
    for (what, attack, expected) in attacks {
        let (_place, dir) = made();
        attack(&dir);
        assert_eq!(verdict(&dir, &[]), *expected, "{what}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_the_folder_are_refused_in_reading_and_writing() {
    use std::os::unix::fs::symlink;
    for name in ["ledger.jsonl", "checkpoint", "checkpoints", "checkpoints/3"] {
        let (place, dir) = made();
        let elsewhere = place.path().join("elsewhere");
        fs::rename(dir.join(name), &elsewhere).unwrap();
        symlink(&elsewhere, dir.join(name)).unwrap();
        assert_eq!(verdict(&dir, &[]).split(": ").last(), Some("ledger-link"), "{name}");
    }
    let (place, dir) = made();
    fs::remove_file(dir.join("lock")).unwrap();
    symlink(place.path().join("victim"), dir.join("lock")).unwrap();
    assert_eq!(Ledger::append(&dir, vec![note("six")], &ann(), TIME).unwrap_err().code(), "ledger-link");
    assert!(!place.path().join("victim").exists());
}

#[test]
fn a_new_ledger_is_not_made_among_other_things() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.txt"), "").unwrap();
    assert_eq!(Ledger::append(place.path(), vec![note("one")], &ann(), TIME).unwrap_err().code(), "ledger-occupied");
    assert!(!place.path().join("lock").exists());
}
