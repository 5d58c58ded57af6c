//! Collecting: which files the given paths hold, before any is opened.
//!
//! An engagement folder (one with `engagement.yaml` at its root) has its
//! evidence under `evidence/`; of any other folder everything is evidence,
//! and so it is of every folder where the engagement file was named: then
//! nothing that stands under a PATH is obeyed.
//! Nothing is lost silently: what cannot be opened is still a [`Blob`], with
//! its [`Obstacle`].

pub mod blob;
pub mod plain;
mod walk;

use std::path::{Path, PathBuf};

pub use self::blob::{Blob, Obstacle, Opened};
use self::walk::Walk;
use crate::text::{of_system, visible};

/// Folders nested deeper than this under a PATH are not read, and that is told.
pub const MAX_DEPTH: usize = 64;
/// More files than this are not read, and that is told.
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
    /// The engagement file: the one that was named, else that of the PATH which is an engagement folder.
    pub engagement: Option<PathBuf>,
    /// The waiver file beside it, where there is one.
    pub waivers: Option<PathBuf>,
    /// The alias table beside it, where there is one.
    pub identities: Option<PathBuf>,
    /// Folders of `--out` and `--ledger` that lay under a PATH, as report paths.
    pub skipped: Vec<String>,
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
}

/// Walks the paths. The folders in `skip` are left out where they lie under a
/// path. Where the engagement file is `named`, only the folder that it stands
/// in, as its `engagement.yaml`, is an engagement folder.
///
/// # Errors
/// Where a path is missing, cannot be listed, or overlaps with another.
pub fn collect(paths: &[PathBuf], skip: &[PathBuf], named: Option<&Path>) -> Result<Collected, CollectError> {
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
    if let Some(file) = named {
        collected.settings(file.parent().unwrap_or(Path::new("")), file.to_owned());
    }
    let named = named.map(Path::canonicalize);
    let is_engagement = |file: &Path| match &named {
        None => file.is_file(),
        Some(named) => matches!((named, file.canonicalize()), (Ok(named), Ok(file)) if *named == file),
    };
    let mut engagement: Option<&Root> = None;
    for root in &roots {
        let prefix = if several { format!("{}/", root.name) } else { String::new() };
        let within = if root.folder { prefix.len() } else { 0 };
        let mut walk = Walk { skip: &skip, shown: root.shown.clone(), collected: &mut collected, within, inner: within, most: MAX_FILES };
        if !root.folder {
            walk.file(root.name.clone(), &root.canonical);
            continue;
        }
        if skip.contains(&root.canonical) {
            return Err(CollectError::SkipIsEvidence { path: root.shown.clone() });
        }
        if !is_engagement(&root.canonical.join(ENGAGEMENT)) {
            walk.folder(prefix, &root.canonical)?;
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
        let start = format!("{prefix}{EVIDENCE}/");
        walk.inner = start.len();
        walk.folder(start, &evidence)?;
        if named.is_none() {
            collected.settings(&root.canonical, root.canonical.join(ENGAGEMENT));
        }
        collected.beside(&root.canonical, &prefix, &skip);
    }
    collected.disown();
    collected.settle();
    Ok(collected)
}

impl Collected {
    /// Notes the engagement file and what stands in its folder to be obeyed.
    fn settings(&mut self, folder: &Path, engagement: PathBuf) {
        let beside = |name: &str| Some(folder.join(name)).filter(|path| path.symlink_metadata().is_ok());
        self.engagement = Some(engagement);
        self.waivers = beside(WAIVERS);
        self.identities = beside(IDENTITIES);
    }

    /// Takes a file that was named as the waiver file.
    ///
    /// # Errors
    /// It lies among the evidence, or cannot be reached: the message.
    pub fn waived_by(&mut self, file: &Path) -> Result<(), String> {
        let place = file.canonicalize().map_err(|error| format!("the file cannot be read: {error}"))?;
        if self.blobs.iter().any(|blob| blob.absolute == place) {
            return Err("the waiver file lies among the evidence, which comes from the audited party and is never obeyed".to_owned());
        }
        self.waivers = Some(file.to_owned());
        Ok(())
    }

    /// What lies among the evidence comes from the audited party and is not
    /// obeyed, also where the engagement file was named from there.
    fn disown(&mut self) {
        let own = |file: Option<PathBuf>, blobs: &[Blob]| {
            file.filter(|file| file.canonicalize().is_ok_and(|place| !blobs.iter().any(|blob| blob.obstacle.is_none() && blob.absolute == place)))
        };
        self.waivers = own(self.waivers.take(), &self.blobs);
        self.identities = own(self.identities.take(), &self.blobs);
    }

    /// Notes what else stands at the root of an engagement folder: exports
    /// that were put there by mistake shall not vanish.
    fn beside(&mut self, root: &Path, prefix: &str, skip: &[PathBuf]) {
        // The folder was listed a moment ago by those who read the files above; what cannot be listed now is no evidence either way.
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            let name = of_system(&entry.file_name());
            if [ENGAGEMENT, EVIDENCE, WAIVERS, IDENTITIES].contains(&name.as_str()) {
                continue;
            }
            if skip.contains(&entry.path()) {
                self.skipped.push(format!("{prefix}{name}"));
            } else {
                let (obstacle, within) = (Some(Obstacle::Beside), prefix.len());
                self.blobs.push(Blob { obstacle, within, inner: within, ..Blob::new(format!("{prefix}{name}"), entry.path(), 0) });
            }
        }
    }

    /// Sorts, and refuses files that a report could not tell apart.
    fn settle(&mut self) {
        self.skipped.sort();
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
