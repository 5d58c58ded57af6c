//! A pack's files, read but not yet resolved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::example::{self, Example};
use super::raw::{RawControl, RawFrom, RawPack, RawParameter};
use super::sheets::Sheets;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::sha256_hex;
use crate::embedded;
use crate::engagement::Scope;
use crate::files;
use crate::parallel;
use crate::yaml::{self, Origin};

/// A pack whose files were read. Files that do not parse are kept as their
/// diagnostics, so that [`super::resolve`] can report every mistake at once.
#[derive(Debug, Clone)]
pub struct LoadedPack {
    /// Its id: the folder's name.
    pub id: String,
    /// SHA-256 over its files: for each file of the folder, examples
    /// included, the line `<sha-256>  <path>` (two spaces, path relative to
    /// the folder with `/`); the lines sorted as bytes, each ended by a line
    /// feed. `sha256sum $(find * -type f) | LC_ALL=C sort | sha256sum` in the
    /// folder gives the same.
    pub sha256: String,
    /// Whether the program carries it.
    pub built_in: bool,
    /// Whether some of its files were left out: see [`super::lister`].
    pub(super) partial: bool,
    /// `pack.yaml`, where it parses.
    pub(super) pack: Option<Parsed<RawPack>>,
    /// The control files that parse, by file name.
    pub(super) controls: Vec<Parsed<RawControl>>,
    /// Ids of the control files that do not parse.
    pub(super) broken_controls: Vec<String>,
    /// Examples, unparsed.
    pub(super) examples: Vec<ExampleFile>,
    /// The CSV files under `tables/` and `links/`, by path.
    pub(super) sheets: Sheets,
    /// What is wrong with the files as such.
    pub(super) problems: Diagnostics,
}

/// A file and its content.
#[derive(Debug, Clone)]
pub(super) struct Parsed<T> {
    /// The file.
    pub origin: Origin,
    /// Its name without folder and `.yaml`.
    pub stem: String,
    /// Its content.
    pub raw: T,
}

/// An example that is not parsed yet.
#[derive(Debug, Clone)]
pub(super) struct ExampleFile {
    /// The control: the folder's name.
    pub control: String,
    /// The file's name without `.yaml`.
    pub name: String,
    /// The file as shown in diagnostics.
    pub shown: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl LoadedPack {
    /// Reads a pack's folder.
    ///
    /// # Errors
    /// Files that cannot be read at all. Mistakes in the files come later.
    pub fn from_folder(folder: &Path) -> Result<Self, Diagnostics> {
        let files = files::read_all(folder)?;
        let id = folder_name(folder);
        let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        Ok(Self::from_files(&id, &folder.display().to_string(), &borrowed))
    }

    /// The built-in pack of that id.
    #[must_use]
    pub fn built_in(id: &str) -> Option<Self> {
        let pack = embedded::pack(id)?;
        let files: Vec<(&str, &[u8])> = pack.files.iter().map(|file| (file.path, file.bytes)).collect();
        Some(Self::read(id, &format!("built-in:{id}"), &files, true))
    }

    /// A pack from its files; paths are relative to its folder, `shown` is
    /// the folder as diagnostics name it.
    #[must_use]
    pub fn from_files(id: &str, shown: &str, files: &[(&str, &[u8])]) -> Self {
        Self::read(id, shown, files, false)
    }

    /// A pack of which nothing was read yet.
    pub(super) fn unread(id: &str, built_in: bool) -> Self {
        Self {
            id: id.to_owned(),
            sha256: String::new(),
            built_in,
            partial: false,
            pack: None,
            controls: Vec::new(),
            broken_controls: Vec::new(),
            examples: Vec::new(),
            sheets: Sheets::default(),
            problems: Diagnostics::default(),
        }
    }

    fn read(id: &str, shown: &str, files: &[(&str, &[u8])], built_in: bool) -> Self {
        let mut sorted = files.to_vec();
        sorted.sort_by_key(|(path, _)| *path);
        let mut pack = Self { sha256: digest(&sorted), ..Self::unread(id, built_in) };
        for read in parallel::each(&sorted, |(path, bytes)| read(shown, path, bytes, built_in)) {
            pack.take(read);
        }
        if !sorted.iter().any(|(path, _)| *path == "pack.yaml") {
            pack.problems.push(whole(shown, "pack-file", "the folder has no `pack.yaml`", None));
        } else if !pack.has_controls() && pack.pack.as_ref().is_some_and(|pack| pack.raw.is_bare()) {
            let help = "add `<control-id>.yaml`, or a table with a `key`, or links";
            pack.problems.push(whole(shown, "pack-file", "the pack has no control, and lists nothing", Some(help)));
        }
        pack
    }

    /// Whether it makes any demand: a pack without controls lists what an edition holds, or crosswalks.
    #[must_use]
    pub fn has_controls(&self) -> bool {
        !(self.controls.is_empty() && self.broken_controls.is_empty())
    }

    /// The names that crosswalks write in front of entries of its edition, each with the edition.
    pub fn edition_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let raw = self.pack.as_ref().map(|pack| &pack.raw);
        raw.and_then(|raw| Some((raw, raw.framework.as_ref()?)))
            .into_iter()
            .flat_map(|(raw, framework)| raw.names.iter().map(|name| (name.value.as_str(), framework.value.as_str())))
    }

    /// The controls that parse, each with its file and the place of its id.
    pub fn control_places(&self) -> impl Iterator<Item = (&str, &Origin, yaml::Place)> {
        self.controls.iter().map(|control| (control.raw.id.value.as_str(), &control.origin, control.raw.id.at))
    }

