//! Source profiles as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::SourceFormat;
use crate::dataset::FieldKind;
use crate::identity::RosterField;
use crate::yaml::Spanned;

/// An evidence source: what one export of one system looks like.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// Its id: the file's name without `.yaml`.
    pub id: Spanned<String>,
    /// What it takes, for people.
    pub title: String,
    /// The system that its records come from.
    #[serde(default)]
    pub system: Option<String>,
    /// The outer form of its files.
    pub format: SourceFormat,
    /// How to know such a file: all given parts hold.
    pub recognise: Spanned<RawRecognise>,
    /// Settings of delimited files.
    #[serde(default)]
    pub csv: Option<RawCsv>,
    /// JSON: the member of the wrapper that holds the records.
    #[serde(default)]
    pub list: Option<String>,
    /// JSON: how an export says that there is more.
    #[serde(default)]
    pub paging: RawPaging,
    /// How an export says when it was made.
    #[serde(default)]
    pub exported_at: Option<Spanned<RawExported>>,
    /// CSV: rows in which all of these columns are empty are no records.
    #[serde(default)]
    pub skip_when_empty: Vec<String>,
    /// What it feeds.
    pub tables: Spanned<Vec<RawSourceTable>>,
}

/// How to know a file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRecognise {
    /// CSV: columns that exist.
    #[serde(default)]
    pub headers: Vec<String>,
    /// JSON: wrapper members whose value matches the pattern.
    #[serde(default)]
    pub members: BTreeMap<String, Spanned<String>>,
    /// JSON, Markdown: paths or keys that exist in the first record.
    #[serde(default)]
    pub keys: Vec<String>,
    /// A pattern of the file's name.
    #[serde(default)]
    pub file_name: Option<Spanned<String>>,
}

/// Settings of delimited files.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCsv {
    /// `auto`, or the delimiter, or `tab`.
    pub delimiter: Spanned<String>,
}

/// How a paged export says that there is more.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPaging {
    /// A member that is there when another page follows.
    #[serde(default)]
    pub next: Option<String>,
    /// A member with the number of records over all pages.
    #[serde(default)]
    pub total: Option<String>,
    /// A member that is `true` when another page follows.
    #[serde(default)]
    pub more: Option<String>,
}

/// How an export says when it was made: exactly one of `member`, `column` and
/// `file_name`. What is no date there tells nothing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExported {
    /// JSON: a member of the wrapper, before its list.
    #[serde(default)]
    pub member: Option<String>,
    /// A column or a JSON path that has the time in every record; the first record's counts.
    #[serde(default)]
    pub column: Option<String>,
    /// The first capture group over the file's name.
    #[serde(default)]
    pub file_name: Option<Spanned<String>>,
    /// strftime formats besides ISO 8601.
    #[serde(default)]
    pub dates: Vec<String>,
}

/// One dataset that a source feeds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSourceTable {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// JSON: one record per element of the list at this path.
    #[serde(default)]
    pub each: Option<String>,
    /// CSV: a wide table made long.
    #[serde(default)]
    pub unpivot: Option<Spanned<RawUnpivot>>,
    /// Where each field comes from.
    pub fields: BTreeMap<String, Spanned<RawSourceField>>,
    /// Accounts, and tables that refer to accounts: whose names the person
    /// fields hold. Without it they hold names of the roster: addresses,
    /// numbers (`person_id`) and user names as `people` has them.
    #[serde(default)]
    pub identity: Option<Spanned<RawIdentity>>,
    /// `empty`: a missing key or column counts as empty.
    #[serde(default)]
    pub absent: Option<RawAbsent>,
}

/// How accounts join the roster, and whose names person fields hold: those
/// of a system's accounts. An address (a name with an `@`) that the roster
/// has is that person's in every system; any other name is looked for among
/// the bound names of the system alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIdentity {
    /// Fields that say whose the account is, by the field of `people` with
    /// which they are compared. `email` is any address on the roster.
    #[serde(default)]
    pub joins: BTreeMap<RosterField, Vec<Spanned<String>>>,
    /// Fields that hold what the system calls the account: its id, its user
    /// name. They are bound to the person whom the account joins, and hold in
    /// this system only.
    #[serde(default)]
    pub binds: Vec<Spanned<String>>,
    /// The system whose accounts are meant, where it is not the table's own:
    /// the `system` of another source.
    #[serde(default)]
    pub names_of: Option<Spanned<String>>,
}

/// What a missing key or column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawAbsent {
    /// Empty instead of absent.
    Empty,
}

/// A wide table made long.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawUnpivot {
    /// The columns that stay.
    pub keep: Vec<String>,
    /// The field that takes a turned column's header.
    pub header: Spanned<String>,
    /// The field that takes the cell.
    pub value: Spanned<String>,
    /// The field that takes the cell beside it, where columns come in pairs.
    #[serde(default)]
    pub second: Option<Spanned<String>>,
    /// Whether columns come in pairs.
    #[serde(default)]
    pub pairs: bool,
    /// Whether cells hold letters of a responsibility matrix.
    #[serde(default)]
    pub raci: bool,
}

/// Where a field comes from, and how it is written there.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSourceField {
    /// A column, a key, or a JSON path.
    #[serde(default)]
    pub from: Option<String>,
    /// The first of these that has a value.
    #[serde(default)]
    pub first_of: Option<Vec<String>>,
    /// The same value for every record.
    #[serde(default)]
    pub constant: Option<crate::pack::raw::Cell>,
    /// The first capture group over the file's name.
    #[serde(default)]
    pub file_name: Option<Spanned<String>>,
    /// The kind, for fields that the contract does not have.
    #[serde(default)]
    pub kind: Option<FieldKind>,
    /// Spellings and what they mean.
    #[serde(default)]
    pub values: BTreeMap<String, crate::pack::raw::Cell>,
    /// strftime formats besides ISO 8601.
    #[serde(default)]
    pub dates: Vec<String>,
    /// Spellings of no value.
    #[serde(default)]
    pub empty: Vec<crate::pack::raw::Cell>,
    /// The separator of a list in one cell.
    #[serde(default)]
    pub split: Option<String>,
}
