//! The survey: which source takes which file, from the first bytes of each.
//!
//! A file's head decides; more is read only where a header or a first record
//! does not fit. The answer is the same whatever order the files come in.

mod exported;
pub mod head;
pub mod layout;
mod maps;
mod recognise;
mod tables;
mod untaken;

use self::head::HeadReader;
pub use self::head::{Encoding, Head};
pub use self::layout::layout;
use self::maps::Maps;
pub use self::maps::SurveyError;
use self::recognise::Look;
pub use self::untaken::{Nearest, Untaken};
use crate::engagement::Engagement;
use crate::evidence::collect::{Blob, Obstacle};
use crate::evidence::csv::CsvHead;
use crate::evidence::layout::JsonDialect;
use crate::fault;
use crate::parallel;
use crate::report::ExportedAt;
use crate::source::{Source, SourceFormat};

/// How much of a file is read first.
pub const HEAD: usize = 64 << 10;
/// How much is read where the head leaves it open.
pub const LONG_HEAD: usize = 1 << 20;
/// Files that systems and tools leave behind: told as such, never opened.
const SYSTEM_FILES: [&str; 5] = [".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".gitignore"];

/// The survey's answer for every file.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// One per blob, in the order of the blobs.
    pub files: Vec<SurveyedFile>,
    /// For each ordinal: the file and its table.
    tables: Vec<(usize, usize)>,
}

/// The survey's answer for one file.
#[derive(Debug, Clone)]
pub struct SurveyedFile {
    /// The blob's index.
    pub blob: usize,
    /// The blob's path.
    pub path: String,
    /// How its text is encoded, as far as the head tells; `None` where it was not opened or is empty.
    pub encoding: Option<Encoding>,
    /// Its first bytes; `None` where no source took it.
    pub head: Option<Head>,
    /// The source that took it, or why none did.
    pub taken: Result<Taken, Untaken>,
}

/// How a source took a file.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The source's index.
    pub source: usize,
    /// Whether `--map` said so.
    pub by_map: bool,
    /// What was learned of its form.
    pub facts: Facts,
    /// The file's name (last component).
    pub file_name: String,
    /// One per table of the source, in the source's order.
    pub tables: Vec<SurveyedTable>,
    /// Columns (CSV), or keys of the first record (JSON) or document (Markdown).
    pub names: Vec<String>,
}

/// What was learned of a file's form.
#[derive(Debug, Clone)]
pub enum Facts {
    /// Delimited text.
    Csv(CsvHead),
    /// A JSON document.
    Json(JsonDialect),
    /// One JSON object a line.
    NdJson,
    /// A Markdown document.
    Markdown,
}

/// One table of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedTable {
    /// Its ordinal in the scan: by report path, then by the source's order.
    pub ordinal: u32,
    /// The blob's index.
    pub blob: usize,
    /// The source's index.
    pub source: usize,
    /// The index in the source's tables.
    pub source_table: usize,
    /// The dataset that it feeds.
    pub dataset: String,
    /// The system that it comes from.
    pub system: Option<String>,
    /// When it was exported.
    pub exported_at: ExportedAt,
}

impl Survey {
    /// All tables by ordinal.
    pub fn tables(&self) -> impl Iterator<Item = &SurveyedTable> {
        self.tables.iter().filter_map(|&(file, table)| self.files.get(file)?.taken.as_ref().ok()?.tables.get(table))
    }

    /// The table with that ordinal.
    #[must_use]
    pub fn table(&self, ordinal: u32) -> Option<&SurveyedTable> {
        let &(file, table) = self.tables.get(usize::try_from(ordinal).ok()?)?;
        self.files.get(file)?.taken.as_ref().ok()?.tables.get(table)
    }

    /// The indexes of the sources that took a file, ascending.
    #[must_use]
    pub fn used_sources(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.files.iter().filter_map(|file| Some(file.taken.as_ref().ok()?.source)).collect();
        used.sort_unstable();
        used.dedup();
        used
    }
}

