//! Datasets that are made of others: who is in a group, who holds a role, who
//! may do what, who has which duty.
//!
//! Made once, in the keys round, where a check reads them; from then on they
//! are batches like any others. A record of them is a few numbers; its cells
//! are put together when a batch is asked for. It has a position of its own,
//! in a table that no file carries, and knows the records of the exports that
//! it was made of: these are what findings cite.

use crate::dataset::derived::{DUTY_HOLDERS, EFFECTIVE_PERMISSIONS, GROUP_MEMBERS, ROLE_HOLDERS};
use crate::engagement::Term;
use crate::evidence::batch::{Batch, BatchBuffer, KeptBatch, RejectReason};
use crate::finding::Position;
use crate::identity::Identity;
use crate::plan::Plan;

mod cells;
mod duties;
mod effective;
mod groups;
mod holders;
mod made;
mod names;
pub mod rules;

use self::cells::Column;

/// Records of a derived dataset that are made at most.
pub const MOST_RECORDS: usize = if cfg!(test) { 300_000 } else { 8_000_000 };
/// Steps that making one takes at most: groups, members and permissions that are looked at.
const MOST_STEPS: usize = if cfg!(test) { 3_000_000 } else { 200_000_000 };
/// Bytes that one derived record has at most, written out, and all of a dataset together: many share the long values of few.
const LONGEST: usize = if cfg!(test) { 1 << 10 } else { 64 << 10 };
const MOST_WRITTEN: u64 = if cfg!(test) { 1 << 20 } else { 4 << 30 };
/// Bytes of all values of the records that derived ones are made of, written out.
const MOST_BASES: u64 = if cfg!(test) { 4 << 20 } else { 2 << 30 };
/// Bytes of texts that derived records share.
const MOST_TEXTS: usize = if cfg!(test) { 1 << 20 } else { 256 << 20 };
/// Bytes that are looked at in one step.
const EACH_STEP: usize = 64;
/// Records of a batch.
const CHUNK: usize = if cfg!(test) { 7 } else { 4096 };

/// A derived dataset would have more records, need more steps, or be longer than is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Exceeded;

/// The steps that are left.
#[derive(Debug)]
struct Steps(usize);

impl Default for Steps {
    fn default() -> Self {
        Self(MOST_STEPS)
    }
}

impl Steps {
    fn take(&mut self, steps: usize) -> Result<(), Exceeded> {
        self.0 = self.0.checked_sub(steps).ok_or(Exceeded)?;
        Ok(())
    }

    /// Bytes that are looked at: those of names are free, but for long ones.
    fn look(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.take(bytes / EACH_STEP)
    }
}

/// Keeps what is made within bounds.
fn within(records: usize) -> Result<(), Exceeded> {
    if records > MOST_RECORDS { Err(Exceeded) } else { Ok(()) }
}

/// As a number of 32 bits: what is counted so is held in memory, and bounded far below.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A record that was read: the batch and its number there. Ordered as positions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct At {
    batch: u32,
    record: u32,
}

/// Where a derived record has somebody's name from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Person {
    /// From the record that it is made of.
    Own,
    /// From a membership, or from the roster.
    Member(At),
    /// Nobody tells.
    Untold,
}

/// A text by number; the last numbers are no text.
type Text = u32;

const ABSENT: Text = u32::MAX;
const UNTOLD: Text = u32::MAX - 1;
const EMPTY: Text = u32::MAX - 2;

/// A derived record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// The membership, the assignment or the cell of a matrix that it is made of.
    main: At,
    person: Person,
    /// The persons of the main record are not named as the person of this one is.
    foreign: bool,
    /// The system whose names the persons are; absent: the roster's.
    names: Text,
    /// The group, or the title; empty where there is none.
    group: Text,
    /// The innermost group; of a duty, the person behind the title.
    via: Text,
    /// A permission by number, or untold.
    permission: u32,
    tags: Text,
    extent: Text,
}

impl Row {
    const fn of(main: At, person: Person) -> Self {
        Self { main, person, foreign: false, names: ABSENT, group: EMPTY, via: EMPTY, permission: UNTOLD, tags: UNTOLD, extent: UNTOLD }
    }
}

/// Texts by number.
#[derive(Debug, Default)]
struct Texts {
    numbers: std::collections::HashMap<Box<[u8]>, Text, foldhash::fast::RandomState>,
    texts: Vec<Box<[u8]>>,
    bytes: usize,
}

