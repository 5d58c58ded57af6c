//! Chains over several datasets.

use std::collections::BTreeMap;

use super::checks::Kind;
use super::scope::Writing;
use crate::dataset::{FieldKind, ROSTER};
use crate::pack::raw::{RawJoined, RawLink, RawLinkMatch};
use crate::pack::{CheckKind, Joined, Link, LinkMatch, PackTable};
use crate::yaml::Spanned;

/// The links that a chain may have.
const MOST_LINKS: usize = 32;

/// The text fields by which the roster calls a person.
const NAMES_OF_PEOPLE: [&str; 4] = ["person_id", "email", "user_name", "display_name"];

/// What chains carry to a link.
struct Carried<'r> {
    start: &'r PackTable,
    /// The names that earlier links yield, and whether they are persons'.
    names: BTreeMap<String, bool>,
    /// How each name was compared so far: as written, as a person.
    compared: BTreeMap<String, [bool; 2]>,
}

impl Writing<'_, '_> {
    pub(super) fn joined(&mut self, raw: &Spanned<RawJoined>, identity: Option<&Spanned<Vec<Spanned<String>>>>) -> Kind {
        let start = self.table(&raw.start.table).cloned().unwrap_or_default();
        let per = raw.start.per.as_ref().filter(|per| self.column(&raw.start.table, per).is_some());
        let narrowed = self.narrowed(&raw.start.table, raw.start.narrowed.as_ref());
        if raw.links.value.len() > MOST_LINKS {
            self.wrong(raw.links.at, "too-many-links", format!("a chain has at most {MOST_LINKS} links"), None);
        }
        let mut carried = Carried { start: &start, names: BTreeMap::new(), compared: BTreeMap::new() };
        let mut links: Vec<Link> = Vec::new();
        for link in &raw.links.value {
            let resolved = self.link(link, &mut carried);
            if links.iter().any(|known| known.id == link.id.value) {
                self.wrong(link.id.at, "duplicate-id", format!("two links have the id `{}`", link.id.value), None);
            }
            links.push(resolved);
        }
        if let Some(per) = per {
            for part in identity.iter().flat_map(|identity| &identity.value).filter(|part| start.differs_within(&per.value, &part.value)) {
                let message = format!("`{}` differs between rows with the same `{}`, which make one chain", part.value, per.value);
                self.wrong(part.at, "wrong-identity", message, None);
            }
        }
        let yielded = links.iter().filter_map(|link| link.yields.as_ref().map(|(_, name)| name.clone()));
        let rest: Vec<String> = std::iter::once("link".to_owned()).chain(yielded).collect();
        let names = start.columns.iter().chain(&rest).cloned().collect();
        let first = per.map(|per| &per.value).or(start.columns.first());
        let default = Some(first.into_iter().chain(&rest).cloned().collect());
        let per = per.map(|per| per.value.clone());
        let kind = CheckKind::Joined(Joined { table: raw.start.table.value.clone(), start, per, narrowed, links });
        Kind { kind, names, dataset: None, default }
    }

    fn link(&mut self, link: &RawLink, carried: &mut Carried<'_>) -> Link {
        let dataset = self.dataset(&link.dataset);
        let filter = self.condition(&dataset, link.filter.as_ref());
        let matches = link.matches.value.iter().map(|tie| self.link_match(&dataset, tie, carried)).collect();
        if link.matches.value.is_empty() {
            self.wrong(link.matches.at, "no-match", "a link is tied to the chain by at least one match", None);
        }
        let yields = link.yields.as_ref().map(|yields| {
            let ((field, kind), name) = (self.field(&dataset, &yields.field), &yields.name.value);
            let known = carried.start.column(name).is_some() || carried.names.insert(name.clone(), kind == FieldKind::Person).is_some();
            if known {
                self.wrong(yields.name.at, "duplicate-id", format!("`{name}` is a name of the chain already"), None);
            }
            (field, name.clone())
        });
        Link { id: link.id.value.clone(), title: link.title.clone(), dataset, filter, matches, yields }
    }

    fn link_match(&mut self, dataset: &str, raw: &Spanned<RawLinkMatch>, carried: &mut Carried<'_>) -> LinkMatch {
        let (field, kind) = self.field(dataset, &raw.field);
        let (list, exact) = (kind == FieldKind::List, raw.compare.is_some());
        let (to, mentions) = match (&raw.equals, &raw.mentions) {
            (Some(to), None) => (to, false),
            (None, Some(to)) => (to, true),
            _ => {
                self.wrong(raw.at, "wrong-match", "a match has `equals` or `mentions`", None);
                return LinkMatch { field, list, to: String::new(), mentions: false, terms: false, exact, person: false };
            }
        };
        if let Some(compare) = raw.compare.as_ref().filter(|_| mentions || raw.terms) {
            self.wrong(compare.at, "wrong-match", "what is compared as written is named by no other words", None);
        }
        let from_start = carried.start.column(&to.value).is_some();
        let person = match (carried.names.get(&to.value), kind) {
            _ if from_start || exact => false,
            (None, _) => false,
            (Some(_), FieldKind::Person) => true,
            // Who is sought on the roster is a person, whatever the roster's own field calls them.
            (Some(named), _) => *named && dataset == ROSTER && NAMES_OF_PEOPLE.contains(&field.as_str()),
        };
        if !from_start && !carried.names.contains_key(&to.value) {
            let names = carried.start.columns.iter().chain(carried.names.keys()).map(String::as_str);
            let help = crate::suggest::help(&to.value, names);
            self.wrong(to.at, "unknown-name", format!("the chain carries no `{}` yet", to.value), help);
        } else if !from_start {
            let compared = carried.compared.entry(to.value.clone()).or_default();
            let before = compared.iter().all(|so| *so);
            *compared = [compared[0] || exact, compared[1] || person];
            if !before && compared.iter().all(|so| *so) {
                let message = format!("`{}` is compared as a person in one match and as written in another", to.value);
                self.wrong(raw.at, "wrong-match", message, Some("let two links yield it under two names".to_owned()));
            }
        }
        if list && !from_start {
            self.wrong(raw.field.at, "list-key", format!("`{field}` is a list; what a link carries is compared with a field of one value"), None);
        }
        LinkMatch { field, list, to: to.value.clone(), mentions, terms: raw.terms, exact, person }
    }
}

impl PackTable {
    /// Whether rows with the same value in one column have different ones in another.
    fn differs_within(&self, per: &str, column: &str) -> bool {
        let (Some(per), Some(column)) = (self.column(per), self.column(column)) else { return false };
        let mut known = BTreeMap::new();
        self.rows.iter().any(|row| *known.entry(row.get(per)).or_insert(row.get(column)) != row.get(column))
    }
}
