//! The NICE Framework Components 2.x as NIST's CPRT exports them: one JSON file
//! of elements and of relationships between them. Edition 2.1.0 has them under
//! `response.elements`, edition 2.2.0 under `elements`.
//!
//! Rows are sorted by id: the order of the export means nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::book::{one_line, some};
use super::{Import, ImportedPack, ImportedTable, InputFile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::signing::strict_json;

/// What stands where: the whole file, or what its member `response` holds.
#[derive(Debug, Deserialize)]
struct Export {
    #[serde(default)]
    response: Option<Body>,
    #[serde(default)]
    elements: Option<Lists>,
}

#[derive(Debug, Deserialize)]
struct Body {
    elements: Lists,
}

#[derive(Debug, Deserialize)]
struct Lists {
    documents: Vec<Document>,
    elements: Vec<Element>,
    relationships: Vec<Relationship>,
}

#[derive(Debug, Deserialize)]
struct Document {
    doc_identifier: String,
    version: String,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the export")]
struct Element {
    element_type: String,
    element_identifier: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

#[derive(Debug, Deserialize)]
struct Relationship {
    source_element_identifier: String,
    dest_element_identifier: String,
}

/// Kinds of elements that are statements.
const STATEMENTS: [&str; 3] = ["task", "knowledge", "skill"];
/// Kinds that carry no content of their own: the order of a list.
const ORDER: &str = "sort";
const KINDS: [&str; 8] = ["work_role", "category", "competency_area", "opm_code", "task", "knowledge", "skill", ORDER];

/// Whether JSON text is meant to be such an export: looked for at its beginning, before it is parsed.
#[must_use]
pub fn is(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(65_536)).unwrap_or_default();
    ["\"element_identifier\"", "\"doc_identifier\""].iter().any(|key| memchr::memmem::find(start, key.as_bytes()).is_some())
}

/// Reads the export.
///
/// # Errors
/// Everything in it that is not as the layout demands.
pub fn read(file: &InputFile) -> Result<Import, Diagnostics> {
    let export: Export = strict_json::read(&file.bytes).map_err(|error| {
        let message = format!("this is no CPRT export: {error}");
        Diagnostic::new("import-value", file.shown.clone(), message).help("expected: the JSON export of the NICE Framework Components, as published")
    })?;
    let lists = export.response.map(|body| body.elements).or(export.elements).ok_or_else(|| {
        let expected = "expected: `elements` with documents, elements and relationships, alone or under `response`";
        Diagnostic::new("import-value", file.shown.clone(), "the export holds no list of elements").help(expected)
    })?;
    let mut wrong = Wrong { file, problems: Diagnostics::default(), notes: Diagnostics::default() };
    let version = version(&mut wrong, &lists.documents);
    let elements = elements(&mut wrong, &lists.elements);
    let framework = format!("nice-{version}");
    let tables = tables(&mut wrong, &framework, &elements, &lists.relationships);
    let notes = wrong.finish()?;
    let pack = ImportedPack {
        id: format!("nice-{version}-official"),
        title: format!("NICE Framework Components {version}: work roles, tasks, knowledge and skills"),
        version: version.clone(),
        edition: version.clone(),
        standard: "NIST SP 800-181 Rev 1".to_owned(),
        description: "The components as NIST's CPRT exports them.".to_owned(),
        framework: Some(framework),
        names: vec![format!("NICE Framework {version}")],
        licence: super::US_GOVERNMENT.to_owned(),
        provenance: vec![file.provenance("NIST", &version, None)],
        tables,
        ..ImportedPack::default()
    };
    Ok(Import { pack, notes, texts: BTreeMap::new() })
}

struct Wrong<'f> {
    file: &'f InputFile,
    problems: Diagnostics,
    notes: Diagnostics,
}

impl Wrong<'_> {
    fn wrong(&mut self, code: &'static str, message: String, expected: &str) {
        self.problems.push(Diagnostic::new(code, self.file.shown.clone(), message).help(format!("expected: {expected}")));
    }

    fn odd(&mut self, code: &'static str, message: String) {
        self.notes.push(Diagnostic::new(code, self.file.shown.clone(), message));
    }

    fn finish(self) -> Result<Diagnostics, Diagnostics> {
        if self.problems.is_empty() { Ok(self.notes) } else { Err(some(self.problems, &self.file.shown)) }
    }
}

/// The edition: 2.x, stated by the one document of the export.
fn version(wrong: &mut Wrong<'_>, documents: &[Document]) -> String {
    let expected = "one document of an edition 2.1.0 or later of 2.x";
    let [document] = documents else {
        wrong.wrong("import-edition", format!("the export holds {} documents", documents.len()), expected);
        return String::new();
    };
    let numbers: Vec<Option<u32>> = document.version.split('.').map(|part| part.parse().ok().filter(|_| part.len() < 4)).collect();
    match numbers.as_slice() {
        [Some(2), Some(minor), Some(patch)] if *minor >= 1 => format!("2.{minor}.{patch}"),
        _ => {
            let message = format!("`{}` is of edition `{}`, whose layout is another", document.doc_identifier, document.version);
            wrong.wrong("import-edition", message, expected);
            String::new()
        }
    }
}

