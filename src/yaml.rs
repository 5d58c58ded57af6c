//! The strict YAML profile that all our own files are written in, and the
//! only module that knows the YAML crate.
//!
//! One document of UTF-8, at most 1 MiB; no anchors, aliases, tags or merge
//! keys; no key twice; only `true` and `false` are booleans; every unknown key
//! is a mistake. Breaches of the profile are all reported at once
//! ([`profile`]); so is, of a file that keeps the profile, every place with
//! the wrong shape ([`shape`]).

use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::suggest;

mod profile;
mod shape;

/// The longest file that is read.
pub const SIZE_LIMIT: usize = 1 << 20;
/// The deepest nesting that is read.
pub const DEPTH_LIMIT: usize = 48;

/// A place in a file; zeros where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
}

/// A value and its place, for complaints that come after parsing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Place,
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, at: place(spanned.referenced) })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A file as the user named it, and its text: what a diagnostic shows.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The name.
    pub file: String,
    /// The text.
    pub text: String,
}

impl Origin {
    /// A diagnostic at a place of this file, with its line.
    #[must_use]
    pub fn diagnostic(&self, at: Place, code: &'static str, message: impl AsRef<str>, help: Option<String>) -> Diagnostic {
        Diagnostic {
            file: self.file.clone(),
            line: at.line,
            column: at.column,
            code,
            message: message.as_ref().to_owned(),
            help,
            snippet: self.snippet(at),
        }
    }

    fn snippet(&self, at: Place) -> Option<String> {
        const WIDTH: usize = 160;
        if at.line == 0 || at.column > WIDTH {
            return None;
        }
        let line = self.text.lines().nth(at.line - 1)?;
        Some(line.chars().take(WIDTH).collect())
    }
}

/// The text of a file.
///
/// # Errors
/// The file is too large or not UTF-8.
pub fn decode(file: &str, bytes: &[u8]) -> Result<Origin, Diagnostics> {
    let whole = Origin { file: file.to_owned(), text: String::new() };
    if bytes.len() > SIZE_LIMIT {
        let message = format!("the file has {} bytes, more than {SIZE_LIMIT}", bytes.len());
        return Err(Diagnostics(vec![whole.diagnostic(Place::default(), "yaml-too-large", message, Some("divide it".to_owned()))]));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Origin { file: file.to_owned(), text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned() }),
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let at = Place { line: good.iter().filter(|byte| **byte == b'\n').count() + 1, column: 0 };
            Err(Diagnostics(vec![whole.diagnostic(at, "yaml-encoding", "the text is not UTF-8", Some("save it as UTF-8".to_owned()))]))
        }
    }
}

/// Reads one document of the strict profile; its text is kept for later diagnostics.
///
/// # Errors
/// All breaches of the profile, or all places with the wrong shape.
pub fn parse_origin<T: DeserializeOwned + JsonSchema>(origin: &Origin) -> Result<T, Diagnostics> {
    if origin.text.len() > SIZE_LIMIT {
        decode(&origin.file, origin.text.as_bytes())?;
    }
    let breaches = profile::check(origin);
    if !breaches.is_empty() {
        return Err(breaches);
    }
    parse_kept(origin)
}

/// As [`parse_origin`], of a file in the program: that those keep the profile
/// is proved by a test, not by every run.
///
/// # Errors
/// All places with the wrong shape: a defect of the program.
pub(crate) fn parse_built_in<T: DeserializeOwned + JsonSchema>(origin: &Origin) -> Result<T, Diagnostics> {
    debug_assert!(profile::check(origin).is_empty(), "{} does not keep the profile", origin.file);
    parse_kept(origin)
}

/// Reads a document that keeps the profile.
fn parse_kept<T: DeserializeOwned + JsonSchema>(origin: &Origin) -> Result<T, Diagnostics> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 0, max_anchors: 0, max_merge_keys: 0, max_documents: 1, max_depth: DEPTH_LIMIT + 2 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(&origin.text, options).map_err(|error| {
        // The parser stops at the first mistake; the shape knows them all, but not what makes a text a date.
        let mut found = shape::check::<T>(origin);
        let first = describe(origin, &error);
        let told = |other: &Diagnostic| other.code == first.code && (other.line == first.line || first.message.starts_with(&other.message));
        if !found.0.iter().any(told) {
            found.push(first);
        }
        found
    })
}

/// A parser error in the words of the people who write the files.
fn describe(origin: &Origin, error: &serde_saphyr::Error) -> Diagnostic {
    use serde_saphyr::{Error, MessageFormatter as _};
    let error = error.without_snippet();
    let at = error.location().map(place).unwrap_or_default();
    let (code, message, help) = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            ("unknown-key", format!("`{field}` is not a key here"), suggest::help(field, expected.iter().copied()))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            ("unknown-value", format!("`{variant}` is not a value here"), suggest::help(variant, expected.iter().copied()))
        }
        Error::SerdeMissingField { field, .. } => {
            ("missing-key", format!("the key `{field}` is missing from the mapping whose last key is here"), None)
        }
        Error::InvalidBooleanStrict { .. } => ("wrong-type", "this is neither `true` nor `false`".to_owned(), None),
        Error::NullIntoString { .. } => ("wrong-type", "a text is missing".to_owned(), Some("for an empty text write ''".to_owned())),
        Error::Unexpected { expected, .. } => ("wrong-type", format!("{} is expected here", plain(expected)), None),
        Error::InvalidScalar { ty, .. } => ("wrong-type", format!("this is no {ty}"), None),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            ("wrong-type", format!("{} is expected here, not {unexpected}", plain(expected)), None)
        }
        Error::SerdeInvalidValue { expected, .. } => ("wrong-type", format!("{} is expected here", plain(expected)), None),
        Error::Eof { .. } => ("yaml-empty", "the file is empty".to_owned(), None),
        Error::Message { msg, .. } => ("wrong-type", msg.clone(), None),
        other => ("yaml-syntax", serde_saphyr::UserMessageFormatter.format_message(other).into_owned(), None),
    };
    origin.diagnostic(at, code, message, help)
}

fn plain(expected: &str) -> &str {
    match expected {
        "sequence start" | "a sequence" => "a list",
        "mapping start" | "a map" => "a mapping (keys and values)",
        "string scalar" | "a string" => "a text",
        other if other.starts_with("struct ") => "a mapping (keys and values)",
        other => other,
    }
}

fn place(location: serde_saphyr::Location) -> Place {
    Place { line: usize::try_from(location.line()).unwrap_or(0), column: usize::try_from(location.column()).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use crate::embedded;

    #[test]
    fn every_file_in_the_program_keeps_the_profile() {
        let packs = embedded::packs().iter().flat_map(|pack| pack.files).filter(|file| file.path.ends_with(".yaml"));
        let mut seen = 0;
        for file in packs.chain(embedded::sources()) {
            let origin = super::decode(file.path, file.bytes).unwrap();
            assert_eq!(super::profile::check(&origin).render(), "", "{}", file.path);
            seen += 1;
        }
        assert!(seen > 50, "{seen}");
    }
}
