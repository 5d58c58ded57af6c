//! `rolecall evidence`: what each file was recognised as, and what is missing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{in_threads, say, tell};
use crate::cli::{EvidenceArgs, Format};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::survey::{Encoding, SurveyedTable, Taken, Untaken};
use crate::exit::Exit;
use crate::report::text::reason;
use crate::report::{Outcome, Problem, package};
use crate::scan::{Input, Scanned, scan};
use crate::settings::{Settings, settle};
use crate::source::SourceOrigin;
use crate::text::{of_system, visible};

/// What `--format json` prints, in the contract's order.
#[derive(Debug, Serialize)]
struct Inventory {
    files: Vec<File>,
    identities: Identities,
    would_not_evaluate: Vec<NotEvaluated>,
}

/// A table of a file, or a file that nothing took.
#[derive(Debug, Serialize)]
struct File {
    path: String,
    source: Option<String>,
    dataset: Option<String>,
    records: u64,
    rejected: u64,
    encoding: Option<&'static str>,
    mapped: BTreeMap<String, String>,
    unmapped: Vec<String>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Identities {
    resolved: u64,
    unresolved: u64,
}

#[derive(Debug, Serialize)]
struct NotEvaluated {
    check: String,
    needs: Option<String>,
}

pub(super) fn run(args: &EvidenceArgs) -> Result<Exit, Diagnostics> {
    // What `scan` would refuse or skip is refused or skipped here, too.
    let target = |error: package::PackageError| Diagnostic::new("out", of_system(args.out.as_os_str()), error.to_string());
    package::check(&args.out).map_err(target)?;
    let skip = package::folders(&args.out).map_err(target)?;
    let (settings, scanned) = in_threads(args.taking.jobs, || {
        let settings = settle(&args.taking, &skip)?;
        let scanned = scan(Input { list_max: 1, ..settings.input() }).map_err(|error| Diagnostic::new("plan", "", error.to_string()))?;
        Ok::<_, Diagnostics>((settings, scanned))
    })??;
    for path in &settings.collected.skipped {
        tell(&format!("note: {} is not evidence: it is where reports are written\n", visible(path)));
    }
    let inventory = Inventory::of(&settings, &scanned);
    match args.format {
        Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&inventory).unwrap_or_default())),
        Format::Human => say(&inventory.human()),
    }
    Ok(Exit::Good)
}

impl Inventory {
    fn of(settings: &Settings, scanned: &Scanned) -> Self {
        let checks = scanned.report.controls.iter().flat_map(|control| control.checks.iter().map(move |check| (control, check)));
        Self {
            files: files(settings, scanned),
            identities: Identities { resolved: scanned.resolved, unresolved: scanned.report.coverage.unresolved_identities },
            would_not_evaluate: checks
                .filter(|(_, check)| check.outcome == Outcome::NotEvaluated)
                .map(|(control, check)| NotEvaluated { check: format!("{}/{}", control.id, check.id), needs: check.reason.clone() })
                .collect(),
        }
    }

    fn human(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        for file in &self.files {
            let _ = writeln!(out, "{}", visible(&file.path));
            let _ = match (&file.source, &file.dataset) {
                (Some(source), Some(dataset)) => {
                    writeln!(out, "    {} from {}: {} records, {} rejected", visible(dataset), visible(source), file.records, file.rejected)
                }
                _ => writeln!(out, "    not taken"),
            };
            if !file.mapped.is_empty() {
                let fields = file.mapped.iter().map(|(field, from)| match from.as_str() {
                    "" => format!("{field} (not from a column)"),
                    from if from == field => field.clone(),
                    from => format!("{field} ({from})"),
                });
                let _ = writeln!(out, "    fields: {}", visible(&fields.collect::<Vec<_>>().join(", ")));
            }
            if !file.unmapped.is_empty() {
                let unmapped: Vec<String> = file.unmapped.iter().map(|name| visible(name)).collect();
                let _ = writeln!(out, "    not used: {}", unmapped.join(", "));
            }
            for problem in &file.problems {
                let _ = writeln!(out, "    {}: {}", visible(&problem.code), visible(&problem.message));
            }
        }
        let Identities { resolved, unresolved } = self.identities;
        let _ = writeln!(out, "\nidentities of other systems: {resolved} join the roster, {unresolved} do not");
        if !self.would_not_evaluate.is_empty() {
            let _ = writeln!(out, "\n{} checks would not be evaluated:", self.would_not_evaluate.len());
            for NotEvaluated { check, needs } in &self.would_not_evaluate {
                let _ = writeln!(out, "    {}: {}", visible(check), visible(&reason(needs.as_deref().unwrap_or("-"))));
            }
        }
        out
    }
}

fn files(settings: &Settings, scanned: &Scanned) -> Vec<File> {
    let mut rows = Vec::new();
    for file in &settings.survey.files {
        match &file.taken {
            Ok(taken) => rows.extend(taken.tables.iter().filter_map(|table| taken_row(settings, scanned, (&file.path, file.encoding), taken, table))),
            Err(untaken) => rows.push(untaken_row(&file.path, file.encoding, untaken)),
        }
    }
    rows
}

fn taken_row(settings: &Settings, scanned: &Scanned, file: (&str, Option<Encoding>), taken: &Taken, table: &SurveyedTable) -> Option<File> {
    let source = settings.catalogue.sources.get(taken.source)?;
    let mut used: Vec<&str> = Vec::new();
    let mut mapped = BTreeMap::new();
    for field in &source.tables.get(table.source_table)?.fields {
        let from: Vec<&str> = match &field.from {
            SourceOrigin::Column(column) => vec![column],
            SourceOrigin::FirstOf(columns) => columns.iter().map(String::as_str).collect(),
            SourceOrigin::Constant(_) | SourceOrigin::FileName(_) => Vec::new(),
        };
        used.extend(&from);
        mapped.insert(field.name.clone(), from.join(" | "));
    }
    let takes = |name: &&String| used.iter().any(|path| path.split('.').next() == Some(name) || path == name);
    let count = scanned.tables.get(table.ordinal as usize);
    Some(File {
        path: file.0.to_owned(),
        source: Some(source.id.clone()),
        dataset: Some(table.dataset.clone()),
        records: count.map_or(0, |count| count.records),
        rejected: count.map_or(0, |count| count.rejected),
        encoding: file.1.map(Encoding::code),
        mapped,
        unmapped: taken.names.iter().filter(|name| !takes(name)).cloned().collect(),
        problems: count.map(|count| count.problems.clone()).unwrap_or_default(),
    })
}

fn untaken_row(path: &str, encoding: Option<Encoding>, untaken: &Untaken) -> File {
    let problem = Problem { code: untaken.code().to_owned(), message: untaken.message(), count: 1, first_record: None };
    File {
        path: path.to_owned(),
        source: None,
        dataset: None,
        records: 0,
        rejected: 0,
        encoding: encoding.map(Encoding::code),
        mapped: BTreeMap::new(),
        unmapped: Vec::new(),
        problems: vec![problem],
    }
}
