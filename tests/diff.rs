//! Two reports compared: pairs of real scans of small evidence.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::program;
use serde_json::Value;

const PACK: &str = "\
id: house
title: House rules
version: 1.0.0
edition: '2026'
standard: House rules
parameters:
  - { name: review_days, value: 365, about: Days within which an asset is reviewed. }
";
const REVIEWED: &str = "\
id: reviewed
ref: '1'
title: Every asset is reviewed
criterion: { standard: House rules, edition: '2026', clause: '1', force: own-rule }
determination: Every asset was reviewed within a year.
evidence: List of assets.
checks:
  - id: in-time
    title: Reviewed in time
    severity: low
    unit: asset
    identity: [asset_id]
    each_record: { dataset: assets, expect: { field: reviewed_at, within_days: $review_days } }
grade: { minor_when: { exceptions_at_most: 1 }, otherwise: major }
";
const NAMED: &str = "\
id: named
ref: '2'
title: Every asset has a kind
criterion: { standard: House rules, edition: '2026', clause: '2', force: guidance }
determination: Every asset has a kind.
evidence: List of assets.
checks:
  - id: kind
    title: It has a kind
    severity: low
    unit: asset
    identity: [asset_id]
    each_record: { dataset: assets, expect: { field: kind, present: true } }
grade: { otherwise: minor }
";
const PEOPLE: &str = "person_id,email,user_name,display_name,active\n1,ana@corp.example,ana,Ana,true\n2,ben@corp.example,ben,Ben,true\n";
const WAIVER: &str = "\
- control: reviewed
  subjects: [A1]
  reason: It is being replaced.
  compensating_measure: Watched daily.
  requester: '1'
  approver: ben
  approved: 2026-10-01
  expires: 2027-01-01
  ticket: T-1
";
const GOOD: &str = "2026-10-01";
const BAD: &str = "2020-01-01";

