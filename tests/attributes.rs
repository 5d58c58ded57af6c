//! Answers and attributes for readers: the page shows them and the list of
//! findings is filtered and sorted by them; a report without them stays as it was.

mod common;

use common::{organisation, rolecall, scan};
use serde_json::Value;

fn printed(arguments: &[&str]) -> String {
    let done = rolecall(arguments);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_page_shows_answers_and_attributes_and_without_them_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let scanned = scan(&organisation("meridian"), &["--audience", "certification"]);
    std::fs::write(at("report.json"), &scanned.bytes).unwrap();
    printed(&["report", &at("report.json"), "--output", &format!("html={}", at("page.html"))]);
    let page = std::fs::read_to_string(at("page.html")).unwrap();
    let telling = scanned.report["controls"].as_array().unwrap().iter().filter(|control| control.get("answers").is_some()).count();
    let failed = |control: &&Value| control.get("answers").is_some() && control["determination"] == "other-than-satisfied";
    let failed = scanned.report["controls"].as_array().unwrap().iter().filter(failed).count();
    assert_eq!(page.matches("Other frameworks that this answers").count(), telling + failed);
    assert!(page.contains("<h2 id=\"attributes\">Controls by attribute</h2>") && page.contains("Governance and Ecosystem"));
    assert!(page.contains("official: ") && page.contains(" · ours"));
    assert!(!page.contains("<details open"), "closed");
    // Every link of the annex leads somewhere.
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
    }
    // Advice is for the organisation alone.
    assert!(scanned.report["findings"].as_array().unwrap().iter().all(|finding| finding["remediation"].is_null()));
    // A report of an earlier version has none of it, nor does its page.
    let mut older = scanned.report.clone();
    for control in older["controls"].as_array_mut().unwrap() {
        let members = control.as_object_mut().unwrap();
        members.remove("answers");
        members.remove("attributes");
    }
    std::fs::write(at("older.json"), older.to_string()).unwrap();
    printed(&["report", &at("older.json"), "--output", &format!("html={}", at("older.html"))]);
    let older = std::fs::read_to_string(at("older.html")).unwrap();
    for word in ["Other frameworks", "by attribute", "id=\"r-"] {
        assert!(!older.contains(word), "{word}");
    }
}

#[test]
fn findings_are_filtered_and_sorted_by_attribute() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    // Of two reports' controls one value each, so that filters and orders show.
    let mut report = scan(&organisation("meridian"), &[]).report;
    for control in report["controls"].as_array_mut().unwrap() {
        let first = control["id"].as_str().unwrap().starts_with("5.2-a");
        if let Some(attributes) = control.get_mut("attributes") {
            attributes["cybersecurity_concepts"] = serde_json::json!(if first { ["Protect"] } else { ["Identify"] });
        }
    }
    std::fs::write(&file, report.to_string()).unwrap();
    let file = file.display().to_string();
    let listed = |options: &[&str]| -> Vec<Value> {
        let mut all = vec!["list", "findings", "--report", &file, "--format", "json"];
        all.extend(options);
        serde_json::from_str(&printed(&all)).unwrap()
    };
    let all = listed(&[]);
    assert_eq!(all.len(), report["findings"].as_array().unwrap().len());
    let concept = |finding: &Value| finding["attributes"]["cybersecurity_concepts"][0].as_str().map(str::to_owned);
    let own = |value: &str| all.iter().filter(|finding| concept(finding).as_deref() == Some(value)).count();
    let (protect, identify) = (own("Protect"), own("Identify"));
    assert!(protect > 0 && identify > 0 && protect + identify < all.len());
    let one = listed(&["--attribute", "cybersecurity_concepts=protect"]);
    assert!(one.len() == protect && one.iter().all(|finding| concept(finding).as_deref() == Some("Protect")));
    // Any value of one name, all names.
    let any = listed(&["--attribute", "cybersecurity_concepts=Protect", "--attribute", "cybersecurity_concepts=Identify"]);
    assert_eq!(any.len(), protect + identify);
    let both = listed(&["--attribute", "cybersecurity_concepts=Protect", "--attribute", "control_type=Corrective"]);
    assert!(both.is_empty());
    let sorted = listed(&["--sort", "cybersecurity_concepts"]);
    let keys: Vec<_> = sorted.iter().map(|finding| (concept(finding).is_none(), concept(finding))).collect();
    assert!(keys.is_sorted() && keys.len() == all.len());
    let severity = |finding: &Value| ["high", "moderate", "low"].iter().position(|word| finding["severity"] == *word).unwrap();
    assert!(listed(&["--sort", "severity"]).iter().map(severity).collect::<Vec<_>>().is_sorted());
    assert_eq!(listed(&["--sort", "control"]), all);
    let text = printed(&["list", "findings", "--report", &file, "--attribute", "cybersecurity_concepts=Protect"]);
    assert_eq!(text.lines().count(), protect + 1);
    assert!(text.lines().skip(1).all(|line| line.starts_with("F-") && line.ends_with("cybersecurity_concepts Protect")), "{text}");
}
