//! The records of all derived datasets of a plan, from those of their bases.

use std::collections::BTreeMap;

use super::cells::column;
use super::duties::duty_holders;
use super::effective::{self, Roles};
use super::groups::{Groups, Membership, Walked};
use super::holders::{self, Assignment, Holders};
use super::names::{System, Systems, Whose, stated};
use super::{
    ABSENT, At, DUTY_HOLDERS, EFFECTIVE_PERMISSIONS, Exceeded, GROUP_MEMBERS, Ground, Made, Person, ROLE_HOLDERS, Row, Steps, Text, Texts, UNTOLD,
    number, within,
};
use crate::evidence::batch::{Batch, KeptBatch, RejectReason, Value};

/// What was read of the bases.
pub(super) struct Bases<'b> {
    ground: &'b Ground<'b>,
    batches: &'b [KeptBatch],
    pub systems: Systems,
}

/// Makes them, in the plan's order; `None` for one that would be too much.
pub(super) fn all(ground: &Ground<'_>, batches: &[KeptBatch]) -> Vec<Option<Made>> {
    let mut bases = Bases { ground, batches, systems: Systems::default() };
    let groups = bases.groups();
    let wants = |name: &str| ground.plan.dataset(name).is_some();
    let mut steps = Steps::default();
    let assignments = if wants(ROLE_HOLDERS) || wants(EFFECTIVE_PERMISSIONS) { bases.assignments() } else { Vec::new() };
    let held = holders::holders(&assignments, &groups, &mut steps);
    let make = |name: &str, bases: &mut Bases<'_>| match (name, &held) {
        (DUTY_HOLDERS, _) => duty_holders(bases, &mut Steps::default()),
        (GROUP_MEMBERS, _) => group_members(bases, &groups, &mut Steps::default()),
        (ROLE_HOLDERS, Ok(held)) => role_holders(bases, (held, &assignments, &groups), &mut Steps::default()),
        (EFFECTIVE_PERMISSIONS, Ok(held)) => {
            let roles = Roles::new(bases);
            effective::permissions(bases, (held, &assignments, &groups), &roles, &mut Steps::default())
        }
        _ => Err(Exceeded),
    };
    ground.plan.derived().map(|(_, derived)| make(derived.dataset.name, &mut bases).ok()).collect()
}

impl<'b> Bases<'b> {
    /// The column of a dataset's field.
    pub fn column(&self, dataset: &str, field: &str) -> Option<u16> {
        column(self.ground.plan, dataset, field)
    }

    /// Who is who.
    pub const fn identity(&self) -> &'b crate::identity::Identity {
        self.ground.identity
    }

    /// The client's words.
    pub const fn terms(&self) -> &'b [crate::engagement::Term] {
        self.ground.terms
    }

    /// The records of a dataset, in order.
    pub fn records(&self, dataset: &str) -> impl Iterator<Item = (At, Batch<'b>)> + use<'b> {
        let (ground, wanted) = (self.ground, self.ground.plan.dataset(dataset));
        let batches = (0..).zip(self.batches).map(|(number, batch)| (number, batch.view()));
        batches
            .filter(move |(_, batch)| wanted.is_some() && ground.table(batch.table).0 == wanted)
            .flat_map(|(batch, view)| (0..number(view.len())).map(move |record| (At { batch, record }, view)))
    }

    /// The batch that a record is of.
    pub fn batch(&self, at: At) -> Option<Batch<'b>> {
        self.batches.get(at.batch as usize).map(KeptBatch::view)
    }

    /// The system that a record names, else its table's.
    pub fn system(&mut self, dataset: &str, batch: &Batch<'b>, record: usize) -> System {
        let column = self.column(dataset, "system");
        let (_, table) = self.ground.table(batch.table);
        self.systems.number(stated(batch, record, column, table))
    }

    /// Whose names the persons of a record are.
    pub fn whose(&mut self, dataset: &str, batch: &Batch<'b>, record: usize) -> Whose {
        let own = self.system(dataset, batch, record);
        self.systems.whose(self.ground.identity.home(batch, record), own)
    }

    fn groups(&mut self) -> Groups {
        let columns = ["group", "member", "member_kind"].map(|field| self.column("memberships", field));
        let memberships: Vec<Membership<'b>> = self
            .records("memberships")
            .map(|(at, batch)| {
                let record = at.record as usize;
                let [group, member, kind] = columns.map(|column| column.map_or(Value::Absent, |column| batch.get(column.into(), record)));
                Membership { at, whose: self.whose("memberships", &batch, record), group, member, kind }
            })
            .collect();
        Groups::new(memberships.into_iter())
    }

    fn assignments(&mut self) -> Vec<Assignment<'b>> {
        let columns = ["principal", "principal_kind"].map(|field| self.column("role_assignments", field));
        let all = self.records("role_assignments").map(|(at, batch)| {
            let record = at.record as usize;
            let [principal, kind] = columns.map(|column| column.map_or(Value::Absent, |column| batch.get(column.into(), record)));
            let own = self.system("role_assignments", &batch, record);
            Assignment { at, batch, whose: self.whose("role_assignments", &batch, record), own, principal, kind }
        });
        all.collect()
    }

    /// The records of a base that could not be read, by reason.
    pub fn rejected(&self, dataset: &str, all: &mut BTreeMap<RejectReason, u64>) {
        let wanted = self.ground.plan.dataset(dataset);
        for batch in self.batches.iter().map(KeptBatch::view).filter(|batch| self.ground.table(batch.table).0 == wanted) {
            batch.rejections().iter().for_each(|rejection| *all.entry(rejection.reason).or_default() += 1);
        }
    }

    /// What rows say of whose names their persons have.
    pub fn names(&self, whose: Whose, texts: &mut Texts) -> Text {
        if whose.roster { ABSENT } else { texts.number(self.systems.name(whose.system)) }
    }
}

