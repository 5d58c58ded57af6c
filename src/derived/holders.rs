//! Who holds a role, directly or through groups.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::groups::{Group, Groups, Inside, Kind, Members, Walked};
use super::made::Bases;
use super::names::{System, Whose};
use super::{At, EMPTY, Exceeded, Person, Row, Steps, Texts, UNTOLD, number, within};
use crate::evidence::batch::{Batch, RejectReason, Value};

/// Stands for the group that the assignment itself names.
const ASSIGNED: u32 = 0;

/// An assignment as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment<'b> {
    pub at: At,
    pub batch: Batch<'b>,
    /// Whose names its principal has: there groups are looked for.
    pub whose: Whose,
    /// The system that it is about.
    pub own: System,
    pub principal: Value<'b>,
    pub kind: Value<'b>,
}

impl<'b> Assignment<'b> {
    /// The value of a column.
    pub fn value(&self, column: u16) -> Value<'b> {
        self.batch.get(column.into(), self.at.record as usize)
    }
}

/// Somebody who holds a role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder {
    /// The number of the assignment.
    pub assignment: u32,
    /// The membership by which it is theirs; `None`: it is their own.
    pub inside: Option<Inside>,
}

/// An assignment whose persons cannot be told, or not all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// The number of the assignment.
    pub assignment: u32,
    /// Whether it is to a group.
    to_group: bool,
    pub reason: RejectReason,
}

/// Who holds what.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// In the order of the assignments.
    pub people: Vec<Holder>,
    pub open: Vec<Open>,
    /// Something is assigned to a group, or may be.
    pub for_groups: bool,
}

/// Tells who holds what is assigned.
pub(super) fn holders(assignments: &[Assignment<'_>], groups: &Groups, steps: &mut Steps) -> Result<Holders, Exceeded> {
    let (mut held, mut walked) = (Holders::default(), Walked::default());
    let mut known: HashMap<Group, Members, foldhash::fast::RandomState> = HashMap::default();
    for (assignment, Assignment { whose, principal, kind, .. }) in (0..).zip(assignments) {
        let kind = Kind::of(*kind);
        held.for_groups |= kind != Kind::Person;
        let mut open = |to_group, reason| held.open.push(Open { assignment, to_group, reason });
        let group = match principal {
            Value::Bytes(name) if kind == Kind::Group || kind == Kind::Open => groups.find(whose.system, name),
            _ => None,
        };
        match (kind, principal, group) {
            (Kind::Group, Value::Bytes(_), None) => open(true, RejectReason::GroupNotExpanded),
            (Kind::Group | Kind::Open, _, Some(group)) => {
                let members = match known.entry(group) {
                    Entry::Occupied(members) => members.into_mut(),
                    Entry::Vacant(place) => place.insert(groups.members(group, &mut walked, steps)?),
                };
                members.open.iter().for_each(|(_, reason)| open(true, *reason));
                steps.take(members.people.len())?;
                held.people.extend(members.people.iter().map(|inside| Holder { assignment, inside: Some(*inside) }));
            }
            // With an empty kind it might be a group of which this export does not tell: nobody passes for that.
            (Kind::Person, Value::Bytes(_) | Value::Empty, None) | (Kind::Open, Value::Empty, None) => {
                held.people.push(Holder { assignment, inside: None })
            }
            _ => open(false, RejectReason::FieldUntold),
        }
        within(held.people.len() + held.open.len())?;
    }
    Ok(held)
}

impl Holder {
    /// The record of this holder.
    pub fn row(&self, bases: &Bases<'_>, assignment: &Assignment<'_>, texts: &mut Texts) -> Row {
        let whose = self.whose(assignment);
        let person = self.inside.map_or(Person::Own, |inside| Person::Member(inside.at));
        let group = if self.inside.is_some() { ASSIGNED } else { EMPTY };
        Row { names: bases.names(whose, texts), group, foreign: whose != assignment.whose, ..Row::of(assignment.at, person) }
    }

    /// Whose names the person has.
    pub fn whose(&self, assignment: &Assignment<'_>) -> Whose {
        self.inside.map_or(assignment.whose, |inside| inside.whose)
    }

    /// The person's name.
    pub fn name<'n>(&self, bases: &'n Bases<'_>, assignment: &Assignment<'n>, member: Option<u16>) -> Value<'n> {
        match (self.inside, member) {
            (None, _) => assignment.principal,
            (Some(Inside { at, .. }), Some(member)) => super::cells::value(bases.batch(at), at, member),
            (Some(_), None) => Value::Absent,
        }
    }
}

impl Open {
    /// The record that stands for what cannot be told.
    pub const fn row(self, assignment: &Assignment<'_>) -> Row {
        let group = if self.to_group { ASSIGNED } else { UNTOLD };
        Row { group, ..Row::of(assignment.at, Person::Untold) }
    }
}

/// The number of a thing in a list of things.
pub(super) fn next<T>(all: &[T]) -> u32 {
    number(all.len())
}
