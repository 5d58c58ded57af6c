//! What a block of records meets.

use std::ops::Range;

use super::met::{Pair, Pairs};
use super::{Domain, EntryIndex, Met, Pairing, Rule, State};
use crate::check::members::Members;
use crate::check::{Fold, KeyColumn, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::evidence::decode::small;
use crate::finding::Position;
use crate::identity::{Identity, Resolved, Who};
use crate::key::{Compare, Encoded, encode_one};
use crate::predicate::columns::Verdicts;
use crate::predicate::compiled::Verdict;
use crate::predicate::memo::Sought;
use crate::why::Why;

/// Values of which it is remembered what they name: exports repeat a few.
const REMEMBERED: usize = 16;

/// What a value names: a stretch of entries, or why it may be any.
type Own = (Range<usize>, Option<Why>);

/// What records name, in the order of the records.
#[derive(Default)]
struct Named {
    /// The records that name something, or may.
    records: Vec<u32>,
    /// What each names.
    of: Vec<Own>,
    entries: Vec<u32>,
}

impl<M: Met> State<M> {
    pub(in crate::check) fn fold<R: Rule<Met = M>>(&mut self, rule: &R, batch: &Batch<'_>, fold: &Fold<'_>) {
        let Some(domain) = fold.domain else { return };
        let operator = rule.pairing();
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset: operator.dataset, reason: rejection.reason }).or_default() += 1;
        }
        let named = Named::new(operator, domain, batch, fold);
        for entry in named.of.iter().filter(|(_, unknown)| unknown.is_none()).flat_map(|(own, _)| &named.entries[own.clone()]) {
            if !self.named.contains(entry) {
                self.named.insert(*entry);
            }
        }
        let counts = operator.filter.as_ref().map(|filter| filter.decide_all(batch, &named.records, &fold.context, &fold.marks.memo));
        let mut counts = counts.as_ref().map(Verdicts::iter);
        // The records that count, and why they may not.
        let (mut records, mut members) = (Vec::with_capacity(named.records.len()), Vec::with_capacity(named.records.len()));
        for (record, (own, unknown)) in named.records.iter().zip(&named.of) {
            let doubt = match counts.as_mut().map_or(Some(Verdict::True), Iterator::next) {
                Some(Verdict::False) | None => continue,
                Some(Verdict::True) => None,
                Some(Verdict::Unknown(why)) => Some(why),
            };
            let (said, doubt) = rule.said(batch, *record as usize, doubt);
            if let Some(why) = unknown {
                self.anyone.entry(None).or_default().meet(said, Some(*why), position(batch, *record as usize));
                continue;
            }
            records.push(*record);
            members.push((own.clone(), said, doubt));
        }
        let Self { met, anyone, .. } = self;
        let mut met = Seeing::<R> { met, pairs: Vec::with_capacity(records.len()), said: Vec::with_capacity(records.len()) };
        subjects(operator, domain, batch, &records, fold, |number, subjects| {
            let (own, said, doubt) = &members[number];
            let entries = &named.entries[own.clone()];
            let place = position(batch, records[number] as usize);
            match subjects {
                Ok(subjects) => {
                    let pairs = subjects.iter().flat_map(|subject| entries.iter().map(move |entry| (*subject, *entry)));
                    pairs.for_each(|pair| met.push(pair, (*said, *doubt, place)));
                }
                Err(why) => entries.iter().for_each(|entry| anyone.entry(Some(*entry)).or_default().meet(*said, Some(why), place)),
            }
        });
        met.end();
    }
}

/// Pairs that are seen together, at most: of two lists a record names every pair.
const MOST: usize = 1 << 16;

/// Pairs that wait to be seen, and what is said of each.
struct Seeing<'s, R: Rule> {
    met: &'s Pairs<R::Met>,
    pairs: Vec<Pair>,
    said: Vec<(<R::Met as Met>::Said, Option<Why>, Position)>,
}

impl<R: Rule> Seeing<'_, R> {
    fn push(&mut self, pair: Pair, said: (<R::Met as Met>::Said, Option<Why>, Position)) {
        if self.pairs.len() == MOST {
            self.end();
        }
        self.pairs.push(pair);
        self.said.push(said);
    }

    fn end(&mut self) {
        self.met.see(&self.pairs, |number, met| {
            let (said, doubt, place) = self.said[number];
            met.meet(said, doubt, place);
        });
        self.pairs.clear();
        self.said.clear();
    }
}

