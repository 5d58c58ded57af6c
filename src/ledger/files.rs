//! The names in a ledger's folder, and reading them without following links.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::error::LedgerError;
use crate::files::{folder_of, sync_folder};
use crate::signing::note::decimal;
use crate::text::of_system;

pub(super) const LINES: &str = "ledger.jsonl";
pub(super) const HEAD: &str = "checkpoint";
pub(super) const COPIES: &str = "checkpoints";
pub(super) const LOCK: &str = "lock";
pub(super) const TORN: &str = "torn-";
/// What a killed process leaves of a file that it was writing.
const LEFTOVER: &str = ".rolecall-";

/// The largest `ledger.jsonl`.
pub(super) const MOST_BYTES: u64 = 1 << 30;
/// The longest line: far more than a scan with all its findings.
pub(super) const LONGEST_LINE: usize = 64 << 20;

/// A file's bytes; `None` where it is not there. Links are refused.
pub(super) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, LedgerError> {
    let name = || of_system(path.file_name().unwrap_or_default());
    match path.symlink_metadata() {
        Ok(data) if !data.is_file() => return Err(LedgerError::Link(name())),
        Ok(data) if data.len() > most => return Err(LedgerError::TooLarge(name(), most)),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LedgerError::io(path)(error)),
    }
    let file = File::open(path).map_err(LedgerError::io(path))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(LedgerError::io(path))?;
    if bytes.len() as u64 > most { Err(LedgerError::TooLarge(name(), most)) } else { Ok(Some(bytes)) }
}

/// The sizes of the checkpoints that are kept, ascending; none where there is no folder of them.
pub(super) fn copies(dir: &Path) -> Result<Vec<u64>, LedgerError> {
    let folder = dir.join(COPIES);
    match folder.symlink_metadata() {
        Ok(data) if data.is_dir() => {}
        Ok(_) => return Err(LedgerError::Link(COPIES.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LedgerError::io(&folder)(error)),
    }
    let mut sizes = Vec::new();
    for name in names(&folder)? {
        match decimal(&name) {
            Some(size) => sizes.push(size),
            None if name.starts_with(LEFTOVER) => {}
            None => return Err(LedgerError::Foreign(name)),
        }
    }
    sizes.sort_unstable();
    Ok(sizes)
}

/// Makes the folder of a new ledger; refuses one that holds other things.
pub(super) fn make(dir: &Path) -> Result<(), LedgerError> {
    if dir.join(LINES).symlink_metadata().is_ok() || dir.join(HEAD).symlink_metadata().is_ok() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(LedgerError::io(dir))?;
    let known = |name: &str| name == LOCK || name == COPIES || name == LINES || name == HEAD || name.starts_with(LEFTOVER);
    if let Some(other) = names(dir)?.into_iter().find(|name| !known(name)) {
        return Err(LedgerError::Occupied(other));
    }
    sync_folder(folder_of(dir)).map_err(LedgerError::io(dir))
}

/// Takes away what a killed process left half-written; for the holder of the lock.
pub(super) fn sweep(dir: &Path) -> Result<(), LedgerError> {
    for folder in [dir.to_owned(), dir.join(COPIES)] {
        if !folder.is_dir() {
            continue;
        }
        for name in names(&folder)?.iter().filter(|name| name.starts_with(LEFTOVER)) {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(LedgerError::io(&path))?;
        }
    }
    Ok(())
}

/// Whether the path is still this file's.
pub(super) fn is_still(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (Ok(mine), Ok(there)) = (file.metadata(), path.symlink_metadata()) else { return false };
        (mine.dev(), mine.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

fn names(folder: &Path) -> Result<Vec<String>, LedgerError> {
    let entries = fs::read_dir(folder).map_err(LedgerError::io(folder))?;
    entries.map(|entry| entry.map(|entry| of_system(&entry.file_name())).map_err(LedgerError::io(folder))).collect()
}
