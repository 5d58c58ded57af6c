//! The NICE Framework of 2017 (NIST SP 800-181) as NIST's reference workbook: a
//! contents sheet with the work roles, two sheets for each role, and the master
//! lists of tasks and of knowledge, skills and abilities.
//!
//! Rows keep the order of the contents sheet and of the sheets. The issues of
//! 2018 and 2019 list other tasks; the errata of 2020 are part of the edition.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Heads, cell, head, may_be, one_line};
use super::{Import, ImportedPack, ImportedTable, InputFile};
use crate::diagnostic::Diagnostics;
use crate::workbook::{Kind, Region, Row, Sheet};

const FRAMEWORK: &str = "nice-2017";
const CONTENTS: &str = "Table of Contents";
const MASTER_TASKS: &str = "Master Task List";
const MASTER_KSAS: &str = "Master KSA List";
/// The issue whose layout and errata are known; earlier ones list other tasks.
const ISSUE: &str = "2020-07-07";

/// Whether a workbook with these sheets is meant to be this one.
#[must_use]
pub fn is(names: &[String]) -> bool {
    let known = |name: &&String| [CONTENTS, MASTER_TASKS, MASTER_KSAS].contains(&name.as_str()) || sheet_role(name).is_some();
    names.iter().filter(known).count() >= 3
}

/// A work role of the contents sheet.
struct Role {
    id: String,
    code: String,
    title: String,
    category: String,
    area: String,
    description: String,
}

/// A row of a master list.
struct Entry {
    id: String,
    text: String,
    withdrawn: bool,
}

/// The ids that a role's sheet lists.
struct Pairs<'m> {
    /// `Tasks` or `KSAs`.
    ending: &'static str,
    head: &'static [&'static str],
    text: &'static [&'static str],
    master: &'static str,
    known: &'m BTreeMap<String, String>,
}

/// Reads the workbook.
///
/// # Errors
/// Everything in it that is not as the layout demands.
pub fn read(file: &InputFile) -> Result<Import, Diagnostics> {
    let mut book = Book::open(file)?;
    let contents = book.sheet(CONTENTS);
    let (issue, roles) = contents.map(|sheet| (issue(&mut book, &sheet), roles(&mut book, &sheet))).unwrap_or_default();
    let tasks = book.sheet(MASTER_TASKS).map(|sheet| master(&mut book, &sheet, "Task")).unwrap_or_default();
    let ksas = book.sheet(MASTER_KSAS).map(|sheet| master(&mut book, &sheet, "KSA")).unwrap_or_default();
    for name in book.names() {
        if let Some(role) = sheet_role(&name).filter(|id| !roles.iter().any(|role| role.id == *id)) {
            book.wrong("import-role", &name, None, format!("the contents list no work role `{role}`"), &format!("a row of `{CONTENTS}` for it"));
        }
    }
    let texts = |entries: &[Entry]| entries.iter().map(|entry| (entry.id.clone(), entry.text.clone())).collect::<BTreeMap<_, _>>();
    let (known_tasks, known_ksas) = (texts(&tasks), texts(&ksas));
    let of_tasks = Pairs { ending: "Tasks", head: &["Task ID"], text: &["Task", "Task Description"], master: MASTER_TASKS, known: &known_tasks };
    let of_ksas = Pairs { ending: "KSAs", head: &["KSA ID"], text: &["KSA", "KSA Description"], master: MASTER_KSAS, known: &known_ksas };
    let role_tasks = pairs(&mut book, &roles, &of_tasks);
    let role_ksas = pairs(&mut book, &roles, &of_ksas);
    let notes = book.finish()?;
    let entries = |entries: Vec<Entry>| {
        let mark = |withdrawn| if withdrawn { "X".to_owned() } else { String::new() };
        entries.into_iter().map(|entry| vec![entry.id, entry.text, mark(entry.withdrawn)]).collect()
    };
    let tables = vec![
        ImportedTable::new("work_roles", "work-roles.csv", &["role", "code", "title", "category", "specialty_area", "description"], rows(&roles))
            .entries("role", "description"),
        ImportedTable::new("tasks", "tasks.csv", &["task", "text", "withdrawn"], entries(tasks)).entries("task", "text"),
        ImportedTable::new("ksas", "ksas.csv", &["ksa", "text", "withdrawn"], entries(ksas)).entries("ksa", "text"),
        ImportedTable::new("role_tasks", "role-tasks.csv", &["role", "code", "task"], role_tasks).ids("task", FRAMEWORK),
        ImportedTable::new("role_ksas", "role-ksas.csv", &["role", "code", "ksa"], role_ksas).ids("ksa", FRAMEWORK),
    ];
    let pack = ImportedPack {
        id: "nice-2017-official".to_owned(),
        title: "NICE Framework 2017: work roles, tasks, knowledge, skills and abilities".to_owned(),
        version: issue.clone(),
        edition: "2017".to_owned(),
        standard: "NIST SP 800-181".to_owned(),
        description: "The edition of August 2017 as NIST's reference workbook lists it, errata included.".to_owned(),
        framework: Some(FRAMEWORK.to_owned()),
        names: vec!["NICE Framework 2017".to_owned()],
        licence: super::US_GOVERNMENT.to_owned(),
        provenance: vec![file.provenance("NIST", &format!("2017, issue of {issue}"), Some(&issue))],
        tables,
        ..ImportedPack::default()
    };
    Ok(Import { pack, notes, texts: BTreeMap::new() })
}

