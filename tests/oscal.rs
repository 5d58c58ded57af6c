//! OSCAL from outside: NIST's catalogs and profiles in, every pack out, held to
//! the official schemas by two validators that are not ours. The official files
//! lie beside the repository; where they do not, the tests that need them say so.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{organisation, program, rolecall};
use serde_json::Value;

const CATALOG: &str = "NIST_SP-800-53_rev5_catalog_v5.2.0.json";
const PROFILE: &str = "NIST_SP-800-53_rev5_LOW-baseline_profile.json";
const RESOLVED: &str = "NIST_SP-800-53_rev5_LOW-baseline-resolved-profile_catalog.json";
const BASIC: &str = "example_basic-catalog.json";

/// The folder of the official files.
fn official() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/oscal");
    if !folder.is_dir() {
        eprintln!("NOT TESTED: the official OSCAL files are not at {}", folder.display());
    }
    folder.is_dir().then_some(folder)
}

/// The catalog of SP 800-53, unpacked into a folder as its users do.
fn unpacked(official: &Path, folder: &Path) -> Option<PathBuf> {
    let Ok(done) = Command::new("gzip").arg("-dc").arg(official.join(format!("{CATALOG}.gz"))).output() else {
        eprintln!("NOT TESTED: gzip is not installed");
        return None;
    };
    assert!(done.status.success());
    let path = folder.join(CATALOG);
    std::fs::write(&path, done.stdout).unwrap();
    Some(path)
}

fn import(files: &[&Path], options: &[&str], out: &Path) -> Output {
    program().args(["pack", "import"]).args(files).args(options).arg("--out").arg(out).output().unwrap()
}

fn imported(files: &[&Path], id: &str, out: &Path) -> PathBuf {
    let done = import(files, &["--id", id], out);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    out.join(id)
}

fn export(pack: &Path, kind: &str) -> Value {
    let done = program().args(["pack", "export"]).arg(pack).args(["--kind", kind]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}: {}", pack.display(), String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What a catalog says, one line for each fact, in the order of the document: the walk knows nothing of how the program reads it.
fn facts(document: &Value) -> Vec<String> {
    fn walk(value: &Value, kind: &str, owner: &str, facts: &mut Vec<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|item| walk(item, kind, owner, facts)),
            Value::Object(members) => {
                let name = ["id", "uuid"].iter().find_map(|name| members.get(*name)?.as_str());
                let told: Vec<String> = members
                    .iter()
                    .filter(|(name, value)| value.is_string() || ["values", "select", "guidelines"].contains(&name.as_str()))
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                facts.push(format!("{kind} of {owner}: {}", told.join(" ")));
                let own = name.unwrap_or(owner);
                for (name, value) in members.iter().filter(|(name, _)| name.as_str() != "metadata") {
                    walk(value, name, own, facts);
                }
            }
            _ => {}
        }
    }
    let mut facts = Vec::new();
    let catalog = &document["catalog"];
    for kind in ["params", "controls", "groups", "back-matter"] {
        walk(&catalog[kind], kind, "catalog", &mut facts);
    }
    facts
}

fn count(facts: &[String], kind: &str) -> usize {
    facts.iter().filter(|fact| fact.starts_with(&format!("{kind} of "))).count()
}

/// Ids and titles of all controls, in order.
fn titles(document: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, titles: &mut Vec<(String, String)>) {
        for group in value["groups"].as_array().into_iter().flatten() {
            walk(group, titles);
        }
        for control in value["controls"].as_array().into_iter().flatten() {
            titles.push((control["id"].as_str().unwrap().to_owned(), control["title"].as_str().unwrap().to_owned()));
            walk(control, titles);
        }
    }
    let mut titles = Vec::new();
    walk(&document["catalog"], &mut titles);
    titles
}

