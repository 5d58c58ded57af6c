//! Editions of frameworks: what is known of each, and under which terms.

use serde_json::{Value, json};

use super::super::tell;
use crate::atlas::{Atlas, Counts, Edition};
use crate::catalogue::Catalogue;
use crate::diagnostic::Diagnostics;
use crate::text::visible;

/// A row for each edition; where packs contradict each other, that is told.
pub(super) fn rows(catalogue: &Catalogue) -> Result<Vec<Value>, Diagnostics> {
    let atlas = catalogue.atlas()?;
    for contradiction in atlas.contradictions() {
        tell(&format!("note: packs list an edition differently: {}\n", visible(&contradiction.sentence())));
    }
    Ok(atlas.editions().map(|edition| row(&atlas, edition)).collect())
}

fn row(atlas: &Atlas, edition: &Edition) -> Value {
    let own = edition.framework.as_str();
    let mut links = Counts::default();
    for (_, _, counts) in atlas.counts().filter(|(left, right, _)| [left, right].contains(&&own)) {
        links.official += counts.official;
        links.ours += counts.ours;
    }
    let mut licences: Vec<&str> = edition.packs.iter().filter_map(|pack| pack.licence.as_deref()).collect();
    licences.dedup();
    let from = match (edition.packs.iter().any(|pack| pack.built_in), edition.packs.iter().any(|pack| !pack.built_in)) {
        (true, true) => "built-in and imported",
        (true, false) => "built-in",
        _ => "imported",
    };
    json!({
        "id": own, "title": edition.name, "edition": edition.edition, "entries": edition.entries().len(),
        "links": { "official": links.official, "ours": links.ours }, "from": from,
        "packs": edition.packs.iter().map(|pack| &pack.pack).collect::<Vec<_>>(), "licence": licences.join("; "),
    })
}
