//! Workbooks from strangers: whatever is in them, the reader ends, and says so.

mod common;

use common::xlsx::{Sheet, parts, sheet, workbook, zipped};
use proptest::prelude::*;
use rolecall::workbook::{Kind, Limits, Region, Trouble, Workbook, WorkbookError};
use zip::CompressionMethod;

const SMALL: Limits = Limits { part: 1 << 20, total: 4 << 20, cells: 10_000, text: 1 << 16 };

/// Opens a workbook and reads every sheet.
fn read(bytes: &[u8], limits: Limits) -> Result<Vec<rolecall::workbook::Sheet>, WorkbookError> {
    let mut book = Workbook::open(bytes, limits)?;
    let names: Vec<String> = book.sheets().iter().map(|sheet| sheet.name.clone()).collect();
    names.iter().map(|name| book.sheet(name)).collect()
}

/// The parts of a workbook with everything in it that a sheet can have.
fn rich() -> Vec<(String, Vec<u8>)> {
    let mut parts = parts(&[sheet("One", &["a|1", "b|2"]).merged(&["A1:A2"]), sheet("Two & more", &["x"])]);
    let text = |name: &str, from: &str, to: &str, parts: &mut Vec<(String, Vec<u8>)>| {
        let (_, bytes) = parts.iter_mut().find(|(part, _)| part == name).unwrap();
        *bytes = String::from_utf8(bytes.clone()).unwrap().replacen(from, to, 1).into_bytes();
    };
    let cells = "<row r=\"7\"><c r=\"B7\" t=\"s\"><v>1</v></c><c r=\"C7\" t=\"str\"><f>A1&amp;\"x\"</f><v>ax</v></c><c r=\"D7\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>\
        <c r=\"E7\" s=\"1\"><v>45000.5</v></c><c r=\"F7\" t=\"b\"><v>1</v></c><c r=\"G7\"><f t=\"shared\" si=\"0\" ref=\"G7:G8\">B1+1</f><v>0.1</v></c></row>\
        <row r=\"1048576\"><c r=\"XFD1048576\"><v>9</v></c></row></sheetData>";
    text("xl/worksheets/sheet1.xml", "</sheetData>", cells, &mut parts);
    text("xl/workbook.xml", "sheetId=\"2\"", "sheetId=\"2\" state=\"hidden\"", &mut parts);
    let strings = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><sst count=\"2\" uniqueCount=\"2\"><si><t>zero</t></si><si><r><t>o</t></r><r><t xml:space=\"preserve\">ne </t></r></si></sst>";
    let styles = "<styleSheet><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd\"/></numFmts><fonts><font><name val=\"A\"/></font></fonts>\
        <cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
    for (name, content) in [("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)] {
        parts.push((name.to_owned(), content.as_bytes().to_vec()));
    }
    parts
}

#[test]
fn cells_are_told_as_spreadsheets_show_them() {
    let sheets = read(&zipped(&rich(), CompressionMethod::Deflated), SMALL).unwrap();
    let [one, two] = sheets.as_slice() else { panic!("{sheets:?}") };
    assert_eq!((one.hidden, two.hidden, two.name.as_str()), (false, true, "Two & more"));
    assert_eq!(one.merged, [Region { top: 1, left: 0, bottom: 2, right: 0 }]);
    assert_eq!((one.merged[0].to_string().as_str(), one.merged[0].covers(2, 0), one.merged[0].covers(2, 1)), ("A1:A2", true, false));
    assert_eq!(one.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 7, 1_048_576]);
    let row = &one.rows[2];
    let cell = |column: u32| row.cell(column).map(|cell| (cell.kind, cell.text.as_str(), cell.formula)).unwrap();
    assert_eq!(row.text(0), "");
    assert_eq!(cell(1), (Kind::Text, "one ", false));
    assert_eq!(cell(2), (Kind::Text, "ax", true));
    assert_eq!(cell(3), (Kind::Error, "#DIV/0!", true));
    assert_eq!(cell(4), (Kind::Date, "2023-03-15T12:00:00", false));
    assert_eq!(cell(5), (Kind::Boolean, "true", false));
    assert_eq!(cell(6), (Kind::Number, "0.1", true));
    assert_eq!(one.rows[3].cells[0].column, 16_383);
}

