//! A file that is being read from front to back, piece by piece.

use std::io::{Cursor, Read};

use super::{BlockInfo, Buffer, FileRead, Task, Waiting, reader_failed};
use crate::digest::{Running, hex};
use crate::evidence::block::ReadProblem;
use crate::evidence::read::Splitter;
use crate::fault;

/// A file, and how far it was read.
pub(super) struct Reading<'s> {
    task: &'s Task<'s>,
    /// What was learnt of it.
    read: FileRead,
    /// Nothing before the first piece.
    reader: Option<Box<dyn Read + Send>>,
    hash: Running,
    /// Finds where records end, until something ends that.
    splitter: Option<Splitter>,
    buffer: Buffer,
    /// Bytes of the buffer before the piece that was read last, and with it.
    held: usize,
    length: usize,
    /// The file offset of the buffer's first byte.
    offset: u64,
    /// The next block's.
    number: u32,
    ended: bool,
}

impl<'s> Reading<'s> {
    pub fn new(task: &'s Task<'s>) -> Self {
        Self {
            task,
            read: FileRead::default(),
            reader: None,
            hash: Running::default(),
            splitter: None,
            buffer: Buffer::default(),
            held: 0,
            length: 0,
            offset: 0,
            number: 0,
            ended: false,
        }
    }

    #[cfg(test)]
    pub const fn file(&self) -> usize {
        self.task.file
    }

    /// Reads the next piece of so many bytes of each file, digests it and looks at it; gives the blocks that are whole now.
    pub fn go_on(readings: &mut [Self], size: usize, spare: impl Fn() -> Buffer) -> Vec<Waiting<'s>> {
        readings.iter_mut().for_each(|own| own.fetch(size, &spare));
        let together = match &mut *readings {
            [one, other] if Running::gains_together() => {
                let ((hash, piece), (other_hash, other_piece)) = (one.piece(), other.piece());
                Running::update_both([hash, other_hash], [piece, other_piece]);
                true
            }
            _ => false,
        };
        readings.iter_mut().for_each(|own| own.look(together));
        readings.iter_mut().filter_map(|own| own.cut(&spare)).collect()
    }

    /// What was learnt, and a buffer to use again, when it is read to its end, or cannot be.
    pub fn ended(&mut self) -> Option<(usize, FileRead, Buffer)> {
        self.ended.then(|| (self.task.file, std::mem::take(&mut self.read), std::mem::take(&mut self.buffer)))
    }

    /// Does a part of the reading, where there is more. Where it cannot be done, or fails to run, the reading ends and says so.
    fn attempt<R>(&mut self, part: impl FnOnce(&mut Self) -> std::io::Result<R>) -> Option<R> {
        if self.ended {
            return None;
        }
        let problem = match fault::caught("reading a file", || part(self)) {
            Some(Ok(done)) => return Some(done),
            Some(Err(problem)) => {
                let message = format!("the file could not be read to its end: {problem}; make it readable and scan again");
                ReadProblem { code: "file-unreadable", offset: self.read.bytes, message }
            }
            None => reader_failed(self.read.bytes),
        };
        self.read.end.problem = Some(problem);
        self.ended = true;
        None
    }

    fn open(&mut self) -> std::io::Result<Box<dyn Read + Send>> {
        let Task { blob, layout, head, .. } = *self.task;
        let mut reader = blob.reader()?;
        let mut opening = Vec::new();
        if let Some(head) = head {
            reader.by_ref().take(head.wanted()).read_to_end(&mut opening)?;
            self.read.swapped = !head.begins(&opening);
        }
        // Records of another form than the survey's would be read wrongly: such a file is only digested.
        self.splitter = layout.filter(|_| !self.read.swapped).map(Splitter::new);
        Ok(Box::new(Cursor::new(opening).chain(reader)))
    }

    /// Reads the next piece behind what is held.
    fn fetch(&mut self, size: usize, spare: impl FnOnce() -> Buffer) {
        self.attempt(|own| {
            let mut reader = match own.reader.take() {
                Some(reader) => reader,
                None => {
                    own.buffer = spare();
                    own.begin_block();
                    own.open()?
                }
            };
            let (bytes, end) = (&mut own.buffer.bytes, own.held + size);
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            let got = fill(&mut reader, &mut bytes[own.held..end])?;
            own.length = own.held + got;
            own.read.bytes += got as u64;
            own.reader = Some(reader);
            Ok(())
        });
    }

    fn begin_block(&mut self) {
        self.task.layout.iter().for_each(|layout| self.buffer.marks.begin(&layout.format));
    }

    /// The piece that was read last, to be digested.
    fn piece(&mut self) -> (&mut Running, &[u8]) {
        let piece = self.buffer.bytes.get(self.held..self.length).filter(|_| !self.ended);
        (&mut self.hash, piece.unwrap_or_default())
    }

    /// Looks at the piece, and digests it if it was not.
    fn look(&mut self, digested: bool) {
        self.attempt(|Self { hash, splitter, buffer: Buffer { bytes, marks }, held, length, .. }| {
            let bytes = bytes.get(..*length).unwrap_or_default();
            let digest = |piece: &[u8]| {
                if !digested {
                    hash.update(piece);
                }
            };
            match splitter {
                Some(_) => marks.look(bytes, *held, digest),
                // Without a splitter bytes are only digested.
                None => bytes.get(*held..).into_iter().for_each(digest),
            }
            Ok(())
        });
    }

    /// Cuts off what of the buffer is whole; ends the reading where nothing more came.
    fn cut(&mut self, spare: impl FnOnce() -> Buffer) -> Option<Waiting<'s>> {
        let at_end = self.length == self.held;
        let waiting = self.attempt(|own| Ok(own.cut_off(at_end, spare))).flatten();
        if at_end {
            self.attempt(|own| {
                if let Some(mut splitter) = own.splitter.take() {
                    own.read.end = splitter.finish();
                }
                own.read.sha256 = hex(&std::mem::take(&mut own.hash).finish());
                own.ended = true;
                Ok(())
            });
        }
        waiting
    }

    fn cut_off(&mut self, at_end: bool, spare: impl FnOnce() -> Buffer) -> Option<Waiting<'s>> {
        let Buffer { bytes, marks } = &self.buffer;
        let bytes = bytes.get(..self.length).unwrap_or_default();
        let cut = self.splitter.as_mut().and_then(|splitter| splitter.cut(bytes, self.held, at_end, marks).ok());
        let Some(cut) = cut else {
            // After a problem, too, bytes are only digested.
            if let Some(mut splitter) = self.splitter.take() {
                self.read.end = splitter.finish();
            }
            self.held = 0;
            return None;
        };
        self.held = self.length - cut.end;
        if cut.end == 0 {
            return None;
        }
        let mut rest = spare();
        rest.bytes.resize(rest.bytes.len().max(self.held), 0);
        rest.bytes[..self.held].copy_from_slice(&self.buffer.bytes[cut.end..self.length]);
        let mut buffer = std::mem::replace(&mut self.buffer, rest);
        self.begin_block();
        // The bytes behind the block stay: to empty a buffer costs as much as to fill it.
        buffer.marks.end(cut.end);
        let info = BlockInfo { offset: self.offset, skip: cut.start, length: cut.end, ..BlockInfo::default() };
        let waiting = Waiting { task: self.task, number: self.number, info, buffer };
        self.offset += cut.end as u64;
        self.number += 1;
        Some(waiting)
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
