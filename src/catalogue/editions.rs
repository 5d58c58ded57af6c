//! What packs list of editions: all of it for whoever asks about them, and for
//! a scan what its controls name.

use std::collections::{BTreeMap, BTreeSet};

use super::Catalogue;
use crate::atlas::{Atlas, folded};
use crate::diagnostic::Diagnostics;
use crate::embedded;
use crate::pack::lister::Lister;
use crate::pack::{Listed, Pack, resolve};
use crate::parallel;
use crate::report::InputSource;

/// The relations over which a control's answer is carried to a further entry.
const CARRYING: [&[u8]; 2] = [b"equal-to", b"equivalent-to"];

impl Catalogue {
    /// The atlas of everything that was read.
    ///
    /// # Errors
    /// Mistakes in what packs list.
    pub fn atlas(&self) -> Result<Atlas, Diagnostics> {
        let all: Vec<&_> = self.packs.iter().chain(&self.frameworks).collect();
        Ok(Atlas::new(&whole(parallel::each(&all, |pack| resolve::listed(pack)))?))
    }

    /// Writes into the controls of packs what they answer in other editions; the packs beside them that it rests on.
    ///
    /// # Errors
    /// Mistakes in what packs list.
    pub fn tell(&self, packs: &mut [Pack]) -> Result<Vec<InputSource>, Diagnostics> {
        let built_in = embedded::packs().iter().chain(embedded::frameworks());
        let mut listers: Vec<Lister> = built_in.filter_map(|pack| Lister::built_in(pack.id)).collect();
        let own: Vec<_> = self.packs.iter().chain(&self.frameworks).filter(|pack| !pack.built_in).collect();
        let own = whole(own.iter().map(|pack| resolve::listed(pack)).collect())?;
        // First the names alone: they tell which tables to read.
        let mut listed = whole(listers.iter().map(Lister::listed).collect())?;
        listed.extend(own.iter().cloned());
        let wanted = Wanted::new(&Atlas::new(&listed), packs);
        let named: BTreeSet<&str> = wanted.0.keys().map(String::as_str).collect();
        for lister in &mut listers {
            if lister.framework().is_some_and(|framework| named.contains(framework)) {
                lister.read_entries();
            }
            lister.read_links(|from, to, bytes| {
                (named.contains(from) || named.contains(to)) && CARRYING.iter().any(|word| memchr::memmem::find(bytes, word).is_some())
            });
        }
        let mut listed = whole(parallel::each(&listers, Lister::listed))?;
        listed.extend(own);
        listed.iter_mut().for_each(|pack| wanted.keep(pack));
        let atlas = Atlas::new(&listed);
        let mut used = BTreeSet::new();
        for control in packs.iter_mut().flat_map(|pack| &mut pack.controls) {
            used.extend(atlas.tell(control));
        }
        let digest = |id: &str| {
            let own = self.packs.iter().chain(&self.frameworks).find(|known| known.id == id).map(|known| known.sha256.clone());
            own.or_else(|| listers.iter().find(|lister| lister.id() == id).map(Lister::sha256))
        };
        let beside = used.into_iter().filter(|id| !packs.iter().any(|pack| pack.id == *id));
        Ok(beside.filter_map(|id| Some(InputSource { sha256: digest(&id)?, id })).collect())
    }
}

/// The entries that controls name in their maps and criteria, as compared, by edition: a scan needs no others.
struct Wanted(BTreeMap<String, BTreeSet<String>>);

impl Wanted {
    fn new(atlas: &Atlas, packs: &[Pack]) -> Self {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for control in packs.iter().flat_map(|pack| &pack.controls) {
            for (framework, entry) in control.maps.iter().filter_map(|map| atlas.apart(&map.to)) {
                wanted.entry(framework.to_owned()).or_default().insert(entry);
            }
            if let Some(edition) = atlas.of_criterion(&control.criterion) {
                wanted.entry(edition.framework.clone()).or_default().insert(folded(&control.criterion.clause));
            }
        }
        Self(wanted)
    }

    /// Leaves out of what a pack lists whatever is not wanted.
    fn keep(&self, pack: &mut Listed) {
        let has = |framework: &str, entry: &str| self.0.get(framework).is_some_and(|own| own.contains(folded(entry).as_str()));
        let own = pack.listing.framework.clone().unwrap_or_default();
        for table in pack.tables.values_mut() {
            table.rows.retain(|row| table.key.and_then(|key| row.get(key)).is_some_and(|entry| has(&own, entry)));
        }
        for links in &mut pack.listing.links {
            let (from, to) = (links.from.clone(), links.to.clone());
            links.links.retain(|link| has(&from, &link.from) || has(&to, &link.to));
        }
    }
}

/// All of them, or every mistake.
fn whole(listed: Vec<Result<Listed, Diagnostics>>) -> Result<Vec<Listed>, Diagnostics> {
    let (mut good, mut problems) = (Vec::new(), Diagnostics::default());
    for listed in listed {
        match listed {
            Ok(listed) => good.push(listed),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(good) } else { Err(problems) }
}
