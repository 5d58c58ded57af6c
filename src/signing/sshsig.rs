//! SSH signatures of files (OpenSSH's PROTOCOL.sshsig): what `ssh-keygen -Y verify` reads.
//!
//! One profile is written and read: Ed25519, SHA-512, the namespace
//! [`NAMESPACE`], armoured in lines of 70 characters as `ssh-keygen` writes them.

use sha2::{Digest as _, Sha512};

use super::base64;
use super::key::{KeyError, PublicKey, SecretKey};

/// The namespace of packages: a signature of another one is none of a package.
pub const NAMESPACE: &str = "rolecall-package";
const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;
const HASH: &[u8] = b"sha512";
const KEY_TYPE: &[u8] = b"ssh-ed25519";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const WIDTH: usize = 70;

/// A signature that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshSignatureError {
    /// Not the armour that `ssh-keygen` writes.
    #[error("this is no SSH signature as `ssh-keygen` writes it")]
    Armour,
    /// The structure in the armour.
    #[error("the SSH signature is damaged")]
    Structure,
    /// Another version of the format.
    #[error("the SSH signature has version {0}, this program reads {VERSION}")]
    Version(u32),
    /// Made for another purpose.
    #[error("the SSH signature is of the namespace `{}`, not `{NAMESPACE}`", crate::text::visible(.0))]
    Namespace(String),
    /// Another algorithm, of the key or of the digest.
    #[error("the SSH signature uses `{}`, this program reads ssh-ed25519 with sha512", crate::text::visible(.0))]
    Algorithm(String),
    /// The key in it.
    #[error("the SSH signature's key: {0}")]
    Key(#[from] KeyError),
}

/// A signature with the key that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    /// The key that the file names: trust never comes from here.
    pub key: PublicKey,
    /// The 64 bytes.
    sig: [u8; 64],
}

impl SshSignature {
    /// Signs a message.
    #[must_use]
    pub fn sign(message: &[u8], key: &SecretKey) -> Self {
        Self { key: key.public(), sig: key.sign(&signed(message)) }
    }

    /// Whether this is the signature of the message under the reader's own key, and names that key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], key: &PublicKey) -> bool {
        self.key == *key && key.verifies(&signed(message), &self.sig)
    }

    /// The armoured text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut blob = [MAGIC.as_slice(), &VERSION.to_be_bytes()].concat();
        string(&mut blob, &self.key.ssh_blob());
        string(&mut blob, NAMESPACE.as_bytes());
        string(&mut blob, b"");
        string(&mut blob, HASH);
        let mut sig = Vec::new();
        string(&mut sig, KEY_TYPE);
        string(&mut sig, &self.sig);
        string(&mut blob, &sig);
        let mut text = format!("{BEGIN}\n");
        for (at, letter) in base64::encode(&blob).chars().enumerate() {
            if at > 0 && at % WIDTH == 0 {
                text.push('\n');
            }
            text.push(letter);
        }
        text.push_str(&format!("\n{END}\n"));
        text
    }

    /// Reads an armoured signature.
    ///
    /// # Errors
    /// [`SshSignatureError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SshSignatureError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SshSignatureError::Armour)?;
        let lines: Vec<&str> = text.split('\n').collect();
        let [BEGIN, body @ .., END, ""] = lines.as_slice() else { return Err(SshSignatureError::Armour) };
        let blob = base64::decode(&body.concat()).ok_or(SshSignatureError::Armour)?;
        let signature = Self::from_blob(&blob)?;
        // One spelling: what the reader of lines let pass, such as lines of another width, ends here.
        if signature.to_text() == text { Ok(signature) } else { Err(SshSignatureError::Armour) }
    }

    fn from_blob(blob: &[u8]) -> Result<Self, SshSignatureError> {
        let mut rest = blob.strip_prefix(MAGIC).ok_or(SshSignatureError::Structure)?;
        let version = number(&mut rest)?;
        if version != VERSION {
            return Err(SshSignatureError::Version(version));
        }
        let key = typed(take(&mut rest)?)?;
        let namespace = take(&mut rest)?;
        if namespace != NAMESPACE.as_bytes() {
            return Err(SshSignatureError::Namespace(String::from_utf8_lossy(namespace).into_owned()));
        }
        // Reserved: what stands there is ignored by the format, and so must be nothing.
        if !take(&mut rest)?.is_empty() {
            return Err(SshSignatureError::Structure);
        }
        let hash = take(&mut rest)?;
        if hash != HASH {
            return Err(SshSignatureError::Algorithm(String::from_utf8_lossy(hash).into_owned()));
        }
        let sig = typed(take(&mut rest)?)?;
        if !rest.is_empty() {
            return Err(SshSignatureError::Structure);
        }
        Ok(Self { key: PublicKey::from_bytes(&key)?, sig })
    }
}

