//! Reading the folders that users point at: all files, in sorted order, with
//! paths that are the same on every system.

use std::fs;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics};

/// A folder's file: its path relative to the folder, with `/`, and its bytes.
pub type FolderFile = (String, Vec<u8>);

/// The largest file that is read from a pack or source folder.
const FILE_LIMIT: u64 = 16 << 20;

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
    Diagnostic { file: path.display().to_string(), line: 0, column: 0, code, message, help: help.map(str::to_owned), snippet: None }
}

/// Reads one file.
///
/// # Errors
/// It cannot be read, with the system's reason.
pub fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|error| whole(path, "unreadable", format!("the file cannot be read: {error}"), None))
}

/// Writes a file whole or not at all: beside its place, then renamed.
///
/// # Errors
/// It cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Diagnostics> {
    use std::io::Write as _;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let wrong = |error: std::io::Error| {
        Diagnostics::from(whole(path, "unwritable", format!("the file cannot be written: {error}"), Some("give another path")))
    };
    let mut file = tempfile::Builder::new().prefix(".rolecall-").tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    file.as_file().sync_all().map_err(wrong)?;
    file.persist(path).map_err(|error| wrong(error.error))?;
    Ok(())
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
