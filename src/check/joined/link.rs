//! What ties a record to its chains.

use std::collections::BTreeMap;

use super::{ANY, Link, Starts};
use crate::check::{Fold, KeyColumn, least};
use crate::evidence::batch::{Batch, Value};
use crate::key::encode;
use crate::predicate::compiled::Verdict;
use crate::why::Why;

/// What ties a record to its chains, and what it carries on.
pub(super) struct Keys {
    /// The key of the values that earlier links carry.
    pub carried: Vec<u8>,
    /// The keys that it yields, with the values as exported; one of nothing where it yields none.
    pub yields: Vec<(Vec<u8>, String)>,
}

impl Link {
    /// The chains that a record names, and why each of them is doubtful; `Err` where that cannot be told.
    pub(super) fn chains(&self, batch: &Batch<'_>, record: usize, starts: &Starts, claims: &[Verdict]) -> Result<Vec<(u32, Option<Why>)>, Why> {
        let mut chains: Option<BTreeMap<u32, Option<Why>>> = None;
        let mut named = Vec::new();
        for tie in &self.starts {
            let (dataset, column) = (self.dataset, tie.column.column);
            let claims = if tie.of_chain { &[][..] } else { claims };
            let mut of_tie = BTreeMap::new();
            match batch.get(column.into(), record) {
                Value::Bytes(value) => {
                    for one in tie.column.values(value) {
                        if tie.mentions {
                            tie.words.mentioned(one, &mut named);
                        } else {
                            tie.words.names(one, &mut named);
                        }
                        starts.note(&named, claims, &mut of_tie);
                    }
                }
                Value::Empty => {}
                Value::Absent => return Err(Why::FieldAbsent { dataset, column }),
                Value::Invalid => return Err(Why::Unreadable { dataset, column }),
            }
            // Each tie may hold by another row of the chain.
            chains = Some(match chains {
                None => of_tie,
                Some(chains) => {
                    of_tie.into_iter().filter_map(|(chain, doubt)| chains.get(&chain).map(|known| (chain, least(*known, doubt)))).collect()
                }
            });
        }
        Ok(chains.map_or_else(|| vec![(ANY, None)], |chains| chains.into_iter().collect()))
    }

    /// The keys of a record; `None` where a value is empty: such a record belongs to no chain.
    pub(super) fn keys(&self, batch: &Batch<'_>, record: usize, fold: &Fold<'_>) -> Result<Option<Keys>, Why> {
        let dataset = self.dataset;
        let value = |column: u16| match batch.get(column.into(), record) {
            Value::Bytes(value) => Ok(Some(value)),
            Value::Empty => Ok(None),
            Value::Absent => Err(Why::FieldAbsent { dataset, column }),
            Value::Invalid => Err(Why::Unreadable { dataset, column }),
        };
        let encode = |key: &mut Vec<u8>, value: &[u8], KeyColumn { column, compare, .. }: KeyColumn| {
            let unresolved = encode(key, value, compare, fold.context.identity.at(batch, record)).is_unresolved();
            if unresolved { Err(Why::PersonUnresolved { dataset, column }) } else { Ok(()) }
        };
        let mut carried = Vec::new();
        for (column, _) in &self.carries {
            let Some(value) = value(column.column)? else { return Ok(None) };
            encode(&mut carried, value, *column)?;
        }
        let Some(column) = self.yields else { return Ok(Some(Keys { carried, yields: vec![(Vec::new(), String::new())] })) };
        let Some(value) = value(column.column)? else { return Ok(None) };
        let mut yields = Vec::new();
        for one in column.values(value) {
            let mut key = Vec::new();
            encode(&mut key, one, column)?;
            yields.push((key, String::from_utf8_lossy(one).into_owned()));
        }
        Ok(Some(Keys { carried, yields }))
    }
}
