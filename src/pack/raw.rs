//! The files of a pack as they are written: `pack.yaml`, control files and
//! examples. The JSON Schemas that editors use are generated from these types;
//! their comments are what authors see.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Relation, Wording};
use crate::report::{Force, Grade, Mode, Severity};
use crate::yaml::Spanned;

pub mod comparing;
pub mod example;
pub mod joined;
pub mod kinds;
pub mod listing;
pub mod over_time;
pub mod predicate;
pub mod scalar;

pub use comparing::*;
pub use example::RawExample;
pub use joined::*;
pub use kinds::*;
pub use listing::*;
pub use over_time::*;
pub use predicate::{RawBounds, RawLookup, RawPredicate, RawSame, RawSet, RawTableColumn};
pub use scalar::{Amount, Cell, ParameterValue, Scalar, ScalarList};

/// A control pack: what all its controls share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPack {
    /// Id of the pack; the name of its folder.
    pub id: Spanned<String>,
    /// Title of the pack.
    pub title: String,
    /// Version of the pack itself.
    pub version: String,
    /// Edition of the standard, in quotes: '2022'.
    pub edition: String,
    /// The standard.
    pub standard: String,
    /// What the pack covers, in your own words.
    #[serde(default)]
    pub description: String,
    /// How many days old an export may be at the as-of date, unless a check
    /// says otherwise. Without it the age of exports does not matter, except
    /// to checks that state one themselves.
    #[serde(default)]
    pub max_age_days: Option<Spanned<i64>>,
    /// Values that checks use as `$name` and that an engagement may set.
    #[serde(default)]
    pub parameters: Vec<RawParameter>,
    /// Tables that checks use, and lists of what an edition holds.
    #[serde(default)]
    pub tables: Vec<RawTable>,
    /// The edition whose entries the tables list: nice-2017. Packs of one edition carry the same.
    #[serde(default)]
    pub framework: Option<Spanned<String>>,
    /// How crosswalks write the edition in front of an entry: 'ISO/IEC 27002:2022'. The first is shown.
    #[serde(default)]
    pub names: Vec<Spanned<String>>,
    /// Whose words the tables hold: the publisher's own, or ours. Default: ours.
    #[serde(default)]
    pub wording: Wording,
    /// Under which terms the tables may be used.
    #[serde(default)]
    pub licence: Option<String>,
    /// The published files that the tables come from.
    #[serde(default)]
    pub provenance: Vec<RawProvenance>,
    /// Crosswalks between two editions, one file each.
    #[serde(default)]
    pub links: Vec<RawLinks>,
    /// The table that says what became of codes of older editions, with the columns from, code, title,
    /// to, fate, targets, target_titles, origin and note.
    #[serde(default)]
    pub fates: Option<Spanned<String>>,
    /// What the report tells of codes of an older edition that evidence carries.
    #[serde(default)]
    pub migrations: Vec<RawMigration>,
}

impl RawPack {
    /// Whether it lists nothing of an edition.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.links.is_empty() && !self.tables.iter().any(|table| table.key.is_some())
    }
}

/// A value that checks use as `$name`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawParameter {
    /// Its name, without the `$`.
    pub name: Spanned<String>,
    /// The value where an engagement sets none: a text, number or boolean, or a list of texts.
    pub value: Spanned<ParameterValue>,
    /// What it means.
    pub about: String,
    /// Where an engagement states this part of its scope and gives the parameter no value of its own, it is the value.
    #[serde(default)]
    pub from: Option<Spanned<RawFrom>>,
    /// The only values that it may have.
    #[serde(default)]
    pub values: Option<Spanned<RawChoices>>,
}

/// What may be chosen: `list`, or `table` and `column`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawChoices {
    /// These texts.
    #[serde(default)]
    pub list: Option<Vec<Cell>>,
    /// A table of the pack.
    #[serde(default)]
    pub table: Option<Spanned<String>>,
    /// Its column.
    #[serde(default)]
    pub column: Option<Spanned<String>>,
}

