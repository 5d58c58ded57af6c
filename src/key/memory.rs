//! How much memory tables may hold, and where they go when it is short.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Where bytes are kept that do not fit memory.
pub trait Overflow: std::fmt::Debug + Send + Sync {
    /// Keeps bytes; gives where they begin.
    ///
    /// # Errors
    /// They cannot be kept.
    fn put(&self, bytes: &[u8]) -> io::Result<u64>;

    /// The bytes that begin at a place.
    ///
    /// # Errors
    /// They cannot be read again.
    fn get(&self, at: u64, length: usize) -> io::Result<Vec<u8>>;
}

/// The memory that the tables of a scan share.
#[derive(Debug)]
pub struct Memory {
    /// Bytes that they should hold at most.
    limit: usize,
    used: AtomicUsize,
    overflow: Box<dyn Overflow>,
}

/// Bytes that were put away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    at: u64,
    length: usize,
}

impl Stored {
    /// Some of the bytes.
    pub(crate) const fn part(self, from: usize, length: usize) -> Self {
        Self { at: self.at + from as u64, length }
    }

    /// All bytes from one on.
    pub(crate) const fn behind(self, from: usize) -> Self {
        self.part(from, self.length.saturating_sub(from))
    }
}

/// A part of the memory: what one state holds of it.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    memory: Arc<Memory>,
    /// Something could not be put away, or not be had again: what the state holds is not all.
    lost: Arc<AtomicBool>,
}

/// A table smaller than this is not put away: that would win nothing.
pub(crate) const SMALLEST: usize = if cfg!(test) { 1 } else { 1 << 16 };

impl Memory {
    /// Tables may hold `limit` bytes together; beyond that they go to `overflow`.
    #[must_use]
    pub fn new(limit: usize, overflow: Box<dyn Overflow>) -> Self {
        Self { limit, used: AtomicUsize::new(0), overflow }
    }
}

impl Share {
    pub(crate) fn of(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), lost: Arc::default() }
    }

    /// Notes how large something is now; `noted` is what was noted of it before.
    pub(crate) fn follow(&self, noted: &mut usize, now: usize) {
        self.note(std::mem::replace(noted, now), now);
    }

    /// Notes how large a table has become.
    pub(crate) fn note(&self, before: usize, now: usize) {
        if now >= before {
            self.memory.used.fetch_add(now - before, Ordering::Relaxed);
        } else {
            // Nothing is given back that was not noted.
            self.memory.used.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    /// Whether tables hold more than they should.
    pub(crate) fn is_short(&self) -> bool {
        self.memory.used.load(Ordering::Relaxed) > self.memory.limit
    }

    /// Puts bytes away.
    pub(crate) fn put(&self, bytes: &[u8]) -> Option<Stored> {
        let at = self.memory.overflow.put(bytes);
        if at.is_err() {
            self.lose();
        }
        at.ok().map(|at| Stored { at, length: bytes.len() })
    }

    /// What was put away.
    pub(crate) fn get(&self, stored: Stored) -> Option<Vec<u8>> {
        let bytes = self.memory.overflow.get(stored.at, stored.length);
        if bytes.is_err() {
            self.lose();
        }
        bytes.ok()
    }

    /// Notes that not all is there.
    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Whether all that was seen is there.
    pub(crate) fn is_whole(&self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }
}
