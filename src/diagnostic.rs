//! Diagnostics: mistakes in files that people write (packs, sources,
//! engagement), with the place, a snippet and what to do.
//!
//! Three roads are never mixed: the program failed (an error), the input is
//! wrong (a diagnostic), the organisation does not conform (a finding).

use std::fmt::Write as _;

use crate::codes;
use crate::text::visible;

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
        self.render_as("error")
    }

    /// As [`Self::render`], with another word than `error` at the head of each.
    #[must_use]
    pub fn render_as(&self, word: &str) -> String {
        let mut sorted: Vec<&Diagnostic> = self.0.iter().collect();
        sorted.sort();
        sorted.dedup();
        let mut out = String::new();
        for diagnostic in sorted {
            diagnostic.render(word, &mut out);
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

    /// Everything in it may come from a stranger's file: every part is made visible.
    fn render(&self, word: &str, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{word}[{}]: {}", self.code, visible(&self.message));
        let file = visible(&self.file);
        let _ = match (self.line, self.column) {
            _ if file.is_empty() => Ok(()),
            (0, _) => writeln!(out, "  --> {file}"),
            (line, 0) => writeln!(out, "  --> {file}:{line}"),
            (line, column) => writeln!(out, "  --> {file}:{line}:{column}"),
        };
        if let Some(snippet) = &self.snippet {
            let number = self.line.to_string();
            let gap = " ".repeat(number.len());
            let _ = writeln!(out, " {gap} |\n {number} | {}", visible(snippet));
            if self.column > 0 {
                // What was written out is wider than it was.
                let before: String = snippet.chars().take(self.column - 1).collect();
                let missing = (self.column - 1).saturating_sub(before.chars().count());
                let _ = writeln!(out, " {gap} | {}^", " ".repeat(visible(&before).chars().count() + missing));
            }
        }
        // Where nobody says what to do, the code does. A message about no place says it itself, behind a semicolon.
        let said = self.help.as_deref();
        let told = self.line == 0 && self.message.contains("; ");
        if let Some(help) = said.or_else(|| codes::find(self.code).last().filter(|_| !told).map(|code| code.remedy)) {
            let _ = writeln!(out, "  = help: {}", visible(help));
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

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Diagnostics};

    #[test]
    fn nothing_in_a_diagnostic_can_steer_the_terminal_and_the_caret_still_points() {
        let nasty = "\u{1b}[2Jx\u{202e}";
        let mut wrong = Diagnostic::new("usage", format!("dir/{nasty}.yaml"), format!("`{nasty}` is wrong\nnote: all is well")).help(nasty);
        (wrong.line, wrong.column) = (3, 4);
        wrong.snippet = Some("a\u{1b}b?".to_owned());
        let text = Diagnostics::from(wrong).render();
        assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text}");
        assert!(!text.contains('\u{202e}'));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "error[usage]: `\\u{1b}[2Jx\\u{202e}` is wrong\\nnote: all is well");
        assert_eq!((lines[3], lines[4]), (" 3 | a\\u{1b}b?", "   |         ^"));
    }
}
