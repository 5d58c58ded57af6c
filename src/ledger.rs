//! The ledger: what happened to every finding, as an append-only list of
//! signed events that nobody can shorten, reorder or rewrite unseen.
//!
//! [`event`] is what is said; the other parts keep it.

pub mod event;
