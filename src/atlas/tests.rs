//! The atlas over small packs of its own.

use super::{Atlas, EntryId, Found, Named};
use crate::pack::load::LoadedPack;
use crate::pack::{Crosswalk, Force, Listed, PackCriterion, Relation, resolve};

/// A pack that lists: its id, what pack.yaml says beside the frame, and its other files.
fn listed(id: &str, yaml: &str, files: &[(&str, &str)]) -> Listed {
    let pack = format!("id: {id}\ntitle: {id}\nversion: 1.0.0\n{yaml}");
    let mut all = vec![("pack.yaml", pack.as_bytes())];
    all.extend(files.iter().map(|(path, text)| (*path, text.as_bytes())));
    resolve::listed(&LoadedPack::from_files(id, id, &all)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn built_in(listed: Listed) -> Listed {
    Listed { built_in: true, ..listed }
}

const TABLE: &str =
    "tables: [ { name: entries, file: tables/e.csv, columns: [id, title, kind, class], key: id, words: title, attributes: [class] } ]\n";

fn packs() -> Vec<Listed> {
    let frame =
        |framework: &str, edition: &str, names: &str| format!("standard: Rules\nedition: '{edition}'\nframework: {framework}\nnames: [{names}]\n");
    let entries = "id,title,kind,class\nA.5.10,Ten,control,Red;Blue\nA.5.2,Two,control, Red\n5.2,Clause,clause,\n";
    let first = frame("rules-2022", "2022", "'Rules:2022', 'Rules:2022 clause'") + TABLE;
    let links = "links: [ { from: rules-2022, to: guide-2, file: links/l.csv, origin: 'official: Annex' } ]\n";
    let guide = frame("guide-2", "2", "Guide 2").replace("Rules\n", "Guide\n") + TABLE + links;
    let guides = "id,title,kind,class\n5.2,Guided,,Green\n5.3,Further,,Blue\n";
    let linked = "from,to,relation,origin\nA.5.2,5.2,equal-to,\nA.5.10,5.2,subset-of,ours\nA.5.10,5.3,equivalent-to,ours\n";
    vec![
        built_in(listed("rules", &first, &[("tables/e.csv", entries)])),
        built_in(listed("guide", &guide, &[("tables/e.csv", guides), ("links/l.csv", linked)])),
    ]
}

fn id(framework: &str, entry: &str) -> EntryId {
    EntryId { framework: framework.to_owned(), entry: entry.to_owned() }
}

#[test]
fn links_are_seen_from_both_ends_with_their_origin() {
    let atlas = Atlas::new(&packs());
    let seen = |framework: &str, entry: &str| {
        let links = atlas.links(&id(framework, entry)).iter();
        links.map(|link| format!("{} {} ({})", link.relation.word(), atlas.written(&link.other), link.origin)).collect::<Vec<_>>()
    };
    assert_eq!(seen("rules-2022", "A.5.2"), ["equal-to Guide 2 5.2 (official: Annex)"]);
    assert_eq!(seen("guide-2", "5.2"), ["equal-to Rules:2022 A.5.2 (official: Annex)", "superset-of Rules:2022 A.5.10 (ours)"]);
    assert_eq!(seen("guide-2", "5.4"), [""; 0]);
    let counts: Vec<_> = atlas.counts().map(|(left, right, counts)| (left.to_owned(), right.to_owned(), counts.official, counts.ours)).collect();
    assert_eq!(counts, [("guide-2".to_owned(), "rules-2022".to_owned(), 1, 2)]);
}

#[test]
fn the_longest_name_wins_and_case_and_blanks_are_forgiven() {
    let atlas = Atlas::new(&packs());
    for text in ["Rules:2022 A.5.2", "rules:2022   a.5.2", " RULES:2022 A.5.2 ", "rules-2022:A.5.2", "Rules-2022 a.5.2", "Rules:2022 clause A.5.2"] {
        assert_eq!(atlas.named(text), Named::Entry(id("rules-2022", "A.5.2")), "{text}");
    }
    assert_eq!(atlas.named("Rules:2022 clause 5.2"), Named::Entry(id("rules-2022", "5.2")));
    assert_eq!(atlas.named("Rules:2022 clause"), Named::Whole("rules-2022"));
    assert_eq!(atlas.named("Rules:2022"), Named::Whole("rules-2022"));
    assert_eq!(atlas.named("Rules:2022 A.5.3"), Named::Missing { framework: "rules-2022", rest: "a.5.3".to_owned() });
    for text in ["Rules:2023 A.5.2", "Rules:20222", "", "  ", "A.5.2"] {
        assert_eq!(atlas.named(text), Named::Nothing, "{text}");
    }
}

#[test]
fn a_bare_id_is_every_entry_of_that_name() {
    let atlas = Atlas::new(&packs());
    let found = |text: &str| {
        let written = |found: Found<'_>| match found {
            Found::Edition(edition) => edition.framework.clone(),
            Found::Entry(id) => atlas.written(id),
        };
        atlas.find(text).into_iter().map(written).collect::<Vec<_>>()
    };
    assert_eq!(found("5.2"), ["Guide 2 5.2", "Rules:2022 5.2"]);
    assert_eq!(found("a.5.10"), ["Rules:2022 A.5.10"]);
    assert_eq!(found("guide-2"), ["guide-2"]);
    assert_eq!(found("Guide 2 5.3"), ["Guide 2 5.3"]);
    assert!(found("Guide 2 5.9").is_empty() && found("").is_empty());
}

#[test]
fn near_misses_are_suggested_and_distant_words_are_not() {
    let atlas = Atlas::new(&packs());
    assert_eq!(atlas.nearest("Rules:2023 A.5.2").as_deref(), Some("Rules:2022 A.5.2"));
    assert_eq!(atlas.nearest("Rules:2022 A.5.12").as_deref(), Some("Rules:2022 A.5.10"));
    assert_eq!(atlas.nearest("A.5.11").as_deref(), Some("Rules:2022 A.5.10"));
    assert_eq!(atlas.nearest("something else entirely"), None);
    assert_eq!(atlas.nearest(&"5".repeat(1_000_000)), None, "nobody mistypes a million letters");
}

#[test]
fn an_answer_is_carried_one_step_over_equality_and_no_further() {
    let atlas = Atlas::new(&packs());
    let criterion =
        |clause: &str| PackCriterion { standard: "Guide".to_owned(), edition: "2".to_owned(), clause: clause.to_owned(), force: Force::Guidance };
    let told = |maps: &[(&str, Relation, &str)], clause: &str| {
        let maps: Vec<_> =
            maps.iter().map(|(to, relation, origin)| Crosswalk { to: (*to).to_owned(), relation: *relation, origin: (*origin).to_owned() }).collect();
        atlas.told(&maps, &criterion(clause))
    };
    let texts = |told: &super::Told| {
        let text = |answer: &crate::pack::Answer| {
            let via = answer.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
            format!("{} {} {} ({}){via}", answer.relation.word(), answer.framework, answer.entry, answer.origin)
        };
        told.answers.iter().map(text).collect::<Vec<_>>()
    };
    let ours = told(&[("Rules:2022 A.5.2", Relation::SubsetOf, "ours")], "none");
    assert_eq!(texts(&ours), ["subset-of guide-2 5.2 (ours) via Rules:2022 A.5.2", "subset-of rules-2022 A.5.2 (ours)"]);
    assert_eq!(ours.attributes.into_iter().collect::<Vec<_>>(), [("class".to_owned(), vec!["Red".to_owned()])]);
    assert_eq!(ours.packs.into_iter().collect::<Vec<_>>(), ["guide", "rules"]);
    // Official only where both steps are; equal over equivalent is equivalent.
    let official = told(&[("Rules:2022 A.5.2", Relation::EqualTo, "official: X")], "none");
    assert_eq!(texts(&official)[0], "equal-to guide-2 5.2 (official: X; Annex) via Rules:2022 A.5.2");
    let weaker = told(&[("Guide 2 5.3", Relation::EqualTo, "official: X")], "none");
    assert_eq!(texts(&weaker)[1], "equivalent-to rules-2022 A.5.10 (ours) via Guide 2 5.3");
    // Its own map is before a derived one, an overlap is no attribute, a part of a part leads nowhere; and whoever is
    // held against a clause shares something with what equals it.
    let both = told(&[("Rules:2022 A.5.2", Relation::EqualTo, "ours"), ("Guide 2 5.2", Relation::IntersectsWith, "ours")], "5.3");
    let of_clause = "intersects-with rules-2022 A.5.10 (ours) via Guide 2 5.3";
    assert_eq!(texts(&both), ["intersects-with guide-2 5.2 (ours)", "equal-to rules-2022 A.5.2 (ours)", of_clause]);
    assert_eq!(both.attributes["class"], ["Blue", "Red"]);
    // What names no entry, or an edition as a whole, is no answer.
    let nothing = told(&[("Rules:2022", Relation::SubsetOf, "ours"), ("Rules:2022 A.9", Relation::SubsetOf, "ours")], "none");
    assert_eq!(nothing, super::Told::default());
}

#[test]
fn the_words_of_a_publisher_win_and_whose_each_is_stays_known() {
    let mut packs = packs();
    let frame = "standard: Rules\nedition: '2022'\nframework: rules-2022\nnames: [Rules in full]\nwording: publisher\n";
    let entries = "id,title,kind,class\nA.5.2,The publisher's text,control,Violet\nA.5.9,New,control,\n";
    packs.push(listed("bought", &format!("{frame}{TABLE}"), &[("tables/e.csv", entries)]));
    let atlas = Atlas::new(&packs);
    let entry = atlas.entry(&id("rules-2022", "A.5.2")).unwrap();
    let worded = entry.worded().map(|(words, row)| (words, row.pack.as_str()));
    assert_eq!(worded, Some(("The publisher's text", "bought")));
    assert_eq!(entry.rows.iter().map(|row| (row.pack.as_str(), row.words.as_deref().unwrap())).next(), Some(("rules", "Two")));
    assert_eq!(entry.attributes()["class"], ["Violet"]);
    let edition = atlas.edition("rules-2022").unwrap();
    assert_eq!((edition.name.as_str(), edition.names.len()), ("Rules:2022", 3));
    assert_eq!(atlas.named("rules in full a.5.9"), Named::Entry(id("rules-2022", "A.5.9")));
    let told: Vec<String> = atlas.contradictions().iter().map(super::Contradiction::sentence).collect();
    assert_eq!(told, ["rules-2022, table `entries`: only `bought` has A.5.9; only `rules` has 5.2, A.5.10"]);
}

/// Law 5: in which order packs are given changes nothing.
#[test]
fn the_order_of_packs_and_rows_does_not_matter() {
    let packs = packs();
    let told = |packs: &[Listed]| {
        let atlas = Atlas::new(packs);
        format!("{:?} {:?} {:?}", atlas.editions, atlas.links, atlas.counts)
    };
    let mut turned: Vec<Listed> = packs.iter().rev().cloned().collect();
    for pack in &mut turned {
        pack.tables.values_mut().for_each(|table| table.rows.reverse());
        pack.listing.links.iter_mut().for_each(|links| links.links.reverse());
    }
    assert_eq!(told(&packs), told(&turned));
}

#[test]
fn links_that_lead_to_no_entry_are_told() {
    let mut packs = packs();
    packs[1].listing.links[0].links[0].from = "A.5.3".to_owned();
    let told = Atlas::new(&packs).missing_ends(&packs[1]);
    assert_eq!(
        told.0.iter().map(|one| (one.code, one.message.as_str())).collect::<Vec<_>>(),
        [("unknown-entry", "one link leads to `A.5.3`, which is no entry of rules-2022")]
    );
    assert!(Atlas::new(&self::packs()).missing_ends(&self::packs()[1]).is_empty());
}
