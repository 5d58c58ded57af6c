//! From evidence to the verdict, on small packs and folders made for each
//! rule: what must never pass does not, and what is borne is told.

use std::fs;
use std::path::PathBuf;

use super::{Input, Silent, scan};
use crate::cli::{Known, Taking};
use crate::diagnostic::Diagnostics;
use crate::exit::{Exit, FailOn};
use crate::report::{Audience, CheckResult, Conclusion, Outcome, Report, Selection};
use crate::settings::{Settings, settle};

mod applies;
mod derived;
mod inputs;

/// A folder of evidence with a pack of its own.
struct Case {
    folder: tempfile::TempDir,
    declared: bool,
}

/// A check over accounts: each is enabled.
const ENABLED: &str = "{ id: enabled, title: It is enabled, severity: low, unit: account, identity: [account_id], each_record: { dataset: accounts, expect: { field: enabled, is: true } } }";
/// A check over accounts that looks into the roster.
const OWNED: &str = "{ id: owned, title: It is somebody's, severity: low, unit: account, identity: [account_id], refers_to: { dataset: accounts, field: kind, to: { dataset: people, key: department } } }";
const ROSTER: &str = "person_id,email,department,active\n";

impl Case {
    fn new(checks: &[&str]) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), declared: false };
        case.write("packs/trial/pack.yaml", "id: trial\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\n");
        case.control("packs/trial/one.yaml", "one", checks, "{ otherwise: major }");
        fs::create_dir_all(case.folder.path().join("work/evidence")).unwrap();
        case
    }

    fn control(&self, path: &str, id: &str, checks: &[&str], grade: &str) {
        let checks: String = checks.iter().map(|check| format!("  - {check}\n")).collect();
        let head = format!(
            "id: {id}\nref: '1'\ntitle: T\ncriterion: {{ standard: T, edition: '1', clause: '1', force: requirement }}\ndetermination: D\nevidence: E\n"
        );
        self.write(path, &format!("{head}checks:\n{checks}grade: {grade}\n"));
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn evidence(self, name: &str, text: &str) -> Self {
        self.write(&format!("work/evidence/{name}"), text);
        self
    }

    /// Declares the pack, with more lines of the engagement.
    fn engagement(mut self, more: &str) -> Self {
        self.write("work/engagement.yaml", &format!("id: e\nas_of: 2026-11-01\npacks: [trial]\n{more}"));
        self.declared = true;
        self
    }

    fn taking(&self) -> Taking {
        let known = Known { packs_dir: vec![self.folder.path().join("packs")], sources_dir: Vec::new() };
        let pack = if self.declared { Vec::new() } else { vec!["trial".to_owned()] };
        let as_of = Some("2026-11-01".to_owned());
        Taking { paths: vec![self.folder.path().join("work")], known, pack, as_of, seed: Some(7), ..Taking::default() }
    }

    fn settle(&self) -> Result<Settings, Diagnostics> {
        settle(&self.taking(), &[PathBuf::from("rolecall-report")])
    }

    fn refused(&self) -> String {
        self.settle().err().map(|problems| problems.render()).unwrap_or_default()
    }

    fn report(&self) -> Report {
        report(&self.settle().unwrap())
    }
}

fn report(settings: &Settings) -> Report {
    let input = Input {
        blobs: &settings.collected.blobs,
        survey: settings.survey.clone(),
        sources: &settings.catalogue.sources,
        kinds: &settings.catalogue.kinds,
        packs: &settings.packs,
        frameworks: &[],
        packs_not_selected: settings.packs_not_selected.clone(),
        engagement: settings.engagement.as_ref().map(|loaded| &loaded.engagement),
        engagement_summary: settings.engagement.as_ref().map(|loaded| crate::engagement::load::summary(&loaded.engagement)),
        aliases: &settings.aliases,
        register: None,
        waivers: &[],
        as_of: settings.as_of,
        period: settings.period.clone(),
        audience: Audience::Internal,
        selection: settings.selection,
        inputs: settings.inputs.clone(),
        list_max: 10,
        seed: settings.seed,
        block_size: settings.block_size,
        memory: settings.memory,
        progress: &Silent,
    };
    let report = scan(input).unwrap().report;
    for check in report.controls.iter().flat_map(|control| &control.checks) {
        assert_eq!(check.population, check.excluded + check.undecided + check.evaluated, "{check:?}");
        assert!(check.outcome != Outcome::Pass || check.exceptions == 0 && check.reason.is_none());
    }
    report
}

