//! How publishers word what findings are about: words stand in the editions
//! that the user imported, ids in the tables of the packs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Input;
use crate::pack::{Pack, Wording};
use crate::report::{Finding, Worded};

/// The words of the ids that stand in the subjects of findings.
pub(super) fn wording(input: &Input<'_>, findings: &[Finding]) -> Vec<Worded> {
    let imported: Vec<&Pack> = input.frameworks.iter().filter(|pack| pack.listing.wording == Wording::Publisher).collect();
    if imported.is_empty() {
        return Vec::new();
    }
    let packs: HashMap<&str, &Pack> =
        input.packs.iter().flat_map(|pack| pack.controls.iter().map(move |control| (control.id.as_str(), pack))).collect();
    // By pack: each id that stands in a table, and of which edition.
    let mut ids: BTreeMap<&str, HashMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for pack in input.packs {
        let known = ids.entry(pack.id.as_str()).or_default();
        for table in pack.tables.values() {
            let Some((column, framework)) = &table.ids else { continue };
            for id in table.rows.iter().filter_map(|row| row.get(*column)) {
                known.entry(id).or_default().insert(framework);
            }
        }
    }
    let mut words: HashMap<(&str, &str), (&str, &str)> = HashMap::new();
    for pack in imported {
        let Some(framework) = &pack.listing.framework else { continue };
        for table in pack.tables.values() {
            let (Some(key), Some(text)) = (table.key, table.words) else { continue };
            for row in &table.rows {
                if let (Some(id), Some(text)) = (row.get(key), row.get(text).filter(|text| !text.is_empty())) {
                    // The first import in the order of ids words an entry.
                    words.entry((framework, id)).or_insert((text, &pack.id));
                }
            }
        }
    }
    let mut told = BTreeSet::new();
    for finding in findings {
        let Some(known) = packs.get(finding.control.as_str()).and_then(|pack| ids.get(pack.id.as_str())) else { continue };
        for (_, value) in &finding.subject.0 {
            for framework in known.get(value.as_str()).into_iter().flatten() {
                if let Some((text, pack)) = words.get(&(*framework, value.as_str())) {
                    let [framework, text, pack] = [*framework, *text, *pack].map(str::to_owned);
                    told.insert(Worded { framework, id: value.clone(), text, pack });
                }
            }
        }
    }
    told.into_iter().collect()
}
