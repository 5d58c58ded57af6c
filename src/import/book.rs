//! A workbook on its way to become a pack: sheets by name, columns by their
//! heads, and every complaint with sheet, cell and what was expected.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::workbook::{Limits, Region, Row, Sheet, Workbook, WorkbookError, place};

use super::InputFile;

/// The most complaints about one file that are told.
const MOST: usize = 40;
/// Within how many rows from the top the heads of columns stand.
const HEADS_WITHIN: u32 = 40;

/// A workbook, and what is wrong or odd in it so far.
#[derive(Debug)]
pub struct Book<'f> {
    file: &'f InputFile,
    workbook: Workbook<'f>,
    problems: Diagnostics,
    notes: Diagnostics,
}

/// Where the heads of columns stand, and the columns in the order in which they were asked for.
#[derive(Debug, Clone)]
pub struct Heads {
    /// The row, from 1.
    pub row: u32,
    columns: Vec<Option<u32>>,
}

/// A head of a column: how it may be written, and whether the sheet can be read without it.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    names: &'static [&'static str],
    needed: bool,
}

/// A column that must be there.
#[must_use]
pub const fn head(names: &'static [&'static str]) -> Head {
    Head { names, needed: true }
}

/// A column that may be there.
#[must_use]
pub const fn may_be(names: &'static [&'static str]) -> Head {
    Head { names, needed: false }
}

impl Heads {
    /// Heads that were found in another way.
    #[must_use]
    pub fn new(row: u32, columns: [u32; 2]) -> Self {
        Self { row, columns: columns.map(Some).to_vec() }
    }

    /// The column of what has none: to the right of everything.
    pub const NOWHERE: u32 = u32::MAX;

    /// The column that was asked for at this place of the list.
    #[must_use]
    pub fn at(&self, index: usize) -> u32 {
        self.columns.get(index).copied().flatten().unwrap_or(Self::NOWHERE)
    }
}

impl<'f> Book<'f> {
    /// Opens a workbook.
    ///
    /// # Errors
    /// It is none that can be read.
    pub fn open(file: &'f InputFile) -> Result<Self, Diagnostics> {
        let workbook = Workbook::open(&file.bytes, Limits::default()).map_err(|error| error.diagnostic(&file.shown))?;
        Ok(Self { file, workbook, problems: Diagnostics::default(), notes: Diagnostics::default() })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &'f InputFile {
        self.file
    }

