//! The DoD Cyber Workforce Framework as the DoD's work role tool: a sheet of
//! roles, a master list of tasks and KSAs, and a sheet for each role that marks
//! its statements as core or additional.
//!
//! Rows keep the order of the sheets.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Head, Heads, cell, head, one_line};
use super::{Import, ImportedPack, ImportedTable, InputFile};
use crate::diagnostic::Diagnostics;
use crate::workbook::{Kind, Region, Row, Sheet};

const INFO: &str = "Info Sheet";
const CHANGES: &str = "Change Log";
const ROLES: &str = "DCWF Roles";
/// The list that the older file has too.
pub(super) const MASTER: &str = "Master Task & KSA List";
/// The version whose layout is known; earlier ones are other editions.
const VERSION: (u32, u32) = (5, 1);

/// Whether a workbook with these sheets is meant to be this one.
#[must_use]
pub fn is(names: &[String]) -> bool {
    let known = |name: &&String| [ROLES, MASTER, INFO, CHANGES].contains(&name.as_str()) || sheet_code(name).is_some();
    names.iter().filter(known).count() >= 3
}

struct Role {
    code: String,
    title: String,
    nice: String,
    element: String,
    description: String,
}

/// A statement of the master list.
pub(super) struct Statement {
    /// Its number, such as `391` or `390A`.
    pub number: String,
    /// `task` or `ksa`.
    pub kind: &'static str,
    /// Its words.
    pub text: String,
    /// The row of the list.
    pub row: u32,
}

/// Reads the workbook.
///
/// # Errors
/// Everything in it that is not as the layout demands.
pub fn read(file: &InputFile) -> Result<Import, Diagnostics> {
    let mut book = Book::open(file)?;
    let (version, day) = version(&mut book);
    let roles = book.sheet(ROLES).map(|sheet| roles(&mut book, &sheet)).unwrap_or_default();
    let list = book.sheet(MASTER);
    let statements = list.map(|sheet| master(&mut book, &sheet).0).unwrap_or_default();
    let pairs = pairs(&mut book, &roles, &statements);
    let notes = book.finish()?;
    let statements = statements.into_iter().map(|statement| vec![statement.number, statement.kind.to_owned(), statement.text]).collect();
    let row = |role: Role| vec![role.code, role.title, role.nice, role.element, role.description];
    let framework = format!("dcwf-{version}");
    let tables = vec![
        ImportedTable::new(
            "work_roles",
            "work-roles.csv",
            &["code", "title", "nice_role", "element", "description"],
            roles.into_iter().map(row).collect(),
        )
        .entries("code", "description"),
        ImportedTable::new("statements", "statements.csv", &["statement", "kind", "text"], statements).entries("statement", "text"),
        ImportedTable::new("role_statements", "role-statements.csv", &["code", "statement", "kind", "core"], pairs).ids("statement", &framework),
    ];
    let pack = ImportedPack {
        id: format!("dcwf-{version}-official"),
        title: format!("DoD Cyber Workforce Framework {version}: work roles, tasks and KSAs"),
        version: version.clone(),
        edition: version.clone(),
        standard: "DoD Cyber Workforce Framework".to_owned(),
        description: "The framework as the DoD's work role tool lists it.".to_owned(),
        framework: Some(framework),
        names: vec![format!("DCWF {version}")],
        licence: "US Government work: not subject to copyright in the United States; unlimited distribution".to_owned(),
        provenance: vec![file.provenance("US Department of Defense", &version, day.as_deref())],
        tables,
        ..ImportedPack::default()
    };
    Ok(Import { pack, notes, texts: BTreeMap::new() })
}

