//! Joined: a chain over several datasets for each row of a pack table.
//!
//! Each link keeps only records that can belong to a chain: by the row that
//! they name, by the values that earlier links carry, or both. Chains are
//! walked when all has been seen; the first link without a record is the
//! exception.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::words::Words;
use super::{Decided, Finish, Fold, KeyColumn, Tally, filter, position, text};
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::key::{Compare, Encoded, encode};
use crate::pack::Entry;
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

/// The compiled check; feed n is link n.
#[derive(Debug, Clone)]
pub struct Chains {
    /// The rows that chains start from.
    pub rows: Vec<Vec<String>>,
    /// The links.
    pub links: Vec<Link>,
    /// What makes a finding.
    pub identity: Vec<Part>,
}

/// A part of a finding's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A column of the start table.
    Start(usize),
    /// The first link without a record.
    Link,
    /// The value that a link carries on, by the link's number; empty before it.
    Carried(usize),
}

/// One link.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name in findings.
    pub id: String,
    /// The dataset's index.
    pub dataset: u16,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// Ties to the start row.
    pub starts: Vec<StartTie>,
    /// Ties to values that earlier links carry: the column, and the link's number.
    pub carries: Vec<(KeyColumn, usize)>,
    /// The column whose values carry on.
    pub yields: Option<KeyColumn>,
}

/// A tie to a column of the start table.
#[derive(Debug, Clone)]
pub struct StartTie {
    /// The record's column.
    pub column: u16,
    /// The rows, as words; entry n is row n.
    pub entries: Vec<Entry>,
    /// How a value names rows.
    pub words: Words,
    /// The value is a running text that mentions a row.
    pub mentions: bool,
    /// Client words are expected: a row that nobody has a word for is unmapped.
    pub terms: bool,
}

/// Stands for every row, where a link has no tie to the start.
const ANY_ROW: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Tie {
    link: u32,
    row: u32,
    carried: Vec<u8>,
    yields: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hit {
    /// `None`: a record that surely counts.
    doubt: Option<Why>,
    /// The yielded value as exported, at its lowest place.
    shown: String,
    places: Places,
}

impl Hit {
    fn merge(&mut self, other: Self) {
        self.doubt = match (self.doubt, other.doubt) {
            (Some(left), Some(right)) => Some(left.min(right)),
            _ => None,
        };
        if other.places.as_slice().first() < self.places.as_slice().first() {
            self.shown = other.shown;
        }
        self.places.merge(&other.places);
    }
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "super::tally::pairs")]
    hits: BTreeMap<Tie, Hit>,
    /// Per link and row: why a record that cannot be told may belong to any chain of it.
    #[serde(with = "super::tally::pairs")]
    wild: BTreeMap<(u32, u32), Why>,
    /// Rows that some record names, per link.
    named: BTreeSet<(u32, u32)>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

impl State {
    pub(super) fn fold(&mut self, operator: &Chains, feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        let Some(link) = operator.links.get(usize::from(feed)) else { return };
        let number = u32::from(feed);
        let mut scratch = Vec::new();
        for rejection in batch.rejections() {
            *self.rejected.entry(Why::Rejected { dataset: link.dataset, reason: rejection.reason }).or_default() += 1;
        }
        for record in (0..batch.len()).filter(|record| fold.marks.get(*record).is_none()) {
            let rows = link.rows(batch, record);
            if let Ok(rows) = &rows {
                self.named.extend(rows.iter().map(|row| (number, *row)));
                if rows.is_empty() {
                    continue;
                }
            }
            let counts = filter(link.filter.as_ref(), batch, record, fold, &mut scratch);
            if counts == Verdict::False {
                continue;
            }
            match (rows, link.keys(batch, record, fold)) {
                (_, Ok(None)) => {}
                (Err(why), _) => self.wild(number, ANY_ROW, why),
                (Ok(rows), Err(why)) => rows.iter().for_each(|row| self.wild(number, *row, why)),
                (Ok(rows), Ok(Some((carried, yields, shown)))) => {
                    let doubt = match counts {
                        Verdict::Unknown(why) => Some(why),
                        Verdict::True | Verdict::False => None,
                    };
                    for row in rows {
                        let tie = Tie { link: number, row, carried: carried.clone(), yields: yields.clone() };
                        self.hit(tie, Hit { doubt, shown: shown.clone(), places: Places::one(position(batch, record)) });
                    }
                }
            }
        }
    }

