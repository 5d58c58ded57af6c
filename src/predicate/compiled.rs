//! Predicates as the judge runs them: columns instead of names, bytes instead
//! of values, look-ups as indices of key sets.

use std::collections::BTreeSet;

use crate::calendar::{Day, Moment, Written};
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Batch, Value};
use crate::identity::{Identity, Resolved, Who};
use crate::key::{Compare, encode};
use crate::keyset::{Contained, KeySet};
use crate::predicate::elements::{OfElements, OfSet};
use crate::predicate::values::Values;
use crate::predicate::{DateOrder, Pattern};
use crate::why::Why;

/// What evaluation may see besides the record: made before judge, then fixed.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The only clock.
    pub as_of: Day,
    /// Who is who.
    pub identity: &'c Identity,
    /// The key sets of the plan, by index.
    pub sets: &'c [KeySet],
}

/// A truth with the reason for not knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be told.
    Unknown(Why),
}

/// A compiled predicate over the records of one dataset.
#[derive(Debug, Clone, PartialEq)]
pub enum Compiled {
    /// Every one holds.
    All(Vec<Compiled>),
    /// At least one holds.
    Any(Vec<Compiled>),
    /// It does not hold.
    Not(Box<Compiled>),
    /// A test of one column.
    Leaf(Leaf),
}

/// A test of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The dataset's index, for reasons.
    pub dataset: u16,
    /// The column.
    pub column: u16,
    /// How values compare.
    pub compared: Compared,
    /// The test.
    pub test: LeafTest,
    /// With what else of the plan it shares.
    pub shared: Shared,
}

/// What a test shares with others of a plan, by their numbers in a [`super::memo::Memo`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared {
    /// It is asked several times.
    pub test: Option<u16>,
    /// It rests on the values of a column alone, at which many look.
    pub column: Option<u16>,
}

/// How the values of a column compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Byte for byte.
    Exactly,
    /// As persons.
    AsPersons,
    /// As a list: a test of single values holds if it holds of any element.
    AnyElement,
    /// As a list: a test of single values holds if it holds of every element.
    EveryElement,
}

/// A compiled test.
#[derive(Debug, Clone, PartialEq)]
pub enum LeafTest {
    /// There is a value, or there is none.
    Present(bool),
    /// Equal to one of these; the flag says whether that is wanted.
    OneOf(Values, bool),
    /// Begins with.
    StartsWith(Box<[u8]>),
    /// A list has this element.
    Contains(Box<[u8]>),
    /// A pattern is found.
    Matches(Pattern),
    /// Characters within bounds.
    Length(u64, u64),
    /// A number within bounds.
    Number(f64, f64),
    /// A date against a fixed day.
    Day(DateOrder, Day),
    /// A date against another column, so many days later.
    DateColumn(DateOrder, u16, i64),
    /// A date within `from..=to`.
    Between(Day, Day),
    /// Equal to another column; the flag says whether that is wanted.
    Same(u16, bool),
    /// In a key set; the flag says whether that is wanted.
    Found(u16, bool),
    /// In a key set together with other columns.
    FoundWith(Box<FoundWith>),
    /// Something holds of its elements.
    Elements(Box<OfElements>),
    /// The set of its elements, against another.
    Set(Box<OfSet>),
}

/// A look-up whose keys have further parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWith {
    /// The key set.
    pub set: u16,
    /// Whether the key is wanted there.
    pub wanted: bool,
    /// The columns that are the further parts, in the set's order.
    pub own: Vec<u16>,
}

impl From<bool> for Verdict {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Verdict {
    /// Why it cannot be told.
    #[must_use]
    pub const fn why(self) -> Option<Why> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::True | Self::False => None,
        }
    }

    /// Kleene's negation.
    #[must_use]
    pub const fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    pub(super) fn wanted(self, wanted: bool) -> Self {
        if wanted { self } else { self.negate() }
    }
}

impl Compiled {
    /// Its tests, to be changed.
    pub fn leaves_mut(&mut self, take: &mut impl FnMut(&mut Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.leaves_mut(take)),
            Self::Not(part) => part.leaves_mut(take),
            Self::Leaf(leaf) => take(leaf),
        }
    }

    /// Decides the predicate for one record.
    #[must_use]
    pub fn decide(&self, batch: &Batch<'_>, record: usize, context: &Context<'_>, scratch: &mut Vec<u8>) -> Verdict {
        match self {
            Self::All(parts) => every(parts.iter().map(|part| part.decide(batch, record, context, scratch))),
            Self::Any(parts) => any(parts.iter().map(|part| part.decide(batch, record, context, scratch))),
            Self::Not(part) => part.decide(batch, record, context, scratch).negate(),
            Self::Leaf(leaf) => leaf.decide(batch, record, context, scratch),
        }
    }
}

