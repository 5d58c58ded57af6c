//! A pack of kinds and predicates that few built-in packs use, over the example organisation.

use std::collections::BTreeMap;

use crate::pack::load::LoadedPack;
use crate::pack::{Pack, resolve};
use crate::source::kinds::FieldKinds;

const PACK: &str = "id: laws
title: T
version: 1.0.0
edition: '1'
standard: T
tables:
  - { name: tasks, columns: [code, task], rows: [[P1, a], [P2, b], [none, a], [none, c]] }
";

const CONTROL: &str = "id: laws
ref: '1'
title: T
criterion: { standard: T, edition: '1', clause: '1', force: guidance }
determination: D
evidence: E
grade: { otherwise: minor }
checks:
  - { id: persons, title: T, severity: low, unit: person, reconcile: { left: { dataset: people, where: { field: active, is: true }, key: [person_id] }, right: { dataset: accounts, where: { field: enabled, is: true }, key: [user_name] }, agree: [ { left: person_id, right: email }, { left: department, right: kind } ] } }
  - { id: owners, title: T, severity: low, unit: asset, reconcile: { left: { dataset: assets, key: [asset_id] }, right: { dataset: assets, where: { field: classification, is: confidential }, key: [asset_id] }, agree: [ { left: owner, right: custodian } ], missing: right } }
  - { id: acts, title: T, severity: low, unit: actor, ordered: { dataset: events, key: [actor], level: action, levels: { list: [Update device, Update user, Reset user password, Add member to group] }, by: time } }
  - { id: results, title: T, severity: low, unit: act, ordered: { dataset: events, where: { field: action, starts_with: Update }, key: [action, target], level: result, levels: { list: [success, failure] } } }
  - { id: any, title: T, severity: low, unit: role, identity: [role_id], each_record: { dataset: roles, expect: { field: permissions, any_element: { all: [ { starts_with: Microsoft }, { not: { matches: 'Read$' } } ] } } } }
  - { id: every, title: T, severity: low, unit: role, identity: [role_id], each_record: { dataset: roles, expect: { field: permissions, every_element: { found_in: { dataset: roles, key: permissions, where: { field: built_in, is: true } } } } } }
  - { id: sets, title: T, severity: low, unit: role, identity: [role_id], each_record: { dataset: roles, expect: { any: [ { field: permissions, superset_of: { list: [Microsoft.Intune_Organization_Read] } }, { field: scope_tags, subset_of: { table: tasks, column: task, rows: { code: role_id } } } ] } } }
  - { id: claimed, title: T, severity: low, unit: task, covers: { expected: { table: tasks, column: task, narrowed: { column: code, any_of: [ { dataset: responsibilities, key: task_id } ] } }, by: { dataset: responsibilities, entry: task_id } } }
";

pub(super) fn pack(kinds: &FieldKinds) -> Pack {
    let loaded = LoadedPack::from_files("laws", "laws", &[("pack.yaml", PACK.as_bytes()), ("laws.yaml", CONTROL.as_bytes())]);
    resolve::resolve(&loaded, &BTreeMap::new(), kinds).unwrap_or_else(|problems| panic!("{problems}"))
}
