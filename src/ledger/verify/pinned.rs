//! What an earlier report saw of the ledger.

use std::path::Path;

use serde::Deserialize;

use crate::digest::sha256_hex;
use crate::report::{LedgerCheckpoint, SCHEMA};
use crate::signing::strict_json;
use crate::text::of_system;

/// The checkpoint that a report pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The report, as the reader named it.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// What it pins; `None` where it was made without a ledger.
    pub checkpoint: Option<LedgerCheckpoint>,
}

/// Nothing that could pin a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum NotPinned {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is no report.
    #[error("it is no report.json: {0}")]
    Json(#[from] strict_json::StrictJsonError),
    /// A report of another version.
    #[error("its schema is not {SCHEMA}")]
    Schema,
}

/// What is wanted of a report: the rest may be of any version.
#[derive(Deserialize)]
struct Wanted {
    schema: String,
    inputs: WantedInputs,
}

#[derive(Deserialize)]
struct WantedInputs {
    ledger: Option<LedgerCheckpoint>,
}

impl Pinned {
    /// Reads it from a package or its `report.json`. Whether the package itself is good, `rolecall verify` tells.
    ///
    /// # Errors
    /// [`NotPinned`].
    pub fn read(path: &Path) -> Result<Self, NotPinned> {
        let file = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
        let bytes = std::fs::read(file)?;
        let wanted: Wanted = strict_json::read(&bytes)?;
        if wanted.schema != SCHEMA {
            return Err(NotPinned::Schema);
        }
        Ok(Self { name: of_system(path.as_os_str()), sha256: sha256_hex(&bytes), checkpoint: wanted.inputs.ledger })
    }
}
