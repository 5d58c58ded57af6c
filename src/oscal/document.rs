//! From bytes to a catalog or profile, or to what is wrong with them: where
//! (line, column, JSON pointer) and what was expected.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};

use super::model::Catalog;
use super::pointer;
use super::profile::Profile;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The largest document that is read, in bytes: three times the largest catalog that NIST publishes.
pub const LIMIT: usize = 32 << 20;

/// How many steps of a place are told: more than a sound document has.
const DEEP: usize = 40;

/// A document that was given.
#[derive(Debug, Clone)]
pub struct Given {
    /// The file's name without folders.
    pub name: String,
    /// The file as messages name it.
    pub shown: String,
    /// What it is.
    pub document: Document,
}

/// What a document is.
#[derive(Debug, Clone)]
pub enum Document {
    /// A catalog.
    Catalog(Box<Catalog>),
    /// A profile.
    Profile(Box<Profile>),
}

/// OSCAL's other documents, by the name of their root.
const OTHERS: [(&str, &str); 6] = [
    ("component-definition", "a component definition"),
    ("system-security-plan", "a system security plan"),
    ("assessment-plan", "an assessment plan"),
    ("assessment-results", "assessment results"),
    ("plan-of-action-and-milestones", "a plan of action and milestones"),
    ("mapping-collection", "a mapping collection"),
];

/// Whether the bytes begin as an OSCAL document in JSON does: the name of the root, `catalog` or another.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<String> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let head = text.strip_prefix(b"{")?;
    // The root may follow `$schema`, whose value is one short text.
    let head = String::from_utf8_lossy(head.get(..head.len().min(1000)).unwrap_or_default()).into_owned();
    let known = ["catalog", "profile"].into_iter().chain(OTHERS.map(|(name, _)| name));
    let first = head.split('"').skip(1).step_by(2).take(3).collect::<Vec<_>>();
    let name = match first.as_slice() {
        ["$schema", _, name, ..] => *name,
        [name, ..] => *name,
        [] => return None,
    };
    known.into_iter().find(|known| *known == name).map(str::to_owned)
}

