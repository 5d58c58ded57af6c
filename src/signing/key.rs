//! Ed25519 keys, and the forms in which other tools know a public one.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::base64;
use crate::digest::{hex, sha256_hex};

/// A key that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the PEM of a `SubjectPublicKeyInfo` with an Ed25519 key (RFC 8410).
    #[error("this is no Ed25519 public key in PEM (`-----BEGIN PUBLIC KEY-----`)")]
    Pem,
    /// No point of the curve, or a second spelling of one.
    #[error("the public key is no point of the curve in its canonical form")]
    Point,
    /// A point under which one signature fits every message.
    #[error("the public key has a small order: under it a signature fits any message")]
    Weak,
}

/// The DER of a `SubjectPublicKeyInfo` up to the key itself (RFC 8410, section 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A public key that can be relied on: a canonical point of large order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// # Errors
    /// [`KeyError::Point`], [`KeyError::Weak`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        // Decoding takes a y beyond the field's prime, and a sign for x = 0.
        if key.to_edwards().compress().as_bytes() == bytes { Ok(Self(key)) } else { Err(KeyError::Point) }
    }

    /// From PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let [BEGIN, body @ .., END] = lines.as_slice() else { return Err(KeyError::Pem) };
        let der = base64::decode(&body.concat()).ok_or(KeyError::Pem)?;
        let key = der.strip_prefix(&SPKI).ok_or(KeyError::Pem)?;
        Self::from_bytes(key.try_into().map_err(|_| KeyError::Pem)?)
    }

    /// The 32 bytes (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// DER of the `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        [&SPKI[..], self.0.as_bytes()].concat()
    }

    /// PEM of the `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{BEGIN}\n{}\n{END}\n", base64::encode(&self.spki()))
    }

    /// SHA-256 of [`Self::spki`], lower-case hexadecimal: what people compare, and the `keyid` of envelopes.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.spki())
    }

    /// The key as SSH writes it on the wire (RFC 8709, section 4).
    #[must_use]
    pub fn ssh_blob(&self) -> Vec<u8> {
        [b"\0\0\0\x0bssh-ed25519\0\0\0 ".as_slice(), self.0.as_bytes()].concat()
    }

    /// `ssh-ed25519 AAAA...`, without a comment.
    #[must_use]
    pub fn ssh_line(&self) -> String {
        format!("ssh-ed25519 {}", base64::encode(&self.ssh_blob()))
    }

    /// `SHA256:...`, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn ssh_fingerprint(&self) -> String {
        format!("SHA256:{}", base64::encode(&Sha256::digest(self.ssh_blob())).trim_end_matches('='))
    }

    /// Whether these 64 bytes are this key's signature of the message. Strict:
    /// a scalar out of range and points of small order are no signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

/// A key that signs. Its bytes are wiped when it goes, and nothing prints them. They
/// lie in one place of the heap: a value on the stack leaves a copy wherever it is moved.
pub struct SecretKey(Box<SigningKey>);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("SecretKey").field(&hex(&self.public().to_bytes())).finish()
    }
}

impl SecretKey {
    /// A new key, from the system's random numbers.
    ///
    /// # Errors
    /// The system gives none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice())?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = Self(boxed(seed));
        wipe_stack();
        key
    }

    /// The seed, for the key file alone.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.as_bytes().to_vec())
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature = signed(&self.0, message);
        wipe_stack();
        signature
    }
}

// Out of line, so that their frames lie where `wipe_stack` writes.

#[inline(never)]
fn boxed(seed: &[u8; 32]) -> Box<SigningKey> {
    Box::new(SigningKey::from_bytes(seed))
}

#[inline(never)]
fn signed(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    key.sign(message).to_bytes()
}

/// Writes over the stack below: libraries leave derived keys and scalars where
/// their frames were.
#[inline(never)]
pub(super) fn wipe_stack() {
    let mut frames = [0xa5_u8; 64 << 10];
    frames.zeroize();
    std::hint::black_box(&frames);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_fit_everything_or_have_a_second_spelling_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::Weak));
        // y = p + 3, which decodes to y = 3.
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xf0, 0x7f);
        assert!(PublicKey::from_bytes(&beyond).is_err());
        assert!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").is_err());
    }

    #[test]
    fn a_key_survives_its_pem() {
        let key = SecretKey::from_seed(&[7; 32]).public();
        assert_eq!(PublicKey::from_pem(&key.pem()), Ok(key));
        assert_eq!(PublicKey::from_pem(&key.pem().replace('\n', "\r\n")), Ok(key));
    }
}
