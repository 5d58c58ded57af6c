//! `report.json`: the exact bytes that are signed.

use super::{Report, SCHEMA};

/// A file that is no report of ours.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is not the JSON that the schema describes.
    #[error("this is no report: {0}")]
    Shape(#[from] serde_json::Error),
    /// Its schema is another one.
    #[error("the report has the schema `{0}`, this program knows `{SCHEMA}`")]
    Schema(String),
}

/// The bytes of a report: two blanks of indent, one line feed at the end.
#[must_use]
pub fn write(report: &Report) -> Vec<u8> {
    // Maps have text keys and numbers are finite: writing to memory cannot fail.
    let mut bytes = serde_json::to_vec_pretty(report).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads a report.
///
/// # Errors
/// [`ReportError`] for anything else.
pub fn read(bytes: &[u8]) -> Result<Report, ReportError> {
    let report: Report = serde_json::from_slice(bytes)?;
    if report.schema == SCHEMA { Ok(report) } else { Err(ReportError::Schema(report.schema)) }
}
