//! What the audit covers and against what, as the engagement states it.

use serde_json::{Value, json};

use crate::report::Report;
use crate::report::text::{count, force, number};

/// Rows of a name and its values; empty without an engagement.
pub(super) fn of(report: &Report) -> Vec<Value> {
    let Some(own) = &report.engagement else { return Vec::new() };
    let mut rows = Vec::new();
    let mut row = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            rows.push(json!({ "name": name, "values": values }));
        }
    };
    let packs = report.packs.iter().map(|pack| format!("{} ({} {}, edition {})", pack.title, pack.id, pack.version, pack.edition));
    row("Criteria", packs.collect());
    let adopted = own.criteria.iter().flatten().map(|adopted| {
        let what = adopted.control.as_ref().or(adopted.pack.as_ref()).map_or("", String::as_str);
        format!("{what}: {}, in {}", force(adopted.force), adopted.adopted_by)
    });
    row("Adopted by the organisation", adopted.collect());
    let scope = own.scope.as_ref();
    let names = |list: Option<&Vec<String>>| list.filter(|list| !list.is_empty()).map(|list| list.join(", ")).into_iter().collect::<Vec<_>>();
    row("Units", names(scope.and_then(|scope| scope.units.as_ref())));
    row("Sites", names(scope.and_then(|scope| scope.sites.as_ref())));
    row("Work roles", names(scope.and_then(|scope| scope.work_roles.as_ref())));
    let systems = scope.and_then(|scope| scope.systems.as_ref()).into_iter().flatten();
    row("Systems and what each delivers", systems.map(|system| format!("{}: {}", system.name, system.datasets.join(", "))).collect());
    let exclusions = scope.and_then(|scope| scope.exclusions.as_ref()).into_iter().flatten();
    row("Left out", exclusions.map(|left_out| format!("{}: {}", left_out.what, left_out.why)).collect());
    let not_applicable = own.not_applicable.iter().flatten().map(|stated| format!("{}: {}", stated.control, stated.justification));
    row("Not applicable", not_applicable.collect());
    let totals = own.control_totals.iter().flatten().map(|total| {
        let system = total.system.as_ref().map(|system| format!(" of {system}")).unwrap_or_default();
        let stated = total.stated_by.as_ref().map(|by| format!(", from: {by}")).unwrap_or_default();
        format!("{}{system}: {}{stated}", total.dataset, number(total.count))
    });
    row("Control totals", totals.collect());
    let words = own.terms.as_ref().map_or(0, Vec::len) as u64;
    if words > 0 {
        row("The client's own words", vec![format!("{} mapped to ids of the packs", count(words, "word", "words"))]);
    }
    rows
}
