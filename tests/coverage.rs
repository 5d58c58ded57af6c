//! `controls/COVERAGE.md` says which control answers which demand of each
//! system; here it is held against the packs themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rolecall::pack::load::LoadedPack;
use rolecall::pack::{Control, resolve};

/// A row of the table: what is demanded, and what decides it.
#[derive(Debug)]
struct Row {
    pack: String,
    demand: String,
    control: String,
    kinds: String,
    datasets: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("controls/COVERAGE.md")).unwrap();
    let (mut pack, mut rows) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.trim_matches('`').clone_into(&mut pack);
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [demand, control, kinds, datasets] = cells[..]
            && line.starts_with('|')
            && !matches!(demand, "demand" | "---")
        {
            let [demand, control, kinds, datasets] = [demand, control, kinds, datasets].map(|cell| cell.replace('`', ""));
            rows.push(Row { pack: pack.clone(), demand, control, kinds, datasets });
        }
    }
    rows
}

fn controls() -> BTreeMap<(String, String), Control> {
    let kinds = rolecall::source::load::load(&rolecall::source::load::built_in()).unwrap().kinds;
    let mut controls = BTreeMap::new();
    for embedded in rolecall::embedded::packs() {
        let loaded = LoadedPack::built_in(embedded.id).unwrap();
        let pack = resolve::resolve(&loaded, &BTreeMap::new(), &kinds).unwrap_or_else(|problems| panic!("{problems}"));
        controls.extend(pack.controls.into_iter().map(|control| ((embedded.id.to_owned(), control.id.clone()), control)));
    }
    controls
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

#[test]
fn every_demand_is_decided_by_the_controls_that_the_table_names() {
    let (rows, controls) = (rows(), controls());
    let mut wrong = Vec::new();
    for row in &rows {
        let Row { pack, demand, control, .. } = row;
        let Some(known) = controls.get(&(pack.clone(), control.clone())) else {
            wrong.push(format!("{pack}: `{control}` ({demand}) is no control"));
            continue;
        };
        let kinds = joined(known.checks.iter().map(|check| check.kind.word()));
        let datasets = joined(known.checks.iter().flat_map(|check| check.kind.datasets()));
        if (row.kinds.as_str(), row.datasets.as_str()) != (kinds.as_str(), datasets.as_str()) {
            wrong.push(format!("{pack}: write | {demand} | `{control}` | {kinds} | {datasets} |"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named: BTreeSet<(String, String)> = rows.into_iter().map(|row| (row.pack, row.control)).collect();
    let unnamed: Vec<_> = controls.keys().filter(|control| !named.contains(control)).collect();
    assert!(unnamed.is_empty(), "no demand leads to {unnamed:?}");
}

/// A scan tells of packs that it does not read what they need: from a list.
#[test]
fn what_packs_need_is_what_their_checks_read() {
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((pack, _), control) in controls() {
        let datasets =
            control.checks.iter().flat_map(|check| check.kind.datasets()).flat_map(rolecall::dataset::derived::delivered).map(str::to_owned);
        read.entry(pack).or_default().extend(datasets.collect::<Vec<_>>());
    }
    let line = |(pack, datasets): (String, BTreeSet<String>)| format!("{pack}: {}\n", datasets.into_iter().collect::<Vec<_>>().join(", "));
    let wanted: String = read.into_iter().map(line).collect();
    assert_eq!(std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("controls/NEEDS.txt")).unwrap(), wanted);
}
