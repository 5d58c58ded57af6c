//! Checks while they run: what each kind folds, merges and finishes.
//!
//! A planned check is an [`Operator`] (constant, from the plan) and a
//! [`CheckState`] (what has been seen). A state folds batches in any order,
//! merges with any other state of the same operator (associative,
//! commutative, with an identity), serialises, and finishes into counts and
//! findings. That is what lets blocks be judged by whoever is free.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::calendar::Day;
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{Batch, Cell, Value};
use crate::evidence::decode::small;
use crate::finding::{IdPrefix, Position};
use crate::key::Compare;
use crate::key::memory::{Memory, Share};
use crate::predicate::compiled::{Compiled, Context, Verdict};
use crate::predicate::memo::Memo;
use crate::why::{Excluded, Why};

pub mod apart;
pub mod attestation;
pub mod covers;
pub mod document;
pub mod groups;
pub mod joined;
pub mod keys;
pub mod members;
pub mod narrowing;
pub mod ordered;
pub mod pairing;
pub mod reconcile;
pub mod records;
pub mod recurs;
mod runs;
pub mod span;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod unique;
pub mod without_gap;
pub mod words;

pub use tally::Tally;

/// What a check does with the records that it is fed.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant's type is documented")]
pub enum Operator {
    Records(records::Records),
    Unique(unique::Unique),
    Groups(groups::Groups),
    Covers(covers::Covers),
    Apart(apart::Apart),
    Document(document::Documents),
    Joined(joined::Chains),
    Attestation(attestation::Attestations),
    Recurs(recurs::Recurs),
    Reconcile(reconcile::Reconcile),
    Ordered(ordered::Ordered),
    WithoutGap(without_gap::WithoutGap),
}

/// What a check has seen so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant's type is documented")]
pub enum CheckState {
    Records(records::State),
    Unique(unique::State),
    Groups(groups::State),
    Covers(covers::State),
    Apart(apart::State),
    Document(document::State),
    Joined(joined::State),
    Attestation(attestation::State),
    Recurs(recurs::State),
    Reconcile(reconcile::State),
    Ordered(ordered::State),
    WithoutGap(without_gap::State),
}

/// A column that makes part of a key, or is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyColumn {
    /// The column in the dataset's batches.
    pub column: u16,
    /// How its values compare.
    pub compare: Compare,
    /// The column is a list: each element counts by itself.
    pub elements: bool,
}

impl KeyColumn {
    /// The values that count: the elements of a list, else the value itself.
    pub(crate) fn values<'v>(&self, value: &'v [u8]) -> impl Iterator<Item = &'v [u8]> + use<'v> {
        let elements = self.elements;
        value.split(move |byte| elements && *byte == LIST_SEPARATOR)
    }
}

impl Operator {
    /// Which records of a feed count, where the check says so; `None`: all that may.
    #[must_use]
    pub fn condition(&self, feed: u8) -> Option<&Compiled> {
        match self {
            Self::Records(check) => check.filter.as_ref(),
            Self::Unique(check) => check.filter.as_ref(),
            Self::Groups(check) => check.filter.as_ref(),
            Self::Covers(covers::Covers { pairing, .. }) | Self::Recurs(recurs::Recurs { pairing, .. }) => pairing.filter.as_ref(),
            Self::Apart(check) => check.sides.get(usize::from(feed)).and_then(|side| side.filter.as_ref()),
            Self::Joined(check) => check.links.get(usize::from(feed)).and_then(|link| link.filter.as_ref()),
            Self::WithoutGap(check) => check.pairing.filter.as_ref(),
            Self::Reconcile(check) => check.sides.get(usize::from(feed)).and_then(|side| side.filter.as_ref()),
            Self::Ordered(check) => check.filter.as_ref(),
            Self::Document(_) | Self::Attestation(_) => None,
        }
    }
}

/// What folding a batch needs besides the operator.
#[derive(Debug, Clone, Copy)]
pub struct Fold<'f> {
    /// What predicates may see.
    pub context: Context<'f>,
    /// The beginning of the check's finding ids.
    pub prefix: &'f IdPrefix,
    /// Which records are out of scope, or later than the as-of date.
    pub marks: &'f Marks,
    /// Subjects and expected entries, where the check has them.
    pub domain: Option<&'f pairing::Domain>,
}

