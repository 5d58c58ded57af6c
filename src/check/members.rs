//! Members: the records of a dataset that make subjects or expected entries.
//!
//! Gathered in the keys round, one per distinct key, with the words and the
//! place that a finding about it will show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::{self, SpanColumns, Windows};
use super::{KeyColumn, Marks, least, position};
use crate::evidence::batch::{Batch, Value};
use crate::evidence::decode::small;
use crate::finding::Position;
use crate::identity::Identity;
use crate::key::{Compare, Encoded, KeyTable, encode_all, person_key, person_of};
use crate::predicate::compiled::{Compiled, Context, Verdict};
use crate::predicate::memo::Memo;
use crate::why::{Excluded, Why};

/// Which records make members.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: KeyColumn,
    /// The columns that say when a record is one, where that is asked.
    pub window: Option<SpanColumns>,
}

/// One subject or entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Why it may not be one; `None` where it surely is.
    pub doubt: Option<Why>,
    /// Its key as exported; the least spelling: the name of a file must not change a finding's id.
    pub shown: String,
    /// Where it stands first.
    pub place: Position,
    /// When it is one, where that is asked.
    pub windows: Option<Box<Windows>>,
}

/// Values that name members of a batch, with their records and with what is known of each.
struct Named<'b, W> {
    values: Vec<(&'b [u8], u32)>,
    with: Vec<W>,
}

/// Values whose keys are made together: one list may have as many as bytes.
const AT_ONCE: usize = if cfg!(test) { 5 } else { 1024 };

impl<'b, W> Named<'b, W> {
    fn new() -> Self {
        Self { values: Vec::with_capacity(AT_ONCE), with: Vec::with_capacity(AT_ONCE) }
    }

    /// Adds a value; when there are enough, `take` takes all of them.
    fn add(&mut self, value: &'b [u8], record: u32, with: W, take: impl FnOnce(&mut Self)) {
        self.values.push((value, record));
        self.with.push(with);
        if self.values.len() >= AT_ONCE {
            take(self);
        }
    }
}

/// What keys of a batch are made of.
#[derive(Clone, Copy)]
struct Making<'m, 'b> {
    dataset: u16,
    key: KeyColumn,
    batch: &'m Batch<'b>,
    identity: &'m Identity,
}

/// All of them, and what made none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Members {
    /// By key.
    pub table: KeyTable<Member>,
    /// Keys of records that are left out, which another record may make a member all the same.
    left_out: KeyTable<Excluded>,
    /// Records that are left out and have no key.
    #[serde(with = "super::tally::pairs")]
    excluded: BTreeMap<Excluded, u64>,
    /// Records whose key cannot be told.
    #[serde(with = "super::tally::pairs")]
    pub undecided: BTreeMap<Why, u64>,
    /// Records that could not be read.
    #[serde(with = "super::tally::pairs")]
    pub rejected: BTreeMap<Why, u64>,
    /// By the number of a person in the roster: the slot of their key plus one, or 0. Empty until all are known.
    #[serde(skip)]
    of_persons: Vec<u32>,
}

/// Where keys lie is how they happened to arrive: it does not tell one from another.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        let Self { table, left_out, excluded, undecided, rejected, of_persons: _ } = self;
        (table, left_out, excluded, undecided, rejected) == (&other.table, &other.left_out, &other.excluded, &other.undecided, &other.rejected)
    }
}

