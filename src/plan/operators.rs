//! From the check kinds of packs to the operators that run.

use super::builder::Builder;
use super::over_time;
use super::{PlannedDomain, PlannedEntries};
use crate::check::pairing::{Pairing, Part};
use crate::check::words::Words;
use crate::check::{KeyColumn, Operator, apart, attestation, covers, document, groups, records, unique};
use crate::dataset::FieldKind;
use crate::key::Compare;
use crate::pack::{self, Check, CheckKind, Control, Entry, Expected, Target};
use crate::predicate::compiled::{Compared, Compiled, Leaf, LeafTest, Shared};
use crate::predicate::values::Values;

pub(super) type Planned = (Operator, Vec<u16>, Option<PlannedDomain>);

/// Plans one check: its operator, the dataset of each feed, and its domain.
pub(super) fn plan(builder: &mut Builder<'_>, control: &Control, check: &Check) -> Planned {
    match &check.kind {
        CheckKind::EachRecord(kind) => {
            let dataset = builder.dataset(&kind.dataset);
            let filter = builder.condition(dataset, kind.filter.as_ref());
            let expect = builder.predicate(dataset, &kind.expect);
            let identity = fields(builder, dataset, check);
            (Operator::Records(records::Records { dataset, filter, unless_empty: None, expect, identity }), vec![dataset], None)
        }
        CheckKind::RefersTo(kind) => refers_to(builder, check, kind),
        CheckKind::Unique(kind) => {
            let dataset = builder.dataset(&kind.dataset);
            let filter = builder.condition(dataset, kind.filter.as_ref());
            let key = kind.key.iter().map(|field| builder.key_column_as(dataset, field, kind.exact)).collect();
            let identity = fields(builder, dataset, check);
            let seed = builder.frame().seed;
            (Operator::Unique(unique::Unique { dataset, filter, key, identity, seed }), vec![dataset], None)
        }
        CheckKind::PerGroup(kind) => {
            let dataset = builder.dataset(&kind.dataset);
            let filter = builder.condition(dataset, kind.filter.as_ref());
            let key: Vec<KeyColumn> = kind.key.iter().map(|field| builder.key_column_as(dataset, field, kind.exact)).collect();
            let counted = builder.condition(dataset, kind.count.filter.as_ref());
            let distinct = kind.count.distinct.as_ref().map(|field| builder.key_column_as(dataset, field, kind.exact));
            let identity = fields(builder, dataset, check);
            let in_key = |column: &u16| key.iter().position(|part| part.column == *column && part.compare == Compare::Exact);
            let identity_in_key = identity.iter().map(in_key).collect();
            let (at_least, at_most) = bounds(kind.count.at_least, kind.count.at_most);
            (
                Operator::Groups(groups::Groups { dataset, filter, key, identity, identity_in_key, counted, distinct, at_least, at_most }),
                vec![dataset],
                None,
            )
        }
        CheckKind::Covers(kind) => covers(builder, check, kind),
        CheckKind::Recurs(kind) => over_time::recurs(builder, check, kind),
        CheckKind::WithoutGap(kind) => over_time::without_gap(builder, check, kind),
        CheckKind::HeldApart(kind) => held_apart(builder, check, kind),
        CheckKind::Document(kind) => {
            let dataset = builder.dataset("documents");
            let wanted = kind.wanted.iter().map(|wanted| (wanted.id.clone(), builder.predicate(dataset, &wanted.which))).collect();
            let demands = kind.demands.iter().map(|demand| (demand.id.clone(), builder.predicate(dataset, &demand.expect))).collect();
            let part = |name: &String| if name == "demand" { document::Part::Demand } else { document::Part::Document };
            let identity = check.identity.iter().map(part).collect();
            show(builder, dataset, check);
            (Operator::Document(document::Documents { dataset, wanted, demands, identity }), vec![dataset], None)
        }
        CheckKind::Joined(kind) => super::joined::joined(builder, check, kind),
        CheckKind::Ordered(kind) => super::comparing::ordered(builder, check, kind),
        CheckKind::Reconcile(kind) => super::comparing::reconcile(builder, check, kind),
        CheckKind::Attestation(kind) => {
            let dataset = builder.dataset("attestations");
            let columns = attestation::Columns {
                control: builder.column(dataset, "control"),
                by: builder.column(dataset, "by"),
                role: builder.column(dataset, "role"),
                at: builder.column(dataset, "at"),
                expires: builder.column(dataset, "expires"),
                statement: builder.column(dataset, "statement"),
            };
            let judged = kind.by_other_than.as_ref().map(|lookup| builder.lookup(lookup, Compare::Person));
            let identity = fields(builder, dataset, check);
            let control = control.id.clone();
            (Operator::Attestation(attestation::Attestations { dataset, control, columns, judged, identity }), vec![dataset], None)
        }
    }
}

/// The identity columns of a check over records of one dataset; its shown fields are planned too.
fn fields(builder: &mut Builder<'_>, dataset: u16, check: &Check) -> Vec<u16> {
    show(builder, dataset, check);
    check.identity.iter().map(|field| builder.column(dataset, field)).collect()
}

fn show(builder: &mut Builder<'_>, dataset: u16, check: &Check) {
    for field in &check.show {
        builder.column(dataset, field);
    }
}

