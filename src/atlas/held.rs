//! Crosswalks held against the editions that they name.

use std::collections::BTreeMap;

use super::{Atlas, EntryId, Named};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pack::Listed;
use crate::pack::load::LoadedPack;

impl Atlas {
    /// Tells of the maps of a pack's controls whose edition is known and has no such entry.
    #[must_use]
    pub fn missing_of(&self, loaded: &LoadedPack) -> Diagnostics {
        let mut told = Diagnostics::default();
        for (origin, to) in loaded.maps() {
            let Named::Missing { framework, .. } = self.named(&to.value) else { continue };
            let message = format!("`{}` names no entry of {framework}", to.value);
            let help = self.nearest(&to.value).map(|near| format!("did you mean `{near}`?"));
            told.push(origin.diagnostic(to.at, "unknown-entry", message, help));
        }
        told
    }

    /// Tells of the ends of a pack's links whose edition is known and has no such entry.
    #[must_use]
    pub fn missing_ends(&self, pack: &Listed) -> Diagnostics {
        let mut missing: BTreeMap<EntryId, usize> = BTreeMap::new();
        for links in &pack.listing.links {
            for link in &links.links {
                for (framework, entry) in [(&links.from, &link.from), (&links.to, &link.to)] {
                    let id = EntryId { framework: framework.clone(), entry: entry.clone() };
                    if self.edition(framework).is_some_and(|edition| edition.entries().len() > 0) && self.entry(&id).is_none() {
                        *missing.entry(id).or_default() += 1;
                    }
                }
            }
        }
        let told = missing.into_iter().map(|(id, times)| {
            let times = if times == 1 { "one link leads".to_owned() } else { format!("{times} links lead") };
            let message = format!("{times} to `{}`, which is no entry of {}", id.entry, id.framework);
            Diagnostic::new("unknown-entry", pack.id.clone(), message)
        });
        Diagnostics(told.collect())
    }
}
