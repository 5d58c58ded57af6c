//! Checks: exactly one kind each, with what identifies a finding.

use std::collections::BTreeSet;

use super::pairs::Naming;
use super::predicates::values_of;
use super::scope::{Scope, Writing};
use crate::dataset::FieldKind;
use crate::diagnostic::Diagnostics;
use crate::pack::raw::{
    Amount, RawCheck, RawCoveredBy, RawCovers, RawDocument, RawEmpty, RawExpected, RawHeldApart, RawMust, RawPerGroup, RawRefersTo, RawSide,
};
use crate::pack::{
    Attestation, Check, CheckKind, Count, Covers, Demand, Document, EachRecord, Entry, Expected, HeldApart, PerGroup, RefersTo, Side, Target, Unique,
    WantedDocument,
};
use crate::predicate::Lookup;
use crate::yaml::{Origin, Place, Spanned};

/// The kind, which names may identify its findings, and which do by default.
pub(super) struct Kind {
    pub kind: CheckKind,
    pub names: Vec<String>,
    /// Fields of this dataset identify findings, too.
    pub dataset: Option<String>,
    pub default: Option<Vec<String>>,
}

/// Resolves one check; `None` where it has no single kind.
pub(super) fn resolve(scope: &Scope<'_>, origin: &Origin, raw: &RawCheck, problems: &mut Diagnostics) -> Option<Check> {
    let mut writing = Writing { scope, origin, problems, parameters: BTreeSet::new() };
    let Kind { kind, names, dataset, default } = writing.kind(raw)?;
    let identity = match (&raw.identity, default) {
        (Some(identity), _) => writing.identity(identity, &names, dataset.as_deref()),
        (None, Some(default)) => default,
        (None, None) => {
            let help = Some("identity: [...] names the fields that make a finding the same over time".to_owned());
            writing.wrong(raw.id.at, "no-identity", format!("`{}` has no identity", raw.id.value), help);
            Vec::new()
        }
    };
    let shown_of = main_dataset(&kind).to_owned();
    let show = raw.show.iter().map(|field| writing.field(&shown_of, field).0).collect();
    let max_age_days = raw.max_age_days.as_ref().map(|days| i64::from(writing.whole::<u32>(days))).or(scope.max_age_days);
    Some(Check {
        id: raw.id.value.clone(),
        title: raw.title.clone(),
        severity: raw.severity,
        mode: raw.mode,
        unit: raw.unit.clone(),
        identity,
        show,
        max_age_days,
        parameters: writing.parameters.into_iter().collect(),
        kind,
    })
}

fn main_dataset(kind: &CheckKind) -> &str {
    match kind {
        CheckKind::EachRecord(kind) => &kind.dataset,
        CheckKind::Unique(kind) => &kind.dataset,
        CheckKind::RefersTo(kind) => &kind.dataset,
        CheckKind::PerGroup(kind) => &kind.dataset,
        CheckKind::Covers(kind) => &kind.by.dataset,
        CheckKind::HeldApart(kind) => &kind.left.dataset,
        CheckKind::Document(_) => "documents",
        CheckKind::Joined(kind) => kind.links.first().map_or("", |link| link.dataset.as_str()),
        CheckKind::Attestation(_) => "attestations",
        CheckKind::Recurs(kind) => &kind.by.dataset,
        CheckKind::Reconcile(kind) => &kind.sides[0].dataset,
        CheckKind::Ordered(kind) => &kind.dataset,
        CheckKind::WithoutGap(kind) => &kind.by.dataset,
    }
}

