use std::collections::BTreeMap;

use super::*;
use crate::oscal::document::{Document, read};
use crate::oscal::model::Catalog;
use crate::pack::load::LoadedPack;
use crate::pack::resolve;
use crate::source::kinds::FieldKinds;

const PACK: &str = "\
id: p
title: A pack
version: 1.0.0
edition: '1'
standard: A standard
description: What it is.
parameters: [ { name: claimed, value: [a, 'b c'], about: Which. }, { name: days, value: 30, about: How long. }, { name: none, value: '', about: Nothing. } ]
licence: ours
provenance:
  - { file: a, sha256: 0000000000000000000000000000000000000000000000000000000000000000, publisher: P, edition: '1', published: '2024-05' }
  - { file: b, sha256: 0000000000000000000000000000000000000000000000000000000000000000, publisher: P, edition: '1', published: '2023-12-31' }
links: [ { from: iso-1, to: nist-800-53-r5, file: links/l.csv, origin: 'official: A document of 2020' } ]
";
const LINKS: &str = "from,to,relation,origin\nA.1,AC-2(1),subset-of,\nA.2,AC-1,equal-to,ours\n";
const CONTROL: &str = "\
id: 5.2-a
ref: 5.2 a)
title: Somebody does it
criterion: { standard: ISO, edition: '2022', clause: 5.2 a, force: guidance }
determination: >-
  It is so, and
  it is shown.
about: Because.
evidence: A list.
checks: []
unchecked: Nobody wrote one.
objectives: [ { id: a_obj-1, text: it is so }, { id: 2 x, text: it is shown } ]
grade: { otherwise: ofi }
maps:
  - { to: ISO/IEC 27002:2022 5.2, relation: subset-of, origin: ours }
  - { to: ISO/IEC 27001:2022 clause 5.3, relation: intersects-with, origin: ours }
  - { to: Unknown A 1, relation: equal-to, origin: 'official: D' }
  - { to: alone, relation: equal-to, origin: ours }
";

