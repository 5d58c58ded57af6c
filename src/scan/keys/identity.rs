//! Who is who: the roster, the accounts that join it, and whose names each table holds.

use std::collections::BTreeSet;

use super::gather::{Gathered, Step};
use super::{Identities, Seen, bytes};
use crate::dataset::ROSTER;
use crate::evidence::batch::Batch;
use crate::evidence::survey::SurveyedTable;
use crate::fault;
use crate::identity::accounts::AccountsBuilder;
use crate::identity::roster::RosterBuilder;
use crate::identity::{Identity, RosterField, TableHome};
use crate::scan::completeness::DatasetState;
use crate::scan::derive;
use crate::scan::ground::Ground;
use crate::scan::round;
use crate::source::{SourceIdentity, SourceOrigin};

/// How the records of a table are accounts.
pub(super) struct Account {
    /// The columns that join, in the order of the roster's fields.
    joins: Vec<(RosterField, usize)>,
    /// The columns that bind.
    binds: Vec<usize>,
    home: TableHome,
}

impl Account {
    /// `None` where the table holds no accounts that count; `column` gives the column of a field.
    pub fn new(ground: &Ground<'_>, table: &SurveyedTable, column: &mut dyn FnMut(&str) -> usize) -> Option<Self> {
        let of = of_accounts(ground, table.ordinal).filter(|of| !of.binds.is_empty() && table.dataset != ROSTER)?;
        ground.table(table.ordinal).filter(|table| table.used)?;
        let joins = of.joins.iter().map(|(field, name)| (*field, column(name))).collect();
        let binds = of.binds.iter().map(|name| column(name)).collect();
        let system = u16::try_from(column("system")).ok()?;
        Some(Self { joins, binds, home: home(ground, table.ordinal, Some(system)) })
    }

    /// Takes in the accounts of a batch.
    fn enter(&self, batch: &Batch<'_>, known: &Identity, builder: &mut AccountsBuilder) {
        for record in 0..batch.len() {
            let joins = self.joins.iter().filter_map(|(field, column)| Some((*field, bytes(batch, *column, record)?)));
            let binds = self.binds.iter().filter_map(|column| bytes(batch, *column, record));
            builder.account(known, (batch.table, self.home.of(batch, record).system()), joins, binds);
        }
    }
}

/// What a table's source says of accounts; `None` where its person fields hold names of the roster.
fn of_accounts<'g>(ground: &'g Ground<'_>, ordinal: u32) -> Option<&'g SourceIdentity> {
    let table = ground.survey.table(ordinal)?;
    ground.sources.get(table.source)?.tables.get(table.source_table)?.identity.as_ref()
}

/// Whose names a table holds; `column` is where its records say their system.
fn home(ground: &Ground<'_>, ordinal: u32, column: Option<u16>) -> TableHome {
    let Some(table) = ground.survey.table(ordinal) else { return TableHome::Roster };
    if table.dataset == ROSTER {
        return TableHome::People;
    }
    let Some(of) = of_accounts(ground, ordinal) else { return TableHome::Roster };
    let boxed = |system: Option<&str>| system.map(|system| system.as_bytes().into());
    if let Some(system) = &of.names_of {
        return TableHome::System(boxed(Some(delivered_as(ground, system))));
    }
    let mapping = ground.sources.get(table.source).and_then(|source| source.tables.get(table.source_table));
    let stated = mapping.and_then(|mapping| mapping.fields.iter().find(|field| field.name == "system"));
    match (stated.map(|field| &field.from), column) {
        (Some(SourceOrigin::Column(_) | SourceOrigin::FirstOf(_) | SourceOrigin::FileName(_)), Some(column)) => {
            TableHome::Column(column, boxed(table.system.as_deref()))
        }
        _ => TableHome::System(boxed(table.system.as_deref())),
    }
}

