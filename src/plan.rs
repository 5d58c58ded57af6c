//! The plan: which columns of which datasets are read, which key sets are
//! made of them, and what each check does with its records.
//!
//! Names become indices here, once, so that judging a record looks nothing
//! up. A plan is made of packs, engagement and as-of date alone; it knows no
//! file and no system.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::Day;
use crate::check::Operator;
use crate::check::members::Membership;
use crate::check::narrowing::Narrowing;
use crate::check::words::Words;
use crate::dataset::derived::{self, Derived};
use crate::engagement::Engagement;
use crate::finding::IdPrefix;
use crate::inventory::PlannedInventory;
use crate::key::Compare;
use crate::pack::{Entry, Migration, Pack};
use crate::predicate::compiled::Compiled;
use crate::source::kinds::FieldKinds;

mod builder;
mod comparing;
mod joined;
mod operators;
mod over_time;
mod sharing;

pub use self::sharing::Unit;

/// What the rounds of a scan do.
#[derive(Debug)]
pub struct Plan {
    /// The only clock.
    pub as_of: Day,
    /// The seed of all hashes; it never shows in a result.
    pub seed: u64,
    /// The most findings that a check lists.
    pub list_max: usize,
    /// The datasets that are read, with their columns.
    pub datasets: Vec<PlannedDataset>,
    /// The key sets.
    pub lookups: Vec<PlannedLookup>,
    /// The subjects and expected entries that come from datasets.
    pub memberships: Vec<Membership>,
    /// Values that annexes list.
    pub inventories: Vec<PlannedInventory>,
    /// The checks, in the order of the packs.
    pub checks: Vec<PlannedCheck>,
    /// The checks again, with those together that share a state.
    pub units: Vec<Unit>,
}

/// A dataset with the fields that are read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDataset {
    /// Its name.
    pub name: String,
    /// The fields; a column is an index into them.
    pub fields: Vec<String>,
    /// The date of the act that a record proves.
    pub act: Option<u16>,
    /// The organisation unit, where the engagement's scope names units.
    pub unit: Option<u16>,
    /// The site, where the engagement's scope names sites.
    pub site: Option<u16>,
    /// The system that a record is about, where it says so: names of accounts hold within it.
    pub system: Option<u16>,
}

/// A key set to make.
#[derive(Debug, Clone)]
pub struct PlannedLookup {
    /// The dataset's index.
    pub dataset: u16,
    /// The key's column.
    pub column: u16,
    /// How keys compare.
    pub compare: Compare,
    /// The key's field is a list: each element is a key.
    pub elements: bool,
    /// Further columns whose values are parts of the key.
    pub same: Vec<u16>,
    /// Which records count.
    pub filter: Option<Compiled>,
    /// Whether only records in scope count: somebody out of scope is still somebody, but claims nothing.
    pub in_scope: bool,
}

/// A check, ready to run.
#[derive(Debug)]
pub struct PlannedCheck {
    /// The pack's index.
    pub pack: usize,
    /// The control's index in the pack.
    pub control: usize,
    /// The check's index in the control.
    pub check: usize,
    /// What it does.
    pub operator: Operator,
    /// The dataset of each feed.
    pub feeds: Vec<u16>,
    /// Every dataset that it reads, also for look-ups; not what others of them are made of.
    pub reads: BTreeSet<u16>,
    /// The beginning of its finding ids.
    pub prefix: IdPrefix,
    /// Subjects and expected entries, for checks that ask for pairs.
    pub domain: Option<PlannedDomain>,
    /// The columns that excerpts show, by dataset.
    pub shown: BTreeMap<u16, BTreeSet<u16>>,
}

/// Where subjects and expected entries come from.
#[derive(Debug, Clone)]
pub struct PlannedDomain {
    /// The membership that makes the subjects.
    pub subjects: Option<usize>,
    /// The entries.
    pub expected: PlannedEntries,
}

/// Where expected entries come from.
#[derive(Debug, Clone)]
pub enum PlannedEntries {
    /// A fixed list.
    Fixed(Vec<Entry>, Words),
    /// The rows of a table that are claimed.
    Narrowed(Vec<Entry>, Words, Narrowing),
    /// A membership.
    Members(usize),
}

