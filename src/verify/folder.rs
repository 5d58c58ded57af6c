//! Reading a package: every file once, into memory, with a limit.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::text::{of_system, visible_path};

/// What a signed package holds.
pub(super) const SIGNED: [&str; 8] =
    ["SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig", "VERIFY.md", "report.html", "report.json", "report.scanner.sigstore.json", "signer.pem"];
/// The files of [`SIGNED`] that only a signed one holds.
pub(super) const SIGNATURES: [&str; 4] = ["SHA256SUMS.sig", "SHA256SUMS.sshsig", "report.scanner.sigstore.json", "signer.pem"];
/// The largest report or page.
const LARGEST: u64 = 512 << 20;
/// The largest of the other files.
const LARGEST_OTHER: u64 = 1 << 20;
/// More names than any package has.
const MOST_ENTRIES: usize = 64;

/// A folder that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum PackageReadError {
    /// The system refuses.
    #[error("the package `{0}` cannot be read: {1}; give the folder that `rolecall scan` wrote")]
    Io(String, io::Error),
    /// Something else.
    #[error("`{0}` holds no report.json and no SHA256SUMS; give the folder that `rolecall scan` wrote")]
    NoPackage(String),
}

/// What lies in a package under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A plain file, whole.
    File(Vec<u8>),
    /// A link, a folder and the like.
    NoFile(&'static str),
    /// More bytes than such a file has.
    TooLarge(u64),
    /// The system refuses; its words.
    Unreadable(String),
    /// No package has a file of that name: it was not read.
    Foreign,
}

/// A package in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package(pub BTreeMap<String, Entry>);

impl Package {
    /// Reads a folder. Only files whose names are known are opened.
    ///
    /// # Errors
    /// [`PackageReadError`] where that is no package; what is wrong with one is told by the steps.
    pub fn read(folder: &Path) -> Result<Self, PackageReadError> {
        let wrong = |error| PackageReadError::Io(visible_path(folder), error);
        let mut entries = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(wrong)?.take(MOST_ENTRIES) {
            let path = entry.map_err(wrong)?.path();
            let name = of_system(path.file_name().unwrap_or_default());
            let entry = if is_known(&name) { read(&path, limit(&name)) } else { kind(&path).map_or(Entry::Foreign, Entry::NoFile) };
            entries.insert(name, entry);
        }
        if entries.contains_key("report.json") || entries.contains_key("SHA256SUMS") {
            Ok(Self(entries))
        } else {
            Err(PackageReadError::NoPackage(visible_path(folder)))
        }
    }

    /// A file's bytes; `None` where there is none or it could not be read.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        match self.0.get(name) {
            Some(Entry::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Whether anything in the package says that somebody signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        SIGNATURES.iter().any(|name| self.0.contains_key(*name))
    }
}

/// Whether a file of that name belongs into packages: [`SIGNED`], and bundles of co-signers.
pub(super) fn is_known(name: &str) -> bool {
    SIGNED.contains(&name) || is_cosigner(name)
}

/// `report.ROLE.sigstore.json` of another role than the scanner's.
pub(super) fn is_cosigner(name: &str) -> bool {
    let role = name.strip_prefix("report.").and_then(|rest| rest.strip_suffix(".sigstore.json"));
    role.is_some_and(|role| role != "scanner" && !role.is_empty() && role.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
}

fn limit(name: &str) -> u64 {
    if name.starts_with("report.") { LARGEST } else { LARGEST_OTHER }
}

/// What it is, where that is no plain file.
fn kind(path: &Path) -> Option<&'static str> {
    let kind = path.symlink_metadata().ok()?.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_symlink() => Some("a symbolic link"),
        () if kind.is_dir() => Some("a folder"),
        () => Some("neither file nor folder"),
    }
}

fn read(path: &Path, limit: u64) -> Entry {
    if let Some(kind) = kind(path) {
        return Entry::NoFile(kind);
    }
    match read_capped(path, limit) {
        Ok(Some(bytes)) => Entry::File(bytes),
        Ok(None) => Entry::TooLarge(limit),
        Err(error) => Entry::Unreadable(error.to_string()),
    }
}

/// `None` where it is longer. What is examined is what was opened.
fn read_capped(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it was replaced while it was opened"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
