//! A pack as a catalog.

use std::collections::HashMap;

use serde_json::Value;

use super::super::model::{Catalog, Control, Group, Param};
use super::super::tables;
use super::{Moment, made_by, metadata, names, own, remarks};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pack::Pack;

/// The catalog of a pack. A pack that was made of a catalog gives that catalog again, with the
/// values that its parameters have now; any other one its controls in one group; one without
/// controls the entries that its tables list, a group for each table.
///
/// # Errors
/// Tables of an imported catalog that do not fit together any more; a pack that lists nothing.
pub fn catalog(pack: &Pack, moment: &Moment) -> Result<Catalog, Diagnostics> {
    let uuid = names(pack, "catalog").name("document").to_string();
    match tables::read(&pack.tables) {
        Some(Ok(catalog)) => Ok(again(pack, moment, uuid, catalog)),
        Some(Err(wrong)) => Err(Diagnostic::new("oscal-export", pack.id.clone(), wrong).help("import the catalog again").into()),
        None => {
            let mut catalog = Catalog { uuid, metadata: metadata(pack, &pack.title, moment), params: own::params(pack), ..Catalog::default() };
            catalog.groups = if pack.controls.is_empty() { own::entries(pack) } else { vec![own::group(pack)] };
            if catalog.groups.is_empty() {
                let help = "`--kind oscal-mapping` exports the crosswalks of a pack that has nothing else";
                return Err(Diagnostic::new("oscal-export", pack.id.clone(), "the pack has no control and lists no entry").help(help).into());
            }
            Ok(catalog)
        }
    }
}

/// An imported catalog as a document of its own.
fn again(pack: &Pack, moment: &Moment, uuid: String, mut catalog: Catalog) -> Catalog {
    let source = std::mem::replace(&mut catalog.uuid, uuid);
    let title = std::mem::take(&mut catalog.metadata.title);
    let made = metadata(pack, if title.trim().is_empty() { &pack.title } else { &title }, moment);
    let own = catalog.metadata.remarks.take();
    // The remarks of the publisher are the licence already where that was drawn from them.
    catalog.metadata.remarks = if own.is_some() { remarks_again(own, moment) } else { remarks(pack, moment, None) };
    catalog.metadata.title = made.title;
    catalog.metadata.oscal_version = made.oscal_version;
    catalog.metadata.last_modified = made.last_modified;
    made_by(&mut catalog.metadata, pack);
    catalog.metadata.props.extend(super::prop("imported-uuid", &source));
    let values: HashMap<&str, Vec<String>> = pack.parameters.iter().map(|parameter| (parameter.name.as_str(), texts(&parameter.value))).collect();
    set(&mut catalog.params, &values);
    catalog.controls.iter_mut().for_each(|control| set_in_control(control, &values));
    catalog.groups.iter_mut().for_each(|group| set_in_group(group, &values));
    catalog
}

fn remarks_again(own: Option<String>, moment: &Moment) -> Option<String> {
    let note = (!moment.known).then_some("The pack states no date: last-modified is the beginning of 1970 in its place.");
    let all: Vec<String> = own.into_iter().chain(note.map(str::to_owned)).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// A parameter's value as texts; none where it is empty.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => super::line(text),
        other => super::line(&other.to_string()),
    };
    match value {
        Value::Array(list) => list.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

fn set_in_group(group: &mut Group, values: &HashMap<&str, Vec<String>>) {
    set(&mut group.params, values);
    group.groups.iter_mut().for_each(|group| set_in_group(group, values));
    group.controls.iter_mut().for_each(|control| set_in_control(control, values));
}

fn set_in_control(control: &mut Control, values: &HashMap<&str, Vec<String>>) {
    set(&mut control.params, values);
    control.controls.iter_mut().for_each(|control| set_in_control(control, values));
}

/// Gives parameters the values that the pack has for them now, where it has any.
fn set(params: &mut [Param], values: &HashMap<&str, Vec<String>>) {
    for param in params {
        let now = values.get(param.id.as_str()).filter(|now| !now.is_empty());
        let Some(now) = now.filter(|now| **now != param.values.iter().filter_map(|value| super::line(value)).collect::<Vec<_>>()) else { continue };
        param.values.clone_from(now);
        // The schema knows a parameter with values or with choices, never with both.
        param.select = None;
    }
}
