//! Who may do what, as the page shows it.

use serde_json::{Value, json};

use super::super::text::{count, number};
use super::super::{EffectiveRights, Report};

/// Rows that the page shows; the rest stand in `report.json`.
const SHOWN: usize = 200;
/// Names in one cell.
const NAMED: usize = 20;

/// The annex; `None` where no check is about it.
pub(super) fn of(report: &Report) -> Option<Value> {
    let own = report.effective.as_ref()?;
    let more = own.rights.len().saturating_sub(SHOWN) as u64;
    let untold = (own.undecided > 0).then(|| format!(" Of {} it cannot be told who holds it or what it permits.", number(own.undecided)));
    let cut = if more > 0 || !own.complete { Some("More stands in report.json, or in the exports.") } else { None };
    Some(json!({
        "line": format!("{}, by all assignments of each person together.{}", count(own.records, "permission", "permissions"), untold.unwrap_or_default()),
        "rows": own.rights.iter().take(SHOWN).map(row).collect::<Vec<_>>(),
        "more": cut,
    }))
}

fn row(rights: &EffectiveRights) -> Value {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not told)".to_owned());
    let tags = match &rights.scope_tags {
        None => "tags cannot be told".to_owned(),
        Some(tags) if tags.is_empty() => "no tags".to_owned(),
        Some(tags) => format!("tags {}", few(tags)),
    };
    json!({
        "persons": few(&rights.persons), "permissions": few(&rights.permissions), "scope": text(&rights.scope), "tags": tags,
        "extent": text(&rights.extent), "role": text(&rights.role_id), "assignment": text(&rights.assignment_id), "group": rights.via_group,
        "system": rights.system,
    })
}

/// The first few of many, with how many more there are.
fn few(all: &[String]) -> String {
    let shown = all.iter().take(NAMED).map(|name| if name.is_empty() { "(empty)" } else { name }).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {} more", number(more as u64)),
    }
}
