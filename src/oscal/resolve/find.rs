//! Which of the given documents is meant.

use super::super::document::{Document, Given};
use super::super::profile::{Import, Profile};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The document that an import means.
pub(super) struct Found {
    pub at: usize,
    pub note: Option<String>,
}

/// The document from which the pack is made: the one profile that no other imports, or the one catalog.
pub(super) fn top(given: &[Given]) -> Result<usize, Diagnostics> {
    let wrong = |message: String, help: &str| Diagnostics::from(Diagnostic::new("oscal-import", "", message).help(help));
    let mut profiles = Vec::new();
    let mut imported = Vec::new();
    for (at, file) in given.iter().enumerate() {
        if let Document::Profile(profile) = &file.document {
            profiles.push(at);
            for (number, import) in profile.imports.iter().enumerate() {
                // What cannot be found is told where the profile is resolved.
                imported.extend(self::import(given, file, profile, import, &format!("/profile/imports/{number}")).ok().map(|found| found.at));
            }
        }
    }
    let names = |list: &[usize]| list.iter().filter_map(|at| Some(given.get(*at)?.name.as_str())).collect::<Vec<_>>().join(", ");
    let outermost: Vec<usize> = profiles.iter().copied().filter(|at| !imported.contains(at)).collect();
    match (outermost.as_slice(), profiles.as_slice()) {
        ([one], _) => return Ok(*one),
        // Profiles that import each other: the cycle is told.
        ([], [first, ..]) => return Ok(*first),
        ([], []) => {}
        _ => return Err(wrong(format!("several profiles are given: {}", names(&outermost)), "name the one that is meant with --profile")),
    }
    match given.len() {
        1 => Ok(0),
        _ => {
            let all: Vec<usize> = (0..given.len()).collect();
            Err(wrong(
                format!("several catalogs are given and no profile: {}", names(&all)),
                "import them one by one, or with the profile that puts them together",
            ))
        }
    }
}

/// The document that an import's `href` names: by the file's name, at first hand or through the
/// profile's back matter. Where the profile has one import and one catalog is given, that is it
/// in any case, and the note says which one was named.
pub(super) fn import(given: &[Given], file: &Given, profile: &Profile, import: &Import, at: &str) -> Result<Found, Diagnostics> {
    let wrong = |message: String, help: &str| {
        Err(Diagnostics::from(Diagnostic::new("oscal-import", file.shown.clone(), format!("{at}/href: {message}")).help(help)))
    };
    let mut hrefs: Vec<&str> = Vec::new();
    match import.href.strip_prefix('#') {
        None => hrefs.push(&import.href),
        Some(uuid) => {
            let Some(resource) = profile.back_matter.resources.iter().find(|resource| resource.uuid.eq_ignore_ascii_case(uuid)) else {
                return wrong(
                    format!("`#{uuid}` names no resource of the profile's back matter"),
                    "a profile whose import leads to nothing cannot be resolved",
                );
            };
            hrefs.extend(resource.rlinks.iter().map(|link| link.href.as_str()));
        }
    }
    let names: Vec<String> = hrefs.iter().map(|href| file_name(href)).collect();
    let found: Vec<usize> = given.iter().enumerate().filter(|(_, other)| names.contains(&other.name)).map(|(at, _)| at).collect();
    match found.as_slice() {
        [one] => return Ok(Found { at: *one, note: None }),
        [] => {}
        _ => return wrong(format!("several of the files are named as `{}` is", names.join("` or `")), "give files of different names"),
    }
    let catalogs: Vec<(usize, &Given)> = given.iter().enumerate().filter(|(_, file)| matches!(file.document, Document::Catalog(_))).collect();
    let named = if names.is_empty() { import.href.clone() } else { names.join(", ") };
    if let ([(at, other)], 1, Document::Catalog(catalog)) =
        (catalogs.as_slice(), profile.imports.len(), &catalogs.first().map_or(&file.document, |(_, file)| &file.document))
    {
        let note = format!(
            "{} ({}, version {}) imports {named}, which is not among the files; taken in its place: {} ({}, version {})",
            file.name, profile.metadata.title, profile.metadata.version, other.name, catalog.metadata.title, catalog.metadata.version
        );
        return Ok(Found { at: *at, note: Some(note) });
    }
    wrong(
        format!("the profile imports {named}, which is not among the files"),
        "give the catalogs and profiles that it imports as further FILEs, under their own names; nothing is fetched from a network",
    )
}

/// The last part of a reference's path, `%20` and the like decoded.
fn file_name(href: &str) -> String {
    let path = href.split(['#', '?']).next().unwrap_or_default();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let pair = behind.get(..2).and_then(|pair| std::str::from_utf8(pair).ok()).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, pair) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn the_name_of_a_file_is_the_last_part_of_a_reference() {
        assert_eq!(file_name("../../nist.gov/rev5/json/a%20b.json"), "a b.json");
        assert_eq!(file_name("https://example.org/x/c.json?raw=1#y"), "c.json");
        assert_eq!(file_name("d.json"), "d.json");
        assert_eq!(file_name("100%"), "100%");
        assert_eq!(file_name(""), "");
    }
}
