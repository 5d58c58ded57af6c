//! What besides evidence shapes a result: the engagement, options, sources.

use std::path::PathBuf;

use serde_json::Value;

use super::{Case, ENABLED, accounts, report, told, verdict};
use crate::cli::Taking;
use crate::exit::Exit;
use crate::report::{Outcome, Report};
use crate::settings::settle;

fn json(report: &Report) -> Value {
    serde_json::from_slice(&crate::report::json::write(report)).unwrap()
}

#[test]
fn names_in_the_engagement_exist() {
    let case = |more: &str| {
        let case = Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(2, 0)).engagement(more);
        case.refused()
    };
    assert_eq!(case(""), "");
    for (more, code, help) in [
        ("tolerances:\n  - { dataset: acounts, reason: record-rejected, share: 0.1, why: w }\n", "unknown-dataset", "accounts"),
        ("tolerances:\n  - { dataset: accounts, reason: record-rejectd, share: 0.1, why: w }\n", "unknown-reason", "record-rejected"),
        ("terms:\n  - { field: accounts.knd, value: x, is: y }\n", "unknown-field", "accounts.kind"),
        ("scope: { systems: [ { name: hr, source: generic-acounts, datasets: [accounts] } ] }\n", "unknown-source", "generic-accounts"),
        ("control_totals:\n  - { dataset: accounts, system: entr, count: 2 }\n", "unknown-system", "entra"),
        ("criteria:\n  - { pack: trail, force: own-rule, adopted_by: d }\n", "unknown-pack", "trial"),
        ("criteria:\n  - { control: ome, force: own-rule, adopted_by: d }\n", "unknown-control", "one"),
        ("not_applicable:\n  - { control: ome, justification: j }\n", "unknown-control", "one"),
        ("parameters: { limit: 3 }\n", "unknown-parameter", ""),
    ] {
        let text = case(more);
        assert!(text.contains(code) && text.contains(help) && text.contains("engagement.yaml:"), "{more}: {text}");
    }
    let report = Case::new(&[ENABLED])
        .evidence("accounts.csv", &accounts(2, 0))
        .engagement("exported_at:\n  - { path: acounts.csv, at: 2026-10-31 }\nunused:\n  - { path: x.txt, reason: r }\nterms:\n  - { field: kind, value: IT, is: nobody }\n")
        .report();
    assert_eq!(verdict(&report, "enabled"), (Outcome::Pass, None, Exit::Good));
    for part in ["`acounts.csv`", "`x.txt`", "`nobody`"] {
        assert!(told(&report, part), "{part}: {:?}", report.summary.limitations);
    }
}

#[test]
fn a_pack_chosen_by_hand_leaves_the_engagements_other_packs_in_peace() {
    let case =
        Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(2, 0)).engagement("not_applicable:\n  - { control: 5.2-sites, justification: j }\n");
    assert!(case.refused().contains("unknown-control"), "the declared pack does not have it");
    let by_hand = Taking { pack: vec!["trial".to_owned()], ..case.taking() };
    assert!(settle(&by_hand, &[]).is_ok());
}

#[test]
fn a_wrong_parameter_is_told_where_the_engagement_gives_it() {
    let fresh = "{ id: fresh, title: F, severity: low, unit: account, identity: [account_id], max_age_days: $days, each_record: { dataset: accounts, expect: { field: enabled, is: true } } }";
    for value in ["soon", "[1, 2]"] {
        let case = Case::new(&[fresh]).evidence("accounts.csv", &accounts(2, 0)).engagement(&format!("parameters: {{ days: {value} }}\n"));
        case.write(
            "packs/trial/pack.yaml",
            "id: trial\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\nparameters:\n  - { name: days, value: 30, about: A }\n",
        );
        let text = case.refused();
        assert!(text.contains("wrong-parameter") && text.contains("engagement.yaml:4:") && text.contains("`days`"), "{text}");
    }
}

#[test]
fn two_selected_packs_never_share_a_control() {
    let case = Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(2, 0));
    case.write("packs/other/pack.yaml", "id: other\ntitle: T\nversion: 1.0.0\nedition: '1'\nstandard: T\n");
    case.control("packs/other/one.yaml", "one", &[ENABLED], "{ otherwise: major }");
    let both = Taking { pack: vec!["trial".to_owned(), "other".to_owned()], ..case.taking() };
    let text = settle(&both, &[]).err().unwrap().render();
    assert!(text.contains("duplicate-control") && text.contains("other/one.yaml") && text.contains("trial/one.yaml"), "{text}");
    assert!(settle(&case.taking(), &[]).is_ok(), "one of them alone is fine");
}

