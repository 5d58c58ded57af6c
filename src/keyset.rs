//! Key sets: the keys of a dataset that a look-up may find.
//!
//! Filled in the keys round, then frozen and broadcast. What a set cannot tell
//! is unknown: a key of a record whose condition is unknown, or anything that
//! is not found where the dataset is known to be incomplete.

use std::collections::BTreeMap;

use crate::dataset::LIST_SEPARATOR;
use crate::identity::{Home, Identity, Who};
use crate::key::{Compare, Encoded, Frozen, KeyTable, PersonKeys, encode, encode_all, encode_one};
use crate::plan::PlannedLookup;
use crate::why::Why;

/// The keys of one look-up, while they are gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySetBuilder {
    dataset: u16,
    column: u16,
    compare: Compare,
    /// The key's field is a list: each element is a key.
    elements: bool,
    /// Keys of records that count; with `false`, of records that may count.
    keys: KeyTable<bool>,
    doubts: Doubts,
}

/// The keys of one look-up.
#[derive(Debug, PartialEq)]
pub struct KeySet {
    /// The dataset's index in the plan.
    pub dataset: u16,
    /// The key's column.
    pub column: u16,
    /// How keys compare.
    pub compare: Compare,
    /// Keys of records that count, as [`CERTAIN`], and of records that may count.
    keys: Frozen,
    doubts: Doubts,
    /// Records are missing or could not be read.
    incomplete: bool,
}

/// What is kept of a key of a record that surely counts.
const CERTAIN: u8 = 1;

/// Keys that cannot be told.
#[derive(Debug, Clone, Default, PartialEq)]
struct Doubts {
    /// A key that cannot be read, or a person whom the roster does not know.
    any: Option<Why>,
    /// As `any`, of the keys whose further parts are these alone.
    with: BTreeMap<Vec<u8>, Why>,
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

/// Values whose keys are made together.
const AT_ONCE: usize = if cfg!(test) { 5 } else { 1024 };

/// Room for looking up many values at once.
#[derive(Debug, Default)]
pub struct Lookup {
    persons: PersonKeys,
}

impl KeySetBuilder {
    /// The identity of merge.
    #[must_use]
    pub fn new(lookup: &PlannedLookup, seed: u64) -> Self {
        let PlannedLookup { dataset, column, compare, elements, .. } = *lookup;
        Self { dataset, column, compare, elements, keys: KeyTable::new(seed), doubts: Doubts::default() }
    }

    /// Takes in the keys of records; `certain` tells of the number that comes with a
    /// value whether its record surely counts, and `home` whose names it holds.
    pub fn insert<'v>(&mut self, identity: &Identity, values: &[(&'v [u8], u32)], home: impl Fn(u32) -> Home<'v>, certain: impl Fn(u32) -> bool) {
        let elements = self.elements;
        let mut all =
            values.iter().flat_map(|(value, number)| value.split(move |byte| elements && *byte == LIST_SEPARATOR).map(|one| (one, *number)));
        // One list may have as many as bytes.
        let mut some = Vec::with_capacity(AT_ONCE);
        loop {
            some.clear();
            some.extend(all.by_ref().take(AT_ONCE));
            if some.is_empty() {
                return;
            }
            encode_all(&some, self.compare, identity, &home, |keys, encoded| {
                self.keys.take_in(keys, some.iter().map(|(_, number)| certain(*number)), |known, more| *known |= more);
                if encoded.filter(|encoded| encoded.is_unresolved()).count() > 0 {
                    self.doubt(Why::PersonUnresolved { dataset: self.dataset, column: self.column });
                }
            });
        }
    }

    /// As [`Self::insert`], of the key of one record, that has these further parts.
    pub fn insert_with(&mut self, value: &[u8], parts: &[u8], certain: bool, who: Who<'_>, scratch: &mut Vec<u8>) {
        let elements = self.elements;
        for one in value.split(|byte| elements && *byte == LIST_SEPARATOR) {
            scratch.clear();
            scratch.extend_from_slice(parts);
            if encode(scratch, one, self.compare, who).is_unresolved() {
                self.doubt_with(parts, Why::PersonUnresolved { dataset: self.dataset, column: self.column });
            }
            *self.keys.entry(scratch, || certain) |= certain;
        }
    }

    /// Notes that a key with these further parts cannot be told.
    pub fn doubt_with(&mut self, parts: &[u8], why: Why) {
        self.doubts.with.entry(parts.to_vec()).and_modify(|known| *known = why.min(*known)).or_insert(why);
    }

    /// Notes that a record's key cannot be told.
    pub fn doubt(&mut self, why: Why) {
        self.doubts.any = Some(self.doubts.any.map_or(why, |known| known.min(why)));
    }

    /// Takes in what another worker found.
    pub fn merge(&mut self, other: Self) {
        self.keys.merge(other.keys, |known, more| *known |= more);
        if let Some(why) = other.doubts.any {
            self.doubt(why);
        }
        other.doubts.with.into_iter().for_each(|(parts, why)| self.doubt_with(&parts, why));
    }

    /// The set, now that all keys are known; where it is incomplete, records are missing or could not be read.
    #[must_use]
    pub fn freeze(self, incomplete: bool) -> KeySet {
        let Self { dataset, column, compare, keys, doubts, .. } = self;
        let keys = Frozen::new(&keys, |certain| if *certain { CERTAIN } else { 0 });
        KeySet { dataset, column, compare, keys, doubts, incomplete }
    }
}

