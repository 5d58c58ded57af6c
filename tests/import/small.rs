//! Files of a few rows, each mistake alone: which code tells of it, and where.

use rolecall::diagnostic::Diagnostics;
use rolecall::import::{Import, InputFile, import};
use serde_json::{Value, json};

use super::common::xlsx::{Sheet, sheet, workbook};

fn read(name: &str, bytes: Vec<u8>) -> Result<Import, Diagnostics> {
    import(&InputFile { name: name.to_owned(), shown: name.to_owned(), bytes })
}

fn read_book(sheets: &[Sheet]) -> Result<Import, Diagnostics> {
    read("x.xlsx", workbook(sheets))
}

fn table(import: &Import, name: &str) -> Vec<Vec<String>> {
    import.pack.tables.iter().find(|table| table.name == name).unwrap().rows.clone()
}

fn of<'s>(sheets: &'s mut [Sheet], name: &str) -> &'s mut Sheet {
    sheets.iter_mut().find(|sheet| sheet.name == name).unwrap()
}

/// Sets a cell: row and column from 1 and A.
fn set(sheets: &mut [Sheet], name: &str, cell: &str, text: &str) {
    let column = usize::from(cell.as_bytes()[0] - b'A');
    let row = &mut of(sheets, name).rows[cell[1..].parse::<usize>().unwrap() - 1];
    row.resize(row.len().max(column + 1), String::new());
    text.clone_into(&mut row[column]);
}

/// The codes and places of what is wrong.
fn told(result: Result<Import, Diagnostics>) -> Vec<(&'static str, String)> {
    let problems = result.expect_err("a mistake is refused");
    problems
        .0
        .into_iter()
        .map(|problem| (problem.code, if problem.line > 0 { format!("{}:{}", problem.file, problem.line) } else { problem.file }))
        .collect()
}

fn nice() -> Vec<Sheet> {
    let head = "NICE Specialty Area|NICE Specialty Area Description|Work Role|Work Role Description|Work Role ID|KSAs|Tasks||OPM Code (Fed Use)";
    vec![
        sheet(
            "Table of Contents",
            &[
                "Contents",
                "As of 7/7/2020",
                head,
                "SECURELY PROVISION (SP) - Builds.",
                "Risk (RSK)|Area|Authorizer|Authorizes.|SP-RSK-001||||611",
                "||Assessor|Assesses.|SP-RSK-002||||612",
            ],
        )
        .merged(&["A4:G4", "A5:A6"]),
        sheet("SP-RSK-001 Tasks", &["|Authorizer (SP-RSK-001)", "", "||OPM 611", "Task ID|Task", "T0002|Do two.", "T0001|Do one."]),
        sheet("SP-RSK-001 KSAs", &["|Authorizer (SP-RSK-001)", "", "||OPM 611", "KSA ID|KSA", "Knowledge", "K0001|Know.", "Skills", "S0001|Can."])
            .merged(&["A5:B5", "A7:B7"]),
        sheet("SP-RSK-002 Tasks", &["|Assessor (SP-RSK-002)", "", "||OPM 612", "Task ID|Task", "T0001|Do one."]),
        sheet("SP-RSK-002 KSAs", &["|Assessor (SP-RSK-002)", "", "||OPM 612", "KSA ID|KSA", "Knowledge", "K0001|Know."]).merged(&["A5:B5"]),
        sheet("Master Task List", &["Tasks", "", "Task ID|Task Description|Withdrawn?", "T0001|Do one.", "T0002|Do two.|X"]),
        sheet("Master KSA List", &["KSAs", "", "KSA ID|KSA Description|Withdrawn?", "Knowledge", "K0001|Know.", "Skills", "S0001|Can."])
            .merged(&["A4:B4", "A6:B6"]),
    ]
}

type Edit = Box<dyn Fn(&mut Vec<Sheet>)>;