#[test]
fn a_total_of_one_system_is_refused_where_records_name_their_system_themselves() {
    let accounts = "account_id,user_name,enabled,kind,system\nA,u,true,IT,entra\nB,u,true,IT,other\n";
    let total = "control_totals:\n  - { dataset: accounts, system: entra, count: 1 }\n";
    let text = Case::new(&[ENABLED]).evidence("accounts.csv", accounts).engagement(total).refused();
    assert!(text.contains("mixed-systems") && text.contains("accounts.csv"), "{text}");
    let scope = "scope: { systems: [ { name: entra, path: accounts.csv, datasets: [accounts] } ] }\n";
    let report = Case::new(&[ENABLED]).evidence("accounts.csv", accounts).engagement(&format!("{total}{scope}")).report();
    assert!(told(&report, "the control total is 1, 2 are here"));
}

#[test]
fn maps_are_report_paths_wherever_the_evidence_lies() {
    let options = || {
        let case = Case::new(&[ENABLED]).evidence("b.csv", &accounts(2, 0)).evidence("a.csv", &accounts(2, 0));
        let absolute = |name: &str| case.folder.path().join("work/evidence").join(name).display().to_string();
        let map = vec![(absolute("b.csv"), "generic-accounts".to_owned()), (absolute("a.csv"), "generic-accounts".to_owned())];
        let settings = settle(&Taking { map, ..case.taking() }, &[]).unwrap();
        settings.inputs.options.get("map").cloned().unwrap()
    };
    assert_eq!(options(), serde_json::json!(["evidence/a.csv=generic-accounts", "evidence/b.csv=generic-accounts"]));
}

#[test]
fn identities_stand_beside_the_engagement_file_wherever_that_is() {
    let case = Case::new(&[ENABLED]).evidence("accounts.csv", &accounts(2, 0));
    case.write("desk/engagement.yaml", "id: e\nas_of: 2026-11-01\npacks: [trial]\n");
    case.write("desk/identities.csv", "person_id,alias\n1,a@x.example\n");
    let desk = case.folder.path().join("desk/engagement.yaml");
    let taking = |engagement: PathBuf| Taking { engagement: Some(engagement), ..case.taking() };
    let settings = settle(&taking(desk), &[]).unwrap();
    assert_eq!((settings.aliases.len(), settings.aliases[0].alias.as_str()), (1, "a@x.example"));
    assert!(settings.inputs.identities.is_some());
    // What lies among the evidence comes from the audited party.
    case.write("work/evidence/engagement.yaml", "id: e\nas_of: 2026-11-01\npacks: [trial]\n");
    case.write("work/evidence/identities.csv", "person_id,alias\n1,evil@x.example\n");
    let settings = settle(&taking(case.folder.path().join("work/evidence/engagement.yaml")), &[]).unwrap();
    assert!(settings.aliases.is_empty());
}

#[test]
fn the_report_shows_the_engagement_in_the_files_order_with_nulls() {
    let report = Case::new(&[ENABLED])
        .evidence("accounts.csv", "account_id,user_name,enabled,kind,site\nA,u,true,IT,North\n")
        .engagement("scope: { sites: [North] }\ntolerances:\n  - { dataset: accounts, reason: record-rejected, share: 0.5, why: w }\n")
        .report();
    let text = String::from_utf8(crate::report::json::write(&report)).unwrap();
    let engagement = text.split("\"engagement\": {\n    \"id\"").nth(1).map(|rest| rest.split("\"packs\": [\n    {").next().unwrap()).unwrap();
    let mut from = 0;
    for key in [
        "organisation",
        "client",
        "objective",
        "team",
        "as_of",
        "period",
        "packs",
        "criteria",
        "scope",
        "units",
        "sites",
        "systems",
        "work_roles",
        "exclusions",
        "control_totals",
        "exported_at",
        "terms",
        "parameters",
        "tolerances",
        "dataset",
        "reason",
        "share",
        "why",
        "not_applicable",
        "unused",
    ] {
        let at = engagement[from..].find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} is not in its place: {engagement}"));
        from += at;
    }
    let value = json(&report);
    for absent in ["organisation", "team", "criteria", "control_totals", "terms", "parameters", "unused"] {
        assert_eq!(value["engagement"][absent], Value::Null, "{absent}");
    }
    assert_eq!(value["engagement"]["scope"]["units"], Value::Null);
}

