//! `rolecall verify`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{in_threads, say};
use crate::cli::Format;
use crate::cli::verify::VerifyArgs;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::whole;
use crate::report::package::folders;
use crate::signing::key_file;
use crate::text::visible;
use crate::verdict;
use crate::verify::{self, Anchor, Package, Verification, evidence, previous, rerun};

pub(super) fn run(args: &VerifyArgs) -> Result<Exit, Diagnostics> {
    let anchor = anchor(args)?;
    let package = read(&args.package)?;
    let old = args.against.as_deref().map(read).transpose()?;
    let mut verification = in_threads(args.jobs, || {
        let mut verification = verify::package(&package, anchor.as_ref());
        if !args.evidence.is_empty() {
            of_evidence(args, &mut verification)?;
        }
        Ok::<_, Diagnostics>(verification)
    })??;
    if let Some(old) = &old {
        let steps = previous::steps(&verification.seen, old);
        verification.add(steps);
    }
    say(&match args.format {
        Format::Human => human(&verification),
        // Texts, booleans and lists: writing them to memory cannot fail.
        Format::Json => serde_json::to_string_pretty(&verification).unwrap_or_default() + "\n",
    });
    Ok(verification.verdict.exit())
}

fn read(folder: &Path) -> Result<Package, Diagnostics> {
    Package::read(folder).map_err(|error| Diagnostic::new("package", "", error.to_string()).into())
}

/// What the reader trusts.
fn anchor(args: &VerifyArgs) -> Result<Option<Anchor>, Diagnostics> {
    let key = args.trust.as_deref().map(trusted).transpose()?;
    let wanted = args.fingerprint.as_deref().map(fingerprint).transpose()?;
    match (key, wanted) {
        (Some(Anchor::Key(key)), Some(wanted)) if key.fingerprint() != wanted => {
            let message = "--trust and --fingerprint mean two different keys";
            Err(Diagnostic::new("usage", "", message).help("ask the signer which of them is theirs").into())
        }
        (key, wanted) => Ok(key.or(wanted.map(Anchor::Fingerprint))),
    }
}

fn trusted(path: &Path) -> Result<Anchor, Diagnostics> {
    key_file::load_public(path).map(Anchor::Key).map_err(|error| {
        let store = std::fs::read(path).is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{"));
        if store {
            let message = "this version reads no trust store yet";
            return whole(path, "trust", message.to_owned(), Some("give the signer's public key in PEM, or --fingerprint")).into();
        }
        error.diagnostic(path).into()
    })
}

/// 64 hexadecimal digits; people write them in either case and in groups.
fn fingerprint(text: &str) -> Result<String, Diagnostics> {
    let digits: String = text.chars().filter(|character| !matches!(character, ':' | ' ')).collect::<String>().to_lowercase();
    if crate::digest::is_sha256_hex(&digits) {
        return Ok(digits);
    }
    let help = "give the 64 hexadecimal digits of `rolecall key show`, or of `openssl pkey -pubin -outform DER | sha256sum`";
    Err(Diagnostic::new("usage", "", "--fingerprint is no SHA-256").help(help).into())
}

fn of_evidence(args: &VerifyArgs, verification: &mut Verification) -> Result<(), Diagnostics> {
    let taking = args.taking();
    // The package may lie where it was written, among what was scanned.
    let mut skip: Vec<PathBuf> = folders(&args.package).map_or_else(|_| vec![args.package.clone()], Vec::from);
    skip.extend(args.ledger.clone());
    let steps = match &verification.seen.report {
        Some(report) => evidence::steps(report, &taking, &skip)?,
        None => vec![verify::not_reached("evidence")],
    };
    let rerun = args.rerun.then(|| rerun::step(&verification.seen, &taking, &skip, args.ledger.as_deref()));
    verification.add(steps.into_iter().chain(rerun));
    Ok(())
}

fn human(verification: &Verification) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if let Some(report) = &verification.report {
        let _ = writeln!(text, "report  {} of {}, by {}", report.id, visible(&report.as_of), visible(&report.tool));
    }
    if let Some(signer) = &verification.signer {
        let said = |value: &Option<String>| value.as_deref().map_or_else(|| "nobody named".to_owned(), visible);
        let trusted = if signer.trusted { "trusted" } else { "NOT trusted: nobody vouches for the key" };
        let _ = writeln!(text, "signer  {} ({}), {trusted}\n        {}", said(&signer.owner), said(&signer.role), signer.fingerprint);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &verdict::render(&verification.steps)
}
