//! What a roster on older editions is told: the fate of every code in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::common::{Scan, checks, copy, files, laws, organisation, rolecall, scan};
use super::fates::fates;
use super::lists::{Row, parts, roles, table};
use super::office::Office;

const WAYS: [(&str, &str); 4] = [("opm-2016", "nice-2.1.0"), ("opm-2016", "dcwf-5.1"), ("nice-2017", "nice-2.1.0"), ("nice-2017", "dcwf-5.1")];

/// A way of the annex.
fn way<'r>(report: &'r Value, from: &str, to: &str) -> Option<&'r Value> {
    report["migrations"].as_array()?.iter().find(|way| way["from"] == from && way["to"] == to)
}

/// What the annex tells of a dataset.
fn carried<'r>(report: &'r Value, (from, to): (&str, &str), dataset: &str) -> &'r Value {
    let way = way(report, from, to).unwrap_or_else(|| panic!("nothing is told from {from} to {to}: {}", report["migrations"]));
    way["carried"].as_array().unwrap().iter().find(|carried| carried["dataset"] == dataset).unwrap()
}

/// What the annex must tell of records, from the table of fates and the files.
fn expected((from, to): (&str, &str), records: &[&Row], key: &str) -> Vec<Value> {
    let fates = fates(from, to);
    let all = table("frameworks/work-role-codes/tables/fates.csv");
    // A code that the older edition has not may be one of another.
    let elsewhere = |code: &str| {
        let editions: BTreeSet<&str> = all.iter().filter(|row| row["code"] == code).map(|row| row["from"].as_str()).collect();
        (!editions.is_empty()).then(|| format!("A code of {}.", editions.into_iter().collect::<Vec<_>>().join(", ")))
    };
    let later: BTreeSet<&str> = fates.values().flat_map(|row| parts(&row["targets"])).collect();
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in records {
        parts(&record["work_role_codes"]).into_iter().for_each(|code| assert!(named.entry(code).or_default().insert(&record[key])));
    }
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let told = named.into_iter().map(|(code, names)| {
        let fate = fates.get(code);
        let unknown = if later.contains(code) { "current" } else { "unknown" };
        let became = |row: &Row| parts(&row["targets"]).into_iter().zip(parts(&row["target_titles"])).map(|(entry, title)| json!({ "entry": entry, "title": title })).collect();
        json!({
            "code": code, "title": fate.and_then(|row| some(&row["title"])), "records": names.len(), "named": names.iter().take(20).collect::<Vec<_>>(),
            "fate": fate.map_or(unknown, |row| &row["fate"]), "became": fate.map_or_else(Vec::new, became),
            "origin": fate.and_then(|row| some(&row["origin"])), "note": fate.map_or_else(|| elsewhere(code), |row| some(&row["note"])),
        })
    });
    told.collect()
}

#[test]
fn a_roster_with_all_old_codes_is_told_the_fate_of_each() {
    let office = Office::read();
    let report = scan(&organisation("fairlight"), &["--pack", "cisa"]).report;
    let posts: Vec<&Row> = office.posts.iter().collect();
    let active: Vec<&Row> = office.roster.iter().filter(|person| person["active"] == "true").collect();
    for (from, to) in WAYS {
        let positions = carried(&report, (from, to), "positions");
        assert_eq!(positions["codes"], Value::Array(expected((from, to), &posts, "position_id")), "{from} to {to}");
        let told: BTreeSet<&str> = positions["codes"].as_array().unwrap().iter().map(|code| code["code"].as_str().unwrap()).collect();
        assert!(roles(from).keys().all(|code| told.contains(&**code)), "every code of {from} is on the roster");
        let people = carried(&report, (from, to), "people");
        assert_eq!(people["codes"], Value::Array(expected((from, to), &active, "person_id")), "{from} to {to}");
        for (carried, records, counted) in [(positions, office.posts.len(), &posts), (people, office.roster.len(), &active)] {
            adds_up(carried);
            let empty = counted.iter().filter(|record| record["work_role_codes"].is_empty()).count();
            assert_eq!((&carried["population"], &carried["evaluated"]), (&json!(records), &json!(counted.len())));
            assert_eq!((&carried["without_code"], &carried["undecided"]), (&json!(empty), &json!(0)));
            assert_eq!((&carried["found"], &carried["complete"]), (&json!(true), &json!(true)));
        }
    }
    assert_eq!(report["migrations"].as_array().unwrap().len(), WAYS.len());
}

fn adds_up(carried: &Value) {
    let number = |name: &str| carried[name].as_u64().unwrap();
    assert_eq!(number("population"), number("excluded") + number("undecided") + number("evaluated"), "{carried}");
    assert!(number("without_code") <= number("evaluated"));
    for code in carried["codes"].as_array().unwrap() {
        assert!(code["records"].as_u64().unwrap() >= code["named"].as_array().unwrap().len() as u64, "{code}");
    }
}