/// A plan that cannot be made: the packs name more than a plan can hold.
#[derive(Debug, thiserror::Error)]
#[error("the selected packs cannot be planned: {0}")]
pub struct PlanError(String);

/// What shapes a plan besides the packs.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'f> {
    /// The only clock.
    pub as_of: Day,
    /// First and last day of the period under audit, where one is stated.
    pub period: Option<(Day, Day)>,
    /// Scope, terms and the organisation's key.
    pub engagement: Option<&'f Engagement>,
    /// The kinds of fields that sources add.
    pub kinds: &'f FieldKinds,
    /// The seed of all hashes.
    pub seed: u64,
    /// The most findings that a check lists.
    pub list_max: usize,
}

impl Plan {
    /// Plans every check of the packs whose control applies.
    ///
    /// # Errors
    /// [`PlanError`] where a pack is too large to be planned.
    pub fn new(packs: &[Pack], frame: Frame<'_>) -> Result<Self, PlanError> {
        let mut builder = builder::Builder::new(frame);
        let organisation = frame.engagement.map_or("", |engagement| engagement.id.as_str());
        let mut checks = Vec::new();
        for (pack_number, pack) in packs.iter().enumerate() {
            for (control_number, control) in pack.controls.iter().enumerate() {
                for (check_number, check) in control.checks.iter().enumerate() {
                    let (operator, feeds, domain) = operators::plan(&mut builder, control, check);
                    let (reads, shown) = builder.used();
                    checks.push(PlannedCheck {
                        pack: pack_number,
                        control: control_number,
                        check: check_number,
                        operator,
                        feeds,
                        reads,
                        prefix: IdPrefix::new(organisation, &control.id, &check.id),
                        domain,
                        shown,
                    });
                }
            }
            let told = |migration: &Migration| migration.applies.as_ref().is_none_or(|applies| applies.applies);
            for (number, migration) in pack.migrations.iter().enumerate().filter(|(_, migration)| told(migration)) {
                migration.values.iter().for_each(|carrier| builder.inventory((pack_number, number), carrier));
            }
        }
        builder.finish(checks)
    }

    /// The index of a dataset, where the plan reads it.
    #[must_use]
    pub fn dataset(&self, name: &str) -> Option<u16> {
        // The builder made sure that indices fit.
        self.datasets.iter().position(|dataset| dataset.name == name).and_then(|at| u16::try_from(at).ok())
    }

    /// The names of a dataset and, where asked for, of one of its fields.
    #[must_use]
    pub fn names(&self, dataset: u16, column: Option<u16>) -> (&str, &str) {
        let Some(dataset) = self.datasets.get(usize::from(dataset)) else { return ("", "") };
        let field = column.and_then(|column| dataset.fields.get(usize::from(column)));
        (&dataset.name, field.map_or("", String::as_str))
    }

    /// The datasets that are read in the keys round.
    #[must_use]
    pub fn key_datasets(&self) -> BTreeSet<u16> {
        let lookups = self.lookups.iter().map(|lookup| lookup.dataset);
        let read = lookups.chain(self.memberships.iter().map(|membership| membership.dataset));
        let read = read.chain(self.inventories.iter().map(|inventory| inventory.dataset));
        read.chain(self.derived().flat_map(|(_, derived)| self.bases(derived))).collect()
    }

    /// The planned datasets that are made of others.
    pub fn derived(&self) -> impl Iterator<Item = (u16, &'static Derived)> {
        (0_u16..).zip(&self.datasets).filter_map(|(number, dataset)| Some((number, derived::find(&dataset.name)?)))
    }

    /// The datasets that one is made of.
    pub fn bases(&self, derived: &'static Derived) -> impl Iterator<Item = u16> {
        derived.bases.iter().filter_map(|base| self.dataset(base.dataset))
    }

    /// A dataset with what it is made of, where it is.
    #[must_use]
    pub fn with_bases(&self, dataset: u16) -> Vec<u16> {
        let derived = derived::find(self.names(dataset, None).0);
        derived.into_iter().flat_map(|derived| self.bases(derived)).chain([dataset]).collect()
    }
}