#[test]
fn each_mistake_in_the_workbook_of_2017_is_refused_with_its_place() {
    let sound = read_book(&nice()).unwrap();
    let roles = table(&sound, "work_roles");
    assert_eq!(roles[1], ["SP-RSK-002", "612", "Assessor", "SECURELY PROVISION (SP)", "Risk (RSK)", "Assesses."]);
    assert_eq!(table(&sound, "tasks"), [["T0001", "Do one.", ""], ["T0002", "Do two.", "X"]]);
    assert_eq!(table(&sound, "role_tasks"), [["SP-RSK-001", "611", "T0002"], ["SP-RSK-001", "611", "T0001"], ["SP-RSK-002", "612", "T0001"]]);
    assert!(sound.notes.is_empty(), "{}", sound.notes);
    let (toc, tasks, ksas, master) = ("Table of Contents", "SP-RSK-001 Tasks", "SP-RSK-001 KSAs", "Master Task List");
    let cell = |name: &'static str, cell: &'static str, text: &'static str| -> Edit { Box::new(move |sheets| set(sheets, name, cell, text)) };
    let merge = |name: &'static str, region: &'static str| -> Edit { Box::new(move |sheets| of(sheets, name).merged.push(region.to_owned())) };
    let cases: Vec<(&str, Edit, &str, &str)> = vec![
        ("a renamed sheet", Box::new(|sheets| of(sheets, "SP-RSK-001 Tasks").name = "SP-RSK-001 Task".to_owned()), "import-sheet", ""),
        ("no master list", Box::new(|sheets| sheets.retain(|sheet| sheet.name != "Master KSA List")), "import-sheet", ""),
        ("an older issue", cell(toc, "A2", "As of 1/18/2018"), "import-edition", "sheet `Table of Contents`, cell A2"),
        ("no issue", cell(toc, "A2", "Some day"), "import-edition", "sheet `Table of Contents`"),
        ("an issue that is no day", cell(toc, "A2", "As of 13/13/2020"), "import-edition", "sheet `Table of Contents`, cell A2"),
        ("a head that is gone", cell(master, "B3", "Wording"), "import-column", "sheet `Master Task List`, cell A3"),
        ("a head that stands twice", cell(master, "D3", "Task ID"), "import-column", "sheet `Master Task List`, cell D3"),
        (
            "no heads",
            Box::new(|sheets| {
                set(sheets, "SP-RSK-001 Tasks", "A4", "Number");
                set(sheets, "SP-RSK-001 Tasks", "B4", "Words");
            }),
            "import-column",
            "sheet `SP-RSK-001 Tasks`",
        ),
        ("merged ids", merge(tasks, "A5:A6"), "import-merged", "sheet `SP-RSK-001 Tasks`, cell A5"),
        ("merged codes", merge(toc, "I5:I6"), "import-merged", "sheet `Table of Contents`, cell I5"),
        ("merged words", merge(master, "B4:C5"), "import-merged", "sheet `Master Task List`, cell B4"),
        ("a code twice", cell(toc, "I6", "611"), "import-duplicate", "sheet `Table of Contents`, cell I6"),
        ("a role twice", cell(toc, "E6", "SP-RSK-001"), "import-duplicate", "sheet `Table of Contents`, cell E6"),
        ("a task twice", cell(master, "A5", "T0001"), "import-duplicate", "sheet `Master Task List`, cell A5"),
        ("a task that does not exist", cell(tasks, "A6", "T9999"), "import-dangling", "sheet `SP-RSK-001 Tasks`, cell A6"),
        ("a sheet of another role", cell(tasks, "B1", "Other (SP-RSK-009)"), "import-role", "sheet `SP-RSK-001 Tasks`"),
        ("a sheet with another code", cell(ksas, "C3", "OPM 999"), "import-role", "sheet `SP-RSK-001 KSAs`"),
        (
            "a role that the contents lack",
            Box::new(|sheets| drop(of(sheets, "Table of Contents").rows.pop())),
            "import-role",
            "sheet `SP-RSK-002 Tasks`",
        ),
        ("a role of another category", cell(toc, "A4", "OVERSEE (OV) - Oversees."), "import-role", "sheet `Table of Contents`, cell E5"),
        ("words that differ", cell(tasks, "B5", "Do three."), "import-count", "sheet `SP-RSK-001 Tasks`, cell B5"),
        ("an unknown mark", cell(master, "C5", "?"), "import-value", "sheet `Master Task List`, cell C5"),
        ("a task without words", cell(master, "B5", ""), "import-value", "sheet `Master Task List`, cell B5"),
        ("an id that is none", cell(tasks, "A6", "T01"), "import-value", "sheet `SP-RSK-001 Tasks`, cell A6"),
        ("an id in a section of others", cell(ksas, "A7", "Abilities"), "import-value", "sheet `SP-RSK-001 KSAs`, cell A8"),
        (
            "a role without an area",
            Box::new(|sheets| of(sheets, "Table of Contents").merged.truncate(1)),
            "import-value",
            "sheet `Table of Contents`, cell A6",
        ),
        ("an empty list", Box::new(|sheets| of(sheets, "SP-RSK-002 Tasks").rows.truncate(4)), "import-count", "sheet `SP-RSK-002 Tasks`"),
    ];
    for (title, edit, code, place) in cases {
        let mut sheets = nice();
        edit(&mut sheets);
        let told = told(read_book(&sheets));
        let file = if place.is_empty() { "x.xlsx".to_owned() } else { format!("x.xlsx, {place}") };
        assert!(told.contains(&(code, file)), "{title}: {told:?}");
    }
}

