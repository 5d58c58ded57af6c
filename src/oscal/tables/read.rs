//! From tables to a catalog. The tables are a user's files: whatever does not fit together is told.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{CATALOG, CONTROLS, Form, GROUPS, PARAM_TEXTS, PARAMS, PARTS, PROPS, REFERENCES, RESOURCE_LINKS, RESOURCES};
use crate::oscal::model::{
    BackMatter, Catalog, Citation, Constraint, ConstraintTest, Control, Group, Guideline, Hash, Link, Metadata, Param, Part, Prop, Resource,
    ResourceLink, Select,
};
use crate::pack::PackTable;

/// How deep groups, controls and parts may lie in each other.
const DEPTH: usize = 64;

type Tables = BTreeMap<String, PackTable>;

/// The catalog that a pack's tables hold; `None` where the pack was made of none.
#[must_use]
pub fn read(tables: &Tables) -> Option<Result<Catalog, String>> {
    let is_own = |name: &str, columns: &[&str]| tables.get(name).is_some_and(|table| table.columns == columns);
    let own = is_own(CATALOG.name, &CATALOG.columns) && is_own(CONTROLS.name, &CONTROLS.columns);
    own.then(|| Reader::new(tables).and_then(|reader| reader.catalog(tables)))
}

/// The rows of a table; none where the pack has no such table.
fn rows<'t, const N: usize>(tables: &'t Tables, form: &Form<N>) -> Result<Vec<[&'t str; N]>, String> {
    let Some(table) = tables.get(form.name) else { return Ok(Vec::new()) };
    if table.columns != form.columns {
        return Err(format!("the table `{}` has not the columns {}", form.name, form.columns.join(", ")));
    }
    let row = |row: &'t Vec<String>| -> Option<[&'t str; N]> { row.iter().map(String::as_str).collect::<Vec<_>>().try_into().ok() };
    table.rows.iter().map(|cells| row(cells).ok_or_else(|| format!("a row of the table `{}` has not {N} cells", form.name))).collect()
}

fn some(cell: &str) -> Option<String> {
    (!cell.is_empty()).then(|| cell.to_owned())
}

/// What belongs to what, taken out as it finds its place.
struct Reader<'t> {
    props: HashMap<&'t str, Vec<Prop>>,
    links: HashMap<&'t str, Vec<Link>>,
    params: HashMap<&'t str, Vec<Param>>,
    parts: HashMap<&'t str, Vec<Part>>,
}

impl<'t> Reader<'t> {
    fn new(tables: &'t Tables) -> Result<Self, String> {
        let mut reader = Self { props: HashMap::new(), links: HashMap::new(), params: HashMap::new(), parts: HashMap::new() };
        for [owner, name, ns, value, class, group, uuid, remarks] in rows(tables, &PROPS)? {
            let (name, value) = (name.to_owned(), value.to_owned());
            let prop = Prop { name, uuid: some(uuid), ns: some(ns), value, class: some(class), group: some(group), remarks: some(remarks) };
            reader.props.entry(owner).or_default().push(prop);
        }
        for [owner, rel, href, media_type, resource_fragment, text] in rows(tables, &REFERENCES)? {
            let (rel, media_type, resource_fragment, text) = (some(rel), some(media_type), some(resource_fragment), some(text));
            reader.links.entry(owner).or_default().push(Link { href: href.to_owned(), rel, media_type, resource_fragment, text });
        }
        reader.read_params(tables)?;
        for [owner, place, id, name, ns, class, title, prose] in rows(tables, &PARTS)? {
            let own = format!("{owner} part {place}");
            let part = Part {
                id: some(id),
                name: name.to_owned(),
                ns: some(ns),
                class: some(class),
                title: some(title),
                props: reader.props.remove(own.as_str()).unwrap_or_default(),
                prose: some(prose),
                parts: Vec::new(),
                links: reader.links.remove(own.as_str()).unwrap_or_default(),
            };
            let list = reader.parts.entry(owner).or_default();
            put(list, place, part, |part| &mut part.parts).ok_or_else(|| misplaced(PARTS.name, place))?;
        }
        Ok(reader)
    }

