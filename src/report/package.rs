//! The report package: a folder that is written whole or not at all.
//!
//! For a package at `NAME` the new one is made in `.NAME.rolecall-new`, the old
//! one steps aside to `.NAME.rolecall-old`, the new one takes its place, the old
//! one goes. A run that is killed in between leaves a state that [`prepare`]
//! of the next run knows: nothing is lost.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Report, html, json};
use crate::files::{folder_of, probe, sync_folder};
use crate::parallel;
use crate::signing::sign::Signer;
use crate::text::{of_system, visible, visible_path};

pub mod content;
pub mod sign;

use content::{FILES, REPORT};

/// A package that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The path has no last name, as `.` and `..` have none.
    #[error("a package needs a folder with a name of its own; give another --out")]
    Nameless,
    /// Nothing is there.
    #[error("no report package is there; give the folder that a scan wrote")]
    Missing,
    /// Something else is there.
    #[error("something that is no report package is there ({0}); give another --out")]
    Occupied(String),
    /// The system refuses.
    #[error("the package cannot be written: {0}; give another --out")]
    Io(#[from] io::Error),
    /// The new one did not get to its place, and the old one not back to it.
    #[error("the package cannot be written: {error}; the former package is kept in `{kept}` and will be put back by the next scan")]
    Aside {
        /// What the system says.
        error: io::Error,
        /// Where the former package lies.
        kept: String,
    },
    /// A rendering failed: a defect of the program.
    #[error("{0}")]
    Render(String),
}

/// What lies at a place where a package would.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// An empty folder.
    Empty,
    Package,
}

