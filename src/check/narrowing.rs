//! Narrowing: which rows of a pack's table are claimed.
//!
//! A table holds what any organisation could be asked for; only what this one
//! claims is expected of it. What claims a row is a list, or a key of a
//! dataset, which the keys round has read. Where a dataset is not whole, a row
//! that nothing claims may be claimed by what is missing: it stays, undecided.

use std::collections::BTreeMap;

use super::least;
use super::pairing::DomainEntry;
use super::words::Words;
use crate::keyset::Contained;
use crate::pack::Entry;
use crate::predicate::compiled::{Context, Verdict};
use crate::predicate::values::Values;
use crate::why::Why;

/// What claims the rows of a table.
#[derive(Debug, Clone)]
pub struct Narrowing {
    /// What each row holds in the column that narrows.
    pub rows: Vec<String>,
    /// Values that lists claim.
    pub listed: Values,
    /// Key sets of the plan that claim what they hold.
    pub sets: Vec<u16>,
}

impl Narrowing {
    /// Whether a row is claimed.
    #[must_use]
    pub fn claims(&self, row: usize, context: &Context<'_>) -> Verdict {
        let Some(value) = self.rows.get(row).map(String::as_bytes) else { return Verdict::False };
        if self.listed.contains(value) {
            return Verdict::True;
        }
        let (mut unknown, mut scratch) = (None, Vec::new());
        for set in self.sets.iter().filter_map(|set| context.sets.get(usize::from(*set))) {
            match set.contains(value, context.identity.anywhere(), (set.dataset, set.column), &mut scratch) {
                Contained::Yes => return Verdict::True,
                Contained::Unknown(why) => unknown = least(unknown, Some(why)),
                Contained::No | Contained::Stranger => {}
            }
        }
        unknown.map_or(Verdict::False, Verdict::Unknown)
    }
}

/// The expected entries of a table's rows, one for each id, and the words for them.
///
/// A row that is not claimed makes no entry; one of which that cannot be told
/// makes one that may not be expected.
#[must_use]
pub fn expected(rows: &[Entry], words: &Words, claims: impl Fn(usize) -> Verdict) -> (Vec<DomainEntry>, Words) {
    let mut doubts: BTreeMap<&str, Option<Why>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let doubt = match claims(number) {
            Verdict::False => continue,
            Verdict::True => None,
            Verdict::Unknown(why) => Some(why),
        };
        // One row that surely is claimed makes the entry certain.
        let both = |known: Option<Why>| if known.is_some() && doubt.is_some() { least(known, doubt) } else { None };
        doubts.entry(&row.id).and_modify(|known| *known = both(*known)).or_insert(doubt);
    }
    let (mut entries, mut numbers, mut renumbered) = (Vec::new(), BTreeMap::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        renumbered.push(doubts.get(row.id.as_str()).map(|doubt| {
            *numbers.entry(row.id.as_str()).or_insert_with(|| {
                entries.push(DomainEntry { id: row.id.clone(), place: None, doubt: *doubt, windows: None });
                crate::evidence::decode::small(entries.len() - 1)
            })
        }));
    }
    let words = words.renumbered(&renumbered, entries.len());
    (entries, words)
}