/// The version, `v5.1`, and its day: the information sheet and the change log must say the same.
fn version(book: &mut Book<'_>) -> (String, Option<String>) {
    let expected = "version 5.1, or a later one of the same layout";
    let info = book.sheet(INFO).unwrap_or_default();
    let (mut told, mut at) = (None, None);
    for row in &info.rows {
        for found in row.cells.iter().filter(|found| found.text.contains("Current Version")) {
            (told, at) = (found.text.rsplit_once(": v").map(|(_, version)| one_line(version)), cell(row, found.column));
        }
    }
    let log = book.sheet(CHANGES).unwrap_or_default();
    let current = log.rows.iter().take(10).find(|row| row.cells.iter().any(|found| found.text.trim() == "Current Version:"));
    let logged = current.and_then(|row| row.cells.iter().find(|found| found.text.contains("(as of ")).map(|found| (row, found)));
    let logged = logged.map(|(row, found)| (one_line(&found.text), cell(row, found.column)));
    let (text, day) = match &logged {
        Some((text, _)) => text.split_once(" (as of ").map_or((text.clone(), None), |(version, day)| (version.to_owned(), Some(day.to_owned()))),
        None => (String::new(), None),
    };
    let place = logged.and_then(|(_, place)| place);
    let Some(told) = told else {
        book.wrong("import-edition", INFO, None, "the sheet does not say of which version the workbook is", "`Current Version (as of ...): v5.1`");
        return (String::new(), None);
    };
    if told != text {
        let message = format!("the change log is of version `{text}`, the information sheet of `{told}`");
        book.wrong("import-edition", CHANGES, place, message, "the same version in both");
        return (String::new(), None);
    }
    let numbers: Vec<Option<u32>> = told.split('.').map(|part| part.parse().ok().filter(|_| part.len() < 4)).collect();
    match numbers.as_slice() {
        [Some(major), Some(minor)] if (*major, *minor) >= VERSION => {
            let day = day.and_then(|day| super::american_date(&day.trim_end_matches(')').replace('-', "/")));
            (format!("{major}.{minor}"), day)
        }
        _ => {
            book.wrong("import-edition", INFO, at, format!("this is version `{told}`"), expected);
            (String::new(), None)
        }
    }
}

fn roles(book: &mut Book<'_>, sheet: &Sheet) -> Vec<Role> {
    let wanted = [head(&["Element"]), head(&["Work Role"]), head(&["DCWF Code"]), head(&["NCWF ID"]), head(&["Work Role Definition"])];
    let Some(heads) = book.heads(sheet, &wanted) else { return Vec::new() };
    let [element, title, code, nice, description] = [0, 1, 2, 3, 4].map(|index| heads.at(index));
    book.merged(sheet, &heads, &[title, code, nice, description], |_| false);
    let (mut roles, mut seen) = (Vec::new(), BTreeSet::new());
    let mut last: (u32, String) = (0, String::new());
    for row in sheet.rows.iter().filter(|row| row.number > heads.row) {
        let [name, number, nice_role, words] = [title, code, nice, description].map(|column| one_line(row.text(column)));
        let told = one_line(row.text(element));
        if !told.is_empty() {
            last = (row.number, told);
        }
        if [&name, &number, &nice_role, &words].iter().all(|text| text.is_empty()) {
            continue;
        }
        if !is_code(&number) {
            book.wrong("import-value", ROLES, cell(row, code), format!("`{number}` is no code of a work role"), "three digits");
        } else if !seen.insert(number.clone()) {
            book.wrong("import-duplicate", ROLES, cell(row, code), format!("`{number}` stands there twice"), "each code once");
        }
        let covered = |region: &Region| region.covers(row.number, element) && region.top == last.0;
        if last.0 != row.number && !sheet.merged.iter().any(covered) {
            book.wrong("import-value", ROLES, cell(row, element), "no element", "a text, or a merged cell that reaches down from one");
        }
        if name.is_empty() || words.is_empty() {
            book.wrong("import-value", ROLES, cell(row, title), format!("`{number}` has no title or no definition"), "both");
        }
        roles.push(Role { code: number, title: name, nice: nice_role, element: last.1.clone(), description: words });
    }
    if roles.is_empty() {
        book.wrong("import-count", ROLES, None, "the sheet lists no role", "74 roles, as version 5.1 has");
    }
    roles
}