/// What finishing needs besides the state.
#[expect(missing_debug_implementations, reason = "holds a closure")]
pub struct Finish<'f> {
    /// What predicates may see.
    pub context: Context<'f>,
    /// The beginning of the check's finding ids.
    pub prefix: &'f IdPrefix,
    /// Whether a dataset is known to be incomplete.
    pub incomplete: &'f (dyn Fn(u16) -> bool + Sync),
    /// The first few of these places whose records have this key of the check's.
    pub with_key: &'f (dyn Fn(&groups::Groups, &[u8], &[Position]) -> Vec<Position> + Sync),
    /// Subjects and expected entries, where the check has them.
    pub domain: Option<&'f pairing::Domain>,
    /// What the confirm round read: identity values and key of candidates.
    pub confirmed: &'f unique::Confirmed,
    /// The most findings that are listed.
    pub list_max: usize,
    /// The plan's seed.
    pub seed: u64,
}

/// A finished check.
#[derive(Debug)]
pub struct Decided {
    /// Counts and findings.
    pub tally: Tally,
    /// Expected entries that no word of the evidence is mapped to.
    pub unmapped: Vec<String>,
    /// The statement that an attestation check rests on.
    pub statement: Option<attestation::Statement>,
    /// The days over which the check itself saw acts, where it looks at time.
    pub seen: Option<(Day, Day)>,
}

impl From<Tally> for Decided {
    fn from(tally: Tally) -> Self {
        Self { tally, unmapped: Vec::new(), statement: None, seen: None }
    }
}

/// Records of a batch that no check is about, whatever it asks; and what else
/// all checks of the batch want to know.
#[derive(Debug, Default)]
pub struct Marks {
    marked: Vec<Option<Excluded>>,
    /// The records that have no mark.
    others: Vec<u32>,
    counts: Vec<(Excluded, u64)>,
    /// By column, once it was asked for.
    cells: Vec<OnceLock<Cells>>,
    /// What tests said.
    memo: Memo,
}

/// What cells a column of a batch has.
#[derive(Debug, Clone, Copy)]
struct Cells {
    /// Each is a value or empty.
    told: bool,
    /// Each is a value.
    valued: bool,
}

impl Marks {
    /// Empties the marks.
    pub fn clear(&mut self) {
        self.marked.clear();
    }

    /// Marks a record of a batch of `len` records.
    pub fn set(&mut self, len: usize, record: usize, why: Excluded) {
        self.marked.resize(len, None);
        if let Some(mark) = self.marked.get_mut(record) {
            *mark = Some(why);
        }
    }

    /// All records of a batch are marked that will be.
    pub fn settle(&mut self, batch: &Batch<'_>) {
        let len = batch.len();
        self.others.clear();
        self.counts.clear();
        self.cells.clear();
        self.memo.clear();
        self.cells.resize_with(batch.columns(), OnceLock::new);
        if self.marked.is_empty() {
            self.others.extend(0..small(len));
            return;
        }
        for record in 0..len {
            match self.get(record) {
                None => self.others.push(small(record)),
                Some(why) => match self.counts.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, count)) => *count += 1,
                    None => self.counts.push((why, 1)),
                },
            }
        }
    }

    /// Why a record is left out.
    #[must_use]
    #[inline]
    pub fn get(&self, record: usize) -> Option<Excluded> {
        self.marked.get(record).copied().flatten()
    }

    /// The records that have no mark, once it is settled.
    #[must_use]
    pub fn others(&self) -> &[u32] {
        &self.others
    }

    fn cells(&self, batch: &Batch<'_>, column: u16) -> Cells {
        let column = usize::from(column);
        *self.cells[column].get_or_init(|| {
            let mut cells = Cells { told: true, valued: true };
            for cell in batch.column(column) {
                cells.told &= !matches!(cell, Cell::Absent | Cell::Invalid);
                cells.valued &= matches!(cell, Cell::Block { .. } | Cell::Side { .. });
            }
            cells
        })
    }

    /// Whether every cell of a column of the batch is a value or empty.
    fn all_told(&self, batch: &Batch<'_>, column: u16) -> bool {
        self.cells(batch, column).told
    }

    /// Whether every cell of a column of the batch is a value.
    fn all_valued(&self, batch: &Batch<'_>, column: u16) -> bool {
        self.cells(batch, column).valued
    }
}

