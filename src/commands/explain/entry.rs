//! An entry of an edition, or an edition as a whole: what is known of it and
//! whose each word is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::atlas::{Atlas, Contradiction, Edition, EntryId, Row, Told, is_official};
use crate::pack::{Control, Provenance, Relation, Wording};

/// An entry, for machines and people.
#[derive(Debug, Serialize)]
pub(super) struct EntryView {
    framework: String,
    name: String,
    entry: String,
    /// A publisher's text, or our short title.
    words: Option<String>,
    attributes: BTreeMap<String, Vec<String>>,
    /// What each pack has on it.
    listed: Vec<ListedView>,
    links: Vec<LinkView>,
    /// Controls of packs that answer it.
    controls: Vec<ControlView>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ListedView {
    pack: String,
    built_in: bool,
    table: String,
    words: Option<String>,
    /// Whose the words are.
    wording: Wording,
    facts: BTreeMap<String, String>,
    #[serde(skip)]
    in_order: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct LinkView {
    framework: String,
    name: String,
    entry: String,
    relation: Relation,
    origin: String,
    pack: String,
}

#[derive(Debug, Serialize)]
struct ControlView {
    id: String,
    pack: String,
    title: String,
    /// Whether the control is held against the entry itself.
    criterion: bool,
    relation: Option<Relation>,
    origin: Option<String>,
    via: Option<String>,
}

/// An edition as a whole.
#[derive(Debug, Serialize)]
pub(super) struct EditionView {
    framework: String,
    name: String,
    names: Vec<String>,
    standard: String,
    edition: String,
    entries: usize,
    packs: Vec<PackView>,
    links: Vec<CountView>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PackView {
    pack: String,
    title: String,
    built_in: bool,
    licence: Option<String>,
    files: Vec<FileView>,
}

#[derive(Debug, Serialize)]
struct FileView {
    file: String,
    sha256: String,
    publisher: String,
    edition: String,
    published: Option<String>,
}

#[derive(Debug, Serialize)]
struct CountView {
    framework: String,
    name: String,
    official: usize,
    ours: usize,
}

/// A control of a pack, and what the atlas tells of it.
pub(super) type Known = (Control, Told);

impl EntryView {
    pub(super) fn new(atlas: &Atlas, id: &EntryId, controls: &[Known]) -> Self {
        let entry = atlas.entry(id).cloned().unwrap_or_default();
        let listed = |row: &Row| ListedView {
            pack: row.pack.clone(),
            built_in: row.built_in,
            table: row.table.clone(),
            words: row.words.clone(),
            wording: row.wording,
            facts: row.facts.iter().cloned().collect(),
            in_order: row.facts.clone(),
        };
        let links = atlas.links(id).iter().map(|link| LinkView {
            framework: link.other.framework.clone(),
            name: atlas.name(&link.other.framework).to_owned(),
            entry: link.other.entry.clone(),
            relation: link.relation,
            origin: link.origin.clone(),
            pack: link.pack.clone(),
        });
        let control = |(control, told): &Known| {
            let answer = told.answers.iter().find(|answer| (&answer.framework, &answer.entry) == (&id.framework, &id.entry));
            let criterion = atlas.clause(&control.criterion).as_ref() == Some(id);
            (criterion || answer.is_some()).then(|| ControlView {
                id: control.id.clone(),
                pack: control.pack.clone(),
                title: control.title.clone(),
                criterion,
                relation: answer.map(|answer| answer.relation),
                origin: answer.map(|answer| answer.origin.clone()),
                via: answer.and_then(|answer| answer.via.clone()),
            })
        };
        Self {
            framework: id.framework.clone(),
            name: atlas.name(&id.framework).to_owned(),
            entry: id.entry.clone(),
            // Of two things under one id each has its own.
            words: entry.worded().filter(|_| !entry.is_ambiguous()).map(|(words, _)| words.to_owned()),
            attributes: entry.attributes().into_iter().map(|(name, values)| (name.to_owned(), values.to_vec())).collect(),
            listed: entry.rows.iter().map(listed).collect(),
            links: links.collect(),
            controls: controls.iter().filter_map(control).collect(),
            notes: notes(atlas, &id.framework, |told| [&told.only_built_in, &told.only_imported].iter().any(|ids| ids.contains(&id.entry))),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}\n", joined(&[&format!("{} {}", self.name, self.entry), self.words.as_deref().unwrap_or_default()], "  "));
        for row in &self.listed {
            let whose = match (&row.words, row.wording) {
                (None, _) => "without words",
                (Some(_), Wording::Publisher) => "the publisher's words",
                (Some(_), Wording::Ours) if row.built_in => "the short title is ours",
                (Some(_), Wording::Ours) => "its author's words",
            };
            let whose = format!("{}; {whose}", if row.built_in { "built in" } else { "imported" });
            let _ = writeln!(out, "Listed      in `{}`, table `{}` ({whose})", row.pack, row.table);
            // The words at the head are those of one pack; what another says is not lost.
            if row.words != self.words {
                row.words.iter().for_each(|words| out.push_str(&format!("            {words}\n")));
            }
            for (name, value) in &row.in_order {
                let _ = writeln!(out, "            {}: {value}", spoken(name));
            }
        }
        if !self.attributes.is_empty() {
            let _ = writeln!(out, "\nAttributes");
        }
        for (name, values) in &self.attributes {
            let _ = writeln!(out, "  {}: {}", spoken(name), values.iter().map(|value| spoken(value)).collect::<Vec<_>>().join(", "));
        }
        if !self.links.is_empty() {
            let _ = writeln!(out, "\nLinks");
            let parts = self.links.iter().map(|link| (link.name.as_str(), (link.relation, link.origin.as_str()), link.entry.as_str()));
            out.push_str(&grouped(parts));
        }
        if !self.controls.is_empty() {
            let _ = writeln!(out, "\nControls that answer it");
        }
        for control in &self.controls {
            let how = match (control.criterion, control.relation, &control.origin) {
                (true, None, _) => "it is the criterion".to_owned(),
                (criterion, Some(relation), Some(origin)) => {
                    let via = control.via.as_ref().map(|via| format!(", via {via}")).unwrap_or_default();
                    format!("{}{}; {origin}{via}", if criterion { "it is the criterion; " } else { "" }, relation.word())
                }
                _ => String::new(),
            };
            let _ = writeln!(out, "  {}  {} ({how})", control.id, control.title);
        }
        for note in &self.notes {
            let _ = writeln!(out, "\nNote        {note}");
        }
        out
    }
}

impl EditionView {
    pub(super) fn new(atlas: &Atlas, edition: &Edition) -> Self {
        let file = |file: &Provenance| FileView {
            file: file.file.clone(),
            sha256: file.sha256.clone(),
            publisher: file.publisher.clone(),
            edition: file.edition.clone(),
            published: file.published.clone(),
        };
        let packs = edition.packs.iter().map(|lister| PackView {
            pack: lister.pack.clone(),
            title: lister.title.clone(),
            built_in: lister.built_in,
            licence: lister.licence.clone(),
            files: lister.provenance.iter().map(file).collect(),
        });
        let own = edition.framework.as_str();
        let links = atlas.counts().filter(|(left, right, _)| [left, right].contains(&&own)).map(|(left, right, counts)| {
            let other = if left == own { right } else { left };
            CountView { framework: other.to_owned(), name: atlas.name(other).to_owned(), official: counts.official, ours: counts.ours }
        });
        Self {
            framework: own.to_owned(),
            name: edition.name.clone(),
            names: edition.names.clone(),
            standard: edition.standard.clone(),
            edition: edition.edition.clone(),
            entries: edition.entries().len(),
            packs: packs.collect(),
            links: links.collect(),
            notes: notes(atlas, own, |_| true),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}  ({})\n", self.name, self.framework);
        let _ = writeln!(out, "Edition     {} {}", self.standard, self.edition);
        let _ = writeln!(out, "Entries     {}", self.entries);
        for pack in &self.packs {
            let _ = writeln!(out, "Listed      in `{}` ({}): {}", pack.pack, if pack.built_in { "built in" } else { "imported" }, pack.title);
            if let Some(licence) = &pack.licence {
                let _ = writeln!(out, "            licence: {licence}");
            }
            for file in &pack.files {
                let published = file.published.as_ref().map(|day| format!(", {day}")).unwrap_or_default();
                let _ = writeln!(out, "            from {}, edition {}{published}: {}", file.publisher, file.edition, file.file);
            }
        }
        for link in &self.links {
            let _ = writeln!(out, "Links       to {}: {} official, {} ours", link.name, link.official, link.ours);
        }
        for note in &self.notes {
            let _ = writeln!(out, "\nNote        {note}");
        }
        out
    }
}

fn notes(atlas: &Atlas, framework: &str, about: impl Fn(&Contradiction) -> bool) -> Vec<String> {
    let own = atlas.contradictions().into_iter().filter(|told| told.framework == framework && about(told));
    own.map(|told| format!("packs list the edition differently: {}", told.sentence())).collect()
}

/// Entries by edition, and within it by what the link is and who says so.
pub(super) fn grouped<'a>(parts: impl Iterator<Item = (&'a str, (Relation, &'a str), &'a str)>) -> String {
    let (mut editions, mut out): (Vec<&str>, _) = (Vec::new(), String::new());
    let mut groups: BTreeMap<(usize, Relation, bool, &str), Vec<&str>> = BTreeMap::new();
    for (edition, (relation, origin), entry) in parts {
        let at = editions.iter().position(|known| *known == edition).unwrap_or_else(|| {
            editions.push(edition);
            editions.len() - 1
        });
        groups.entry((at, relation, !is_official(origin), origin)).or_default().push(entry);
    }
    let mut told = BTreeSet::new();
    for ((at, relation, _, origin), entries) in groups {
        if told.insert(at) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "  {}", editions.get(at).copied().unwrap_or_default());
        }
        let _ = writeln!(out, "    {}: {} ({origin})", relation.word(), entries.join(", "));
    }
    out
}

/// A name or value as people say it: `security_domains` is "security domains".
pub(super) fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

fn joined(parts: &[&str], between: &str) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(between)
}
