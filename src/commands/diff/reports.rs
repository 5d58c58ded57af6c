//! `rolecall diff OLD NEW`: two reports, without the evidence.

use std::path::Path;

use super::super::{read_report, say};
use crate::cli::Format;
use crate::cli::diff::DiffArgs;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::{diff, words};
use crate::exit::Exit;
use crate::report::Report;

pub(super) fn run(args: &DiffArgs, (old, new): (&Path, &Path)) -> Result<Exit, Diagnostics> {
    let (old, new) = match (read(old), read(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(mut problems), Err(more)) => {
            problems.extend(more);
            return Err(problems);
        }
        (Err(problems), _) | (_, Err(problems)) => return Err(problems),
    };
    let order = |error: crate::diff::DiffError| Diagnostic::new("report-order", "", error.to_string()).help("give the earlier report first");
    let diff = diff(&old, &new).map_err(order)?;
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&diff).unwrap_or_default())),
        Format::Human => say(&words::text(&diff)),
    }
    let new = args.fail_on_new && diff.summary.new_or_reopened_unwaived > 0;
    Ok(if new { Exit::Found } else { Exit::Good })
}

/// The report of a package, or the report itself.
pub(super) fn read(path: &Path) -> Result<Report, Diagnostics> {
    if path.is_dir() { read_report(&path.join("report.json")) } else { read_report(path) }
}
