//! Tables narrowed to the rows that are claimed.

use super::predicates::values_of;
use super::scope::Writing;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawClaim, RawNarrowed};
use crate::pack::{Claim, Narrowed};
use crate::predicate::Lookup;
use crate::yaml::Spanned;

impl Writing<'_, '_> {
    /// Which rows of a table are claimed, where that is written.
    pub(super) fn narrowed(&mut self, table: &Spanned<String>, raw: Option<&Spanned<RawNarrowed>>) -> Option<Narrowed> {
        let raw = raw?;
        let rows = self.column(table, &raw.column).map(|(table, at)| values_of(&table.rows, at)).unwrap_or_default();
        if raw.any_of.value.is_empty() {
            self.wrong(raw.any_of.at, "wrong-expected", "name at least one list or dataset that claims rows", None);
        }
        let any_of = raw.any_of.value.iter().map(|claim| self.claim(claim)).collect();
        Some(Narrowed { column: raw.column.value.clone(), rows, any_of })
    }

    fn claim(&mut self, raw: &Spanned<RawClaim>) -> Claim {
        match (&raw.list, &raw.dataset, &raw.key) {
            (Some(list), None, None) if raw.filter.is_none() => Claim::List(self.list(list)),
            (None, Some(dataset), Some(key)) => {
                let dataset = self.dataset(dataset);
                let (key, kind) = self.field(&dataset, key);
                let filter = raw.filter.as_ref().map(|filter| Box::new(self.predicate(&dataset, filter, false)));
                Claim::Dataset(Lookup { dataset, key, list: kind == FieldKind::List, filter, same: Vec::new() })
            }
            _ => {
                self.wrong(raw.at, "wrong-expected", "give `list`, or `dataset` and `key` (and `where`)", None);
                Claim::List(Vec::new())
            }
        }
    }
}