impl<'b> Making<'_, 'b> {
    /// Gives `take` the keys of values, and what making each told.
    fn keys(&self, values: &[(&'b [u8], u32)], take: impl FnOnce(&[&[u8]], &mut dyn Iterator<Item = Encoded>)) {
        let Self { key, batch, identity, .. } = *self;
        encode_all(values, key.compare, identity, |record| identity.home(batch, record as usize), take);
    }
}

impl Members {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            table: KeyTable::new(seed),
            left_out: KeyTable::new(seed),
            excluded: BTreeMap::new(),
            undecided: BTreeMap::new(),
            rejected: BTreeMap::new(),
            of_persons: Vec::new(),
        }
    }

    /// All of them are known: from now on who is one is told by their number in the roster.
    pub fn settle(&mut self, compare: Compare) {
        if compare == Compare::Exact {
            // Such a key is bytes of evidence: what looks like a person's is none.
            return;
        }
        let mut of_persons = Vec::new();
        for (slot, (key, _)) in (1_u32..).zip(self.table.iter()) {
            let Some(person) = person_of(key).map(|person| person as usize) else { continue };
            if person >= of_persons.len() {
                of_persons.resize(person + 1, 0);
            }
            of_persons[person] = slot;
        }
        self.of_persons = of_persons;
    }

    /// The slot of a person of the roster, by their number; the keys are persons.
    #[must_use]
    #[inline]
    pub fn of_person(&self, person: u32) -> Option<u32> {
        if self.of_persons.is_empty() {
            return self.table.find(&person_key(person)).map(small);
        }
        self.of_persons.get(person as usize).and_then(|slot| slot.checked_sub(1))
    }

    /// Takes in a batch.
    pub fn fold(&mut self, membership: &Membership, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>) {
        let Membership { dataset, key: parts @ KeyColumn { column, .. }, .. } = *membership;
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset, reason: rejection.reason }).or_default() += 1;
        }
        let records: Vec<u32> = (0..small(batch.len())).collect();
        let told = membership.filter.as_ref().map(|filter| filter.decide_all(batch, &records, context, &Memo::default()));
        let making = Making { dataset, key: parts, batch, identity: context.identity };
        let (mut named, mut left_out) = (Named::new(), Named::new());
        for record in records {
            let number = record as usize;
            let counts = told.as_ref().map_or(Verdict::True, |told| told.of_number(number));
            let doubt = match counts {
                Verdict::Unknown(why) => Some(why),
                Verdict::True | Verdict::False => None,
            };
            let why = marks.get(number).or((counts == Verdict::False).then_some(Excluded::Condition));
            let windows = match (why, membership.window) {
                (Some(why), _) => Err(why),
                (None, None) => Ok(None),
                (None, Some(window)) => {
                    let windows = Windows::of(window.read(dataset, batch, number), doubt.is_some(), span::begin(context.as_of.plus(1)));
                    // Else it only begins after the as-of date.
                    windows.map(|windows| Some(Box::new(windows))).ok_or(Excluded::AfterAsOf)
                }
            };
            let why = match (batch.get(column.into(), number), windows) {
                (Value::Bytes(value), Ok(windows)) => {
                    parts.values(value).for_each(|one| named.add(one, record, (doubt, windows.clone()), |named| self.take(making, named)));
                    continue;
                }
                (Value::Bytes(value), Err(why)) => {
                    parts.values(value).for_each(|one| left_out.add(one, record, why, |left_out| self.leave_out(making, left_out)));
                    continue;
                }
                (_, Err(why)) => {
                    *self.excluded.entry(why).or_default() += 1;
                    continue;
                }
                (Value::Empty, Ok(_)) => Why::KeyEmpty { dataset, column },
                (Value::Absent, Ok(_)) => Why::FieldAbsent { dataset, column },
                (Value::Invalid, Ok(_)) => Why::Unreadable { dataset, column },
            };
            *self.undecided.entry(why).or_default() += 1;
        }
        self.take(making, &mut named);
        self.leave_out(making, &mut left_out);
    }

    /// Takes what these values name.
    fn take<'b>(&mut self, making: Making<'_, 'b>, named: &mut Named<'b, (Option<Why>, Option<Box<Windows>>)>) {
        let (Making { dataset, batch, .. }, KeyColumn { column, .. }) = (making, making.key);
        let Named { values, with } = named;
        making.keys(values, |keys, encoded| {
            let told = values.iter().zip(with.drain(..)).zip(encoded);
            let members = told.map(|(((value, record), (doubt, windows)), encoded)| Member {
                doubt: least(doubt, encoded.is_unresolved().then_some(Why::PersonUnresolved { dataset, column })),
                shown: String::from_utf8_lossy(value).into_owned(),
                place: position(batch, *record as usize),
                windows,
            });
            self.table.take_in(keys, members, join);
        });
        values.clear();
    }

    /// Leaves out what these values name: what counts is the key, once.
    fn leave_out<'b>(&mut self, making: Making<'_, 'b>, named: &mut Named<'b, Excluded>) {
        let Named { values, with } = named;
        making.keys(values, |keys, _| self.left_out.take_in(keys, with.drain(..), |known, more| *known = more.min(*known)));
        values.clear();
    }

    /// What is left out, in keys: those that no record makes a member, and records without a key.
    #[must_use]
    pub fn excluded(&self) -> BTreeMap<Excluded, u64> {
        let mut counts = self.excluded.clone();
        let (keys, reasons): (Vec<&[u8]>, Vec<&Excluded>) = self.left_out.iter().unzip();
        let mut found = Vec::with_capacity(keys.len());
        self.table.find_all(&keys, &mut found);
        for (why, _) in reasons.into_iter().zip(found).filter(|(_, found)| found.is_none()) {
            *counts.entry(*why).or_default() += 1;
        }
        counts
    }

    /// Takes in what another worker gathered.
    pub fn merge(&mut self, other: Self) {
        self.table.merge(other.table, join);
        for (mine, more) in [(&mut self.undecided, other.undecided), (&mut self.rejected, other.rejected)] {
            for (why, count) in more {
                *mine.entry(why).or_default() += count;
            }
        }
        self.left_out.merge(other.left_out, |known, more| *known = more.min(*known));
        for (why, count) in other.excluded {
            *self.excluded.entry(why).or_default() += count;
        }
    }
}

