//! Filters by attribute: of several values of one name any will do; of
//! several names all must fit.

use std::collections::{BTreeMap, BTreeSet};

use crate::atlas::Atlas;
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pack::Control;

/// The classes that are wanted of controls.
#[derive(Debug)]
pub(super) struct Classes<'w> {
    wanted: &'w [(String, String)],
    atlas: Option<Atlas>,
}

impl<'w> Classes<'w> {
    /// Held against the editions that are known.
    pub(super) fn new(catalogue: &Catalogue, wanted: &'w [(String, String)]) -> Result<Self, Diagnostics> {
        if wanted.is_empty() {
            return Ok(Self { wanted, atlas: None });
        }
        let atlas = catalogue.atlas()?;
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (_, entry) in atlas.editions().flat_map(|edition| edition.entries()) {
            for (name, values) in entry.attributes() {
                known.entry(name).or_default().extend(values.iter().map(String::as_str));
            }
        }
        for (name, value) in wanted {
            let values = known.get(name.as_str()).ok_or_else(|| unknown(name, known.keys().copied(), "attribute"))?;
            if !values.iter().any(|known| known.eq_ignore_ascii_case(value)) {
                return Err(unknown(value, values.iter().copied(), &format!("value of `{name}`")));
            }
        }
        Ok(Self { wanted, atlas: Some(atlas) })
    }

    /// Whether a control is listed.
    pub(super) fn take(&self, control: &Control) -> bool {
        self.atlas.as_ref().is_none_or(|atlas| fits(&atlas.told(&control.maps, &control.criterion).attributes, self.wanted))
    }
}

/// Whether classes are among those that are wanted.
pub(super) fn fits(own: &BTreeMap<String, Vec<String>>, wanted: &[(String, String)]) -> bool {
    let has = |(name, value): &(String, String)| own.get(name).is_some_and(|values| values.iter().any(|own| own.eq_ignore_ascii_case(value)));
    wanted.iter().all(|(name, _)| wanted.iter().filter(|(other, _)| other == name).any(has))
}

/// A name or value that nothing has.
pub(super) fn unknown<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone, what: &str) -> Diagnostics {
    let help = crate::suggest::help(word, known).unwrap_or_else(|| "`rolecall list frameworks` shows the editions; some have none".to_owned());
    Diagnostic::new("unknown-attribute", "", format!("`{word}` is no {what}")).help(help).into()
}