fn check<'r>(report: &'r Report, id: &str) -> &'r CheckResult {
    report.controls.iter().flat_map(|control| &control.checks).find(|check| check.id == id).unwrap()
}

fn verdict(report: &Report, id: &str) -> (Outcome, Option<String>, Exit) {
    let check = check(report, id);
    (check.outcome, check.reason.clone(), Exit::of(report, FailOn::Ofi, false))
}

fn told(report: &Report, part: &str) -> bool {
    report.summary.limitations.iter().any(|limitation| limitation.contains(part))
}

fn reason(reason: &str) -> Option<String> {
    Some(reason.to_owned())
}

/// So many accounts, and after them rows that are no records.
fn accounts(good: usize, broken: usize) -> String {
    let good: String = (0..good).map(|number| format!("A{number},u,true,IT\n")).collect();
    format!("account_id,user_name,enabled,kind\n{good}{}", "x,y\n".repeat(broken))
}

#[test]
fn rejected_records_are_undecided_and_a_tolerance_bears_them() {
    let tolerance = |share: &str| {
        format!("tolerances:\n  - {{ dataset: accounts, reason: record-rejected, share: {share}, why: the old system cuts long names }}\n")
    };
    let case = |more: &str| Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(95, 5)).engagement(more).report();
    let borne = case(&tolerance("0.05"));
    assert_eq!(verdict(&borne, "enabled"), (Outcome::Pass, None, Exit::Good));
    assert!(told(&borne, "5 of 100 undecided (record-rejected: accounts) are borne by a tolerance: the old system cuts long names"));
    for more in [String::new(), tolerance("0.04")] {
        assert_eq!(
            verdict(&case(&more), "enabled"),
            (Outcome::NotEvaluated, reason("record-rejected: accounts (ragged-row)"), Exit::Incomplete),
            "{more}"
        );
    }
}

#[test]
fn shares_of_one_code_add_up_over_fields_and_reject_reasons() {
    let both = "{ id: both, title: B, severity: low, unit: account, identity: [account_id], each_record: { dataset: accounts, expect: { all: [ { field: enabled, is: true }, { field: mfa, is: true } ] } } }";
    let mut rows: String = (0..92).map(|number| format!("A{number},u,true,true,IT\n")).collect();
    rows.push_str(&"B,u,perhaps,true,IT\n".repeat(4));
    rows.push_str(&"C,u,true,perhaps,IT\n".repeat(4));
    let case = Case::new(&[both])
        .evidence("accounts.csv", &format!("account_id,user_name,enabled,mfa,kind\n{rows}"))
        .engagement("tolerances:\n  - { dataset: accounts, reason: value-unreadable, share: 0.05, why: w }\n");
    let report = case.report();
    assert_eq!(verdict(&report, "both").0, Outcome::NotEvaluated);
    assert_eq!(check(&report, "both").undecided, 8);
}

#[test]
fn a_tolerance_never_makes_a_pass_of_nothing() {
    let case = Case::new(&[ENABLED])
        .evidence("accounts.csv", &accounts(0, 5))
        .engagement("tolerances:\n  - { dataset: accounts, reason: record-rejected, share: 1.0, why: w }\n");
    assert_eq!(verdict(&case.report(), "enabled"), (Outcome::NotEvaluated, reason("empty-population"), Exit::Incomplete));
}

#[test]
fn a_look_up_into_rejected_records_does_not_find_for_certain() {
    let people = |rows: &str| format!("{ROSTER}1,a@x.example,IT,true\n{rows}");
    let found = Case::new(&[OWNED]).evidence("accounts.csv", &accounts(2, 0)).evidence("people.csv", &people("2,cut\n")).engagement("").report();
    assert_eq!(verdict(&found, "owned"), (Outcome::Pass, None, Exit::Incomplete), "all were found, but the roster is not whole");
    let other = accounts(2, 0).replace("A1,u,true,IT", "A1,u,true,HR");
    let missed = Case::new(&[OWNED]).evidence("accounts.csv", &other).evidence("people.csv", &people("2,cut\n")).engagement("").report();
    assert_eq!(verdict(&missed, "owned"), (Outcome::NotEvaluated, reason("incomplete-population: people"), Exit::Incomplete));
    assert_eq!(check(&missed, "owned").undecided, 1);
}

