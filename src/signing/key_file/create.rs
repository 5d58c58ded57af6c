//! Making a key: a file for its owner alone, and the public key beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{KeyFileError, folder_is_safe};
use crate::signing::key::{PublicKey, SecretKey};
use crate::signing::passphrase::Passphrase;
use crate::signing::pkcs8;

/// The longest name of an owner.
const LONGEST_OWNER: usize = 200;

/// A key that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'k> {
    /// Whose it will be.
    pub owner: &'k str,
    /// What for: one of [`super::ROLES`].
    pub role: &'k str,
    /// Where the passphrase comes from; `None` leaves the file unencrypted.
    pub passphrase: Option<&'k Passphrase>,
}

/// A key that was made.
#[derive(Debug)]
pub struct Created {
    /// Its public key.
    pub public: PublicKey,
    /// Where that lies.
    pub public_path: PathBuf,
}

/// A key that was not made; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Something is there: a key is never written over.
    #[error("`{0}` is there already; give another name, a key is never written over")]
    Exists(String),
    /// The owner's name will not do.
    #[error("an owner is a name of 1 to {LONGEST_OWNER} visible characters in one line")]
    Owner,
    /// The system refuses.
    #[error("the key cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The folder or the passphrase is refused.
    #[error(transparent)]
    Refused(#[from] KeyFileError),
}

/// Where the public key of a key file is written: `KEY.pem` has `KEY.pub.pem`.
#[must_use]
pub fn public_path(path: &Path) -> PathBuf {
    let stem = if path.extension().is_some_and(|end| end == "pem") { path.with_extension("") } else { path.to_owned() };
    let mut name = stem.into_os_string();
    name.push(".pub.pem");
    name.into()
}

/// Makes a key: random, in a file of mode 0600 that was not there before.
///
/// # Errors
/// [`CreateError`]; nothing is left behind.
pub fn create(path: &Path, new: NewKey<'_>) -> Result<Created, CreateError> {
    let owner = new.owner.trim();
    if owner.is_empty() || owner.chars().count() > LONGEST_OWNER || crate::text::visible(owner) != owner || owner.contains("-----") {
        return Err(CreateError::Owner);
    }
    folder_is_safe(path).map_err(|error| match error {
        KeyFileError::Io(error) => CreateError::Io(error),
        other => other.into(),
    })?;
    let public_path = public_path(path);
    // The passphrase is asked for only where a key can be made.
    for place in [path, &public_path] {
        if place.symlink_metadata().is_ok() {
            return Err(CreateError::Exists(crate::text::visible_path(place)));
        }
    }
    let passphrase = new.passphrase.map(|from| from.read_new().map_err(KeyFileError::from)).transpose()?;
    let key = SecretKey::generate().map_err(|error| io::Error::other(error.to_string()))?;
    let pem = match &passphrase {
        Some(passphrase) => pkcs8::encrypted(&key.seed(), passphrase)?,
        None => pkcs8::plain(&key.seed()),
    };
    let public = key.public();
    drop((key, passphrase));
    let head = format!("# rolecall key, for signing; keep it secret\n# owner: {owner}\n# role: {}\n", new.role);
    put(path, 0o600, &[head.as_bytes(), pem.as_bytes()])?;
    if let Err(error) = put(&public_path, 0o644, &[public.pem().as_bytes()]) {
        // A key whose public half nobody has is no use.
        std::fs::remove_file(path)?;
        return Err(error);
    }
    crate::files::sync_folder(crate::files::folder_of(path))?;
    Ok(Created { public, public_path })
}

fn put(path: &Path, mode: u32, parts: &[&[u8]]) -> Result<(), CreateError> {
    let mut file = exclusive(path, mode).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CreateError::Exists(crate::text::visible_path(path)),
        _ => error.into(),
    })?;
    let written = parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = std::fs::remove_file(path);
        return Err(error.into());
    }
    Ok(())
}

/// A file that was not there; a link at its place is not followed.
fn exclusive(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}
