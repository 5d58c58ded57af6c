//! What a pack says of editions: which one its tables list, where they come
//! from, and links between two.

use std::collections::BTreeSet;

use super::super::load::LoadedPack;
use super::super::raw::{RawLinks, RawPack};
use super::super::{EntryLink, Links, Listing, Provenance, Relation};
use super::migrations;
use super::scope::Scope;
use crate::diagnostic::Diagnostics;
use crate::yaml::{Origin, Spanned};

/// The columns of a file of links; the last may be missing.
const COLUMNS: [&str; 4] = ["from", "to", "relation", "origin"];

/// What the pack lists.
pub(super) fn resolve(scope: &Scope<'_>, loaded: &LoadedPack, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) -> Listing {
    let listing = listing(loaded, origin, raw, problems);
    Listing { fates: raw.fates.as_ref().map(|table| migrations::fates(scope, origin, table, problems)).unwrap_or_default(), ..listing }
}

/// What it lists, without what became of codes.
pub(super) fn listing(loaded: &LoadedPack, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) -> Listing {
    for file in raw.provenance.iter().filter(|file| !is_digest(&file.sha256.value)) {
        let message = format!("`{}` is no SHA-256", file.sha256.value);
        problems.push(origin.diagnostic(file.sha256.at, "wrong-digest", message, Some("64 digits of lower-case hex, as sha256sum gives".to_owned())));
    }
    unused(loaded, origin, raw, problems);
    Listing {
        framework: raw.framework.as_ref().map(|framework| framework.value.clone()),
        names: raw.names.iter().map(|name| name.value.clone()).collect(),
        wording: raw.wording,
        licence: raw.licence.clone(),
        provenance: raw
            .provenance
            .iter()
            .map(|file| Provenance {
                file: file.file.clone(),
                sha256: file.sha256.value.clone(),
                publisher: file.publisher.clone(),
                edition: file.edition.clone(),
                published: file.published.clone(),
            })
            .collect(),
        links: links_of(loaded, origin, raw, problems),
        fates: Vec::new(),
    }
}

/// The crosswalks; without those whose file was not read.
fn links_of(loaded: &LoadedPack, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) -> Vec<Links> {
    let read = raw.links.iter().filter(|links| !loaded.partial || loaded.sheets.has(&links.file.value));
    read.map(|links| self::links(loaded, origin, links, problems)).collect()
}

/// Tells of an origin that is neither ours nor a document's.
pub(super) fn origin(file: &Origin, origin: &Spanned<String>, problems: &mut Diagnostics) {
    if !is_origin(&origin.value) {
        problems.push(file.diagnostic(origin.at, "wrong-origin", "the origin is `ours` or `official:<document>`", None));
    }
}