/// Before anything is scanned: takes up what a killed run left, and refuses a
/// place where something else lies or nothing can be written.
///
/// # Errors
/// [`PackageError`]; nothing was written.
pub fn prepare(out: &Path) -> Result<(), PackageError> {
    let places = Places::of(out)?;
    places.recover()?;
    check(out)?;
    // The folders above may not be there yet: the lowest that is must take new names.
    let lowest = places.parent.ancestors().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    for folder in lowest {
        match folder.metadata() {
            Ok(data) if data.is_dir() => return Ok(probe(folder)?),
            Ok(_) => return Err(PackageError::Occupied(format!("`{}` is no folder", visible_path(folder)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The folders that are a package's own, or become it: none of them is evidence.
///
/// # Errors
/// [`PackageError::Nameless`].
pub fn folders(out: &Path) -> Result<[PathBuf; 3], PackageError> {
    let Places { out, fresh, aside, .. } = Places::of(out)?;
    Ok([out, fresh, aside])
}

/// Whether a package may be written there.
///
/// # Errors
/// [`PackageError::Nameless`], [`PackageError::Occupied`], [`PackageError::Io`].
pub fn check(out: &Path) -> Result<(), PackageError> {
    Places::of(out)?;
    look(out).map(|_| ())
}

fn look(out: &Path) -> Result<Found, PackageError> {
    let found = match out.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        found => found?,
    };
    if !found.is_dir() {
        return Err(PackageError::Occupied("a file or a link".to_owned()));
    }
    let mut report = false;
    let mut empty = true;
    for entry in fs::read_dir(out)? {
        let entry = entry?;
        let name = entry.file_name();
        empty = false;
        if !FILES.iter().any(|known| name == *known) || !entry.file_type()?.is_file() {
            return Err(PackageError::Occupied(visible(&of_system(&name))));
        }
        report |= name == REPORT;
    }
    match (empty, report) {
        (true, _) => Ok(Found::Empty),
        (false, true) => Ok(Found::Package),
        (false, false) => Err(PackageError::Occupied("files of a package without its report.json".to_owned())),
    }
}

/// The places that a package passes on its way.
#[derive(Debug)]
struct Places {
    out: PathBuf,
    parent: PathBuf,
    fresh: PathBuf,
    aside: PathBuf,
}

impl Places {
    fn of(out: &Path) -> Result<Self, PackageError> {
        let name = out.file_name().ok_or(PackageError::Nameless)?;
        let parent = folder_of(out).to_owned();
        let beside = |end: &str| {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(end);
            parent.join(hidden)
        };
        Ok(Self { out: out.to_owned(), fresh: beside(".rolecall-new"), aside: beside(".rolecall-old"), parent })
    }

    /// Takes up what a killed run left: a package that had stepped aside goes back
    /// to its place, or away where its successor is there; a half-made one goes.
    fn recover(&self) -> Result<(), PackageError> {
        if self.aside.symlink_metadata().is_ok() {
            match look(&self.out)? {
                Found::Package => remove(&self.aside)?,
                Found::Nothing | Found::Empty => {
                    look(&self.aside)?;
                    // An empty folder gives way to the renamed one.
                    fs::rename(&self.aside, &self.out)?;
                }
            }
            sync_folder(&self.parent)?;
        }
        if self.fresh.symlink_metadata().is_ok() {
            remove(&self.fresh)?;
        }
        Ok(())
    }
}

/// Takes away a folder of a package's files; anything else in it is nobody's to delete.
fn remove(folder: &Path) -> Result<(), PackageError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !FILES.iter().any(|known| name == *known) || !entry.file_type()?.is_file() {
            return Err(PackageError::Occupied(format!("`{}` in `{}`", visible(&of_system(&name)), visible_path(folder))));
        }
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// A package that is written but not yet at its place; dropping takes it away.
#[derive(Debug)]
pub struct Staged {
    places: Places,
    done: bool,
}

impl Staged {
    /// Makes the package of a report, signed where there is a signer, and writes it beside its place.
    ///
    /// # Errors
    /// [`PackageError`]; what lies at `out` is untouched.
    pub fn new(out: &Path, report: &Report, signer: Option<&Signer<'_>>) -> Result<Self, PackageError> {
        let (body, json) = parallel::both(|| html::body(report), || json::write(report));
        let body = body.map_err(|error| PackageError::Render(error.to_string()))?;
        Self::of(out, report, (&json, &body), signer)
    }

    /// Writes the package of a report, of its bytes and the body of its page, and has the disk keep it.
    ///
    /// # Errors
    /// [`PackageError`]; what lies at `out` is untouched.
    fn of(out: &Path, report: &Report, (json, body): (&[u8], &[u8]), signer: Option<&Signer<'_>>) -> Result<Self, PackageError> {
        check(out)?;
        let places = Places::of(out)?;
        fs::create_dir_all(&places.parent)?;
        // Modes are what the umask gives: a report is for its readers.
        fs::create_dir(&places.fresh)?;
        let staged = Self { places, done: false };
        // The largest file is digested and written at the same time.
        let (others, written) = parallel::both(|| content::beside(report, (json, body), signer), || staged.write(REPORT, json));
        written?;
        for written in parallel::each(&others?, |(name, bytes)| staged.write(name, bytes)) {
            written?;
        }
        sync_folder(&staged.places.fresh)?;
        Ok(staged)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = fs::File::create_new(self.places.fresh.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Puts the package at its place; the old one goes only when that has worked.
    ///
    /// # Errors
    /// [`PackageError`]; the old package is at its place, or told where it is kept.
    pub fn put(mut self) -> Result<(), PackageError> {
        let Places { out, parent, fresh, aside } = &self.places;
        let old = look(out)? == Found::Package;
        if old {
            fs::rename(out, aside)?;
        }
        if let Err(error) = fs::rename(fresh, out) {
            if old && fs::rename(aside, out).is_err() {
                return Err(PackageError::Aside { error, kept: visible_path(aside) });
            }
            return Err(error.into());
        }
        self.done = true;
        sync_folder(parent)?;
        if old {
            remove(aside)?;
            sync_folder(parent)?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.done {
            // What cannot be taken away now, the next run takes away.
            let _ = remove(&self.places.fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &Path, text: &str) {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("report.json"), text).unwrap();
    }

    fn text(folder: &Path) -> String {
        fs::read_to_string(folder.join("report.json")).unwrap()
    }

    /// What lies in the folder, by name.
    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_that_was_killed_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (out, aside, fresh) = (folder.path().join("r"), folder.path().join(".r.rolecall-old"), folder.path().join(".r.rolecall-new"));
        // Killed while the new package was being written.
        package(&out, "old");
        fs::create_dir(&fresh).unwrap();
        fs::write(fresh.join("VERIFY.md"), "half").unwrap();
        prepare(&out).unwrap();
        assert_eq!((names(folder.path()), text(&out).as_str()), (vec!["r".to_owned()], "old"));
        // Killed between the two renames.
        fs::rename(&out, &aside).unwrap();
        package(&fresh, "new");
        prepare(&out).unwrap();
        assert_eq!((names(folder.path()), text(&out).as_str()), (vec!["r".to_owned()], "old"));
        // Killed after the second rename, before the old package was taken away.
        package(&aside, "older");
        prepare(&out).unwrap();
        assert_eq!((names(folder.path()), text(&out).as_str()), (vec!["r".to_owned()], "old"));
    }

    #[test]
    fn what_is_no_package_is_never_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let (out, aside) = (folder.path().join("r"), folder.path().join(".r.rolecall-old"));
        package(&out, "new");
        package(&aside, "old");
        fs::write(aside.join("diary.txt"), "dear diary").unwrap();
        assert!(matches!(prepare(&out), Err(PackageError::Occupied(_))));
        assert!(aside.join("diary.txt").is_file());
        fs::remove_dir_all(&aside).unwrap();
        fs::write(out.join("diary.txt"), "dear diary").unwrap();
        assert!(matches!(prepare(&out), Err(PackageError::Occupied(_))));
        for nameless in ["/", ".", "..", "a/.."] {
            assert!(matches!(prepare(Path::new(nameless)), Err(PackageError::Nameless)), "{nameless}");
        }
    }

    #[test]
    fn a_new_package_that_does_not_get_to_its_place_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (out, fresh) = (folder.path().join("r"), folder.path().join(".r.rolecall-new"));
        package(&out, "old");
        package(&fresh, "new");
        let staged = Staged { places: Places::of(&out).unwrap(), done: false };
        fs::remove_dir_all(&fresh).unwrap();
        assert!(staged.put().is_err());
        assert_eq!((names(folder.path()), text(&out).as_str()), (vec!["r".to_owned()], "old"));
    }
}
