//! Walking a folder: every file in it, none followed, none opened.

use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};

use super::blob::{Blob, Obstacle};
use super::{CollectError, Collected, MAX_DEPTH};
use crate::text::of_system;

/// One given path on its way into [`Collected`].
pub(super) struct Walk<'a> {
    /// Folders to leave out, links resolved.
    pub skip: &'a [PathBuf],
    /// The given path, for messages.
    pub shown: String,
    /// Where files go.
    pub collected: &'a mut Collected,
    /// Where the part of report paths relative to the given path begins.
    pub within: usize,
    /// Where the part relative to the folder of the exports begins.
    pub inner: usize,
    /// So many files are taken.
    pub most: usize,
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
    pub fn file(&mut self, path: String, absolute: &Path) {
        let metadata = absolute.symlink_metadata().map_err(|error| error.to_string());
        self.add(path, absolute.to_owned(), metadata);
    }

    /// Adds every file below a folder, whose report path is `prefix`.
    pub fn folder(&mut self, prefix: String, absolute: &Path) -> Result<(), CollectError> {
        let mut open = vec![Folder { prefix, absolute: absolute.to_owned(), depth: 0 }];
        while let Some(folder) = open.pop() {
            let entries = match std::fs::read_dir(&folder.absolute).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>) {
                Ok(entries) => entries,
                Err(error) if folder.depth == 0 => {
                    return Err(CollectError::Unreadable { path: self.shown.clone(), reason: error.to_string() });
                }
                Err(error) => {
                    // A folder whose files are not known is told as one file.
                    self.obstacle(folder.prefix.trim_end_matches('/').to_owned(), folder.absolute, Obstacle::Folder(error.to_string()));
                    continue;
                }
            };
            if !self.entries(&folder, entries, &mut open) {
                break;
            }
        }
        Ok(())
    }

    /// Takes what a folder holds, in the order of its names, so that what is
    /// beyond a limit does not depend on the file system. False: no more is taken.
    fn entries(&mut self, folder: &Folder, entries: Vec<DirEntry>, open: &mut Vec<Folder>) -> bool {
        let mut entries: Vec<(String, DirEntry)> = entries.into_iter().map(|entry| (of_system(&entry.file_name()), entry)).collect();
        entries.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.file_name().cmp(&other.1.file_name())));
        let mut folders = Vec::new();
        for (name, entry) in entries {
            let path = format!("{}{name}", folder.prefix);
            let absolute = entry.path();
            let metadata = absolute.symlink_metadata().map_err(|error| error.to_string());
            let is_folder = metadata.as_ref().is_ok_and(Metadata::is_dir);
            if is_folder && self.skip.contains(&absolute) {
                self.collected.skipped.push(path);
            } else if self.collected.blobs.len() >= self.most {
                self.obstacle(path, absolute, Obstacle::TooMany);
                return false;
            } else if !is_folder {
                self.add(path, absolute, metadata);
            } else if folder.depth + 1 > MAX_DEPTH {
                self.obstacle(path, absolute, Obstacle::TooDeep);
            } else {
                folders.push(Folder { prefix: path + "/", absolute, depth: folder.depth + 1 });
            }
        }
        // The last one pushed is the next.
        open.extend(folders.into_iter().rev());
        true
    }

    fn obstacle(&mut self, path: String, absolute: PathBuf, obstacle: Obstacle) {
        self.push(Blob { obstacle: Some(obstacle), ..Blob::new(path, absolute, 0) });
    }

    fn add(&mut self, path: String, absolute: PathBuf, metadata: Result<Metadata, String>) {
        let (size, obstacle) = match metadata {
            Ok(metadata) => match Obstacle::of(&metadata) {
                None => (metadata.len(), None),
                obstacle => (0, obstacle),
            },
            Err(reason) => (0, Some(Obstacle::Unreadable(reason))),
        };
        self.push(Blob { obstacle, ..Blob::new(path, absolute, size) });
    }

    fn push(&mut self, blob: Blob) {
        self.collected.blobs.push(Blob { within: self.within, inner: self.inner, ..blob });
    }
}

#[cfg(test)]
mod tests {
    use super::{Collected, Obstacle, Walk};

    fn walk(folder: &std::path::Path, most: usize) -> Vec<(String, Option<Obstacle>)> {
        let mut collected = Collected::default();
        let mut walk = Walk { skip: &[], shown: String::new(), collected: &mut collected, within: 0, inner: 0, most };
        walk.folder(String::new(), folder).unwrap();
        collected.blobs.into_iter().map(|blob| (blob.path, blob.obstacle)).collect()
    }

    #[test]
    fn the_files_beyond_the_limit_are_told_as_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["d", "a", "b/c", "b/e"] {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let file = |path: &str| (path.to_owned(), None);
        assert_eq!(walk(folder.path(), 4), [file("a"), file("d"), file("b/c"), file("b/e")]);
        assert_eq!(walk(folder.path(), 3), [file("a"), file("d"), file("b/c"), ("b/e".to_owned(), Some(Obstacle::TooMany))]);
    }

    #[test]
    fn a_folder_too_deep_is_told_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let deep = ["n"; 66].join("/");
        std::fs::create_dir_all(folder.path().join(&deep)).unwrap();
        std::fs::write(folder.path().join(&deep).join("hidden"), b"x").unwrap();
        std::fs::write(folder.path().join("seen"), b"x").unwrap();
        assert_eq!(walk(folder.path(), 9), [("seen".to_owned(), None), (["n"; 65].join("/"), Some(Obstacle::TooDeep))]);
    }
}
