//! Where a control applies: what a parameter must be. Evidence has no say in it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scope::{Scope, Writing, text_of};
use crate::diagnostic::Diagnostics;
use crate::pack::Applies;
use crate::pack::raw::RawAppliesWhen;
use crate::yaml::{Origin, Spanned};

/// Resolves the condition under which a control applies.
pub(super) fn resolve(scope: &Scope<'_>, origin: &Origin, raw: &Spanned<RawAppliesWhen>, problems: &mut Diagnostics) -> Option<Applies> {
    let mut writing = Writing { scope, origin, problems, parameters: BTreeSet::new() };
    let name = &raw.parameter.value;
    let value = writing.parameter(name, raw.parameter.at).cloned()?;
    let (words, wanted, listed) = match (&raw.is, &raw.one_of, &raw.includes) {
        (Some(is), None, None) => ("is", vec![writing.scalar(&is.value, is.at)], false),
        (None, Some(list), None) => ("is", writing.list(list), false),
        (None, None, Some(includes)) => ("includes", vec![writing.scalar(&includes.value, includes.at)], true),
        _ => {
            writing.wrong(raw.at, "predicate-operator", "a control applies where a parameter has one of `is`, `in` and `includes`", None);
            return None;
        }
    };
    let own: Vec<String> = match &value {
        Value::Array(values) => values.iter().map(text_of).collect(),
        value => vec![text_of(value)],
    };
    if value.is_array() != listed {
        let message = if listed { "is one value; `includes` is for lists" } else { "is a list; use `includes`" };
        writing.wrong(raw.parameter.at, "wrong-parameter", format!("`{name}` {message}"), None);
    }
    let either = wanted.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    let here = if own.is_empty() { "empty".to_owned() } else { own.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ") };
    Some(Applies {
        wherever: format!("applies where `{name}` {words} {either}"),
        here,
        applies: own.iter().any(|value| wanted.contains(value)),
        set_by_engagement: scope.parameters.iter().any(|parameter| parameter.name == *name && parameter.set_by_engagement),
    })
}
