//! `rolecall track history`.

use serde_json::{Value, json};

use super::register::{illegal, read};
use super::say;
use crate::cli::Format;
use crate::cli::followup::HistoryArgs;
use crate::diagnostic::Diagnostics;
use crate::exit::Exit;
use crate::followup::Illegal;
use crate::ledger::event::{Act, Event, Scan};
use crate::report::text::count;
use crate::text::visible;

pub(super) fn run(args: &HistoryArgs) -> Result<Exit, Diagnostics> {
    let (ledger, register) = match read(&args.reading.ledger) {
        Ok(read) => read,
        Err(ended) => return ended.exit(),
    };
    if let Some(finding) = args.finding.as_ref().filter(|finding| register.get(finding).is_none()) {
        return illegal(&args.reading.ledger, &Illegal::UnknownFinding(visible(finding))).exit();
    }
    let concerned = |event: &&Event| {
        args.finding.as_deref().is_none_or(|finding| match &event.act {
            Act::Scan(scan) => scan.changes.iter().any(|change| change.finding == finding),
            act => act.finding() == Some(finding),
        })
    };
    let events: Vec<&Event> = ledger.events().iter().filter(concerned).collect();
    match args.format {
        Format::Json => {
            let rows: Vec<Value> = events
                .iter()
                .map(|event| json!({ "seq": event.seq, "time": event.time, "by": event.actor.owner, "key": event.actor.key, "act": event.act }))
                .collect();
            say(&format!("{}\n", serde_json::to_string_pretty(&rows).unwrap_or_default()));
        }
        Format::Human => say(&events.iter().map(|event| line(event, args.finding.as_deref())).collect::<String>()),
    }
    Ok(Exit::Good)
}

fn line(event: &Event, finding: Option<&str>) -> String {
    let what = match &event.act {
        Act::Scan(scan) => of_scan(scan, finding),
        Act::Assign { finding, owner } => format!("{finding} assigned to {owner}"),
        Act::Plan { finding, due, text } => format!("{finding} due {due}: {text}"),
        Act::Start { finding, text } => format!("{finding} begun: {text}"),
        Act::Fix { finding, text, .. } => format!("{finding} said to be fixed: {text}"),
        Act::Note { finding, text } => format!("{finding} note: {text}"),
    };
    format!("{:>5}  {}  {}  {}\n", event.seq, event.time, visible(&event.actor.owner), visible(&what))
}

fn of_scan(scan: &Scan, finding: Option<&str>) -> String {
    let changes: Vec<String> = match finding {
        Some(finding) => scan.changes.iter().filter(|change| change.finding == finding).map(|change| change.now.word().to_owned()).collect(),
        None => vec![count(scan.changes.len() as u64, "change", "changes")],
    };
    format!("scan {} as of {}: {}", scan.report, scan.as_of, changes.join(", "))
}
