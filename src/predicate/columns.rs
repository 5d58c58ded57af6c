//! Predicates over many records of a batch: test by test instead of record by
//! record, so that what a test needs stays at hand and look-ups go together.

use super::compiled::{Compared, Compiled, Context, Leaf, LeafTest, Verdict};
use super::memo::Memo;
use crate::calendar::Written;
use crate::evidence::batch::{Batch, Beginning, Cell, Value};
use crate::evidence::decode::small;
use crate::keyset::Lookup;
use crate::why::Why;

/// What a predicate says of each of many records.
///
/// A truth is one byte, in the order of Kleene's logic: the conjunction is the
/// lesser, the disjunction the greater. Reasons, which few have, stand beside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    truths: Vec<u8>,
    /// The unknown ones by number, ascending, and why.
    unknown: Vec<(usize, Why)>,
}

const FALSE: u8 = 0;
const UNKNOWN: u8 = 1;
const TRUE: u8 = 2;
/// No truth: nobody has asked yet.
pub(super) const NOT_ASKED: u8 = 3;

#[inline]
const fn truth_of(truth: bool) -> u8 {
    if truth { TRUE } else { FALSE }
}

impl Verdicts {
    fn with_capacity(count: usize) -> Self {
        Self { truths: Vec::with_capacity(count), unknown: Vec::new() }
    }

    fn all(verdict: bool, count: usize) -> Self {
        Self { truths: vec![truth_of(verdict); count], unknown: Vec::new() }
    }

    pub(super) fn of(verdicts: impl ExactSizeIterator<Item = Verdict>) -> Self {
        let mut told = Self::with_capacity(verdicts.len());
        verdicts.for_each(|verdict| told.push(verdict));
        told
    }

    /// Of truths; `why` tells of a number that is unknown why.
    pub(super) fn of_truths(truths: impl Iterator<Item = u8>, why: impl Fn(usize) -> Option<Why>) -> Self {
        let truths: Vec<u8> = truths.collect();
        let unknown = if truths.contains(&UNKNOWN) {
            let unknown = truths.iter().enumerate().filter(|(_, truth)| **truth == UNKNOWN);
            unknown.filter_map(|(number, _)| Some((number, why(number)?))).collect()
        } else {
            Vec::new()
        };
        Self { truths, unknown }
    }

    pub(super) fn truths(&self) -> &[u8] {
        &self.truths
    }

    /// The numbers of those that are unknown.
    pub fn unknown_numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.unknown.iter().map(|(number, _)| *number)
    }

    /// The numbers of those that are unknown, and why.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (usize, Why)> + '_ {
        self.unknown.iter().copied()
    }

    #[inline]
    fn push(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::True => self.truths.push(TRUE),
            Verdict::False => self.truths.push(FALSE),
            Verdict::Unknown(why) => {
                self.unknown.push((self.truths.len(), why));
                self.truths.push(UNKNOWN);
            }
        }
    }

    /// Why it cannot be told of a record, for each of which it cannot.
    #[must_use]
    pub fn unknown(&self) -> impl ExactSizeIterator<Item = Why> + '_ {
        self.unknown.iter().map(|(_, why)| *why)
    }

    /// What it says of the record of this number.
    #[must_use]
    #[inline]
    pub fn of_number(&self, number: usize) -> Verdict {
        match self.truths[number] {
            UNKNOWN => self.why(number),
            truth => (truth == TRUE).into(),
        }
    }

    #[cold]
    fn why(&self, number: usize) -> Verdict {
        let at = self.unknown.binary_search_by_key(&number, |(known, _)| *known);
        at.map_or(Verdict::False, |at| Verdict::Unknown(self.unknown[at].1))
    }

    /// Those of the records of which it holds.
    #[must_use]
    pub fn true_of(&self, records: &[u32]) -> Vec<u32> {
        those(records, self.certain())
    }

    /// Whether it surely holds, of each.
    #[must_use]
    pub fn certain(&self) -> impl ExactSizeIterator<Item = bool> + '_ {
        self.truths.iter().map(|truth| *truth == TRUE)
    }

    /// Those of the records of which it does not hold.
    pub fn false_of<'r>(&'r self, records: &'r [u32]) -> impl Iterator<Item = u32> + 'r {
        records.iter().zip(&self.truths).filter(|(_, truth)| **truth == FALSE).map(|(record, _)| *record)
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Verdict> + '_ {
        let mut unknown = self.unknown.iter().map(|(_, why)| *why);
        self.truths.iter().map(move |truth| match *truth {
            UNKNOWN => unknown.next().map_or(Verdict::False, Verdict::Unknown),
            truth => (truth == TRUE).into(),
        })
    }

    fn negated(mut self) -> Self {
        self.truths.iter_mut().for_each(|truth| *truth = TRUE - *truth);
        self
    }

    /// Kleene's conjunction (`stop` is `FALSE`) or disjunction (`TRUE`) of two; of two reasons the least.
    fn join(&mut self, other: &Self, stop: u8) {
        let unknown = !self.unknown.is_empty() || !other.unknown.is_empty();
        for (truth, more) in self.truths.iter_mut().zip(&other.truths) {
            *truth = if stop == FALSE { (*truth).min(*more) } else { (*truth).max(*more) };
        }
        if unknown {
            let mut all: Vec<(usize, Why)> = self.unknown.iter().chain(&other.unknown).copied().collect();
            all.sort_unstable();
            all.dedup_by_key(|(number, _)| *number);
            all.retain(|(number, _)| self.truths.get(*number) == Some(&UNKNOWN));
            self.unknown = all;
        }
    }
}

