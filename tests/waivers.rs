//! Waivers: every mistake in the file, every effect, the edges of their dates.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{copy, organisation, program, scan};

/// A waiver of all four findings of a control of Meridian, by its field name and its lines.
const SOUND: &str = "\
- id: W-7
  control: 5.2-a-asset-owner
  subjects: [MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]
  reason: The assets are handed over with the move.
  compensating_measure: The head of operations checks them weekly.
  requester: '1001'
  approver: bruno.haddad001@meridian.example
  approved: 2026-06-01
  expires: 2027-05-31
  ticket: SEC-4711
";
const APPROVER: &str = "bruno.haddad001@meridian.example";
const FINDING: &str = "F-hit7tjxdamn4tuff";

/// Meridian with a waiver file.
fn folder(waivers: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), folder.path());
    std::fs::write(folder.path().join("waivers.yaml"), waivers).unwrap();
    folder
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// The program's words about a file that it refuses: exit 2, nothing written.
fn refused(folder: &Path, options: &[&str]) -> String {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("never-written");
    let done = program().args(["scan", folder.to_str().unwrap(), "--out", out.to_str().unwrap()]).args(options).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(!out.exists() && done.stdout.is_empty(), "{said}");
    said
}

/// Each mistake alone: its code, and its line and column.
#[test]
fn every_mistake_is_told_with_its_place_before_any_scan() {
    for (from, to, code, place) in [
        ("- id: W-7\n  control", "- control: x\n  contorl", "unknown-key", "2:3"),
        ("  ticket: SEC-4711\n", "", "missing-key", "1:3"),
        ("  ticket: SEC-4711\n", "  ticket: [SEC]\n", "wrong-type", "10:11"),
        ("  ticket: SEC-4711\n", "  ticket: a\n  ticket: b\n", "yaml-duplicate-key", "11:3"),
        ("[MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]", "MER-0017", "wrong-type", "3:13"),
        ("  subjects: [MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]\n", "", "waiver-subjects", "2:12"),
        ("[MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]", "[]", "waiver-subjects", "2:12"),
        ("MER-0023", "MER-*", "waiver-subject", "3:24"),
        ("MER-0023", "'*'", "waiver-subject", "3:24"),
        ("{ asset_id: MER-0040 }", "{ asset: MER-0040 }", "waiver-subject", "3:34"),
        ("{ asset_id: MER-0040 }", "{ asset_id: MER-0040, kind: x }", "waiver-subject", "3:34"),
        ("{ asset_id: MER-0040 }", "{}", "waiver-subject", "3:34"),
        ("5.2-a-asset-owner", "5.2-a-asset-owners", "unknown-control", "2:12"),
        ("5.2-a-asset-owner", "'*'", "unknown-control", "2:12"),
        ("control: 5.2-a-asset-owner", "finding: F-123", "finding-id", "2:12"),
        ("control: 5.2-a-asset-owner\n", "control: 5.2-a-asset-owner\n  finding: F-hit7tjxdamn4tuff\n", "waiver-target", "3:12"),
        ("  control: 5.2-a-asset-owner\n", "", "waiver-target", "1:3"),
        ("The assets are handed over with the move.", "' '", "empty-text", "4:11"),
        ("The head of operations checks them weekly.", "''", "empty-text", "5:25"),
        ("2026-06-01", "2026-06-31", "wrong-date", "8:13"),
        ("2026-06-01", "01.06.2026", "wrong-date", "8:13"),
        ("2027-05-31", "2027-05-31T12:00:00Z", "wrong-date", "9:12"),
        ("2027-05-31", "2026-05-31", "wrong-period", "9:12"),
        ("2027-05-31", "2027-06-02", "waiver-span", "9:12"),
        ("bruno.haddad001@meridian.example", "'1001'", "waiver-approver", "7:13"),
        ("bruno.haddad001@meridian.example", "' 1001 '", "waiver-approver", "7:13"),
    ] {
        assert!(SOUND.contains(from), "{from}");
        let folder = folder(&SOUND.replacen(from, to, 1));
        let said = refused(folder.path(), &[]);
        assert!(said.contains(&format!("error[{code}]")), "{to}: {said}");
        assert!(said.contains(&format!("waivers.yaml:{place}\n")), "{to}: {said}");
        assert!(said.contains("  = help: "), "{to}: {said}");
    }
    for (text, code) in [("", "yaml-empty"), ("a: [", "yaml-syntax"), ("waivers: []", "wrong-type"), (&format!("{SOUND}{SOUND}"), "duplicate-id")] {
        let said = refused(folder(text).path(), &[]);
        assert!(said.contains(&format!("error[{code}]")), "{text}: {said}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let second = SOUND.replacen("W-7", "W-8", 1).replacen("2027-05-31", "2029-01-01", 1).replacen("SEC-4711", "''", 1);
    let folder = folder(&format!("{}{second}", SOUND.replacen("5.2-a-asset-owner", "5.2-nothing", 1).replacen("2026-06-01", "soon", 1)));
    let said = refused(folder.path(), &[]);
    for (code, place) in [("unknown-control", "2:12"), ("wrong-date", "8:13"), ("empty-text", "20:11")] {
        assert!(said.contains(&format!("error[{code}]")) && said.contains(&format!("waivers.yaml:{place}\n")), "{code}: {said}");
    }
    assert_eq!(said.matches("error[").count(), 3, "the span of a waiver with mistakes is not looked at: {said}");
}

#[test]
fn an_alias_of_the_requester_cannot_approve_and_the_policy_s_span_holds() {
    let aliased = folder(&SOUND.replacen("bruno.haddad001@meridian.example", "The Boss", 1));
    std::fs::write(aliased.path().join("identities.csv"), "person_id,alias\n1001,the boss\n").unwrap();
    assert!(refused(aliased.path(), &[]).contains("error[waiver-approver]"));

    let short = folder(SOUND);
    replace(&short.path().join("engagement.yaml"), "\nunused:", "\nwaiver_policy: { max_days: 90 }\nunused:");
    let said = refused(short.path(), &[]);
    assert!(said.contains("error[waiver-span]") && said.contains("2026-08-30"), "{said}");
    replace(&short.path().join("engagement.yaml"), "max_days: 90", "max_days: 0");
    assert!(refused(short.path(), &[]).contains("error[wrong-number]"));
}

/// What a waiver does: the findings it covers, the minor controls that count and that are waived, and what is told.
struct Effect {
    title: &'static str,
    change: &'static [(&'static str, &'static str)],
    engagement: Option<(&'static str, &'static str)>,
    waived: usize,
    /// Of two minor controls.
    minor: (u64, u64),
    told: &'static [&'static str],
    not_told: &'static [&'static str],
}