/// Reads a document.
///
/// # Errors
/// It is too large, no JSON, no catalog or profile of OSCAL 1, or not as the schema demands.
pub fn read(name: &str, shown: &str, bytes: &[u8]) -> Result<Given, Diagnostics> {
    let wrong = |message: String, help: &str| Diagnostics::from(Diagnostic::new("oscal", shown, message).help(help));
    if bytes.len() > LIMIT {
        let message = format!("the document has {} bytes; at most {LIMIT} are read", bytes.len());
        return Err(Diagnostic::new("oscal-limit", shown, message).into());
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Roots(roots) = parse(shown, text)?;
    let root = match roots.as_slice() {
        [root] if root == "catalog" || root == "profile" => root.as_str(),
        [root] => {
            let other = OTHERS.iter().find(|(name, _)| name == root);
            let what = other.map_or_else(|| format!("the root is `{root}`, which is no document of OSCAL"), |(_, what)| format!("this is {what}"));
            return Err(wrong(what, "give a catalog, or a profile with the catalogs that it imports"));
        }
        roots => {
            let what = format!("this is no OSCAL document: it has {} roots", roots.len());
            return Err(wrong(what, "an OSCAL document in JSON is an object with the one member `catalog` or `profile`"));
        }
    };
    let peeked: Peeked = parse(shown, text)?;
    let version = [peeked.catalog, peeked.profile].into_iter().flatten().find_map(|root| root.metadata?.oscal_version).unwrap_or_default();
    // A later minor version may bring members; which it brings is told where one stands.
    if version.split('.').next() != Some("1") {
        let what = format!("/{root}/metadata/oscal-version: `{version}`; OSCAL version 1 was expected");
        return Err(wrong(what, "versions 1.0.0 to 1.2.3 are known; convert the document with its publisher's tools"));
    }
    let document = if root == "catalog" {
        Document::Catalog(Box::new(parse::<CatalogRoot>(shown, text)?.catalog))
    } else {
        Document::Profile(Box::new(parse::<ProfileRoot>(shown, text)?.profile))
    };
    Ok(Given { name: name.to_owned(), shown: shown.to_owned(), document })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogRoot {
    #[serde(rename = "$schema", default)]
    _schema: IgnoredAny,
    catalog: Catalog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileRoot {
    #[serde(rename = "$schema", default)]
    _schema: IgnoredAny,
    profile: Profile,
}

/// The version of OSCAL, and nothing else.
#[derive(Deserialize)]
struct Peeked {
    #[serde(default)]
    catalog: Option<PeekedRoot>,
    #[serde(default)]
    profile: Option<PeekedRoot>,
}

#[derive(Deserialize)]
struct PeekedRoot {
    #[serde(default)]
    metadata: Option<PeekedMetadata>,
}

#[derive(Deserialize)]
struct PeekedMetadata {
    #[serde(rename = "oscal-version", default)]
    oscal_version: Option<String>,
}

/// The names of the root's members, `$schema` aside; a handful at most.
struct Roots(Vec<String>);

impl<'de> Deserialize<'de> for Roots {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Roots;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object with the member `catalog` or `profile`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Roots, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = members.next_entry::<String, IgnoredAny>()? {
                    if name != "$schema" && names.len() < 10 {
                        names.push(name);
                    }
                }
                Ok(Roots(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// Parses, and tells where it failed and what was expected there.
fn parse<T: DeserializeOwned>(shown: &str, text: &[u8]) -> Result<T, Diagnostics> {
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let words = error.to_string();
        let words = words.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&words);
        let offset = pointer::offset(text, line, column);
        // The parser stands at the end of what it read; for an object that lacks something, at its closing brace.
        let missing = words.starts_with("missing field");
        let closing = missing && text.get(offset.saturating_sub(1)) == Some(&b'}');
        let mut steps = pointer::at(text, if closing { offset - 1 } else { offset });
        if let (true, Some(pointer::Step::Member(name))) = (missing, steps.last_mut()) {
            *name = None;
        }
        // What is nested without end is told without its end.
        let deep = steps.len() > DEEP;
        steps.truncate(DEEP);
        let pointer = pointer::written(&steps) + if deep { "/..." } else { "" };
        let at = if pointer.is_empty() { "the root" } else { &pointer };
        let code = if words.contains("recursion limit") { "oscal-limit" } else { "oscal" };
        let mut diagnostic = Diagnostic::new(code, shown, format!("{at}: {words}"));
        (diagnostic.line, diagnostic.column) = (line, column);
        let help = if error.is_data() { "see OSCAL's JSON schema for what may stand there" } else { "the file is no whole JSON text: get it again" };
        diagnostic.help(help).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""uuid": "74c8ba1e-5cd4-4ad1-bbfd-d888e2f6c724", "metadata": {"title": "T", "last-modified": "2024-02-01T13:57:28Z", "version": "1", "oscal-version": "1.1.2"}"#;

    fn refused(text: &str) -> String {
        let problems = read("x.json", "x.json", text.as_bytes()).unwrap_err();
        assert_eq!(problems.0.len(), 1);
        problems.0[0].message.clone()
    }

    #[test]
    fn where_and_what_was_expected_is_told() {
        for (inside, told) in [
            (r#""controls": [{"id": "a", "title": "A"}, {"id": "b"}]"#, "/catalog/controls/1: missing field `title`"),
            (r#""controls": [{"id": "b", "parts": []}], "groups": []"#, "/catalog/controls/0: missing field `title`"),
            (r#""controls": [{"id": 5, "title": "A"}]"#, "/catalog/controls/0/id: invalid type: integer `5`, expected a string"),
            (r#""groups": [{"title": "A", "controls": {}}]"#, "/catalog/groups/0/controls: invalid type: map, expected a sequence"),
            (r#""groups": "x""#, "/catalog/groups: invalid type: string \"x\", expected a sequence"),
            (r#""groups": [{"title": "A", "colour": 1}]"#, "/catalog/groups/0/colour: unknown field `colour`"),
            (r#""groups": [{"title": "A", "title": "B"}]"#, "/catalog/groups/0/title: duplicate field `title`"),
        ] {
            let message = refused(&format!("{{\"catalog\": {{{HEAD}, {inside}}}}}"));
            assert!(message.starts_with(told), "{message}");
        }
    }

    #[test]
    fn other_documents_are_named_and_nothing_else_is_taken() {
        for (text, told) in [
            (r#"{"system-security-plan": {}}"#, "this is a system security plan"),
            (r#"{"x": 1}"#, "the root is `x`, which is no document of OSCAL"),
            ("{}", "this is no OSCAL document: it has 0 roots"),
            (r#"{"catalog": {}, "profile": {}}"#, "this is no OSCAL document: it has 2 roots"),
            ("[]", "the root: invalid type: sequence, expected an object with the member `catalog` or `profile`"),
            ("", "the root: EOF while parsing a value"),
            (r#"{"catalog": {"metadata": {"oscal-version": "2.0.0"}, "new": 1}}"#, "/catalog/metadata/oscal-version: `2.0.0`; OSCAL version 1"),
            (r#"{"catalog": {}}"#, "/catalog/metadata/oscal-version: ``"),
        ] {
            let message = refused(text);
            assert!(message.starts_with(told), "{message}");
        }
    }

    #[test]
    fn deep_nesting_and_large_documents_are_refused() {
        let deep = format!(
            "{{\"catalog\": {{{HEAD}, \"groups\": {}{}}}}}",
            r#"[{"title": "A", "groups": "#.repeat(5000),
            format!("[]{}", "}]".repeat(5000))
        );
        assert!(read("x", "x", deep.as_bytes()).unwrap_err().0[0].message.contains("recursion limit"));
        let brackets = format!("{{\"catalog\": {}", "[".repeat(1_000_000));
        assert!(read("x", "x", brackets.as_bytes()).is_err());
        let large = vec![b' '; LIMIT + 1];
        assert_eq!(read("x", "x", &large).unwrap_err().0[0].code, "oscal-limit");
    }

    #[test]
    fn a_document_is_recognised_by_its_first_member() {
        for (text, root) in [
            ("{\n \"catalog\": {", Some("catalog")),
            ("\u{feff}{\"$schema\": \"http://x\", \"profile\": {", Some("profile")),
            ("{\"assessment-plan\": 1", Some("assessment-plan")),
            ("{\"response\": {\"elements\"", None),
            ("[{\"catalog\": 1}]", None),
            ("", None),
        ] {
            assert_eq!(recognise(text.as_bytes()).as_deref(), root, "{text}");
        }
    }
}
