//! JSON Schemas of the files that people write, and of the report, generated from the types.

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
    Waivers,
    Report,
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
        SchemaKind::Waivers => schemars::schema_for!(crate::waiver::file::RawWaivers),
        SchemaKind::Report => schemars::schema_for!(crate::report::Report),
    }
    .to_value()
}
