//! Signed notes and the checkpoints of transparency logs (C2SP `signed-note`
//! and `tlog-checkpoint`), with plain Ed25519 signatures (type 0x01).
//!
//! A note is a text, an empty line, and a line for each signature:
//! `— NAME BASE64(key id, signature)`. What is signed is the text, its last
//! line feed included: `openssl pkeyutl -verify -rawin` checks it.
//!
//! Stricter than the formats must be: names without blanks and plus signs, no
//! extension lines, base64 in its one spelling, at most 16 signatures, none of
//! them twice.

use sha2::{Digest as _, Sha256};

use super::base64;
use super::key::{PublicKey, SecretKey};
use super::merkle::Hash;
use crate::digest::hex;

/// The signature type of plain Ed25519.
const ED25519: u8 = 0x01;
/// The most signatures: as many as every reader must take.
const MOST_SIGNATURES: usize = 16;
/// The largest note: sixteen of the longest signatures that are in use, and a text.
const MOST_BYTES: usize = 128 << 10;
/// What begins a signature's line: a dash and a space.
const DASH: &str = "\u{2014} ";

/// A note that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too long.
    #[error("the note is longer than {MOST_BYTES} bytes")]
    TooLarge,
    /// Bytes that no note has.
    #[error("a note is UTF-8 without control characters other than line feeds")]
    Text,
    /// No empty line between text and signatures, or no line feed at the end.
    #[error("a note is a text, an empty line and signature lines, each ended by a line feed")]
    Form,
    /// A signature's line that is none.
    #[error("signature line {0} is not `\u{2014} NAME BASE64`, with a key id and a signature in canonical base64")]
    Signature(usize),
    /// None, or very many.
    #[error("a note has 1 to {MOST_SIGNATURES} signatures, this one has {0}")]
    Count(usize),
    /// Two signatures by the key of the same name and id.
    #[error("signature line {0} names a key that an earlier one names")]
    Twice(usize),
}

/// A signature that is not there or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteSignatureError {
    /// Nothing is signed in this name by this key.
    #[error("no signature in this name is by this key")]
    Missing,
    /// The line with this name and key id is no signature of the text.
    #[error("the signature does not fit the text")]
    Wrong,
}

/// A checkpoint that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not three lines.
    #[error("a checkpoint is three lines: origin, size, root; extension lines are not taken")]
    Lines,
    /// An origin that cannot be a name.
    #[error("the origin is empty, or has a blank, a plus sign or a hidden character")]
    Origin,
    /// No plain decimal number, or one that is too large.
    #[error("the size is no decimal number below 2^64 without sign and leading zeros")]
    Size,
    /// Not 32 bytes in canonical base64.
    #[error("the root is not 32 bytes in canonical base64")]
    Root,
}

/// A text with signatures; nothing of it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The exact text that is signed; ends with a line feed.
    pub text: String,
    /// By whom.
    pub signatures: Vec<NoteSignature>,
}

/// A signature's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id: with the name, a hint which key it is.
    pub id: [u8; 4],
    /// The signature.
    pub sig: Vec<u8>,
}

/// What a log says of itself: its first `size` entries have this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// Whether keys and logs may be called so: something, without blanks, plus signs and hidden characters.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && crate::text::visible(name) == name && !name.contains(|character: char| character == '+' || character.is_whitespace())
}

/// The key's id in a name: the first bytes of SHA-256(name, line feed, type, key).
#[must_use]
pub fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.to_bytes()).finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
    [a, b, c, d]
}

/// A verifier key, as tools for notes take it: `NAME+KEYID+BASE64`.
#[must_use]
pub fn vkey(name: &str, key: &PublicKey) -> String {
    let bytes = [&[ED25519], key.to_bytes().as_slice()].concat();
    format!("{name}+{}+{}", hex(&key_id(name, key)), base64::encode(&bytes))
}

impl Note {
    /// Signs a text, which ends with a line feed.
    #[must_use]
    pub fn sign(text: String, name: &str, key: &SecretKey) -> Self {
        let sig = key.sign(text.as_bytes()).to_vec();
        Self { text, signatures: vec![NoteSignature { name: name.to_owned(), id: key_id(name, &key.public()), sig }] }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MOST_BYTES {
            return Err(NoteError::TooLarge);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        if note.contains(|character: char| character.is_control() && character != '\n') {
            return Err(NoteError::Text);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        let count = lines.split('\n').count();
        if lines.is_empty() || count > MOST_SIGNATURES {
            return Err(NoteError::Count(if lines.is_empty() { 0 } else { count }));
        }
        let mut signatures: Vec<NoteSignature> = Vec::with_capacity(count);
        for (number, line) in lines.split('\n').enumerate() {
            let signature = NoteSignature::parse(line).ok_or(NoteError::Signature(number + 1))?;
            if signatures.iter().any(|other| (&other.name, other.id) == (&signature.name, signature.id)) {
                return Err(NoteError::Twice(number + 1));
            }
            signatures.push(signature);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// Whether this key signed the text in this name. Signatures of other keys are ignored, as the format asks.
    ///
    /// # Errors
    /// [`NoteSignatureError`].
    pub fn verify(&self, name: &str, key: &PublicKey) -> Result<(), NoteSignatureError> {
        let id = key_id(name, key);
        let signature = self.signatures.iter().find(|one| one.name == name && one.id == id).ok_or(NoteSignatureError::Missing)?;
        if key.verifies(self.text.as_bytes(), &signature.sig) { Ok(()) } else { Err(NoteSignatureError::Wrong) }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        for one in &self.signatures {
            writeln!(formatter, "{DASH}{} {}", one.name, base64::encode(&[&one.id, one.sig.as_slice()].concat()))?;
        }
        Ok(())
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = base64::decode(encoded)?;
        let (id, sig) = bytes.split_first_chunk::<4>()?;
        (is_name(name) && !sig.is_empty()).then(|| Self { name: name.to_owned(), id: *id, sig: sig.to_vec() })
    }
}

impl Checkpoint {
    /// Reads a note's text.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(CheckpointError::Lines) };
        if !is_name(origin) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self {
            origin: (*origin).to_owned(),
            size: decimal(size).ok_or(CheckpointError::Size)?,
            root: base64::decode(root).and_then(|bytes| bytes.try_into().ok()).ok_or(CheckpointError::Root)?,
        })
    }

    /// The checkpoint, signed in the log's name.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> Note {
        Note::sign(self.to_string(), &self.origin, key)
    }
}

/// The note's text.
impl std::fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}\n{}\n{}\n", self.origin, self.size, base64::encode(&self.root))
    }
}

/// A number in its one spelling.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests;
