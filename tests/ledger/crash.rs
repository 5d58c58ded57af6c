//! Writers that are killed, and disks that are full: E6. What an append returned is never lost.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rolecall::ledger::store::{Ledger, UncommittedTail};

use super::fixture::*;
use super::writers::{start, texts, this_program, told};

/// Every state that a killed append can leave, byte by byte: the old ledger
/// with each beginning of the new lines; with the new checkpoint's copy; with
/// half-written temporary files.
#[test]
fn every_state_between_two_writes_is_told_from_tampering_and_taken_up() {
    let (place, dir) = made();
    let old = fs::read(dir.join("ledger.jsonl")).unwrap();
    let committed = Ledger::read(&dir).unwrap().unwrap().checkpoint();
    let after = place.path().join("after");
    copy(&dir, &after);
    Ledger::append(&after, vec![note("six"), note("seven")], &bob(), TIME).unwrap();
    let new = fs::read(after.join("ledger.jsonl")).unwrap();
    let sixth = old.len() + 1 + new[old.len()..].iter().position(|byte| *byte == b'\n').unwrap();
    for end in old.len()..=new.len() {
        fs::write(dir.join("ledger.jsonl"), &new[..end]).unwrap();
        let ledger = Ledger::read(&dir).unwrap().unwrap();
        assert_eq!((ledger.checkpoint(), ledger.events().len()), (committed.clone(), 5), "{end}");
        let lines = usize::from(end >= sixth) + usize::from(end == new.len());
        let whole = [old.len(), sixth, new.len()][lines];
        assert_eq!(ledger.uncommitted_tail(), UncommittedTail { lines, torn: end - whole }, "{end}");
        let expected = if end == old.len() { "PASSED" } else { "INDETERMINATE behind the checkpoint: uncommitted-tail" };
        assert_eq!(verdict(&dir, &[]), expected, "{end}");
        // Appending again is slow: at the borders of lines, and at some places between.
        if [old.len(), old.len() + 1, sixth - 1, sixth, sixth + 1, new.len() - 1, new.len()].contains(&end) || end % 97 == 0 {
            taken_up(&dir, place.path(), lines, end - whole, &new[whole..end]);
        }
    }
    // The copy of the checkpoint is in place, and the checkpoint itself is not yet.
    fs::copy(after.join("checkpoints/7"), dir.join("checkpoints/7")).unwrap();
    fs::write(dir.join(".rolecall-abc"), "half a check").unwrap();
    fs::write(dir.join("checkpoints/.rolecall-abc"), "").unwrap();
    assert_eq!(verdict(&dir, &[]), "INDETERMINATE behind the checkpoint: uncommitted-tail");
    taken_up(&dir, place.path(), 2, 0, b"");
    // A disk without power kept the length of the file and not what was in it.
    fs::remove_file(dir.join("checkpoints/7")).unwrap();
    fs::write(dir.join("ledger.jsonl"), [&new[..sixth], &[0; 300], b"}\nmore\n"].concat()).unwrap();
    assert_eq!(Ledger::read(&dir).unwrap().unwrap().uncommitted_tail(), UncommittedTail { lines: 1, torn: 307 });
    taken_up(&dir, place.path(), 1, 307, &[&[0; 300][..], b"}\nmore\n"].concat());
}

/// Appends to a copy, and looks at what is told.
fn taken_up(dir: &Path, place: &Path, lines: usize, torn: usize, bytes: &[u8]) {
    let again = place.join("again");
    let _ = fs::remove_dir_all(&again);
    copy(dir, &again);
    let ledger = Ledger::append(&again, vec![note("eight")], &ann(), TIME).unwrap();
    assert_eq!(texts(&ledger), [&["", "two", "three", "four", "five"][..], &["six", "seven"][..lines], &["eight"]].concat());
    let recovered = ledger.recovered();
    assert_eq!((recovered.adopted, recovered.torn.as_deref()), (lines, (torn > 0).then_some("torn-1")));
    if torn > 0 {
        assert_eq!(fs::read(again.join("torn-1")).unwrap(), bytes, "what was torn is kept");
    }
    assert!(fs::read_dir(&again).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with(".rolecall-")));
    assert_eq!(verdict(&again, &[]), "PASSED");
}

/// Killed while it moved a half-line aside: the file is there, and the half-line still behind the checkpoint.
#[test]
fn a_half_line_is_never_moved_over_an_earlier_one() {
    let (_place, dir) = made();
    let whole = fs::read(dir.join("ledger.jsonl")).unwrap();
    fs::write(dir.join("torn-1"), "half").unwrap();
    fs::write(dir.join("ledger.jsonl"), [&whole[..], b"half"].concat()).unwrap();
    let ledger = Ledger::append(&dir, vec![note("six")], &bob(), TIME).unwrap();
    assert_eq!((ledger.recovered().torn.as_deref(), ledger.events().len()), (Some("torn-2"), 6));
    assert_eq!((fs::read(dir.join("torn-1")).unwrap(), fs::read(dir.join("torn-2")).unwrap()), (b"half".to_vec(), b"half".to_vec()));
    assert_eq!(verdict(&dir, &[]), "PASSED");
}

