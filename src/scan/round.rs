//! One pass over files: read, digest, cut into blocks, work on blocks in
//! parallel. The only place that knows threads.
//!
//! A file is read from front to back by one worker, which digests every byte
//! and finds where records end; blocks of whole records go to whoever is
//! free. When enough of them wait, the reader works on its block itself, so
//! that memory stays bounded whatever the sizes.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::evidence::batch::{Batch, BatchBuffer, RejectReason};
use crate::evidence::bits::Bits;
use crate::evidence::block::{ReadProblem, SplitEnd};
use crate::evidence::collect::Blob;
use crate::evidence::decode::small;
use crate::evidence::layout::FileLayout;
use crate::evidence::read::{Marks, Parser, Splitter};
use crate::evidence::survey::Head;
use crate::{fault, key};

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

/// Bytes that were read, and their marks.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    marks: Marks,
}

struct Worker<'s, S> {
    state: S,
    buffers: Vec<BatchBuffer>,
    /// The parser of the file whose block was parsed last: it knows by now what records look like there.
    parser: Option<(usize, Parser<'s>)>,
}

struct Shared<'s, S, M, W> {
    blocks: Blocks,
    /// Blocks that wait for a worker.
    waiting: AtomicUsize,
    most_waiting: usize,
    /// By thread: what a thread worked with last is still near to it.
    workers: Vec<Mutex<Vec<Worker<'s, S>>>>,
    /// Buffers to use again, by thread.
    spare: Vec<Mutex<Vec<Buffer>>>,
    reads: Mutex<Reads>,
    infos: Mutex<Vec<(usize, BlockInfo)>>,
    /// Files and offsets of blocks on which a reader failed.
    faults: Mutex<Vec<(usize, u64)>>,
    make: M,
    work: W,
    tasks: &'s [Task<'s>],
    next: AtomicUsize,
    order: Vec<usize>,
}

/// A lock that another worker's panic poisoned still guards good data: the
/// panic itself ends the scan.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of this thread, of what each has one of. Whoever is no thread of a pool has the first.
fn own<T>(each: &[Mutex<T>]) -> std::sync::MutexGuard<'_, T> {
    lock(&each[rayon::current_thread_index().unwrap_or(0) % each.len()])
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
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(tasks[*at].blob.size), *at));
    let threads = rayon::current_num_threads();
    let shared = Shared {
        blocks,
        waiting: AtomicUsize::new(0),
        most_waiting: 2 * threads,
        workers: (0..threads).map(|_| Mutex::default()).collect(),
        spare: (0..threads).map(|_| Mutex::default()).collect(),
        reads: Mutex::new(Reads::new()),
        infos: Mutex::new(Vec::new()),
        faults: Mutex::new(Vec::new()),
        make,
        work,
        tasks,
        next: AtomicUsize::new(0),
        order,
    };
    rayon::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|scope| {
                while let Some(task) = shared.order.get(shared.next.fetch_add(1, Ordering::Relaxed)).and_then(|at| shared.tasks.get(*at)) {
                    shared.read(task, scope);
                }
            });
        }
    });
    let workers = shared.workers.into_iter().flat_map(|workers| workers.into_inner().unwrap_or_else(PoisonError::into_inner));
    let states = workers.map(|worker| worker.state).collect();
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

