//! Identity resolution: one person, many names. `docs/identity.md` has the rules.
//!
//! The roster (`people`) alone makes persons, and the names on it are known
//! everywhere. Accounts of other systems *join* a person by one of those
//! names; what the system itself calls the account is then *bound* to the
//! person, within that system. So no export can give a stranger a name of
//! somebody on the roster, and no number of one system is another's.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use crate::evidence::batch::{Batch, Value};
use crate::key::TOGETHER;

pub mod accounts;
#[cfg(test)]
mod laws;
mod names;
pub mod roster;
pub mod stated;

use self::accounts::Directory;
use self::names::Names;

/// What a name resolves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// A person of the roster, by ordinal.
    Person(u32),
    /// The name is claimed for several persons, or for one and for a stranger.
    Ambiguous,
    /// A name of a system whose accounts are not in evidence, or not all of them.
    Unplaced,
    /// Nobody on the roster.
    Stranger,
}

/// A field by which the roster knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RosterField {
    /// The person's number.
    PersonId,
    /// An address: an e-mail address, or a user name that has an `@`.
    Email,
    /// The user name.
    UserName,
}

/// The roster's fields, as `people` calls them, in the order of [`RosterField`].
pub const ROSTER_FIELDS: [&str; 3] = ["person_id", "email", "user_name"];

impl RosterField {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::PersonId, Self::Email, Self::UserName];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

type Hashes = foldhash::fast::RandomState;
type Map<V> = HashMap<Box<[u8]>, V, Hashes>;

/// What is known of a name on the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    /// Whom it names; `None` where several persons share it.
    person: Option<u32>,
    /// The roster fields in which it stands.
    fields: u8,
    /// Whether the alias file says so: such a name holds in every system.
    stated: bool,
}

/// Whose names the values of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home<'h> {
    /// The roster's.
    Roster,
    /// Those of one table of the roster, where rosters have the same number for different people.
    People(u32),
    /// Those of a system's accounts; `None` where nothing says which system.
    System(Option<&'h [u8]>),
}

/// Whose names the values of a table are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TableHome {
    /// The roster's.
    #[default]
    Roster,
    /// Its own: the table is a part of the roster.
    People,
    /// A system's, the same for all records.
    System(Option<Box<[u8]>>),
    /// The system's that each record names in this column, else that of the table.
    Column(u16, Option<Box<[u8]>>),
    /// Of records that are made of others, each says it in this column: the
    /// system; empty, one that nothing names; absent, the roster.
    Told(u16),
}

impl TableHome {
    /// Whose names the values of a record are.
    #[must_use]
    #[inline]
    pub fn of<'h>(&'h self, batch: &Batch<'h>, record: usize) -> Home<'h> {
        match self {
            Self::Roster => Home::Roster,
            Self::People => Home::People(batch.table),
            Self::System(system) => Home::System(system.as_deref()),
            Self::Column(column, otherwise) => Home::System(match batch.get(usize::from(*column), record) {
                Value::Bytes(system) => Some(system),
                Value::Empty | Value::Absent => otherwise.as_deref(),
                Value::Invalid => None,
            }),
            Self::Told(column) => match batch.get(usize::from(*column), record) {
                Value::Bytes(system) => Home::System(Some(system)),
                Value::Absent => Home::Roster,
                Value::Empty | Value::Invalid => Home::System(None),
            },
        }
    }
}

impl<'h> Home<'h> {
    /// The system whose names they are, where they are not the roster's.
    #[must_use]
    pub const fn system(self) -> Option<&'h [u8]> {
        match self {
            Home::System(system) => system,
            Home::Roster | Home::People(_) => None,
        }
    }
}

/// Who is who: made in the keys round, then immutable.
#[derive(Debug)]
pub struct Identity {
    names: Names,
    /// Numbers that several rosters have for different people, by table.
    overlapping: HashMap<u32, Map<u32>, Hashes>,
    systems: Map<Directory>,
    homes: Vec<TableHome>,
    incomplete: bool,
}

impl Default for Identity {
    fn default() -> Self {
        let (overlapping, systems) = (HashMap::default(), Map::default());
        Self { names: Names::new(seed()), overlapping, systems, homes: Vec::new(), incomplete: false }
    }
}

/// A seed that nobody outside knows; it never shows in a result.
fn seed() -> u64 {
    use std::hash::BuildHasher as _;
    Hashes::default().hash_one(0_u64)
}

/// Resolution as it holds for one record.
#[derive(Debug, Clone, Copy)]
pub struct Who<'w> {
    identity: &'w Identity,
    home: Home<'w>,
}

/// Brings a name into the form that is compared: NFC, lower case, no
/// surrounding blanks; and gives it to `take`.
pub fn normalise<R>(value: &[u8], take: impl FnOnce(&[u8]) -> R) -> R {
    let trimmed = value.trim_ascii();
    if trimmed.is_ascii() {
        let mut short = [0_u8; 96];
        if let Some(buffer) = short.get_mut(..trimmed.len()) {
            buffer.copy_from_slice(trimmed);
            buffer.make_ascii_lowercase();
            return take(buffer);
        }
        return take(&trimmed.to_ascii_lowercase());
    }
    // Lower-casing may decompose, hence NFC last.
    let text: String = String::from_utf8_lossy(trimmed).to_lowercase().nfc().collect();
    take(text.as_bytes())
}

