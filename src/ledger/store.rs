//! The one owner of a ledger's files.
//!
//! An append takes the lock, reads and verifies what is there, appends its
//! lines, has the disk keep them, and then puts the new checkpoint in place by
//! renaming. It returns after all that: what it returned is not lost. What a
//! killed append left is taken up by the next one and told
//! ([`Ledger::recovered`]); nothing is repaired silently.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use super::entry::{self, Chain, Entry, EntryError};
use super::error::LedgerError;
use super::event::{Act, Event};
use super::files::{self, COPIES, HEAD, LINES, LONGEST_LINE, MOST_BYTES, TORN};
use super::lock::{LedgerLock, PATIENCE};
use super::reading::Reading;
use crate::calendar::Moment;
use crate::digest::hex;
use crate::files::{Staged, sync_folder};
use crate::report::LedgerCheckpoint;
use crate::signing::key_file::KeyFile;
use crate::signing::merkle::{self, Hash};
use crate::signing::note::Checkpoint;

/// How far a writer's clock may be behind the last event, in seconds: two
/// writers look at the clock before they wait for each other. The later line then takes the earlier one's time.
const SLACK: i64 = 120;

/// A ledger as far as its checkpoint covers it: the lines' signatures, their
/// chain and the checkpoint are verified. Whose keys these are is not judged.
#[derive(Debug)]
pub struct Ledger {
    checkpoint: Checkpoint,
    events: Vec<Event>,
    leaves: Vec<Hash>,
    tail: UncommittedTail,
    recovered: Recovered,
}

/// What lies behind the checkpoint: an append is at work, or was killed. Nobody was told that it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UncommittedTail {
    /// Whole lines, signed and chained: the next append takes them up.
    pub lines: usize,
    /// Bytes of a line without its end: the next append moves them aside.
    pub torn: usize,
}

/// What an append took up of a killed one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Lines behind the checkpoint that are covered now.
    pub adopted: usize,
    /// The file with the half-line that was moved aside.
    pub torn: Option<String>,
}

impl Ledger {
    /// Reads a ledger; `None` where nothing is there, or nothing that was ever committed.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(dir: &Path) -> Result<Option<Self>, LedgerError> {
        Ok(Reading::of(dir)?.and_then(Self::committed))
    }

    /// Appends events, and waits for other writers up to a minute. Makes the
    /// ledger where there is none. Without acts nothing is written, but there must be a ledger.
    ///
    /// `time` is the actor's clock, `YYYY-MM-DDTHH:MM:SSZ`.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing was appended, but where the system fails between
    /// the lines and the checkpoint: then the next append takes them up.
    pub fn append(dir: &Path, acts: Vec<Act>, by: &KeyFile, time: &str) -> Result<Self, LedgerError> {
        LedgerLock::take(dir, PATIENCE)?.append(acts, by, time)
    }

    /// Takes the right to append, at once or not at all; makes the folder where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Busy`] where somebody else has it.
    pub fn lock(dir: &Path) -> Result<LedgerLock, LedgerError> {
        LedgerLock::take(dir, Duration::ZERO)
    }

    /// The events, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The newest checkpoint, as reports pin it.
    #[must_use]
    pub fn checkpoint(&self) -> LedgerCheckpoint {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        LedgerCheckpoint { origin: origin.clone(), size: *size, root: hex(root) }
    }

    /// The leaves of the tree, one a line.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// What lies behind the checkpoint.
    #[must_use]
    pub fn uncommitted_tail(&self) -> UncommittedTail {
        self.tail
    }

    /// What the append that gave this ledger took up of a killed one: to be told.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    pub(super) fn committed(reading: Reading) -> Option<Self> {
        let committed = reading.committed();
        let tail = UncommittedTail { lines: reading.entries.len().saturating_sub(committed), torn: reading.torn };
        let checkpoint = reading.head?;
        let (leaves, events) = reading.entries.into_iter().take(committed).map(|entry| (entry.leaf, entry.event)).unzip();
        Some(Self { checkpoint, events, leaves, tail, recovered: Recovered::default() })
    }
}

impl LedgerLock {
    /// As [`Ledger::read`].
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(&self) -> Result<Option<Ledger>, LedgerError> {
        Ledger::read(&self.dir)
    }

    /// As [`Ledger::append`], for the holder of the lock.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn append(&self, acts: Vec<Act>, by: &KeyFile, time: &str) -> Result<Ledger, LedgerError> {
        let dir = self.dir.as_path();
        let mut reading = match Reading::of(dir)? {
            Some(reading) => reading,
            None => Reading { head: None, entries: Vec::new(), chain: None, end: 0, torn: 0, copies: Vec::new() },
        };
        if acts.is_empty() {
            return Ledger::committed(reading).ok_or(LedgerError::Missing(LINES));
        }
        known(&reading, by)?;
        let mut chain = match reading.chain.take() {
            Some(chain) => chain,
            None => Chain::new(origin()?),
        };
        let time = not_before(chain.time.as_deref(), time)?;
        let (lines, entries) = seal(&mut chain, acts, by, &time)?;
        if reading.end as u64 + lines.len() as u64 > MOST_BYTES {
            return Err(LedgerError::TooLarge(LINES.to_owned(), MOST_BYTES));
        }
        files::sweep(dir)?;
        let recovered = Recovered { adopted: reading.entries.len() - reading.committed(), torn: set_aside(dir, &reading)? };
        reading.entries.extend(entries);
        let leaves: Vec<Hash> = reading.entries.iter().map(|entry| entry.leaf).collect();
        let checkpoint = Checkpoint { origin: chain.origin, size: reading.size(), root: merkle::root(&leaves) };
        write(dir, reading.end as u64, &lines, &checkpoint, by)?;
        let events = reading.entries.into_iter().map(|entry| entry.event).collect();
        Ok(Ledger { checkpoint, events, leaves, tail: UncommittedTail::default(), recovered })
    }
}

