//! Crosswalks between frameworks: what `explain` answers is what the official
//! maps say, both ways; every link has its origin; every map of our controls
//! names something; reports, pages and lists tell the same.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::{organisation, program, rolecall, scan};
use rolecall::atlas::{Atlas, EntryId, Named, is_official};
use rolecall::catalogue::Catalogue;
use rolecall::pack::{Control, resolve};
use serde_json::Value;

/// Everything that is built in, and the folders.
fn catalogue(packs_dirs: &[PathBuf]) -> Catalogue {
    Catalogue::whole(packs_dirs, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn atlas() -> Atlas {
    catalogue(&[]).atlas().unwrap_or_else(|problems| panic!("{problems}"))
}

fn controls(catalogue: &Catalogue) -> Vec<Control> {
    let resolve = |loaded| resolve::resolve(loaded, &BTreeMap::new(), &catalogue.kinds).unwrap_or_else(|problems| panic!("{problems}"));
    catalogue.packs.iter().map(resolve).flat_map(|pack| pack.controls).collect()
}

fn id(framework: &str, entry: &str) -> EntryId {
    EntryId { framework: framework.to_owned(), entry: entry.to_owned() }
}

/// What `explain --format json` finds.
fn explained(arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["explain"];
    all.extend(arguments);
    all.extend(["--format", "json"]);
    let done = rolecall(&all);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let mut told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["schema"], "rolecall.explain/1");
    told["found"].as_array_mut().unwrap().drain(..).collect()
}

fn printed(arguments: &[&str]) -> String {
    let done = rolecall(arguments);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// An official map: pairs of an entry of the edition and one of ISO/IEC 27001:2022; `None` where the file is not here.
fn official(file: &str) -> Option<BTreeSet<(String, String)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/derived").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    };
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("source,target,relationship"));
    let pair = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!((cells.len(), cells[2]), (3, "intersect"), "{line}");
        (cells[0].to_owned(), cells[1].to_owned())
    };
    Some(lines.map(pair).collect())
}

const MAPS: [(&str, &str); 2] =
    [("nist-800-53-r5", "map_nist-800-53r5_to_iso-27001-2022.csv"), ("nist-csf-2.0", "map_nist-csf-2.0_to_iso-27001-2022.csv")];

#[test]
fn links_are_those_of_the_official_maps_in_both_directions() {
    let atlas = atlas();
    for (framework, file) in MAPS {
        let Some(pairs) = official(file) else { continue };
        assert!(pairs.len() > 300);
        let iso: BTreeSet<&str> = pairs.iter().map(|(_, to)| to.as_str()).collect();
        let seen = |from: &EntryId, other: &str| -> BTreeSet<String> {
            atlas.links(from).iter().filter(|link| link.other.framework == other).map(|link| link.other.entry.clone()).collect()
        };
        for entry in iso {
            let wanted: BTreeSet<String> = pairs.iter().filter(|(_, to)| to == entry).map(|(from, _)| from.clone()).collect();
            assert_eq!(seen(&id("iso-27001-2022", entry), framework), wanted, "{entry}");
        }
        for entry in pairs.iter().map(|(from, _)| from).collect::<BTreeSet<_>>() {
            let wanted: BTreeSet<String> = pairs.iter().filter(|(from, _)| from == entry).map(|(_, to)| to.clone()).collect();
            assert_eq!(seen(&id(framework, entry), "iso-27001-2022"), wanted, "{entry}");
        }
        // And no entry is linked that the map does not name.
        let linked = atlas.edition(framework).unwrap().entries().filter(|(own, _)| !seen(own, "iso-27001-2022").is_empty()).count();
        assert_eq!(linked, pairs.iter().map(|(from, _)| from).collect::<BTreeSet<_>>().len());
    }
}

/// The same from outside, for some entries of either side.
#[test]
fn what_is_explained_is_the_official_map() {
    for (framework, file) in MAPS {
        let Some(pairs) = official(file) else { continue };
        let answered = |text: &str, other: &str| -> BTreeSet<String> {
            let found = explained(&[text]);
            assert_eq!((found.len(), &found[0]["kind"]), (1, &Value::from("entry")), "{text}");
            let links = found[0]["links"].as_array().unwrap().iter().filter(|link| link["framework"] == other);
            let entry = |link: &Value| {
                assert_eq!(link["relation"], "intersects-with");
                assert!(link["origin"].as_str().unwrap().starts_with("official: NIST "), "{link}");
                link["entry"].as_str().unwrap().to_owned()
            };
            links.map(entry).collect()
        };
        for control in ["A.5.2", "A.5.24", "A.8.16"] {
            let wanted: BTreeSet<String> = pairs.iter().filter(|(_, to)| to == control).map(|(from, _)| from.clone()).collect();
            assert!(!wanted.is_empty());
            assert_eq!(answered(&format!("ISO/IEC 27001:2022 {control}"), framework), wanted);
            let back = wanted.first().unwrap();
            let wanted: BTreeSet<String> = pairs.iter().filter(|(from, _)| from == back).map(|(_, to)| to.clone()).collect();
            assert_eq!(answered(&format!("{framework}:{back}"), "iso-27001-2022"), wanted);
        }
    }
}

