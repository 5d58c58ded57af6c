//! `rolecall scan`.

use std::io::IsTerminal as _;

use super::progress::Spinner;
use super::{in_threads, say, tell, write_outputs};
use crate::cli::{AudienceArg, ColorArg, Format, ProgressArg, ScanArgs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engagement::load;
use crate::evidence::collect::printable;
use crate::exit::Exit;
use crate::report::{Selection, json, package, terminal};
use crate::scan::{Input, Scanned, scan};
use crate::settings::{Settings, settle};

pub(super) fn run(args: &ScanArgs) -> Result<Exit, Diagnostics> {
    let target = |error: package::PackageError| Diagnostic::new("out", args.out.display().to_string(), error.to_string());
    package::check_target(&args.out).map_err(target)?;
    let settings = settle(&args.taking, std::slice::from_ref(&args.out))?;
    refuse(args, &settings)?;
    let spinner = Spinner::new(args.progress == ProgressArg::Auto && !args.quiet);
    let scanned = in_threads(args.taking.jobs, || examine(args, &settings, &spinner))??;
    spinner.done();
    let report = &scanned.report;
    package::write(&args.out, report).map_err(target)?;
    write_outputs(report, &args.output)?;
    if !args.quiet {
        notes(args, &settings);
        match args.format {
            Format::Json => say(&String::from_utf8_lossy(&json::write(report))),
            Format::Human => say(&terminal::summary(report, &args.out.display().to_string(), color(args.color))),
        }
    }
    Ok(Exit::of(report, args.fail_on, args.exit_zero))
}

/// What a certification body receives rests on a declared scope.
fn refuse(args: &ScanArgs, settings: &Settings) -> Result<(), Diagnostics> {
    let scoped = settings.engagement.as_ref().is_some_and(|loaded| loaded.engagement.scope.is_some());
    if args.audience == AudienceArg::Certification && !(scoped && settings.selection == Selection::Declared) {
        let message = "--audience certification needs an engagement that declares packs and scope";
        return Err(Diagnostic::new("usage", "", message).help("add `packs` and `scope` to engagement.yaml").into());
    }
    if args.list_max == 0 {
        return Err(Diagnostic::new("usage", "", "--list-max 0 lists nothing").help("give at least 1").into());
    }
    Ok(())
}

fn examine(args: &ScanArgs, settings: &Settings, spinner: &Spinner) -> Result<Scanned, Diagnostics> {
    let engagement = settings.engagement.as_ref().map(|loaded| &loaded.engagement);
    let mut inputs = settings.inputs.clone();
    inputs.options.insert("list_max".to_owned(), serde_json::json!(args.list_max));
    let input = Input {
        blobs: &settings.collected.blobs,
        survey: settings.survey.clone(),
        sources: &settings.catalogue.sources,
        kinds: &settings.catalogue.kinds,
        packs: &settings.packs,
        packs_not_selected: settings.packs_not_selected.clone(),
        engagement,
        engagement_summary: engagement.map(load::summary),
        aliases: &settings.aliases,
        as_of: settings.as_of,
        period: settings.period.clone(),
        audience: args.audience.into(),
        selection: settings.selection,
        inputs,
        list_max: args.list_max,
        seed: settings.seed,
        block_size: settings.block_size,
        progress: spinner,
    };
    scan(input).map_err(|error| Diagnostic::new("plan", "", error.to_string()).into())
}

fn notes(args: &ScanArgs, settings: &Settings) {
    for path in &settings.collected.skipped {
        tell(&format!("note: {} is not evidence: it is where reports are written\n", printable(path)));
    }
    if let Some(waivers) = &settings.collected.waivers {
        tell(&format!("note: {} is not evaluated by this version: every finding counts\n", printable(&waivers.display().to_string())));
    }
    if args.verbose {
        for file in &settings.survey.files {
            if let Err(untaken) = &file.taken {
                tell(&format!("note: {}: {}\n", printable(&file.path), untaken.message()));
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