impl Texts {
    /// Keeps them within bounds.
    const fn within(&self) -> Result<(), Exceeded> {
        if self.bytes > MOST_TEXTS { Err(Exceeded) } else { Ok(()) }
    }

    fn number(&mut self, text: &[u8]) -> Text {
        if text.is_empty() {
            return EMPTY;
        }
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = number(self.texts.len());
        self.bytes += text.len();
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }
}

/// What was made for one dataset.
#[derive(Debug, Default)]
struct Made {
    rows: Vec<Row>,
    /// Records of which something cannot be told that decides whether there are others like them, or none.
    open: Vec<(Row, RejectReason)>,
    texts: Texts,
    /// By number: the text, its object and its action.
    permissions: Vec<[Text; 3]>,
    /// Records of the bases that tell nothing.
    rejected: Vec<(RejectReason, u64)>,
    /// Something is assigned to a group, or a duty to a title, or may be: memberships, or the roster, are needed.
    for_groups: bool,
}

/// A derived dataset.
#[derive(Debug)]
pub struct Derived {
    /// Its index in the plan.
    pub dataset: u16,
    /// The ordinal of its table: behind those of the evidence.
    pub table: u32,
    columns: Vec<Column>,
    made: Option<Made>,
}

/// All derived datasets of a plan, with the records that they are made of.
#[derive(Debug, Default)]
pub struct Derivations {
    batches: Vec<KeptBatch>,
    all: Vec<Derived>,
}

/// What is known of the tables that the records come from.
#[derive(Debug)]
pub struct Ground<'g> {
    /// The plan.
    pub plan: &'g Plan,
    /// Who is who.
    pub identity: &'g Identity,
    /// By the table's ordinal: its planned dataset, and its system. The tables that no file carries come behind these.
    pub tables: Vec<(Option<u16>, Option<&'g [u8]>)>,
    /// The client's words.
    pub terms: &'g [Term],
}

impl<'g> Ground<'g> {
    fn table(&self, ordinal: u32) -> (Option<u16>, Option<&'g [u8]>) {
        self.tables.get(ordinal as usize).copied().unwrap_or_default()
    }
}

