//! JSON documents and lines, after the section "JSON" of `docs/reading.md`.
//!
//! The splitter follows brackets and strings only, and says where elements
//! end. The parser walks each record once, checks all of it, and captures
//! what stands at the planned paths; records of a shape that it has met are
//! compared with that shape instead.

mod head;
mod lane;
mod members;
mod records;
mod skim;
mod split;
mod stretch;
mod template;
mod text;
mod walk;

pub use head::{Found, JsonHead, TAIL, first_line, get, is_lines, peek, peek_ends};
pub(crate) use records::JsonParser;
pub(crate) use split::JsonSplitter;