#[test]
fn no_link_is_without_its_origin_and_every_one_leads_to_an_entry() {
    let catalogue = catalogue(&[]);
    let atlas = catalogue.atlas().unwrap();
    let mut links = 0;
    for loaded in catalogue.packs.iter().chain(&catalogue.frameworks) {
        let listed = resolve::listed(loaded).unwrap();
        for link in listed.listing.links.iter().flat_map(|links| &links.links) {
            let document = link.origin.strip_prefix("official:").map(str::trim);
            assert!(link.origin == "ours" || document.is_some_and(|document| document.len() > 3), "{link:?}");
            links += 1;
        }
        assert!(atlas.missing_ends(&listed).is_empty(), "{}", atlas.missing_ends(&listed));
    }
    assert!(links > 1_600, "{links}");
    // Looked at from the other end a link keeps its origin, and its relation is turned round.
    for edition in atlas.editions() {
        for (own, _) in edition.entries() {
            for link in atlas.links(own) {
                let back = atlas.links(&link.other).iter();
                let same = back.filter(|back| back.other == *own && back.origin == link.origin && back.relation == link.relation.turned());
                assert_eq!(same.count(), 1, "{own:?} {link:?}");
            }
        }
    }
}

#[test]
fn every_map_of_a_built_in_control_names_an_entry_or_an_edition_as_a_whole() {
    let catalogue = catalogue(&[]);
    let atlas = catalogue.atlas().unwrap();
    let (mut entries, mut whole) = (0, BTreeSet::new());
    for control in controls(&catalogue) {
        for map in &control.maps {
            match atlas.named(&map.to) {
                Named::Entry(_) => entries += 1,
                Named::Whole(framework) => drop(whole.insert(framework.to_owned())),
                Named::Missing { .. } | Named::Nothing => panic!("{}: `{}` is nothing that is known", control.id, map.to),
            }
        }
    }
    assert!(entries > 250, "{entries}");
    assert_eq!(whole.into_iter().collect::<Vec<_>>(), ["dcwf-5.1", "nice-2.1.0", "nice-2017"]);
    for loaded in &catalogue.packs {
        assert!(atlas.missing_of(loaded).is_empty(), "{}", atlas.missing_of(loaded));
    }
}

