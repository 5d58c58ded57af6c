//! The atlas: what the editions of frameworks hold, and how their entries
//! relate. Packs bring both; here they are put together, with whose each word
//! and each link is.
//!
//! An edition may be listed by several packs, one of which is built in: their
//! entries are one, their words are kept apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::pack::{Listed, PackTable, Provenance, Relation, Wording};

mod answers;
mod contradictions;
mod find;
mod held;
mod order;

pub use answers::Told;
pub use contradictions::Contradiction;
pub use find::{Found, Named, folded};

/// Between several values in one cell of an attribute.
const SEPARATOR: char = ';';

/// Editions, their entries and the links between them.
#[derive(Debug, Default)]
pub struct Atlas {
    editions: BTreeMap<String, Edition>,
    /// Links of each entry, looked at from it.
    links: BTreeMap<EntryId, Vec<Link>>,
    /// How often packs link an entry of the one edition to one of the other, and say that a document does so.
    counts: BTreeMap<(String, String), Counts>,
    /// Ways to write an edition in front of an entry, as compared; the longest first.
    spellings: Vec<(String, String)>,
    /// Ids of editions, as compared; the longest first.
    ids: Vec<(String, String)>,
}

/// An edition of a framework.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Its id: `iso-27001-2022`.
    pub framework: String,
    /// How it is written for people; the first of [`Self::names`], or the id.
    pub name: String,
    /// How it is written in front of an entry.
    pub names: Vec<String>,
    /// The standard.
    pub standard: String,
    /// The edition, as the standard writes it.
    pub edition: String,
    /// The packs that list it: built-in ones first.
    pub packs: Vec<Lister>,
    entries: BTreeMap<EntryId, Entry>,
    /// Ids as compared, with those that are written so.
    folded: BTreeMap<String, Vec<EntryId>>,
}

/// A pack that lists an edition.
#[derive(Debug, Clone)]
pub struct Lister {
    /// Its id.
    pub pack: String,
    /// Its title.
    pub title: String,
    /// Whether the program carries it; else it was imported, or is the user's own.
    pub built_in: bool,
    /// Under which terms.
    pub licence: Option<String>,
    /// Where its tables come from.
    pub provenance: Vec<Provenance>,
    /// The ids of its entries, by table.
    tables: BTreeMap<String, BTreeSet<String>>,
}

/// An entry of an edition: which, and as sorted — by edition, then with numbers by their value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryId {
    /// The edition.
    pub framework: String,
    /// The id of the entry.
    pub entry: String,
}

/// What is known of an entry.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// What each pack has on it: built-in ones first.
    pub rows: Vec<Row>,
}

/// What a pack has on an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The pack.
    pub pack: String,
    /// Whether the program carries it.
    pub built_in: bool,
    /// Whose words it has.
    pub wording: Wording,
    /// The table: what kind of entry it is.
    pub table: String,
    /// The entry in words.
    pub words: Option<String>,
    /// The classes that it belongs to, by attribute.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Its further columns, in their order, without the empty ones.
    pub facts: Vec<(String, String)>,
}

/// A link, looked at from one of its ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The other end.
    pub other: EntryId,
    /// What this end is to the other.
    pub relation: Relation,
    /// `ours`, or `official:` and the document.
    pub origin: String,
    /// The pack that has it.
    pub pack: String,
}

/// How many links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that a document makes.
    pub official: usize,
    /// Those that we make.
    pub ours: usize,
}

/// Whether an origin is a document's.
#[must_use]
pub fn is_official(origin: &str) -> bool {
    origin.starts_with("official:")
}

impl Atlas {
    /// Puts together what packs list; in which order they are given does not matter.
    #[must_use]
    pub fn new(packs: &[Listed]) -> Self {
        let mut packs: Vec<&Listed> = packs.iter().collect();
        packs.sort_by_key(|pack| (!pack.built_in, &pack.id));
        let mut atlas = Self::default();
        for pack in &packs {
            atlas.list(pack);
            atlas.link(pack);
        }
        for links in atlas.links.values_mut() {
            links.sort();
            // Packs of one edition may have the same link.
            links.dedup_by(|left, right| (&left.other, left.relation, &left.origin) == (&right.other, right.relation, &right.origin));
        }
        atlas.count();
        atlas.spell();
        atlas
    }