#[test]
fn a_finding_id_can_be_computed_from_the_report_alone() {
    let both = "{ id: both, title: B, severity: low, unit: account, identity: [user_name, account_id], each_record: { dataset: accounts, expect: { field: enabled, is: true } } }";
    let report = Case::new(&[both]).evidence("accounts.csv", "account_id,user_name,enabled,kind\nA,u,false,IT\n").engagement("").report();
    let text = String::from_utf8(crate::report::json::write(&report)).unwrap();
    let read = crate::report::json::read(text.as_bytes()).unwrap();
    let finding = &read.findings[0];
    let values: Vec<String> = finding.subject.iter().map(|(_, value)| value.to_owned()).collect();
    assert_eq!(values, ["u", "A"]);
    let prefix = crate::finding::IdPrefix::new("e", &finding.control, &finding.check);
    assert_eq!(crate::finding::FindingId::of(&prefix, &values).to_string(), finding.id);
}

#[test]
fn exports_say_when_they_were_made_where_their_source_knows_how() {
    let fresh = "{ id: fresh, title: F, severity: low, unit: account, identity: [ext.id], max_age_days: 31, each_record: { dataset: ext_things, expect: { field: ext.id, present: true } } }";
    let case = |exported: &str, list: &str, format: &str, name: &str, text: &str| {
        let case = Case::new(&[fresh]);
        case.write(
            "sources/things.yaml",
            &format!("id: things\ntitle: T\nformat: {format}\nrecognise: {{ file_name: '^things' }}\n{list}exported_at: {exported}\ntables:\n  - dataset: ext_things\n    fields: {{ ext.id: {{ from: id }} }}\n"),
        );
        let case = case.evidence(name, text);
        let mut taking = case.taking();
        taking.known.sources_dir = vec![case.folder.path().join("sources")];
        let report = report(&settle(&taking, &[]).unwrap());
        (report.evidence[0].exported_at.clone(), verdict(&report, "fresh").1)
    };
    let document = |time: &str| format!("{{\"made\": \"{time}\", \"rows\": [{{\"id\": \"1\"}}]}}");
    let rows = "list: rows\n";
    for (exported, list, format, name, text, value, why) in [
        ("{ member: made }", rows, "json", "things.json", document("2026-10-31T10:00:00+02:00"), Some("2026-10-31T08:00:00Z"), None),
        ("{ member: made }", rows, "json", "things.json", document("2026-08-01"), Some("2026-08-01"), Some("stale: ext_things (2026-08-01)")),
        ("{ member: made }", rows, "json", "things.json", document("yesterday"), None, Some("freshness-unknown: ext_things")),
        ("{ member: other }", rows, "json", "things.json", document("2026-10-31"), None, Some("freshness-unknown: ext_things")),
        ("{ column: refreshed, dates: ['%d.%m.%Y'] }", "", "csv", "things.csv", "id,refreshed\n1,31.10.2026\n".to_owned(), Some("2026-10-31"), None),
        (
            "{ column: meta.at }",
            "",
            "ndjson",
            "things.ndjson",
            "{\"id\":\"1\",\"meta\":{\"at\":\"2026-10-31\"}}\n{\"id\":\"2\"}\n".to_owned(),
            Some("2026-10-31"),
            None,
        ),
        ("{ file_name: '(\\d{4}-\\d{2}-\\d{2})' }", "", "csv", "things-2026-10-31.csv", "id\n1\n".to_owned(), Some("2026-10-31"), None),
        ("{ file_name: '(\\d{4}-\\d{2}-\\d{2})' }", "", "csv", "things.csv", "id\n1\n".to_owned(), None, Some("freshness-unknown: ext_things")),
    ] {
        let (told, reason) = case(exported, list, format, name, &text);
        assert_eq!((told.value.as_deref(), reason.as_deref()), (value, why), "{exported} {name} {text}");
        let basis = if value.is_some() { crate::report::ExportedBasis::Content } else { crate::report::ExportedBasis::Unknown };
        assert_eq!(told.basis, basis);
    }
}
