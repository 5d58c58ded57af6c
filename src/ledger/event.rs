//! What the ledger's events say.
//!
//! An event is the payload of one DSSE envelope, signed by who acts. It names
//! the ledger, its place in it and the line before, so that it fits nowhere else.

use serde::{Deserialize, Serialize};

/// The payload type of events.
pub const EVENT: &str = "application/vnd.rolecall.ledger-event+json";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The ledger's origin.
    pub ledger: String,
    /// Its place, from 0.
    pub seq: u64,
    /// Merkle leaf hash of the line before, lower-case hexadecimal; `null` for the first.
    pub prev: Option<String>,
    /// When, by the actor's clock: RFC 3339, UTC, seconds. A claim, not a proof.
    pub time: String,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The owner that the key file names, or the key's fingerprint.
    pub owner: String,
    /// The role that the key file names.
    pub role: Option<String>,
    /// The public key as 64 hexadecimal digits: it makes the line readable, trust never comes from here.
    pub key: String,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// A person says something about a finding.
    Note {
        /// The finding.
        finding: String,
        /// What.
        text: String,
    },
}
