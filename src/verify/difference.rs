//! The first place where two JSON texts differ, in the order in which the first is written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::text::{shorten, visible};

/// A JSON value whose members keep their order.
#[derive(Debug, Clone, PartialEq)]
enum Ordered {
    Object(Vec<(String, Ordered)>),
    List(Vec<Ordered>),
    /// Anything else, as JSON writes it.
    Scalar(String),
}

/// Where two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// The path, id or code of the innermost entry around it that has one: numbers in a pointer say little.
    pub within: Option<String>,
    /// What the first has there; `None`: nothing.
    pub one: Option<String>,
    /// What the second has there.
    pub other: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value =
            |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), |value| format!("`{}`", shorten(&visible(value), 100)));
        write!(formatter, "{}", visible(&self.pointer))?;
        if let Some(within) = &self.within {
            write!(formatter, " (of `{}`)", shorten(&visible(within), 100))?;
        }
        write!(formatter, ": {} in the package, {} now", value(&self.one), value(&self.other))
    }
}

/// The first difference; `None` where the values are the same, however spelled, or either is no JSON.
#[must_use]
pub fn first(one: &[u8], other: &[u8]) -> Option<Difference> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Ordered>(bytes).ok();
    let mut found = Difference { pointer: String::new(), within: None, one: None, other: None };
    differs(&read(one)?, &read(other)?, &mut found).then_some(found)
}

/// Goes down to the first difference, and leaves its place in `found`.
fn differs(one: &Ordered, other: &Ordered, found: &mut Difference) -> bool {
    match (one, other) {
        (Ordered::Object(members), Ordered::Object(others)) => {
            let outer = found.within.clone();
            found.within = name(members).or(outer.clone());
            for (key, value) in members {
                if step(key, Some(value), others.iter().find(|(other, _)| other == key).map(|(_, value)| value), found) {
                    return true;
                }
            }
            for (key, value) in others.iter().filter(|(key, _)| !members.iter().any(|(own, _)| own == key)) {
                if step(key, None, Some(value), found) {
                    return true;
                }
            }
            found.within = outer;
            false
        }
        (Ordered::List(items), Ordered::List(others)) => {
            (0..items.len().max(others.len())).any(|at| step(&at.to_string(), items.get(at), others.get(at), found))
        }
        _ if one == other => false,
        _ => {
            (found.one, found.other) = (Some(one.shown()), Some(other.shown()));
            true
        }
    }
}

fn step(key: &str, one: Option<&Ordered>, other: Option<&Ordered>, found: &mut Difference) -> bool {
    let length = found.pointer.len();
    found.pointer.push('/');
    found.pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    let differs = match (one, other) {
        (Some(one), Some(other)) => differs(one, other, found),
        (None, None) => false,
        (one, other) => {
            (found.one, found.other) = (one.map(Ordered::shown), other.map(Ordered::shown));
            true
        }
    };
    if !differs {
        found.pointer.truncate(length);
    }
    differs
}

/// By what people know an entry.
fn name(members: &[(String, Ordered)]) -> Option<String> {
    ["path", "id", "code"].iter().find_map(|wanted| match members.iter().find(|(key, _)| key == wanted) {
        Some((_, Ordered::Scalar(text))) => serde_json::from_str(text).ok(),
        _ => None,
    })
}

impl Ordered {
    fn shown(&self) -> String {
        match self {
            Self::Object(_) => "{...}".to_owned(),
            Self::List(_) => "[...]".to_owned(),
            Self::Scalar(text) => text.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Ordered;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Scalar(serde_json::Value::from(value).to_string()))
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Scalar("null".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Ordered::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_difference_is_the_first_that_a_reader_would_meet() {
        for (one, other, pointer, within) in [
            (r#"{"b":1,"a":2}"#, r#"{"b":2,"a":3}"#, "/b", None),
            (r#"{"b":1,"a":2}"#, r#"{"a":3,"b":1}"#, "/a", None),
            (r#"{"l":[{"path":"x","n":1},{"path":"y","n":1}]}"#, r#"{"l":[{"path":"x","n":1},{"path":"y","n":2}]}"#, "/l/1/n", Some("y")),
            (r#"{"l":[1]}"#, r#"{"l":[1,2]}"#, "/l/1", None),
            (r#"{"l":[1,2]}"#, r#"{"l":[1]}"#, "/l/1", None),
            (r#"{"a":{"x/y~z":1}}"#, r#"{"a":{}}"#, "/a/x~1y~0z", None),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#, "/b", None),
            (r#"{"id":"i","a":{"c":[]}}"#, r#"{"id":"i","a":{"c":{}}}"#, "/a/c", Some("i")),
            ("1", "2", "", None),
        ] {
            let found = first(one.as_bytes(), other.as_bytes()).unwrap();
            assert_eq!((found.pointer.as_str(), found.within.as_deref()), (pointer, within), "{one} {other}");
        }
        assert_eq!(first(b"{\"a\":1, \"b\":2}", b"{\"b\":2,\"a\":1}"), None);
    }
}
