//! Evidence: where exports are found, recognised and read.
//!
//! `collect` finds files, `survey` says which source takes which, the readers
//! (`csv`, `json`, `lines`, `markdown`, behind `read`) turn blocks of bytes
//! into batches of planned columns. `docs/reading.md` fixes how.

mod back_off;
pub mod batch;
pub(crate) mod bits;
pub mod block;
pub mod collect;
pub mod csv;
pub mod decode;

pub mod json;
pub mod layout;
mod lines;
pub mod markdown;
#[cfg(test)]
mod properties;
pub mod read;
pub mod survey;
pub mod wildcard;
