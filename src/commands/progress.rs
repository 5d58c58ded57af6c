//! How far a scan is, for people at a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::scan::Progress;

/// A spinner with the round's name.
#[derive(Debug)]
pub(super) struct Spinner(ProgressBar);

impl Spinner {
    /// A spinner, where standard error is a terminal and `wanted`.
    pub fn new(wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Self(bar)
    }

    /// Takes it away.
    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Spinner {
    fn round(&self, name: &'static str) {
        let words = match name {
            "keys" => "reading who is who",
            "judge" => "checking every record",
            "confirm" => "reading again what findings cite",
            _ => "writing the report",
        };
        self.0.set_message(words);
    }
}
