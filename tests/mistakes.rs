//! Every kind of mistake that people make in packs, engagements, sources and
//! calls: the message names the place, what is wrong and what to do; the exit
//! code is 2; nothing is written. The texts are kept in `tests/snapshots`.

mod common;

use std::path::Path;

use common::{copy, organisation, program};

/// What is changed in sound files: in which, what, into what, and the code that tells of it.
struct Mistake {
    title: &'static str,
    code: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn mistake(code: &'static str, title: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Mistake {
    Mistake { title, code, file, from, to }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Everything under a folder, with its bytes.
fn state(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    common::files(folder).into_iter().map(|file| (file.clone(), std::fs::read(folder.join(file)).unwrap())).collect()
}

/// Makes each mistake alone, runs the program, and gives what it said of all of them.
fn told(sound: &[(&str, &str)], arguments: &[&str], mistakes: &[Mistake]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), sound);
    let run = || program().current_dir(folder.path()).args(arguments).output().unwrap();
    let good = run();
    assert!([Some(0), Some(1), Some(3)].contains(&good.status.code()), "sound files are taken: {}", String::from_utf8_lossy(&good.stderr));
    std::fs::remove_dir_all(folder.path().join("rolecall-report")).ok();
    let mut all = String::new();
    for Mistake { title, code, file, from, to } in mistakes {
        let path = folder.path().join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{title}: {from}");
        std::fs::write(&path, before.replacen(from, to, 1)).unwrap();
        let untouched = state(folder.path());
        let done = run();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{title}: {said}");
        assert!(said.contains(&format!("error[{code}]: ")), "{title}: {said}");
        assert!(said.contains("  = help: "), "{title} does not say what to do: {said}");
        // The name of the file, and the line and column where there is one.
        let place = said
            .lines()
            .skip_while(|line| !line.starts_with(&format!("error[{code}]")))
            .find(|line| line.starts_with("  --> "))
            .unwrap_or_else(|| panic!("{title} names no place: {said}"));
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        let whole = ["no-example", "unknown-pack"].contains(code);
        assert!(whole || place.contains(name), "{title}: {place}");
        let numbers = place.rsplit(':').take_while(|part| part.parse::<usize>().is_ok_and(|number| number > 0)).count();
        assert!(whole || numbers == 2 || !said.contains(" | "), "{title}: {place}");
        assert!(state(folder.path()) == untouched, "{title}: something was written");
        all.push_str(&format!("# {title}\n{}\n", said.replace(folder.path().to_str().unwrap(), "<dir>")));
        std::fs::write(&path, before).unwrap();
    }
    all
}

const PACK: &str = "\
id: own
title: Our own rules
version: 1.0.0
edition: '2026'
standard: House rules
description: Rules of the house.
max_age_days: 31
parameters:
  - { name: review_days, value: 365, about: Days within which an asset is reviewed. }
tables:
  - name: kinds
    columns: [id, title]
    rows:
      - [laptop, A laptop]
";
const CONTROL: &str = "\
id: own-1
ref: '1'
title: Every asset in use is reviewed and of a known kind
criterion: { standard: House rules, edition: '2026', clause: '1', force: guidance }
determination: Every asset in use was reviewed within a year and is of a known kind.
about: Assets change hands.
evidence: List of assets.
checks:
  - id: reviewed
    title: Reviewed in time
    severity: low
    unit: asset
    identity: [asset_id]
    each_record:
      dataset: assets
      where: { field: status, is: in_use }
      expect: { field: reviewed_at, within_days: $review_days }
  - id: known-kind
    title: Of a known kind
    severity: low
    unit: asset
    identity: [asset_id]
    each_record:
      dataset: assets
      where: { field: name, matches: '^[a-z]' }
      expect: { field: kind, in_table: { table: kinds, column: id } }
grade: { minor_when: { exceptions_at_most: 1 }, otherwise: major }
remediation: Review them.
";
const PASS: &str = "\
title: Reviewed, and a laptop
datasets:
  assets:
    - { asset_id: A1, name: a, kind: laptop, status: in_use, reviewed_at: 2026-10-01 }
";
const FAIL: &str = "\
title: Reviewed long ago, and a toaster
datasets:
  assets:
    - { asset_id: A1, name: a, kind: toaster, status: in_use, reviewed_at: 2020-10-01 }
findings:
  - { check: reviewed, subject: { asset_id: A1 } }
  - { check: known-kind, subject: { asset_id: A1 } }
