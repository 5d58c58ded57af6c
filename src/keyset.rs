//! Key sets: the keys of a dataset that a look-up may find.
//!
//! Made in the keys round, then broadcast. What a set cannot tell is unknown:
//! a key of a record whose condition is unknown, or anything that is not
//! found where the dataset is known to be incomplete.

use crate::dataset::LIST_SEPARATOR;
use crate::identity::Identity;
use crate::key::{Compare, Encoded, KeyTable, encode};
use crate::plan::PlannedLookup;
use crate::why::Why;

/// The keys of one look-up.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    /// The dataset's index in the plan.
    pub dataset: u16,
    /// The key's column.
    pub column: u16,
    /// How keys compare.
    pub compare: Compare,
    /// The key's field is a list: each element is a key.
    elements: bool,
    /// Keys of records that count; with `false`, of records that may count.
    keys: KeyTable<bool>,
    /// A key that cannot be read, or a person whom the roster does not know.
    doubtful: Option<Why>,
    /// Records are missing or could not be read.
    pub incomplete: bool,
}

/// Whether a set has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contained {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// It has not, and the person is not on the roster.
    Stranger,
    /// It cannot be told.
    Unknown(Why),
}

impl KeySet {
    /// The identity of merge.
    #[must_use]
    pub fn new(lookup: &PlannedLookup, seed: u64) -> Self {
        let PlannedLookup { dataset, column, compare, elements, .. } = *lookup;
        Self { dataset, column, compare, elements, keys: KeyTable::new(seed), doubtful: None, incomplete: false }
    }

    /// Takes in the key of a record; `certain` tells whether the record surely counts.
    pub fn insert(&mut self, value: &[u8], certain: bool, identity: &Identity, scratch: &mut Vec<u8>) {
        let elements = self.elements;
        for one in value.split(|byte| elements && *byte == LIST_SEPARATOR) {
            scratch.clear();
            if encode(scratch, one, self.compare, identity).is_unresolved() {
                self.doubt(Why::PersonUnresolved { dataset: self.dataset, column: self.column });
            }
            *self.keys.entry(scratch, || certain) |= certain;
        }
    }

    /// Notes that a record's key cannot be told.
    pub fn doubt(&mut self, why: Why) {
        self.doubtful = Some(self.doubtful.map_or(why, |known| known.min(why)));
    }

    /// Takes in what another worker found.
    pub fn merge(&mut self, other: Self) {
        self.keys.merge(other.keys, || false, |known, more| *known |= more);
        if let Some(why) = other.doubtful {
            self.doubt(why);
        }
        self.incomplete |= other.incomplete;
    }