/// What of memberships and other bases tells nothing.
pub(super) fn rejected(bases: &Bases<'_>, groups: &Groups, for_groups: bool, others: &[&str]) -> Vec<(RejectReason, u64)> {
    let mut all = BTreeMap::new();
    others.iter().for_each(|dataset| bases.rejected(dataset, &mut all));
    if for_groups {
        bases.rejected("memberships", &mut all);
        if groups.lost > 0 {
            *all.entry(RejectReason::FieldUntold).or_default() += groups.lost;
        }
    }
    all.into_iter().collect()
}

fn group_members(bases: &Bases<'_>, groups: &Groups, steps: &mut Steps) -> Result<Made, Exceeded> {
    let mut made = Made { rejected: rejected(bases, groups, true, &[]), for_groups: true, ..Made::default() };
    let mut walked = Walked::default();
    for group in groups.expanded() {
        let members = groups.members(group, &mut walked, steps)?;
        let name = made.texts.number(groups.spelled(group));
        for inside in &members.people {
            steps.look(groups.spelled(inside.via).len() + bases.systems.name(inside.whose.system).len())?;
            let via = made.texts.number(groups.spelled(inside.via));
            let names = bases.names(inside.whose, &mut made.texts);
            made.rows.push(Row { names, group: name, via, ..Row::of(inside.at, Person::Own) });
        }
        for (_, reason) in &members.open {
            // The first membership of the group stands for what is not there. Whatever is not told of a group inside may
            // be groups with others in them: which is the innermost nobody knows.
            let Some(at) = groups.first(group) else { continue };
            made.open.push((Row { group: name, via: UNTOLD, ..Row::of(at, Person::Untold) }, *reason));
        }
        within(made.rows.len() + made.open.len())?;
        made.texts.within()?;
    }
    made.rows.sort_unstable();
    Ok(made)
}

fn role_holders(bases: &Bases<'_>, (held, assignments, groups): (&Holders, &[Assignment<'_>], &Groups), steps: &mut Steps) -> Result<Made, Exceeded> {
    let rejected = rejected(bases, groups, held.for_groups, &["role_assignments"]);
    let mut made = Made { rejected, for_groups: held.for_groups, ..Made::default() };
    for holder in &held.people {
        let Some(assignment) = assignments.get(holder.assignment as usize) else { continue };
        steps.look(bases.systems.name(holder.whose(assignment).system).len())?;
        made.rows.push(holder.row(bases, assignment, &mut made.texts));
    }
    for open in &held.open {
        let Some(assignment) = assignments.get(open.assignment as usize) else { continue };
        made.open.push((open.row(assignment), open.reason));
    }
    Ok(made)
}
