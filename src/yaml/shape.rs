//! All places where a document has not the shape that its type asks for.
//!
//! The parser stops at the first; people want them all. The shape is the JSON
//! Schema that is made from the type, so it is written down once.

use schemars::{JsonSchema, Schema, schema_for};
use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{Origin, Place};
use crate::diagnostic::Diagnostics;
use crate::suggest;

/// A value and where it stands.
struct Node {
    at: Place,
    kind: Kind,
}

enum Kind {
    Scalar { text: String, plain: bool },
    List(Vec<Node>),
    Mapping(Vec<(String, Place, Node)>),
}

/// What the type `T` asks for and the document does not have. Says nothing of
/// documents that do not keep the strict profile.
pub(super) fn check<T: JsonSchema>(origin: &Origin) -> Diagnostics {
    let mut found = Diagnostics::default();
    let Some(node) = tree(&origin.text) else { return found };
    let root: Schema = schema_for!(T);
    let root = root.to_value();
    Shape { origin, root: &root, found: &mut found }.value(&root, &node);
    found
}

/// The document as a tree; `None` where it is none. Its depth has been checked.
fn tree(text: &str) -> Option<Node> {
    enum Open {
        List(Place, Vec<Node>),
        Mapping(Place, Vec<(String, Place, Node)>, Option<(String, Place)>),
    }
    let place = |span: &Span| Place { line: span.start.line(), column: span.start.col() + 1 };
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let done = match event {
            Event::Scalar(text, style, ..) => {
                if let Some(Open::Mapping(_, _, key @ None)) = open.last_mut() {
                    *key = Some((text.into_owned(), place(&span)));
                    continue;
                }
                Node { at: place(&span), kind: Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain } }
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(place(&span), Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(place(&span), Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(at, items) => Node { at, kind: Kind::List(items) },
                Open::Mapping(at, members, _) => Node { at, kind: Kind::Mapping(members) },
            },
            _ => continue,
        };
        match open.last_mut() {
            None => return Some(done),
            Some(Open::List(_, items)) => items.push(done),
            Some(Open::Mapping(_, members, key)) => {
                let (name, at) = key.take()?;
                members.push((name, at, done));
            }
        }
    }
    None
}

struct Shape<'s> {
    origin: &'s Origin,
    root: &'s Value,
    found: &'s mut Diagnostics,
}

impl<'s> Shape<'s> {
    fn error(&mut self, at: Place, code: &'static str, message: impl AsRef<str>, help: Option<String>) {
        self.found.push(self.origin.diagnostic(at, code, message, help));
    }

