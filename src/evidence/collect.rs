//! Collecting: which files the given paths hold, before any is opened.
//!
//! An engagement folder (one with `engagement.yaml` at its root) has its
//! evidence under `evidence/`; of any other folder everything is evidence.
//! Nothing is lost silently: what cannot be opened is still a [`Blob`], with
//! its [`Obstacle`].

pub mod blob;
mod walk;

use std::path::{Path, PathBuf};

pub use self::blob::{Blob, Obstacle};
use self::walk::Walk;
use crate::text::{of_system, visible};

/// Folders nested deeper than this under a PATH are refused.
pub const MAX_DEPTH: usize = 64;
/// More files than this are refused.
pub const MAX_FILES: usize = 1_000_000;
/// The file that makes a folder an engagement folder.
pub const ENGAGEMENT: &str = "engagement.yaml";
/// The folder of the exports in an engagement folder.
pub const EVIDENCE: &str = "evidence";
const WAIVERS: &str = "waivers.yaml";
const IDENTITIES: &str = "identities.csv";

/// The files that were found.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// One per file, sorted bytewise by path; also those that cannot be opened.
    pub blobs: Vec<Blob>,
    /// The engagement file, where a PATH is an engagement folder.
    pub engagement: Option<PathBuf>,
    /// The waiver file beside it, where there is one.
    pub waivers: Option<PathBuf>,
    /// The alias table beside it, where there is one.
    pub identities: Option<PathBuf>,
    /// Folders of `--out` and `--ledger` that lay under a PATH, as report paths.
    pub skipped: Vec<String>,
    /// What else stands at the root of an engagement folder: it is no evidence.
    pub beside: Vec<String>,
}

/// Why the paths cannot be collected: exit 2.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// There is no path.
    #[error("no PATH was given; give a folder or a file with evidence")]
    NoPath,
    /// A path does not exist or cannot be reached.
    #[error("`{path}` cannot be read: {reason}; check the path and your rights")]
    Unreadable {
        /// As it was given.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Two paths would have the same name in the report.
    #[error("two PATHs end in `{name}`, so their files could not be told apart in the report; rename one or give their parent folder")]
    SameName {
        /// The last component.
        name: String,
    },
    /// One path lies in another.
    #[error("`{inner}` lies within `{outer}`, so its files would count twice; leave one of them out")]
    Overlap {
        /// The outer path, as given.
        outer: String,
        /// The inner path, as given.
        inner: String,
    },
    /// Several engagement folders.
    #[error("`{first}` and `{second}` are both engagement folders; scan one engagement at a time")]
    ManyEngagements {
        /// As given.
        first: String,
        /// As given.
        second: String,
    },
    /// An engagement folder without exports.
    #[error("the engagement folder `{path}` has no folder `evidence`; make it and put the exports there")]
    NoEvidenceFolder {
        /// As given.
        path: String,
    },
    /// `--out` or `--ledger` is where the evidence is.
    #[error("`{path}` holds the evidence and cannot be the folder of --out or --ledger too; choose another folder")]
    SkipIsEvidence {
        /// As given.
        path: String,
    },
    /// Nested too deep.
    #[error("folders are nested deeper than {MAX_DEPTH} at `{path}`; leave that folder out")]
    TooDeep {
        /// Where.
        path: String,
    },
    /// Too many files.
    #[error("there are more than {MAX_FILES} files under `{path}`; give the folder that holds the exports")]
    TooMany {
        /// As given.
        path: String,
    },
}

