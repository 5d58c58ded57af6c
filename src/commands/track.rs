//! `rolecall track`.

use super::{say, tell};
use crate::cli::Format;
use crate::cli::track::{TrackCommand, TrackVerifyArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::whole;
use crate::ledger::LedgerError;
use crate::ledger::verify::{Anchors, Pinned, verify};
use crate::signing::key_file;
use crate::text::of_system;
use crate::verdict::render;

pub(super) fn run(command: &TrackCommand) -> Result<Exit, Diagnostics> {
    match command {
        TrackCommand::Verify(args) => run_verify(args),
    }
}

fn run_verify(args: &TrackVerifyArgs) -> Result<Exit, Diagnostics> {
    let anchors = anchors(args)?;
    let mut against = Vec::new();
    for path in &args.against {
        let pinned =
            Pinned::read(path).map_err(|error| whole(path, "report", error.to_string(), Some("give a report package, or its report.json")))?;
        against.push(pinned);
    }
    // The state machine of findings goes here: a signed nonsense history is still nonsense.
    let done = verify(&args.ledger, &anchors, &against, None).map_err(|error| refused(args, &error))?;
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&done).unwrap_or_default())),
        Format::Human => say(&render(&done.steps)),
    }
    for pinned in done.consistency.iter().filter(|_| args.format == Format::Human) {
        tell(&format!("note: begins with the {} lines of root {}\n", pinned.pinned.size, pinned.pinned.root));
    }
    Ok(done.verdict.exit())
}

/// The keys that may act, by fingerprint.
fn anchors(args: &TrackVerifyArgs) -> Result<Anchors, Diagnostics> {
    let mut anchors = Anchors::new();
    for path in &args.trust {
        let key = key_file::load_public(path).map_err(|error| whole(path, error.code(), error.to_string(), None))?;
        anchors.insert(key.fingerprint());
    }
    for text in &args.fingerprint {
        let plain = text.to_ascii_lowercase().replace(':', "");
        if plain.len() != 64 || !plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let wrong = Diagnostic::new("usage", "", format!("--fingerprint {text} is not the 64 hexadecimal digits of a SHA-256"));
            return Err(wrong.help("`rolecall key show` prints it").into());
        }
        anchors.insert(plain);
    }
    Ok(anchors)
}

fn refused(args: &TrackVerifyArgs, error: &LedgerError) -> Diagnostics {
    Diagnostic::new(error.code(), of_system(args.ledger.as_os_str()), error.to_string()).into()
}