#[test]
fn columns_are_found_by_their_heads_wherever_they_are_moved() {
    let sound = read_book(&nice()).unwrap().pack.tables;
    let mut moved = nice();
    for row in of(&mut moved, "Table of Contents").rows.iter_mut().skip(2) {
        row.resize(9, String::new());
        row.swap(2, 4);
        row.swap(3, 8);
    }
    for row in of(&mut moved, "Master Task List").rows.iter_mut().skip(2) {
        row.resize(3, String::new());
        row.rotate_left(1);
    }
    for row in of(&mut moved, "SP-RSK-001 Tasks").rows.iter_mut().skip(3) {
        row.swap(0, 1);
    }
    assert_eq!(read_book(&moved).unwrap().pack.tables, sound);
    // Cells that no head belongs to change nothing, however far off.
    let mut noted = nice();
    set(&mut noted, "Master Task List", "Z4", "by the way");
    noted.push(sheet("Notes", &["hello"]));
    assert_eq!(read_book(&noted).unwrap().pack.tables, sound);
}

#[test]
fn slips_that_change_nothing_are_told() {
    let mut sheets = nice();
    of(&mut sheets, "SP-RSK-001 Tasks").rows.push(vec!["T0002".to_owned(), String::new()]);
    set(&mut sheets, "SP-RSK-002 KSAs", "A4", "Knowledge");
    let import = read_book(&sheets).unwrap();
    let notes: Vec<(&str, &str)> = import.notes.0.iter().map(|note| (note.code, note.file.as_str())).collect();
    assert_eq!(
        notes,
        [
            ("import-mended", "x.xlsx, sheet `SP-RSK-001 Tasks`, cell B7"),
            ("import-repeated", "x.xlsx, sheet `SP-RSK-001 Tasks`, cell A7"),
            ("import-mended", "x.xlsx, sheet `SP-RSK-002 KSAs`, cell A4"),
        ]
    );
    assert_eq!(import.pack.tables, read_book(&nice()).unwrap().pack.tables);
    // Only where all that stands there are ids.
    set(&mut sheets, "SP-RSK-002 KSAs", "A6", "words");
    assert!(told(read_book(&sheets)).contains(&("import-column", "x.xlsx, sheet `SP-RSK-002 KSAs`, cell A4".to_owned())));
}

fn dcwf() -> Vec<Sheet> {
    vec![
        sheet("Info Sheet", &["", "||Current Version (as of 25 July 2025): v5.1"]),
        sheet("Change Log", &["Previous Version:|5.0 (as of 01-24-2025)", "Current Version:|5.1 (as of 07-25-2025)"]),
        sheet("Master Task & KSA List", &["DCWF #|#|A|Task/KSA", "391|391||Task|Acquire.", "22A|22|A|KSA|Know."]),
        sheet(
            "DCWF Roles",
            &[
                "",
                "|Element||Work Role|DCWF Code|NCWF ID|Work Role Definition",
                "|Cyber (CS)||Manager|722|OG-WRL-014|Manages.",
                "|||Analyst|511||Analyses.",
            ],
        )
        .merged(&["B3:B4"]),
        sheet(
            "(CS-722) Manager",
            &[
                "DCWF Roles",
                "Element||Work Role (DCWF Code)",
                "Cyber||Manager (722)",
                "",
                "",
                "DCWF #|Task/KSA||Core (C) Or Additional(A)",
                "391|Task|Acquire.|C",
            ],
        ),
        sheet(
            "(CS-511) Analyst",
            &["", "", "||Analyst (511)", "", "", "DCWF #|Task/KSA||Core (C) Or Additional(A)", "22A|KSA|Know.|A", "391|Task|Acquire.|"],
        ),
    ]
}

