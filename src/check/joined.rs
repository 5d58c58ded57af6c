//! Joined: a chain over several datasets for each row of a pack table, or for
//! rows of it that have a value in common.
//!
//! Each link keeps only records that can belong to a chain: by the row that
//! they name, by the values that earlier links carry, or both. Chains are
//! walked when all has been seen; the first link without a record is the
//! exception.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::words::Words;
use super::{Decided, Finish, Fold, KeyColumn, Tally, filter, least, position};
use crate::evidence::batch::Batch;
use crate::finding::Places;
use crate::key::Compare;
use crate::pack::Entry;
use crate::predicate::compiled::{Compiled, Verdict};
use crate::why::Why;

mod link;
mod starts;

use self::link::Keys;
pub use self::starts::Starts;

/// The compiled check; feed n is link n.
#[derive(Debug, Clone)]
pub struct Chains {
    /// What chains start from.
    pub starts: Starts,
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
    /// The record's column; of a list, any element may name a row.
    pub column: KeyColumn,
    /// The rows, as words; entry n is row n.
    pub entries: Vec<Entry>,
    /// How a value names rows.
    pub words: Words,
    /// The value is a running text that mentions a row.
    pub mentions: bool,
    /// Client words are expected: a row that nobody has a word for is unmapped.
    pub terms: bool,
    /// The column is the one whose values make the chains: whichever of a chain's rows a value names, it names the chain.
    pub of_chain: bool,
}

/// Stands for every chain, where a link has no tie to the start.
const ANY: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Tie {
    link: u32,
    chain: u32,
    carried: Vec<u8>,
    yields: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hit {
    /// `None`: a record that surely counts.
    doubt: Option<Why>,
    /// The yielded value as exported; the least spelling: the name of a file must not change a finding's id.
    shown: String,
    places: Places,
}

impl Hit {
    fn merge(&mut self, other: Self) {
        self.doubt = match (self.doubt, other.doubt) {
            (Some(left), Some(right)) => Some(left.min(right)),
            _ => None,
        };
        self.shown = std::mem::take(&mut self.shown).min(other.shown);
        self.places.merge(&other.places);
    }
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "super::tally::pairs")]
    hits: BTreeMap<Tie, Hit>,
    /// Per link and chain: why a record that cannot be told may belong to any chain of it.
    #[serde(with = "super::tally::pairs")]
    wild: BTreeMap<(u32, u32), Why>,
    /// Chains that some record names, per link.
    named: BTreeSet<(u32, u32)>,
    #[serde(with = "super::tally::pairs")]
    rejected: BTreeMap<Why, u64>,
}

impl State {
    pub(super) fn fold(&mut self, operator: &Chains, feed: u8, batch: &Batch<'_>, fold: &Fold<'_>) {
        let Some(link) = operator.links.get(usize::from(feed)) else { return };
        let number = u32::from(feed);
        let mut scratch = Vec::new();
        // Of a chain of several rows only those count that are claimed.
        let claims = operator.starts.claims_within(&fold.context);
        // Where several links read one dataset, its rejected records are counted with the first.
        if operator.links.iter().take(usize::from(feed)).all(|earlier| earlier.dataset != link.dataset) {
            for rejection in batch.rejections() {
                *self.rejected.entry(Why::Rejected { dataset: link.dataset, reason: rejection.reason }).or_default() += 1;
            }
        }
        for record in (0..batch.len()).filter(|record| fold.marks.get(*record).is_none()) {
            let chains = link.chains(batch, record, &operator.starts, &claims);
            if let Ok(chains) = &chains {
                self.named.extend(chains.iter().map(|(chain, _)| (number, *chain)));
                if chains.is_empty() {
                    continue;
                }
            }
            let counts = filter(link.filter.as_ref(), batch, record, fold, &mut scratch);
            if counts == Verdict::False {
                continue;
            }
            match (chains, link.keys(batch, record, fold)) {
                (_, Ok(None)) => {}
                (Err(why), _) => self.wild(number, ANY, why),
                (Ok(chains), Err(why)) => chains.iter().for_each(|(chain, _)| self.wild(number, *chain, why)),
                (Ok(chains), Ok(Some(Keys { carried, yields }))) => {
                    let counts = match counts {
                        Verdict::Unknown(why) => Some(why),
                        Verdict::True | Verdict::False => None,
                    };
                    for ((chain, doubt), (yields, shown)) in chains.iter().flat_map(|chain| yields.iter().map(move |yields| (*chain, yields))) {
                        let tie = Tie { link: number, chain, carried: carried.clone(), yields: yields.clone() };
                        let places = Places::one(position(batch, record));
                        self.hit(tie, Hit { doubt: least(counts, doubt), shown: shown.clone(), places });
                    }
                }
            }
        }
    }

