//! `rolecall track show`.

use serde_json::{Value, json};

use super::list::{row, subject};
use super::register::{illegal, read};
use super::say;
use crate::cli::Format;
use crate::cli::followup::ShowArgs;
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::followup::{Illegal, Tracked};
use crate::report::text::severity;
use crate::text::visible;

pub(super) fn run(args: &ShowArgs) -> Result<Exit, Diagnostics> {
    let (_, register) = match read(&args.reading.ledger) {
        Ok(read) => read,
        Err(ended) => return ended.exit(),
    };
    let Some(tracked) = register.get(&args.finding) else {
        return illegal(&args.reading.ledger, &Illegal::UnknownFinding(visible(&args.finding))).exit();
    };
    let as_of = register.last().map(|last| last.as_of.clone()).unwrap_or_default();
    match args.format {
        Format::Json => {
            let mut shown = row(&args.finding, tracked, &as_of);
            if let Value::Object(members) = &mut shown {
                members.insert("history".to_owned(), json!(tracked.history));
            }
            say(&format!("{}\n", serde_json::to_string_pretty(&shown).unwrap_or_default()));
        }
        Format::Human => say(&human(&args.finding, tracked, &as_of)),
    }
    Ok(Exit::Good)
}

fn human(id: &str, tracked: &Tracked, as_of: &str) -> String {
    let late = if tracked.is_overdue(as_of) { ", overdue" } else { "" };
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let lines = [
        ("finding", id.to_owned()),
        ("control", format!("{} / {}", tracked.about.control, tracked.about.check)),
        ("statement", tracked.about.statement.clone()),
        ("subject", subject(&tracked.about.subject)),
        ("severity", severity(tracked.about.severity).to_owned()),
        ("state", format!("{}{late}", tracked.state().word())),
        ("decided by", format!("the scan as of {}", tracked.since)),
        ("seen", format!("first {}, last {}", tracked.first_seen, tracked.last_seen)),
        ("owner", dash(&tracked.owner)),
        ("due", dash(&tracked.due)),
        ("reopened", format!("{} times", tracked.repeats)),
    ];
    let mut out: String = lines.iter().map(|(name, text)| format!("{name:<10} {}\n", visible(text))).collect();
    out.push_str("history\n");
    for happened in &tracked.history {
        out.push_str(&format!(
            "  {:>5}  {}  {:<14}  {}: {}\n",
            happened.seq,
            happened.time,
            happened.what,
            visible(&happened.by),
            visible(&happened.text)
        ));
    }
    out
}
