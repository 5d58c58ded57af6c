//! The Merkle tree of RFC 6962 (section 2.1; RFC 9162, section 2.1): its root,
//! proofs that an entry is in it, and proofs that one tree begins with another.
//!
//! Works on leaf hashes alone. Leaves and inner nodes are hashed with different
//! first bytes, so that neither can be taken for the other. Proofs are verified
//! by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2: no hash may be
//! missing, and none left over.

use sha2::{Digest as _, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// A proof that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// No tree has such an entry, or a tree cannot begin with such another.
    #[error("the tree has {size} entries, and the proof is about {about}")]
    Range {
        /// The size of the tree.
        size: u64,
        /// The index, or the size of the earlier tree.
        about: u64,
    },
    /// Every tree begins with the empty one: a proof of it says nothing.
    #[error("a proof from the empty tree says nothing")]
    Empty,
    /// Hashes are missing, or left over.
    #[error("the proof has {0} hashes, which is not the number it must have")]
    Length(usize),
    /// The hashes give another root.
    #[error("the proof does not lead to the root")]
    Root,
    /// The hashes give another root for the earlier tree.
    #[error("the proof does not lead to the earlier root")]
    EarlierRoot,
}

/// The hash of an entry.
#[must_use]
pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of two neighbours.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root; that of no leaves is the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(split(more.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The largest power of two below the size, which is at least 2.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// A tree that grows leaf by leaf, kept as the roots of its full parts: large trees need little room.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    size: u64,
    /// One for each bit of the size that is set, the largest part first.
    parts: Vec<Hash>,
}

impl Growing {
    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.parts.pop() else { break };
            hash = node(&left, &hash);
        }
        self.parts.push(hash);
        self.size += 1;
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut parts = self.parts.iter().rev();
        parts.next().map_or_else(|| root(&[]), |last| parts.fold(*last, |right, left| node(left, &right)))
    }
}

/// The proof that the leaf at `index` is in the tree, from the leaf up; `None` where there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut rest, mut at) = (leaves, index);
    // From the root down: the half that the leaf is not in.
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            at -= left.len();
            rest = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The proof that the tree begins with its first `earlier` leaves; `None` for
/// no leaves, which prove nothing, and for more than there are.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], earlier: usize) -> Option<Vec<Hash>> {
    if earlier == 0 || earlier > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut rest, mut size) = (leaves, earlier);
    // Whether `rest` begins where the earlier tree does: its root is then known to the reader.
    let mut known = true;
    while size < rest.len() {
        let (left, right) = rest.split_at(split(rest.len()));
        if size <= left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            size -= left.len();
            rest = right;
            known = false;
        }
    }
    if !known {
        proof.push(root(rest));
    }
    proof.reverse();
    Some(proof)
}

/// Whether the proof shows that the leaf is at `index` of the tree of that size and root.
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range { size, about: index });
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            rise(&mut at, &mut last);
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length(proof.len()));
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Whether the proof shows that the tree of `size` begins with that of `earlier`. Equal sizes need an empty proof and equal roots.
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(earlier: u64, size: u64, earlier_root: &Hash, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if earlier == 0 {
        return Err(ProofError::Empty);
    }
    if earlier > size {
        return Err(ProofError::Range { size, about: earlier });
    }
    if earlier == size {
        return match proof {
            [] if earlier_root == root => Ok(()),
            [] => Err(ProofError::Root),
            more => Err(ProofError::Length(more.len())),
        };
    }
    // The root of a full tree is itself a node of every later one: the proof leaves it out.
    let (first, rest) = match proof.split_first() {
        None => return Err(ProofError::Length(0)),
        Some(_) if earlier.is_power_of_two() => (*earlier_root, proof),
        Some((first, rest)) => (*first, rest),
    };
    let full = (earlier - 1).trailing_ones();
    let (mut at, mut last) = ((earlier - 1) >> full, (size - 1) >> full);
    let (mut old, mut new) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length(proof.len()));
        }
        if at & 1 == 1 || at == last {
            old = node(sibling, &old);
            new = node(sibling, &new);
            rise(&mut at, &mut last);
        } else {
            new = node(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length(proof.len()));
    }
    if old != *earlier_root {
        return Err(ProofError::EarlierRoot);
    }
    if new == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Goes up past the levels on which the last node has no sibling.
fn rise(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        (*at, *last) = (*at >> 1, *last >> 1);
    }
}

#[cfg(test)]
mod tests;