/// Walks the paths. The folders in `skip` are left out where they lie under a path.
///
/// # Errors
/// Where a path is missing, cannot be listed, overlaps with another, or goes beyond the limits.
pub fn collect(paths: &[PathBuf], skip: &[PathBuf]) -> Result<Collected, CollectError> {
    if paths.is_empty() {
        return Err(CollectError::NoPath);
    }
    let roots = paths.iter().map(|path| Root::new(path)).collect::<Result<Vec<_>, _>>()?;
    let several = roots.len() > 1;
    if several {
        refuse_confusion(&roots)?;
    }
    // What does not exist yet cannot lie under a path.
    let skip: Vec<PathBuf> = skip.iter().filter_map(|path| path.canonicalize().ok()).collect();

    let mut collected = Collected::default();
    let mut engagement: Option<&Root> = None;
    for root in &roots {
        let prefix = if several { format!("{}/", root.name) } else { String::new() };
        let mut walk = Walk { skip: &skip, shown: root.shown.clone(), collected: &mut collected };
        if !root.folder {
            let path = root.name.clone();
            walk.file(path, 0, 0, &root.canonical)?;
            continue;
        }
        if skip.contains(&root.canonical) {
            return Err(CollectError::SkipIsEvidence { path: root.shown.clone() });
        }
        if !root.canonical.join(ENGAGEMENT).is_file() {
            let within = prefix.len();
            walk.folder(prefix, within, within, &root.canonical)?;
            continue;
        }
        if let Some(first) = engagement {
            return Err(CollectError::ManyEngagements { first: first.shown.clone(), second: root.shown.clone() });
        }
        engagement = Some(root);
        let evidence = root.canonical.join(EVIDENCE);
        let Some(evidence) = evidence.canonicalize().ok().filter(|folder| folder.is_dir()) else {
            return Err(CollectError::NoEvidenceFolder { path: root.shown.clone() });
        };
        if skip.contains(&evidence) {
            return Err(CollectError::SkipIsEvidence { path: format!("{}/{EVIDENCE}", root.shown) });
        }
        let within = prefix.len();
        let start = format!("{prefix}{EVIDENCE}/");
        let inner = start.len();
        walk.folder(start, within, inner, &evidence)?;
        collected.engagement_files(&root.canonical, &prefix, &skip);
    }
    collected.settle();
    Ok(collected)
}

impl Collected {
    /// Notes what stands at the root of an engagement folder.
    fn engagement_files(&mut self, root: &Path, prefix: &str, skip: &[PathBuf]) {
        let beside = |name: &str| Some(root.join(name)).filter(|path| path.symlink_metadata().is_ok());
        self.engagement = Some(root.join(ENGAGEMENT));
        self.waivers = beside(WAIVERS);
        self.identities = beside(IDENTITIES);
        // The folder was listed a moment ago by those who read the files above; what cannot be listed now is no evidence either way.
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            let name = of_system(&entry.file_name());
            if [ENGAGEMENT, EVIDENCE, WAIVERS, IDENTITIES].contains(&name.as_str()) {
                continue;
            }
            if skip.contains(&entry.path()) {
                self.skipped.push(format!("{prefix}{name}"));
            } else {
                self.beside.push(format!("{prefix}{name}"));
            }
        }
    }

    /// Sorts, and refuses files that a report could not tell apart.
    fn settle(&mut self) {
        self.skipped.sort();
        self.beside.sort();
        self.blobs.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()).then_with(|| one.absolute.cmp(&other.absolute)));
        let same: Vec<bool> = (0..self.blobs.len())
            .map(|at| {
                let equal = |other: Option<&Blob>| other.is_some_and(|other| other.path == self.blobs[at].path);
                equal(self.blobs.get(at + 1)) || (at > 0 && equal(self.blobs.get(at - 1)))
            })
            .collect();
        for (blob, same) in self.blobs.iter_mut().zip(same) {
            if same {
                blob.obstacle = Some(Obstacle::SamePath);
            }
        }
    }
}

/// A given path.
struct Root {
    /// As it was given, printable.
    shown: String,
    /// Its last component, as reports write it.
    name: String,
    /// Where it is, links resolved.
    canonical: PathBuf,
    /// Whether it is a folder.
    folder: bool,
}

impl Root {
    fn new(path: &Path) -> Result<Self, CollectError> {
        let shown = visible(&of_system(path.as_os_str()));
        let unreadable = |error: std::io::Error| CollectError::Unreadable { path: shown.clone(), reason: error.to_string() };
        let canonical = path.canonicalize().map_err(unreadable)?;
        let folder = canonical.metadata().map_err(unreadable)?.is_dir();
        let name = path.file_name().or_else(|| canonical.file_name()).map(of_system).unwrap_or_default();
        Ok(Self { shown, name, canonical, folder })
    }
}

/// Refuses several paths that a report could not tell apart, or that hold the same files.
fn refuse_confusion(roots: &[Root]) -> Result<(), CollectError> {
    for (at, one) in roots.iter().enumerate() {
        for other in &roots[at + 1..] {
            let (inner, outer) = if one.canonical.starts_with(&other.canonical) { (one, other) } else { (other, one) };
            if inner.canonical.starts_with(&outer.canonical) {
                return Err(CollectError::Overlap { outer: outer.shown.clone(), inner: inner.shown.clone() });
            }
            if one.name == other.name {
                return Err(CollectError::SameName { name: visible(&one.name) });
            }
        }
    }
    Ok(())
}
