//! What names in a pack may mean: parameters, tables, datasets, fields.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::dataset::FieldKind;
use crate::diagnostic::Diagnostics;
use crate::pack::raw::{Amount, Scalar, ScalarList};
use crate::pack::{PackTable, Parameter};
use crate::source::kinds::FieldKinds;
use crate::suggest;
use crate::yaml::{Origin, Place, Spanned};

/// What is known while a pack is resolved, and what was used.
pub(super) struct Scope<'s> {
    pub parameters: &'s [Parameter],
    pub tables: &'s BTreeMap<String, PackTable>,
    pub kinds: &'s FieldKinds,
    pub max_age_days: Option<i64>,
    /// `$parameter` and `#table`, over the whole pack.
    pub used: RefCell<BTreeSet<String>>,
}

impl<'s> Scope<'s> {
    pub fn new(parameters: &'s [Parameter], tables: &'s BTreeMap<String, PackTable>, kinds: &'s FieldKinds, max_age_days: Option<i64>) -> Self {
        Self { parameters, tables, kinds, max_age_days, used: RefCell::new(BTreeSet::new()) }
    }
}

/// One check on its way: where it is written, and which parameters it uses.
pub(super) struct Writing<'w, 's> {
    pub scope: &'w Scope<'s>,
    pub origin: &'w Origin,
    pub problems: &'w mut Diagnostics,
    pub parameters: BTreeSet<String>,
}

pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Writing<'_, '_> {
    /// Tells a mistake.
    pub fn wrong(&mut self, at: Place, code: &'static str, message: impl AsRef<str>, help: Option<String>) {
        self.problems.push(self.origin.diagnostic(at, code, message, help));
    }

    pub(super) fn parameter(&mut self, name: &str, at: Place) -> Option<&Value> {
        let Some(found) = self.scope.parameters.iter().find(|parameter| parameter.name == name) else {
            let help = suggest::help(name, self.scope.parameters.iter().map(|parameter| parameter.name.as_str()));
            self.wrong(at, "unknown-parameter", format!("the pack has no parameter `{name}`"), help);
            return None;
        };
        self.parameters.insert(name.to_owned());
        self.scope.used.borrow_mut().insert(format!("${name}"));
        Some(&found.value)
    }

    /// A single value.
    pub fn scalar(&mut self, scalar: &Scalar, at: Place) -> String {
        let name = match scalar {
            Scalar::Text(text) => return text.clone(),
            Scalar::Parameter(name) => name,
        };
        match self.parameter(name, at).cloned() {
            Some(Value::Array(_)) => {
                self.wrong(at, "wrong-parameter", format!("`{name}` is a list; one value is expected here"), None);
                String::new()
            }
            Some(value) => text_of(&value),
            None => String::new(),
        }
    }

    /// A list of values.
    pub fn list(&mut self, list: &Spanned<ScalarList>) -> Vec<String> {
        match &list.value {
            ScalarList::Values(values) => values.iter().map(|value| self.scalar(value, list.at)).collect(),
            ScalarList::Parameter(name) => match self.parameter(name, list.at).cloned() {
                Some(Value::Array(values)) => values.iter().map(text_of).collect(),
                Some(value) => vec![text_of(&value)],
                None => Vec::new(),
            },
        }
    }

    /// A number of days, records and the like.
    pub fn whole<T: std::str::FromStr + Default>(&mut self, amount: &Spanned<Amount>) -> T {
        let text = self.scalar(&amount.value.0, amount.at);
        text.parse().unwrap_or_else(|_| {
            self.wrong(amount.at, "wrong-number", format!("`{text}` is no fitting number"), None);
            T::default()
        })
    }

    /// A dataset's name.
    pub fn dataset(&mut self, name: &Spanned<String>) -> String {
        if !self.scope.kinds.knows(&name.value) {
            let known = self.scope.kinds.datasets();
            let help = suggest::help(&name.value, known.iter().map(String::as_str));
            self.wrong(name.at, "unknown-dataset", format!("there is no dataset `{}`", name.value), help);
        }
        name.value.clone()
    }

    /// A field's name, which the dataset has; its kind.
    pub fn field(&mut self, dataset: &str, name: &Spanned<String>) -> (String, FieldKind) {
        let kind = self.scope.kinds.kind(dataset, &name.value);
        if kind.is_none() && self.scope.kinds.knows(dataset) {
            let known = self.scope.kinds.fields(dataset);
            let help = suggest::help(&name.value, known.iter().map(String::as_str));
            self.wrong(name.at, "unknown-field", format!("`{dataset}` has no field `{}`", name.value), help);
        }
        (name.value.clone(), kind.unwrap_or(FieldKind::Text))
    }

    /// A pack table.
    pub fn table(&mut self, name: &Spanned<String>) -> Option<&PackTable> {
        let Some(table) = self.scope.tables.get(&name.value) else {
            let help = suggest::help(&name.value, self.scope.tables.keys().map(String::as_str));
            self.wrong(name.at, "unknown-table", format!("the pack has no table `{}`", name.value), help);
            return None;
        };
        self.scope.used.borrow_mut().insert(format!("#{}", name.value));
        Some(table)
    }

    /// A column of a pack table, with the table.
    pub fn column(&mut self, table: &Spanned<String>, column: &Spanned<String>) -> Option<(PackTable, usize)> {
        let found = self.table(table)?.clone();
        let Some(at) = found.column(&column.value) else {
            let help = suggest::help(&column.value, found.columns.iter().map(String::as_str));
            self.wrong(column.at, "unknown-column", format!("the table `{}` has no column `{}`", table.value, column.value), help);
            return None;
        };
        Some((found, at))
    }
}
