//! Official files as published become packs: `rolecall pack import`.
//!
//! A file is recognised by its layout, never by its digest ([`recognise`]),
//! read by the one module that knows that layout, and written as a pack folder
//! whole or not at all ([`write`]). Readers give an [`Import`]; they know no
//! folders and no clock, so the same bytes give the same pack.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostics;
use recognise::{Known, recognise};

pub mod book;
pub mod csv;
pub mod dcwf_list;
pub mod dcwf_tool;
pub mod nice_2017;
pub mod nice_cprt;
pub mod opm;
pub mod recognise;
pub mod render;
pub mod write;

/// The terms under which the US Government publishes.
pub const US_GOVERNMENT: &str = "US Government work: not subject to copyright in the United States";

/// A file to import, read.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// Its name without folders: what provenance tells.
    pub name: String,
    /// Its path as the user gave it: what messages tell.
    pub shown: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What came of a file.
#[derive(Debug, Clone)]
pub struct Import {
    /// The pack.
    pub pack: ImportedPack,
    /// What was left out or mended: told on standard error.
    pub notes: Diagnostics,
    /// Words of entries that the pack itself does not carry, for comparison with files that are imported together.
    pub texts: BTreeMap<String, String>,
}

/// A pack that is not written yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedPack {
    /// Its id, and the name of its folder.
    pub id: String,
    /// Title.
    pub title: String,
    /// Version of the pack: that of the file's issue.
    pub version: String,
    /// Edition of the standard.
    pub edition: String,
    /// The standard.
    pub standard: String,
    /// What it is.
    pub description: String,
    /// The edition whose entries its tables list; see `framework` of `pack.yaml`.
    pub framework: Option<String>,
    /// How crosswalks name the edition; the first is shown.
    pub names: Vec<String>,
    /// The terms of the publisher.
    pub licence: String,
    /// The files it was made of.
    pub provenance: Vec<Provenance>,
    /// Its tables, each in a CSV file.
    pub tables: Vec<ImportedTable>,
    /// Its crosswalks, each in a CSV file.
    pub links: Vec<ImportedLinks>,
    /// Further keys of `pack.yaml`, as YAML; empty or ended by a line feed.
    pub more: String,
    /// Further files: path in the folder with `/`, and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A file that a pack was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Its name, without folders.
    pub file: String,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// Who published it.
    pub publisher: String,
    /// The edition, as the file states it.
    pub edition: String,
    /// The day it was published, `YYYY-MM-DD`, where the file states it.
    pub published: Option<String>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedTable {
    /// Its name.
    pub name: String,
    /// Its file, as `tables/work-roles.csv`.
    pub file: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The column whose values are ids of the edition.
    pub key: Option<String>,
    /// The column that words the entry.
    pub words: Option<String>,
    /// A column that holds ids of an edition, and which edition.
    pub ids: Option<(String, String)>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<String>>,
}

/// A crosswalk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedLinks {
    /// Edition on the left.
    pub from: String,
    /// Edition on the right.
    pub to: String,
    /// Its file, as `links/dcwf-5.1_nice-2017.csv`.
    pub file: String,
    /// Who says so: `ours`, or `official: DOCUMENT`.
    pub origin: String,
    /// The pairs.
    pub rows: Vec<ImportedLink>,
}

/// One pair of a crosswalk.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportedLink {
    /// Id on the left.
    pub from: String,
    /// Id on the right.
    pub to: String,
    /// `equal-to`, `equivalent-to`, `subset-of`, `superset-of` or `intersects-with`.
    pub relation: String,
    /// Its own origin, where that is another than the file's.
    pub origin: Option<String>,
}

impl InputFile {
    /// Where a pack comes from, as far as the file itself tells.
    #[must_use]
    pub fn provenance(&self, publisher: &str, edition: &str, published: Option<&str>) -> Provenance {
        Provenance {
            file: self.name.clone(),
            sha256: crate::digest::sha256_hex(&self.bytes),
            publisher: publisher.to_owned(),
            edition: edition.to_owned(),
            published: published.map(str::to_owned),
        }
    }
}

impl ImportedTable {
    /// A table of plain columns.
    #[must_use]
    pub fn new(name: &str, file: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { name: name.to_owned(), file: format!("tables/{file}"), columns, rows, ..Self::default() }
    }

    /// With the column that is the entry's id, and the one that words it.
    #[must_use]
    pub fn entries(mut self, key: &str, words: &str) -> Self {
        (self.key, self.words) = (Some(key.to_owned()), Some(words.to_owned()));
        self
    }

    /// With a column that holds ids of an edition.
    #[must_use]
    pub fn ids(mut self, column: &str, framework: &str) -> Self {
        self.ids = Some((column.to_owned(), framework.to_owned()));
        self
    }
}

/// Makes packs of files, one each; what one of them says of another's entries is compared.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn all(files: &[InputFile]) -> Result<Vec<Import>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut imports = Vec::new();
    for file in files {
        match import(file) {
            Ok(import) => imports.push(import),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let shown: Vec<String> = files.iter().map(|file| file.shown.clone()).collect();
    dcwf_list::settle(&mut imports, &shown);
    Ok(imports)
}

/// Makes a pack of a file.
///
/// # Errors
/// The file is none that is known, or something in it is not as its layout demands.
pub fn import(file: &InputFile) -> Result<Import, Diagnostics> {
    match recognise(file)? {
        Known::Nice2017 => nice_2017::read(file),
        Known::NiceComponents => nice_cprt::read(file),
        Known::DcwfTool => dcwf_tool::read(file),
        Known::DcwfList => dcwf_list::read(file),
        Known::Opm => opm::read(file),
    }
}

/// `M/D/YYYY` as `YYYY-MM-DD`.
#[must_use]
pub fn american_date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.trim().split('/').collect();
    let [month, day, year] = parts.as_slice() else { return None };
    let number = |part: &str, most: usize| -> Option<i16> {
        let digits = !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    if year.len() != 4 {
        return None;
    }
    let (month, day) = (number(month, 2)?.try_into().ok()?, number(day, 2)?.try_into().ok()?);
    Some(jiff::civil::Date::new(number(year, 4)?, month, day).ok()?.to_string())
}
