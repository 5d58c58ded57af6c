//! The names of the roster, in several tables by their hash: each is small
//! enough to stay near while it is made, and they are made side by side.

use super::Name;
use crate::key::{Hashing, KeyTable, TOGETHER, tag};
use crate::parallel;

/// Claimants of one table, about: what is made of so many stays in a core's own memory.
const OF_A_TABLE: usize = 4 << 10;
/// The most tables.
const MOST_TABLES: usize = 256;
/// Claimants whose names are sorted by table at once.
const AT_ONCE: usize = 8 << 10;

/// What is known of each name.
#[derive(Debug)]
pub(super) struct Names {
    /// As the tables hash: a name is hashed once, and they are asked by its tag.
    hashing: Hashing,
    /// A power of two of them.
    tables: Vec<KeyTable<Name>>,
}

impl Names {
    /// No names.
    pub(super) fn new(seed: u64) -> Self {
        Self { hashing: Hashing::new(seed), tables: vec![KeyTable::new(seed)] }
    }

    /// The names that are claimed, and whether one of them names nobody. `of`
    /// gives what each of so many claim to the function that it gets.
    pub(super) fn claimed(seed: u64, claimants: usize, of: impl Fn(usize, &mut dyn FnMut(&[u8], Name)) + Sync) -> (Self, bool) {
        let mut names = Self { hashing: Hashing::new(seed), tables: Vec::new() };
        let tables = (claimants / OF_A_TABLE).next_power_of_two().min(MOST_TABLES);
        let stretches: Vec<usize> = (0..claimants).step_by(AT_ONCE).collect();
        let sorted = parallel::each(&stretches, |first| {
            let mut sorted = vec![Claims::default(); tables];
            for claimant in *first..claimants.min(first + AT_ONCE) {
                of(claimant, &mut |name, claimed| {
                    let hash = names.hashing.of(name);
                    sorted[place(hash, tables)].push(name, tag(hash), claimed);
                });
            }
            sorted
        });
        let numbers: Vec<usize> = (0..tables).collect();
        let made = parallel::each(&numbers, |table| {
            let (mut made, mut ambiguous) = (KeyTable::new(seed), false);
            made.reserve(sorted.iter().map(|stretch| stretch[*table].claims.len()).sum());
            for (name, tag, claimed) in sorted.iter().flat_map(|stretch| stretch[*table].iter()) {
                ambiguous |= claim(&mut made, name, tag, claimed);
            }
            (made, ambiguous)
        });
        let mut ambiguous = false;
        for (table, unclear) in made {
            names.tables.push(table);
            ambiguous |= unclear;
        }
        (names, ambiguous)
    }

    /// What is known of a name.
    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&Name> {
        let hash = self.hashing.of(name);
        let table = &self.tables[place(hash, self.tables.len())];
        table.find_tagged(tag(hash), name).map(|slot| table.value(slot))
    }

    /// Gives `take` what is known of each name, with its number: they are looked up
    /// together, in whichever tables they are.
    #[inline]
    pub(super) fn get_all(&self, names: &[&[u8]], mut take: impl FnMut(usize, Option<&Name>)) {
        let (mut tags, mut places) = ([0; TOGETHER], [0; TOGETHER]);
        for (begun, names) in (0..).step_by(TOGETHER).zip(names.chunks(TOGETHER)) {
            for ((tagged, placed), name) in tags.iter_mut().zip(&mut places).zip(names) {
                let hash = self.hashing.of(name);
                (*tagged, *placed) = (tag(hash), place(hash, self.tables.len()));
            }
            let table = |number: usize| &self.tables[places[number]];
            let name = |number: usize| names.get(number).copied();
            KeyTable::find_among(table, &tags, name, names.len(), |number, slot| {
                take(begun + number, slot.map(|slot| table(number).value(slot as usize)));
            });
        }
    }

    /// What is known of a name, made by `default` where it is new.
    pub(super) fn entry(&mut self, name: &[u8], default: impl FnOnce() -> Name) -> &mut Name {
        let (hash, tables) = (self.hashing.of(name), self.tables.len());
        self.tables[place(hash, tables)].entry_tagged(tag(hash), name, default)
    }
}

/// Claims of names of one table, one behind the other: they are read in the order in which they lie.
#[derive(Debug, Clone, Default)]
struct Claims {
    names: Vec<u8>,
    /// Where each name ends, its tag, and what is claimed.
    claims: Vec<(usize, u32, Name)>,
}

impl Claims {
    fn push(&mut self, name: &[u8], tag: u32, claimed: Name) {
        self.names.extend_from_slice(name);
        self.claims.push((self.names.len(), tag, claimed));
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], u32, Name)> {
        let mut start = 0;
        self.claims.iter().map(move |(end, tag, claimed)| (&self.names[std::mem::replace(&mut start, *end)..*end], *tag, *claimed))
    }
}

/// The table of a name with this hash: the lower bits name it, of which its tag has none.
#[inline]
fn place(hash: u64, tables: usize) -> usize {
    // A table's number is less than their number: it is one of this machine.
    usize::try_from(hash & (tables as u64 - 1)).unwrap_or(0)
}

/// Notes that a name is a person's, and says whether it names nobody now; the order of claims does not matter.
fn claim(names: &mut KeyTable<Name>, name: &[u8], tag: u32, claimed: Name) -> bool {
    let known = names.entry_tagged(tag, name, || claimed);
    known.fields |= claimed.fields;
    known.person = known.person.filter(|person| Some(*person) == claimed.person);
    known.person.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_however_many_tables_there_are() {
        for claims in [0, 1, 100, 5 * OF_A_TABLE] {
            // Every tenth claim is of nobody, every seventh shares its name with the one before it.
            let text: Vec<String> = (0..claims).map(|number| format!("name {}", number - usize::from(number % 7 == 1))).collect();
            let name = |person: usize| Name { person: u32::try_from(person).ok(), fields: 1, stated: false };
            let of = |number: usize, claim: &mut dyn FnMut(&[u8], Name)| {
                if number % 10 != 9 {
                    claim(text[number].as_bytes(), name(number));
                }
            };
            let (names, ambiguous) = Names::claimed(7, claims, of);
            assert_eq!(ambiguous, claims > 1);
            assert!(names.tables.len().is_power_of_two());
            for number in 0..claims {
                let same: Vec<usize> =
                    (number.saturating_sub(1)..claims.min(number + 2)).filter(|other| text[*other] == text[number] && other % 10 != 9).collect();
                let known = names.get(text[number].as_bytes());
                match same.as_slice() {
                    [] => assert_eq!(known, None),
                    [one] => assert_eq!(known, Some(&name(*one))),
                    _ => assert_eq!(known.map(|known| known.person), Some(None)),
                }
            }
            assert_eq!(names.get(b"another"), None);
            let asked: Vec<&[u8]> = text.iter().rev().map(String::as_bytes).chain([&b"another"[..], b""]).collect();
            for count in [0, 1, TOGETHER, TOGETHER + 1, asked.len()] {
                let (asked, mut told) = (&asked[asked.len().saturating_sub(count)..], Vec::new());
                names.get_all(asked, |number, known| told.push((number, known.copied())));
                let each: Vec<_> = asked.iter().map(|name| names.get(name).copied()).enumerate().collect();
                assert_eq!(told, each);
            }
        }
    }
}
