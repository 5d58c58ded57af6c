//! Official files become packs: with the counts that another reader finds, the
//! same bytes each time, and never half of one.

#[path = "../common/mod.rs"]
mod common;
mod refusals;
mod small;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{files, organisation, program, scan};

mod official {
    pub const NICE_2017: &str = "nice-2017_specialty-areas_work-role_ksas_and_tasks_2020-07-07.xlsx";
    pub const COMPONENTS: &str = "nice-framework-components_v2.1.0_cprt.json";
    pub const DCWF: &str = "dcwf-work-role-tool_v5.1_2025-07-25.xlsx";
    pub const DCWF_LIST: &str = "dcwf-master-task-ksa-list_with-nist-sp-ids.xlsx";
    pub const OPM: &str = "opm-cybersecurity-codes_2016-12.csv";
    pub const ALL: [&str; 5] = [NICE_2017, COMPONENTS, DCWF, DCWF_LIST, OPM];
}

/// An official file; none where the folder of them is not beside the repository.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.is_file() {
        eprintln!("NOT TESTED: ../shared/data/{name} is not there");
        return None;
    }
    Some(path)
}

/// Imports files into a folder.
fn import(out: &Path, paths: &[PathBuf], options: &[&str]) -> Output {
    program().args(["pack", "import", "--out"]).arg(out).args(options).args(paths).output().unwrap()
}

/// As [`import`], and it must work.
fn imported(out: &Path, paths: &[PathBuf]) -> Output {
    let done = import(out, paths, &[]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    done
}

/// Rows of a CSV file, without its heads.
fn rows(file: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let rows = rolecall::import::csv::rows("", &bytes).unwrap();
    rows.into_iter().skip(1).map(|(_, row)| row).collect()
}

fn all_bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder).into_iter().map(|file| (file.clone(), std::fs::read(folder.join(file)).unwrap())).collect()
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

/// All official files, imported together.
fn every_pack(folder: &Path) -> Option<Output> {
    let paths: Option<Vec<PathBuf>> = official::ALL.into_iter().map(shared).collect();
    Some(imported(folder, &paths?))
}

#[test]
fn official_files_have_their_counts_and_every_note_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(done) = every_pack(folder.path()) else { return };
    let said = String::from_utf8(done.stdout).unwrap();
    for (pack, table, count) in [
        ("nice-2017-official", "work-roles", 52),
        ("nice-2017-official", "tasks", 1_006),
        ("nice-2017-official", "role-tasks", 1_339),
        ("nice-2017-official", "ksas", 634 + 377 + 177),
        ("nice-2017-official", "role-ksas", 3_267),
        ("nice-2.1.0-official", "work-roles", 41),
        ("nice-2.1.0-official", "role-codes", 40),
        ("nice-2.1.0-official", "categories", 5),
        ("nice-2.1.0-official", "statements", 946 + 662 + 540),
        ("nice-2.1.0-official", "role-statements", 5_334),
        ("nice-2.1.0-official", "competency-areas", 11),
        ("dcwf-5.1-official", "work-roles", 74),
        ("dcwf-5.1-official", "statements", 1_277 + 1_668),
        // 6,646 lines, ten of which stand there twice.
        ("dcwf-5.1-official", "role-statements", 6_636),
        ("opm-2016-official", "codes", 53),
    ] {
        let found = rows(&folder.path().join(pack).join(format!("tables/{table}.csv")));
        assert_eq!(found.len(), count, "{pack} {table}");
        assert!(said.contains(&format!("{count:>7}  tables/{table}.csv\n")), "{table}: {said}");
    }
    let column = |pack: &str, table: &str, at: usize| -> Vec<String> {
        rows(&folder.path().join(pack).join(format!("tables/{table}.csv"))).into_iter().map(|row| row[at].clone()).collect()
    };
    let count = |texts: &[String], wanted: &str| texts.iter().filter(|text| text.starts_with(wanted)).count();
    assert_eq!(count(&column("nice-2017-official", "tasks", 2), "X"), 3, "withdrawn tasks");
    assert_eq!(count(&column("nice-2017-official", "ksas", 2), "X"), 50, "withdrawn KSAs");
    let ksas = column("nice-2017-official", "ksas", 0);
    assert_eq!((count(&ksas, "K"), count(&ksas, "S"), count(&ksas, "A")), (634, 377, 177));
    let kinds = column("nice-2.1.0-official", "statements", 1);
    assert_eq!((count(&kinds, "task"), count(&kinds, "knowledge"), count(&kinds, "skill")), (946, 662, 540));
    assert_eq!(count(&column("nice-2.1.0-official", "role-statements", 1), "task"), 1_429);
    let kinds = column("dcwf-5.1-official", "statements", 1);
    assert_eq!((count(&kinds, "task"), count(&kinds, "ksa")), (1_277, 1_668));
    // With the editions at hand, links are told to be equal where the words are, and lead to what is there.
    let links = rows(&folder.path().join("dcwf-nist-ids-official/links/dcwf-5.1_nice-2017.csv"));
    let known: BTreeSet<String> = column("nice-2017-official", "tasks", 0).into_iter().chain(ksas).collect();
    let numbers: BTreeSet<String> = column("dcwf-5.1-official", "statements", 0).into_iter().collect();
    assert!(links.iter().all(|link| numbers.contains(&link[0]) && known.contains(&link[1])));
    assert_eq!(links.len(), 1_892);
    assert!(links.contains(&["391", "T0001", "equal-to"].map(str::to_owned).to_vec()));
    assert!(links.contains(&["731A", "T0158", "intersects-with"].map(str::to_owned).to_vec()), "worded anew by the DoD");
    let notes = String::from_utf8(done.stderr).unwrap();
    for (code, sheet, cell) in [
        ("import-repeated", "OV-EXL-001 Tasks", "A18"),
        ("import-mended", "OM-DTA-002 KSAs", "A4"),
        ("import-mended", "OV-MGT-002 KSAs", "B38"),
        ("import-repeated", "(EN-901) Executive Cyber Leader", "A60"),
        ("import-mended", "Master Task & KSA List", "E2257"),
    ] {
        let place = format!("sheet `{sheet}`, cell {cell}\n");
        let told = notes.split("\n\n").any(|note| note.starts_with(&format!("note[{code}]")) && format!("{note}\n").contains(&place));
        assert!(told, "{place}{notes}");
    }
    assert_eq!(notes.matches("note[import-repeated]").count(), 4 + 10);
}

