//! What persons say about findings. The ledger is locked from reading the
//! state to writing the event, so that what was permitted still is.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::register::{Ended, broken, illegal, of};
use super::{say, tell};
use crate::cli::followup::{AcceptArgs, Acting, AssignArgs, FixArgs, PlanArgs, TextArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::whole;
use crate::ledger::event::Act;
use crate::ledger::store::Ledger;
use crate::settings::claimed_time;
use crate::signing::key_file::{self, KeyFile};
use crate::text::visible;

type Done = Result<Exit, Diagnostics>;

pub(super) fn assign(args: &AssignArgs) -> Done {
    act(&args.acting, Act::Assign { finding: args.finding.clone(), owner: args.owner.clone() })
}

pub(super) fn plan(args: &PlanArgs) -> Done {
    act(&args.acting, Act::Plan { finding: args.finding.clone(), due: args.due.clone(), text: args.text.clone() })
}

pub(super) fn start(args: &TextArgs) -> Done {
    act(&args.acting, Act::Start { finding: args.finding.clone(), text: args.text.clone() })
}

pub(super) fn note(args: &TextArgs) -> Done {
    act(&args.acting, Act::Note { finding: args.finding.clone(), text: args.text.clone() })
}

pub(super) fn fix(args: &FixArgs) -> Done {
    let evidence = args.evidence.iter().map(|path| digest(path)).collect::<Result<_, _>>()?;
    act(&args.acting, Act::Fix { finding: args.finding.clone(), text: args.text.clone(), evidence })
}

/// Nobody accepts a risk with a word in passing.
pub(super) fn accept(args: &AcceptArgs) -> Done {
    let finding = args.finding.as_deref().map_or_else(|| "a finding".to_owned(), visible);
    let message = format!("the risk of {finding} is accepted by a waiver, not by an event");
    let help = "add it to waivers.yaml beside engagement.yaml: finding or control, reason, compensating measure, requester, approver (another person), \
                expiry, ticket; the next scan applies it";
    Err(Diagnostic::new("usage", "", message).help(help).into())
}

/// SHA-256 of a file.
fn digest(path: &Path) -> Result<String, Diagnostics> {
    let unreadable = |error: std::io::Error| whole(path, "unreadable", format!("the file cannot be read: {error}"), None);
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(crate::digest::hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn act(acting: &Acting, act: Act) -> Done {
    let key = key(acting)?;
    match record(acting, act, &key) {
        Ok(told) => {
            if !key.encrypted {
                tell("note: the key file is not encrypted\n");
            }
            say(&told);
            Ok(Exit::Good)
        }
        Err(ended) => ended.exit(),
    }
}

fn key(acting: &Acting) -> Result<KeyFile, Diagnostics> {
    let Some(path) = &acting.key else {
        let help = "give --key FILE; `rolecall key new FILE --owner NAME --role approver` makes one";
        return Err(Diagnostic::new("usage", "", "what stands in a ledger is signed: this needs --key").help(help).into());
    };
    key_file::load(path, &acting.passphrase.source()).map_err(|error| error.diagnostic(path).into())
}

fn record(acting: &Acting, act: Act, key: &KeyFile) -> Result<String, Ended> {
    let folder = acting.ledger.as_path();
    let failed = |error| broken(folder, &error);
    // No folder is made for a word about a finding that nobody can have found.
    if !folder.is_dir() {
        return of(folder, None).map(|_| String::new());
    }
    let time = claimed_time()?;
    let lock = Ledger::lock(folder).map_err(failed)?;
    let (_, mut register) = of(folder, lock.read().map_err(failed)?)?;
    register.permits(&act).map_err(|refused| illegal(folder, &refused))?;
    let (word, finding) = (act.word(), act.finding().unwrap_or_default().to_owned());
    let ledger = lock.append(vec![act], key, &time).map_err(failed)?;
    let last = ledger.events().last();
    let state = last.and_then(|event| {
        register.add(event).ok()?;
        register.get(&finding).map(|tracked| tracked.state().word())
    });
    Ok(format!("{finding}: {word} is recorded, state {}\n", state.unwrap_or("unknown")))
}
