//! A pack's crosswalks as a mapping collection (OSCAL 1.2).

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::model::{BackMatter, Metadata, Prop, Resource};
use super::super::uuid::Uuid;
use super::{Moment, entry, line, metadata, names, prop, token};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pack::{Pack, Relation};

/// A name of an edition, as crosswalks write it in front of an entry, and the edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// `ISO/IEC 27002:2022`.
    pub name: String,
    /// `iso-27002-2022`.
    pub framework: String,
}

/// A mapping collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Collection {
    /// Which document it is.
    pub uuid: String,
    /// What it is.
    pub metadata: Metadata,
    /// How the mappings were made.
    pub provenance: Provenance,
    /// One for each pair of editions and each origin.
    pub mappings: Vec<Mapping>,
    /// The editions.
    pub back_matter: BackMatter,
}

/// How mappings were made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    pub method: &'static str,
    pub matching_rationale: &'static str,
    pub status: &'static str,
    pub mapping_description: String,
}

/// What is mapped to what, by whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mapping {
    pub uuid: String,
    pub source_resource: Reference,
    pub target_resource: Reference,
    pub maps: Vec<Map>,
    pub props: Vec<Prop>,
    pub remarks: String,
}

/// An edition, by its resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reference {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub href: String,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Map {
    pub uuid: String,
    pub relationship: &'static str,
    pub sources: Vec<Item>,
    pub targets: Vec<Item>,
}

/// An end of a link.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id_ref: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub props: Vec<Prop>,
}

/// One side of a link before it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// The pack's own controls.
    Pack,
    /// An edition that has an id here.
    Framework(String),
    /// An edition that only has a name.
    Named(String),
}

type Links = BTreeMap<(Side, Side, String), Vec<(String, String, Relation)>>;

/// The crosswalks of a pack: of its controls, and those between editions that it brings along.
///
/// # Errors
/// It has none: OSCAL knows no empty mapping collection.
pub fn mapping(pack: &Pack, editions: &[Edition], moment: &Moment) -> Result<Collection, Diagnostics> {
    let mut links: Links = BTreeMap::new();
    for control in &pack.controls {
        for map in &control.maps {
            let (side, id) = split(pack, editions, &map.to);
            links.entry((Side::Pack, side, map.origin.clone())).or_default().push((control.id.clone(), id, map.relation));
        }
    }
    for file in &pack.listing.links {
        let sides = (Side::Framework(file.from.clone()), Side::Framework(file.to.clone()));
        for link in &file.links {
            let key = (sides.0.clone(), sides.1.clone(), link.origin.clone());
            links.entry(key).or_default().push((link.from.clone(), link.to.clone(), link.relation));
        }
    }
    if links.is_empty() {
        let message = "the pack has no crosswalk, and OSCAL knows no empty mapping collection";
        let help = "`rolecall explain CONTROL` shows the crosswalks of a control; frameworks bring those between editions";
        return Err(Diagnostic::new("oscal-export", pack.id.clone(), message).help(help).into());
    }
    let names = names(pack, "mapping");
    let sides: std::collections::BTreeSet<&Side> = links.keys().flat_map(|(from, to, _)| [from, to]).collect();
    let resources = sides.into_iter().map(|side| resource(pack, editions, side)).collect();
    let mappings = links.iter().map(|((from, to, origin), links)| one(pack, names, (from, to), origin, links)).collect();
    Ok(Collection {
        uuid: names.name("document").to_string(),
        metadata: metadata(pack, &format!("{}: crosswalks", pack.title), moment),
        provenance: Provenance {
            method: "human",
            matching_rationale: "semantic",
            status: "complete",
            mapping_description: "Each mapping says in its remarks who drew it: ours were drawn by reading both texts, those of a document are taken from it as they are. \
                Complete means that all crosswalks of the pack are here, not that every control has one."
                .to_owned(),
        },
        mappings,
        back_matter: BackMatter { resources },
    })
}

