//! Predicates over many records of a batch: test by test instead of record by
//! record, so that what a test needs stays at hand and look-ups go together.

use super::compiled::{Compared, Compiled, Context, Leaf, LeafTest, Verdict, and, or};
use crate::evidence::batch::{Batch, Value};
use crate::keyset::Lookup;

impl Compiled {
    /// What the predicate says of each of these records.
    #[must_use]
    pub fn decide_all(&self, batch: &Batch<'_>, records: &[usize], context: &Context<'_>) -> Vec<Verdict> {
        match self {
            Self::Leaf(leaf) => leaf.decide_all(batch, records, context),
            Self::Not(part) => part.decide_all(batch, records, context).into_iter().map(Verdict::negate).collect(),
            Self::All(parts) => joined(parts, Verdict::True, and, batch, records, context),
            Self::Any(parts) => joined(parts, Verdict::False, or, batch, records, context),
        }
    }
}

fn joined(
    parts: &[Compiled],
    none: Verdict,
    join: impl Fn(Verdict, Verdict) -> Verdict,
    batch: &Batch<'_>,
    records: &[usize],
    context: &Context<'_>,
) -> Vec<Verdict> {
    let mut parts = parts.iter();
    let Some(first) = parts.next() else { return vec![none; records.len()] };
    let mut verdicts = first.decide_all(batch, records, context);
    for part in parts {
        for (verdict, more) in verdicts.iter_mut().zip(part.decide_all(batch, records, context)) {
            *verdict = join(*verdict, more);
        }
    }
    verdicts
}

impl Leaf {
    fn decide_all(&self, batch: &Batch<'_>, records: &[usize], context: &Context<'_>) -> Vec<Verdict> {
        match (&self.test, self.compared) {
            (LeafTest::Found(set, wanted), Compared::Exactly | Compared::AsPersons) => self.find_all(*set, *wanted, batch, records, context),
            (LeafTest::OneOf(values, wanted), Compared::Exactly) => {
                self.each_value(batch, records, |value| Verdict::from(values.contains(value)).wanted(*wanted))
            }
            (LeafTest::StartsWith(prefix), Compared::Exactly) => self.each_value(batch, records, |value| value.starts_with(prefix).into()),
            _ => {
                let mut scratch = Vec::new();
                records.iter().map(|record| self.decide(batch, *record, context, &mut scratch)).collect()
            }
        }
    }

    /// Tests every value alone.
    #[inline]
    fn each_value(&self, batch: &Batch<'_>, records: &[usize], test: impl Fn(&[u8]) -> Verdict) -> Vec<Verdict> {
        let verdict = |record: &usize| match batch.get(self.column.into(), *record) {
            Value::Bytes(value) => test(value),
            Value::Empty => self.on_empty(batch, *record),
            Value::Absent => self.absent(self.column),
            Value::Invalid => self.unreadable(self.column),
        };
        records.iter().map(verdict).collect()
    }

    fn find_all(&self, set: u16, wanted: bool, batch: &Batch<'_>, records: &[usize], context: &Context<'_>) -> Vec<Verdict> {
        let column = usize::from(self.column);
        let value = |record: usize| match batch.get(column, record) {
            Value::Bytes(value) => Some((value, context.identity.at(batch, record))),
            Value::Empty | Value::Absent | Value::Invalid => None,
        };
        let mut told = Vec::with_capacity(records.len());
        let values = records.iter().filter_map(|record| value(*record));
        context.sets[usize::from(set)].contains_all(values, (self.dataset, self.column), &mut Lookup::default(), |contained| {
            told.push(self.found(contained, wanted).wanted(wanted));
        });
        let mut told = told.into_iter();
        let verdict = |record: &usize| match batch.get(column, *record) {
            Value::Bytes(_) => told.next().unwrap_or(Verdict::False),
            Value::Empty => self.on_empty(batch, *record),
            Value::Absent => self.absent(self.column),
            Value::Invalid => self.unreadable(self.column),
        };
        records.iter().map(verdict).collect()
    }
}