impl<'s, S, M, W> Shared<'s, S, M, W>
where
    S: Send,
    M: Fn() -> S + Sync,
    W: Fn(&mut S, &Block<'_>) + Sync,
{
    fn read<'scope>(&'scope self, task: &'scope Task<'s>, scope: &rayon::Scope<'scope>) {
        let mut read = FileRead::default();
        let problem = match fault::caught("reading a file", || self.read_to_end(task, &mut read, scope)) {
            Some(Ok(())) => None,
            Some(Err(problem)) => {
                let message = format!("the file could not be read to its end: {problem}; make it readable and scan again");
                Some(ReadProblem { code: "file-unreadable", offset: read.bytes, message })
            }
            None => Some(reader_failed(read.bytes)),
        };
        if problem.is_some() {
            read.sha256.clear();
            read.end.problem = problem;
        }
        lock(&self.reads).insert(task.file, read);
    }

    fn read_to_end<'scope>(&'scope self, task: &'scope Task<'s>, read: &mut FileRead, scope: &rayon::Scope<'scope>) -> std::io::Result<()> {
        let mut reader = task.blob.reader()?;
        let mut hash = Sha256::new();
        let mut opening = Vec::new();
        if let Some(head) = task.head {
            reader.by_ref().take(head.wanted()).read_to_end(&mut opening)?;
            read.swapped = !head.begins(&opening);
        }
        let mut reader = std::io::Cursor::new(opening).chain(reader);
        // Records of another form than the survey's would be read wrongly: such a file is only digested.
        let mut splitter = task.layout.filter(|_| !read.swapped).map(Splitter::new);
        let mut number = 0;
        let mut buffer = self.spare_buffer();
        task.layout.iter().for_each(|layout| buffer.marks.begin(&layout.format));
        // Bytes of the buffer that are there already, and the file offset of its first one.
        let (mut held, mut offset) = (0, 0_u64);
        loop {
            buffer.bytes.resize(held + self.blocks.size, 0);
            let got = fill(&mut reader, &mut buffer.bytes[held..])?;
            let (length, at_end) = (held + got, got == 0);
            read.bytes += got as u64;
            let Buffer { bytes, marks } = &mut buffer;
            let bytes = &bytes[..length];
            let cut = match &mut splitter {
                Some(splitter) => {
                    marks.look(bytes, held, |piece| hash.update(piece));
                    splitter.cut(bytes, held, at_end, marks).ok()
                }
                None => {
                    hash.update(&bytes[held..]);
                    None
                }
            };
            let Some(cut) = cut else {
                // Without a splitter, or after a problem, bytes are only digested.
                if let Some(mut ended) = splitter.take() {
                    read.end = ended.finish();
                }
                held = 0;
                if at_end {
                    break;
                }
                continue;
            };
            held = length - cut.end;
            if cut.end > 0 {
                let mut rest = self.spare_buffer();
                rest.bytes.resize(rest.bytes.len().max(held), 0);
                rest.bytes[..held].copy_from_slice(&buffer.bytes[cut.end..length]);
                task.layout.iter().for_each(|layout| rest.marks.begin(&layout.format));
                buffer.bytes.truncate(cut.end);
                buffer.marks.end(cut.end);
                let block = std::mem::replace(&mut buffer, rest);
                let info = BlockInfo { offset, skip: cut.start, length: cut.end, ..BlockInfo::default() };
                offset += cut.end as u64;
                self.hand_on(task, number, info, block, scope);
                number += 1;
            }
            if at_end {
                break;
            }
        }
        if let Some(mut splitter) = splitter {
            read.end = splitter.finish();
        }
        read.sha256 = crate::digest::hex(&hash.finalize());
        Ok(())
    }

    /// A buffer with whatever was in it: to empty it would cost as much as to fill it.
    fn spare_buffer(&self) -> Buffer {
        let own = own(&self.spare).pop();
        // One that reads only, and hands on every block, has none of its own.
        own.or_else(|| self.spare.iter().find_map(|spare| lock(spare).pop())).unwrap_or_default()
    }

    fn hand_on<'scope>(&'scope self, task: &'scope Task<'s>, number: u32, info: BlockInfo, block: Buffer, scope: &rayon::Scope<'scope>) {
        let Some(layout) = task.layout else { return };
        if self.waiting.load(Ordering::Relaxed) >= self.most_waiting {
            self.work_on(task.file, layout, number, info, block);
            return;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        scope.spawn(move |_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.work_on(task.file, layout, number, info, block);
        });
    }

    fn work_on(&self, file: usize, layout: &'s FileLayout, number: u32, mut info: BlockInfo, block: Buffer) {
        let Buffer { bytes, marks } = &block;
        let mut worker = own(&self.workers).pop().unwrap_or_else(|| Worker { state: (self.make)(), buffers: Vec::new(), parser: None });
        let body = bytes.get(info.skip..).unwrap_or_default();
        worker.buffers.resize_with(layout.tables.len().max(worker.buffers.len()), BatchBuffer::default);
        let buffers = &mut worker.buffers[..layout.tables.len()];
        let known = worker.parser.take().filter(|(of, _)| *of == file);
        let parsed = fault::caught("reading a block", || {
            #[cfg(test)]
            fault::planted("fault-in-reader", &layout.file_name);
            let (_, mut parser) = known.unwrap_or_else(|| (file, Parser::new(layout)));
            // Marks are those of all bytes, in words: of others than the first they are not at hand.
            let marks = Some(marks).filter(|_| info.skip == 0);
            match marks {
                Some(marks) => parser.parse_marked(body, marks, buffers),
                None => parser.parse(body, buffers),
            }
            info.describe(bytes, marks.and_then(Marks::line_ends), buffers, self.blocks.seed);
            parser
        });
        let parsed = parsed.map(|parser| worker.parser = Some((file, parser)));
        let records = Block { layout, number, bytes: body, buffers };
        if parsed.and_then(|()| fault::caught("a round", || (self.work)(&mut worker.state, &records))).is_none() {
            lock(&self.faults).push((file, info.offset));
            // Without records: what was parsed of the block may be half of it.
            let (records, stops) = (vec![0; layout.tables.len()], vec![Vec::new(); layout.tables.len()]);
            info = BlockInfo { offset: info.offset, skip: info.skip, length: info.length, records, stops, ..BlockInfo::default() };
        }
        own(&self.workers).push(worker);
        own(&self.spare).push(block);
        lock(&self.infos).push((file, info));
    }
}

