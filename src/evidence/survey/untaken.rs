//! Why no source took a file.

use std::io;

use crate::evidence::collect::Obstacle;
use crate::text::visible;

/// Why no source took a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untaken {
    /// Its bytes are nothing that can be read.
    Unreadable {
        /// A stable code.
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// No source knows it.
    NotRecognised {
        /// The source that came nearest.
        nearest: Option<Nearest>,
    },
    /// Several sources know it equally well.
    Ambiguous {
        /// Their ids, sorted.
        sources: Vec<String>,
    },
    /// The engagement says that it is no evidence.
    DeclaredUnused {
        /// Why.
        reason: String,
    },
    /// An operating system or a tool left it there.
    SystemFile,
    /// It stands beside the folder of the exports, where nothing is read.
    Beside,
}

/// A source that nearly took a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Its id.
    pub source: String,
    /// What it needs and the file lacks.
    pub missing: Vec<String>,
}

impl Untaken {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { code, .. } => code,
            Self::NotRecognised { .. } => "not-recognised",
            Self::Ambiguous { .. } => "ambiguous-source",
            Self::DeclaredUnused { .. } => "declared-unused",
            Self::SystemFile => "system-file",
            Self::Beside => Obstacle::Beside.code(),
        }
    }

    /// What is wrong and what to do, without the path.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable { message, .. } => message.clone(),
            Self::NotRecognised { nearest: None } => {
                "no source knows it; name one with --map, write one, or list the file under `unused` in engagement.yaml".to_owned()
            }
            Self::NotRecognised { nearest: Some(nearest) } => format!(
                "no source knows it; {} comes nearest but needs {}; export these too, name a source with --map, or list the file under `unused`",
                nearest.source,
                quoted(&nearest.missing)
            ),
            Self::Ambiguous { sources } => {
                format!("the sources {} know it equally well; choose one with --map FILE=SOURCE", quoted(sources))
            }
            Self::DeclaredUnused { reason } => format!("the engagement declares it unused: {}", visible(reason)),
            Self::Beside => Obstacle::Beside.message(),
            Self::SystemFile => "an operating system or tool left it there; delete it, or list it under `unused` in engagement.yaml".to_owned(),
        }
    }

    /// Whether somebody has answered for leaving it out, or it was not handed in as evidence. Every other file is a gap
    /// where the selection is declared.
    #[must_use]
    pub const fn accepted(&self) -> bool {
        matches!(self, Self::DeclaredUnused { .. } | Self::Beside)
    }

    /// Whether a control might need what nobody can read here: text in no
    /// known encoding, a file that cannot be opened, or other bytes under the
    /// name of an export. Pictures and programs under their own names are none.
    #[must_use]
    pub fn may_hide_an_export(&self, path: &str) -> bool {
        const ALWAYS: [&str; 6] = ["file-unreadable", "folder-unreadable", "same-path", "reader-failed", "utf-16", "not-utf-8"];
        const EXPORTS: [&str; 8] = ["csv", "tsv", "tab", "json", "ndjson", "jsonl", "md", "markdown"];
        let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let named = extension.is_some_and(|extension| EXPORTS.contains(&extension.as_str()));
        matches!(self, Self::Unreadable { code, .. } if named || ALWAYS.contains(code))
    }

    /// A file that was found but cannot be read.
    pub(super) fn unread(error: &io::Error) -> Self {
        Self::unreadable(
            "file-unreadable",
            format!("the file cannot be read: {}; check that it still exists and your rights", visible(&error.to_string())),
        )
    }

    /// A file on which recognition itself failed.
    pub(super) fn fault() -> Self {
        Self::unreadable("reader-failed", "a fault in the program stopped its reading; report it to its makers")
    }

    pub(super) fn unreadable(code: &'static str, message: impl Into<String>) -> Self {
        Self::Unreadable { code, message: message.into() }
    }
}

/// Names in backquotes, the first few of many.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut out = names.iter().take(SHOWN).map(|name| format!("`{}`", visible(name))).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        out.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    out
}