const PLAIN: Effect =
    Effect { title: "", change: &[], engagement: None, waived: 4, minor: (1, 1), told: &[], not_told: &["not in force", "is unused", "expires on"] };
const REFUSED: Effect = Effect { waived: 0, minor: (2, 0), not_told: &[], ..PLAIN };

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_waiver_changes_what_counts_and_nothing_else() {
    let without = scan(&organisation("meridian"), &[]).report;
    assert!(without["inputs"]["waivers"].is_null());
    for effect in [
        Effect { title: "in force", told: &["that the approvers of waivers are risk owners was not checked"], ..PLAIN },
        Effect {
            title: "its last day",
            change: &[("2027-05-31", "2026-11-01")],
            told: &["expires on 2026-11-01, today"],
            not_told: &["not in force"],
            ..PLAIN
        },
        Effect {
            title: "the day after",
            change: &[("2027-05-31", "2026-10-31")],
            told: &["not in force: it expired on 2026-10-31; the 4 findings that it names count"],
            ..REFUSED
        },
        Effect { title: "its first day", change: &[("2026-06-01", "2026-11-01")], ..PLAIN },
        Effect {
            title: "the day before",
            change: &[("2026-06-01", "2026-11-02")],
            told: &["not in force: it was approved on 2026-11-02, after the as-of date"],
            ..REFUSED
        },
        Effect {
            title: "30 days left",
            change: &[("2027-05-31", "2026-12-01")],
            told: &["expires on 2026-12-01, in 30 days"],
            not_told: &["not in force"],
            ..PLAIN
        },
        Effect { title: "31 days left", change: &[("2027-05-31", "2026-12-02")], ..PLAIN },
        Effect { title: "the longest span", change: &[("2027-05-31", "2027-06-01")], ..PLAIN },
        Effect {
            title: "one of four",
            change: &[("[MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]", "[MER-0017]")],
            waived: 1,
            minor: (2, 0),
            ..PLAIN
        },
        Effect { title: "three of four", change: &[(", MER-0044", "")], waived: 3, minor: (2, 0), ..PLAIN },
        Effect {
            title: "a subject too many",
            change: &[("MER-0044", "MER-0044, MER-9999")],
            told: &["is unused for 1 subject: MER-9999"],
            not_told: &["not in force"],
            ..PLAIN
        },
        Effect {
            title: "nothing to waive",
            change: &[("[MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]", "[mer-0017]")],
            told: &["W-7 of 5.2-a-asset-owner is unused"],
            ..REFUSED
        },
        Effect {
            title: "one person: number and address",
            change: &[(APPROVER, "amina.adler000@meridian.example")],
            told: &["are one person; the 4 findings"],
            ..REFUSED
        },
        Effect { title: "one person: number and user name", change: &[(APPROVER, "AMINA.adler000")], told: &["are one person"], ..REFUSED },
        Effect { title: "another by user name", change: &[(APPROVER, "bruno.haddad001")], ..PLAIN },
        Effect {
            title: "nobody knows the approver",
            change: &[(APPROVER, "Somebody Else")],
            told: &["is not known, for neither the roster nor identities.csv tells who `Somebody Else` is"],
            ..REFUSED
        },
        Effect { title: "nobody knows the requester", change: &[("'1001'", "'9001'")], told: &["tells who `9001` is"], ..REFUSED },
        Effect {
            title: "the roster is incomplete",
            engagement: Some(("system: hr, count: 205", "system: hr, count: 206")),
            told: &["is not known, for the roster is incomplete"],
            ..REFUSED
        },
        Effect {
            title: "no risk owner",
            engagement: Some(("\nunused:", "\nwaiver_policy: { risk_owners: ['1003'] }\nunused:")),
            told: &["is none of the risk owners"],
            ..REFUSED
        },
        Effect {
            title: "a risk owner by another name",
            engagement: Some(("\nunused:", "\nwaiver_policy: { risk_owners: ['1003', '1002'] }\nunused:")),
            not_told: &["risk owners", "not in force"],
            ..PLAIN
        },
        Effect {
            title: "a finding by its id",
            change: &[(
                "control: 5.2-a-asset-owner\n  subjects: [MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]",
                "finding: F-hit7tjxdamn4tuff",
            )],
            waived: 1,
            minor: (2, 0),
            ..PLAIN
        },
        Effect {
            title: "a finding of another subject",
            change: &[(
                "control: 5.2-a-asset-owner\n  subjects: [MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]",
                "finding: F-hit7tjxdamn4tuff\n  subjects: [SITE-5]",
            )],
            told: &["is unused"],
            ..REFUSED
        },
    ] {
        let Effect { title, change, engagement, waived, minor, told, not_told } = effect;
        let mut text = SOUND.to_owned();
        for (from, to) in change {
            assert!(text.contains(from), "{title}: {from}");
            text = text.replacen(from, to, 1);
        }
        let folder = folder(&text);
        if let Some((from, to)) = engagement {
            replace(&folder.path().join("engagement.yaml"), from, to);
        }
        let scanned = scan(folder.path(), &[]);
        let report = &scanned.report;
        let summary = &report["summary"];
        let found = report["findings"].as_array().unwrap();
        assert_eq!(found.iter().filter(|finding| !finding["waiver"].is_null()).count(), waived, "{title}: {summary}");
        assert_eq!(summary["findings"]["waived"], waived, "{title}");
        assert_eq!(
            (summary["by_grade"]["minor"].as_u64().unwrap(), summary["waived_by_grade"]["minor"].as_u64().unwrap()),
            minor,
            "{title}: {summary}"
        );
        let limitations = summary["limitations"].to_string();
        for words in told {
            assert!(limitations.contains(words), "{title}: {limitations}");
        }
        for words in not_told {
            assert!(!limitations.contains(words), "{title}: {limitations}");
        }
        let digest = report["inputs"]["waivers"]["sha256"].as_str().unwrap();
        assert_eq!(digest, rolecall::digest::sha256_hex(text.as_bytes()), "{title}");
        if engagement.is_none() {
            // Never a pass: outcomes, determinations and exceptions are as without a waiver.
            for part in ["controls", "coverage"] {
                assert_eq!(report[part], without[part], "{title}");
            }
            assert_eq!(summary["conclusion"], "found", "{title}");
            assert_eq!(summary["findings"]["total"], without["summary"]["findings"]["total"], "{title}");
        }
    }
}