/// Decides a filter; no filter lets everything through.
#[inline]
fn filter(filter: Option<&Compiled>, batch: &Batch<'_>, record: usize, fold: &Fold<'_>, scratch: &mut Vec<u8>) -> Verdict {
    filter.map_or(Verdict::True, |filter| filter.decide(batch, record, &fold.context, scratch))
}

/// The records that a check is about; the others are counted as left out or undecided.
fn about<'f>(filter: Option<&Compiled>, batch: &Batch<'_>, fold: &Fold<'f>, tally: &mut Tally) -> Cow<'f, [u32]> {
    fold.marks.counts.iter().for_each(|(why, count)| tally.exclude(*why, *count));
    let all = fold.marks.others();
    let Some(filter) = filter else { return Cow::Borrowed(all) };
    let verdicts = filter.decide_all(batch, all, &fold.context, &fold.marks.memo);
    verdicts.unknown().for_each(|why| tally.undecided(why, 1));
    let records = verdicts.true_of(all);
    tally.exclude(Excluded::Condition, (all.len() - verdicts.unknown().count() - records.len()) as u64);
    Cow::Owned(records)
}

/// Where a record of a batch stands.
fn position(batch: &Batch<'_>, record: usize) -> Position {
    Position { table: batch.table, block: batch.block, record: batch.place(record).ordinal }
}

/// The text of a cell, as exported; empty where there is none.
fn shown<'b>(batch: &Batch<'b>, record: usize, column: u16) -> Cow<'b, str> {
    match batch.get(column.into(), record) {
        Value::Bytes(value) => String::from_utf8_lossy(value),
        Value::Empty | Value::Absent | Value::Invalid => Cow::Borrowed(""),
    }
}

/// As [`shown`], to be kept.
fn text(batch: &Batch<'_>, record: usize, column: u16) -> String {
    shown(batch, record, column).into_owned()
}

/// The lesser of two reasons: which one is told does not depend on what was seen first.
fn least(left: Option<Why>, right: Option<Why>) -> Option<Why> {
    [left, right].into_iter().flatten().min()
}

/// Why a record has no identity: a key that cannot be told would make findings that nobody can follow.
#[inline]
fn unidentified(dataset: u16, batch: &Batch<'_>, record: usize, columns: &[u16]) -> Option<Why> {
    columns.iter().find_map(|column| match batch.get((*column).into(), record) {
        Value::Absent => Some(Why::FieldAbsent { dataset, column: *column }),
        Value::Invalid => Some(Why::Unreadable { dataset, column: *column }),
        Value::Bytes(_) | Value::Empty => None,
    })
}

/// The identity values of a record.
fn identity_of(batch: &Batch<'_>, record: usize, columns: &[u16]) -> Vec<String> {
    columns.iter().map(|column| text(batch, record, *column)).collect()
}

/// The operators of one kind: those of checks that share a state are of the kind of the first.
macro_rules! of_kind {
    ($operators:expr, $kind:ident) => {
        $operators.iter().filter_map(|operator| if let Operator::$kind(operator) = operator { Some(operator) } else { None })
    };
}

