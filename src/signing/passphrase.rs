//! Where a passphrase comes from: a terminal, a file, or a descriptor. Never an
//! argument or the environment, which other processes can read.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::key_file::{KeyFileError, open_secret};

/// The longest passphrase.
const LONGEST: usize = 1024;

/// A passphrase; wiped when it goes.
pub type Secret = Zeroizing<Vec<u8>>;

/// Where a passphrase comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Passphrase {
    /// The terminal, without showing what is typed.
    #[default]
    Terminal,
    /// The one line of a file that only its owner can read.
    File(PathBuf),
    /// The first line of a descriptor that this process inherited.
    Descriptor(i32),
}

/// A passphrase that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Nobody can be asked.
    #[error("the key is encrypted, and there is no terminal to ask for its passphrase: {0}; give --passphrase-file or --passphrase-fd")]
    NoTerminal(io::Error),
    /// The descriptor cannot be read.
    #[error("the passphrase cannot be read from descriptor {0}: {1}")]
    Descriptor(i32, io::Error),
    /// The file is refused, or cannot be read.
    #[error("the file with the passphrase: {0}")]
    File(#[from] Box<KeyFileError>),
    /// Nothing stands there.
    #[error("the passphrase is empty")]
    Empty,
    /// More than one line, or a very long one.
    #[error("a passphrase is one line of at most {LONGEST} bytes")]
    Lines,
    /// The second time something else was typed.
    #[error("the two passphrases differ")]
    Differ,
}

impl Passphrase {
    /// The passphrase of a key that exists.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn read(&self) -> Result<Secret, PassphraseError> {
        match self {
            Self::Terminal => ask("Passphrase: "),
            Self::File(path) => from_file(path),
            Self::Descriptor(number) => from_descriptor(*number),
        }
    }

    /// The passphrase of a new key: a terminal is asked twice.
    ///
    /// # Errors
    /// [`PassphraseError`].
    pub fn read_new(&self) -> Result<Secret, PassphraseError> {
        let first = match self {
            Self::Terminal => ask("Passphrase of the new key: ")?,
            other => return other.read(),
        };
        if ask("The same again: ")? == first { Ok(first) } else { Err(PassphraseError::Differ) }
    }
}

fn ask(prompt: &str) -> Result<Secret, PassphraseError> {
    let typed = rpassword::prompt_password(prompt).map_err(PassphraseError::NoTerminal)?;
    // The text's own memory moves into what wipes it.
    let typed = Zeroizing::new(typed.into_bytes());
    if typed.is_empty() {
        return Err(PassphraseError::Empty);
    }
    if typed.len() > LONGEST { Err(PassphraseError::Lines) } else { Ok(typed) }
}

fn from_file(path: &Path) -> Result<Secret, PassphraseError> {
    let wrong = |error| PassphraseError::File(Box::new(error));
    let mut file = open_secret(path).map_err(wrong)?;
    let read = |error| wrong(KeyFileError::Io(error));
    let line = first_line(&mut file).map_err(read)?.ok_or(PassphraseError::Lines)?;
    if file.read(&mut [0]).map_err(read)? > 0 {
        return Err(PassphraseError::Lines);
    }
    if line.is_empty() { Err(PassphraseError::Empty) } else { Ok(line) }
}

/// The writer may keep its end open: what follows the line is not waited for.
fn from_descriptor(number: i32) -> Result<Secret, PassphraseError> {
    let wrong = |error| PassphraseError::Descriptor(number, error);
    if number < 0 || number == 1 || number == 2 {
        return Err(wrong(io::Error::other("a passphrase comes from 0, or from 3 and above")));
    }
    let mut file = File::open(format!("/dev/fd/{number}")).map_err(wrong)?;
    let line = first_line(&mut file).map_err(wrong)?.ok_or(PassphraseError::Lines)?;
    if line.is_empty() { Err(PassphraseError::Empty) } else { Ok(line) }
}

/// Byte by byte into memory that never moves: no buffer keeps a copy. `None`: too long.
fn first_line(file: &mut File) -> io::Result<Option<Secret>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 2));
    let mut byte = Zeroizing::new([0]);
    while file.read(byte.as_mut_slice())? > 0 && byte[0] != b'\n' {
        if line.len() > LONGEST {
            return Ok(None);
        }
        line.push(byte[0]);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok((line.len() <= LONGEST).then_some(line))
}
