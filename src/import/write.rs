//! Packs are written whole or not at all, all packs of one call together.
//!
//! Under the folder of packs everything is made in `.rolecall-import/new`; what
//! lay at its place steps aside to `.rolecall-import/old`; the new ones take
//! their places; the old ones go. Nothing below `.rolecall-import` is taken for
//! a pack. What a killed run left there, the next one takes up.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::ImportedPack;
use super::render::{self, Found};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{self, FILE_LIMIT, sync_folder, whole};
use crate::text::visible;
use crate::yaml;

const WORK: &str = ".rolecall-import";

/// Writes packs under a folder, each into one of its id; gives their folders.
///
/// # Errors
/// Something else lies where a pack would, or the system refuses; then all is as it was.
pub fn write(out: &Path, packs: &[ImportedPack]) -> Result<Vec<PathBuf>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut rendered = Vec::new();
    for (at, pack) in packs.iter().enumerate() {
        let files = render::files(pack);
        check(pack, &files, &mut problems);
        if packs.iter().take(at).any(|earlier| earlier.id == pack.id) {
            let message = format!("two of the files become the pack `{}`", pack.id);
            problems.push(Diagnostic::new("import-target", "", message).help("import them one by one, with --id for one of them"));
        }
        rendered.push((out.join(&pack.id), pack.id.as_str(), files));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    // Before anything is made.
    for (place, ..) in &rendered {
        look(place)?;
    }
    let done = Work::begin(out).and_then(|work| {
        for (_, id, files) in &rendered {
            work.stage(id, files).map_err(|error| unwritable(&out.join(id), &error))?;
        }
        for (place, ..) in &rendered {
            look(place)?;
        }
        let ids: Vec<&str> = rendered.iter().map(|(_, id, _)| *id).collect();
        work.put(&ids).map_err(|error| unwritable(out, &error))?;
        Ok(())
    });
    done?;
    Ok(rendered.into_iter().map(|(place, ..)| place).collect())
}

/// Whether a text can be a pack's id and a folder's name anywhere.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 100
        && text.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'.' | b'_'))
        && text.bytes().next().is_some_and(plain)
        && text.bytes().last().is_some_and(plain)
}

fn check(pack: &ImportedPack, files: &[(String, Vec<u8>)], problems: &mut Diagnostics) {
    if !is_id(&pack.id) {
        let message = format!("`{}` cannot be the id of a pack", pack.id);
        problems.push(Diagnostic::new("usage", "", message).help("lower-case letters, digits, `-`, `_` and `.`, as `nice-2017-official`"));
    }
    let mut before = None;
    for (path, bytes) in files {
        let limit = if path.ends_with(".yaml") { yaml::SIZE_LIMIT as u64 } else { FILE_LIMIT };
        if bytes.len() as u64 > limit {
            let message = format!("`{path}` would have {} bytes; a pack's file has at most {limit}", bytes.len());
            problems.push(Diagnostic::new("too-large", pack.id.clone(), message));
        }
        let sound = path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']));
        if !sound || before == Some(path) {
            problems.push(Diagnostic::new("file-name", pack.id.clone(), format!("`{path}` cannot be, or is twice, a file of a pack")));
        }
        before = Some(path);
    }
}

