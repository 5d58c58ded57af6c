//! `rolecall scan`.

use std::io::IsTerminal as _;

mod ledger;

use super::progress::Spinner;
use super::sign::note_unencrypted;
use super::{in_threads, output, say, tell};
use crate::cli::{AudienceArg, ColorArg, Format, ProgressArg, ScanArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::nightly::Nightly;
use crate::report::{Report, Selection, json, package, terminal};
use crate::scan::{Input, Scanned, scan};
use crate::settings::{Settings, claimed_time, settle};
use crate::signing::key_file::{self, KeyFile};
use crate::signing::sign::Signer;
use crate::signing::statement::PreviousReport;
use crate::text::{of_system, visible};

pub(super) fn run(args: &ScanArgs) -> Result<Exit, Diagnostics> {
    let target = |error: package::PackageError| Diagnostic::new("out", of_system(args.out.as_os_str()), error.to_string());
    refuse_options(args)?;
    output::check(&args.output, &args.taking.paths, Some(&args.out))?;
    package::prepare(&args.out).map_err(target)?;
    // A key that does not open ends the run before anything is read.
    let key = key(args)?;
    let spinner = Spinner::new(args.progress == ProgressArg::Auto && !args.quiet);
    let done = in_threads(args.taking.jobs, || {
        let skip: Vec<_> = std::iter::once(&args.out).chain(&args.ledger).cloned().collect();
        let settings = settle(&args.taking, &skip)?;
        refuse(args, &settings)?;
        // Locked for the whole scan: what is written rests on what was read.
        let kept = args.ledger.as_ref().map(|folder| ledger::Kept::open(folder)).transpose()?;
        let mut scanned = examine(args, &settings, kept.as_ref(), &spinner)?;
        let followed = kept.as_ref().zip(scanned.followed.take()).map(|(kept, followed)| kept.told(followed)).transpose()?;
        let followed = kept.zip(followed);
        let previous = followed.as_ref().and_then(|(kept, _)| kept.previous());
        let signer = key.as_ref().map(|key| signer(key, &scanned.report, previous)).transpose()?;
        let package = package::Staged::new(&args.out, &scanned.report, signer.as_ref()).map_err(|error| Diagnostics::from(target(error)))?;
        let outputs = output::stage(&scanned.report, &args.output)?;
        Ok::<_, ledger::Refused>((settings, scanned, followed, package, outputs))
    });
    spinner.done();
    let (settings, scanned, followed, package, outputs) = match done? {
        Ok(done) => done,
        Err(ledger::Refused::Broken(problems)) => {
            tell(&problems.render());
            return Ok(Exit::Integrity);
        }
        Err(ledger::Refused::Usage(problems)) => return Err(problems),
    };
    let report = &scanned.report;
    // Everything is on the disk: what is left are renames.
    output::put(outputs)?;
    package.put().map_err(target)?;
    if let (Some((kept, followed)), Some(key)) = (followed, &key) {
        // The package is on the disk: only now may the ledger cite it.
        if let Err(problems) = claimed_time().and_then(|time| kept.record(followed, report, key, &time)) {
            tell(&problems.render());
            return Ok(Exit::Incomplete);
        }
    }
    if !args.quiet {
        notes(args, &settings);
        key.as_ref().into_iter().for_each(note_unencrypted);
    }
    let signed = key.is_some();
    // Its use is over: whoever is slow to take what is told must not keep it in memory.
    drop(key);
    match args.format {
        Format::Json => say(&String::from_utf8_lossy(&json::write(report))),
        Format::Human if args.quiet => {}
        Format::Human => say(&terminal::summary(report, &of_system(args.out.as_os_str()), signed, color(args.color))),
    }
    if let Some(nightly) = Nightly::of(report).filter(|_| !args.quiet) {
        tell(&format!("{nightly}\n"));
    }
    let exit = if args.fail_on_new { Exit::of_new(report, args.exit_zero) } else { Exit::of(report, args.fail_on, args.exit_zero) };
    // The program ends here: to free what a large report holds, piece by piece, would be for nothing.
    std::mem::forget(scanned);
    Ok(exit)
}

fn key(args: &ScanArgs) -> Result<Option<KeyFile>, Diagnostics> {
    let Some(path) = &args.key else { return Ok(None) };
    Ok(Some(key_file::load(path, &args.passphrase.source()).map_err(|error| Diagnostics::from(error.diagnostic(path)))?))
}

fn signer<'k>(key: &'k KeyFile, report: &Report, previous: Option<PreviousReport>) -> Result<Signer<'k>, Diagnostics> {
    Ok(Signer { key, claimed_time: claimed_time()?, ledger: report.inputs.ledger.clone(), previous })
}

fn refuse_options(args: &ScanArgs) -> Result<(), Diagnostics> {
    if args.key.is_none() && (args.passphrase.passphrase_file.is_some() || args.passphrase.passphrase_fd.is_some()) {
        return Err(Diagnostic::new("usage", "", "a passphrase is given, but no --key").help("give --key FILE").into());
    }
    if args.ledger.is_some() && args.key.is_none() {
        let help = "give --key FILE; `rolecall key new FILE --owner NAME --role scanner` makes one";
        return Err(Diagnostic::new("usage", "", "--ledger needs --key: what stands in a ledger is signed").help(help).into());
    }
    if args.list_max == 0 {
        return Err(Diagnostic::new("usage", "", "--list-max 0 lists nothing").help("give at least 1").into());
    }
    Ok(())
}

/// What a certification body receives rests on a declared scope.
fn refuse(args: &ScanArgs, settings: &Settings) -> Result<(), Diagnostics> {
    let scoped = settings.engagement.as_ref().is_some_and(|loaded| loaded.engagement.scope.is_some());
    let needs = [(args.audience == AudienceArg::Certification, "--audience certification"), (args.ledger.is_some(), "--ledger")];
    if let Some((_, option)) = needs.iter().find(|(given, _)| *given && !(scoped && settings.selection == Selection::Declared)) {
        let message = format!("{option} needs an engagement that declares packs and scope");
        return Err(Diagnostic::new("usage", "", message).help("add `packs` and `scope` to engagement.yaml").into());
    }
    Ok(())
}

fn examine(args: &ScanArgs, settings: &Settings, kept: Option<&ledger::Kept>, spinner: &Spinner) -> Result<Scanned, Diagnostics> {
    let mut inputs = settings.inputs.clone();
    inputs.ledger = kept.map(ledger::Kept::checkpoint);
    let register = kept.map(|kept| &kept.register);
    if let (Some(kept), Some(loaded)) = (kept, &settings.engagement) {
        kept.admits(settings.as_of, &loaded.engagement.id)?;
    }
    inputs.options.insert("list_max".to_owned(), serde_json::json!(args.list_max));
    let input = Input { audience: args.audience.into(), inputs, register, list_max: args.list_max, progress: spinner, ..settings.input() };
    scan(input).map_err(|error| Diagnostic::new("plan", "", error.to_string()).into())
}

fn notes(args: &ScanArgs, settings: &Settings) {
    for path in &settings.collected.skipped {
        tell(&format!("note: {} is not evidence: it is where reports or the ledger are written\n", visible(path)));
    }
    if args.verbose {
        for file in &settings.survey.files {
            if let Err(untaken) = &file.taken {
                tell(&format!("note: {}: {}\n", visible(&file.path), visible(&untaken.message())));
            }
        }
    }
}

fn color(wanted: ColorArg) -> bool {
    match wanted {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}