impl KeySet {
    /// Whether the set has the value's key. `place` is the dataset and column
    /// where the value stands, for the reason when it cannot be told.
    #[must_use]
    pub fn contains(&self, value: &[u8], who: Who<'_>, place: (u16, u16), scratch: &mut Vec<u8>) -> Contained {
        scratch.clear();
        let encoded = encode_one(scratch, value, self.compare, who);
        self.told(self.keys.find(scratch), encoded, who.identity(), place)
    }

    /// As [`Self::contains`], of a key with these further parts.
    #[must_use]
    pub fn contains_with(&self, value: &[u8], parts: &[u8], who: Who<'_>, place: (u16, u16), scratch: &mut Vec<u8>) -> Contained {
        scratch.clear();
        scratch.extend_from_slice(parts);
        let encoded = encode(scratch, value, self.compare, who);
        match (self.told(self.keys.find(scratch), encoded, who.identity(), place), self.doubts.with.get(parts)) {
            (Contained::No | Contained::Stranger, Some(why)) => Contained::Unknown(*why),
            (told, _) => told,
        }
    }

    /// As [`Self::contains`], of many values; `home` tells of the number that comes with a value whose names it holds.
    pub fn contains_all<'v>(
        &self,
        identity: &Identity,
        values: &[(&'v [u8], u32)],
        home: impl Fn(u32) -> Home<'v>,
        place: (u16, u16),
        lookup: &mut Lookup,
        mut take: impl FnMut(Contained),
    ) {
        if self.compare == Compare::Exact {
            let keys = values.iter().map(|(value, _)| *value);
            self.keys.find_all(keys, |found| take(self.told(found, Encoded::Exact, identity, place)));
            return;
        }
        lookup.persons.make(identity, values, home);
        let mut encoded = lookup.persons.encoded();
        self.keys.find_all(lookup.persons.keys().into_iter(), |found| {
            if let Some(encoded) = encoded.next() {
                take(self.told(found, encoded, identity, place));
            }
        });
    }

    #[inline]
    fn told(&self, found: Option<u8>, encoded: Encoded, identity: &Identity, place: (u16, u16)) -> Contained {
        match found {
            Some(CERTAIN) => return Contained::Yes,
            Some(_) => return Contained::Unknown(Why::LookupUncertain { dataset: self.dataset }),
            None => {}
        }
        if matches!(encoded, Encoded::Ambiguous | Encoded::Unplaced) {
            return Contained::Unknown(Why::PersonUnresolved { dataset: place.0, column: place.1 });
        }
        if self.incomplete {
            return Contained::Unknown(Why::LookupIncomplete { dataset: self.dataset });
        }
        if self.compare == Compare::Person && identity.is_incomplete() {
            return Contained::Unknown(Why::RosterIncomplete);
        }
        match self.doubts.any {
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
    use crate::identity::{Identity, roster};

    fn identity() -> Identity {
        roster::of(&[["1", "", "anna"], ["2", "", "twin"], ["3", "", "twin"]])
    }

    fn set(compare: Compare, elements: bool, values: &[(&str, bool)]) -> KeySetBuilder {
        let lookup = PlannedLookup { dataset: 1, column: 2, compare, elements, same: Vec::new(), filter: None, in_scope: false };
        let mut set = KeySetBuilder::new(&lookup, 7);
        for (value, certain) in values {
            set.insert(&identity(), &[(value.as_bytes(), 0)], |_| Home::Roster, |_| *certain);
        }
        set
    }

    fn contains(set: &KeySet, value: &str, incomplete: bool) -> Contained {
        let mut identity = identity();
        identity.set_incomplete(incomplete);
        set.contains(value.as_bytes(), identity.anywhere(), (8, 9), &mut Vec::new())
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
            let set = set(compare, false, keys).freeze(false);
            assert_eq!((contains(&set, value, false), contains(&set, value, true)), (whole, without), "{keys:?} {value}");
        }
        assert_eq!(contains(&set(Compare::Exact, true, &[("a\u{1f}b", true)]).freeze(false), "b", false), Contained::Yes);
        assert_eq!(contains(&set(Compare::Exact, false, &[("a\u{1f}b", true)]).freeze(false), "b", false), Contained::No);
    }

    #[test]
    fn a_list_may_have_any_number_of_keys() {
        for count in [1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE] {
            let list: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            let set = set(Compare::Exact, true, &[(&list.join("\u{1f}"), true), ("x\u{1f}0", false)]);
            assert_eq!(set.keys.len(), count + 1);
            let set = set.freeze(false);
            assert!(list.iter().all(|one| contains(&set, one, false) == Contained::Yes));
            assert_eq!(contains(&set, "x", false), Contained::Unknown(Why::LookupUncertain { dataset: 1 }));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_is_associative_and_commutative_with_an_identity(parts in prop::collection::vec(prop::collection::vec((0_usize..6, any::<bool>(), any::<bool>()), 0..6), 3)) {
            const WORDS: [&str; 6] = ["1", "anna", "2", "twin", "nobody", "Nobody"];
            let sets: Vec<KeySetBuilder> = parts
                .iter()
                .map(|part| {
                    let mut set = set(Compare::Person, false, &[]);
                    for (word, certain, readable) in part {
                        if *readable {
                            set.insert(&identity(), &[(WORDS[*word].as_bytes(), 0)], |_| Home::Roster, |_| *certain);
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

        #[test]
        fn many_values_are_contained_as_each_is(
            keys in prop::collection::vec((0_usize..8, any::<bool>()), 0..6),
            asked in prop::collection::vec((0_usize..8, 0_usize..4), 0..150),
            exact in any::<bool>(), incomplete in any::<(bool, bool)>(),
        ) {
            const WORDS: [&str; 8] = ["1", "ANNA", "2", "twin", "nobody", "Nobody", "a@x", ""];
            const HOMES: [Home<'_>; 4] = [Home::Roster, Home::People(0), Home::System(Some(b"s")), Home::System(None)];
            let keys: Vec<(&str, bool)> = keys.iter().map(|(word, certain)| (WORDS[*word], *certain)).collect();
            let set = set(if exact { Compare::Exact } else { Compare::Person }, false, &keys).freeze(incomplete.0);
            let mut identity = identity();
            identity.set_incomplete(incomplete.1);
            let values: Vec<(&[u8], u32)> = asked.iter().map(|(word, _)| WORDS[*word].as_bytes()).zip(0..).collect();
            let (mut together, home) = (Vec::new(), |number: u32| HOMES[asked[number as usize].1]);
            set.contains_all(&identity, &values, home, (8, 9), &mut Lookup::default(), |contained| together.push(contained));
            let each = |(value, number): &(&[u8], u32)| set.contains(value, identity.within(home(*number)), (8, 9), &mut Vec::new());
            prop_assert_eq!(together, values.iter().map(each).collect::<Vec<_>>());
        }
    }
}
