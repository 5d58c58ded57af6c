//! What was found out about the records of one batch, for whoever asks again.
//!
//! Checks that are alike ask the same of the same records, and many things of
//! the same columns. A test that several ask is made once a record; of a
//! column that many look at and that repeats few values, a test is made once a
//! value, and what a value names is found once. Nothing that is remembered
//! changes an answer.

use std::sync::{Mutex, PoisonError};

use super::columns::{NOT_ASKED, Verdicts, those};
use super::compiled::Verdict;
use crate::calendar::Written;
use crate::evidence::batch::{Batch, Cell, Value};
use crate::key::Hashing;
use crate::parallel::lock;
use crate::why::Why;

/// What is remembered of a batch.
#[derive(Debug, Default)]
pub struct Memo {
    /// By the number of a test that is shared.
    tests: Mutex<Vec<Asked>>,
    /// By the number of a column whose values many look at.
    columns: Mutex<Vec<Distinct>>,
    /// By the number of a column whose values many look at: the day of each record, where it has one.
    days: Mutex<Vec<Vec<Option<Written>>>>,
    /// By the number under which several checks seek the same: what was sought, by record.
    sought: Mutex<Vec<Vec<Option<Sought>>>>,
}

/// The number of what a record names; `None` where it names nothing of what is sought, `Err` where it may name any of it.
pub type Sought = Result<Option<u32>, Why>;

/// Takes what stands at a number: while it is worked with nobody waits, and what a panic leaves half done is gone.
fn take<T: Default>(all: &Mutex<Vec<T>>, number: u16) -> T {
    let mut all = lock(all);
    all.get_mut(usize::from(number)).map(std::mem::take).unwrap_or_default()
}

fn give<T: Default>(all: &Mutex<Vec<T>>, number: u16, what: T) {
    let mut all = lock(all);
    let number = usize::from(number);
    if all.len() <= number {
        all.resize_with(number + 1, T::default);
    }
    all[number] = what;
}

impl Memo {
    /// Forgets everything: another batch comes.
    pub fn clear(&mut self) {
        let tests = self.tests.get_mut().unwrap_or_else(PoisonError::into_inner);
        tests.iter_mut().for_each(Asked::clear);
        let columns = self.columns.get_mut().unwrap_or_else(PoisonError::into_inner);
        columns.iter_mut().for_each(Distinct::clear);
        let days = self.days.get_mut().unwrap_or_else(PoisonError::into_inner);
        days.iter_mut().for_each(Vec::clear);
        let sought = self.sought.get_mut().unwrap_or_else(PoisonError::into_inner);
        sought.iter_mut().for_each(Vec::clear);
    }

    /// What a shared test says of these records; `test` makes it of those of which it was not made.
    pub(super) fn asked(&self, number: u16, batch: &Batch<'_>, records: &[u32], test: impl FnOnce(&[u32]) -> Verdicts) -> Verdicts {
        let mut asked = take(&self.tests, number);
        let told = asked.ask(batch.len(), records, test);
        give(&self.tests, number, asked);
        told
    }

