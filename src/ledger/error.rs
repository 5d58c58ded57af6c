//! What can be wrong with a ledger. Each has its own code.

use std::io;
use std::time::Duration;

use super::entry::EntryError;
use crate::signing::note::{CheckpointError, NoteError, NoteSignatureError};
use crate::text::visible;

/// A ledger that cannot be read, is not what it was, or cannot be appended to.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The system refuses.
    #[error("`{}` cannot be read or written: {error}", visible(.path))]
    Io {
        /// Which file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A link, or something that is no file, in the folder.
    #[error("`{}` is a link or no regular file; a ledger's files are files themselves", visible(.0))]
    Link(String),
    /// The folder holds other things.
    #[error("something that is no ledger is there ({}); give an empty folder, or one that is not there yet", visible(.0))]
    Occupied(String),
    /// A file among the checkpoints that is none.
    #[error("`checkpoints/{}` is no checkpoint: they are named by their size", visible(.0))]
    Foreign(String),
    /// Larger than a ledger can be.
    #[error("`{0}` is larger than the {1} bytes that it may have")]
    TooLarge(String, u64),
    /// Something that was there is not.
    #[error("`{0}` is missing, and the rest of the ledger is there")]
    Missing(&'static str),
    /// A line that is refused.
    #[error("line {number}: {error}")]
    Line {
        /// Which, from 1.
        number: u64,
        /// Why.
        error: EntryError,
    },
    /// A checkpoint that is refused.
    #[error("`{file}`: {fault}")]
    Checkpoint {
        /// Which.
        file: String,
        /// Why.
        fault: CheckpointFault,
    },
    /// Fewer lines than were signed.
    #[error("`{file}` covers {size} lines, and {lines} are there: lines were taken off the end")]
    Truncated {
        /// The checkpoint.
        file: String,
        /// What it covers.
        size: u64,
        /// What is there.
        lines: u64,
    },
    /// Lines after the checkpoint by somebody who never acted here.
    #[error(
        "line {number}, after the checkpoint, is by a key that never acted in this ledger ({fingerprint}); let its owner append again, or take the line out"
    )]
    Stranger {
        /// Which, from 1.
        number: u64,
        /// Whose.
        fingerprint: String,
    },
    /// Somebody else writes.
    #[error("the ledger is in use by another process, for more than {} seconds; try again when it is done", .0.as_secs())]
    Busy(Duration),
    /// The clock is behind the ledger.
    #[error("the clock says {now}, and the ledger's last event was at {last}; set the clock right")]
    Clock {
        /// The time that was given.
        now: String,
        /// The last event's.
        last: String,
    },
    /// No random numbers for a new origin.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// What is wrong with a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointFault {
    /// No signed note.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// A note that is no checkpoint.
    #[error("{0}")]
    Form(#[from] CheckpointError),
    /// It covers another number of lines than its name says, or none.
    #[error("it is about {0} lines, which is not what it can be about")]
    Size(u64),
    /// Another ledger's.
    #[error("it is of another ledger, `{}`", visible(.0))]
    Origin(String),
    /// The lines are not those that were signed.
    #[error("the lines do not have the root that was signed: the ledger was rewritten")]
    Root,
    /// Not signed by who wrote the last line that it covers.
    #[error("it is not signed by the actor of the last line that it covers: {0}")]
    Signature(#[from] NoteSignatureError),
}

impl LedgerError {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "ledger-io",
            Self::Link(_) => "ledger-link",
            Self::Occupied(_) => "ledger-occupied",
            Self::Foreign(_) => "ledger-foreign-file",
            Self::TooLarge(..) => "ledger-too-large",
            Self::Missing(_) => "ledger-missing-file",
            Self::Line { error, .. } => error.code(),
            Self::Checkpoint { fault, .. } => fault.code(),
            Self::Truncated { .. } => "ledger-truncated",
            Self::Stranger { .. } => "ledger-tail-stranger",
            Self::Busy(_) => "ledger-busy",
            Self::Clock { .. } => "ledger-clock",
            Self::Random(_) => "ledger-random",
        }
    }

    /// Whether the ledger itself is not what it was (exit code 4), rather than
    /// in use, out of reach or wrongly called (exit code 2).
    #[must_use]
    pub fn is_integrity(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::Occupied(_) | Self::Busy(_) | Self::Clock { .. } | Self::Random(_))
    }

    pub(super) fn io(path: &std::path::Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io { path: crate::text::of_system(path.as_os_str()), error }
    }

    pub(super) fn checkpoint(file: &str, fault: impl Into<CheckpointFault>) -> Self {
        Self::Checkpoint { file: file.to_owned(), fault: fault.into() }
    }
}

impl CheckpointFault {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Note(_) => "checkpoint-note",
            Self::Form(_) => "checkpoint-form",
            Self::Size(_) => "checkpoint-size",
            Self::Origin(_) => "checkpoint-origin",
            Self::Root => "checkpoint-root",
            Self::Signature(_) => "checkpoint-signature",
        }
    }
}