fn pack() -> Pack {
    let files: [(&str, &[u8]); 3] = [("pack.yaml", PACK.as_bytes()), ("5.2-a.yaml", CONTROL.as_bytes()), ("links/l.csv", LINKS.as_bytes())];
    let loaded = LoadedPack::from_files("p", "p", &files);
    resolve::resolve(&loaded, &BTreeMap::new(), &FieldKinds::default()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn editions() -> Vec<Edition> {
    [("ISO/IEC 27002:2022", "iso-27002-2022"), ("ISO/IEC 27001:2022", "iso-27001-2022"), ("ISO/IEC 27001:2022 clause", "iso-27001-2022")]
        .map(|(name, framework)| Edition { name: name.to_owned(), framework: framework.to_owned() })
        .to_vec()
}

fn exported(pack: &Pack) -> Catalog {
    let bytes = written("catalog", &catalog(pack, &Moment::of(pack, None, None)).unwrap()).unwrap();
    match read("x", "x", &bytes).unwrap().document {
        Document::Catalog(catalog) => *catalog,
        Document::Profile(_) => panic!("a profile"),
    }
}

#[test]
fn a_pack_is_a_catalog_of_one_group() {
    let catalog = exported(&pack());
    assert_eq!((catalog.groups.len(), catalog.groups[0].id.as_deref()), (1, Some("p")));
    let values: Vec<_> = catalog.params.iter().map(|param| (param.id.as_str(), param.values.join("|"))).collect();
    assert_eq!(values, [("claimed", "a|b c".to_owned()), ("days", "30".to_owned()), ("none", String::new())]);
    let control = &catalog.groups[0].controls[0];
    assert_eq!((control.id.as_str(), control.label()), ("_5.2-a", Some("5.2 a)")));
    let own: Vec<_> = control.props.iter().filter(|prop| prop.ns.is_some()).map(|prop| (prop.name.as_str(), prop.value.as_str())).collect();
    assert!(own.contains(&("id", "5.2-a")) && own.contains(&("force", "guidance")) && own.contains(&("unchecked", "Nobody wrote one.")), "{own:?}");
    let parts: Vec<_> = control.parts.iter().map(|part| (part.name.as_str(), part.prose.as_deref())).collect();
    let expected = [
        ("statement", Some("It is so, and it is shown.")),
        ("guidance", Some("Because.")),
        ("assessment-objective", None),
        ("assessment-method", None),
    ];
    assert_eq!(parts, expected);
    assert_eq!(control.parts[2].parts.iter().map(|part| part.id.as_deref().unwrap()).collect::<Vec<_>>(), ["a_obj-1", "_2_x20_x"]);
    assert_eq!(control.parts[3].parts[0].prose.as_deref(), Some("A list."));
    crate::oscal::check::check("x", &catalog, crate::oscal::check::Links::OfParts).unwrap();
}

#[test]
fn crosswalks_are_a_mapping_for_each_pair_and_origin() {
    let pack = pack();
    let made = mapping(&pack, &editions(), &Moment::of(&pack, None, None)).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&written("mapping-collection", &made).unwrap()).unwrap();
    let resources = &value["mapping-collection"]["back-matter"]["resources"];
    let titles: BTreeMap<String, String> = resources
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| (format!("#{}", resource["uuid"].as_str().unwrap()), resource["title"].as_str().unwrap().to_owned()))
        .collect();
    let mut found = Vec::new();
    for mapping in value["mapping-collection"]["mappings"].as_array().unwrap() {
        let title = |side: &str| titles[mapping[side]["href"].as_str().unwrap()].clone();
        for map in mapping["maps"].as_array().unwrap() {
            let end = |side: &str| map[side][0]["id-ref"].as_str().unwrap().to_owned();
            let (from, to) = (title("source-resource"), title("target-resource"));
            found.push(
                [
                    from,
                    end("sources"),
                    map["relationship"].as_str().unwrap().to_owned(),
                    to,
                    end("targets"),
                    mapping["props"][0]["value"].as_str().unwrap().to_owned(),
                ]
                .join(" | "),
            );
        }
    }
    found.sort();
    let expected = [
        "A pack | _5.2-a | equal-to | An edition that the pack does not name | alone | ours",
        "A pack | _5.2-a | equal-to | Unknown A | _1 | official",
        "A pack | _5.2-a | intersects-with | ISO/IEC 27001:2022 | _5.3 | ours",
        "A pack | _5.2-a | subset-of | ISO/IEC 27002:2022 | _5.2 | ours",
        "iso-1 | A.1 | subset-of | nist-800-53-r5 | ac-2.1 | official",
        "iso-1 | A.2 | equal-to | nist-800-53-r5 | ac-1 | ours",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_pack_without_crosswalks_gives_no_mapping() {
    let mut pack = pack();
    pack.listing.links.clear();
    pack.controls[0].maps.clear();
    assert_eq!(mapping(&pack, &editions(), &Moment::of(&pack, None, None)).unwrap_err().0[0].code, "oscal-export");
    pack.controls.clear();
    assert_eq!(catalog(&pack, &Moment::of(&pack, None, None)).unwrap_err().0[0].code, "oscal-export");
}

#[test]
fn the_moment_is_what_somebody_said() {
    let mut pack = pack();
    let moment =
        |pack: &Pack, as_of: Option<&str>, epoch| Moment::of(pack, as_of.and_then(|day| crate::calendar::Day::parse(day.as_bytes())), epoch).written;
    assert_eq!(moment(&pack, None, Some(0)), "2024-05-01T00:00:00Z");
    assert_eq!(moment(&pack, Some("2026-11-29"), Some(0)), "2026-11-29T00:00:00Z");
    pack.listing.provenance.clear();
    assert_eq!(moment(&pack, None, Some(1_700_000_000)), "2023-11-14T22:13:20Z");
    let none = Moment::of(&pack, None, None);
    assert_eq!((none.written.as_str(), none.known), ("1970-01-01T00:00:00Z", false));
    assert!(exported(&pack).metadata.remarks.unwrap().contains("states no date"));
}

#[test]
fn every_uuid_depends_on_what_the_pack_is() {
    let (one, mut other) = (pack(), pack());
    other.sha256 = "other".to_owned();
    assert_eq!(exported(&one), exported(&pack()));
    assert_ne!(exported(&one).uuid, exported(&other).uuid);
}
