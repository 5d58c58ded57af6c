//! Parameters within text: `{{ insert: param, ac-1_prm_1 }}`.

use std::collections::HashMap;

use super::model::Param;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// The parameter of that id stands here.
    Param(&'t str),
}

/// The pieces of a text. Braces that insert no parameter are text.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, behind)) = after.split_once("}}") else { break };
        let id = match inside.trim().strip_prefix("insert:").map(str::trim_start) {
            Some(insert) => insert.strip_prefix("param").and_then(|rest| rest.trim_start().strip_prefix(',')).map(str::trim),
            // As it was written before OSCAL 1.0.
            None => Some(inside.trim()).filter(|id| is_token(id)),
        };
        match id {
            Some(id) => pieces.extend([Piece::Text(before), Piece::Param(id)]),
            None => {
                let whole = rest.get(..rest.len() - behind.len()).unwrap_or(rest);
                pieces.push(Piece::Text(whole));
            }
        }
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The ids of the parameters that a text inserts.
pub fn inserted(text: &str) -> impl Iterator<Item = &str> {
    let pieces = if text.contains("{{") { pieces(text) } else { Vec::new() };
    pieces.into_iter().filter_map(|piece| match piece {
        Piece::Param(id) => Some(id),
        Piece::Text(_) => None,
    })
}

/// OSCAL's token: a letter or `_`, then letters, digits, `.`, `-` and `_`.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_alphanumeric() || matches!(character, '.' | '-' | '_'))
}

/// The parameters of a catalog by id, and how they read within text.
#[derive(Debug, Default)]
pub struct Params<'c>(HashMap<&'c str, &'c Param>);

impl<'c> Params<'c> {
    /// From parameters.
    pub fn new(params: impl Iterator<Item = &'c Param>) -> Self {
        Self(params.map(|param| (param.id.as_str(), param)).collect())
    }

    /// Whether there is one of that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// The text as people read it, in one line: a parameter as its values, or in brackets as its
    /// choices or label. Choices insert parameters, too: what would be too deep or too long stands as its id.
    #[must_use]
    pub fn readable(&self, text: &str) -> String {
        let mut out = String::new();
        self.write(text, 0, &mut out);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What stands in the place of a parameter.
    #[must_use]
    pub fn shown(&self, id: &str) -> String {
        let mut out = String::new();
        self.param(id, 0, &mut out);
        out
    }

    fn write(&self, text: &str, depth: usize, out: &mut String) {
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Param(id) => self.param(id, depth, out),
            }
        }
    }

    fn param(&self, id: &str, depth: usize, out: &mut String) {
        const DEPTH: usize = 4;
        const LENGTH: usize = 64 << 10;
        let Some(param) = self.0.get(id).filter(|_| depth < DEPTH && out.len() < LENGTH) else {
            out.extend(["[", id, "]"]);
            return;
        };
        if !param.values.is_empty() {
            self.write(&param.values.join(", "), depth + 1, out);
            return;
        }
        out.push('[');
        match (&param.select, &param.label) {
            (Some(select), _) if !select.choice.is_empty() => {
                out.push_str(if select.how_many.as_deref() == Some("one-or-more") { "one or more of: " } else { "one of: " });
                for (at, choice) in select.choice.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "; " });
                    self.write(choice, depth + 1, out);
                }
            }
            (_, Some(label)) => self.write(label, depth + 1, out),
            _ => out.push_str(id),
        }
        out.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Select;
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_insertions() {
        use Piece::{Param, Text};
        assert_eq!(pieces("a {{ insert: param, x-1_prm.1 }} b"), [Text("a "), Param("x-1_prm.1"), Text(" b")]);
        assert_eq!(pieces("{{insert:param,x}}{{ y }}"), [Param("x"), Param("y")]);
        assert_eq!(pieces("{{ insert: control, x }} {{ 5 }} {{ a"), [Text("{{ insert: control, x }}"), Text(" {{ 5 }}"), Text(" {{ a")]);
        assert_eq!(inserted("none").count(), 0);
    }

    #[test]
    fn parameters_read_as_values_choices_or_labels_and_never_without_end() {
        let select = |choices: &[&str]| {
            Some(Select { how_many: Some("one-or-more".to_owned()), choice: choices.iter().map(|text| (*text).to_owned()).collect() })
        };
        let param = |id: &str, label: Option<&str>, values: &[&str], select| Param {
            id: id.to_owned(),
            label: label.map(str::to_owned),
            values: values.iter().map(|text| (*text).to_owned()).collect(),
            select,
            ..Param::default()
        };
        let loops = vec!["{{ insert: param, loop }}"; 20];
        let list = [
            param("label", Some("a duration"), &[], None),
            param("set", Some("a duration"), &["one day", "two days"], None),
            param("bare", None, &[], None),
            param("choice", None, &[], select(&["lock after {{ insert: param, label }}", "ask"])),
            param("loop", None, &[], select(&loops)),
        ];
        let params = Params::new(list.iter());
        let read = |id: &str| params.readable(&format!("x\n {{{{ insert: param, {id} }}}} ."));
        assert_eq!(read("label"), "x [a duration] .");
        assert_eq!(read("set"), "x one day, two days .");
        assert_eq!(read("bare"), "x [bare] .");
        assert_eq!(read("choice"), "x [one or more of: lock after [a duration]; ask] .");
        assert_eq!(read("none"), "x [none] .");
        assert!(read("loop").len() < 200_000);
    }
}
