//! Identity resolution: one person, many spellings.
//!
//! The same person is `1042` in HR, `a.jensen@corp.example` in the identity
//! provider and `7c1e…` in a role assignment. The roster (`people`) makes the
//! persons; its identity fields, those of other tables, and the alias file
//! make the spellings. A spelling that two persons share resolves to nobody:
//! guessing would make a finding about the wrong person.

use hashbrown::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// What a spelling resolves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// A person of the roster, by ordinal.
    Person(u32),
    /// Several persons share the spelling.
    Ambiguous,
    /// Nobody on the roster.
    Stranger,
}

type Hashes = foldhash::fast::RandomState;
/// The person that a spelling names; `None` where several share it.
type Aliases = HashMap<Box<[u8]>, Option<u32>, Hashes>;

/// Spellings spread over so many tables that vouch for each other, and no
/// further: an export that chains thousands of accounts must not stall a scan.
const MOST_ROUNDS: usize = 32;

/// Who is who: made in the keys round, then immutable.
#[derive(Debug, Default)]
pub struct Identity {
    aliases: Aliases,
    incomplete: bool,
}

/// Collects rosters, aliases and the alias file, in any order.
#[derive(Debug, Default)]
pub struct IdentityBuilder {
    /// Spellings of one roster entry each; the first is the person's id.
    roster: Vec<Vec<Vec<u8>>>,
    /// Spellings that name one person each, from other tables.
    links: Vec<Vec<Vec<u8>>>,
    /// `identities.csv`: person id and alias.
    stated: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Brings a spelling into the form that is compared: NFC, lower case, no
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

/// Notes that a spelling names a person; the order of claims does not matter.
fn claim(aliases: &mut Aliases, spelling: &[u8], person: u32) {
    match aliases.get_mut(spelling) {
        None => drop(aliases.insert(spelling.into(), Some(person))),
        Some(known) if *known != Some(person) => *known = None,
        Some(_) => {}
    }
}

impl IdentityBuilder {
    /// Adds a roster entry: its spellings, the id first.
    pub fn person(&mut self, spellings: Vec<Vec<u8>>) {
        self.roster.push(spellings);
    }

    /// Adds spellings that all name the same person.
    pub fn link(&mut self, spellings: Vec<Vec<u8>>) {
        self.links.push(spellings);
    }

    /// Adds a line of the alias file.
    pub fn stated(&mut self, person: &[u8], alias: &[u8]) {
        self.stated.push((person.to_vec(), alias.to_vec()));
    }

    /// The spellings that other tables say name one person each.
    #[must_use]
    pub fn links(&self) -> &[Vec<Vec<u8>>] {
        &self.links
    }

    /// Takes in what another worker collected.
    pub fn merge(&mut self, other: Self) {
        self.roster.extend(other.roster);
        self.links.extend(other.links);
        self.stated.extend(other.stated);
    }

    /// Decides who is who. The result does not depend on the order in which
    /// anything was added: persons are numbered by their id, and spellings
    /// spread in rounds, each computed from the one before.
    #[must_use]
    pub fn build(self) -> Identity {
        let normal = |spellings: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
            spellings.iter().map(|value| normalise(value, <[u8]>::to_vec)).filter(|value| !value.is_empty()).collect()
        };
        let roster: Vec<Vec<Vec<u8>>> = self.roster.into_iter().map(normal).filter(|person| !person.is_empty()).collect();
        let mut ids: Vec<&[u8]> = roster.iter().map(|person| person[0].as_slice()).collect();
        ids.sort_unstable();
        ids.dedup();
        let numbers: HashMap<&[u8], u32, Hashes> = ids.into_iter().zip(0_u32..).collect();
        let mut aliases = Aliases::with_capacity_and_hasher(roster.len() * 2, Hashes::default());
        for person in &roster {
            for spelling in person {
                claim(&mut aliases, spelling, numbers[person[0].as_slice()]);
            }
        }
        // What a person says about identities outranks what exports suggest.
        for (person, alias) in &self.stated {
            if let Some(number) = normalise(person, |id| numbers.get(id).copied()) {
                aliases.insert(normalise(alias, |alias| alias.into()), Some(number));
            }
        }
        let links: Vec<Vec<Vec<u8>>> = self.links.into_iter().map(normal).collect();
        for _ in 0..MOST_ROUNDS {
            let mut fresh = Aliases::default();
            for link in &links {
                let mut persons = link.iter().filter_map(|spelling| aliases.get(spelling.as_slice()).copied().flatten());
                let Some(first) = persons.next() else { continue };
                if persons.any(|other| other != first) {
                    continue;
                }
                for spelling in link.iter().filter(|spelling| !aliases.contains_key(spelling.as_slice())) {
                    claim(&mut fresh, spelling, first);
                }
            }
            if fresh.is_empty() {
                break;
            }
            aliases.extend(fresh);
        }
        Identity { aliases, incomplete: false }
    }
}

impl Identity {
    /// Notes whether the roster is known to be incomplete.
    pub fn set_incomplete(&mut self, incomplete: bool) {
        self.incomplete = incomplete;
    }

    /// Whether the roster is known to be incomplete: then nobody is surely
    /// somebody else, for a missing entry may share a spelling.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whom a value names.
    #[must_use]
    #[inline]
    pub fn resolve(&self, value: &[u8]) -> Resolved {
        normalise(value, |spelling| match self.aliases.get(spelling) {
            Some(Some(person)) => Resolved::Person(*person),
            Some(None) => Resolved::Ambiguous,
            None => Resolved::Stranger,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn spellings_spread_through_links_and_shared_ones_resolve_to_nobody() {
        let mut builder = IdentityBuilder::default();
        builder.link(words(&["guid-1", "A.Jensen@corp.example"]));
        builder.link(words(&["badge-9", "guid-1"]));
        builder.person(words(&["1042", "a.jensen@corp.example", "shared@corp.example"]));
        builder.person(words(&["1043", "shared@corp.example"]));
        builder.stated(b"1043", b"Jensen, Anna");
        let identity = builder.build();
        let anna = identity.resolve(b"1042");
        assert!(matches!(anna, Resolved::Person(_)));
        assert_eq!(identity.resolve(b"BADGE-9"), anna);
        assert_eq!(identity.resolve(b"guid-1"), anna);
        assert_eq!(identity.resolve(b"shared@corp.example"), Resolved::Ambiguous);
        assert_eq!(identity.resolve(b"nobody"), Resolved::Stranger);
        assert_eq!(identity.resolve(b"jensen, anna"), identity.resolve(b"1043"));
    }

    #[test]
    fn a_link_between_two_persons_binds_neither() {
        let mut builder = IdentityBuilder::default();
        builder.person(words(&["1"]));
        builder.person(words(&["2"]));
        builder.link(words(&["1", "2", "x"]));
        assert_eq!(builder.build().resolve(b"x"), Resolved::Stranger);
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_spelling() {
        let mut builder = IdentityBuilder::default();
        builder.person(words(&["Zo\u{eb}"]));
        let identity = builder.build();
        assert!(matches!(identity.resolve("zoe\u{308}".as_bytes()), Resolved::Person(_)));
    }
}
