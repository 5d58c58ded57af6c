//! Sigstore bundle, version 0.3: a DSSE envelope and the name of the key.
//!
//! Of its many shapes one is written and read: a key that the reader has from
//! elsewhere (`publicKey`), exactly one signature (the in-toto attestation
//! bundle demands it; a co-signer adds a bundle), no log entry, no time stamp.

use serde::{Deserialize, Serialize};

use super::dsse::{Envelope, EnvelopeError, RawEnvelope};
use super::strict_json::{self, StrictJsonError};

/// What a bundle of this version calls itself.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A bundle that is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not the JSON of a bundle, or one with members that this version does not verify.
    #[error("this is no Sigstore bundle of a DSSE envelope and a public key: {0}")]
    Json(#[from] StrictJsonError),
    /// Another version of the format.
    #[error("the bundle's media type is `{}`, this program reads `{MEDIA_TYPE}`", crate::text::visible(.0))]
    MediaType(String),
    /// The envelope in it is refused.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Not exactly one signature.
    #[error("a bundle has exactly one signature, this one has {0}")]
    Signatures(usize),
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Which key: its fingerprint. A hint that nobody signed; no decision rests on it.
    pub hint: String,
    /// The envelope, with one signature; nothing is verified yet.
    pub envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawBundle {
    media_type: String,
    verification_material: RawMaterial,
    dsse_envelope: RawEnvelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawMaterial {
    public_key: RawKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    hint: String,
}

impl Bundle {
    /// The bundle of an envelope with one signature.
    #[must_use]
    pub fn of(envelope: Envelope) -> Self {
        let hint = envelope.signatures.first().map(|signature| signature.keyid.clone()).unwrap_or_default();
        Self { hint, envelope }
    }

    /// JSON on one line, with a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let raw = RawBundle {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: RawMaterial { public_key: RawKey { hint: self.hint.clone() } },
            dsse_envelope: self.envelope.to_raw(),
        };
        // Texts alone: writing them to memory cannot fail.
        serde_json::to_string(&raw).unwrap_or_default() + "\n"
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let raw: RawBundle = strict_json::read(bytes)?;
        if raw.media_type != MEDIA_TYPE {
            return Err(BundleError::MediaType(raw.media_type));
        }
        let envelope = Envelope::from_raw(raw.dsse_envelope)?;
        match envelope.signatures.len() {
            1 => Ok(Self { hint: raw.verification_material.public_key.hint, envelope }),
            others => Err(BundleError::Signatures(others)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::dsse::IN_TOTO;
    use crate::signing::key::SecretKey;

    #[test]
    fn a_bundle_is_read_as_it_was_written_and_in_no_other_shape() {
        let key = SecretKey::from_seed(&[1; 32]);
        let bundle = Bundle::of(Envelope::sign(IN_TOTO, b"{}".to_vec(), &key));
        let text = bundle.to_json();
        assert_eq!(Bundle::parse(text.as_bytes()).unwrap(), bundle);
        assert_eq!(bundle.hint, key.public().fingerprint());
        let signature = text.split_once("\"signatures\":[").unwrap().1.split_once(']').unwrap().0;
        for (was, is) in [
            ("v0.3", "v0.2"),
            ("\"hint\"", "\"Hint\""),
            ("{\"publicKey\"", "{\"tlogEntries\":[],\"publicKey\""),
            ("dsseEnvelope", "messageSignature"),
            (signature, ""),
            (signature, &format!("{signature},{signature}")),
            ("\"e30=\"", "\"e30\""),
            ("{\"mediaType\"", "{\"mediaType\":\"x\",\"mediaType\""),
        ] {
            let changed = text.replace(was, is);
            assert_ne!(changed, text);
            assert!(Bundle::parse(changed.as_bytes()).is_err(), "{changed}");
        }
    }
}
