//! Evidence sources: what one export of one system looks like, and how its
//! columns map onto the normalised datasets. Sources are data files.

use regex::Regex;

use crate::dataset::FieldKind;
use crate::identity::RosterField;

pub mod kinds;
pub mod load;
pub mod raw;

/// A validated source profile.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its id: the file's stem.
    pub id: String,
    /// What it takes, for people.
    pub title: String,
    /// The system that its tables come from, unless the engagement says otherwise.
    pub system: Option<String>,
    /// The outer form.
    pub format: SourceFormat,
    /// How to know such a file.
    pub recognise: Recognise,
    /// CSV: the delimiter; `None` means that the survey finds out.
    pub delimiter: Option<u8>,
    /// JSON: the wrapper's member that holds the records.
    pub list: Option<String>,
    /// JSON: how the export says that there is more.
    pub paging: Paging,
    /// How the export says when it was made.
    pub exported_at: Option<Exported>,
    /// CSV: rows in which all of these are empty are no records.
    pub skip_when_empty: Vec<String>,
    /// What it feeds.
    pub tables: Vec<SourceTable>,
    /// SHA-256 of the profile's file, lower-case hexadecimal.
    pub sha256: String,
}

/// The outer form of a source's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceFormat {
    /// Delimited text.
    Csv,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// One Markdown document a file.
    Markdown,
}

/// How to know a file of this source: every given part must hold.
#[derive(Debug, Clone, Default)]
pub struct Recognise {
    /// Columns that exist.
    pub headers: Vec<String>,
    /// Wrapper members whose value matches.
    pub members: Vec<(String, Regex)>,
    /// Paths that exist in the first record.
    pub keys: Vec<Vec<String>>,
    /// The file's name.
    pub file_name: Option<Regex>,
}

/// How a paged export says that there is more.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// A member that is there when another page follows.
    pub next: Option<String>,
    /// A member with the number of records over all pages.
    pub total: Option<String>,
    /// A member that is `true` when another page follows.
    pub more: Option<String>,
}

/// How an export says when it was made.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Where it stands.
    pub from: ExportedFrom,
    /// strftime formats besides ISO 8601.
    pub dates: Vec<String>,
}

/// Where the time of an export stands.
#[derive(Debug, Clone)]
pub enum ExportedFrom {
    /// JSON: a member of the wrapper.
    Member(String),
    /// A column (CSV) or path (JSON), in the first record.
    Column(String),
    /// The first capture group over the file's name.
    FileName(Regex),
}

/// One dataset that the source feeds.
#[derive(Debug, Clone)]
pub struct SourceTable {
    /// The dataset's name.
    pub dataset: String,
    /// How records are made.
    pub shape: SourceShape,
    /// Where each field comes from.
    pub fields: Vec<SourceField>,
    /// Accounts, and tables that refer to accounts; `None`: person fields hold names of the roster.
    pub identity: Option<SourceIdentity>,
    /// A missing key or column counts as empty.
    pub absent_is_empty: bool,
}

/// How accounts join the roster, and whose names person fields hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceIdentity {
    /// Fields that say whose the account is, in the order of the roster's fields.
    pub joins: Vec<(RosterField, String)>,
    /// Fields that hold what the system calls the account.
    pub binds: Vec<String>,
    /// The system whose accounts are meant; `None`: the table's own.
    pub names_of: Option<String>,
}

/// How records are made of a row or an object.
#[derive(Debug, Clone)]
pub enum SourceShape {
    /// One record each.
    Plain,
    /// JSON: one record per element of the list at this path.
    Each(Vec<String>),
    /// CSV: a wide table made long.
    Unpivot(SourceUnpivot),
}

/// A wide table made long.
#[derive(Debug, Clone)]
pub struct SourceUnpivot {
    /// The columns that are not turned.
    pub keep: Vec<String>,
    /// The field that takes the turned column's header.
    pub header: String,
    /// The field that takes the cell.
    pub value: String,
    /// The field that takes the cell beside it, where columns come in pairs.
    pub second: Option<String>,
    /// Cells hold letters of a responsibility matrix (field `note` takes what stands in parentheses).
    pub raci: bool,
}

/// Where a field comes from.
#[derive(Debug, Clone)]
pub struct SourceField {
    /// The dataset field.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
    /// Where the value is found.
    pub from: SourceOrigin,
    /// Spellings and what they mean.
    pub values: Vec<(String, String)>,
    /// strftime formats besides ISO 8601.
    pub dates: Vec<String>,
    /// Spellings of "no value".
    pub empty: Vec<String>,
    /// The separator of a list in one cell.
    pub split: Option<String>,
}

/// Where a value is found.
#[derive(Debug, Clone)]
pub enum SourceOrigin {
    /// A CSV column, a Markdown key, or a JSON path (as written; [`json_path`] splits it).
    Column(String),
    /// The first of these columns or paths that has a value.
    FirstOf(Vec<String>),
    /// The same value for every record.
    Constant(String),
    /// The first capture group over the file's name.
    FileName(Regex),
}

/// Splits a JSON path: keys separated by dots, keys with dots in `[brackets]`.
/// A leading `@` (the element of `each`) is kept as the first part `@`.
#[must_use]
pub fn json_path(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut bracket = false;
    for character in path.chars() {
        match character {
            '[' if !bracket && part.is_empty() => bracket = true,
            ']' if bracket => bracket = false,
            '.' if !bracket => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::json_path;

    #[test]
    fn a_path_is_split_at_dots_outside_brackets() {
        assert_eq!(json_path("principal.[@odata.type]"), ["principal", "@odata.type"]);
        assert_eq!(json_path("[@odata.context]"), ["@odata.context"]);
        assert_eq!(json_path("@.id"), ["@", "id"]);
    }
}
