//! `rolecall scan`.

use std::io::IsTerminal as _;

use super::progress::Spinner;
use super::{in_threads, output, say, tell};
use crate::cli::{AudienceArg, ColorArg, Format, ProgressArg, ScanArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::{Selection, json, package, terminal};
use crate::scan::{Input, Scanned, scan};
use crate::settings::{Settings, settle};
use crate::text::{of_system, visible, visible_path};

pub(super) fn run(args: &ScanArgs) -> Result<Exit, Diagnostics> {
    let target = |error: package::PackageError| Diagnostic::new("out", of_system(args.out.as_os_str()), error.to_string());
    refuse_options(args)?;
    output::check(&args.output, &args.taking.paths, Some(&args.out))?;
    package::prepare(&args.out).map_err(target)?;
    let spinner = Spinner::new(args.progress == ProgressArg::Auto && !args.quiet);
    let done = in_threads(args.taking.jobs, || {
        let settings = settle(&args.taking, std::slice::from_ref(&args.out))?;
        refuse(args, &settings)?;
        let scanned = examine(args, &settings, &spinner)?;
        let package = package::Staged::new(&args.out, &scanned.report).map_err(target)?;
        let outputs = output::stage(&scanned.report, &args.output)?;
        Ok::<_, Diagnostics>((settings, scanned, package, outputs))
    });
    spinner.done();
    let (settings, scanned, package, outputs) = done??;
    let report = &scanned.report;
    // Everything is on the disk: what is left are renames.
    output::put(outputs)?;
    package.put().map_err(target)?;
    if !args.quiet {
        notes(args, &settings);
    }
    match args.format {
        Format::Json => say(&String::from_utf8_lossy(&json::write(report))),
        Format::Human if args.quiet => {}
        Format::Human => say(&terminal::summary(report, &of_system(args.out.as_os_str()), color(args.color))),
    }
    Ok(Exit::of(report, args.fail_on, args.exit_zero))
}

fn refuse_options(args: &ScanArgs) -> Result<(), Diagnostics> {
    if args.list_max == 0 {
        return Err(Diagnostic::new("usage", "", "--list-max 0 lists nothing").help("give at least 1").into());
    }
    Ok(())
}

/// What a certification body receives rests on a declared scope.
fn refuse(args: &ScanArgs, settings: &Settings) -> Result<(), Diagnostics> {
    let scoped = settings.engagement.as_ref().is_some_and(|loaded| loaded.engagement.scope.is_some());
    if args.audience == AudienceArg::Certification && !(scoped && settings.selection == Selection::Declared) {
        let message = "--audience certification needs an engagement that declares packs and scope";
        return Err(Diagnostic::new("usage", "", message).help("add `packs` and `scope` to engagement.yaml").into());
    }
    Ok(())
}

fn examine(args: &ScanArgs, settings: &Settings, spinner: &Spinner) -> Result<Scanned, Diagnostics> {
    let mut inputs = settings.inputs.clone();
    inputs.options.insert("list_max".to_owned(), serde_json::json!(args.list_max));
    let input = Input { audience: args.audience.into(), inputs, list_max: args.list_max, progress: spinner, ..settings.input() };
    scan(input).map_err(|error| Diagnostic::new("plan", "", error.to_string()).into())
}

fn notes(args: &ScanArgs, settings: &Settings) {
    for path in &settings.collected.skipped {
        tell(&format!("note: {} is not evidence: it is where reports are written\n", visible(path)));
    }
    if let Some(waivers) = &settings.collected.waivers {
        tell(&format!("note: {} is not evaluated by this version: every finding counts\n", visible_path(waivers)));
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