/// Kleene's conjunction of two; of two reasons the least.
pub(crate) fn and(left: Verdict, right: Verdict) -> Verdict {
    every([left, right].into_iter())
}

/// Kleene's conjunction.
pub(super) fn every(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    combine(verdicts, Verdict::False, Verdict::True)
}

/// Kleene's disjunction.
pub(super) fn any(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    combine(verdicts, Verdict::True, Verdict::False)
}

/// Looks for `stop`. The reason for not knowing is the least one, so that it
/// does not depend on the order in which the parts stand.
fn combine(verdicts: impl Iterator<Item = Verdict>, stop: Verdict, end: Verdict) -> Verdict {
    let mut unknown: Option<Why> = None;
    for verdict in verdicts {
        match verdict {
            verdict if verdict == stop => return stop,
            Verdict::Unknown(why) => unknown = Some(unknown.map_or(why, |known| known.min(why))),
            Verdict::True | Verdict::False => {}
        }
    }
    unknown.map_or(end, Verdict::Unknown)
}

impl Leaf {
    /// Whether the value of the column alone decides it, by looking at the value.
    #[must_use]
    pub fn is_of_value(&self) -> bool {
        match self.test {
            LeafTest::OneOf(..) => self.compared != Compared::AsPersons,
            LeafTest::Present(_) | LeafTest::DateColumn(..) | LeafTest::Same(..) | LeafTest::Found(..) | LeafTest::FoundWith(..) => false,
            LeafTest::StartsWith(_)
            | LeafTest::Contains(_)
            | LeafTest::Matches(_)
            | LeafTest::Length(..)
            | LeafTest::Number(..)
            | LeafTest::Day(..)
            | LeafTest::Between(..) => true,
            LeafTest::Elements(ref of) => of.is_of_value(),
            LeafTest::Set(ref of) => of.is_of_value(),
        }
    }

    const fn unresolved(&self, column: u16) -> Verdict {
        Verdict::Unknown(Why::PersonUnresolved { dataset: self.dataset, column })
    }

    pub(super) const fn unreadable(&self, column: u16) -> Verdict {
        Verdict::Unknown(Why::Unreadable { dataset: self.dataset, column })
    }

    pub(super) const fn absent(&self, column: u16) -> Verdict {
        Verdict::Unknown(Why::FieldAbsent { dataset: self.dataset, column })
    }

    #[inline]
    pub(super) fn decide(&self, batch: &Batch<'_>, record: usize, context: &Context<'_>, scratch: &mut Vec<u8>) -> Verdict {
        let value = match batch.get(self.column.into(), record) {
            Value::Bytes(value) => value,
            Value::Empty => return self.on_empty(batch, record),
            Value::Absent => return self.absent(self.column),
            Value::Invalid => return self.unreadable(self.column),
        };
        self.decide_value(value, batch, record, context, scratch)
    }