/// One certain record makes a member certain.
fn join(known: &mut Member, other: Member) {
    known.doubt = match (known.doubt, other.doubt) {
        (Some(left), Some(right)) => Some(left.min(right)),
        _ => None,
    };
    known.place = known.place.min(other.place);
    match (&mut known.windows, other.windows) {
        (Some(known), Some(other)) => known.merge(*other),
        (known, other) => *known = known.take().or(other),
    }
    known.shown = std::mem::take(&mut known.shown).min(other.shown);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::Day;
    use crate::evidence::batch;
    use crate::identity::{TableHome, roster};
    use crate::key::encode_one;
    use crate::predicate::compiled::{Compared, Leaf, LeafTest, Shared};

    const SEED: u64 = 7;
    const WHY: Why = Why::KeyEmpty { dataset: 0, column: 0 };

    /// A window that depends on the record: its time, or why nobody knows.
    fn windows(record: u32, certain: bool) -> Option<Box<Windows>> {
        let from = i64::from(record) * 5;
        let span = span::Span { from, to: Some(from + 7), why: (record == 2).then_some(WHY) };
        (record > 0).then(|| Windows::of(span, !certain, 11)).flatten().map(Box::new)
    }

    fn members(part: &[(u8, bool, u32)], identity: &Identity) -> Members {
        let mut members = Members::new(SEED);
        for (what, certain, record) in part {
            match what {
                0..4 => {
                    let shown = ["1", "anna", "x", "X"][usize::from(*what)];
                    let mut key = Vec::new();
                    encode_one(&mut key, shown.as_bytes(), Compare::Person, identity.anywhere());
                    let place = Position { table: u32::from(*what), block: 0, record: *record };
                    let member = Member { doubt: (!certain).then_some(WHY), shown: shown.to_owned(), place, windows: windows(*record, *certain) };
                    join(members.table.entry(&key, || member.clone()), member);
                }
                4 => *members.excluded.entry(Excluded::Condition).or_default() += 1,
                5 => *members.undecided.entry(WHY).or_default() += 1,
                _ => *members.rejected.entry(WHY).or_default() += 1,
            }
        }
        members
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_is_associative_and_commutative_with_an_identity(parts in prop::collection::vec(prop::collection::vec((0_u8..7, any::<bool>(), 0_u32..3), 0..6), 3)) {
            let identity = roster::of(&[["1", "", "anna"]]);
            let all: Vec<Members> = parts.iter().map(|part| members(part, &identity)).collect();
            let merged = |order: [usize; 3]| {
                let mut merged = Members::new(SEED);
                order.iter().for_each(|at| merged.merge(all[*at].clone()));
                merged
            };
            let mut right = all[1].clone();
            right.merge(all[2].clone());
            let mut nested = all[0].clone();
            nested.merge(right);
            prop_assert!(merged([0, 1, 2]) == nested);
            prop_assert!(merged([2, 0, 1]) == nested);
            let text = serde_json::to_string(&nested).unwrap();
            prop_assert!(serde_json::from_str::<Members>(&text).unwrap() == nested);
        }
    }

    /// What each record of a batch makes, by itself.
    fn one_by_one(membership: &Membership, batch: &Batch<'_>, marks: &Marks, context: &Context<'_>) -> Members {
        let mut all = Members::new(SEED);
        let Membership { dataset, key: parts @ KeyColumn { column, compare, .. }, .. } = *membership;
        for record in 0..batch.len() {
            let counts = membership.filter.as_ref().map_or(Verdict::True, |filter| filter.decide(batch, record, context, &mut Vec::new()));
            let doubt = if let Verdict::Unknown(why) = counts { Some(why) } else { None };
            let window = membership.window.map(|window| window.read(dataset, batch, record));
            let windows = window.map(|window| Windows::of(window, doubt.is_some(), span::begin(context.as_of.plus(1))));
            let begins_later = windows == Some(None);
            let left_out = marks.get(record).or((counts == Verdict::False).then_some(Excluded::Condition));
            let left_out = left_out.or(begins_later.then_some(Excluded::AfterAsOf));
            let why = match (batch.get(column.into(), record), left_out) {
                (Value::Bytes(value), _) => {
                    for one in parts.values(value) {
                        let mut key = Vec::new();
                        let unresolved = encode_one(&mut key, one, compare, context.identity.at(batch, record)).is_unresolved();
                        if let Some(why) = left_out {
                            let known = all.left_out.entry(&key, || why);
                            *known = why.min(*known);
                            continue;
                        }
                        let doubt = least(doubt, unresolved.then_some(Why::PersonUnresolved { dataset, column }));
                        let (shown, windows) = (String::from_utf8_lossy(one).into_owned(), windows.clone().flatten().map(Box::new));
                        let member = Member { doubt, shown, place: position(batch, record), windows };
                        match all.table.find(&key) {
                            Some(slot) => join(all.table.value_mut(slot), member),
                            None => _ = all.table.entry(&key, || member),
                        }
                    }
                    continue;
                }
                (_, Some(why)) => {
                    *all.excluded.entry(why).or_default() += 1;
                    continue;
                }
                (Value::Empty, None) => Why::KeyEmpty { dataset, column },
                (Value::Absent, None) => Why::FieldAbsent { dataset, column },
                (Value::Invalid, None) => Why::Unreadable { dataset, column },
            };
            *all.undecided.entry(why).or_default() += 1;
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn many_records_make_the_members_that_each_makes(
            records in prop::collection::vec(([0_usize..9, 0..4, 0..3, 0..3], any::<prop::sample::Index>()), 0..40),
            exact in any::<bool>(), elements in any::<bool>(), filtered in any::<bool>(), windowed in any::<bool>(),
        ) {
            const WORDS: [&str; 9] = ["1", "ANNA", "2\u{1f}nobody\u{1f}2", "1\u{1f}2\u{1f}3\u{1f}4\u{1f}5\u{1f}6\u{1f}7", "twin", "a@x", "", "-", "{}"];
            let mut identity = roster::of(&[["1", "", "anna"], ["2", "", "twin"], ["3", "", "twin"]]);
            identity.set_homes(vec![TableHome::Told(2)]);
            let cells: Vec<[&str; 5]> = records
                .iter()
                .map(|([word, condition, system, from], _)| {
                    [WORDS[*word], ["yes", "", "-", "{}"][*condition], ["s", "", "-"][*system], ["2020-01-01", "2030-01-01", "{}"][*from], ""]
                })
                .collect();
            let buffer = batch::of(&cells);
            let batch = buffer.view(0, 3, &[]);
            let mut marks = Marks::default();
            for (record, (_, mark)) in records.iter().enumerate() {
                if let Some(why) = [None, None, None, Some(Excluded::OutOfScope), Some(Excluded::Condition)][mark.index(5)] {
                    marks.set(batch.len(), record, why);
                }
            }
            marks.settle(&batch);
            let filter = Leaf { dataset: 1, column: 1, compared: Compared::Exactly, test: LeafTest::Present(true), shared: Shared::default() };
            let membership = Membership {
                dataset: 1,
                filter: filtered.then_some(Compiled::Leaf(filter)),
                key: KeyColumn { column: 0, compare: if exact { Compare::Exact } else { Compare::Person }, elements },
                window: windowed.then_some(SpanColumns { from: 3, to: 4 }),
            };
            let context = Context { as_of: Day(20_000), identity: &identity, sets: &[] };
            let mut together = Members::new(SEED);
            together.fold(&membership, &batch, &marks, &context);
            let each = one_by_one(&membership, &batch, &marks, &context);
            prop_assert_eq!(together.excluded(), each.excluded());
            prop_assert!(together == each);
        }
    }

    #[test]
    fn bytes_that_look_like_the_key_of_a_person_are_none() {
        let place = Position { table: 0, block: 0, record: 0 };
        for (compare, settled) in [(Compare::Exact, 0), (Compare::Person, 4)] {
            let mut members = Members::new(SEED);
            let person = if compare == Compare::Exact { u32::MAX } else { 3 };
            members.table.entry(&person_key(person), || Member { doubt: None, shown: String::new(), place, windows: None });
            members.settle(compare);
            assert_eq!(members.of_persons.len(), settled);
        }
    }
}
