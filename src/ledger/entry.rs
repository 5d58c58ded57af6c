//! A line of the ledger, and the chain that lines form.
//!
//! A line is the JSON of a DSSE envelope, written exactly as [`Envelope::to_json`]
//! writes it: one spelling, so that nobody can alter a line that still verifies.
//! Its leaf is SHA-256(0x00, the line without its line feed).

use super::event::{Actor, EVENT, Event};
use crate::calendar::Moment;
use crate::digest::hex;
use crate::signing::dsse::{Envelope, EnvelopeError};
use crate::signing::key::{KeyError, PublicKey};
use crate::signing::key_file::KeyFile;
use crate::signing::merkle::{self, Hash};
use crate::signing::strict_json::{self, StrictJsonError};

/// A line that is refused, by itself or where it stands.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// No envelope.
    #[error("{0}")]
    Envelope(#[from] EnvelopeError),
    /// An envelope about something else.
    #[error("the envelope holds no event of a ledger")]
    Type,
    /// A second spelling of a line.
    #[error("the line is not written as rolecall writes it: more or other members, blanks, or another key id")]
    Form,
    /// A payload that is no event.
    #[error("its payload is no event: {0}")]
    Event(#[from] StrictJsonError),
    /// No key that can sign.
    #[error("its actor's key is not 64 lower-case hexadecimal digits of a key")]
    KeyForm,
    /// A key that is refused.
    #[error("its actor's key is refused: {0}")]
    Key(#[from] KeyError),
    /// Signed by somebody else, or altered.
    #[error("the signature is not the actor's: the line was altered, or somebody else signed it")]
    Signature,
    /// No time.
    #[error("its time is not YYYY-MM-DDTHH:MM:SSZ")]
    Time,
    /// A line of another ledger.
    #[error("it is a line of another ledger, `{0}`")]
    Ledger(String),
    /// Lines are missing, doubled or in another order.
    #[error("its number is {found}, and {expected} is next: lines were taken out, put in or moved")]
    Sequence {
        /// What it says.
        found: u64,
        /// What it must be.
        expected: u64,
    },
    /// It was written after other lines than these.
    #[error("it follows another line than the one before it")]
    Previous,
    /// Earlier than the line before.
    #[error("its time {found} is before that of the line before, {earlier}")]
    Backwards {
        /// What it says.
        found: String,
        /// What the line before says.
        earlier: String,
    },
}

impl EntryError {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Envelope(_) => "line-envelope",
            Self::Type => "line-type",
            Self::Form => "line-form",
            Self::Event(_) => "line-event",
            Self::KeyForm | Self::Key(_) => "line-key",
            Self::Signature => "line-signature",
            Self::Time => "line-time",
            Self::Ledger(_) => "line-other-ledger",
            Self::Sequence { .. } => "line-sequence",
            Self::Previous => "line-previous",
            Self::Backwards { .. } => "line-backwards",
        }
    }
}

/// A line whose signature is its actor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it says.
    pub event: Event,
    /// The actor's key.
    pub key: PublicKey,
    /// Its leaf.
    pub leaf: Hash,
}

impl Entry {
    /// Reads a line, without its line feed, and verifies its signature.
    ///
    /// # Errors
    /// [`EntryError`], but for what concerns its place.
    pub fn parse(line: &[u8]) -> Result<Self, EntryError> {
        let envelope = Envelope::parse(line)?;
        if envelope.payload_type != EVENT {
            return Err(EntryError::Type);
        }
        let event: Event = strict_json::read(&envelope.payload)?;
        let key = public_key(&event.actor.key)?;
        if !envelope.verifies(&key) {
            return Err(EntryError::Signature);
        }
        let [signature] = envelope.signatures.as_slice() else { return Err(EntryError::Form) };
        if signature.keyid != key.fingerprint() || envelope.to_json().as_bytes() != line {
            return Err(EntryError::Form);
        }
        if event.time.len() != 20 || Moment::parse(event.time.as_bytes()).is_none() {
            return Err(EntryError::Time);
        }
        Ok(Self { event, key, leaf: merkle::leaf(line) })
    }

    /// The line of an event, without its line feed.
    ///
    /// # Errors
    /// The event cannot be written as JSON.
    pub fn seal(event: &Event, by: &KeyFile) -> Result<String, StrictJsonError> {
        let payload = serde_json::to_vec(event)?;
        Ok(Envelope::sign(EVENT, payload, &by.key).to_json())
    }
}

/// Who acts with this key.
#[must_use]
pub fn actor(by: &KeyFile) -> Actor {
    let key = by.key.public();
    Actor { owner: by.owner.clone().unwrap_or_else(|| key.fingerprint()), role: by.role.clone(), key: hex(&key.to_bytes()) }
}

/// A key of 64 lower-case hexadecimal digits.
pub(super) fn public_key(text: &str) -> Result<PublicKey, EntryError> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(EntryError::KeyForm);
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).map_err(|_| EntryError::KeyForm)?;
    }
    Ok(PublicKey::from_bytes(&bytes)?)
}

/// Where the next line goes: what it must say of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The ledger's origin.
    pub origin: String,
    /// The next line's number.
    pub seq: u64,
    /// The leaf of the line before, in hexadecimal.
    pub prev: Option<String>,
    /// The time of the line before.
    pub time: Option<String>,
}

impl Chain {
    /// The beginning of a ledger.
    #[must_use]
    pub fn new(origin: String) -> Self {
        Self { origin, seq: 0, prev: None, time: None }
    }

    /// Takes a line if it is the next one.
    ///
    /// # Errors
    /// [`EntryError`] about its place.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), EntryError> {
        let event = &entry.event;
        if event.ledger != self.origin {
            return Err(EntryError::Ledger(event.ledger.clone()));
        }
        if event.seq != self.seq {
            return Err(EntryError::Sequence { found: event.seq, expected: self.seq });
        }
        if event.prev != self.prev {
            return Err(EntryError::Previous);
        }
        // Of one length and form, so they compare as texts.
        if let Some(earlier) = self.time.as_ref().filter(|earlier| event.time < **earlier) {
            return Err(EntryError::Backwards { found: event.time.clone(), earlier: earlier.clone() });
        }
        self.seq += 1;
        self.prev = Some(hex(&entry.leaf));
        self.time = Some(event.time.clone());
        Ok(())
    }
}
