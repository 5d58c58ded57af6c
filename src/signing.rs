//! Signatures, in formats that stock tools read. Everything here works on
//! bytes that somebody else reads and writes, the key file apart.
//!
//! One algorithm, pure Ed25519 (RFC 8032), verified strictly; it comes from the
//! reader's anchor, never from what is signed. What is signed are exact bytes:
//! nothing is brought into a canonical form, and what is parsed later is the
//! very bytes whose signature was verified. The domains cannot collide:
//! `DSSEv1 ` begins every envelope, `SSHSIG` every SSH signature, an origin
//! every checkpoint, `# rolecall-package/v1` every list of digests.

pub mod base64;
pub mod bundle;
pub mod dsse;
pub mod evidence_root;
pub mod key;
pub mod key_file;
pub mod merkle;
pub mod note;
pub mod passphrase;
mod pkcs8;
#[cfg(test)]
pub(crate) mod sample;
pub mod sshsig;
pub mod statement;
pub mod strict_json;
pub mod sums;
pub mod trailer;
