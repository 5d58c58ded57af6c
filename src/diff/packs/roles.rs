//! What became of each role or code of one edition in another, and which of
//! its statements have a counterpart there.
//!
//! Which roles an edition has stands in the table with a `key` that a table
//! of pairs can be joined to, over a column of the same name; a table of pairs
//! is one whose `ids` are entries of the edition. Two statements are
//! counterparts where they have one id in two editions of one framework, where
//! a crosswalk links them, or where both packs word them, and in the same words.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Ground;
use crate::pack::{FateKind, Pack, Wording};

/// What became of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleFate {
    /// Its id in the earlier edition.
    pub id: String,
    /// Its title there.
    pub title: String,
    /// What became of it.
    pub fate: FateKind,
    /// What it became, with titles.
    pub became: Vec<(String, String)>,
    /// Who says so.
    pub origin: String,
    /// Its statements; `null` where a pack does not list which statements its roles have.
    pub statements: Option<Statements>,
}

/// The statements of a role in both editions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statements {
    /// How many the role has in the earlier edition.
    pub old: usize,
    /// How many what it became has in the later edition.
    pub new: usize,
    /// Statements of the role with their counterparts there.
    pub counterparts: Vec<(String, String)>,
    /// Statements without a counterpart there.
    pub gone: Vec<String>,
    /// Statements there that none of the role's is a counterpart of.
    pub added: Vec<String>,
}

/// Statements by role.
type OfRoles<'p> = BTreeMap<&'p str, BTreeSet<&'p str>>;

/// What became of all roles, by id; empty where the packs list one edition, or none.
pub(super) fn roles(ground: &Ground<'_>) -> Vec<RoleFate> {
    let Ground { old, new, fates, .. } = *ground;
    let (Some(from), Some(to)) = (&old.listing.framework, &new.listing.framework) else { return Vec::new() };
    if from == to {
        return Vec::new();
    }
    let (left, right) = (of_roles(old), of_roles(new));
    let counterparts = Counterparts::new(ground, from, to);
    let mut told: Vec<RoleFate> = fates
        .iter()
        .filter(|fate| fate.from == *from && fate.to == *to)
        .map(|fate| {
            let statements = left.as_ref().zip(right.as_ref()).map(|(left, right)| {
                let own = left.get(fate.code.as_str()).cloned().unwrap_or_default();
                let theirs = fate.targets.iter().filter_map(|(entry, _)| right.get(entry.as_str())).flatten().copied().collect();
                statements(&own, &theirs, &counterparts)
            });
            RoleFate {
                id: fate.code.clone(),
                title: fate.title.clone(),
                fate: fate.kind,
                became: fate.targets.clone(),
                origin: fate.origin.clone(),
                statements,
            }
        })
        .collect();
    told.sort_by(|one, other| one.id.cmp(&other.id));
    // A pack of the user's may say again what a built-in one says.
    told.dedup_by(|one, other| one.id == other.id);
    told
}

/// Which statements a pack's tables give to which role, by the role's key.
fn of_roles(pack: &Pack) -> Option<OfRoles<'_>> {
    let framework = pack.listing.framework.as_deref()?;
    let mut found: Option<OfRoles<'_>> = None;
    for pairs in pack.tables.values() {
        let Some((statement, _)) = pairs.ids.as_ref().filter(|(_, of)| of == framework) else { continue };
        // Over the key where both have it, else over another column of the same name.
        let roles = pack.tables.values().filter_map(|roles| {
            // A list of the statements themselves is no list of roles, and words are no ids.
            let key = roles.key.filter(|key| roles.columns.get(*key) != pairs.columns.get(*statement))?;
            let shared = pairs.columns.iter().enumerate().filter(|(at, _)| at != statement);
            let joined = shared.filter_map(|(at, name)| Some((at, roles.column(name).filter(|column| Some(*column) != roles.words)?)));
            let best = joined.min_by_key(|(_, column)| *column != key)?;
            Some((roles, key, best))
        });
        let Some((roles, key, (of_pairs, of_roles))) = roles.min_by_key(|(_, key, (_, column))| column != key) else { continue };
        let by_value: BTreeMap<&str, &str> =
            roles.rows.iter().filter_map(|row| Some((row.get(of_roles)?.as_str(), row.get(key)?.as_str()))).collect();
        let all = found.get_or_insert_with(BTreeMap::new);
        for row in &pairs.rows {
            if let (Some(role), Some(statement)) = (row.get(of_pairs).and_then(|value| by_value.get(value.as_str())), row.get(*statement)) {
                all.entry(role).or_default().insert(statement);
            }
        }
    }
    found
}

/// What tells that two statements are counterparts.
struct Counterparts<'g> {
    /// The editions are of one framework: an id that both have is one statement.
    same_ids: bool,
    linked: BTreeMap<&'g str, BTreeSet<&'g str>>,
    old_words: BTreeMap<&'g str, String>,
    new_by_words: BTreeMap<String, BTreeSet<&'g str>>,
}

impl<'g> Counterparts<'g> {
    fn new(ground: &Ground<'g>, from: &str, to: &str) -> Self {
        let mut linked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for links in ground.links {
            for link in &links.links {
                if links.from == from && links.to == to {
                    linked.entry(&link.from).or_default().insert(&link.to);
                } else if links.from == to && links.to == from {
                    linked.entry(&link.to).or_default().insert(&link.from);
                }
            }
        }
        let family = |framework: &str| framework.rsplit_once('-').map(|(family, _)| family.to_owned());
        let mut new_by_words: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (id, words) in words(ground.new) {
            new_by_words.entry(words).or_default().insert(id);
        }
        Self { same_ids: family(from).is_some() && family(from) == family(to), linked, old_words: words(ground.old), new_by_words }
    }

    fn of(&self, statement: &str) -> BTreeSet<&str> {
        let linked = self.linked.get(statement).into_iter().flatten().copied();
        let worded = self.old_words.get(statement).and_then(|words| self.new_by_words.get(words)).into_iter().flatten().copied();
        linked.chain(worded).collect()
    }
}

/// The publisher's words of a pack's entries, where it holds them, without case, spaces and stops: editions differ in a full stop.
fn words(pack: &Pack) -> BTreeMap<&str, String> {
    let published = pack.listing.wording == Wording::Publisher;
    let tables = pack.tables.values().filter(|_| published).filter_map(|table| Some((table, table.key?, table.words?)));
    let plain = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let rows = tables.flat_map(|(table, key, words)| table.rows.iter().filter_map(move |row| Some((row.get(key)?.as_str(), row.get(words)?))));
    rows.map(|(id, text)| (id, plain(text))).filter(|(_, text)| !text.is_empty()).collect()
}

fn statements(old: &BTreeSet<&str>, new: &BTreeSet<&str>, known: &Counterparts<'_>) -> Statements {
    let mut told = Statements { old: old.len(), new: new.len(), ..Statements::default() };
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for statement in old {
        let mut there = known.of(statement);
        if known.same_ids {
            there.insert(statement);
        }
        let found: Vec<&str> = new.iter().copied().filter(|other| there.contains(other)).collect();
        if found.is_empty() {
            told.gone.push((*statement).to_owned());
        }
        for other in found {
            met.insert(other);
            told.counterparts.push(((*statement).to_owned(), other.to_owned()));
        }
    }
    told.added = new.iter().filter(|other| !met.contains(*other)).map(|other| (*other).to_owned()).collect();
    told
}