#[test]
fn each_mistake_in_the_tool_of_the_dod_is_refused_with_its_place() {
    let sound = read_book(&dcwf()).unwrap();
    assert_eq!(sound.pack.id, "dcwf-5.1-official");
    assert_eq!(table(&sound, "work_roles")[1], ["511", "Analyst", "", "Cyber (CS)", "Analyses."]);
    assert_eq!(table(&sound, "role_statements"), [["722", "391", "task", "C"], ["511", "22A", "ksa", "A"], ["511", "391", "task", ""]]);
    assert_eq!(sound.pack.provenance[0].published.as_deref(), Some("2025-07-25"));
    let (info, log, master, roles, role) = ("Info Sheet", "Change Log", "Master Task & KSA List", "DCWF Roles", "(CS-722) Manager");
    for (title, name, cell, text, code, place) in [
        ("an older version", info, "C2", "Current Version (as of 24 January 2025): v5.0", "import-edition", "sheet `Change Log`, cell B2"),
        ("another version in the log", log, "B2", "5.2 (as of 07-25-2026)", "import-edition", "sheet `Change Log`, cell B2"),
        ("no version", info, "C2", "Version five", "import-edition", "sheet `Info Sheet`"),
        ("a head over the words", master, "E1", "Text", "import-column", "sheet `Master Task & KSA List`, cell E1"),
        ("a head that is gone", roles, "F2", "NICE", "import-column", "sheet `DCWF Roles`, cell B2"),
        ("a number twice", master, "A3", "391", "import-duplicate", "sheet `Master Task & KSA List`, cell A3"),
        ("a number that is none", master, "A3", "22AA", "import-value", "sheet `Master Task & KSA List`, cell A3"),
        ("an unknown kind", master, "D3", "Skill", "import-value", "sheet `Master Task & KSA List`, cell D3"),
        ("a code twice", roles, "E4", "722", "import-duplicate", "sheet `DCWF Roles`, cell E4"),
        ("a code that is none", roles, "E4", "51", "import-value", "sheet `DCWF Roles`, cell E4"),
        ("a statement that does not exist", role, "A7", "392", "import-dangling", "sheet `(CS-722) Manager`, cell A7"),
        ("another role's sheet", role, "C3", "Manager (723)", "import-role", "sheet `(CS-722) Manager`"),
        ("an unknown mark", role, "D7", "B", "import-value", "sheet `(CS-722) Manager`, cell D7"),
        ("words that differ", role, "C7", "Require.", "import-count", "sheet `(CS-722) Manager`, cell C7"),
    ] {
        let mut sheets = dcwf();
        set(&mut sheets, name, cell, text);
        let told = told(read_book(&sheets));
        assert!(told.contains(&(code, format!("x.xlsx, {place}"))), "{title}: {told:?}");
    }
    let renamed = |from: &str, to: &str| {
        let mut sheets = dcwf();
        of(&mut sheets, from).name = to.to_owned();
        told(read_book(&sheets))
    };
    assert!(renamed(role, "Manager").contains(&("import-sheet", "x.xlsx".to_owned())), "a role without its sheet");
    assert!(renamed(role, "(CS-723) Manager").contains(&("import-role", "x.xlsx, sheet `(CS-723) Manager`".to_owned())));
    assert!(renamed(roles, "Roles").contains(&("import-sheet", "x.xlsx".to_owned())));
    let mut merged = dcwf();
    of(&mut merged, role).merged.push("A7:B7".to_owned());
    assert_eq!(told(read_book(&merged)), [("import-merged", "x.xlsx, sheet `(CS-722) Manager`, cell A7".to_owned())]);
    for (from, to) in [("v5.1", "v5.0"), ("5.1 (", "5.0 (")] {
        let mut older = dcwf();
        let (name, cell) = if from.starts_with('v') { (info, "C2") } else { (log, "B2") };
        let text = if from.starts_with('v') { "Current Version (as of 25 July 2025): v5.1" } else { "5.1 (as of 07-25-2025)" };
        set(&mut older, name, cell, &text.replace(from, to));
        assert!(told(read_book(&older)).iter().all(|(code, _)| *code == "import-edition"));
    }
}