    /// A schema behind its reference.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let Some(name) = schema.get("$ref").and_then(Value::as_str) else { return schema };
        name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    fn value(&mut self, schema: &'s Value, node: &Node) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            return self.one_of(choices, node);
        }
        if let Some(words) = words(schema) {
            return self.word(&words, node);
        }
        if !fits(schema, node) {
            let message = format!("{} is expected here, not {}", expected(schema), called(node));
            return self.error(node.at, "wrong-type", message, None);
        }
        match &node.kind {
            Kind::Mapping(members) => self.members(schema, node.at, members),
            Kind::List(items) => {
                if let Some(each) = schema.get("items") {
                    items.iter().for_each(|item| self.value(each, item));
                }
            }
            Kind::Scalar { .. } => {}
        }
    }

    fn one_of(&mut self, choices: &'s [Value], node: &Node) {
        let choices: Vec<&Value> = choices.iter().map(|choice| self.resolve(choice)).filter(|choice| !is_null(choice)).collect();
        let all_words: Option<Vec<Vec<&str>>> = choices.iter().map(|choice| words(choice)).collect();
        if let Some(all) = all_words {
            return self.word(&all.concat(), node);
        }
        match choices.iter().find(|choice| choice.get("anyOf").is_some() || choice.get("oneOf").is_some() || fits(choice, node)) {
            Some(choice) => self.value(choice, node),
            None => {
                let wanted: Vec<&str> = choices.iter().map(|choice| expected(choice)).collect();
                let message = format!("{} is expected here, not {}", wanted.join(" or "), called(node));
                self.error(node.at, "wrong-type", message, None);
            }
        }
    }

    fn word(&mut self, words: &[&str], node: &Node) {
        match &node.kind {
            Kind::Scalar { text, .. } if words.contains(&text.as_str()) => {}
            Kind::Scalar { text, .. } => {
                self.error(node.at, "unknown-value", format!("`{text}` is not a value here"), suggest::help(text, words.iter().copied()));
            }
            Kind::List(_) | Kind::Mapping(_) => {
                self.error(node.at, "wrong-type", format!("a word is expected here, not {}", called(node)), suggest::help("", words.iter().copied()));
            }
        }
    }

    fn members(&mut self, schema: &'s Value, at: Place, members: &[(String, Place, Node)]) {
        let known: Option<&Map<String, Value>> = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (name, place, node) in members {
            match (known.and_then(|known| known.get(name)), others) {
                (Some(schema), _) => self.value(schema, node),
                (None, Some(Value::Bool(false))) => {
                    let keys = known.into_iter().flat_map(Map::keys).map(String::as_str);
                    self.error(*place, "unknown-key", format!("`{name}` is not a key here"), suggest::help(name, keys));
                }
                (None, Some(schema @ Value::Object(_))) => self.value(schema, node),
                (None, _) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !members.iter().any(|(member, ..)| member == name)) {
            self.error(at, "missing-key", format!("the key `{name}` is missing"), None);
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// The words that a schema allows, where it allows nothing else.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word]);
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(Value::as_str).collect();
    }
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    let all: Option<Vec<Vec<&str>>> = choices.iter().map(words).collect();
    all.map(|all| all.concat())
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value is of a kind that the schema allows. What a scalar must
/// look like beyond that, the parser tells.
fn fits(schema: &Value, node: &Node) -> bool {
    let types = types(schema);
    if types.is_empty() {
        return true;
    }
    types.iter().any(|kind| match (*kind, &node.kind) {
        ("object", Kind::Mapping(_)) | ("array", Kind::List(_)) | ("string", Kind::Scalar { .. }) => true,
        ("null", Kind::Scalar { text, plain }) => *plain && matches!(text.as_str(), "" | "~" | "null"),
        ("boolean", Kind::Scalar { text, plain }) => *plain && matches!(text.as_str(), "true" | "false"),
        ("integer", Kind::Scalar { text, plain }) => *plain && text.parse::<i64>().is_ok(),
        ("number", Kind::Scalar { text, plain }) => *plain && text.parse::<f64>().is_ok(),
        _ => false,
    })
}

fn expected(schema: &Value) -> &'static str {
    match types(schema).first().copied() {
        Some("object") => "a mapping (keys and values)",
        Some("array") => "a list",
        Some("boolean") => "true or false",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("string") => "a text",
        _ => "something else",
    }
}

const fn called(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Scalar { .. } => "a text or number",
        Kind::List(_) => "a list",
        Kind::Mapping(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_origin;
    use crate::engagement::raw::RawEngagement;
    use crate::yaml::Origin;

    #[test]
    fn all_mistakes_of_a_file_are_told_at_once() {
        let text = "id: [m]\nfoo: 1\nteam: x\nas_of: 2026-11-01\nscope: { sits: [a], sites: A }\nexported_at:\n  - { path: '**' }\ncriteria:\n  - { control: c, force: gidance, adopted_by: x }\n";
        let origin = Origin { file: "engagement.yaml".to_owned(), text: text.to_owned() };
        let problems = parse_origin::<RawEngagement>(&origin).expect_err("it is full of mistakes");
        let mut told: Vec<(usize, usize, &str)> = problems.0.iter().map(|problem| (problem.line, problem.column, problem.code)).collect();
        told.sort_unstable();
        let wanted = [
            (1, 5, "wrong-type"),
            (2, 1, "unknown-key"),
            (3, 7, "wrong-type"),
            (5, 10, "unknown-key"),
            (5, 28, "wrong-type"),
            (7, 5, "missing-key"),
            (9, 26, "unknown-value"),
        ];
        assert_eq!(told, wanted);
        assert!(problems.render().contains("did you mean `sites`"), "{}", problems.render());
    }
}
