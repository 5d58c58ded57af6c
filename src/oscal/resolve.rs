//! From a profile and the documents that it imports to one catalog (NIST's
//! draft "OSCAL Profile Resolution": import, merge, modify).
//!
//! A document is whatever the user gave: an import's `href` is matched by file
//! name, never followed. What the draft leaves to a program or would drop with a
//! warning is refused here, or told in a note: a control is never lost unseen.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::check::{self, Links};
use super::document::{Document, Given};
use super::insert::inserted;
use super::model::{BackMatter, Catalog, Link, Metadata, Param, Prop, Resource};
use super::profile::Profile;
use crate::diagnostic::{Diagnostic, Diagnostics};

mod find;
mod merge;
mod modify;
mod select;

/// One catalog, of a catalog or of a profile.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The catalog.
    pub catalog: Catalog,
    /// The file that it is: the catalog, or the profile.
    pub top: usize,
    /// The files that it was made of, by their number.
    pub used: BTreeSet<usize>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Makes one catalog of the documents. `top` is the profile that the user named; without it the one
/// profile that no other imports, or the one catalog.
///
/// # Errors
/// What is not as it should be, with the place in the document.
pub fn resolve(given: &[Given], top: Option<usize>) -> Result<Resolved, Diagnostics> {
    let top = top.map_or_else(|| find::top(given), Ok)?;
    let mut work = Work { given, ready: HashMap::new(), open: Vec::new(), notes: Vec::new(), used: BTreeSet::new() };
    for file in given {
        if let Document::Catalog(catalog) = &file.document {
            let links = if is_made(&catalog.metadata) { Links::All } else { Links::OfParts };
            let loose = check::check(&file.shown, catalog, links)?;
            work.loose(&file.name, &loose);
        }
    }
    let catalog = work.document(top)?;
    work.ready.clear();
    let used = std::mem::take(&mut work.used);
    let unused = given.iter().enumerate().filter(|(at, _)| !used.contains(at));
    let unused: Vec<String> = unused.map(|(_, file)| format!("nothing imports {}: it is not part of the pack", file.name)).collect();
    work.notes.extend(unused);
    Ok(Resolved { catalog: Rc::unwrap_or_clone(catalog), top, used, notes: work.notes })
}

/// Whether a catalog says that it was made of a profile.
fn is_made(metadata: &Metadata) -> bool {
    metadata.links.iter().any(|link| link.rel.as_deref() == Some("source-profile"))
        || metadata.props.iter().any(|prop| prop.name == "resolution-tool")
}

struct Work<'g> {
    given: &'g [Given],
    /// What was resolved already: a profile that many import is resolved once.
    ready: HashMap<usize, Rc<Catalog>>,
    /// The profiles that are being resolved, the outermost first.
    open: Vec<usize>,
    notes: Vec<String>,
    used: BTreeSet<usize>,
}

