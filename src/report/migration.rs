//! The annex on codes of older editions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::pack::FateKind;

/// What became of the codes of an older edition that the evidence carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeMigration {
    /// Its id in the pack.
    pub id: String,
    /// The pack that tells it.
    pub pack: String,
    /// Its title.
    pub title: String,
    /// The older edition.
    pub from: String,
    /// The later edition.
    pub to: String,
    /// Where the evidence carries codes.
    pub carried: Vec<CodesCarried>,
}

/// The codes that a dataset carries: population = excluded + undecided + evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodesCarried {
    /// The dataset.
    pub dataset: String,
    /// The field.
    pub field: String,
    /// The field by which records are named.
    pub key: String,
    /// Whether any export delivers the dataset.
    pub found: bool,
    /// Whether records are known to be missing, or could not be read: what they carry is not told here.
    pub incomplete: bool,
    /// All records.
    pub population: u64,
    /// Out of scope, later than the as-of date, or outside the condition.
    pub excluded: u64,
    /// Of which it cannot be told whether they count or what they carry.
    pub undecided: u64,
    /// With codes or without.
    pub evaluated: u64,
    /// Of the evaluated, those without a code.
    pub without_code: u64,
    /// False where there are more distinct values than are listed: then none is.
    pub complete: bool,
    /// The codes, in order.
    pub codes: Vec<CodeCarried>,
}

/// A code that records carry, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeCarried {
    /// The code, as exported.
    pub code: String,
    /// What the older edition calls it.
    pub title: Option<String>,
    /// How many records carry it.
    pub records: u64,
    /// The least names of these records, 20 at most.
    pub named: Vec<String>,
    /// What became of it.
    pub fate: FateKind,
    /// The entries of the later edition that it became.
    pub became: Vec<Became>,
    /// Who says so: `ours`, or `official:` and the document.
    pub origin: Option<String>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What a code became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Became {
    /// The entry's id in the later edition.
    pub entry: String,
    /// Its title there.
    pub title: Option<String>,
}
