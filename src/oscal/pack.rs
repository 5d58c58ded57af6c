//! A pack of a catalog, or of a profile with what it imports: one unchecked
//! control per control, the catalog's own text in tables.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::check;
use super::document::{self, Document, Given};
use super::insert::Params;
use super::model::{Catalog, Metadata};
use super::resolve::{Resolved, resolve};
use super::tables;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::import::{Import, ImportedPack, InputFile, Provenance};

mod control;
mod parameters;

/// Makes a pack of OSCAL files. `profile` is the number of the one that the user named as the profile.
///
/// # Errors
/// Whatever is wrong with any of the files, with its place; then there is no pack.
pub fn import(files: &[InputFile], profile: Option<usize>) -> Result<Import, Diagnostics> {
    let mut given = Vec::new();
    let mut problems = Diagnostics::default();
    for file in files {
        match document::read(&file.name, &file.shown, &file.bytes) {
            Ok(read) => given.push(read),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(file) = profile.and_then(|at| given.get(at)).filter(|file| matches!(file.document, Document::Catalog(_))) {
        return Err(Diagnostic::new("oscal-import", file.shown.clone(), "--profile names a catalog; a profile was expected").into());
    }
    let resolved = resolve(&given, profile)?;
    let shown = given.get(resolved.top).map(|file| file.shown.clone()).unwrap_or_default();
    let pack = pack(&shown, files, &given, &resolved)?;
    let mut notes: Vec<String> = resolved.notes.clone();
    notes.extend(left_out(&given, &resolved));
    let withdrawn: Vec<&str> =
        check::controls(&resolved.catalog).into_iter().filter(|control| control.is_withdrawn()).map(|control| control.id.as_str()).collect();
    if !withdrawn.is_empty() {
        notes.push(format!("{} withdrawn controls are rows of the tables and no controls of the pack: {}", withdrawn.len(), withdrawn.join(", ")));
    }
    let notes = notes.into_iter().map(|note| Diagnostic::new("oscal-note", shown.clone(), note)).collect();
    Ok(Import { pack, notes: Diagnostics(notes), texts: BTreeMap::new() })
}

fn pack(shown: &str, files: &[InputFile], given: &[Given], resolved: &Resolved) -> Result<ImportedPack, Diagnostics> {
    let catalog = &resolved.catalog;
    let params = Params::new(check::params(catalog).into_iter());
    let frame = Frame::of(catalog);
    let metadata = &catalog.metadata;
    let mut own = Vec::new();
    for control in check::controls(catalog).into_iter().filter(|control| !control.is_withdrawn()) {
        own.push((format!("{}.yaml", control.id), control::file(&frame, &params, control).into_bytes()));
    }
    names(shown, catalog)?;
    let mut tables = tables::write(catalog);
    if let Some(controls) = tables.iter_mut().find(|table| table.name == tables::CONTROLS.name) {
        // Crosswalks name SP 800-53's controls by their labels.
        if frame.labelled && controls.rows.iter().filter_map(|row| row.get(1)).collect::<BTreeSet<_>>().len() == controls.rows.len() {
            controls.key = Some("label".to_owned());
        }
    }
    let made = if resolved.used.len() == 1 { "a catalog" } else { "a profile and what it imports" };
    Ok(ImportedPack {
        id: format!("{}-{}", slug(&metadata.title, 60), slug(&metadata.version, 30)).trim_matches('-').to_owned(),
        title: params.readable(&metadata.title),
        version: line(&metadata.version),
        edition: frame.edition.clone(),
        standard: frame.standard.clone(),
        description: format!("{} controls of {made} in OSCAL. No check decides them: they are not determined until somebody adds one.", own.len()),
        framework: frame.framework.map(str::to_owned),
        names: Vec::new(),
        licence: licence(metadata),
        provenance: provenance(files, given, resolved),
        tables,
        links: Vec::new(),
        more: parameters::yaml(catalog, &params),
        files: own,
    })
}

/// What all controls of a catalog share.
pub(super) struct Frame {
    /// The standard.
    pub standard: String,
    /// Its edition.
    pub edition: String,
    /// The edition whose entries the controls are, where it is one that is known here.
    pub framework: Option<&'static str>,
    /// Whether crosswalks name its controls by their labels.
    labelled: bool,
    /// Why no check decides a control.
    pub unchecked: String,
}

impl Frame {
    fn of(catalog: &Catalog) -> Self {
        let metadata = &catalog.metadata;
        let labels: HashSet<&str> = check::controls(catalog).into_iter().filter_map(super::model::Control::label).collect();
        let (title, version) = (line(&metadata.title), line(&metadata.version));
        let known = if title.contains("800-53") && version.starts_with('5') && labels.iter().any(|label| *label == "AC-1") {
            Some(("nist-800-53-r5", "NIST SP 800-53", "Rev 5"))
        } else if check::controls(catalog).iter().any(|control| control.id == "GV.RR-02") {
            Some(("nist-csf-2.0", "NIST CSF", "2.0"))
        } else {
            None
        };
        Self {
            standard: known.map_or(title.clone(), |(_, standard, _)| standard.to_owned()),
            edition: known.map_or_else(|| version.clone(), |(_, _, edition)| format!("{edition}, release {version}")),
            framework: known.map(|(framework, ..)| framework),
            labelled: known.is_some_and(|(framework, ..)| framework == "nist-800-53-r5"),
            unchecked: "Imported from an OSCAL catalog, which says what to assess; no check of evidence was written for it.".to_owned(),
        }
    }
}

/// A control's id names its file: no two may differ in case alone, and none may be another file's.
fn names(shown: &str, catalog: &Catalog) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for control in check::controls(catalog) {
        let id = control.id.as_str();
        let lower = id.to_lowercase();
        let wrong = if lower == "pack" || lower.ends_with(".yaml") || id.len() > 200 {
            Some(format!(
                "the control `{id}` cannot be a file of a pack: an id of at most 200 bytes was expected, not `pack` and not ending in `.yaml`"
            ))
        } else {
            seen.insert(lower, id)
                .map(|other| format!("the controls `{other}` and `{id}` differ in case alone: they would share a file on some systems"))
        };
        if let Some(wrong) = wrong.filter(|_| problems.0.len() < 50) {
            problems.push(Diagnostic::new("oscal-duplicate", shown, wrong));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Under which terms the text may be used, as far as the document says it: OSCAL has no place of its own for that.
fn licence(metadata: &Metadata) -> String {
    let named = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "license" | "licence" | "rights" | "copyright");
    let prop = metadata.props.iter().find(|prop| named(&prop.name)).map(|prop| prop.value.as_str());
    let link = metadata.links.iter().find(|link| link.rel.as_deref().is_some_and(named)).map(|link| link.text.as_deref().unwrap_or(&link.href));
    let remarks = metadata.remarks.as_deref().filter(|remarks| {
        let remarks = remarks.to_ascii_lowercase();
        ["copyright", "licen", "public domain"].iter().any(|word| remarks.contains(word))
    });
    prop.or(link).or(remarks).map_or_else(|| "not stated".to_owned(), |told| format!("as stated by the publisher: {}", line(told)))
}

/// The files that the pack was made of: the one that it is first, then the others as given.
fn provenance(files: &[InputFile], given: &[Given], resolved: &Resolved) -> Vec<Provenance> {
    let order = std::iter::once(resolved.top).chain(resolved.used.iter().copied().filter(|at| *at != resolved.top));
    let told = |at: usize| {
        let (file, given) = (files.get(at)?, given.get(at)?);
        let metadata = metadata(given);
        let publisher = metadata.parties.iter().find(|party| party.kind == "organization").or(metadata.parties.first());
        let publisher = publisher.and_then(|party| party.name.as_deref()).map_or_else(|| "not stated".to_owned(), line);
        let moment = metadata.published.as_ref().unwrap_or(&metadata.last_modified);
        let day = moment.get(..10).filter(|day| crate::calendar::Day::parse(day.as_bytes()).is_some());
        Some(file.provenance(&publisher, &line(&metadata.version), day))
    };
    order.filter_map(told).collect()
}

fn metadata(given: &Given) -> &Metadata {
    match &given.document {
        Document::Catalog(catalog) => &catalog.metadata,
        Document::Profile(profile) => &profile.metadata,
    }
}

/// What a document holds and a pack does not keep.
fn left_out(given: &[Given], resolved: &Resolved) -> Vec<String> {
    let mut notes = Vec::new();
    for file in resolved.used.iter().filter_map(|at| given.get(*at)) {
        let mut parts: Vec<String> = metadata(file).left_out().into_iter().map(|name| format!("metadata/{name}")).collect();
        if let Document::Catalog(catalog) = &file.document {
            let resources: BTreeSet<&str> = catalog.back_matter.resources.iter().flat_map(super::model::Resource::left_out).collect();
            parts.extend(resources.into_iter().map(|name| format!("back-matter/resources/{name}")));
        }
        if !parts.is_empty() {
            notes.push(format!("{}: not kept: {}", file.name, parts.join(", ")));
        }
    }
    notes
}

/// One line of a text.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as a part of an id: lower-case letters, digits and dots, at most so long.
fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    let lower = text.to_lowercase();
    let words = lower.split(|character: char| !(character.is_ascii_alphanumeric() || character == '.')).map(|word| word.trim_matches('.'));
    for word in words.filter(|word| !word.is_empty()) {
        if !slug.is_empty() && slug.len() + word.len() >= most {
            break;
        }
        let dash = if slug.is_empty() { "" } else { "-" };
        slug.push_str(dash);
        slug.extend(word.chars().take(most));
    }
    if slug.is_empty() { "oscal".to_owned() } else { slug }
}

#[cfg(test)]
mod tests;