/// Meridian's controls that are graded major or minor, all findings waived.
fn gravest() -> String {
    let report = scan(&organisation("meridian"), &[]).report;
    let graded: BTreeSet<&str> = report["controls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|control| ["major", "minor"].iter().any(|grade| control["grade"]["proposed"] == **grade))
        .map(|control| control["id"].as_str().unwrap())
        .collect();
    assert_eq!(graded.len(), 3);
    let waiver = |id: &str| {
        SOUND.replacen("- id: W-7\n", "- ", 1).replacen(
            "  control: 5.2-a-asset-owner\n  subjects: [MER-0017, MER-0023, { asset_id: MER-0040 }, MER-0044]",
            &format!("finding: {id}"),
            1,
        )
    };
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| graded.contains(finding["control"].as_str().unwrap()));
    findings.map(|finding| waiver(finding["id"].as_str().unwrap())).collect()
}

#[test]
fn the_exit_code_looks_at_what_is_not_waived() {
    let waivers = gravest();
    let folder = folder(&waivers);
    for (options, code, conclusion) in [
        (&["--fail-on", "major"][..], 0, "found"),
        (&["--fail-on", "minor"], 0, "found"),
        (&["--fail-on", "ofi"], 1, "found"),
        (&["--fail-on", "never"], 0, "found"),
        // A list that is cut hides findings, and what is hidden is not waived.
        (&["--fail-on", "minor", "--list-max", "1"], 1, "found"),
    ] {
        let scanned = scan(folder.path(), options);
        assert_eq!((scanned.code, &scanned.report["summary"]["conclusion"]), (code, &serde_json::Value::from(conclusion)), "{options:?}");
    }
    // The ids do not depend on the order of the file.
    let ids = |report: &serde_json::Value| -> BTreeSet<String> {
        report["findings"].as_array().unwrap().iter().filter_map(|finding| Some(finding["waiver"]["id"].as_str()?.to_owned())).collect()
    };
    let forward = scan(folder.path(), &[]);
    let mut parts: Vec<&str> = waivers.split_inclusive("ticket: SEC-4711\n").collect();
    parts.reverse();
    std::fs::write(folder.path().join("waivers.yaml"), parts.concat()).unwrap();
    assert_eq!(ids(&forward.report), ids(&scan(folder.path(), &[]).report));
    assert_eq!(ids(&forward.report).len(), parts.len());
}

