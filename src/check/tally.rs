//! Counts with their denominator: population = excluded + undecided + evaluated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{IdPrefix, Listed, Places};
use crate::why::{Excluded, Why};

/// The counts of one check, and its findings with the lowest ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Items that were decided.
    pub evaluated: u64,
    /// Items that are left out.
    #[serde(with = "pairs")]
    pub excluded: BTreeMap<Excluded, u64>,
    /// Items that could not be decided.
    #[serde(with = "pairs")]
    pub undecided: BTreeMap<Why, u64>,
    /// Items among the evaluated that do not conform.
    pub exceptions: u64,
    /// The findings.
    pub listed: Listed,
}

impl Tally {
    /// The identity of merge, for a list of at most `list_max` findings.
    #[must_use]
    pub fn new(list_max: usize) -> Self {
        Self { evaluated: 0, excluded: BTreeMap::new(), undecided: BTreeMap::new(), exceptions: 0, listed: Listed::new(list_max) }
    }

    /// Counts items that conform.
    #[inline]
    pub fn conforms(&mut self, count: u64) {
        self.evaluated += count;
    }

    /// Counts items that are left out.
    pub fn exclude(&mut self, why: Excluded, count: u64) {
        if count > 0 {
            *self.excluded.entry(why).or_default() += count;
        }
    }

    /// Counts items that cannot be decided.
    pub fn undecided(&mut self, why: Why, count: u64) {
        if count > 0 {
            *self.undecided.entry(why).or_default() += count;
        }
    }

    /// Counts items with one identity that do not conform.
    pub fn exception(&mut self, prefix: &IdPrefix, identity: &[impl AsRef<str>], count: u64, places: &Places) {
        self.evaluated += count;
        self.exceptions += count;
        self.listed.add(prefix, identity, count, places);
    }

    /// Counts items that do not conform and are listed otherwise.
    pub(crate) const fn except(&mut self, count: u64) {
        self.evaluated += count;
        self.exceptions += count;
    }

    /// All items in scope.
    #[must_use]
    pub fn population(&self) -> u64 {
        self.evaluated + self.excluded.values().sum::<u64>() + self.undecided.values().sum::<u64>()
    }

    /// Takes in another part's counts.
    pub fn merge(&mut self, other: Self) {
        self.evaluated += other.evaluated;
        self.exceptions += other.exceptions;
        for (why, count) in other.excluded {
            self.exclude(why, count);
        }
        for (why, count) in other.undecided {
            self.undecided(why, count);
        }
        self.listed.merge(other.listed);
    }
}

/// Maps whose keys are no text, as lists of pairs: JSON has text keys only.
pub mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pairs in key order.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    /// Reads pairs.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