impl Writing<'_, '_> {
    fn kind(&mut self, raw: &RawCheck) -> Option<Kind> {
        let mut kinds = Vec::new();
        if let Some(raw) = &raw.each_record {
            let dataset = self.dataset(&raw.dataset);
            let filter = self.condition(&dataset, raw.filter.as_ref());
            let expect = self.predicate(&dataset, &raw.expect, true);
            kinds.push(Kind::of_records(CheckKind::EachRecord(EachRecord { dataset: dataset.clone(), filter, expect }), dataset, None));
        }
        if let Some(raw) = &raw.unique {
            let dataset = self.dataset(&raw.dataset);
            let filter = self.condition(&dataset, raw.filter.as_ref());
            let key = self.key(&dataset, &raw.key);
            let kind = CheckKind::Unique(Unique { dataset, filter, key: key.clone(), exact: raw.compare.is_some() });
            kinds.push(Kind { kind, names: key.clone(), dataset: None, default: Some(key) });
        }
        if let Some(raw) = &raw.refers_to {
            let kind = self.refers_to(raw);
            kinds.push(Kind::of_records(CheckKind::RefersTo(kind.clone()), kind.dataset, None));
        }
        if let Some(raw) = &raw.per_group {
            let kind = self.per_group(raw);
            kinds.push(Kind { names: kind.key.clone(), dataset: None, default: Some(kind.key.clone()), kind: CheckKind::PerGroup(kind) });
        }
        if let Some(raw) = &raw.covers {
            let kind = self.covers(raw);
            kinds.push(Kind::of_pairs(CheckKind::Covers(kind)));
        }
        if let Some(raw) = &raw.held_apart {
            let kind = self.held_apart(raw);
            let names: Vec<String> = std::iter::once(kind.left.subject.clone()).chain(kind.left.same.clone()).collect();
            kinds.push(Kind { kind: CheckKind::HeldApart(kind), names: names.clone(), dataset: None, default: Some(names) });
        }
        if let Some(raw) = &raw.document {
            let names = vec!["document".to_owned(), "demand".to_owned()];
            let kind = CheckKind::Document(self.document(raw));
            kinds.push(Kind { kind, names: names.clone(), dataset: None, default: Some(names) });
        }
        kinds.extend(raw.joined.as_ref().map(|joined| self.joined(joined, raw.identity.as_ref())));
        if let Some(raw) = &raw.attestation {
            let by_other_than = raw.by_other_than.as_ref().map(|lookup| self.plain_lookup(lookup));
            let kind = CheckKind::Attestation(Attestation { by_other_than, role: raw.role.clone() });
            kinds.push(Kind::of_records(kind, "attestations".to_owned(), Some(vec!["control".to_owned(), "by".to_owned()])));
        }
        if let Some(recurs) = &raw.recurs {
            kinds.push(Kind::of_pairs(CheckKind::Recurs(self.recurs(recurs, raw.mode))));
        }
        if let Some(without_gap) = &raw.without_gap {
            kinds.push(Kind::of_pairs(CheckKind::WithoutGap(self.without_gap(without_gap, raw.mode))));
        }
        kinds.extend(raw.reconcile.as_ref().map(|raw| self.reconcile(raw)));
        kinds.extend(raw.ordered.as_ref().map(|raw| self.ordered(raw)));
        if kinds.len() == 1 {
            return kinds.pop();
        }
        let help =
            "each_record, unique, refers_to, per_group, covers, held_apart, document, joined, attestation, recurs, without_gap, reconcile or ordered";
        self.wrong(raw.id.at, "check-kind", format!("`{}` must have exactly one kind", raw.id.value), Some(help.to_owned()));
        None
    }

    fn identity(&mut self, identity: &Spanned<Vec<Spanned<String>>>, names: &[String], dataset: Option<&str>) -> Vec<String> {
        if identity.value.is_empty() {
            self.wrong(identity.at, "no-identity", "an identity has at least one name", None);
        }
        for name in &identity.value {
            match dataset {
                Some(dataset) => drop(self.key_field(dataset, name)),
                None if !names.contains(&name.value) => {
                    let help = crate::suggest::help(&name.value, names.iter().map(String::as_str));
                    self.wrong(name.at, "wrong-identity", format!("`{}` does not identify a finding of this kind", name.value), help);
                }
                None => {}
            }
        }
        identity.value.iter().map(|name| name.value.clone()).collect()
    }

    pub(super) fn key(&mut self, dataset: &str, key: &Spanned<Vec<Spanned<String>>>) -> Vec<String> {
        if key.value.is_empty() {
            self.wrong(key.at, "no-key", "a key has at least one field", None);
        }
        key.value.iter().map(|field| self.key_field(dataset, field)).collect()
    }

    /// A field that has one value a record, to tell records, groups or findings apart.
    pub(super) fn key_field(&mut self, dataset: &str, field: &Spanned<String>) -> String {
        let (name, kind) = self.field(dataset, field);
        if kind == FieldKind::List {
            let help = Some("a key and an identity are made of fields with one value".to_owned());
            self.wrong(field.at, "list-key", format!("`{name}` is a list"), help);
        }
        name
    }

