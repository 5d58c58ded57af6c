//! What each kind of check decides, through the whole scan: a check as a pack
//! writes it, evidence in a few words, and what is told about it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::calendar::Day;
use crate::engagement::{Engagement, StatedExport};
use crate::evidence::collect::Blob;
use crate::evidence::survey;
use crate::exercise::source;
use crate::pack::load::LoadedPack;
use crate::pack::resolve;
use crate::plan::{Frame, Plan};
use crate::report::{Audience, CheckResult, Inputs, Period, Selection};
use crate::scan::{Input, Silent, scan};
use crate::source::kinds::FieldKinds;

mod apart;
mod attestation;
mod covers;
mod derived;
mod document;
mod duties;
mod elements;
mod exact;
mod examples;
mod groups;
mod joined;
mod lists;
mod narrowed;
mod ordered;
mod pairs;
mod properties;
mod reconcile;
mod records;
mod recurs;
mod sharing;
mod unique;
mod without_gap;

/// Anna and Ben can be told apart; `shared` is a spelling of Cora and of Dora.
const ROSTER: &str = "person_id=1 email=anna active=true start_date=2026-10-30 end_date=; person_id=2 email=ben active=true start_date=2026-09-01 end_date=2026-10-30; \
                      person_id=3 email=cora user_name=shared active=true; person_id=4 email=dora user_name=shared active=true";

/// A check, or several, with evidence.
#[derive(Debug, Clone)]
struct Trial {
    /// Each with its id.
    checks: Vec<(String, String)>,
    files: Vec<(String, String, String)>,
    block_size: usize,
    memory: usize,
    /// First and last day of the period under audit.
    period: Option<Period>,
}

/// A check of a pack: its kind, and what identifies a finding where the kind does not say.
fn trial(kind: &str) -> Trial {
    trials(&[("k", kind)])
}

/// Several checks of one pack, each with its id.
fn trials(checks: &[(&str, &str)]) -> Trial {
    let checks = checks.iter().map(|(id, kind)| ((*id).to_owned(), (*kind).to_owned())).collect();
    Trial { checks, files: Vec::new(), block_size: 1 << 16, memory: usize::MAX, period: None }
}

impl Trial {
    /// Adds records: `;` ends one, blanks separate `field=value`. `field=` is
    /// empty, `field={}` cannot be read, `field=[a,b]` is a list, `broken` is
    /// a record that is rejected; a field that is not named is absent.
    fn with(self, dataset: &str, records: &str) -> Self {
        let path = format!("{dataset}.ndjson");
        self.file(&path, dataset, records)
    }

    fn file(mut self, path: &str, dataset: &str, records: &str) -> Self {
        self.files.push((path.to_owned(), dataset.to_owned(), lines(records)));
        self
    }

    /// Over a period.
    fn over(self, from: &str, to: &str) -> Self {
        Self { period: Some(Period { from: from.to_owned(), to: to.to_owned() }), ..self }
    }

    /// With the roster, whole.
    fn roster(self) -> Self {
        self.with("people", ROSTER)
    }

    /// With the roster, of which one record cannot be read.
    fn broken_roster(self) -> Self {
        self.with("people", &format!("{ROSTER}; broken"))
    }

    fn loaded(&self) -> LoadedPack {
        let pack = "id: trial\ntitle: t\nversion: '1'\nedition: e\nstandard: s\ndescription: d\nmax_age_days: 30\n\
                    tables:\n  - { name: rows, columns: [id, title], rows: [[r1, First], [r2, Second]] }\n\
                    \x20 - { name: role_tasks, columns: [code, task, title], rows: [[c1, t1, One], [c1, t2, Two], [c2, t2, Both], [c3, t3, Three]] }\n\
                    parameters:\n  - { name: claimed, value: [c1], about: a }\n";
        let indented =
            |kind: &str| kind.trim().lines().map(|line| format!("    {}", line.trim_start_matches("            "))).collect::<Vec<_>>().join("\n");
        let checks =
            self.checks.iter().map(|(id, kind)| format!("  - id: {id}\n    title: t\n    severity: high\n    unit: item\n{}\n", indented(kind)));
        let control = format!(
            "id: c\nref: '1'\ntitle: t\ncriterion: {{ standard: s, edition: e, clause: '1', force: guidance }}\n\
             determination: d\nabout: a\nevidence: e\nchecks:\n{}\
             grade: {{ otherwise: minor }}\nremediation: r\n",
            checks.collect::<String>()
        );
        LoadedPack::from_files("trial", "trial", &[("pack.yaml", pack.as_bytes()), ("c.yaml", control.as_bytes())])
    }

    /// What is wrong with the check, by code; nothing where it is good.
    fn wrong(&self) -> Vec<String> {
        let resolved = resolve::resolve(&self.loaded(), &BTreeMap::new(), &FieldKinds::default());
        resolved.err().into_iter().flat_map(|problems| problems.0).map(|problem| problem.code.to_string()).collect()
    }