/// Without bounds there must be at least one; with an upper bound alone none is enough.
fn bounds(at_least: Option<u64>, at_most: Option<u64>) -> (u64, u64) {
    (at_least.unwrap_or(u64::from(at_most.is_none())), at_most.unwrap_or(u64::MAX))
}

fn refers_to(builder: &mut Builder<'_>, check: &Check, kind: &pack::RefersTo) -> Planned {
    let dataset = builder.dataset(&kind.dataset);
    let filter = builder.condition(dataset, kind.filter.as_ref());
    let column = builder.column(dataset, &kind.field);
    let of_field = match &kind.target {
        Target::Dataset(lookup) => builder.kind_among(dataset, &kind.field, lookup),
        Target::Table { .. } => builder.kind(dataset, &kind.field),
    };
    let compare = if of_field == FieldKind::Person && !kind.exact { Compare::Person } else { Compare::Exact };
    let test = match &kind.target {
        Target::Dataset(lookup) => LeafTest::Found(builder.lookup(lookup, compare), kind.must_exist),
        Target::Table { values, .. } => LeafTest::OneOf(Values::new(values), kind.must_exist),
    };
    let compared = match (compare, of_field) {
        (Compare::Person, _) => Compared::AsPersons,
        (Compare::Exact, FieldKind::List) if kind.must_exist => Compared::EveryElement,
        (Compare::Exact, FieldKind::List) => Compared::AnyElement,
        (Compare::Exact, _) => Compared::Exactly,
    };
    let expect = Compiled::Leaf(Leaf { dataset, column, compared, test, shared: Shared::default() });
    // Where nothing may refer, an empty field refers to nothing.
    let unless_empty = (!kind.empty_is_exception || !kind.must_exist).then_some(column);
    let identity = fields(builder, dataset, check);
    (Operator::Records(records::Records { dataset, filter, unless_empty, expect, identity }), vec![dataset], None)
}

fn covers(builder: &mut Builder<'_>, check: &Check, kind: &pack::Covers) -> Planned {
    let (pairing, domain) = pairing(builder, check, (&kind.expected, kind.subjects.as_ref(), &kind.by), None);
    let (at_least, at_most) = bounds(kind.at_least, kind.at_most);
    let feeds = vec![pairing.dataset];
    (Operator::Covers(covers::Covers { pairing, at_least, at_most }), feeds, Some(domain))
}

/// Which records name which pairs, and where the pairs come from.
pub(super) fn pairing(
    builder: &mut Builder<'_>,
    check: &Check,
    (expected, subjects, by): (&Expected, Option<&pack::Lookup>, &pack::CoveredBy),
    window: Option<&(String, String)>,
) -> (Pairing, PlannedDomain) {
    let dataset = builder.dataset(&by.dataset);
    let filter = builder.condition(dataset, by.filter.as_ref());
    let entry = builder.key_column(dataset, &by.entry);
    let subject = by.subject.as_ref().map(|field| builder.key_column(dataset, field));
    // Subjects compare as the field does that names them.
    let subjects = match (subjects, subject) {
        (Some(lookup), Some(column)) => Some(builder.membership(lookup, column.compare)),
        _ => None,
    };
    let terms = builder.frame().engagement.map_or(&[][..], |engagement| engagement.terms.as_slice());
    let words = |entries: &[Entry]| {
        if by.terms { Words::terms(entries, terms.iter().filter(|term| term.concerns(&by.dataset, &by.entry))) } else { Words::exact(entries) }
    };
    let expected = match expected {
        Expected::Table { entries, narrowed: Some(narrowed), .. } => {
            PlannedEntries::Narrowed(entries.clone(), words(entries), builder.narrowing(narrowed))
        }
        Expected::Table { entries, .. } | Expected::List(entries) => PlannedEntries::Fixed(entries.clone(), words(entries)),
        Expected::Dataset(lookup) => PlannedEntries::Members(builder.membership_over(lookup, entry.compare, window)),
    };
    let part = |name: &String| if name == "entry" { Part::Entry } else { Part::Subject };
    let identity = check.identity.iter().map(part).collect();
    show(builder, dataset, check);
    (Pairing { dataset, filter, entry, subject, identity, shared_entries: None, shared_subjects: None }, PlannedDomain { subjects, expected })
}

fn held_apart(builder: &mut Builder<'_>, check: &Check, kind: &pack::HeldApart) -> Planned {
    let mut side = |side: &pack::Side| {
        let dataset = builder.dataset(&side.dataset);
        let filter = builder.condition(dataset, side.filter.as_ref());
        let names: Vec<&String> = std::iter::once(&side.subject).chain(&side.same).collect();
        let key: Vec<KeyColumn> = names.iter().map(|field| builder.key_column_as(dataset, field, kind.exact)).collect();
        show(builder, dataset, check);
        apart::Side { dataset, filter, key }
    };
    let mut sides = [side(&kind.left), side(&kind.right)];
    let [left, right] = &mut sides;
    for (left, right) in left.key.iter_mut().zip(&mut right.key) {
        // A field that is a person's on one side is one on the other, too: a number of the roster, say.
        if !kind.exact && [&*left, &*right].iter().any(|part| part.compare == Compare::Person) {
            (left.compare, right.compare) = (Compare::Person, Compare::Person);
        }
    }
    let feeds = sides.iter().map(|side| side.dataset).collect();
    let identity = check.identity.iter().map(|name| builder.column(sides[0].dataset, name)).collect();
    (Operator::Apart(apart::Apart { sides, identity }), feeds, None)
}