#[test]
fn another_reader_finds_the_same() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stock/official.py");
    // The system's own may be another one than the first on the path.
    let has = |python: &&str| Command::new(python).args(["-c", "import openpyxl"]).output().is_ok_and(|done| done.status.success());
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has) else {
        let told = "NOT TESTED: no python3 with openpyxl is installed; `.ci/run` shows how to get them";
        assert!(std::env::var_os("CI").is_none(), "{told}");
        eprintln!("{told}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    if every_pack(folder.path()).is_none() {
        return;
    }
    for (kind, file, pack) in [
        ("nice-2017", official::NICE_2017, "nice-2017-official"),
        ("components", official::COMPONENTS, "nice-2.1.0-official"),
        ("dcwf", official::DCWF, "dcwf-5.1-official"),
        ("dcwf-list", official::DCWF_LIST, "dcwf-nist-ids-official"),
        ("opm", official::OPM, "opm-2016-official"),
    ] {
        let done = Command::new(python).arg(&script).arg(kind).arg(shared(file).unwrap()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let tables: BTreeMap<String, Vec<Vec<String>>> = serde_json::from_slice(&done.stdout).unwrap();
        let ours: BTreeSet<String> = files(&folder.path().join(pack))
            .into_iter()
            .filter_map(|file| Some(file.strip_prefix("tables").ok()?.file_stem()?.to_str()?.to_owned()))
            .collect();
        for (name, theirs) in tables {
            if name == "links" {
                // Their list is whole; ours leaves out what neither edition has.
                let theirs: BTreeSet<Vec<String>> = theirs.into_iter().collect();
                let links = rows(&folder.path().join(pack).join("links/dcwf-5.1_nice-2017.csv"));
                assert!(theirs.len() == 2_007 && links.iter().all(|link| theirs.contains(&link[..2])));
                continue;
            }
            assert!(ours.contains(&name), "{pack} {name}");
            let ours = rows(&folder.path().join(pack).join(format!("tables/{name}.csv")));
            assert_eq!(ours.len(), theirs.len(), "{pack} {name}");
            assert!(sorted(ours) == sorted(theirs), "{pack} {name}: other rows");
        }
    }
}

#[test]
fn the_same_files_give_the_same_bytes_wherever_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = every_pack(&folder.path().join("a")) else { return };
    let copies = folder.path().join("some/where");
    std::fs::create_dir_all(&copies).unwrap();
    for name in official::ALL {
        std::fs::copy(shared(name).unwrap(), copies.join(name)).unwrap();
    }
    let paths: Vec<PathBuf> = official::ALL.iter().map(|name| copies.join(name)).collect();
    imported(&folder.path().join("b"), &paths);
    let first = all_bytes(&folder.path().join("a"));
    assert!(first.len() > 15 && first == all_bytes(&folder.path().join("b")));
    // Over an untouched import, the same again; over a changed one, nothing.
    imported(&folder.path().join("b"), &paths);
    assert!(first == all_bytes(&folder.path().join("b")));
    std::fs::write(folder.path().join("b/opm-2016-official/tables/codes.csv"), "changed").unwrap();
    let before = all_bytes(&folder.path().join("b"));
    let done = import(&folder.path().join("b"), &paths, &[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("error[import-target]"));
    assert!(before == all_bytes(&folder.path().join("b")), "none is replaced where one cannot be");
}

#[test]
fn every_import_passes_lint_and_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = every_pack(folder.path()) else { return };
    let lint = program().args(["pack", "lint"]).arg(folder.path()).output().unwrap();
    assert_eq!(lint.status.code(), Some(0), "{}", String::from_utf8_lossy(&lint.stderr));
    assert_eq!(String::from_utf8(lint.stdout).unwrap().matches("-official: 0 errors, 0 warnings\n").count(), 5);
    // A scan takes them beside the built-in packs, and its report names them.
    let scan = scan(&organisation("meridian"), &["--packs-dir", folder.path().to_str().unwrap()]);
    let named: Vec<&str> = scan.report["inputs"]["frameworks"].as_array().unwrap().iter().map(|pack| pack["id"].as_str().unwrap()).collect();
    for id in ["nice-2017-official", "nice-2.1.0-official", "dcwf-5.1-official", "dcwf-nist-ids-official", "opm-2016-official"] {
        assert!(named.contains(&id), "{id}: {named:?}");
        let text = std::fs::read_to_string(folder.path().join(id).join("pack.yaml")).unwrap();
        assert!(text.contains("\nlicence: ") && text.contains("\nprovenance:\n  - { file: ") && text.contains("sha256: "), "{text}");
        assert!(!text.contains(folder.path().to_str().unwrap()) && !text.contains("shared"), "no path: {text}");
    }
    let bytes = std::fs::read(shared(official::OPM).unwrap()).unwrap();
    let pack = std::fs::read_to_string(folder.path().join("opm-2016-official/pack.yaml")).unwrap();
    assert!(pack.contains(&rolecall::digest::sha256_hex(&bytes)));
}
