//! The files of a package, as bytes.

use super::PackageError;
use crate::report::{Report, verify_md};
use crate::signing::bundle::Bundle;
use crate::signing::sign::Signer;
use crate::signing::{sums, trailer};

/// A file's name and bytes.
pub type File = (&'static str, Vec<u8>);

/// The result, whose exact bytes are signed.
pub const REPORT: &str = "report.json";
/// The page.
pub const PAGE: &str = "report.html";
/// How to check the package.
pub const VERIFY: &str = "VERIFY.md";
/// The list of digests.
pub const SUMS: &str = "SHA256SUMS";
/// Its raw Ed25519 signature, 64 bytes.
pub const SUMS_SIG: &str = "SHA256SUMS.sig";
/// Its SSH signature.
pub const SUMS_SSHSIG: &str = "SHA256SUMS.sshsig";
/// The signed statement.
pub const BUNDLE: &str = "report.scanner.sigstore.json";
/// The public key, for comparison.
pub const SIGNER: &str = "signer.pem";

/// All files of a package, signed ones included: nothing else may lie in one.
pub const FILES: [&str; 8] = [REPORT, PAGE, VERIFY, SUMS, SUMS_SIG, SUMS_SSHSIG, BUNDLE, SIGNER];
/// What an unsigned package lists in its digests.
pub const UNSIGNED_LIST: [&str; 3] = [VERIFY, PAGE, REPORT];
/// What a signed one lists.
pub const SIGNED_LIST: [&str; 5] = [VERIFY, PAGE, REPORT, BUNDLE, SIGNER];

/// The files of a package beside the report's bytes.
///
/// # Errors
/// [`PackageError::Render`], a defect of the program.
pub fn beside(report: &Report, (json, body): (&[u8], &[u8]), signer: Option<&Signer<'_>>) -> Result<Vec<File>, PackageError> {
    let envelope = signer.map(|signer| signer.envelope(report, json, body));
    let key = signer.map(|signer| signer.key.key.public());
    let verify = verify_md::render(report, key.as_ref()).map_err(|error| PackageError::Render(error.to_string()))?;
    let mut files = vec![(VERIFY, verify.into_bytes()), (PAGE, trailer::attach(body, envelope.as_ref()))];
    if let (Some(envelope), Some(key)) = (envelope, key) {
        files.extend([(BUNDLE, Bundle::of(envelope).to_json().into_bytes()), (SIGNER, key.pem().into_bytes())]);
    }
    let others = files.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
    let list = sums::write(others.chain([(REPORT, json)]));
    if let Some(signer) = signer {
        let (sig, sshsig) = signer.sums(&list);
        files.extend([(SUMS_SIG, sig.to_vec()), (SUMS_SSHSIG, sshsig.into_bytes())]);
    }
    files.push((SUMS, list.into_bytes()));
    Ok(files)
}
