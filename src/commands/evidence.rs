//! `rolecall evidence`: what each file was recognised as, and what is missing.

use serde_json::{Value, json};

use super::{in_threads, say};
use crate::cli::{EvidenceArgs, Format};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::collect::printable;
use crate::evidence::survey::Untaken;
use crate::exit::Exit;
use crate::report::{Audience, Outcome};
use crate::scan::{Input, Scanned, Silent, scan};
use crate::settings::{Settings, settle};
use crate::source::SourceOrigin;

pub(super) fn run(args: &EvidenceArgs) -> Result<Exit, Diagnostics> {
    let settings = settle(&args.taking, &[])?;
    let scanned = in_threads(args.taking.jobs, || look(&settings))??;
    let files = files(&settings, &scanned);
    let missing: Vec<Value> = scanned
        .report
        .controls
        .iter()
        .flat_map(|control| control.checks.iter().map(move |check| (control, check)))
        .filter(|(_, check)| check.outcome == Outcome::NotEvaluated)
        .map(|(control, check)| json!({ "check": format!("{}/{}", control.id, check.id), "needs": check.reason }))
        .collect();
    let inventory = json!({
        "files": files,
        "identities": { "resolved": scanned.resolved, "unresolved": scanned.report.coverage.unresolved_identities },
        "would_not_evaluate": missing,
    });
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&inventory).unwrap_or_default())),
        Format::Human => say(&human(&inventory)),
    }
    Ok(Exit::Good)
}

fn look(settings: &Settings) -> Result<Scanned, Diagnostics> {
    let input = Input {
        blobs: &settings.collected.blobs,
        survey: settings.survey.clone(),
        sources: &settings.catalogue.sources,
        kinds: &settings.catalogue.kinds,
        packs: &settings.packs,
        packs_not_selected: Vec::new(),
        engagement: settings.engagement.as_ref().map(|loaded| &loaded.engagement),
        engagement_summary: None,
        aliases: &settings.aliases,
        as_of: settings.as_of,
        period: settings.period.clone(),
        audience: Audience::Internal,
        selection: settings.selection,
        inputs: settings.inputs.clone(),
        list_max: 1,
        seed: settings.seed,
        block_size: settings.block_size,
        progress: &Silent,
    };
    scan(input).map_err(|error| Diagnostic::new("plan", "", error.to_string()).into())
}

fn files(settings: &Settings, scanned: &Scanned) -> Vec<Value> {
    let mut rows = Vec::new();
    for file in &settings.survey.files {
        let encoding = file.encoding.map(crate::evidence::survey::Encoding::code);
        let taken = match &file.taken {
            Ok(taken) => taken,
            Err(untaken) => {
                rows.push(untaken_row(&file.path, encoding, untaken));
                continue;
            }
        };
        let Some(source) = settings.catalogue.sources.get(taken.source) else { continue };
        for table in &taken.tables {
            let Some(mapping) = source.tables.get(table.source_table) else { continue };
            let mut used: Vec<&str> = Vec::new();
            let mut mapped = serde_json::Map::new();
            for field in &mapping.fields {
                let from = match &field.from {
                    SourceOrigin::Column(column) => vec![column.as_str()],
                    SourceOrigin::FirstOf(columns) => columns.iter().map(String::as_str).collect(),
                    SourceOrigin::Constant(_) | SourceOrigin::FileName(_) => Vec::new(),
                };
                used.extend(&from);
                mapped.insert(field.name.clone(), json!(from.join(" | ")));
            }
            let unmapped: Vec<&String> =
                taken.names.iter().filter(|name| !used.iter().any(|path| path.split('.').next() == Some(name) || path == name)).collect();
            let count = scanned.tables.get(table.ordinal as usize);
            rows.push(json!({
                "path": file.path, "source": source.id, "dataset": table.dataset,
                "records": count.map(|count| count.records), "rejected": count.map(|count| count.rejected),
                "encoding": encoding, "mapped": mapped, "unmapped": unmapped,
                "problems": count.map(|count| &count.problems),
                "identities": count.and_then(|count| count.identities.as_ref()).map(|told| json!({ "joined": told.joined, "not_joined": told.not_joined })),
            }));
        }
    }
    rows
}

fn untaken_row(path: &str, encoding: Option<&str>, untaken: &Untaken) -> Value {
    json!({
        "path": path, "source": null, "dataset": null, "records": 0, "rejected": 0, "encoding": encoding,
        "mapped": {}, "unmapped": [], "problems": [{ "code": untaken.code(), "message": untaken.message(), "count": 1, "first_record": null }],
    })
}

fn human(inventory: &Value) -> String {
    let mut out = String::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| printable(value.as_str().unwrap_or("-"));
    for file in list(&inventory["files"]) {
        match file["source"].as_str() {
            Some(source) => out.push_str(&format!(
                "{}\n    {} from {}: {} records, {} rejected\n",
                text(&file["path"]),
                text(&file["dataset"]),
                source,
                file["records"],
                file["rejected"]
            )),
            None => out.push_str(&format!("{}\n    not taken\n", text(&file["path"]))),
        }
        if file["identities"].is_object() {
            let told = &file["identities"];
            out.push_str(&format!("    {} accounts are somebody's on the roster, {} are not\n", told["joined"], told["not_joined"]));
        }
        let unmapped: Vec<String> = list(&file["unmapped"]).iter().map(text).collect();
        if !unmapped.is_empty() {
            out.push_str(&format!("    not used: {}\n", unmapped.join(", ")));
        }
        for problem in list(&file["problems"]) {
            out.push_str(&format!("    {}: {}\n", text(&problem["code"]), text(&problem["message"])));
        }
    }
    let identities = &inventory["identities"];
    out.push_str(&format!("\npersons of other systems: {} join the roster, {} do not\n", identities["resolved"], identities["unresolved"]));
    let missing = list(&inventory["would_not_evaluate"]);
    if !missing.is_empty() {
        out.push_str(&format!("\n{} checks would not be evaluated:\n", missing.len()));
        for check in missing {
            out.push_str(&format!("    {}: {}\n", text(&check["check"]), text(&check["needs"])));
        }
    }
    out
}
