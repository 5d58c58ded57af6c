//! What evidence sources add to the contract's datasets: `ext.` fields and
//! datasets of their own, with the kinds of their fields.

use std::collections::BTreeMap;

use crate::dataset::derived::DERIVED;
use crate::dataset::{self, DATASETS, EXTENSION, FieldKind};

/// Fields that sources add, by dataset. The contract's own are always known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldKinds(BTreeMap<String, BTreeMap<String, FieldKind>>);

impl FieldKinds {
    /// Notes a field.
    ///
    /// # Errors
    /// The field is known with another kind, which is returned.
    pub fn add(&mut self, dataset: &str, field: &str, kind: FieldKind) -> Result<(), FieldKind> {
        let known = *self.0.entry(dataset.to_owned()).or_default().entry(field.to_owned()).or_insert(kind);
        if known == kind { Ok(()) } else { Err(known) }
    }

    /// Whether the contract or a source has the dataset.
    #[must_use]
    pub fn knows(&self, dataset: &str) -> bool {
        dataset::find(dataset).is_some() || self.0.contains_key(dataset)
    }

    /// The kind of a field; `None` where neither the contract nor a source has it.
    #[must_use]
    pub fn kind(&self, dataset: &str, field: &str) -> Option<FieldKind> {
        if let Some(kind) = dataset::find(dataset).and_then(|dataset| dataset.field(field)) {
            return Some(kind);
        }
        if field == "site" && self.0.contains_key(dataset) {
            return Some(FieldKind::Text);
        }
        self.0.get(dataset)?.get(field).copied()
    }

    /// The names of all datasets, the contract's first, then those that are made of others.
    #[must_use]
    pub fn datasets(&self) -> Vec<String> {
        let own = self.0.keys().filter(|name| dataset::find(name).is_none());
        let derived = DERIVED.iter().map(|derived| &derived.dataset);
        DATASETS.iter().chain(derived).map(|dataset| dataset.name.to_owned()).chain(own.cloned()).collect()
    }

    /// The names of all fields of a dataset, the contract's first.
    #[must_use]
    pub fn fields(&self, dataset: &str) -> Vec<String> {
        let of_contract = dataset::find(dataset).map_or(&[][..], |dataset| dataset.fields);
        let own = self.0.get(dataset).into_iter().flat_map(BTreeMap::keys);
        of_contract.iter().map(|field| field.name.to_owned()).chain(own.cloned()).collect()
    }

    /// Whether a dataset's fields may be added by sources under this name:
    /// `ext.` fields of the contract's datasets, any field of others.
    #[must_use]
    pub fn may_be_added(dataset: &str, field: &str) -> bool {
        dataset::find(dataset).is_none() || field.starts_with(EXTENSION)
    }
}