    /// How the checks are put together that share a state, by their numbers.
    fn units(&self) -> Vec<Vec<usize>> {
        let kinds = FieldKinds::default();
        let pack = resolve::resolve(&self.loaded(), &BTreeMap::new(), &kinds).expect("the pack is good");
        let frame = Frame { as_of: Day::parse(b"2026-11-01").unwrap(), period: None, engagement: None, kinds: &kinds, seed: 0, list_max: 100 };
        Plan::new(std::slice::from_ref(&pack), frame).expect("the pack can be planned").units.into_iter().map(|unit| unit.checks).collect()
    }

    /// Runs the scan; what was told about the first check.
    fn run(&self) -> Told {
        self.run_all().remove(0)
    }

    /// Runs the scan.
    fn run_all(&self) -> Vec<Told> {
        let kinds = FieldKinds::default();
        let pack = resolve::resolve(&self.loaded(), &BTreeMap::new(), &kinds).expect("the pack is good");
        let (mut blobs, mut sources, mut maps, mut engagement) = (Vec::new(), Vec::new(), Vec::new(), Engagement::default());
        let mut files = self.files.clone();
        files.sort();
        for (path, dataset, lines) in files {
            blobs.push(Blob::memory(path.clone(), lines.into_bytes()));
            let id = format!("example-{dataset}");
            if !sources.iter().any(|known: &crate::source::Source| known.id == id) {
                sources.push(source(&dataset, &[], &kinds));
            }
            engagement.exported_at.push(StatedExport { path: path.clone(), at: "2026-11-01".to_owned() });
            maps.push((path, id));
        }
        let survey = survey::survey(&blobs, &sources, &maps, Some(&engagement)).expect("the evidence is taken");
        let scanned = scan(Input {
            blobs: &blobs,
            survey,
            sources: &sources,
            kinds: &kinds,
            packs: std::slice::from_ref(&pack),
            frameworks: &[],
            packs_not_selected: Vec::new(),
            engagement: Some(&engagement),
            engagement_summary: None,
            aliases: &[],
            register: None,
            waivers: &[],
            as_of: Day::parse(b"2026-11-01").unwrap(),
            period: self.period.clone(),
            audience: Audience::Internal,
            selection: Selection::Exploratory,
            inputs: Inputs {
                engagement: None,
                waivers: None,
                identities: None,
                sources: Vec::new(),
                ledger: None,
                options: BTreeMap::new(),
                frameworks: Vec::new(),
            },
            list_max: 100,
            seed: 0,
            block_size: self.block_size,
            memory: self.memory,
            progress: &Silent,
        });
        let report = scanned.expect("the pack can be planned").report;
        let told = report.controls[0].checks.iter().zip(&pack.controls[0].checks).map(|(result, check)| {
            let subject = |finding: &crate::report::Finding| {
                let values: Vec<&str> =
                    check.identity.iter().zip(finding.subject.iter()).filter(|(name, (own, _))| name == own).map(|(_, (_, value))| value).collect();
                let times = if finding.occurrences == 1 { String::new() } else { format!("*{}", finding.occurrences) };
                format!("{}{times}", values.join("/"))
            };
            let cited = |finding: &crate::report::Finding| finding.evidence.iter().map(|citation| citation.excerpt.clone()).collect::<Vec<_>>();
            let own = || report.findings.iter().filter(|finding| finding.check == check.id);
            let mut found: Vec<String> = own().map(subject).collect();
            found.sort();
            Told { result: result.clone(), found, ids: own().map(|finding| finding.id.clone()).collect(), cited: own().flat_map(cited).collect() }
        });
        told.collect()
    }

    /// What is told about the check: what conforms, what was found, what is undecided and why, what is excluded.
    fn told(&self) -> String {
        self.run().to_string()
    }
}

/// What was told about a check.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    result: CheckResult,
    found: Vec<String>,
    ids: Vec<String>,
    /// What records its findings cite, by excerpt.
    cited: Vec<String>,
}

impl std::fmt::Display for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let result = &self.result;
        assert_eq!(result.population, result.excluded + result.undecided + result.evaluated);
        assert!(result.exceptions <= result.evaluated);
        let mut parts = Vec::new();
        if result.evaluated > result.exceptions {
            parts.push(format!("ok {}", result.evaluated - result.exceptions));
        }
        if !self.found.is_empty() {
            parts.push(format!("found {}", self.found.join(" ")));
        }
        for reason in &result.undecided_by {
            parts.push(format!("undecided {} {}", reason.count, reason.reason));
        }
        for reason in &result.exclusions {
            parts.push(format!("excluded {} {}", reason.count, reason.reason));
        }
        formatter.write_str(&parts.join(", "))
    }
}

fn lines(records: &str) -> String {
    let mut out = String::new();
    for record in records.split(';').map(str::trim).filter(|record| !record.is_empty()) {
        if record == "broken" {
            out.push_str("{\"broken\n");
            continue;
        }
        let member = |part: &str| {
            let (name, value) = part.split_once('=').expect("field=value");
            let value = match value {
                "" => Value::Null,
                "{}" => json!({}),
                list if list.starts_with('[') => json!(list.trim_matches(['[', ']']).split(',').collect::<Vec<_>>()),
                text => json!(text),
            };
            (name.to_owned(), value)
        };
        out.push_str(&Value::Object(record.split_whitespace().map(member).collect::<Map<_, _>>()).to_string());
        out.push('\n');
    }
    out
}
