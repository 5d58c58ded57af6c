//! `rolecall diff packs OLD NEW`: two packs, without evidence.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::say;
use super::reports;
use crate::catalogue::Catalogue;
use crate::cli::Format;
use crate::cli::diff::DiffPacksArgs;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::packs::{Ground, diff, words};
use crate::exit::Exit;
use crate::pack::load::LoadedPack;
use crate::pack::{Pack, resolve};

pub(super) fn run(args: &DiffPacksArgs) -> Result<Exit, Diagnostics> {
    let catalogue = Catalogue::whole(&args.packs_dir, &args.sources_dir)?;
    let known = || catalogue.packs.iter().chain(&catalogue.frameworks);
    let resolved = |pack: &LoadedPack| resolve::resolve(pack, &BTreeMap::new(), &catalogue.kinds);
    let all: Vec<Pack> = known().map(resolved).collect::<Result<_, _>>()?;
    let find = |name: &str| -> Result<Pack, Diagnostics> {
        if let Some(pack) = all.iter().find(|pack| pack.id == name) {
            return Ok(pack.clone());
        }
        let folder = Path::new(name);
        if folder.join("pack.yaml").is_file() {
            return resolved(&LoadedPack::from_folder(folder)?);
        }
        let nearest = crate::suggest::closest(name, all.iter().map(|pack| pack.id.as_str()));
        let help = nearest.map_or_else(
            || "give a pack's id (`rolecall list packs`, `rolecall list frameworks`), or a folder with a pack.yaml".to_owned(),
            |nearest| format!("did you mean `{nearest}`? A pack is given by its id, or by its folder"),
        );
        Err(Diagnostic::new("unknown-pack", "", format!("there is no pack `{name}`")).help(help).into())
    };
    let (old, new) = (find(&args.old)?, find(&args.new)?);
    let reports = args.report.iter().map(|path| reports::read(path)).collect::<Result<Vec<_>, _>>()?;
    let with_sides = || all.iter().chain([&old, &new].into_iter().filter(|side| !all.iter().any(|pack| pack.sha256 == side.sha256)));
    let fates: Vec<_> = with_sides().flat_map(|pack| &pack.listing.fates).collect();
    let links: Vec<_> = with_sides().flat_map(|pack| &pack.listing.links).collect();
    let diff = diff(&Ground { old: &old, new: &new, fates: &fates, links: &links, reports: &reports });
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&diff).unwrap_or_default())),
        Format::Human => say(&words::text(&diff)),
    }
    Ok(Exit::Good)
}
