//! The words of every verification (after ETSI EN 319 102-1): PASSED, FAILED,
//! and INDETERMINATE where it cannot be told. What cannot be told is never a pass.

use std::fmt::Write as _;

use serde::Serialize;

use crate::exit::Exit;
use crate::text::visible;

/// What a step, or all of them, came to; the worst is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Nobody looked: this version does not know how. It weighs nothing.
    #[serde(rename = "NOT CHECKED")]
    NotChecked,
    /// It is so.
    Passed,
    /// It cannot be told.
    Indeterminate,
    /// It is not so.
    Failed,
}

/// One step of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at.
    pub step: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, where it did not pass; `rolecall explain` knows it.
    pub code: Option<&'static str>,
    /// In a sentence.
    pub detail: String,
}

impl Step {
    /// It is so.
    pub fn passed(step: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { step: step.into(), verdict: Verdict::Passed, code: None, detail: detail.into() }
    }

    /// Nobody looked.
    pub fn not_checked(step: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { step: step.into(), verdict: Verdict::NotChecked, code: Some(code), detail: detail.into() }
    }

    /// It cannot be told.
    pub fn indeterminate(step: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { step: step.into(), verdict: Verdict::Indeterminate, code: Some(code), detail: detail.into() }
    }

    /// It is not so.
    pub fn failed(step: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { step: step.into(), verdict: Verdict::Failed, code: Some(code), detail: detail.into() }
    }
}

/// The worst of the steps; of none it cannot be told.
#[must_use]
pub fn overall(steps: &[Step]) -> Verdict {
    steps.iter().map(|step| step.verdict).max().unwrap_or(Verdict::Indeterminate)
}

/// The steps, one a line, and the verdict; safe to show.
#[must_use]
pub fn render(steps: &[Step]) -> String {
    let mut text = String::new();
    for Step { step, verdict, code, detail } in steps {
        let code = code.map_or_else(String::new, |code| format!(" [{code}]"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<13}  {}{code}: {}", verdict.name(), visible(step), visible(detail));
    }
    let _ = writeln!(text, "\n{}", overall(steps).name());
    text
}

impl Verdict {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotChecked => "NOT CHECKED",
            Self::Passed => "PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "FAILED",
        }
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Passed => Exit::Good,
            Self::NotChecked | Self::Indeterminate | Self::Failed => Exit::Integrity,
        }
    }
}
