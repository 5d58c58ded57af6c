//! The files of an imported pack: `pack.yaml` and one CSV file a table or crosswalk.

use std::fmt::Write as _;

use super::{ImportedLinks, ImportedPack, ImportedTable, Provenance};
use crate::pack::load::digest;

/// How the last line of an imported `pack.yaml` begins: the digest by which an
/// import that nobody changed since is known.
const SEAL: &str = "# as imported: ";

/// All files of a pack, sorted by path.
#[must_use]
pub fn files(pack: &ImportedPack) -> Vec<(String, Vec<u8>)> {
    let mut files = pack.files.clone();
    files.extend(pack.tables.iter().map(|table| (table.file.clone(), table_csv(table).into_bytes())));
    files.extend(pack.links.iter().map(|links| (links.file.clone(), links_csv(links).into_bytes())));
    files.push(("pack.yaml".to_owned(), pack_yaml(pack).into_bytes()));
    files.sort();
    let seal = seal(&files);
    if let Some((_, bytes)) = files.iter_mut().find(|(path, _)| path == "pack.yaml") {
        bytes.extend_from_slice(format!("{SEAL}{seal}\n").as_bytes());
    }
    files
}

/// What lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// An import as it was written.
    Import,
    /// An import that somebody changed.
    Changed,
    /// Something else.
    Other,
}

/// What these files of a folder are.
#[must_use]
pub fn found(mut files: Vec<(String, Vec<u8>)>) -> Found {
    let Some((_, pack)) = files.iter_mut().find(|(path, _)| path == "pack.yaml") else { return Found::Other };
    let text = String::from_utf8_lossy(pack).into_owned();
    if !text.lines().any(|line| line.starts_with("provenance:")) {
        return Found::Other;
    }
    let Some((at, told)) = text.rfind(SEAL).and_then(|at| Some((at, text.get(at + SEAL.len()..)?.trim_end().to_owned()))) else {
        return Found::Changed;
    };
    *pack = text.get(..at).unwrap_or_default().as_bytes().to_vec();
    files.sort();
    if seal(&files) == told { Found::Import } else { Found::Changed }
}

fn seal(files: &[(String, Vec<u8>)]) -> String {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    digest(&files)
}

fn pack_yaml(pack: &ImportedPack) -> String {
    let mut out = String::from("# Written by `rolecall pack import`: the publisher's own words and ids.\n");
    for (key, value) in [
        ("id", &pack.id),
        ("title", &pack.title),
        ("version", &pack.version),
        ("edition", &pack.edition),
        ("standard", &pack.standard),
        ("description", &pack.description),
    ] {
        line(&mut out, &format!("{key}: {}", scalar(value)));
    }
    if let Some(framework) = &pack.framework {
        line(&mut out, &format!("framework: {}", scalar(framework)));
    }
    if !pack.names.is_empty() {
        line(&mut out, &format!("names: {}", list(&pack.names)));
    }
    if pack.tables.iter().any(|table| table.words.is_some()) {
        line(&mut out, "wording: publisher");
    }
    line(&mut out, &format!("licence: {}", scalar(&pack.licence)));
    line(&mut out, "provenance:");
    for Provenance { file, sha256, publisher, edition, published } in &pack.provenance {
        let published = published.as_ref().map(|day| format!(", published: {}", scalar(day))).unwrap_or_default();
        let (file, sha256, publisher, edition) = (scalar(file), scalar(sha256), scalar(publisher), scalar(edition));
        line(&mut out, &format!("  - {{ file: {file}, sha256: {sha256}, publisher: {publisher}, edition: {edition}{published} }}"));
    }
    out.push_str(&pack.more);
    if !pack.tables.is_empty() {
        line(&mut out, "tables:");
    }
    for table in &pack.tables {
        line(&mut out, &format!("  - name: {}", scalar(&table.name)));
        line(&mut out, &format!("    file: {}", scalar(&table.file)));
        line(&mut out, &format!("    columns: {}", list(&table.columns)));
        for (key, value) in [("key", &table.key), ("words", &table.words)] {
            if let Some(value) = value {
                line(&mut out, &format!("    {key}: {}", scalar(value)));
            }
        }
        if let Some((column, framework)) = &table.ids {
            line(&mut out, &format!("    ids: {{ column: {}, of: {} }}", scalar(column), scalar(framework)));
        }
    }
    if !pack.links.is_empty() {
        line(&mut out, "links:");
    }
    for ImportedLinks { from, to, file, origin, .. } in &pack.links {
        let (from, to, file, origin) = (scalar(from), scalar(to), scalar(file), scalar(origin));
        line(&mut out, &format!("  - {{ from: {from}, to: {to}, file: {file}, origin: {origin} }}"));
    }
    out
}