    /// Decides it for a value of the column, or for an element of one.
    #[inline]
    pub(super) fn decide_value(&self, value: &[u8], batch: &Batch<'_>, record: usize, context: &Context<'_>, scratch: &mut Vec<u8>) -> Verdict {
        match &self.test {
            LeafTest::Present(wanted) => (*wanted).into(),
            LeafTest::OneOf(values, wanted) => self.each(value, |one| self.one_of(one, values, context.identity.at(batch, record))).wanted(*wanted),
            LeafTest::StartsWith(prefix) => self.each(value, |one| one.starts_with(prefix).into()),
            LeafTest::Contains(element) => elements(value).any(|one| one == element.as_ref()).into(),
            LeafTest::Matches(pattern) => self.each(value, |one| pattern.0.is_match(one).into()),
            LeafTest::Length(at_least, at_most) => {
                // Every character has exactly one byte that does not continue another.
                let characters = value.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() as u64;
                (characters >= *at_least && characters <= *at_most).into()
            }
            LeafTest::Number(at_least, at_most) => match std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<f64>().ok()) {
                Some(number) if number.is_finite() => (number >= *at_least && number <= *at_most).into(),
                _ => self.unreadable(self.column),
            },
            LeafTest::Day(order, bound) => match Moment::parse(value) {
                Some(moment) => order.holds(moment.day.cmp(bound)).into(),
                None => self.unreadable(self.column),
            },
            LeafTest::Between(from, to) => match Moment::parse(value) {
                Some(moment) => (moment.day >= *from && moment.day <= *to).into(),
                None => self.unreadable(self.column),
            },
            LeafTest::DateColumn(order, other, days) => self.against_column(value, (*order, *days), *other, batch, record),
            LeafTest::Same(other, wanted) => self.same(value, *other, batch, record, context.identity.at(batch, record)).wanted(*wanted),
            LeafTest::Found(set, wanted) => {
                let set = &context.sets[usize::from(*set)];
                let who = context.identity.at(batch, record);
                let found = |one: &[u8]| self.found(set.contains(one, who, (self.dataset, self.column), scratch), *wanted);
                self.each(value, found).wanted(*wanted)
            }
            LeafTest::FoundWith(with) => self.found_with(value, with, batch, record, context, scratch),
            LeafTest::Elements(of) => of.decide(self, value, batch, record, context),
            LeafTest::Set(of) => of.decide(self, value, batch, record),
        }
    }

    /// Whether a value is among the keys, where it is wanted there or not.
    pub(super) const fn found(&self, contained: Contained, wanted: bool) -> Verdict {
        match contained {
            Contained::Yes => Verdict::True,
            Contained::No => Verdict::False,
            // A reference to somebody whom nobody knows dangles; whether they are one of
            // those who must not be there cannot be told.
            Contained::Stranger if wanted => Verdict::False,
            Contained::Stranger => self.unresolved(self.column),
            Contained::Unknown(why) => Verdict::Unknown(why),
        }
    }

    /// Tests the value; of a list its elements.
    #[inline]
    fn each(&self, value: &[u8], mut test: impl FnMut(&[u8]) -> Verdict) -> Verdict {
        match self.compared {
            Compared::Exactly | Compared::AsPersons => test(value),
            Compared::AnyElement => any(elements(value).map(test)),
            Compared::EveryElement => every(elements(value).map(test)),
        }
    }

    /// On an empty value positive tests are false and negative ones true; its
    /// length is zero. Another empty field is not the same: there is nothing
    /// that could be.
    pub(super) fn on_empty(&self, batch: &Batch<'_>, record: usize) -> Verdict {
        match &self.test {
            LeafTest::Present(wanted) | LeafTest::OneOf(_, wanted) | LeafTest::Found(_, wanted) => (!*wanted).into(),
            LeafTest::FoundWith(with) => (!with.wanted).into(),
            LeafTest::Same(other, wanted) => match batch.get((*other).into(), record) {
                Value::Absent => self.absent(*other),
                Value::Invalid => self.unreadable(*other),
                Value::Bytes(_) | Value::Empty => (!*wanted).into(),
            },
            LeafTest::Length(at_least, _) => (*at_least == 0).into(),
            LeafTest::StartsWith(_)
            | LeafTest::Contains(_)
            | LeafTest::Matches(_)
            | LeafTest::Number(..)
            | LeafTest::Day(..)
            | LeafTest::Between(..)
            | LeafTest::DateColumn(..)
            | LeafTest::Elements(_)
            | LeafTest::Set(_) => Verdict::False,
        }
    }

    fn one_of(&self, value: &[u8], values: &Values, who: Who<'_>) -> Verdict {
        if values.contains(value) {
            return Verdict::True;
        }
        if self.compared != Compared::AsPersons || values.is_empty() {
            return Verdict::False;
        }
        let Resolved::Person(person) = who.resolve(value) else { return self.unresolved(self.column) };
        // A pack names people as the roster does.
        let mut others = values.iter().map(|other| who.identity().anywhere().resolve(other));
        if others.clone().any(|other| other == Resolved::Person(person)) {
            return Verdict::True;
        }
        if !others.all(|other| matches!(other, Resolved::Person(_))) {
            return self.unresolved(self.column);
        }
        certainly_not(who.identity())
    }

    fn same(&self, value: &[u8], other: u16, batch: &Batch<'_>, record: usize, who: Who<'_>) -> Verdict {
        let compared = match batch.get(other.into(), record) {
            Value::Bytes(compared) => compared,
            Value::Empty => return Verdict::False,
            Value::Absent => return self.absent(other),
            Value::Invalid => return self.unreadable(other),
        };
        if value == compared {
            return Verdict::True;
        }
        match self.compared {
            Compared::Exactly => return Verdict::False,
            Compared::AnyElement | Compared::EveryElement => {
                let set = |list| elements(list).collect::<BTreeSet<_>>();
                return (set(value) == set(compared)).into();
            }
            Compared::AsPersons => {}
        }
        match (who.resolve(value), who.resolve(compared)) {
            (Resolved::Person(left), Resolved::Person(right)) if left == right => Verdict::True,
            (Resolved::Person(_), Resolved::Person(_)) => certainly_not(who.identity()),
            (Resolved::Person(_), _) => self.unresolved(other),
            _ => self.unresolved(self.column),
        }
    }

    /// Whether a value is a key together with other values of its record.
    fn found_with(&self, value: &[u8], with: &FoundWith, batch: &Batch<'_>, record: usize, context: &Context<'_>, scratch: &mut Vec<u8>) -> Verdict {
        let who = context.identity.at(batch, record);
        let mut parts = Vec::new();
        for column in &with.own {
            match batch.get((*column).into(), record) {
                Value::Bytes(value) => drop(encode(&mut parts, value, Compare::Exact, who)),
                Value::Empty => return (!with.wanted).into(),
                Value::Absent => return self.absent(*column),
                Value::Invalid => return self.unreadable(*column),
            }
        }
        let set = &context.sets[usize::from(with.set)];
        let found = |one: &[u8]| self.found(set.contains_with(one, &parts, who, (self.dataset, self.column), scratch), with.wanted);
        self.each(value, found).wanted(with.wanted)
    }

    fn against_column(&self, value: &[u8], (order, days): (DateOrder, i64), other: u16, batch: &Batch<'_>, record: usize) -> Verdict {
        let Some(left) = Moment::parse(value) else { return self.unreadable(self.column) };
        match batch.get(other.into(), record) {
            Value::Bytes(compared) => match Moment::parse(compared) {
                Some(right) if days == 0 => order.holds(left.compare(right)).into(),
                // Days later is a day: the time of day says nothing there.
                Some(right) => order.holds(left.day.cmp(&right.day.plus(days))).into(),
                None => self.unreadable(other),
            },
            Value::Empty => Verdict::False,
            Value::Absent => self.absent(other),
            Value::Invalid => self.unreadable(other),
        }
    }
}