#[test]
fn a_later_version_of_the_same_layout_is_an_edition_of_its_own() {
    let mut later = dcwf();
    set(&mut later, "Info Sheet", "C2", "Current Version (as of 30 July 2026): v5.2");
    set(&mut later, "Change Log", "B2", "5.2 (as of 07-30-2026)");
    let import = read_book(&later).unwrap();
    assert_eq!((import.pack.id.as_str(), import.pack.framework.as_deref()), ("dcwf-5.2-official", Some("dcwf-5.2")));
    let mut later = nice();
    set(&mut later, "Table of Contents", "A2", "As of 1/2/2021");
    let import = read_book(&later).unwrap();
    assert_eq!((import.pack.id.as_str(), import.pack.provenance[0].published.as_deref()), ("nice-2017-official", Some("2021-01-02")));
}

#[test]
fn a_statement_that_stands_twice_is_core_where_one_line_says_so() {
    let mut sheets = dcwf();
    of(&mut sheets, "(CS-511) Analyst").rows.push("391|Task|Acquire.|C".split('|').map(str::to_owned).collect());
    let import = read_book(&sheets).unwrap();
    assert_eq!(table(&import, "role_statements")[2], ["511", "391", "task", "C"]);
    let note = &import.notes.0[0];
    assert_eq!((note.code, note.file.as_str()), ("import-repeated", "x.xlsx, sheet `(CS-511) Analyst`, cell A9"));
}

fn components() -> Value {
    let element =
        |kind: &str, id: &str, title: &str, text: &str| json!({"element_type": kind, "element_identifier": id, "title": title, "text": text});
    let related =
        |from: &str, to: &str| json!({"source_element_identifier": from, "dest_element_identifier": to, "relationship_identifier": "projection"});
    json!({
        "documents": [{"doc_identifier": "SP_800_181_2_2_0", "name": "NICE", "version": "2.2.0"}],
        "relationship_types": [],
        "elements": [
            element("category", "OG", "OVERSIGHT", "Oversees."),
            element("work_role", "OG-WRL-017", "Supply Chain", "Responsible."),
            element("task", "T0001", "", "Do one."),
            element("skill", "S0001", "", "Skill in one."),
            element("opm_code", "722", "", ""),
            element("competency_area", "NF-COM-001", "Area", "Describes."),
            element("sort", "S-OG", "1", ""),
        ],
        "relationships": [
            related("OG", "OG-WRL-017"),
            related("OG", "S-OG"),
            related("OG-WRL-017", "T0001"),
            related("OG-WRL-017", "722"),
            related("NF-COM-001", "S0001"),
        ],
    })
}

#[test]
fn an_export_is_read_with_and_without_its_wrapper_and_its_edition_is_its_own() {
    let plain = json!({ "elements": components() });
    let wrapped = json!({ "response": { "requestType": "x", "elements": components() } });
    let import = |value: &Value| read("x.json", value.to_string().into_bytes());
    let (plain, wrapped) = (import(&plain).unwrap(), import(&wrapped).unwrap());
    assert_eq!((plain.pack.id.as_str(), plain.pack.framework.as_deref()), ("nice-2.2.0-official", Some("nice-2.2.0")));
    assert_eq!(plain.pack.tables, wrapped.pack.tables);
    assert_eq!(table(&plain, "work_roles"), [["OG-WRL-017", "Supply Chain", "OG", "Responsible."]]);
    assert_eq!(table(&plain, "role_statements"), [["OG-WRL-017", "task", "T0001"]]);
    assert_eq!(table(&plain, "area_statements"), [["NF-COM-001", "skill", "S0001"]]);
    assert_eq!(table(&plain, "role_codes"), [["OG-WRL-017", "722"]]);
}

