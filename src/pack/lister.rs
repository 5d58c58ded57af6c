//! What a built-in pack lists of editions, read without its controls, and of
//! its tables and links only what is asked for: a scan needs little of them.

use super::load::{self, LoadedPack};
use super::raw::RawPack;
use super::{Listed, resolve};
use crate::diagnostic::Diagnostics;
use crate::embedded::{self, EmbeddedPack};

/// A built-in pack that lists something; its `pack.yaml` is read.
#[derive(Debug)]
pub struct Lister {
    pack: &'static EmbeddedPack,
    loaded: LoadedPack,
}

impl Lister {
    /// The built-in pack of that id, where it lists an edition or links.
    #[must_use]
    pub fn built_in(id: &str) -> Option<Self> {
        let pack = embedded::pack(id)?;
        // Most packs list nothing: their YAML is not read for that. Built-in packs have these keys at the start of a line.
        let bytes = pack.files.iter().find(|file| file.path == "pack.yaml")?.bytes;
        let begins = |key: &[u8]| memchr::memmem::find_iter(bytes, key).any(|at| at == 0 || bytes.get(at - 1) == Some(&b'\n'));
        if !begins(b"framework:") && !begins(b"links:") {
            return None;
        }
        let mut loaded = LoadedPack::unread(id, true);
        loaded.partial = true;
        loaded.add(&shown(id), "pack.yaml", bytes);
        Some(Self { pack, loaded })
    }

    fn raw(&self) -> Option<&RawPack> {
        self.loaded.pack.as_ref().map(|pack| &pack.raw)
    }

    /// The edition whose entries it lists.
    #[must_use]
    pub fn framework(&self) -> Option<&str> {
        self.raw()?.framework.as_ref().map(|framework| framework.value.as_str())
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.pack.id
    }

    /// Reads the tables that list entries.
    pub fn read_entries(&mut self) {
        let keyed = self.raw().into_iter().flat_map(|raw| &raw.tables).filter(|table| table.key.is_some());
        let files: Vec<String> = keyed.filter_map(|table| table.file.as_ref()).map(|file| file.value.clone()).collect();
        files.iter().for_each(|file| self.read(file));
    }

    /// Reads those links that are wanted by the editions at their ends and the bytes of their file.
    pub fn read_links(&mut self, wanted: impl Fn(&str, &str, &[u8]) -> bool) {
        let bytes = |file: &str| self.pack.files.iter().find(|known| known.path == file).map_or(&[][..], |file| file.bytes);
        let links = self.raw().into_iter().flat_map(|raw| &raw.links);
        let links = links.filter(|links| wanted(&links.from.value, &links.to.value, bytes(&links.file.value)));
        let files: Vec<String> = links.map(|links| links.file.value.clone()).collect();
        files.iter().for_each(|file| self.read(file));
    }

    fn read(&mut self, file: &str) {
        if let Some(file) = self.pack.files.iter().find(|known| known.path == file).filter(|file| !self.loaded.sheets.has(file.path)) {
            self.loaded.add(&shown(self.pack.id), file.path, file.bytes);
        }
    }

    /// What was read of what it lists.
    ///
    /// # Errors
    /// Mistakes in it: a defect of the program.
    pub fn listed(&self) -> Result<Listed, Diagnostics> {
        resolve::listed(&self.loaded)
    }

    /// The digest of the whole pack; see [`LoadedPack::sha256`].
    #[must_use]
    pub fn sha256(&self) -> String {
        let files: Vec<(&str, &[u8])> = self.pack.files.iter().map(|file| (file.path, file.bytes)).collect();
        load::digest(&files)
    }
}

fn shown(id: &str) -> String {
    format!("built-in:{id}")
}
