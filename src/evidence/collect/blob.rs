//! A file that was found: its name in reports, and how it is opened.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek as _};
use std::path::PathBuf;
use std::sync::Arc;

use super::{MAX_DEPTH, MAX_FILES};
use crate::evidence::wildcard;
use crate::text::visible;

/// Bytes that can be opened again: a file of evidence.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its path in reports: relative, with `/`.
    pub path: String,
    /// Where it is; never written to a report. Empty where the bytes are in memory.
    pub absolute: PathBuf,
    /// The bytes, where they are no file's: a pack's example.
    pub(super) memory: Option<Arc<[u8]>>,
    /// Its length when it was found.
    pub size: u64,
    /// Why it cannot be opened.
    pub obstacle: Option<Obstacle>,
    /// Where in `path` the part relative to the given PATH begins.
    pub(super) within: usize,
    /// Where in `path` the part relative to the evidence folder begins.
    pub(super) inner: usize,
}

/// Why a file is not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Links are not followed: they may lead out of the evidence.
    SymbolicLink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// Something else that is neither file nor folder.
    Special,
    /// A folder that cannot be listed; the system's words.
    Folder(String),
    /// A file whose kind cannot be told; the system's words.
    Unreadable(String),
    /// Another file has the same path in reports.
    SamePath,
    /// A folder nested deeper than folders are walked.
    TooDeep,
    /// What was found when there were already as many files as are taken.
    TooMany,
    /// It stands beside the folder of the exports in an engagement folder.
    Beside,
}

impl Obstacle {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SymbolicLink => "symbolic-link",
            Self::Fifo | Self::Socket | Self::Device | Self::Special => "special-file",
            Self::Folder(_) => "folder-unreadable",
            Self::Unreadable(_) => "file-unreadable",
            Self::SamePath => "same-path",
            Self::TooDeep => "folder-too-deep",
            Self::TooMany => "too-many-files",
            Self::Beside => "beside-evidence",
        }
    }

    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        let special = |kind: &str| format!("a {kind} is never opened; put the exported file itself there");
        match self {
            Self::SymbolicLink => "a symbolic link is not followed inside evidence; put the file itself there".to_owned(),
            Self::Fifo => special("named pipe"),
            Self::Socket => special("socket"),
            Self::Device => special("device"),
            Self::Special => special("special file"),
            Self::Folder(reason) => format!("the folder cannot be listed: {}; check your rights", visible(reason)),
            Self::Unreadable(reason) => format!("the file cannot be read: {}; check your rights", visible(reason)),
            Self::SamePath => "another file has the same path in the report (bytes that are no UTF-8 are written \\xHH); rename one".to_owned(),
            Self::TooDeep => format!("folders nested deeper than {MAX_DEPTH} are not read, nor anything in this one; move it up"),
            Self::TooMany => format!("there are more than {MAX_FILES} files: this one and all that sort behind it are not read; scan fewer"),
            Self::Beside => "it stands beside the folder `evidence`, not in it, and is not read; put exports into `evidence`".to_owned(),
        }
    }

    /// What stands in the way of opening a thing of this kind.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        let kind = metadata.file_type();
        if kind.is_file() {
            return None;
        }
        if kind.is_symlink() {
            return Some(Self::SymbolicLink);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt as _;
            if kind.is_fifo() {
                return Some(Self::Fifo);
            }
            if kind.is_socket() {
                return Some(Self::Socket);
            }
            if kind.is_char_device() || kind.is_block_device() {
                return Some(Self::Device);
            }
        }
        Some(Self::Special)
    }
}

impl Blob {
    /// A file with this path in reports at that place.
    #[must_use]
    pub fn new(path: impl Into<String>, absolute: impl Into<PathBuf>, size: u64) -> Self {
        Self { path: path.into(), absolute: absolute.into(), memory: None, size, obstacle: None, within: 0, inner: 0 }
    }

    /// Bytes in memory with this path in reports.
    #[must_use]
    pub fn memory(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        Self { memory: Some(bytes.into()), ..Self::new(path, PathBuf::new(), size) }
    }

    /// Reads from the beginning.
    ///
    /// # Errors
    /// It vanished, may not be read, or is no plain file (any more).
    pub fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.memory {
            Some(bytes) => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
            None => Ok(Box::new(self.open()?)),
        }
    }

    /// Opens it for reading here and there.
    ///
    /// # Errors
    /// As for [`Self::reader`].
    pub fn opened(&self) -> io::Result<Opened> {
        match &self.memory {
            Some(bytes) => Ok(Opened(Source::Memory(Arc::clone(bytes)))),
            None => Ok(Opened(Source::File(self.open()?))),
        }
    }

    /// The file's name: the last component of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The path relative to the PATH that was given, also where there are several.
    #[must_use]
    pub fn relative(&self) -> &str {
        self.path.get(self.within..).unwrap_or(&self.path)
    }

    /// The path relative to the evidence folder: without `evidence/` in an engagement folder.
    #[must_use]
    pub fn inner(&self) -> &str {
        self.path.get(self.inner..).unwrap_or(&self.path)
    }

    /// Whether a pattern of the engagement means this file, in any of the three forms of its path.
    #[must_use]
    pub fn matches(&self, pattern: &str) -> bool {
        wildcard::matches(pattern, &self.path)
            || (self.within > 0 && wildcard::matches(pattern, self.relative()))
            || (self.inner > 0 && wildcard::matches(pattern, self.inner()))
    }

    /// Opens the file for reading. No link is followed and nothing but a
    /// plain file is opened, whatever has come to stand at its place.
    ///
    /// # Errors
    /// Where it vanished, may not be read, or is no plain file (any more).
    fn open(&self) -> io::Result<File> {
        if let Some(obstacle) = &self.obstacle {
            return Err(io::Error::other(obstacle.message()));
        }
        let found = self.absolute.symlink_metadata()?;
        if let Some(obstacle) = Obstacle::of(&found) {
            return Err(io::Error::other(obstacle.message()));
        }
        let file = options().open(&self.absolute)?;
        let opened = file.metadata()?;
        if !opened.is_file() || !same(&found, &opened) {
            return Err(io::Error::other("the file was replaced while it was opened; scan again when nothing writes there"));
        }
        Ok(file)
    }
}

/// A blob that was opened for reading here and there.
#[derive(Debug)]
pub struct Opened(Source);

#[derive(Debug)]
enum Source {
    File(File),
    Memory(Arc<[u8]>),
}

impl Opened {
    /// Reads up to `length` bytes from `offset` on; fewer where the bytes end.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Source::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.get(start..).unwrap_or_default().iter().take(length).copied().collect())
            }
            Source::File(file) => {
                file.seek(io::SeekFrom::Start(offset))?;
                let mut bytes = Vec::with_capacity(length);
                file.take(length as u64).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

/// Reading, without waiting for the other end of a pipe that took the file's place.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, 0o4000); // O_NONBLOCK
    #[cfg(target_os = "macos")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, 0x4); // O_NONBLOCK
    options
}

#[cfg(unix)]
fn same(found: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn same(found: &Metadata, opened: &Metadata) -> bool {
    found.len() == opened.len()
}
