//! Where an import lists other entries of an edition than the program does.

use super::{Atlas, Lister};

/// A table that the program and an import list differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// The edition.
    pub framework: String,
    /// The table.
    pub table: String,
    /// The built-in pack.
    pub built_in: String,
    /// The other.
    pub imported: String,
    /// Entries that only the built-in pack has.
    pub only_built_in: Vec<String>,
    /// Entries that only the other has.
    pub only_imported: Vec<String>,
}

impl Contradiction {
    /// In a sentence, with the first few entries.
    #[must_use]
    pub fn sentence(&self) -> String {
        let some = |ids: &[String]| {
            let shown = ids.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            if ids.len() > 5 { format!("{shown} and {} more", ids.len() - 5) } else { shown }
        };
        let only = |pack: &str, ids: &[String]| (!ids.is_empty()).then(|| format!("only `{pack}` has {}", some(ids)));
        let parts = [only(&self.imported, &self.only_imported), only(&self.built_in, &self.only_built_in)];
        format!("{}, table `{}`: {}", self.framework, self.table, parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

impl Atlas {
    /// Tables of one name in which an import and a built-in pack list different entries. Other tables say nothing of each other.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut all = Vec::new();
        for edition in self.editions.values() {
            let (own, imported): (Vec<&Lister>, Vec<&Lister>) = edition.packs.iter().partition(|pack| pack.built_in);
            for (own, other) in own.iter().flat_map(|own| imported.iter().map(move |other| (own, other))) {
                for (table, ids) in &own.tables {
                    let Some(others) = other.tables.get(table).filter(|others| *others != ids) else { continue };
                    let sorted = |ids: Vec<&String>| {
                        let mut ids: Vec<String> = ids.into_iter().cloned().collect();
                        ids.sort_by(|left, right| super::order::natural(left, right));
                        ids
                    };
                    all.push(Contradiction {
                        framework: edition.framework.clone(),
                        table: table.clone(),
                        built_in: own.pack.clone(),
                        imported: other.pack.clone(),
                        only_built_in: sorted(ids.difference(others).collect()),
                        only_imported: sorted(others.difference(ids).collect()),
                    });
                }
            }
        }
        all.sort();
        all
    }
}
