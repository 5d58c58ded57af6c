//! Ordered: the levels of a key follow each other.
//!
//! Of each level only when it was reached first is kept. A date without a
//! time is any moment of its day, and what may have been in order is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::{Keying, has_persons};
use super::{Finish, Fold, KeyColumn, Tally, identity_of, least, position};
use crate::calendar::Moment;
use crate::evidence::batch::{Batch, Value};
use crate::finding::Places;
use crate::key::memory::Share;
use crate::key::{Kept, KeyTable, Striped, without_persons};
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// The dataset's index.
    pub dataset: u16,
    /// Which records it is about.
    pub filter: Option<Compiled>,
    /// The key.
    pub key: Vec<KeyColumn>,
    /// The column with the level.
    pub level: u16,
    /// The levels and their numbers, from 0 for the first on.
    pub levels: BTreeMap<Box<[u8]>, u32>,
    /// The column in whose order they are reached.
    pub by: Option<u16>,
    /// What makes a finding.
    pub identity: Vec<u16>,
}

/// When something was, in seconds since 1970: at some moment of these, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    from: i64,
    to: i64,
}

const DAY: i64 = 86_400;

impl Span {
    fn of(moment: Moment) -> Self {
        let day = i64::from(moment.day.0) * DAY;
        match moment.second {
            Some(second) => Self { from: day + i64::from(second), to: day + i64::from(second) },
            None => Self { from: day, to: day + DAY - 1 },
        }
    }

    /// When the first of two was.
    fn first(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.min(other.to) }
    }
}

/// When a level was reached first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Level {
    certain: Option<Span>,
    /// By records that may not count.
    possible: Option<(Span, Why)>,
}

impl Level {
    fn merge(&mut self, other: Self) {
        self.certain = match (self.certain, other.certain) {
            (Some(one), Some(two)) => Some(one.first(two)),
            (one, two) => one.or(two),
        };
        self.possible = match (self.possible, other.possible) {
            (Some((one, why)), Some((two, other))) => Some((one.first(two), why.min(other))),
            (one, two) => one.or(two),
        };
    }

    /// Why it may have been reached earlier, or at all.
    fn doubt(&self) -> Option<Why> {
        let (span, why) = self.possible?;
        self.certain.is_none_or(|certain| certain.first(span) != certain).then_some(why)
    }
}

/// What was seen of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Reached {
    /// A record surely has it.
    exists: bool,
    /// Why a record may not have it.
    membership: Option<Why>,
    /// Why another key may be the same.
    open: Option<Why>,
    /// A record surely has a level that is none.
    stray: bool,
    /// Why a record may have any level, or one that is none, or have reached its level at any time.
    doubt: Option<Why>,
    #[serde(with = "super::tally::pairs")]
    levels: BTreeMap<u32, Level>,
    places: Places,
    /// The least spelling: the name of a file must not change a finding's id.
    identity: Option<Vec<String>>,
}

impl Reached {
    fn name(&mut self, identity: Option<Vec<String>>) {
        self.identity = [self.identity.take(), identity].into_iter().flatten().min();
    }

    fn doubts(&mut self, why: Option<Why>) {
        self.doubt = least(self.doubt, why);
    }

    /// Why its levels cannot be told.
    fn doubtful(&self) -> Option<Why> {
        self.levels.values().filter_map(Level::doubt).chain(self.doubt).min()
    }

    /// Whether the levels that are there are the first ones, and each may have been reached no earlier than those before it.
    fn in_order(&self) -> bool {
        let mut latest = i64::MIN;
        // A level that only may be there has been looked at as a doubt.
        let reached = self.levels.iter().filter_map(|(number, level)| Some((*number, level.certain?)));
        (0..).zip(reached).all(|(expected, (number, span))| {
            latest = latest.max(span.from);
            number == expected && span.to >= latest
        })
    }
}

impl Kept for Reached {
    fn merge(&mut self, other: Self) {
        self.exists |= other.exists;
        self.stray |= other.stray;
        self.membership = least(self.membership, other.membership);
        self.open = least(self.open, other.open);
        self.doubts(other.doubt);
        for (number, level) in other.levels {
            self.levels.entry(number).or_default().merge(level);
        }
        self.places.merge(&other.places);
        self.name(other.identity);
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    reached: Striped<KeyTable<Reached>>,
    /// Why a record may have any key.
    wild: Option<Why>,
    #[serde(with = "super::tally::pairs")]
    undecided: BTreeMap<Why, u64>,
}

impl State {
    /// The identity of merge.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(Striped::new(seed, &KeyTable::new(seed)))
    }

    /// A state that has seen nothing, within a part of the memory.
    pub(super) fn within(seed: u64, memory: Share) -> Self {
        Self::of(Striped::within(seed, &KeyTable::new(seed), memory))
    }

    const fn of(reached: Striped<KeyTable<Reached>>) -> Self {
        Self { reached, wild: None, undecided: BTreeMap::new() }
    }

    pub(super) fn memory(&self) -> Option<Share> {
        self.reached.memory()
    }

    /// A state that has seen nothing, and fills the same keys.
    pub(super) fn share(&self) -> Self {
        Self::of(self.reached.share())
    }