#[test]
fn the_code_of_the_dod_is_told_its_fate_where_posts_are_coded_by_it() {
    let (office, _kept) =
        changed(|folder| edit(&folder.join("engagement.yaml"), |text| text.replace("code_edition: opm-2016", "code_edition: dcwf-5.1")));
    let told = carried(&office.report, ("dcwf-5.1", "nice-2.1.0"), "positions");
    let posts = Office::read().posts;
    assert_eq!(told["codes"], Value::Array(expected(("dcwf-5.1", "nice-2.1.0"), &posts.iter().collect::<Vec<_>>(), "position_id")));
    assert!(way(&office.report, "opm-2016", "nice-2.1.0").is_none(), "posts are not coded by OPM");
}

#[test]
fn the_bytes_do_not_depend_on_threads_blocks_seeds_or_folder_names() {
    laws::the_bytes_are_the_same("fairlight");
}

#[test]
fn neither_the_order_of_files_nor_of_rows_tells_another_fate() {
    let first = scan(&organisation("fairlight"), &["--jobs", "1"]);
    let shuffled = tempfile::tempdir().unwrap();
    let mut names = files(&organisation("fairlight"));
    names.reverse();
    fs::create_dir_all(shuffled.path().join("evidence")).unwrap();
    for name in &names {
        fs::copy(organisation("fairlight").join(name), shuffled.path().join(name)).unwrap();
    }
    assert!(scan(shuffled.path(), &["--jobs", "4"]).bytes == first.bytes, "files that were written in another order");
    for name in names.iter().filter(|name| name.extension().is_some_and(|extension| extension == "csv")) {
        edit(&shuffled.path().join(name), |text| {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            lines[1..].reverse();
            lines.concat()
        });
    }
    let reversed = scan(shuffled.path(), &["--jobs", "4"]);
    assert_eq!(reversed.report["migrations"], first.report["migrations"]);
    laws::ids_survive_shuffling("fairlight");
}

fn edit(file: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(file).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "{}", file.display());
    fs::write(file, changed).unwrap();
}

/// The office, changed, and scanned for its codes.
fn changed(change: impl FnOnce(&Path)) -> (Scan, TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("fairlight"), temporary.path());
    change(temporary.path());
    (scan(temporary.path(), &["--pack", "cisa"]), temporary)
}

fn each_list_of_posts(folder: &Path, mut change: impl FnMut(&Path)) {
    ["office", "contractor", "school", "policy"].iter().for_each(|of| change(&folder.join(format!("evidence/{of}-posts.csv"))));
}

/// The lists say nothing of codes: no check on them passes, the scan is incomplete.
fn decides_nothing(scanned: &Scan, reason: &str) {
    assert_eq!((scanned.code, &scanned.report["summary"]["conclusion"]), (3, &json!("incomplete")));
    let checks = checks(&scanned.report);
    for check in ["codes-opm-2016/code-known", "codes-opm-2016/code-of-edition", "target-nice-2.1.0/position-code-stays"] {
        assert_eq!((&checks[check]["outcome"], &checks[check]["reason"]), (&json!("not-evaluated"), &json!(reason)), "{check}");
    }
}

#[test]
fn posts_that_are_absent_or_cannot_be_read_are_told_and_are_not_nothing_to_migrate() {
    for (what, found, undecided, reason) in [
        ("absent", false, 0, "missing-dataset: positions"),
        ("garbage", false, 0, "missing-dataset: positions"),
        ("empty", true, 0, "empty-dataset: positions"),
        ("uncoded", true, 71, "field-absent: positions.work_role_codes"),
    ] {
        let (scanned, _kept) = changed(|folder| {
            each_list_of_posts(folder, |file| match what {
                "absent" => fs::remove_file(file).unwrap(),
                "garbage" => fs::write(file, [0xff, 0xfe, 0, 1, 2]).unwrap(),
                "empty" => edit(file, |text| text.split_inclusive('\n').take(1).collect()),
                _ => edit(file, |text| text.replacen("work_role_codes", "remarks", 1)),
            });
        });
        decides_nothing(&scanned, reason);
        let told = carried(&scanned.report, ("opm-2016", "nice-2.1.0"), "positions");
        adds_up(told);
        assert_eq!((&told["found"], &told["undecided"], &told["codes"]), (&json!(found), &json!(undecided), &json!([])), "{what}");
    }
}

