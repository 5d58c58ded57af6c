//! An older master list of the DoD Cyber Workforce Framework, which still has a
//! column with the id of NIST SP 800-181 beside each number. It becomes links
//! only: from the numbers of the framework to the ids of NICE 2017.
//!
//! The list does not say that a task is the same, only which one it came from:
//! a link is `equal-to` where both texts are at hand and equal, else
//! `intersects-with`. The texts come from the files that are imported together
//! with it ([`settle`]). Links keep the order of the list.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, cell, head, one_line};
use super::{Import, ImportedLink, ImportedLinks, ImportedPack, ImportedTable, InputFile, dcwf_tool};
use crate::diagnostic::{Diagnostic, Diagnostics};

const NIST: &str = "NIST SP #";
const FROM: &str = "dcwf-5.1";
const TO: &str = "nice-2017";

/// Whether a workbook with these sheets is meant to be this one.
#[must_use]
pub fn is(names: &[String]) -> bool {
    matches!(names, [only] if only == dcwf_tool::MASTER)
}

/// Reads the list.
///
/// # Errors
/// Everything in it that is not as the layout demands.
pub fn read(file: &InputFile) -> Result<Import, Diagnostics> {
    let mut book = Book::open(file)?;
    let sheet = book.sheet(dcwf_tool::MASTER).unwrap_or_default();
    let (statements, _) = dcwf_tool::master(&mut book, &sheet);
    let mut links = Vec::new();
    if let Some(heads) = book.heads(&sheet, &[head(&["DCWF #"]), head(&[NIST])]) {
        let column = heads.at(1);
        book.merged(&sheet, &heads, &[column], |_| false);
        let rows: BTreeMap<u32, _> = sheet.rows.iter().map(|row| (row.number, row)).collect();
        for statement in &statements {
            let Some(row) = rows.get(&statement.row).filter(|row| !row.text(column).is_empty()) else { continue };
            let id = row.text(column);
            let sound = id.strip_prefix(['T', 'K', 'S', 'A']).is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|byte| byte.is_ascii_digit()));
            if !sound || (statement.kind == "task") != id.starts_with('T') {
                let message = format!("`{id}` is no NIST id of a {}", statement.kind);
                book.wrong("import-value", &sheet.name, cell(row, column), message, "T0001 for a task; K0001, S0001 or A0001 for a KSA");
            }
            let relation = "intersects-with".to_owned();
            links.push(ImportedLink { from: statement.number.clone(), to: id.to_owned(), relation, origin: None });
        }
        if links.is_empty() {
            book.wrong("import-count", &sheet.name, None, format!("no row has a `{NIST}`"), "NIST ids beside the numbers");
        }
    }
    let notes = book.finish()?;
    let origin = format!("official: DCWF master list with NIST SP numbers, {}", file.name);
    let pack = ImportedPack {
        id: "dcwf-nist-ids-official".to_owned(),
        title: "DoD Cyber Workforce Framework: NIST SP 800-181 ids of its statements".to_owned(),
        version: "1".to_owned(),
        edition: "unlabelled".to_owned(),
        standard: "DoD Cyber Workforce Framework".to_owned(),
        description: "Which statement of NICE 2017 each number of the framework goes back to, as an older master list says.".to_owned(),
        licence: "US Government work: not subject to copyright in the United States".to_owned(),
        provenance: vec![file.provenance("US Department of Defense", "unlabelled", None)],
        links: vec![ImportedLinks { from: FROM.to_owned(), to: TO.to_owned(), file: format!("links/{FROM}_{TO}.csv"), origin, rows: links }],
        ..ImportedPack::default()
    };
    let texts = statements.into_iter().map(|statement| (statement.number, statement.text)).collect();
    Ok(Import { pack, notes, texts })
}

/// Compares the texts of both sides where the files of both are imported together,
/// and leaves out numbers and ids that those editions do not have.
pub(super) fn settle(imports: &mut [Import], shown: &[String]) {
    let packs: Vec<ImportedPack> = imports.iter().map(|import| &import.pack).filter(|pack| pack.links.is_empty()).cloned().collect();
    let words = |framework: &str| -> Option<(BTreeMap<String, String>, &ImportedPack)> {
        let pack = packs.iter().find(|pack| pack.framework.as_deref() == Some(framework))?;
        let texts = pack.tables.iter().filter(|table| table.words.as_deref() == Some("text")).flat_map(entries);
        Some((texts.collect(), pack))
    };
    let (tool, nice) = (words(FROM), words(TO));
    for (import, shown) in imports.iter_mut().zip(shown).filter(|(import, _)| !import.pack.links.is_empty()) {
        let Some(links) = import.pack.links.iter_mut().find(|links| links.from == FROM && links.to == TO) else { continue };
        let mut left_out = BTreeSet::new();
        links.rows.retain(|row| {
            let known = |side: &Option<(BTreeMap<String, String>, _)>, id: &String| side.as_ref().is_none_or(|(texts, _)| texts.contains_key(id));
            let keep = known(&tool, &row.from) && known(&nice, &row.to);
            if !keep {
                left_out.insert(row.from.clone());
            }
            keep
        });
        for row in &mut links.rows {
            let left = tool.as_ref().map_or(import.texts.get(&row.from), |(texts, _)| texts.get(&row.from));
            let right = nice.as_ref().and_then(|(texts, _)| texts.get(&row.to));
            if let (Some(left), Some(right)) = (left, right)
                && plain(left) == plain(right)
            {
                "equal-to".clone_into(&mut row.relation);
            }
        }
        for (_, pack) in tool.iter().chain(&nice) {
            import.pack.provenance.extend(pack.provenance.iter().cloned());
        }
        if !left_out.is_empty() {
            let numbers: Vec<String> = left_out.into_iter().collect();
            let message = format!("{} numbers are not linked: an edition that is imported with the list does not have them", numbers.len());
            import.notes.push(Diagnostic::new("import-left-out", shown.clone(), message).help(format!("they are {}", numbers.join(", "))));
        }
        if nice.is_none() {
            let message = "no link is told to be equal: the words of NICE 2017 are not at hand";
            let help = "give the NICE 2017 workbook, and the DCWF tool, in the same call";
            import.notes.push(Diagnostic::new("import-unlinked", shown.clone(), message).help(help));
        }
    }
}

/// Ids and words of a table of entries.
fn entries(table: &ImportedTable) -> impl Iterator<Item = (String, String)> {
    let column = |name: &Option<String>| table.columns.iter().position(|column| Some(column) == name.as_ref());
    let (key, words) = (column(&table.key), column(&table.words));
    table.rows.iter().filter_map(move |row| Some((row.get(key?)?.clone(), row.get(words?)?.clone())))
}

/// A text without blanks and full stop at its end: what decides whether two are equal.
fn plain(text: &str) -> String {
    one_line(text).trim_end_matches('.').trim_end().to_owned()
}
