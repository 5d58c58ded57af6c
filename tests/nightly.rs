//! Night after night: what the one line says, and what `--fail-on-new` makes of it.

mod common;

use std::path::Path;

use common::{copy, organisation, program};

struct Night {
    title: &'static str,
    /// A change to the evidence before it: file, from, to.
    change: Option<(&'static str, &'static str, &'static str)>,
    waivers: Option<&'static str>,
    options: &'static [&'static str],
    code: i32,
    line: &'static str,
}

const NIGHT: Night = Night { title: "", change: None, waivers: None, options: &["--fail-on-new"], code: 0, line: "" };
const WAIVER: &str = "\
- control: 5.2-sites
  subjects: [{ site_id: SITE-4 }]
  reason: a
  compensating_measure: b
  requester: '1001'
  approver: '1002'
  approved: 2026-06-01
  expires: 2027-05-31
  ticket: T-1
";

fn run(folder: &Path, night: usize, options: &[&str]) -> (i32, String) {
    let [audit, ledger, key, out] = ["audit", "ledger", "key.pem", &format!("reports/{night}")].map(|name| folder.join(name).display().to_string());
    let day = format!("2026-11-{:02}", night + 1);
    let arguments = ["scan", &audit, "--ledger", &ledger, "--key", &key, "--out", &out, "--as-of", &day, "--progress", "never"];
    let done = program().args(arguments).args(options).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn the_same_findings_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    copy(&organisation("meridian-clean"), &audit);
    let key = folder.path().join("key.pem").display().to_string();
    let made = program().args(["key", "new", &key, "--owner", "night", "--role", "scanner", "--unencrypted"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    let sites = std::fs::read_to_string(audit.join("evidence/sites.csv")).unwrap();
    let header: Vec<&str> = sites.lines().next().unwrap().split(',').collect();
    let column = header.iter().position(|name| *name == "client").expect("sites name their client");
    let row = sites.lines().find(|line| line.starts_with("SITE-4,")).unwrap();
    let mut cells: Vec<&str> = row.split(',').collect();
    cells[column] = "";
    let broken = cells.join(",");
    let (row, broken): (&'static str, &'static str) = (row.to_owned().leak(), broken.leak());
    for (night, Night { title, change, waivers, options, code, line }) in [
        Night { title: "clean", line: "0 new, 0 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "one defect", change: Some(("sites.csv", row, broken)), code: 1, line: "1 new, 0 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "the same", line: "0 new, 0 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "the same, by the usual measure", options: &[], code: 1, line: "0 new, 0 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "mended", change: Some(("sites.csv", broken, row)), line: "0 new, 0 reopened, 0 overdue, 1 resolved", ..NIGHT },
        Night { title: "back", change: Some(("sites.csv", row, broken)), code: 1, line: "0 new, 1 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "back, and told once", line: "0 new, 0 reopened, 0 overdue, 0 resolved", ..NIGHT },
        Night { title: "mended again", change: Some(("sites.csv", broken, row)), line: "0 new, 0 reopened, 0 overdue, 1 resolved", ..NIGHT },
        Night {
            title: "back, under a waiver",
            change: Some(("sites.csv", row, broken)),
            waivers: Some(WAIVER),
            line: " 0 overdue, 0 resolved",
            ..NIGHT
        },
        Night { title: "with --exit-zero", options: &["--fail-on-new", "--exit-zero"], line: " 0 overdue, 0 resolved", ..NIGHT },
    ]
    .into_iter()
    .enumerate()
    {
        if let Some((file, from, to)) = change {
            let path = audit.join("evidence").join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{title}");
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        }
        if let Some(waivers) = waivers {
            std::fs::write(audit.join("waivers.yaml"), waivers).unwrap();
        }
        let (got, said) = run(folder.path(), night, options);
        let last = said.lines().last().unwrap_or_default();
        assert_eq!(got, code, "{title}: {said}");
        assert!(last.ends_with(line), "{title}: {said}");
    }
    // What is incomplete stays incomplete.
    std::fs::remove_file(audit.join("evidence/sites.csv")).unwrap();
    let (code, said) = run(folder.path(), 20, &["--fail-on-new"]);
    assert_eq!(code, 3, "{said}");
    // Without a ledger nobody knows what is new.
    let done = program().args(["scan", audit.to_str().unwrap(), "--fail-on-new"]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("--ledger"));
}

/// With a ledger a comparison knows whether subjects are still there.
#[test]
fn a_comparison_knows_what_the_ledger_knows() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    copy(&organisation("meridian"), &audit);
    let key = folder.path().join("key.pem").display().to_string();
    assert!(program().args(["key", "new", &key, "--owner", "night", "--role", "scanner", "--unencrypted"]).output().unwrap().status.success());
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    assert_eq!(run(folder.path(), 0, &[]).0, 1);
    // One asset is mended, another is taken out of the register and its total corrected.
    let assets = audit.join("evidence/assets.csv");
    let text = std::fs::read_to_string(&assets).unwrap();
    let good: Vec<&str> = text.lines().find(|line| line.contains("MER-0018")).unwrap().split(',').collect();
    let id = good.iter().position(|cell| cell.contains("MER-0018")).unwrap();
    let mended = |line: &str| {
        let own: Vec<&str> = line.split(',').collect();
        let mut cells = good.clone();
        cells[id] = own[id];
        cells.join(",")
    };
    let lines = text.lines().filter(|line| !line.contains("MER-0023"));
    let lines: Vec<String> = lines.map(|line| if line.contains("MER-0017") { mended(line) } else { line.to_owned() }).collect();
    std::fs::write(&assets, lines.join("\n") + "\n").unwrap();
    let engagement = audit.join("engagement.yaml");
    let stated = std::fs::read_to_string(&engagement).unwrap().replacen("system: cmdb, count: 120", "system: cmdb, count: 119", 1);
    std::fs::write(&engagement, stated).unwrap();
    let (_, said) = run(folder.path(), 1, &[]);
    let [old, new] = [0, 1].map(|night| folder.path().join(format!("reports/{night}")).display().to_string());
    let done = program().args(["diff", &old, &new, "--format", "json"]).output().unwrap();
    let diff: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let of = |asset: &str| {
        let finding = diff["findings"].as_array().unwrap().iter().find(|finding| finding["subject"]["asset_id"] == asset);
        finding.map(|finding| (finding["class"].as_str().unwrap(), finding["presence"].as_str().unwrap()))
    };
    assert_eq!(of("MER-0017"), Some(("resolved", "present")), "{said}: {diff}");
    assert_eq!(of("MER-0023"), Some(("subject_gone", "gone")), "{said}: {diff}");
    assert_eq!(of("MER-0040"), Some(("still_open", "present")), "{said}");
    // Scanned again, with the lines of the ledger that the report saw, it is the same report to the byte.
    let [pem, ledger, audit] = ["key.pub.pem", "ledger", "audit"].map(|name| folder.path().join(name).display().to_string());
    let again = |ledger: &[&str]| {
        let done = program().args(["verify", &new, "--trust", &pem, "--evidence", &audit, "--rerun"]).args(ledger).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        (done.status.code(), said.lines().find(|line| line.contains(" rerun")).unwrap_or_default().to_owned())
    };
    assert_eq!(again(&["--ledger", &ledger]), (Some(0), "PASSED         rerun: the evidence, scanned again, gives the same report".to_owned()));
    let (code, line) = again(&[]);
    assert!(code == Some(0) && line.contains("PASSED") && line.contains("left out"), "{line}");
    let (code, line) = again(&["--ledger", &folder.path().join("nothing").display().to_string()]);
    assert!(code == Some(4) && line.contains("[rerun-impossible]"), "{line}");
}
