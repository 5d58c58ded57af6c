//! One sheet: its cells in rows, and its merged regions.

use std::io::Cursor;

use calamine::{DataRef, Dimensions, Xlsx};

use super::Limits;
use super::error::{Trouble, WorkbookError};

/// A sheet, read. Only cells with a value are kept, row by row and from the left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Whether people do not see it.
    pub hidden: bool,
    /// The rows that hold a value, from the top.
    pub rows: Vec<Row>,
    /// The merged regions, in the order of the file.
    pub merged: Vec<Region>,
}

/// A row that holds a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1.
    pub number: u32,
    /// Its cells with a value, from the left.
    pub cells: Vec<Cell>,
}

/// A cell with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its column, from 0.
    pub column: u32,
    /// What the value is.
    pub kind: Kind,
    /// The value as text: of a number the shortest that reads back as it, of an error what people see, such as `#N/A`.
    pub text: String,
    /// Whether a formula gave the value when the file was saved.
    pub formula: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A date or time: a number that is shown as one, as `YYYY-MM-DDTHH:MM:SS` where the calendar has it.
    Date,
    /// True or false.
    Boolean,
    /// The error of a formula.
    Error,
}

/// A merged region: rows from 1, columns from 0, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the corners")]
pub struct Region {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

impl Row {
    /// The text of a cell, without blanks around it; empty where nothing is.
    #[must_use]
    pub fn text(&self, column: u32) -> &str {
        self.cell(column).map(|cell| cell.text.trim()).unwrap_or_default()
    }

    /// The cell in a column.
    #[must_use]
    pub fn cell(&self, column: u32) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&column, |cell| cell.column).ok()?;
        self.cells.get(at)
    }
}

impl Region {
    /// Whether it covers a cell.
    #[must_use]
    pub fn covers(&self, row: u32, column: u32) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", cell_name(self.top, self.left), cell_name(self.bottom, self.right))
    }
}

/// A column from 0 as spreadsheets name it: `A`, `Z`, `AA`.
#[must_use]
pub fn column_name(column: u32) -> String {
    let (mut letters, mut rest) = (Vec::new(), u64::from(column) + 1);
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// A cell as spreadsheets name it: row from 1, column from 0.
#[must_use]
pub fn cell_name(row: u32, column: u32) -> String {
    format!("{}{row}", column_name(column))
}

/// Reads a sheet cell by cell.
pub(super) fn read(xlsx: &mut Xlsx<Cursor<&[u8]>>, name: &str, hidden: bool, limits: &Limits) -> Result<Sheet, WorkbookError> {
    let damaged = |error: calamine::XlsxError| WorkbookError::from(Trouble::Damaged(error.to_string())).on(name);
    let merged = xlsx.merge_cells_by_sheet_name(name).map_err(damaged)?.into_iter().map(region).collect();
    let mut sheet = Sheet { name: name.to_owned(), hidden, rows: Vec::new(), merged };
    let mut reader = xlsx.worksheet_cells_reader(name).map_err(damaged)?;
    let mut room = limits.text;
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
        let Some((kind, text)) = value(&record.value) else { continue };
        room = room.checked_sub(text.len()).ok_or_else(|| {
            let limit = format!("{} bytes of text", limits.text);
            WorkbookError::from(Trouble::TooLarge { what: "the sheet".to_owned(), limit }).on(name)
        })?;
        let (row, column) = record.pos;
        sheet.add(row.saturating_add(1), Cell { column, kind, text, formula: record.formula.is_some() });
    }
    sheet.order().map_err(|(row, column)| WorkbookError::from(Trouble::Damaged("a cell stands there twice".to_owned())).on(name).at(row, column))?;
    Ok(sheet)
}

fn region(found: Dimensions) -> Region {
    Region { top: found.start.0.saturating_add(1), left: found.start.1, bottom: found.end.0.saturating_add(1), right: found.end.1 }
}

/// A value as kind and text; none where the cell is empty.
fn value(value: &DataRef<'_>) -> Option<(Kind, String)> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) => (Kind::Text, text.clone()),
        DataRef::SharedString(text) => (Kind::Text, (*text).to_owned()),
        DataRef::Int(number) => (Kind::Number, number.to_string()),
        DataRef::Float(number) => (Kind::Number, number_text(*number)),
        DataRef::Bool(value) => (Kind::Boolean, value.to_string()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (Kind::Date, text.clone()),
        DataRef::DateTime(moment) => (Kind::Date, date_text(moment)),
        DataRef::Error(error) => (Kind::Error, error.to_string()),
    })
    .filter(|(_, text)| !text.is_empty())
}

fn number_text(number: f64) -> String {
    // `722`, not `722.0`; never minus nought.
    if number == 0.0 { "0".to_owned() } else { number.to_string() }
}

/// Spreadsheets count days to the end of the year 9999.
fn date_text(moment: &calamine::ExcelDateTime) -> String {
    let days = moment.as_f64();
    if !moment.is_datetime() || !(0.0..2_957_003.0).contains(&days) {
        return number_text(days);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

impl Sheet {
    fn add(&mut self, number: u32, cell: Cell) {
        match self.rows.last_mut() {
            Some(row) if row.number == number => row.cells.push(cell),
            _ => self.rows.push(Row { number, cells: vec![cell] }),
        }
    }

    /// Puts rows and cells in order; gives a cell that stands twice.
    fn order(&mut self) -> Result<(), (u32, u32)> {
        if !self.rows.is_sorted_by(|left, right| left.number < right.number) {
            self.rows.sort_by_key(|row| row.number);
            let mut rows: Vec<Row> = Vec::with_capacity(self.rows.len());
            for row in self.rows.drain(..) {
                match rows.last_mut() {
                    Some(last) if last.number == row.number => last.cells.extend(row.cells),
                    _ => rows.push(row),
                }
            }
            self.rows = rows;
        }
        for row in &mut self.rows {
            row.cells.sort_by_key(|cell| cell.column);
            if let Some([cell, _]) = row.cells.array_windows().find(|[left, right]| left.column == right.column) {
                return Err((row.number, cell.column));
            }
        }
        Ok(())
    }
}
