//! Control packs: a framework's demands as data.
//!
//! A pack is a folder: `pack.yaml`, one file per control, examples beside
//! them. [`load`] reads the files into their raw shapes ([`raw`]); [`resolve`]
//! is the only door to the validated types here: it puts parameter values in
//! and reports every mistake of the pack at once.

use std::collections::BTreeMap;

use serde_json::Value;

pub use crate::predicate::Lookup;
use crate::predicate::Predicate;

mod comparing;
pub mod example;
mod expected;
pub mod lister;
mod listing;
pub mod load;
mod over_time;
pub mod raw;
mod reads;
pub mod resolve;
pub mod schema;
mod sheets;
pub use comparing::{KeyedSide, Ordered, Reconcile};

pub use crate::report::{Answer, Force, Grade, Mode, Severity};
pub use expected::*;
pub use listing::*;
pub use over_time::*;

/// A validated pack whose parameters have their values.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its own version.
    pub version: String,
    /// The edition of the standard.
    pub edition: String,
    /// The standard.
    pub standard: String,
    /// What it covers.
    pub description: String,
    /// SHA-256 over the sorted lines `digest  path` of its files.
    pub sha256: String,
    /// The parameters with the values in force.
    pub parameters: Vec<Parameter>,
    /// The tables, by name.
    pub tables: BTreeMap<String, PackTable>,
    /// The controls, in file-name order.
    pub controls: Vec<Control>,
    /// What it lists of editions.
    pub listing: Listing,
    /// What the report tells of codes of older editions.
    pub migrations: Vec<Migration>,
}

/// A parameter with the value in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// A scalar or a list of text.
    pub value: Value,
    /// Whether the engagement set it.
    pub set_by_engagement: bool,
    /// What it means.
    pub about: String,
}

/// A table that a pack brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackTable {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// The column that holds the id of an entry of the edition.
    pub key: Option<usize>,
    /// The column that words the entry.
    pub words: Option<usize>,
    /// A column that holds ids of entries, and of which edition.
    pub ids: Option<(usize, String)>,
    /// Columns that sort the entries into classes.
    pub attributes: Vec<usize>,
}

impl PackTable {
    /// The index of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// One demand.
#[derive(Debug, Clone)]
pub struct Control {
    /// Its id: the file's stem.
    pub id: String,
    /// Its pack.
    pub pack: String,
    /// The clause as the framework writes it.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// What it is held against, before the engagement adopts it.
    pub criterion: PackCriterion,
    /// By what it becomes a requirement.
    pub becomes: Option<String>,
    /// The determination statement.
    pub determination: String,
    /// Why it matters.
    pub about: String,
    /// What evidence to ask for.
    pub evidence: String,
    /// Where it applies, and whether it does here; `None`: everywhere.
    pub applies: Option<Applies>,
    /// Its checks; none where `unchecked` says why.
    pub checks: Vec<Check>,
    /// Why no check decides it.
    pub unchecked: Option<String>,
    /// The statements by which an assessor decides it, as published.
    pub objectives: Vec<Objective>,
    /// How a failure is graded.
    pub grade: GradeRule,
    /// Advice, for the organisation only.
    pub remediation: String,
    /// Crosswalks.
    pub maps: Vec<Crosswalk>,
    /// The entries of other editions that it answers; empty until [`crate::atlas::Atlas::tell`] says.
    pub answers: Vec<Answer>,
    /// The classes of the entries that it is about, by attribute; empty until then, too.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A statement by which an assessor decides a control (SP 800-53A: a determination statement).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// Its id, as published.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// Where a control applies: what a parameter must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applies {
    /// In words: "applies where `csirt` is `separate`".
    pub wherever: String,
    /// The parameter's value here, in words.
    pub here: String,
    /// Whether that is so here.
    pub applies: bool,
    /// Whether the engagement gave the value.
    pub set_by_engagement: bool,
}

/// What a control is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackCriterion {
    /// The standard.
    pub standard: String,
    /// Its edition.
    pub edition: String,
    /// The clause.
    pub clause: String,
    /// The default force.
    pub force: Force,
}

/// A link to another framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    /// The other framework's control.
    pub to: String,
    /// What the control is to it.
    pub relation: Relation,
    /// `ours`, or `official:` and the document.
    pub origin: String,
}

/// How a failed control is graded.
#[derive(Debug, Clone, PartialEq)]
pub struct GradeRule {
    /// Checks whose failure is major at once.
    pub major_checks: Vec<String>,
    /// Minor where the share of exceptions is at most this in every failed check.
    pub minor_share: Option<f64>,
    /// Minor where every failed check has at most so many exceptions.
    pub minor_exceptions: Option<u64>,
    /// The grade where neither holds.
    pub otherwise: Grade,
}

/// One determinable statement.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id, unique in the control.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How much one exception matters.
    pub severity: Severity,
    /// What its evidence can prove.
    pub mode: Mode,
    /// What one item of the population is.
    pub unit: String,
    /// The business keys that make a finding.
    pub identity: Vec<String>,
    /// Further fields for the excerpt.
    pub show: Vec<String>,
    /// How old an export may be, in days; `None` where its age says nothing.
    pub max_age_days: Option<i64>,
    /// The names of the parameters it uses.
    pub parameters: Vec<String>,
    /// What it decides.
    pub kind: CheckKind,
}

