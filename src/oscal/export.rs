//! Packs as OSCAL documents: a catalog, or a mapping collection of its crosswalks.
//!
//! Same pack, same bytes: UUIDs are made of names (version 5, of the pack's id,
//! version and digest), and the moment of the last change, which OSCAL demands,
//! comes from the pack or the caller, never from a clock ([`moment`]).

mod catalog;
mod mapping;
pub mod moment;
mod own;
mod token;

pub use catalog::catalog;
pub use mapping::{Edition, mapping};
pub use moment::Moment;
pub use token::{entry, token};

use super::model::{Metadata, Prop};
use super::uuid::Uuid;
use crate::pack::Pack;

/// The namespace in which the UUIDs of a pack's document are made.
fn names(pack: &Pack, kind: &str) -> Uuid {
    Uuid::own().name(&format!("{kind}\n{}\n{}\n{}", pack.id, pack.version, pack.sha256))
}

/// One line, as a property's value must be; `None` where nothing is left.
fn line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // What `\s` of the schema's patterns takes for blank and Rust does not.
    let line = line.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    (!line.is_empty()).then(|| line.to_owned())
}

/// A property in our own namespace; `None` where it has no value.
fn prop(name: &str, value: &str) -> Option<Prop> {
    Some(Prop { name: name.to_owned(), ns: Some(super::NS.to_owned()), value: line(value)?, ..Prop::default() })
}

/// What an exported document says of itself.
fn metadata(pack: &Pack, title: &str, moment: &Moment) -> Metadata {
    let mut metadata = Metadata {
        title: line(title).unwrap_or_else(|| pack.id.clone()),
        last_modified: moment.written.clone(),
        version: line(&pack.version).unwrap_or_else(|| "0".to_owned()),
        oscal_version: super::VERSION.to_owned(),
        ..Metadata::default()
    };
    made_by(&mut metadata, pack);
    metadata.remarks = remarks(pack, moment, None);
    metadata
}

/// Which pack a document was made of. What an earlier export said goes.
fn made_by(metadata: &mut Metadata, pack: &Pack) {
    metadata.props.retain(|prop| prop.ns.as_deref() != Some(super::NS));
    let framework = pack.listing.framework.as_deref().unwrap_or_default();
    let known = [("pack", pack.id.as_str()), ("pack-version", &pack.version), ("pack-sha256", &pack.sha256), ("framework", framework)];
    metadata.props.extend(known.into_iter().filter_map(|(name, value)| prop(name, value)));
}

/// Terms of use, and that no date is known where that is so.
fn remarks(pack: &Pack, moment: &Moment, own: Option<&str>) -> Option<String> {
    let licence = pack.listing.licence.as_ref().map(|licence| format!("Licence: {licence}"));
    let moment = (!moment.known).then(|| "The pack states no date: last-modified is the beginning of 1970 in its place.".to_owned());
    let all: Vec<String> = own.map(str::to_owned).into_iter().chain(licence).chain(moment).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// A document as JSON, ended by a line feed.
///
/// # Errors
/// Never for the types of this module; the signature is that of `serde_json`.
pub fn written<T: serde::Serialize>(root: &str, document: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(&std::collections::BTreeMap::from([(root, document)]))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests;
