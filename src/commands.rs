//! The commands: each reads its options, calls the library, and says what came out.

use std::io::Write as _;

use crate::cli::{Cli, Command, OutputKind};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::Report;

mod evidence;
mod explain;
mod list;
mod pack;
mod progress;
mod scan;

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let done = match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Report(args) => report(&args),
        Command::List(args) => list::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Evidence(args) => evidence::run(&args),
        Command::Pack(args) => pack::run(&args.command),
    };
    done.unwrap_or_else(|problems| {
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
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Diagnostic::new("threads", "", format!("no threads could be started: {error}")))?;
    Ok(pool.install(work))
}

/// Writes renderings beside the package.
fn write_outputs(report: &Report, outputs: &[(OutputKind, std::path::PathBuf)]) -> Result<(), Diagnostics> {
    for (kind, path) in outputs {
        let bytes = match kind {
            OutputKind::Json => crate::report::json::write(report),
            OutputKind::Html => crate::report::html::page(report).map_err(|error| Diagnostic::new("render", "", error.to_string()))?,
        };
        crate::files::write_whole(path, &bytes)?;
    }
    Ok(())
}

fn report(args: &crate::cli::ReportArgs) -> Result<Exit, Diagnostics> {
    let shown = args.report.display().to_string();
    let bytes = crate::files::read(&args.report)?;
    let report = crate::report::json::read(&bytes)
        .map_err(|error| Diagnostic::new("report", shown, error.to_string()).help("give the report.json of a package"))?;
    write_outputs(&report, &args.output)?;
    Ok(Exit::Good)
}