    fn wild(&mut self, link: u32, chain: u32, why: Why) {
        let known = self.wild.entry((link, chain)).or_insert(why);
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
        other.wild.into_iter().for_each(|((link, chain), why)| self.wild(link, chain, why));
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
        let starts = &operator.starts;
        let claims: Vec<Verdict> = starts.rows().map(|row| starts.claims(row, &finish.context)).collect();
        let chains: Vec<Verdict> = starts.chains().map(|rows| starts::any(rows, &claims)).collect();
        for (chain, claimed) in (0_u32..).zip(&chains) {
            match claimed {
                Verdict::True => {}
                Verdict::False => continue,
                Verdict::Unknown(why) => {
                    tally.undecided(*why, 1);
                    continue;
                }
            }
            let walk = Walk { state: &self, operator, finish, chain };
            walk.on(0, &BTreeMap::new(), &Places::default(), &mut tally);
        }
        let mut unmapped = BTreeSet::new();
        for (number, link) in (0_u32..).zip(&operator.links) {
            for tie in link.starts.iter().filter(|tie| tie.terms && !tie.mentions) {
                for (chain, rows) in (0_u32..).zip(starts.chains()) {
                    if self.named.contains(&(number, chain)) || rows.iter().any(|row| tie.words.mapped(*row)) {
                        continue;
                    }
                    let claimed = rows.iter().filter(|row| claims.get(**row as usize) == Some(&Verdict::True));
                    unmapped.extend(claimed.filter_map(|row| tie.entries.get(*row as usize)).map(|entry| entry.id.clone()));
                }
            }
        }
        Decided { tally, unmapped: unmapped.into_iter().collect(), statement: None, seen: None }
    }
}

/// The walk along one chain, and all that it branches into.
struct Walk<'w> {
    state: &'w State,
    operator: &'w Chains,
    finish: &'w Finish<'w>,
    chain: u32,
}

/// A link's number as a feed's.
fn feed(number: usize) -> u8 {
    u8::try_from(number).expect("a pack is refused where a chain has more than a few links")
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
            let mut places = *seen;
            certain.iter().for_each(|(_, hit)| places.merge(&hit.places));
            self.on(number + 1, carried, &places, tally);
            return;
        }
        // A record that cannot be told may make another chain.
        if let Some(why) = self.wild(number) {
            tally.undecided(why, 1);
        }
        let mut yielded: BTreeMap<&[u8], Hit> = BTreeMap::new();
        for (key, hit) in &hits {
            match yielded.get_mut(key) {
                Some(known) => known.merge((*hit).clone()),
                None => drop(yielded.insert(key, (*hit).clone())),
            }
        }
        for (key, Hit { doubt, shown, places }) in yielded {
            if let Some(why) = doubt {
                tally.undecided(why, 1);
                continue;
            }
            let mut carried = carried.clone();
            carried.insert(number, (key.to_vec(), shown));
            let mut seen = *seen;
            seen.merge(&places);
            self.on(number + 1, &carried, &seen, tally);
        }
    }

    fn hits(&self, number: usize, key: &[u8]) -> Vec<(&[u8], &Hit)> {
        let of =
            |chain: u32| self.from(number, chain, key).take_while(move |(tie, _)| tie.carried == key).map(|(tie, hit)| (tie.yields.as_slice(), hit));
        of(self.chain).chain(of(ANY)).collect()
    }

    /// The records of a link that belong to a chain, from a carried key on.
    fn from(&self, number: usize, chain: u32, key: &[u8]) -> impl Iterator<Item = (&Tie, &Hit)> {
        let link = u32::from(feed(number));
        let from = Tie { link, chain, carried: key.to_vec(), yields: Vec::new() };
        self.state.hits.range(from..).take_while(move |(tie, _)| tie.link == link && tie.chain == chain)
    }

    /// Why a record of the link that is tied to somebody else may be tied to this person all the same.
    fn somebody_else(&self, number: usize, link: &Link) -> Option<Why> {
        let open = self.finish.context.identity.is_incomplete() && link.carries.iter().any(|(column, _)| column.compare == Compare::Person);
        let any = || [self.chain, ANY].into_iter().any(|chain| self.from(number, chain, &[]).next().is_some());
        (open && any()).then_some(Why::RosterIncomplete)
    }

    fn wild(&self, number: usize) -> Option<Why> {
        let link = u32::from(feed(number));
        [self.chain, ANY].into_iter().filter_map(|chain| self.state.wild.get(&(link, chain)).copied()).min()
    }

    fn broken(&self, number: usize, link: &Link, hits: &[(&[u8], &Hit)], carried: &Carried, seen: &Places, tally: &mut Tally) {
        let doubt = hits.iter().filter_map(|(_, hit)| hit.doubt).min().or(self.wild(number)).or(self.somebody_else(number, link));
        let incomplete = (self.finish.incomplete)(link.dataset).then_some(Why::Incomplete { dataset: link.dataset });
        if let Some(why) = doubt.or(incomplete) {
            tally.undecided(why, 1);
            return;
        }
        let part = |part: &Part| match part {
            Part::Start(column) => self.operator.starts.value(self.chain, *column).to_owned(),
            Part::Link => link.id.clone(),
            Part::Carried(from) => carried.get(from).map(|(_, shown)| shown.clone()).unwrap_or_default(),
        };
        tally.exception(self.finish.prefix, &self.operator.identity.iter().map(part).collect::<Vec<_>>(), 1, seen);
    }
}
