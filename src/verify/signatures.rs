//! Whose key it is, and what it signed.

use super::folder::Package;
use super::{Anchor, SeenSigner};
use crate::signing::bundle::{Bundle, BundleError};
use crate::signing::dsse::{Envelope, EnvelopeError, IN_TOTO};
use crate::signing::key::{KeyError, PublicKey};
use crate::signing::sshsig::{SshSignature, SshSignatureError};
use crate::signing::statement::{Statement, StatementError};
use crate::verdict::Step;

const BUNDLE: &str = "report.scanner.sigstore.json";

/// The key that signatures are held against.
#[derive(Debug)]
pub(super) enum Signer {
    /// The reader vouches for it.
    Trusted(PublicKey),
    /// Only the package names it.
    Untrusted(PublicKey),
    /// There is none.
    Unknown,
    /// Nothing in the package says that it is signed.
    Unsigned,
}

impl Signer {
    /// A step about a signature; it passes only under a key that the reader trusts.
    fn judge(&self, step: &'static str, code: &'static str, fits: impl FnOnce(&PublicKey) -> bool) -> Step {
        let fits = self.key().is_some_and(fits);
        match self {
            Self::Trusted(_) if fits => Step::passed(step, "it is the trusted key's"),
            Self::Untrusted(_) if fits => {
                Step::indeterminate(step, "signer-untrusted", "it is that of the key in the package, for which nobody vouches")
            }
            Self::Trusted(_) => Step::failed(step, code, "it is not the trusted key's signature of these bytes"),
            Self::Untrusted(_) => Step::failed(step, code, "it is not even the signature of the key in the package"),
            Self::Unknown => Step::indeterminate(step, "signer-unknown", "there is no key to hold it against"),
            Self::Unsigned => unsigned(step),
        }
    }

    fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::Trusted(key) | Self::Untrusted(key) => Some(key),
            Self::Unknown | Self::Unsigned => None,
        }
    }

    pub(super) fn seen(&self, statement: &Statement) -> Option<SeenSigner> {
        let predicate = &statement.predicate;
        Some(SeenSigner {
            fingerprint: self.key()?.fingerprint(),
            trusted: matches!(self, Self::Trusted(_)),
            owner: predicate.signer.owner.clone(),
            role: predicate.signer.role.clone(),
            key_encrypted: predicate.signer.key_encrypted,
            claimed_time: predicate.claimed_time.clone(),
        })
    }
}

fn unsigned(step: &'static str) -> Step {
    Step::indeterminate(step, "unsigned", "nobody signed this package: who made it cannot be told")
}

/// The step `signer`: the key of the package is the reader's.
pub(super) fn signer(package: &Package, anchor: Option<&Anchor>, steps: &mut Vec<Step>) -> Signer {
    const STEP: &str = "signer";
    if !package.is_signed() {
        steps.push(unsigned(STEP));
        return Signer::Unsigned;
    }
    let own = package.file("signer.pem").map(|bytes| std::str::from_utf8(bytes).map_err(|_| KeyError::Pem).and_then(PublicKey::from_pem));
    let (signer, step) = match (anchor, own) {
        (None, Some(Ok(own))) => {
            let why = format!("no --trust and no --fingerprint was given; the package says it is {}", own.fingerprint());
            (Signer::Untrusted(own), Step::indeterminate(STEP, "signer-untrusted", why))
        }
        (Some(Anchor::Key(key)), Some(Ok(own))) if own == *key => (Signer::Trusted(own), trusted(&own)),
        (Some(Anchor::Fingerprint(fingerprint)), Some(Ok(own))) if own.fingerprint() == *fingerprint => (Signer::Trusted(own), trusted(&own)),
        (Some(anchor), Some(Ok(own))) => {
            (anchor.alone(), Step::failed(STEP, "signer-differs", format!("the package names another key: {}", own.fingerprint())))
        }
        (anchor, Some(Err(error))) => {
            (anchor.map_or(Signer::Unknown, Anchor::alone), Step::failed(STEP, key_code(error), format!("signer.pem: {error}")))
        }
        (anchor, None) => (anchor.map_or(Signer::Unknown, Anchor::alone), super::not_reached(STEP)),
    };
    steps.push(step);
    signer
}

fn trusted(key: &PublicKey) -> Step {
    Step::passed("signer", format!("the trusted key, {}", key.fingerprint()))
}

impl Anchor {
    /// What the reader gave, where the package's key is no help.
    fn alone(&self) -> Signer {
        match self {
            Self::Key(key) => Signer::Trusted(*key),
            Self::Fingerprint(_) => Signer::Unknown,
        }
    }
}

fn key_code(error: KeyError) -> &'static str {
    match error {
        KeyError::Pem => "signer-format",
        KeyError::Point => "signer-point",
        KeyError::Weak => "signer-weak",
    }
}

