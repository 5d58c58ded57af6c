//! Base64 in its one canonical spelling (RFC 4648, section 4): padded, no
//! blanks, no bits left over. Two spellings of one signature would be two
//! different files that both verify.

use base64ct::{Base64, Encoding as _};

/// The text.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The bytes; `None` for every other spelling.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_standard() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(encode(text.as_bytes()), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text.as_bytes()));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for spelling in ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm\r\n9v", "_-8=", "Zm9v=", "Zg==Zg==", "Zg= ="] {
            assert_eq!(decode(spelling), None, "{spelling:?}");
        }
    }
}
