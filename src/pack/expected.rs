//! What is expected, for which subjects, and the records that meet it.

use crate::predicate::{Lookup, Predicate};

/// Every entry of an expected list is met.
#[derive(Debug, Clone)]
pub struct Covers {
    /// The expected entries.
    pub expected: Expected,
    /// For each of these subjects, where given.
    pub subjects: Option<Lookup>,
    /// The records that meet them.
    pub by: CoveredBy,
    /// At least so many records.
    pub at_least: Option<u64>,
    /// At most so many.
    pub at_most: Option<u64>,
}

/// An expected list.
#[derive(Debug, Clone)]
pub enum Expected {
    /// A pack table's column.
    Table {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The entries, one for each row, with the row's `title` where the table has that column.
        entries: Vec<Entry>,
        /// Which rows are claimed; `None`: all.
        narrowed: Option<Narrowed>,
    },
    /// Keys of a dataset.
    Dataset(Lookup),
    /// A list, given or from a parameter.
    List(Vec<Entry>),
}

/// Which rows of a table are claimed.
#[derive(Debug, Clone)]
pub struct Narrowed {
    /// The column that tells.
    pub column: String,
    /// What each row holds there.
    pub rows: Vec<String>,
    /// What claims them: any of these.
    pub any_of: Vec<Claim>,
}

/// What claims rows of a table.
#[derive(Debug, Clone)]
pub enum Claim {
    /// These values.
    List(Vec<String>),
    /// The keys of a dataset.
    Dataset(Lookup),
}

impl Narrowed {
    /// The datasets that claim rows.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.any_of.iter().filter_map(|claim| match claim {
            Claim::Dataset(lookup) => Some(lookup),
            Claim::List(_) => None,
        })
    }
}

impl Expected {
    /// The look-ups that say what is expected.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        let (own, narrowed) = match self {
            Self::Table { narrowed, .. } => (None, narrowed.as_ref()),
            Self::Dataset(lookup) => (Some(lookup), None),
            Self::List(_) => (None, None),
        };
        own.into_iter().chain(narrowed.into_iter().flat_map(Narrowed::lookups))
    }
}

/// An expected entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its short title, which matches as it stands.
    pub title: Option<String>,
}

/// The records that meet expected entries.
#[derive(Debug, Clone)]
pub struct CoveredBy {
    /// The dataset.
    pub dataset: String,
    /// Which records count.
    pub filter: Option<Predicate>,
    /// The field that names the entry.
    pub entry: String,
    /// Whether it is a list: then each element names its entry.
    pub entry_list: bool,
    /// The field that names the subject, where there are subjects.
    pub subject: Option<String>,
    /// Whether that is a list: then each element names its subject.
    pub subject_list: bool,
    /// Whether `entry` holds client words that terms map.
    pub terms: bool,
}