/// The bytes that are signed: PROTOCOL.sshsig, "Signed Data".
fn signed(message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    string(&mut bytes, NAMESPACE.as_bytes());
    string(&mut bytes, b"");
    string(&mut bytes, HASH);
    string(&mut bytes, &Sha512::digest(message));
    bytes
}

/// A string of SSH (RFC 4251, section 5): its length, then its bytes.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    // All strings here are shorter than a kilobyte.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(bytes);
}

fn number(rest: &mut &[u8]) -> Result<u32, SshSignatureError> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or(SshSignatureError::Structure)?;
    *rest = tail;
    Ok(u32::from_be_bytes(*head))
}

fn take<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], SshSignatureError> {
    let length = number(rest)? as usize;
    let (head, tail) = rest.split_at_checked(length).ok_or(SshSignatureError::Structure)?;
    *rest = tail;
    Ok(head)
}

/// The algorithm's name and then one string of so many bytes: a key or a signature.
fn typed<const N: usize>(mut blob: &[u8]) -> Result<[u8; N], SshSignatureError> {
    let algorithm = take(&mut blob)?;
    if algorithm != KEY_TYPE {
        return Err(SshSignatureError::Algorithm(String::from_utf8_lossy(algorithm).into_owned()));
    }
    let bytes = take(&mut blob)?.try_into().map_err(|_| SshSignatureError::Structure)?;
    if blob.is_empty() { Ok(bytes) } else { Err(SshSignatureError::Structure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_as_it_was_written_and_fits_its_message_and_key_alone() {
        let key = SecretKey::from_seed(&[3; 32]);
        let signature = SshSignature::sign(b"message", &key);
        let text = signature.to_text();
        let read = SshSignature::parse(text.as_bytes()).unwrap();
        assert_eq!(read, signature);
        assert!(read.verifies(b"message", &key.public()));
        assert!(!read.verifies(b"messagf", &key.public()));
        assert!(!read.verifies(b"message", &SecretKey::from_seed(&[4; 32]).public()));
    }

    #[test]
    fn other_spellings_and_damaged_structures_are_refused() {
        let text = SshSignature::sign(b"message", &SecretKey::from_seed(&[3; 32])).to_text();
        let body = text.strip_prefix(BEGIN).unwrap().strip_suffix(&format!("{END}\n")).unwrap();
        let one_line = body.replace('\n', "");
        for changed in [
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("\n{text}"),
            format!("{BEGIN}\n{one_line}\n{END}\n"),
            text.replace(BEGIN, "-----BEGIN SSH SIGNATURE----"),
        ] {
            assert_eq!(SshSignature::parse(changed.as_bytes()), Err(SshSignatureError::Armour), "{changed}");
        }
        let blob = base64::decode(&one_line).unwrap();
        for end in 0..blob.len() {
            assert!(SshSignature::from_blob(&blob[..end]).is_err(), "{end}");
        }
        assert!(SshSignature::from_blob(&[&blob, b"\0".as_slice()].concat()).is_err());
    }
}