fn line(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}

/// A text as YAML: plain where nothing else could be meant, else in quotes.
#[must_use]
pub fn scalar(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    if text.chars().all(|character| !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Every control character lies below U+10000.
                let _ = write!(out, "\\u{:04X}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| scalar(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn table_csv(table: &ImportedTable) -> String {
    let mut out = csv_line(table.columns.iter().map(String::as_str));
    for row in &table.rows {
        out.push_str(&csv_line(row.iter().map(String::as_str)));
    }
    out
}

fn links_csv(links: &ImportedLinks) -> String {
    let origins = links.rows.iter().any(|row| row.origin.is_some());
    let mut out = String::from(if origins { "from,to,relation,origin\n" } else { "from,to,relation\n" });
    for row in &links.rows {
        let own = origins.then(|| row.origin.as_deref().unwrap_or(&links.origin));
        out.push_str(&csv_line([row.from.as_str(), &row.to, &row.relation].into_iter().chain(own)));
    }
    out
}

/// A line of CSV (RFC 4180), ended by LF; quotes only where they are needed.
fn csv_line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(csv_cell).collect();
    // A line of one empty cell would be read as no line at all.
    if cells.len() == 1 && cells.iter().all(String::is_empty) { "\"\"\n".to_owned() } else { format!("{}\n", cells.join(",")) }
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_only_where_it_must_be() {
        assert_eq!(csv_line(["a", "", "b c", "=1"]), "a,,b c,=1\n");
        assert_eq!(csv_line(["a,b", "say \"x\"", "two\nlines"]), "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
        assert_eq!(csv_line([""]), "\"\"\n");
    }

    #[test]
    fn any_text_comes_back_from_yaml_as_it_was() {
        for text in ["plain", "2017", "no", "a: b", "it's", "", " x ", "two\nlines", "\u{7}\u{85}\u{feff}\\\"", "# x", "[a]", "ä"] {
            let origin = crate::yaml::decode("x.yaml", format!("id: {}\n", scalar(text)).as_bytes()).unwrap();
            let read: std::collections::BTreeMap<String, String> = crate::yaml::parse_origin(&origin).unwrap();
            assert_eq!(read["id"], text);
        }
    }

    #[test]
    fn an_import_is_known_again_until_somebody_changes_it() {
        let pack = ImportedPack {
            id: "x".to_owned(),
            tables: vec![ImportedTable::new("a", "a.csv", &["id"], vec![vec!["1".to_owned()]])],
            ..ImportedPack::default()
        };
        let files = files(&pack);
        assert_eq!(found(files.clone()), Found::Import);
        for at in 0..files.len() {
            let mut changed = files.clone();
            changed[at].1.insert(0, b'#');
            assert_eq!(found(changed), Found::Changed, "{}", files[at].0);
        }
        let mut more = files.clone();
        more.push(("own.yaml".to_owned(), Vec::new()));
        assert_eq!(found(more), Found::Changed);
        assert_eq!(found(vec![("pack.yaml".to_owned(), b"id: x\n".to_vec())]), Found::Other);
        assert_eq!(found(Vec::new()), Found::Other);
    }
}