impl Named {
    fn new(operator: &Pairing, domain: &Domain, batch: &Batch<'_>, fold: &Fold<'_>) -> Self {
        let (mut all, mut entries) = (Self::default(), Vec::new());
        let column = operator.entry.column;
        let cells = batch.column(column.into());
        let (mut key, mut named) = (Vec::new(), Vec::new());
        let mut own = |record: u32| {
            let unknown = match batch.value(cells[record as usize]) {
                Value::Bytes(value) => domain.name(value, operator, fold.context.identity.at(batch, record as usize), &mut key, &mut named),
                Value::Empty => None,
                Value::Absent => Some(Why::FieldAbsent { dataset: operator.dataset, column }),
                Value::Invalid => Some(Why::Unreadable { dataset: operator.dataset, column }),
            };
            let begin = entries.len();
            entries.append(&mut named);
            (begin..entries.len(), unknown)
        };
        // What a value names does not depend on whose record it stands in.
        let same = matches!(domain.index, EntryIndex::Words(_)) || operator.entry.compare == Compare::Exact;
        let shared = operator.shared_entries.filter(|_| same);
        let records = fold.marks.others();
        let by_value = |number| fold.marks.memo.each_by_value(number, (batch, column), records, &mut own, |record, own| all.take(record, own));
        if shared.and_then(by_value).is_none() {
            let mut remembered: Vec<(&[u8], Own)> = Vec::new();
            for record in records {
                let value = batch.value(cells[*record as usize]);
                let known = remembered.iter().find(|(known, _)| value == Value::Bytes(known));
                if let Some((_, own)) = known {
                    all.take(*record, own);
                    continue;
                }
                let own = own(*record);
                all.take(*record, &own);
                if let (Value::Bytes(value), true) = (value, same && remembered.len() < REMEMBERED) {
                    remembered.push((value, own));
                }
            }
        }
        Self { entries, ..all }
    }

    /// Takes a record, if it names something or may.
    fn take(&mut self, record: u32, (entries, unknown): &Own) {
        if !entries.is_empty() || unknown.is_some() {
            self.records.push(record);
            self.of.push((entries.clone(), *unknown));
        }
    }
}

impl Domain {
    /// Gives the entries that a value names; `Some` tells why it may name any.
    fn name(&self, value: &[u8], operator: &Pairing, who: Who<'_>, key: &mut Vec<u8>, named: &mut Vec<u32>) -> Option<Why> {
        let (mut unknown, mut of_one) = (None, Vec::new());
        named.clear();
        for one in operator.entry.values(value) {
            match &self.index {
                EntryIndex::Words(words) if !operator.entry.elements => words.names(one, named),
                EntryIndex::Words(words) => {
                    words.names(one, &mut of_one);
                    named.append(&mut of_one);
                }
                EntryIndex::Keys(keys) => match find(|key| keys.get(key).copied(), one, operator.entry, operator.dataset, who, key) {
                    Ok(entry) => named.extend(entry),
                    Err(why) => unknown = least(unknown, Some(why)),
                },
            }
        }
        named.sort_unstable();
        named.dedup();
        unknown
    }
}

/// The number of a value among keys; `Ok(None)` where it is surely none of
/// them, `Err` where it may be any of them: nobody is known for a stranger.
fn find(number: impl Fn(&[u8]) -> Option<u32>, value: &[u8], column: KeyColumn, dataset: u16, who: Who<'_>, key: &mut Vec<u8>) -> Sought {
    key.clear();
    let encoded = encode_one(key, value, column.compare, who);
    told(encoded, || number(key), who.identity(), (dataset, column.column))
}

/// What a value means of which it is known what encoding told, and `number` gives the number of its key.
fn told(encoded: Encoded, number: impl FnOnce() -> Option<u32>, identity: &Identity, (dataset, column): (u16, u16)) -> Sought {
    match encoded {
        Encoded::Exact => Ok(number()),
        Encoded::Person => match (number(), encoded.doubt(identity, dataset, column)) {
            (None, Some(why)) => Err(why),
            (found, _) => Ok(found),
        },
        Encoded::Stranger | Encoded::Unplaced | Encoded::Ambiguous => Err(Why::PersonUnresolved { dataset, column }),
    }
}

/// Gives `take` the subjects that each of the records names; `Err` tells why it may name any.
fn subjects(
    operator: &Pairing,
    domain: &Domain,
    batch: &Batch<'_>,
    records: &[u32],
    fold: &Fold<'_>,
    mut take: impl FnMut(usize, Result<&[u32], Why>),
) {
    let (Some(subject), Some(members)) = (operator.subject, &domain.subjects) else {
        return (0..records.len()).for_each(|number| take(number, Ok(&[0])));
    };
    let (dataset, column) = (operator.dataset, subject.column);
    if !subject.elements {
        let seek = |records: &[u32]| sought(dataset, subject, members, batch, records, fold);
        let sought = match operator.shared_subjects {
            Some(number) => fold.marks.memo.sought(number, batch, records, seek),
            None => seek(records),
        };
        return sought.into_iter().enumerate().for_each(|(number, sought)| take(number, sought.as_ref().map(Option::as_slice).map_err(|why| *why)));
    }
    let cells = batch.column(column.into());
    let number = |key: &[u8]| members.table.find(key).map(small);
    let (mut key, mut named) = (Vec::new(), Vec::new());
    for (at, record) in records.iter().enumerate() {
        match batch.value(cells[*record as usize]) {
            Value::Bytes(value) => {
                named.clear();
                let who = fold.context.identity.at(batch, *record as usize);
                let told = subject.values(value).try_for_each(|one| {
                    named.extend(find(number, one, subject, dataset, who, &mut key)?);
                    Ok(())
                });
                named.sort_unstable();
                named.dedup();
                take(at, told.map(|()| named.as_slice()));
            }
            Value::Empty => {}
            Value::Absent => take(at, Err(Why::FieldAbsent { dataset, column })),
            Value::Invalid => take(at, Err(Why::Unreadable { dataset, column })),
        }
    }
}

