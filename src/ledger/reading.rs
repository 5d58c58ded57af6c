//! Reading a ledger's folder: every line, the chain they form, the checkpoint,
//! and what a crash may have left behind it.
//!
//! A writer appends lines, has the disk keep them, and only then writes the
//! checkpoint. So what lies behind the checkpoint was never acknowledged: whole
//! lines that are signed and chained, then perhaps the beginning of one. Within
//! what the checkpoint covers nothing may be missing or different: that no
//! crash does.

use std::path::Path;

use super::entry::{Chain, Entry};
use super::error::{CheckpointFault, LedgerError};
use super::files::{self, COPIES, HEAD, LINES, LONGEST_LINE, MOST_BYTES};
use crate::signing::merkle::{self, Hash};
use crate::signing::note::{Checkpoint, Note};

/// Larger than any note: the note itself says what is too large.
const MOST_NOTE: u64 = 1 << 20;

/// What lies in a ledger's folder.
#[derive(Debug)]
pub(super) struct Reading {
    /// The newest checkpoint, verified; `None` where the first append never came to it.
    pub head: Option<Checkpoint>,
    /// The whole lines, those behind the checkpoint too.
    pub entries: Vec<Entry>,
    /// Where the next line goes; `None` where there is no line yet.
    pub chain: Option<Chain>,
    /// Where the whole lines end.
    pub end: usize,
    /// The bytes after that.
    pub torn: usize,
    /// The sizes of the checkpoints that are kept.
    pub copies: Vec<u64>,
}

impl Reading {
    /// Reads a folder; `None` where nothing is there. The checkpoint is read
    /// first, so that lines which are appended meanwhile are no contradiction.
    pub fn of(dir: &Path) -> Result<Option<Self>, LedgerError> {
        let head = files::read(&dir.join(HEAD), MOST_NOTE)?;
        let copies = files::copies(dir)?;
        let lines = files::read(&dir.join(LINES), MOST_BYTES)?;
        let lines = match (&head, lines) {
            (_, Some(lines)) if head.is_some() || copies.len() <= 1 => lines,
            (None, Some(_)) => return Err(LedgerError::Missing(HEAD)),
            (None, None) if copies.is_empty() => return Ok(None),
            _ => return Err(LedgerError::Missing(LINES)),
        };
        let note = head.map(|bytes| checkpoint(&bytes, HEAD)).transpose()?;
        let mut reading = Self { head: None, entries: Vec::new(), chain: None, end: 0, torn: 0, copies };
        reading.chain = note.as_ref().map(|(_, head)| Chain::new(head.origin.clone()));
        reading.lines(&lines, note.as_ref().map_or(0, |(_, head)| head.size))?;
        if let Some((note, head)) = note {
            reading.covers(&head, HEAD)?;
            let leaves: Vec<Hash> = reading.leaves(head.size);
            reading.vouched(&note, &head, HEAD, merkle::root(&leaves))?;
            reading.head = Some(head);
        }
        if let Some(size) = reading.copies.last().filter(|size| **size > reading.size()) {
            return Err(LedgerError::Truncated { file: format!("{COPIES}/{size}"), size: *size, lines: reading.size() });
        }
        Ok(Some(reading))
    }

    /// Takes the lines; the first `covered` may not be torn.
    fn lines(&mut self, bytes: &[u8], covered: u64) -> Result<(), LedgerError> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let number = self.size() + 1;
            let behind = self.size() >= covered;
            // A disk that lost its power may leave a stretch of zeros where it had made room.
            let Some(line) = line.strip_suffix(b"\n").filter(|line| !(behind && line.contains(&0))) else { break };
            if line.len() > LONGEST_LINE {
                return Err(LedgerError::TooLarge(format!("line {number} of {LINES}"), LONGEST_LINE as u64));
            }
            let refused = |error| LedgerError::Line { number, error };
            let entry = Entry::parse(line).map_err(refused)?;
            self.chain.get_or_insert_with(|| Chain::new(entry.event.ledger.clone())).follow(&entry).map_err(refused)?;
            self.entries.push(entry);
            self.end += line.len() + 1;
        }
        self.torn = bytes.len() - self.end;
        Ok(())
    }

    /// The number of whole lines.
    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The number of lines that the checkpoint covers.
    pub fn committed(&self) -> usize {
        self.head.as_ref().map_or(0, |head| usize::try_from(head.size).unwrap_or(usize::MAX))
    }

    fn leaves(&self, size: u64) -> Vec<Hash> {
        self.entries.iter().take(usize::try_from(size).unwrap_or(usize::MAX)).map(|entry| entry.leaf).collect()
    }

    fn covers(&self, checkpoint: &Checkpoint, file: &str) -> Result<(), LedgerError> {
        if checkpoint.size == 0 {
            return Err(LedgerError::checkpoint(file, CheckpointFault::Size(0)));
        }
        if checkpoint.size > self.size() {
            return Err(LedgerError::Truncated { file: file.to_owned(), size: checkpoint.size, lines: self.size() });
        }
        Ok(())
    }

    /// Whether a checkpoint is of this ledger, has this root, and is signed by
    /// the actor of the last line that it covers: every append ends so.
    fn vouched(&self, note: &Note, checkpoint: &Checkpoint, file: &str, root: Hash) -> Result<(), LedgerError> {
        let refused = |fault: CheckpointFault| LedgerError::checkpoint(file, fault);
        let last = usize::try_from(checkpoint.size).ok().and_then(|size| self.entries.get(size.checked_sub(1)?));
        let last = last.ok_or_else(|| refused(CheckpointFault::Size(checkpoint.size)))?;
        if checkpoint.origin != last.event.ledger {
            return Err(refused(CheckpointFault::Origin(checkpoint.origin.clone())));
        }
        note.verify(&checkpoint.origin, &last.key).map_err(|fault| refused(fault.into()))?;
        if checkpoint.root == root { Ok(()) } else { Err(refused(CheckpointFault::Root)) }
    }

    /// Verifies every checkpoint that is kept, the newest one's copy among them; gives their number.
    pub fn verify_copies(&self, dir: &Path) -> Result<usize, LedgerError> {
        let mut tree = merkle::Growing::default();
        let mut leaves = self.entries.iter();
        for size in &self.copies {
            let name = format!("{COPIES}/{size}");
            let bytes = files::read(&dir.join(&name), MOST_NOTE)?.ok_or(LedgerError::Missing(COPIES))?;
            let (note, copy) = checkpoint(&bytes, &name)?;
            if copy.size != *size {
                return Err(LedgerError::checkpoint(&name, CheckpointFault::Size(copy.size)));
            }
            self.covers(&copy, &name)?;
            while tree.size() < *size {
                let Some(entry) = leaves.next() else { break };
                tree.push(entry.leaf);
            }
            self.vouched(&note, &copy, &name, tree.root())?;
        }
        match &self.head {
            Some(head) if !self.copies.contains(&head.size) => Err(LedgerError::Missing(COPIES)),
            _ => Ok(self.copies.len()),
        }
    }
}

fn checkpoint(bytes: &[u8], file: &str) -> Result<(Note, Checkpoint), LedgerError> {
    let note = Note::parse(bytes).map_err(|fault| LedgerError::checkpoint(file, fault))?;
    let checkpoint = Checkpoint::parse(&note.text).map_err(|fault| LedgerError::checkpoint(file, fault))?;
    Ok((note, checkpoint))
}
