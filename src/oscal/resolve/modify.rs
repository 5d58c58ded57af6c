//! What a profile changes: values of parameters, and parts of controls.

use std::collections::{HashMap, HashSet};

use super::super::check;
use super::super::model::{Catalog, Control, Group, Param, Part, Prop};
use super::super::profile::{Add, Alter, Position, Profile, Remove, SetParameter};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Changes what the profile says.
///
/// # Errors
/// It changes what no imported document has.
pub(super) fn modify(
    shown: &str,
    profile: &Profile,
    sources: &[(&Catalog, HashSet<String>)],
    made: &mut Catalog,
    notes: &mut Vec<String>,
) -> Result<(), Diagnostics> {
    let mut change = Change { shown, sets: HashMap::new(), alters: HashMap::new(), met: HashSet::new(), notes, problems: Diagnostics::default() };
    for (at, set) in profile.modify.set_parameters.iter().enumerate() {
        change.sets.entry(&set.param_id).or_default().push((at, set));
    }
    for (at, alter) in profile.modify.alters.iter().enumerate() {
        change.alters.entry(&alter.control_id).or_default().push((at, alter));
    }
    change.params(&mut made.params);
    made.controls.iter_mut().for_each(|control| change.control(control));
    made.groups.iter_mut().for_each(|group| change.group(group));
    let params: HashSet<&str> = sources.iter().flat_map(|(catalog, _)| check::params(catalog)).map(|param| param.id.as_str()).collect();
    let controls: HashSet<&str> = sources.iter().flat_map(|(catalog, _)| check::controls(catalog)).map(|control| control.id.as_str()).collect();
    let Change { met, notes, mut problems, .. } = change;
    let sets = profile.modify.set_parameters.iter().enumerate();
    let sets = sets.map(|(at, set)| (format!("/profile/modify/set-parameters/{at}/param-id"), "parameter", &set.param_id, &params));
    let alters = profile.modify.alters.iter().enumerate();
    let alters = alters.map(|(at, alter)| (format!("/profile/modify/alters/{at}/control-id"), "control", &alter.control_id, &controls));
    for (at, what, id, known) in sets.chain(alters).filter(|(at, ..)| !met.contains(at)) {
        if known.contains(id.as_str()) {
            notes.push(format!("{at}: the {what} `{id}` is not selected; nothing is changed"));
        } else if problems.0.len() < 50 {
            let code = if what == "control" { "oscal-unknown-control" } else { "oscal-dangling" };
            problems.push(Diagnostic::new(code, shown, format!("{at}: no imported document has the {what} `{id}`")));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

struct Change<'p> {
    shown: &'p str,
    sets: HashMap<&'p str, Vec<(usize, &'p SetParameter)>>,
    alters: HashMap<&'p str, Vec<(usize, &'p Alter)>>,
    /// The places in the profile that met what they change.
    met: HashSet<String>,
    notes: &'p mut Vec<String>,
    problems: Diagnostics,
}

impl Change<'_> {
    fn group(&mut self, group: &mut Group) {
        self.params(&mut group.params);
        group.groups.iter_mut().for_each(|group| self.group(group));
        group.controls.iter_mut().for_each(|control| self.control(control));
    }

    fn control(&mut self, control: &mut Control) {
        let alters = self.alters.get(control.id.as_str()).cloned().unwrap_or_default();
        for (at, alter) in alters {
            self.met.insert(format!("/profile/modify/alters/{at}/control-id"));
            for (number, remove) in alter.removes.iter().enumerate() {
                self.remove(&format!("/profile/modify/alters/{at}/removes/{number}"), control, remove);
            }
            for (number, add) in alter.adds.iter().enumerate() {
                if let Err(wrong) = added(control, add) {
                    let message = format!("/profile/modify/alters/{at}/adds/{number}: {wrong}");
                    self.problems.push(Diagnostic::new("oscal-dangling", self.shown, message));
                }
            }
        }
        self.params(&mut control.params);
        control.controls.iter_mut().for_each(|control| self.control(control));
    }

    fn params(&mut self, params: &mut [Param]) {
        for param in params {
            for (at, set) in self.sets.get(param.id.as_str()).into_iter().flatten() {
                self.met.insert(format!("/profile/modify/set-parameters/{at}/param-id"));
                set_parameter(param, set);
            }
        }
    }

    fn remove(&mut self, at: &str, control: &mut Control, remove: &Remove) {
        let Remove { by_name, by_class, by_id, by_item_name, by_ns, .. } = remove;
        if [by_name, by_class, by_id, by_item_name, by_ns].into_iter().all(Option::is_none) {
            let message = format!("{at}: what is removed was expected: `by-name`, `by-class`, `by-id`, `by-item-name` or `by-ns`");
            self.problems.push(Diagnostic::new("oscal", self.shown, message));
            return;
        }
        let before = size(control);
        control.params.retain(|param| !hit(remove, "param", Some(&param.id), None, param.class.as_deref(), None));
        for param in &mut control.params {
            props(&mut param.props, remove);
            param.links.retain(|_| !hit(remove, "link", None, None, None, None));
        }
        props(&mut control.props, remove);
        control.links.retain(|_| !hit(remove, "link", None, None, None, None));
        parts(&mut control.parts, remove);
        if size(control) == before {
            self.notes.push(format!("{at}: nothing in the control `{}` is like that; nothing is removed", control.id));
        }
    }
}

/// How many things are in a control.
fn size(control: &Control) -> usize {
    fn parts(list: &[Part]) -> usize {
        list.iter().map(|part| 1 + part.props.len() + part.links.len() + parts(&part.parts)).sum()
    }
    let params: usize = control.params.iter().map(|param| 1 + param.props.len() + param.links.len()).sum();
    params + control.props.len() + control.links.len() + parts(&control.parts)
}

