//! `rolecall pack`.

use super::{say, tell};
use crate::atlas::Atlas;
use crate::cli::{PackCommand, PackFolders, SchemaArg};
use crate::diagnostic::Diagnostics;
use crate::exercise::exercise;
use crate::exit::Exit;
use crate::pack::lister::Lister;
use crate::pack::load::{self, LoadedPack};
use crate::pack::{resolve, schema};
use crate::source::kinds::FieldKinds;
use crate::text::visible;

mod export;
mod import;

pub(super) fn run(command: &PackCommand) -> Result<Exit, Diagnostics> {
    match command {
        PackCommand::Lint(folders) => lint(folders),
        PackCommand::Test(folders) => test(folders),
        PackCommand::Import(args) => import::run(args),
        PackCommand::Export(args) => export::run(args),
        PackCommand::Schema { kind } => {
            print_schema(*kind);
            Ok(Exit::Good)
        }
    }
}

fn packs(args: &PackFolders) -> Result<(Vec<LoadedPack>, FieldKinds), Diagnostics> {
    let mut files = crate::source::load::built_in();
    for folder in &args.sources_dir {
        files.extend(crate::source::load::folder(folder)?);
    }
    let kinds = crate::source::load::load(&files)?.kinds;
    if args.folders.is_empty() {
        let built_in = crate::embedded::packs().iter().chain(crate::embedded::frameworks()).filter_map(|pack| LoadedPack::built_in(pack.id));
        return Ok((built_in.collect(), kinds));
    }
    let mut loaded = Vec::new();
    for folder in &args.folders {
        for pack in load::pack_folders(folder)? {
            loaded.push(LoadedPack::from_folder(&pack)?);
        }
    }
    Ok((loaded, kinds))
}

/// The editions in the program and in the packs that are looked at; without those packs whose own lists have mistakes.
fn atlas(loaded: &[LoadedPack]) -> Atlas {
    let given = |id: &str| loaded.iter().any(|pack| pack.id == id);
    let built_in = crate::embedded::packs().iter().chain(crate::embedded::frameworks()).filter(|pack| !given(pack.id));
    let built_in = built_in.filter_map(|pack| {
        let mut lister = Lister::built_in(pack.id)?;
        lister.read_entries();
        lister.listed().ok()
    });
    Atlas::new(&built_in.chain(loaded.iter().filter_map(|pack| resolve::listed(pack).ok())).collect::<Vec<_>>())
}

fn lint(args: &PackFolders) -> Result<Exit, Diagnostics> {
    let (loaded, kinds) = packs(args)?;
    let atlas = atlas(&loaded);
    let mut exit = Exit::Good;
    for pack in &loaded {
        let mut found = resolve::lint(pack, &kinds);
        found.warnings.extend(atlas.missing_of(pack));
        found.warnings.extend(resolve::listed(pack).map(|listed| atlas.missing_ends(&listed)).unwrap_or_default());
        tell(&found.warnings.render_as("warning"));
        tell(&found.errors.render());
        let (errors, warnings) = (found.errors.0.len(), found.warnings.0.len());
        say(&format!("{}: {errors} errors, {warnings} warnings\n", visible(&pack.id)));
        if errors > 0 {
            exit = Exit::Usage;
        }
    }
    Ok(exit)
}

fn test(args: &PackFolders) -> Result<Exit, Diagnostics> {
    let (loaded, kinds) = packs(args)?;
    let mut exit = Exit::Good;
    for pack in &loaded {
        let done = exercise(pack, &kinds)?;
        for failure in &done.failures {
            say(&format!("FAILED  {}\n", visible(failure)));
        }
        let word = if done.failures.is_empty() { "ok" } else { "FAILED" };
        say(&format!(
            "{}: {word}: {} controls, {} checks, {} examples, {} damaged variants that must not pass, {} mutations that must be seen, {} failures\n",
            visible(&pack.id),
            done.controls,
            done.checks,
            done.examples,
            done.damaged,
            done.mutations,
            done.failures.len()
        ));
        if !done.failures.is_empty() {
            exit = Exit::Found;
        }
    }
    Ok(exit)
}

fn print_schema(kind: SchemaArg) {
    let schema = match kind {
        SchemaArg::Pack => schema::schema(schema::SchemaKind::Pack),
        SchemaArg::Control => schema::schema(schema::SchemaKind::Control),
        SchemaArg::Example => schema::schema(schema::SchemaKind::Example),
        SchemaArg::Source => schema::schema(schema::SchemaKind::Source),
        SchemaArg::Engagement => schema::schema(schema::SchemaKind::Engagement),
        SchemaArg::Waivers => schema::schema(schema::SchemaKind::Waivers),
        SchemaArg::Report => schema::schema(schema::SchemaKind::Report),
    };
    say(&format!("{}\n", serde_json::to_string_pretty(&schema).unwrap_or_default()));
}
