//! What became of the codes of older editions that the evidence carries.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::{Completeness, DatasetState};
use super::ground::Ground;
use super::keys::Keys;
use crate::inventory::{Carried, Inventory, PlannedInventory};
use crate::pack::{Fate, FateKind, Migration};
use crate::report::{Became, CodeCarried, CodeMigration, CodesCarried};

/// Fates by code, between two editions.
type Fates<'f> = BTreeMap<&'f str, &'f Fate>;

/// The codes of all editions, each with its edition.
struct Elsewhere<'f>(BTreeSet<(&'f str, &'f str)>);

impl Elsewhere<'_> {
    /// Which editions have a code that the older one has not.
    fn note(&self, code: &str) -> Option<String> {
        let editions: Vec<&str> = self.0.iter().filter(|(known, _)| *known == code).map(|(_, edition)| *edition).collect();
        (!editions.is_empty()).then(|| format!("A code of {}.", editions.join(", ")))
    }
}

/// The annex, in the order of the packs.
pub(super) fn migrations(ground: &Ground<'_>, keys: &Keys, known: &Completeness) -> Vec<CodeMigration> {
    let input = ground.input;
    let mut told = Vec::new();
    for (pack_number, pack) in input.packs.iter().enumerate() {
        for (number, migration) in pack.migrations.iter().enumerate() {
            let fates: Fates<'_> = input
                .packs
                .iter()
                .chain(input.frameworks)
                .flat_map(|pack| &pack.listing.fates)
                .filter(|fate| fate.from == migration.from && fate.to == migration.to)
                .map(|fate| (fate.code.as_str(), fate))
                .collect();
            let listing = input.packs.iter().chain(input.frameworks).flat_map(|pack| &pack.listing.fates);
            let elsewhere = Elsewhere(listing.map(|fate| (fate.code.as_str(), fate.from.as_str())).collect());
            let of_migration = |planned: &PlannedInventory| (planned.pack, planned.migration) == (pack_number, number);
            let counted = ground.plan.inventories.iter().zip(&keys.inventories).filter(|(planned, _)| of_migration(planned));
            let carried: Vec<CodesCarried> =
                counted.map(|(planned, inventory)| carried(ground, planned, inventory, (&fates, &elsewhere), known)).collect();
            // A roster that is coded by something else has nothing to migrate, if all of it could be read.
            let known = |code: &CodeCarried| !matches!(code.fate, FateKind::Unknown | FateKind::Current);
            let told_all = |own: &CodesCarried| own.found && !own.incomplete && own.complete && own.undecided == 0;
            if carried.iter().all(|own| told_all(own) && !own.codes.iter().any(known)) {
                continue;
            }
            let Migration { id, title, from, to, .. } = migration.clone();
            told.push(CodeMigration { id, pack: pack.id.clone(), title, from, to, carried });
        }
    }
    told
}

fn carried(
    ground: &Ground<'_>,
    planned: &PlannedInventory,
    inventory: &Inventory,
    fates: (&Fates<'_>, &Elsewhere<'_>),
    known: &Completeness,
) -> CodesCarried {
    let (dataset, field) = ground.plan.names(planned.dataset, Some(planned.value.column));
    let (_, key) = ground.plan.names(planned.dataset, Some(planned.key));
    CodesCarried {
        dataset: dataset.to_owned(),
        field: field.to_owned(),
        key: key.to_owned(),
        found: known.dataset(dataset).is_some_and(|state| state.tables > 0),
        incomplete: known.dataset(dataset).is_some_and(DatasetState::may_miss),
        population: inventory.population(),
        excluded: inventory.excluded,
        undecided: inventory.undecided,
        evaluated: inventory.empty + inventory.carrying,
        without_code: inventory.empty,
        complete: !inventory.exceeded,
        codes: inventory.values.iter().map(|(value, carried)| code(value, carried, fates)).collect(),
    }
}

fn code(value: &[u8], carried: &Carried, (fates, elsewhere): (&Fates<'_>, &Elsewhere<'_>)) -> CodeCarried {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = text(value);
    let fate = fates.get(code.as_str());
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    CodeCarried {
        title: fate.and_then(|fate| some(&fate.title)),
        records: carried.records,
        named: carried.named.iter().map(|name| text(name)).collect(),
        fate: match fate {
            Some(fate) => fate.kind,
            None if fates.values().any(|fate| fate.targets.iter().any(|(entry, _)| *entry == code)) => FateKind::Current,
            None => FateKind::Unknown,
        },
        became: fate
            .map_or_else(Vec::new, |fate| fate.targets.iter().map(|(entry, title)| Became { entry: entry.clone(), title: some(title) }).collect()),
        origin: fate.and_then(|fate| some(&fate.origin)),
        note: fate.map_or_else(|| elsewhere.note(&code), |fate| some(&fate.note)),
        code,
    }
}
