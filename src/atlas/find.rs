//! From what people write to an entry: `ISO/IEC 27001:2022 A.5.2`,
//! `iso-27001-2022:A.5.2`, or the bare id. Case and runs of blanks do not
//! matter; of several names that fit, the longest is meant.

use super::{Atlas, Edition, EntryId};
use crate::suggest;

/// Beyond so many letters nobody mistyped an id.
const LONGEST: usize = 100;

/// What a crosswalk's text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<'a> {
    /// No edition that any pack lists: a control of ours, or something else.
    Nothing,
    /// An edition as a whole.
    Whole(&'a str),
    /// An entry.
    Entry(EntryId),
    /// An edition, and something that is no entry of it.
    Missing {
        /// The edition.
        framework: &'a str,
        /// What should be its entry, in lower case.
        rest: String,
    },
}

/// What a person may mean.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// An edition as a whole.
    Edition(&'a Edition),
    /// An entry.
    Entry(&'a EntryId),
}

/// As texts are compared: lower case, one blank between words.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return text.to_ascii_lowercase();
    }
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// What stands behind a name, where the text begins with it as a whole.
fn behind<'t>(text: &'t str, name: &str, ends: &[char]) -> Option<&'t str> {
    let rest = text.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(ends)).then(|| rest.trim_start_matches(ends).trim_start())
}

impl Atlas {
    /// Collects the ways to write an edition.
    pub(super) fn spell(&mut self) {
        let names = |edition: &Edition| edition.names.iter().map(|name| (folded(name), edition.framework.clone())).collect::<Vec<_>>();
        self.spellings = self.editions.values().flat_map(names).filter(|(name, _)| !name.is_empty()).collect();
        self.ids = self.editions.keys().map(|id| (folded(id), id.clone())).collect();
        for ways in [&mut self.spellings, &mut self.ids] {
            ways.sort_by(|left, right| right.0.len().cmp(&left.0.len()).then_with(|| left.cmp(right)));
            ways.dedup();
        }
    }

    /// The edition at the beginning of a text, and what stands behind it.
    fn prefix<'t>(&self, text: &'t str) -> Option<(&Edition, &'t str)> {
        let by_id = || self.ids.iter().find_map(|(id, framework)| Some((framework, behind(text, id, &[':', ' '])?)));
        let by_name = || self.spellings.iter().find_map(|(name, framework)| Some((framework, behind(text, name, &[' '])?)));
        let (framework, rest) = by_id().or_else(by_name)?;
        Some((self.editions.get(framework)?, rest))
    }

    /// The edition that a crosswalk's text names, and what stands behind its name, as compared.
    #[must_use]
    pub fn apart(&self, text: &str) -> Option<(&str, String)> {
        let text = folded(text);
        let (edition, rest) = self.prefix(&text)?;
        Some((&edition.framework, rest.to_owned()))
    }

    /// What the text of a crosswalk names.
    #[must_use]
    pub fn named(&self, text: &str) -> Named<'_> {
        let text = folded(text);
        let Some((edition, rest)) = self.prefix(&text) else { return Named::Nothing };
        match edition.folded.get(rest).and_then(|ids| ids.first()) {
            Some(id) => Named::Entry(id.clone()),
            // Where nobody lists the entries, nobody knows.
            None if rest.is_empty() || edition.entries.is_empty() => Named::Whole(&edition.framework),
            None => Named::Missing { framework: &edition.framework, rest: rest.to_owned() },
        }
    }

    /// What a text means: a bare id may stand in several editions.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Found<'_>> {
        let text = folded(text);
        if text.is_empty() {
            return Vec::new();
        }
        let of = |edition: &'_ Edition, rest: &str| edition.folded.get(rest).map(Vec::len).unwrap_or_default();
        if let Some((edition, rest)) = self.prefix(&text) {
            if rest.is_empty() {
                return vec![Found::Edition(edition)];
            }
            if of(edition, rest) > 0 {
                return edition.folded.get(rest).into_iter().flatten().map(Found::Entry).collect();
            }
        }
        self.editions.values().filter_map(|edition| edition.folded.get(&text)).flatten().map(Found::Entry).collect()
    }

    /// The entry or edition that was meant by a text which names none.
    #[must_use]
    pub fn nearest(&self, text: &str) -> Option<String> {
        let text = folded(text);
        if text.len() > LONGEST {
            return None;
        }
        if let Some((edition, rest)) = self.prefix(&text) {
            let close = suggest::closest(rest, edition.folded.keys().map(String::as_str))?;
            return edition.folded.get(close)?.first().map(|id| self.written(id));
        }
        let ids = || self.editions.values().flat_map(|edition| &edition.folded);
        let names = self.editions.keys().map(String::as_str).chain(self.spellings.iter().map(|(name, _)| name.as_str()));
        let bare = suggest::closest(&text, ids().map(|(id, _)| id.as_str()));
        if let Some(id) = bare.and_then(|close| ids().find(|(id, _)| *id == close)).and_then(|(_, found)| found.first()) {
            return Some(self.written(id));
        }
        // The name alone may be mistyped: as many words as a name has are compared with it.
        let near = |name: &str| {
            let words = name.split(' ').count();
            let head = text.split(' ').take(words).collect::<Vec<_>>().join(" ");
            suggest::closest(&head, [name])?;
            let rest = text.get(head.len()..).unwrap_or_default();
            let (none, meant) = match self.named(&format!("{name}{rest}")) {
                Named::Entry(id) => (false, self.written(&id)),
                Named::Whole(framework) | Named::Missing { framework, .. } => (true, self.name(framework).to_owned()),
                Named::Nothing => return None,
            };
            // An entry before an edition, then the nearest, then the later edition.
            Some((none, suggest::distance(&head, name), std::cmp::Reverse(name.to_owned()), meant))
        };
        names.filter_map(near).min().map(|(.., meant)| meant)
    }
}
