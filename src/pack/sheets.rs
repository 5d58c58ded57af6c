//! The CSV files of a pack: tables and links, too long for YAML.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::evidence::csv::strict::{self, Mistake, Row, Sheet};
use crate::yaml::{Origin, Spanned};

/// The CSV files of a pack, by path.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheets(BTreeMap<String, CsvFile>);

/// One file, read.
#[derive(Debug, Clone)]
struct CsvFile {
    /// The file as diagnostics name it.
    shown: String,
    /// What is in it.
    sheet: Result<Sheet, Mistake>,
}

impl Sheets {
    /// Reads a file.
    pub(super) fn read(&mut self, path: String, shown: String, bytes: &[u8]) {
        let sheet = match std::str::from_utf8(bytes) {
            Ok(_) => strict::read(bytes, Some(b',')),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
                Err(Mistake { line, message: "the file is not UTF-8".to_owned() })
            }
        };
        self.0.insert(path, CsvFile { shown, sheet });
    }

    /// The paths of all files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// Whether the file was read.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The rows of a file whose header is these columns; none where anything is wrong, which is told.
    pub(super) fn rows(&self, origin: &Origin, path: &Spanned<String>, columns: &[String], problems: &mut Diagnostics) -> &[Row] {
        let Some(file) = self.0.get(&path.value) else {
            let help = crate::suggest::help(&path.value, self.paths());
            let help = help.or_else(|| Some("tables lie in tables/NAME.csv, links in links/NAME.csv".to_owned()));
            problems.push(origin.diagnostic(path.at, "unknown-table-file", format!("the pack has no file `{}`", path.value), help));
            return &[];
        };
        let told = |mistake: &Mistake, help: &str| {
            let mut diagnostic = Diagnostic::new("table-file", file.shown.clone(), mistake.message.clone()).help(help);
            diagnostic.line = usize::try_from(mistake.line).unwrap_or(usize::MAX);
            diagnostic
        };
        let sheet = match &file.sheet {
            Ok(sheet) => sheet,
            Err(mistake) => {
                problems.push(told(mistake, "save it as CSV in UTF-8, with commas and a header row"));
                return &[];
            }
        };
        if sheet.header != columns {
            let message = format!("the header is `{}`, the columns are `{}`", sheet.header.join(","), columns.join(","));
            problems.push(told(&Mistake { line: sheet.header_line, message }, "name the same columns in the same order in both"));
            return &[];
        }
        if !sheet.rejected.is_empty() {
            for mistake in &sheet.rejected {
                problems.push(told(mistake, "every row has as many cells as the header; quotes stand around a whole cell"));
            }
            return &[];
        }
        &sheet.rows
    }

    /// The header of a file that can be read.
    pub(super) fn header(&self, path: &str) -> Option<&[String]> {
        self.0.get(path)?.sheet.as_ref().ok().map(|sheet| sheet.header.as_slice())
    }

    /// A complaint about a line of a file.
    pub(super) fn diagnostic(&self, path: &str, line: u64, code: &'static str, message: String, help: &str) -> Diagnostic {
        let shown = self.0.get(path).map_or_else(|| path.to_owned(), |file| file.shown.clone());
        let mut diagnostic = Diagnostic::new(code, shown, message).help(help);
        diagnostic.line = usize::try_from(line).unwrap_or(usize::MAX);
        diagnostic
    }
}
