//! What packs say of editions: their entries stand in tables; here is where
//! those come from, and how entries of two editions relate.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PackTable;

/// What a pack lists of editions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The edition whose entries the tables list: `nice-2017`.
    pub framework: Option<String>,
    /// How crosswalks write the edition in front of an entry; the first is shown.
    pub names: Vec<String>,
    /// Under which terms the tables may be used.
    pub licence: Option<String>,
    /// The published files that the tables come from.
    pub provenance: Vec<Provenance>,
    /// Crosswalks between editions.
    pub links: Vec<Links>,
}

/// What a pack lists, with its tables of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The pack.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The edition of the standard, as the standard writes it.
    pub edition: String,
    /// The standard.
    pub standard: String,
    /// Whether the program carries it.
    pub built_in: bool,
    /// What it says of editions.
    pub listing: Listing,
    /// The tables with a key, by name.
    pub tables: BTreeMap<String, PackTable>,
}

/// A published file that tables come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Its name, without folders.
    pub file: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Who published it.
    pub publisher: String,
    /// Its edition.
    pub edition: String,
    /// The day or month of its publication.
    pub published: Option<String>,
}

/// Links between entries of two editions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The edition on the left.
    pub from: String,
    /// The edition on the right.
    pub to: String,
    /// The links, in the order of their file.
    pub links: Vec<EntryLink>,
}

/// A link between two entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLink {
    /// The entry on the left.
    pub from: String,
    /// The entry on the right.
    pub to: String,
    /// What the left is to the right.
    pub relation: Relation,
    /// `ours`, or `official:` and the document.
    pub origin: String,
}

/// How two entries relate, in the words of OSCAL's mapping model (1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are OSCAL's")]
pub enum Relation {
    EqualTo,
    EquivalentTo,
    SubsetOf,
    SupersetOf,
    IntersectsWith,
}

impl Relation {
    const ALL: [Self; 5] = [Self::EqualTo, Self::EquivalentTo, Self::SubsetOf, Self::SupersetOf, Self::IntersectsWith];
    /// The words as files have them.
    pub const WORDS: [&'static str; 5] =
        [Self::EqualTo.word(), Self::EquivalentTo.word(), Self::SubsetOf.word(), Self::SupersetOf.word(), Self::IntersectsWith.word()];

    /// The word as files have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EqualTo => "equal-to",
            Self::EquivalentTo => "equivalent-to",
            Self::SubsetOf => "subset-of",
            Self::SupersetOf => "superset-of",
            Self::IntersectsWith => "intersects-with",
        }
    }

    /// The relation of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.word() == word)
    }

    /// The relation read from right to left.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::SubsetOf => Self::SupersetOf,
            Self::SupersetOf => Self::SubsetOf,
            same => same,
        }
    }
}
