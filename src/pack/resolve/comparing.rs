//! Kinds that hold two datasets, or acts, against each other.

use std::collections::BTreeSet;

use super::checks::Kind;
use super::predicates::values_of;
use super::scope::Writing;
use crate::check::reconcile::DIFFERENCE;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawKeyed, RawLevels, RawMissing, RawOrdered, RawReconcile};
use crate::pack::{CheckKind, KeyedSide, Ordered, Reconcile};
use crate::yaml::Spanned;

impl Writing<'_, '_> {
    pub(super) fn reconcile(&mut self, raw: &Spanned<RawReconcile>) -> Kind {
        let mut side = |raw: &RawKeyed| {
            let dataset = self.dataset(&raw.dataset);
            let filter = self.condition(&dataset, raw.filter.as_ref());
            let key = self.key(&dataset, &raw.key);
            KeyedSide { dataset, filter, key }
        };
        let sides = [side(&raw.left.value), side(&raw.right.value)];
        if sides[0].key.len() != sides[1].key.len() {
            self.wrong(raw.right.at, "wrong-sides", "both sides have keys of as many fields", None);
        }
        let mut agree: Vec<(String, String)> = Vec::new();
        for fields in &raw.agree {
            let (left, _) = self.field(&sides[0].dataset, &fields.left);
            let (right, _) = self.field(&sides[1].dataset, &fields.right);
            if agree.iter().any(|(known, _)| *known == left) {
                let message = format!("`{left}` is compared already; a finding is known by the left field's name");
                self.wrong(fields.left.at, "duplicate-id", message, None);
            }
            agree.push((left, right));
        }
        let whole = [raw.missing != RawMissing::Right, raw.missing != RawMissing::Left];
        let names: Vec<String> = sides[0].key.iter().cloned().chain([DIFFERENCE.to_owned()]).collect();
        Kind { kind: CheckKind::Reconcile(Reconcile { sides, agree, whole }), names: names.clone(), dataset: None, default: Some(names) }
    }
    pub(super) fn ordered(&mut self, raw: &Spanned<RawOrdered>) -> Kind {
        let dataset = self.dataset(&raw.dataset);
        let filter = self.condition(&dataset, raw.filter.as_ref());
        let key = self.key(&dataset, &raw.key);
        let level = self.key_field(&dataset, &raw.level);
        let levels = self.levels(&raw.levels);
        let by = raw.by.as_ref().map(|field| {
            let (name, kind) = self.field(&dataset, field);
            if kind != FieldKind::Date && self.scope.kinds.kind(&dataset, &name).is_some() {
                self.wrong(field.at, "predicate-kind", format!("`{name}` is no date"), None);
            }
            name
        });
        let kind = CheckKind::Ordered(Ordered { dataset, filter, key: key.clone(), level, levels, by });
        Kind { kind, names: key.clone(), dataset: None, default: Some(key) }
    }

    fn levels(&mut self, raw: &Spanned<RawLevels>) -> Vec<String> {
        let levels = match (&raw.list, &raw.table, &raw.column) {
            (Some(list), None, None) => self.list(list),
            (None, Some(table), Some(column)) => match self.column(table, column) {
                Some((table, at)) => values_of(&table.rows, at),
                None => return Vec::new(),
            },
            _ => {
                self.wrong(raw.at, "wrong-expected", "give `list`, or `table` and `column`", None);
                return Vec::new();
            }
        };
        if levels.is_empty() {
            self.wrong(raw.at, "wrong-expected", "there is no level", None);
        }
        let mut known = BTreeSet::new();
        for level in levels.iter().filter(|level| !known.insert(*level)) {
            self.wrong(raw.at, "duplicate-id", format!("`{level}` is a level already"), None);
        }
        levels
    }
}
