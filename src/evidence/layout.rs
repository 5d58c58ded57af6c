//! How one file is to be read: the survey's answer, which readers follow.
//!
//! A layout is made once per file, from the source profile that took it and
//! the fields that the plan wants. Readers know nothing of profiles, checks
//! or datasets: they see columns, where each comes from, and how to decode it.

use crate::dataset::FieldKind;

/// How one file is read, and the tables that it feeds.
#[derive(Debug, Clone)]
pub struct FileLayout {
    /// The outer form.
    pub format: Format,
    /// The file's name (last component), for Markdown's `path`.
    pub file_name: String,
    /// The tables, one per dataset that the file feeds.
    pub tables: Vec<TableLayout>,
}

/// The outer form of a file, with what the survey learned of it.
#[derive(Debug, Clone)]
pub enum Format {
    /// Delimited text after RFC 4180, as `docs/reading.md` fixes it.
    Csv(CsvDialect),
    /// One JSON document with a list of records.
    Json(JsonDialect),
    /// One JSON object a line.
    NdJson,
    /// A Markdown document: one record.
    Markdown,
}

/// What the survey learned of a delimited file.
#[derive(Debug, Clone)]
pub struct CsvDialect {
    /// The separator.
    pub delimiter: u8,
    /// Column names: trimmed; empty ones are `#n`, repeated ones `name#2`.
    pub header: Vec<String>,
    /// Byte offset of the first data record (after byte-order mark, `sep=` line and header).
    pub body: u64,
    /// Spreadsheet rows before the first data record (the header counts as one).
    pub rows_before: u64,
    /// Columns which, all empty, make a row no record (section rows, footers).
    pub skip_when_empty: Vec<usize>,
}

/// Where the records of a JSON document are.
#[derive(Debug, Clone)]
pub struct JsonDialect {
    /// The wrapper's member that holds the list; `None` for a bare array, or for one object that is the only record.
    pub list: Option<String>,
}

/// One table of a file.
#[derive(Debug, Clone)]
pub struct TableLayout {
    /// The table's ordinal in the scan.
    pub table: u32,
    /// How records are made of rows or objects.
    pub shape: Shape,
    /// The planned columns; a batch has them in this order.
    pub columns: Vec<Column>,
}

/// How records are made of a row or an object.
#[derive(Debug, Clone)]
pub enum Shape {
    /// One record each.
    Plain,
    /// JSON: one record per element of the list at this path; `@` paths refer to the element.
    Each(Vec<String>),
    /// CSV: one record per non-empty cell of the other columns.
    Unpivot(Unpivot),
}

/// A wide table made long.
#[derive(Debug, Clone)]
pub struct Unpivot {
    /// The columns to turn, by index, in file order.
    pub columns: Vec<usize>,
    /// Whether the column after each turned one belongs to it ([`Origin::Second`]).
    pub pairs: bool,
    /// Whether a cell holds letters of a responsibility matrix: one record per letter.
    pub raci: bool,
    /// With `raci`: cells that say that there is no letter.
    pub none: Vec<String>,
}

/// One planned column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The dataset field.
    pub field: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// How it is decoded.
    pub decode: Decode,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The source does not map the field, or the file lacks the column.
    Absent,
    /// The same value for every record.
    Constant(String),
    /// CSV: a column by index.
    Cell(usize),
    /// JSON: a path from the record's object; a list on the way gives a list.
    Path(Vec<String>),
    /// JSON, shape `Each`: a path from the element; an empty path is the element itself.
    Element(Vec<String>),
    /// The first of these that is neither empty nor absent.
    FirstOf(Vec<Origin>),
    /// CSV, shape `Unpivot`: the turned column's header.
    Header,
    /// CSV, shape `Unpivot`: the cell (with `raci`, one letter of it).
    Value,
    /// CSV, shape `Unpivot` with pairs: the cell beside it.
    Second,
    /// CSV, shape `Unpivot` with `raci`: the text in parentheses.
    Note,
    /// Markdown: a key of front matter or control table; `text`, `title` and `path` are the document's.
    Key(String),
}

/// How a raw value becomes a normalised one.
#[derive(Debug, Clone)]
pub struct Decode {
    /// What the field's values are. Dates become `YYYY-MM-DD` or
    /// `YYYY-MM-DDTHH:MM:SSZ`; booleans `true` or `false`; list elements are
    /// joined by [`crate::dataset::LIST_SEPARATOR`]. What cannot be decoded is invalid.
    pub kind: FieldKind,
    /// Spellings and what they mean; others stay as they are.
    pub values: Vec<(String, String)>,
    /// strftime formats to try after ISO 8601.
    pub dates: Vec<String>,
    /// Spellings of "no value".
    pub empty: Vec<String>,
    /// For lists in one cell: the separator.
    pub split: Option<String>,
    /// Whether an absent key or column counts as empty.
    pub absent_is_empty: bool,
}

impl Default for Decode {
    fn default() -> Self {
        Self { kind: FieldKind::Text, values: Vec::new(), dates: Vec::new(), empty: Vec::new(), split: None, absent_is_empty: false }
    }
}
