//! Predicates: one operator each, on a field that can have it.

use regex::bytes::RegexBuilder;

use super::scope::Writing;
use crate::calendar::Day;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawBounds, RawLookup, RawPredicate, RawSame, Scalar};
use crate::predicate::{DateBound, DateOrder, FieldTest, Lookup, Pattern, Predicate, Test};
use crate::yaml::{Place, Spanned};

/// Compiled patterns may take up so many bytes.
const PATTERN_SIZE: usize = 1 << 20;

impl Writing<'_, '_> {
    /// A condition, where one is written.
    pub fn condition(&mut self, dataset: &str, raw: Option<&Spanned<RawPredicate>>) -> Option<Predicate> {
        raw.map(|raw| self.predicate(dataset, raw, true))
    }

    /// A look-up of a dataset's keys. Its condition holds no further look-up.
    pub fn lookup(&mut self, raw: &RawLookup) -> Lookup {
        let dataset = self.dataset(&raw.dataset);
        let (key, kind) = self.field(&dataset, &raw.key);
        let filter = raw.filter.as_deref().map(|filter| Box::new(self.predicate(&dataset, filter, false)));
        Lookup { dataset, key, list: kind == FieldKind::List, filter, same: Vec::new() }
    }

    /// A look-up that no record is compared with.
    pub fn plain_lookup(&mut self, raw: &Spanned<RawLookup>) -> Lookup {
        for same in &raw.value.same {
            self.wrong(same.at, "predicate-operator", "`same` goes with found_in and not_found_in", None);
        }
        self.lookup(&raw.value)
    }

    /// A field there that equals a field here. Persons and lists do not: what they are is more than their text.
    fn same(&mut self, there: &str, here: &str, raw: &Spanned<RawSame>) -> (String, String) {
        let ((field, kind), (own, own_kind)) = (self.field(there, &raw.value.field), self.field(here, &raw.value.own));
        for (at, name, kind) in [(raw.value.field.at, &field, kind), (raw.value.own.at, &own, own_kind)] {
            if matches!(kind, FieldKind::Person | FieldKind::List) {
                let help = Some("`same` compares texts: make the person or the list the `key` of the look-up".to_owned());
                self.wrong(at, "predicate-kind", format!("`{name}` is a person or a list"), help);
            }
        }
        (field, own)
    }

    /// A predicate over a dataset's records.
    pub fn predicate(&mut self, dataset: &str, raw: &Spanned<RawPredicate>, lookups: bool) -> Predicate {
        let RawPredicate { all, any, not, field, .. } = &raw.value;
        let forms = [all.is_some(), any.is_some(), not.is_some(), field.is_some()].into_iter().filter(|form| *form).count();
        if forms != 1 {
            let help = Some("write all: [..], any: [..], not: {..}, or field: with one operator".to_owned());
            self.wrong(raw.at, "predicate-form", "a predicate is exactly one of `all`, `any`, `not` and `field`", help);
            return Predicate::All(Vec::new());
        }
        let mut each = |parts: &[Spanned<RawPredicate>]| parts.iter().map(|part| self.predicate(dataset, part, lookups)).collect();
        match (all, any, not, field) {
            (Some(parts), ..) => Predicate::All(each(parts)),
            (_, Some(parts), ..) => Predicate::Any(each(parts)),
            (_, _, Some(part), _) => Predicate::Not(Box::new(self.predicate(dataset, part, lookups))),
            (_, _, _, Some(field)) => self.field_test(dataset, field, raw, lookups),
            _ => Predicate::All(Vec::new()),
        }
    }

    fn field_test(&mut self, dataset: &str, field: &Spanned<String>, raw: &Spanned<RawPredicate>, lookups: bool) -> Predicate {
        let (name, kind) = self.field(dataset, field);
        self.test_of(dataset, (&name, kind), field.at, raw, lookups)
    }

