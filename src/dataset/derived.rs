//! Datasets that no export delivers: they are made of others.
//!
//! Checks name them like any dataset. What each is made of stands here, once;
//! how it is made is in [`crate::derived`].

use super::{Dataset, date, list, person, text};

/// Who is in a group, through groups in groups.
pub const GROUP_MEMBERS: &str = "group_members";
/// Who holds a role, directly or through groups.
pub const ROLE_HOLDERS: &str = "role_holders";
/// What a person may do, by all their assignments together.
pub const EFFECTIVE_PERMISSIONS: &str = "effective_permissions";
/// Who has a duty of a responsibility matrix, by name or by title.
pub const DUTY_HOLDERS: &str = "duty_holders";

/// The field of a planned derived dataset that says whose names a record's persons have. Checks cannot name it.
pub const NAMES: &str = "#names";

/// A dataset that is made of others.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// Its name, records and fields.
    pub dataset: Dataset,
    /// What it is made of. The first is the main base: each record is made of one of its records, and what else is known.
    pub bases: &'static [Base],
}

/// A dataset that another is made of.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    /// Its name.
    pub dataset: &'static str,
    /// Whether it is needed only where something is assigned to a group, or a duty to a title.
    pub for_groups: bool,
    /// The fields without which no record can be made.
    pub decides: &'static [&'static str],
    /// Fields that are made of one of its fields: the derived one and the base's.
    pub carries: &'static [(&'static str, &'static str)],
    /// As `carries`, where the derived field can mostly be told without.
    pub informs: &'static [(&'static str, &'static str)],
    /// Fields that are read where they are there: without them records are made all the same.
    pub reads: &'static [&'static str],
}

/// The memberships by which groups are expanded.
const GROUPS: Base =
    Base { dataset: "memberships", for_groups: true, decides: &["group", "member", "member_kind"], carries: &[], informs: &[], reads: &[] };

/// Every derived dataset.
pub const DERIVED: &[Derived] = &[
    Derived {
        dataset: Dataset {
            name: GROUP_MEMBERS,
            record: "a member of a group, through groups in groups",
            fields: &[text("system"), text("group"), person("member"), text("via")],
            act: None,
        },
        bases: &[Base { for_groups: false, carries: &[("system", "system")], ..GROUPS }],
    },
    Derived {
        dataset: Dataset {
            name: ROLE_HOLDERS,
            record: "a person holds a role, directly or through groups",
            fields: &[
                text("system"),
                text("assignment_id"),
                text("role_id"),
                person("person"),
                text("via_group"),
                text("state"),
                text("scope"),
                list("scope_tags"),
                date("expires_at"),
                person("granted_by"),
            ],
            act: None,
        },
        bases: &[
            Base {
                dataset: "role_assignments",
                for_groups: false,
                decides: &["principal", "principal_kind"],
                carries: &[
                    ("system", "system"),
                    ("assignment_id", "assignment_id"),
                    ("role_id", "role_id"),
                    ("state", "state"),
                    ("scope", "scope"),
                    ("scope_tags", "scope_tags"),
                    ("expires_at", "expires_at"),
                    ("granted_by", "granted_by"),
                ],
                informs: &[],
                reads: &[],
            },
            GROUPS,
        ],
    },
    Derived {
        dataset: Dataset {
            name: EFFECTIVE_PERMISSIONS,
            record: "a person may do something, by all their assignments",
            fields: &[
                text("system"),
                person("person"),
                text("permission"),
                text("object"),
                text("action"),
                text("scope"),
                list("scope_tags"),
                text("role_id"),
                text("assignment_id"),
                text("via_group"),
                text("extent"),
            ],
            act: None,
        },
        bases: &[
            Base {
                dataset: "role_assignments",
                for_groups: false,
                decides: &["principal", "principal_kind", "role_id"],
                carries: &[("system", "system"), ("scope", "scope"), ("scope_tags", "scope_tags"), ("assignment_id", "assignment_id")],
                informs: &[("extent", "scope_tags")],
                reads: &[],
            },
            Base { dataset: "roles", for_groups: false, decides: &["role_id", "permissions"], carries: &[], informs: &[], reads: &[] },
            GROUPS,
        ],
    },
    Derived {
        dataset: Dataset {
            name: DUTY_HOLDERS,
            record: "a person has a duty, by name or by title",
            fields: &[text("task_id"), text("task"), text("letter"), person("party"), text("party_kind"), person("person"), text("via_title")],
            act: None,
        },
        bases: &[
            Base {
                dataset: "responsibilities",
                for_groups: false,
                decides: &["party", "party_kind"],
                carries: &[("task_id", "task_id"), ("task", "task"), ("letter", "letter"), ("party", "party"), ("party_kind", "party_kind")],
                informs: &[],
                reads: &[],
            },
            Base {
                dataset: "people",
                for_groups: true,
                decides: &["title", "active"],
                carries: &[],
                informs: &[("person", "person_id")],
                reads: &crate::identity::ROSTER_FIELDS,
            },
        ],
    },
];

/// The derived dataset of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Derived> {
    DERIVED.iter().find(|derived| derived.dataset.name == name)
}

/// The datasets that exports must deliver for this one: itself, or those that it is made of.
pub fn delivered(name: &str) -> impl Iterator<Item = &str> {
    let derived = find(name);
    let bases = derived.map_or(&[][..], |derived| derived.bases).iter().map(|base| base.dataset);
    derived.is_none().then_some(name).into_iter().chain(bases)
}

impl Derived {
    /// Whether a field holds what a field of a base holds, as it stands there.
    #[must_use]
    pub fn carries(&self, field: &str, (base, from): (&str, &str)) -> bool {
        self.bases.iter().any(|own| own.dataset == base && own.carries.iter().any(|(own, of)| (*own, *of) == (field, from)))
    }

    /// The fields of a base that a field is made of.
    pub fn made_of(&self, field: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of = |base: &'static Base| base.carries.iter().chain(base.informs).map(move |(own, from)| (base.dataset, *own, *from));
        self.bases.iter().flat_map(of).filter(move |(_, own, _)| *own == field).map(|(base, _, from)| (base, from)).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset;

    #[test]
    fn what_they_are_made_of_exists_and_is_of_the_same_kind() {
        for derived in DERIVED {
            assert!(dataset::find(derived.dataset.name).is_some());
            for base in derived.bases {
                let of = dataset::find(base.dataset).unwrap();
                assert!(find(base.dataset).is_none(), "made of what exports deliver");
                base.decides.iter().chain(base.reads).for_each(|field| assert!(of.field(field).is_some(), "{field}"));
                base.informs.iter().for_each(|(own, from)| assert!(derived.dataset.field(own).and(of.field(from)).is_some(), "{own}"));
                for (own, from) in base.carries {
                    assert_eq!(derived.dataset.field(own), of.field(from), "{own}");
                }
            }
        }
        assert_eq!(delivered(ROLE_HOLDERS).collect::<Vec<_>>(), ["role_assignments", "memberships"]);
        assert_eq!(delivered("people").collect::<Vec<_>>(), ["people"]);
    }
}