    /// What a test of single values says of these records of a column, made by
    /// `test` once a value; `None` where the column has too many to be worth it.
    pub(super) fn by_value(&self, number: u16, cells: (&Batch<'_>, u16), records: &[u32], test: impl FnMut(u32) -> Verdict) -> Option<Verdicts> {
        self.distinct(number, cells, records, |distinct| distinct.told(records, test))
    }

    /// What `make` makes of values, once of each, by these records of a column that have it; `None` where the column has too many to be worth it.
    pub fn each_by_value<T>(
        &self,
        number: u16,
        cells: (&Batch<'_>, u16),
        records: &[u32],
        make: impl FnMut(u32) -> T,
        mut take: impl FnMut(u32, &T),
    ) -> Option<()> {
        self.distinct(number, cells, records, |distinct| {
            let of_values: Vec<T> = distinct.firsts.iter().copied().map(make).collect();
            records.iter().for_each(|record| take(*record, &of_values[usize::from(distinct.codes[*record as usize])]));
        })
    }

    /// Gives `look` the distinct values of a column.
    fn distinct<R>(&self, number: u16, (batch, column): (&Batch<'_>, u16), records: &[u32], look: impl FnOnce(&Distinct) -> R) -> Option<R> {
        let mut distinct = take(&self.columns, number);
        // To look at all records for a few of them does not pay.
        if distinct.is_empty() && records.len() * 2 >= batch.len() {
            distinct.look(batch, column);
        }
        let told = (!distinct.is_empty() && distinct.worthwhile()).then(|| look(&distinct));
        give(&self.columns, number, distinct);
        told
    }
}

impl Memo {
    /// Gives `look` the days of a column, by record; `None` where too few records ask for them.
    pub(super) fn days<R>(
        &self,
        number: u16,
        (batch, column): (&Batch<'_>, u16),
        records: &[u32],
        look: impl FnOnce(&[Option<Written>]) -> R,
    ) -> Option<R> {
        let mut days = take(&self.days, number);
        if days.is_empty() && records.len() * 2 >= batch.len() {
            days.extend(batch.column(column.into()).iter().map(|cell| batch.day(*cell)));
        }
        let told = (!days.is_empty()).then(|| look(&days));
        give(&self.days, number, days);
        told
    }

    /// What these records name; `seek` finds it for those for which it was not sought.
    pub fn sought(&self, number: u16, batch: &Batch<'_>, records: &[u32], seek: impl FnOnce(&[u32]) -> Vec<Sought>) -> Vec<Sought> {
        let mut known = take(&self.sought, number);
        known.resize(batch.len(), None);
        let new: Vec<u32> = records.iter().copied().filter(|record| known[*record as usize].is_none()).collect();
        if !new.is_empty() {
            new.iter().zip(seek(&new)).for_each(|(record, sought)| known[*record as usize] = Some(sought));
        }
        let told = records.iter().filter_map(|record| known[*record as usize]).collect();
        give(&self.sought, number, known);
        told
    }
}

/// A test's answers, by record.
#[derive(Debug, Default)]
struct Asked {
    truths: Vec<u8>,
    /// By record, once there is one that cannot be told.
    whys: Vec<Option<Why>>,
}

impl Asked {
    fn clear(&mut self) {
        self.truths.clear();
        self.whys.clear();
    }

    fn ask(&mut self, count: usize, records: &[u32], test: impl FnOnce(&[u32]) -> Verdicts) -> Verdicts {
        if self.truths.is_empty() {
            let told = test(records);
            self.truths.resize(count, NOT_ASKED);
            self.keep(records, &told);
            return told;
        }
        if records.len() == count && !self.truths.contains(&NOT_ASKED) {
            return Verdicts::of_truths(self.truths.iter().copied(), |number| self.why(records[number]));
        }
        let new = those(records, records.iter().map(|record| self.truths[*record as usize] == NOT_ASKED));
        if !new.is_empty() {
            let told = test(&new);
            self.keep(&new, &told);
        }
        Verdicts::of_truths(records.iter().map(|record| self.truths[*record as usize]), |number| self.why(records[number]))
    }

    fn why(&self, record: u32) -> Option<Why> {
        self.whys.get(record as usize).copied().flatten()
    }

    fn keep(&mut self, records: &[u32], told: &Verdicts) {
        for (record, truth) in records.iter().zip(told.truths()) {
            self.truths[*record as usize] = *truth;
        }
        for (number, why) in told.reasons() {
            self.whys.resize(self.truths.len(), None);
            self.whys[records[number] as usize] = Some(why);
        }
    }
}

/// The distinct values of a column.
#[derive(Debug, Default)]
struct Distinct {
    /// By record: the number of its value.
    codes: Vec<u16>,
    /// The first record of each value.
    firsts: Vec<u32>,
    too_many: bool,
}

/// Slots of the table by which values are found while a column is looked at.
const SLOTS: usize = 4096;
/// Values that are told apart, at most.
const MOST: usize = SLOTS / 4;
/// Slots that are looked at for one value: more of them would be a column made to be slow.
const NEAR: usize = 32;
const FREE: u16 = u16::MAX;

impl Distinct {
    fn clear(&mut self) {
        self.codes.clear();
        self.firsts.clear();
        self.too_many = false;
    }

    const fn is_empty(&self) -> bool {
        self.codes.is_empty() && !self.too_many
    }

    const fn worthwhile(&self) -> bool {
        !self.too_many
    }

    /// Numbers the values of a column. Cells without one have a number by their kind.
    fn look(&mut self, batch: &Batch<'_>, column: u16) {
        let cells = batch.column(column.into());
        // Of values that hardly repeat nothing is won.
        let most = MOST.min(cells.len() / 4);
        let (mut slots, mut without, hashing) = (vec![FREE; SLOTS], [FREE; 3], Hashing::new(0));
        for (record, cell) in (0_u32..).zip(cells) {
            let code = match (batch.value(*cell), cell) {
                (Value::Bytes(value), _) => {
                    let begin = usize::try_from(hashing.of(value) % SLOTS as u64).unwrap_or(0);
                    let is_it = |code: u16| code == FREE || batch.value(cells[self.firsts[usize::from(code)] as usize]) == Value::Bytes(value);
                    (begin..begin + NEAR).map(|slot| slot % SLOTS).find(|slot| is_it(slots[*slot])).map(|slot| &mut slots[slot])
                }
                (_, Cell::Empty) => Some(&mut without[0]),
                (_, Cell::Absent) => Some(&mut without[1]),
                _ => Some(&mut without[2]),
            };
            match code {
                Some(code) if *code != FREE => self.codes.push(*code),
                Some(code) if self.firsts.len() < most => {
                    *code = u16::try_from(self.firsts.len()).unwrap_or(FREE);
                    self.firsts.push(record);
                    self.codes.push(*code);
                }
                _ => {
                    self.clear();
                    self.too_many = true;
                    return;
                }
            }
        }
    }

    fn told(&self, records: &[u32], mut test: impl FnMut(u32) -> Verdict) -> Verdicts {
        let each = Verdicts::of(self.firsts.iter().map(|first| test(*first)));
        // Of one length for all columns, so that no number is held against a length.
        let mut truths = [NOT_ASKED; MOST];
        truths[..each.truths().len()].copy_from_slice(each.truths());
        let truth = |code: u16| truths[usize::from(code) % MOST];
        let why = |record: u32| each.of_number(usize::from(self.codes[record as usize])).why();
        if records.len() == self.codes.len() {
            return Verdicts::of_truths(self.codes.iter().map(|code| truth(*code)), |number| why(records[number]));
        }
        Verdicts::of_truths(records.iter().map(|record| truth(self.codes[*record as usize])), |number| why(records[number]))
    }
}