    /// The one test of a field, or of an element of one, that is written here.
    pub(super) fn test_of(
        &mut self,
        dataset: &str,
        (name, kind): (&str, FieldKind),
        at: Place,
        raw: &Spanned<RawPredicate>,
        lookups: bool,
    ) -> Predicate {
        let mut tests = self.tests(dataset, raw, lookups);
        tests.extend(self.list_tests(dataset, (name, kind), at, raw, lookups));
        let test = match tests.len() {
            1 => tests.remove(0),
            count => {
                let message =
                    if count == 0 { "the field is tested for nothing" } else { "a field is tested with one operator; join several by `all`" };
                self.wrong(raw.at, "predicate-operator", message, None);
                Test::Present(true)
            }
        };
        self.fits(dataset, (name, kind), &test, at);
        if raw.plus_days.is_some() && !matches!(test, Test::Date { .. }) {
            self.wrong(raw.at, "predicate-operator", "`plus_days` goes with before, after, not_before, not_after and these against a field", None);
        }
        let as_person = |lookup: &Lookup| self.scope.kinds.kind(&lookup.dataset, &lookup.key) == Some(FieldKind::Person);
        let persons = kind == FieldKind::Person || matches!(&test, Test::Found { lookup, .. } if as_person(lookup));
        if let (Some(compare), false) = (&raw.compare, persons) {
            self.wrong(compare.at, "predicate-operator", format!("`{name}` is no person: it is compared exactly anyway"), None);
        }
        Predicate::Field(FieldTest { field: name.to_owned(), list: kind == FieldKind::List, test, exact: raw.compare.is_some() })
    }

    fn fits(&mut self, dataset: &str, (name, kind): (&str, FieldKind), test: &Test, at: Place) {
        if let Test::SameAs(other) | Test::DiffersFrom(other) = test {
            let is_list = |kind: FieldKind| kind == FieldKind::List;
            if self.scope.kinds.kind(dataset, other).is_some_and(|other| is_list(other) != is_list(kind)) {
                self.wrong(at, "predicate-kind", format!("only one of `{name}` and `{other}` is a list"), None);
            }
        }
        let dated = matches!(test, Test::Date { .. } | Test::WithinDays(_));
        let listed = matches!(test, Test::Contains(_) | Test::Set { .. });
        let wrong = match kind {
            FieldKind::Date => listed || matches!(test, Test::Number { .. } | Test::Length { .. }),
            FieldKind::List => dated || matches!(test, Test::Number { .. } | Test::Length { .. }),
            FieldKind::Boolean => dated || listed || matches!(test, Test::Number { .. } | Test::Length { .. } | Test::Matches(_)),
            FieldKind::Text | FieldKind::Person => dated || listed,
        };
        if wrong {
            let what = match kind {
                FieldKind::Text => "a text",
                FieldKind::Person => "a person",
                FieldKind::Date => "a date",
                FieldKind::Boolean => "true or false",
                FieldKind::List => "a list",
            };
            self.wrong(at, "predicate-kind", format!("`{name}` is {what}; this operator does not fit it"), None);
        }
    }

