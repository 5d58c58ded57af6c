//! Tests of the elements of a list: something holds of them one by one, or
//! their set is compared with another.
//!
//! They are apart from the tests of single values, which are asked of every
//! record and must stay fast.

use std::collections::{BTreeMap, BTreeSet};

use super::compiled::{Compared, Compiled, Context, Leaf, Verdict, any, elements, every};
use super::values::Values;
use super::{SetOrder, WhichElements};
use crate::evidence::batch::{Batch, Value};

/// Something holds of the elements of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct OfElements {
    /// Of which.
    pub of: WhichElements,
    /// What: tests of the same column, of single values.
    pub which: Compiled,
}

/// The set of a list's elements, against another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfSet {
    /// How.
    pub order: SetOrder,
    /// Against what.
    pub wanted: Wanted,
}

/// What a set is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The same for every record.
    Fixed(Values),
    /// By what the record holds in these columns.
    Rows(Vec<u16>, BTreeMap<Vec<Box<[u8]>>, Values>),
}

impl OfElements {
    pub(super) fn is_of_value(&self) -> bool {
        fn of_value(which: &Compiled) -> bool {
            match which {
                Compiled::All(parts) | Compiled::Any(parts) => parts.iter().all(of_value),
                Compiled::Not(part) => of_value(part),
                Compiled::Leaf(leaf) => leaf.is_of_value(),
            }
        }
        of_value(&self.which)
    }

    pub(super) fn decide(&self, leaf: &Leaf, value: &[u8], batch: &Batch<'_>, record: usize, context: &Context<'_>) -> Verdict {
        let mut scratch = Vec::new();
        let mut says = |element: &[u8]| of_element(&self.which, element, batch, record, context, &mut scratch);
        match leaf.compared {
            // A field that is no list has one element.
            Compared::Exactly | Compared::AsPersons => says(value),
            Compared::AnyElement | Compared::EveryElement => match self.of {
                WhichElements::Every => every(elements(value).map(says)),
                WhichElements::Any => any(elements(value).map(says)),
                WhichElements::First => any(elements(value).take(1).map(says)),
            },
        }
    }
}

/// What a predicate says of one element.
fn of_element(which: &Compiled, element: &[u8], batch: &Batch<'_>, record: usize, context: &Context<'_>, scratch: &mut Vec<u8>) -> Verdict {
    match which {
        Compiled::All(parts) => every(parts.iter().map(|part| of_element(part, element, batch, record, context, scratch))),
        Compiled::Any(parts) => any(parts.iter().map(|part| of_element(part, element, batch, record, context, scratch))),
        Compiled::Not(part) => of_element(part, element, batch, record, context, scratch).negate(),
        Compiled::Leaf(leaf) => leaf.decide_value(element, batch, record, context, scratch),
    }
}

impl OfSet {
    pub(super) const fn is_of_value(&self) -> bool {
        matches!(self.wanted, Wanted::Fixed(_))
    }

    pub(super) fn decide(&self, leaf: &Leaf, value: &[u8], batch: &Batch<'_>, record: usize) -> Verdict {
        match &self.wanted {
            Wanted::Fixed(wanted) => self.holds(value, wanted).into(),
            Wanted::Rows(columns, rows) => {
                let mut of = Vec::with_capacity(columns.len());
                for column in columns {
                    match batch.get((*column).into(), record) {
                        Value::Bytes(value) => of.push(value.into()),
                        Value::Empty => return Verdict::False,
                        Value::Absent => return leaf.absent(*column),
                        Value::Invalid => return leaf.unreadable(*column),
                    }
                }
                // What the table does not speak of is like nothing in it.
                rows.get(&of).is_some_and(|wanted| self.holds(value, wanted)).into()
            }
        }
    }

    fn holds(&self, value: &[u8], wanted: &Values) -> bool {
        let own: BTreeSet<&[u8]> = elements(value).collect();
        let known = own.iter().filter(|element| wanted.contains(element)).count();
        let (no_others, all) = (known == own.len(), known == wanted.len());
        match self.order {
            SetOrder::Equal => no_others && all,
            SetOrder::Subset => no_others,
            SetOrder::Superset => all,
        }
    }
}