fn rows(roles: &[Role]) -> Vec<Vec<String>> {
    let row = |role: &Role| [&role.id, &role.code, &role.title, &role.category, &role.area, &role.description].map(Clone::clone).to_vec();
    roles.iter().map(row).collect()
}

/// The day of the issue, `As of 7/7/2020` above the contents.
fn issue(book: &mut Book<'_>, contents: &Sheet) -> String {
    let mut told = contents.rows.iter().take(10).flat_map(|row| row.cells.iter().map(|cell| (row.number, cell)));
    let told = told.find_map(|(row, cell)| Some((row, cell.column, cell.text.trim().strip_prefix("As of ")?.to_owned())));
    let expected = "the issue of 7/7/2020, or a later one";
    let Some((row, column, text)) = told else {
        book.wrong("import-edition", CONTENTS, None, "the contents do not say of which day they are", &format!("`As of 7/7/2020`: {expected}"));
        return String::new();
    };
    match super::american_date(&text) {
        None => book.wrong("import-edition", CONTENTS, Some((row, column)), format!("`{text}` is no day"), expected),
        Some(day) if day.as_str() < ISSUE => {
            let message = format!("this is the issue of {text}; it lists other tasks than the edition as it stands");
            book.wrong("import-edition", CONTENTS, Some((row, column)), message, expected);
        }
        Some(day) => return day,
    }
    String::new()
}

