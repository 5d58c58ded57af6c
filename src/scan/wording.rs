//! How publishers word what findings are about: words stand in the editions
//! that the user imported, ids in the tables of the packs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Input;
use crate::pack::{Check, CheckKind, Expected, Pack, PackTable, Wording};
use crate::report::{Finding, Worded};

/// A column of a pack's tables that holds ids of an edition.
struct Ids<'p> {
    framework: &'p str,
    /// The column's name, as an import may call its key.
    name: &'p str,
    ids: HashSet<&'p str>,
}

/// The words of an entry: the name of the key, the words, and the import. One id may name a role and a statement.
type Words<'p> = HashMap<(&'p str, &'p str), Vec<(&'p str, &'p str, &'p str)>>;

/// The words of the ids that stand in the subjects of findings.
pub(super) fn wording(input: &Input<'_>, findings: &[Finding]) -> Vec<Worded> {
    let words = words(input);
    if words.is_empty() {
        return Vec::new();
    }
    let mut known: HashMap<(&str, &str), Vec<Ids<'_>>> = HashMap::new();
    let mut told: BTreeMap<(&str, &str, &str, &str), BTreeSet<String>> = BTreeMap::new();
    for finding in findings {
        let key = (finding.control.as_str(), finding.check.as_str());
        let columns = known.entry(key).or_insert_with(|| columns(input, key));
        for (_, value) in &finding.subject.0 {
            let ids = columns.iter().filter_map(|ids| Some((ids, *ids.ids.get(value.as_str())?)));
            for (ids, id) in ids {
                let Some((text, pack)) = chosen(&words, ids, id) else { continue };
                told.entry((ids.framework, id, text, pack)).or_default().insert(format!("{}/{}", key.0, key.1));
            }
        }
    }
    let worded = |((framework, id, text, pack), checks): ((&str, &str, &str, &str), BTreeSet<String>)| {
        let [framework, id, text, pack] = [framework, id, text, pack].map(str::to_owned);
        Worded { framework, id, text, pack, checks: checks.into_iter().collect() }
    };
    told.into_iter().map(worded).collect()
}

/// All words of the imports; of two imports of one edition, the first by id words an entry.
fn words<'p>(input: &Input<'p>) -> Words<'p> {
    let mut words: Words<'p> = HashMap::new();
    for pack in input.frameworks.iter().filter(|pack| pack.listing.wording == Wording::Publisher) {
        let Some(framework) = &pack.listing.framework else { continue };
        for table in pack.tables.values() {
            let (Some(key), Some(text)) = (table.key, table.words) else { continue };
            let Some(name) = table.columns.get(key) else { continue };
            for row in &table.rows {
                if let (Some(id), Some(text)) = (row.get(key), row.get(text).filter(|text| !text.is_empty())) {
                    let all = words.entry((framework, id)).or_default();
                    if !all.iter().any(|(known, ..)| known == name) {
                        all.push((name, text, &pack.id));
                    }
                }
            }
        }
    }
    words
}

/// The words of an id: the only ones, or those of the entries that are called as the column is.
fn chosen<'p>(words: &Words<'p>, ids: &Ids<'_>, id: &str) -> Option<(&'p str, &'p str)> {
    let all = words.get(&(ids.framework, id))?;
    let one = match all.as_slice() {
        [one] => Some(one),
        several => several.iter().find(|(name, ..)| *name == ids.name),
    };
    one.map(|(_, text, pack)| (*text, *pack))
}

/// Where a check's subjects may have ids from: the table that it expects, else every column of its pack that holds some.
fn columns<'p>(input: &Input<'p>, (control, check): (&str, &str)) -> Vec<Ids<'p>> {
    let found = input.packs.iter().find_map(|pack| Some((pack, pack.controls.iter().find(|own| own.id == control)?)));
    let Some((pack, control)) = found else { return Vec::new() };
    let check = control.checks.iter().find(|own| own.id == check);
    if let Some((table, column)) = check.and_then(expected) {
        return pack.tables.get(table).and_then(|table| of_column(pack, table, table.column(column)?)).into_iter().collect();
    }
    pack.tables.values().filter_map(|table| of_column(pack, table, table.ids.as_ref()?.0)).collect()
}

/// The table and column that a check expects entries from.
fn expected(check: &Check) -> Option<(&str, &str)> {
    if let CheckKind::Joined(joined) = &check.kind {
        return Some((&joined.table, joined.per.as_deref()?));
    }
    match check.kind.pairs()?.0 {
        Expected::Table { table, column, .. } => Some((table, column)),
        _ => None,
    }
}

/// The ids of a column, where it is said of which edition they are.
fn of_column<'p>(pack: &'p Pack, table: &'p PackTable, column: usize) -> Option<Ids<'p>> {
    let framework = match &table.ids {
        Some((at, framework)) if *at == column => framework,
        _ => pack.listing.framework.as_ref().filter(|_| table.key == Some(column))?,
    };
    let ids = table.rows.iter().filter_map(|row| row.get(column)).map(String::as_str).collect();
    Some(Ids { framework, name: table.columns.get(column)?, ids })
}