/// A part of an engagement's scope, a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names are the engagement's")]
pub enum RawFrom {
    #[serde(rename = "scope.units")]
    Units,
    #[serde(rename = "scope.sites")]
    Sites,
    #[serde(rename = "scope.work_roles")]
    WorkRoles,
}

/// A table that checks use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    /// Its name.
    pub name: Spanned<String>,
    /// The names of its columns. A column `title` holds the words that people use for a row.
    pub columns: Spanned<Vec<String>>,
    /// The rows, each with a value for every column. Give `rows` or `file`.
    #[serde(default)]
    pub rows: Option<Vec<Spanned<Vec<Cell>>>>,
    /// A CSV file with the rows: tables/NAME.csv, its header the columns.
    #[serde(default)]
    pub file: Option<Spanned<String>>,
    /// The column that holds the id of an entry of the edition; every row has one of its own.
    #[serde(default)]
    pub key: Option<Spanned<String>>,
    /// The column that words the entry.
    #[serde(default)]
    pub words: Option<Spanned<String>>,
    /// A column that holds ids of entries of an edition.
    #[serde(default)]
    pub ids: Option<Spanned<RawIds>>,
    /// Columns that sort the entries into classes: findings can be filtered by them. Several classes in a cell are separated by `;`.
    #[serde(default)]
    pub attributes: Vec<Spanned<String>>,
}

/// A control: one demand of the standard with the checks that decide it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawControl {
    /// Id of the control; the name of its file without `.yaml`.
    pub id: Spanned<String>,
    /// The clause as the standard writes it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Title, in your own words.
    pub title: String,
    /// What the organisation is held against.
    pub criterion: RawCriterion,
    /// By what the control becomes a requirement.
    #[serde(default)]
    pub becomes: Option<String>,
    /// The statement that is decided: true or not.
    pub determination: String,
    /// Why it matters and what is meant.
    #[serde(default)]
    pub about: String,
    /// What evidence to ask for.
    pub evidence: String,
    /// Where the control applies; default: everywhere. Where that is not so, it is not applicable.
    #[serde(default)]
    pub applies_when: Option<Spanned<RawAppliesWhen>>,
    /// The checks: at least one, or an empty list and `unchecked`.
    pub checks: Spanned<Vec<RawCheck>>,
    /// Why no check decides the control, which is then not determined.
    #[serde(default)]
    pub unchecked: Option<Spanned<String>>,
    /// The statements by which an assessor decides it, as published.
    #[serde(default)]
    pub objectives: Vec<RawObjective>,
    /// How a failure is graded.
    pub grade: RawGrade,
    /// Advice for the organisation; never shown to a certification body.
    #[serde(default)]
    pub remediation: String,
    /// Links to other frameworks.
    #[serde(default)]
    pub maps: Vec<RawCrosswalk>,
}

/// A statement by which an assessor decides a control (SP 800-53A: a determination statement).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawObjective {
    /// Its id, as published.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// What a parameter must be for a control to apply: give one of `is`, `in` and `includes`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAppliesWhen {
    /// The parameter, without `$`.
    pub parameter: Spanned<String>,
    /// It is this.
    #[serde(default)]
    pub is: Option<Spanned<Scalar>>,
    /// It is one of these.
    #[serde(default, rename = "in")]
    pub one_of: Option<Spanned<ScalarList>>,
    /// It is a list, and this is in it.
    #[serde(default)]
    pub includes: Option<Spanned<Scalar>>,
}

/// What the organisation is held against.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCriterion {
    /// The standard.
    pub standard: String,
    /// Its edition, in quotes.
    pub edition: String,
    /// The clause.
    pub clause: String,
    /// How binding it is before an engagement adopts it.
    pub force: Force,
}

