//! Predicates of lists: what holds of their elements, and their sets.

use std::collections::BTreeMap;

use super::scope::Writing;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawPredicate, RawSet};
use crate::predicate::{Predicate, SetOrder, Test, WantedSet, WhichElements};
use crate::yaml::{Place, Spanned};

impl Writing<'_, '_> {
    /// The tests of a list that are written beside a field.
    pub(super) fn list_tests(&mut self, dataset: &str, (name, kind): (&str, FieldKind), at: Place, raw: &RawPredicate, lookups: bool) -> Vec<Test> {
        let mut tests = Vec::new();
        // An element of a list is a text; a field that is no list has itself as its one element.
        let kind = if kind == FieldKind::List { FieldKind::Text } else { kind };
        let written =
            [(&raw.any_element, WhichElements::Any), (&raw.every_element, WhichElements::Every), (&raw.first_element, WhichElements::First)];
        for (which, of) in written {
            if let Some(which) = which {
                tests.push(Test::Elements { of, which: Box::new(self.of_element(dataset, (name, kind), at, which, lookups)) });
            }
        }
        for (set, order) in [(&raw.set_equals, SetOrder::Equal), (&raw.subset_of, SetOrder::Subset), (&raw.superset_of, SetOrder::Superset)] {
            if let Some(set) = set {
                tests.push(Test::Set { order, wanted: self.wanted_set(dataset, set) });
            }
        }
        tests
    }

    /// What must hold of an element: as a predicate, without `field`.
    fn of_element(&mut self, dataset: &str, field: (&str, FieldKind), at: Place, raw: &Spanned<RawPredicate>, lookups: bool) -> Predicate {
        let RawPredicate { all, any, not, field: named, .. } = &raw.value;
        if let Some(named) = named {
            let help = Some(format!("`field: {}` is tested already; leave `field` out here", field.0));
            self.wrong(named.at, "predicate-form", "what holds of an element is written without `field`", help);
            return Predicate::All(Vec::new());
        }
        let forms = [all.is_some(), any.is_some(), not.is_some()].into_iter().filter(|form| *form).count();
        if forms > 1 {
            self.wrong(raw.at, "predicate-form", "what holds of an element is one of `all`, `any`, `not` and an operator", None);
            return Predicate::All(Vec::new());
        }
        let mut each =
            |parts: &[Spanned<RawPredicate>]| parts.iter().map(|part| self.of_element(dataset, field, at, part, lookups)).collect::<Vec<_>>();
        match (all, any, not) {
            (Some(parts), ..) => Predicate::All(each(parts)),
            (_, Some(parts), _) => Predicate::Any(each(parts)),
            (.., Some(part)) => Predicate::Not(Box::new(self.of_element(dataset, field, at, part, lookups))),
            _ => self.test_of(dataset, field, raw.at, raw, lookups),
        }
    }

    fn wanted_set(&mut self, dataset: &str, raw: &Spanned<RawSet>) -> WantedSet {
        match (&raw.list, &raw.table, &raw.column) {
            (Some(list), None, None) if raw.rows.is_empty() => WantedSet::List(self.list(list)),
            (None, Some(table), Some(column)) => {
                let mut rows = Vec::new();
                for (own, field) in &raw.rows {
                    rows.push((own.clone(), self.key_field(dataset, field)));
                }
                let Some((found, at)) = self.column(table, column) else { return WantedSet::List(Vec::new()) };
                let mut by = Vec::new();
                for (own, field) in &raw.rows {
                    by.extend(self.column(table, &Spanned { at: field.at, value: own.clone() }).map(|(_, at)| at));
                }
                let mut values: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
                for row in &found.rows {
                    let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
                    values.entry(by.iter().map(|at| cell(*at)).collect()).or_default().push(cell(at));
                }
                WantedSet::Table { table: table.value.clone(), column: column.value.clone(), rows, values }
            }
            _ => {
                self.wrong(raw.at, "wrong-target", "give `list`, or `table` and `column` (and `rows`)", None);
                WantedSet::List(Vec::new())
            }
        }
    }
}
