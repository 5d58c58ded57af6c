//! Who may do what, by all of their assignments together.
//!
//! People with the same assignments have the same rights: the rules are
//! applied once for each set of assignments, not for each person.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::groups::Groups;
use super::holders::{Assignment, Holders, next};
use super::made::{Bases, rejected};
use super::names::{System, in_system};
use super::rules::{self, ByType, Tags};
use super::{ABSENT, EMPTY, Exceeded, Made, Row, Steps, Text, Texts, UNTOLD, within};
use crate::dataset::LIST_SEPARATOR;
use crate::evidence::batch::{RejectReason, Value};
use crate::key::{Compare, encode};

type Hashes = foldhash::fast::RandomState;

/// What a role permits.
#[derive(Debug, Default)]
struct Role {
    /// Numbers of permissions, each once.
    permissions: Vec<u32>,
    /// Some record of the role does not tell what it permits.
    untold: bool,
}

/// The roles that exports show.
#[derive(Debug, Default)]
pub(super) struct Roles {
    by_id: BTreeMap<(System, Box<[u8]>), Role>,
    systems: BTreeSet<System>,
    /// By number.
    permissions: Vec<Box<[u8]>>,
}

impl Roles {
    /// Takes in all roles. A role that is shown twice permits what either record says.
    pub fn new(bases: &mut Bases<'_>) -> Self {
        let (mut all, mut numbers) = (Self::default(), HashMap::<Box<[u8]>, u32, Hashes>::default());
        let columns = ["role_id", "permissions"].map(|field| bases.column("roles", field));
        for (at, batch) in bases.records("roles") {
            let record = at.record as usize;
            let [id, permissions] = columns.map(|column| column.map_or(Value::Absent, |column| batch.get(column.into(), record)));
            let Value::Bytes(id) = id else { continue };
            let system = bases.system("roles", &batch, record);
            all.systems.insert(system);
            let role = all.by_id.entry((system, id.into())).or_default();
            match permissions {
                Value::Bytes(list) => {
                    for text in list.split(|byte| *byte == LIST_SEPARATOR) {
                        let number = *numbers.entry(text.into()).or_insert_with(|| {
                            all.permissions.push(text.into());
                            next(&all.permissions) - 1
                        });
                        role.permissions.push(number);
                    }
                }
                Value::Empty => {}
                Value::Absent | Value::Invalid => role.untold = true,
            }
        }
        for role in all.by_id.values_mut() {
            role.permissions.sort_unstable();
            role.permissions.dedup();
        }
        all
    }

    fn find(&self, system: System, id: Value<'_>) -> Option<&Role> {
        let Value::Bytes(id) = id else { return None };
        in_system(system, &self.systems, |system| self.by_id.get(&(system, id.into())))
    }

    fn permission(&self, number: u32) -> (&[u8], &[u8]) {
        self.permissions.get(number as usize).map_or((&[], &[]), |text| rules::parts(text))
    }
}

/// An assignment with what it gives.
struct Given<'r> {
    /// Its place among all by what they say: of two that give the same the first is told, whatever their rows.
    rank: u32,
    role: Option<&'r Role>,
    /// Why nobody can tell what it permits, or not all of it.
    unclear: Option<RejectReason>,
    tags: Result<Tags, Text>,
    scope: Text,
}

/// One permission by one of several assignments.
#[derive(Debug, Clone, Copy)]
struct Right {
    assignment: u32,
    permission: u32,
    tags: Text,
    extent: Text,
}

/// Makes what assignments give.
struct Maker<'r> {
    roles: &'r Roles,
    given: Vec<Given<'r>>,
    /// Types of object on which somebody unknown holds something, by system: it may be anybody.
    doubtful: HashSet<(System, &'r [u8]), Hashes>,
    /// Systems in which somebody unknown holds nobody knows what.
    unclear: HashSet<System, Hashes>,
    made: Made,
    known: HashMap<Vec<u32>, Rc<Vec<Right>>, Hashes>,
}

