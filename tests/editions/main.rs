//! Codes and tasks from edition to edition: every old code has a stated fate,
//! a roster is told it, and one organisation under three editions differs by
//! their statements alone.
//!
//! What is expected is worked out from the lists of the editions and from the
//! evidence as it stands in the files; where the official files are there,
//! the lists are held against them too.

#[path = "../common/mod.rs"]
mod common;

mod codes;
mod fates;
mod lists;
mod office;
mod role_722;
mod roster;
mod wording;
