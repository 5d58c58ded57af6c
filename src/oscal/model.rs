//! The part of OSCAL's catalog model that is read and written here, as the
//! JSON schema of OSCAL 1.2.3 has it: names, order and which members must be there.
//!
//! A member that no version 1 of the schema knows is refused, so that nothing is
//! lost unseen; what the schema knows and a pack has no use for is skipped by
//! name, and [`Metadata::left_out`] and [`Resource::left_out`] tell it.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

fn empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A catalog: controls in groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Catalog {
    /// Which document it is.
    pub uuid: String,
    /// What it is.
    pub metadata: Metadata,
    /// Parameters of no one control.
    #[serde(default, skip_serializing_if = "empty")]
    pub params: Vec<Param>,
    /// Controls of no group.
    #[serde(default, skip_serializing_if = "empty")]
    pub controls: Vec<Control>,
    /// The groups.
    #[serde(default, skip_serializing_if = "empty")]
    pub groups: Vec<Group>,
    /// What links point to.
    #[serde(default, skip_serializing_if = "empty")]
    pub back_matter: BackMatter,
}

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metadata {
    /// Its title.
    pub title: String,
    /// When it was published.
    #[serde(default, skip_serializing_if = "empty")]
    pub published: Option<String>,
    /// When it was changed last.
    pub last_modified: String,
    /// Its version.
    pub version: String,
    /// The version of OSCAL.
    pub oscal_version: String,
    /// Earlier versions.
    #[serde(default, skip_serializing)]
    pub revisions: Option<IgnoredAny>,
    /// Other names of the document.
    #[serde(default, skip_serializing)]
    pub document_ids: Option<IgnoredAny>,
    /// Properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// Links.
    #[serde(default, skip_serializing_if = "empty")]
    pub links: Vec<Link>,
    /// Roles of people in making it.
    #[serde(default, skip_serializing)]
    pub roles: Option<IgnoredAny>,
    /// Places.
    #[serde(default, skip_serializing)]
    pub locations: Option<IgnoredAny>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "empty")]
    pub parties: Vec<Party>,
    /// Who has which role.
    #[serde(default, skip_serializing)]
    pub responsible_parties: Option<IgnoredAny>,
    /// What was done with it.
    #[serde(default, skip_serializing)]
    pub actions: Option<IgnoredAny>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "empty")]
    pub remarks: Option<String>,
}

impl Metadata {
    /// The members that are there and not kept.
    #[must_use]
    pub fn left_out(&self) -> Vec<&'static str> {
        let known = [
            ("revisions", self.revisions.is_some()),
            ("document-ids", self.document_ids.is_some()),
            ("roles", self.roles.is_some()),
            ("locations", self.locations.is_some()),
            ("parties", !self.parties.is_empty()),
            ("responsible-parties", self.responsible_parties.is_some()),
            ("actions", self.actions.is_some()),
        ];
        known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
}

/// A person or organisation: of an imported document only the name is of use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Which.
    pub uuid: String,
    /// `person` or `organization`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name.
    #[serde(default, skip_serializing_if = "empty")]
    pub name: Option<String>,
}

/// A group of controls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Its id.
    #[serde(default, skip_serializing_if = "empty")]
    pub id: Option<String>,
    /// Its class.
    #[serde(default, skip_serializing_if = "empty")]
    pub class: Option<String>,
    /// Its title.
    pub title: String,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "empty")]
    pub params: Vec<Param>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// Its links.
    #[serde(default, skip_serializing_if = "empty")]
    pub links: Vec<Link>,
    /// Its text.
    #[serde(default, skip_serializing_if = "empty")]
    pub parts: Vec<Part>,
    /// Groups in it.
    #[serde(default, skip_serializing_if = "empty")]
    pub groups: Vec<Group>,
    /// Controls in it.
    #[serde(default, skip_serializing_if = "empty")]
    pub controls: Vec<Control>,
}

/// A control.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Control {
    /// Its id, unique in the document.
    pub id: String,
    /// Its class.
    #[serde(default, skip_serializing_if = "empty")]
    pub class: Option<String>,
    /// Its title.
    pub title: String,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "empty")]
    pub params: Vec<Param>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// Its links.
    #[serde(default, skip_serializing_if = "empty")]
    pub links: Vec<Link>,
    /// Its text.
    #[serde(default, skip_serializing_if = "empty")]
    pub parts: Vec<Part>,
    /// Controls in it, such as enhancements.
    #[serde(default, skip_serializing_if = "empty")]
    pub controls: Vec<Control>,
}