impl CheckState {
    /// The identity of merge for the operators of checks that share a state.
    ///
    /// # Panics
    /// There is no operator.
    #[must_use]
    pub fn identity(operators: &[&Operator], list_max: usize, seed: u64) -> Self {
        match operators[0] {
            Operator::Records(_) => Self::Records(records::State::new(list_max)),
            Operator::Unique(_) => Self::Unique(unique::State::new(operators.len(), list_max, seed)),
            Operator::Groups(_) => Self::Groups(groups::State::new(operators.len(), list_max, seed)),
            Operator::Covers(_) => Self::Covers(covers::State::new(seed)),
            Operator::Apart(_) => Self::Apart(apart::State::new(seed)),
            Operator::Document(_) => Self::Document(document::State::default()),
            Operator::Joined(_) => Self::Joined(joined::State::default()),
            Operator::Attestation(_) => Self::Attestation(attestation::State::default()),
            Operator::Recurs(_) => Self::Recurs(recurs::State::new(seed)),
            Operator::Reconcile(_) => Self::Reconcile(reconcile::State::new(seed)),
            Operator::Ordered(_) => Self::Ordered(ordered::State::new(seed)),
            Operator::WithoutGap(_) => Self::WithoutGap(without_gap::State::new(seed)),
        }
    }

    /// As [`Self::identity`], of a state that is made for the domain, and puts away what does not fit the memory.
    /// `grids` is what is left of [`pairing::GRIDS`].
    ///
    /// # Panics
    /// There is no operator.
    #[must_use]
    pub fn within(
        operators: &[&Operator],
        (list_max, seed): (usize, u64),
        memory: &Arc<Memory>,
        domain: Option<&pairing::Domain>,
        grids: &mut usize,
    ) -> Self {
        match operators[0] {
            Operator::Unique(_) => Self::Unique(unique::State::new(operators.len(), list_max, seed).within(Share::of(memory))),
            Operator::Groups(_) => Self::Groups(groups::State::within(operators.len(), list_max, seed, Share::of(memory))),
            Operator::Apart(_) => Self::Apart(apart::State::within(seed, Share::of(memory))),
            Operator::Reconcile(_) => Self::Reconcile(reconcile::State::within(seed, Share::of(memory))),
            Operator::Ordered(_) => Self::Ordered(ordered::State::within(seed, Share::of(memory))),
            Operator::Covers(_) => Self::Covers(covers::State::within(seed, domain, grids)),
            Operator::Recurs(_) => Self::Recurs(recurs::State::within(seed, domain, grids)),
            Operator::WithoutGap(_) => Self::WithoutGap(without_gap::State::within(seed, domain, grids)),
            _ => Self::identity(operators, list_max, seed),
        }
    }

    /// The part of the memory that the state has, which tells whether all that was seen is still there.
    #[must_use]
    pub(crate) fn memory(&self) -> Option<Share> {
        match self {
            Self::Unique(state) => state.memory(),
            Self::Groups(state) => state.memory(),
            Self::Apart(state) => state.memory(),
            Self::Reconcile(state) => state.memory(),
            Self::Ordered(state) => state.memory(),
            _ => None,
        }
    }

    /// A state that has seen nothing, for another worker of the same scan: what
    /// can be filled together is shared, and merging the two is cheap.
    #[must_use]
    pub fn share(&self, operators: &[&Operator], list_max: usize, seed: u64) -> Self {
        match self {
            Self::Unique(state) => Self::Unique(state.share(list_max, seed)),
            Self::Groups(state) => Self::Groups(state.share(list_max)),
            Self::Covers(state) => Self::Covers(state.share()),
            Self::Apart(state) => Self::Apart(state.share()),
            Self::Recurs(state) => Self::Recurs(state.share()),
            Self::Reconcile(state) => Self::Reconcile(state.share()),
            Self::Ordered(state) => Self::Ordered(state.share()),
            Self::WithoutGap(state) => Self::WithoutGap(state.share()),
            _ => Self::identity(operators, list_max, seed),
        }
    }

