//! One pass over files: read, digest, cut into blocks, work on blocks in
//! parallel. The only place that knows threads.
//!
//! A file is read from front to back, by one thread at a time, which digests
//! every byte and finds where records end; blocks of whole records go to
//! whoever is free. When enough of them wait, those that read work on them
//! themselves, so that memory stays bounded whatever the sizes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use self::reading::Reading;
use self::turns::{InHand, Turn, Turns};
use crate::evidence::batch::{Batch, BatchBuffer, RejectReason};
use crate::evidence::block::{ReadProblem, SplitEnd};
use crate::evidence::collect::Blob;
use crate::evidence::layout::FileLayout;
use crate::evidence::read::{Marks, Parser};
use crate::evidence::survey::Head;
use crate::fault;
use crate::parallel::lock;

mod describe;
mod reading;
#[cfg(test)]
mod tests;
mod turns;

/// A file to read. Without a layout its bytes are only digested.
pub(super) struct Task<'t> {
    /// The file's index in the survey.
    pub file: usize,
    pub blob: &'t Blob,
    pub layout: Option<&'t FileLayout>,
    /// What the survey saw of its beginning.
    pub head: Option<&'t Head>,
}

/// How blocks are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks {
    /// Bytes that are read at once.
    pub size: usize,
    /// The seed of the blocks' fast digests.
    pub seed: u64,
}

/// What reading a file told.
#[derive(Debug, Default)]
pub(super) struct FileRead {
    /// SHA-256 of every byte, lower-case hexadecimal; empty where the file could not be read to its end.
    pub sha256: String,
    /// Bytes read.
    pub bytes: u64,
    /// The blocks, in order.
    pub blocks: Vec<BlockInfo>,
    /// Wrapper members, and what ended the reading early.
    pub end: SplitEnd,
    /// Whether the file does not begin as the survey saw it. Nothing but its digest was read then.
    pub swapped: bool,
}

/// What reading told, by the survey's file index.
pub(super) type Reads = BTreeMap<usize, FileRead>;

/// Where a block lies and what it held; enough to read it again and to count
/// records, rows and lines up to it.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockInfo {
    /// The file offset of its first byte.
    pub offset: u64,
    /// Bytes before its first record.
    pub skip: usize,
    /// Its length.
    pub length: usize,
    /// Line ends in it.
    pub lines: u64,
    /// Rows or objects in it.
    pub rows: u64,
    /// Per table of the layout: records made or rejected.
    pub records: Vec<u64>,
    /// Per table, reason and first ordinal: records that could not be read.
    pub rejected: Vec<(usize, RejectReason, u64, u64)>,
    /// The bytes before its first record open a list.
    pub opens_list: bool,
    /// Per table of the layout, ascending.
    pub stops: Vec<Vec<Stop>>,
}

/// A stretch of rows that can be read again without the rest of its block, up
/// to the next stop or the block's end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// Byte offset of the row, behind the bytes that the block skips.
    pub offset: u32,
    /// The ordinal of its first record in the block.
    pub ordinal: u32,
    /// The row's ordinal in the block.
    pub row: u32,
    /// Line ends in the block before it.
    pub lines: u32,
    /// A keyed digest of the stretch.
    pub digest: u64,
}

/// Records from one stop to the next, at least.
const BETWEEN_STOPS: usize = 32;

impl FileRead {
    /// Records made or rejected, per table of the layout.
    pub fn records(&self, table: usize) -> u64 {
        self.blocks.iter().map(|block| block.records.get(table).copied().unwrap_or(0)).sum()
    }

    /// Records that could not be read.
    pub fn rejected(&self, table: usize) -> u64 {
        self.blocks.iter().flat_map(|block| &block.rejected).filter(|(at, ..)| *at == table).map(|(_, _, count, _)| count).sum()
    }
}

/// A block with its records.
pub(super) struct Block<'b> {
    layout: &'b FileLayout,
    number: u32,
    bytes: &'b [u8],
    buffers: &'b [BatchBuffer],
}