";
const SOUND_PACK: [(&str, &str); 4] = [
    ("packs/own/pack.yaml", PACK),
    ("packs/own/own-1.yaml", CONTROL),
    ("packs/own/examples/own-1/pass-reviewed.yaml", PASS),
    ("packs/own/examples/own-1/fail-old.yaml", FAIL),
];

#[test]
fn mistakes_in_packs() {
    const P: &str = "packs/own/pack.yaml";
    const C: &str = "packs/own/own-1.yaml";
    const F: &str = "packs/own/examples/own-1/fail-old.yaml";
    let said = told(
        &SOUND_PACK,
        &["pack", "lint", "packs/own"],
        &[
            mistake("unknown-key", "an unknown key", P, "edition:", "editon:"),
            mistake("missing-key", "a key that is missing", P, "title: Our own rules\n", ""),
            mistake("missing-key", "a key that is missing within a line", C, "standard: House rules, ", ""),
            mistake("wrong-type", "a text where a list is expected", P, "tables:\n  - name: kinds", "tables: kinds\nx:\n  - name: kinds"),
            mistake("yaml-duplicate-key", "a key twice", P, "version: 1.0.0", "version: 1.0.0\nversion: 2.0.0"),
            mistake("yaml-syntax", "a bracket that is never closed", P, "[id, title]", "[id, title"),
            mistake("yaml-boolean", "a word that some take for a boolean", P, "title: Our own rules", "title: yes"),
            mistake("yaml-anchor", "an anchor", P, "title: Our own rules", "title: &a Our own rules"),
            mistake("pack-id", "an id that is not the folder's name", P, "id: own", "id: others"),
            mistake("ragged-table", "a row with a cell too few", P, "[laptop, A laptop]", "[laptop]"),
            mistake("duplicate-id", "two parameters of one name", P, "tables:", "  - { name: review_days, value: 1, about: Twice. }\ntables:"),
            mistake("unknown-dataset", "an unknown dataset", C, "dataset: assets", "dataset: asets"),
            mistake("unknown-field", "an unknown field", C, "field: status", "field: state"),
            mistake("unknown-table", "a table that the pack does not have", C, "table: kinds", "table: kind"),
            mistake("unknown-column", "a column that the table does not have", C, "column: id", "column: ids"),
            mistake("unknown-parameter", "an unknown parameter", C, "$review_days", "$reviewdays"),
            mistake("wrong-pattern", "a regular expression that is none", C, "'^[a-z]'", "'^[a-z'"),
            mistake("wrong-date", "a date that is none", C, "within_days: $review_days", "before: 2026-02-30"),
            mistake("wrong-number", "a number that is none", C, "$review_days", "soon"),
            mistake("predicate-operator", "a condition without an operator", C, "{ field: status, is: in_use }", "{ field: status }"),
            mistake("unknown-value", "a value that does not exist", C, "severity: low", "severity: lowest"),
            mistake(
                "check-kind",
                "a check without a kind",
                C,
                "    each_record:\n      dataset: assets\n      where: { field: status, is: in_use }\n      expect: { field: reviewed_at, within_days: $review_days }\n",
                "",
            ),
            mistake("no-identity", "a finding that is known by nothing", C, "identity: [asset_id]", "identity: []"),
            mistake("control-id", "an id that is not the file's name", C, "id: own-1", "id: own-2"),
            mistake(
                "cyclic-crosswalk",
                "a control that is a part of itself",
                C,
                "remediation: Review them.\n",
                "remediation: Review them.\nmaps: [ { to: own-1, relation: subset-of, origin: ours } ]\n",
            ),
            mistake("wrong-parameter", "a value that a parameter cannot have", P, "value: 365,", "value: often, values: { list: [daily, weekly] },"),
            mistake("unknown-key", "an unknown key in an example", F, "findings:", "finding:"),
            mistake("wrong-date", "an example of no day", F, "title:", "as_of: 2026-13-01\ntitle:"),
        ],
    );
    insta::assert_snapshot!("mistakes_in_packs", said);
}

#[test]
fn a_pack_without_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &SOUND_PACK[..3]);
    let done = program().current_dir(folder.path()).args(["pack", "lint", "packs/own"]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    insta::assert_snapshot!("a_pack_without_its_examples", String::from_utf8(done.stderr).unwrap());
}

const ENGAGEMENT: &str = "\
id: acme
as_of: 2026-11-01
period: { from: 2025-11-01, to: 2026-10-31 }
packs: [iso-27002]
team: [Ana]
criteria:
  - { control: 5.2-sites, force: own-rule, adopted_by: POL-09 }