    /// Takes in a batch. `feed` says as which of the checks' inputs.
    ///
    /// # Panics
    /// The operators are not those that the state was made for.
    pub fn fold(&mut self, operators: &[&Operator], feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        match (self, operators[0]) {
            (Self::Records(state), Operator::Records(operator)) => state.fold(operator, batch, fold),
            (Self::Unique(state), Operator::Unique(_)) => state.fold(of_kind!(operators, Unique), batch, fold),
            (Self::Groups(state), Operator::Groups(_)) => state.fold(&of_kind!(operators, Groups).collect::<Vec<_>>(), batch, fold),
            (Self::Covers(state), Operator::Covers(operator)) => state.fold(operator, batch, fold),
            (Self::Apart(state), Operator::Apart(operator)) => state.fold(operator, feed, batch, fold),
            (Self::Document(state), Operator::Document(operator)) => state.fold(operator, batch, fold),
            (Self::Joined(state), Operator::Joined(operator)) => state.fold(operator, feed, batch, fold),
            (Self::Attestation(state), Operator::Attestation(operator)) => state.fold(operator, batch, fold),
            (Self::Recurs(state), Operator::Recurs(operator)) => state.fold(operator, batch, fold),
            (Self::Reconcile(state), Operator::Reconcile(operator)) => state.fold(operator, feed, batch, fold),
            (Self::Ordered(state), Operator::Ordered(operator)) => state.fold(operator, batch, fold),
            (Self::WithoutGap(state), Operator::WithoutGap(operator)) => state.fold(operator, batch, fold),
            _ => unreachable!("a state is only ever fed by the operators that it was made for"),
        }
    }

    /// Takes in another state of the same operators.
    pub fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Records(state), Self::Records(other)) => state.merge(other),
            (Self::Unique(state), Self::Unique(other)) => state.merge(other),
            (Self::Groups(state), Self::Groups(other)) => state.merge(other),
            (Self::Covers(state), Self::Covers(other)) => state.merge(other),
            (Self::Apart(state), Self::Apart(other)) => state.merge(other),
            (Self::Document(state), Self::Document(other)) => state.merge(other),
            (Self::Joined(state), Self::Joined(other)) => state.merge(other),
            (Self::Attestation(state), Self::Attestation(other)) => state.merge(other),
            (Self::Recurs(state), Self::Recurs(other)) => state.merge(other),
            (Self::Reconcile(state), Self::Reconcile(other)) => state.merge(other),
            (Self::Ordered(state), Self::Ordered(other)) => state.merge(other),
            (Self::WithoutGap(state), Self::WithoutGap(other)) => state.merge(other),
            _ => unreachable!("states of one check are of one kind"),
        }
    }

    /// Records that must be read again, because a hash could not prove them.
    #[must_use]
    pub fn candidates(&self) -> Vec<Position> {
        match self {
            Self::Unique(state) => state.candidates(),
            _ => Vec::new(),
        }
    }

    /// Decides each of the checks that share the state.
    ///
    /// # Panics
    /// The operators are not those that the state was made for, or not as many as `finishes`.
    #[must_use]
    pub fn finish(self, operators: &[&Operator], finishes: &[Finish<'_>]) -> Vec<Decided> {
        let (finish, several) = (&finishes[0], |tallies: Vec<Tally>| tallies.into_iter().map(Decided::from).collect());
        match (self, operators[0]) {
            (Self::Unique(state), Operator::Unique(_)) => several(state.finish(of_kind!(operators, Unique), finishes)),
            (Self::Groups(state), Operator::Groups(_)) => several(state.finish(&of_kind!(operators, Groups).collect::<Vec<_>>(), finishes)),
            (Self::Records(state), Operator::Records(_)) => vec![state.tally.into()],
            (Self::Covers(state), Operator::Covers(operator)) => vec![state.finish(operator, finish)],
            (Self::Apart(state), Operator::Apart(operator)) => vec![state.finish(operator, finish).into()],
            (Self::Document(state), Operator::Document(operator)) => vec![state.finish(operator, finish).into()],
            (Self::Joined(state), Operator::Joined(operator)) => vec![state.finish(operator, finish)],
            (Self::Attestation(state), Operator::Attestation(_)) => vec![state.finish(finish)],
            (Self::Recurs(state), Operator::Recurs(operator)) => vec![state.finish(operator, finish)],
            (Self::Reconcile(state), Operator::Reconcile(operator)) => vec![state.finish(operator, finish).into()],
            (Self::Ordered(state), Operator::Ordered(operator)) => vec![state.finish(operator, finish).into()],
            (Self::WithoutGap(state), Operator::WithoutGap(operator)) => vec![state.finish(operator, finish)],
            _ => unreachable!("a state is only ever finished by the operators that it was made for"),
        }
    }
}
