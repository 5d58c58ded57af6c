//! Check kinds that hold two datasets, or acts, against each other.

use crate::predicate::Predicate;

/// Two datasets have the same keys, and agree on fields.
#[derive(Debug, Clone)]
pub struct Reconcile {
    /// The left side and the right one.
    pub sides: [KeyedSide; 2],
    /// Fields of both sides that agree where both have a key.
    pub agree: Vec<(String, String)>,
    /// For each side whether a key of the other may not be missing there.
    pub whole: [bool; 2],
}

/// Records by key.
#[derive(Debug, Clone)]
pub struct KeyedSide {
    /// The dataset.
    pub dataset: String,
    /// Which records count.
    pub filter: Option<Predicate>,
    /// The key.
    pub key: Vec<String>,
}

/// Levels follow each other.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// The dataset.
    pub dataset: String,
    /// Which records it is about.
    pub filter: Option<Predicate>,
    /// The key.
    pub key: Vec<String>,
    /// The field with the level.
    pub level: String,
    /// The levels, the first one first.
    pub levels: Vec<String>,
    /// The date or time in whose order they are reached.
    pub by: Option<String>,
}