/// As [`normalise`], to the end of `text`.
fn normalise_into(value: &[u8], text: &mut Vec<u8>) {
    let trimmed = value.trim_ascii();
    if trimmed.is_ascii() {
        let start = text.len();
        text.extend_from_slice(trimmed);
        text[start..].make_ascii_lowercase();
    } else {
        normalise(trimmed, |name| text.extend_from_slice(name));
    }
}

/// Whether a name is an address, which is the same person's in every system.
#[must_use]
pub fn is_address(name: &[u8]) -> bool {
    memchr::memchr(b'@', name).is_some()
}

/// A name as messages show it.
fn shown(name: &[u8]) -> String {
    let text = crate::text::visible(&String::from_utf8_lossy(name));
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("`{}...`", &text[..at]),
        None => format!("`{text}`"),
    }
}

impl Identity {
    /// Notes whether the roster is known to be incomplete.
    pub fn set_incomplete(&mut self, incomplete: bool) {
        self.incomplete = incomplete;
    }

    /// Says whose names the values of each table are, by ordinal.
    pub fn set_homes(&mut self, homes: Vec<TableHome>) {
        self.homes = homes;
    }

    /// Whether the roster is known to be incomplete: then nobody is surely
    /// somebody else, for a missing entry may share a name.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Resolution by the names of the roster.
    #[must_use]
    pub const fn anywhere(&self) -> Who<'_> {
        Who { identity: self, home: Home::Roster }
    }

    /// Resolution by the names of a home.
    #[must_use]
    pub const fn within<'w>(&'w self, home: Home<'w>) -> Who<'w> {
        Who { identity: self, home }
    }

    /// Resolution as it holds for a record.
    #[must_use]
    #[inline]
    pub fn at<'w>(&'w self, batch: &Batch<'w>, record: usize) -> Who<'w> {
        Who { identity: self, home: self.home(batch, record) }
    }

    /// Whose names the persons of a record are.
    #[must_use]
    #[inline]
    pub fn home<'w>(&'w self, batch: &Batch<'w>, record: usize) -> Home<'w> {
        self.homes.get(batch.table as usize).map_or(Home::Roster, |home| home.of(batch, record))
    }

    /// As [`Who::resolve`], of many values: their names are looked up together.
    /// `home` tells of the number that comes with a value whose names it holds;
    /// `take` gets them in order.
    pub fn resolve_all<'v>(
        &self,
        values: &[(&'v [u8], u32)],
        home: impl Fn(u32) -> Home<'v>,
        mut take: impl FnMut((&'v [u8], u32), Home<'v>, Resolved),
    ) {
        let mut text = Vec::new();
        for values in values.chunks(TOGETHER) {
            text.clear();
            let (mut ends, mut names) = ([0; TOGETHER], [&[][..]; TOGETHER]);
            for (end, (value, _)) in ends.iter_mut().zip(values) {
                normalise_into(value, &mut text);
                *end = text.len();
            }
            let mut start = 0;
            for (name, end) in names.iter_mut().zip(ends).take(values.len()) {
                *name = &text[std::mem::replace(&mut start, end)..end];
            }
            self.names.get_all(&names[..values.len()], |number, known| {
                let (value, home) = (values[number], home(values[number].1));
                take(value, home, self.told(home, names[number], known));
            });
        }
    }

    /// Whom a normalised name names in a home, where it is known what the roster knows of it.
    #[inline]
    fn told(&self, home: Home<'_>, name: &[u8], known: Option<&Name>) -> Resolved {
        let on_roster = match known {
            Some(Name { person: Some(person), .. }) => Resolved::Person(*person),
            Some(Name { person: None, .. }) => Resolved::Ambiguous,
            None => Resolved::Stranger,
        };
        match (home, on_roster) {
            (Home::People(table), Resolved::Ambiguous) => {
                let own = self.overlapping.get(&table).and_then(|numbers| numbers.get(name));
                own.map_or(Resolved::Ambiguous, |person| Resolved::Person(*person))
            }
            (Home::Roster | Home::People(_), _) => on_roster,
            // The roster's addresses are known everywhere; a system cannot give them away.
            (Home::System(_), Resolved::Person(_) | Resolved::Ambiguous) if is_address(name) => on_roster,
            (Home::System(system), _) => self.in_system(system, name, known),
        }
    }

    /// What is known of a name in a system: what the alias file says comes before what accounts say.
    fn in_system(&self, system: Option<&[u8]>, name: &[u8], known: Option<&Name>) -> Resolved {
        let directory = system.and_then(|system| self.systems.get(system));
        if let Some(person) = directory.and_then(|directory| directory.stated(name)) {
            return Resolved::Person(person);
        }
        if let Some(Name { person: Some(person), stated: true, .. }) = known {
            return Resolved::Person(*person);
        }
        match directory.and_then(|directory| directory.bound(name)) {
            Some(found) => found,
            // An address is the same everywhere, and the roster lacks it.
            None if is_address(name) || directory.is_some_and(Directory::is_whole) => Resolved::Stranger,
            None => Resolved::Unplaced,
        }
    }
}

impl<'w> Who<'w> {
    /// Everything that is known.
    #[must_use]
    pub const fn identity(self) -> &'w Identity {
        self.identity
    }

    /// Whose names the values are.
    #[must_use]
    pub const fn home(self) -> Home<'w> {
        self.home
    }

    /// Whom a value names.
    #[must_use]
    #[inline]
    pub fn resolve(self, value: &[u8]) -> Resolved {
        normalise(value, |name| self.identity.told(self.home, name, self.identity.names.get(name)))
    }
}