/// What the engagement calls the system that sources call `system`, where its accounts come as one.
fn delivered_as<'g>(ground: &'g Ground<'_>, system: &'g str) -> &'g str {
    let accounts = ground.survey.tables().filter(|table| {
        let source = ground.sources.get(table.source).and_then(|source| source.system.as_deref());
        source == Some(system) && of_accounts(ground, table.ordinal).is_some_and(|of| !of.binds.is_empty())
    });
    let names: BTreeSet<&str> = accounts.filter_map(|table| table.system.as_deref()).collect();
    match names.first() {
        Some(name) if names.len() == 1 => name,
        _ => system,
    }
}

/// The roster: who there is.
fn roster(ground: &Ground<'_>, gathered: &Gathered, seen: &mut Seen, mut builder: RosterBuilder) -> (Identity, Vec<String>) {
    let tasks = gathered.tasks(ground, Step::Roster, false);
    let (states, reads) = round::run(&tasks, ground.blocks, RosterBuilder::default, |builder: &mut RosterBuilder, block| {
        block.batches().for_each(|batch| gathered.of(&batch).into_iter().for_each(|wanted| wanted.enter(&batch, builder)));
    });
    states.into_iter().for_each(|state| builder.merge(state));
    let (mut identity, notes) = builder.build(&|table| ground.survey.table(table)?.system.as_deref());
    let known = seen.assess(ground, &gathered.files(ground, Step::Roster), reads);
    identity.set_incomplete(known.dataset(ROSTER).is_some_and(DatasetState::may_miss));
    (identity, notes)
}

/// The accounts: whom they join, and what their systems call them.
fn accounts(ground: &Ground<'_>, gathered: &Gathered, seen: &mut Seen, identity: &mut Identity) -> Identities {
    let known: &Identity = identity;
    let account = |batch: &Batch<'_>| gathered.of(batch).and_then(|wanted| wanted.account.as_ref());
    let enter =
        |builder: &mut AccountsBuilder, batch: &Batch<'_>| account(batch).into_iter().for_each(|account| account.enter(batch, known, builder));
    let kept = fault::caught("a round", || {
        let mut builder = AccountsBuilder::default();
        gathered.kept.iter().for_each(|(batch, _)| enter(&mut builder, &batch.view()));
        builder
    });
    let tasks = gathered.tasks(ground, Step::Accounts, kept.is_none());
    let (states, reads) = round::run(&tasks, ground.blocks, AccountsBuilder::default, |builder: &mut AccountsBuilder, block| {
        block.batches().for_each(|batch| enter(builder, &batch));
    });
    let mut builder = kept.unwrap_or_default();
    states.into_iter().for_each(|state| builder.merge(state));
    let (resolved, unresolved) = builder.counts();
    let told = builder.tables().clone();
    let complete = seen.assess(ground, &gathered.files(ground, Step::Accounts), reads);
    let gap = |table: &SurveyedTable| complete.dataset(&table.dataset).is_some_and(DatasetState::may_miss);
    let of_accounts = |table: &SurveyedTable| gathered.wanted.get(table.ordinal as usize).is_some_and(|wanted| wanted.account.is_some());
    let whole = !ground.survey.tables().any(|table| of_accounts(table) && gap(table));
    identity.bind(builder, whole);
    Identities { resolved, unresolved, tables: told, notes: Vec::new() }
}

/// Decides who is who; `builder` has the roster entries of what was gathered.
pub(super) fn identity(ground: &Ground<'_>, gathered: &Gathered, seen: &mut Seen, builder: RosterBuilder) -> (Identity, Identities) {
    let (mut identity, mut notes) = roster(ground, gathered, seen, builder);
    notes.append(&mut identity.state(ground.input.aliases));
    let mut identities = accounts(ground, gathered, seen, &mut identity);
    identities.notes = notes;
    let system_column = |table: u32| {
        let dataset = ground.table(table)?.dataset?;
        ground.plan.datasets.get(usize::from(dataset))?.system
    };
    let homes = ground.survey.tables().map(|table| home(ground, table.ordinal, system_column(table.ordinal)));
    identity.set_homes(homes.chain(derive::homes(ground)).collect());
    (identity, identities)
}
