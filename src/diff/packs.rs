//! What changed between two packs: two versions of one, or two editions of a
//! framework. Pure, over two resolved [`Pack`]s, and what became of the codes
//! of one edition in the other.

use serde::Serialize;
use serde_json::Value;

use crate::pack::{Fate, Links, Pack};
use crate::report::Report;

mod demands;
mod roles;
mod tables;
mod touched;
pub mod words;

pub use demands::{CheckDifference, ControlDifference, Existence};
pub use roles::{RoleFate, Statements};
pub use tables::{RowChange, TableDifference};
pub use touched::Touched;

/// The name and version of the JSON layout.
pub const SCHEMA: &str = "rolecall.pack-diff/1";

/// What a comparison is made of.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'g> {
    /// The earlier pack.
    pub old: &'g Pack,
    /// The later pack.
    pub new: &'g Pack,
    /// What became of codes, in all packs that are known.
    pub fates: &'g [&'g Fate],
    /// Crosswalks, of all packs that are known.
    pub links: &'g [&'g Links],
    /// Reports whose open findings may be touched.
    pub reports: &'g [Report],
}

/// The comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackDiff {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The earlier pack.
    pub old: PackSide,
    /// The later pack.
    pub new: PackSide,
    /// Parameters that only one has, or that have other defaults.
    pub parameters: Vec<ParameterChange>,
    /// Controls that only one has, or that differ, by id.
    pub controls: Vec<ControlDifference>,
    /// Tables that only one has, or whose rows differ, by name.
    pub tables: Vec<TableDifference>,
    /// What became of each role or code of the earlier edition; empty where both are of one.
    pub roles: Vec<RoleFate>,
    /// Open findings of the reports that rest on what changed, by id.
    pub touched: Vec<Touched>,
}

/// One of the two packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackSide {
    /// Its id.
    pub id: String,
    /// Its own version.
    pub version: String,
    /// The edition of the standard.
    pub edition: String,
    /// The edition's id, where its tables list one.
    pub framework: Option<String>,
    /// SHA-256 over its files.
    pub sha256: String,
}

/// A parameter; `null` where that pack does not have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterChange {
    /// Its name.
    pub name: String,
    /// The earlier default.
    pub old: Option<Value>,
    /// The later default.
    pub new: Option<Value>,
}

/// Compares two packs.
#[must_use]
pub fn diff(ground: &Ground<'_>) -> PackDiff {
    let Ground { old, new, .. } = *ground;
    let mut diff = PackDiff {
        schema: SCHEMA.to_owned(),
        old: side(old),
        new: side(new),
        parameters: parameters(old, new),
        controls: demands::controls(old, new),
        tables: tables::tables(old, new),
        roles: roles::roles(ground),
        touched: Vec::new(),
    };
    diff.touched = touched::touched(ground, &diff);
    diff
}

impl PackDiff {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.controls.is_empty() && self.tables.is_empty() && self.roles.is_empty()
    }
}

fn side(pack: &Pack) -> PackSide {
    PackSide {
        id: pack.id.clone(),
        version: pack.version.clone(),
        edition: pack.edition.clone(),
        framework: pack.listing.framework.clone(),
        sha256: pack.sha256.clone(),
    }
}

fn parameters(old: &Pack, new: &Pack) -> Vec<ParameterChange> {
    let value = |pack: &Pack, name: &str| pack.parameters.iter().find(|known| known.name == name).map(|known| known.value.clone());
    let names: std::collections::BTreeSet<&str> = old.parameters.iter().chain(&new.parameters).map(|known| known.name.as_str()).collect();
    let change = |name: &str| ParameterChange { name: name.to_owned(), old: value(old, name), new: value(new, name) };
    names.into_iter().map(change).filter(|change| change.old != change.new).collect()
}