    /// All editions, by id.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.editions.values()
    }

    /// The edition of that id.
    #[must_use]
    pub fn edition(&self, framework: &str) -> Option<&Edition> {
        self.editions.get(framework)
    }

    /// How an edition is written for people: its id where no pack lists it.
    #[must_use]
    pub fn name<'a>(&'a self, framework: &'a str) -> &'a str {
        self.editions.get(framework).map_or(framework, |edition| &edition.name)
    }

    /// An entry as crosswalks write it: the edition's name, then its id.
    #[must_use]
    pub fn written(&self, id: &EntryId) -> String {
        format!("{} {}", self.name(&id.framework), id.entry)
    }

    /// What is known of an entry; `None` where no pack lists it.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&Entry> {
        self.editions.get(&id.framework)?.entries.get(id)
    }

    /// The links of an entry, looked at from it, by the other end.
    #[must_use]
    pub fn links(&self, id: &EntryId) -> &[Link] {
        self.links.get(id).map_or(&[], Vec::as_slice)
    }

    /// How many links there are between two editions, each once; by the ids of both.
    pub fn counts(&self) -> impl Iterator<Item = (&str, &str, Counts)> {
        self.counts.iter().map(|((left, right), counts)| (left.as_str(), right.as_str(), *counts))
    }

    fn list(&mut self, pack: &Listed) {
        let Some(framework) = &pack.listing.framework else { return };
        let edition = self.editions.entry(framework.clone()).or_insert_with(|| Edition {
            framework: framework.clone(),
            name: framework.clone(),
            names: Vec::new(),
            standard: pack.standard.clone(),
            edition: pack.edition.clone(),
            packs: Vec::new(),
            entries: BTreeMap::new(),
            folded: BTreeMap::new(),
        });
        if edition.names.is_empty() {
            edition.name = pack.listing.names.first().unwrap_or(framework).clone();
        }
        for name in &pack.listing.names {
            if !edition.names.contains(name) {
                edition.names.push(name.clone());
            }
        }
        let mut tables = BTreeMap::new();
        for (name, table) in &pack.tables {
            tables.insert(name.clone(), edition.take(pack, name, table));
        }
        edition.packs.push(Lister {
            pack: pack.id.clone(),
            title: pack.title.clone(),
            built_in: pack.built_in,
            licence: pack.listing.licence.clone(),
            provenance: pack.listing.provenance.clone(),
            tables,
        });
    }

    fn link(&mut self, pack: &Listed) {
        for links in &pack.listing.links {
            for link in &links.links {
                let from = EntryId { framework: links.from.clone(), entry: link.from.clone() };
                let to = EntryId { framework: links.to.clone(), entry: link.to.clone() };
                let seen = |other: &EntryId, relation| Link { other: other.clone(), relation, origin: link.origin.clone(), pack: pack.id.clone() };
                self.links.entry(from.clone()).or_default().push(seen(&to, link.relation));
                self.links.entry(to).or_default().push(seen(&from, link.relation.turned()));
            }
        }
    }

    fn count(&mut self) {
        for (own, links) in &self.links {
            // Each link stands at both of its ends.
            for link in links.iter().filter(|link| *own <= link.other) {
                let counts = self.counts.entry((own.framework.clone(), link.other.framework.clone())).or_default();
                *if is_official(&link.origin) { &mut counts.official } else { &mut counts.ours } += 1;
            }
        }
    }
}

impl Edition {
    /// Its entries, in the order of their ids.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&EntryId, &Entry)> {
        self.entries.iter()
    }

    /// Takes a table in; the ids of its rows.
    fn take(&mut self, pack: &Listed, name: &str, table: &PackTable) -> BTreeSet<String> {
        let Some(key) = table.key else { return BTreeSet::new() };
        let mut ids = BTreeSet::new();
        for cells in &table.rows {
            let Some(entry) = cells.get(key).filter(|entry| !entry.trim().is_empty()) else { continue };
            let id = EntryId { framework: self.framework.clone(), entry: entry.clone() };
            let same = self.folded.entry(folded(entry)).or_default();
            if let Err(at) = same.binary_search(&id) {
                same.insert(at, id.clone());
            }
            self.entries.entry(id).or_default().rows.push(Row::new(pack, name, table, cells));
            ids.insert(entry.clone());
        }
        ids
    }
}

impl Entry {
    /// What says it in words: a publisher's text before our short title.
    #[must_use]
    pub fn worded(&self) -> Option<(&str, &Row)> {
        self.by_weight().find_map(|row| Some((row.words.as_deref()?, row)))
    }

    /// A publisher's rows before ours.
    fn by_weight(&self) -> impl Iterator<Item = &Row> {
        let of = |publisher: bool| self.rows.iter().filter(move |row| (row.wording == Wording::Publisher) == publisher);
        of(true).chain(of(false))
    }

    /// Whether a pack lists two things under the id, in two of its tables.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.rows.iter().zip(self.rows.iter().skip(1)).any(|(row, next)| row.pack == next.pack)
    }

    /// The classes that it belongs to, by attribute; a publisher's before ours.
    #[must_use]
    pub fn attributes(&self) -> BTreeMap<&str, &[String]> {
        let mut all = BTreeMap::new();
        for row in self.by_weight() {
            for (name, values) in &row.attributes {
                all.entry(name.as_str()).or_insert(values.as_slice());
            }
        }
        all
    }
}

impl Row {
    fn new(pack: &Listed, name: &str, table: &PackTable, cells: &[String]) -> Self {
        let filled = |column: usize| cells.get(column).filter(|cell| !cell.trim().is_empty());
        let named = |column: usize| Some((table.columns.get(column)?.clone(), filled(column)?));
        let values = |cell: &str| cell.split(SEPARATOR).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect();
        let further = |column: &usize| Some(*column) != table.key && Some(*column) != table.words && !table.attributes.contains(column);
        Self {
            pack: pack.id.clone(),
            built_in: pack.built_in,
            wording: pack.listing.wording,
            table: name.to_owned(),
            words: table.words.and_then(filled).cloned(),
            attributes: table.attributes.iter().filter_map(|column| named(*column)).map(|(name, cell)| (name, values(cell))).collect(),
            facts: (0..table.columns.len()).filter(further).filter_map(named).map(|(name, cell)| (name, cell.clone())).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