/// Reads until the buffer is full or nothing more comes; gives how many bytes came.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// A fault of the program in a reader.
fn reader_failed(offset: u64) -> ReadProblem {
    let message = "a fault in the program stopped its reading; what stands there is missing. Report it to its makers".to_owned();
    ReadProblem { code: "reader-failed", offset, message }
}

impl BlockInfo {
    /// `line_ends` are those of the body, where they are known.
    fn describe(&mut self, bytes: &[u8], line_ends: Option<&Bits>, buffers: &[BatchBuffer], seed: u64) {
        let (head, body) = bytes.split_at_checked(self.skip).unwrap_or_default();
        self.opens_list = head.contains(&b'[');
        self.rows = buffers.first().map_or(0, |buffer| u64::from(buffer.rows));
        self.records = buffers.iter().map(|buffer| u64::from(buffer.ordinals)).collect();
        let before = Bits::count(head, b'\n');
        let count = |from: usize, to: usize| match line_ends {
            Some(marks) => marks.ones(from..to),
            None => Bits::count(body.get(from..to).unwrap_or_default(), b'\n'),
        };
        let mut lines = None;
        let stops = buffers.iter().map(|buffer| {
            let (stops, all) = digested(stops(buffer), before, count, body, seed);
            lines = Some(all);
            stops
        });
        self.stops = stops.collect();
        self.lines = lines.unwrap_or_else(|| before + count(0, body.len()));
        for (table, buffer) in buffers.iter().enumerate() {
            for rejection in buffer.view(0, 0, &[]).rejections() {
                match self.rejected.iter_mut().find(|(at, reason, ..)| *at == table && *reason == rejection.reason) {
                    Some((_, _, count, _)) => *count += 1,
                    None => self.rejected.push((table, rejection.reason, 1, u64::from(rejection.place.ordinal))),
                }
            }
        }
    }
}

/// Every so many records one that is the first of its row, or of what could not be read of it.
fn stops(buffer: &BatchBuffer) -> Vec<Stop> {
    let places = buffer.places();
    let mut rejections = buffer.view(0, 0, &[]).rejections().iter().peekable();
    let mut stops: Vec<Stop> = Vec::with_capacity(places.len() / BETWEEN_STOPS + 1);
    let (mut due, mut last_row) = (0, None);
    for (at, place) in places.iter().enumerate() {
        while let Some(rejection) = rejections.next_if(|rejection| rejection.place.ordinal < place.ordinal) {
            last_row = Some(rejection.place.row);
        }
        if at >= due && last_row != Some(place.row) {
            stops.push(Stop { offset: place.offset, ordinal: place.ordinal, row: place.row, lines: 0, digest: 0 });
            due = (at / BETWEEN_STOPS + 1) * BETWEEN_STOPS;
        }
        last_row = Some(place.row);
    }
    stops
}

/// With the line ends before each stop, of which `before` stand before the
/// body and `count` tells the others, and the digest of its stretch; and with all line ends.
fn digested(mut stops: Vec<Stop>, before: u64, count: impl Fn(usize, usize) -> u64, body: &[u8], seed: u64) -> (Vec<Stop>, u64) {
    let first = stops.first().map_or(body.len(), |first| first.offset as usize);
    let mut lines = before + count(0, first);
    let ends: Vec<usize> = stops.iter().skip(1).map(|next| next.offset as usize).chain([body.len()]).collect();
    for (stop, end) in stops.iter_mut().zip(ends) {
        let start = stop.offset as usize;
        stop.lines = small(usize::try_from(lines).unwrap_or(usize::MAX));
        stop.digest = key::hash(seed, body.get(start..end).unwrap_or_default());
        lines += count(start, end);
    }
    (stops, lines)
}