#[test]
fn a_population_of_nothing_in_scope_passes_nothing() {
    let report = Case::new(&[ENABLED])
        .evidence("accounts.csv", "account_id,user_name,enabled,kind,site\nA,u,true,IT,North\n")
        .engagement("scope: { sites: [Norht] }\n")
        .report();
    assert_eq!(verdict(&report, "enabled"), (Outcome::NotEvaluated, reason("empty-population"), Exit::Incomplete));
    assert!(told(&report, "site `Norht`"), "{:?}", report.summary.limitations);
    let report = Case::new(&[ENABLED])
        .evidence("accounts.csv", "account_id,user_name,enabled,kind,site\nA,u,true,IT,North\n")
        .engagement("scope: { sites: [North, South] }\n")
        .report();
    assert_eq!(verdict(&report, "enabled"), (Outcome::Pass, None, Exit::Good));
    assert!(told(&report, "site `South`") && !told(&report, "site `North`"));
}

#[test]
fn a_condition_that_no_item_meets_passes_and_is_told() {
    let guests = "{ id: guests, title: G, severity: low, unit: account, identity: [account_id], each_record: { dataset: accounts, where: { field: kind, is: guest }, expect: { field: enabled, is: true } } }";
    let report = Case::new(&[guests]).evidence("accounts.csv", &accounts(2, 0)).engagement("").report();
    assert_eq!(verdict(&report, "guests"), (Outcome::Pass, None, Exit::Good));
    assert!(told(&report, "one / guests: no account met the check's own conditions"));
}

#[test]
fn where_no_pack_finds_a_dataset_nothing_was_examined() {
    for (name, text, recognised) in [
        ("none", "", "no file was recognised"),
        ("notes.csv", "foo,bar\n1,2\n", "no file was recognised"),
        ("tasks.csv", "task_id,task\n1,x\n", "recognised were: tasks"),
    ] {
        let case = Case::new(&[ENABLED]).evidence(name, text);
        if name == "none" {
            fs::remove_file(case.folder.path().join("work/evidence/none")).unwrap();
        }
        let mut settings = settle(&Taking { pack: Vec::new(), ..case.taking() }, &[]).unwrap();
        // Whatever is built in may read tasks: this is about packs that find nothing.
        settings.packs.clear();
        let report = report(&settings);
        assert_eq!((report.summary.conclusion, Exit::of(&report, FailOn::Ofi, true)), (Conclusion::Incomplete, Exit::Incomplete), "{name}");
        assert_eq!(crate::report::text::conclusion(&report), "Incomplete. Nothing could be examined.");
        assert!(told(&report, "nothing was examined") && told(&report, recognised), "{name}: {:?}", report.summary.limitations);
    }
}

#[test]
fn an_exploratory_scan_tells_of_what_it_did_not_use_and_does_not_vouch_for_what_it_could_not_read() {
    let case = || Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(2, 0));
    let report = case().evidence("notes.csv", "foo,bar\n1,2\n").evidence("logo.png", "\u{89}PNG\0").report();
    assert_eq!(report.selection, Selection::Exploratory);
    assert_eq!(verdict(&report, "enabled"), (Outcome::Pass, None, Exit::Good));
    assert!(told(&report, "1 file was not used (not-recognised): evidence/notes.csv"), "{:?}", report.summary.limitations);
    assert!(told(&report, "1 file was not used (binary): evidence/logo.png"));
    for (name, text) in [("people.csv", "a\0\0\0b"), ("x.txt", "a\0,\0b\0\n\0"), ("empty.json", ""), ("broken.json", "{\"value\": [}")] {
        let report = case().evidence(name, text).report();
        assert_eq!(verdict(&report, "enabled"), (Outcome::Pass, None, Exit::Incomplete), "{name}");
        assert!(told(&report, name));
    }
}

