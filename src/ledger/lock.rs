//! One writer at a time. The lock is the system's, on the file `lock`: it goes
//! with the process that holds it, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::LedgerError;
use super::files;

/// How long an append waits for others.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(5);

/// The right to append, until it is dropped.
#[derive(Debug)]
pub struct LedgerLock {
    pub(super) dir: PathBuf,
    _file: File,
}

impl LedgerLock {
    /// Takes the lock if it becomes free in this time; makes the folder where there is none.
    pub(super) fn take(dir: &Path, patience: Duration) -> Result<Self, LedgerError> {
        files::make(dir)?;
        let path = dir.join(files::LOCK);
        let began = Instant::now();
        loop {
            let file = open(&path)?;
            match file.try_lock() {
                // Whoever took the file away in between holds the lock of another.
                Ok(()) if files::is_still(&file, &path) => return Ok(Self { dir: dir.to_owned(), _file: file }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(LedgerError::io(&path)(error)),
            }
            if began.elapsed() >= patience {
                return Err(LedgerError::Busy(patience));
            }
            thread::sleep(PAUSE);
        }
    }
}

fn open(path: &Path) -> Result<File, LedgerError> {
    match path.symlink_metadata() {
        Ok(data) if data.is_file() => {}
        Ok(_) => return Err(LedgerError::Link(files::LOCK.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(LedgerError::io(path)(error)),
    }
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(LedgerError::io(path))
}
