//! Inventories: the distinct values of a field, with how many records carry
//! each. Made in the keys round, for the report's annexes; no check rests on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{KeyColumn, Marks};
use crate::evidence::batch::{Batch, Value};
use crate::predicate::compiled::{Compiled, Context, Verdict};

/// Distinct values beyond which an inventory only counts records: it is no list of codes.
const MOST: usize = 10_000;
/// Names of records that are kept for each value.
pub const NAMED: usize = 20;

/// An inventory to make.
#[derive(Debug, Clone)]
pub struct PlannedInventory {
    /// The pack's index.
    pub pack: usize,
    /// The migration's index in the pack.
    pub migration: usize,
    /// The dataset's index.
    pub dataset: u16,
    /// The field.
    pub value: KeyColumn,
    /// The column by which a record is named.
    pub key: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
}

/// The distinct values of a field. Merging is associative and commutative; the default is its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Records that are out of scope, later than the as-of date, or outside the condition.
    pub excluded: u64,
    /// Records of which it cannot be told whether they count or what they carry; rejected ones too.
    pub undecided: u64,
    /// Records that carry no value.
    pub empty: u64,
    /// Records that carry one or more.
    pub carrying: u64,
    /// More values than anybody reads: none is kept.
    pub exceeded: bool,
    /// By value.
    pub values: BTreeMap<Vec<u8>, Carried>,
}

/// The records that carry a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many.
    pub records: u64,
    /// The least names of them, [`NAMED`] at most.
    pub named: BTreeSet<Vec<u8>>,
}

impl Inventory {
    /// All records: population = excluded + undecided + evaluated.
    #[must_use]
    pub const fn population(&self) -> u64 {
        self.excluded + self.undecided + self.empty + self.carrying
    }

    /// Takes in a batch.
    pub fn fold(&mut self, planned: &PlannedInventory, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>) {
        let mut scratch = Vec::new();
        self.undecided += batch.rejections().len() as u64;
        for record in 0..batch.len() {
            let counts = planned.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(batch, record, context, &mut scratch));
            if marks.get(record).is_some() || counts == Verdict::False {
                self.excluded += 1;
                continue;
            }
            let value = match batch.get(planned.value.column.into(), record) {
                Value::Bytes(value) if counts == Verdict::True => value,
                Value::Empty if counts == Verdict::True => {
                    self.empty += 1;
                    continue;
                }
                _ => {
                    self.undecided += 1;
                    continue;
                }
            };
            self.carrying += 1;
            let name = match batch.get(planned.key.into(), record) {
                Value::Bytes(name) => name,
                Value::Empty | Value::Absent | Value::Invalid => &[],
            };
            // A list that names a code twice carries it once.
            let distinct: BTreeSet<&[u8]> = planned.value.values(value).collect();
            for one in distinct {
                self.add(one, 1, std::iter::once(name.to_vec()));
            }
        }
    }

    fn add(&mut self, value: &[u8], records: u64, names: impl IntoIterator<Item = Vec<u8>>) {
        if self.exceeded {
            return;
        }
        if !self.values.contains_key(value) {
            if self.values.len() == MOST {
                self.exceeded = true;
                self.values.clear();
                return;
            }
            self.values.insert(value.to_vec(), Carried::default());
        }
        if let Some(carried) = self.values.get_mut(value) {
            carried.records += records;
            carried.named.extend(names.into_iter().filter(|name| !name.is_empty()));
            while carried.named.len() > NAMED {
                carried.named.pop_last();
            }
        }
    }

    /// Takes in what another worker counted.
    pub fn merge(&mut self, other: Self) {
        self.excluded += other.excluded;
        self.undecided += other.undecided;
        self.empty += other.empty;
        self.carrying += other.carrying;
        if other.exceeded {
            self.exceeded = true;
            self.values.clear();
        }
        for (value, carried) in other.values {
            self.add(&value, carried.records, carried.named);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[(u16, u8)]) -> Inventory {
        let mut inventory = Inventory::default();
        for (value, name) in values {
            inventory.carrying += 1;
            inventory.add(value.to_string().as_bytes(), 1, [vec![*name]]);
        }
        inventory
    }

    fn merged(parts: &[Inventory]) -> Inventory {
        parts.iter().cloned().fold(Inventory::default(), |mut all, part| {
            all.merge(part);
            all
        })
    }

    proptest! {
        #[test]
        fn what_is_counted_does_not_depend_on_cuts_or_order(values in proptest::collection::vec((0_u16..9, any::<u8>()), 0..200), cut in 0_usize..200) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let whole = of(&values);
            prop_assert_eq!(&merged(&[of(left), of(right)]), &whole);
            prop_assert_eq!(&merged(&[of(right), of(left)]), &whole);
            prop_assert!(whole.values.values().all(|carried| carried.named.len() <= NAMED));
        }
    }

    #[test]
    fn too_many_values_are_no_list_of_codes_however_they_are_cut() {
        let range = |from: u16, to: u16| of(&(from..to).map(|value| (value, 1)).collect::<Vec<_>>());
        let whole = range(0, 10_001);
        assert!(whole.exceeded && whole.values.is_empty());
        for parts in [[range(0, 9_000), range(9_000, 10_001)], [range(9_000, 10_001), range(0, 9_000)]] {
            assert_eq!(merged(&parts), whole);
        }
        assert!(!range(0, 10_000).exceeded);
    }
}
