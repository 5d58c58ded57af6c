//! The cybersecurity codes of OPM's data standard: a CSV file without heads,
//! each row a code, `name - specialty - definition (category)`, and the days
//! from and to which it is in force.
//!
//! Rows keep the order of the file.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{one_line, some};
use super::{Import, ImportedPack, ImportedTable, InputFile, american_date, csv};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Whether a text file is meant to be this list: its first row has a code of three digits and a day.
#[must_use]
pub fn is(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let code = line.trim_start_matches('"').split([',', '"']).next().unwrap_or_default();
    is_code(code) && line.contains('/') && line.matches(',').count() >= 3
}

/// What the second column holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    title: String,
    specialty: String,
    definition: String,
    category: String,
    /// Whether a dash that divides has no blank before it.
    mended: bool,
}

/// Reads the list.
///
/// # Errors
/// Everything in it that is not as the layout demands.
pub fn read(file: &InputFile) -> Result<Import, Diagnostics> {
    let rows = csv::rows(&file.shown, &file.bytes).map_err(|problem| Diagnostics::from(*problem))?;
    let (mut problems, mut notes) = (Diagnostics::default(), Diagnostics::default());
    let at = |line: usize, code: &'static str, message: String, help: &str| {
        let mut found = Diagnostic::new(code, file.shown.clone(), message);
        (found.line, found.help) = (line, Some(help).filter(|help| !help.is_empty()).map(|help| format!("expected: {help}")));
        found
    };
    let (mut codes, mut seen, mut year) = (Vec::new(), BTreeSet::new(), String::new());
    for (line, row) in rows {
        let [code, told, from, to] = row.as_slice() else {
            let message = format!("the row has {} cells", row.len());
            problems.push(at(line, "import-csv", message, "four: code, description, from, to"));
            continue;
        };
        let code = code.trim();
        if !is_code(code) {
            problems.push(at(line, "import-value", format!("`{code}` is no code"), "three digits"));
        } else if !seen.insert(code.to_owned()) {
            problems.push(at(line, "import-duplicate", format!("code `{code}` stands there twice"), "each code once"));
        }
        let words = words(told);
        if words.title.is_empty() || words.definition.is_empty() {
            problems.push(at(line, "import-value", format!("`{told}` is no description"), "name - specialty - definition (category)"));
        }
        if words.mended {
            notes.push(at(
                line,
                "import-mended",
                format!("a dash in the description of `{code}` has no blank before it; it divides all the same"),
                "",
            ));
        }
        let [from, to] = [from, to].map(|day| if day.trim() == "Present" { Some(String::new()) } else { american_date(day.trim()) });
        let (Some(from), Some(to)) = (from, to) else {
            problems.push(at(line, "import-value", format!("the days of `{code}` are none"), "MM/DD/YYYY, or `Present` as the last"));
            continue;
        };
        year = year.max(from.get(..4).unwrap_or_default().to_owned());
        codes.push(vec![code.to_owned(), words.title, words.specialty, words.definition, words.category, from, to]);
    }
    if codes.is_empty() && problems.is_empty() {
        problems.push(at(0, "import-count", "the list is empty".to_owned(), "53 codes, as the list of 2016 has"));
    }
    if year.is_empty() && problems.is_empty() {
        problems.push(at(0, "import-edition", "no code has a day from which it is in force".to_owned(), "MM/DD/YYYY in the third column"));
    }
    if !problems.is_empty() {
        return Err(some(problems, &file.shown));
    }
    let first = codes.iter().filter_map(|row| row.get(5)).filter(|day| !day.is_empty()).max().cloned();
    let columns = ["code", "title", "specialty", "definition", "category", "from", "to"];
    let pack = ImportedPack {
        id: format!("opm-{year}-official"),
        title: format!("OPM cybersecurity codes {year}"),
        version: first.clone().unwrap_or_default(),
        edition: year.clone(),
        standard: "OPM cybersecurity data standard".to_owned(),
        description: "The codes by which the US Office of Personnel Management marks cybersecurity positions.".to_owned(),
        framework: Some(format!("opm-{year}")),
        names: vec![format!("OPM {year}")],
        licence: super::US_GOVERNMENT.to_owned(),
        provenance: vec![file.provenance("US Office of Personnel Management", &year, first.as_deref())],
        tables: vec![ImportedTable::new("codes", "codes.csv", &columns, codes).entries("code", "definition")],
        ..ImportedPack::default()
    };
    Ok(Import { pack, notes, texts: BTreeMap::new() })
}

/// Divides `name - specialty - definition (category)`. Code 000 has neither specialty nor category.
fn words(told: &str) -> Words {
    let told = one_line(told);
    let (rest, category) = match told.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((rest, category)) => (rest, category),
        None => (told.as_str(), ""),
    };
    let mut mended = false;
    let mut parts = Vec::new();
    let mut rest = rest;
    while parts.len() < 2 {
        let Some((part, after)) = rest.split_once("- ") else { break };
        mended |= !part.ends_with(' ');
        parts.push(part.trim_end().to_owned());
        rest = after;
    }
    let mut parts = parts.into_iter();
    let (title, specialty) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Words { title, specialty, definition: rest.trim().to_owned(), category: category.to_owned(), mended }
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn descriptions_are_divided_at_the_first_two_dashes() {
        let parts = |text: &str| {
            let words = words(text);
            [words.title, words.specialty, words.definition, words.category, words.mended.to_string()]
        };
        assert_eq!(
            parts("Multi-Lingual Clerk - Desk - Files  all - and more (of it). (Office)"),
            ["Multi-Lingual Clerk", "Desk", "Files all - and more (of it).", "Office", "false"]
        );
        assert_eq!(parts("Clerk- Desk - Files all. (Office)"), ["Clerk", "Desk", "Files all.", "Office", "true"]);
        assert_eq!(parts("None -  Does nothing (IT)."), ["None", "", "Does nothing (IT).", "", "false"]);
        assert_eq!(parts("Clerk"), ["", "", "Clerk", "", "false"]);
    }
}