impl Compiled {
    /// What the predicate says of each of these records, which are ascending: as many as the batch has are all of it.
    /// The memo is of this batch alone.
    #[must_use]
    pub fn decide_all(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, memo: &Memo) -> Verdicts {
        match self {
            Self::Leaf(leaf) => leaf.decide_all(batch, records, context, memo),
            Self::Not(part) => part.decide_all(batch, records, context, memo).negated(),
            Self::All(parts) => joined(parts, FALSE, batch, records, (context, memo)),
            Self::Any(parts) => joined(parts, TRUE, batch, records, (context, memo)),
        }
    }
}

/// The records that are wanted; it is told of each. Which they are is chance: there is no branch to guess wrongly.
pub(super) fn those(records: &[u32], wanted: impl Iterator<Item = bool>) -> Vec<u32> {
    let (mut all, mut length) = (vec![0; records.len()], 0);
    for (record, wanted) in records.iter().zip(wanted) {
        all[length] = *record;
        length += usize::from(wanted);
    }
    all.truncate(length);
    all
}

/// The first part is asked of all records, the others of those that it did not settle.
fn joined(parts: &[Compiled], stop: u8, batch: &Batch<'_>, records: &[u32], (context, memo): (&Context<'_>, &Memo)) -> Verdicts {
    let Some((first, parts)) = parts.split_first() else { return Verdicts::all(stop == FALSE, records.len()) };
    let mut verdicts = first.decide_all(batch, records, context, memo);
    for part in parts {
        let numbers: Vec<u32> = (0..small(records.len())).collect();
        let open = those(&numbers, verdicts.truths.iter().map(|truth| *truth != stop));
        if open.len() == records.len() {
            verdicts.join(&part.decide_all(batch, records, context, memo), stop);
            continue;
        }
        let of_open: Vec<u32> = open.iter().map(|number| records[*number as usize]).collect();
        let told = part.decide_all(batch, &of_open, context, memo);
        // Where the first settled it, the other part must not say more.
        let mut spread = Verdicts { truths: vec![stop; records.len()], unknown: Vec::with_capacity(told.unknown.len()) };
        open.iter().zip(&told.truths).for_each(|(number, truth)| spread.truths[*number as usize] = *truth);
        spread.unknown.extend(told.unknown.iter().map(|(at, why)| (open[*at] as usize, *why)));
        verdicts.join(&spread, stop);
    }
    verdicts
}

/// The cells of these records, of a column.
#[inline]
fn each_cell(batch: &Batch<'_>, column: u16, records: &[u32], mut take: impl FnMut(u32, Cell)) {
    let cells = batch.column(column.into());
    if records.len() == cells.len() {
        records.iter().zip(cells).for_each(|(record, cell)| take(*record, *cell));
    } else {
        records.iter().for_each(|record| take(*record, cells[*record as usize]));
    }
}

impl Leaf {
    fn decide_all(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, memo: &Memo) -> Verdicts {
        match self.shared.test {
            Some(number) => memo.asked(number, batch, records, |records| self.made(batch, records, context, memo)),
            None => self.made(batch, records, context, memo),
        }
    }

    fn made(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, memo: &Memo) -> Verdicts {
        let mut scratch = Vec::new();
        let by_value =
            |number| memo.by_value(number, (batch, self.column), records, |record| self.decide(batch, record as usize, context, &mut scratch));
        self.shared.column.and_then(by_value).unwrap_or_else(|| self.test_all(batch, records, context, memo))
    }

    fn test_all(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, memo: &Memo) -> Verdicts {
        match (&self.test, self.compared) {
            (LeafTest::Found(set, wanted), Compared::Exactly | Compared::AsPersons) => self.find_all(*set, *wanted, batch, records, context),
            (LeafTest::Present(wanted), _) => self.each_value(batch, records, context, |_| Some(*wanted)),
            (LeafTest::OneOf(values, wanted), Compared::Exactly) => match values.beginnings() {
                Some(beginnings) => self.each_beginning(batch, records, context, |beginning| {
                    beginnings.iter().fold(false, |any, one| any | (beginning == *one)) == *wanted
                }),
                None => self.each_value(batch, records, context, |value| Some(values.contains(value) == *wanted)),
            },
            (LeafTest::StartsWith(prefix), Compared::Exactly) if prefix.len() <= Beginning::LONGEST => {
                let prefix = Beginning::of(prefix, 0..prefix.len());
                self.each_beginning(batch, records, context, |beginning| beginning.starts_with(prefix))
            }
            (LeafTest::Day(order, bound), _) => {
                self.each_day(batch, records, (context, memo), Written::of(*bound).map(|bound| order.holds_in(bound)))
            }
            (LeafTest::Between(from, to), _) => self.each_day(batch, records, (context, memo), Written::of(*from).zip(Written::of(*to))),
            _ => self.each_value(batch, records, context, |_| None),
        }
    }

