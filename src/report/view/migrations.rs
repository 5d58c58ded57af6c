//! What became of codes of older editions, as the page shows it.

use serde_json::{Value, json};

use super::super::text::{count, number};
use super::super::{CodeCarried, CodesCarried, FateKind, Report};

/// Codes of one dataset that the page shows; the rest stand in `report.json`.
const SHOWN: usize = 300;

/// The annex; `None` where no pack asks for it.
pub(super) fn of(report: &Report) -> Option<Value> {
    if report.migrations.is_empty() {
        return None;
    }
    let migrations = report.migrations.iter().map(|migration| {
        json!({
            "title": migration.title, "from": migration.from, "to": migration.to,
            "carried": migration.carried.iter().map(carried).collect::<Vec<_>>(),
        })
    });
    Some(Value::Array(migrations.collect()))
}

fn carried(of: &CodesCarried) -> Value {
    let mut line = if of.found {
        let noun = count(of.population, "record", "records");
        format!(
            "{noun} of {}: {} left out, {} undecided, {} evaluated, {} of them without a code.",
            of.dataset,
            number(of.excluded),
            number(of.undecided),
            number(of.evaluated),
            number(of.without_code)
        )
    } else {
        format!("No export delivers {}: nothing is known of their codes.", of.dataset)
    };
    if of.found && of.incomplete {
        line.push_str(" Records are missing or could not be read: what they carry is not in this table.");
    }
    if !of.complete {
        line.push_str(" There are so many distinct values that they are no codes; none is listed.");
    }
    let more = of.codes.len().saturating_sub(SHOWN);
    if more > 0 {
        line.push_str(&format!(" {} more codes stand in report.json.", number(more as u64)));
    }
    json!({ "line": line, "field": of.field, "key": of.key, "rows": of.codes.iter().take(SHOWN).map(row).collect::<Vec<_>>() })
}

fn row(code: &CodeCarried) -> Value {
    let became = code.became.iter().map(|entry| match &entry.title {
        Some(title) => format!("{} {title}", entry.entry),
        None => entry.entry.clone(),
    });
    let fate = match code.fate {
        FateKind::Kept => "kept",
        FateKind::Renamed => "renamed",
        FateKind::Merged => "merged with others",
        FateKind::Split => "split",
        FateKind::Retired => "retired: nothing follows it",
        FateKind::NoCounterpart => "has no counterpart",
        FateKind::Current => "of the later edition already",
        FateKind::Unknown => "unknown to both editions",
    };
    let more = code.records.saturating_sub(code.named.len() as u64);
    let mut named = code.named.join(", ");
    if more > 0 {
        named.push_str(&format!(" and {} more", number(more)));
    }
    json!({
        "code": code.code, "title": code.title, "records": number(code.records), "named": named, "fate": fate,
        "became": became.collect::<Vec<_>>().join("; "), "origin": code.origin, "note": code.note,
    })
}