/// Two persons of the roster are two, unless somebody is missing on it who may be either.
const fn certainly_not(identity: &Identity) -> Verdict {
    if identity.is_incomplete() { Verdict::Unknown(Why::RosterIncomplete) } else { Verdict::False }
}

pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == LIST_SEPARATOR)
}

impl DateOrder {
    /// The days, as they are written, of which it holds.
    pub(super) const fn holds_in(self, bound: Written) -> (Written, Written) {
        match self {
            Self::Before => (Written::FIRST, bound.just_before()),
            Self::NotAfter => (Written::FIRST, bound),
            Self::After => (bound.just_after(), Written::LAST),
            Self::NotBefore => (bound, Written::LAST),
        }
    }

    /// Whether an ordering of the date to its bound is what is asked for.
    pub(super) const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Before => ordering.is_lt(),
            Self::NotAfter => ordering.is_le(),
            Self::After => ordering.is_gt(),
            Self::NotBefore => ordering.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_which_an_order_holds_are_those_between_what_it_is_held_in() {
        let orders = [DateOrder::Before, DateOrder::NotAfter, DateOrder::After, DateOrder::NotBefore];
        for bound in ["0000-01-01", "1999-12-31", "2024-02-29", "2026-06-30", "9999-12-31"] {
            let bound = Day::parse(bound.as_bytes()).unwrap();
            let near = (-400..=400).map(|days| bound.plus(days)).filter_map(|day| Some((day, Written::of(day)?)));
            for ((day, written), order) in near.flat_map(|day| orders.map(|order| (day, order))) {
                let (from, to) = order.holds_in(Written::of(bound).unwrap());
                assert_eq!(written >= from && written <= to, order.holds(day.cmp(&bound)), "{day} {order:?} {bound}");
            }
        }
    }
}