#[test]
fn a_catalog_comes_back_as_it_was() {
    let Some(official) = official() else { return };
    let folder = tempfile::tempdir().unwrap();
    let basic = imported(&[&official.join(BASIC)], "basic", folder.path());
    assert_eq!(facts(&export(&basic, "oscal-catalog")), facts(&json(&official.join(BASIC))));
    let Some(catalog) = unpacked(&official, folder.path()) else { return };
    let pack = imported(&[&catalog], "full", folder.path());
    let (before, after) = (facts(&json(&catalog)), facts(&export(&pack, "oscal-catalog")));
    let counts = ["controls", "params", "parts", "links", "props", "resources"].map(|kind| count(&before, kind));
    assert_eq!(counts, [1196, 1600, 12730, 8972, 20295, 200]);
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    // 182 of them are withdrawn.
    let controls = std::fs::read_dir(&pack).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "yaml"));
    assert_eq!(controls.count(), 1 + 1196 - 182);
    let lint = program().args(["pack", "lint"]).arg(&pack).output().unwrap();
    assert!(String::from_utf8_lossy(&lint.stdout).starts_with("full: 0 errors"), "{}", String::from_utf8_lossy(&lint.stderr));
}

#[test]
fn the_low_baseline_selects_what_nist_resolved() {
    let Some(official) = official() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(catalog) = unpacked(&official, folder.path()) else { return };
    let done = import(&[&catalog], &["--id", "low", "--profile", official.join(PROFILE).to_str().unwrap()], folder.path());
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{told}");
    // The profile names a file of 5.1.1; which one was taken is told.
    assert!(told.contains("taken in its place") && told.contains("version 5.2.0") && told.contains("version 5.1.1+u4"), "{told}");
    let (own, nist) = (export(&folder.path().join("low"), "oscal-catalog"), json(&official.join(RESOLVED)));
    assert_eq!(titles(&own).len(), 149);
    assert_eq!(titles(&own), titles(&nist));
    let groups = |document: &Value| document["catalog"]["groups"].as_array().unwrap().iter().map(|group| group["id"].clone()).collect::<Vec<_>>();
    assert_eq!(groups(&own), groups(&nist));
    // The same order of the arguments, or the profile among the files: the same bytes.
    let other = imported(&[&official.join(PROFILE), &catalog], "low2", folder.path());
    assert_eq!(std::fs::read(other.join("ac-1.yaml")).unwrap(), std::fs::read(folder.path().join("low/ac-1.yaml")).unwrap());
}

#[test]
fn what_no_check_decides_is_not_determined() {
    let Some(official) = official() else { return };
    let folder = tempfile::tempdir().unwrap();
    let packs = folder.path().join("packs");
    imported(&[&official.join(RESOLVED)], "low", &packs);
    let out = folder.path().join("report");
    let scan =
        program().arg("scan").arg(organisation("meridian")).args(["--pack", "low", "-q", "--packs-dir"]).arg(&packs).arg("--out").arg(&out).output();
    assert_eq!(scan.unwrap().status.code(), Some(0));
    let report = json(&out.join("report.json"));
    assert_eq!(report["summary"]["by_determination"]["not-determined"], 149);
    assert_eq!(report["summary"]["by_determination"]["satisfied"], 0);
}

/// The ids of all built-in packs, and the kinds of document that each can be.
fn documents(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut written = Vec::new();
    for pack in rolecall::embedded::packs().iter().chain(rolecall::embedded::frameworks()) {
        let mut none = 0;
        for (kind, model) in [("oscal-catalog", "catalog"), ("oscal-mapping", "mapping")] {
            let path = folder.join(format!("{}-{kind}.json", pack.id));
            let done = rolecall(&["pack", "export", pack.id, "--kind", kind, "--out", path.to_str().unwrap()]);
            if done.status.code() == Some(0) {
                written.push((model, path));
                continue;
            }
            // Nothing of that kind is in the pack: then nothing is written.
            let told = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.code() == Some(2) && told.contains("error[oscal-export]: the pack has no "), "{}: {told}", pack.id);
            assert!(!path.exists());
            none += 1;
        }
        assert!(none < 2, "{} can be exported as nothing", pack.id);
    }
    assert!(written.iter().filter(|(model, _)| *model == "mapping").count() >= 12);
    written
}

