//! Who may do what, for the report's annex: the records of
//! `effective_permissions`, put together where the same people hold the same
//! by the same assignment.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use super::keys::Keys;
use crate::check::Marks;
use crate::dataset::LIST_SEPARATOR;
use crate::dataset::derived::EFFECTIVE_PERMISSIONS;
use crate::evidence::batch::{Batch, Value};
use crate::report::{Effective, EffectiveRights};

/// Records beyond which the annex only counts: nobody reads so many.
const MOST: u64 = 200_000;

/// What the annex shows; `None` where no check reads the dataset.
pub(super) fn effective(ground: &Ground<'_>, keys: &Keys) -> Option<Effective> {
    let dataset = ground.plan.dataset(EFFECTIVE_PERMISSIONS)?;
    let derived = keys.derivations.of(dataset).filter(|derived| !derived.exceeded())?;
    let undecided = derived.undecided();
    let records = derived.records() - undecided;
    if records > MOST {
        return Some(Effective { records, undecided, complete: false, rights: Vec::new() });
    }
    let fields = &ground.plan.datasets[usize::from(dataset)].fields;
    let column = |field: &str| fields.iter().position(|known| known == field);
    let text = |batch: &Batch<'_>, record: usize, field: &str| match column(field).map(|column| batch.get(column, record)) {
        Some(Value::Bytes(value)) => Some(String::from_utf8_lossy(value).into_owned()),
        _ => None,
    };
    let tags = |batch: &Batch<'_>, record: usize| match column("scope_tags").map(|column| batch.get(column, record)) {
        Some(Value::Bytes(value)) => Some(value.split(|byte| *byte == LIST_SEPARATOR).map(|tag| String::from_utf8_lossy(tag).into_owned()).collect()),
        Some(Value::Empty) => Some(Vec::new()),
        _ => None,
    };
    let (mut held, mut marks, mut counted) = (BTreeMap::<(EffectiveRights, String), BTreeSet<String>>::new(), Marks::default(), 0);
    keys.derivations.each(derived, |batch| {
        ground.mark(dataset, batch, &mut marks);
        for record in (0..batch.len()).filter(|record| marks.get(*record).is_none()) {
            let of = |field: &str| text(batch, record, field);
            let rights = EffectiveRights {
                system: of("system"),
                role_id: of("role_id"),
                assignment_id: of("assignment_id"),
                via_group: of("via_group"),
                scope: of("scope"),
                scope_tags: tags(batch, record),
                extent: of("extent"),
                permissions: Vec::new(),
                persons: Vec::new(),
            };
            counted += 1;
            held.entry((rights, of("person").unwrap_or_default())).or_default().extend(of("permission"));
        }
    });
    let mut rights: BTreeMap<EffectiveRights, Vec<String>> = BTreeMap::new();
    for ((mut of, person), permissions) in held {
        of.permissions = permissions.into_iter().collect();
        rights.entry(of).or_default().push(person);
    }
    let complete = rights.len() <= ground.plan.list_max;
    let rights = rights.into_iter().take(ground.plan.list_max).map(|(of, persons)| EffectiveRights { persons, ..of }).collect();
    Some(Effective { records: counted, undecided, complete, rights })
}