/// The work roles of the contents sheet.
fn roles(book: &mut Book<'_>, sheet: &Sheet) -> Vec<Role> {
    let wanted = [
        head(&["NICE Specialty Area"]),
        head(&["Work Role"]),
        head(&["Work Role Description"]),
        head(&["Work Role ID"]),
        head(&["OPM Code (Fed Use)"]),
    ];
    let Some(heads) = book.heads(sheet, &wanted) else { return Vec::new() };
    let [area, title, description, id, code] = [0, 1, 2, 3, 4].map(|index| heads.at(index));
    // A category's row is merged across; an area's cell is merged over the rows of its roles.
    let one_row = |region: &Region| region.top == region.bottom && region.left == area;
    book.merged(sheet, &heads, &[title, description, id, code], one_row);
    let (mut roles, mut category, mut seen, mut codes) = (Vec::new(), String::new(), BTreeSet::new(), BTreeSet::new());
    let mut last_area: (u32, String) = (0, String::new());
    for row in sheet.rows.iter().filter(|row| row.number > heads.row) {
        let [area_text, role, code_text] = [area, id, code].map(|column| one_line(row.text(column)));
        let told = [title, description, code].iter().any(|column| !row.text(*column).is_empty());
        if role.is_empty() && !told {
            if let Some((name, _)) = area_text.split_once(" - ") {
                name.trim().clone_into(&mut category);
            } else if !area_text.is_empty() {
                book.wrong(
                    "import-value",
                    CONTENTS,
                    cell(row, id),
                    "no work role id",
                    "an id such as SP-RSK-001, or a category as `NAME (SP) - ...`",
                );
            }
            continue;
        }
        if !is_role(&role) {
            book.wrong("import-value", CONTENTS, cell(row, id), format!("`{role}` is no work role id"), "an id such as SP-RSK-001");
            continue;
        }
        if !area_text.is_empty() {
            last_area = (row.number, area_text);
        }
        let covered = |region: &&Region| region.covers(row.number, area) && region.top == last_area.0;
        if last_area.0 != row.number && !sheet.merged.iter().any(|region| covered(&region)) {
            book.wrong("import-value", CONTENTS, cell(row, area), "no specialty area", "a text, or a merged cell that reaches down from one");
        }
        if !category.contains(&format!("({})", role.get(..2).unwrap_or_default())) {
            let message = format!("`{role}` stands under the category `{category}`");
            book.wrong("import-role", CONTENTS, cell(row, id), message, "each role under the category with its two letters");
        }
        if code_text.len() != 3 || !code_text.bytes().all(|byte| byte.is_ascii_digit()) {
            book.wrong("import-value", CONTENTS, cell(row, code), format!("`{code_text}` is no OPM code"), "three digits");
        }
        for (seen, column, value) in [(&mut seen, id, &role), (&mut codes, code, &code_text)] {
            if !seen.insert(value.clone()) {
                book.wrong("import-duplicate", CONTENTS, cell(row, column), format!("`{value}` stands there twice"), "each role and code once");
            }
        }
        let [title, description] = [title, description].map(|column| one_line(row.text(column)));
        if title.is_empty() || description.is_empty() {
            book.wrong("import-value", CONTENTS, cell(row, id), format!("`{role}` has no title or no description"), "both");
        }
        roles.push(Role { id: role, code: code_text, title, category: category.clone(), area: last_area.1.clone(), description });
    }
    if roles.is_empty() {
        book.wrong("import-count", CONTENTS, None, "the contents list no work role", "52 roles, as the edition has");
    }
    roles
}

/// A master list: `what` is `Task` or `KSA`.
fn master(book: &mut Book<'_>, sheet: &Sheet, what: &'static str) -> Vec<Entry> {
    let (id_head, text_head): (&'static [&'static str], &'static [&'static str]) =
        if what == "Task" { (&["Task ID"], &["Task Description"]) } else { (&["KSA ID"], &["KSA Description"]) };
    let Some(heads) = book.heads(sheet, &[head(id_head), head(text_head), head(&["Withdrawn?"])]) else { return Vec::new() };
    let [id, text, withdrawn] = [0, 1, 2].map(|index| heads.at(index));
    let titles = sections(sheet, id);
    book.merged(sheet, &heads, &[id, text, withdrawn], |region| region.top == region.bottom && titles.contains_key(&region.top));
    let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
    for row in sheet.rows.iter().filter(|row| row.number > heads.row && !titles.contains_key(&row.number)) {
        let (name, words, mark) = (row.text(id), book.words(sheet, row, text), row.text(withdrawn));
        if name.is_empty() && words.is_empty() && mark.is_empty() {
            continue;
        }
        if !is_entry(name, what) {
            book.wrong("import-value", &sheet.name, cell(row, id), format!("`{name}` is no id of a {what}"), example(what));
        } else if !seen.insert(name.to_owned()) {
            book.wrong("import-duplicate", &sheet.name, cell(row, id), format!("`{name}` stands there twice"), "each id once");
        }
        if words.is_empty() {
            book.wrong("import-value", &sheet.name, cell(row, text), format!("`{name}` has no text"), "the words of the statement");
        }
        if !["", "X", "x"].contains(&mark) {
            book.wrong("import-value", &sheet.name, cell(row, withdrawn), format!("`{mark}` is no mark of withdrawal"), "`X` or nothing");
        }
        entries.push(Entry { id: name.to_owned(), text: words, withdrawn: !mark.is_empty() });
    }
    if entries.is_empty() {
        book.wrong("import-count", &sheet.name, None, "the list is empty", "the statements of the edition");
    }
    entries
}

