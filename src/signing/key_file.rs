//! Key files.

use super::key::SecretKey;

/// A key that was read from a file.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: SecretKey,
    /// Whose it is, where the file says so.
    pub owner: Option<String>,
    /// What it is for, where the file says so.
    pub role: Option<String>,
    /// Whether the file is encrypted.
    pub encrypted: bool,
}