    fn wild(&mut self, link: u32, row: u32, why: Why) {
        let known = self.wild.entry((link, row)).or_insert(why);
        *known = (*known).min(why);
    }

    fn hit(&mut self, tie: Tie, hit: Hit) {
        match self.hits.get_mut(&tie) {
            Some(known) => known.merge(hit),
            None => drop(self.hits.insert(tie, hit)),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        other.hits.into_iter().for_each(|(tie, hit)| self.hit(tie, hit));
        other.wild.into_iter().for_each(|((link, row), why)| self.wild(link, row, why));
        self.named.extend(other.named);
        for (why, count) in other.rejected {
            *self.rejected.entry(why).or_default() += count;
        }
    }

    pub(super) fn finish(self, operator: &Chains, finish: &Finish<'_>) -> Decided {
        let mut tally = Tally::new(finish.list_max);
        for (why, count) in &self.rejected {
            tally.undecided(*why, *count);
        }
        for row in (0_u32..).take(operator.rows.len()) {
            let walk = Walk { state: &self, operator, finish, row };
            walk.on(0, &BTreeMap::new(), &Places::default(), &mut tally);
        }
        let mut unmapped = BTreeSet::new();
        for (number, link) in (0_u32..).zip(&operator.links) {
            for tie in link.starts.iter().filter(|tie| tie.terms && !tie.mentions) {
                let nobody = |row: &u32| !tie.words.mapped(*row) && !self.named.contains(&(number, *row));
                unmapped.extend((0_u32..).zip(&tie.entries).filter(|(row, _)| nobody(row)).map(|(_, entry)| entry.id.clone()));
            }
        }
        Decided { tally, unmapped: unmapped.into_iter().collect(), statement: None }
    }
}

impl Link {
    /// The rows that a record names; `Err` where that cannot be told.
    fn rows(&self, batch: &Batch<'_>, record: usize) -> Result<Vec<u32>, Why> {
        let mut rows: Option<Vec<u32>> = None;
        let mut named = Vec::new();
        for tie in &self.starts {
            match batch.get(tie.column.into(), record) {
                Value::Bytes(value) if tie.mentions => tie.words.mentioned(value, &mut named),
                Value::Bytes(value) => tie.words.names(value, &mut named),
                Value::Empty => named.clear(),
                Value::Absent => return Err(Why::FieldAbsent { dataset: self.dataset, column: tie.column }),
                Value::Invalid => return Err(Why::Unreadable { dataset: self.dataset, column: tie.column }),
            }
            rows = Some(match rows {
                None => named.clone(),
                Some(rows) => rows.into_iter().filter(|row| named.contains(row)).collect(),
            });
        }
        Ok(rows.unwrap_or_else(|| vec![ANY_ROW]))
    }

    /// The keys that tie a record to carried values, the key that it yields and that value as exported.
    /// `None` where a value is empty: such a record belongs to no chain.
    #[expect(clippy::type_complexity, reason = "three parts, used once")]
    fn keys(&self, batch: &Batch<'_>, record: usize, fold: &Fold<'_>) -> Result<Option<(Vec<u8>, Vec<u8>, String)>, Why> {
        let (mut carried, mut yields, mut shown) = (Vec::new(), Vec::new(), String::new());
        let columns = self.carries.iter().map(|(column, _)| (*column, false)).chain(self.yields.map(|column| (column, true)));
        for (KeyColumn { column, compare }, is_yield) in columns {
            let dataset = self.dataset;
            match batch.get(column.into(), record) {
                Value::Bytes(value) => {
                    let key = if is_yield { &mut yields } else { &mut carried };
                    let encoded = encode(key, value, compare, fold.context.identity.at(batch, record));
                    if compare == Compare::Person && encoded != Encoded::Known {
                        return Err(Why::PersonUnresolved { dataset, column });
                    }
                    if is_yield {
                        shown = text(batch, record, column);
                    }
                }
                Value::Empty => return Ok(None),
                Value::Absent => return Err(Why::FieldAbsent { dataset, column }),
                Value::Invalid => return Err(Why::Unreadable { dataset, column }),
            }
        }
        Ok(Some((carried, yields, shown)))
    }
}

/// The walk along the chains of one row.
struct Walk<'w> {
    state: &'w State,
    operator: &'w Chains,
    finish: &'w Finish<'w>,
    row: u32,
}