/// Whether the lines behind the checkpoint are by people who acted before, or by
/// who appends now: nobody's checkpoint shall cover a stranger's line unawares.
fn known(reading: &Reading, by: &KeyFile) -> Result<(), LedgerError> {
    let (covered, tail) = reading.entries.split_at(reading.committed().min(reading.entries.len()));
    let mine = by.key.public();
    for (at, entry) in tail.iter().enumerate() {
        if entry.key != mine && !covered.iter().any(|earlier| earlier.key == entry.key) {
            return Err(LedgerError::Stranger { number: (covered.len() + at + 1) as u64, fingerprint: entry.key.fingerprint() });
        }
    }
    Ok(())
}

/// The lines of new events. Each is read again as any reader will: what could not be read is never written.
fn seal(chain: &mut Chain, acts: Vec<Act>, by: &KeyFile, time: &str) -> Result<(Vec<u8>, Vec<Entry>), LedgerError> {
    let (mut lines, mut entries) = (Vec::new(), Vec::with_capacity(acts.len()));
    for act in acts {
        let number = chain.seq + 1;
        let refused = |error: EntryError| LedgerError::Line { number, error };
        let (ledger, prev) = (chain.origin.clone(), chain.prev.clone());
        let event = Event { ledger, seq: chain.seq, prev, time: time.to_owned(), actor: entry::actor(by), act };
        let line = Entry::seal(&event, by).map_err(|error| refused(error.into()))?;
        if line.len() > LONGEST_LINE {
            return Err(LedgerError::TooLarge(format!("line {number} of {LINES}"), LONGEST_LINE as u64));
        }
        let entry = Entry::parse(line.as_bytes()).map_err(refused)?;
        chain.follow(&entry).map_err(refused)?;
        entries.push(entry);
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }
    Ok((lines, entries))
}

/// The time to write: that of the clock, or of the last event where the clock is a little behind it.
fn not_before(last: Option<&str>, now: &str) -> Result<String, LedgerError> {
    let Some(last) = last.filter(|last| now < *last) else { return Ok(now.to_owned()) };
    let seconds = |text: &str| {
        let moment = Moment::parse(text.as_bytes())?;
        Some(i64::from(moment.day.0) * 86_400 + i64::from(moment.second?))
    };
    match (seconds(last), seconds(now)) {
        (Some(last_second), Some(second)) if last_second - second <= SLACK => Ok(last.to_owned()),
        _ => Err(LedgerError::Clock { now: now.to_owned(), last: last.to_owned() }),
    }
}

/// The name of a new ledger.
fn origin() -> Result<String, LedgerError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(LedgerError::Random)?;
    Ok(format!("rolecall.ledger/{}", hex(&bytes)))
}

/// Moves the half-line that a killed append left into a file of its own; gives the file's name.
fn set_aside(dir: &Path, reading: &Reading) -> Result<Option<String>, LedgerError> {
    if reading.torn == 0 {
        return Ok(None);
    }
    let path = dir.join(LINES);
    let bytes = files::read(&path, MOST_BYTES)?.unwrap_or_default();
    let torn = bytes.get(reading.end..).unwrap_or_default();
    for number in 1_u64.. {
        let name = format!("{TORN}{number}");
        let aside = dir.join(&name);
        match OpenOptions::new().write(true).create_new(true).open(&aside) {
            Ok(mut file) => {
                file.write_all(torn).and_then(|()| file.sync_all()).and_then(|()| sync_folder(dir)).map_err(LedgerError::io(&aside))?;
                let lines = OpenOptions::new().write(true).open(&path).map_err(LedgerError::io(&path))?;
                lines.set_len(reading.end as u64).and_then(|()| lines.sync_all()).map_err(LedgerError::io(&path))?;
                return Ok(Some(name));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(LedgerError::io(&aside)(error)),
        }
    }
    Ok(None)
}

/// Lines, then the checkpoint. Where the disk is full before the checkpoint is
/// in place, the lines are taken back: what failed shall not appear later.
fn write(dir: &Path, end: u64, lines: &[u8], checkpoint: &Checkpoint, by: &KeyFile) -> Result<(), LedgerError> {
    let copies = dir.join(COPIES);
    fs::create_dir_all(&copies).map_err(LedgerError::io(&copies))?;
    let path = dir.join(LINES);
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(LedgerError::io(&path))?;
    let staged = append(&mut file, dir, lines).map_err(LedgerError::io(&path)).and_then(|()| stage(dir, checkpoint, by));
    let staged = staged.inspect_err(|_| {
        // If this fails too, the next append finds a tail.
        let _ = file.set_len(end).and_then(|()| file.sync_all());
    })?;
    // The copy goes first: once the newest checkpoint is there, it is kept.
    for staged in staged {
        let place = staged.path().to_owned();
        staged.put().map_err(LedgerError::io(&place))?;
    }
    Ok(())
}

fn append(file: &mut File, dir: &Path, lines: &[u8]) -> io::Result<()> {
    file.write_all(lines)?;
    file.sync_all()?;
    sync_folder(dir)
}

fn stage(dir: &Path, checkpoint: &Checkpoint, by: &KeyFile) -> Result<[Staged; 2], LedgerError> {
    let note = checkpoint.sign(&by.key).to_string();
    let stage = |path: &Path| Staged::new(path, note.as_bytes()).map_err(LedgerError::io(path));
    Ok([stage(&dir.join(COPIES).join(checkpoint.size.to_string()))?, stage(&dir.join(HEAD))?])
}