impl Control {
    /// The property `label` without a class, else the first with one.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        let labels = || self.props.iter().filter(|prop| prop.name == "label");
        labels().find(|prop| prop.class.is_none()).or_else(|| labels().next()).map(|prop| prop.value.as_str())
    }

    /// Whether its property `status` says that it is withdrawn.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.props.iter().any(|prop| prop.name == "status" && prop.value.eq_ignore_ascii_case("withdrawn"))
    }
}

/// A part of the text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Part {
    /// Its id.
    #[serde(default, skip_serializing_if = "empty")]
    pub id: Option<String>,
    /// What it is: `statement`, `item`, `guidance`, `assessment-objective` and others.
    pub name: String,
    /// Whose word `name` is.
    #[serde(default, skip_serializing_if = "empty")]
    pub ns: Option<String>,
    /// Its class.
    #[serde(default, skip_serializing_if = "empty")]
    pub class: Option<String>,
    /// Its title.
    #[serde(default, skip_serializing_if = "empty")]
    pub title: Option<String>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// The text itself, Markdown with insertions.
    #[serde(default, skip_serializing_if = "empty")]
    pub prose: Option<String>,
    /// Parts in it.
    #[serde(default, skip_serializing_if = "empty")]
    pub parts: Vec<Part>,
    /// Its links.
    #[serde(default, skip_serializing_if = "empty")]
    pub links: Vec<Link>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Param {
    /// Its id, unique in the document.
    pub id: String,
    /// Its class.
    #[serde(default, skip_serializing_if = "empty")]
    pub class: Option<String>,
    /// Another parameter that uses it; out of use in OSCAL itself.
    #[serde(default, skip_serializing_if = "empty")]
    pub depends_on: Option<String>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "empty")]
    pub props: Vec<Prop>,
    /// Its links.
    #[serde(default, skip_serializing_if = "empty")]
    pub links: Vec<Link>,
    /// What stands in its place while it has no value.
    #[serde(default, skip_serializing_if = "empty")]
    pub label: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "empty")]
    pub usage: Option<String>,
    /// What its value must be.
    #[serde(default, skip_serializing_if = "empty")]
    pub constraints: Vec<Constraint>,
    /// How to choose its value.
    #[serde(default, skip_serializing_if = "empty")]
    pub guidelines: Vec<Guideline>,
    /// Its values.
    #[serde(default, skip_serializing_if = "empty")]
    pub values: Vec<String>,
    /// What can be chosen; never beside `values`.
    #[serde(default, skip_serializing_if = "empty")]
    pub select: Option<Select>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "empty")]
    pub remarks: Option<String>,
}

/// What a parameter's value must be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Constraint {
    /// In words.
    #[serde(default, skip_serializing_if = "empty")]
    pub description: Option<String>,
    /// As tests.
    #[serde(default, skip_serializing_if = "empty")]
    pub tests: Vec<ConstraintTest>,
}

/// A formal test of a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConstraintTest {
    /// The expression.
    pub expression: String,
    /// Anything else.
    #[serde(default, skip_serializing_if = "empty")]
    pub remarks: Option<String>,
}

/// How to choose a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Guideline {
    /// The text.
    pub prose: String,
}

/// What can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Select {
    /// `one` or `one-or-more`.
    #[serde(default, skip_serializing_if = "empty")]
    pub how_many: Option<String>,
    /// The choices.
    #[serde(default, skip_serializing_if = "empty")]
    pub choice: Vec<String>,
}

/// A property.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prop {
    /// Its name, a token.
    pub name: String,
    /// Which.
    #[serde(default, skip_serializing_if = "empty")]
    pub uuid: Option<String>,
    /// Whose name it is; OSCAL's own without.
    #[serde(default, skip_serializing_if = "empty")]
    pub ns: Option<String>,
    /// Its value, one line.
    pub value: String,
    /// Its class.
    #[serde(default, skip_serializing_if = "empty")]
    pub class: Option<String>,
    /// Properties that belong together.
    #[serde(default, skip_serializing_if = "empty")]
    pub group: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "empty")]
    pub remarks: Option<String>,
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Link {
    /// Where to: `#` and an id of the document, or a reference.
    pub href: String,
    /// How the two relate.
    #[serde(default, skip_serializing_if = "empty")]
    pub rel: Option<String>,
    /// The media type of what is there.
    #[serde(default, skip_serializing_if = "empty")]
    pub media_type: Option<String>,
    /// A place in it.
    #[serde(default, skip_serializing_if = "empty")]
    pub resource_fragment: Option<String>,
    /// Its words.
    #[serde(default, skip_serializing_if = "empty")]
    pub text: Option<String>,
}

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
