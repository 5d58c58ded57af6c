//! Key files: PKCS#8 version 1 in PEM (RFC 5208, RFC 7468), plain or encrypted
//! (PBES2, RFC 8018), as `openssl genpkey -algorithm ed25519` and
//! `openssl pkcs8 -topk8` write them.
//!
//! A key of ours says before its PEM whose it is and what it is for: RFC 7468,
//! section 2, allows text there, and openssl skips it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::key::{KeyError, PublicKey, SecretKey};
use super::passphrase::{Passphrase, PassphraseError};
use super::pkcs8;

mod create;

pub use create::{CreateError, Created, NewKey, create, public_path};

/// What a key is for.
pub const ROLES: [&str; 5] = ["scanner", "ledger", "approver", "auditor", "root"];
/// The largest key file.
const LIMIT: u64 = 64 << 10;

/// A key that was read from a file.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: SecretKey,
    /// Whose it is, where the file says so.
    pub owner: Option<String>,
    /// What it is for: one of [`ROLES`], where the file says so.
    pub role: Option<String>,
    /// Whether the file is encrypted.
    pub encrypted: bool,
}

/// A key file that is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system refuses.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A link could be turned to another key.
    #[error("it is a symbolic link; give the file itself")]
    Link,
    /// A folder, a pipe, a device.
    #[error("it is no regular file")]
    NoFile,
    /// Other people can read it.
    #[error("others than its owner can read or write it (mode {0:04o}); run `chmod 600` on it, and think about who may have read it")]
    Open(u32),
    /// Other people can put another file in its place.
    #[error("everybody can replace files in its folder (mode {0:04o}); run `chmod o-w` on the folder, or move the key")]
    Folder(u32),
    /// Longer than any key.
    #[error("it has more than {} KiB, which no key needs", LIMIT >> 10)]
    Large,
    /// Not one PEM block of a private key.
    #[error("it is no private key in PEM; expected one block `-----BEGIN PRIVATE KEY-----` or `-----BEGIN ENCRYPTED PRIVATE KEY-----`")]
    Pem,
    /// The lines before the PEM say something that has no meaning.
    #[error("the lines before its PEM are not understood: {0}")]
    Said(&'static str),
    /// Not the DER of a private key.
    #[error("what its PEM holds is no PKCS#8 private key")]
    Der,
    /// Holds the public key too, which may be another one.
    #[error("it is PKCS#8 version 2, which OpenSSL 3.0 and others cannot read; make one with `rolecall key new` or `openssl genpkey -algorithm ed25519`")]
    Version2,
    /// RSA and the like.
    #[error("it is a key of another algorithm ({0}); rolecall signs with Ed25519 alone")]
    Algorithm(String),
    /// Not PBES2 with scrypt or PBKDF2 and AES.
    #[error("it is encrypted in a way that is not read here; write it again with `openssl pkcs8 -topk8 -scrypt`")]
    Encryption,
    /// Opening it would take absurd memory or time.
    #[error("it asks for {0}, more than any honest key; it was not opened")]
    Cost(String),
    /// One message for whatever went wrong: it tells nobody how near a guess was.
    #[error("the passphrase does not open it")]
    Wrong,
    /// The public key is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The passphrase could not be had.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
}

impl KeyFileError {
    /// The code of the mistake.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "unreadable",
            Self::Link => "key-link",
            Self::NoFile => "key-no-file",
            Self::Open(_) => "key-permissions",
            Self::Folder(_) => "key-folder",
            Self::Large => "key-too-large",
            Self::Pem | Self::Said(_) | Self::Der => "key-format",
            Self::Version2 => "key-version-2",
            Self::Algorithm(_) => "key-algorithm",
            Self::Encryption => "key-encryption",
            Self::Cost(_) => "key-cost",
            Self::Wrong => "key-passphrase",
            Self::Key(KeyError::Pem) => "key-format",
            Self::Key(KeyError::Point) => "key-point",
            Self::Key(KeyError::Weak) => "key-weak",
            Self::Passphrase(_) => "passphrase",
        }
    }

    /// The mistake, about the file at this path.
    #[must_use]
    pub fn diagnostic(&self, path: &Path) -> crate::diagnostic::Diagnostic {
        crate::files::whole(path, self.code(), self.to_string(), None)
    }
}