/// The elements by id; complains of ids that stand twice and of elements without words.
fn elements<'e>(wrong: &mut Wrong<'_>, elements: &'e [Element]) -> BTreeMap<&'e str, &'e Element> {
    let mut found = BTreeMap::new();
    for element in elements {
        let (id, kind) = (element.element_identifier.as_str(), element.element_type.as_str());
        if !KINDS.contains(&kind) {
            let expected = format!("one of {}", KINDS.join(", "));
            wrong.wrong("import-value", format!("element `{id}` is of the unknown kind `{kind}`"), &expected);
        }
        if id.is_empty() || id.trim() != id {
            wrong.wrong("import-value", format!("`{id}` is no id of a {kind}"), "an id without blanks around it");
        }
        let worded = kind == ORDER || kind == "opm_code" || !element.text.trim().is_empty();
        let titled = kind == ORDER || kind == "opm_code" || STATEMENTS.contains(&kind) || !element.title.trim().is_empty();
        if !worded || !titled {
            wrong.wrong("import-value", format!("{kind} `{id}` has no title or no text"), "the words of the element");
        }
        if found.insert(id, element).is_some() {
            wrong.wrong("import-duplicate", format!("element `{id}` stands there twice"), "each id once");
        }
    }
    found
}

fn tables(wrong: &mut Wrong<'_>, framework: &str, elements: &BTreeMap<&str, &Element>, relationships: &[Relationship]) -> Vec<ImportedTable> {
    let mut related: BTreeMap<(&str, &str), BTreeSet<(&str, &str)>> = BTreeMap::new();
    let (mut repeated, mut left_out) = (0, 0);
    for relationship in relationships {
        let (from, to) = (relationship.source_element_identifier.as_str(), relationship.dest_element_identifier.as_str());
        let (Some(source), Some(target)) = (elements.get(from), elements.get(to)) else {
            wrong.wrong("import-dangling", format!("a relationship leads from `{from}` to `{to}`"), "only elements that the export lists");
            continue;
        };
        let kinds = (source.element_type.as_str(), target.element_type.as_str());
        match kinds {
            (_, ORDER) => continue,
            ("category", "work_role") | ("work_role", "opm_code") => {}
            ("work_role" | "competency_area", statement) if STATEMENTS.contains(&statement) => {}
            _ => left_out += 1,
        }
        if !related.entry(kinds).or_default().insert((from, to)) {
            repeated += 1;
        }
    }
    if repeated > 0 {
        wrong.odd("import-repeated", format!("{repeated} relationships stand there twice; each is taken once"));
    }
    if left_out > 0 {
        wrong.odd("import-left-out", format!("{left_out} relationships are of no kind that a table holds"));
    }
    let of = |kind: &'static str| elements.values().filter(move |element| element.element_type == kind);
    let pairs = |from: &'static str, to: &'static str| related.get(&(from, to)).into_iter().flatten();
    let words = |text: &str| one_line(text);
    let mut category_of: BTreeMap<&str, &str> = BTreeMap::new();
    for (category, role) in pairs("category", "work_role") {
        if category_of.insert(role, category).is_some() {
            wrong.wrong("import-role", format!("work role `{role}` belongs to two categories"), "one category for each role");
        }
    }
    let mut roles = Vec::new();
    for role in of("work_role") {
        let id = role.element_identifier.as_str();
        let Some(category) = category_of.get(id) else {
            wrong.wrong("import-role", format!("work role `{id}` belongs to no category"), "one category for each role");
            continue;
        };
        roles.push(vec![id.to_owned(), words(&role.title), (*category).to_owned(), words(&role.text)]);
    }
    if roles.is_empty() {
        wrong.wrong("import-count", "the export holds no work role".to_owned(), "the work roles of the edition");
    }
    let titled = |kind| of(kind).map(|element| vec![element.element_identifier.clone(), words(&element.title), words(&element.text)]).collect();
    let mut statements: Vec<Vec<String>> = Vec::new();
    for kind in STATEMENTS {
        statements.extend(of(kind).map(|element| vec![element.element_identifier.clone(), kind.to_owned(), words(&element.text)]));
    }
    let with_statements = |from: &'static str| {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for kind in STATEMENTS {
            rows.extend(pairs(from, kind).map(|(from, to)| vec![(*from).to_owned(), kind.to_owned(), (*to).to_owned()]));
        }
        rows.sort();
        rows
    };
    let codes = pairs("work_role", "opm_code").map(|(role, code)| vec![(*role).to_owned(), (*code).to_owned()]).collect();
    vec![
        ImportedTable::new("work_roles", "work-roles.csv", &["role", "title", "category", "description"], roles).entries("role", "description"),
        ImportedTable::new("role_codes", "role-codes.csv", &["role", "code"], codes),
        ImportedTable::new("categories", "categories.csv", &["category", "title", "description"], titled("category"))
            .entries("category", "description"),
        ImportedTable::new("statements", "statements.csv", &["statement", "kind", "text"], statements).entries("statement", "text"),
        ImportedTable::new("role_statements", "role-statements.csv", &["role", "kind", "statement"], with_statements("work_role"))
            .ids("statement", framework),
        ImportedTable::new("competency_areas", "competency-areas.csv", &["area", "title", "description"], titled("competency_area"))
            .entries("area", "description"),
        ImportedTable::new("area_statements", "area-statements.csv", &["area", "kind", "statement"], with_statements("competency_area"))
            .ids("statement", framework),
    ]
}
