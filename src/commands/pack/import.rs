//! `rolecall pack import`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::cli::import::ImportArgs;
use crate::commands::{say, tell};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::files::whole;
use crate::import::{self, Import, ImportedPack, InputFile, write};
use crate::oscal;
use crate::text::{of_system, visible};

/// The largest file that is imported.
const LIMIT: u64 = 64 << 20;

pub(super) fn run(args: &ImportArgs) -> Result<Exit, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut files = Vec::new();
    for path in &args.files {
        match read(path) {
            Ok(file) => files.push(file),
            Err(wrong) => problems.extend(wrong),
        }
    }
    // OSCAL documents refer to each other: together they are one pack.
    let (mut oscal, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| oscal::document::recognise(&file.bytes).is_some());
    let mut profile = None;
    if let Some(path) = &args.profile {
        match read(path) {
            Ok(file) => {
                profile = oscal.iter().position(|known| known.shown == file.shown).or(Some(oscal.len()));
                if profile == Some(oscal.len()) {
                    oscal.push(file);
                }
            }
            Err(wrong) => problems.push(wrong),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if args.id.is_some() && files.len() + usize::from(!oscal.is_empty()) > 1 {
        return Err(Diagnostic::new("usage", "", "--id names one pack, and several files are given").help("import them one by one").into());
    }
    // Every file is read before anything is written, and every file's mistakes are told.
    let (official, oscal) = (import::all(&files), (!oscal.is_empty()).then(|| oscal::pack::import(&oscal, profile)).transpose());
    let imports = match (official, oscal) {
        (Ok(official), Ok(oscal)) => official.into_iter().chain(oscal).collect::<Vec<_>>(),
        (Err(mut problems), Err(more)) => {
            problems.extend(more);
            return Err(problems);
        }
        (Err(problems), _) | (_, Err(problems)) => return Err(problems),
    };
    let mut notes = Diagnostics::default();
    let mut packs = Vec::new();
    for Import { mut pack, notes: told, .. } in imports {
        if let Some(id) = &args.id {
            pack.id.clone_from(id);
        }
        notes.extend(told);
        packs.push(pack);
    }
    let folders = write::write(&args.out, &packs)?;
    tell(&notes.render_as("note"));
    for (pack, folder) in packs.iter().zip(&folders) {
        say(&told(pack, folder));
    }
    Ok(Exit::Good)
}

fn read(path: &Path) -> Result<InputFile, Diagnostics> {
    let unreadable = |error: std::io::Error| Diagnostics::from(whole(path, "unreadable", format!("the file cannot be read: {error}"), None));
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(whole(path, "import-size", format!("the file has more than {LIMIT} bytes"), None).into());
    }
    let name = path.file_name().map(of_system).unwrap_or_default();
    Ok(InputFile { name, shown: of_system(path.as_os_str()), bytes })
}

/// What was written: the folder, and how many rows each table has.
fn told(pack: &ImportedPack, folder: &Path) -> String {
    let mut text = format!("{}: {}\n", write::shown(folder), visible(&pack.title));
    let tables = pack.tables.iter().map(|table| (&table.file, table.rows.len()));
    let links = pack.links.iter().map(|links| (&links.file, links.rows.len()));
    for (file, count) in tables.chain(links) {
        text.push_str(&format!("{count:>7}  {}\n", visible(file)));
    }
    text
}