#[test]
fn without_any_roster_no_check_on_codes_passes() {
    let (scanned, _kept) = changed(|folder| {
        each_list_of_posts(folder, |file| fs::remove_file(file).unwrap());
        fs::remove_file(folder.join("evidence/roster.csv")).unwrap();
    });
    decides_nothing(&scanned, "missing-dataset: positions");
    assert_eq!(checks(&scanned.report)["target-nice-2.1.0/person-code-stays"]["reason"], "missing-dataset: people");
}

#[test]
fn without_any_roster_the_annex_says_that_nothing_is_known() {
    let (scanned, _kept) = changed(|folder| {
        each_list_of_posts(folder, |file| fs::remove_file(file).unwrap());
        fs::remove_file(folder.join("evidence/roster.csv")).unwrap();
    });
    for dataset in ["positions", "people"] {
        assert_eq!(carried(&scanned.report, ("opm-2016", "nice-2.1.0"), dataset)["found"], false);
    }
}

#[test]
fn codes_of_no_edition_are_unknown_and_blanks_are_without_code() {
    let (scanned, _kept) = changed(|folder| {
        edit(&folder.join("evidence/policy-posts.csv"), |text| text.replace("OG-WRL-014", "72 2").replace("DD-WRL-003;DD-WRL-009", ""));
        edit(&folder.join("evidence/school-posts.csv"), |text| text.replace("AN-ASA-001", "an-asa-001"));
        edit(&folder.join("evidence/roster.csv"), |text| text.replacen(",true,Clerk", ",perhaps,Clerk", 1));
    });
    let told = carried(&scanned.report, ("nice-2017", "nice-2.1.0"), "positions");
    let of = |code: &str| told["codes"].as_array().unwrap().iter().find(|told| told["code"] == code);
    for code in ["72 2", "899", "122", "an-asa-001"] {
        let told = of(code).unwrap();
        assert_eq!(
            (&told["fate"], &told["became"], &told["origin"], &told["title"]),
            (&json!("unknown"), &json!([]), &Value::Null, &Value::Null),
            "{code}"
        );
    }
    assert!(of("AN-ASA-001").is_none() && of("DD-WRL-003").is_none());
    assert_eq!(told["without_code"], 2, "the post that was blank and the one that is now");
    // Somebody of whom nobody knows whether they are there is neither counted nor left out.
    let people = carried(&scanned.report, ("opm-2016", "nice-2.1.0"), "people");
    adds_up(people);
    assert_eq!(people["undecided"], 1);
    let unknown: Vec<&Value> = scanned.report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == "code-known").collect();
    let posts: BTreeSet<&str> = unknown.iter().map(|finding| finding["subject"]["position_id"].as_str().unwrap()).collect();
    assert_eq!(posts, BTreeSet::from(["B-13", "N-01", "S-01"]));
}

/// The annex of the page.
fn annex(folder: &Path) -> String {
    let out = tempfile::tempdir().unwrap();
    let package = out.path().join("package").display().to_string();
    rolecall(&["scan", &folder.display().to_string(), "--out", &package, "-q", "--pack", "cisa"]);
    let page = fs::read_to_string(out.path().join("package/report.html")).unwrap();
    let (_, annex) = page.split_once("<h2 id=\"migrations\">What codes of older editions became</h2>").unwrap();
    annex.split_once("</section>").unwrap().0.to_owned()
}

#[test]
fn the_page_shows_what_became_of_codes() {
    let annex = annex(&organisation("fairlight"));
    let rows = |code: &str| {
        annex.lines().filter(|line| line.starts_with(&format!("<tr><td><span class=\"id\">{code}</span>"))).collect::<Vec<_>>().join("\n")
    };
    let shown = ["112", "333", "631", "722", "899", "AN-TWA-001", "OV-MGT-001", "OG-WRL-014"].map(|code| format!("{code}\n{}\n", rows(code)));
    let lines: Vec<&str> = annex.lines().filter(|line| line.starts_with("<h3>") || line.starts_with("<p>")).collect();
    insta::assert_snapshot!(format!("{}\n\n{}", lines.join("\n"), shown.join("\n")));
}

#[test]
fn the_page_shows_a_hostile_code_as_text() {
    let temporary = tempfile::tempdir().unwrap();
    copy(&organisation("fairlight"), temporary.path());
    edit(&temporary.path().join("evidence/policy-posts.csv"), |text| {
        text.replace("N-01", "<b>N-01</b>").replace("OG-WRL-014", "<script>alert(1)</script>")
    });
    let annex = annex(temporary.path());
    assert!(annex.contains("<span class=\"id\">&lt;script&gt;alert(1)&lt;/script&gt;</span>"), "{annex}");
    assert!(annex.contains("position_id &lt;b&gt;N-01&lt;/b&gt;"));
    assert!(!annex.contains("<script") && !annex.contains("<b>"));
    assert!(annex.contains("unknown to both editions"));
}