#[test]
fn a_file_that_changes_under_the_scan_decides_nothing() {
    let swap = |name: &str, text: &str| {
        let case = Case::new(&[OWNED])
            .evidence("accounts.csv", &accounts(2, 0))
            .evidence("people.csv", &format!("{ROSTER}1,a@x.example,IT,true\n"))
            .engagement("");
        let settings = case.settle().unwrap();
        fs::write(case.folder.path().join("work/evidence").join(name), text).unwrap();
        let report = report(&settings);
        (verdict(&report, "owned"), report)
    };
    // Columns in another order than the survey saw.
    let (looked_up, report) = swap("people.csv", "person_id,department,email,active\n1,IT,a@x.example,true\n");
    assert_eq!(looked_up, (Outcome::NotEvaluated, reason("changed-while-read: people"), Exit::Incomplete));
    assert!(report.evidence.iter().any(|table| table.problems.iter().any(|problem| problem.code == "changed-while-read")));
    let (population, _) = swap("accounts.csv", "account_id,user_name,kind,enabled\nA,u,IT,true\n");
    assert_eq!(population, (Outcome::NotEvaluated, reason("changed-while-read: accounts"), Exit::Incomplete));
}

#[test]
fn acts_after_the_date_or_out_of_scope_prove_no_period() {
    let acts = "{ id: acts, title: A, severity: low, mode: period, unit: act, identity: [target], each_record: { dataset: events, expect: { field: result, is: ok } } }";
    let case = |rows: &str| {
        let period = "period: { from: 2026-01-01, to: 2026-12-31 }\nscope: { sites: [North] }\n";
        let events = format!("time,action,actor,target,result,site\n2026-01-01,x,a,t,ok,North\n{rows}");
        let folder = Case::new(&[acts]).evidence("events.csv", &events).engagement(period);
        let mut settings = folder.settle().unwrap();
        settings.as_of = crate::calendar::Day::parse(b"2026-11-01").unwrap();
        report(&settings)
    };
    for rows in ["2026-12-31,x,a,t,ok,North\n", "2026-10-31,x,a,t,ok,South\n"] {
        let report = case(rows);
        assert_eq!(verdict(&report, "acts").1, reason("period-not-covered"), "{rows}");
        assert_eq!(check(&report, "acts").covered.as_ref().unwrap().to, "2026-01-01", "{rows}");
        assert_ne!(report.evidence[0].span.as_ref().unwrap().to, "2026-01-01", "the file's span is that of all its records");
    }
}

#[test]
fn that_a_dataset_is_empty_is_a_fact_where_another_source_says_so() {
    let case =
        |totals: &str| Case::new(&[OWNED]).evidence("accounts.csv", &accounts(2, 0)).evidence("people.csv", ROSTER).engagement(totals).report();
    assert_eq!(verdict(&case(""), "owned"), (Outcome::NotEvaluated, reason("empty-dataset: people"), Exit::Incomplete));
    let reconciled = case("control_totals:\n  - { dataset: people, count: 0 }\n");
    assert_eq!(verdict(&reconciled, "owned"), (Outcome::Fail, None, Exit::Found));
    assert_eq!(check(&reconciled, "owned").exceptions, 2);
}

#[test]
fn a_fault_in_one_check_or_reader_is_told_and_the_others_go_on() {
    let faulty = |id: &str| ENABLED.replace("id: enabled", &format!("id: {id}"));
    for id in ["fault-in-fold", "fault-in-finish"] {
        let report = Case::new(&[&faulty(id), ENABLED]).evidence("accounts.csv", &accounts(2, 0)).engagement("").report();
        let (outcome, why, exit) = verdict(&report, id);
        assert_eq!((outcome, exit), (Outcome::Error, Exit::Incomplete));
        assert!(why.unwrap().starts_with("check-failed"));
        assert_eq!(check(&report, "enabled").outcome, Outcome::Pass);
        assert_eq!(report.summary.by_outcome.error, 1);
    }
    let report =
        Case::new(&[ENABLED]).evidence("fault-in-reader.csv", &accounts(2, 0)).evidence("accounts.csv", &accounts(2, 0)).engagement("").report();
    assert_eq!(verdict(&report, "enabled"), (Outcome::NotEvaluated, reason("incomplete-population: accounts"), Exit::Incomplete));
    assert!(report.evidence.iter().any(|table| table.problems.iter().any(|problem| problem.code == "reader-failed")));
    assert_eq!(check(&report, "enabled").evaluated, 2);
}