/// The subject that each of the records names in a column that is no list.
fn sought(dataset: u16, subject: KeyColumn, members: &Members, batch: &Batch<'_>, records: &[u32], fold: &Fold<'_>) -> Vec<Sought> {
    let column = subject.column;
    let cells = batch.column(column.into());
    let (mut all, mut values) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    for (number, record) in (0_u32..).zip(records) {
        all.push(match batch.value(cells[*record as usize]) {
            Value::Bytes(value) => {
                values.push((value, number));
                Ok(None)
            }
            Value::Empty => Ok(None),
            Value::Absent => Err(Why::FieldAbsent { dataset, column }),
            Value::Invalid => Err(Why::Unreadable { dataset, column }),
        });
    }
    if subject.compare == Compare::Exact {
        let (keys, mut found): (Vec<&[u8]>, _) = (values.iter().map(|(value, _)| *value).collect(), Vec::with_capacity(values.len()));
        members.table.find_all(&keys, &mut found);
        values.iter().zip(found).for_each(|((_, number), found)| all[*number as usize] = Ok(found));
        return all;
    }
    let identity = fold.context.identity;
    let home = |number: u32| identity.home(batch, records[number as usize] as usize);
    identity.resolve_all(&values, home, |(_, number), _, named| {
        let slot = || if let Resolved::Person(person) = named { members.of_person(person) } else { None };
        all[number as usize] = told(Encoded::of(named), slot, identity, (dataset, column));
    });
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::Day;
    use crate::check::Marks;
    use crate::check::members::Member;
    use crate::evidence::batch;
    use crate::finding::IdPrefix;
    use crate::identity::{TableHome, roster};
    use crate::predicate::compiled::Context;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn many_records_name_the_subjects_that_each_names(
            records in prop::collection::vec((0_usize..10, 0_usize..3), 0..150), exact in any::<bool>(), incomplete in any::<bool>(), settled in any::<bool>(),
        ) {
            const WORDS: [&str; 10] = ["1", "ANNA", "2", "4", "twin", "nobody", "a@x", "", "-", "{}"];
            let mut identity = roster::of(&[["1", "", "anna"], ["2", "", "twin"], ["3", "", "twin"], ["4", "a@x", ""]]);
            identity.set_incomplete(incomplete);
            identity.set_homes(vec![TableHome::Told(1)]);
            let subject = KeyColumn { column: 0, compare: if exact { Compare::Exact } else { Compare::Person }, elements: false };
            let mut members = Members::new(7);
            for shown in ["1", "4", "nobody"] {
                let mut key = Vec::new();
                encode_one(&mut key, shown.as_bytes(), subject.compare, identity.anywhere());
                let place = Position { table: 0, block: 0, record: 0 };
                members.table.entry(&key, || Member { doubt: None, shown: shown.to_owned(), place, windows: None });
            }
            if settled {
                members.settle(subject.compare);
            }
            let cells: Vec<[&str; 2]> = records.iter().map(|(word, system)| [WORDS[*word], ["s", "", "-"][*system]]).collect();
            let buffer = batch::of(&cells);
            let batch = buffer.view(0, 0, &[]);
            let (prefix, marks) = (IdPrefix::new("e", "c", "k"), Marks::default());
            let context = Context { as_of: Day(0), identity: &identity, sets: &[] };
            let fold = Fold { context, prefix: &prefix, marks: &marks, domain: None };
            let records: Vec<u32> = (0..).take(batch.len()).filter(|record| record % 5 != 1).collect();
            let each: Vec<Sought> = records
                .iter()
                .map(|record| match batch.get(0, *record as usize) {
                    Value::Bytes(value) => {
                        let who = identity.at(&batch, *record as usize);
                        find(|key| members.table.find(key).map(small), value, subject, 5, who, &mut Vec::new())
                    }
                    Value::Empty => Ok(None),
                    Value::Absent => Err(Why::FieldAbsent { dataset: 5, column: 0 }),
                    Value::Invalid => Err(Why::Unreadable { dataset: 5, column: 0 }),
                })
                .collect();
            prop_assert_eq!(sought(5, subject, &members, &batch, &records, &fold), each);
        }
    }
}
