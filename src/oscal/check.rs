//! What the schema of a catalog cannot say: ids are tokens and stand once,
//! links within the document lead somewhere, every inserted parameter exists.

use std::collections::{HashMap, HashSet};

use super::insert::{Params, inserted, is_token};
use super::model::{Catalog, Control, Group, Link, Param, Part};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// How many mistakes of one document are told.
const TOLD: usize = 50;

/// How many things with an id, or links, a document may hold: thirty times NIST's largest catalog.
const THINGS: usize = 500_000;

/// Which links may lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Those of parts: NIST's own catalog 5.2.0 has one. Those of controls and groups must lead somewhere.
    OfParts,
    /// All: a catalog made of a profile still names controls that the profile left out.
    All,
}

/// Holds a catalog to its laws; gives the links that lead nowhere and may.
///
/// # Errors
/// Every breach, up to fifty.
pub fn check(shown: &str, catalog: &Catalog, links: Links) -> Result<Vec<String>, Diagnostics> {
    let mut walk = Walk { shown, links, ..Walk::new(catalog) };
    walk.catalog(catalog);
    let things = walk.ids.len() + walk.param_ids.len() + walk.firm.len() + walk.soft.len();
    if things > THINGS {
        let message = format!("the document holds {things} groups, controls, parts, parameters and links; at most {THINGS} are read");
        return Err(Diagnostic::new("oscal-limit", shown, message).into());
    }
    walk.dangling(catalog);
    if walk.problems.is_empty() { Ok(walk.loose) } else { Err(walk.told()) }
}

/// Every parameter of a catalog, in document order.
#[must_use]
pub fn params(catalog: &Catalog) -> Vec<&Param> {
    fn of_group<'c>(group: &'c Group, found: &mut Vec<&'c Param>) {
        found.extend(&group.params);
        group.groups.iter().for_each(|group| of_group(group, found));
        group.controls.iter().for_each(|control| of_control(control, found));
    }
    fn of_control<'c>(control: &'c Control, found: &mut Vec<&'c Param>) {
        found.extend(&control.params);
        control.controls.iter().for_each(|control| of_control(control, found));
    }
    let mut found: Vec<&Param> = catalog.params.iter().collect();
    catalog.controls.iter().for_each(|control| of_control(control, &mut found));
    catalog.groups.iter().for_each(|group| of_group(group, &mut found));
    found
}

/// Every control of a catalog, in document order, each before those in it.
#[must_use]
pub fn controls(catalog: &Catalog) -> Vec<&Control> {
    fn of_group<'c>(group: &'c Group, found: &mut Vec<&'c Control>) {
        group.groups.iter().for_each(|group| of_group(group, found));
        group.controls.iter().for_each(|control| of_control(control, found));
    }
    fn of_control<'c>(control: &'c Control, found: &mut Vec<&'c Control>) {
        found.push(control);
        control.controls.iter().for_each(|control| of_control(control, found));
    }
    let mut found = Vec::new();
    catalog.controls.iter().for_each(|control| of_control(control, &mut found));
    catalog.groups.iter().for_each(|group| of_group(group, &mut found));
    found
}

