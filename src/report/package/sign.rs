//! Signing a package that lies there already: unsigned, or signed with the same key.
//!
//! A signature says "this is what my scan gave", so nothing is signed that does
//! not hold together: the files are exactly those of a package, their digests
//! are those of its list, the report is written as this program writes it, and
//! the page is what this program makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::content::{BUNDLE, FILES, PAGE, REPORT, SIGNED_LIST, SIGNER, SUMS, SUMS_SIG, SUMS_SSHSIG, UNSIGNED_LIST};
use super::{Found, PackageError, Staged, look, prepare};
use crate::digest::sha256_hex;
use crate::report::{RENDERER, Report, html, json};
use crate::signing::bundle::Bundle;
use crate::signing::key::PublicKey;
use crate::signing::sign::Signer;
use crate::signing::statement::Statement;
use crate::signing::{strict_json, sums, trailer};

/// The largest file of a package that is read.
const LIMIT: u64 = 1 << 30;

/// A package that is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// It cannot be read or written, or is no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Somebody else's signature would be replaced.
    #[error("it is signed with another key; a second signature beside it is not made by this version")]
    OtherKey,
    /// This version cannot render the page again.
    #[error("its page was made by the renderer `{0}`; this version has {RENDERER} alone; sign with the version that made it, or scan again")]
    Renderer(String),
    /// It does not hold together.
    #[error("it does not hold together, and is not signed: {0}; scan again")]
    Broken(String),
}

impl From<io::Error> for SignError {
    fn from(error: io::Error) -> Self {
        Self::Package(error.into())
    }
}

/// Signs the package and puts the signed one at its place. What an earlier
/// signature of the same key claimed of ledger and previous report, the new one
/// claims too, unless `signer` says otherwise.
///
/// # Errors
/// [`SignError`]; the package is as it was.
pub fn sign(package: &Path, signer: &Signer<'_>) -> Result<(), SignError> {
    prepare(package)?;
    if look(package)? != Found::Package {
        return Err(PackageError::Missing.into());
    }
    let files = read(package)?;
    let key = signer.key.key.public();
    let signed = [BUNDLE, SIGNER, SUMS_SIG, SUMS_SSHSIG].iter().any(|name| files.contains_key(*name));
    if signed && !file(&files, SIGNER).is_ok_and(|pem| pem == key.pem().as_bytes()) {
        return Err(SignError::OtherKey);
    }
    let (report, body) = whole(&files, signed)?;
    let mut signer = signer.clone();
    if signed {
        let statement = statement(&files, &key)?;
        signer.previous = signer.previous.or(statement.predicate.previous_report);
        signer.ledger = signer.ledger.or(statement.predicate.ledger);
    }
    signer.ledger = signer.ledger.or_else(|| report.inputs.ledger.clone());
    Ok(Staged::of(package, &report, (file(&files, REPORT)?, body), Some(&signer))?.put()?)
}

/// Takes all files into memory: what is checked is what is signed.
fn read(package: &Path) -> Result<BTreeMap<String, Vec<u8>>, SignError> {
    let mut files = BTreeMap::new();
    for name in FILES {
        let path = package.join(name);
        // `prepare` has seen that what lies here are plain files.
        if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            continue;
        }
        let mut bytes = Vec::new();
        if fs::File::open(&path)?.take(LIMIT + 1).read_to_end(&mut bytes)? as u64 > LIMIT {
            return Err(broken(format!("`{name}` has more than 1 GiB")));
        }
        files.insert(name.to_owned(), bytes);
    }
    Ok(files)
}

/// The report and the page's body, where everything fits together.
fn whole(files: &BTreeMap<String, Vec<u8>>, signed: bool) -> Result<(Report, &[u8]), SignError> {
    let list = sums::parse(file(files, SUMS)?).map_err(|error| broken(format!("`{SUMS}`: {error}")))?;
    let mut expected: Vec<&str> = if signed { SIGNED_LIST.to_vec() } else { UNSIGNED_LIST.to_vec() };
    expected.sort_unstable();
    if list.iter().map(|sum| sum.name.as_str()).ne(expected) {
        return Err(broken(format!("`{SUMS}` does not list the files of a package")));
    }
    for sum in &list {
        if sha256_hex(file(files, &sum.name)?) != sum.sha256 {
            return Err(broken(format!("`{}` is not what `{SUMS}` says", sum.name)));
        }
    }
    let bytes = file(files, REPORT)?;
    // Twice: a member that stands twice is refused by the first alone.
    let report: Report = strict_json::read(bytes).map_err(|error| broken(format!("`{REPORT}`: {error}")))?;
    json::read(bytes).map_err(|error| broken(format!("`{REPORT}`: {error}")))?;
    if json::write(&report) != bytes {
        return Err(broken(format!("`{REPORT}` is not written as this program writes it")));
    }
    if report.tool.renderer != RENDERER {
        return Err(SignError::Renderer(crate::text::visible(&report.tool.renderer)));
    }
    let page = trailer::split(file(files, PAGE)?).map_err(|error| broken(format!("`{PAGE}`: {error}")))?;
    if page.envelope.is_some() != signed {
        return Err(broken(format!("`{PAGE}` and the other files differ in whether they are signed")));
    }
    let fresh = html::body(&report).map_err(|error| PackageError::Render(error.to_string()))?;
    if fresh != page.body {
        return Err(broken(format!("`{PAGE}` does not show what `{REPORT}` says")));
    }
    Ok((report, page.body))
}

/// The statement that this key signed before.
fn statement(files: &BTreeMap<String, Vec<u8>>, key: &PublicKey) -> Result<Statement, SignError> {
    let bundle = Bundle::parse(file(files, BUNDLE)?).map_err(|error| broken(format!("`{BUNDLE}`: {error}")))?;
    if !bundle.envelope.verifies(key) {
        return Err(broken(format!("`{BUNDLE}`: the signature does not verify")));
    }
    let statement = Statement::parse(&bundle.envelope.payload).map_err(|error| broken(format!("`{BUNDLE}`: {error}")))?;
    if statement.json_sha256 == sha256_hex(file(files, REPORT)?) { Ok(statement) } else { Err(broken(format!("`{BUNDLE}` is about another report"))) }
}

fn file<'f>(files: &'f BTreeMap<String, Vec<u8>>, name: &str) -> Result<&'f [u8], SignError> {
    files.get(name).map(Vec::as_slice).ok_or_else(|| broken(format!("`{name}` is missing")))
}

fn broken(what: String) -> SignError {
    SignError::Broken(what)
}
