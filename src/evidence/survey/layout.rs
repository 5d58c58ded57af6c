//! Layouts: how a file that a source took is to be read for the planned fields.

use regex::Regex;

use super::{Facts, SurveyedFile, SurveyedTable, Taken};
use crate::dataset::{self, FieldKind};
use crate::evidence::csv::CsvHead;
use crate::evidence::layout::{Column, CsvDialect, Decode, FileLayout, Format, Origin, Shape, TableLayout, Unpivot};
use crate::source::{Source, SourceFormat, SourceOrigin, SourceShape, SourceTable, SourceUnpivot, json_path};

/// How a file is read for the planned fields of each of its tables, which
/// `planned` gives by the table's ordinal; columns are in that order. `None`
/// where no source took the file. A table without a planned field is in the
/// layout too: its records are counted.
#[must_use]
pub fn layout<'p>(file: &SurveyedFile, source: &Source, planned: &dyn Fn(u32) -> &'p [String]) -> Option<FileLayout> {
    let taken = file.taken.as_ref().ok()?;
    let tables = taken
        .tables
        .iter()
        .filter_map(|table| {
            let maker = Maker::new(taken, source, table)?;
            let columns = planned(table.ordinal).iter().map(|field| maker.column(field)).collect();
            Some(TableLayout { table: table.ordinal, shape: maker.shape(), columns })
        })
        .collect();
    Some(FileLayout { format: format(taken, source), file_name: taken.file_name.clone(), tables })
}

/// The columns of a table, one at a time.
pub(in crate::evidence) struct Maker<'a> {
    taken: &'a Taken,
    source: &'a Source,
    table: &'a SurveyedTable,
    mapping: &'a SourceTable,
}

impl<'a> Maker<'a> {
    /// `None` where the table is not the source's.
    pub fn new(taken: &'a Taken, source: &'a Source, table: &'a SurveyedTable) -> Option<Self> {
        let mapping = source.tables.get(table.source_table)?;
        Some(Self { taken, source, table, mapping })
    }

    /// The column of one field.
    pub fn column(&self, field: &str) -> Column {
        let mapped = self.mapping.fields.iter().find(|mapped| mapped.name == field);
        let origin = match (self.turned(field), mapped) {
            (Some(origin), _) => origin,
            (None, Some(mapped)) => self.origin(&mapped.from),
            (None, None) if field == "system" => self.table.system.clone().map_or(Origin::Absent, Origin::Constant),
            (None, None) => Origin::Absent,
        };
        let absent_is_empty = self.mapping.absent_is_empty;
        let decode = match mapped {
            Some(mapped) => Decode {
                kind: mapped.kind,
                values: mapped.values.clone(),
                dates: mapped.dates.clone(),
                empty: mapped.empty.clone(),
                split: mapped.split.clone(),
                absent_is_empty,
            },
            None => Decode { kind: kind(&self.mapping.dataset, field), absent_is_empty, ..Decode::default() },
        };
        Column { field: field.to_owned(), origin, decode }
    }

    /// How records are made of rows or objects.
    pub fn shape(&self) -> Shape {
        match &self.mapping.shape {
            SourceShape::Plain => Shape::Plain,
            SourceShape::Each(path) => Shape::Each(path.clone()),
            SourceShape::Unpivot(unpivot) => {
                let value = self.mapping.fields.iter().find(|field| field.name == unpivot.value);
                Shape::Unpivot(Unpivot {
                    columns: turned_columns(unpivot, &self.taken.names),
                    pairs: unpivot.second.is_some(),
                    raci: unpivot.raci,
                    none: value.map(|value| value.empty.clone()).unwrap_or_default(),
                })
            }
        }
    }

