//! Walking a folder: every file in it, none followed, none opened.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::blob::{Blob, Obstacle};
use super::{CollectError, Collected, MAX_DEPTH, MAX_FILES};
use crate::text::{of_system, visible};

/// One given path on its way into [`Collected`].
pub(super) struct Walk<'a> {
    /// Folders to leave out, links resolved.
    pub skip: &'a [PathBuf],
    /// The given path, for messages.
    pub shown: String,
    /// Where files go.
    pub collected: &'a mut Collected,
}

/// A folder that is still to be listed.
struct Folder {
    /// Its report path with a `/` behind it, or nothing for the root.
    prefix: String,
    /// Where it is.
    absolute: PathBuf,
    /// How deep it lies under the given path.
    depth: usize,
}

impl Walk<'_> {
    /// Adds one file.
    pub fn file(&mut self, path: String, within: usize, inner: usize, absolute: &Path) -> Result<(), CollectError> {
        let metadata = absolute.symlink_metadata().map_err(|error| error.to_string());
        self.add(path, within, inner, absolute.to_owned(), metadata)
    }

    /// Adds every file below a folder, whose report path is `prefix`.
    pub fn folder(&mut self, prefix: String, within: usize, inner: usize, absolute: &Path) -> Result<(), CollectError> {
        let mut open = vec![Folder { prefix, absolute: absolute.to_owned(), depth: 0 }];
        while let Some(folder) = open.pop() {
            let entries = match std::fs::read_dir(&folder.absolute) {
                Ok(entries) => entries,
                Err(error) if folder.depth == 0 => {
                    return Err(CollectError::Unreadable { path: self.shown.clone(), reason: error.to_string() });
                }
                Err(error) => {
                    self.unlisted(&folder, within, inner, &error)?;
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        self.unlisted(&folder, within, inner, &error)?;
                        break;
                    }
                };
                let path = format!("{}{}", folder.prefix, of_system(&entry.file_name()));
                let absolute = entry.path();
                let metadata = absolute.symlink_metadata().map_err(|error| error.to_string());
                if !metadata.as_ref().is_ok_and(Metadata::is_dir) {
                    self.add(path, within, inner, absolute, metadata)?;
                } else if self.skip.contains(&absolute) {
                    self.collected.skipped.push(path);
                } else if folder.depth + 1 > MAX_DEPTH {
                    return Err(CollectError::TooDeep { path: visible(&path) });
                } else {
                    open.push(Folder { prefix: path + "/", absolute, depth: folder.depth + 1 });
                }
            }
        }
        Ok(())
    }

    /// A folder whose files are not known is told as one file.
    fn unlisted(&mut self, folder: &Folder, within: usize, inner: usize, error: &std::io::Error) -> Result<(), CollectError> {
        let path = folder.prefix.trim_end_matches('/').to_owned();
        self.push(Blob { obstacle: Some(Obstacle::Folder(error.to_string())), within, inner, ..Blob::new(path, folder.absolute.clone(), 0) })
    }

    fn add(&mut self, path: String, within: usize, inner: usize, absolute: PathBuf, metadata: Result<Metadata, String>) -> Result<(), CollectError> {
        let (size, obstacle) = match metadata {
            Ok(metadata) => match Obstacle::of(&metadata) {
                None => (metadata.len(), None),
                obstacle => (0, obstacle),
            },
            Err(reason) => (0, Some(Obstacle::Unreadable(reason))),
        };
        self.push(Blob { obstacle, within, inner, ..Blob::new(path, absolute, size) })
    }

    fn push(&mut self, blob: Blob) -> Result<(), CollectError> {
        if self.collected.blobs.len() >= MAX_FILES {
            return Err(CollectError::TooMany { path: self.shown.clone() });
        }
        self.collected.blobs.push(blob);
        Ok(())
    }
}
