//! `--jobs` holds for everything that a command does. Alone in its binary: the
//! global pool of threads is one for the whole process.

use clap::Parser as _;
use rolecall::cli::Cli;
use rolecall::exit::Exit;

#[test]
fn nothing_runs_outside_of_the_threads_that_were_asked_for() {
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/organisations/meridian");
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package").display().to_string();
    let run = |arguments: &[&str]| rolecall::commands::run(Cli::try_parse_from(arguments).unwrap());
    assert_eq!(run(&["rolecall", "scan", evidence, "--jobs", "1", "-q", "--out", &package]), Exit::Found);
    assert_eq!(run(&["rolecall", "evidence", evidence, "--jobs", "1", "--out", &package]), Exit::Good);
    // The global pool starts on its first use, and only once.
    assert!(rayon::ThreadPoolBuilder::new().num_threads(1).build_global().is_ok(), "work ran in the global pool");
}