#[test]
fn a_sheet_is_never_larger_than_its_cells() {
    // Two cells in far corners, out of order; a text that many cells share.
    let corners = "<worksheet><sheetData><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c><c r=\"A1048576\"><v>2</v></c></row>\
        <row r=\"1\"><c r=\"A1\"><v>3</v></c></row></sheetData></worksheet>";
    let mut made = parts(&[sheet("One", &["a"])]);
    made[4].1 = corners.as_bytes().to_vec();
    let sheets = read(&zipped(&made, CompressionMethod::Stored), SMALL).unwrap();
    let texts: Vec<Vec<&str>> = sheets[0].rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect();
    assert_eq!(texts, [vec!["3"], vec!["2", "1"]]);
    let row: String = (1..200).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>")).collect();
    made[4].1 = format!("<worksheet><sheetData>{row}</sheetData></worksheet>").into_bytes();
    made.push(("xl/sharedStrings.xml".to_owned(), format!("<sst uniqueCount=\"1\"><si><t>{}</t></si></sst>", "x".repeat(1_000)).into_bytes()));
    let refused = read(&zipped(&made, CompressionMethod::Stored), SMALL).unwrap_err();
    assert!(matches!(refused.trouble, Trouble::TooLarge { .. }), "{refused:?}");
    assert_eq!(refused.sheet.as_deref(), Some("One"));
    // A cell that stands twice would be read in one way here and in another elsewhere.
    made[4].1 = b"<worksheet><sheetData><row r=\"7\"><c r=\"B7\"><v>1</v></c><c r=\"B7\"><v>2</v></c></row></sheetData></worksheet>".to_vec();
    let refused = read(&zipped(&made, CompressionMethod::Stored), SMALL).unwrap_err();
    assert_eq!(refused.diagnostic("x.xlsx").file, "x.xlsx, sheet `One`, cell B7");
}

#[test]
fn what_does_not_fit_the_limits_is_refused() {
    let sound = zipped(&rich(), CompressionMethod::Deflated);
    for (limits, fits) in [
        (SMALL, true),
        (Limits { part: 200, ..SMALL }, false),
        (Limits { total: 1_000, ..SMALL }, false),
        (Limits { cells: 11, ..SMALL }, false),
        (Limits { cells: 12, ..SMALL }, true),
        (Limits { text: 10, ..SMALL }, false),
    ] {
        let read = read(&sound, limits);
        assert_eq!(read.is_ok(), fits, "{limits:?} {read:?}");
        assert!(fits || read.is_err_and(|error| error.code() == "workbook-too-large"));
    }
    let twice = workbook(&[sheet("One", &["a"]), Sheet { name: "ONE".to_owned(), ..Sheet::default() }]);
    assert_eq!(read(&twice, SMALL).unwrap_err().code(), "workbook-damaged");
}

/// What is put in at a place: bytes that mean something in a workbook.
const WORDS: [&str; 24] = [
    "<c r=\"A99999999999\">",
    "<row r=\"4294967296\">",
    "<row r=\"0\">",
    "ref=\"B2:A1\"",
    "uniqueCount=\"18446744073709551615\"",
    "uniqueCount=\"9999999\"",
    "<!-- ",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x ",
    "?>",
    "<!DOCTYPE a [",
    "\"",
    "'",
    "<",
    ">",
    "/>",
    "&#0;",
    "&x;",
    "t=\"s\"",
    "</c>",
    "_xD800_",
    "<v>1e999</v>",
];

/// Changes: where, in thousandths of the whole; how; with which byte or word.
fn changes() -> impl Strategy<Value = Vec<(usize, u8, usize)>> {
    proptest::collection::vec((0..1_000_usize, 0..4_u8, 0..256_usize), 1..6)
}

fn apply(bytes: &mut Vec<u8>, changes: &[(usize, u8, usize)]) {
    for (place, how, with) in changes {
        let at = bytes.len() * place / 1_000;
        match how {
            0 if at < bytes.len() => bytes[at] = u8::try_from(*with).unwrap(),
            1 => drop(bytes.drain(at..(at + with % 40).min(bytes.len()))),
            2 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, WORDS[with % WORDS.len()].bytes())),
        }
    }
}

/// The reader ends with an answer, which is never that it failed itself.
fn stands(bytes: &[u8]) {
    match read(bytes, SMALL) {
        Ok(sheets) => assert!(sheets.iter().map(|sheet| sheet.rows.len()).sum::<usize>() <= 10_000),
        Err(error) => assert_ne!(error.code(), "workbook-fault", "{error:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_the_archive_fells_the_reader(changes in changes(), stored in any::<bool>()) {
        let method = if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let mut bytes = zipped(&rich(), method);
        apply(&mut bytes, &changes);
        stands(&bytes);
    }

    #[test]
    fn no_change_of_the_xml_within_fells_the_reader(part in 0..16_usize, changes in changes()) {
        let mut parts = rich();
        let count = parts.len();
        apply(&mut parts[part % count].1, &changes);
        stands(&zipped(&parts, CompressionMethod::Stored));
    }
}
