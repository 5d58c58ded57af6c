//! JSON Schemas of the files that people write, generated from the types that read them.

use serde_json::Value;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the formats")]
pub enum SchemaKind {
    Pack,
    Control,
    Example,
    Source,
    Engagement,
}

/// The schema of a format (draft 2020-12).
#[must_use]
pub fn schema(kind: SchemaKind) -> Value {
    match kind {
        SchemaKind::Pack => schemars::schema_for!(super::raw::RawPack),
        SchemaKind::Control => schemars::schema_for!(super::raw::RawControl),
        SchemaKind::Example => schemars::schema_for!(super::raw::RawExample),
        SchemaKind::Source => schemars::schema_for!(crate::source::raw::RawSource),
        SchemaKind::Engagement => schemars::schema_for!(crate::engagement::raw::RawEngagement),
    }
    .to_value()
}
