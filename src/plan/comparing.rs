//! The operators of kinds that hold two datasets, or acts, against each other.

use super::builder::Builder;
use super::operators::Planned;
use crate::check::reconcile::{self, DIFFERENCE};
use crate::check::{KeyColumn, Operator, ordered};
use crate::key::Compare;
use crate::pack::{self, Check};

pub(super) fn reconcile(builder: &mut Builder<'_>, check: &Check, kind: &pack::Reconcile) -> Planned {
    let datasets = [0, 1].map(|side| builder.dataset(&kind.sides[side].dataset));
    // A field that is a person's on one side is one on the other, too: a number of the roster, say.
    let mut pair = |fields: [&String; 2]| {
        let columns = [0, 1].map(|side| builder.key_column(datasets[side], fields[side]));
        let person = columns.iter().any(|column| column.compare == Compare::Person);
        columns.map(|column| KeyColumn { compare: if person { Compare::Person } else { column.compare }, ..column })
    };
    let [left, right] = &kind.sides;
    let key: Vec<[KeyColumn; 2]> = left.key.iter().zip(&right.key).map(|(left, right)| pair([left, right])).collect();
    let agree: Vec<[KeyColumn; 2]> = kind.agree.iter().map(|(left, right)| pair([left, right])).collect();
    let part = |name: &String| match left.key.iter().position(|field| field == name) {
        Some(at) => reconcile::Part::Key(at),
        None => reconcile::Part::Difference,
    };
    debug_assert!(check.identity.iter().all(|name| name == DIFFERENCE || left.key.contains(name)));
    let identity: Vec<reconcile::Part> = check.identity.iter().map(part).collect();
    let sides = [0, 1].map(|side| {
        let of_side = |pairs: &[[KeyColumn; 2]]| pairs.iter().map(|columns| columns[side]).collect::<Vec<_>>();
        let key = of_side(&key);
        let named = identity.iter().filter_map(|part| part.key()).filter_map(|at| key.get(at)).map(|column| column.column).collect();
        let filter = builder.condition(datasets[side], kind.sides[side].filter.as_ref());
        reconcile::Side { dataset: datasets[side], filter, key, agree: of_side(&agree), named }
    });
    for field in &check.show {
        builder.column(datasets[0], field);
    }
    let fields = kind.agree.iter().map(|(left, _)| left.clone()).collect();
    (Operator::Reconcile(reconcile::Reconcile { sides, fields, whole: kind.whole, identity }), datasets.to_vec(), None)
}

pub(super) fn ordered(builder: &mut Builder<'_>, check: &Check, kind: &pack::Ordered) -> Planned {
    let dataset = builder.dataset(&kind.dataset);
    let filter = builder.condition(dataset, kind.filter.as_ref());
    let key = kind.key.iter().map(|field| builder.key_column(dataset, field)).collect();
    let level = builder.column(dataset, &kind.level);
    let by = kind.by.as_ref().map(|field| builder.column(dataset, field));
    let levels = (0_u32..).zip(&kind.levels).map(|(number, level)| (level.as_bytes().into(), number)).collect();
    let identity = check.identity.iter().map(|field| builder.column(dataset, field)).collect();
    for field in &check.show {
        builder.column(dataset, field);
    }
    (Operator::Ordered(ordered::Ordered { dataset, filter, key, level, levels, by, identity }), vec![dataset], None)
}
