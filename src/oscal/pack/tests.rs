use std::collections::BTreeMap;

use super::*;
use crate::import::render;
use crate::oscal::export;
use crate::pack::load::LoadedPack;
use crate::source::kinds::FieldKinds;

const CATALOG: &str = r##"{"catalog": {"uuid": "00000000-0000-4000-8000-000000000001",
  "metadata": {"title": "My *Catalog* of \"Things\"", "published": "2023-10-12T00:00:00-04:00", "last-modified": "2024-02-01T13:57:28Z", "version": "1.1+u4", "oscal-version": "1.1.2",
     "roles": [{"id": "creator", "title": "C"}], "parties": [{"uuid": "00000000-0000-4000-8000-000000000002", "type": "organization", "name": "The Publisher"}],
     "remarks": "Provided under\n\ncopyright of X."},
  "groups": [{"id": "g", "title": "G", "controls": [
    {"id": "c-1", "title": "First: 'it'", "props": [{"name": "label", "value": "C-1"}],
     "params": [{"id": "c-1_odp.01", "label": "a role", "guidelines": [{"prose": "who\nit is"}]}, {"id": "c-1_odp.02", "select": {"how-many": "one-or-more", "choice": ["x", "y"]}}, {"id": "c-1_odp.03", "values": ["7 days"]}],
     "parts": [{"id": "c-1_smt", "name": "statement", "prose": "The {{ insert: param, c-1_odp.01 }}:", "parts": [
                  {"id": "c-1_smt.a", "name": "item", "props": [{"name": "label", "value": "a."}], "prose": "does {{ insert: param, c-1_odp.02 }};"},
                  {"id": "c-1_smt.b", "name": "item", "props": [{"name": "label", "value": "b."}], "prose": "within {{ insert: param, c-1_odp.03 }}."}]},
               {"id": "c-1_gdn", "name": "guidance", "prose": "One.\n\nTwo."},
               {"id": "c-1_obj", "name": "assessment-objective", "parts": [{"id": "c-1_obj.a", "name": "assessment-objective", "prose": "{{ insert: param, c-1_odp.01 }} does;"}, {"name": "assessment-objective", "prose": "without an id"}]},
               {"id": "c-1_e", "name": "assessment-method", "props": [{"name": "method", "ns": "http://csrc.nist.gov/ns/rmf", "value": "EXAMINE"}], "parts": [{"name": "assessment-objects", "prose": "policy\n\nplan"}]}],
     "controls": [{"id": "c-1.1", "title": "Gone", "props": [{"name": "status", "value": "withdrawn"}], "links": [{"href": "#c-1", "rel": "incorporated-into"}]}]},
    {"id": "d", "title": "Bare"}]}]}}"##;

fn file(name: &str, text: &str) -> InputFile {
    InputFile { name: name.to_owned(), shown: format!("given/{name}"), bytes: text.as_bytes().to_vec() }
}