/// All pairs of roles and ids, role by role.
fn pairs(book: &mut Book<'_>, roles: &[Role], of: &Pairs<'_>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for role in roles {
        let name = format!("{} {}", role.id, of.ending);
        let before = all.len();
        let Some(sheet) = book.sheet(&name) else { continue };
        role_sheet(book, role, of, &sheet, &mut all);
        if all.len() == before && book.sound() {
            book.wrong("import-count", &name, None, "the sheet lists nothing", &format!("the {} of {}", of.ending, role.id));
        }
    }
    all
}

/// One sheet of a role: its ids, each known to the master list.
fn role_sheet(book: &mut Book<'_>, role: &Role, of: &Pairs<'_>, sheet: &Sheet, all: &mut Vec<Vec<String>>) {
    let what = of.head.first().and_then(|head| head.split(' ').next()).unwrap_or_default();
    let Some(heads) = without_head(book, of, sheet).or_else(|| book.heads(sheet, &[head(of.head), may_be(of.text)])) else { return };
    let (id, text) = (heads.at(0), heads.at(1));
    let titles = sections(sheet, id);
    book.merged(sheet, &heads, &[id, text], |region| region.top == region.bottom && titles.contains_key(&region.top));
    let above: Vec<String> =
        sheet.rows.iter().filter(|row| row.number < heads.row).flat_map(|row| row.cells.iter().map(|cell| one_line(&cell.text))).collect();
    if !above.iter().any(|text| text.contains(&format!("({})", role.id))) {
        book.wrong(
            "import-role",
            &sheet.name,
            None,
            format!("the sheet does not name its role `{}`", role.id),
            &format!("`({})` above the list", role.id),
        );
    }
    if !above.iter().any(|text| *text == format!("OPM {}", role.code)) {
        let message = format!("the sheet does not give the code {} that the contents give {}", role.code, role.id);
        book.wrong("import-role", &sheet.name, None, message, &format!("`OPM {}` above the list", role.code));
    }
    let (mut seen, mut section) = (BTreeSet::new(), None);
    for row in sheet.rows.iter().filter(|row| row.number > heads.row) {
        // The row of a title, or the last one that was passed over because it is empty.
        if let Some((at, letter)) = titles.range(..=row.number).next_back() {
            section = *letter;
            if *at == row.number && letter.is_some() {
                continue;
            }
        }
        let name = row.text(id);
        let shown = row.cell(text).map(|found| one_line(&found.text)).unwrap_or_default();
        if name.is_empty() && shown.is_empty() {
            continue;
        }
        if !is_entry(name, what) {
            book.wrong("import-value", &sheet.name, cell(row, id), format!("`{name}` is no id of a {what}"), example(what));
            continue;
        }
        let Some(words) = of.known.get(name) else {
            let message = format!("`{name}` is not in the sheet `{}`", of.master);
            book.wrong("import-dangling", &sheet.name, cell(row, id), message, "only ids of the master list");
            continue;
        };
        if section.is_some_and(|letter| !name.starts_with(letter)) {
            book.wrong("import-value", &sheet.name, cell(row, id), format!("`{name}` stands in a section of another kind"), "each id in its section");
        }
        // The text is a formula's: what the sheet shows is what the program last worked out.
        if text != Heads::NOWHERE && shown != *words {
            if shown.is_empty() || row.cell(text).is_some_and(|found| found.kind == Kind::Error) {
                let shown = if shown.is_empty() { "nothing".to_owned() } else { format!("`{shown}`") };
                let message = format!("the sheet shows {shown} for `{name}`; the words of the master list are taken");
                book.odd("import-mended", &sheet.name, cell(row, text), message);
            } else {
                let message = format!("`{name}` reads otherwise in the sheet `{}`", of.master);
                book.wrong("import-count", &sheet.name, cell(row, text), message, "the same words in both");
            }
        }
        if seen.insert(name.to_owned()) {
            all.push(vec![role.id.clone(), role.code.clone(), name.to_owned()]);
        } else {
            book.odd("import-repeated", &sheet.name, cell(row, id), format!("`{name}` stands there twice; it is taken once"));
        }
    }
}

