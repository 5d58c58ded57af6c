//! Findings while they are being found: ids, places, and the capped list.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization as _;

use crate::digest::{Running, base32_letters};

/// Where a record stands. The derived order is the order of citations: table
/// (by path), block, record. The block's number depends on the block size,
/// the order does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The table's ordinal in the scan.
    pub table: u32,
    /// The block's ordinal in the file.
    pub block: u32,
    /// The record's ordinal in the block.
    pub record: u32,
}

/// The citations that a finding may have.
pub const MAX_CITATIONS: usize = 5;

/// The lowest few of many positions, without an allocation: there is one for every group and pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    lowest: [Position; MAX_CITATIONS],
    count: u8,
}

const NOWHERE: Position = Position { table: u32::MAX, block: u32::MAX, record: u32::MAX };

impl Default for Places {
    fn default() -> Self {
        Self { lowest: [NOWHERE; MAX_CITATIONS], count: 0 }
    }
}

impl Places {
    /// One place.
    #[must_use]
    pub fn one(position: Position) -> Self {
        let mut places = Self::default();
        places.add(position);
        places
    }

    /// Adds a place, keeping the lowest.
    pub fn add(&mut self, position: Position) {
        let count = usize::from(self.count);
        if count == MAX_CITATIONS && self.lowest[MAX_CITATIONS - 1] <= position {
            return;
        }
        if let Err(at) = self.lowest[..count].binary_search(&position) {
            let end = (count + 1).min(MAX_CITATIONS);
            self.lowest.copy_within(at..end - 1, at + 1);
            self.lowest[at] = position;
            self.count = u8::try_from(end).expect("there are at most MAX_CITATIONS places");
        }
    }

    /// Takes in other places.
    pub fn merge(&mut self, other: &Self) {
        other.as_slice().iter().for_each(|position| self.add(*position));
    }

    /// The places, lowest first.
    #[must_use]
    pub fn as_slice(&self) -> &[Position] {
        &self.lowest[..usize::from(self.count)]
    }
}

impl FromIterator<Position> for Places {
    fn from_iter<I: IntoIterator<Item = Position>>(positions: I) -> Self {
        let mut places = Self::default();
        positions.into_iter().for_each(|position| places.add(position));
        places
    }
}

impl Serialize for Places {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Position>::deserialize(deserializer)?.into_iter().collect())
    }
}

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

/// The longest identity value that a finding shows, in characters. Its id rests on all of it.
const LONGEST_SUBJECT: usize = 256;

/// A value that is short enough, or its beginning with a digest that tells it from others.
#[must_use]
pub fn shorten(value: &str) -> String {
    match value.char_indices().nth(LONGEST_SUBJECT) {
        Some((at, _)) => format!("{} ... (sha256 {})", value.get(..at).unwrap_or_default(), crate::digest::sha256_hex(value.as_bytes())),
        None => value.to_owned(),
    }
}

/// The constant beginning of all ids of one check.
#[derive(Debug, Clone)]
pub struct IdPrefix(Running);

fn part(hash: &mut Running, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("an identity value is a cell of a block, and blocks are shorter than 4 GiB");
    hash.update(&length.to_be_bytes());
    hash.update(bytes);
}

impl IdPrefix {
    /// `engagement` is the engagement's id, empty without one.
    #[must_use]
    pub fn new(engagement: &str, control: &str, check: &str) -> Self {
        let mut hash = Running::default();
        for text in ["rolecall-finding/1", engagement, control, check] {
            part(&mut hash, text.as_bytes());
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
            part(&mut hash, canonical(value.as_ref()).as_bytes());
        }
        let digest = hash.finish();
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

/// The exceptions that share one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The identity values, as exported.
    pub identity: Vec<String>,
    /// How many units.
    pub count: u64,
    /// Where.
    pub places: Places,
}

/// The findings with the lowest ids. Which they are does not depend on the
/// order of arrival: whoever is among the lowest of all is among the lowest
/// of every part, so nothing that is cut early could have come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    limit: usize,
    found: BTreeMap<FindingId, Occurrence>,
    cut: bool,
}

/// The lowest ids of many, each with what its finding can be made of: what is
/// not listed in the end costs no more than its id.
#[derive(Debug)]
pub(crate) struct Lowest<T> {
    limit: usize,
    all: Vec<(FindingId, T)>,
    /// How many there may be before those that are too many are cut.
    room: usize,
    /// The last id that is low enough, once there are enough.
    last: Option<FindingId>,
    cut: bool,
}

impl<T: Ord> Lowest<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, all: Vec::new(), room: 0, last: None, cut: false }
    }

    /// Adds an id. One may come several times.
    pub(crate) fn add(&mut self, id: FindingId, what: T) {
        self.add_with(id, || what);
    }

    /// What all of them are made of, more than are listed perhaps.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|(_, what)| what)
    }

    /// As [`Self::add`], where it costs something to say what it is made of.
    pub(crate) fn add_with(&mut self, id: FindingId, what: impl FnOnce() -> T) {
        if self.last.is_some_and(|last| last < id) {
            self.cut = true;
            return;
        }
        if self.all.len() >= self.room.max(self.limit.saturating_mul(2)) {
            self.shorten();
        }
        self.all.push((id, what()));
    }

    /// Takes in others of the same limit.
    pub(crate) fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        other.all.into_iter().for_each(|(id, what)| self.add(id, what));
    }

    fn shorten(&mut self) {
        self.all.sort_unstable();
        let (mut ids, mut length) = (0, 0);
        for same in self.all.chunk_by(|(left, _), (right, _)| left == right) {
            if ids == self.limit {
                self.cut = true;
                break;
            }
            (ids, length) = (ids + 1, length + same.len());
        }
        self.all.truncate(length);
        if ids == self.limit {
            self.last = self.all.last().map(|(id, _)| *id);
        }
        // Of one id there may be many: they are not looked through again for each that comes.
        self.room = length.saturating_mul(2);
    }
}

