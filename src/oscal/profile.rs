//! OSCAL's profile model: which controls of which documents, in which order and with which changes.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::model::{BackMatter, Constraint, Guideline, Link, Metadata, Param, Part, Prop, Select};

/// A profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Which document it is.
    pub uuid: String,
    /// What it is.
    pub metadata: Metadata,
    /// What it takes from where.
    pub imports: Vec<Import>,
    /// How that is put together.
    #[serde(default)]
    pub merge: Option<Merge>,
    /// What is changed.
    #[serde(default)]
    pub modify: Modify,
    /// What links and imports point to.
    #[serde(default)]
    pub back_matter: BackMatter,
}

/// Controls of one other document. Without a list of what to include, all are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Import {
    /// The other document.
    pub href: String,
    /// Everything.
    #[serde(default)]
    pub include_all: Option<IgnoredAny>,
    /// Which.
    #[serde(default)]
    pub include_controls: Option<Vec<ByIds>>,
    /// Which of them not.
    #[serde(default)]
    pub exclude_controls: Vec<ByIds>,
}

/// Controls by id.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ByIds {
    /// Whether the controls in them come along.
    #[serde(default)]
    pub with_child_controls: Option<YesNo>,
    /// These.
    #[serde(default)]
    pub with_ids: Vec<String>,
    /// Those whose id fits.
    #[serde(default)]
    pub matching: Vec<Matching>,
}

/// `yes` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are OSCAL's")]
pub enum YesNo {
    Yes,
    No,
}

/// Ids that fit a pattern with `*` and `?`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Matching {
    /// The pattern.
    #[serde(default)]
    pub pattern: String,
    /// Anything else.
    #[serde(default)]
    pub remarks: Option<IgnoredAny>,
}

/// How controls of several documents are put together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Merge {
    /// What becomes of a control that comes twice.
    #[serde(default)]
    pub combine: Option<Combine>,
    /// Without groups.
    #[serde(default)]
    pub flat: Option<IgnoredAny>,
    /// In the groups where they were.
    #[serde(default)]
    pub as_is: Option<bool>,
    /// In groups of the profile.
    #[serde(default)]
    pub custom: Option<Custom>,
}

/// What becomes of a control that comes twice.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Combine {
    /// `keep`, `use-first` or, out of use, `merge`.
    #[serde(default)]
    pub method: Option<String>,
}

/// Groups of the profile.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Custom {
    /// The groups.
    #[serde(default)]
    pub groups: Vec<CustomGroup>,
    /// Controls outside of them.
    #[serde(default)]
    pub insert_controls: Vec<InsertControls>,
}

/// A group of the profile.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "as in model::Group")]
pub struct CustomGroup {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub class: Option<String>,
    pub title: String,
    #[serde(default)]
    pub params: Vec<Param>,
    #[serde(default)]
    pub props: Vec<Prop>,
    #[serde(default)]
    pub links: Vec<Link>,
    #[serde(default)]
    pub parts: Vec<Part>,
    #[serde(default)]
    pub groups: Vec<CustomGroup>,
    #[serde(default)]
    pub insert_controls: Vec<InsertControls>,
}

/// Controls that are put into a group.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InsertControls {
    /// `keep`, `ascending` or `descending`.
    #[serde(default)]
    pub order: Option<String>,
    /// Everything.
    #[serde(default)]
    pub include_all: Option<IgnoredAny>,
    /// Which.
    #[serde(default)]
    pub include_controls: Option<Vec<ByIds>>,
    /// Which of them not.
    #[serde(default)]
    pub exclude_controls: Vec<ByIds>,
}

/// What is changed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Modify {
    /// Parameters.
    #[serde(default)]
    pub set_parameters: Vec<SetParameter>,
    /// Controls.
    #[serde(default)]
    pub alters: Vec<Alter>,
}

/// What a parameter becomes: what is given takes the place of what was; properties and links are added.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "as in model::Param")]
pub struct SetParameter {
    pub param_id: String,
    #[serde(default)]
    pub class: Option<String>,
    #[serde(default)]
    pub depends_on: Option<String>,
    #[serde(default)]
    pub props: Vec<Prop>,
    #[serde(default)]
    pub links: Vec<Link>,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub usage: Option<String>,
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    #[serde(default)]
    pub guidelines: Vec<Guideline>,
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub select: Option<Select>,
    #[serde(default)]
    pub remarks: Option<IgnoredAny>,
}

/// What is changed in a control.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alter {
    /// Which.
    pub control_id: String,
    /// What is taken away.
    #[serde(default)]
    pub removes: Vec<Remove>,
    /// What is added, after that.
    #[serde(default)]
    pub adds: Vec<Add>,
}

/// What is taken away: whatever is all of this.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Remove {
    /// Of this name.
    #[serde(default)]
    pub by_name: Option<String>,
    /// Of this class.
    #[serde(default)]
    pub by_class: Option<String>,
    /// Of this id.
    #[serde(default)]
    pub by_id: Option<String>,
    /// Of this kind: `param`, `prop`, `link`, `part`.
    #[serde(default)]
    pub by_item_name: Option<String>,
    /// In this namespace.
    #[serde(default)]
    pub by_ns: Option<String>,
    /// Anything else.
    #[serde(default)]
    pub remarks: Option<IgnoredAny>,
}

/// What is added.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Add {
    /// Where, as seen from `by-id` or the control.
    #[serde(default)]
    pub position: Option<Position>,
    /// The part or parameter beside or in which; else the control.
    #[serde(default)]
    pub by_id: Option<String>,
    /// A new title.
    #[serde(default)]
    pub title: Option<String>,
    /// Parameters.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Properties.
    #[serde(default)]
    pub props: Vec<Prop>,
    /// Links.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Text.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// Where something is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are OSCAL's")]
pub enum Position {
    Before,
    After,
    Starting,
    Ending,
}
