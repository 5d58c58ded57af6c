//! Dead Simple Signing Envelope, version 1.0.2: a payload, its type, and
//! signatures over both.

use serde::{Deserialize, Serialize};

use super::base64;
use super::key::{PublicKey, SecretKey};
use super::strict_json::{self, StrictJsonError};

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The most signatures that an envelope may have.
const MOST_SIGNATURES: usize = 16;

/// An envelope that is refused.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not the JSON of an envelope.
    #[error("this is no DSSE envelope: {0}")]
    Json(#[from] StrictJsonError),
    /// A member that is not canonical base64.
    #[error("`{0}` is not base64 in its canonical form")]
    Base64(&'static str),
    /// No signature, or a great many.
    #[error("an envelope has 1 to {MOST_SIGNATURES} signatures, this one has {0}")]
    Signatures(usize),
}

/// A signed payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The exact bytes that are signed.
    pub payload: Vec<u8>,
    /// What they are.
    pub payload_type: String,
    /// By whom; nothing here is verified yet.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// A hint that nobody signed: the signer's [`PublicKey::fingerprint`]. No decision rests on it.
    pub keyid: String,
    /// The signature.
    pub sig: Vec<u8>,
}

/// An envelope as JSON has it, also within a bundle.
#[derive(Serialize, Deserialize)]
pub(super) struct RawEnvelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Serialize, Deserialize)]
struct RawSignature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// The bytes that are signed: pre-authentication encoding, DSSE protocol section 2.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// Signs a payload.
    #[must_use]
    pub fn sign(payload_type: &str, payload: Vec<u8>, key: &SecretKey) -> Self {
        let sig = key.sign(&pae(payload_type, &payload)).to_vec();
        Self { payload, payload_type: payload_type.to_owned(), signatures: vec![EnvelopeSignature { keyid: key.public().fingerprint(), sig }] }
    }

    /// Whether the payload, as this type, carries a signature of this key.
    #[must_use]
    pub fn verifies(&self, key: &PublicKey) -> bool {
        let signed = pae(&self.payload_type, &self.payload);
        self.signatures.iter().any(|signature| key.verifies(&signed, &signature.sig))
    }

    /// JSON on one line, without a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts alone: writing them to memory cannot fail.
        serde_json::to_string(&self.to_raw()).unwrap_or_default()
    }

    pub(super) fn to_raw(&self) -> RawEnvelope {
        let signatures = self.signatures.iter().map(|one| RawSignature { keyid: one.keyid.clone(), sig: base64::encode(&one.sig) }).collect();
        RawEnvelope { payload: base64::encode(&self.payload), payload_type: self.payload_type.clone(), signatures }
    }

    /// Reads an envelope. Members that the format does not know are ignored, as it asks.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Self::from_raw(strict_json::read(bytes)?)
    }

    pub(super) fn from_raw(raw: RawEnvelope) -> Result<Self, EnvelopeError> {
        if raw.signatures.is_empty() || raw.signatures.len() > MOST_SIGNATURES {
            return Err(EnvelopeError::Signatures(raw.signatures.len()));
        }
        let signature = |raw: RawSignature| {
            let sig = base64::decode(&raw.sig).ok_or(EnvelopeError::Base64("sig"))?;
            Ok(EnvelopeSignature { keyid: raw.keyid, sig })
        };
        Ok(Self {
            payload: base64::decode(&raw.payload).ok_or(EnvelopeError::Base64("payload"))?,
            payload_type: raw.payload_type,
            signatures: raw.signatures.into_iter().map(signature).collect::<Result<_, EnvelopeError>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the protocol's text.
    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn an_envelope_verifies_under_its_key_and_type_alone() {
        let key = SecretKey::from_seed(&[1; 32]);
        let envelope = Envelope::sign(IN_TOTO, b"{}".to_vec(), &key);
        let mut read = Envelope::parse(envelope.to_json().as_bytes()).unwrap();
        assert_eq!(read, envelope);
        assert!(read.verifies(&key.public()));
        assert!(!read.verifies(&SecretKey::from_seed(&[2; 32]).public()));
        read.payload_type.push('x');
        assert!(!read.verifies(&key.public()));
    }
}