impl Occurrence {
    fn merge(&mut self, count: u64, places: &Places, identity: impl FnOnce() -> Vec<String>) {
        self.count += count;
        // The spelling at the lowest place is the one that is shown.
        if places.as_slice().first() < self.places.as_slice().first() {
            self.identity = identity();
        }
        self.places.merge(places);
    }
}

impl Listed {
    /// A list of at most `limit` findings.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, found: BTreeMap::new(), cut: false }
    }

    /// Adds exceptions with one identity.
    pub fn add(&mut self, prefix: &IdPrefix, identity: &[impl AsRef<str>], count: u64, places: &Places) {
        let owned = || identity.iter().map(|value| value.as_ref().to_owned()).collect();
        self.take(FindingId::of(prefix, identity), count, places, owned);
    }

    fn take(&mut self, id: FindingId, count: u64, places: &Places, identity: impl FnOnce() -> Vec<String>) {
        // What is beyond a full list costs no more than its id.
        if self.found.len() >= self.limit && self.found.last_key_value().is_none_or(|(last, _)| *last < id) {
            self.cut = true;
            return;
        }
        match self.found.entry(id) {
            Entry::Occupied(mut known) => known.get_mut().merge(count, places, identity),
            Entry::Vacant(free) => {
                free.insert(Occurrence { identity: identity(), count, places: *places });
                self.shorten();
            }
        }
    }

    /// Adds exceptions that were told apart by their ids; `make` gives the identity and the places of one.
    pub(crate) fn add_lowest<T: Ord>(&mut self, mut lowest: Lowest<T>, make: impl Fn(&T) -> (Vec<String>, Places)) {
        lowest.shorten();
        self.cut |= lowest.cut;
        for (id, what) in &lowest.all {
            let (identity, places) = make(what);
            self.take(*id, 1, &places, || identity);
        }
    }

    fn shorten(&mut self) {
        if self.found.len() > self.limit {
            self.cut = true;
            self.found.pop_last();
        }
    }

    /// Takes in another list of the same limit.
    pub fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        if other.found.len() < self.found.len() / 8 {
            for (id, Occurrence { identity, count, places }) in other.found {
                self.take(id, count, &places, || identity);
            }
            return;
        }
        // Two long lists are walked side by side.
        let mut all: Vec<(FindingId, Occurrence)> = Vec::with_capacity(self.limit.min(self.found.len() + other.found.len()));
        let mut more = other.found.into_iter().peekable();
        for (id, mut occurrence) in std::mem::take(&mut self.found) {
            all.extend(std::iter::from_fn(|| more.next_if(|(other, _)| *other < id)));
            if let Some((_, Occurrence { identity, count, places })) = more.next_if(|(other, _)| *other == id) {
                occurrence.merge(count, &places, || identity);
            }
            all.push((id, occurrence));
        }
        all.extend(more);
        self.cut |= all.len() > self.limit;
        all.truncate(self.limit);
        self.found = all.into_iter().collect();
    }

    /// The findings, lowest id first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Occurrence)> {
        self.found.iter().map(|(id, occurrence)| (id.as_str(), occurrence))
    }

    /// The last listed id, where the list was cut.
    #[must_use]
    pub fn through(&self) -> Option<&str> {
        if self.cut { self.found.last_key_value().map(|(id, _)| id.as_str()) } else { None }
    }

    /// The number of findings listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether none is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_lowest_of_many_ids_are_those_that_a_list_keeps() {
        let prefix = IdPrefix::new("", "c", "k");
        let identity = |number: u32| vec![format!("s{}", number * 7 % 300)];
        let place = |record: u32| Places::one(Position { table: 0, block: 0, record });
        for (limit, count) in [(10, 2000), (10, 9), (300, 2000), (299, 600), (0, 5)] {
            let (mut wanted, mut parts) = (Listed::new(limit), [(); 3].map(|()| Lowest::new(limit)));
            for number in 0..count {
                wanted.add(&prefix, &identity(number), 1, &place(number));
                parts[number as usize % 3].add(FindingId::of(&prefix, &identity(number)), number);
            }
            let [mut lowest, second, third] = parts;
            lowest.merge(third);
            lowest.merge(second);
            let mut listed = Listed::new(limit);
            listed.add_lowest(lowest, |number| (identity(*number), place(*number)));
            assert_eq!(listed, wanted, "{limit} of {count}");
        }
    }

    #[test]
    fn the_lowest_findings_are_the_same_however_they_arrive() {
        let prefix = IdPrefix::new("", "c", "k");
        let place = |record| Places::one(Position { table: 0, block: 0, record });
        let mut whole = Listed::new(10);
        let (mut left, mut right) = (Listed::new(10), Listed::new(10));
        for number in 0..200_u32 {
            let identity = vec![format!("s{}", number % 50)];
            whole.add(&prefix, &identity, 1, &place(number));
            if number % 3 == 0 { &mut left } else { &mut right }.add(&prefix, &identity, 1, &place(number));
        }
        right.merge(left);
        assert_eq!(whole, right);
        assert_eq!(whole.len(), 10);
        assert!(whole.iter().all(|(_, occurrence)| occurrence.count == 4));
    }
}
