//! `--map FILE=SOURCE`: what the user says overrules recognition.

use std::collections::BTreeMap;
use std::path::Path;

use crate::evidence::collect::Blob;
use crate::source::Source;
use crate::text::visible;

/// A `--map` that cannot be followed: exit 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// No such source.
    #[error("--map {file}={wanted}: no source is named `{wanted}`; `rolecall list sources` names them")]
    UnknownSource {
        /// The file, as given.
        file: String,
        /// The source, as given.
        wanted: String,
    },
    /// No such file among the evidence.
    #[error("--map {file}={wanted}: no file of evidence is named `{file}`; write its path as the report does, relative to PATH")]
    UnknownFile {
        /// The file, as given.
        file: String,
        /// The source, as given.
        wanted: String,
    },
    /// The name fits several files.
    #[error("--map {file}={wanted}: `{file}` could be `{first}` or `{second}`; write the whole path as the report does")]
    AmbiguousFile {
        /// The file, as given.
        file: String,
        /// The source, as given.
        wanted: String,
        /// A report path.
        first: String,
        /// Another report path.
        second: String,
    },
    /// One file, two sources.
    #[error("--map names both `{first}` and `{second}` for `{file}`; name one")]
    TwoSources {
        /// The file's report path.
        file: String,
        /// A source.
        first: String,
        /// Another source.
        second: String,
    },
}

/// The maps, resolved: blob index to source index.
pub(super) struct Maps(BTreeMap<usize, usize>);

impl Maps {
    /// Resolves what was given on the command line.
    pub fn new(blobs: &[Blob], sources: &[Source], given: &[(String, String)]) -> Result<Self, SurveyError> {
        let mut maps = BTreeMap::new();
        for (file, wanted) in given {
            let shown = || (visible(file), visible(wanted));
            let Some(source) = sources.iter().position(|source| source.id == *wanted) else {
                let (file, wanted) = shown();
                return Err(SurveyError::UnknownSource { file, wanted });
            };
            let named = find(blobs, file);
            let blob = match named.as_slice() {
                [] => {
                    let (file, wanted) = shown();
                    return Err(SurveyError::UnknownFile { file, wanted });
                }
                [blob] => *blob,
                [first, second, ..] => {
                    let (file, wanted) = shown();
                    let path = |blob: usize| visible(&blobs[blob].path);
                    return Err(SurveyError::AmbiguousFile { file, wanted, first: path(*first), second: path(*second) });
                }
            };
            if let Some(other) = maps.insert(blob, source)
                && other != source
            {
                return Err(SurveyError::TwoSources {
                    file: visible(&blobs[blob].path),
                    first: sources[other].id.clone(),
                    second: sources[source].id.clone(),
                });
            }
        }
        Ok(Self(maps))
    }

    /// The source that was named for a blob.
    pub fn of(&self, blob: usize) -> Option<usize> {
        self.0.get(&blob).copied()
    }
}

/// The files that a name means: by report path, else by a shorter form of it, else by where it is.
fn find(blobs: &[Blob], name: &str) -> Vec<usize> {
    let plain = name.strip_prefix("./").unwrap_or(name);
    let all = |means: &dyn Fn(&Blob) -> bool| -> Vec<usize> { (0..blobs.len()).filter(|at| means(&blobs[*at])).collect() };
    let found = all(&|blob| blob.path == plain);
    if !found.is_empty() {
        return found;
    }
    let found = all(&|blob| blob.relative() == plain || blob.inner() == plain);
    if !found.is_empty() {
        return found;
    }
    match Path::new(name).canonicalize() {
        Ok(place) => all(&|blob| blob.absolute == place),
        Err(_) => found,
    }
}
