//! What must be in the evidence for the subject of a finding to be there, by
//! the kind of its check: each makes its identities in its own way.

use super::super::ground::Ground;
use super::super::keys::Keys;
use super::Missing;
use super::seek::{Of, Seek};
use crate::check::document::EXISTS;
use crate::check::pairing::{Domain, Pairing, Part};
use crate::check::{KeyColumn, Operator, apart, covers, document, groups, joined, ordered, reconcile, recurs, unique, without_gap};
use crate::finding::FindingId;
use crate::key::Compare;
use crate::plan::{PlannedCheck, PlannedEntries};
use crate::predicate::compiled::{Context, Verdict};

/// What is known without reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Static {
    There,
    Gone,
    Unknown,
}

/// What is wanted for one finding.
pub(super) struct Wants {
    /// Numbers of things to look for.
    pub seeks: Vec<usize>,
    pub known: Static,
    /// Nothing but its own records decides on it, and the round does so again.
    pub by_record: bool,
    /// Its name cannot change while it stays the same exception.
    pub stable: bool,
}

impl Wants {
    fn just(known: Static) -> Self {
        Self { seeks: Vec::new(), known, by_record: false, stable: true }
    }
}

/// What is wanted for a finding.
pub(super) fn of<'g>(ground: &'g Ground<'_>, keys: &Keys, missing: &Missing<'_>, seek: &mut Seek<'g>) -> Wants {
    let planned = &ground.plan.checks[missing.number];
    let mut row = |dataset, columns, filter, records| {
        let of = Of { dataset, columns, prefix: &planned.prefix, filter, records };
        let first = missing.values.as_ref().and_then(|values| values.first());
        vec![seek.row(missing.number, &of, missing.id, first)]
    };
    match &planned.operator {
        Operator::Records(check) => {
            let seeks = row(check.dataset, check.identity.as_slice(), check.filter.as_ref(), Some(check));
            Wants { seeks, known: Static::There, by_record: true, stable: true }
        }
        Operator::Unique(unique::Unique { dataset, filter, key, identity, .. }) => {
            let seeks = row(*dataset, identity.as_slice(), filter.as_ref(), None);
            Wants { seeks, stable: within(identity, key), ..Wants::just(Static::There) }
        }
        Operator::Groups(groups::Groups { dataset, filter, identity, identity_in_key, .. }) => {
            let seeks = row(*dataset, identity.as_slice(), filter.as_ref(), None);
            Wants { seeks, stable: identity_in_key.is_some(), ..Wants::just(Static::There) }
        }
        Operator::Ordered(ordered::Ordered { dataset, filter, key, identity, .. }) => {
            let seeks = row(*dataset, identity.as_slice(), filter.as_ref(), None);
            Wants { seeks, stable: within(identity, key), ..Wants::just(Static::There) }
        }
        Operator::Apart(apart::Apart { sides: [left, _], identity }) => {
            let seeks = row(left.dataset, identity.as_slice(), left.filter.as_ref(), None);
            Wants { seeks, stable: within(identity, &left.key), ..Wants::just(Static::There) }
        }
        Operator::Reconcile(check) => reconcile(ground, check, missing, seek),
        Operator::Attestation(check) => Wants { seeks: row(check.dataset, check.identity.as_slice(), None, None), ..Wants::just(Static::There) },
        Operator::Document(check) => Wants::just(document(check, planned, missing)),
        Operator::Covers(covers::Covers { pairing, .. })
        | Operator::Recurs(recurs::Recurs { pairing, .. })
        | Operator::WithoutGap(without_gap::WithoutGap { pairing, .. }) => pairs((ground, keys), pairing, planned, missing, seek),
        Operator::Joined(check) => joined((ground, keys), check, planned, missing, seek),
    }
}

/// A key of the side that had it, or whose field did not agree.
fn reconcile<'g>(ground: &'g Ground<'_>, check: &'g reconcile::Reconcile, missing: &Missing<'_>, seek: &mut Seek<'g>) -> Wants {
    let Some(values) = &missing.values else { return Wants::just(Static::Unknown) };
    let prefix = &ground.plan.checks[missing.number].prefix;
    let parts = || check.identity.iter().zip(values);
    let difference = parts().find(|(part, _)| part.key().is_none()).map(|(_, value)| value.as_str());
    if difference.is_some_and(|difference| !check.knows(difference)) {
        return Wants::just(Static::Unknown);
    }
    let number = usize::from(difference == Some(reconcile::MISSING[0]));
    let side = &check.sides[number];
    let key: Vec<&String> = parts().filter(|(part, _)| part.key().is_some()).map(|(_, value)| value).collect();
    let of = Of { dataset: side.dataset, columns: &side.named, prefix, filter: side.filter.as_ref(), records: None };
    // The two sides are looked through apart from each other.
    let rows = missing.number + number * ground.plan.checks.len();
    let id = FindingId::of(prefix, &key).to_string();
    let stable = side.key.iter().all(|part| part.compare == Compare::Exact);
    Wants { seeks: vec![seek.row(rows, &of, &id, key.first().copied())], stable, ..Wants::just(Static::There) }
}

/// Whether the key, exactly, tells the identity.
fn within(identity: &[u16], key: &[KeyColumn]) -> bool {
    identity.iter().all(|column| key.iter().any(|part| part.column == *column && part.compare == Compare::Exact))
}

