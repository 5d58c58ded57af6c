//! Official files with one thing changed, and files that mean harm: refused
//! with the place and what was expected, and nothing is written.

use std::path::Path;
use std::time::Instant;

use zip::CompressionMethod;

use super::common::xlsx::{changed, part_of, sheet, unzipped, with_cell, workbook, zipped};
use super::{import, official, shared};

/// Imports these bytes under a name: it must be refused, and leave nothing; gives what was said.
fn refused(name: &str, bytes: &[u8], code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    let done = import(&folder.path().join("out/packs"), &[file], &[]);
    let said = String::from_utf8(done.stderr).unwrap().replace(folder.path().to_str().unwrap(), "<dir>");
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("error[{code}]: ")), "{code}: {said}");
    assert!(said.contains("  = help: ") && done.stdout.is_empty(), "{said}");
    assert!(!folder.path().join("out").exists(), "something was written");
    said
}

fn read(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(name)?).unwrap())
}

/// The first of these texts in the shared texts of a workbook exchanged.
fn with_text(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    changed(bytes, "xl/sharedStrings.xml", from, to)
}

#[test]
fn damaged_copies_of_the_workbook_of_2017_are_refused() {
    let Some(bytes) = read(official::NICE_2017) else { return };
    let parts = unzipped(&bytes);
    let tasks = part_of(&parts, "OV-MGT-001 Tasks");
    let refuse = |bytes: &[u8], code: &str, place: &str| {
        let said = refused("nice.xlsx", bytes, code);
        assert!(said.contains(place), "{place}: {said}");
    };
    refuse(&with_text(&bytes, "As of 7/7/2020", "As of 1/18/2018"), "import-edition", "nice.xlsx, sheet `Table of Contents`, cell A2\n");
    refuse(
        &changed(&bytes, "xl/workbook.xml", "\"OV-MGT-001 Tasks\"", "\"OV-MGT-001 Duties\""),
        "import-sheet",
        "no sheet is named `OV-MGT-001 Tasks`",
    );
    refuse(&with_cell(&bytes, "OV-MGT-001 Tasks", "A9", "T9999"), "import-dangling", "sheet `OV-MGT-001 Tasks`, cell A9\n");
    refuse(&with_cell(&bytes, "OV-MGT-001 Tasks", "B1", "A role"), "import-role", "sheet `OV-MGT-001 Tasks`\n");
    refuse(&with_cell(&bytes, "Master Task List", "A5", "T0001"), "import-duplicate", "sheet `Master Task List`, cell A5\n");
    refuse(&with_cell(&bytes, "Table of Contents", "I6", "611"), "import-duplicate", "sheet `Table of Contents`, cell I6\n");
    refuse(&with_cell(&bytes, "Table of Contents", "E5", ""), "import-value", "sheet `Table of Contents`, cell E5\n");
    let merged = changed(&bytes, &tasks, "<mergeCell ref=", "<mergeCell ref=\"A7:A8\"/><mergeCell ref=");
    refuse(&merged, "import-merged", "sheet `OV-MGT-001 Tasks`, cell A7\n");
    refuse(&with_text(&bytes, ">Withdrawn?<", ">Gone?<"), "import-column", "sheet `Master Task List`, cell A3\n");
}

#[test]
fn damaged_copies_of_the_tool_of_the_dod_are_refused() {
    let Some(bytes) = read(official::DCWF) else { return };
    let said = refused("dcwf.xlsx", &with_cell(&bytes, "Info Sheet", "C29", "Current Version (as of 24 Jan 2025): v5.0"), "import-edition");
    assert!(said.contains("the change log is of version `5.1`, the information sheet of `5.0`"), "{said}");
    let said = refused("dcwf.xlsx", &with_cell(&bytes, "(CS-722) ISSM", "A8", "99999"), "import-dangling");
    assert!(said.contains("sheet `(CS-722) ISSM`, cell A8\n"), "{said}");
    let renamed = changed(&bytes, "xl/workbook.xml", "\"(CS-722) ISSM\"", "\"ISSM\"");
    assert!(refused("dcwf.xlsx", &renamed, "import-sheet").contains("no sheet is named after the role 722"));
}