/// What a master list is read by: the numbers, the kinds, and beside the kinds the
/// words, whose column has no head. The older list has one column more.
const MASTER_HEADS: [Head; 2] = [head(&["DCWF #"]), head(&["Task/KSA"])];

/// The statements of the master list, and where its heads are.
pub(super) fn master(book: &mut Book<'_>, sheet: &Sheet) -> (Vec<Statement>, Option<Heads>) {
    let Some(heads) = book.heads(sheet, &MASTER_HEADS) else { return (Vec::new(), None) };
    let (id, kind) = (heads.at(0), heads.at(1));
    let text = kind.saturating_add(1);
    if let Some(row) = sheet.rows.iter().find(|row| row.number == heads.row && row.cell(text).is_some()) {
        let message = format!("the column beside `Task/KSA` is headed `{}`", row.text(text));
        book.wrong("import-column", &sheet.name, cell(row, text), message, "the words of the statements beside their kind, without a head");
        return (Vec::new(), None);
    }
    book.merged(sheet, &heads, &[id, kind, text], |_| false);
    let (mut statements, mut seen): (Vec<Statement>, _) = (Vec::new(), BTreeSet::new());
    for row in sheet.rows.iter().filter(|row| row.number > heads.row) {
        let (number, words) = (row.text(id), book.words(sheet, row, text));
        if number.is_empty() && words.is_empty() && row.text(kind).is_empty() {
            continue;
        }
        if !is_number(number) {
            book.wrong("import-value", &sheet.name, cell(row, id), format!("`{number}` is no number of a statement"), "a number such as 391 or 390A");
        } else if !seen.insert(number.to_owned()) {
            book.wrong("import-duplicate", &sheet.name, cell(row, id), format!("`{number}` stands there twice"), "each number once");
        }
        let kind = match row.text(kind) {
            "Task" => "task",
            "KSA" => "ksa",
            other => {
                book.wrong("import-value", &sheet.name, cell(row, kind), format!("`{other}` is no kind of statement"), "`Task` or `KSA`");
                continue;
            }
        };
        if words.is_empty() {
            book.wrong("import-value", &sheet.name, cell(row, text), format!("`{number}` has no words"), "the words of the statement");
        }
        statements.push(Statement { number: number.to_owned(), kind, text: words, row: row.number });
    }
    if statements.is_empty() {
        book.wrong("import-count", &sheet.name, None, "the list is empty", "the statements of the edition");
    }
    (statements, Some(heads))
}

/// All pairs of codes and statements, role by role.
fn pairs(book: &mut Book<'_>, roles: &[Role], statements: &[Statement]) -> Vec<Vec<String>> {
    let known: BTreeMap<&str, &Statement> = statements.iter().map(|statement| (statement.number.as_str(), statement)).collect();
    let mut sheets: BTreeMap<String, String> = BTreeMap::new();
    for name in book.names() {
        let Some(code) = sheet_code(&name) else { continue };
        if !roles.iter().any(|role| role.code == code) {
            let message = format!("the sheet `{ROLES}` lists no role `{code}`");
            book.wrong("import-role", &name, None, message, &format!("a row of `{ROLES}` for it"));
        }
        if let Some(other) = sheets.insert(code.to_owned(), name.clone()) {
            book.wrong("import-role", &name, None, format!("`{other}` is a sheet of the role {code}, too"), "one sheet for each role");
        }
    }
    let mut all = Vec::new();
    for role in roles {
        let Some(name) = sheets.get(&role.code) else {
            let expected = format!("a sheet named as `(XX-{}) ...`", role.code);
            book.wrong("import-sheet", "", None, format!("no sheet is named after the role {} ({})", role.code, role.title), &expected);
            continue;
        };
        if let Some(sheet) = book.sheet(name) {
            role_sheet(book, role, &known, &sheet, &mut all);
        }
    }
    all
}