impl<'b> Block<'b> {
    /// The records of each table, in the layout's order.
    pub fn batches(&self) -> impl Iterator<Item = Batch<'b>> {
        let (number, bytes) = (self.number, self.bytes);
        self.layout.tables.iter().zip(self.buffers).map(move |(table, buffer)| buffer.view(table.table, number, bytes))
    }
}

/// Bytes that were read, and their marks. Behind those of a block others may lie.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    marks: Marks,
}

/// A block of whole records that waits for a worker.
struct Waiting<'s> {
    task: &'s Task<'s>,
    /// Its ordinal in the file.
    number: u32,
    info: BlockInfo,
    buffer: Buffer,
}

/// What a thread works on blocks with.
struct Worker<'s, S> {
    state: S,
    /// Of the files whose blocks were parsed last, the last one last.
    known: Vec<Known<'s>>,
}

/// A file of which a worker knows by now what records look like.
struct Known<'s> {
    file: usize,
    parser: Parser<'s>,
    /// Per table of the layout.
    buffers: Vec<BatchBuffer>,
}

/// Files that a worker keeps in mind: more than one is read at once.
const KNOWN: usize = 3;

/// What grew beyond so many bytes, or pieces of a file, for a long record is not used again.
const KEPT: usize = 16 << 20;
const PIECES: usize = 4;

struct Shared<'s, M, W> {
    blocks: Blocks,
    turns: Turns<'s>,
    /// Buffers to use again.
    spare: Mutex<Vec<Buffer>>,
    reads: Mutex<Reads>,
    infos: Mutex<Vec<(usize, BlockInfo)>>,
    /// Files and offsets of blocks on which a reader failed.
    faults: Mutex<Vec<(usize, u64)>>,
    make: M,
    work: W,
}

/// Reads files. `make` gives a state that has seen nothing, `work` takes a
/// block into it. Gives the states of all workers, to be merged in any
/// order, and what reading each file told.
pub(super) fn run<S, M, W>(tasks: &[Task<'_>], blocks: Blocks, make: M, work: W) -> (Vec<S>, Reads)
where
    S: Send,
    M: Fn() -> S + Sync,
    W: Fn(&mut S, &Block<'_>) + Sync,
{
    // The largest ones first.
    let mut order: Vec<&Task<'_>> = tasks.iter().rev().collect();
    order.sort_by_key(|task| task.blob.size);
    let threads = rayon::current_num_threads();
    let shared = Shared {
        blocks,
        turns: Turns::new(order, threads),
        spare: Mutex::default(),
        reads: Mutex::default(),
        infos: Mutex::default(),
        faults: Mutex::default(),
        make,
        work,
    };
    let states = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| {
                let state = shared.drive();
                lock(&states).extend(state);
            });
        }
    });
    let states = states.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reads = shared.reads.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut infos = shared.infos.into_inner().unwrap_or_else(PoisonError::into_inner);
    infos.sort_by_key(|(file, info)| (*file, info.offset));
    for (file, info) in infos {
        if let Some(read) = reads.get_mut(&file) {
            read.blocks.push(info);
        }
    }
    let mut faults = shared.faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    faults.sort_unstable();
    for (file, offset) in faults {
        if let Some(read) = reads.get_mut(&file) {
            read.end.problem.get_or_insert_with(|| reader_failed(offset));
        }
    }
    (states, reads)
}