/// Surveys every file.
///
/// # Errors
/// Where a `--map FILE=SOURCE` names a file or a source that is not known: exit 2.
pub fn survey(blobs: &[Blob], sources: &[Source], maps: &[(String, String)], engagement: Option<&Engagement>) -> Result<Survey, SurveyError> {
    let maps = Maps::new(blobs, sources, maps)?;
    let blobs: Vec<(usize, &Blob)> = blobs.iter().enumerate().collect();
    let mut files: Vec<SurveyedFile> = parallel::each(&blobs, |(index, blob)| {
        let index = *index;
        let looked = fault::caught("recognising a file", || file(blob, sources, maps.of(index), engagement));
        let (encoding, taken) = looked.unwrap_or_else(|| (None, Err(Untaken::fault())));
        let (taken, head) = match taken {
            Ok((taken, head)) => (Ok(taken), Some(head)),
            Err(untaken) => (Err(untaken), None),
        };
        let taken = taken.map(|taken| Taken {
            source: taken.source,
            by_map: maps.of(index).is_some(),
            file_name: blob.name().to_owned(),
            tables: tables::of(index, blob, (taken.source, &sources[taken.source]), taken.exported.as_ref(), engagement),
            facts: taken.facts,
            names: taken.names,
        });
        SurveyedFile { blob: index, path: blob.path.clone(), encoding, head, taken }
    });
    let tables = tables::number(&mut files);
    Ok(Survey { files, tables })
}

/// What recognition says of a file that it takes.
struct Recognised {
    source: usize,
    facts: Facts,
    names: Vec<String>,
    /// When it was exported, as it says itself.
    exported: Option<exported::Told>,
}

/// Surveys one file.
fn file(
    blob: &Blob,
    sources: &[Source],
    map: Option<usize>,
    engagement: Option<&Engagement>,
) -> (Option<Encoding>, Result<(Recognised, Head), Untaken>) {
    let unused = engagement.into_iter().flat_map(|engagement| &engagement.unused).find(|unused| blob.matches(&unused.path));
    if let (Some(unused), None) = (unused, map) {
        return (None, Err(Untaken::DeclaredUnused { reason: unused.reason.clone() }));
    }
    if blob.obstacle == Some(Obstacle::Beside) {
        return (None, Err(Untaken::Beside));
    }
    if let Some(obstacle) = &blob.obstacle {
        return (None, Err(Untaken::Unreadable { code: obstacle.code(), message: obstacle.message() }));
    }
    if map.is_none() && SYSTEM_FILES.contains(&blob.name()) {
        return (None, Err(Untaken::SystemFile));
    }
    let mut reader = match HeadReader::open(blob, HEAD) {
        Ok(reader) => reader,
        Err(error) => return (None, Err(Untaken::unread(&error))),
    };
    let encoding = match reader.encoding() {
        Ok(encoding) => encoding,
        Err(untaken) => return (Encoding::of_unreadable(&untaken), Err(untaken)),
    };
    let first = recognise(reader.look(blob.name()), sources, map);
    if reader.whole() || !first.short {
        return settled(&reader, encoding, first.answer);
    }
    if let Err(error) = reader.grow(LONG_HEAD) {
        return (Some(encoding), Err(Untaken::unread(&error)));
    }
    match reader.encoding() {
        Ok(encoding) => {
            let answer = recognise(reader.look(blob.name()), sources, map).answer;
            settled(&reader, encoding, answer)
        }
        Err(untaken) => (Encoding::of_unreadable(&untaken), Err(untaken)),
    }
}

/// What no source knows may be no text at all: that tells the user more.
fn settled(reader: &HeadReader, encoding: Encoding, answer: Result<Recognised, Untaken>) -> (Option<Encoding>, Result<(Recognised, Head), Untaken>) {
    match (answer, reader.no_text()) {
        (Err(Untaken::NotRecognised { .. } | Untaken::Unreadable { .. }), Some(untaken)) => (Encoding::of_unreadable(&untaken), Err(untaken)),
        (answer, _) => (Some(encoding), answer.map(|known| (known, reader.head()))),
    }
}

/// The answer over one head.
struct Answer {
    /// The source, or why none.
    answer: Result<Recognised, Untaken>,
    /// Whether a longer head could change it.
    short: bool,
}

fn recognise(mut look: Look<'_>, sources: &[Source], map: Option<usize>) -> Answer {
    let answer = match map {
        Some(source) => look.facts(sources, source),
        None => look.choose(sources).and_then(|source| look.facts(sources, source)),
    };
    let short = match &answer {
        Ok(taken) => matches!(sources[taken.source].format, SourceFormat::Csv) && look.short(),
        Err(_) => look.short(),
    };
    Answer { answer, short }
}