#[test]
fn each_mistake_in_an_export_is_refused() {
    for (title, pointer, value, code) in [
        ("another edition", "/documents/0/version", json!("1.0.0"), "import-edition"),
        ("the edition before", "/documents/0/version", json!("2.0.0"), "import-edition"),
        ("an edition that steers a path", "/documents/0/version", json!("2.2.0/../x"), "import-edition"),
        ("no document", "/documents", json!([]), "import-edition"),
        ("an id twice", "/elements/3/element_identifier", json!("T0001"), "import-duplicate"),
        ("an empty id", "/elements/3/element_identifier", json!(""), "import-value"),
        ("an unknown kind", "/elements/3/element_type", json!("ability"), "import-value"),
        ("a task without words", "/elements/2/text", json!(" "), "import-value"),
        ("a pair whose task is not there", "/relationships/2/dest_element_identifier", json!("T9999"), "import-dangling"),
        ("a role without a category", "/relationships/0/dest_element_identifier", json!("S-OG"), "import-role"),
        ("no element", "/elements", json!({}), "import-value"),
        ("a number for a text", "/elements/2/text", json!(1), "import-value"),
    ] {
        let mut export = components();
        *export.pointer_mut(pointer).unwrap() = value;
        let told = told(read("x.json", json!({ "elements": export }).to_string().into_bytes()));
        assert!(told.iter().any(|(found, _)| *found == code), "{title}: {told:?}");
    }
}

#[test]
fn an_export_that_is_no_whole_json_is_refused() {
    let text = json!({ "elements": components() }).to_string();
    for broken in [&text[..text.len() - 1], &text.replacen("\"T0001\"", "\"T0001\",\"text\":\"twice\",\"text\":\"x\"", 1), &"[".repeat(100_000)] {
        assert!(read("x.json", broken.as_bytes().to_vec()).is_err());
    }
}

const CODES: &str = "\
000,\"Not Applicable -  Does not involve (IT), at all.\",12/01/2016,Present
722,\"Manager- Security, all - Manages. (Oversee)\",12/01/2016,Present
";

#[test]
fn the_code_list_is_read_and_each_mistake_in_it_refused() {
    let import = read("x.csv", CODES.as_bytes().to_vec()).unwrap();
    let rows = table(&import, "codes");
    assert_eq!(rows[0], ["000", "Not Applicable", "", "Does not involve (IT), at all.", "", "2016-12-01", ""]);
    assert_eq!(rows[1], ["722", "Manager", "Security, all", "Manages.", "Oversee", "2016-12-01", ""]);
    assert_eq!(import.pack.id, "opm-2016-official");
    assert_eq!((import.notes.0[0].code, import.notes.0[0].line), ("import-mended", 2));
    for (from, to, code) in [
        ("722,", "72,", "import-value"),
        ("722,", "000,", "import-duplicate"),
        ("Manager- Security, all - Manages. (Oversee)", "", "import-value"),
        ("(Oversee)\",12/01/2016", "(Oversee)\",12/32/2016", "import-value"),
        ("(Oversee)\",12/01/2016,", "(Oversee)\",", "import-csv"),
        ("(Oversee)\"", "(Oversee)\"x", "import-csv"),
    ] {
        let told = told(read("x.csv", CODES.replacen(from, to, 1).into_bytes()));
        assert!(told.contains(&(code, "x.csv:2".to_owned())), "{from}: {told:?}");
    }
}

#[test]
fn what_is_no_official_file_is_said_to_be_none() {
    let other = workbook(&[sheet("Sheet1", &["a"])]);
    let components = workbook(&[sheet("v2.1.0 TKS Statements", &["a"]), sheet("OG-WRL-001", &["a"])]);
    for bytes in [other, components, b"a,b\n1,2\n".to_vec(), b"{}".to_vec(), Vec::new(), b"%PDF-1.7".to_vec()] {
        assert_eq!(told(read("x", bytes)), [("import-unknown", "x".to_owned())]);
    }
}