impl<'s, M, W> Shared<'s, M, W> {
    /// Does what there is to do until all is done; gives the state of a worker, if there was work.
    fn drive<S>(&self) -> Option<S>
    where
        M: Fn() -> S,
        W: Fn(&mut S, &Block<'_>),
    {
        let mut worker = None;
        while let Some(turn) = self.turns.next() {
            match turn {
                Turn::Read(files) => self.read(files),
                Turn::Work(block) => {
                    let worker = worker.get_or_insert_with(|| Worker { state: (self.make)(), known: Vec::new() });
                    self.work_on(worker, block);
                }
            }
        }
        worker.map(|worker| worker.state)
    }

    fn read(&self, mut files: InHand<'_, 's>) {
        let blocks = Reading::go_on(&mut files.readings, self.blocks.size, || self.spare_buffer());
        files.readings.retain_mut(|reading| {
            let Some((file, read, buffer)) = reading.ended() else { return true };
            lock(&self.reads).insert(file, read);
            self.give_back(buffer);
            false
        });
        files.give_back(blocks);
    }

    /// A buffer with whatever was in it: to empty it would cost as much as to fill it.
    fn spare_buffer(&self) -> Buffer {
        lock(&self.spare).pop().unwrap_or_default()
    }

    fn give_back(&self, buffer: Buffer) {
        if buffer.bytes.capacity() <= KEPT.max(self.blocks.size.saturating_mul(PIECES)) {
            lock(&self.spare).push(buffer);
        }
    }

    fn work_on<S>(&self, worker: &mut Worker<'s, S>, block: Waiting<'s>)
    where
        W: Fn(&mut S, &Block<'_>),
    {
        let Waiting { task: Task { file, layout, .. }, number, mut info, buffer } = block;
        let Some(layout) = layout else { return };
        let Buffer { bytes, marks } = &buffer;
        let bytes = bytes.get(..info.length).unwrap_or_default();
        let body = bytes.get(info.skip..).unwrap_or_default();
        let known = worker.known(*file);
        let parsed = fault::caught("reading a block", || {
            #[cfg(test)]
            fault::planted("fault-in-reader", &layout.file_name);
            let (parser, mut buffers) = known;
            let mut parser = parser.unwrap_or_else(|| Parser::new(layout));
            buffers.resize_with(layout.tables.len(), BatchBuffer::default);
            // Marks are those of all bytes, in words: of others than the first they are not at hand.
            let marks = Some(marks).filter(|_| info.skip == 0);
            match marks {
                Some(marks) => parser.parse_marked(body, marks, &mut buffers),
                None => parser.parse(body, &mut buffers),
            }
            info.describe(bytes, marks.and_then(Marks::line_ends), &buffers, self.blocks.seed);
            Known { file: *file, parser, buffers }
        });
        let worked = parsed.and_then(|known| {
            let records = Block { layout, number, bytes: body, buffers: &known.buffers };
            fault::caught("a round", || (self.work)(&mut worker.state, &records)).map(|()| known)
        });
        if let Some(known) = worked {
            if known.buffers.iter().map(BatchBuffer::held).sum::<usize>() <= KEPT {
                worker.known.push(known);
            }
        } else {
            lock(&self.faults).push((*file, info.offset));
            // Without records: what was parsed of the block may be half of it.
            let (records, stops) = (vec![0; layout.tables.len()], vec![Vec::new(); layout.tables.len()]);
            info = BlockInfo { offset: info.offset, skip: info.skip, length: info.length, records, stops, ..BlockInfo::default() };
        }
        self.give_back(buffer);
        lock(&self.infos).push((*file, info));
    }
}

impl<'s, S> Worker<'s, S> {
    /// What it parses blocks of a file with. Of a file that it does not know there is no parser yet; the buffers are then those
    /// of the file that it worked on longest ago, once it knows as many as it keeps in mind.
    fn known(&mut self, file: usize) -> (Option<Parser<'s>>, Vec<BatchBuffer>) {
        if let Some(at) = self.known.iter().position(|known| known.file == file) {
            let Known { parser, buffers, .. } = self.known.remove(at);
            return (Some(parser), buffers);
        }
        let oldest = (self.known.len() >= KNOWN).then(|| self.known.remove(0).buffers);
        (None, oldest.unwrap_or_default())
    }
}

/// A fault of the program in a reader.
fn reader_failed(offset: u64) -> ReadProblem {
    let message = "a fault in the program stopped its reading; what stands there is missing. Report it to its makers".to_owned();
    ReadProblem { code: "reader-failed", offset, message }
}