/// The same for the very first append: nothing was acknowledged, so nothing is read.
#[test]
fn a_first_append_that_was_cut_short_is_no_ledger_yet() {
    let place = tempfile::tempdir().unwrap();
    let (whole, dir) = (place.path().join("whole"), place.path().join("ledger"));
    Ledger::append(&whole, vec![note("one"), note("two")], &ann(), TIME).unwrap();
    let lines = fs::read(whole.join("ledger.jsonl")).unwrap();
    let first = 1 + lines.iter().position(|byte| *byte == b'\n').unwrap();
    for (end, adopted) in [(0, 0), (1, 0), (first - 1, 0), (first, 1), (first + 1, 1), (lines.len() - 1, 1), (lines.len(), 2)] {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("ledger.jsonl"), &lines[..end]).unwrap();
        assert!(Ledger::read(&dir).unwrap().is_none(), "{end}");
        assert_eq!(verdict(&dir, &[]), "INDETERMINATE checkpoint: ledger-no-checkpoint");
        if adopted > 0 {
            assert_eq!(Ledger::append(&dir, vec![note("three")], &bob(), TIME).unwrap_err().code(), "ledger-tail-stranger");
        }
        let ledger = Ledger::append(&dir, vec![note("three")], &ann(), TIME).unwrap();
        assert_eq!((ledger.events().len(), ledger.recovered().adopted), (adopted + 1, adopted), "{end}");
        assert_eq!(verdict(&dir, &[]), "PASSED");
    }
}

#[test]
fn lines_behind_the_checkpoint_that_no_writer_left_are_refused() {
    let (place, dir) = made();
    let origin = Ledger::read(&dir).unwrap().unwrap().checkpoint().origin;
    let old = read_lines(&dir);
    let mut gap = chain(&origin, &old, &[(note("six"), ann(), TIME), (note("seven"), ann(), TIME)]);
    gap.remove(5);
    let stranger = chain(&origin, &old, &[(note("six"), mallory(), TIME)]);
    let mut altered = chain(&origin, &old, &[(note("six"), ann(), TIME)]);
    altered[5] = altered[5].replace("\"sig\":\"", "\"sig\":\"AAAA");
    for (what, lines, judged, appending) in [
        ("a gap", gap, "FAILED lines: line-sequence", "line-sequence"),
        ("altered", altered, "FAILED lines: line-signature", "line-signature"),
        // Whole, signed and chained, but by nobody who ever acted here.
        ("a stranger's", stranger, "INDETERMINATE behind the checkpoint: uncommitted-tail", "ledger-tail-stranger"),
    ] {
        let attacked = place.path().join(what);
        copy(&dir, &attacked);
        put_lines(&attacked, &lines);
        assert_eq!(verdict(&attacked, &[]), judged, "{what}");
        let before = fs::read(attacked.join("ledger.jsonl")).unwrap();
        assert_eq!(Ledger::append(&attacked, vec![note("more")], &bob(), TIME).unwrap_err().code(), appending, "{what}");
        assert_eq!(fs::read(attacked.join("ledger.jsonl")).unwrap(), before, "{what}");
    }
}

#[test]
fn nothing_that_was_told_as_kept_is_lost_when_writers_are_killed() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    let (mut kept, mut adopted, mut torn, rounds) = (Vec::new(), 0, 0, 25);
    // Times that have nothing to do with each other, the same in every run.
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for round in 0..rounds {
        let mut child = start(&mut this_program(), &dir, &format!("ann{round}"), 1000, 1);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // It is at work when it was told of the first one.
        let mut said: Vec<String> = Vec::new();
        while said.last().is_none_or(|line| !line.starts_with("kept ")) {
            said.push(lines.next().expect("the writer writes"));
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros((random >> 33) % 60_000));
        child.kill().unwrap();
        said.extend(lines);
        child.wait().unwrap();
        for line in said {
            if let Some(text) = line.strip_prefix("kept ") {
                kept.push(text.to_owned());
            } else if let Some(rest) = line.strip_prefix("adopted ") {
                adopted += usize::from(!rest.starts_with("0 "));
                torn += usize::from(rest.ends_with("true"));
            } else {
                assert!(!line.starts_with("error "), "{line}");
            }
        }
        // No state in between looks like tampering.
        let state = verdict(&dir, &[]);
        assert!(!state.starts_with("FAILED"), "round {round}: {state}");
    }
    Ledger::append(&dir, vec![note("the end")], &ann(), TIME).unwrap();
    let all = texts(&Ledger::read(&dir).unwrap().unwrap());
    let lost: Vec<&String> = kept.iter().filter(|text| !all.contains(text)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(kept.len() >= rounds, "the writers wrote: {}", kept.len());
    assert_eq!(verdict(&dir, &[]), "PASSED");
    println!(
        "{rounds} kills, {} events told as kept, {} in the ledger, {adopted} times lines were taken up, {torn} times a half one was moved aside",
        kept.len(),
        all.len()
    );
}

/// A full disk: the system refuses to let a file grow. The append fails, takes
/// its lines back, and everything told before is there.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing_and_leaves_nothing_half_done() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    // Blocks of 512 or 1024 bytes, whichever this shell counts in.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 20; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let told = told(&mut start(&mut shell, &dir, "ann", 1000, 1));
    let kept = told.iter().filter(|line| line.starts_with("kept ")).count();
    assert!(told.iter().any(|line| line.starts_with("error ledger-io ")), "{told:?}");
    assert!((5..100).contains(&kept), "{kept}");
    let ledger = Ledger::read(&dir).unwrap().unwrap();
    assert_eq!((ledger.events().len(), ledger.uncommitted_tail()), (kept, UncommittedTail::default()));
    assert_eq!(verdict(&dir, &[]), "PASSED");
    Ledger::append(&dir, vec![note("there is room again")], &ann(), TIME).unwrap();
    assert_eq!(verdict(&dir, &[]), "PASSED");
}