scope:
  sites: [S1]
  systems:
    - { name: lease, datasets: [sites] }
control_totals:
  - { dataset: sites, count: 1, stated_by: lease register }
exported_at:
  - { path: '**', at: 2026-10-31 }
terms:
  - { field: responsibilities.task, pattern: '^patch', is: vulnerability-management }
parameters: { training_days: 300 }
tolerances:
  - { dataset: training, reason: person-unresolved, share: 0.01, why: People of a partner. }
not_applicable:
  - { control: 5.2-b-on-call, justification: Nobody is on call. }
";
const SITES: &str = "site_id,name,client,status,opened_at,manager\nS1,Harbour,Own use,open,2020-01-01,a@b.example\n";

#[test]
fn mistakes_in_engagements() {
    const E: &str = "audit/engagement.yaml";
    let said = told(
        &[(E, ENGAGEMENT), ("audit/evidence/sites.csv", SITES)],
        &["scan", "audit"],
        &[
            mistake("unknown-key", "an unknown key", E, "team:", "teams:"),
            mistake("missing-key", "no id", E, "id: acme\n", ""),
            mistake("no-id", "an empty id", E, "id: acme", "id: ''"),
            mistake("wrong-type", "a text where a list is expected", E, "[Ana]", "Ana"),
            mistake("yaml-duplicate-key", "a key twice", E, "team: [Ana]", "team: [Ana]\nteam: [Ben]"),
            mistake("yaml-syntax", "a tab as indentation", E, "  sites: [S1]", "\tsites: [S1]"),
            mistake("wrong-date", "a day that no calendar has", E, "as_of: 2026-11-01", "as_of: 2026-11-31"),
            mistake("wrong-date", "a time of export that is none", E, "at: 2026-10-31", "at: last Friday"),
            mistake("wrong-period", "a period that ends before it begins", E, "to: 2026-10-31", "to: 2024-10-31"),
            mistake("unknown-dataset", "a control total of an unknown dataset", E, "{ dataset: sites,", "{ dataset: site,"),
            mistake("unknown-dataset", "a system of an unknown dataset", E, "datasets: [sites]", "datasets: [sitess]"),
            mistake("wrong-pattern", "a pattern that is none", E, "'^patch'", "'^(patch'"),
            mistake("wrong-term", "a term without value and pattern", E, "pattern: '^patch', ", ""),
            mistake("wrong-share", "a share of more than all", E, "share: 0.01", "share: 1.5"),
            mistake("wrong-criterion", "a criterion that names nothing", E, "control: 5.2-sites, ", ""),
            mistake("unknown-value", "a force that does not exist", E, "force: own-rule", "force: law"),
            mistake("unknown-control", "an unknown control that does not apply", E, "5.2-b-on-call", "5.2-b-oncall"),
            mistake("unknown-control", "an unknown control in a criterion", E, "control: 5.2-sites", "control: 5.2-site"),
            mistake("unknown-parameter", "an unknown parameter", E, "training_days", "trainings_days"),
        ],
    );
    insta::assert_snapshot!("mistakes_in_engagements", said);
}

const TABLES: &str = "\
tables:
  - dataset: sites
    fields:
      site_id: { from: LeaseNo }
      name: { from: Place }
      status: { from: State, values: { Running: open, Ended: closed } }
      opened_at: { from: Begin, dates: ['%d.%m.%Y'] }
      client: { file_name: 'leases-(.*)\\.csv' }
";
const SOURCE: &str = "\
id: leases
title: Lease register
system: lease
format: csv
recognise: { headers: [LeaseNo, Place] }
csv: { delimiter: ';' }
tables:
  - dataset: sites
    fields:
      site_id: { from: LeaseNo }
      name: { from: Place }
      status: { from: State, values: { Running: open, Ended: closed } }
      opened_at: { from: Begin, dates: ['%d.%m.%Y'] }
      client: { file_name: 'leases-(.*)\\.csv' }
";