fn loaded(pack: &ImportedPack) -> crate::pack::Pack {
    let files = render::files(pack);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let loaded = LoadedPack::from_files(&pack.id, &pack.id, &files);
    crate::pack::resolve::resolve(&loaded, &BTreeMap::new(), &FieldKinds::default()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn a_catalog_becomes_a_pack_that_people_can_read() {
    let import = import(&[file("c.json", CATALOG)], None).unwrap();
    let pack = loaded(&import.pack);
    assert_eq!(
        (pack.id.as_str(), pack.title.as_str(), pack.version.as_str()),
        ("my-catalog-of-things-1.1-u4", "My *Catalog* of \"Things\"", "1.1+u4")
    );
    assert_eq!(pack.listing.licence.as_deref(), Some("as stated by the publisher: Provided under copyright of X."));
    let provenance = &pack.listing.provenance[0];
    assert_eq!(
        (provenance.file.as_str(), provenance.publisher.as_str(), provenance.published.as_deref()),
        ("c.json", "The Publisher", Some("2023-10-12"))
    );
    assert_eq!(pack.controls.iter().map(|control| control.id.as_str()).collect::<Vec<_>>(), ["c-1", "d"]);
    let control = &pack.controls[0];
    assert_eq!((control.reference.as_str(), control.title.as_str(), control.criterion.clause.as_str()), ("C-1", "First: 'it'", "C-1"));
    assert_eq!(control.determination, "The [a role]: a. does [one or more of: x; y]; b. within 7 days.");
    assert_eq!((control.about.as_str(), control.evidence.as_str()), ("One. Two.", "EXAMINE: policy; plan"));
    let objectives: Vec<_> = control.objectives.iter().map(|objective| (objective.id.as_str(), objective.text.as_str())).collect();
    assert_eq!(objectives, [("c-1_obj.a", "[a role] does;"), ("c-1_obj.3.2", "without an id")]);
    assert!(control.checks.is_empty() && control.unchecked.is_some());
    assert_eq!((pack.controls[1].determination.as_str(), pack.controls[1].reference.as_str()), ("Bare", "d"));
    let parameters: Vec<_> =
        pack.parameters.iter().map(|parameter| (parameter.name.as_str(), parameter.value.to_string(), parameter.about.as_str())).collect();
    let expected = [
        ("c-1_odp.01", "\"\"".to_owned(), "a role - who it is"),
        ("c-1_odp.02", "[]".to_owned(), "[one or more of: x; y]"),
        ("c-1_odp.03", "\"7 days\"".to_owned(), "c-1_odp.03"),
    ];
    assert_eq!(parameters, expected);
    let notes: Vec<&str> = import.notes.0.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        notes,
        ["c.json: not kept: metadata/roles, metadata/parties", "1 withdrawn controls are rows of the tables and no controls of the pack: c-1.1"]
    );
}

#[test]
fn a_value_that_the_pack_has_now_is_the_one_that_is_exported() {
    let mut pack = loaded(&import(&[file("c.json", CATALOG)], None).unwrap().pack);
    let exported = |pack: &crate::pack::Pack| export::catalog(pack, &export::Moment::of(pack, None, None)).unwrap();
    let same = exported(&pack);
    assert!(same.groups[0].controls[0].params[1].select.is_some());
    assert_eq!((same.metadata.last_modified.as_str(), same.metadata.oscal_version.as_str()), ("2024-02-01T13:57:28Z", "1.2.3"));
    pack.parameters[1].value = serde_json::json!(["x"]);
    let set = exported(&pack);
    let param = &set.groups[0].controls[0].params[1];
    assert_eq!((param.values.as_slice(), param.select.is_none()), (["x".to_owned()].as_slice(), true));
}

#[test]
fn an_export_can_be_imported_and_says_the_same() {
    let first = import(&[file("c.json", CATALOG)], None).unwrap().pack;
    let again = |pack: &ImportedPack| {
        let pack = loaded(pack);
        export::written("catalog", &export::catalog(&pack, &export::Moment::of(&pack, None, None)).unwrap()).unwrap()
    };
    let bytes = again(&first);
    let second = import(&[file("c.json", std::str::from_utf8(&bytes).unwrap())], None).unwrap().pack;
    assert_eq!(first.files, second.files);
    let kept = |pack: &ImportedPack| {
        let kept = |table: &&crate::import::ImportedTable| !matches!(table.name.as_str(), "catalog" | "props");
        pack.tables.iter().filter(kept).cloned().collect::<Vec<_>>()
    };
    assert_eq!(kept(&first), kept(&second));
}

#[test]
fn ids_that_cannot_be_files_are_refused() {
    for id in ["pack", "Pack", "x.yaml", &"a".repeat(201)] {
        let text = CATALOG.replace("\"id\": \"d\"", &format!("\"id\": \"{id}\""));
        assert_eq!(import(&[file("c.json", &text)], None).unwrap_err().0[0].code, "oscal-duplicate", "{id}");
    }
    let text = CATALOG.replace("\"id\": \"d\"", "\"id\": \"C-1\"");
    assert!(import(&[file("c.json", &text)], None).unwrap_err().0[0].message.contains("differ in case alone"));
}

#[test]
fn a_catalog_is_no_profile() {
    assert!(import(&[file("c.json", CATALOG)], Some(0)).unwrap_err().0[0].message.contains("a profile was expected"));
}

#[test]
fn no_cut_and_no_flipped_byte_is_a_fault_and_a_cut_never_half_an_import() {
    for cut in 0..CATALOG.len() {
        let bytes = CATALOG.as_bytes().get(..cut).unwrap().to_vec();
        assert!(import(&[InputFile { name: "c".to_owned(), shown: "c".to_owned(), bytes }], None).is_err(), "{cut}");
    }
    for at in (0..CATALOG.len()).step_by(3) {
        for with in *b"\"{]x\x00\xff" {
            let mut bytes = CATALOG.as_bytes().to_vec();
            bytes[at] = with;
            if let Ok(import) = import(&[InputFile { name: "c".to_owned(), shown: "c".to_owned(), bytes }], None) {
                loaded(&import.pack);
            }
        }
    }
}
