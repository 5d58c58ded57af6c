//! The ledger: what happened to every finding, as an append-only list of
//! signed events that nobody can shorten, reorder or rewrite unseen.
//!
//! A folder: `ledger.jsonl` with one signed event a line, `checkpoint` with the
//! Merkle root over the lines, signed by who appended last, and every
//! checkpoint that ever was under `checkpoints/<size>`. [`event`] is what is
//! said, [`entry`] a line and the chain that lines form, [`store`] owns the
//! files, [`verify`] judges a ledger for someone who was not there.

pub mod entry;
mod error;
pub mod event;
mod files;
mod lock;
mod reading;
pub mod store;
pub mod verify;

pub use error::{CheckpointFault, LedgerError};
pub use lock::LedgerLock;