    /// Whether the set has the value's key. `place` is the dataset and column
    /// where the value stands, for the reason when it cannot be told.
    #[must_use]
    pub fn contains(&self, value: &[u8], identity: &Identity, place: (u16, u16), scratch: &mut Vec<u8>) -> Contained {
        scratch.clear();
        let encoded = encode(scratch, value, self.compare, identity);
        match self.keys.get(scratch) {
            Some(true) => return Contained::Yes,
            Some(false) => return Contained::Unknown(Why::LookupUncertain { dataset: self.dataset }),
            None => {}
        }
        if encoded == Encoded::Ambiguous {
            return Contained::Unknown(Why::PersonUnresolved { dataset: place.0, column: place.1 });
        }
        if self.incomplete {
            return Contained::Unknown(Why::LookupIncomplete { dataset: self.dataset });
        }
        if self.compare == Compare::Person && identity.is_incomplete() {
            return Contained::Unknown(Why::RosterIncomplete);
        }
        match self.doubtful {
            Some(why) => Contained::Unknown(why),
            None if encoded == Encoded::Stranger => Contained::Stranger,
            None => Contained::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity::IdentityBuilder;

    fn identity() -> Identity {
        let mut builder = IdentityBuilder::default();
        for person in [["1", "anna"], ["2", "twin"], ["3", "twin"]] {
            builder.person(person.iter().map(|spelling| spelling.as_bytes().to_vec()).collect());
        }
        builder.build()
    }

    fn set(compare: Compare, elements: bool, values: &[(&str, bool)]) -> KeySet {
        let lookup = PlannedLookup { dataset: 1, column: 2, compare, elements, filter: None };
        let mut set = KeySet::new(&lookup, 7);
        for (value, certain) in values {
            set.insert(value.as_bytes(), *certain, &identity(), &mut Vec::new());
        }
        set
    }

    fn contains(set: &KeySet, value: &str, incomplete: bool) -> Contained {
        let mut identity = identity();
        identity.set_incomplete(incomplete);
        set.contains(value.as_bytes(), &identity, (8, 9), &mut Vec::new())
    }

    #[test]
    fn a_key_is_in_a_set_or_not_or_that_cannot_be_told() {
        let uncertain = Contained::Unknown(Why::LookupUncertain { dataset: 1 });
        let here = Contained::Unknown(Why::PersonUnresolved { dataset: 8, column: 9 });
        let there = Contained::Unknown(Why::PersonUnresolved { dataset: 1, column: 2 });
        let roster = Contained::Unknown(Why::RosterIncomplete);
        for (compare, keys, value, whole, without) in [
            (Compare::Exact, &[("a", true)][..], "a", Contained::Yes, Contained::Yes),
            (Compare::Exact, &[("a", true)], "A", Contained::No, Contained::No),
            (Compare::Exact, &[("a", false)], "a", uncertain, uncertain),
            (Compare::Exact, &[("a", false), ("a", true)], "a", Contained::Yes, Contained::Yes),
            (Compare::Person, &[("1", true)], "ANNA", Contained::Yes, Contained::Yes),
            (Compare::Person, &[("1", true)], "2", Contained::No, roster),
            (Compare::Person, &[("1", true)], "nobody", Contained::Stranger, roster),
            (Compare::Person, &[("1", true)], "twin", here, here),
            // Somebody in the set may be anybody; byte for byte the same is the same.
            (Compare::Person, &[("1", true), ("nobody", true)], "2", there, roster),
            (Compare::Person, &[("1", true), ("nobody", true)], "nobody", Contained::Yes, Contained::Yes),
            (Compare::Person, &[("1", true), ("nobody", true)], "Nobody", there, roster),
        ] {
            let set = set(compare, false, keys);
            assert_eq!((contains(&set, value, false), contains(&set, value, true)), (whole, without), "{keys:?} {value}");
        }
        assert_eq!(contains(&set(Compare::Exact, true, &[("a\u{1f}b", true)]), "b", false), Contained::Yes);
        assert_eq!(contains(&set(Compare::Exact, false, &[("a\u{1f}b", true)]), "b", false), Contained::No);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_is_associative_and_commutative_with_an_identity(parts in prop::collection::vec(prop::collection::vec((0_usize..6, any::<bool>(), any::<bool>()), 0..6), 3)) {
            const WORDS: [&str; 6] = ["1", "anna", "2", "twin", "nobody", "Nobody"];
            let sets: Vec<KeySet> = parts
                .iter()
                .map(|part| {
                    let mut set = set(Compare::Person, false, &[]);
                    for (word, certain, readable) in part {
                        if *readable {
                            set.insert(WORDS[*word].as_bytes(), *certain, &identity(), &mut Vec::new());
                        } else {
                            set.doubt(Why::Unreadable { dataset: 1, column: 2 });
                        }
                    }
                    set
                })
                .collect();
            let merged = |order: [usize; 3]| {
                let mut all = set(Compare::Person, false, &[]);
                order.iter().for_each(|at| all.merge(sets[*at].clone()));
                all
            };
            let mut right = sets[1].clone();
            right.merge(sets[2].clone());
            let mut nested = sets[0].clone();
            nested.merge(right);
            prop_assert!(merged([0, 1, 2]) == nested);
            prop_assert!(merged([2, 0, 1]) == nested);
        }
    }
}