/// How a failed control is graded.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGrade {
    /// Checks whose failure is major at once.
    #[serde(default)]
    pub major_checks: Vec<Spanned<String>>,
    /// When a failure is minor.
    #[serde(default)]
    pub minor_when: Option<Spanned<RawMinor>>,
    /// The grade otherwise.
    pub otherwise: Grade,
}

/// When a failure is minor: every given bound holds for every failed check.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMinor {
    /// Exceptions as a share of the evaluated items, 0 to 1.
    #[serde(default)]
    pub share_at_most: Option<f64>,
    /// Number of exceptions.
    #[serde(default)]
    pub exceptions_at_most: Option<u64>,
}

/// A link to another framework's control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCrosswalk {
    /// The other control.
    pub to: Spanned<String>,
    /// How the two relate, in OSCAL's words.
    pub relation: Relation,
    /// `ours`, or `official:` and the document.
    pub origin: Spanned<String>,
}

/// A check: one statement that evidence decides. Give exactly one of the
/// kinds `each_record`, `unique`, `refers_to`, `per_group`, `covers`,
/// `held_apart`, `document`, `joined`, `attestation`, `recurs`, `without_gap`,
/// `reconcile`, `ordered`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCheck {
    /// Id, unique in the control.
    pub id: Spanned<String>,
    /// Title: what is so when the check passes.
    pub title: String,
    /// How much one exception matters.
    pub severity: Severity,
    /// What the evidence can prove: the state on a day, or what happened over a period.
    #[serde(default = "point_in_time")]
    pub mode: Mode,
    /// Noun for one item of the population: asset, person, task.
    pub unit: String,
    /// The business keys that make a finding.
    #[serde(default)]
    pub identity: Option<Spanned<Vec<Spanned<String>>>>,
    /// Further fields that a finding shows.
    #[serde(default)]
    pub show: Vec<Spanned<String>>,
    /// How many days old an export may be; default: the pack's. An export whose
    /// age nobody knows then leaves the check not evaluated.
    #[serde(default)]
    pub max_age_days: Option<Spanned<Amount>>,
    /// Something holds for every record.
    #[serde(default)]
    pub each_record: Option<Box<Spanned<RawEachRecord>>>,
    /// No two records share a key.
    #[serde(default)]
    pub unique: Option<Box<Spanned<RawUnique>>>,
    /// A field's value exists elsewhere, or must not.
    #[serde(default)]
    pub refers_to: Option<Box<Spanned<RawRefersTo>>>,
    /// The number of records per key is within bounds.
    #[serde(default)]
    pub per_group: Option<Box<Spanned<RawPerGroup>>>,
    /// Every entry of an expected list is met, for every subject where there are subjects.
    #[serde(default)]
    pub covers: Option<Box<Spanned<RawCovers>>>,
    /// Nobody is on both sides.
    #[serde(default)]
    pub held_apart: Option<Box<Spanned<RawHeldApart>>>,
    /// Documents exist and have what they must have.
    #[serde(default)]
    pub document: Option<Box<Spanned<RawDocument>>>,
    /// A chain over several datasets, for every row of a table.
    #[serde(default)]
    pub joined: Option<Box<Spanned<RawJoined>>>,
    /// A named person's statement.
    #[serde(default)]
    pub attestation: Option<Box<Spanned<RawAttestation>>>,
    /// Acts happen at least every so many days, for every expected entry.
    #[serde(default)]
    pub recurs: Option<Box<Spanned<RawRecurs>>>,
    /// Two datasets have the same keys, and agree on fields.
    #[serde(default)]
    pub reconcile: Option<Box<Spanned<RawReconcile>>>,
    /// Levels follow each other.
    #[serde(default)]
    pub ordered: Option<Box<Spanned<RawOrdered>>>,
    /// Intervals cover the period, or the window of a record, for every expected entry.
    #[serde(default)]
    pub without_gap: Option<Box<Spanned<RawWithoutGap>>>,
}

const fn point_in_time() -> Mode {
    Mode::PointInTime
}