fn props(list: &mut Vec<Prop>, remove: &Remove) {
    list.retain(|prop| !hit(remove, "prop", None, Some(&prop.name), prop.class.as_deref(), prop.ns.as_deref()));
}

fn parts(list: &mut Vec<Part>, remove: &Remove) {
    list.retain(|part| !hit(remove, "part", part.id.as_deref(), Some(&part.name), part.class.as_deref(), part.ns.as_deref()));
    for part in list {
        props(&mut part.props, remove);
        part.links.retain(|_| !hit(remove, "link", None, None, None, None));
        parts(&mut part.parts, remove);
    }
}

/// Whether a thing is all that the profile removes. Without a namespace a name is OSCAL's own.
fn hit(remove: &Remove, item: &str, id: Option<&str>, name: Option<&str>, class: Option<&str>, ns: Option<&str>) -> bool {
    const OSCAL: &str = "http://csrc.nist.gov/ns/oscal";
    let fits = |wanted: &Option<String>, own: Option<&str>| wanted.as_deref().is_none_or(|wanted| own == Some(wanted));
    let named = matches!(item, "prop" | "part");
    fits(&remove.by_item_name, Some(item))
        && fits(&remove.by_id, id)
        && fits(&remove.by_name, name)
        && fits(&remove.by_class, class)
        && fits(&remove.by_ns, named.then(|| ns.unwrap_or(OSCAL)))
}

fn set_parameter(param: &mut Param, set: &SetParameter) {
    let given = |own: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            own.clone_from(new);
        }
    };
    given(&mut param.class, &set.class);
    given(&mut param.depends_on, &set.depends_on);
    given(&mut param.label, &set.label);
    given(&mut param.usage, &set.usage);
    param.props.extend(set.props.iter().cloned());
    param.links.extend(set.links.iter().cloned());
    if !set.constraints.is_empty() {
        param.constraints.clone_from(&set.constraints);
    }
    if !set.guidelines.is_empty() {
        param.guidelines.clone_from(&set.guidelines);
    }
    // The schema knows a parameter with values or with choices, never with both.
    if set.select.is_some() {
        param.select.clone_from(&set.select);
        param.values.clear();
    }
    if !set.values.is_empty() {
        param.values.clone_from(&set.values);
        param.select = None;
    }
}

/// Adds to a control, or to a part or parameter in it.
fn added(control: &mut Control, add: &Add) -> Result<(), String> {
    let position = add.position.unwrap_or(Position::Ending);
    // Beside the control itself is no place of an addition: at its beginning or end.
    let start = matches!(position, Position::Before | Position::Starting);
    match add.by_id.as_deref() {
        None => {}
        Some(id) if id == control.id => {}
        Some(id) => return within(control, id, position, add),
    }
    if let Some(title) = &add.title {
        control.title.clone_from(title);
    }
    put(&mut control.params, &add.params, start);
    put(&mut control.props, &add.props, start);
    put(&mut control.links, &add.links, start);
    put(&mut control.parts, &add.parts, start);
    Ok(())
}

fn put<T: Clone>(list: &mut Vec<T>, more: &[T], start: bool) {
    let at = if start { 0 } else { list.len() };
    list.splice(at..at, more.iter().cloned());
}

fn within(control: &mut Control, id: &str, position: Position, add: &Add) -> Result<(), String> {
    let beside = matches!(position, Position::Before | Position::After);
    if let Some(at) = control.params.iter().position(|param| param.id == id) {
        if beside && add.props.is_empty() && add.links.is_empty() && add.parts.is_empty() && add.title.is_none() {
            let at = at + usize::from(position == Position::After);
            control.params.splice(at..at, add.params.iter().cloned());
            return Ok(());
        }
        if let (false, true, Some(param)) = (beside, add.params.is_empty() && add.parts.is_empty() && add.title.is_none(), control.params.get_mut(at))
        {
            put(&mut param.props, &add.props, position == Position::Starting);
            put(&mut param.links, &add.links, position == Position::Starting);
            return Ok(());
        }
        return Err(format!("beside the parameter `{id}` only parameters can be added, and within it only properties and links"));
    }
    let Some((list, at)) = find(&mut control.parts, id) else {
        return Err(format!("the control `{}` has no part or parameter `{id}`", control.id));
    };
    if beside {
        if !(add.props.is_empty() && add.links.is_empty() && add.params.is_empty() && add.title.is_none()) {
            return Err(format!("beside the part `{id}` only parts can be added"));
        }
        let at = at + usize::from(position == Position::After);
        list.splice(at..at, add.parts.iter().cloned());
        return Ok(());
    }
    let Some(part) = list.get_mut(at).filter(|_| add.params.is_empty()) else {
        return Err(format!("no parameter can be added within the part `{id}`"));
    };
    let start = position == Position::Starting;
    if add.title.is_some() {
        part.title.clone_from(&add.title);
    }
    put(&mut part.props, &add.props, start);
    put(&mut part.links, &add.links, start);
    put(&mut part.parts, &add.parts, start);
    Ok(())
}

/// The list in which the part of that id stands, and where in it.
fn find<'p>(parts: &'p mut Vec<Part>, id: &str) -> Option<(&'p mut Vec<Part>, usize)> {
    if let Some(at) = parts.iter().position(|part| part.id.as_deref() == Some(id)) {
        return Some((parts, at));
    }
    parts.iter_mut().find_map(|part| find(&mut part.parts, id))
}
