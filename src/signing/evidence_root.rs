//! One digest of all evidence: the root of a Merkle tree (RFC 6962) over the files.
//!
//! A leaf is the line `SHA256 BYTES PATH` without a line feed: 64 digits, a
//! blank, the length in decimal, a blank, and the path as `report.json` has it.
//! The path comes last, so that no blank in it can be mistaken. Leaves stand in
//! the order of the paths' bytes, one a file, however many tables it holds;
//! files that could not be read have no digest and no leaf. With the root in a
//! signed statement, one file can be shown to belong without the others.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::digest::hex;
use crate::report::EvidenceTable;

/// The tree's size and root.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRoot {
    /// How many files.
    pub files: u64,
    /// Merkle tree hash (RFC 6962, section 2.1), lower-case hexadecimal.
    pub root: String,
}

/// The leaves, in order.
#[must_use]
pub fn leaves(evidence: &[EvidenceTable]) -> Vec<String> {
    let files: BTreeSet<(&str, &str, u64)> =
        evidence.iter().filter(|table| !table.sha256.is_empty()).map(|table| (table.path.as_str(), table.sha256.as_str(), table.bytes)).collect();
    files.into_iter().map(|(path, sha256, bytes)| format!("{sha256} {bytes} {path}")).collect()
}

/// The root over a report's evidence.
#[must_use]
pub fn of(evidence: &[EvidenceTable]) -> EvidenceRoot {
    let leaves: Vec<[u8; 32]> = leaves(evidence).iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
    EvidenceRoot { files: leaves.len() as u64, root: hex(&root(&leaves)) }
}

fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        many => {
            // The largest power of two that is smaller than their number.
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}
