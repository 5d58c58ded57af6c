//! SHA-256: of what comes in pieces, and as text: lower-case hexadecimal, and
//! the 16 characters of ids.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

#[cfg(target_arch = "x86_64")]
mod lanes;
mod running;

pub use running::Running;

/// SHA-256 of these bytes, lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// 80 bits as 16 characters of lower-case base32 (RFC 4648, section 6).
#[must_use]
pub fn base32(bytes: [u8; 10]) -> String {
    String::from_utf8_lossy(&base32_letters(bytes)).into_owned()
}

/// As [`base32`], without an allocation.
#[must_use]
pub fn base32_letters(bytes: [u8; 10]) -> [u8; 16] {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = [0; 16];
    for (letters, chunk) in text.chunks_exact_mut(8).zip(bytes.chunks_exact(5)) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (group, letter) in (0..8).rev().zip(letters) {
            *letter = LETTERS[(bits >> (group * 5) & 31) as usize];
        }
    }
    text
}

/// Whether this is SHA-256 as this program writes it: 64 digits, lower case.
#[must_use]
pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
