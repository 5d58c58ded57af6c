//! The files of a pack as they are written: `pack.yaml`, control files and
//! examples. The JSON Schemas that editors use are generated from these types;
//! their comments are what authors see.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::report::{Force, Grade, Mode, Severity};
use crate::yaml::Spanned;

pub mod comparing;
pub mod example;
pub mod joined;
pub mod kinds;
pub mod over_time;
pub mod predicate;
pub mod scalar;

pub use comparing::*;
pub use example::RawExample;
pub use joined::*;
pub use kinds::*;
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
    /// Tables that checks use.
    #[serde(default)]
    pub tables: Vec<RawTable>,
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
    /// The rows, each with a value for every column.
    pub rows: Vec<Spanned<Vec<Cell>>>,
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
    /// The checks, at least one.
    pub checks: Spanned<Vec<RawCheck>>,
    /// How a failure is graded.
    pub grade: RawGrade,
    /// Advice for the organisation; never shown to a certification body.
    #[serde(default)]
    pub remediation: String,
    /// Links to other frameworks.
    #[serde(default)]
    pub maps: Vec<RawCrosswalk>,
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
    pub to: String,
    /// How the two relate, in OSCAL's words.
    pub relation: RawRelation,
    /// `ours`, or `official:` and the document.
    pub origin: Spanned<String>,
}

/// OSCAL's mapping relationships.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are OSCAL's")]
pub enum RawRelation {
    EquivalentTo,
    EqualTo,
    SubsetOf,
    SupersetOf,
    IntersectsWith,
}

impl RawRelation {
    /// The word as files have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EquivalentTo => "equivalent-to",
            Self::EqualTo => "equal-to",
            Self::SubsetOf => "subset-of",
            Self::SupersetOf => "superset-of",
            Self::IntersectsWith => "intersects-with",
        }
    }
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
    pub each_record: Option<Spanned<RawEachRecord>>,
    /// No two records share a key.
    #[serde(default)]
    pub unique: Option<Spanned<RawUnique>>,
    /// A field's value exists elsewhere, or must not.
    #[serde(default)]
    pub refers_to: Option<Spanned<RawRefersTo>>,
    /// The number of records per key is within bounds.
    #[serde(default)]
    pub per_group: Option<Spanned<RawPerGroup>>,
    /// Every entry of an expected list is met, for every subject where there are subjects.
    #[serde(default)]
    pub covers: Option<Spanned<RawCovers>>,
    /// Nobody is on both sides.
    #[serde(default)]
    pub held_apart: Option<Spanned<RawHeldApart>>,
    /// Documents exist and have what they must have.
    #[serde(default)]
    pub document: Option<Spanned<RawDocument>>,
    /// A chain over several datasets, for every row of a table.
    #[serde(default)]
    pub joined: Option<Spanned<RawJoined>>,
    /// A named person's statement.
    #[serde(default)]
    pub attestation: Option<Spanned<RawAttestation>>,
    /// Acts happen at least every so many days, for every expected entry.
    #[serde(default)]
    pub recurs: Option<Spanned<RawRecurs>>,
    /// Two datasets have the same keys, and agree on fields.
    #[serde(default)]
    pub reconcile: Option<Spanned<RawReconcile>>,
    /// Levels follow each other.
    #[serde(default)]
    pub ordered: Option<Spanned<RawOrdered>>,
    /// Intervals cover the period, or the window of a record, for every expected entry.
    #[serde(default)]
    pub without_gap: Option<Spanned<RawWithoutGap>>,
}

const fn point_in_time() -> Mode {
    Mode::PointInTime
}
