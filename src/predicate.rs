//! Predicates: what must hold of a record, as data.
//!
//! A predicate is a closed tree; it answers true, false or unknown
//! ([`compiled::Verdict`]) and prints its own sentence, which is the test procedure that
//! the report shows. Nothing in it is interpreted later: parameters are
//! resolved and patterns compiled when a pack is loaded.

use std::collections::BTreeMap;

use regex::bytes::Regex;

pub mod columns;
pub mod compiled;
pub mod elements;
pub mod memo;
pub mod sentence;
pub mod values;

/// What must hold of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Every one holds (true where there is none).
    All(Vec<Predicate>),
    /// At least one holds.
    Any(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// A test of one field.
    Field(FieldTest),
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldTest {
    /// The field.
    pub field: String,
    /// Whether it is a list: then a test of single values holds if it holds of any element.
    pub list: bool,
    /// The test.
    pub test: Test,
    /// Whether persons are compared as bytes instead of through identity resolution.
    pub exact: bool,
}

/// What a field is tested for. On an empty value every positive test is
/// false, and `NotIn`, `DiffersFrom` and a look-up that must not find are true.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// There is a value (or, with `false`, there is none).
    Present(bool),
    /// Equal to one of these; one entry for `is`.
    In(Vec<String>),
    /// Equal to none of these.
    NotIn(Vec<String>),
    /// Equal to a value of a pack table's column.
    InTable {
        /// The table.
        table: String,
        /// Its column.
        column: String,
        /// The column's values.
        values: Vec<String>,
    },
    /// Begins with.
    StartsWith(String),
    /// A list field has this element.
    Contains(String),
    /// A pattern is found in it.
    Matches(Pattern),
    /// Number of characters.
    Length {
        /// At least.
        at_least: Option<u64>,
        /// At most.
        at_most: Option<u64>,
    },
    /// A whole or decimal number.
    Number {
        /// At least.
        at_least: Option<f64>,
        /// At most.
        at_most: Option<f64>,
    },
    /// A date against a bound.
    Date {
        /// How.
        order: DateOrder,
        /// Against what.
        bound: DateBound,
    },
    /// A date at most so many days before the as-of date, and not after it.
    WithinDays(i64),
    /// Equal to another field of the record.
    SameAs(String),
    /// Not equal to another field.
    DiffersFrom(String),
    /// A key of another dataset, or not one.
    Found {
        /// Where to look.
        lookup: Lookup,
        /// True for `found_in`, false for `not_found_in`.
        wanted: bool,
    },
    /// Something holds of its elements.
    Elements {
        /// Of which.
        of: WhichElements,
        /// What: a predicate whose tests are all of this field, each element a single value.
        which: Box<Predicate>,
    },
    /// The set of its elements, against another.
    Set {
        /// How.
        order: SetOrder,
        /// Against what.
        wanted: WantedSet,
    },
}

/// Of which elements of a list something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichElements {
    /// Of one at least.
    Any,
    /// Of every one.
    Every,
    /// Of the first one, in the order of the export.
    First,
}

/// How the set of a list's elements is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOrder {
    /// The same elements.
    Equal,
    /// No others.
    Subset,
    /// All of them.
    Superset,
}

/// What the set of a list's elements is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedSet {
    /// These.
    List(Vec<String>),
    /// The values of a pack table's column.
    Table {
        /// The table.
        table: String,
        /// Its column.
        column: String,
        /// Only rows whose column (first) equals the record's field (second).
        rows: Vec<(String, String)>,
        /// The values of the rows, by what those columns hold.
        values: BTreeMap<Vec<String>, Vec<String>>,
    },
}

/// A compiled pattern; equal to another of the same text.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// How a date is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Earlier than.
    Before,
    /// Earlier than or on.
    NotAfter,
    /// Later than.
    After,
    /// Later than or on.
    NotBefore,
}

/// What a date is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateBound {
    /// The as-of date, so many days later (negative: earlier).
    AsOf {
        /// Days to add.
        plus_days: i64,
    },
    /// A calendar date, `YYYY-MM-DD`, so many days later.
    Day {
        /// The date.
        date: String,
        /// Days to add.
        plus_days: i64,
    },
    /// Another field of the record, so many days later.
    Field {
        /// The field.
        field: String,
        /// Days to add.
        plus_days: i64,
    },
}

/// A set of keys in another dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The dataset.
    pub dataset: String,
    /// Its key field.
    pub key: String,
    /// Whether that is a list: then each element is a key.
    pub list: bool,
    /// Which of its records count. It holds no further look-up.
    pub filter: Option<Box<Predicate>>,
    /// Fields there that equal fields of the record that is judged.
    pub same: Vec<(String, String)>,
}

impl Predicate {
    /// Calls `visit` for every field that the predicate reads in its own record.
    pub fn fields<'p>(&'p self, visit: &mut impl FnMut(&'p str)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.fields(visit)),
            Self::Not(part) => part.fields(visit),
            Self::Field(test) => {
                visit(&test.field);
                match &test.test {
                    Test::SameAs(other) | Test::DiffersFrom(other) | Test::Date { bound: DateBound::Field { field: other, .. }, .. } => visit(other),
                    Test::Found { lookup, .. } => lookup.same.iter().for_each(|(_, own)| visit(own)),
                    Test::Elements { which, .. } => which.fields(visit),
                    Test::Set { wanted: WantedSet::Table { rows, .. }, .. } => rows.iter().for_each(|(_, field)| visit(field)),
                    _ => {}
                }
            }
        }
    }

    /// Calls `visit` for every look-up in the predicate.
    pub fn lookups<'p>(&'p self, visit: &mut impl FnMut(&'p Lookup)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.lookups(visit)),
            Self::Not(part) => part.lookups(visit),
            Self::Field(FieldTest { test: Test::Found { lookup, .. }, .. }) => visit(lookup),
            Self::Field(FieldTest { test: Test::Elements { which, .. }, .. }) => which.lookups(visit),
            Self::Field(_) => {}
        }
    }
}
