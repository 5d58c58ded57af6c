//! Words: which expected entries a value of the evidence names.
//!
//! Clients write "review firewall rules", not T0264. With terms, an entry is
//! named by its id, by the pack's own short title, or by what the engagement
//! maps to it; case and surrounding blanks do not matter. Without, only the
//! id names it, exactly.

use std::collections::BTreeMap;

use regex::Regex;

use crate::engagement::Term;
use crate::pack::Entry;

/// The words for a list of entries.
#[derive(Debug, Clone, Default)]
pub struct Words {
    loose: bool,
    exact: BTreeMap<Vec<u8>, Vec<u32>>,
    patterns: Vec<(Regex, u32)>,
    /// Entries for which the engagement has a word.
    mapped: Vec<bool>,
}

/// As words are compared: whatever their case, and blanks but as one between two words.
pub(crate) fn loosen(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Words {
    /// Only ids, exactly.
    #[must_use]
    pub fn exact(entries: &[Entry]) -> Self {
        let mut words = Self { mapped: vec![true; entries.len()], ..Self::default() };
        for (number, entry) in (0_u32..).zip(entries) {
            words.exact.entry(entry.id.as_bytes().to_vec()).or_default().push(number);
        }
        words
    }

    /// Ids, titles, and the terms that speak of this field.
    #[must_use]
    pub fn terms<'t>(entries: &[Entry], terms: impl Iterator<Item = &'t Term>) -> Self {
        let mut words = Self { loose: true, mapped: vec![false; entries.len()], ..Self::default() };
        let add = |words: &mut Self, text: &str, number: u32| {
            let known = words.exact.entry(loosen(text).into_bytes()).or_default();
            if !known.contains(&number) {
                known.push(number);
            }
        };
        for (number, entry) in (0_u32..).zip(entries) {
            add(&mut words, &entry.id, number);
            if let Some(title) = &entry.title {
                add(&mut words, title, number);
            }
        }
        for term in terms {
            for (number, _) in (0_u32..).zip(entries).filter(|(_, entry)| entry.id == term.is) {
                words.mapped[number as usize] = true;
                if let Some(value) = &term.value {
                    add(&mut words, value, number);
                }
                if let Some(pattern) = &term.pattern {
                    words.patterns.push((pattern.clone(), number));
                }
            }
        }
        words
    }

    /// Whether the engagement has a word for an entry (or none is needed).
    #[must_use]
    pub fn mapped(&self, entry: u32) -> bool {
        self.mapped.get(entry as usize).copied().unwrap_or(false)
    }

    /// The same words for entries that have other numbers, so many of them: several may be one, and some be none any more.
    #[must_use]
    pub fn renumbered(&self, numbers: &[Option<u32>], entries: usize) -> Self {
        let number = |entry: &u32| numbers.get(*entry as usize).copied().flatten();
        let mut words = Self { loose: self.loose, mapped: vec![false; entries], ..Self::default() };
        for (text, known) in &self.exact {
            let mut named: Vec<u32> = known.iter().filter_map(number).collect();
            named.sort_unstable();
            named.dedup();
            if !named.is_empty() {
                words.exact.insert(text.clone(), named);
            }
        }
        words.patterns = self.patterns.iter().filter_map(|(pattern, entry)| Some((pattern.clone(), number(entry)?))).collect();
        for (mapped, to) in self.mapped.iter().zip(numbers).filter_map(|(mapped, to)| Some((*mapped, *to.as_ref()?))) {
            words.mapped[to as usize] |= mapped;
        }
        words
    }

    /// Gives the entries that a whole value names.
    pub fn names(&self, value: &[u8], out: &mut Vec<u32>) {
        out.clear();
        if !self.loose {
            out.extend(self.exact.get(value).into_iter().flatten());
            return;
        }
        let text = String::from_utf8_lossy(value);
        out.extend(self.exact.get(loosen(&text).as_bytes()).into_iter().flatten());
        out.extend(self.patterns.iter().filter(|(pattern, _)| pattern.is_match(&text)).map(|(_, entry)| *entry));
        out.sort_unstable();
        out.dedup();
    }

    /// Gives the entries that a running text mentions as whole words.
    pub fn mentioned(&self, value: &[u8], out: &mut Vec<u32>) {
        out.clear();
        let text = String::from_utf8_lossy(value);
        let haystack = loosen(&text);
        for (word, entries) in &self.exact {
            if std::str::from_utf8(word).is_ok_and(|word| mentions(&haystack, word)) {
                out.extend(entries);
            }
        }
        out.extend(self.patterns.iter().filter(|(pattern, _)| pattern.is_match(&text)).map(|(_, entry)| *entry));
        out.sort_unstable();
        out.dedup();
    }
}

/// Whether `word` stands in `text` with no letter or digit on either side.
fn mentions(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        vec![Entry { id: "ciso".into(), title: Some("Chief Information Security Officer".into()) }, Entry { id: "ops".into(), title: None }]
    }

    #[test]
    fn ids_titles_and_terms_name_an_entry_whatever_their_case() {
        let term = Term { field: "party".into(), value: Some("Head of Security".into()), pattern: None, is: "ciso".into() };
        let words = Words::terms(&entries(), [&term].into_iter());
        let mut out = Vec::new();
        for (text, expected) in [("CISO", vec![0]), ("head  of security", vec![0]), ("chief information security officer", vec![0]), ("opsx", vec![])]
        {
            words.names(text.as_bytes(), &mut out);
            assert_eq!(out, expected, "{text}");
        }
        assert!(words.mapped(0) && !words.mapped(1));
        words.mentioned(b"The Head of\n security and Ops-team decide.", &mut out);
        assert_eq!(out, [0, 1]);
        words.mentioned(b"Heads of security; opsec", &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn without_terms_only_the_id_counts() {
        let words = Words::exact(&entries());
        let mut out = Vec::new();
        words.names(b"CISO", &mut out);
        assert!(out.is_empty());
        words.names(b"ciso", &mut out);
        assert_eq!(out, [0]);
    }
}