#[test]
fn what_people_read() {
    let texts = [
        &["explain", "ISO/IEC 27001:2022 A.5.2"][..],
        &["explain", "iso-27002-2022:5.7"],
        &["explain", "nist-csf-2.0"],
        &["explain", "6.1.1-a-processes"],
        &["list", "frameworks"],
        &["list", "controls", "--attribute", "cybersecurity_concepts=Identify", "--attribute", "security_domains=Protection"],
    ];
    let all: Vec<String> = texts.iter().map(|arguments| format!("$ rolecall {}\n{}", arguments.join(" "), printed(arguments))).collect();
    insta::assert_snapshot!("people", all.join("\n"));
    let wrong = [
        &["explain", "ISO/IEC 27001:2023 A.5.2"][..],
        &["explain", "ISO/IEC 27001:2022 A.5.99"],
        &["list", "controls", "--attribute", "cybersecurity_concept=Identify"],
        &["list", "controls", "--attribute", "cybersecurity_concepts=Identity"],
        &["list", "controls", "--attribute", "cybersecurity_concepts"],
        &["list", "packs", "--attribute", "cybersecurity_concepts=Identify"],
        &["list", "controls", "--report", "report.json"],
        &["list", "controls", "--sort", "severity"],
        &["list", "findings", "--report", "nowhere.json"],
    ];
    let told = |arguments: &&[&str]| {
        let done = rolecall(arguments);
        assert_eq!((done.status.code(), done.stdout.is_empty()), (Some(2), true), "{arguments:?}");
        format!("$ rolecall {}\n{}", arguments.join(" "), String::from_utf8(done.stderr).unwrap())
    };
    insta::assert_snapshot!("mistakes", wrong.iter().map(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_bare_id_is_every_entry_and_everything_explained_can_be_read_by_machines() {
    let names = |found: &[Value]| found.iter().map(|one| format!("{} {}", one["framework"], one["entry"]).replace('"', "")).collect::<Vec<_>>();
    assert_eq!(names(&explained(&["5.2"])), ["iso-27001-2013 5.2", "iso-27001-2022 5.2", "iso-27002-2022 5.2"]);
    assert_eq!(names(&explained(&["iso/iec 27001:2022   a.5.2"])), ["iso-27001-2022 A.5.2"]);
    let control = &explained(&["6.1.1-a-processes"])[0];
    assert_eq!((&control["kind"], &control["criterion"]["framework"]), (&Value::from("control"), &Value::from("iso-27002-2013")));
    assert!(control["answers"].as_array().unwrap().iter().any(|answer| answer["entry"] == "A.5.2" && answer["via"] == "ISO/IEC 27002:2022 5.2"));
    let check = control["checks"][0]["id"].as_str().unwrap();
    let own = &explained(&[&format!("6.1.1-a-processes/{check}")])[0];
    assert_eq!((&own["kind"], own["checks"].as_array().unwrap().len()), (&Value::from("check"), 1));
    assert_eq!(explained(&["iso-27001-2022"])[0]["kind"], "edition");
    assert_eq!(explained(&["stale"])[0]["kind"], "code");
}

/// A scan reads little of what packs list, and tells the same as the whole.
#[test]
fn a_report_tells_what_the_whole_atlas_tells() {
    let catalogue = catalogue(&[]);
    let atlas = catalogue.atlas().unwrap();
    let known: BTreeMap<String, Control> = controls(&catalogue).into_iter().map(|control| (control.id.clone(), control)).collect();
    let report = scan(&organisation("meridian"), &[]).report;
    let (mut packs, mut answers, mut with_attributes) = (BTreeSet::new(), 0, 0);
    for control in report["controls"].as_array().unwrap() {
        let own = &known[control["id"].as_str().unwrap()];
        let told = atlas.told(&own.maps, &own.criterion);
        assert_eq!(control.get("answers").cloned().unwrap_or_else(|| Value::Array(Vec::new())), serde_json::json!(told.answers), "{}", own.id);
        assert_eq!(control.get("attributes").cloned().unwrap_or_else(|| serde_json::json!({})), serde_json::json!(told.attributes), "{}", own.id);
        let order: Vec<EntryId> = told.answers.iter().map(|answer| id(&answer.framework, &answer.entry)).collect();
        assert!(order.is_sorted());
        assert!(told.answers.iter().all(|answer| answer.origin == "ours" || is_official(&answer.origin)));
        answers += told.answers.len();
        with_attributes += usize::from(!told.attributes.is_empty());
        packs.extend(told.packs);
    }
    assert!(answers > 100 && with_attributes > 20, "{answers} {with_attributes}");
    // Whatever it rests on is named with its digest, unless it was evaluated.
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    let wanted: BTreeSet<String> = packs.difference(&ids(&report["packs"])).cloned().collect();
    assert_eq!(ids(&report["inputs"]["frameworks"]), wanted);
    for input in report["inputs"]["frameworks"].as_array().unwrap() {
        let all = catalogue.packs.iter().chain(&catalogue.frameworks);
        assert_eq!(all.filter(|pack| pack.id == input["id"].as_str().unwrap()).map(|pack| pack.sha256.as_str()).next(), input["sha256"].as_str());
    }
}

/// A folder of imported packs: one lists an edition that is built in, in a publisher's words.
fn imported(folder: &Path) {
    let pack = "id: bought\ntitle: The standard as bought\nversion: 1.0.0\nedition: '2022'\nstandard: ISO/IEC 27002\nframework: iso-27002-2022\n\
                wording: publisher\nlicence: Bought\ntables: [ { name: controls, file: tables/controls.csv, columns: [control, text], key: control, words: text } ]\n\
                links: [ { from: iso-27002-2022, to: own-1, file: links/own.csv, origin: ours } ]\n";
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("bought/pack.yaml", pack);
    write("bought/tables/controls.csv", "control,text\n5.2,As the publisher words it\n5.3,Another\n9.9,Not in the edition\n");
    write("bought/links/own.csv", "from,to,relation\n5.2,One,equivalent-to\n5.3,One,subset-of\n");
}

#[test]
fn an_import_words_the_edition_and_contradictions_are_told() {
    let folder = tempfile::tempdir().unwrap();
    imported(folder.path());
    let dir = folder.path().display().to_string();
    let found = &explained(&["iso-27002-2022:5.2", "--packs-dir", &dir])[0];
    assert_eq!(found["words"], "As the publisher words it");
    let rows: Vec<_> =
        found["listed"].as_array().unwrap().iter().map(|row| (row["pack"].as_str().unwrap(), row["built_in"].as_bool().unwrap())).collect();
    assert_eq!(rows, [("iso-27002-2022", true), ("bought", false)]);
    assert!(found["listed"][0]["words"].is_string(), "our short title is not lost");
    assert_eq!(found["links"].as_array().unwrap().last().unwrap()["framework"], "own-1");
    let text = printed(&["explain", "ISO/IEC 27002:2022 9.9", "--packs-dir", &dir]);
    assert!(text.contains("Note        packs list the edition differently") && text.contains("only `bought` has 9.9"), "{text}");
    let done = rolecall(&["list", "frameworks", "--packs-dir", &dir]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("note: packs list an edition differently: iso-27002-2022"));
    assert!(String::from_utf8_lossy(&done.stdout).contains("built-in and imported"));
    // A scan rests on it, and says so: what is equivalent to the clause is answered too.
    let report = scan(&organisation("meridian"), &["--packs-dir", &dir]).report;
    let control = report["controls"].as_array().unwrap().iter().find(|control| control["id"] == "5.2-sites").unwrap();
    let own = control["answers"].as_array().unwrap().iter().find(|answer| answer["framework"] == "own-1").unwrap();
    assert_eq!((&own["entry"], &own["relation"], &own["via"]), (&"One".into(), &"intersects-with".into(), &"ISO/IEC 27002:2022 5.2".into()));
    assert!(report["inputs"]["frameworks"].as_array().unwrap().iter().any(|input| input["id"] == "bought"));
}

/// Law 5: neither the order of folders nor that of files on the disk changes a byte.
#[test]
fn the_order_of_folders_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    imported(&one);
    let other = "id: another\ntitle: Another\nversion: 1.0.0\nedition: '2022'\nstandard: ISO/IEC 27002\nframework: iso-27002-2022\nnames: [Theirs]\n\
                 tables: [ { name: controls, columns: [control], key: control, rows: [ [5.4], ['5.2'] ] } ]\n";
    std::fs::create_dir_all(two.join("another")).unwrap();
    std::fs::write(two.join("another/pack.yaml"), other.replace("[5.4]", "['5.4']")).unwrap();
    let (one, two) = (one.display().to_string(), two.display().to_string());
    for arguments in [&["explain", "5.2", "--format", "json"][..], &["list", "frameworks", "--format", "json"], &["explain", "5.2-sites"]] {
        let with = |dirs: [&String; 2]| {
            let mut all = arguments.to_vec();
            dirs.iter().for_each(|dir| all.extend(["--packs-dir", dir.as_str()]));
            let done = rolecall(&all);
            assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
            (done.stdout, done.stderr)
        };
        assert!(with([&one, &two]) == with([&two, &one]), "{arguments:?}");
    }
    let both = ["--packs-dir", &one, "--packs-dir", &two];
    let turned = ["--packs-dir", &two, "--packs-dir", &one];
    assert!(scan(&organisation("meridian-clean"), &both).bytes == scan(&organisation("meridian-clean"), &turned).bytes);
}

#[test]
fn lint_names_a_map_that_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("own/pack.yaml", "id: own\ntitle: Own\nversion: 1.0.0\nedition: '1'\nstandard: Own\n");
    let control = "id: a\nref: a\ntitle: A\ncriterion: { standard: Own, edition: '1', clause: a, force: own-rule }\ndetermination: A is so.\n\
                   evidence: None.\nchecks: []\nunchecked: Nobody exports it.\ngrade: { otherwise: ofi }\nmaps:\n";
    let map = |to: &str| format!("  - {{ to: '{to}', relation: subset-of, origin: ours }}\n");
    let maps = ["ISO/IEC 27001:2022 A.5.99", "ISO/IEC 27001:2022 A.5.2", "NIST CSF 2.0", "Something else 7"].map(map).concat();
    write("own/a.yaml", &format!("{control}{maps}"));
    let done = program().current_dir(folder.path()).args(["pack", "lint", "own"]).output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!((done.status.code(), String::from_utf8(done.stdout).unwrap().as_str()), (Some(0), "own: 0 errors, 1 warnings\n"), "{told}");
    assert!(told.contains("warning[unknown-entry]: `ISO/IEC 27001:2022 A.5.99` names no entry of iso-27001-2022"), "{told}");
    assert!(told.contains("own/a.yaml:11:") && told.contains("did you mean `ISO/IEC 27001:2022 A.5."), "{told}");
}
