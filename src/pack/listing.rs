//! What packs say of editions: their entries stand in tables; here is where
//! those come from, and how entries of two editions relate.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Applies, PackTable};
use crate::predicate::Predicate;

/// What a pack lists of editions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The edition whose entries the tables list: `nice-2017`.
    pub framework: Option<String>,
    /// How crosswalks write the edition in front of an entry; the first is shown.
    pub names: Vec<String>,
    /// Whose words the tables hold.
    pub wording: Wording,
    /// Under which terms the tables may be used.
    pub licence: Option<String>,
    /// The published files that the tables come from.
    pub provenance: Vec<Provenance>,
    /// Crosswalks between editions.
    pub links: Vec<Links>,
    /// What became of codes, in the order of their table.
    pub fates: Vec<Fate>,
}

/// Whose words the tables of a pack hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wording {
    /// Short titles of our own.
    #[default]
    Ours,
    /// The publisher's text, from a file that the user imported.
    Publisher,
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

/// What became of a code in a later edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The older edition.
    pub from: String,
    /// The code.
    pub code: String,
    /// What it was called.
    pub title: String,
    /// The later edition.
    pub to: String,
    /// What became of it.
    pub kind: FateKind,
    /// The entries that it became, each with its title.
    pub targets: Vec<(String, String)>,
    /// `ours`, or `official:` and the document.
    pub origin: String,
    /// What else there is to say.
    pub note: String,
}

/// What becomes of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FateKind {
    /// It is what it was.
    Kept,
    /// It has another name or another id.
    Renamed,
    /// It and others became one.
    Merged,
    /// It became several.
    Split,
    /// Nothing follows it.
    Retired,
    /// The other edition never had anything like it.
    NoCounterpart,
    /// It is an entry of the later edition already.
    Current,
    /// Neither edition has such a code.
    Unknown,
}

impl FateKind {
    /// The words that a table of fates may have.
    pub const WORDS: [&'static str; 6] = ["kept", "renamed", "merged", "split", "retired", "no-counterpart"];

    /// The fate of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "kept" => Some(Self::Kept),
            "renamed" => Some(Self::Renamed),
            "merged" => Some(Self::Merged),
            "split" => Some(Self::Split),
            "retired" => Some(Self::Retired),
            "no-counterpart" => Some(Self::NoCounterpart),
            _ => None,
        }
    }

    /// Whether so many entries can be what it became.
    #[must_use]
    pub const fn fits(self, targets: usize) -> bool {
        match self {
            // 000, which is no cyber work, stays what it was in editions that do not list it.
            Self::Kept => targets <= 1,
            Self::Renamed | Self::Merged => targets == 1,
            Self::Split => targets > 1,
            Self::Retired | Self::NoCounterpart | Self::Current | Self::Unknown => targets == 0,
        }
    }
}

/// What the report tells of codes of an older edition that evidence carries.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its id, unique in the pack.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The older edition.
    pub from: String,
    /// The later edition.
    pub to: String,
    /// Where evidence carries codes.
    pub values: Vec<Carrier>,
    /// When it is told, and whether it is here; `None`: always.
    pub applies: Option<Applies>,
}

/// Where evidence carries codes.
#[derive(Debug, Clone)]
pub struct Carrier {
    /// The dataset.
    pub dataset: String,
    /// The field that holds codes.
    pub field: String,
    /// The field by which a record is named.
    pub key: String,
    /// Which records count.
    pub filter: Option<Predicate>,
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
