//! The cells of derived records, put together from what they are made of.

use std::collections::HashMap;

use super::{
    ABSENT, At, DUTY_HOLDERS, Derivations, Derived, EFFECTIVE_PERMISSIONS, EMPTY, Exceeded, GROUP_MEMBERS, LONGEST, MOST_WRITTEN, Made, Person,
    ROLE_HOLDERS, Row, Text, UNTOLD,
};
use crate::dataset::derived::NAMES;
use crate::evidence::batch::{Batch, BatchBuffer, Cell, KeptBatch, Value};
use crate::plan::Plan;

/// Where a planned column of a derived dataset comes from; numbers are columns of a base.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// The record that it is made of.
    Main(u16),
    /// A person whom that record names.
    MainPerson(u16),
    /// The person: the record's own, or a membership's member.
    Person {
        principal: u16,
        member: Option<u16>,
    },
    /// Who has a duty: the party itself, or who is behind its title.
    Holder(u16),
    /// The group that something is assigned to, where it is to one.
    Assigned(u16),
    Group,
    Via,
    /// The text, the object or the action.
    Permission(usize),
    Tags,
    Extent,
    Names,
    /// No base has it.
    Nothing,
}

/// The column of a dataset's field.
pub(super) fn column(plan: &Plan, dataset: &str, field: &str) -> Option<u16> {
    let planned = plan.datasets.get(usize::from(plan.dataset(dataset)?))?;
    planned.fields.iter().position(|known| known == field).and_then(|at| u16::try_from(at).ok())
}

/// The columns of a planned derived dataset.
pub(super) fn columns(plan: &Plan, dataset: u16, name: &str) -> Vec<Column> {
    let main = match name {
        GROUP_MEMBERS => "memberships",
        DUTY_HOLDERS => "responsibilities",
        _ => "role_assignments",
    };
    let of_main = |field: &str| column(plan, main, field);
    let from = |field: &str| of_main(field).map_or(Column::Nothing, Column::Main);
    let one = |field: &String| match (name, field.as_str()) {
        (_, NAMES) => Column::Names,
        (GROUP_MEMBERS, "group") => Column::Group,
        (GROUP_MEMBERS, "via") => Column::Via,
        (GROUP_MEMBERS, "member") => match of_main("member") {
            Some(principal) => Column::Person { principal, member: None },
            None => Column::Nothing,
        },
        (ROLE_HOLDERS | EFFECTIVE_PERMISSIONS, "person") => match of_main("principal") {
            Some(principal) => Column::Person { principal, member: column(plan, "memberships", "member") },
            None => Column::Nothing,
        },
        (ROLE_HOLDERS | EFFECTIVE_PERMISSIONS, "via_group") => of_main("principal").map_or(Column::Nothing, Column::Assigned),
        (DUTY_HOLDERS, "person") => of_main("party").map_or(Column::Nothing, Column::Holder),
        (DUTY_HOLDERS, "via_title") => of_main("party").map_or(Column::Nothing, Column::Assigned),
        (ROLE_HOLDERS, "granted_by") => of_main("granted_by").map_or(Column::Nothing, Column::MainPerson),
        (EFFECTIVE_PERMISSIONS, "permission") => Column::Permission(0),
        (EFFECTIVE_PERMISSIONS, "object") => Column::Permission(1),
        (EFFECTIVE_PERMISSIONS, "action") => Column::Permission(2),
        (EFFECTIVE_PERMISSIONS, "scope_tags") => Column::Tags,
        (EFFECTIVE_PERMISSIONS, "extent") => Column::Extent,
        (_, field) => from(field),
    };
    plan.datasets.get(usize::from(dataset)).map(|planned| planned.fields.iter().map(one).collect()).unwrap_or_default()
}

/// Puts a value into a buffer.
fn cell(value: Value<'_>, out: &mut BatchBuffer) -> Cell {
    match value {
        Value::Bytes(bytes) => out.side(bytes),
        Value::Empty => Cell::Empty,
        Value::Absent => Cell::Absent,
        Value::Invalid => Cell::Invalid,
    }
}

