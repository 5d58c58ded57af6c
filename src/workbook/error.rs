//! Why a workbook is not read.

use super::sheet::cell_name;
use crate::diagnostic::Diagnostic;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{trouble}")]
pub struct WorkbookError {
    /// What is wrong.
    pub trouble: Trouble,
    /// The sheet, where it is one.
    pub sheet: Option<String>,
    /// Row from 1 and column from 0, where it is a cell.
    pub cell: Option<(u32, u32)>,
}

/// What is wrong with a workbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No zip archive, or a broken one.
    #[error("this is no whole workbook: {0}")]
    NoZip(String),
    /// An old workbook, or an encrypted one.
    #[error("this is a workbook of the old format (.xls), or one with a password")]
    Compound,
    /// The binary format.
    #[error("this is a workbook of the binary format (.xlsb)")]
    Binary,
    /// It carries a program.
    #[error("the workbook carries macros (`{0}`)")]
    Macros(String),
    /// More than is read.
    #[error("{what} has more than {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// What is allowed, with its unit.
        limit: String,
    },
    /// It breaks its own format.
    #[error("the workbook is damaged: {0}")]
    Damaged(String),
    /// The reader itself failed.
    #[error("the reader of workbooks failed on this file")]
    Fault,
}

impl From<Trouble> for WorkbookError {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, sheet: None, cell: None }
    }
}

impl WorkbookError {
    /// In this sheet.
    #[must_use]
    pub fn on(mut self, sheet: &str) -> Self {
        self.sheet = Some(sheet.to_owned());
        self
    }

    /// In this cell: row from 1, column from 0.
    #[must_use]
    pub fn at(mut self, row: u32, column: u32) -> Self {
        self.cell = Some((row, column));
        self
    }

    /// Stable kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.trouble {
            Trouble::NoZip(_) => "workbook-broken",
            Trouble::Compound | Trouble::Binary => "workbook-format",
            Trouble::Macros(_) => "workbook-macros",
            Trouble::TooLarge { .. } => "workbook-too-large",
            Trouble::Damaged(_) => "workbook-damaged",
            Trouble::Fault => "workbook-fault",
        }
    }

    /// As a mistake in the file that is shown by this name.
    #[must_use]
    pub fn diagnostic(&self, shown: &str) -> Diagnostic {
        Diagnostic::new(self.code(), place(shown, self.sheet.as_deref(), self.cell), self.to_string())
    }
}

/// A place in a workbook as spreadsheets name it.
#[must_use]
pub fn place(shown: &str, sheet: Option<&str>, cell: Option<(u32, u32)>) -> String {
    let sheet = sheet.map(|sheet| format!(", sheet `{sheet}`")).unwrap_or_default();
    let cell = cell.map(|(row, column)| format!(", cell {}", cell_name(row, column))).unwrap_or_default();
    format!("{shown}{sheet}{cell}")
}
