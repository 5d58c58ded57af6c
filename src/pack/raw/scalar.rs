//! Single values as they are written. Texts, numbers and booleans are kept as
//! they stand, because evidence is compared as text: `2.10` stays `2.10`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

/// The text that a single value stands for, or the parameter that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// The value.
    Text(String),
    /// The name of a parameter, without its `$`.
    Parameter(String),
}

impl Scalar {
    /// Reads `$name` as a parameter and `$$` as a `$`.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        match text.strip_prefix('$') {
            None => Self::Text(text),
            Some(rest) if rest.starts_with('$') => Self::Text(rest.to_owned()),
            Some(name) => Self::Parameter(name.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_text)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, number or boolean, or `$name` of a parameter of the pack.",
            "type": ["string", "number", "boolean"],
        })
    }
}

/// A number, or the parameter that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount(pub Scalar);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or `$name` of a parameter of the pack.",
            "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^\\$[a-z]" }],
        })
    }
}

/// A list of single values, or the parameter that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScalarList {
    /// The values.
    Values(Vec<Scalar>),
    /// The name of a parameter, without its `$`.
    Parameter(String),
}

impl<'de> Deserialize<'de> for ScalarList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = ScalarList;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list or the `$name` of a parameter")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ScalarList, E> {
                match Scalar::from_text(text.to_owned()) {
                    Scalar::Parameter(name) => Ok(ScalarList::Parameter(name)),
                    Scalar::Text(text) => Err(E::custom(format!("a list is expected here; write [{text}]"))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ScalarList, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(ScalarList::Values(values))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for ScalarList {
    fn schema_name() -> Cow<'static, str> {
        "ScalarList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scalar = generator.subschema_for::<Scalar>();
        json_schema!({
            "description": "A list of texts, numbers or booleans, or `$name` of a parameter of the pack.",
            "anyOf": [{ "type": "array", "items": scalar }, { "type": "string", "pattern": "^\\$[a-z]" }],
        })
    }
}

/// A table's cell: a text, number or boolean, taken as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(pub String);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A text, number or boolean, taken as text.", "type": ["string", "number", "boolean"] })
    }
}

/// A parameter's value: a text, number or boolean, or a list of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterValue(pub Value);

impl<'de> Deserialize<'de> for ParameterValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = ParameterValue;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, number or boolean, or a list of texts")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<ParameterValue, E> {
                Ok(ParameterValue(Value::Bool(value)))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<ParameterValue, E> {
                Ok(ParameterValue(Value::from(value)))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<ParameterValue, E> {
                Ok(ParameterValue(Value::from(value)))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<ParameterValue, E> {
                serde_json::Number::from_f64(value).map(|number| ParameterValue(Value::Number(number))).ok_or_else(|| E::custom("this is no number"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ParameterValue, E> {
                Ok(ParameterValue(Value::String(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ParameterValue, A::Error> {
                let mut values = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    values.push(Value::String(text));
                }
                Ok(ParameterValue(Value::Array(values)))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for ParameterValue {
    fn schema_name() -> Cow<'static, str> {
        "ParameterValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, number or boolean, or a list of texts.",
            "anyOf": [
                { "type": ["string", "number", "boolean"] },
                { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
            ],
        })
    }
}