    /// The names of its parameters.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.pack.iter().flat_map(|pack| &pack.raw.parameters).map(|parameter| parameter.name.value.as_str())
    }

    /// The values that parts of an engagement's scope give to parameters.
    #[must_use]
    pub fn scoped(&self, scope: &Scope) -> BTreeMap<String, Value> {
        let parameters = self.pack.iter().flat_map(|pack| &pack.raw.parameters);
        let value = |parameter: &RawParameter| {
            let stated = match parameter.from.as_ref()?.value {
                RawFrom::Units => &scope.units,
                RawFrom::Sites => &scope.sites,
                RawFrom::WorkRoles => &scope.work_roles,
            };
            let value = Value::Array(stated.iter().cloned().map(Value::String).collect());
            (!stated.is_empty()).then(|| (parameter.name.value.clone(), value))
        };
        parameters.filter_map(value).collect()
    }

    /// Parses the examples: those that parse, and what is wrong with the others.
    #[must_use]
    pub fn examples(&self) -> (Vec<Example>, Diagnostics) {
        example::parse_all(&self.examples)
    }

    /// The texts by which its controls name entries of other editions, each with its file.
    pub fn maps(&self) -> impl Iterator<Item = (&Origin, &yaml::Spanned<String>)> {
        self.controls.iter().flat_map(|control| control.raw.maps.iter().map(move |map| (&control.origin, &map.to)))
    }

    /// Takes a file in.
    pub(super) fn add(&mut self, shown: &str, path: &str, bytes: &[u8]) {
        self.take(read(shown, path, bytes, self.built_in));
    }

    fn take(&mut self, read: Read) {
        match read {
            Read::Pack(Ok(raw)) => self.pack = Some(*raw),
            Read::Control(_, Ok(raw)) => self.controls.push(*raw),
            Read::Example(example) => self.examples.push(example),
            Read::Sheet(path, file, bytes) => self.sheets.read(path, file, &bytes),
            Read::Prose => {}
            Read::Pack(Err(problems)) => self.problems.extend(problems),
            Read::Control(stem, Err(problems)) => {
                self.broken_controls.push(stem);
                self.problems.extend(problems);
            }
            Read::Misplaced(problem) => self.problems.push(problem),
        }
    }
}

/// One file of a pack.
enum Read {
    Pack(Result<Box<Parsed<RawPack>>, Diagnostics>),
    /// With the file's name without `.yaml`.
    Control(String, Result<Box<Parsed<RawControl>>, Diagnostics>),
    Example(ExampleFile),
    /// A table or links: the path, the file as shown and its bytes.
    Sheet(String, String, Vec<u8>),
    /// Text for people.
    Prose,
    Misplaced(Diagnostic),
}

fn read(shown: &str, path: &str, bytes: &[u8], built_in: bool) -> Read {
    let file = format!("{shown}/{path}");
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["pack.yaml"] => Read::Pack(parsed(&file, "pack", bytes, built_in)),
        [name] if name.ends_with(".yaml") => {
            let stem = name.trim_end_matches(".yaml");
            Read::Control(stem.to_owned(), parsed(&file, stem, bytes, built_in))
        }
        ["examples", control, name] if name.ends_with(".yaml") => Read::Example(ExampleFile {
            control: (*control).to_owned(),
            name: name.trim_end_matches(".yaml").to_owned(),
            shown: file,
            bytes: bytes.to_vec(),
        }),
        ["tables" | "links", name] if name.ends_with(".csv") => Read::Sheet(path.to_owned(), file, bytes.to_vec()),
        [name] if name.ends_with(".md") => Read::Prose,
        _ => {
            let help = "a pack holds pack.yaml, <control>.yaml, examples/<control>/{pass,fail}-<why>.yaml, tables/*.csv, links/*.csv and *.md";
            Read::Misplaced(whole(&file, "pack-file", "this file has no place in a pack", Some(help)))
        }
    }
}

/// The pack folders under a folder of packs, sorted; the folder itself where
/// it is a pack.
///
/// # Errors
/// The folder cannot be read or holds no pack.
pub fn pack_folders(folder: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    if folder.join("pack.yaml").is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let unreadable =
        |error: std::io::Error| Diagnostics(vec![files::whole(folder, "unreadable", format!("the folder cannot be read: {error}"), None)]);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join("pack.yaml").is_file() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        let help = Some("a pack is a folder with a file `pack.yaml`");
        return Err(Diagnostics(vec![files::whole(folder, "pack-file", "no pack lies here".to_owned(), help)]));
    }
    Ok(found)
}

/// A pack's digest; see [`LoadedPack::sha256`].
#[must_use]
pub fn digest(files: &[(&str, &[u8])]) -> String {
    let mut lines: Vec<String> = files.iter().map(|(path, bytes)| format!("{}  {path}\n", sha256_hex(bytes))).collect();
    lines.sort();
    sha256_hex(lines.concat().as_bytes())
}

fn parsed<T: serde::de::DeserializeOwned + schemars::JsonSchema>(
    file: &str,
    stem: &str,
    bytes: &[u8],
    built_in: bool,
) -> Result<Box<Parsed<T>>, Diagnostics> {
    let origin = yaml::decode(file, bytes)?;
    let raw = if built_in { yaml::parse_built_in(&origin)? } else { yaml::parse_origin(&origin)? };
    Ok(Box::new(Parsed { origin, stem: stem.to_owned(), raw }))
}

fn folder_name(folder: &Path) -> String {
    let own = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    // `.` and `..` have no name of their own.
    own.or_else(|| folder.canonicalize().ok()?.file_name().map(|name| name.to_string_lossy().into_owned())).unwrap_or_default()
}

fn whole(file: &str, code: &'static str, message: &str, help: Option<&str>) -> Diagnostic {
    let origin = Origin { file: file.to_owned(), text: String::new() };
    origin.diagnostic(yaml::Place::default(), code, message, help.map(str::to_owned))
}
