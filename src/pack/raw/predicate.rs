//! Predicates as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Amount, RawCompare, Scalar, ScalarList};
use crate::yaml::Spanned;

/// What must hold of a record: `all`, `any`, `not`, or a `field` with exactly
/// one operator. An empty value fails every operator but `is_not`, `not_in`,
/// `differs_from` and `not_found_in`; an absent or unreadable one leaves the
/// record undecided.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPredicate {
    /// Every one of these holds.
    #[serde(default)]
    pub all: Option<Vec<Spanned<RawPredicate>>>,
    /// At least one of these holds.
    #[serde(default)]
    pub any: Option<Vec<Spanned<RawPredicate>>>,
    /// This does not hold.
    #[serde(default)]
    pub not: Option<Box<Spanned<RawPredicate>>>,
    /// The field that the operator beside it tests.
    #[serde(default)]
    pub field: Option<Spanned<String>>,
    /// There is a value (true), or there is none (false).
    #[serde(default)]
    pub present: Option<Spanned<bool>>,
    /// Equal to this.
    #[serde(default)]
    pub is: Option<Spanned<Scalar>>,
    /// Not equal to this.
    #[serde(default)]
    pub is_not: Option<Spanned<Scalar>>,
    /// Equal to one of these.
    #[serde(default, rename = "in")]
    pub one_of: Option<Spanned<ScalarList>>,
    /// Equal to none of these.
    #[serde(default)]
    pub not_in: Option<Spanned<ScalarList>>,
    /// Equal to a value of a table's column.
    #[serde(default)]
    pub in_table: Option<Spanned<RawTableColumn>>,
    /// Begins with this.
    #[serde(default)]
    pub starts_with: Option<Spanned<Scalar>>,
    /// A list field has this element.
    #[serde(default)]
    pub contains: Option<Spanned<Scalar>>,
    /// This regular expression is found in it; anchor it with ^ and $ where the whole value is meant.
    #[serde(default)]
    pub matches: Option<Spanned<Scalar>>,
    /// The number of characters.
    #[serde(default)]
    pub length: Option<Spanned<RawBounds>>,
    /// It is a number within bounds.
    #[serde(default)]
    pub number: Option<Spanned<RawBounds>>,
    /// A date earlier than `as_of` or 'YYYY-MM-DD'.
    #[serde(default)]
    pub before: Option<Spanned<Scalar>>,
    /// A date on or before `as_of` or 'YYYY-MM-DD'.
    #[serde(default)]
    pub not_after: Option<Spanned<Scalar>>,
    /// A date later than `as_of` or 'YYYY-MM-DD'.
    #[serde(default)]
    pub after: Option<Spanned<Scalar>>,
    /// A date on or after `as_of` or 'YYYY-MM-DD'.
    #[serde(default)]
    pub not_before: Option<Spanned<Scalar>>,
    /// Days to add to the bound of `before`, `not_after`, `after` or `not_before`, or of these against a field.
    #[serde(default)]
    pub plus_days: Option<Spanned<Amount>>,
    /// A date at most so many days before the as-of date and not after it.
    #[serde(default)]
    pub within_days: Option<Spanned<Amount>>,
    /// A date earlier than this field's.
    #[serde(default)]
    pub before_field: Option<Spanned<String>>,
    /// A date not later than this field's.
    #[serde(default)]
    pub not_after_field: Option<Spanned<String>>,
    /// A date later than this field's.
    #[serde(default)]
    pub after_field: Option<Spanned<String>>,
    /// A date not earlier than this field's.
    #[serde(default)]
    pub not_before_field: Option<Spanned<String>>,
    /// Equal to this field.
    #[serde(default)]
    pub same_as: Option<Spanned<String>>,
    /// Not equal to this field.
    #[serde(default)]
    pub differs_from: Option<Spanned<String>>,
    /// A key of another dataset's records.
    #[serde(default)]
    pub found_in: Option<Spanned<RawLookup>>,
    /// No key of another dataset's records.
    #[serde(default)]
    pub not_found_in: Option<Spanned<RawLookup>>,
    /// `exact`: persons are compared as written instead of through identity resolution.
    #[serde(default)]
    pub compare: Option<Spanned<RawCompare>>,
    /// This holds of one element at least; inside stand operators without `field`, and `all`, `any`, `not` of such.
    /// A field that is no list has one element.
    #[serde(default)]
    pub any_element: Option<Box<Spanned<RawPredicate>>>,
    /// This holds of every element, and there is one at least.
    #[serde(default)]
    pub every_element: Option<Box<Spanned<RawPredicate>>>,
    /// This holds of the first element, in the order of the export.
    #[serde(default)]
    pub first_element: Option<Box<Spanned<RawPredicate>>>,
    /// A list field has exactly these elements, in any order.
    #[serde(default)]
    pub set_equals: Option<Spanned<RawSet>>,
    /// A list field has no element but these.
    #[serde(default)]
    pub subset_of: Option<Spanned<RawSet>>,
    /// A list field has all of these elements.
    #[serde(default)]
    pub superset_of: Option<Spanned<RawSet>>,
}

/// What the elements of a list field are compared with: `list`, or `table` and `column`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSet {
    /// A list of texts or `$parameter`.
    #[serde(default)]
    pub list: Option<Spanned<ScalarList>>,
    /// A table of the pack.
    #[serde(default)]
    pub table: Option<Spanned<String>>,
    /// Its column.
    #[serde(default)]
    pub column: Option<Spanned<String>>,
    /// Only the rows whose column (left) equals the record's field (right). Where no row is left, nothing holds.
    #[serde(default)]
    pub rows: std::collections::BTreeMap<String, Spanned<String>>,
}

/// The keys of a dataset's records.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLookup {
    /// The dataset.
    pub dataset: Spanned<String>,
    /// Its key field.
    pub key: Spanned<String>,
    /// Which of its records count; default: all. It holds no `found_in` of its own.
    #[serde(default, rename = "where")]
    pub filter: Option<Box<Spanned<RawPredicate>>>,
    /// What else must be equal: fields of the same record there. In `found_in` and `not_found_in` alone.
    #[serde(default)]
    pub same: Vec<Spanned<RawSame>>,
}

/// A field there that equals a field here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSame {
    /// The field there.
    pub field: Spanned<String>,
    /// The field of the record that is judged.
    #[serde(rename = "as")]
    pub own: Spanned<String>,
}

/// A column of a table of the pack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTableColumn {
    /// The table.
    pub table: Spanned<String>,
    /// Its column.
    pub column: Spanned<String>,
}

/// Bounds, one at least.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBounds {
    /// At least.
    #[serde(default)]
    pub at_least: Option<Spanned<Amount>>,
    /// At most.
    #[serde(default)]
    pub at_most: Option<Spanned<Amount>>,
}
