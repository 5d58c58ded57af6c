//! Links between controls of one pack: none leads back to where it came from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Relation;
use super::super::load::Parsed;
use super::super::raw::RawControl;
use crate::diagnostic::Diagnostics;

/// Tells of each link by which a control would be a part of itself, or that leads to itself.
pub(super) fn check(controls: &[Parsed<RawControl>], problems: &mut Diagnostics) {
    let known: BTreeSet<&str> = controls.iter().map(|control| control.raw.id.value.as_str()).collect();
    // From each control to those that are more than it.
    let mut wider: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let links = || {
        let of = |control: &'_ Parsed<RawControl>| (0..control.raw.maps.len()).collect::<Vec<_>>();
        controls.iter().flat_map(move |control| of(control).into_iter().map(move |at| (control, &control.raw.maps[at])))
    };
    for (control, link) in links() {
        let (own, other) = (control.raw.id.value.as_str(), link.to.value.as_str());
        match link.relation {
            _ if !known.contains(other) => {}
            Relation::SubsetOf => drop(wider.entry(own).or_default().insert(other)),
            Relation::SupersetOf => drop(wider.entry(other).or_default().insert(own)),
            Relation::EquivalentTo | Relation::EqualTo | Relation::IntersectsWith => {}
        }
    }
    for (control, link) in links() {
        let (own, other) = (control.raw.id.value.as_str(), link.to.value.as_str());
        let round = match link.relation {
            _ if own == other => true,
            Relation::SubsetOf => leads(&wider, other, own),
            Relation::SupersetOf => leads(&wider, own, other),
            Relation::EquivalentTo | Relation::EqualTo | Relation::IntersectsWith => false,
        };
        if round {
            let message = format!("the link from `{own}` to `{other}` leads back to `{own}`: a control is no part of itself");
            let help = Some("turn one of the links round, or take it out".to_owned());
            problems.push(control.origin.diagnostic(link.to.at, "cyclic-crosswalk", message, help));
        }
    }
}

/// Whether one control leads to another, in any number of steps.
fn leads(wider: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(wider.get(at).into_iter().flatten().copied());
        }
    }
    false
}