/// The closed list of check kinds.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant's type is documented")]
pub enum CheckKind {
    EachRecord(EachRecord),
    Unique(Unique),
    RefersTo(RefersTo),
    PerGroup(PerGroup),
    Covers(Covers),
    HeldApart(HeldApart),
    Document(Document),
    Joined(Joined),
    Attestation(Attestation),
    Recurs(Recurs),
    Reconcile(Reconcile),
    Ordered(Ordered),
    WithoutGap(WithoutGap),
}

/// A predicate over one record.
#[derive(Debug, Clone)]
pub struct EachRecord {
    /// The dataset.
    pub dataset: String,
    /// Which records it is about.
    pub filter: Option<Predicate>,
    /// What must hold.
    pub expect: Predicate,
}

/// No two records share a key.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The dataset.
    pub dataset: String,
    /// Which records it is about.
    pub filter: Option<Predicate>,
    /// The key.
    pub key: Vec<String>,
    /// Whether persons are compared as bytes.
    pub exact: bool,
}

/// A key exists, or must not exist, elsewhere.
#[derive(Debug, Clone)]
pub struct RefersTo {
    /// The dataset.
    pub dataset: String,
    /// Which records it is about.
    pub filter: Option<Predicate>,
    /// The field that refers.
    pub field: String,
    /// Whether it is a list: then every element must exist, or none may.
    pub list: bool,
    /// Where to.
    pub target: Target,
    /// Whether it must exist or must not.
    pub must_exist: bool,
    /// Whether an empty field is an exception (else it is excluded).
    pub empty_is_exception: bool,
    /// Whether persons are compared as bytes.
    pub exact: bool,
}

/// What a reference refers to.
#[derive(Debug, Clone)]
pub enum Target {
    /// Keys of a dataset.
    Dataset(Lookup),
    /// Values of a pack table's column.
    Table {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The values.
        values: Vec<String>,
    },
}

/// Records, or distinct values, per key within bounds.
#[derive(Debug, Clone)]
pub struct PerGroup {
    /// The dataset.
    pub dataset: String,
    /// Which records make groups.
    pub filter: Option<Predicate>,
    /// The key.
    pub key: Vec<String>,
    /// What is counted.
    pub count: Count,
    /// Whether persons are compared as bytes.
    pub exact: bool,
}

/// What is counted, and its bounds.
#[derive(Debug, Clone)]
pub struct Count {
    /// Which records count.
    pub filter: Option<Predicate>,
    /// Count the distinct values of this field instead of records.
    pub distinct: Option<String>,
    /// Whether that field is a list: then its elements are counted.
    pub list: bool,
    /// At least.
    pub at_least: Option<u64>,
    /// At most.
    pub at_most: Option<u64>,
}

/// No subject is on both sides.
#[derive(Debug, Clone)]
pub struct HeldApart {
    /// One thing.
    pub left: Side,
    /// The other.
    pub right: Side,
    /// Whether persons are compared as bytes.
    pub exact: bool,
}

/// One side of two things that are held apart.
#[derive(Debug, Clone)]
pub struct Side {
    /// The dataset.
    pub dataset: String,
    /// Which records count.
    pub filter: Option<Predicate>,
    /// Who holds it.
    pub subject: String,
    /// Fields that must be equal on both sides for a conflict.
    pub same: Vec<String>,
}

/// Documents exist, with what they must have.
#[derive(Debug, Clone)]
pub struct Document {
    /// The documents.
    pub wanted: Vec<WantedDocument>,
    /// What each must have.
    pub demands: Vec<Demand>,
}

/// A document that must exist.
#[derive(Debug, Clone)]
pub struct WantedDocument {
    /// Its name in findings.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// How to know it.
    pub which: Predicate,
}

/// Something a document must have.
#[derive(Debug, Clone)]
pub struct Demand {
    /// Its name in findings.
    pub id: String,
    /// In words: "is approved".
    pub title: String,
    /// What must hold.
    pub expect: Predicate,
}

/// A chain over several datasets for each row of a table.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The table's name.
    pub table: String,
    /// The table that chains start from.
    pub start: PackTable,
    /// Rows with an equal value in this column make one chain; `None`: each row is one.
    pub per: Option<String>,
    /// Which of its rows are claimed; `None`: all.
    pub narrowed: Option<Narrowed>,
    /// The links, in order.
    pub links: Vec<Link>,
}

/// One link of a chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name in findings.
    pub id: String,
    /// In words: "a policy names the role".
    pub title: String,
    /// The dataset.
    pub dataset: String,
    /// Which records count.
    pub filter: Option<Predicate>,
    /// What ties it to the chain.
    pub matches: Vec<LinkMatch>,
    /// A field whose distinct values carry on, and the name they carry.
    pub yields: Option<(String, String)>,
}

/// What ties a link's record to the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkMatch {
    /// The record's field.
    pub field: String,
    /// Whether it is a list: then any element ties it.
    pub list: bool,
    /// The start column or the name an earlier link yields.
    pub to: String,
    /// The field mentions it (else: equals it).
    pub mentions: bool,
    /// Client words count.
    pub terms: bool,
    /// Persons are compared as written.
    pub exact: bool,
    /// What a link carries is compared as a person.
    pub person: bool,
}

/// A named person's statement.
#[derive(Debug, Clone)]
pub struct Attestation {
    /// The persons judged: a statement by one of them is an exception.
    pub by_other_than: Option<Lookup>,
    /// The role that should state it, for people.
    pub role: Option<String>,
}
