//! Why an item could not be decided, or was left out: small values that
//! states count, spelled out only in the report.

use serde::{Deserialize, Serialize};

use crate::evidence::batch::RejectReason;

/// Why an item is undecided. Datasets and columns are indices of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Why {
    /// The source does not give the field.
    FieldAbsent {
        /// The dataset.
        dataset: u16,
        /// The field.
        column: u16,
    },
    /// The value cannot be read as what it should be.
    Unreadable {
        /// The dataset.
        dataset: u16,
        /// The field.
        column: u16,
    },
    /// A key that should have a value is empty.
    KeyEmpty {
        /// The dataset.
        dataset: u16,
        /// The field.
        column: u16,
    },
    /// A time that should be there is empty.
    TimeEmpty {
        /// The dataset.
        dataset: u16,
        /// The field.
        column: u16,
    },
    /// Something ends before it begins.
    TimesReversed {
        /// The dataset.
        dataset: u16,
        /// The field that says when it ends.
        column: u16,
    },
    /// The roster does not tell who this is.
    PersonUnresolved {
        /// The dataset.
        dataset: u16,
        /// The field.
        column: u16,
    },
    /// Somebody is missing on the roster, who may be the one or the other of two persons.
    RosterIncomplete,
    /// Nothing was found, but the dataset is known to be incomplete.
    LookupIncomplete {
        /// The dataset that was looked into.
        dataset: u16,
    },
    /// What was found may not count: its own condition is unknown.
    LookupUncertain {
        /// The dataset that was looked into.
        dataset: u16,
    },
    /// The record could not be read.
    Rejected {
        /// The dataset.
        dataset: u16,
        /// Why.
        reason: RejectReason,
    },
    /// What is missing may stand in records that are missing.
    Incomplete {
        /// The dataset.
        dataset: u16,
    },
    /// No statement was found.
    AttestationMissing,
    /// The statement has expired.
    AttestationExpired,
    /// A group's members are not in the evidence.
    GroupNotExpanded {
        /// The dataset.
        dataset: u16,
    },
}

/// Why an item is excluded from the population that is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Excluded {
    /// The act lies after the as-of date.
    AfterAsOf,
    /// The check's own condition does not hold.
    Condition,
    /// A document's demands, where the document itself is missing.
    DocumentMissing,
    /// The field that would refer is empty.
    Empty,
    /// The engagement leaves it out of scope.
    OutOfScope,
}

impl Excluded {
    /// The stable reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AfterAsOf => "after-as-of",
            Self::Condition => "condition",
            Self::DocumentMissing => "document-missing",
            Self::Empty => "empty",
            Self::OutOfScope => "out-of-scope",
        }
    }
}

impl Why {
    /// The stable reason, with the names that the plan knows:
    /// `names(dataset, column)` gives the dataset's name and the field's.
    #[must_use]
    pub fn reason<'n>(self, names: impl Fn(u16, Option<u16>) -> (&'n str, &'n str)) -> String {
        let at = |code: &str, dataset: u16, column: u16| {
            let (dataset, field) = names(dataset, Some(column));
            format!("{code}: {dataset}.{field}")
        };
        let of = |code: &str, dataset: u16| format!("{code}: {}", names(dataset, None).0);
        match self {
            Self::FieldAbsent { dataset, column } => at("field-absent", dataset, column),
            Self::Unreadable { dataset, column } => at("value-unreadable", dataset, column),
            Self::KeyEmpty { dataset, column } => at("key-empty", dataset, column),
            Self::TimeEmpty { dataset, column } => at("time-empty", dataset, column),
            Self::TimesReversed { dataset, column } => at("times-reversed", dataset, column),
            Self::PersonUnresolved { dataset, column } => at("person-unresolved", dataset, column),
            Self::RosterIncomplete => format!("incomplete-population: {}", crate::dataset::ROSTER),
            Self::LookupIncomplete { dataset } => of("incomplete-population", dataset),
            Self::LookupUncertain { dataset } => of("look-up-uncertain", dataset),
            // Of records that are made of others, whether a state counts them as rejected or says so itself.
            Self::Rejected { dataset, reason: RejectReason::GroupNotExpanded } | Self::GroupNotExpanded { dataset } => {
                of("group-not-expanded", dataset)
            }
            Self::Rejected { dataset, reason: RejectReason::RoleNotShown } => of("role-not-shown", dataset),
            Self::Rejected { dataset, reason: RejectReason::FieldUntold } => of("field-untold", dataset),
            Self::Rejected { dataset, reason } => format!("record-rejected: {} ({})", names(dataset, None).0, reason.code()),
            Self::Incomplete { dataset } => of("incomplete-population", dataset),
            Self::AttestationMissing => "attestation-missing".to_owned(),
            Self::AttestationExpired => "attestation-expired".to_owned(),
        }
    }

    /// Why an item is undecided that rests on a derived record of which something cannot be told.
    #[must_use]
    pub const fn untold(dataset: u16, reason: RejectReason) -> Self {
        match reason {
            RejectReason::GroupNotExpanded => Self::GroupNotExpanded { dataset },
            reason => Self::Rejected { dataset, reason },
        }
    }

    /// The codes of all reasons that are about a dataset: those that a tolerance may name.
    pub const OF_DATASETS: [&'static str; 12] = [
        "field-absent",
        "field-untold",
        "group-not-expanded",
        "incomplete-population",
        "key-empty",
        "look-up-uncertain",
        "person-unresolved",
        "record-rejected",
        "role-not-shown",
        "time-empty",
        "times-reversed",
        "value-unreadable",
    ];

    /// The dataset that the reason is about, where it is about one.
    #[must_use]
    pub const fn dataset(self) -> Option<u16> {
        match self {
            Self::FieldAbsent { dataset, .. }
            | Self::Unreadable { dataset, .. }
            | Self::KeyEmpty { dataset, .. }
            | Self::TimeEmpty { dataset, .. }
            | Self::TimesReversed { dataset, .. }
            | Self::PersonUnresolved { dataset, .. }
            | Self::LookupIncomplete { dataset }
            | Self::LookupUncertain { dataset }
            | Self::Rejected { dataset, .. }
            | Self::Incomplete { dataset }
            | Self::GroupNotExpanded { dataset } => Some(dataset),
            Self::RosterIncomplete | Self::AttestationMissing | Self::AttestationExpired => None,
        }
    }
}
