//! UUIDs that are made of names (RFC 9562, section 5.5): the same name, the same UUID.

use sha1::{Digest, Sha1};

/// A UUID of version 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The namespace of URLs (RFC 9562, section 6.6).
    pub const URL: Self = Self([0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8]);

    /// The namespace of all UUIDs that this program makes.
    #[must_use]
    pub fn own() -> Self {
        Self::URL.name(super::NS)
    }

    /// The UUID of a name in this namespace.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        let mut hash = Sha1::new();
        hash.update(self.0);
        hash.update(name.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.iter()).for_each(|(byte, hashed)| *byte = *hashed);
        bytes[6] = bytes[6] & 0x0f | 0x50;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl std::fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
            write!(formatter, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Uuid;

    #[test]
    fn the_example_of_the_standard_comes_out() {
        // RFC 9562, appendix A.4: namespace DNS, name www.example.com.
        let dns = Uuid([0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8]);
        assert_eq!(dns.name("www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_ne!(Uuid::own().name("a"), Uuid::own().name("b"));
    }
}