/// What links carry on: the key, and the value as exported, by the link's number.
type Carried = BTreeMap<usize, (Vec<u8>, String)>;

impl Walk<'_> {
    fn on(&self, number: usize, carried: &Carried, seen: &Places, tally: &mut Tally) {
        let Some(link) = self.operator.links.get(number) else {
            tally.conforms(1);
            return;
        };
        let key: Vec<u8> = link.carries.iter().filter_map(|(_, from)| carried.get(from)).flat_map(|(key, _)| key.clone()).collect();
        let hits = self.hits(number, &key);
        let certain: Vec<_> = hits.iter().filter(|(_, hit)| hit.doubt.is_none()).collect();
        if certain.is_empty() {
            self.broken(number, link, &hits, carried, seen, tally);
            return;
        }
        if link.yields.is_none() {
            let mut places = seen.clone();
            certain.iter().for_each(|(_, hit)| places.merge(&hit.places));
            self.on(number + 1, carried, &places, tally);
            return;
        }
        // A record that cannot be told may make another chain.
        if let Some(why) = self.wild(number) {
            tally.undecided(why, 1);
        }
        let mut yielded: BTreeMap<&[u8], (Option<Why>, Option<(Position, &str)>, Places)> = BTreeMap::new();
        for (key, hit) in &hits {
            let entry = yielded.entry(key).or_insert((hit.doubt, None, Places::default()));
            entry.0 = if hit.doubt.is_none() { None } else { entry.0 };
            let here = hit.places.as_slice().first().map(|place| (*place, hit.shown.as_str()));
            entry.1 = [entry.1, here].into_iter().flatten().min();
            entry.2.merge(&hit.places);
        }
        for (key, (doubt, shown, places)) in yielded {
            if let Some(why) = doubt {
                tally.undecided(why, 1);
                continue;
            }
            let mut carried = carried.clone();
            carried.insert(number, (key.to_vec(), shown.map(|(_, shown)| shown.to_owned()).unwrap_or_default()));
            let mut seen = seen.clone();
            seen.merge(&places);
            self.on(number + 1, &carried, &seen, tally);
        }
    }

    fn hits(&self, number: usize, key: &[u8]) -> Vec<(&[u8], &Hit)> {
        let link = u32::try_from(number).unwrap_or(u32::MAX);
        let of = |row: u32| {
            let from = Tie { link, row, carried: key.to_vec(), yields: Vec::new() };
            let matching = self.state.hits.range(from..).take_while(move |(tie, _)| tie.link == link && tie.row == row && tie.carried == key);
            matching.map(|(tie, hit)| (tie.yields.as_slice(), hit))
        };
        of(self.row).chain(of(ANY_ROW)).collect()
    }

    fn wild(&self, number: usize) -> Option<Why> {
        let link = u32::try_from(number).unwrap_or(u32::MAX);
        [self.row, ANY_ROW].into_iter().filter_map(|row| self.state.wild.get(&(link, row)).copied()).min()
    }

    fn broken(&self, number: usize, link: &Link, hits: &[(&[u8], &Hit)], carried: &Carried, seen: &Places, tally: &mut Tally) {
        let doubt = hits.iter().filter_map(|(_, hit)| hit.doubt).min().or(self.wild(number));
        let incomplete = (self.finish.incomplete)(link.dataset).then_some(Why::Incomplete { dataset: link.dataset });
        if let Some(why) = doubt.or(incomplete) {
            tally.undecided(why, 1);
            return;
        }
        let part = |part: &Part| match part {
            Part::Start(column) => self.operator.rows[self.row as usize].get(*column).cloned().unwrap_or_default(),
            Part::Link => link.id.clone(),
            Part::Carried(from) => carried.get(from).map(|(_, shown)| shown.clone()).unwrap_or_default(),
        };
        tally.exception(self.finish.prefix, self.operator.identity.iter().map(part).collect(), 1, seen);
    }
}
