//! What chains start from: rows of a table, each alone or several together.

use std::collections::{BTreeMap, HashMap};

use crate::check::least;
use crate::check::narrowing::Narrowing;
use crate::evidence::decode::small;
use crate::predicate::compiled::{Context, Verdict};
use crate::why::Why;

/// The rows that chains start from.
#[derive(Debug, Clone)]
pub struct Starts {
    rows: Vec<Vec<String>>,
    /// The rows of each chain, the chains in the order of their first rows.
    chains: Vec<Vec<u32>>,
    /// The chain of each row.
    chain_of: Vec<u32>,
    /// Which rows are claimed; `None`: all.
    narrowing: Option<Narrowing>,
}

impl Starts {
    /// Rows with an equal value in the column `per` make one chain; without it each row is one.
    #[must_use]
    pub fn new(rows: Vec<Vec<String>>, per: Option<usize>, narrowing: Option<Narrowing>) -> Self {
        let (mut chains, mut chain_of, mut known) = (Vec::<Vec<u32>>::new(), Vec::new(), HashMap::<&str, u32>::new());
        for (number, row) in rows.iter().enumerate() {
            let next = small(chains.len());
            let chain = match per {
                Some(per) => *known.entry(row.get(per).map_or("", String::as_str)).or_insert(next),
                None => next,
            };
            if chain == next {
                chains.push(Vec::new());
            }
            chains[chain as usize].push(small(number));
            chain_of.push(chain);
        }
        Self { rows, chains, chain_of, narrowing }
    }

    /// The rows' numbers.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        0..small(self.rows.len())
    }

    /// A row.
    #[must_use]
    pub fn row(&self, row: u32) -> &[String] {
        self.rows.get(row as usize).map_or(&[], Vec::as_slice)
    }

    /// The rows of each chain.
    pub fn chains(&self) -> impl Iterator<Item = &[u32]> {
        self.chains.iter().map(Vec::as_slice)
    }

    /// The value that a chain's rows have in a column: that of the first, where they differ.
    #[must_use]
    pub fn value(&self, chain: u32, column: usize) -> &str {
        let first = self.chains.get(chain as usize).and_then(|rows| rows.first());
        first.and_then(|row| self.row(*row).get(column)).map_or("", String::as_str)
    }

    /// Whether a row is claimed.
    #[must_use]
    pub fn claims(&self, row: u32, context: &Context<'_>) -> Verdict {
        self.narrowing.as_ref().map_or(Verdict::True, |narrowing| narrowing.claims(row as usize, context))
    }

    /// Which rows are claimed, where a chain may have several; else nothing: a chain counts or does not with its only row.
    pub(super) fn claims_within(&self, context: &Context<'_>) -> Vec<Verdict> {
        let together = self.narrowing.is_some() && self.chains.len() < self.rows.len();
        if together { self.rows().map(|row| self.claims(row, context)).collect() } else { Vec::new() }
    }

    /// Notes the chains of rows that a record names; `claims` as [`Self::claims_within`] gives them.
    pub(super) fn note(&self, named: &[u32], claims: &[Verdict], chains: &mut BTreeMap<u32, Option<Why>>) {
        for row in named {
            let Some(chain) = self.chain_of.get(*row as usize) else { continue };
            let doubt = match claims.get(*row as usize) {
                None | Some(Verdict::True) => None,
                Some(Verdict::False) => continue,
                Some(Verdict::Unknown(why)) => Some(*why),
            };
            // One row that surely is claimed makes it certain.
            let both = |known: Option<Why>| if known.is_some() && doubt.is_some() { least(known, doubt) } else { None };
            chains.entry(*chain).and_modify(|known| *known = both(*known)).or_insert(doubt);
        }
    }
}

/// Whether any of these rows is claimed.
pub(super) fn any(rows: &[u32], claims: &[Verdict]) -> Verdict {
    let mut unknown = None;
    for row in rows {
        match claims.get(*row as usize) {
            Some(Verdict::True) => return Verdict::True,
            Some(Verdict::Unknown(why)) => unknown = least(unknown, Some(*why)),
            Some(Verdict::False) | None => {}
        }
    }
    unknown.map_or(Verdict::False, Verdict::Unknown)
}