    pub(super) fn amounts(&mut self, at_least: Option<&Spanned<Amount>>, at_most: Option<&Spanned<Amount>>) -> (Option<u64>, Option<u64>) {
        let bounds: (Option<u64>, Option<u64>) = (at_least.map(|amount| self.whole(amount)), at_most.map(|amount| self.whole(amount)));
        if let ((Some(low), Some(high)), Some(at)) = (bounds, at_most)
            && low > high
        {
            self.wrong(at.at, "wrong-bounds", "`at_most` is less than `at_least`", None);
        }
        bounds
    }

    fn refers_to(&mut self, raw: &RawRefersTo) -> RefersTo {
        let dataset = self.dataset(&raw.dataset);
        let filter = self.condition(&dataset, raw.filter.as_ref());
        let (field, kind) = self.field(&dataset, &raw.field);
        let to = &raw.to;
        let target = match (&to.dataset, &to.key, &to.table, &to.column) {
            (Some(other), Some(key), None, None) => {
                let other = self.dataset(other);
                let (key, kind) = self.field(&other, key);
                let filter = self.condition(&other, to.filter.as_ref()).map(Box::new);
                if let Some(at) = to.filter.as_ref() {
                    self.no_lookup(filter.as_deref(), at.at);
                }
                Target::Dataset(Lookup { dataset: other, key, list: kind == FieldKind::List, filter, same: Vec::new() })
            }
            (None, None, Some(table), Some(column)) => {
                let values = self.column(table, column).map(|(table, at)| values_of(&table.rows, at)).unwrap_or_default();
                Target::Table { table: table.value.clone(), column: column.value.clone(), values }
            }
            _ => {
                self.wrong(to.at, "wrong-target", "give `dataset` and `key`, or `table` and `column`", None);
                Target::Table { table: String::new(), column: String::new(), values: Vec::new() }
            }
        };
        RefersTo {
            dataset,
            filter,
            field,
            list: kind == FieldKind::List,
            target,
            must_exist: raw.must == RawMust::Exist,
            empty_is_exception: raw.empty == RawEmpty::Exception,
            exact: raw.compare.is_some(),
        }
    }

    fn no_lookup(&mut self, filter: Option<&crate::predicate::Predicate>, at: Place) {
        let mut found = false;
        if let Some(filter) = filter {
            filter.lookups(&mut |_| found = true);
        }
        if found {
            self.wrong(at, "nested-look-up", "a look-up's own condition holds no further look-up", None);
        }
    }

    fn per_group(&mut self, raw: &RawPerGroup) -> PerGroup {
        let dataset = self.dataset(&raw.dataset);
        let filter = self.condition(&dataset, raw.filter.as_ref());
        let key = self.key(&dataset, &raw.key);
        let count = &raw.count.value;
        let counted = self.condition(&dataset, count.filter.as_ref());
        let distinct = count.distinct.as_ref().map(|field| self.field(&dataset, field));
        let list = distinct.as_ref().is_some_and(|(_, kind)| *kind == FieldKind::List);
        let distinct = distinct.map(|(field, _)| field);
        let (at_least, at_most) = self.amounts(count.at_least.as_ref(), count.at_most.as_ref());
        if at_least.is_none() && at_most.is_none() {
            self.wrong(raw.count.at, "no-bound", "give `at_least`, `at_most` or both", None);
        }
        let count = Count { filter: counted, distinct, list, at_least, at_most };
        PerGroup { dataset, filter, key, count, exact: raw.compare.is_some() }
    }

