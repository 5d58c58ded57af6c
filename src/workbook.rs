//! Workbooks (XLSX, ECMA-376): the only module that knows the spreadsheet crate.
//!
//! A workbook comes from strangers. Before the crate sees it, every part is
//! inflated once within a limit ([`parts`]) and its XML is looked over for what
//! the crate does not bear ([`guard`]): numbers that overflow, lists that claim
//! to be longer than the file. Then sheets are read one by one, cell by cell and
//! never as a dense range ([`sheet`]); a lone cell in the far corner costs one cell.

use std::io::Cursor;

use calamine::{Reader as _, SheetType, SheetVisible, Xlsx};

use crate::fault;

mod error;
mod guard;
mod parts;
mod sheet;

pub use error::{Trouble, WorkbookError, place};
pub use sheet::{Cell, Kind, Region, Row, Sheet, cell_name, column_name};

/// How much of a workbook is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one part, inflated: a sheet, the shared texts.
    pub part: u64,
    /// Bytes of all parts together, inflated.
    pub total: u64,
    /// Cells of all sheets together.
    pub cells: u64,
    /// Bytes of text that one sheet's cells hold: cells share texts, copies do not.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { part: 64 << 20, total: 128 << 20, cells: 2_000_000, text: 64 << 20 }
    }
}

/// A sheet as the workbook lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether people do not see it.
    pub hidden: bool,
}

/// An opened workbook.
pub struct Workbook<'b> {
    xlsx: Xlsx<Cursor<&'b [u8]>>,
    sheets: Vec<Listed>,
    limits: Limits,
}

impl std::fmt::Debug for Workbook<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Workbook").field("sheets", &self.sheets).finish_non_exhaustive()
    }
}

/// Whether these bytes claim to be a workbook: a zip archive, or the container of old and of encrypted ones.
#[must_use]
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(parts::ZIP) || bytes.starts_with(parts::COMPOUND)
}

impl<'b> Workbook<'b> {
    /// Opens a workbook: weighs it and reads the list of its sheets.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn open(bytes: &'b [u8], limits: Limits) -> Result<Self, WorkbookError> {
        parts::weigh(bytes, &limits)?;
        let opened = fault::caught("reading a workbook", || Xlsx::new(Cursor::new(bytes)));
        let xlsx = opened.ok_or_else(|| WorkbookError::from(Trouble::Fault))?.map_err(|error| Trouble::Damaged(error.to_string()))?;
        let mut sheets: Vec<Listed> = Vec::new();
        for sheet in xlsx.sheets_metadata() {
            if sheet.typ == SheetType::WorkSheet {
                let listed = Listed { name: sheet.name.clone(), hidden: sheet.visible != SheetVisible::Visible };
                sheets.push(listed);
            }
        }
        let mut names: Vec<String> = sheets.iter().map(|sheet| sheet.name.to_lowercase()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[left, right]| left == right) {
            return Err(Trouble::Damaged(format!("two sheets are named `{name}`")).into());
        }
        Ok(Self { xlsx, sheets, limits })
    }

    /// Its sheets, in the order in which people see them.
    #[must_use]
    pub fn sheets(&self) -> &[Listed] {
        &self.sheets
    }

    /// Whether it has a sheet of exactly that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.sheets.iter().any(|sheet| sheet.name == name)
    }

    /// Reads a sheet; an empty one where there is none of that name.
    ///
    /// # Errors
    /// [`WorkbookError`], with the sheet.
    pub fn sheet(&mut self, name: &str) -> Result<Sheet, WorkbookError> {
        let hidden = self.sheets.iter().any(|sheet| sheet.name == name && sheet.hidden);
        if !self.has(name) {
            return Ok(Sheet { name: name.to_owned(), hidden, rows: Vec::new(), merged: Vec::new() });
        }
        let (xlsx, limits) = (&mut self.xlsx, &self.limits);
        let read = fault::caught("reading a sheet", || sheet::read(xlsx, name, hidden, limits));
        read.ok_or_else(|| WorkbookError::from(Trouble::Fault).on(name))?
    }
}