impl Work<'_> {
    fn loose(&mut self, name: &str, loose: &[String]) {
        if let Some(first) = loose.first() {
            let more = if loose.len() > 1 { format!(" and {} more", loose.len() - 1) } else { String::new() };
            self.notes.push(format!("{name}: {first}{more}: the link leads to nothing in the document; it is kept as it is"));
        }
    }

    fn document(&mut self, at: usize) -> Result<Rc<Catalog>, Diagnostics> {
        if let Some(ready) = self.ready.get(&at) {
            return Ok(Rc::clone(ready));
        }
        let Some(file) = self.given.get(at) else { return Err(Diagnostic::new("oscal-import", "", "there is no such document").into()) };
        self.used.insert(at);
        let catalog = match &file.document {
            Document::Catalog(catalog) => Rc::new((**catalog).clone()),
            Document::Profile(profile) => {
                self.open.push(at);
                let catalog = Rc::new(self.profile(file, profile)?);
                self.open.pop();
                catalog
            }
        };
        self.ready.insert(at, Rc::clone(&catalog));
        Ok(catalog)
    }

    fn profile(&mut self, file: &Given, profile: &Profile) -> Result<Catalog, Diagnostics> {
        if profile.imports.is_empty() {
            return Err(Diagnostic::new("oscal-import", file.shown.clone(), "/profile/imports: at least one import was expected").into());
        }
        let mut sources = Vec::new();
        let mut problems = Diagnostics::default();
        for (number, import) in profile.imports.iter().enumerate() {
            let at = format!("/profile/imports/{number}");
            let found = find::import(self.given, file, profile, import, &at)?;
            self.notes.extend(found.note);
            if self.open.contains(&found.at) {
                let names: Vec<&str> = self.open.iter().chain([&found.at]).filter_map(|at| Some(self.given.get(*at)?.name.as_str())).collect();
                let message = format!("{at}/href: the profile imports itself: {}", names.join(" -> "));
                return Err(Diagnostic::new("oscal-cycle", file.shown.clone(), message).into());
            }
            let catalog = self.document(found.at)?;
            match select::select(&file.shown, &at, import, &catalog) {
                Ok((chosen, notes)) => {
                    self.notes.extend(notes.into_iter().map(|note| format!("{}: {note}", file.name)));
                    sources.push((catalog, chosen));
                }
                Err(wrong) => problems.extend(wrong),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let catalogs: Vec<(&Catalog, HashSet<String>)> = sources.iter().map(|(catalog, chosen)| (&**catalog, chosen.clone())).collect();
        let mut notes = Vec::new();
        let mut made = merge::merge(&file.shown, profile, &catalogs, &mut notes)?;
        loose_params(&catalogs, &mut made);
        modify::modify(&file.shown, profile, &catalogs, &mut made, &mut notes)?;
        self.notes.extend(notes.into_iter().map(|note| format!("{}: {note}", file.name)));
        loose_params(&catalogs, &mut made);
        made.uuid.clone_from(&profile.uuid);
        made.metadata = metadata(file, profile);
        made.back_matter = back_matter(&catalogs, profile, &made)?;
        let loose = check::check(&file.shown, &made, Links::All)?;
        self.loose(&file.name, &loose);
        Ok(made)
    }
}

/// What a catalog that was made of a profile says of itself, as NIST's resolvers write it.
fn metadata(file: &Given, profile: &Profile) -> Metadata {
    let mut metadata = profile.metadata.clone();
    metadata.props.push(Prop { name: "resolution-tool".to_owned(), value: "rolecall".to_owned(), ..Prop::default() });
    let link = Link { href: uri(&file.name), rel: Some("source-profile".to_owned()), ..Link::default() };
    metadata.links.push(link);
    metadata
}

/// A file's name as a relative reference (RFC 3986, section 2.1).
fn uri(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Parameters that a kept text inserts and whose control was left out become parameters of the catalog.
fn loose_params(catalogs: &[(&Catalog, HashSet<String>)], made: &mut Catalog) {
    let params = catalogs.iter().rev().flat_map(|(catalog, _)| check::params(catalog));
    let sources: HashMap<&str, &Param> = params.map(|param| (param.id.as_str(), param)).collect();
    let mut known: HashSet<&str> = check::params(made).iter().filter_map(|param| Some(*sources.get_key_value(param.id.as_str())?.0)).collect();
    let mut wanted: Vec<&Param> = Vec::new();
    let mut take = |text: &str, wanted: &mut Vec<_>| {
        for (id, param) in inserted(text).filter_map(|id| sources.get_key_value(id)) {
            if known.insert(id) {
                wanted.push(*param);
            }
        }
    };
    texts(made, &mut |text| take(text, &mut wanted));
    // A parameter that comes may insert another one.
    let mut at = 0;
    while let Some(param) = wanted.get(at).copied() {
        texts_of(param, &mut |text| take(text, &mut wanted));
        at += 1;
    }
    made.params.extend(wanted.into_iter().cloned());
}

/// Every text of a catalog that may insert parameters.
fn texts<'c>(catalog: &'c Catalog, each: &mut dyn FnMut(&'c str)) {
    use super::model::{Group, Part};
    fn parts<'c>(list: &'c [Part], each: &mut dyn FnMut(&'c str)) {
        for part in list {
            part.title.iter().chain(&part.prose).for_each(|text| each(text));
            parts(&part.parts, each);
        }
    }
    fn groups<'c>(list: &'c [Group], each: &mut dyn FnMut(&'c str)) {
        for group in list {
            each(&group.title);
            parts(&group.parts, each);
            groups(&group.groups, each);
        }
    }
    groups(&catalog.groups, each);
    for control in check::controls(catalog) {
        each(&control.title);
        parts(&control.parts, each);
    }
    for param in check::params(catalog) {
        texts_of(param, each);
    }
}

fn texts_of<'c>(param: &'c Param, each: &mut dyn FnMut(&'c str)) {
    param.label.iter().chain(&param.usage).chain(&param.values).for_each(|text| each(text));
    param.guidelines.iter().for_each(|guideline| each(&guideline.prose));
    param.select.iter().flat_map(|select| &select.choice).for_each(|text| each(text));
}

/// The resources that what was kept refers to, by link or within text.
fn back_matter(catalogs: &[(&Catalog, HashSet<String>)], profile: &Profile, made: &Catalog) -> Result<BackMatter, Diagnostics> {
    // One pass over the document as text finds every kind of reference.
    let text = serde_json::to_string(made).map_err(|error| Diagnostics::from(Diagnostic::new("oscal", "", error.to_string())))?;
    let mut named: HashSet<&str> = HashSet::new();
    for piece in text.split('#').skip(1) {
        let end = piece.find(|character: char| !(character.is_ascii_alphanumeric() || character == '-')).unwrap_or(piece.len());
        named.extend(piece.get(..end));
    }
    let mut resources: Vec<Resource> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let all = catalogs.iter().flat_map(|(catalog, _)| &catalog.back_matter.resources).chain(&profile.back_matter.resources);
    for resource in all.filter(|resource| named.contains(resource.uuid.as_str())) {
        if seen.insert(&resource.uuid) {
            resources.push(resource.clone());
        }
    }
    Ok(BackMatter { resources })
}

#[cfg(test)]
mod tests;
