//! From a catalog to tables.

use super::{CATALOG, CONTROLS, Form, GROUPS, PARAM_TEXTS, PARAMS, PARTS, PROPS, REFERENCES, RESOURCE_LINKS, RESOURCES};
use crate::import::ImportedTable;
use crate::oscal::model::{Catalog, Control, Group, Link, Param, Part, Prop};

/// The tables of a catalog; those without a row are left out, `catalog` and `controls` aside.
#[must_use]
pub fn write(catalog: &Catalog) -> Vec<ImportedTable> {
    let mut rows = Rows::default();
    rows.metadata(catalog);
    rows.params("catalog", &catalog.params);
    for control in &catalog.controls {
        rows.control(control, "", "");
    }
    for (at, group) in catalog.groups.iter().enumerate() {
        rows.group(group, &(at + 1).to_string());
    }
    for resource in &catalog.back_matter.resources {
        let cited = resource.citation.as_ref().map(|citation| citation.text.clone());
        rows.resources.push([
            resource.uuid.clone(),
            or(resource.title.as_ref()),
            or(resource.description.as_ref()),
            cited.unwrap_or_default(),
            or(resource.remarks.as_ref()),
        ]);
        rows.props(&format!("resource {}", resource.uuid), &resource.props);
        for link in &resource.rlinks {
            let hashes: Vec<String> = link.hashes.iter().map(|hash| format!("{}:{}", hash.algorithm, hash.value)).collect();
            rows.resource_links.push([resource.uuid.clone(), link.href.clone(), or(link.media_type.as_ref()), hashes.join(" ")]);
        }
    }
    let mut tables = vec![table(&CATALOG, rows.catalog), table(&GROUPS, rows.groups), table(&CONTROLS, rows.controls).entries("control", "title")];
    tables.extend([table(&PARTS, rows.parts), table(&PARAMS, rows.params), table(&PARAM_TEXTS, rows.param_texts)]);
    tables.extend([table(&PROPS, rows.props), table(&REFERENCES, rows.references)]);
    tables.extend([table(&RESOURCES, rows.resources), table(&RESOURCE_LINKS, rows.resource_links)]);
    tables.retain(|table| !table.rows.is_empty() || table.name == CATALOG.name || table.name == CONTROLS.name);
    tables
}

fn table<const N: usize>(form: &Form<N>, rows: Vec<[String; N]>) -> ImportedTable {
    ImportedTable::new(form.name, form.file, &form.columns, rows.into_iter().map(Vec::from).collect())
}