impl Derivations {
    /// Makes all derived datasets of a plan; `batches` are what was read of their bases, in any order;
    /// `None` where some of it could not be kept.
    #[must_use]
    pub fn new(ground: &Ground<'_>, batches: Option<Vec<KeptBatch>>) -> Self {
        let kept = batches.is_some();
        let mut batches = batches.unwrap_or_default();
        batches.sort_by_key(|batch| (batch.view().table, batch.view().block));
        let fits = |(longest, all): (usize, u64), of: (usize, u64)| (longest.max(of.0), all.saturating_add(of.1));
        let (longest, written) = batches.iter().map(KeptBatch::written).fold((0, 0), fits);
        let made = if kept && longest <= LONGEST && written <= MOST_BASES { made::all(ground, &batches) } else { Vec::new() };
        let mut made = made.into_iter();
        let all = (number(ground.tables.len())..).zip(ground.plan.derived()).map(|(table, (dataset, derived))| {
            let columns = cells::columns(ground.plan, dataset, derived.dataset.name);
            let made = made.next().flatten().filter(|made| cells::written(&batches, &columns, made).is_ok());
            Derived { dataset, table, columns, made }
        });
        let all = all.collect();
        Self { batches, all }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Derived> {
        self.all.iter()
    }

    /// The derived dataset of that index in the plan.
    #[must_use]
    pub fn of(&self, dataset: u16) -> Option<&Derived> {
        self.all.iter().find(|derived| derived.dataset == dataset)
    }

    /// The derived dataset that a position is of.
    #[must_use]
    pub fn at(&self, position: Position) -> Option<&Derived> {
        self.all.iter().find(|derived| derived.table == position.table)
    }

    /// Calls `take` with every batch of a derived dataset, in order.
    pub fn each(&self, derived: &Derived, mut take: impl FnMut(&Batch<'_>)) {
        let mut buffer = BatchBuffer::default();
        for (block, rows) in (0..).zip(derived.made.iter().flat_map(|made| made.rows.chunks(CHUNK))) {
            self.fill(derived, rows.iter(), &mut buffer);
            take(&buffer.view(derived.table, block, &[]));
        }
    }

    /// Calls `take` with what cannot be told of a derived dataset: records, and why each of them is one.
    pub fn each_open(&self, derived: &Derived, mut take: impl FnMut(&Batch<'_>, &[RejectReason])) {
        let mut buffer = BatchBuffer::default();
        for (block, open) in (0..).zip(derived.made.iter().flat_map(|made| made.open.chunks(CHUNK))) {
            self.fill(derived, open.iter().map(|(row, _)| row), &mut buffer);
            let batch = buffer.view(derived.table, block, &[]);
            let reasons: Vec<_> = (0..batch.len()).filter_map(|at| open.get(batch.place(at).ordinal as usize)).map(|(_, reason)| *reason).collect();
            take(&batch, &reasons);
        }
    }

    /// The record at a position, with its number in the batch.
    pub fn record<R>(&self, position: Position, take: impl FnOnce(&Batch<'_>, usize) -> Option<R>) -> Option<R> {
        let derived = self.at(position)?;
        let row = self.row(position)?;
        let mut buffer = BatchBuffer::default();
        self.fill(derived, std::iter::once(row), &mut buffer);
        let batch = buffer.view(derived.table, position.block, &[]);
        if batch.is_empty() { None } else { take(&batch, 0) }
    }

    fn row(&self, position: Position) -> Option<&Row> {
        let rows = &self.at(position)?.made.as_ref()?.rows;
        rows.get(position.block as usize * CHUNK + position.record as usize)
    }

    /// The records of the exports that a finding at these places cites: in order, each once.
    #[must_use]
    pub fn sources(&self, places: &[Position]) -> Vec<Position> {
        let mut sources = Vec::with_capacity(places.len());
        for place in places {
            if self.at(*place).is_none() {
                sources.push(*place);
                continue;
            }
            let Some(row) = self.row(*place) else { continue };
            sources.extend(self.position(row.main));
            if let Person::Member(at) = row.person {
                sources.extend(self.position(at));
            }
        }
        sources.sort_unstable();
        sources.dedup();
        sources.truncate(crate::finding::MAX_CITATIONS);
        sources
    }

    fn position(&self, at: At) -> Option<Position> {
        let batch = self.batches.get(at.batch as usize)?.view();
        Some(Position { table: batch.table, block: batch.block, record: batch.place(at.record as usize).ordinal })
    }
}

impl Derived {
    /// Whether it would be too much to be made.
    #[must_use]
    pub const fn exceeded(&self) -> bool {
        self.made.is_none()
    }

    /// Whether something is assigned to a group, or may be, so that memberships are needed; or a duty to a title.
    #[must_use]
    pub fn is_for_groups(&self) -> bool {
        self.made.as_ref().is_some_and(|made| made.for_groups)
    }

    /// Whether something of it cannot be told.
    #[must_use]
    pub fn has_open(&self) -> bool {
        self.undecided() > 0
    }

    /// How many of its records stand for what cannot be told.
    #[must_use]
    pub fn undecided(&self) -> u64 {
        self.made.as_ref().map_or(0, |made| made.open.len() as u64)
    }

    /// How many records it has, those of which something cannot be told included.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.made.as_ref().map_or(0, |made| (made.rows.len() + made.open.len()) as u64)
    }

    /// How many records of the bases tell nothing: they could not be read, or are memberships of nobody knows which group.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.made.iter().flat_map(|made| &made.rejected).map(|(_, count)| count).sum()
    }

    /// Calls `take` with batches without a record, that tell what of the bases could not be read.
    pub fn each_rejected(&self, mut take: impl FnMut(&Batch<'_>)) {
        for (reason, count) in self.made.iter().flat_map(|made| &made.rejected) {
            let mut left = *count;
            while left > 0 {
                let now = left.min(CHUNK as u64);
                take(&self.rejections(std::iter::repeat_n(*reason, usize::try_from(now).unwrap_or(1)), &mut BatchBuffer::default()));
                left -= now;
            }
        }
    }

    /// A batch without a record, that rejects some.
    pub fn rejections<'b>(&self, reasons: impl Iterator<Item = RejectReason>, buffer: &'b mut BatchBuffer) -> Batch<'b> {
        buffer.reset(self.columns.len());
        reasons.for_each(|reason| buffer.reject(0, 0, reason));
        buffer.view(self.table, 0, &[])
    }
}
