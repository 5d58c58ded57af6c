//! Examples as they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::ParameterValue;
use crate::engagement::raw::RawPeriod;
use crate::yaml::Spanned;

/// An example: a little evidence, and what the control's checks find in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExample {
    /// What it shows.
    pub title: String,
    /// The as-of date, 'YYYY-MM-DD'; default 2026-11-01.
    #[serde(default)]
    pub as_of: Option<Spanned<String>>,
    /// The date of export of all its tables; default: the as-of date.
    #[serde(default)]
    pub exported_at: Option<Spanned<String>>,
    /// The period under audit; default: none is stated.
    #[serde(default)]
    pub period: Option<Spanned<RawPeriod>>,
    /// Values for parameters of the pack.
    #[serde(default)]
    pub parameters: BTreeMap<String, Spanned<ParameterValue>>,
    /// The client's words.
    #[serde(default)]
    pub terms: Vec<Spanned<crate::engagement::raw::RawTerm>>,
    /// Records by dataset. A missing key is absent, '' is empty, a list field is a list.
    pub datasets: BTreeMap<String, Spanned<Vec<Spanned<BTreeMap<String, ExampleCell>>>>>,
    /// Fail examples: exactly the findings that the checks make.
    #[serde(default)]
    pub findings: Vec<Spanned<RawExpectedFinding>>,
}

/// A finding that a check must make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExpectedFinding {
    /// The check.
    pub check: Spanned<String>,
    /// The identity fields and their values.
    pub subject: BTreeMap<String, super::Cell>,
}

/// A value in an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExampleCell {
    /// A single value as text; empty: there is none.
    Text(String),
    /// The elements of a list field.
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for ExampleCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = ExampleCell;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, number or boolean, or a list of texts")
            }

            fn visit_unit<E: Error>(self) -> Result<ExampleCell, E> {
                Ok(ExampleCell::Text(String::new()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<ExampleCell, E> {
                Ok(ExampleCell::Text(value.to_string()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<ExampleCell, E> {
                Ok(ExampleCell::Text(value.to_string()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<ExampleCell, E> {
                Ok(ExampleCell::Text(value.to_string()))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<ExampleCell, E> {
                Err(E::custom("put a decimal number in quotes, so that it stays as it is written"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ExampleCell, E> {
                Ok(ExampleCell::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ExampleCell, A::Error> {
                let mut values = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    values.push(text);
                }
                Ok(ExampleCell::List(values))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for ExampleCell {
    fn schema_name() -> Cow<'static, str> {
        "ExampleCell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value; '' is empty; a list field takes a list.",
            "anyOf": [
                { "type": ["string", "integer", "boolean", "null"] },
                { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
            ],
        })
    }
}
