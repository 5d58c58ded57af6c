//! The normalised datasets: what one record of each is, and its fields.
//!
//! Every export, whatever system made it, is mapped onto these names, so that
//! a control is written once. Names follow SCIM 2.0 and OCSF where they have
//! a word. Sources may add fields under `ext.` and datasets of their own; the
//! kinds of those come from the source's mapping.

pub mod derived;

/// What a field's values are, which decides how they are decoded and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Compared exactly, after decoding.
    Text,
    /// A person: compared through identity resolution.
    Person,
    /// A date or time, normalised to ISO 8601 in UTC.
    Date,
    /// `true` or `false`.
    Boolean,
    /// Several values.
    List,
}

/// A field of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: FieldKind,
}

/// A normalised dataset.
#[derive(Debug, Clone, Copy)]
pub struct Dataset {
    /// Its name.
    pub name: &'static str,
    /// What one record is.
    pub record: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// The date of the act that a record proves: acts after the as-of date
    /// are excluded. `None` where a record is a state, not an act.
    pub act: Option<&'static str>,
}

/// The separator between the elements of a list field in a batch: the ASCII
/// unit separator, which no export of text holds.
pub const LIST_SEPARATOR: u8 = 0x1f;

/// The dataset that tells who is who.
pub const ROSTER: &str = "people";

/// The prefix of fields that a source adds.
pub const EXTENSION: &str = "ext.";

impl Dataset {
    /// The kind of a field; `None` where the dataset has no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<FieldKind> {
        if name == "site" {
            return Some(FieldKind::Text);
        }
        self.fields.iter().find(|field| field.name == name).map(|field| field.kind)
    }
}

/// The dataset of that name, where the contract has one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.name == name).or_else(|| derived::find(name).map(|derived| &derived.dataset))
}

const fn text(name: &'static str) -> Field {
    Field { name, kind: FieldKind::Text }
}
const fn person(name: &'static str) -> Field {
    Field { name, kind: FieldKind::Person }
}
const fn date(name: &'static str) -> Field {
    Field { name, kind: FieldKind::Date }
}
const fn boolean(name: &'static str) -> Field {
    Field { name, kind: FieldKind::Boolean }
}
const fn list(name: &'static str) -> Field {
    Field { name, kind: FieldKind::List }
}

