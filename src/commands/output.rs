//! `--output KIND=PATH`: renderings beside the package. Places are checked
//! before anything is scanned, and files written whole before the package is
//! put at its place: what fails, fails while nothing is written.

use std::path::{Path, PathBuf};

use crate::cli::OutputKind;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::collect::{ENGAGEMENT, EVIDENCE};
use crate::files::{self, Staged, folder_of};
use crate::report::{Report, html, json};
use crate::text::of_system;

type Output = (OutputKind, PathBuf);

fn wrong(path: &Path, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new("output", of_system(path.as_os_str()), message)
}

/// Checks all places. `evidence` are the PATHs that will be read, `package` is where the package will lie.
///
/// # Errors
/// Every place that will not do.
pub(super) fn check(outputs: &[Output], evidence: &[PathBuf], package: Option<&Path>) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut seen: Vec<PathBuf> = Vec::new();
    let read = places_read(evidence);
    let package = package.and_then(whole);
    for (_, path) in outputs {
        match place(path) {
            Err(more) => problems.extend(more),
            Ok(place) if seen.contains(&place) => {
                problems.push(wrong(path, "two renderings would be written there").help("give each its own path"));
            }
            Ok(place) => {
                if read.iter().any(|read| place.starts_with(read)) {
                    let help = "give a path outside the evidence: the next scan would read the report as evidence";
                    problems.push(wrong(path, "that is within what is read as evidence").help(help));
                } else if package.as_ref().is_some_and(|package| place.starts_with(package)) {
                    problems.push(wrong(path, "that is within the package of --out, which holds nothing else").help("give a path outside of it"));
                }
                seen.push(place);
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Where a rendering will lie, links in its folder resolved.
fn place(path: &Path) -> Result<PathBuf, Diagnostics> {
    let name = path.file_name().ok_or_else(|| wrong(path, "this names no file").help("give KIND=PATH with a file's name"))?;
    let folder = folder_of(path);
    let folder = folder.canonicalize().map_err(|error| wrong(path, format!("its folder cannot be used: {error}")).help("make the folder first"))?;
    if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        return Err(wrong(path, "something that is no plain file is there").help("give another path").into());
    }
    if crate::report::package::check(&folder).is_ok() && folder.join("SHA256SUMS").is_file() {
        return Err(wrong(path, "that is within a report package, which holds nothing else").help("give a path outside of it").into());
    }
    files::probe(&folder).map_err(|error| wrong(path, format!("no file can be written there: {error}")).help("give another path"))?;
    Ok(folder.join(name))
}

/// What a scan reads: whole PATHs; of an engagement folder its evidence and the files beside it.
fn places_read(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut read = Vec::new();
    for path in paths.iter().filter_map(|path| path.canonicalize().ok()) {
        if path.join(ENGAGEMENT).is_file() {
            read.extend([EVIDENCE, ENGAGEMENT, "waivers.yaml", "identities.csv"].map(|name| path.join(name)));
        } else {
            read.push(path);
        }
    }
    read
}

/// A path whose last parts need not exist, links in the others resolved.
fn whole(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| Some(whole(folder_of(path))?.join(path.file_name()?)))
}

/// Renders and writes everything beside its place.
///
/// # Errors
/// Something cannot be written; nothing is at its place yet.
pub(super) fn stage(report: &Report, outputs: &[Output]) -> Result<Vec<Staged>, Diagnostics> {
    let mut staged = Vec::new();
    for (kind, path) in outputs {
        let bytes = match kind {
            OutputKind::Json => json::write(report),
            OutputKind::Html => html::page(report).map_err(|error| Diagnostic::new("render", "", error.to_string()))?,
        };
        staged.push(Staged::new(path, &bytes).map_err(|error| unwritable(path, &error))?);
    }
    Ok(staged)
}

/// Puts everything at its place.
///
/// # Errors
/// Something cannot be renamed.
pub(super) fn put(staged: Vec<Staged>) -> Result<(), Diagnostics> {
    for file in staged {
        let path = file.path().to_owned();
        file.put().map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    files::whole(path, "unwritable", format!("the file cannot be written: {error}"), Some("give another path"))
}