    fn read_params(&mut self, tables: &'t Tables) -> Result<(), String> {
        let mut texts: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for [param, kind, text] in rows(tables, &PARAM_TEXTS)? {
            texts.entry(param).or_default().push((kind, text));
        }
        for [id, owner, class, depends_on, label, usage, how_many, remarks] in rows(tables, &PARAMS)? {
            let own = format!("param {id}");
            let mut param = Param {
                id: id.to_owned(),
                class: some(class),
                depends_on: some(depends_on),
                props: self.props.remove(own.as_str()).unwrap_or_default(),
                links: self.links.remove(own.as_str()).unwrap_or_default(),
                label: some(label),
                usage: some(usage),
                remarks: some(remarks),
                ..Param::default()
            };
            let mut choice = Vec::new();
            for (kind, text) in texts.remove(id).unwrap_or_default() {
                let test = param.constraints.last_mut();
                match (kind, test) {
                    ("value", _) => param.values.push(text.to_owned()),
                    ("choice", _) => choice.push(text.to_owned()),
                    ("guideline", _) => param.guidelines.push(Guideline { prose: text.to_owned() }),
                    ("constraint", _) => param.constraints.push(Constraint { description: some(text), tests: Vec::new() }),
                    ("test", Some(constraint)) => constraint.tests.push(ConstraintTest { expression: text.to_owned(), remarks: None }),
                    ("test-remarks", Some(Constraint { tests, .. })) if !tests.is_empty() => {
                        tests.iter_mut().last().into_iter().for_each(|test| test.remarks = some(text));
                    }
                    _ => return Err(format!("a row of the table `{}` of the parameter `{id}` has the kind `{kind}`", PARAM_TEXTS.name)),
                }
            }
            if !how_many.is_empty() || !choice.is_empty() {
                param.select = Some(Select { how_many: some(how_many), choice });
            }
            self.params.entry(owner).or_default().push(param);
        }
        match texts.keys().min() {
            Some(id) => Err(format!("the table `{}` has texts of `{id}`, which is no parameter", PARAM_TEXTS.name)),
            None => Ok(()),
        }
    }

    fn catalog(mut self, tables: &'t Tables) -> Result<Catalog, String> {
        let told: HashMap<&str, &str> = rows(tables, &CATALOG)?.into_iter().map(|[name, value]| (name, value)).collect();
        let told = |name: &str| told.get(name).map(|value| (*value).to_owned());
        let metadata = Metadata {
            title: told("title").unwrap_or_default(),
            published: told("published"),
            last_modified: told("last-modified").unwrap_or_default(),
            version: told("version").unwrap_or_default(),
            oscal_version: told("oscal-version").unwrap_or_default(),
            props: self.props.remove("metadata").unwrap_or_default(),
            links: self.links.remove("metadata").unwrap_or_default(),
            remarks: told("remarks"),
            ..Metadata::default()
        };
        let mut catalog = Catalog {
            uuid: told("uuid").unwrap_or_default(),
            metadata,
            params: self.params.remove("catalog").unwrap_or_default(),
            ..Catalog::default()
        };
        let controls = self.controls(tables)?;
        for [place, id, class, title] in rows(tables, &GROUPS)? {
            let owner = format!("group {place}");
            let group = Group {
                id: some(id),
                class: some(class),
                title: title.to_owned(),
                params: self.params.remove(owner.as_str()).unwrap_or_default(),
                props: self.props.remove(owner.as_str()).unwrap_or_default(),
                links: self.links.remove(owner.as_str()).unwrap_or_default(),
                parts: self.parts.remove(owner.as_str()).unwrap_or_default(),
                ..Group::default()
            };
            put(&mut catalog.groups, place, group, |group| &mut group.groups).ok_or_else(|| misplaced(GROUPS.name, place))?;
        }
        for (group, control) in controls {
            if group.is_empty() {
                catalog.controls.push(control);
                continue;
            }
            let found = at(&mut catalog.groups, group, |group| &mut group.groups);
            found.ok_or_else(|| format!("the control `{}` is in the group `{group}`, which is none", control.id))?.controls.push(control);
        }
        catalog.back_matter = self.back_matter(tables)?;
        self.nothing_left()?;
        Ok(catalog)
    }

    /// The controls that lie in no other, each with its group's place.
    fn controls(&mut self, tables: &'t Tables) -> Result<Vec<(&'t str, Control)>, String> {
        let rows = rows(tables, &CONTROLS)?;
        let mut children: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut seen = HashSet::new();
        for (at, [id, _, _, _, _, parent, _]) in rows.iter().enumerate() {
            if !seen.insert(id) {
                return Err(format!("the control `{id}` stands twice in the table `{}`", CONTROLS.name));
            }
            children.entry(parent).or_default().push(at);
        }
        let mut placed = 0;
        let roots = children.get("").cloned().unwrap_or_default();
        let mut controls = Vec::new();
        for at in roots {
            let Some([_, _, _, _, group, _, _]) = rows.get(at) else { continue };
            controls.push((*group, self.control(&rows, &children, at, 0, &mut placed)?));
        }
        if placed == rows.len() {
            Ok(controls)
        } else {
            Err(format!("some controls of the table `{}` are never reached from one without a parent", CONTROLS.name))
        }
    }

