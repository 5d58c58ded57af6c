//! How the controls of several imports are put together.

use std::collections::{HashMap, HashSet};

use super::super::model::{Catalog, Control, Group};
use super::super::profile::{CustomGroup, InsertControls, Profile};
use super::select::Chooser;
use crate::diagnostic::{Diagnostic, Diagnostics};

type Sources<'s> = [(&'s Catalog, HashSet<String>)];

/// The chosen controls of all sources as one catalog: in their groups (`as-is`), in groups of the
/// profile (`custom`), or in none (`flat`, and where nothing is said).
///
/// # Errors
/// A control comes twice in different words; directives that exclude each other.
pub(super) fn merge(shown: &str, profile: &Profile, sources: &Sources<'_>, notes: &mut Vec<String>) -> Result<Catalog, Diagnostics> {
    let merge = profile.merge.clone().unwrap_or_default();
    let as_is = merge.as_is == Some(true);
    let directives = [merge.flat.is_some(), as_is, merge.custom.is_some()].into_iter().filter(|given| *given).count();
    let wrong = |message: &str| Diagnostics::from(Diagnostic::new("oscal", shown, message));
    if directives > 1 {
        return Err(wrong("/profile/merge: one of `flat`, `as-is` and `custom` was expected"));
    }
    let keep = match merge.combine.as_ref().and_then(|combine| combine.method.as_deref()) {
        None | Some("keep") => true,
        Some("use-first") => false,
        Some(_) => return Err(wrong("/profile/merge/combine/method: `keep` or `use-first` was expected")),
    };
    let sources = distinct(shown, keep, sources, notes)?;
    let mut made = Catalog::default();
    for (catalog, chosen) in &sources {
        made.controls.extend(kept(&catalog.controls, chosen, None, notes));
        for group in &catalog.groups {
            if as_is {
                made.groups = join(std::mem::take(&mut made.groups), kept_group(group, chosen, notes));
            } else {
                flatten(group, chosen, &mut made.controls, notes);
            }
        }
    }
    if let Some(custom) = &merge.custom {
        let flat = std::mem::take(&mut made.controls);
        let all: Vec<&Control> = flat.iter().flat_map(with_children).collect();
        let mut placed = HashSet::new();
        made.controls = inserted("/profile/merge/custom", shown, &custom.insert_controls, &all, &flat, &mut placed, notes);
        for (at, group) in custom.groups.iter().enumerate() {
            made.groups.push(custom_group(&format!("/profile/merge/custom/groups/{at}"), shown, group, &all, &flat, &mut placed, notes));
        }
        let unplaced: Vec<&str> = all.iter().map(|control| control.id.as_str()).filter(|id| !placed.contains(*id)).collect();
        if let Some(first) = unplaced.first() {
            notes.push(format!(
                "/profile/merge/custom: {} selected controls are in none of its groups and so left out, the first {first}",
                unplaced.len()
            ));
        }
    }
    Ok(made)
}

/// The sources, each without the controls that an earlier one gave already.
fn distinct<'s>(
    shown: &str,
    keep: bool,
    sources: &'s Sources<'s>,
    notes: &mut Vec<String>,
) -> Result<Vec<(&'s Catalog, HashSet<&'s str>)>, Diagnostics> {
    let mut seen: HashMap<&str, &Control> = HashMap::new();
    let mut problems = Diagnostics::default();
    let mut twice = 0_usize;
    let mut distinct = Vec::new();
    for (catalog, chosen) in sources {
        let mut own = HashSet::new();
        for control in super::check::controls(catalog).into_iter().filter(|control| chosen.contains(&control.id)) {
            match seen.get(control.id.as_str()) {
                None => {
                    seen.insert(&control.id, control);
                    own.insert(control.id.as_str());
                }
                Some(first) if keep && !same(first, control) && problems.0.len() < 50 => {
                    let message = format!("/profile/imports: two imports bring the control `{}` in different words", control.id);
                    let help = "leave it out of one import, or say `combine: use-first` under merge";
                    problems.push(Diagnostic::new("oscal-duplicate", shown, message).help(help));
                }
                Some(_) => twice += 1,
            }
        }
        distinct.push((*catalog, own));
    }
    if twice > 0 {
        notes.push(format!("{twice} controls come from more than one import; the first of each is taken"));
    }
    if problems.is_empty() { Ok(distinct) } else { Err(problems) }
}

/// Whether two controls say the same, those in them aside.
fn same(left: &Control, right: &Control) -> bool {
    alone(left) == alone(right)
}

/// A control without those in it.
fn alone(control: &Control) -> Control {
    Control {
        id: control.id.clone(),
        class: control.class.clone(),
        title: control.title.clone(),
        params: control.params.clone(),
        props: control.props.clone(),
        links: control.links.clone(),
        parts: control.parts.clone(),
        controls: Vec::new(),
    }
}