struct Walk<'c> {
    shown: &'c str,
    links: Links,
    params: Params<'c>,
    /// Ids of groups, controls and parts, with where they stand.
    ids: HashMap<&'c str, String>,
    /// Ids of parameters.
    param_ids: HashMap<&'c str, String>,
    /// What links of controls and groups say: where, and the id.
    firm: Vec<(String, &'c str)>,
    /// What links of parts and parameters say.
    soft: Vec<(String, &'c str)>,
    loose: Vec<String>,
    problems: Vec<Diagnostic>,
    more: usize,
}

impl<'c> Walk<'c> {
    fn new(catalog: &'c Catalog) -> Self {
        Self {
            shown: "",
            links: Links::OfParts,
            params: Params::new(params(catalog).into_iter()),
            ids: HashMap::new(),
            param_ids: HashMap::new(),
            firm: Vec::new(),
            soft: Vec::new(),
            loose: Vec::new(),
            problems: Vec::new(),
            more: 0,
        }
    }

    fn tell(&mut self, code: &'static str, at: &str, message: &str) {
        if self.problems.len() < TOLD {
            self.problems.push(Diagnostic::new(code, self.shown, format!("{at}: {message}")));
        } else {
            self.more += 1;
        }
    }

    fn told(mut self) -> Diagnostics {
        if self.more > 0 {
            self.problems.push(Diagnostic::new("oscal", self.shown, format!("and {} more mistakes of these kinds", self.more)));
        }
        Diagnostics(self.problems)
    }

    fn catalog(&mut self, catalog: &'c Catalog) {
        self.all_params("/catalog", &catalog.params);
        self.all_controls("/catalog", &catalog.controls);
        for (at, group) in catalog.groups.iter().enumerate() {
            self.group(&format!("/catalog/groups/{at}"), group);
        }
        let mut seen = HashSet::new();
        for (at, resource) in catalog.back_matter.resources.iter().enumerate() {
            if !seen.insert(&resource.uuid) {
                let message = format!("the uuid `{}` stands twice; each resource has one of its own", resource.uuid);
                self.tell("oscal-duplicate", &format!("/catalog/back-matter/resources/{at}/uuid"), &message);
            }
        }
    }

    fn group(&mut self, at: &str, group: &'c Group) {
        if let Some(id) = &group.id {
            self.id(&format!("{at}/id"), id);
        }
        self.text(&format!("{at}/title"), &group.title);
        self.all_params(at, &group.params);
        self.note_links(at, &group.links, true);
        self.parts(at, &group.parts);
        for (number, inner) in group.groups.iter().enumerate() {
            self.group(&format!("{at}/groups/{number}"), inner);
        }
        self.all_controls(at, &group.controls);
    }

    fn all_controls(&mut self, at: &str, controls: &'c [Control]) {
        for (number, control) in controls.iter().enumerate() {
            let at = format!("{at}/controls/{number}");
            self.id(&format!("{at}/id"), &control.id);
            self.text(&format!("{at}/title"), &control.title);
            self.all_params(&at, &control.params);
            self.note_links(&at, &control.links, true);
            self.parts(&at, &control.parts);
            self.all_controls(&at, &control.controls);
        }
    }

    fn parts(&mut self, at: &str, parts: &'c [Part]) {
        for (number, part) in parts.iter().enumerate() {
            let at = format!("{at}/parts/{number}");
            if let Some(id) = &part.id {
                self.id(&format!("{at}/id"), id);
            }
            for (name, text) in [("title", &part.title), ("prose", &part.prose)] {
                if let Some(text) = text {
                    self.text(&format!("{at}/{name}"), text);
                }
            }
            self.note_links(&at, &part.links, false);
            self.parts(&at, &part.parts);
        }
    }

    fn all_params(&mut self, at: &str, params: &'c [Param]) {
        for (number, param) in params.iter().enumerate() {
            let at = format!("{at}/params/{number}");
            self.token(&format!("{at}/id"), &param.id);
            if let Some(before) = self.param_ids.insert(&param.id, at.clone()) {
                let message = format!("the parameter `{}` stands at {before} already; an id stands once", param.id);
                self.tell("oscal-duplicate", &format!("{at}/id"), &message);
            }
            for text in param.label.iter().chain(&param.usage) {
                self.text(&at, text);
            }
            let choices = param.select.iter().flat_map(|select| &select.choice);
            let guidelines = param.guidelines.iter().map(|guideline| &guideline.prose);
            for text in choices.chain(guidelines).chain(&param.values) {
                self.text(&at, text);
            }
            if param.select.as_ref().is_some_and(|select| select.how_many.as_deref().is_some_and(|how| how != "one" && how != "one-or-more")) {
                self.tell("oscal", &format!("{at}/select/how-many"), "`one` or `one-or-more` was expected");
            }
            self.note_links(&at, &param.links, false);
        }
    }

    fn token(&mut self, at: &str, id: &str) {
        if !is_token(id) {
            let message = format!("`{id}` is no id: a letter or `_` was expected, then letters, digits, `.`, `-` and `_`");
            self.tell("oscal", at, &message);
        }
    }

    fn id(&mut self, at: &str, id: &'c str) {
        self.token(at, id);
        if let Some(before) = self.ids.insert(id, at.to_owned()) {
            self.tell("oscal-duplicate", at, &format!("the id `{id}` stands at {before} already; an id stands once"));
        }
    }

    fn text(&mut self, at: &str, text: &str) {
        for id in inserted(text) {
            if !self.params.has(id) {
                self.tell("oscal-dangling", at, &format!("the text inserts the parameter `{id}`, which the catalog lacks"));
            }
        }
    }

    fn note_links(&mut self, at: &str, links: &'c [Link], firm: bool) {
        for (number, link) in links.iter().enumerate() {
            if let Some(id) = link.href.strip_prefix('#') {
                let at = format!("{at}/links/{number}/href");
                if firm { &mut self.firm } else { &mut self.soft }.push((at, id));
            }
        }
    }

    /// Looks where links lead, once all ids are known.
    fn dangling(&mut self, catalog: &Catalog) {
        let mut known: HashSet<&str> = self.ids.keys().chain(self.param_ids.keys()).copied().collect();
        known.extend(catalog.back_matter.resources.iter().map(|resource| resource.uuid.as_str()));
        known.extend(catalog.metadata.parties.iter().map(|party| party.uuid.as_str()));
        let nowhere = |(_, id): &(String, &str)| !known.contains(id);
        let firm: Vec<_> = std::mem::take(&mut self.firm).into_iter().filter(nowhere).collect();
        let soft: Vec<_> = std::mem::take(&mut self.soft).into_iter().filter(nowhere).collect();
        let (refused, loose) = match self.links {
            Links::OfParts => (firm, soft),
            Links::All => (Vec::new(), firm.into_iter().chain(soft).collect()),
        };
        for (at, id) in refused {
            self.tell("oscal-dangling", &at, &format!("the link leads to `#{id}`, which the document lacks"));
        }
        self.loose = loose.into_iter().map(|(at, id)| format!("{at} (#{id})")).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(inside: &str) -> Catalog {
        let text =
            format!(r#"{{"uuid": "u", "metadata": {{"title": "T", "last-modified": "l", "version": "1", "oscal-version": "1.1.2"}}, {inside}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn told(inside: &str) -> Vec<String> {
        let told = check("x.json", &catalog(inside), Links::OfParts);
        told.err().map(|problems| problems.0.into_iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()).unwrap_or_default()
    }

    #[test]
    fn every_breach_is_told_with_its_pointer() {
        let found = told(
            r##""controls": [
                {"id": "a", "title": "A {{ insert: param, none }}", "params": [{"id": "p"}, {"id": "p"}],
                 "links": [{"href": "#b"}, {"href": "#a_s"}, {"href": "https://example.org/#z"}],
                 "parts": [{"name": "statement", "id": "a_s", "prose": "{{ insert: param, q }} {{ insert: param, p }}", "links": [{"href": "#z"}]}]},
                {"id": "5.2", "title": "B", "controls": [{"id": "a", "title": "again"}]}]"##,
        );
        let begins = [
            "oscal-dangling /catalog/controls/0/title: the text inserts the parameter `none`",
            "oscal-duplicate /catalog/controls/0/params/1/id: the parameter `p` stands at /catalog/controls/0/params/0 already",
            "oscal-dangling /catalog/controls/0/parts/0/prose: the text inserts the parameter `q`",
            "oscal /catalog/controls/1/id: `5.2` is no id",
            "oscal-duplicate /catalog/controls/1/controls/0/id: the id `a` stands at /catalog/controls/0/id already",
            "oscal-dangling /catalog/controls/0/links/0/href: the link leads to `#b`",
        ];
        assert_eq!(found.len(), begins.len(), "{found:#?}");
        for (found, begin) in found.iter().zip(begins) {
            assert!(found.starts_with(begin), "{found}");
        }
    }

    #[test]
    fn links_of_parts_may_lead_nowhere_and_of_a_made_catalog_all() {
        let part = catalog(r##""controls": [{"id": "a", "title": "A", "parts": [{"name": "statement", "links": [{"href": "#z"}]}]}]"##);
        assert_eq!(check("x", &part, Links::OfParts).unwrap(), ["/catalog/controls/0/parts/0/links/0/href (#z)"]);
        let control = catalog(r##""controls": [{"id": "a", "title": "A", "links": [{"href": "#z"}]}]"##);
        assert!(check("x", &control, Links::OfParts).is_err());
        assert_eq!(check("x", &control, Links::All).unwrap().len(), 1);
    }

    #[test]
    fn many_mistakes_are_counted_not_listed() {
        let many: Vec<String> = (0..10_000).map(|_| r#"{"id": "a", "title": "A"}"#.to_owned()).collect();
        let found = told(&format!("\"controls\": [{}]", many.join(",")));
        assert_eq!(found.len(), 51);
        assert!(found[50].contains("9949 more"));
    }
}