#[test]
fn mistakes_in_sources() {
    const S: &str = "sources/leases.yaml";
    let said = told(
        &[(S, SOURCE), ("exports/sites.csv", SITES)],
        &["scan", "exports", "--sources-dir", "sources", "--as-of", "2026-11-01"],
        &[
            mistake("unknown-key", "an unknown key", S, "title:", "titel:"),
            mistake("missing-key", "no tables", S, TABLES, ""),
            mistake("no-table", "an empty list of tables", S, TABLES, "tables: []\n"),
            mistake("wrong-type", "a text where a mapping is expected", S, "{ from: Place }", "Place"),
            mistake("yaml-duplicate-key", "a field twice", S, "      name:", "      site_id: { from: Place }\n      name:"),
            mistake("unknown-value", "an unknown format", S, "format: csv", "format: xls"),
            mistake("unknown-field", "an unknown field", S, "opened_at:", "opened_on:"),
            mistake("wrong-pattern", "a pattern that is none", S, "(.*)", "(.*"),
            mistake("no-group", "a pattern that captures nothing", S, "(.*)", ".*"),
            mistake("wrong-delimiter", "a delimiter of two characters", S, "';'", "';;'"),
            mistake("source-id", "an id that is not the file's name", S, "id: leases", "id: lease"),
            mistake("recognises-all", "a source that takes everything", S, "{ headers: [LeaseNo, Place] }", "{ headers: [] }"),
            mistake("wrong-origin", "a field that comes from two places", S, "{ from: Place }", "{ from: Place, constant: x }"),
        ],
    );
    insta::assert_snapshot!("mistakes_in_sources", said);
}

/// Mistakes of the call: nothing is scanned, nothing written.
#[test]
fn mistakes_in_calls() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), &folder.path().join("audit"));
    write(
        folder.path(),
        &[
            ("foreign/diary.txt", "dear diary"),
            ("package/report.json", "{}"),
            ("package/SHA256SUMS", ""),
            ("bare/engagement.yaml", "id: bare\n"),
            ("bare/evidence/sites.csv", SITES),
            ("file.txt", "a file"),
            ("a/exports/sites.csv", SITES),
            ("b/exports/sites.csv", SITES),
            ("empty/engagement.yaml", "id: x\n"),
        ],
    );
    let untouched = state(folder.path());
    let mut all = String::new();
    for arguments in [
        &["scan", "nowhere"][..],
        &["scan", "a/exports", "b/exports"],
        &["scan", "audit", "audit/evidence"],
        &["scan", "audit", "bare"],
        &["scan", "empty"],
        &["scan", "audit", "--pack", "iso-2700"],
        &["scan", "audit", "--as-of", "yesterday"],
        &["scan", "audit", "--period", "2026"],
        &["scan", "audit", "--map", "nothing.csv=hr-workers"],
        &["scan", "audit", "--map", "workers.csv=hr-worker"],
        &["scan", "audit", "--jobs", "0"],
        &["scan", "audit", "--list-max", "0"],
        &["scan", "bare", "--audience", "certification"],
        &["scan", "audit", "--out", "foreign"],
        &["scan", "audit", "--out", "file.txt"],
        &["scan", "audit", "--out", "file.txt/below"],
        &["scan", "audit", "--out", "audit/evidence"],
        &["scan", "audit", "--out", "."],
        &["scan", "audit", "--output", "html=nowhere/page.html"],
        &["scan", "audit", "--output", "html=foreign"],
        &["scan", "audit", "--output", "html=audit/evidence/page.html"],
        &["scan", "audit", "--output", "html=audit/engagement.yaml"],
        &["scan", "audit", "--output", "html=rolecall-report/more.html"],
        &["scan", "audit", "--output", "html=package/more.html"],
        &["scan", "audit", "--output", "html=same", "--output", "json=./same"],
        &["scan", "audit", "--output", "pdf=page.pdf"],
        &["scan", "audit", "--packs-dir", "nowhere"],
        &["scan", "audit", "--sources-dir", "foreign"],
        &["report", "package/report.json", "--output", "html=page.html"],
        &["report", "nowhere.json", "--output", "html=page.html"],
        &["evidence", "audit", "--out", "foreign"],
        &["explain", "5.2-site"],
        &["explain", "missing-datasets"],
        &["explain", "zebra"],
        &["explain", "F-aaaaaaaaaaaaaaaa"],
        &["explain", "F-aaaaaaaaaaaaaaaa", "--report", "package/report.json"],
        &["pack", "lint", "foreign"],
        &["scna", "audit"],
        &["scan"],
        &["list", "pack"],
    ] {
        let done = program().current_dir(folder.path()).args(arguments).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(done.stdout.is_empty(), "{arguments:?}");
        assert!(said.starts_with("error"), "{arguments:?}: {said}");
        assert!(state(folder.path()) == untouched, "{arguments:?}: something was written");
        all.push_str(&format!("$ rolecall {}\n{}\n", arguments.join(" "), said.replace(folder.path().to_str().unwrap(), "<dir>")));
    }
    insta::assert_snapshot!("mistakes_in_calls", all);
}