/// Reads a key.
///
/// # Errors
/// [`KeyFileError`]; a passphrase is asked for only when everything else is in order.
pub fn load(path: &Path, passphrase: &Passphrase) -> Result<KeyFile, KeyFileError> {
    let bytes = read_capped(&mut open_secret(path)?)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyFileError::Pem)?;
    let pem = pkcs8::Pem::of(text)?;
    let (owner, role) = said(pem.before)?;
    let key = if pem.encrypted { pkcs8::decrypt(&pem.der, || Ok(passphrase.read()?))? } else { pkcs8::seed(&pem.der)? };
    Ok(KeyFile { key: SecretKey::from_seed(&key), owner, role, encrypted: pem.encrypted })
}

/// Reads a public key in PEM. It is no secret: nothing is asked of its file.
///
/// # Errors
/// [`KeyFileError`].
pub fn load_public(path: &Path) -> Result<PublicKey, KeyFileError> {
    let bytes = read_capped(&mut File::open(path)?)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::Pem)?;
    Ok(PublicKey::from_pem(text)?)
}

/// Whether the file holds a public key in PEM.
///
/// # Errors
/// [`KeyFileError::Io`], [`KeyFileError::Large`].
pub fn is_public(path: &Path) -> Result<bool, KeyFileError> {
    let bytes = read_capped(&mut File::open(path)?)?;
    Ok(bytes.windows(26).any(|window| window == b"-----BEGIN PUBLIC KEY-----"))
}

/// Into memory that never moves, so that no copy is left behind.
fn read_capped(file: &mut File) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let size = file.metadata()?.len();
    if size > LIMIT {
        return Err(KeyFileError::Large);
    }
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(LIMIT).unwrap_or_default() + 1]);
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => length += read,
        }
    }
    if length as u64 > LIMIT {
        return Err(KeyFileError::Large);
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Whose the key is and what it is for: lines `# owner: ...` and `# role: ...`.
fn said(before: &str) -> Result<(Option<String>, Option<String>), KeyFileError> {
    let (mut owner, mut role) = (None, None);
    for line in before.lines() {
        for (name, value) in [("# owner: ", &mut owner), ("# role: ", &mut role)] {
            if let Some(text) = line.strip_prefix(name)
                && value.replace(text.to_owned()).is_some()
            {
                return Err(KeyFileError::Said("the owner or the role stands twice"));
            }
        }
    }
    if role.as_deref().is_some_and(|role| !ROLES.contains(&role)) {
        return Err(KeyFileError::Said("the role is none of scanner, ledger, approver, auditor, root"));
    }
    Ok((owner, role))
}

/// Opens a file that only its owner may read. What is examined is what was opened.
///
/// # Errors
/// [`KeyFileError::Link`], [`KeyFileError::NoFile`], [`KeyFileError::Open`], [`KeyFileError::Folder`], [`KeyFileError::Io`].
#[cfg(unix)]
pub(super) fn open_secret(path: &Path) -> Result<File, KeyFileError> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
    // Without waiting: a pipe would never open.
    let opened = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
    let file = opened.map_err(|error| if error.raw_os_error() == Some(libc::ELOOP) { KeyFileError::Link } else { KeyFileError::Io(error) })?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(KeyFileError::NoFile);
    }
    if data.mode() & 0o077 != 0 {
        return Err(KeyFileError::Open(data.mode() & 0o7777));
    }
    folder_is_safe(path)?;
    Ok(file)
}

/// Elsewhere rights are not modes: links and folders are all that can be told.
#[cfg(not(unix))]
pub(super) fn open_secret(path: &Path) -> Result<File, KeyFileError> {
    let data = path.symlink_metadata()?;
    if data.is_symlink() {
        return Err(KeyFileError::Link);
    }
    if !data.is_file() {
        return Err(KeyFileError::NoFile);
    }
    Ok(File::open(path)?)
}

/// In a folder that everybody may write to, anybody can put another key there; a
/// sticky bit (as on /tmp) keeps them from it.
#[cfg(unix)]
fn folder_is_safe(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = crate::files::folder_of(path).metadata()?.mode();
    if mode & 0o002 != 0 && mode & 0o1000 == 0 { Err(KeyFileError::Folder(mode & 0o7777)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn folder_is_safe(_: &Path) -> Result<(), KeyFileError> {
    Ok(())
}
