//! What checks share: those that ask the same of the same records keep one
//! state together, and what several test is tested once.

use std::collections::BTreeMap;

use super::PlannedCheck;
use crate::check::pairing::Pairing;
use crate::check::{Operator, covers, groups, recurs, unique, without_gap};
use crate::predicate::compiled::{Compiled, Leaf};

/// Checks that share a state. Most share it with nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The indices of the checks: the first leads, the state is made as it asks.
    pub checks: Vec<usize>,
}

impl Unit {
    /// The operators of its checks.
    #[must_use]
    pub fn operators<'p>(&self, checks: &'p [PlannedCheck]) -> Vec<&'p Operator> {
        self.checks.iter().filter_map(|number| checks.get(*number)).map(|check| &check.operator).collect()
    }

    /// The dataset of each feed.
    #[must_use]
    pub fn feeds<'p>(&self, checks: &'p [PlannedCheck]) -> &'p [u16] {
        self.checks.first().and_then(|number| checks.get(*number)).map_or(&[], |check| &check.feeds)
    }
}

/// Whether a check can be decided by what is kept for another.
fn follows(leader: &Operator, other: &Operator) -> bool {
    match (leader, other) {
        (Operator::Unique(leader), Operator::Unique(other)) => unique::follows(leader, other),
        (Operator::Groups(leader), Operator::Groups(other)) => groups::follows(leader, other),
        _ => false,
    }
}

/// How much a check asks for: who asks for less may lead.
const fn asked(operator: &Operator) -> usize {
    match operator {
        Operator::Unique(unique) => unique.key.len(),
        _ => 0,
    }
}

/// Checks of a unit, at most: as many as a word has bits.
const MOST: usize = 64;

/// Puts together what can share a state.
pub(super) fn units(checks: &[PlannedCheck]) -> Vec<Unit> {
    let mut order: Vec<usize> = (0..checks.len()).collect();
    order.sort_by_key(|number| asked(&checks[*number].operator));
    let mut units: Vec<Unit> = Vec::new();
    for number in order {
        let leads = |unit: &&mut Unit| unit.checks.first().is_some_and(|leader| follows(&checks[*leader].operator, &checks[number].operator));
        match units.iter_mut().filter(|unit| unit.checks.len() < MOST).find(leads) {
            Some(unit) => unit.checks.push(number),
            None => units.push(Unit { checks: vec![number] }),
        }
    }
    units.sort_by_key(|unit| unit.checks[0]);
    units
}

/// The predicates that an operator asks of whole batches; of one that follows another in its unit, only its own.
fn predicates(operator: &mut Operator, follows: bool) -> Vec<&mut Compiled> {
    match operator {
        Operator::Records(check) => check.filter.iter_mut().chain([&mut check.expect]).collect(),
        Operator::Unique(check) => check.filter.iter_mut().filter(|_| !follows).collect(),
        Operator::Groups(check) => check.filter.iter_mut().filter(|_| !follows).chain(&mut check.counted).collect(),
        Operator::Covers(covers::Covers { pairing, .. })
        | Operator::Recurs(recurs::Recurs { pairing, .. })
        | Operator::WithoutGap(without_gap::WithoutGap { pairing, .. }) => pairing.filter.iter_mut().collect(),
        Operator::Apart(check) => check.sides.iter_mut().filter_map(|side| side.filter.as_mut()).collect(),
        Operator::Ordered(check) => check.filter.iter_mut().collect(),
        Operator::Reconcile(check) => check.sides.iter_mut().filter_map(|side| side.filter.as_mut()).collect(),
        // These ask record by record.
        Operator::Document(_) | Operator::Joined(_) | Operator::Attestation(_) => Vec::new(),
    }
}

/// So many tests of a column's values, and checks that they name entries for, make each value worth looking at once.
const MANY: usize = 3;

/// A test, and how often it is asked.
struct Test {
    leaf: Leaf,
    asked: usize,
    number: Option<u16>,
}

/// Numbers the tests that are asked several times, and the columns whose values many different tests or checks look at.
pub(super) fn tests(checks: &mut [PlannedCheck], units: &[Unit]) {
    let entry = |pairing: &Pairing| (pairing.dataset, pairing.entry.column);
    let mut asked: BTreeMap<(u16, u16), usize> = BTreeMap::new();
    checks.iter().filter_map(|check| check.operator.pairing()).for_each(|pairing| *asked.entry(entry(pairing)).or_default() += 1);
    let mut columns: BTreeMap<(u16, u16), Vec<Test>> = BTreeMap::new();
    let mut every = |take: &mut dyn FnMut(&mut Leaf)| {
        for (at, number) in units.iter().flat_map(|unit| unit.checks.iter().enumerate()) {
            for predicate in predicates(&mut checks[*number].operator, at > 0) {
                predicate.leaves_mut(&mut |leaf| take(leaf));
            }
        }
    };
    every(&mut |leaf| {
        let tests = columns.entry((leaf.dataset, leaf.column)).or_default();
        match tests.iter_mut().find(|known| known.leaf == *leaf) {
            Some(known) => known.asked += 1,
            None => tests.push(Test { leaf: leaf.clone(), asked: 1, number: None }),
        }
    });
    // Beyond what numbers hold nothing more is shared.
    let mut numbers = 0..u16::MAX;
    columns.values_mut().flatten().filter(|test| test.asked > 1).for_each(|test| test.number = numbers.next());
    for (column, tests) in &columns {
        *asked.entry(*column).or_default() += tests.iter().filter(|test| test.leaf.is_of_value()).count();
    }
    let many = asked.iter().filter(|(_, asked)| **asked >= MANY);
    let many: BTreeMap<(u16, u16), u16> = many.map(|(column, _)| *column).zip(0..u16::MAX).collect();
    every(&mut |leaf| {
        let column = (leaf.dataset, leaf.column);
        let known = columns.get(&column).and_then(|tests| tests.iter().find(|known| known.leaf == *leaf));
        leaf.shared.test = known.and_then(|known| known.number);
        leaf.shared.column = many.get(&column).copied().filter(|_| leaf.is_of_value());
    });
    for check in checks {
        if let Some(pairing) = check.operator.pairing_mut() {
            pairing.shared_entries = many.get(&entry(pairing)).copied();
        }
    }
}

/// Numbers the subjects that several checks seek in the same column.
pub(super) fn subjects(checks: &mut [PlannedCheck]) {
    let sought = |check: &PlannedCheck| {
        let pairing = check.operator.pairing()?;
        Some((pairing.dataset, pairing.subject?, check.domain.as_ref()?.subjects?))
    };
    let all: Vec<_> = checks.iter().filter_map(sought).collect();
    let mut several: Vec<_> = Vec::new();
    for one in &all {
        if !several.contains(one) && all.iter().filter(|other| *other == one).count() > 1 {
            several.push(*one);
        }
    }
    for check in checks {
        let at = sought(check).and_then(|own| several.iter().position(|one| *one == own));
        if let Some(pairing) = check.operator.pairing_mut() {
            pairing.shared_subjects = at.and_then(|at| u16::try_from(at).ok());
        }
    }
}
