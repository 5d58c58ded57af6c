//! Blocks: stretches of a file that hold whole records.
//!
//! A file is read from front to back in pieces. A [`Splitter`] looks at each
//! piece once, in order, and says where the last whole record ends; what lies
//! before goes to whoever is free, the rest is carried into the next piece.
//! The results do not depend on where the cuts fall.

/// A record longer than this is not read: the file is cut short there.
pub const MAX_RECORD: usize = 64 << 20;
/// The size of a piece that is read at once, unless `--block-size` says otherwise.
pub const BLOCK_SIZE: usize = 256 << 10;

/// What of a buffer is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The first byte of the first whole record (bytes before it belong to no record).
    pub start: usize,
    /// One past the last byte of the last whole record; `start == end` where there is none yet. The
    /// bytes before `end` are done with.
    pub end: usize,
}

/// Something that ends the reading of a file before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadProblem {
    /// Kebab-case code: `cut-short`, `invalid-json`, `open-quote`, `record-too-long`, `list-missing`, `text-after-end`, `encoding` ... `docs/reading.md` has them all.
    pub code: &'static str,
    /// Byte offset in the file where it was noticed.
    pub offset: u64,
    /// What is wrong and what to do, without the path.
    pub message: String,
}

/// A member of a JSON wrapper beside the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its value: text decoded, numbers and literals as written, objects and lists as `{}` and `[]`.
    pub value: String,
}

/// What was learned when the whole file had been seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SplitEnd {
    /// The wrapper's other members, in file order.
    pub members: Vec<Member>,
    /// What cut the reading short.
    pub problem: Option<ReadProblem>,
    /// What may be a sign of something missing, though all was read: no gap.
    pub note: Option<ReadProblem>,
}
