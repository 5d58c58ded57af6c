//! What a check reads, and what its kind is called.

use super::{CheckKind, CoveredBy, Expected, Lookup, Narrowed, Target};
use crate::predicate::Predicate;

impl CheckKind {
    /// The datasets that a check reads, look-ups included.
    #[must_use]
    pub fn datasets(&self) -> std::collections::BTreeSet<&str> {
        let mut found = std::collections::BTreeSet::new();
        let mut predicates: Vec<&Predicate> = Vec::new();
        let mut lookups: Vec<&Lookup> = Vec::new();
        match self {
            Self::EachRecord(kind) => {
                found.insert(kind.dataset.as_str());
                predicates.extend(kind.filter.iter().chain([&kind.expect]));
            }
            Self::Unique(kind) => {
                found.insert(&kind.dataset);
                predicates.extend(&kind.filter);
            }
            Self::RefersTo(kind) => {
                found.insert(&kind.dataset);
                predicates.extend(&kind.filter);
                if let Target::Dataset(lookup) = &kind.target {
                    lookups.push(lookup);
                }
            }
            Self::PerGroup(kind) => {
                found.insert(&kind.dataset);
                predicates.extend(kind.filter.iter().chain(&kind.count.filter));
            }
            Self::Covers(_) | Self::Recurs(_) | Self::WithoutGap(_) => {
                if let Some((expected, subjects, by)) = self.pairs() {
                    found.insert(&by.dataset);
                    predicates.extend(&by.filter);
                    lookups.extend(subjects);
                    lookups.extend(expected.lookups());
                }
            }
            Self::HeldApart(kind) => {
                for side in [&kind.left, &kind.right] {
                    found.insert(&side.dataset);
                    predicates.extend(&side.filter);
                }
            }
            Self::Document(kind) => {
                found.insert("documents");
                predicates.extend(kind.wanted.iter().map(|wanted| &wanted.which));
                predicates.extend(kind.demands.iter().map(|demand| &demand.expect));
            }
            Self::Joined(kind) => {
                lookups.extend(kind.narrowed.iter().flat_map(Narrowed::lookups));
                for link in &kind.links {
                    found.insert(&link.dataset);
                    predicates.extend(&link.filter);
                }
            }
            Self::Reconcile(kind) => {
                for side in &kind.sides {
                    found.insert(&side.dataset);
                    predicates.extend(&side.filter);
                }
            }
            Self::Ordered(kind) => {
                found.insert(&kind.dataset);
                predicates.extend(&kind.filter);
            }
            Self::Attestation(kind) => {
                found.insert("attestations");
                lookups.extend(&kind.by_other_than);
            }
        }
        for predicate in predicates {
            predicate.lookups(&mut |lookup| lookups.push(lookup));
        }
        found.extend(lookups.iter().map(|lookup| lookup.dataset.as_str()));
        found
    }

    /// The expected entries, the subjects, and the records that name them, of kinds that ask for pairs.
    #[must_use]
    pub const fn pairs(&self) -> Option<(&Expected, Option<&Lookup>, &CoveredBy)> {
        match self {
            Self::Covers(kind) => Some((&kind.expected, kind.subjects.as_ref(), &kind.by)),
            Self::Recurs(kind) => Some((&kind.expected, kind.subjects.as_ref(), &kind.by)),
            Self::WithoutGap(kind) => Some((&kind.expected, kind.subjects.as_ref(), &kind.by)),
            _ => None,
        }
    }

    /// Fields that the kind reads of its records for people only: without them it decides the same.
    #[must_use]
    pub const fn only_shows(&self) -> &'static [&'static str] {
        match self {
            // In which role a statement was made.
            Self::Attestation(_) => &["role"],
            _ => &[],
        }
    }

    /// The word by which packs write the kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::EachRecord(_) => "each_record",
            Self::Unique(_) => "unique",
            Self::RefersTo(_) => "refers_to",
            Self::PerGroup(_) => "per_group",
            Self::Covers(_) => "covers",
            Self::HeldApart(_) => "held_apart",
            Self::Document(_) => "document",
            Self::Joined(_) => "joined",
            Self::Attestation(_) => "attestation",
            Self::Recurs(_) => "recurs",
            Self::Reconcile(_) => "reconcile",
            Self::Ordered(_) => "ordered",
            Self::WithoutGap(_) => "without_gap",
        }
    }
}
