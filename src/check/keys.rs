//! The keys of records, by which checks compare them.

use std::borrow::Cow;

use super::{KeyColumn, least};
use crate::evidence::batch::{Batch, Value};
use crate::identity::{Identity, Who};
use crate::key::{Compare, Encoded, encode, encode_one};
use crate::why::Why;

/// Builds the key of a record, and says why another key may be the same all
/// the same, where it may.
///
/// # Errors
/// Why the record has none.
pub fn key_of(
    dataset: u16,
    columns: &[KeyColumn],
    batch: &Batch<'_>,
    record: usize,
    identity: &Identity,
    key: &mut Vec<u8>,
) -> Result<Option<Why>, Why> {
    key.clear();
    append_key(dataset, columns, batch, record, identity, key, if columns.len() == 1 { encode_one } else { encode })
}

fn append_key(
    dataset: u16,
    columns: &[KeyColumn],
    batch: &Batch<'_>,
    record: usize,
    identity: &Identity,
    key: &mut Vec<u8>,
    encode: fn(&mut Vec<u8>, &[u8], Compare, Who<'_>) -> Encoded,
) -> Result<Option<Why>, Why> {
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

impl<'b> KeysOf<'b> {
    /// Builds the keys of records, made as [`key_of`] does; `without` is told why a record has none.
    pub fn new(
        dataset: u16,
        columns: &[KeyColumn],
        batch: &Batch<'b>,
        records: impl ExactSizeIterator<Item = u32>,
        identity: &Identity,
        mut without: impl FnMut(Why),
    ) -> Self {
        if let [KeyColumn { column, compare: Compare::Exact, .. }] = columns {
            let (cells, column) = (batch.column((*column).into()), *column);
            let mut keys = Self { records: Vec::with_capacity(records.len()), bare: Vec::with_capacity(records.len()), ..Self::default() };
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
            return keys;
        }
        let encode = if columns.len() == 1 { encode_one } else { encode };
        Self::made(dataset, columns, batch, records, identity, without, encode)
    }

    /// Builds the keys of records, each of parts even where it is of one: two kinds of columns may make them.
    pub fn of_parts(
        dataset: u16,
        columns: &[KeyColumn],
        batch: &Batch<'b>,
        records: impl ExactSizeIterator<Item = u32>,
        identity: &Identity,
        without: impl FnMut(Why),
    ) -> Self {
        Self::made(dataset, columns, batch, records, identity, without, encode)
    }

    fn made(
        dataset: u16,
        columns: &[KeyColumn],
        batch: &Batch<'b>,
        records: impl ExactSizeIterator<Item = u32>,
        identity: &Identity,
        mut without: impl FnMut(Why),
        encode: fn(&mut Vec<u8>, &[u8], Compare, Who<'_>) -> Encoded,
    ) -> Self {
        let mut keys = Self { records: Vec::with_capacity(records.len()), ..Self::default() };
        let (bytes, ends) = &mut keys.made;
        for record in records {
            let before = bytes.len();
            match append_key(dataset, columns, batch, record as usize, identity, bytes, encode) {
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