impl Derivations {
    /// Fills a buffer with derived records. What neighbours share is there once.
    pub(super) fn fill<'r>(&self, derived: &Derived, rows: impl Iterator<Item = &'r Row>, out: &mut BatchBuffer) {
        out.reset(derived.columns.len());
        let Some(made) = &derived.made else { return };
        let mut texts: HashMap<Text, Cell, foldhash::fast::RandomState> = HashMap::default();
        let mut main: (Option<At>, Vec<Option<Cell>>) = (None, vec![None; derived.columns.len()]);
        for row in rows {
            if main.0 != Some(row.main) {
                main = (Some(row.main), vec![None; derived.columns.len()]);
            }
            for (number, column) in derived.columns.iter().enumerate() {
                let of_main =
                    |from: u16, out: &mut BatchBuffer, known: &mut Option<Cell>| out.shared(known, |out| cell(self.value(row.main, from), out));
                let text = |text: Text, out: &mut BatchBuffer, texts: &mut HashMap<Text, Cell, foldhash::fast::RandomState>| match text {
                    ABSENT => Cell::Absent,
                    UNTOLD => Cell::Invalid,
                    EMPTY => Cell::Empty,
                    text => match texts.get(&text) {
                        Some(known) => *known,
                        None => {
                            let bytes = made.texts.texts.get(text as usize).map_or(&[][..], |text| text);
                            let own = out.shared(&mut None, |out| out.side(bytes));
                            texts.insert(text, own);
                            own
                        }
                    },
                };
                let known = &mut main.1[number];
                let cell = match column {
                    Column::Main(from) => of_main(*from, out, known),
                    // Names of two homes in one record: the other's would be taken for somebody else's.
                    Column::MainPerson(from) if row.foreign => match self.value(row.main, *from) {
                        Value::Empty => Cell::Empty,
                        Value::Absent => Cell::Absent,
                        Value::Bytes(_) | Value::Invalid => Cell::Invalid,
                    },
                    Column::MainPerson(from) => of_main(*from, out, known),
                    Column::Person { principal, member } => match (row.person, member) {
                        (Person::Own, _) => of_main(*principal, out, known),
                        (Person::Member(at), Some(member)) => cell(self.value(at, *member), out),
                        (Person::Member(_), None) | (Person::Untold, _) => Cell::Invalid,
                    },
                    Column::Holder(party) => match (row.person, row.group) {
                        (Person::Untold, _) => Cell::Invalid,
                        (_, EMPTY) => of_main(*party, out, known),
                        _ => text(row.via, out, &mut texts),
                    },
                    Column::Assigned(principal) => match row.group {
                        EMPTY => Cell::Empty,
                        UNTOLD => Cell::Invalid,
                        _ => of_main(*principal, out, known),
                    },
                    Column::Group => text(row.group, out, &mut texts),
                    Column::Via => text(row.via, out, &mut texts),
                    Column::Permission(part) => {
                        let permission = made.permissions.get(row.permission as usize);
                        text(permission.map_or(UNTOLD, |parts| parts[*part]), out, &mut texts)
                    }
                    Column::Tags => text(row.tags, out, &mut texts),
                    Column::Extent => text(row.extent, out, &mut texts),
                    Column::Names => text(row.names, out, &mut texts),
                    Column::Nothing => Cell::Absent,
                };
                out.push(number, cell);
            }
            out.end_record(0, 0, 0);
        }
    }

    fn value(&self, at: At, column: u16) -> Value<'_> {
        value(self.batches.get(at.batch as usize).map(KeptBatch::view), at, column)
    }
}

/// Whether records, written out, are no longer than they may be: each of them, and all together.
pub(super) fn written(batches: &[KeptBatch], columns: &[Column], made: &Made) -> Result<(), Exceeded> {
    let text = |text: Text| made.texts.texts.get(text as usize).map_or(0, |text| text.len());
    let length = |at: At, column: u16| match value(batches.get(at.batch as usize).map(KeptBatch::view), at, column) {
        Value::Bytes(bytes) => bytes.len(),
        Value::Empty | Value::Absent | Value::Invalid => 0,
    };
    let of_main = |main: At, column: &Column| match column {
        Column::Main(own) | Column::MainPerson(own) | Column::Holder(own) | Column::Assigned(own) | Column::Person { principal: own, .. } => {
            length(main, *own)
        }
        _ => 0,
    };
    let own = |row: &Row, column: &Column| match (column, row.person) {
        (Column::Person { member: Some(member), .. }, Person::Member(at)) => length(at, *member),
        (Column::Group, _) => text(row.group),
        (Column::Via | Column::Holder(_), _) => text(row.via),
        (Column::Permission(part), _) => made.permissions.get(row.permission as usize).map_or(0, |parts| text(parts[*part])),
        (Column::Tags, _) => text(row.tags),
        (Column::Extent, _) => text(row.extent),
        (Column::Names, _) => text(row.names),
        _ => 0,
    };
    let (mut left, mut last) = (MOST_WRITTEN, None);
    for row in made.rows.iter().chain(made.open.iter().map(|(row, _)| row)) {
        // Neighbours are made of the same record.
        let main = match last {
            Some((at, length)) if at == row.main => length,
            _ => columns.iter().map(|column| of_main(row.main, column)).sum::<usize>(),
        };
        last = Some((row.main, main));
        let length = columns.iter().map(|column| own(row, column)).sum::<usize>().saturating_add(main);
        left = left.checked_sub(length as u64).filter(|_| length <= LONGEST).ok_or(Exceeded)?;
    }
    Ok(())
}

/// The value of a record that was read.
pub(super) fn value(batch: Option<Batch<'_>>, at: At, column: u16) -> Value<'_> {
    batch.map_or(Value::Absent, |batch| batch.get(column.into(), at.record as usize))
}