/// The wanted documents are the pack's; one that is missing has an exception of its own.
fn document(check: &document::Documents, planned: &PlannedCheck, missing: &Missing<'_>) -> Static {
    let Some(values) = &missing.values else { return Static::Unknown };
    let value = |part| check.identity.iter().position(|own| *own == part).and_then(|at| values.get(at));
    let Some(name) = value(document::Part::Document) else { return Static::Unknown };
    let demand = value(document::Part::Demand);
    let is_known = |demand: &String| demand == EXISTS || check.demands.iter().any(|(known, _)| known == demand);
    if !check.wanted.iter().any(|(known, _)| known == name) || !demand.is_none_or(is_known) {
        return Static::Unknown;
    }
    if demand.is_none_or(|demand| demand == EXISTS) {
        return Static::There;
    }
    let part = |part: &document::Part| match part {
        document::Part::Document => name.clone(),
        document::Part::Demand => EXISTS.to_owned(),
    };
    let exists = FindingId::of(&planned.prefix, &check.identity.iter().map(part).collect::<Vec<_>>()).to_string();
    let listed = &missing.decided.tally.listed;
    if listed.iter().any(|(id, _)| id == exists) {
        Static::Gone
    } else if listed.through().is_some_and(|last| exists.as_str() > last) {
        Static::Unknown
    } else {
        Static::There
    }
}

/// A pair of a subject and an entry, each from the pack or from a dataset.
fn pairs<'g>(
    (ground, keys): (&'g Ground<'_>, &Keys),
    pairing: &Pairing,
    planned: &'g PlannedCheck,
    missing: &Missing<'_>,
    seek: &mut Seek<'g>,
) -> Wants {
    let (Some(values), Some(domain)) = (&missing.values, &planned.domain) else { return Wants::just(Static::Unknown) };
    let mut wants = Wants::just(Static::There);
    for (part, value) in pairing.identity.iter().zip(values) {
        let membership = match (part, &domain.expected) {
            (Part::Subject, _) => domain.subjects,
            (Part::Entry, PlannedEntries::Members(at)) => Some(*at),
            (Part::Entry, PlannedEntries::Fixed(..) | PlannedEntries::Narrowed(..)) => {
                // An entry that is no longer expected, or perhaps is not, tells nothing about the evidence.
                let expected = |domain: &Domain| domain.entries.iter().any(|entry| entry.id == *value && entry.doubt.is_none());
                if !keys.domains.get(missing.number).and_then(Option::as_ref).is_some_and(expected) {
                    wants.known = Static::Unknown;
                }
                continue;
            }
        };
        let Some(membership) = membership.and_then(|at| ground.plan.memberships.get(at)) else { continue };
        wants.stable &= membership.key.compare == Compare::Exact;
        wants.seeks.push(seek.value(membership.dataset, membership.key, membership.filter.as_ref(), value, None));
    }
    wants
}

/// A chain of one row of the pack's table, broken at one of its links.
fn joined<'g>(
    (ground, keys): (&Ground<'_>, &Keys),
    check: &'g joined::Chains,
    planned: &'g PlannedCheck,
    missing: &Missing<'_>,
    seek: &mut Seek<'g>,
) -> Wants {
    let unknown = || Wants::just(Static::Unknown);
    let Some(values) = &missing.values else { return unknown() };
    debug_assert_eq!(planned.feeds.len(), check.links.len(), "feed n is link n");
    let parts = || check.identity.iter().zip(values);
    let is_row = |row: &[String]| parts().all(|(part, value)| !matches!(part, joined::Part::Start(at) if row.get(*at) != Some(value)));
    let context = Context { as_of: ground.plan.as_of, identity: &keys.identity, sets: &keys.sets };
    let claimed = |number: &u32| check.starts.claims(*number, &context) == Verdict::True;
    let rows: Vec<u32> = check.starts.rows().filter(|number| is_row(check.starts.row(*number))).filter(claimed).collect();
    let link = |value: &str| check.links.iter().position(|link| link.id == value);
    let broken = parts().find(|(part, _)| **part == joined::Part::Link).map(|(_, value)| link(value));
    if rows.is_empty() || broken == Some(None) {
        return unknown();
    }
    let listed = &missing.decided.tally.listed;
    if let Some(Some(broken)) = broken {
        // A chain that breaks before a link says nothing about it.
        let earlier = |identity: &[String]| {
            let own = check.identity.iter().zip(identity);
            own.clone()
                .all(|(part, value)| !matches!(part, joined::Part::Start(_)) || parts().any(|(known, wanted)| known == part && wanted == value))
                && own.filter(|(part, _)| **part == joined::Part::Link).any(|(_, value)| link(value).is_none_or(|at| at < broken))
        };
        if listed.through().is_some() || listed.iter().any(|(_, occurrence)| earlier(&occurrence.identity)) {
            return unknown();
        }
    }
    let mut wants = Wants::just(Static::There);
    for (part, value) in parts().filter(|(_, value)| !value.is_empty()) {
        let joined::Part::Carried(from) = part else { continue };
        let Some((link, column)) = check.links.get(*from).and_then(|link| Some((link, link.yields?))) else { return unknown() };
        wants.stable &= column.compare == Compare::Exact;
        wants.seeks.push(seek.value(link.dataset, column, None, value, Some((link, rows.clone()))));
    }
    wants
}