#[test]
fn of_two_waivers_of_one_finding_the_one_that_lasts_is_named() {
    let old = SOUND.replacen("2027-05-31", "2026-11-15", 1);
    let renewed = SOUND.replacen("W-7", "W-8", 1);
    for text in [format!("{old}{renewed}"), format!("{renewed}{old}")] {
        let report = scan(folder(&text).path(), &[]).report;
        let waived: Vec<_> = report["findings"].as_array().unwrap().iter().filter(|finding| !finding["waiver"].is_null()).collect();
        assert_eq!(waived.len(), 4);
        assert!(waived.iter().all(|finding| finding["waiver"]["id"] == "W-8"));
        assert!(!report["summary"]["limitations"].to_string().contains("unused"));
    }
}

#[test]
fn a_waiver_file_among_the_evidence_is_never_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&organisation("meridian"), folder.path());
    std::fs::write(folder.path().join("evidence/waivers.yaml"), SOUND).unwrap();
    replace(&folder.path().join("engagement.yaml"), "\nunused:", "\nunused:\n  - { path: waivers.yaml, reason: somebody put it there }");
    let scanned = scan(folder.path(), &[]);
    assert_eq!((scanned.code, &scanned.report["summary"]["findings"]["waived"]), (1, &serde_json::Value::from(0)));
    assert!(scanned.report["inputs"]["waivers"].is_null());
    // Nor where somebody names it.
    let named = folder.path().join("evidence/waivers.yaml");
    let said = refused(folder.path(), &["--waivers", named.to_str().unwrap()]);
    assert!(said.contains("comes from the audited party"), "{said}");
    // Nor in a folder without engagement.
    let plain = scan(&folder.path().join("evidence"), &["--as-of", "2026-11-01"]);
    assert!(plain.report["inputs"]["waivers"].is_null());
}

