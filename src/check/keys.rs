//! The keys of records, by which checks compare them.

use std::borrow::Cow;

use super::{KeyColumn, least};
use crate::evidence::batch::{Batch, Value};
use crate::identity::{Identity, Resolved, Who};
use crate::key::{Compare, Encoded, encode, encode_one, encode_person};
use crate::why::Why;

/// What keys are made of.
#[derive(Debug, Clone, Copy)]
pub struct Keying<'k, 'b> {
    /// The dataset's index, for reasons.
    pub dataset: u16,
    /// The parts of a key.
    pub columns: &'k [KeyColumn],
    /// The records.
    pub batch: &'k Batch<'b>,
    /// Who is who.
    pub identity: &'k Identity,
}

/// Appends a value to a key.
type Encode = fn(&mut Vec<u8>, &[u8], Compare, Who<'_>) -> Encoded;

/// The keys of many records.
#[derive(Debug, Default)]
pub struct KeysOf<'b> {
    /// The records that have a key.
    pub records: Vec<u32>,
    /// Their keys, where these are the bytes of the batch.
    bare: Vec<&'b [u8]>,
    /// Their keys one after the other, with where each ends, and why another may be the same.
    made: (Vec<u8>, Vec<(usize, Option<Why>)>),
}

impl<'b> Keying<'_, 'b> {
    /// Builds the key of a record, and says why another key may be the same
    /// all the same, where it may.
    ///
    /// # Errors
    /// Why the record has none.
    pub fn key(&self, record: usize, key: &mut Vec<u8>) -> Result<Option<Why>, Why> {
        key.clear();
        let identity = self.identity;
        self.append(record, key, self.encoding(), |_, value| identity.at(self.batch, record).resolve(value))
    }

    /// A key of one part is that part, as [`encode_one`] makes it.
    fn encoding(&self) -> Encode {
        if self.columns.len() == 1 { encode_one } else { encode }
    }

    /// Appends the key of a record; `named` tells whom the value of the part with this number names.
    fn append(&self, record: usize, key: &mut Vec<u8>, encode: Encode, named: impl Fn(usize, &[u8]) -> Resolved) -> Result<Option<Why>, Why> {
        let Self { dataset, columns, batch, identity } = *self;
        let mut doubt = None;
        for (number, KeyColumn { column, compare, .. }) in columns.iter().enumerate() {
            match batch.get((*column).into(), record) {
                Value::Bytes(value) => {
                    let encoded = match compare {
                        Compare::Exact => encode(key, value, *compare, identity.anywhere()),
                        Compare::Person => encode_person(key, value, identity.home(batch, record), named(number, value)),
                    };
                    doubt = least(doubt, encoded.doubt(identity, dataset, *column));
                }
                Value::Empty => return Err(Why::KeyEmpty { dataset, column: *column }),
                Value::Absent => return Err(Why::FieldAbsent { dataset, column: *column }),
                Value::Invalid => return Err(Why::Unreadable { dataset, column: *column }),
            }
        }
        Ok(doubt)
    }

    /// Builds the keys of records, made as [`Self::key`] does; `without` is told why a record has none.
    pub fn keys(&self, records: impl ExactSizeIterator<Item = u32>, mut without: impl FnMut(Why)) -> KeysOf<'b> {
        let Self { dataset, columns, batch, .. } = *self;
        let [KeyColumn { column, compare: Compare::Exact, .. }] = *columns else {
            return self.made(records, without, self.encoding());
        };
        let cells = batch.column(column.into());
        let mut keys = KeysOf { records: Vec::with_capacity(records.len()), bare: Vec::with_capacity(records.len()), ..KeysOf::default() };
        for record in records {
            match batch.value(cells[record as usize]) {
                Value::Bytes(value) => {
                    keys.records.push(record);
                    keys.bare.push(value);
                }
                Value::Empty => without(Why::KeyEmpty { dataset, column }),
                Value::Absent => without(Why::FieldAbsent { dataset, column }),
                Value::Invalid => without(Why::Unreadable { dataset, column }),
            }
        }
        keys
    }

    /// Builds the keys of records, each of parts even where it is of one: two kinds of columns may make them.
    pub fn keys_of_parts(&self, records: impl ExactSizeIterator<Item = u32>, without: impl FnMut(Why)) -> KeysOf<'b> {
        self.made(records, without, encode)
    }

    fn made(&self, records: impl ExactSizeIterator<Item = u32>, mut without: impl FnMut(Why), encode: Encode) -> KeysOf<'b> {
        let records: Vec<u32> = records.collect();
        let named: Vec<Vec<Resolved>> = self.columns.iter().map(|part| self.named(*part, &records)).collect();
        let mut keys = KeysOf { records: Vec::with_capacity(records.len()), ..KeysOf::default() };
        let (bytes, ends) = &mut keys.made;
        for (number, record) in records.into_iter().enumerate() {
            let before = bytes.len();
            match self.append(record as usize, bytes, encode, |part, _| named[part][number]) {
                Ok(open) => {
                    keys.records.push(record);
                    ends.push((bytes.len(), open));
                }
                Err(why) => {
                    bytes.truncate(before);
                    without(why);
                }
            }
        }
        keys
    }

    /// Whom the values of a part name, by the number of the record: they are resolved together.
    fn named(&self, part: KeyColumn, records: &[u32]) -> Vec<Resolved> {
        let Self { batch, identity, .. } = *self;
        if part.compare == Compare::Exact {
            return Vec::new();
        }
        let (cells, mut values) = (batch.column(part.column.into()), Vec::with_capacity(records.len()));
        for (number, record) in (0_u32..).zip(records) {
            if let Value::Bytes(value) = batch.value(cells[*record as usize]) {
                values.push((value, number));
            }
        }
        // A record without a value has no key: what stands for it is not asked for.
        let mut named = vec![Resolved::Stranger; records.len()];
        let home = |number: u32| identity.home(batch, records[number as usize] as usize);
        identity.resolve_all(&values, home, |(_, number), _, resolved| named[number as usize] = resolved);
        named
    }
}

