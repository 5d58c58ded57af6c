//! The data files inside the program: control packs and evidence
//! sources. `build.rs` lists the folders; nothing here parses them.

/// A file inside the program.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Path relative to its folder (a pack's folder, `sources/`), with `/`.
    pub path: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// A control pack inside the program.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedPack {
    /// Its id: the folder's name.
    pub id: &'static str,
    /// All its files, sorted by path.
    pub files: &'static [File],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The built-in packs, by id.
#[must_use]
pub fn packs() -> &'static [EmbeddedPack] {
    PACKS
}

/// The built-in packs that make no demand: editions and crosswalks, by id.
#[must_use]
pub fn frameworks() -> &'static [EmbeddedPack] {
    FRAMEWORKS
}

/// The built-in pack of that id, with demands or without.
#[must_use]
pub fn pack(id: &str) -> Option<&'static EmbeddedPack> {
    PACKS.iter().chain(FRAMEWORKS).find(|pack| pack.id == id)
}

/// What exports must deliver for each built-in pack: a line `pack: dataset, dataset` each.
static NEEDS: &str = include_str!("../controls/NEEDS.txt");

/// The datasets that exports must deliver for the checks of a built-in pack, in
/// their order, without reading the pack. A test holds the list against the packs.
#[must_use]
pub fn needs(id: &str) -> Option<Vec<&'static str>> {
    let line = NEEDS.lines().find_map(|line| line.strip_prefix(id)?.strip_prefix(": "))?;
    Some(line.split(", ").collect())
}

/// The built-in evidence sources, by file name.
#[must_use]
pub fn sources() -> &'static [File] {
    SOURCES
}
