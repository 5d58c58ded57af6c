//! The report package: a folder that is written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Report, html, json, verify_md};
use crate::digest::sha256_hex;

/// The files of a package, signed ones included: nothing else may lie in one.
const FILES: [&str; 8] =
    ["report.json", "report.html", "VERIFY.md", "SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig", "report.scanner.sigstore.json", "signer.pem"];

/// A package that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Something else is there.
    #[error("something that is no report package is there ({0}); give another --out")]
    Occupied(String),
    /// The system refuses.
    #[error("the package cannot be written: {0}; give another --out")]
    Io(#[from] io::Error),
    /// A rendering failed: a defect of the program.
    #[error("{0}")]
    Render(String),
}

/// Refuses a place where something else lies, before anything is scanned.
///
/// # Errors
/// [`PackageError::Occupied`], [`PackageError::Io`].
pub fn check_target(out: &Path) -> Result<(), PackageError> {
    let found = match out.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
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
            return Err(PackageError::Occupied(crate::evidence::collect::printable(&name.to_string_lossy())));
        }
        report |= name == "report.json";
    }
    if empty || report { Ok(()) } else { Err(PackageError::Occupied("files of a package without its report.json".to_owned())) }
}

/// Writes the package: beside its place first, then swapped in by renames.
///
/// # Errors
/// [`PackageError`]; what lay at `out` is then untouched.
pub fn write(out: &Path, report: &Report) -> Result<(), PackageError> {
    check_target(out)?;
    let render = |error: &dyn std::fmt::Display| PackageError::Render(error.to_string());
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("VERIFY.md", verify_md::render(report).map_err(|error| render(&error))?.into_bytes()),
        ("report.html", html::page(report).map_err(|error| render(&error))?),
        ("report.json", json::write(report)),
    ];
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256_hex(bytes))).collect();
    files.push(("SHA256SUMS", sums.into_bytes()));
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    fs::create_dir_all(&parent)?;
    let fresh = tempfile::Builder::new().prefix(".rolecall-report-").tempdir_in(&parent)?;
    open_to_readers(fresh.path())?;
    for (name, bytes) in &files {
        let mut file = fs::File::create_new(fresh.path().join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    swap(fresh, out, &parent)
}

/// Puts the new folder at its place; the old one goes only when that has worked.
fn swap(fresh: tempfile::TempDir, out: &Path, parent: &Path) -> Result<(), PackageError> {
    if !out.exists() {
        fs::rename(fresh.keep(), out)?;
        return Ok(());
    }
    let old = tempfile::Builder::new().prefix(".rolecall-old-").tempdir_in(parent)?;
    let aside = old.path().join("package");
    fs::rename(out, &aside)?;
    let fresh = fresh.keep();
    if let Err(error) = fs::rename(&fresh, out) {
        fs::rename(&aside, out)?;
        fs::remove_dir_all(&fresh)?;
        return Err(error.into());
    }
    Ok(())
}

/// Temporary folders are private; a report is for its readers.
#[cfg(unix)]
fn open_to_readers(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_readers(_: &Path) -> io::Result<()> {
    Ok(())
}