/// Rows that head a section of the list, with the letter of the ids that follow;
/// none where the row is merged like a title and empty.
fn sections(sheet: &Sheet, id: u32) -> BTreeMap<u32, Option<char>> {
    let letter = |text: &str| match text {
        "Knowledge" => Some('K'),
        "Skills" => Some('S'),
        "Abilities" => Some('A'),
        _ => None,
    };
    let mut sections: BTreeMap<u32, Option<char>> = sheet.rows.iter().filter_map(|row| Some((row.number, Some(letter(row.text(id))?)))).collect();
    let rows: BTreeMap<u32, &Row> = sheet.rows.iter().map(|row| (row.number, row)).collect();
    for region in sheet.merged.iter().filter(|region| region.top == region.bottom && region.left == id) {
        let told = |row: &&Row| row.cells.iter().any(|cell| region.covers(row.number, cell.column) && !cell.text.trim().is_empty());
        if !rows.get(&region.top).is_some_and(told) {
            sections.insert(region.top, None);
        }
    }
    sections
}

/// Heads of a role's sheet whose column of ids is not headed as such: the column
/// left of the words, where every value of it is an id or the title of a section.
fn without_head(book: &mut Book<'_>, of: &Pairs<'_>, sheet: &Sheet) -> Option<Heads> {
    let is = |text: &str, names: &[&str]| names.iter().any(|name| one_line(text).eq_ignore_ascii_case(name));
    let cells = || sheet.rows.iter().take(10).flat_map(|row| row.cells.iter().map(|found| (row.number, found)));
    if cells().any(|(_, found)| is(&found.text, of.head)) {
        return None;
    }
    let (row, text) = cells().find(|(_, found)| is(&found.text, of.text)).map(|(row, found)| (row, found.column))?;
    let id = text.checked_sub(1)?;
    let titles = sections(sheet, id);
    let mut ids = sheet.rows.iter().filter(|found| found.number > row && !titles.contains_key(&found.number)).map(|row| row.text(id)).peekable();
    ids.peek()?;
    let what = of.head.first()?.split(' ').next()?;
    if !ids.all(|text| text.is_empty() || is_entry(text, what)) {
        return None;
    }
    let told = cells().find(|(number, found)| *number == row && found.column == id).map(|(_, found)| one_line(&found.text)).unwrap_or_default();
    let expected = of.head.first().copied().unwrap_or_default();
    let message = format!("the column of ids is headed `{told}` instead of `{expected}`; what stands in it are ids");
    book.odd("import-mended", &sheet.name, Some((row, id)), message);
    Some(Heads::new(row, [id, text]))
}

/// The role that a sheet's name begins with, where it is a role's sheet.
fn sheet_role(name: &str) -> Option<&str> {
    let role = name.strip_suffix(" KSAs").or_else(|| name.strip_suffix(" Tasks"))?;
    is_role(role).then_some(role)
}

/// `SP-RSK-001`.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_uppercase());
    matches!(parts.as_slice(), [category, area, number]
        if letters(category, 2) && letters(area, 3) && number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `T0001`, or one of K, S and A.
fn is_entry(text: &str, what: &str) -> bool {
    let letters: &[char] = if what == "Task" { &['T'] } else { &['K', 'S', 'A'] };
    text.strip_prefix(letters).is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn example(what: &str) -> &'static str {
    if what == "Task" { "an id such as T0001" } else { "an id such as K0001, S0001 or A0001" }
}
