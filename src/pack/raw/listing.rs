//! What `pack.yaml` says of editions: where tables come from, crosswalks, codes that became others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::RawAppliesWhen;
use super::predicate::RawPredicate;
use crate::yaml::Spanned;

/// A published file that tables come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProvenance {
    /// Its name, without folders.
    pub file: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: Spanned<String>,
    /// Who published it.
    pub publisher: String,
    /// Its edition, in quotes.
    pub edition: String,
    /// The day or month of its publication, in quotes: '2025-12-03'.
    #[serde(default)]
    pub published: Option<String>,
}

/// A crosswalk between two editions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLinks {
    /// The edition on the left.
    pub from: Spanned<String>,
    /// The edition on the right.
    pub to: Spanned<String>,
    /// The CSV file: links/NAME.csv, with the columns from, to, relation and, where links differ in it, origin.
    pub file: Spanned<String>,
    /// Where the links come from: `ours`, or `official:` and the document.
    pub origin: Spanned<String>,
}

/// A column that holds ids of entries of an edition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawIds {
    /// The column.
    pub column: Spanned<String>,
    /// The edition: nice-2017.
    pub of: String,
}

/// What became of the codes of an older edition that evidence carries; the report has it as an annex.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMigration {
    /// Its id, unique in the pack.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// The older edition: opm-2016.
    pub from: String,
    /// The later edition: nice-2.1.0.
    pub to: String,
    /// Where evidence carries codes.
    pub values: Vec<Spanned<RawCarrier>>,
    /// When it is told; default: always. It is left out where no code that evidence carries is one of the older edition.
    #[serde(default)]
    pub applies_when: Option<Spanned<RawAppliesWhen>>,
}

/// Where evidence carries codes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCarrier {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// The field that holds codes.
    pub field: Spanned<String>,
    /// The field by which a record is named.
    pub key: Spanned<String>,
    /// Which records count.
    #[serde(default, rename = "where")]
    pub filter: Option<Spanned<RawPredicate>>,
}
