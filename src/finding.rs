//! Findings while they are being found: ids, places, and the capped list.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod id;
mod listed;

pub(crate) use id::Ids;
pub use id::{FindingId, IdPrefix, canonical, is_id};
pub(crate) use listed::Lowest;
pub use listed::{Listed, Occurrence};

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
