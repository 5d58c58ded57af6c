//! The tables of a file: their ordinals, systems and times of export.

use super::exported::Told;
use super::{SurveyedFile, SurveyedTable};
use crate::engagement::{Engagement, ScopeSystem};
use crate::evidence::collect::Blob;
use crate::evidence::wildcard;
use crate::report::{ExportedAt, ExportedBasis};
use crate::source::{Source, SourceOrigin, SourceTable};

/// The tables that a source makes of a blob, without ordinals. `exported`: when, as the export itself says.
pub(super) fn of(
    index: usize,
    blob: &Blob,
    (at, source): (usize, &Source),
    exported: Option<&Told>,
    engagement: Option<&Engagement>,
) -> Vec<SurveyedTable> {
    let exported_at = exported_at(blob, exported, engagement);
    source
        .tables
        .iter()
        .enumerate()
        .map(|(source_table, table)| SurveyedTable {
            ordinal: 0,
            blob: index,
            source: at,
            source_table,
            dataset: table.dataset.clone(),
            system: system(blob, source, table, engagement),
            exported_at: exported_at.clone(),
        })
        .collect()
}

/// Numbers all tables in the order of path and table, whatever order the
/// files stand in; gives for each ordinal the file and its table.
pub(super) fn number(files: &mut [SurveyedFile]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by(|one, other| files[*one].path.as_bytes().cmp(files[*other].path.as_bytes()).then(one.cmp(other)));
    let mut numbered = Vec::new();
    for file in order {
        if let Ok(taken) = &mut files[file].taken {
            for (at, table) in taken.tables.iter_mut().enumerate() {
                // A million files with a handful of tables each stay far below u32.
                table.ordinal = u32::try_from(numbered.len()).unwrap_or(u32::MAX);
                numbered.push((file, at));
            }
        }
    }
    numbered
}

/// The system: the engagement's, where it declares one for this file (by path
/// before by source, one that lists the dataset before one that does not, then
/// in the file's order), else the source's.
fn system(blob: &Blob, source: &Source, table: &SourceTable, engagement: Option<&Engagement>) -> Option<String> {
    let declared = engagement.and_then(|engagement| engagement.scope.as_ref()).map_or(&[][..], |scope| &scope.systems);
    let rank = |system: &ScopeSystem| {
        let by_path = system.path.as_deref().map(|path| blob.matches(path));
        let by_source = system.source.as_deref().map(|id| id == source.id);
        let concerned = by_path.unwrap_or(true) && by_source.unwrap_or(true) && (by_path.is_some() || by_source.is_some());
        concerned.then(|| (by_path.is_some(), system.datasets.contains(&table.dataset)))
    };
    // `max_by_key` takes the last of equals, hence from behind.
    let best = declared.iter().rev().filter_map(|system| Some((rank(system)?, system))).max_by_key(|(rank, _)| *rank);
    if let Some((_, system)) = best {
        return Some(system.name.clone());
    }
    let constant = table.fields.iter().find(|field| field.name == "system").and_then(|field| match &field.from {
        SourceOrigin::Constant(value) => Some(value.clone()),
        _ => None,
    });
    source.system.clone().or(constant)
}

/// When the file was exported: as it says itself, else as the engagement
/// states it (a path without wildcards before one with, then in the
/// engagement's order), else as its name says.
fn exported_at(blob: &Blob, told: Option<&Told>, engagement: Option<&Engagement>) -> ExportedAt {
    let content = |told: &Told| ExportedAt { value: Some(told.value.clone()), basis: ExportedBasis::Content };
    if let Some(told) = told.filter(|told| !told.by_name) {
        return content(told);
    }
    let stated = engagement.map_or(&[][..], |engagement| &engagement.exported_at);
    let mut fitting: Vec<_> = stated.iter().filter(|stated| blob.matches(&stated.path)).collect();
    fitting.sort_by_key(|stated| wildcard::is_wild(&stated.path));
    match fitting.first() {
        Some(stated) => ExportedAt { value: Some(stated.at.clone()), basis: ExportedBasis::Stated },
        None => told.map_or(ExportedAt { value: None, basis: ExportedBasis::Unknown }, content),
    }
}
