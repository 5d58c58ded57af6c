//! The commands: each reads its options, calls the library, and says what came out.

use std::io::Write as _;

use crate::cli::{Cli, Command};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::Report;

mod diff;
mod evidence;
mod explain;
mod key;
mod list;
mod output;
mod pack;
mod progress;
mod scan;
mod sign;
mod track;
mod verify;

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let done = match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Report(args) => report(&args),
        Command::Diff(args) => diff::run(&args),
        Command::List(args) => in_threads(None, || list::run(&args)).flatten(),
        Command::Explain(args) => in_threads(None, || explain::run(&args)).flatten(),
        Command::Evidence(args) => evidence::run(&args),
        Command::Track(args) => track::run(&args.command),
        Command::Pack(args) => in_threads(None, || pack::run(&args.command)).flatten(),
        Command::Sign(args) => sign::run(&args),
        Command::Key(args) => key::run(&args.command),
    };
    done.unwrap_or_else(|problems| {
        // Every part of a diagnostic is visible already.
        tell(&problems.render());
        Exit::Usage
    })
}

/// Primary output. A reader that closed its end has what it wanted.
fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Everything else.
fn tell(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Runs in as many threads as asked for.
fn in_threads<R: Send>(jobs: Option<usize>, work: impl FnOnce() -> R + Send) -> Result<R, Diagnostics> {
    if jobs == Some(0) {
        return Err(Diagnostic::new("usage", "", "--jobs 0 does nothing").help("give at least 1").into());
    }
    crate::parallel::within(jobs.unwrap_or(0), work)
        .map_err(|error| Diagnostic::new("threads", "", format!("no threads could be started: {error}")).into())
}

fn report(args: &crate::cli::ReportArgs) -> Result<Exit, Diagnostics> {
    output::check(&args.output, std::slice::from_ref(&args.report), None)?;
    let report = read_report(&args.report)?;
    output::put(output::stage(&report, &args.output)?)?;
    Ok(Exit::Good)
}

fn read_report(path: &std::path::Path) -> Result<Report, Diagnostics> {
    let bytes = crate::files::read(path)?;
    crate::report::json::read(&bytes).map_err(|error| {
        Diagnostic::new("report", crate::text::of_system(path.as_os_str()), error.to_string()).help("give the report.json of a package").into()
    })
}
