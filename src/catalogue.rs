//! What is known: the packs and evidence sources in the binary, and those of
//! the folders that the user names.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pack::load::{self, LoadedPack};
use crate::parallel;
use crate::source::Source;
use crate::source::kinds::FieldKinds;
use crate::source::load::Sources;

mod editions;

/// Packs and sources. A scan reads only those built-in packs that it uses: there are many.
#[derive(Debug)]
pub struct Catalogue {
    /// The packs that were read, by id; not yet resolved, for parameters depend on the engagement.
    pub packs: Vec<LoadedPack>,
    /// Packs of the folders that make no demand, by id: what editions hold, and crosswalks.
    pub frameworks: Vec<LoadedPack>,
    /// The source profiles, by id.
    pub sources: Vec<Source>,
    /// Fields and datasets that sources add.
    pub kinds: FieldKinds,
}

impl Catalogue {
    /// Loads everything that is built in, and the folders.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn whole(packs_dirs: &[PathBuf], sources_dirs: &[PathBuf]) -> Result<Self, Diagnostics> {
        let mut catalogue = Self::load(packs_dirs, sources_dirs)?;
        catalogue.read_built_in(|_| true);
        catalogue.read_frameworks();
        Ok(catalogue)
    }

    /// Loads the built-in sources, and the folders.
    ///
    /// # Errors
    /// Every mistake of every source file; packs that cannot be read, or that have one id.
    pub fn load(packs_dirs: &[PathBuf], sources_dirs: &[PathBuf]) -> Result<Self, Diagnostics> {
        let mut files = crate::source::load::built_in();
        let mut problems = Diagnostics::default();
        for dir in sources_dirs {
            match crate::source::load::folder(dir) {
                Ok(more) => files.extend(more),
                Err(more) => problems.extend(more),
            }
        }
        let own = || packs_dirs.iter().map(|dir| load::pack_folders(dir).map(read_all)).collect::<Vec<_>>();
        let (own, loaded) = parallel::both(own, || crate::source::load::load(&files));
        let mut packs: Vec<LoadedPack> = Vec::new();
        for folders in own {
            let folders = match folders {
                Ok(folders) => folders,
                Err(more) => {
                    problems.extend(more);
                    continue;
                }
            };
            for (folder, pack) in folders {
                match pack {
                    Ok(pack) if packs.iter().any(|known| known.id == pack.id) || crate::embedded::pack(&pack.id).is_some() => {
                        let message = format!("two packs have the id `{}`", pack.id);
                        let twice = Diagnostic::new("duplicate-pack", folder.display().to_string(), message);
                        problems.push(twice.help("give your own pack another id: a pack is never replaced by another"));
                    }
                    Ok(pack) => packs.push(pack),
                    Err(more) => problems.extend(more),
                }
            }
        }
        packs.sort_by(|left, right| left.id.cmp(&right.id));
        let (packs, frameworks) = packs.into_iter().partition(LoadedPack::has_controls);
        match loaded {
            Ok(Sources { sources, kinds }) if problems.is_empty() => Ok(Self { packs, frameworks, sources, kinds }),
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    /// Reads the built-in packs of these ids that were not read yet.
    pub fn read_built_in(&mut self, wanted: impl Fn(&str) -> bool) {
        let unread = |id: &str| !self.packs.iter().any(|known| known.id == id);
        let ids: Vec<&str> = crate::embedded::packs().iter().map(|pack| pack.id).filter(|id| wanted(id) && unread(id)).collect();
        // One pack after the other, the files of each side by side: a thread that waits for one of many packs
        // would begin the next on top of its stack, and so on.
        self.packs.extend(ids.into_iter().filter_map(LoadedPack::built_in));
        self.packs.sort_by(|left, right| left.id.cmp(&right.id));
    }

    /// Reads the built-in packs that make no demand, where they were not read yet.
    pub fn read_frameworks(&mut self) {
        let unread = |id: &str| !self.frameworks.iter().any(|known| known.id == id);
        let ids: Vec<&str> = crate::embedded::frameworks().iter().map(|pack| pack.id).filter(|id| unread(id)).collect();
        self.frameworks.extend(ids.into_iter().filter_map(LoadedPack::built_in));
        self.frameworks.sort_by(|left, right| left.id.cmp(&right.id));
    }

    /// The ids of all packs, read or not.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.packs.iter().map(|pack| pack.id.as_str()).chain(crate::embedded::packs().iter().map(|pack| pack.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The pack of that id, which was read.
    ///
    /// # Errors
    /// There is none; the nearest id is named.
    pub fn pack(&self, id: &str) -> Result<&LoadedPack, Diagnostics> {
        self.packs.iter().find(|pack| pack.id == id).ok_or_else(|| {
            let nearest = crate::suggest::closest(id, self.ids());
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? `rolecall list packs` shows all"),
                None => "`rolecall list packs` shows all; `--packs-dir DIR` adds your own".to_owned(),
            };
            Diagnostic::new("unknown-pack", "", format!("there is no pack `{id}`")).help(help).into()
        })
    }
}

/// The packs of these folders.
fn read_all(folders: Vec<PathBuf>) -> Vec<(PathBuf, Result<LoadedPack, Diagnostics>)> {
    let read = |folder: PathBuf| {
        let pack = LoadedPack::from_folder(&folder);
        (folder, pack)
    };
    folders.into_iter().map(read).collect()
}
