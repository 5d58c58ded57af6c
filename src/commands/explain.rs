//! `rolecall explain`.

use std::fmt::Write as _;

use super::say;
use crate::catalogue::Catalogue;
use crate::cli::ExplainArgs;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::pack::example::{Example, ExampleValue};
use crate::pack::{Check, Control, resolve};
use crate::predicate::sentence;

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Diagnostics> {
    let catalogue = Catalogue::load(&args.known.packs_dir, &args.known.sources_dir)?;
    let (wanted, check) = args.id.split_once('/').map_or((args.id.as_str(), None), |(control, check)| (control, Some(check)));
    let mut known = Vec::new();
    for loaded in &catalogue.packs {
        let pack = resolve::resolve(loaded, &std::collections::BTreeMap::new(), &catalogue.kinds)?;
        let (examples, _) = loaded.examples();
        for control in &pack.controls {
            let whole = check.is_none() && control.id == wanted;
            let checks: Vec<&Check> = control
                .checks
                .iter()
                .filter(|own| whole || (check.is_none() && own.id == wanted) || (control.id == wanted && check == Some(own.id.as_str())))
                .collect();
            if !checks.is_empty() {
                say(&explain(control, &checks, &examples));
                return Ok(Exit::Good);
            }
            known.push(control.id.clone());
            known.extend(control.checks.iter().map(|check| format!("{}/{}", control.id, check.id)));
        }
    }
    let help = crate::suggest::closest(&args.id, known.iter().map(String::as_str)).map(|close| format!("did you mean `{close}`?"));
    let help = help.unwrap_or_else(|| "`rolecall list controls` and `rolecall list checks` show all".to_owned());
    Err(Diagnostic::new("unknown-id", "", format!("there is no control or check `{}`", args.id)).help(help).into())
}

fn explain(control: &Control, checks: &[&Check], examples: &[Example]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}  {}\n", control.id, control.title);
    let criterion = &control.criterion;
    let _ = writeln!(out, "Criterion   {} {}, {} ({:?})", criterion.standard, criterion.edition, criterion.clause, criterion.force);
    if let Some(becomes) = &control.becomes {
        let _ = writeln!(out, "Becomes     {becomes}");
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
                ExampleValue::Text(text) => format!("{name}: {text}"),
                ExampleValue::List(list) => format!("{name}: [{}]", list.join(", ")),
            };
            let cells: Vec<String> = record.iter().map(cell).collect();
            let _ = writeln!(out, "    {dataset}: {{ {} }}", cells.join(", "));
        }
    }
}
