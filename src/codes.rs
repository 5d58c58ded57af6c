//! Every code that a report or a diagnostic can show: what it means, and what
//! to do. `rolecall explain CODE` reads it; a test walks the program's source
//! and refuses a code that is not here, and an entry that nothing emits.

mod ledger;
mod mistakes;
mod package;
mod problems;
mod reasons;

/// Where a code is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Why a check was not evaluated, or an item undecided or left out.
    Reason,
    /// What is wrong with a file of evidence.
    Problem,
    /// A mistake in a pack, source, engagement, or in how the program was called: exit code 2.
    Mistake,
    /// Why a verification did not pass: exit code 4.
    Integrity,
}

/// A code and its explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code: lower case, words joined by hyphens; stable.
    pub code: &'static str,
    /// Where it is shown.
    pub shown: Shown,
    /// As the beginning of a sentence that ends with the detail after the colon; for reasons only.
    pub words: Option<&'static str>,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn reason(code: &'static str, words: &'static str, means: &'static str, remedy: &'static str) -> Code {
    Code { code, shown: Shown::Reason, words: Some(words), means, remedy }
}

const fn problem(code: &'static str, means: &'static str, remedy: &'static str) -> Code {
    Code { code, shown: Shown::Problem, words: None, means, remedy }
}

const fn mistake(code: &'static str, means: &'static str, remedy: &'static str) -> Code {
    Code { code, shown: Shown::Mistake, words: None, means, remedy }
}

const fn integrity(code: &'static str, means: &'static str, remedy: &'static str) -> Code {
    Code { code, shown: Shown::Integrity, words: None, means, remedy }
}

/// All codes.
pub fn all() -> impl Iterator<Item = &'static Code> {
    reasons::REASONS.iter().chain(problems::PROBLEMS).chain(mistakes::MISTAKES).chain(ledger::LEDGER).chain(package::PACKAGE)
}

/// Every meaning of a code: some words are both a reason and a problem.
pub fn find(code: &str) -> impl Iterator<Item = &'static Code> {
    all().filter(move |known| known.code == code)
}

/// The words of a reason's code.
#[must_use]
pub fn words(code: &str) -> Option<&'static str> {
    find(code).find_map(|known| known.words)
}

#[cfg(test)]
mod tests;