    /// The names of its sheets.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.workbook.sheets().iter().map(|sheet| sheet.name.clone()).collect()
    }

    /// Whether it has a sheet of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.workbook.has(name)
    }

    /// Reads a sheet that must be there; complains where it is not.
    pub fn sheet(&mut self, name: &str) -> Option<Sheet> {
        if !self.has(name) {
            let names = self.names();
            let close = crate::suggest::closest(name, names.iter().map(String::as_str));
            let help = close.map_or_else(|| "give the workbook as it was published".to_owned(), |close| format!("was `{close}` renamed?"));
            let found = self.diagnostic("import-sheet", "", None, format!("no sheet is named `{name}`")).help(help);
            self.problems.push(found);
            return None;
        }
        match self.workbook.sheet(name) {
            Ok(sheet) => Some(sheet),
            Err(error) => {
                self.unreadable(&error);
                None
            }
        }
    }

    fn unreadable(&mut self, error: &WorkbookError) {
        self.problems.push(error.diagnostic(&self.file.shown));
    }

    /// Notes a mistake: in a sheet, in a cell (row from 1, column from 0), and what is expected.
    pub fn wrong(&mut self, code: &'static str, sheet: &str, cell: Option<(u32, u32)>, message: impl Into<String>, expected: &str) {
        let found = self.diagnostic(code, sheet, cell, message).help(format!("expected: {expected}"));
        self.problems.push(found);
    }

    /// Notes an oddity that the import lives with.
    pub fn odd(&mut self, code: &'static str, sheet: &str, cell: Option<(u32, u32)>, message: impl Into<String>) {
        let found = self.diagnostic(code, sheet, cell, message);
        self.notes.push(found);
    }

    fn diagnostic(&self, code: &'static str, sheet: &str, cell: Option<(u32, u32)>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, place(&self.file.shown, Some(sheet).filter(|name| !name.is_empty()), cell), message)
    }

    /// The words in a cell, in one line; control characters among them are told.
    pub fn words(&mut self, sheet: &Sheet, row: &Row, column: u32) -> String {
        let text = row.text(column);
        if text.chars().any(|character| character.is_control() && !character.is_whitespace()) {
            self.odd("import-mended", &sheet.name, cell(row, column), "the text holds a control character; a blank is taken for it");
        }
        one_line(text)
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What is odd, where nothing is wrong.
    ///
    /// # Errors
    /// All that is wrong; of very many, the first ones.
    pub fn finish(self) -> Result<Diagnostics, Diagnostics> {
        if self.problems.is_empty() { Ok(self.notes) } else { Err(some(self.problems, &self.file.shown)) }
    }

    /// Finds the row that holds these heads, and the column of each; complains where one is missing or stands twice.
    pub fn heads(&mut self, sheet: &Sheet, wanted: &[Head]) -> Option<Heads> {
        let all = wanted.iter().filter(|head| head.needed).map(|head| quoted(head.names.first())).collect::<Vec<_>>().join(", ");
        let best = sheet.rows.iter().take_while(|row| row.number <= HEADS_WITHIN).max_by_key(|row| {
            // Of rows that hold equally many, the upper one.
            (wanted.iter().filter(|head| find(row, head).next().is_some()).count(), std::cmp::Reverse(row.number))
        });
        let Some(row) = best.filter(|row| wanted.iter().any(|head| find(row, head).next().is_some())) else {
            self.wrong("import-column", &sheet.name, None, "the heads of the columns are not there", &format!("a row of heads: {all}"));
            return None;
        };
        let mut heads = Heads { row: row.number, columns: Vec::new() };
        let before = self.problems.0.len();
        for head in wanted {
            let mut found = find(row, head);
            let column = found.next();
            if let Some(second) = found.next() {
                let message = format!("two columns are headed {}", quoted(head.names.first()));
                self.wrong("import-column", &sheet.name, Some((row.number, second)), message, &format!("each of these once: {all}"));
            }
            if column.is_none() && head.needed {
                let message = format!("no column is headed {}", quoted(head.names.first()));
                let row = (row.number, row.cells.first().map_or(0, |cell| cell.column));
                self.wrong("import-column", &sheet.name, Some(row), message, &format!("heads in one row: {all}"));
            }
            heads.columns.push(column);
        }
        (self.problems.0.len() == before).then_some(heads)
    }

    /// Complains of merged regions below the heads that touch these columns, where each row has a value of its own.
    pub fn merged(&mut self, sheet: &Sheet, heads: &Heads, columns: &[u32], allowed: impl Fn(&Region) -> bool) {
        for region in &sheet.merged {
            let data = region.bottom > heads.row && columns.iter().any(|column| (region.left..=region.right).contains(column));
            if data && !allowed(region) {
                let message = format!("the cells {region} are merged");
                self.wrong("import-merged", &sheet.name, Some((region.top, region.left)), message, "each row has its own cells there");
            }
        }
    }
}

/// A cell of a sheet, for complaints about it.
#[must_use]
pub fn cell(row: &Row, column: u32) -> Option<(u32, u32)> {
    Some((row.number, column))
}

/// At most [`MOST`] complaints, and how many more there are.
#[must_use]
pub fn some(mut problems: Diagnostics, shown: &str) -> Diagnostics {
    if problems.0.len() > MOST {
        let more = problems.0.len() - MOST;
        problems.0.truncate(MOST);
        problems.push(Diagnostic::new("import-more", shown, format!("{more} more places are wrong")));
    }
    problems
}

/// A text in one line: runs of blanks become one, and so do control characters, which no text has on purpose.
#[must_use]
pub fn one_line(text: &str) -> String {
    let gap = |character: char| character.is_whitespace() || character.is_control();
    text.split(gap).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn find<'r>(row: &'r Row, head: &'r Head) -> impl Iterator<Item = u32> + 'r {
    let is = |text: &str| head.names.iter().any(|name| one_line(text).eq_ignore_ascii_case(name));
    row.cells.iter().filter(move |cell| is(&cell.text)).map(|cell| cell.column)
}

fn quoted(name: Option<&&str>) -> String {
    format!("`{}`", name.copied().unwrap_or_default())
}
