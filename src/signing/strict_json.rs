//! JSON that every reader understands in the same way.
//!
//! Where a member stands twice, readers differ in which one they take (RFC
//! 8259, section 4), so a signed text could say one thing to us and another to
//! the next tool. Such a text is refused at any depth, however its names are
//! spelled, as are bytes that are no UTF-8, a byte order mark and anything after the value.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// JSON that is refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StrictJsonError(#[from] serde_json::Error);

impl StrictJsonError {
    /// Whether a member stands twice: what looks like damage may be meant.
    #[must_use]
    pub fn is_twice(&self) -> bool {
        self.0.is_data() && self.0.to_string().contains(TWICE)
    }
}

const TWICE: &str = "` stands twice";

/// Reads a value.
///
/// # Errors
/// It is no JSON, not the expected shape, or a member stands twice; with line and column.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StrictJsonError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Once.deserialize(&mut reader)?;
    reader.end()?;
    Ok(serde_json::from_slice(bytes)?)
}

/// Goes through a value and keeps nothing but the names of the objects it is in.
#[derive(Debug, Clone, Copy)]
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value_seed(Self)?;
            if let Some(again) = seen.replace(name) {
                return Err(A::Error::custom(format_args!("the member `{}{TWICE}", crate::text::visible(&again))));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_readers_could_understand_differently_is_refused() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let refused: [&[u8]; 12] = [
            br#"{"a":1,"a":1}"#,
            br#"{"a":1,"\u0061":1}"#,
            br#"[{"b":{"a":1,"c":[],"a":2}}]"#,
            b"\xEF\xBB\xBF{}",
            b"{\"a\":\"\xFF\"}",
            b"{} {}",
            b"{}\0",
            b"",
            b"{\"a\":1e400}",
            b"\"\\ud800\"",
            b"{'a':1}",
            deep.as_bytes(),
        ];
        for bytes in refused {
            assert!(read::<Value>(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(read::<Value>(br#" {"a":{"a":[1,{"a":null}]}} "#).unwrap()["a"]["a"][0], 1);
    }
}