    fn control(
        &mut self,
        rows: &[[&'t str; 7]],
        children: &HashMap<&str, Vec<usize>>,
        at: usize,
        depth: usize,
        placed: &mut usize,
    ) -> Result<Control, String> {
        let Some([id, _, title, class, ..]) = rows.get(at).filter(|_| depth < DEPTH) else {
            return Err(format!("controls of the table `{}` lie deeper in each other than {DEPTH}", CONTROLS.name));
        };
        *placed += 1;
        let owner = format!("control {id}");
        let mut control = Control {
            id: (*id).to_owned(),
            class: some(class),
            title: (*title).to_owned(),
            params: self.params.remove(owner.as_str()).unwrap_or_default(),
            props: self.props.remove(owner.as_str()).unwrap_or_default(),
            links: self.links.remove(owner.as_str()).unwrap_or_default(),
            parts: self.parts.remove(owner.as_str()).unwrap_or_default(),
            controls: Vec::new(),
        };
        for at in children.get(id).into_iter().flatten() {
            control.controls.push(self.control(rows, children, *at, depth + 1, placed)?);
        }
        Ok(control)
    }

    fn back_matter(&mut self, tables: &'t Tables) -> Result<BackMatter, String> {
        let mut rlinks: HashMap<&str, Vec<ResourceLink>> = HashMap::new();
        for [resource, href, media_type, hashes] in rows(tables, &RESOURCE_LINKS)? {
            let hash = |hash: &str| hash.split_once(':').map(|(algorithm, value)| Hash { algorithm: algorithm.to_owned(), value: value.to_owned() });
            let hashes = hashes.split_whitespace().filter_map(hash).collect();
            rlinks.entry(resource).or_default().push(ResourceLink { href: href.to_owned(), media_type: some(media_type), hashes });
        }
        let resource = |[uuid, title, description, citation, remarks]: [&'t str; 5]| Resource {
            uuid: uuid.to_owned(),
            title: some(title),
            description: some(description),
            props: self.props.remove(format!("resource {uuid}").as_str()).unwrap_or_default(),
            citation: some(citation).map(|text| Citation { text, ..Citation::default() }),
            rlinks: rlinks.remove(uuid).unwrap_or_default(),
            remarks: some(remarks),
            ..Resource::default()
        };
        let resources = rows(tables, &RESOURCES)?.into_iter().map(resource).collect();
        Ok(BackMatter { resources })
    }

    /// Everything found its place.
    fn nothing_left(self) -> Result<(), String> {
        let left = [
            (PROPS.name, self.props.keys().min()),
            (REFERENCES.name, self.links.keys().min()),
            (PARAMS.name, self.params.keys().min()),
            (PARTS.name, self.parts.keys().min()),
        ];
        match left.iter().find_map(|(table, owner)| Some((table, (*owner)?))) {
            Some((table, owner)) => Err(format!("a row of the table `{table}` belongs to `{owner}`, which the pack lacks")),
            None => Ok(()),
        }
    }
}

fn misplaced(table: &str, place: &str) -> String {
    format!("a row of the table `{table}` has the place `{place}`, which does not follow the row before")
}

/// The numbers of a place, from 0.
fn steps(place: &str) -> Option<Vec<usize>> {
    let steps: Option<Vec<usize>> = place.split('.').take(DEPTH + 1).map(|step| step.parse::<usize>().ok()?.checked_sub(1)).collect();
    steps.filter(|steps| steps.len() <= DEPTH)
}

/// Puts a thing at its place, which must be the next one of its list.
fn put<T>(list: &mut Vec<T>, place: &str, thing: T, inner: fn(&mut T) -> &mut Vec<T>) -> Option<()> {
    let steps = steps(place)?;
    let (last, above) = steps.split_last()?;
    let mut list = list;
    for step in above {
        list = inner(list.get_mut(*step)?);
    }
    (list.len() == *last).then(|| list.push(thing))
}

/// The thing at a place.
fn at<'l, T>(list: &'l mut [T], place: &str, inner: fn(&mut T) -> &mut Vec<T>) -> Option<&'l mut T> {
    let steps = steps(place)?;
    let (first, rest) = steps.split_first()?;
    let mut thing = list.get_mut(*first)?;
    for step in rest {
        thing = inner(thing).get_mut(*step)?;
    }
    Some(thing)
}
