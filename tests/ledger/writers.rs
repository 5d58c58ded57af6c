//! Several writers at once. A writer is this test program itself, started again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rolecall::ledger::LedgerError;
use rolecall::ledger::event::Act;
use rolecall::ledger::store::Ledger;

use super::fixture::*;

/// The writer: appends `COUNT` events, `BATCH` at a time, and says of each append what it was told.
#[test]
#[ignore = "other tests start it, in a process of its own"]
fn writer() {
    let of = |name: &str| std::env::var(name).unwrap();
    let (dir, name) = (of("LEDGER"), of("NAME"));
    let (count, batch): (usize, usize) = (of("COUNT").parse().unwrap(), of("BATCH").parse().unwrap());
    let by = if name.starts_with("ann") { ann() } else { bob() };
    let mut out = std::io::stdout();
    for first in (0..count).step_by(batch) {
        let texts: Vec<String> = (first..first + batch).map(|number| format!("{name} {number}")).collect();
        match Ledger::append(Path::new(&dir), texts.iter().map(|text| note(text)).collect(), &by, TIME) {
            Ok(ledger) => {
                let recovered = ledger.recovered();
                write!(out, "\n{}", texts.iter().map(|text| format!("kept {text}\n")).collect::<String>()).unwrap();
                write!(out, "\nadopted {} torn {}\n", recovered.adopted, recovered.torn.is_some()).unwrap();
            }
            Err(error) => {
                write!(out, "\nerror {} {error}\n", error.code()).unwrap();
                return;
            }
        }
        out.flush().unwrap();
    }
}

pub fn start(program: &mut Command, dir: &Path, name: &str, count: usize, batch: usize) -> Child {
    let numbers = [("COUNT", count.to_string()), ("BATCH", batch.to_string())];
    program
        .args(["writers::writer", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env("LEDGER", dir)
        .env("NAME", name)
        .envs(numbers)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// What the writer was told, line by line, until it ended or was killed.
pub fn told(child: &mut Child) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).collect();
    child.wait().unwrap();
    lines
}

/// What the notes of a ledger say.
pub fn texts(ledger: &Ledger) -> Vec<String> {
    let text = |act: &Act| match act {
        Act::Note { text, .. } => text.clone(),
        #[allow(unreachable_patterns, reason = "there will be other acts")]
        _ => String::new(),
    };
    ledger.events().iter().map(|event| text(&event.act)).collect()
}

#[test]
fn two_processes_of_500_events_each_leave_1000() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ledger");
    let mut writers = [("ann", 5), ("bob", 4)].map(|(name, batch)| start(&mut this_program(), &dir, name, 500, batch));
    let kept: Vec<String> = writers.iter_mut().flat_map(told).filter_map(|line| line.strip_prefix("kept ").map(str::to_owned)).collect();
    let ledger = Ledger::read(&dir).unwrap().unwrap();
    let all = texts(&ledger);
    assert_eq!((kept.len(), all.len(), ledger.checkpoint().size), (1000, 1000, 1000));
    assert_eq!(kept.iter().collect::<BTreeSet<_>>(), all.iter().collect());
    // Each writer's own events are in its order.
    for name in ["ann", "bob"] {
        let own: Vec<&String> = all.iter().filter(|text| text.starts_with(name)).collect();
        assert!(own.iter().enumerate().all(|(at, text)| **text == format!("{name} {at}")) && own.len() == 500);
    }
    assert_eq!(verdict(&dir, &[]), "PASSED");
    let turns = all.windows(2).filter(|pair| pair[0][..3] != pair[1][..3]).count();
    println!("1000 events, {turns} turns between the two writers");
    assert!(turns > 1, "the two did not run at once: {turns}");
}

#[test]
fn whoever_holds_the_lock_appends_and_others_are_told_at_once() {
    let (_place, dir) = made();
    let lock = Ledger::lock(&dir).unwrap();
    let began = std::time::Instant::now();
    assert!(matches!(Ledger::lock(&dir), Err(LedgerError::Busy(_))));
    assert!(began.elapsed().as_secs() < 5);
    assert_eq!(lock.read().unwrap().unwrap().events().len(), 5);
    assert_eq!(lock.append(vec![note("six")], &ann(), TIME).unwrap().events().len(), 6);
    assert_eq!(lock.append(vec![note("seven")], &bob(), TIME).unwrap().events().len(), 7);
    assert_eq!(Ledger::read(&dir).unwrap().unwrap().events().len(), 7, "reading needs no lock");
    // Somebody waits, and goes on when the holder is done.
    let waiting = {
        let dir = dir.clone();
        std::thread::spawn(move || Ledger::append(&dir, vec![note("eight")], &bob(), TIME).map(|ledger| ledger.events().len()))
    };
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(!waiting.is_finished());
    drop(lock);
    assert_eq!(waiting.join().unwrap().unwrap(), 8);
}

#[test]
fn a_clock_a_little_behind_takes_the_last_time_and_one_far_behind_is_refused() {
    let (_place, dir) = made();
    let ledger = Ledger::append(&dir, vec![note("six")], &bob(), "2026-11-24T10:58:00Z").unwrap();
    assert_eq!(ledger.events()[5].time, "2026-11-24T11:00:00Z", "two minutes: the writers waited for each other");
    for time in ["2026-11-24T10:57:59Z", "2025-11-24T11:00:00Z", "yesterday", "2026-11-24"] {
        let done = Ledger::append(&dir, vec![note("seven")], &bob(), time);
        assert!(done.is_err(), "{time}");
    }
    assert_eq!(Ledger::append(&dir, vec![note("seven")], &bob(), "2026-11-24T10:57:59Z").unwrap_err().code(), "ledger-clock");
    assert_eq!(Ledger::append(&dir, vec![note("seven")], &bob(), "2027-02-30T00:00:00Z").unwrap_err().code(), "line-time");
    assert_eq!(Ledger::read(&dir).unwrap().unwrap().events().len(), 6);
}
