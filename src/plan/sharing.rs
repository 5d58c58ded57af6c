//! What checks share: those that ask the same of the same records keep one
//! state together.

use super::PlannedCheck;
use crate::check::{Operator, groups, unique};

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

/// Puts together what can share a state.
pub(super) fn units(checks: &[PlannedCheck]) -> Vec<Unit> {
    let mut order: Vec<usize> = (0..checks.len()).collect();
    order.sort_by_key(|number| asked(&checks[*number].operator));
    let mut units: Vec<Unit> = Vec::new();
    for number in order {
        let leads = |unit: &&mut Unit| unit.checks.first().is_some_and(|leader| follows(&checks[*leader].operator, &checks[number].operator));
        match units.iter_mut().find(leads) {
            Some(unit) => unit.checks.push(number),
            None => units.push(Unit { checks: vec![number] }),
        }
    }
    units.sort_by_key(|unit| unit.checks[0]);
    units
}
