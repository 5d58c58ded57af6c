//! The documents and publications that a catalog refers to.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{Prop, empty};

/// What links point to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BackMatter {
    /// The resources.
    #[serde(default, skip_serializing_if = "empty")]
    pub resources: Vec<Resource>,
}

/// A document or publication that is referred to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resource {
    /// Which.
    pub uuid: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "empty")]
    pub title: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "empty")]
    pub description: Option<String>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// Other names of it.
    #[serde(default, skip_serializing)]
    pub document_ids: Option<IgnoredAny>,
    /// How to cite it.
    #[serde(default, skip_serializing_if = "empty")]
    pub citation: Option<Citation>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "empty")]
    pub rlinks: Vec<ResourceLink>,
    /// The bytes themselves.
    #[serde(default, skip_serializing)]
    pub base64: Option<IgnoredAny>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "empty")]
    pub remarks: Option<String>,
}

impl Resource {
    /// The members that are there and not kept.
    #[must_use]
    pub fn left_out(&self) -> Vec<&'static str> {
        let cited = self.citation.as_ref().is_some_and(|citation| citation.props.is_some() || citation.links.is_some());
        let known = [("document-ids", self.document_ids.is_some()), ("base64", self.base64.is_some()), ("citation/props, links", cited)];
        known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
}

/// How to cite a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Citation {
    /// The citation.
    pub text: String,
    /// Properties.
    #[serde(default, skip_serializing)]
    pub props: Option<IgnoredAny>,
    /// Links.
    #[serde(default, skip_serializing)]
    pub links: Option<IgnoredAny>,
}

/// Where a resource is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResourceLink {
    /// The address.
    pub href: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "empty")]
    pub media_type: Option<String>,
    /// Its digests.
    #[serde(default, skip_serializing_if = "empty")]
    pub hashes: Vec<Hash>,
}

/// A digest of what lies at an address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hash {
    /// `SHA-256` and the like.
    pub algorithm: String,
    /// Hexadecimal.
    pub value: String,
}
