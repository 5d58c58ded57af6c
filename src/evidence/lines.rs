//! Where the lines of an NDJSON file end.

use memchr::{memchr_iter, memrchr};

use crate::evidence::block::{Cut, MAX_RECORD, ReadProblem, SplitEnd};
use crate::evidence::csv::utf16;

/// Cuts a file into whole lines.
#[derive(Debug)]
pub(crate) struct LineSplitter {
    base: u64,
    /// The first bytes have been looked at for a byte-order mark.
    begun: bool,
    limit: usize,
    problem: Option<ReadProblem>,
}

impl LineSplitter {
    pub(crate) const fn new() -> Self {
        Self { base: 0, begun: false, limit: MAX_RECORD, problem: None }
    }

    #[cfg(test)]
    pub(crate) const fn limited(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn cut(&mut self, buffer: &[u8], fresh: usize, at_end: bool) -> Result<Cut, ReadProblem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let (mut start, mut from) = (0, fresh.min(buffer.len()));
        if !self.begun {
            if buffer.len() < 4 && !at_end {
                return Ok(Cut { start: 0, end: 0 });
            }
            self.begun = true;
            if utf16(buffer) {
                let message = "the file is UTF-16; save the export as UTF-8".to_owned();
                self.problem = Some(ReadProblem { code: "encoding", offset: 0, message });
                return Ok(Cut { start: 0, end: 0 });
            }
            start = if buffer.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            // Bytes that were held back for this are still to be looked at.
            from = start;
        }
        let seen = buffer.get(from..).unwrap_or_default();
        let mut end = memrchr(b'\n', seen).map_or(start, |line| from + line + 1);
        let whole = if at_end { buffer.len() } else { end };
        let mut too_long = None;
        if buffer.len() - start > self.limit {
            let mut row = start;
            for line in memchr_iter(b'\n', seen).map(|line| from + line + 1).chain([buffer.len()]) {
                if line - row > self.limit {
                    too_long = Some(row);
                    break;
                }
                row = line;
            }
        }
        end = too_long.unwrap_or(whole);
        if let Some(row) = too_long {
            let message = "a line is longer than 64 MiB; the file is read up to it".to_owned();
            self.problem = Some(ReadProblem { code: "record-too-long", offset: self.base + row as u64, message });
        }
        self.base += end as u64;
        Ok(Cut { start: start.min(end), end })
    }

    pub(crate) fn finish(&mut self) -> SplitEnd {
        SplitEnd { problem: self.problem.clone(), ..SplitEnd::default() }
    }
}