fn schema(official: &Path, model: &str) -> PathBuf {
    official.join(format!("oscal_{model}_schema_v1.2.3.json"))
}

#[test]
fn every_export_keeps_the_official_schema() {
    let Some(official) = official() else { return };
    let folder = tempfile::tempdir().unwrap();
    let validators = ["catalog", "mapping"].map(|model| (model, jsonschema::validator_for(&json(&schema(&official, model))).unwrap()));
    let validators = BTreeMap::from(validators);
    let mut all = documents(folder.path());
    let basic = imported(&[&official.join(BASIC)], "basic", folder.path());
    let low = imported(&[&official.join(RESOLVED)], "low", folder.path());
    for pack in [basic, low] {
        let path = pack.with_extension("json");
        std::fs::write(&path, export(&pack, "oscal-catalog").to_string()).unwrap();
        all.push(("catalog", path));
    }
    for (model, path) in &all {
        let document = json(path);
        let problems: Vec<String> = validators[model].iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
        // The validator looks: without its title no document is valid, nor with an id that is no token.
        let mut broken = document.clone();
        broken[if *model == "catalog" { "catalog" } else { "mapping-collection" }]["metadata"].as_object_mut().unwrap().remove("title");
        assert!(!validators[model].is_valid(&broken));
    }
}

#[test]
fn another_validator_says_the_same() {
    let Some(official) = official() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let able = |python: &Path| Command::new(python).args(["-c", "import jsonschema, regex"]).output().is_ok_and(|done| done.status.success());
    let Some(python) = [root.join("target/stock/python/bin/python"), PathBuf::from("python3")].into_iter().find(|python| able(python)) else {
        let told = "NOT TESTED: Python with jsonschema and regex is not installed; `.ci/run` shows how to get them";
        assert!(std::env::var_os("CI").is_none(), "{told}");
        eprintln!("{told}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let all = documents(folder.path());
    let run = |documents: &[(&str, PathBuf)]| {
        let arguments = documents.iter().flat_map(|(model, path)| [schema(&official, model), path.clone()]);
        Command::new(&python).arg(root.join("tests/stock/oscal.py")).args(arguments).output().unwrap()
    };
    let done = run(&all);
    assert!(done.status.success(), "{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains(&format!("{} documents, 0 errors", all.len())));
    let (model, path) = &all[0];
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, text.replacen("\"id\": \"", "\"id\": \"5", 1)).unwrap();
    assert!(!run(&[(model, path.clone())]).status.success());
}

/// Every text under a member of that name.
fn all<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v str>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| all(item, name, found)),
        Value::Object(members) => {
            for (own, value) in members {
                if own == name {
                    found.extend(value.as_str());
                }
                all(value, name, found);
            }
        }
        _ => {}
    }
}

#[test]
fn what_schemas_do_not_say_holds_too() {
    let folder = tempfile::tempdir().unwrap();
    let uuid = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").unwrap();
    for (_, path) in documents(folder.path()) {
        let document = json(&path);
        let collect = |name: &str| {
            let mut found = Vec::new();
            all(&document, name, &mut found);
            found
        };
        let (uuids, hrefs) = (collect("uuid"), collect("href"));
        let known: BTreeSet<&str> = uuids.iter().copied().collect();
        assert_eq!(known.len(), uuids.len(), "{}: a uuid stands twice", path.display());
        assert!(uuids.iter().all(|text| uuid.is_match(text)));
        let mut ids = Vec::new();
        for group in document["catalog"]["groups"].as_array().into_iter().flatten() {
            all(group, "id", &mut ids);
        }
        let different: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(different.len(), ids.len(), "{}: an id stands twice", path.display());
        for href in hrefs.iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(known.contains(href) || different.contains(href), "{}: #{href} leads nowhere", path.display());
        }
    }
}

