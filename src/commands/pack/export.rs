//! `rolecall pack export`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::calendar::Day;
use crate::catalogue::Catalogue;
use crate::cli::export::{ExportArgs, ExportKind};
use crate::commands::say;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::{Staged, whole};
use crate::oscal::export::{self, Edition, Moment};
use crate::pack::load::LoadedPack;
use crate::pack::{Pack, resolve};
use crate::text::of_system;

pub(super) fn run(args: &ExportArgs) -> Result<Exit, Diagnostics> {
    let as_of = args.as_of.as_deref().map(day).transpose()?;
    let catalogue = Catalogue::whole(&args.packs_dir, &args.sources_dir)?;
    let own = args.pack.join("pack.yaml").is_file().then(|| LoadedPack::from_folder(&args.pack)).transpose()?;
    let loaded = match &own {
        Some(own) => own,
        None => find(&catalogue, &of_system(args.pack.as_os_str()))?,
    };
    let pack = resolve::resolve(loaded, &BTreeMap::new(), &catalogue.kinds)?;
    let moment = Moment::of(&pack, as_of, crate::settings::source_date_epoch()?);
    let bytes = match args.kind {
        ExportKind::OscalCatalog => written("catalog", &export::catalog(&pack, &moment)?, &pack)?,
        ExportKind::OscalMapping => written("mapping-collection", &export::mapping(&pack, &editions(&catalogue, loaded), &moment)?, &pack)?,
    };
    if args.out == Path::new("-") {
        say(&String::from_utf8_lossy(&bytes));
        return Ok(Exit::Good);
    }
    put(&args.out, &bytes)?;
    Ok(Exit::Good)
}

fn day(text: &str) -> Result<Day, Diagnostics> {
    Day::parse(text.as_bytes()).ok_or_else(|| Diagnostic::new("usage", "", format!("`{text}` is no date")).help("write --as-of YYYY-MM-DD").into())
}

/// The pack of that id, with demands or without.
fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c LoadedPack, Diagnostics> {
    match catalogue.frameworks.iter().find(|pack| pack.id == id) {
        Some(pack) => Ok(pack),
        None => catalogue.pack(id),
    }
}

/// The names of all editions that are known. Those of the pack itself come first.
fn editions(catalogue: &Catalogue, own: &LoadedPack) -> Vec<Edition> {
    let packs = std::iter::once(own).chain(&catalogue.frameworks).chain(&catalogue.packs);
    let mut editions: Vec<Edition> = Vec::new();
    for (name, framework) in packs.flat_map(LoadedPack::edition_names) {
        let edition = Edition { name: name.to_owned(), framework: framework.to_owned() };
        if !editions.iter().any(|known| known.name == edition.name) {
            editions.push(edition);
        }
    }
    editions
}

fn written<T: serde::Serialize>(root: &str, document: &T, pack: &Pack) -> Result<Vec<u8>, Diagnostics> {
    export::written(root, document).map_err(|error| Diagnostic::new("oscal-export", pack.id.clone(), error.to_string()).into())
}

/// Writes the file whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Diagnostics> {
    let wrong = |message: String| Diagnostics::from(whole(path, "output", message, Some("give another path, or - for standard output")));
    if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        return Err(wrong("something that is no plain file is there".to_owned()));
    }
    Staged::new(path, bytes).and_then(Staged::put).map_err(|error| wrong(format!("the file cannot be written: {error}")))
}