    /// Expected entries.
    pub(super) fn expected(&mut self, expected: &Spanned<RawExpected>) -> Expected {
        if let (Some(narrowed), None) = (&expected.narrowed, &expected.table) {
            self.wrong(narrowed.at, "wrong-expected", "only a table is narrowed; a dataset has `where`", None);
        }
        let entry = |id: String| Entry { id, title: None };
        match (&expected.table, &expected.column, &expected.dataset, &expected.key, &expected.list) {
            (Some(table), Some(column), None, None, None) => {
                let entries = self.column(table, column).map(|(table, at)| {
                    let title = table.column("title");
                    let cell = |row: &Vec<String>, at: Option<usize>| at.and_then(|at| row.get(at)).cloned();
                    table.rows.iter().map(|row| Entry { id: cell(row, Some(at)).unwrap_or_default(), title: cell(row, title) }).collect()
                });
                let narrowed = self.narrowed(table, expected.narrowed.as_ref());
                Expected::Table { table: table.value.clone(), column: column.value.clone(), entries: entries.unwrap_or_default(), narrowed }
            }
            (None, None, Some(dataset), Some(key), None) => {
                let dataset = self.dataset(dataset);
                let (key, kind) = self.field(&dataset, key);
                let filter = self.condition(&dataset, expected.filter.as_ref()).map(Box::new);
                if let Some(at) = expected.filter.as_ref() {
                    self.no_lookup(filter.as_deref(), at.at);
                }
                Expected::Dataset(Lookup { dataset, key, list: kind == FieldKind::List, filter, same: Vec::new() })
            }
            (None, None, None, None, Some(list)) => Expected::List(self.list(list).into_iter().map(entry).collect()),
            _ => {
                self.wrong(expected.at, "wrong-expected", "give `table` and `column`, `dataset` and `key`, or `list`", None);
                Expected::List(Vec::new())
            }
        }
    }

    fn covers(&mut self, raw: &RawCovers) -> Covers {
        let expected = self.expected(&raw.expected);
        let subjects = raw.subjects.as_ref().map(|lookup| self.plain_lookup(lookup));
        let RawCoveredBy { dataset, filter, entry, subject, terms } = &raw.by.value;
        let naming = Naming { dataset, filter: filter.as_ref(), entry, subject: subject.as_ref(), terms: *terms };
        let by = self.named_by(&naming, subjects.is_some(), raw.by.at);
        let (at_least, at_most) = self.amounts(raw.at_least.as_ref(), raw.at_most.as_ref());
        Covers { expected, subjects, by, at_least, at_most }
    }

    fn held_apart(&mut self, raw: &RawHeldApart) -> HeldApart {
        let mut side = |raw: &RawSide| {
            let dataset = self.dataset(&raw.dataset);
            let filter = self.condition(&dataset, raw.filter.as_ref());
            let subject = self.key_field(&dataset, &raw.subject);
            let same = raw.same.iter().map(|field| self.key_field(&dataset, field)).collect();
            Side { dataset, filter, subject, same }
        };
        let (left, right) = (side(&raw.left.value), side(&raw.right.value));
        if left.same.len() != right.same.len() {
            self.wrong(raw.right.at, "wrong-sides", "both sides name as many fields under `same`", None);
        }
        HeldApart { left, right, exact: raw.compare.is_some() }
    }

    fn document(&mut self, raw: &RawDocument) -> Document {
        if raw.wanted.value.is_empty() {
            self.wrong(raw.wanted.at, "no-document", "name at least one document", None);
        }
        let wanted = raw.wanted.value.iter().map(|wanted| WantedDocument {
            id: wanted.id.value.clone(),
            title: wanted.title.clone(),
            which: self.predicate("documents", &wanted.which, true),
        });
        let wanted: Vec<_> = wanted.collect();
        for demand in raw.demands.iter().filter(|demand| demand.id.value == crate::check::document::EXISTS) {
            self.wrong(demand.id.at, "duplicate-id", "`exists` is asked of every wanted document anyway", None);
        }
        let demands = raw.demands.iter().map(|demand| Demand {
            id: demand.id.value.clone(),
            title: demand.title.clone(),
            expect: self.predicate("documents", &demand.expect, true),
        });
        Document { demands: demands.collect(), wanted }
    }
}

impl Kind {
    fn of_records(kind: CheckKind, dataset: String, default: Option<Vec<String>>) -> Self {
        Self { kind, names: Vec::new(), dataset: Some(dataset), default }
    }

    fn of_pairs(kind: CheckKind) -> Self {
        let subjects = kind.pairs().and_then(|(_, subjects, _)| subjects);
        let names: Vec<String> = subjects.iter().map(|lookup| lookup.key.clone()).chain(["entry".to_owned()]).collect();
        Self { kind, names: names.clone(), dataset: None, default: Some(names) }
    }
}
