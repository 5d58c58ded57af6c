//! Workbooks for tests: made of a few rows, or official ones with a part changed.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A sheet to make.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    pub name: String,
    /// Cells from column A; whole numbers become numbers, empty texts no cell.
    pub rows: Vec<Vec<String>>,
    pub merged: Vec<String>,
}

/// A sheet of rows, each written as `a|b|c`.
pub fn sheet(name: &str, rows: &[&str]) -> Sheet {
    let rows = rows.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect();
    Sheet { name: name.to_owned(), rows, merged: Vec::new() }
}

impl Sheet {
    /// With merged cells.
    pub fn merged(mut self, regions: &[&str]) -> Self {
        self.merged = regions.iter().map(|region| (*region).to_owned()).collect();
        self
    }

    fn xml(&self) -> String {
        let mut out = String::from(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#);
        for (number, row) in (1..).zip(&self.rows) {
            out.push_str(&format!("<row r=\"{number}\">"));
            for (column, cell) in (0..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
                let place = rolecall::workbook::cell_name(number, column);
                out.push_str(&match cell.parse::<u32>() {
                    Ok(value) => format!("<c r=\"{place}\"><v>{value}</v></c>"),
                    Err(_) => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(cell)),
                });
            }
            out.push_str("</row>");
        }
        out.push_str("</sheetData>");
        if !self.merged.is_empty() {
            let cells: String = self.merged.iter().map(|region| format!("<mergeCell ref=\"{region}\"/>")).collect();
            out.push_str(&format!("<mergeCells>{cells}</mergeCells>"));
        }
        out + "</worksheet>"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The parts of a workbook with these sheets.
pub fn parts(sheets: &[Sheet]) -> Vec<(String, Vec<u8>)> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let numbered = || (1..).zip(sheets);
    let listed: String =
        numbered().map(|(id, sheet)| format!("<sheet name=\"{}\" sheetId=\"{id}\" r:id=\"rId{id}\"/>", escaped(&sheet.name))).collect();
    let related: String =
        numbered().map(|(id, _)| format!("<Relationship Id=\"rId{id}\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>")).collect();
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        ("xl/workbook.xml".to_owned(), format!("<workbook xmlns:r=\"{office}\"><sheets>{listed}</sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("<Relationships xmlns=\"{package}\">{related}</Relationships>")),
    ];
    parts.extend(numbered().map(|(id, sheet)| (format!("xl/worksheets/sheet{id}.xml"), sheet.xml())));
    parts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

/// A workbook with these sheets.
pub fn workbook(sheets: &[Sheet]) -> Vec<u8> {
    zipped(&parts(sheets), CompressionMethod::Stored)
}

/// An archive of parts.
pub fn zipped(parts: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// All parts of a workbook.
pub fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let name = String::from_utf8(entry.name_raw().to_vec()).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

/// The part that holds a sheet.
pub fn part_of(parts: &[(String, Vec<u8>)], sheet: &str) -> String {
    let text = |name: &str| String::from_utf8(parts.iter().find(|(part, _)| part == name).unwrap().1.clone()).unwrap();
    let of = |text: &str, tag: &str, has: &str, key: &str| -> String {
        let found = text.split(&format!("<{tag} ")).find(|found| found.contains(has)).unwrap_or_else(|| panic!("no {tag} with {has}"));
        found.split_once(&format!("{key}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    let id = of(&text("xl/workbook.xml"), "sheet", &format!("name=\"{}\"", escaped(sheet)), "r:id");
    format!("xl/{}", of(&text("xl/_rels/workbook.xml.rels"), "Relationship", &format!("Id=\"{id}\""), "Target"))
}

/// A workbook with a text exchanged in one part; the text must be there.
pub fn changed(bytes: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut parts = unzipped(bytes);
    let (_, content) = parts.iter_mut().find(|(name, _)| name == part).unwrap_or_else(|| panic!("no part {part}"));
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{part} has no `{from}`");
    *content = text.replacen(from, to, 1).into_bytes();
    zipped(&parts, CompressionMethod::Stored)
}

/// A workbook with the cell of a sheet replaced by a text.
pub fn with_cell(bytes: &[u8], sheet: &str, cell: &str, text: &str) -> Vec<u8> {
    let parts = unzipped(bytes);
    let part = part_of(&parts, sheet);
    let content = String::from_utf8(parts.iter().find(|(name, _)| *name == part).unwrap().1.clone()).unwrap();
    let start = content.find(&format!("<c r=\"{cell}\"")).unwrap_or_else(|| panic!("no cell {cell}"));
    let rest = &content[start..];
    let whole = match (rest.find("/>"), rest.find("</c>")) {
        (Some(empty), Some(end)) if empty < end && !rest[..empty].contains('>') => empty + 2,
        (_, Some(end)) => end + 4,
        _ => panic!("no end of {cell}"),
    };
    changed(bytes, &part, &rest[..whole], &format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(text)))
}
