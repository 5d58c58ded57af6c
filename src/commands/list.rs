//! `rolecall list`.

use serde_json::{Value, json};

use super::say;
use crate::catalogue::Catalogue;
use crate::cli::{Format, ListArgs, Listed};
use crate::dataset;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pack::{Pack, resolve};
use crate::text::visible_lines;

mod classes;
mod findings;
mod frameworks;

pub(super) fn run(args: &ListArgs) -> Result<Exit, Diagnostics> {
    refuse(args)?;
    if args.what == Listed::Findings {
        return findings::run(args);
    }
    let catalogue = Catalogue::whole(&args.known.packs_dir, &args.known.sources_dir)?;
    let rows: Vec<Value> = match args.what {
        Listed::Packs => packs(&catalogue)?.iter().map(pack).collect(),
        Listed::Controls => controls(&catalogue, &args.attribute)?,
        Listed::Checks => packs(&catalogue)?.iter().flat_map(checks).collect(),
        Listed::Sources => catalogue.sources.iter().map(source).collect(),
        Listed::Datasets => datasets(&catalogue),
        Listed::Formats => ["json", "html"].iter().map(|id| json!({ "id": id })).collect(),
        Listed::Frameworks => frameworks::rows(&catalogue)?,
        Listed::Findings => Vec::new(),
    };
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&rows).unwrap_or_default())),
        Format::Human => say(&visible_lines(&table(&rows))),
    }
    Ok(Exit::Good)
}

/// Options that are of no use to what is listed.
fn refuse(args: &ListArgs) -> Result<(), Diagnostics> {
    let findings = args.what == Listed::Findings;
    let of_no_use = [
        ("--attribute", !args.attribute.is_empty() && !findings && args.what != Listed::Controls, "controls and findings"),
        ("--report", args.report.is_some() && !findings, "findings"),
        ("--sort", args.sort.is_some() && !findings, "findings"),
    ];
    match of_no_use.iter().find(|(_, wrong, _)| *wrong) {
        Some((option, _, what)) => Err(Diagnostic::new("usage", "", format!("{option} is of use to {what} only")).help("leave it out").into()),
        None => Ok(()),
    }
}

fn packs(catalogue: &Catalogue) -> Result<Vec<Pack>, Diagnostics> {
    catalogue.packs.iter().map(|pack| resolve::resolve(pack, &std::collections::BTreeMap::new(), &catalogue.kinds)).collect()
}

fn pack(pack: &Pack) -> Value {
    json!({
        "id": pack.id, "title": pack.title, "version": pack.version, "edition": pack.edition,
        "controls": pack.controls.len(), "checks": pack.controls.iter().map(|control| control.checks.len()).sum::<usize>(),
    })
}

fn controls(catalogue: &Catalogue, wanted: &[(String, String)]) -> Result<Vec<Value>, Diagnostics> {
    let mut rows = Vec::new();
    let classes = classes::Classes::new(catalogue, wanted)?;
    for (loaded, pack) in catalogue.packs.iter().zip(packs(catalogue)?) {
        let (examples, _) = loaded.examples();
        for control in pack.controls.iter().filter(|control| classes.take(control)) {
            let kinds: std::collections::BTreeSet<_> = control.checks.iter().map(|check| check.kind.word()).collect();
            let datasets: std::collections::BTreeSet<_> = control.checks.iter().flat_map(|check| check.kind.datasets()).collect();
            let own = |passes: bool| examples.iter().filter(|example| example.control == control.id && example.passes == passes).count();
            rows.push(json!({
                "id": control.id, "pack": pack.id, "title": control.title, "kinds": kinds, "datasets": datasets,
                "examples": { "pass": own(true), "fail": own(false) },
            }));
        }
    }
    Ok(rows)
}

fn checks(pack: &Pack) -> Vec<Value> {
    let of = |control: &crate::pack::Control| {
        let id = control.id.clone();
        control.checks.iter().map(move |check| {
            json!({ "id": format!("{id}/{}", check.id), "kind": check.kind.word(), "title": check.title, "datasets": check.kind.datasets() })
        }).collect::<Vec<_>>()
    };
    pack.controls.iter().flat_map(of).collect()
}

fn source(source: &crate::source::Source) -> Value {
    let datasets: Vec<_> = source.tables.iter().map(|table| &table.dataset).collect();
    json!({ "id": source.id, "title": source.title, "format": source.format, "datasets": datasets })
}

fn datasets(catalogue: &Catalogue) -> Vec<Value> {
    let row = |name: &String| {
        let record = dataset::find(name).map_or("a record of an own dataset", |dataset| dataset.record);
        let bases = dataset::derived::find(name).map_or(&[][..], |derived| derived.bases);
        let made_of: Vec<&str> = bases.iter().map(|base| base.dataset).collect();
        json!({ "id": name, "record": record, "made_of": made_of, "fields": catalogue.kinds.fields(name) })
    };
    catalogue.kinds.datasets().iter().map(row).collect()
}

/// Columns as wide as their widest value; lists joined by commas.
fn table(rows: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.iter().map(|(name, value)| format!("{value} {name}")).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let cells: Vec<Vec<(String, String)>> =
        rows.iter().filter_map(Value::as_object).map(|row| row.iter().map(|(name, value)| (name.clone(), text(value))).collect()).collect();
    let Some(first) = cells.first() else { return String::new() };
    let order = [
        "id",
        "severity",
        "control",
        "check",
        "subject",
        "pack",
        "title",
        "record",
        "made_of",
        "version",
        "edition",
        "entries",
        "links",
        "from",
        "packs",
        "licence",
        "format",
        "kind",
        "kinds",
        "controls",
        "checks",
        "datasets",
        "fields",
        "examples",
        "waiver",
        "attributes",
    ];
    let names: Vec<&str> = order.into_iter().filter(|name| first.iter().any(|(known, _)| known == name)).collect();
    let cell = |row: &[(String, String)], name: &str| row.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default();
    let width = |name: &str| cells.iter().map(|row| cell(row, name).chars().count()).max().unwrap_or(0).max(name.len()).min(60);
    let mut out = String::new();
    let heads: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    for line in std::iter::once(heads).chain(cells.iter().map(|row| names.iter().map(|name| cell(row, name)).collect())) {
        let padded: Vec<String> = line.iter().zip(&names).map(|(text, name)| format!("{text:<width$}", width = width(name))).collect();
        out.push_str(padded.join("  ").trim_end());
        out.push('\n');
    }
    out
}