fn or(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

#[derive(Default)]
struct Rows {
    catalog: Vec<[String; 2]>,
    groups: Vec<[String; 4]>,
    controls: Vec<[String; 7]>,
    parts: Vec<[String; 8]>,
    params: Vec<[String; 8]>,
    param_texts: Vec<[String; 3]>,
    props: Vec<[String; 8]>,
    references: Vec<[String; 6]>,
    resources: Vec<[String; 5]>,
    resource_links: Vec<[String; 4]>,
}

impl Rows {
    fn metadata(&mut self, catalog: &Catalog) {
        let metadata = &catalog.metadata;
        let known = [
            ("uuid", Some(&catalog.uuid)),
            ("title", Some(&metadata.title)),
            ("published", metadata.published.as_ref()),
            ("last-modified", Some(&metadata.last_modified)),
            ("version", Some(&metadata.version)),
            ("oscal-version", Some(&metadata.oscal_version)),
            ("remarks", metadata.remarks.as_ref()),
        ];
        self.catalog.extend(known.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?.clone()])));
        self.props("metadata", &metadata.props);
        self.links("metadata", &metadata.links);
    }

    fn group(&mut self, group: &Group, place: &str) {
        let owner = format!("group {place}");
        self.groups.push([place.to_owned(), or(group.id.as_ref()), or(group.class.as_ref()), group.title.clone()]);
        self.params(&owner, &group.params);
        self.props(&owner, &group.props);
        self.links(&owner, &group.links);
        self.parts(&owner, "", &group.parts);
        for (at, inner) in group.groups.iter().enumerate() {
            self.group(inner, &format!("{place}.{}", at + 1));
        }
        for control in &group.controls {
            self.control(control, place, "");
        }
    }

    fn control(&mut self, control: &Control, group: &str, parent: &str) {
        let owner = format!("control {}", control.id);
        let status = control.props.iter().find(|prop| prop.name == "status").map(|prop| prop.value.clone()).unwrap_or_default();
        let label = control.label().unwrap_or_default().to_owned();
        let (group_cell, parent_cell) = (group.to_owned(), parent.to_owned());
        self.controls.push([control.id.clone(), label, control.title.clone(), or(control.class.as_ref()), group_cell, parent_cell, status]);
        self.params(&owner, &control.params);
        self.props(&owner, &control.props);
        self.links(&owner, &control.links);
        self.parts(&owner, "", &control.parts);
        for inner in &control.controls {
            self.control(inner, group, &control.id);
        }
    }

    fn parts(&mut self, owner: &str, above: &str, parts: &[Part]) {
        for (at, part) in parts.iter().enumerate() {
            let place = format!("{above}{}", at + 1);
            let words = [
                or(part.id.as_ref()),
                part.name.clone(),
                or(part.ns.as_ref()),
                or(part.class.as_ref()),
                or(part.title.as_ref()),
                or(part.prose.as_ref()),
            ];
            let [id, name, ns, class, title, prose] = words;
            self.parts.push([owner.to_owned(), place.clone(), id, name, ns, class, title, prose]);
            let own = format!("{owner} part {place}");
            self.props(&own, &part.props);
            self.links(&own, &part.links);
            self.parts(owner, &format!("{place}."), &part.parts);
        }
    }

    fn params(&mut self, owner: &str, params: &[Param]) {
        for param in params {
            let how_many = param.select.as_ref().and_then(|select| select.how_many.clone()).unwrap_or_default();
            self.params.push([
                param.id.clone(),
                owner.to_owned(),
                or(param.class.as_ref()),
                or(param.depends_on.as_ref()),
                or(param.label.as_ref()),
                or(param.usage.as_ref()),
                how_many,
                or(param.remarks.as_ref()),
            ]);
            let mut text = |kind: &str, text: &str| self.param_texts.push([param.id.clone(), kind.to_owned(), text.to_owned()]);
            param.values.iter().for_each(|value| text("value", value));
            param.select.iter().flat_map(|select| &select.choice).for_each(|choice| text("choice", choice));
            param.guidelines.iter().for_each(|guideline| text("guideline", &guideline.prose));
            for constraint in &param.constraints {
                text("constraint", constraint.description.as_deref().unwrap_or_default());
                for test in &constraint.tests {
                    text("test", &test.expression);
                    test.remarks.iter().for_each(|remarks| text("test-remarks", remarks));
                }
            }
            let own = format!("param {}", param.id);
            self.props(&own, &param.props);
            self.links(&own, &param.links);
        }
    }

    fn props(&mut self, owner: &str, props: &[Prop]) {
        self.props.extend(props.iter().map(|prop| {
            let (ns, class, group) = (or(prop.ns.as_ref()), or(prop.class.as_ref()), or(prop.group.as_ref()));
            [owner.to_owned(), prop.name.clone(), ns, prop.value.clone(), class, group, or(prop.uuid.as_ref()), or(prop.remarks.as_ref())]
        }));
    }

    fn links(&mut self, owner: &str, links: &[Link]) {
        self.references.extend(links.iter().map(|link| {
            let (rel, media_type) = (or(link.rel.as_ref()), or(link.media_type.as_ref()));
            [owner.to_owned(), rel, link.href.clone(), media_type, or(link.resource_fragment.as_ref()), or(link.text.as_ref())]
        }));
    }
}