#[test]
fn a_named_file_stands_for_the_one_beside_the_engagement() {
    let folder = folder(SOUND);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("other.yaml");
    std::fs::write(&file, "[]\n").unwrap();
    let scanned = scan(folder.path(), &["--waivers", file.to_str().unwrap()]);
    assert_eq!(scanned.report["summary"]["findings"]["waived"], 0);
    assert_eq!(scanned.report["inputs"]["waivers"]["sha256"], rolecall::digest::sha256_hex(b"[]\n"));
    std::fs::write(&file, SOUND).unwrap();
    let plain =
        scan(&organisation("meridian").join("evidence"), &["--as-of", "2026-11-01", "--pack", "iso-27002", "--waivers", file.to_str().unwrap()]);
    assert_eq!(plain.report["summary"]["findings"]["waived"], 4, "also without an engagement: {}", plain.report["summary"]);
}

#[test]
fn people_see_what_is_waived_apart_and_nothing_in_it_can_act() {
    let nasty = SOUND.replacen("The assets are handed over with the move.", "'<script>alert(1)</script> {{this}}'", 1);
    let folder = folder(&nasty);
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package");
    let done = program().args(["scan", folder.path().to_str().unwrap(), "--out", package.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains("157 controls are not satisfied, 1 of them under waivers"), "{said}");
    assert!(said.contains("Waived     4 findings under waivers, counted apart, no pass; the first expires on 2027-05-31"), "{said}");
    let page = std::fs::read_to_string(package.join("report.html")).unwrap();
    for words in ["Under waiver: counted apart, not a pass", "SEC-4711", "approved by bruno.haddad001@meridian.example on 2026-06-01", "all of them"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; {{this}}") && !page.contains("<script>"));
    let without = scan(&organisation("meridian"), &[]);
    let page = {
        let package = out.path().join("without");
        program().args(["scan", organisation("meridian").to_str().unwrap(), "-q", "--out", package.to_str().unwrap()]).output().unwrap();
        std::fs::read_to_string(package.join("report.html")).unwrap()
    };
    assert!(!page.contains("Under waiver: ") && !page.contains("under waivers, counted"));
    assert_eq!(without.report["summary"]["findings"]["waived"], 0);
    assert!(without.report["findings"].as_array().unwrap().iter().any(|finding| finding["id"] == FINDING));
}