    fn tests(&mut self, dataset: &str, raw: &Spanned<RawPredicate>, lookups: bool) -> Vec<Test> {
        let mut tests = Vec::new();
        let one = |writing: &mut Self, scalar: &Spanned<Scalar>| vec![writing.scalar(&scalar.value, scalar.at)];
        if let Some(present) = &raw.present {
            tests.push(Test::Present(present.value));
        }
        if let Some(scalar) = &raw.is {
            tests.push(Test::In(one(self, scalar)));
        }
        if let Some(scalar) = &raw.is_not {
            tests.push(Test::NotIn(one(self, scalar)));
        }
        if let Some(list) = &raw.one_of {
            tests.push(Test::In(self.list(list)));
        }
        if let Some(list) = &raw.not_in {
            tests.push(Test::NotIn(self.list(list)));
        }
        if let Some(column) = &raw.in_table {
            let values = self.column(&column.value.table, &column.value.column).map(|(table, at)| values_of(&table.rows, at)).unwrap_or_default();
            tests.push(Test::InTable { table: column.value.table.value.clone(), column: column.value.column.value.clone(), values });
        }
        if let Some(scalar) = &raw.starts_with {
            tests.push(Test::StartsWith(self.scalar(&scalar.value, scalar.at)));
        }
        if let Some(scalar) = &raw.contains {
            tests.push(Test::Contains(self.scalar(&scalar.value, scalar.at)));
        }
        if let Some(scalar) = &raw.matches {
            tests.extend(self.pattern(scalar));
        }
        if let Some(bounds) = &raw.length {
            let (at_least, at_most) = self.bounds(bounds);
            tests.push(Test::Length { at_least, at_most });
        }
        if let Some(bounds) = &raw.number {
            let (at_least, at_most) = self.bounds(bounds);
            tests.push(Test::Number { at_least, at_most });
        }
        for (order, bound) in [
            (DateOrder::Before, &raw.before),
            (DateOrder::NotAfter, &raw.not_after),
            (DateOrder::After, &raw.after),
            (DateOrder::NotBefore, &raw.not_before),
        ] {
            if let Some(bound) = bound {
                let bound = self.date(bound, raw);
                tests.push(Test::Date { order, bound });
            }
        }
        for (order, other) in [
            (DateOrder::Before, &raw.before_field),
            (DateOrder::NotAfter, &raw.not_after_field),
            (DateOrder::After, &raw.after_field),
            (DateOrder::NotBefore, &raw.not_before_field),
        ] {
            if let Some(other) = other {
                let (other, _) = self.field(dataset, other);
                let plus_days = raw.plus_days.as_ref().map_or(0, |days| self.whole(days));
                tests.push(Test::Date { order, bound: DateBound::Field { field: other, plus_days } });
            }
        }
        if let Some(days) = &raw.within_days {
            tests.push(Test::WithinDays(self.whole(days)));
        }
        if let Some(other) = &raw.same_as {
            tests.push(Test::SameAs(self.field(dataset, other).0));
        }
        if let Some(other) = &raw.differs_from {
            tests.push(Test::DiffersFrom(self.field(dataset, other).0));
        }
        for (lookup, wanted) in [(&raw.found_in, true), (&raw.not_found_in, false)] {
            if let Some(lookup) = lookup {
                if !lookups {
                    self.wrong(lookup.at, "nested-look-up", "a look-up's own condition holds no further look-up", None);
                }
                let mut found = self.lookup(&lookup.value);
                found.same = lookup.value.same.iter().map(|same| self.same(&found.dataset, dataset, same)).collect();
                tests.push(Test::Found { lookup: found, wanted });
            }
        }
        tests
    }

    fn bounds<T: std::str::FromStr + Default>(&mut self, bounds: &Spanned<RawBounds>) -> (Option<T>, Option<T>) {
        if bounds.at_least.is_none() && bounds.at_most.is_none() {
            self.wrong(bounds.at, "no-bound", "give `at_least`, `at_most` or both", None);
        }
        (bounds.at_least.as_ref().map(|amount| self.whole(amount)), bounds.at_most.as_ref().map(|amount| self.whole(amount)))
    }

    fn pattern(&mut self, scalar: &Spanned<Scalar>) -> Option<Test> {
        let text = self.scalar(&scalar.value, scalar.at);
        match RegexBuilder::new(&text).size_limit(PATTERN_SIZE).build() {
            Ok(pattern) => Some(Test::Matches(Pattern(pattern))),
            Err(error) => {
                let message = error.to_string();
                let last = message.lines().last().unwrap_or("it cannot be compiled").trim_start_matches("error: ").to_owned();
                self.wrong(scalar.at, "wrong-pattern", format!("the pattern is wrong: {last}"), None);
                Some(Test::Present(true))
            }
        }
    }

    fn date(&mut self, bound: &Spanned<Scalar>, raw: &RawPredicate) -> DateBound {
        let plus_days = raw.plus_days.as_ref().map_or(0, |days| self.whole(days));
        let date = self.scalar(&bound.value, bound.at);
        if date == "as_of" {
            return DateBound::AsOf { plus_days };
        }
        self.day(&date, bound.at);
        DateBound::Day { date, plus_days }
    }

    fn day(&mut self, date: &str, at: Place) {
        if Day::parse(date.as_bytes()).is_none() {
            self.wrong(at, "wrong-date", format!("`{date}` is neither `as_of` nor a date"), Some("write YYYY-MM-DD in quotes".to_owned()));
        }
    }
}

/// The values of a table's column.
pub(super) fn values_of(rows: &[Vec<String>], column: usize) -> Vec<String> {
    rows.iter().filter_map(|row| row.get(column).cloned()).collect()
}