    /// Where a field of a table made long comes from, if from the turned columns.
    fn turned(&self, field: &str) -> Option<Origin> {
        let SourceShape::Unpivot(unpivot) = &self.mapping.shape else { return None };
        if field == unpivot.header {
            Some(Origin::Header)
        } else if field == unpivot.value {
            Some(Origin::Value)
        } else if unpivot.second.as_deref() == Some(field) {
            Some(Origin::Second)
        } else if unpivot.raci && field == "note" && !self.mapping.fields.iter().any(|mapped| mapped.name == "note") {
            Some(Origin::Note)
        } else {
            None
        }
    }

    fn origin(&self, from: &SourceOrigin) -> Origin {
        match from {
            SourceOrigin::Column(name) => self.place(name).unwrap_or(Origin::Absent),
            SourceOrigin::FirstOf(names) => {
                let mut places: Vec<Origin> = names.iter().filter_map(|name| self.place(name)).collect();
                match places.len() {
                    0 => Origin::Absent,
                    1 => places.remove(0),
                    _ => Origin::FirstOf(places),
                }
            }
            SourceOrigin::Constant(value) => Origin::Constant(value.clone()),
            SourceOrigin::FileName(pattern) => capture(pattern, &self.taken.file_name).map_or(Origin::Absent, Origin::Constant),
        }
    }

    /// Where a column, path or key is; `None` where a file's header lacks it.
    fn place(&self, name: &str) -> Option<Origin> {
        match self.source.format {
            SourceFormat::Csv => self.taken.names.iter().position(|column| column == name).map(Origin::Cell),
            SourceFormat::Json | SourceFormat::Ndjson => Some(self.path(name)),
            SourceFormat::Markdown => Some(Origin::Key(name.to_lowercase())),
        }
    }

    fn path(&self, name: &str) -> Origin {
        let mut path = json_path(name);
        let of_element = matches!(self.mapping.shape, SourceShape::Each(_)) && path.first().is_some_and(|part| part == "@");
        // `[@]` is a key of that name, not the element.
        if of_element && name.starts_with('@') {
            path.remove(0);
            Origin::Element(path)
        } else {
            Origin::Path(path)
        }
    }
}

/// The columns to turn: those not kept, in file order. Of pairs, the first of
/// each; a column without one beside it that belongs to it is not turned.
pub(in crate::evidence) fn turned_columns(unpivot: &SourceUnpivot, header: &[String]) -> Vec<usize> {
    let kept = |at: usize| header.get(at).is_none_or(|name| unpivot.keep.contains(name));
    let mut columns = Vec::new();
    let mut at = 0;
    while at < header.len() {
        let paired = unpivot.second.is_some();
        if kept(at) || (paired && kept(at + 1)) {
            at += 1;
        } else {
            columns.push(at);
            at += if paired { 2 } else { 1 };
        }
    }
    columns
}

fn format(taken: &Taken, source: &Source) -> Format {
    match &taken.facts {
        Facts::Csv(head) => Format::Csv(dialect(head, source)),
        Facts::Json(dialect) => Format::Json(dialect.clone()),
        Facts::NdJson => Format::NdJson,
        Facts::Markdown => Format::Markdown,
    }
}

fn dialect(head: &CsvHead, source: &Source) -> CsvDialect {
    let at = |name: &String| head.header.iter().position(|column| column == name);
    let mut skip_when_empty: Vec<usize> = source.skip_when_empty.iter().filter_map(at).collect();
    // Rows are only skipped where every named column is there to tell.
    if skip_when_empty.len() < source.skip_when_empty.len() {
        skip_when_empty.clear();
    }
    CsvDialect { delimiter: head.delimiter, header: head.header.clone(), body: head.body, rows_before: head.rows_before, skip_when_empty }
}

/// The kind of a field that the source does not map.
fn kind(dataset: &str, field: &str) -> FieldKind {
    dataset::find(dataset).and_then(|dataset| dataset.field(field)).unwrap_or(FieldKind::Text)
}

fn capture(pattern: &Regex, name: &str) -> Option<String> {
    Some(pattern.captures(name)?.get(1)?.as_str().to_owned())
}
