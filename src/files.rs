//! Reading the folders that users point at: all files, in sorted order, with
//! paths that are the same on every system.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::of_system;

/// A folder's file: its path relative to the folder, with `/`, and its bytes.
pub type FolderFile = (String, Vec<u8>);

/// The largest file that is read from a pack or source folder.
pub const FILE_LIMIT: u64 = 16 << 20;

/// All files under a folder, sorted by path.
///
/// # Errors
/// What cannot be read: one diagnostic each.
pub fn read_all(folder: &Path) -> Result<Vec<FolderFile>, Diagnostics> {
    let mut files = Vec::new();
    let mut problems = Diagnostics::default();
    walk(folder, String::new(), &mut files, &mut problems, 0);
    files.sort();
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// A diagnostic about a whole file or folder.
#[must_use]
pub fn whole(path: &Path, code: &'static str, message: String, help: Option<&str>) -> Diagnostic {
    Diagnostic { file: of_system(path.as_os_str()), line: 0, column: 0, code, message, help: help.map(str::to_owned), snippet: None }
}

/// Reads one file.
///
/// # Errors
/// It cannot be read, with the system's reason.
pub fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|error| whole(path, "unreadable", format!("the file cannot be read: {error}"), None))
}

/// The folder that a path lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// A file that is written but not yet at its place: [`Staged::put`] renames it,
/// dropping takes it away. The mode is what the umask gives.
#[derive(Debug)]
pub struct Staged {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Staged {
    /// Writes the bytes beside `path` and has the disk keep them.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let mut file = beside(folder_of(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Where it will lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file at its place.
    ///
    /// # Errors
    /// It cannot be renamed; what lay there is untouched.
    pub fn put(self) -> io::Result<()> {
        self.file.persist(&self.path).map_err(|error| error.error)?;
        sync_folder(folder_of(&self.path))
    }
}

/// Whether files can be made in a folder: one is made, and taken away.
///
/// # Errors
/// With the system's reason.
pub fn probe(folder: &Path) -> io::Result<()> {
    beside(folder)?.close()
}

fn beside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rolecall-");
    // The system takes the umask off; a report is for its readers, a temporary file would be for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Has the disk keep the names in a folder.
///
/// # Errors
/// With the system's reason.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn walk(folder: &Path, prefix: String, files: &mut Vec<FolderFile>, problems: &mut Diagnostics, depth: usize) {
    const DEPTH: usize = 8;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(whole(folder, "unreadable", format!("the folder cannot be read: {error}"), None));
            return;
        }
    };
    for entry in entries {
        let (path, kind) = match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?, entry))) {
            Ok((path, kind, _)) => (path, kind),
            Err(error) => {
                problems.push(whole(folder, "unreadable", format!("the folder cannot be read: {error}"), None));
                continue;
            }
        };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            problems.push(whole(&path, "file-name", "the file's name is not UTF-8".to_owned(), Some("rename it")));
            continue;
        };
        let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if kind.is_symlink() {
            problems.push(whole(&path, "symbolic-link", "symbolic links are not followed here".to_owned(), Some("put the file itself there")));
        } else if kind.is_dir() {
            if depth == DEPTH {
                problems.push(whole(&path, "too-deep", format!("folders are nested deeper than {DEPTH}"), None));
            } else {
                walk(&path, relative, files, problems, depth + 1);
            }
        } else if fs::metadata(&path).is_ok_and(|data| data.len() > FILE_LIMIT) {
            problems.push(whole(&path, "too-large", format!("the file has more than {FILE_LIMIT} bytes"), None));
        } else {
            match read(&path) {
                Ok(bytes) => files.push((relative, bytes)),
                Err(problem) => problems.push(problem),
            }
        }
    }
}