/// Whether a pack may be written there; whether an earlier import gives way.
fn look(place: &Path) -> Result<bool, Diagnostics> {
    let occupied = |message: &str, help: &str| Diagnostics::from(whole(place, "import-target", message.to_owned(), Some(help)));
    match place.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unwritable(place, &error)),
        Ok(data) if !data.is_dir() => return Err(occupied("a file or a link lies where the pack would", "give another --out or --id")),
        Ok(_) => {}
    }
    match render::found(files::read_all(place)?) {
        Found::Import => Ok(true),
        Found::Changed => Err(occupied(
            "an import lies here that was changed since",
            "move it away, or give another --id: what somebody changed is not written over",
        )),
        Found::Other => Err(occupied("something that no import made lies where the pack would", "give another --out or --id")),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostics {
    whole(path, "unwritable", format!("the pack cannot be written: {error}"), None).into()
}

/// The folder in which packs are made, held by one run alone; dropping takes it away.
#[derive(Debug)]
struct Work {
    out: PathBuf,
    /// The folders above `out` that this run made.
    made: Vec<PathBuf>,
    done: bool,
    _lock: File,
}

impl Work {
    fn begin(out: &Path) -> Result<Self, Diagnostics> {
        let refused = |error: io::Error| unwritable(out, &error);
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_err();
        let made = out.ancestors().take_while(missing).map(Path::to_owned).collect();
        let folder = out.join(WORK);
        fs::create_dir_all(&folder).map_err(refused)?;
        let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join("lock")).map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another import is writing here";
                return Err(whole(out, "import-target", message.to_owned(), Some("wait until it has ended")).into());
            }
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
        let work = Self { out: out.to_owned(), made, done: false, _lock: lock };
        work.recover().map_err(refused)?;
        fs::create_dir(work.at("new")).map_err(refused)?;
        fs::create_dir(work.at("old")).map_err(refused)?;
        Ok(work)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.out.join(WORK).join(name)
    }

    /// Takes up what a killed run left: what had stepped aside goes back where its place is empty.
    fn recover(&self) -> io::Result<()> {
        match fs::read_dir(self.at("old")) {
            Ok(entries) => {
                for entry in entries {
                    let entry = entry?;
                    let place = self.out.join(entry.file_name());
                    if place.symlink_metadata().is_err() {
                        fs::rename(entry.path(), place)?;
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        for name in ["new", "old"] {
            match fs::remove_dir_all(self.at(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn stage(&self, id: &str, files: &[(String, Vec<u8>)]) -> io::Result<()> {
        let folder = self.at("new").join(id);
        fs::create_dir(&folder)?;
        let mut folders = vec![folder.clone()];
        for (path, bytes) in files {
            let path = folder.join(path);
            let above = files::folder_of(&path);
            if !folders.iter().any(|made| made == above) {
                fs::create_dir_all(above)?;
                folders.push(above.to_owned());
            }
            let mut file = File::create_new(&path)?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Puts all packs at their places, or none.
    fn put(mut self, ids: &[&str]) -> io::Result<()> {
        for (at, id) in ids.iter().enumerate() {
            if let Err(error) = self.exchange(id) {
                for id in ids.iter().take(at).rev() {
                    self.restore(id)?;
                }
                return Err(error);
            }
        }
        sync_folder(&self.out)?;
        self.done = true;
        Ok(())
    }

    fn exchange(&self, id: &str) -> io::Result<()> {
        let (place, aside) = (self.out.join(id), self.at("old").join(id));
        let old = place.symlink_metadata().is_ok();
        if old {
            fs::rename(&place, &aside)?;
        }
        let put = fs::rename(self.at("new").join(id), &place);
        if put.is_err() && old {
            fs::rename(&aside, &place)?;
        }
        put
    }

    fn restore(&self, id: &str) -> io::Result<()> {
        let (place, aside) = (self.out.join(id), self.at("old").join(id));
        fs::rename(&place, self.at("new").join(id))?;
        if aside.symlink_metadata().is_ok() { fs::rename(aside, place) } else { Ok(()) }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What cannot be taken away now, the next run takes away. An old pack whose place is empty is never taken away.
        if self.recover().is_ok() {
            let _ = fs::remove_dir_all(self.out.join(WORK));
        }
        if !self.done {
            // The lowest comes first; a folder that somebody uses by now stays.
            for folder in &self.made {
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// The folder as messages show it.
#[must_use]
pub fn shown(folder: &Path) -> String {
    visible(&crate::text::of_system(folder.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportedTable;

    fn pack(id: &str, cell: &str) -> ImportedPack {
        let tables = vec![ImportedTable::new("a", "a.csv", &["id"], vec![vec![cell.to_owned()]])];
        ImportedPack { id: id.to_owned(), tables, ..ImportedPack::default() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn table(out: &Path, id: &str) -> String {
        fs::read_to_string(out.join(id).join("tables/a.csv")).unwrap()
    }

    #[test]
    fn an_untouched_import_gives_way_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("deep/packs");
        write(&out, &[pack("a", "1"), pack("b", "1")]).unwrap();
        write(&out, &[pack("a", "2")]).unwrap();
        assert_eq!((table(&out, "a").as_str(), table(&out, "b").as_str()), ("id\n2\n", "id\n1\n"));
        assert_eq!(names(&out), ["a", "b"], "no trace of the work");
        fs::write(out.join("a/own.yaml"), "id: own").unwrap();
        let refused = write(&out, &[pack("b", "3"), pack("a", "3")]).unwrap_err();
        assert_eq!(refused.0[0].code, "import-target");
        assert_eq!((table(&out, "a").as_str(), table(&out, "b").as_str()), ("id\n2\n", "id\n1\n"), "all or none");
        fs::create_dir(out.join("c")).unwrap();
        assert!(write(&out, &[pack("c", "1")]).is_err());
        fs::write(out.join("d"), "").unwrap();
        assert!(write(&out, &[pack("d", "1")]).is_err());
        assert_eq!(names(&out), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_cannot_be_written_leaves_no_folder_behind() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("deep/packs");
        let mut wrong = pack("a", "1");
        wrong.files.push(("../x".to_owned(), Vec::new()));
        assert_eq!(write(&out, &[wrong]).unwrap_err().0[0].code, "file-name");
        let mut twice = pack("a", "1");
        twice.files.push(("tables/a.csv".to_owned(), Vec::new()));
        assert!(write(&out, &[twice]).is_err());
        let mut folder_and_file = pack("a", "1");
        folder_and_file.files.push(("tables".to_owned(), Vec::new()));
        assert_eq!(write(&out, &[folder_and_file]).unwrap_err().0[0].code, "unwritable");
        for id in ["", "..", "A", "a/b", ".a", "-", "a\n"] {
            assert!(write(&out, &[pack(id, "1")]).is_err(), "{id:?}");
        }
        assert!(write(&out, &[pack("a", "1"), pack("a", "2")]).is_err());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_run_that_was_killed_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        write(out, &[pack("a", "1")]).unwrap();
        // Killed between the two renames, with another pack half made.
        fs::create_dir_all(out.join(WORK).join("old")).unwrap();
        fs::create_dir_all(out.join(WORK).join("new/b")).unwrap();
        fs::rename(out.join("a"), out.join(WORK).join("old/a")).unwrap();
        write(out, &[pack("c", "1")]).unwrap();
        assert_eq!(names(out), ["a", "c"]);
        assert_eq!(table(out, "a"), "id\n1\n");
    }

    #[test]
    fn two_runs_do_not_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = Work::begin(folder.path()).unwrap();
        assert_eq!(write(folder.path(), &[pack("a", "1")]).unwrap_err().0[0].code, "import-target");
        drop(held);
        write(folder.path(), &[pack("a", "1")]).unwrap();
    }
}
