//! Ids of findings.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization as _;

use crate::digest::{Running, base32_letters};

/// A finding's id as text: 80 bits as 16 letters and digits. Findings are ordered
/// by it; digits sort before letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingId([u8; 18]);

impl Ord for FindingId {
    /// As texts; all begin alike.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let letters = |id: &Self| id.0.last_chunk().map_or(0, |letters| u128::from_be_bytes(*letters));
        letters(self).cmp(&letters(other))
    }
}

impl PartialOrd for FindingId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl FindingId {
    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for FindingId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FindingId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.as_bytes().try_into().ok().filter(|_| is_id(&text));
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not a finding's id"))
    }
}

/// Whether a text has the form of a finding's id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.strip_prefix("F-").is_some_and(|id| id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')))
}

/// The constant beginning of all ids of one check.
#[derive(Debug, Clone)]
pub struct IdPrefix(Running);

/// A part of the message: its length (u32, big-endian) before it.
fn part(mut take: impl FnMut(&[u8]), bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("an identity value is a cell of a block, and blocks are shorter than 4 GiB");
    take(&length.to_be_bytes());
    take(bytes);
}

impl IdPrefix {
    /// `engagement` is the engagement's id, empty without one.
    #[must_use]
    pub fn new(engagement: &str, control: &str, check: &str) -> Self {
        let mut hash = Running::default();
        for text in ["rolecall-finding/1", engagement, control, check] {
            part(|bytes| hash.update(bytes), text.as_bytes());
        }
        Self(hash)
    }
}

impl FindingId {
    /// The id of the finding with these identity values: SHA-256 over the
    /// parts, each prefixed with its length (u32, big-endian); values in NFC,
    /// e-mail addresses in lower case, as exported otherwise.
    #[must_use]
    pub fn of(prefix: &IdPrefix, identity: &[impl AsRef<str>]) -> Self {
        let mut hash = prefix.0.clone();
        for value in identity {
            part(|bytes| hash.update(bytes), canonical(value.as_ref()).as_bytes());
        }
        Self::of_digest(&hash.finish())
    }

    /// The beginning of a digest, as text.
    fn of_digest(digest: &[u8; 32]) -> Self {
        let mut id = [0; 10];
        id.copy_from_slice(&digest[..10]);
        let mut text = *b"F-................";
        text[2..].copy_from_slice(&base32_letters(id));
        Self(text)
    }
}

/// An identity value in the form that is hashed.
#[must_use]
pub fn canonical(value: &str) -> Cow<'_, str> {
    // ASCII is composed already.
    let composed: Cow<'_, str> = if value.is_ascii() { value.into() } else { value.nfc().collect() };
    if is_email(&composed) { composed.to_lowercase().into() } else { composed }
}

/// One `@` with something on both sides, no blanks, and a dot in the domain or none of it: the form
/// in which directories write addresses and user principal names.
fn is_email(value: &str) -> bool {
    match value.split_once('@') {
        Some((local, domain)) => !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !value.contains(char::is_whitespace),
        None => false,
    }
}

/// Ids of findings that come one after the other: they are digested two by two.
#[derive(Debug)]
pub(crate) struct Ids<'p, T> {
    prefix: &'p IdPrefix,
    /// What the identities of two findings add to the prefix.
    messages: [Vec<u8>; 2],
    /// What the first of them is about, while it waits for the second.
    waiting: Option<T>,
}

impl<'p, T> Ids<'p, T> {
    pub(crate) const fn new(prefix: &'p IdPrefix) -> Self {
        Self { prefix, messages: [Vec::new(), Vec::new()], waiting: None }
    }

    /// Takes an identity; gives `take` the ids that are made of what waited and of this one, as [`FindingId::of`] does.
    pub(crate) fn add<'i>(&mut self, identity: impl Iterator<Item = &'i str>, about: T, mut take: impl FnMut(FindingId, T)) {
        let message = &mut self.messages[usize::from(self.waiting.is_some())];
        message.clear();
        identity.for_each(|value| part(|bytes| message.extend_from_slice(bytes), canonical(value).as_bytes()));
        let Some(waiting) = self.waiting.take() else {
            self.waiting = Some(about);
            return;
        };
        let [one, other] = &self.messages;
        let [one, other] = self.prefix.0.finish_both([one, other]);
        take(FindingId::of_digest(&one), waiting);
        take(FindingId::of_digest(&other), about);
    }

    /// Gives `take` the id that waits for another.
    pub(crate) fn finish(mut self, take: impl FnOnce(FindingId, T)) {
        if let Some(waiting) = self.waiting.take() {
            let [id, _] = self.prefix.0.finish_both([&self.messages[0], &[]]);
            take(FindingId::of_digest(&id), waiting);
        }
    }
}

impl<T> Drop for Ids<'_, T> {
    fn drop(&mut self) {
        debug_assert!(self.waiting.is_none() || std::thread::panicking(), "ids are finished, so that none is lost");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Worked out with Python: `base64.b32encode(sha256(parts).digest()`[:10]).`lower()`
    #[test]
    fn the_id_is_the_documented_digest() {
        let prefix = IdPrefix::new("meridian", "5.2-a-asset-owner", "owner-active");
        let id = FindingId::of(&prefix, &["AST-001"]).to_string();
        assert_eq!(id, "F-khsu6mns7bj7rgvz");
        assert_eq!(FindingId::of(&prefix, &["A@B.example"]), FindingId::of(&prefix, &["a@b.example"]));
        assert_ne!(FindingId::of(&prefix, &["AB", "C"]), FindingId::of(&prefix, &["A", "BC"]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ids_that_are_made_two_by_two_are_those_that_each_has(
            check in ".{0,90}", identities in prop::collection::vec(prop::collection::vec(prop_oneof!["[A-Za-z0-9]{0,12}", ".{0,40}", "[a-zA-Z]{1,9}@[A-Z]{1,9}", ".{100,400}"], 0..4), 0..9),
        ) {
            let prefix = IdPrefix::new("engagement", "control", &check);
            let (mut ids, mut told) = (Ids::new(&prefix), Vec::new());
            for (number, identity) in identities.iter().enumerate() {
                ids.add(identity.iter().map(String::as_str), number, |id, number| told.push((id, number)));
            }
            ids.finish(|id, number| told.push((id, number)));
            let each: Vec<_> = identities.iter().map(|identity| FindingId::of(&prefix, identity)).zip(0..).collect();
            prop_assert_eq!(told, each);
        }
    }
}