/// The steps `signature` and `ssh signature`, both over `SHA256SUMS`.
pub(super) fn of_sums(package: &Package, signer: &Signer, steps: &mut Vec<Step>) {
    const STEP: &str = "signature";
    const SSH: &str = "ssh signature";
    if matches!(signer, Signer::Unsigned) {
        steps.extend([unsigned(STEP), unsigned(SSH)]);
        return;
    }
    let Some(sums) = package.file("SHA256SUMS") else {
        steps.extend([super::not_reached(STEP), super::not_reached(SSH)]);
        return;
    };
    steps.push(match package.file("SHA256SUMS.sig") {
        None => super::not_reached(STEP),
        Some(sig) if sig.len() != 64 => Step::failed(STEP, "signature-length", format!("SHA256SUMS.sig has {} bytes, a signature has 64", sig.len())),
        Some(sig) => signer.judge(STEP, "signature-differs", |key| key.verifies(sums, sig)),
    });
    steps.push(match package.file("SHA256SUMS.sshsig").map(SshSignature::parse) {
        None => super::not_reached(SSH),
        Some(Err(error)) => Step::failed(SSH, ssh_code(&error), error.to_string()),
        Some(Ok(signature)) => signer.judge(SSH, "ssh-signature-differs", |key| signature.verifies(sums, key)),
    });
}

fn ssh_code(error: &SshSignatureError) -> &'static str {
    match error {
        SshSignatureError::Armour => "ssh-signature-armour",
        SshSignatureError::Structure | SshSignatureError::Version(_) => "ssh-signature-format",
        SshSignatureError::Namespace(_) => "ssh-signature-namespace",
        SshSignatureError::Algorithm(_) => "ssh-signature-algorithm",
        SshSignatureError::Key(_) => "ssh-signature-key",
    }
}

/// The steps `bundle` and `statement`; the statement, where its signature fits a key.
pub(super) fn statement(package: &Package, signer: &Signer, steps: &mut Vec<Step>) -> Option<Statement> {
    const STEP: &str = "bundle";
    const STATEMENT: &str = "statement";
    if matches!(signer, Signer::Unsigned) {
        steps.extend([unsigned(STEP), unsigned(STATEMENT)]);
        return None;
    }
    let envelope = match package.file(BUNDLE).map(Bundle::parse) {
        None => Err(super::not_reached(STEP)),
        Some(Err(error)) => Err(Step::failed(STEP, bundle_code(&error), error.to_string())),
        Some(Ok(bundle)) if bundle.envelope.payload_type != IN_TOTO => {
            Err(Step::failed(STEP, "bundle-payload-type", format!("its payload is `{}`, not `{IN_TOTO}`", bundle.envelope.payload_type)))
        }
        Some(Ok(bundle)) => Ok(bundle.envelope),
    };
    let envelope: Envelope = match envelope {
        Ok(envelope) => envelope,
        Err(step) => {
            steps.extend([step, super::not_reached(STATEMENT)]);
            return None;
        }
    };
    let fits = signer.key().is_some_and(|key| envelope.verifies(key));
    steps.push(signer.judge(STEP, "bundle-signature", |_| fits));
    // Bytes that nobody signed are not parsed.
    if !fits {
        steps.push(super::not_reached(STATEMENT));
        return None;
    }
    match Statement::parse(&envelope.payload) {
        Ok(statement) => {
            let time = &statement.predicate.claimed_time;
            let mut said = format!("it is about a report and its page; signed at {time} by the signer's own clock, which proves nothing");
            if !statement.predicate.signer.key_encrypted {
                said.push_str("; the key file was not encrypted");
            }
            steps.push(Step::passed(STATEMENT, said));
            Some(statement)
        }
        Err(error) => {
            steps.push(Step::failed(STATEMENT, statement_code(&error), error.to_string()));
            None
        }
    }
}

fn bundle_code(error: &BundleError) -> &'static str {
    match error {
        BundleError::Json(error) if error.is_twice() => "bundle-member-twice",
        BundleError::Json(_) => "bundle-format",
        BundleError::MediaType(_) => "bundle-media-type",
        BundleError::Signatures(_) => "bundle-signatures",
        BundleError::Envelope(error) => match error {
            EnvelopeError::Json(_) => "bundle-format",
            EnvelopeError::Base64(_) => "bundle-base64",
            EnvelopeError::Signatures(_) => "bundle-signatures",
        },
    }
}

fn statement_code(error: &StatementError) -> &'static str {
    match error {
        StatementError::Json(error) if error.is_twice() => "statement-member-twice",
        StatementError::Json(_) => "statement-format",
        StatementError::Type(_) => "statement-type",
        StatementError::PredicateType(_) => "statement-predicate-type",
        StatementError::Subjects => "statement-subjects",
        StatementError::Digest(_) => "statement-digest",
        StatementError::Time => "statement-time",
    }
}
