//! Following up: what became of every finding since it was first seen.
//!
//! The ledger's events, replayed, make a [`Register`]; a new scan compared
//! with it gives every finding its lifecycle and the one event that the scan
//! adds. Nothing here reads a file or a clock: dates are the as-of dates of
//! scans, and what acts state.
//!
//! A finding is closed only by a scan that listed up to its id, whose check
//! missed nothing, and that saw its subject. What cannot be told is
//! `not_reobserved`; a subject that is not in the evidence is `subject_gone`;
//! both stay open questions. No person can close anything.

mod follow;
mod illegal;
mod register;
mod scan;
mod tracked;

pub use follow::{Followed, Looked, Presence, follow};
pub use illegal::{Illegal, ReplayError};
pub use register::{LastScan, Register, replay};
pub use tracked::{Happened, Tracked};

#[cfg(test)]
mod tests;