/// Makes all records.
pub(super) fn permissions(
    bases: &Bases<'_>,
    (held, assignments, groups): (&Holders, &[Assignment<'_>], &Groups),
    roles: &Roles,
    steps: &mut Steps,
) -> Result<Made, Exceeded> {
    let rejected = rejected(bases, groups, held.for_groups, &["role_assignments", "roles"]);
    let mut made = Made { rejected, for_groups: held.for_groups, ..Made::default() };
    for text in &roles.permissions {
        let (object, action) = rules::parts(text);
        let parts = [text, object, action].map(|part| made.texts.number(part));
        made.permissions.push(parts);
    }
    let mut given: Vec<Given<'_>> = assignments.iter().map(|assignment| given(bases, assignment, roles, &mut made.texts)).collect();
    let mut order: Vec<(u32, [&[u8]; 4])> = (0..).zip(assignments.iter().map(|assignment| words(bases, assignment))).collect();
    order.sort_by(|left, right| (&left.1, left.0).cmp(&(&right.1, right.0)));
    for (rank, (number, _)) in (0..).zip(order) {
        given[number as usize].rank = rank;
    }
    let mut maker = Maker { roles, given, doubtful: HashSet::default(), unclear: HashSet::default(), made, known: HashMap::default() };
    maker.open(held, assignments, steps)?;
    maker.people(bases, held, assignments, steps)?;
    maker.made.rows.sort_unstable();
    Ok(maker.made)
}

/// What orders assignments, wherever they stand.
fn words<'b>(bases: &Bases<'_>, assignment: &Assignment<'b>) -> [&'b [u8]; 4] {
    ["assignment_id", "role_id", "principal", "scope"].map(|field| {
        let value = bases.column("role_assignments", field).map_or(Value::Absent, |column| assignment.value(column));
        if let Value::Bytes(bytes) = value { bytes } else { &[] }
    })
}

fn given<'r>(bases: &Bases<'_>, assignment: &Assignment<'_>, roles: &'r Roles, texts: &mut Texts) -> Given<'r> {
    let value = |field: &str| {
        let column = bases.column("role_assignments", field);
        column.map_or(Value::Absent, |column| assignment.value(column))
    };
    let id = value("role_id");
    let role = roles.find(assignment.own, id);
    let unclear = match (role, id) {
        (None, Value::Absent | Value::Invalid) => Some(RejectReason::FieldUntold),
        (None, Value::Bytes(_) | Value::Empty) => Some(RejectReason::RoleNotShown),
        (Some(role), _) => role.untold.then_some(RejectReason::FieldUntold),
    };
    let tags = match value("scope_tags") {
        Value::Bytes(list) => Ok(list.split(|byte| *byte == LIST_SEPARATOR).map(Box::from).collect()),
        Value::Empty => Ok(Tags::new()),
        Value::Absent => Err(ABSENT),
        Value::Invalid => Err(UNTOLD),
    };
    let scope = match value("scope") {
        Value::Bytes(scope) => texts.number(scope),
        Value::Empty => EMPTY,
        Value::Absent => ABSENT,
        Value::Invalid => UNTOLD,
    };
    Given { rank: 0, role, unclear, tags, scope }
}

impl<'r> Maker<'r> {
    /// What nobody knows who holds, or nobody knows what it permits.
    fn open(&mut self, held: &Holders, assignments: &[Assignment<'_>], steps: &mut Steps) -> Result<(), Exceeded> {
        for open in &held.open {
            let number = open.assignment as usize;
            let (Some(assignment), Some(given)) = (assignments.get(number), self.given.get(number)) else { continue };
            let permissions = given.role.map_or(&[][..], |role| &role.permissions);
            steps.take(1 + permissions.len())?;
            for permission in permissions {
                self.doubtful.insert((assignment.own, self.roles.permission(*permission).0));
                self.made.open.push((Row { permission: *permission, ..open.row(assignment) }, open.reason));
            }
            if given.unclear.is_some() {
                self.unclear.insert(assignment.own);
                self.made.open.push((open.row(assignment), open.reason));
            }
            within(self.made.open.len())?;
        }
        Ok(())
    }

    fn people(&mut self, bases: &Bases<'_>, held: &Holders, assignments: &[Assignment<'_>], steps: &mut Steps) -> Result<(), Exceeded> {
        let member = bases.column("memberships", "member");
        // By system and person: the holders, in order.
        let mut people: Vec<Vec<u32>> = Vec::new();
        let mut numbers: HashMap<(System, Vec<u8>), u32, Hashes> = HashMap::default();
        for (number, holder) in (0..).zip(&held.people) {
            let Some(assignment) = assignments.get(holder.assignment as usize) else { continue };
            let mut key = Vec::new();
            match holder.name(bases, assignment, member) {
                Value::Bytes(name) => {
                    steps.look(name.len())?;
                    let home = bases.systems.home(holder.whose(assignment));
                    encode(&mut key, name, Compare::Person, bases.identity().within(home));
                }
                // Whom nothing names is everybody else's double as little as somebody's.
                Value::Empty | Value::Absent | Value::Invalid => key.extend_from_slice(&u64::from(number).to_be_bytes()),
            }
            let person = *numbers.entry((assignment.own, key)).or_insert_with(|| {
                people.push(Vec::new());
                next(&people) - 1
            });
            people[person as usize].push(number);
        }
        for holders in people {
            // By assignment, the way to it with the least spelling of the person.
            let mut ways: BTreeMap<u32, u32> = BTreeMap::new();
            let spelled = |number: u32| {
                let holder = held.people.get(number as usize)?;
                let name = holder.name(bases, assignments.get(holder.assignment as usize)?, member);
                if let Value::Bytes(name) = name { Some(name) } else { None }
            };
            for number in holders {
                let Some(holder) = held.people.get(number as usize) else { continue };
                let way = ways.entry(holder.assignment).or_insert(number);
                steps.look(spelled(number).map_or(0, <[u8]>::len))?;
                if *way != number && spelled(number) < spelled(*way) {
                    *way = number;
                }
            }
            let mut of: Vec<u32> = ways.keys().copied().collect();
            of.sort_by_key(|number| self.given.get(*number as usize).map(|given| given.rank));
            let rights = self.rights(&of, assignments, steps)?;
            for right in rights.iter() {
                let way = ways.get(&right.assignment).and_then(|number| held.people.get(*number as usize));
                let (Some(holder), Some(assignment)) = (way, assignments.get(right.assignment as usize)) else { continue };
                steps.look(bases.systems.name(holder.whose(assignment).system).len())?;
                let row = holder.row(bases, assignment, &mut self.made.texts);
                self.made.rows.push(Row { permission: right.permission, tags: right.tags, extent: right.extent, ..row });
            }
            for (assignment, number) in &ways {
                let Some(reason) = self.given.get(*assignment as usize).and_then(|given| given.unclear) else { continue };
                let (Some(holder), Some(assignment)) = (held.people.get(*number as usize), assignments.get(*assignment as usize)) else { continue };
                let row = holder.row(bases, assignment, &mut self.made.texts);
                self.made.open.push((row, reason));
            }
            within(self.made.rows.len() + self.made.open.len())?;
        }
        Ok(())
    }