impl KeysOf<'_> {
    /// The keys, as many as records.
    #[must_use]
    pub fn keys(&self) -> Cow<'_, [&[u8]]> {
        let (bytes, ends) = &self.made;
        if ends.is_empty() {
            return Cow::Borrowed(&self.bare);
        }
        let starts = std::iter::once(0).chain(ends.iter().map(|(end, _)| *end));
        starts.zip(ends).map(|(start, (end, _))| &bytes[start..*end]).collect()
    }

    /// Why another key may be the same as that of this number.
    #[must_use]
    pub fn open(&self, number: usize) -> Option<Why> {
        self.made.1.get(number).and_then(|(_, open)| *open)
    }
}

/// Whether keys of these columns may hold persons.
#[must_use]
pub fn has_persons(columns: &[KeyColumn]) -> bool {
    columns.iter().any(|part| part.compare == Compare::Person)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::batch;
    use crate::identity::stated::Stated;
    use crate::identity::{TableHome, roster};

    const WORDS: [&str; 10] = ["1", "ANNA", "2", "twin", "nobody", "Nobody", "a@x", "", "-", "{}"];
    const SYSTEMS: [&str; 4] = ["s", "t", "", "-"];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn many_records_have_the_keys_that_each_has(
            records in prop::collection::vec((0..WORDS.len(), 0..WORDS.len(), 0..SYSTEMS.len()), 0..150),
            persons in any::<[bool; 2]>(), one in any::<bool>(), parts in any::<bool>(), incomplete in any::<bool>(),
        ) {
            let mut identity = roster::of(&[["1", "", "anna"], ["2", "", "twin"], ["3", "", "twin"]]);
            let _ = identity.state(&[Stated { person: "2".to_owned(), alias: "nobody".to_owned(), system: Some("s".to_owned()) }]);
            identity.set_incomplete(incomplete);
            identity.set_homes(vec![TableHome::Told(2)]);
            let cells: Vec<[&str; 3]> = records.iter().map(|(left, right, system)| [WORDS[*left], WORDS[*right], SYSTEMS[*system]]).collect();
            let buffer = batch::of(&cells);
            let batch = buffer.view(0, 0, &[]);
            let compare = |person| if person { Compare::Person } else { Compare::Exact };
            let columns = [0_u16, 1].map(|at| KeyColumn { column: at, compare: compare(persons[usize::from(at)]), elements: false });
            let keying = Keying { dataset: 3, columns: if one { &columns[..1] } else { &columns }, batch: &batch, identity: &identity };
            let (mut without, mut each, mut none) = (Vec::new(), Vec::new(), Vec::new());
            let all = (0..u32::try_from(batch.len()).unwrap()).rev().collect::<Vec<u32>>().into_iter();
            let keys = if parts { keying.keys_of_parts(all.clone(), |why| without.push(why)) } else { keying.keys(all.clone(), |why| without.push(why)) };
            for record in all {
                let mut key = Vec::new();
                let open = if parts {
                    keying.append(record as usize, &mut key, encode, |_, value| identity.at(&batch, record as usize).resolve(value))
                } else {
                    keying.key(record as usize, &mut key)
                };
                match open {
                    Ok(open) => each.push((record, key, open)),
                    Err(why) => none.push(why),
                }
            }
            let together: Vec<_> = keys.keys().iter().zip(&keys.records).enumerate().map(|(at, (key, record))| (*record, key.to_vec(), keys.open(at))).collect();
            prop_assert_eq!((together, without), (each, none));
        }
    }
}
