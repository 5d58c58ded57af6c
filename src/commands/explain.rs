//! `rolecall explain`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use self::control::{ControlView, crosswalks};
use self::entry::{EditionView, EntryView};
use super::say;
use crate::atlas::{Atlas, Found, Named};
use crate::catalogue::Catalogue;
use crate::cli::{ExplainArgs, Format};
use crate::codes::{self, Code, Shown};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pack::example::{Example, ExampleValue};
use crate::pack::load::LoadedPack;
use crate::pack::{Check, Control, resolve};
use crate::predicate::sentence;
use crate::report::text::{count, force, severity};
use crate::report::{Finding, Report};
use crate::text::{of_system, visible, visible_lines};

mod control;
mod entry;

/// The name and version of what `--format json` gives.
const SCHEMA: &str = "rolecall.explain/1";

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Diagnostics> {
    if args.id.starts_with("F-") {
        let (report, at) = finding(args)?;
        if let Some(finding) = report.findings.get(at) {
            show_found(args, [("finding", || json!(finding), finding_text(&report, finding))]);
        }
        return Ok(Exit::Good);
    }
    let catalogue = Catalogue::whole(&args.known.packs_dir, &args.known.sources_dir)?;
    let (wanted, check) = args.id.split_once('/').map_or((args.id.as_str(), None), |(control, check)| (control, Some(check)));
    let (mut known, mut controls): (Vec<String>, Vec<Control>) = (Vec::new(), Vec::new());
    for loaded in &catalogue.packs {
        let pack = resolve::resolve(loaded, &BTreeMap::new(), &catalogue.kinds)?;
        for control in pack.controls {
            let whole = check.is_none() && control.id == wanted;
            let is_it = |own: &&Check| whole || (check.is_none() && own.id == wanted) || (control.id == wanted && check == Some(own.id.as_str()));
            if whole || control.checks.iter().any(|own| is_it(&own)) {
                explain_control(args, &catalogue, (loaded, &control), (whole, &is_it))?;
                return Ok(Exit::Good);
            }
            known.push(control.id.clone());
            known.extend(control.checks.iter().map(|check| format!("{}/{}", control.id, check.id)));
            controls.push(control);
        }
    }
    // As a report shows it, with its detail behind a colon.
    let code = args.id.split_once(':').map_or(args.id.as_str(), |(code, _)| code);
    if codes::find(code).next().is_some() {
        show_found(args, codes::find(code).map(|code| ("code", move || code_json(code), code_text(code))));
        return Ok(Exit::Good);
    }
    let atlas = catalogue.atlas()?;
    if explain_entries(args, &atlas, controls) {
        return Ok(Exit::Good);
    }
    known.extend(codes::all().map(|code| code.code.to_owned()));
    let close = || crate::suggest::closest(&args.id, known.iter().map(String::as_str)).map(str::to_owned);
    // Who names an edition means one of its entries.
    let named = !matches!(atlas.named(&args.id), Named::Nothing);
    let close = if named { atlas.nearest(&args.id).or_else(close) } else { close().or_else(|| atlas.nearest(&args.id)) };
    let help = close.map(|close| format!("did you mean `{close}`?"));
    let help = help.unwrap_or_else(|| {
        "`rolecall list controls`, `checks` and `frameworks` show all; a finding's id begins with `F-`, an entry's with its edition".to_owned()
    });
    Err(Diagnostic::new("unknown-id", "", format!("there is no control, check, finding, code or entry `{}`", args.id)).help(help).into())
}

/// A control, or one of its checks.
fn explain_control(
    args: &ExplainArgs,
    catalogue: &Catalogue,
    (loaded, control): (&LoadedPack, &Control),
    (whole, is_it): (bool, &dyn Fn(&&Check) -> bool),
) -> Result<(), Diagnostics> {
    let atlas = catalogue.atlas()?;
    let (examples, _) = loaded.examples();
    let told = atlas.told(&control.maps, &control.criterion);
    let known = (control.clone(), told);
    let (control, told) = &known;
    let checks: Vec<&Check> = control.checks.iter().filter(is_it).collect();
    let mut text = explain(control, &checks, &examples);
    if whole {
        text.push_str(&crosswalks(&atlas, control, &told.answers, &told.attributes));
    }
    let json = || json!(ControlView::new(&atlas, &known, &checks, &examples));
    show_found(args, [(if whole { "control" } else { "check" }, json, text)]);
    Ok(())
}