fn role_sheet(book: &mut Book<'_>, role: &Role, known: &BTreeMap<&str, &Statement>, sheet: &Sheet, all: &mut Vec<Vec<String>>) {
    let wanted = [head(&["DCWF #"]), head(&["Task/KSA"]), head(&["Core (C) Or Additional(A)", "Core (C) Or Additional (A)"])];
    let Some(heads) = book.heads(sheet, &wanted) else { return };
    let (id, kind, mark) = (heads.at(0), heads.at(1), heads.at(2));
    let text = kind.saturating_add(1);
    book.merged(sheet, &heads, &[id, kind, mark], |_| false);
    let named = |row: &Row| row.cells.iter().any(|found| found.text.contains(&format!("({})", role.code)));
    if !sheet.rows.iter().take_while(|row| row.number < heads.row).any(named) {
        let message = format!("the sheet does not name its role {}", role.code);
        book.wrong("import-role", &sheet.name, None, message, &format!("`... ({})` above the list", role.code));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in sheet.rows.iter().filter(|row| row.number > heads.row) {
        let number = row.text(id);
        if number.is_empty() && row.text(mark).is_empty() && row.text(text).is_empty() {
            continue;
        }
        if !is_number(number) {
            book.wrong("import-value", &sheet.name, cell(row, id), format!("`{number}` is no number of a statement"), "a number such as 391 or 390A");
            continue;
        }
        let Some(statement) = known.get(number) else {
            let message = format!("`{number}` is not in the sheet `{MASTER}`");
            book.wrong("import-dangling", &sheet.name, cell(row, id), message, "only numbers of the master list");
            continue;
        };
        let shown = one_line(row.text(text));
        if shown != statement.text {
            let message = format!("`{number}` reads otherwise in the sheet `{MASTER}`");
            if shown.is_empty() || row.cell(text).is_some_and(|found| found.kind == Kind::Error) {
                book.odd("import-mended", &sheet.name, cell(row, text), format!("{message}; its words are taken"));
            } else {
                book.wrong("import-count", &sheet.name, cell(row, text), message, "the same words in both");
            }
        }
        let core = row.text(mark);
        if !["C", "A", ""].contains(&core) {
            book.wrong("import-value", &sheet.name, cell(row, mark), format!("`{core}` is no mark"), "`C`, `A` or nothing");
        }
        match seen.get(number).and_then(|at| all.get_mut(*at)) {
            None => {
                seen.insert(number.to_owned(), all.len());
                all.push(vec![role.code.clone(), number.to_owned(), statement.kind.to_owned(), core.to_owned()]);
            }
            Some(earlier) => repeated(book, sheet, row, id, earlier, core),
        }
    }
    if seen.is_empty() && book.sound() {
        book.wrong("import-count", &sheet.name, None, "the sheet lists nothing", "the statements of the role");
    }
}

/// A statement that a role lists again: taken once, as core where one of the lines says so.
fn repeated(book: &mut Book<'_>, sheet: &Sheet, row: &Row, id: u32, earlier: &mut [String], core: &str) {
    let number = row.text(id).to_owned();
    let Some(mark) = earlier.last_mut() else { return };
    let mut message = format!("`{number}` stands there twice; it is taken once");
    if mark != core {
        // `C` before `A` before none.
        let rank = |mark: &str| ["C", "A", ""].iter().position(|known| *known == mark);
        if rank(core) < rank(mark) {
            core.clone_into(mark);
        }
        message.push_str(&format!(", marked `{mark}`: the two lines are marked otherwise"));
    }
    book.odd("import-repeated", &sheet.name, cell(row, id), message);
}

/// The code in a sheet's name, `(CS-722) ISSM`.
fn sheet_code(name: &str) -> Option<&str> {
    let inside = name.strip_prefix('(')?.split_once(')')?.0;
    let (letters, code) = inside.split_once('-')?;
    (letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase()) && is_code(code)).then_some(code)
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `391`, `390A`.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_suffix(|last: char| last.is_ascii_uppercase()).unwrap_or(text);
    !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