    /// Tests whether the day of every value is among these, as readers write days: none has to be counted. That the calendar
    /// has them is what readers see to; plans test days of columns of kind date alone. Where many tests look at the column,
    /// its days are read once.
    fn each_day(&self, batch: &Batch<'_>, records: &[u32], (context, memo): (&Context<'_>, &Memo), among: Option<(Written, Written)>) -> Verdicts {
        // A bound that readers cannot write.
        let Some((from, to)) = among else { return self.each_value(batch, records, context, |_| None) };
        let truth = |day: Option<Written>| day.map_or(NOT_ASKED, |day| truth_of(day >= from && day <= to));
        let known = self.shared.column.and_then(|number| {
            memo.days(number, (batch, self.column), records, |days| {
                self.each_truth(batch, records, context, |record, _| truth(days[record as usize]))
            })
        });
        known.unwrap_or_else(|| self.each_truth(batch, records, context, |_, cell| truth(batch.day(cell))))
    }

    /// Tests every value alone. What the test cannot tell is decided record by record.
    #[inline]
    fn each_value(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, test: impl Fn(&[u8]) -> Option<bool>) -> Verdicts {
        self.each_truth(batch, records, context, |_, cell| match batch.value(cell) {
            Value::Bytes(value) => test(value).map_or(NOT_ASKED, truth_of),
            Value::Empty | Value::Absent | Value::Invalid => NOT_ASKED,
        })
    }

    /// As [`Self::each_value`], by how each value begins.
    #[inline]
    fn each_beginning(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, test: impl Fn(Beginning) -> bool) -> Verdicts {
        self.each_truth(batch, records, context, |_, cell| batch.beginning(cell).map_or(NOT_ASKED, |beginning| truth_of(test(beginning))))
    }

    /// Takes the truth of every record. What is not asked is decided record by record.
    #[inline]
    fn each_truth(&self, batch: &Batch<'_>, records: &[u32], context: &Context<'_>, truth: impl Fn(u32, Cell) -> u8) -> Verdicts {
        let cells = batch.column(self.column.into());
        let mut truths: Vec<u8> = if records.len() == cells.len() {
            records.iter().zip(cells).map(|(record, cell)| truth(*record, *cell)).collect()
        } else {
            records.iter().map(|record| truth(*record, cells[*record as usize])).collect()
        };
        let mut unknown = Vec::new();
        if truths.contains(&NOT_ASKED) {
            let mut scratch = Vec::new();
            let open = truths.iter_mut().zip(records).enumerate().filter(|(_, (truth, _))| **truth == NOT_ASKED);
            for (number, (truth, record)) in open {
                *truth = match self.decide(batch, *record as usize, context, &mut scratch) {
                    Verdict::True => TRUE,
                    Verdict::False => FALSE,
                    Verdict::Unknown(why) => {
                        unknown.push((number, why));
                        UNKNOWN
                    }
                };
            }
        }
        Verdicts { truths, unknown }
    }

    /// What is said where there is no value.
    #[cold]
    fn without_value(&self, batch: &Batch<'_>, record: usize, cell: Cell) -> Verdict {
        match cell {
            Cell::Empty => self.on_empty(batch, record),
            Cell::Absent => self.absent(self.column),
            Cell::Invalid | Cell::Block { .. } | Cell::Side { .. } => self.unreadable(self.column),
        }
    }

    fn find_all(&self, set: u16, wanted: bool, batch: &Batch<'_>, records: &[u32], context: &Context<'_>) -> Verdicts {
        let (mut values, mut without) = (Vec::with_capacity(records.len()), Vec::new());
        each_cell(batch, self.column, records, |record, cell| match batch.value(cell) {
            Value::Bytes(value) => values.push((value, record)),
            _ => without.push((values.len() + without.len(), record, cell)),
        });
        let mut told = Verdicts::with_capacity(records.len());
        let (identity, place) = (context.identity, (self.dataset, self.column));
        let home = |record: u32| identity.home(batch, record as usize);
        let (set, mut lookup) = (&context.sets[usize::from(set)], Lookup::default());
        if without.is_empty() {
            set.contains_all(identity, &values, home, place, &mut lookup, |contained| told.push(self.found(contained, wanted).wanted(wanted)));
            return told;
        }
        let mut without = without.into_iter().peekable();
        let mut rest = |told: &mut Verdicts| {
            while let Some((_, record, cell)) = without.next_if(|(number, ..)| *number == told.truths.len()) {
                told.push(self.without_value(batch, record as usize, cell));
            }
        };
        rest(&mut told);
        set.contains_all(identity, &values, home, place, &mut lookup, |contained| {
            told.push(self.found(contained, wanted).wanted(wanted));
            rest(&mut told);
        });
        told
    }
}