/// An edition, or every entry that the text may mean; whether there is one.
fn explain_entries(args: &ExplainArgs, atlas: &Atlas, controls: Vec<Control>) -> bool {
    let found = atlas.find(&args.id);
    if found.is_empty() {
        return false;
    }
    let told = |control: Control| {
        let told = atlas.told(&control.maps, &control.criterion);
        (control, told)
    };
    let controls: Vec<_> = controls.into_iter().map(told).collect();
    let views = found.iter().map(|found| match found {
        Found::Edition(edition) => {
            let view = EditionView::new(atlas, edition);
            ("edition", json!(view), view.text())
        }
        Found::Entry(id) => {
            let view = EntryView::new(atlas, id, &controls);
            ("entry", json!(view), view.text())
        }
    });
    show_found(args, views.map(|(kind, json, text)| (kind, move || json.clone(), text)));
    true
}

/// Shows what was found, in the format that was asked for: each with its kind.
fn show_found<J: FnOnce() -> Value>(args: &ExplainArgs, found: impl IntoIterator<Item = (&'static str, J, String)>) {
    match args.format {
        Format::Human => {
            let texts: Vec<String> = found.into_iter().map(|(.., text)| visible_lines(&text)).collect();
            say(&texts.join("\n"));
        }
        Format::Json => {
            let tagged = |(kind, json, _): (&str, J, String)| {
                let mut members = serde_json::Map::from_iter([("kind".to_owned(), json!(kind))]);
                if let Value::Object(own) = json() {
                    members.extend(own);
                }
                members
            };
            let found: Vec<_> = found.into_iter().map(tagged).collect();
            say(&format!("{}\n", serde_json::to_string_pretty(&json!({ "schema": SCHEMA, "id": args.id, "found": found })).unwrap_or_default()));
        }
    }
}

fn code_json(code: &Code) -> Value {
    let shown = match code.shown {
        Shown::Reason => "reason",
        Shown::Problem => "problem",
        Shown::Integrity => "integrity",
        Shown::Mistake => "mistake",
    };
    json!({ "code": code.code, "shown": shown, "means": code.means, "remedy": code.remedy })
}

fn code_text(code: &Code) -> String {
    let shown = match code.shown {
        Shown::Reason => "why a check or an item was not decided, or left out",
        Shown::Problem => "a problem of a file of evidence",
        Shown::Integrity => "why a verification did not pass; exit code 4",
        Shown::Mistake => "a mistake in a file that people write or in a call; nothing was scanned, exit code 2",
    };
    format!("{}  ({shown})\n\nMeans       {}\nDo          {}\n", code.code, code.means, code.remedy)
}

/// The report that was made before, and where in it the finding stands.
fn finding(args: &ExplainArgs) -> Result<(Report, usize), Diagnostics> {
    let file = of_system(args.report.as_os_str());
    if args.report.symlink_metadata().is_err() {
        let help = "give the report that lists the finding: --report FILE";
        return Err(Diagnostic::new("unreadable", file, "a finding is explained from the report that lists it, and none is there").help(help).into());
    }
    let report = super::read_report(&args.report)?;
    let Some(at) = report.findings.iter().position(|finding| finding.id == args.id) else {
        let close = crate::suggest::closest(&args.id, report.findings.iter().map(|finding| finding.id.as_str()));
        let cut = report.controls.iter().flat_map(|control| &control.checks).any(|check| check.listed_through.is_some());
        let help = match close {
            Some(close) => format!("did you mean `{close}`?"),
            None if cut => "the report's lists were cut: scan with a larger --list-max, or give another --report FILE".to_owned(),
            None => "give another --report FILE".to_owned(),
        };
        return Err(Diagnostic::new("unknown-id", file, format!("the report lists no finding `{}`", args.id)).help(help).into());
    };
    Ok((report, at))
}

fn finding_text(report: &Report, finding: &Finding) -> String {
    let mut out = String::new();
    let control = report.controls.iter().find(|control| control.id == finding.control);
    let check = control.and_then(|control| control.checks.iter().find(|check| check.id == finding.check));
    let title = |title: Option<&String>| title.map_or("", String::as_str).to_owned();
    // Writing to a String cannot fail. What stands in evidence stays in its line.
    let _ = writeln!(out, "{}  {}\n", finding.id, visible(&finding.statement));
    let _ = writeln!(out, "Control     {}  {}", finding.control, title(control.map(|control| &control.title)));
    let _ = writeln!(out, "Check       {}  {}", finding.check, title(check.map(|check| &check.title)));
    let _ = writeln!(out, "Severity    {}", severity(finding.severity));
    let subject = finding.subject.iter().map(|(name, value)| visible(&format!("{name} {}", if value.is_empty() { "(empty)" } else { value })));
    let _ = writeln!(out, "About       {}", subject.collect::<Vec<_>>().join(", "));
    let _ = writeln!(out, "Found       {} as of {}", count(finding.occurrences, "time", "times"), report.as_of);
    if let Some(check) = check {
        let _ = writeln!(out, "\nHow it was decided\n  {}", visible(&check.procedure));
    }
    if finding.evidence.is_empty() {
        let _ = writeln!(out, "\nEvidence: what is missing stands nowhere.");
    } else {
        let _ = writeln!(out, "\nEvidence");
    }
    for place in &finding.evidence {
        let at = place.line.map_or_else(|| format!("record {}", place.record), |line| format!("line {line}"));
        let _ = writeln!(out, "  {}, {at}\n    {}", visible(&place.path), visible(&place.excerpt));
    }
    if let Some(remediation) = &finding.remediation {
        let _ = writeln!(out, "\nRemediation\n  {}", visible(remediation));
    }
    let _ = writeln!(out, "\n`rolecall explain {}/{}` tells more of the check.", finding.control, finding.check);
    out
}

fn explain(control: &Control, checks: &[&Check], examples: &[Example]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}  {}\n", control.id, control.title);
    let criterion = &control.criterion;
    let _ = writeln!(out, "Criterion   {} {}, {} ({})", criterion.standard, criterion.edition, criterion.clause, force(criterion.force));
    if let Some(becomes) = &control.becomes {
        let _ = writeln!(out, "Becomes     {becomes}");
    }
    if let Some(applies) = &control.applies {
        let _ = writeln!(out, "Applies     {}", applies.wherever.trim_start_matches("applies "));
    }
    let _ = writeln!(out, "Statement   {}", control.determination);
    let _ = writeln!(out, "Evidence    {}\n", control.evidence);
    if !control.about.is_empty() {
        let _ = writeln!(out, "{}\n", control.about);
    }
    for check in checks {
        let _ = writeln!(out, "{} ({}): {}", check.id, check.kind.word(), check.title);
        let _ = writeln!(out, "  {}", sentence::procedure(check));
        let _ = writeln!(out, "  A finding is known by: {}\n", check.identity.join(", "));
    }
    let own = || examples.iter().filter(|example| example.control == control.id);
    if let Some(example) = own().find(|example| example.passes) {
        show(&mut out, "passes", example);
    }
    let fails = |example: &&Example| example.findings.iter().any(|finding| checks.iter().any(|check| check.id == finding.check));
    if let Some(example) = own().find(fails) {
        show(&mut out, "fails", example);
        for finding in &example.findings {
            let subject: Vec<String> = finding.subject.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let _ = writeln!(out, "    finding: {} ({})", finding.check, subject.join(", "));
        }
    }
    out
}

fn show(out: &mut String, word: &str, example: &Example) {
    let _ = writeln!(out, "An example that {word}: {}", example.title);
    for (dataset, records) in &example.datasets {
        for record in records {
            let cell = |(name, value): (&String, &ExampleValue)| match value {
                ExampleValue::Text(text) if text.is_empty() => format!("{name}: (empty)"),
                ExampleValue::Text(text) => format!("{name}: {text}"),
                ExampleValue::List(list) => format!("{name}: [{}]", list.join(", ")),
            };
            let cells: Vec<String> = record.iter().map(cell).collect();
            let _ = writeln!(out, "    {dataset}: {{ {} }}", cells.join(", "));
        }
    }
}