/// Every dataset of the contract, in its order.
pub const DATASETS: &[Dataset] = &[
    Dataset {
        name: "people",
        record: "a person on the roster",
        fields: &[
            text("person_id"),
            text("email"),
            text("user_name"),
            text("display_name"),
            boolean("active"),
            text("title"),
            text("department"),
            person("manager"),
            text("employment_type"),
            date("start_date"),
            date("end_date"),
            list("work_role_codes"),
        ],
        act: None,
    },
    Dataset {
        name: "positions",
        record: "a post, filled or vacant",
        fields: &[text("position_id"), text("title"), text("department"), person("incumbent"), list("work_role_codes"), text("reports_to")],
        act: None,
    },
    Dataset {
        name: "accounts",
        record: "an account in a system",
        fields: &[
            text("system"),
            text("account_id"),
            person("user_name"),
            person("email"),
            boolean("enabled"),
            text("kind"),
            boolean("mfa"),
            list("licences"),
            date("created_at"),
            date("last_login_at"),
        ],
        act: None,
    },
    Dataset {
        name: "roles",
        record: "a role as the organisation or a system defines it",
        fields: &[
            text("system"),
            text("role_id"),
            text("name"),
            text("description"),
            boolean("built_in"),
            boolean("privileged"),
            list("permissions"),
            list("scope_tags"),
            person("owner"),
            person("approved_by"),
            date("approved_at"),
            date("review_due"),
        ],
        act: None,
    },
    Dataset {
        name: "role_assignments",
        record: "a principal holds a role",
        fields: &[
            text("system"),
            text("assignment_id"),
            person("principal"),
            text("principal_kind"),
            text("role_id"),
            text("state"),
            text("scope"),
            list("scope_tags"),
            list("scope_groups"),
            person("granted_by"),
            date("granted_at"),
            date("expires_at"),
            text("justification"),
        ],
        act: None,
    },
    Dataset {
        name: "memberships",
        record: "a member of a group",
        fields: &[text("system"), text("group"), person("member"), text("member_kind")],
        act: None,
    },
    Dataset {
        name: "tasks",
        record: "a task in a plan or matrix",
        fields: &[text("task_id"), text("task"), text("section"), text("plan")],
        act: None,
    },
    Dataset {
        name: "responsibilities",
        record: "a cell of a responsibility matrix",
        fields: &[text("task_id"), text("task"), person("party"), text("party_kind"), text("letter"), text("note")],
        act: None,
    },
    Dataset {
        name: "delegations",
        record: "someone acts for someone",
        fields: &[person("delegator"), person("delegate"), text("what"), date("starts_at"), date("ends_at"), person("approved_by")],
        act: None,
    },
    Dataset {
        name: "assets",
        record: "an asset",
        fields: &[
            text("asset_id"),
            text("name"),
            text("kind"),
            person("owner"),
            person("custodian"),
            text("classification"),
            text("status"),
            date("reviewed_at"),
        ],
        act: None,
    },
    Dataset {
        name: "sites",
        record: "a place",
        fields: &[text("site_id"), text("name"), text("client"), text("status"), date("opened_at"), person("manager")],
        act: None,
    },
    Dataset {
        name: "suppliers",
        record: "a supplier or contract",
        fields: &[text("supplier_id"), text("name"), text("service"), person("owner"), date("contract_ends"), date("reviewed_at"), text("rating")],
        act: None,
    },
    Dataset {
        name: "training",
        record: "a person completed something",
        fields: &[
            person("person"),
            text("course"),
            text("competency"),
            text("work_role_code"),
            date("completed_at"),
            date("expires_at"),
            text("result"),
        ],
        act: Some("completed_at"),
    },
    Dataset {
        name: "competence",
        record: "a person was found able",
        fields: &[person("person"), text("ksa_id"), text("basis"), person("evaluated_by"), date("at"), date("expires_at")],
        act: Some("at"),
    },
    Dataset {
        name: "risks",
        record: "a risk",
        fields: &[
            text("risk_id"),
            text("title"),
            person("owner"),
            text("status"),
            text("residual_level"),
            person("accepted_by"),
            date("accepted_at"),
            date("acceptance_expires"),
        ],
        act: None,
    },
    Dataset {
        name: "documents",
        record: "a policy or procedure",
        fields: &[
            text("document_id"),
            text("title"),
            text("version"),
            person("owner"),
            person("approved_by"),
            date("approved_at"),
            date("review_due"),
            text("text"),
            text("path"),
        ],
        act: None,
    },
    Dataset {
        name: "acknowledgements",
        record: "a person accepted a document",
        fields: &[person("person"), text("document"), text("version"), date("at")],
        act: Some("at"),
    },
    Dataset {
        name: "on_call",
        record: "a shift",
        fields: &[text("schedule"), text("role"), person("person"), date("starts_at"), date("ends_at"), text("level")],
        act: None,
    },
    Dataset {
        name: "incidents",
        record: "an incident",
        fields: &[text("incident_id"), text("severity"), date("opened_at"), date("resolved_at"), date("postmortem_at"), text("actions_open")],
        act: Some("opened_at"),
    },
    Dataset {
        name: "incident_roles",
        record: "who held which role when",
        fields: &[text("incident_id"), text("role"), person("person"), date("from"), date("to")],
        act: Some("from"),
    },
    Dataset {
        name: "events",
        record: "a dated act that proves an activity",
        fields: &[date("time"), person("actor"), text("action"), text("target"), text("result")],
        act: Some("time"),
    },
    Dataset {
        name: "actions",
        record: "a corrective action or POA&M item",
        fields: &[text("action_id"), text("finding"), person("owner"), date("due"), text("status"), date("closed_at")],
        act: None,
    },
    Dataset {
        name: "attestations",
        record: "a person's statement",
        fields: &[text("control"), person("by"), text("role"), date("at"), date("expires"), text("statement")],
        act: Some("at"),
    },
];