/// The edition and the entry that a crosswalk names: the longest name of an edition in front of it, else all but the last word.
fn split(pack: &Pack, editions: &[Edition], to: &str) -> (Side, String) {
    let behind = |name: &str| to.strip_prefix(name).filter(|rest| rest.starts_with(char::is_whitespace)).map(str::trim).filter(|id| !id.is_empty());
    let known = editions.iter().filter_map(|edition| Some((edition, behind(&edition.name)?)));
    if let Some((edition, id)) = known.max_by_key(|(edition, _)| edition.name.len()) {
        return (Side::Framework(edition.framework.clone()), id.to_owned());
    }
    match to.rsplit_once(char::is_whitespace) {
        Some((name, id)) if !name.trim().is_empty() => (Side::Named(name.trim().to_owned()), id.to_owned()),
        _ if pack.controls.iter().any(|control| control.id == to) => (Side::Pack, to.to_owned()),
        _ => (Side::Named("An edition that the pack does not name".to_owned()), to.to_owned()),
    }
}

/// The UUID of an edition's resource: the same in the documents of all packs; that of a pack is the UUID of its catalog.
fn uuid_of(pack: &Pack, side: &Side) -> Uuid {
    match side {
        Side::Pack => names(pack, "catalog").name("document"),
        Side::Framework(framework) => Uuid::own().name(&format!("framework\n{framework}")),
        Side::Named(name) => Uuid::own().name(&format!("edition\n{name}")),
    }
}

fn resource(pack: &Pack, editions: &[Edition], side: &Side) -> Resource {
    let uuid = uuid_of(pack, side).to_string();
    let (title, props) = match side {
        Side::Pack => (pack.title.clone(), vec![prop("pack", &pack.id)]),
        Side::Framework(framework) => {
            let name = editions.iter().find(|edition| edition.framework == *framework).map_or(framework, |edition| &edition.name);
            (name.clone(), vec![prop("framework", framework)])
        }
        Side::Named(name) => (name.clone(), Vec::new()),
    };
    let props = props.into_iter().flatten().collect();
    Resource { uuid, title: line(&title).or_else(|| line(&pack.id)), props, ..Resource::default() }
}

fn one(pack: &Pack, names: Uuid, (from, to): (&Side, &Side), origin: &str, links: &[(String, String, Relation)]) -> Mapping {
    let (source, target) = (uuid_of(pack, from).to_string(), uuid_of(pack, to).to_string());
    let own = names.name(&format!("mapping\n{source}\n{target}\n{origin}"));
    let map = |(left, right, relation): &(String, String, Relation)| Map {
        uuid: own.name(&format!("{left}\n{right}")).to_string(),
        relationship: relation.word(),
        sources: vec![item(from, left)],
        targets: vec![item(to, right)],
    };
    let document = origin.strip_prefix("official:").map(str::trim);
    let remarks = match document {
        Some(document) => format!("Official: {document}. How its authors matched the two is said there, if anywhere."),
        None => "Ours: drawn by reading both texts.".to_owned(),
    };
    let kind = if document.is_some() { "official" } else { "ours" };
    let props = [prop("origin", kind), prop("origin-document", document.unwrap_or_default())];
    Mapping {
        uuid: own.to_string(),
        source_resource: Reference { kind: "catalog", href: format!("#{source}") },
        target_resource: Reference { kind: "catalog", href: format!("#{target}") },
        maps: links.iter().map(map).collect(),
        props: props.into_iter().flatten().collect(),
        remarks,
    }
}

fn item(side: &Side, id: &str) -> Item {
    let id_ref = match side {
        Side::Framework(framework) => entry(framework, id),
        Side::Pack | Side::Named(_) => token(id),
    };
    // The id as its publisher writes it, where no token can be that.
    let props = if id_ref == id { Vec::new() } else { prop("id", id).into_iter().collect() };
    Item { kind: "control", id_ref, props }
}