    pub(super) fn fold(&mut self, operator: &Ordered, batch: &Batch<'_>, fold: &Fold<'_>) {
        let Ordered { dataset, key: columns, .. } = operator;
        for rejection in batch.rejections() {
            self.undecided(Why::Rejected { dataset: *dataset, reason: rejection.reason });
        }
        let all = fold.marks.others();
        let counts = operator.filter.as_ref().map(|filter| filter.decide_all(batch, all, &fold.context, &fold.marks.memo));
        let members: Vec<(u32, Verdict)> = match &counts {
            None => all.iter().map(|record| (*record, Verdict::True)).collect(),
            Some(counts) => all.iter().copied().zip(counts.iter()).filter(|(_, counts)| *counts != Verdict::False).collect(),
        };
        let records = members.iter().map(|(record, _)| *record);
        let keying = Keying { dataset: *dataset, columns, batch, identity: fold.context.identity };
        let keys = keying.keys(records, |why| {
            self.undecided(why);
            // An empty key is surely none of the others.
            if !matches!(why, Why::KeyEmpty { .. }) {
                self.wild = least(self.wild, Some(why));
            }
        });
        // The members that have a key, in the order of the keys.
        let mut with_key = keys.records.iter().peekable();
        let members: Vec<_> = members.into_iter().filter(|(record, _)| with_key.next_if_eq(&record).is_some()).collect();
        self.reached.see(&keys.keys(), has_persons(columns), |at| {
            let mut reached = Reached::default();
            let (record, counts) = members[at];
            let (record, why) = (record as usize, counts.why());
            reached.open = least(reached.open, keys.open(at));
            reached.places.add(position(batch, record));
            match why {
                Some(_) => reached.membership = least(reached.membership, why),
                None => {
                    reached.exists = true;
                    reached.name(Some(identity_of(batch, record, &operator.identity)));
                }
            }
            match operator.level_of(batch, record) {
                Ok(Some((number, span))) => {
                    let level = match why {
                        None => Level { certain: Some(span), possible: None },
                        Some(why) => Level { certain: None, possible: Some((span, why)) },
                    };
                    reached.levels.entry(number).or_default().merge(level);
                }
                Ok(None) if why.is_none() => reached.stray = true,
                Ok(None) => reached.doubts(why),
                Err(own) => reached.doubts(Some(own)),
            }
            reached
        });
    }

    fn undecided(&mut self, why: Why) {
        *self.undecided.entry(why).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.reached.merge(other.reached);
        self.wild = least(self.wild, other.wild);
        for (why, count) in other.undecided {
            *self.undecided.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Ordered, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.undecided {
            tally.undecided(*why, *count);
        }
        let dataset = operator.dataset;
        // A level that is missing may be in what is missing.
        let missing = least(self.wild, (finish.incomplete)(dataset).then_some(Why::Incomplete { dataset }));
        for part in self.reached.into_each(|reached| operator.decide(reached, missing, finish)) {
            tally.merge(part);
        }
        tally
    }
}

impl Ordered {
    /// The level of a record, and when it was reached; `None` where that is no level.
    fn level_of(&self, batch: &Batch<'_>, record: usize) -> Result<Option<(u32, Span)>, Why> {
        let value = |column: u16| match batch.get(column.into(), record) {
            Value::Bytes(value) => Ok(value),
            Value::Empty => Err(Why::KeyEmpty { dataset: self.dataset, column }),
            Value::Absent => Err(Why::FieldAbsent { dataset: self.dataset, column }),
            Value::Invalid => Err(Why::Unreadable { dataset: self.dataset, column }),
        };
        let Some(number) = self.levels.get(value(self.level)?) else { return Ok(None) };
        let span = match self.by {
            None => Span { from: 0, to: 0 },
            Some(column) => Span::of(Moment::parse(value(column)?).ok_or(Why::Unreadable { dataset: self.dataset, column })?),
        };
        Ok(Some((*number, span)))
    }

    /// Decides keys, among which are all that may be the same as one of them.
    fn decide(&self, all: &KeyTable<Reached>, missing: Option<Why>, finish: &Finish<'_>) -> Tally {
        let mut tally = Tally::new(finish.list_max);
        let mut alike: KeyTable<(u64, Option<Why>)> = KeyTable::new(finish.seed);
        let persons = has_persons(&self.key);
        let rest = |key: &[u8]| if persons { without_persons(key) } else { None };
        for (key, reached) in all.iter() {
            if let Some(rest) = rest(key) {
                let (keys, open) = alike.entry(&rest, Default::default);
                *keys += 1;
                *open = least(*open, reached.open);
            }
        }
        for (key, reached) in all.iter() {
            if let (false, Some(why)) = (reached.exists, reached.membership) {
                tally.undecided(why, 1);
                continue;
            }
            // What another key reached may fill a hole, if it is the same; nothing makes a level of what is none.
            let same = || rest(key).and_then(|rest| alike.get(&rest)).filter(|(keys, _)| *keys > 1).and_then(|(_, open)| *open);
            let why = if reached.stray {
                None
            } else if let Some(why) = reached.doubtful() {
                Some(why)
            } else if reached.in_order() {
                tally.conforms(1);
                continue;
            } else {
                same().or(missing)
            };
            match why {
                Some(why) => tally.undecided(why, 1),
                None => tally.exception(finish.prefix, reached.identity.as_deref().unwrap_or_default(), 1, &reached.places),
            }
        }
        tally
    }
}
