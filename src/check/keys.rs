//! The keys of records, by which checks compare them.

use std::borrow::Cow;

use super::{KeyColumn, least};
use crate::evidence::batch::{Batch, Value};
use crate::identity::{Identity, Who};
use crate::key::{Compare, Encoded, encode, encode_one};
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
        self.append(record, key, self.encoding())
    }

    /// A key of one part is that part, as [`encode_one`] makes it.
    fn encoding(&self) -> Encode {
        if self.columns.len() == 1 { encode_one } else { encode }
    }

    fn append(&self, record: usize, key: &mut Vec<u8>, encode: Encode) -> Result<Option<Why>, Why> {
        let Self { dataset, columns, batch, identity } = *self;
        let mut doubt = None;
        for KeyColumn { column, compare, .. } in columns {
            match batch.get((*column).into(), record) {
                Value::Bytes(value) => {
                    doubt = least(doubt, encode(key, value, *compare, identity.at(batch, record)).doubt(identity, dataset, *column));
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
        let mut keys = KeysOf { records: Vec::with_capacity(records.len()), ..KeysOf::default() };
        let (bytes, ends) = &mut keys.made;
        for record in records {
            let before = bytes.len();
            match self.append(record as usize, bytes, encode) {
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