#[test]
fn a_mapping_names_the_controls_of_the_pack_s_own_catalog() {
    let catalog = export(Path::new("iso-27002"), "oscal-catalog");
    let mapping = export(Path::new("iso-27002"), "oscal-mapping");
    let ids: BTreeSet<String> = titles(&catalog).into_iter().map(|(id, _)| id).collect();
    let own = format!("#{}", catalog["catalog"]["uuid"].as_str().unwrap());
    let mut maps = 0;
    for mapping in mapping["mapping-collection"]["mappings"].as_array().unwrap() {
        if mapping["source-resource"]["href"] != own.as_str() {
            continue;
        }
        for map in mapping["maps"].as_array().unwrap() {
            assert!(ids.contains(map["sources"][0]["id-ref"].as_str().unwrap()), "{map}");
            maps += 1;
        }
        assert!(mapping["remarks"].as_str().is_some_and(|told| told.starts_with("Ours: ") || told.starts_with("Official: ")));
    }
    let text: usize = rolecall::embedded::pack("iso-27002")
        .unwrap()
        .files
        .iter()
        .map(|file| String::from_utf8_lossy(file.bytes).matches("relation: ").count())
        .sum();
    assert_eq!(maps, text);
}

#[test]
fn the_same_pack_is_the_same_bytes_and_the_moment_is_what_was_said() {
    let run = |arguments: &[&str], epoch: Option<&str>| {
        let mut command = program();
        command.args(["pack", "export", "iso-27002", "--kind", "oscal-catalog"]).args(arguments);
        epoch.map(|epoch| command.env("SOURCE_DATE_EPOCH", epoch));
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(0));
        done.stdout
    };
    assert_eq!(run(&[], None), run(&[], None));
    let moment = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["catalog"]["metadata"]["last-modified"].clone();
    assert_eq!(moment(&run(&[], None)), "1970-01-01T00:00:00Z");
    assert_eq!(moment(&run(&[], Some("1700000000"))), "2023-11-14T22:13:20Z");
    assert_eq!(moment(&run(&["--as-of", "2026-11-29"], Some("1700000000"))), "2026-11-29T00:00:00Z");
    for (arguments, told) in [
        (&["iso-27002", "--as-of", "soon"][..], "`soon` is no date"),
        (&["iso-2702"], "did you mean `iso-27002`?"),
        (&["iso-27002", "--out", "."], "no plain file"),
        (&["iso-27002", "--out", "no/such/folder/x.json"], "cannot be written"),
    ] {
        let done = program().args(["pack", "export", "--kind", "oscal-catalog"]).args(arguments).output().unwrap();
        assert!(
            done.status.code() == Some(2) && String::from_utf8_lossy(&done.stderr).contains(told),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

const HEAD: &str = r#""uuid": "00000000-0000-4000-8000-000000000001", "metadata": {"title": "T", "last-modified": "2024-02-01T13:57:28Z", "version": "1", "oscal-version": "1.1.2"}"#;

#[test]
fn what_is_refused_leaves_nothing_behind_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("packs");
    let controls = |inside: &str| format!("{{\"catalog\": {{{HEAD}, \"controls\": [{inside}]}}}}");
    let many = vec![r#"{"id": "a", "title": "A"}"#; 200_000].join(",");
    let cases: Vec<(String, &str, &str)> = vec![
        (r#"{"system-security-plan": {}}"#.to_owned(), "oscal", "this is a system security plan"),
        (controls(r#"{"id": "a"}"#), "oscal", "/catalog/controls/0: missing field `title`"),
        (controls(r#"{"id": "a", "title": 5}"#), "oscal", "/catalog/controls/0/title: invalid type: integer `5`, expected a string"),
        (controls(r##"{"id": "a", "title": "A", "links": [{"href": "#b"}]}"##), "oscal-dangling", "/catalog/controls/0/links/0/href"),
        (controls(r#"{"id": "a", "title": "A {{ insert: param, x }}"}"#), "oscal-dangling", "/catalog/controls/0/title"),
        (controls(r#"{"id": "../a", "title": "A"}"#), "oscal", "/catalog/controls/0/id: `../a` is no id"),
        (controls(&many), "oscal-duplicate", "and 199949 more"),
        (controls(&"{\"controls\":[".repeat(50_000)), "oscal", "/controls/0/controls/..."),
        (controls("").replace("1.1.2", "2.0.0"), "oscal", "/catalog/metadata/oscal-version: `2.0.0`"),
        (
            format!("{{\"profile\": {{{HEAD}, \"imports\": [{{\"href\": \"x.json\"}}]}}}}"),
            "oscal-import",
            "/profile/imports/0/href: the profile imports x.json",
        ),
        (format!("{{\"profile\": {{{HEAD}, \"imports\": [{{\"href\": \"given.json\"}}]}}}}"), "oscal-cycle", "given.json -> given.json"),
    ];
    let file = folder.path().join("given.json");
    for (text, code, told) in cases {
        std::fs::write(&file, text).unwrap();
        let done = import(&[&file], &[], &out);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{told}: {said}");
        assert!(said.contains(&format!("error[{code}]: ")) && said.contains(told) && said.contains("given.json"), "{told}: {said}");
        assert!(!out.exists(), "{told}");
    }
    // 200 MB, most of it a hole.
    std::fs::write(&file, "{\"catalog\": {").unwrap();
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(200 << 20).unwrap();
    let done = import(&[&file], &[], &out);
    assert!(done.status.code() == Some(2) && String::from_utf8_lossy(&done.stderr).contains("more than"));
    assert!(!out.exists());
}

#[test]
fn a_profile_is_resolved_from_the_files_that_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, root: &str, inside: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{{\"{root}\": {{{HEAD}, {inside}}}}}")).unwrap();
        path
    };
    let one = write(
        "one.json",
        "catalog",
        r#""groups": [{"id": "g", "title": "G", "controls": [{"id": "a", "title": "A", "params": [{"id": "p", "label": "how often"}], "parts": [{"id": "a_s", "name": "statement", "prose": "Do it {{ insert: param, p }}."}]}, {"id": "b", "title": "B"}]}]"#,
    );
    let two = write("two.json", "catalog", r#""controls": [{"id": "c", "title": "C"}]"#);
    let profile = write(
        "profile.json",
        "profile",
        r#""imports": [{"href": "x/one.json", "include-controls": [{"with-ids": ["a"]}]}, {"href": "two.json"}], "merge": {"as-is": true}, "modify": {"set-parameters": [{"param-id": "p", "values": ["every day"]}]}"#,
    );
    let out = folder.path().join("packs");
    let done = import(&[&one, &two, &profile], &["--id", "p"], &out);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let control = std::fs::read_to_string(out.join("p/a.yaml")).unwrap();
    assert!(control.contains("determination: 'Do it every day.'"), "{control}");
    assert!(!out.join("p/b.yaml").exists() && out.join("p/c.yaml").exists());
    let pack = std::fs::read_to_string(out.join("p/pack.yaml")).unwrap();
    assert!(pack.contains("{ name: p, value: 'every day', about: 'how often' }"), "{pack}");
    assert_eq!(pack.matches("sha256: ").count(), 3, "each file is named");
    let back = export(&out.join("p"), "oscal-catalog");
    assert_eq!(back["catalog"]["groups"][0]["controls"][0]["parts"][0]["prose"], "Do it {{ insert: param, p }}.");
    // Without one of the files nothing is resolved.
    let done = import(&[&one, &profile], &["--id", "q"], &out);
    assert!(done.status.code() == Some(2) && String::from_utf8_lossy(&done.stderr).contains("the profile imports two.json"));
    assert!(!out.join("q").exists());
}