/// The chosen ones of these controls. One whose parent was left out stands where the parent stood.
fn kept(controls: &[Control], chosen: &HashSet<&str>, parent: Option<&str>, notes: &mut Vec<String>) -> Vec<Control> {
    let mut kept = Vec::new();
    for control in controls {
        let taken = chosen.contains(control.id.as_str());
        let children = self::kept(&control.controls, chosen, (!taken).then_some(&control.id), notes);
        if taken {
            if let Some(parent) = parent {
                notes.push(format!("{} is selected without {parent}, of which it is a part", control.id));
            }
            kept.push(Control { controls: children, ..alone(control) });
        } else {
            kept.extend(children);
        }
    }
    kept
}

/// A group with what was chosen of it; `None` where that is nothing.
fn kept_group(group: &Group, chosen: &HashSet<&str>, notes: &mut Vec<String>) -> Option<Group> {
    let groups: Vec<Group> = group.groups.iter().filter_map(|group| kept_group(group, chosen, notes)).collect();
    let controls = kept(&group.controls, chosen, None, notes);
    if groups.is_empty() && controls.is_empty() {
        return None;
    }
    Some(Group { groups, controls, ..shell(group) })
}

/// A group without what is in it.
fn shell(group: &Group) -> Group {
    Group {
        id: group.id.clone(),
        class: group.class.clone(),
        title: group.title.clone(),
        params: group.params.clone(),
        props: group.props.clone(),
        links: group.links.clone(),
        parts: group.parts.clone(),
        groups: Vec::new(),
        controls: Vec::new(),
    }
}

/// Puts a group beside others; what two of one id hold comes together, the first one's words stay.
fn join(mut groups: Vec<Group>, more: Option<Group>) -> Vec<Group> {
    let Some(more) = more else { return groups };
    match groups.iter_mut().find(|group| group.id.is_some() && group.id == more.id) {
        None => groups.push(more),
        Some(group) => {
            group.controls.extend(more.controls);
            for inner in more.groups {
                group.groups = join(std::mem::take(&mut group.groups), Some(inner));
            }
        }
    }
    groups
}

fn flatten(group: &Group, chosen: &HashSet<&str>, controls: &mut Vec<Control>, notes: &mut Vec<String>) {
    group.groups.iter().for_each(|group| flatten(group, chosen, controls, notes));
    controls.extend(kept(&group.controls, chosen, None, notes));
}

fn with_children(control: &Control) -> Vec<&Control> {
    let mut all = vec![control];
    all.extend(control.controls.iter().flat_map(with_children));
    all
}

fn custom_group<'c>(
    at: &str,
    shown: &str,
    group: &CustomGroup,
    all: &[&'c Control],
    flat: &'c [Control],
    placed: &mut HashSet<String>,
    notes: &mut Vec<String>,
) -> Group {
    let controls = inserted(at, shown, &group.insert_controls, all, flat, placed, notes);
    let inner = |(number, inner): (usize, &CustomGroup)| custom_group(&format!("{at}/groups/{number}"), shown, inner, all, flat, placed, notes);
    let groups = group.groups.iter().enumerate().map(inner).collect();
    Group {
        id: group.id.clone(),
        class: group.class.clone(),
        title: group.title.clone(),
        params: group.params.clone(),
        props: group.props.clone(),
        links: group.links.clone(),
        parts: group.parts.clone(),
        groups,
        controls,
    }
}

/// The controls that are put at a place of the profile's own structure.
fn inserted<'c>(
    at: &str,
    shown: &str,
    inserts: &[InsertControls],
    all: &[&'c Control],
    flat: &'c [Control],
    placed: &mut HashSet<String>,
    notes: &mut Vec<String>,
) -> Vec<Control> {
    let mut controls = Vec::new();
    for (number, insert) in inserts.iter().enumerate() {
        let at = format!("{at}/insert-controls/{number}");
        let mut chooser = Chooser::new(shown, all, "oscal-unknown-control");
        let mut chosen: HashSet<&str> = match &insert.include_controls {
            Some(lists) => chooser.choose(&format!("{at}/include-controls"), lists),
            None => all.iter().map(|control| control.id.as_str()).collect(),
        };
        let excluded = chooser.choose(&format!("{at}/exclude-controls"), &insert.exclude_controls);
        chosen.retain(|id| !excluded.contains(id));
        // What was not selected cannot be placed: the specification lets that pass.
        notes.extend(chooser.problems.0.into_iter().map(|problem| problem.message));
        notes.extend(chooser.notes);
        placed.extend(chosen.iter().map(|id| (*id).to_owned()));
        let mut own = kept(flat, &chosen, None, notes);
        match insert.order.as_deref() {
            Some("ascending") => own.sort_by(|left, right| left.id.cmp(&right.id)),
            Some("descending") => own.sort_by(|left, right| right.id.cmp(&left.id)),
            _ => {}
        }
        controls.extend(own);
    }
    controls
}
