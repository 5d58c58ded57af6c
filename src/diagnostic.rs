//! Diagnostics: mistakes in files that people write (packs, sources,
//! engagement), with the place, a snippet and what to do.
//!
//! Three roads are never mixed: the program failed (an error), the input is
//! wrong (a diagnostic), the organisation does not conform (a finding).

use std::fmt::Write as _;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, as the user named it.
    pub file: String,
    /// Line from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column from 1; 0 where the whole line is meant.
    pub column: usize,
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line's text.
    pub snippet: Option<String>,
}

/// All mistakes that were found, never only the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Takes in others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Sorts by file and place and prints them all, each with its snippet.
    #[must_use]
    pub fn render(&self) -> String {
        let mut sorted: Vec<&Diagnostic> = self.0.iter().collect();
        sorted.sort();
        sorted.dedup();
        let mut out = String::new();
        for diagnostic in sorted {
            diagnostic.render(&mut out);
        }
        out
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Diagnostic {
    /// A mistake that concerns a whole file.
    #[must_use]
    pub fn new(code: &'static str, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0, code, message: message.into(), help: None, snippet: None }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn render(&self, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "error[{}]: {}", self.code, self.message);
        let _ = match (self.line, self.column) {
            _ if self.file.is_empty() => Ok(()),
            (0, _) => writeln!(out, "  --> {}", self.file),
            (line, 0) => writeln!(out, "  --> {}:{line}", self.file),
            (line, column) => writeln!(out, "  --> {}:{line}:{column}", self.file),
        };
        if let Some(snippet) = &self.snippet {
            let number = self.line.to_string();
            let gap = " ".repeat(number.len());
            let _ = writeln!(out, " {gap} |\n {number} | {snippet}");
            if self.column > 0 {
                let _ = writeln!(out, " {gap} | {}^", " ".repeat(self.column - 1));
            }
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "  = help: {help}");
        }
        out.push('\n');
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.render().trim_end())
    }
}

impl std::error::Error for Diagnostics {}