#[test]
fn of_several_files_none_is_imported_where_one_is_wrong() {
    let (Some(good), Some(codes)) = (shared(official::OPM), read(official::OPM)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, [codes.as_slice(), b"111,again - x - y (z),12/01/2016,Present\n"].concat()).unwrap();
    let out = folder.path().join("packs");
    let done = import(&out, &[good.clone(), bad], &[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("bad.csv:54\n"));
    assert!(!out.exists());
    assert_eq!(import(&out, &[good.clone(), good.clone()], &["--id", "x"]).status.code(), Some(2), "one id for two packs");
    assert_eq!(import(&out, &[good.clone(), good.clone()], &[]).status.code(), Some(2), "the same pack twice");
    assert_eq!(import(&out, std::slice::from_ref(&good), &["--id", "../x"]).status.code(), Some(2));
    assert!(!out.exists());
    assert_eq!(import(&out, &[good], &["--id", "codes"]).status.code(), Some(0));
    assert!(out.join("codes/tables/codes.csv").is_file());
}

#[test]
fn workbooks_that_mean_harm_are_refused_at_once() {
    let sound = workbook(&[sheet("DCWF Roles", &["a"])]);
    let with = |name: &str, bytes: Vec<u8>| {
        let mut parts = unzipped(&sound);
        parts.retain(|(part, _)| part != name);
        parts.push((name.to_owned(), bytes));
        zipped(&parts, CompressionMethod::Deflated)
    };
    let began = Instant::now();
    assert!(refused("x.xlsx", &with("xl/vbaProject.bin", b"x".to_vec()), "workbook-macros").contains("xl/vbaProject.bin"));
    refused(
        "x.xlsx",
        &with("[Content_Types].xml", b"<Types><Default ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/></Types>".to_vec()),
        "workbook-macros",
    );
    refused("x.xlsx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old or encrypted", "workbook-format");
    refused("x.xlsx", &with("xl/workbook.bin", b"x".to_vec()), "workbook-format");
    refused("x.xlsx", &sound[..sound.len() / 2], "workbook-broken");
    // A sheet of 100 MB, a hundred kilobytes in the archive.
    let mut large = b"<worksheet><sheetData>".to_vec();
    large.resize(100_000_000, b' ');
    let bomb = with("xl/worksheets/sheet1.xml", large);
    assert!(bomb.len() < 1_000_000);
    assert!(refused("x.xlsx", &bomb, "workbook-too-large").contains("`xl/worksheets/sheet1.xml` has more than 67108864 bytes"));
    // More cells than are read, and a list that claims to be longer than it is.
    let cells = format!("<worksheet><sheetData><row r=\"1\">{}</row></sheetData></worksheet>", "<c/>".repeat(2_000_001));
    refused("x.xlsx", &with("xl/worksheets/sheet1.xml", cells.into_bytes()), "workbook-too-large");
    refused("x.xlsx", &with("xl/sharedStrings.xml", b"<sst uniqueCount=\"99999999999999\"></sst>".to_vec()), "workbook-damaged");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn what_a_person_reads_on_three_mistakes() {
    let Some(bytes) = read(official::NICE_2017) else { return };
    let renamed = changed(&bytes, "xl/workbook.xml", "\"OV-MGT-001 Tasks\"", "\"OV-MGT-001 Task\"");
    let mut said = String::new();
    for (title, bytes, code) in [
        ("an older issue", with_text(&bytes, "As of 7/7/2020", "As of 1/18/2018"), "import-edition"),
        ("a renamed sheet", renamed, "import-sheet"),
        ("a task that no list has", with_cell(&bytes, "OV-MGT-001 Tasks", "A9", "T9999"), "import-dangling"),
    ] {
        said.push_str(&format!("# {title}\n{}\n", refused("nice.xlsx", &bytes, code)));
    }
    insta::with_settings!({ snapshot_path => Path::new("../snapshots"), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("import__mistakes_in_official_files", said);
    });
}
