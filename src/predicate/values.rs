//! Values to compare with.

use crate::evidence::batch::Beginning;

/// Values to compare with: a few are looked through, many are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// Ascending.
    all: Vec<Box<[u8]>>,
    /// All of them, where they are few and their beginnings tell them.
    beginnings: Option<Vec<Beginning>>,
}

/// More are not looked through.
const FEW: usize = 8;

impl Values {
    /// Prepares values for comparison.
    #[must_use]
    pub fn new(values: &[String]) -> Self {
        let mut all: Vec<Box<[u8]>> = values.iter().map(|value| value.as_bytes().into()).collect();
        all.sort_unstable();
        all.dedup();
        let told = all.len() <= FEW && all.iter().all(|value| value.len() <= Beginning::LONGEST);
        let beginnings = told.then(|| all.iter().map(|value| Beginning::of(value, 0..value.len())).collect());
        Self { all, beginnings }
    }

    /// How many different ones there are.
    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.all.iter().map(AsRef::as_ref)
    }

    pub(crate) fn contains(&self, value: &[u8]) -> bool {
        if self.all.len() <= FEW {
            return self.all.iter().any(|one| one.as_ref() == value);
        }
        self.all.binary_search_by(|one| one.as_ref().cmp(value)).is_ok()
    }

    /// All of them, where a value that is one of them is told by its beginning.
    pub(super) fn beginnings(&self) -> Option<&[Beginning]> {
        self.beginnings.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_tell_the_values_that_are_contained() {
        let letters = "abcdefghijklmnopqrst";
        for values in [&["active"][..], &["", "R", "abcdefghijklmnop", "abcdefghijklmno"], &["abcdefghijklmnopq"], &[]] {
            let values = Values::new(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
            let asked = (0..=letters.len()).map(|length| &letters[..length]).chain(["active", "Active", "R", "Rx", "x"]);
            for value in asked {
                // Whatever follows a value belongs to another.
                for behind in ["", "x", "xxxxxxxxxxxxxxxxxxxx"] {
                    let bytes = [b"-", value.as_bytes(), behind.as_bytes()].concat();
                    let beginning = Beginning::of(&bytes, 1..1 + value.len());
                    let told = values.beginnings().map(|beginnings| beginnings.contains(&beginning));
                    assert!(told.is_none_or(|told| told == values.contains(value.as_bytes())), "{value:?} before {behind:?}");
                }
            }
            assert_eq!(values.beginnings().is_some(), values.iter().all(|value| value.len() <= 16));
        }
    }

    #[test]
    fn a_head_begins_with_what_its_value_begins_with() {
        let value = b"ADM-and more of it, and more";
        for length in 0..=value.len() {
            let beginning = Beginning::of(value, 0..length);
            for prefix in 0..=16 {
                assert_eq!(beginning.starts_with(Beginning::of(value, 0..prefix)), prefix <= length, "{prefix} of {length}");
            }
            assert!(!beginning.starts_with(Beginning::of(b"ADX", 0..3)));
        }
    }
}