pub(super) fn is_origin(origin: &str) -> bool {
    origin == "ours" || origin.strip_prefix("official:").is_some_and(|document| !document.trim().is_empty())
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Files that pack.yaml does not name are nobody's.
fn unused(loaded: &LoadedPack, origin: &Origin, raw: &RawPack, problems: &mut Diagnostics) {
    let tables = raw.tables.iter().filter_map(|table| table.file.as_ref());
    let named: BTreeSet<&str> = tables.chain(raw.links.iter().map(|links| &links.file)).map(|file| file.value.as_str()).collect();
    for path in loaded.sheets.paths().filter(|path| !named.contains(path)) {
        let help = Some("name it as the `file` of a table or of links, or take it away".to_owned());
        problems.push(origin.diagnostic(crate::yaml::Place::default(), "pack-file", format!("nothing uses `{path}`"), help));
    }
}

fn links(loaded: &LoadedPack, file: &Origin, raw: &RawLinks, problems: &mut Diagnostics) -> Links {
    origin(file, &raw.origin, problems);
    let path = raw.file.value.as_str();
    let own = loaded.sheets.header(path).is_some_and(|header| header.len() == COLUMNS.len());
    let columns: Vec<String> = COLUMNS.iter().take(if own { 4 } else { 3 }).map(|name| (*name).to_owned()).collect();
    let mut links = Vec::new();
    let mut seen = BTreeSet::new();
    for row in loaded.sheets.rows(file, &raw.file, &columns, problems) {
        let mut told = |code, message, help: &str| problems.push(loaded.sheets.diagnostic(path, row.line, code, message, help));
        let cell = |column: usize| row.cells.get(column).map_or("", String::as_str);
        let (from, to) = (cell(0), cell(1));
        let Some(relation) = Relation::parse(cell(2)) else {
            let help = format!("one of {}", Relation::WORDS.join(", "));
            told("wrong-relation", format!("`{}` is no relation", cell(2)), &help);
            continue;
        };
        if from.is_empty() || to.is_empty() {
            told("wrong-link", "a link has two ends".to_owned(), "fill both cells, or take the row away");
            continue;
        }
        if !seen.insert((from, to)) {
            told("wrong-link", format!("`{from}` and `{to}` are linked twice"), "keep one of the rows");
            continue;
        }
        let origin = if cell(3).is_empty() { raw.origin.value.as_str() } else { cell(3) };
        if !is_origin(origin) {
            told("wrong-origin", format!("`{origin}` is no origin"), "`ours`, or `official:` and the document");
        }
        links.push(EntryLink { from: from.to_owned(), to: to.to_owned(), relation, origin: origin.to_owned() });
    }
    Links { from: raw.from.value.clone(), to: raw.to.value.clone(), links }
}

#[cfg(test)]
mod tests {
    use super::super::{Lint, lint};
    use super::*;
    use crate::pack::Relation;
    use crate::source::kinds::FieldKinds;

    const PACK: &str = "\
id: edition
title: An edition
version: 1.0.0
edition: '1'
standard: A standard
framework: edition-1
names: [A standard 1]
licence: none
provenance: [ { file: a.xlsx, sha256: 0000000000000000000000000000000000000000000000000000000000000000, publisher: P, edition: '1' } ]
tables: [ { name: entries, file: tables/entries.csv, columns: [id, text], key: id, words: text } ]
links: [ { from: edition-1, to: edition-2, file: links/next.csv, origin: 'official: a.xlsx' } ]
";
    const ENTRIES: &str = "id,text\na,\"one, and\"\nb,two\n";
    const LINKS: &str = "from,to,relation,origin\na,A,equal-to,\na,B,subset-of,ours\n";

    fn linted(pack: &str, entries: &str, links: &str) -> Lint {
        let files = [("pack.yaml", pack), ("tables/entries.csv", entries), ("links/next.csv", links)];
        let files = files.map(|(path, text)| (path, text.as_bytes()));
        lint(&LoadedPack::from_files("edition", "edition", &files), &FieldKinds::default())
    }

    fn told(pack: &str, entries: &str, links: &str) -> Vec<(String, usize, &'static str)> {
        linted(pack, entries, links).errors.0.into_iter().map(|told| (told.file, told.line, told.code)).collect()
    }

    #[test]
    fn a_pack_without_controls_lists_entries_and_links() {
        let lint = linted(PACK, ENTRIES, LINKS);
        assert!(lint.errors.is_empty() && lint.warnings.is_empty(), "{}{}", lint.errors, lint.warnings);
        let pack = lint.pack.unwrap();
        let table = &pack.tables["entries"];
        assert_eq!((table.key, table.words, &table.rows[0][1]), (Some(0), Some(1), &"one, and".to_owned()));
        let links: Vec<_> = pack.listing.links[0].links.iter().map(|link| (link.to.as_str(), link.relation, link.origin.as_str())).collect();
        assert_eq!(links, [("A", Relation::EqualTo, "official: a.xlsx"), ("B", Relation::SubsetOf, "ours")]);
        assert_eq!(pack.listing.framework.as_deref(), Some("edition-1"));
    }

    #[test]
    fn every_mistake_of_a_file_is_told_with_its_line() {
        let entries = "edition/tables/entries.csv".to_owned();
        let links = "edition/links/next.csv".to_owned();
        assert_eq!(told(PACK, "id,words\na,b\n", LINKS), [(entries.clone(), 1, "table-file")]);
        assert_eq!(told(PACK, "id,text\na,b\nc\n", LINKS), [(entries, 3, "table-file")]);
        let bad = "from,to,relation\na,A,equals\n,B,equal-to\na,C,equal-to\na,C,equal-to\n";
        let lines = [(2, "wrong-relation"), (3, "wrong-link"), (5, "wrong-link")].map(|(line, code)| (links.clone(), line, code));
        assert_eq!(told(PACK, ENTRIES, bad), lines);
        assert_eq!(told(PACK, ENTRIES, "from,to,relation,origin\na,A,equal-to,somebody\n"), [(links, 2, "wrong-origin")]);
    }

    #[test]
    fn keys_are_unique_and_files_are_used() {
        let codes = |pack: &str, entries: &str| told(pack, entries, LINKS).into_iter().map(|(_, _, code)| code).collect::<Vec<_>>();
        assert_eq!(codes(PACK, "id,text\na,x\na,y\n,z\n"), ["duplicate-key", "duplicate-key"]);
        assert_eq!(codes(&PACK.replace("entries.csv", "other.csv"), ENTRIES), ["unknown-table-file", "pack-file"]);
        assert_eq!(codes(&PACK.replace("key: id", "key: code"), ENTRIES), ["unknown-column"]);
        assert_eq!(codes(&PACK.replace("0000,", "000G,"), ENTRIES), ["wrong-digest"]);
        assert_eq!(codes(&PACK.replace("file: tables/entries.csv", "file: tables/entries.csv, rows: []"), ENTRIES), ["wrong-table"]);
    }

    #[test]
    fn a_pack_that_lists_nothing_and_demands_nothing_is_none() {
        let bare = PACK
            .replace(", key: id", "")
            .replace("links: [ { from: edition-1, to: edition-2, file: links/next.csv, origin: 'official: a.xlsx' } ]\n", "");
        assert!(told(&bare, ENTRIES, LINKS).iter().any(|(_, _, code)| *code == "pack-file"));
    }

    #[test]
    fn an_unchecked_control_says_why() {
        let control = |checks: &str| {
            let text = format!(
                "id: a\nref: a\ntitle: a\ncriterion: {{ standard: s, edition: '1', clause: a, force: guidance }}\n\
                 determination: a\nevidence: a\n{checks}\ngrade: {{ otherwise: ofi }}\nobjectives: [ {{ id: a_obj, text: determine }} ]\n"
            );
            let pack = "id: p\ntitle: p\nversion: 1.0.0\nedition: '1'\nstandard: s\n";
            let files = [("pack.yaml", pack.as_bytes()), ("a.yaml", text.as_bytes())];
            lint(&LoadedPack::from_files("p", "p", &files), &FieldKinds::default())
        };
        let pack = control("checks: []\nunchecked: imported").pack.unwrap();
        assert_eq!((pack.controls[0].unchecked.as_deref(), pack.controls[0].objectives[0].id.as_str()), (Some("imported"), "a_obj"));
        for checks in ["checks: []", "checks: []\nunchecked: ' '"] {
            assert_eq!(control(checks).errors.0.iter().map(|told| told.code).collect::<Vec<_>>(), ["no-check"]);
        }
    }
}
