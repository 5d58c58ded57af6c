//! Which entries of other editions a control answers: those that it is mapped
//! to, and those that are equal or equivalent to them or to the clause that it
//! is held against. One step and no more: every further one would say less.

use std::collections::{BTreeMap, BTreeSet};

use super::{Atlas, EntryId, Named, is_official};
use crate::pack::{Answer, Control, Crosswalk, PackCriterion, Relation};

/// What the atlas tells of a control.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// What it answers, by framework and entry.
    pub answers: Vec<Answer>,
    /// The classes of what it is about, by attribute.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The packs whose entries or links that rests on.
    pub packs: BTreeSet<String>,
}

/// A way from a control to an entry.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way<'a> {
    /// Its own map comes first.
    further: bool,
    /// Then what says most.
    relation: Relation,
    origin: String,
    via: Option<EntryId>,
    pack: Option<&'a str>,
}

impl Atlas {
    /// Writes what is known into a control; the packs that it rests on.
    pub fn tell(&self, control: &mut Control) -> BTreeSet<String> {
        let told = self.told(&control.maps, &control.criterion);
        (control.answers, control.attributes) = (told.answers, told.attributes);
        told.packs
    }

    /// What is known of a control by its maps and its criterion.
    #[must_use]
    pub fn told(&self, maps: &[Crosswalk], criterion: &PackCriterion) -> Told {
        let mut ways: BTreeMap<EntryId, Way<'_>> = BTreeMap::new();
        let mut add = |to: EntryId, way| match ways.get_mut(&to) {
            Some(known) if *known <= way => {}
            Some(known) => *known = way,
            None => drop(ways.insert(to, way)),
        };
        let mut about = BTreeSet::new();
        for map in maps {
            let Named::Entry(id) = self.named(&map.to) else { continue };
            if matches!(map.relation, Relation::EqualTo | Relation::EquivalentTo | Relation::SubsetOf) {
                about.insert(id.clone());
            }
            self.further(&id, map.relation, &map.origin, &mut add);
            add(id, Way { further: false, relation: map.relation, origin: map.origin.clone(), via: None, pack: None });
        }
        if let Some(clause) = self.clause(criterion) {
            // Whoever is held against a clause shares something with it; more nobody has said.
            self.further(&clause, Relation::IntersectsWith, "ours", &mut add);
            // That it is held against it needs no telling.
            if ways.get(&clause).is_some_and(|way| way.further) {
                ways.remove(&clause);
            }
            about.insert(clause);
        }
        let mut told = Told::default();
        for (to, way) in ways {
            told.packs.extend(way.pack.map(str::to_owned));
            told.packs.extend(self.listers(&to.framework));
            told.packs.extend(way.via.iter().flat_map(|via| self.listers(&via.framework)));
            told.answers.push(Answer {
                name: self.name(&to.framework).to_owned(),
                relation: way.relation,
                origin: way.origin,
                via: way.via.map(|via| self.written(&via)),
                framework: to.framework,
                entry: to.entry,
            });
        }
        for id in &about {
            let attributes = self.entry(id).map(super::Entry::attributes).unwrap_or_default();
            if !attributes.is_empty() {
                told.packs.extend(self.listers(&id.framework));
            }
            for (name, values) in attributes {
                let known = told.attributes.entry(name.to_owned()).or_default();
                known.extend(values.iter().filter(|value| !known.contains(value)).cloned().collect::<Vec<_>>());
            }
        }
        told
    }

    /// The entries that are equal or equivalent to one that a control is mapped to.
    fn further<'a>(&'a self, id: &EntryId, relation: Relation, origin: &str, add: &mut impl FnMut(EntryId, Way<'a>)) {
        // Where an id stands for two things, nobody knows which of them a link means.
        if self.entry(id).is_some_and(super::Entry::is_ambiguous) {
            return;
        }
        for link in self.links(id) {
            let Some(relation) = carried(relation, link.relation) else { continue };
            let origin = joined(origin, &link.origin);
            add(link.other.clone(), Way { further: true, relation, origin, via: Some(id.clone()), pack: Some(&link.pack) });
        }
    }

    /// The edition that a criterion is of.
    #[must_use]
    pub fn of_criterion(&self, criterion: &PackCriterion) -> Option<&super::Edition> {
        self.editions.values().find(|edition| (&edition.standard, &edition.edition) == (&criterion.standard, &criterion.edition))
    }

    /// The entry that a criterion is, where its edition lists it.
    #[must_use]
    pub fn clause(&self, criterion: &PackCriterion) -> Option<EntryId> {
        self.of_criterion(criterion)?.folded.get(&super::find::folded(&criterion.clause))?.first().cloned()
    }

    fn listers(&self, framework: &str) -> impl Iterator<Item = String> {
        self.edition(framework).into_iter().flat_map(|edition| &edition.packs).map(|lister| lister.pack.clone())
    }
}

/// What a control is to an entry which is equal or equivalent to what it is mapped to; `None` where it is neither.
fn carried(own: Relation, link: Relation) -> Option<Relation> {
    match (own, link) {
        (_, Relation::SubsetOf | Relation::SupersetOf | Relation::IntersectsWith) => None,
        (Relation::EqualTo, Relation::EquivalentTo) => Some(Relation::EquivalentTo),
        (own, Relation::EqualTo | Relation::EquivalentTo) => Some(own),
    }
}

/// The origin of two steps: official only where both are.
fn joined(own: &str, link: &str) -> String {
    match (is_official(own), is_official(link)) {
        (true, true) if own == link => own.to_owned(),
        (true, true) => format!("{own}; {}", link.trim_start_matches("official:").trim_start()),
        _ => "ours".to_owned(),
    }
}