/// One scan: everything that a case may change.
#[derive(Clone)]
struct World {
    engagement: &'static str,
    as_of: &'static str,
    /// Asset and when it was reviewed; none: no export at all.
    assets: Vec<(String, &'static str)>,
    total: Option<u32>,
    list_max: &'static str,
    waivers: Option<&'static str>,
    more: &'static str,
    controls: &'static [(&'static str, &'static str)],
}

fn world(assets: &[(&str, &'static str)]) -> World {
    World {
        engagement: "corp",
        as_of: "2026-11-01",
        assets: assets.iter().map(|(id, reviewed)| ((*id).to_owned(), *reviewed)).collect(),
        total: None,
        list_max: "10000",
        waivers: None,
        more: "",
        controls: &[("reviewed", REVIEWED), ("named", NAMED)],
    }
}

impl World {
    /// Scans, and gives the package.
    fn scan(&self, root: &Path, name: &str) -> PathBuf {
        let folder = root.join(name);
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("packs/house/pack.yaml", PACK);
        for (id, text) in self.controls {
            write(&format!("packs/house/{id}.yaml"), text);
        }
        let total = self.total.map(|total| format!("control_totals: [{{ dataset: assets, count: {total} }}]\n")).unwrap_or_default();
        write("audit/engagement.yaml", &format!("id: {}\nas_of: {}\npacks: [house]\n{total}{}", self.engagement, self.as_of, self.more));
        write("audit/evidence/people.csv", PEOPLE);
        if !self.assets.is_empty() {
            let rows: String = self.assets.iter().map(|(id, reviewed)| format!("{id},x,laptop,{reviewed}\n")).collect();
            write("audit/evidence/assets.csv", &format!("asset_id,name,kind,reviewed_at\n{rows}"));
        }
        if let Some(waivers) = self.waivers {
            write("audit/waivers.yaml", waivers);
        }
        let package = folder.join("package");
        let [audit, packs, out] = [folder.join("audit"), folder.join("packs"), package.clone()].map(|path| path.display().to_string());
        let done = program().args(["scan", &audit, "--packs-dir", &packs, "--out", &out, "-q", "--list-max", self.list_max]).output().unwrap();
        assert!([0, 1, 3].contains(&done.status.code().unwrap()), "{}", String::from_utf8_lossy(&done.stderr));
        package
    }
}

/// Compares two packages: exit code with `--fail-on-new`, the JSON, and the words.
fn compare(old: &Path, new: &Path) -> (i32, Value, String) {
    let [old, new] = [old, new].map(|path| path.to_str().unwrap());
    let human = program().args(["diff", old, new]).output().unwrap();
    assert_eq!(human.status.code(), Some(0), "{}", String::from_utf8_lossy(&human.stderr));
    let json = program().args(["diff", old, new, "--format", "json", "--fail-on-new"]).output().unwrap();
    (json.status.code().unwrap(), serde_json::from_slice(&json.stdout).unwrap(), String::from_utf8(human.stdout).unwrap())
}

/// What became of each asset under the check `in-time`: class, and the reason.
fn classes(diff: &Value) -> BTreeMap<String, String> {
    let of = |finding: &Value| {
        let reason = finding["reason"].as_str().map(|reason| format!(" ({})", reason.split_once(": ").map_or(reason, |(code, _)| code)));
        let waiver = match finding["waiver_change"].as_str().unwrap() {
            "unwaived" => String::new(),
            other => format!(" [{other}]"),
        };
        let asset = finding["subject"]["asset_id"].as_str().unwrap().to_owned();
        (asset, format!("{}{waiver}{}", finding["class"].as_str().unwrap(), reason.unwrap_or_default()))
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (asset, class) in diff["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == "in-time").map(of) {
        all.entry(asset).and_modify(|known| known.push_str(&format!(", {class}"))).or_insert(class);
    }
    all
}

struct Case {
    title: &'static str,
    old: World,
    new: World,
    classes: &'static [(&'static str, &'static str)],
    /// What became of the control.
    control: Option<&'static str>,
    fails_on_new: i32,
    words: &'static [&'static str],
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_became_of_each_finding() {
    let base = || world(&[("A1", BAD), ("A2", BAD), ("A3", GOOD)]);
    let cases = [
        Case {
            title: "new, still open, resolved",
            old: base(),
            new: world(&[("A1", BAD), ("A2", GOOD), ("A3", BAD)]),
            classes: &[("A1", "still_open"), ("A2", "resolved"), ("A3", "new")],
            control: None,
            fails_on_new: 1,
            words: &[
                "New (1)",
                "Resolved (1)",
                "nobody looked whether the subjects of these are still in the evidence",
                "1 new, 1 still open, 1 resolved",
            ],
        },
        Case {
            title: "nothing changed",
            old: base(),
            new: base(),
            classes: &[("A1", "still_open"), ("A2", "still_open")],
            control: None,
            fails_on_new: 0,
            words: &["both reports are as of 2026-11-01"],
        },
        Case {
            title: "the grade falls",
            old: base(),
            new: world(&[("A1", BAD), ("A2", GOOD), ("A3", GOOD)]),
            classes: &[("A1", "still_open"), ("A2", "resolved")],
            control: Some("better"),
            fails_on_new: 0,
            words: &["Got better (1)", "other than satisfied, major -> other than satisfied, minor", "in-time: fail; exceptions 2 of 3 -> 1 of 3"],
        },
        Case {
            title: "from satisfied to failed",
            old: world(&[("A1", GOOD)]),
            new: world(&[("A1", BAD)]),
            classes: &[("A1", "new")],
            control: Some("worse"),
            fails_on_new: 1,
            words: &["Got worse (1)", "satisfied -> other than satisfied, minor", "in-time: pass -> fail; exceptions 0 of 1 -> 1 of 1"],
        },
        Case {
            title: "all mended",
            old: base(),
            new: world(&[("A1", GOOD), ("A2", GOOD), ("A3", GOOD)]),
            classes: &[("A1", "resolved"), ("A2", "resolved")],
            control: Some("better"),
            fails_on_new: 0,
            words: &["other than satisfied, major -> satisfied"],
        },
        Case {
            title: "no export any more",
            old: base(),
            new: world(&[]),
            classes: &[("A1", "not_reobserved (not-decided-in-new)"), ("A2", "not_reobserved (not-decided-in-new)")],
            control: Some("no_longer_decided"),
            fails_on_new: 0,
            words: &["No longer decided (2)", "NEW did not decide its check: missing-dataset: assets", "note: NEW is incomplete"],
        },
        Case {
            title: "no export before",
            old: world(&[]),
            new: base(),
            classes: &[("A1", "new (not-decided-in-old)"), ("A2", "new (not-decided-in-old)")],
            control: Some("worse"),
            fails_on_new: 1,
            words: &["note: OLD is incomplete"],
        },
        Case {
            title: "a control total that is not met",
            old: base(),
            new: World { total: Some(4), ..world(&[("A1", BAD), ("A2", GOOD), ("A3", GOOD)]) },
            classes: &[("A1", "still_open"), ("A2", "not_reobserved (not-everything-seen)")],
            control: Some("better"),
            fails_on_new: 0,
            words: &["engagement.yaml is not the same in both"],
        },
        Case {
            title: "a total that is not met, and nothing found",
            old: base(),
            new: World { total: Some(4), ..world(&[("A1", GOOD), ("A2", GOOD), ("A3", GOOD)]) },
            classes: &[("A1", "not_reobserved (not-decided-in-new)"), ("A2", "not_reobserved (not-decided-in-new)")],
            control: Some("no_longer_decided"),
            fails_on_new: 0,
            words: &["incomplete-population: assets"],
        },
        Case {
            title: "an item that cannot be decided",
            old: base(),
            new: world(&[("A1", "one day"), ("A2", GOOD), ("A3", BAD)]),
            classes: &[("A1", "not_reobserved (not-everything-seen)"), ("A2", "not_reobserved (not-everything-seen)"), ("A3", "new")],
            control: Some("better"),
            fails_on_new: 1,
            words: &[],
        },
        Case {
            title: "the demand changed",
            old: base(),
            new: World { more: "parameters: { review_days: 3650 }\n", ..base() },
            classes: &[("A1", "not_reobserved (check-changed)"), ("A2", "not_reobserved (check-changed)")],
            control: Some("better"),
            fails_on_new: 0,
            words: &["its check is decided otherwise in NEW than in OLD"],
        },
        Case {
            title: "another engagement",
            old: base(),
            new: World { engagement: "corp-2", ..base() },
            classes: &[("A1", "new, not_reobserved (other-engagement)"), ("A2", "new, not_reobserved (other-engagement)")],
            control: None,
            fails_on_new: 1,
            words: &["OLD is of the engagement `corp`, NEW of the engagement `corp-2`", "Not re-observed", "the reports are of two engagements"],
        },
        Case {
            title: "a waiver begins",
            old: base(),
            new: World { waivers: Some(WAIVER), ..base() },
            classes: &[("A1", "still_open [now_waived]"), ("A2", "still_open")],
            control: None,
            fails_on_new: 0,
            words: &["[waived now]", "waivers.yaml is not the same in both", "1 of them under waivers"],
        },
        Case {
            title: "a waiver ends",
            old: World { waivers: Some(WAIVER), ..base() },
            new: World { waivers: Some(WAIVER), as_of: "2027-01-02", ..world(&[("A1", BAD), ("A2", BAD), ("A3", GOOD)]) },
            classes: &[("A1", "still_open [ended]"), ("A2", "still_open")],
            control: None,
            fails_on_new: 0,
            words: &["Count again, their waivers ended (1)"],
        },
        Case {
            title: "new, and waived before it came",
            old: World { waivers: Some(WAIVER), ..world(&[("A1", GOOD)]) },
            new: World { waivers: Some(WAIVER), ..world(&[("A1", BAD)]) },
            classes: &[("A1", "new [waived]")],
            control: Some("worse"),
            fails_on_new: 0,
            words: &["New (1)"],
        },
        Case {
            title: "a control left out",
            old: base(),
            new: World { controls: &[("named", NAMED)], ..base() },
            classes: &[("A1", "not_reobserved (check-not-in-new)"), ("A2", "not_reobserved (check-not-in-new)")],
            control: Some("only_in_old"),
            fails_on_new: 0,
            words: &["Only in OLD (1)", "the pack `house` is not the same in both"],
        },
        Case {
            title: "a control added",
            old: World { controls: &[("named", NAMED)], ..base() },
            new: base(),
            classes: &[("A1", "new (check-not-in-old)"), ("A2", "new (check-not-in-old)")],
            control: Some("only_in_new"),
            fails_on_new: 1,
            words: &["Only in NEW (1)"],
        },
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, case) in cases.iter().enumerate() {
        let old = case.old.scan(folder.path(), &format!("{number}-old"));
        let new = case.new.scan(folder.path(), &format!("{number}-new"));
        let (code, diff, words) = compare(&old, &new);
        let title = case.title;
        let wanted: BTreeMap<String, String> = case.classes.iter().map(|(asset, class)| ((*asset).to_owned(), (*class).to_owned())).collect();
        assert_eq!(classes(&diff), wanted, "{title}: {words}");
        let control = diff["controls"].as_array().unwrap().iter().find(|control| control["id"] == "reviewed");
        let change = control.and_then(|control| control["change"].as_str()).filter(|change| *change != "same");
        assert_eq!(change, case.control, "{title}: {words}");
        assert_eq!(code, case.fails_on_new, "{title}: {words}");
        for part in case.words {
            assert!(words.contains(part), "{title}: {part}: {words}");
        }
        // A report.json is as good as its package.
        let (_, same, _) = compare(&old.join("report.json"), &new.join("report.json"));
        assert_eq!(same, diff, "{title}");
    }
}

/// Thirty findings, of which ten are listed; the ten listed are mended.
#[test]
fn a_cut_list_makes_nothing_new_and_resolves_nothing_that_lives() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..30).map(|number| format!("B{number:02}")).collect();
    let bad = || World { assets: ids.iter().map(|id| (id.clone(), BAD)).collect(), list_max: "10", ..world(&[]) };
    let old = bad().scan(folder.path(), "old");
    let report: Value = serde_json::from_slice(&std::fs::read(old.join("report.json")).unwrap()).unwrap();
    let listed: Vec<String> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["subject"]["asset_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed.len(), 10);
    let mended = |list_max| World {
        assets: ids.iter().map(|id| (id.clone(), if listed.contains(id) { GOOD } else { BAD })).collect(),
        list_max,
        ..world(&[])
    };
    let count = |diff: &Value, class: &str| diff["summary"][class].as_u64().unwrap();
    // Both cut: the ten are resolved, for NEW's list reaches beyond them; what NEW lists OLD could not show.
    let (code, diff, words) = compare(&old, &mended("10").scan(folder.path(), "mended-cut"));
    assert_eq!((code, count(&diff, "resolved"), count(&diff, "first_listed"), count(&diff, "new")), (0, 10, 10, 0), "{words}");
    // Only OLD is cut.
    let whole = mended("10000").scan(folder.path(), "mended");
    let (code, diff, words) = compare(&old, &whole);
    assert_eq!((code, count(&diff, "resolved"), count(&diff, "first_listed"), count(&diff, "new")), (0, 10, 20, 0), "{words}");
    // Only NEW is cut: what lies behind its end is not known.
    let all = World { list_max: "10000", ..bad() }.scan(folder.path(), "all");
    let (_, diff, words) = compare(&all, &bad().scan(folder.path(), "cut"));
    assert_eq!((count(&diff, "still_open"), count(&diff, "not_reobserved"), count(&diff, "resolved")), (10, 20, 0), "{words}");
    // Nothing was mended and both are cut.
    let (_, diff, words) = compare(&old, &bad().scan(folder.path(), "again"));
    assert_eq!((count(&diff, "still_open"), count(&diff, "resolved"), count(&diff, "first_listed")), (10, 0, 0), "{words}");
    assert!(words.contains("NEW lists not all findings of 1 check"), "{words}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let early = World { as_of: "2026-10-31", ..world(&[("A1", BAD)]) }.scan(folder.path(), "early");
    let late = world(&[("A1", BAD)]).scan(folder.path(), "late");
    std::fs::write(folder.path().join("no.json"), "{}").unwrap();
    let [early, late, none, no] = [early, late, folder.path().join("none"), folder.path().join("no.json")].map(|path| path.display().to_string());
    for (old, new, code) in [
        (&late, &early, "report-order"),
        (&early, &none, "unreadable"),
        (&no, &late, "report"),
        (&folder.path().display().to_string(), &late, "unreadable"),
    ] {
        let done = program().args(["diff", old, new]).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("error[{code}]")) && done.stdout.is_empty(), "{code}: {said}");
    }
    let (code, diff, _) = compare(Path::new(&early), Path::new(&late));
    assert_eq!((code, diff["summary"]["still_open"].as_u64()), (0, Some(1)));
}
