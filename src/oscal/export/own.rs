//! A pack's own controls, and the entries that its tables list, as groups of a catalog.

use std::collections::BTreeSet;

use super::super::model::{Control as Out, Group, Guideline, Param, Part, Prop};
use super::catalog::texts;
use super::{entry, line, prop, token};
use crate::pack::{Check, Control, Pack};

/// The namespace in which NIST's catalogs say by which method an assessor works.
const RMF: &str = "http://csrc.nist.gov/ns/rmf";

/// The parameters, with their values.
pub(super) fn params(pack: &Pack) -> Vec<Param> {
    let param = |parameter: &crate::pack::Parameter| Param {
        id: token(&parameter.name),
        label: line(&parameter.name.replace('_', " ")),
        guidelines: line(&parameter.about).map(|prose| Guideline { prose }).into_iter().collect(),
        values: texts(&parameter.value),
        ..Param::default()
    };
    pack.parameters.iter().map(param).collect()
}

/// All controls in one group.
pub(super) fn group(pack: &Pack) -> Group {
    let mut ids = Ids::default();
    let id = ids.own(&token(&pack.id));
    let overview = line(&pack.description).map(|prose| Part { name: "overview".to_owned(), prose: Some(prose), ..Part::default() });
    let props = [prop("standard", &pack.standard), prop("edition", &pack.edition)];
    // Names of controls come before those of their parts: they must be what crosswalks say.
    let names: Vec<String> = pack.controls.iter().map(|control| ids.own(&token(&control.id))).collect();
    Group {
        id: Some(id),
        title: line(&pack.title).unwrap_or_else(|| pack.id.clone()),
        props: props.into_iter().flatten().collect(),
        parts: overview.into_iter().collect(),
        controls: pack.controls.iter().zip(names).map(|(own, id)| control(own, id, &mut ids)).collect(),
        ..Group::default()
    }
}

/// The entries of each table that lists some.
pub(super) fn entries(pack: &Pack) -> Vec<Group> {
    let framework = pack.listing.framework.as_deref().unwrap_or_default();
    let mut ids = Ids::default();
    let mut groups = Vec::new();
    for (name, table) in &pack.tables {
        let Some(key) = table.key else { continue };
        let mut controls = Vec::new();
        for row in &table.rows {
            let Some(id) = row.get(key) else { continue };
            let words = table.words.and_then(|words| line(row.get(words)?));
            let label = Prop { name: "label".to_owned(), value: line(id).unwrap_or_default(), ..Prop::default() };
            let columns = table.columns.iter().zip(row).enumerate().filter(|(at, _)| *at != key && Some(*at) != table.words);
            let props = columns.filter_map(|(_, (column, value))| prop(&token(column), value));
            controls.push(Out {
                id: ids.own(&entry(framework, id)),
                title: words.unwrap_or_else(|| id.clone()),
                props: std::iter::once(label).chain(props).collect(),
                ..Out::default()
            });
        }
        let title = line(&name.replace('_', " ")).unwrap_or_default();
        groups.push(Group { id: Some(ids.own(&format!("table.{}", token(name)))), title, controls, ..Group::default() });
    }
    groups.retain(|group| !group.controls.is_empty());
    groups
}

/// The ids that are taken.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    /// The id, or where it is taken the first free one behind it.
    fn own(&mut self, id: &str) -> String {
        let mut free = id.to_owned();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{id}_{number}");
            number += 1;
        }
        free
    }
}

fn part(ids: &mut Ids, id: &str, name: &str, prose: Option<String>) -> Part {
    Part { id: Some(ids.own(id)), name: name.to_owned(), prose, ..Part::default() }
}

fn control(control: &Control, id: String, ids: &mut Ids) -> Out {
    let mut parts = vec![part(ids, &format!("{id}_smt"), "statement", line(&control.determination))];
    if let Some(about) = line(&control.about) {
        parts.push(part(ids, &format!("{id}_gdn"), "guidance", Some(about)));
    }
    parts.extend(objectives(control, &id, ids));
    if let Some(evidence) = line(&control.evidence) {
        // A scan of exports examines: nobody is asked, nothing is tried.
        let method = Prop { name: "method".to_owned(), ns: Some(RMF.to_owned()), value: "EXAMINE".to_owned(), ..Prop::default() };
        let objects = Part { name: "assessment-objects".to_owned(), prose: Some(evidence), ..Part::default() };
        let mut examine = part(ids, &format!("{id}_asm-examine"), "assessment-method", None);
        (examine.props, examine.parts) = (vec![method], vec![objects]);
        parts.push(examine);
    }
    let criterion = &control.criterion;
    let label = line(&control.reference).map(|value| Prop { name: "label".to_owned(), value, ..Prop::default() });
    let force = serde_json::to_value(criterion.force).ok().and_then(|force| force.as_str().map(str::to_owned)).unwrap_or_default();
    let known = [
        // What it is called in the pack, where no token can be that.
        ("id", if id == control.id { "" } else { control.id.as_str() }),
        ("standard", &criterion.standard),
        ("edition", &criterion.edition),
        ("clause", &criterion.clause),
        ("force", &force),
        ("becomes", control.becomes.as_deref().unwrap_or_default()),
        ("applies", control.applies.as_ref().map_or("", |applies| applies.wherever.as_str())),
        ("unchecked", control.unchecked.as_deref().unwrap_or_default()),
    ];
    let props = label.into_iter().chain(known.into_iter().filter_map(|(name, value)| prop(name, value))).collect();
    let title = line(&control.title).unwrap_or_else(|| control.id.clone());
    Out { id, title, props, parts, ..Out::default() }
}

/// The published objectives of a control, else one for each check.
fn objectives(control: &Control, id: &str, ids: &mut Ids) -> Option<Part> {
    let name = "assessment-objective";
    let mut all = part(ids, &format!("{id}_obj"), name, None);
    for objective in &control.objectives {
        all.parts.push(part(ids, &token(&objective.id), name, line(&objective.text)));
    }
    for check in &control.checks {
        let mut own = part(ids, &format!("{id}_obj.{}", token(&check.id)), name, line(&check.title));
        own.props = check_props(check);
        all.parts.push(own);
    }
    (!all.parts.is_empty()).then_some(all)
}

fn check_props(check: &Check) -> Vec<Prop> {
    let word = |value: serde_json::Result<serde_json::Value>| value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let (severity, mode) = (word(serde_json::to_value(check.severity)), word(serde_json::to_value(check.mode)));
    let known = [("check", check.id.as_str()), ("severity", &severity), ("mode", &mode), ("unit", &check.unit)];
    let parameters = check.parameters.iter().map(|name| ("parameter", name.as_str()));
    known.into_iter().chain(parameters).filter_map(|(name, value)| prop(name, value)).collect()
}
