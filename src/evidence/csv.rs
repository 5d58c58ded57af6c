//! Delimited text, after the section "CSV" of `docs/reading.md`.

mod head;
mod rows;
mod split;
mod stretch;
pub mod strict;
mod table;
mod wide;

pub(crate) use head::utf16;
pub use head::{CsvHead, sniff};
pub(crate) use rows::{CsvParser, Room};
pub(crate) use split::CsvSplitter;