    /// What somebody may do who holds these assignments.
    fn rights(&mut self, of: &[u32], assignments: &[Assignment<'_>], steps: &mut Steps) -> Result<Rc<Vec<Right>>, Exceeded> {
        if let Some(known) = self.known.get(of) {
            return Ok(Rc::clone(known));
        }
        let roles = self.roles;
        let of_role = |number: &u32| self.given.get(*number as usize).and_then(|given| Some((given, given.role?)));
        let own = of.first().and_then(|number| assignments.get(*number as usize)).map(|assignment| assignment.own);
        // Something of theirs, or of anybody's, may reach any type of object.
        let mut anything = own.is_some_and(|own| self.unclear.contains(&own));
        anything |= of.iter().any(|number| self.given.get(*number as usize).is_none_or(|given| given.unclear.is_some()));
        let absent = of.iter().filter_map(of_role).any(|(given, _)| given.tags == Err(ABSENT));
        let untold = if absent { ABSENT } else { UNTOLD };
        let mut by_type = ByType::default();
        for (given, role) in of.iter().filter_map(of_role) {
            steps.take(1 + role.permissions.len() + given.tags.as_ref().map_or(0, Tags::len))?;
            let objects: BTreeSet<&'r [u8]> = role.permissions.iter().map(|permission| roles.permission(*permission).0).collect();
            for object in objects {
                by_type.add(object, given.tags.as_ref().ok());
                if anything || own.is_some_and(|own| self.doubtful.contains(&(own, object))) {
                    by_type.add(object, None);
                }
            }
        }
        let (mut rights, mut seen) = (Vec::new(), HashSet::<(u32, Text, Text, u32), Hashes>::default());
        let mut written: HashMap<*const Tags, Text, Hashes> = HashMap::default();
        for (number, (given, role)) in of.iter().filter_map(|number| Some((number, of_role(number)?))) {
            for permission in &role.permissions {
                let (object, action) = roles.permission(*permission);
                let Some(together) = by_type.on(object) else { continue };
                let tags = match rules::tags(action, given.tags.as_ref().ok(), together) {
                    Some(tags) => match written.entry(std::ptr::from_ref(tags)) {
                        Entry::Occupied(known) => *known.get(),
                        Entry::Vacant(place) => {
                            steps.look(tags.iter().map(|tag| tag.len()).sum())?;
                            let number = *place.insert(text(tags, &mut self.made.texts));
                            self.made.texts.within()?;
                            number
                        }
                    },
                    None if rules::is_assign(action) => given.tags.as_ref().err().copied().unwrap_or(untold),
                    None => untold,
                };
                let extent = rules::extent(object, action, together).map_or(untold, |extent| self.made.texts.number(extent.word().as_bytes()));
                // The same right by two assignments is one, by the first; a right to assign is each assignment's own
                // where the tags differ, and two scopes that cannot be told may be two.
                let of_tags = if rules::is_assign(action) { tags } else { EMPTY };
                let apart = if given.scope >= UNTOLD || of_tags >= UNTOLD { *number } else { 0 };
                if seen.insert((*permission, given.scope, of_tags, apart)) {
                    rights.push(Right { assignment: *number, permission: *permission, tags, extent });
                }
            }
        }
        let rights = Rc::new(rights);
        self.known.insert(of.to_vec(), Rc::clone(&rights));
        Ok(rights)
    }
}

/// Tags as the elements of a list.
fn text(tags: &Tags, texts: &mut Texts) -> Text {
    let elements: Vec<&[u8]> = tags.iter().map(|tag| &**tag).collect();
    texts.number(&elements.join(&LIST_SEPARATOR))
}