#[test]
fn a_fault_in_what_checks_share_is_told_of_each_of_them_and_the_others_go_on() {
    let unique = |id: &str, of: &str| {
        format!("{{ id: {id}, title: T, severity: low, unit: account, identity: [account_id], unique: {{ dataset: accounts, {of} }} }}")
    };
    for fault in ["fault-in-fold", "fault-in-finish"] {
        for (leader, follower) in [(fault, "other"), ("other", fault)] {
            let apart = unique("apart", "where: { field: kind, is: IT }, key: [account_id]");
            let checks = [unique(leader, "key: [account_id]"), unique(follower, "key: [account_id, enabled]"), apart, ENABLED.to_owned()];
            let checks: Vec<&str> = checks.iter().map(String::as_str).collect();
            let report = Case::new(&checks).evidence("accounts.csv", &accounts(2, 0)).engagement("").report();
            for id in [leader, follower] {
                assert_eq!(check(&report, id).outcome, Outcome::Error, "{fault}: {id}");
                assert!(check(&report, id).reason.as_ref().unwrap().starts_with("check-failed"));
            }
            for id in ["apart", "enabled"] {
                assert_eq!(check(&report, id).outcome, Outcome::Pass, "{fault}: {id}");
            }
            assert_eq!(report.summary.by_outcome.error, 2);
        }
    }
}

#[test]
fn more_failures_never_give_a_milder_grade() {
    let named = |id: &str, kind: &str| {
        format!(
            "{{ id: {id}, title: T, severity: low, unit: account, identity: [account_id], each_record: {{ dataset: accounts, where: {{ field: kind, is: {kind} }}, expect: {{ field: enabled, is: true }} }} }}"
        )
    };
    let many: String = (0..100).map(|number| format!("A{number},u,{},IT\n", number >= 10)).collect();
    let grade = |more: &str| {
        let case = Case::new(&[ENABLED]);
        case.control(
            "packs/trial/one.yaml",
            "one",
            &[&named("many", "IT"), &named("few", "HR")],
            "{ minor_when: { exceptions_at_most: 5, share_at_most: 0.07 }, otherwise: major }",
        );
        let report = case.evidence("accounts.csv", &format!("account_id,user_name,enabled,kind\n{many}{more}")).engagement("").report();
        report.controls[0].grade.clone().unwrap()
    };
    let major = grade("B,u,true,HR\n");
    assert_eq!(major.proposed, crate::report::Grade::Major);
    assert!(major.rule.contains("at most 7 % of"), "{}", major.rule);
    assert_eq!(grade("B,u,false,HR\n").proposed, crate::report::Grade::Major);
}

#[test]
fn a_cell_of_a_matrix_that_nobody_can_read_is_undecided() {
    let one = "{ id: one, title: O, severity: low, unit: task, identity: [task_id], per_group: { dataset: responsibilities, key: [task_id], count: { where: { field: letter, is: R }, at_least: 1 } } }";
    let case = |cell: &str| Case::new(&[one]).evidence("matrix.csv", &format!("#,Activity,Lead,Team\nT1,Do,A,{cell}\n")).engagement("").report();
    for cell in ["S/R", "TBD", "ra", "(R)"] {
        assert_eq!(
            verdict(&case(cell), "one"),
            (Outcome::NotEvaluated, reason("value-unreadable: responsibilities.letter"), Exit::Incomplete),
            "{cell}"
        );
    }
    for cell in ["N/A", "-", "", "C"] {
        assert_eq!(verdict(&case(cell), "one").0, Outcome::Fail, "{cell}");
    }
    assert_eq!(verdict(&case("R"), "one").0, Outcome::Pass);
    assert_eq!(verdict(&case("R - lead"), "one").0, Outcome::Pass, "there is one, whatever the rest says");
}

#[test]
fn a_control_that_the_engagement_rules_out_was_not_examined() {
    let report = Case::new(&[ENABLED])
        .evidence("accounts.csv", &accounts(2, 0))
        .engagement("not_applicable:\n  - { control: one, justification: There is no such system. }\n")
        .report();
    assert_eq!(verdict(&report, "enabled"), (Outcome::NotApplicable, reason("not-applicable"), Exit::Good));
    assert_eq!(crate::report::text::conclusion(&report), "Complete. No control applies, says the engagement; nothing was examined.");
}
