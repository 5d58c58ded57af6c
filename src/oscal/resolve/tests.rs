use super::*;
use crate::oscal::document::read;

fn metadata_of(title: &str, version: &str) -> String {
    format!(
        r#""uuid": "00000000-0000-4000-8000-000000000001", "metadata": {{"title": "{title}", "last-modified": "2024-02-01T13:57:28Z", "version": "{version}", "oscal-version": "1.1.2"}}"#
    )
}

const CATALOG: &str = r##"
"groups": [
 {"id": "a", "title": "A", "params": [{"id": "g-1", "label": "of the group"}], "controls": [
   {"id": "a-1", "title": "A1", "params": [{"id": "p-1", "label": "a day", "select": {"how-many": "one", "choice": ["x", "{{ insert: param, p-2 }}"]}}],
    "props": [{"name": "label", "value": "A-1"}, {"name": "label", "class": "z", "value": "A-01"}, {"name": "own", "ns": "http://n", "value": "v"}],
    "links": [{"href": "#b-1", "rel": "related"}, {"href": "#00000000-0000-4000-8000-00000000000a", "rel": "reference"}],
    "parts": [{"id": "a-1_s", "name": "statement", "prose": "do {{ insert: param, p-1 }}", "parts": [{"id": "a-1_s.a", "name": "item", "prose": "a"}]}],
    "controls": [{"id": "a-1.1", "title": "A11"}, {"id": "a-1.2", "title": "A12", "controls": [{"id": "a-1.2.1", "title": "A121"}]}]},
   {"id": "a-2", "title": "A2", "params": [{"id": "p-2", "label": "an hour"}]}]},
 {"id": "b", "title": "B", "controls": [{"id": "b-1", "title": "B1"}]}],
"back-matter": {"resources": [{"uuid": "00000000-0000-4000-8000-00000000000a", "title": "R"}, {"uuid": "00000000-0000-4000-8000-00000000000b", "title": "S"}]}"##;

fn given(name: &str, root: &str, inside: &str) -> Given {
    let text = format!("{{\"{root}\": {{{}, {inside}}}}}", metadata_of(name, "1"));
    read(name, name, text.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn catalog() -> Given {
    given("c.json", "catalog", CATALOG)
}

fn resolved(profile: &str) -> Resolved {
    resolve(&[catalog(), given("p.json", "profile", profile)], None).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn refused(files: &[Given]) -> String {
    resolve(files, None).unwrap_err().0.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect::<Vec<_>>().join("\n")
}

fn ids(catalog: &Catalog) -> Vec<&str> {
    check::controls(catalog).into_iter().map(|control| control.id.as_str()).collect()
}

#[test]
fn controls_are_chosen_by_id_pattern_and_kinship() {
    for (import, chosen) in [
        (r#""include-all": {}"#, vec!["a-1", "a-1.1", "a-1.2", "a-1.2.1", "a-2", "b-1"]),
        ("\"exclude-controls\": [{\"with-ids\": [\"a-1.2\", \"b-1\"]}]", vec!["a-1", "a-1.1", "a-1.2.1", "a-2"]),
        (r#""include-controls": [{"with-ids": ["b-1", "a-1"]}]"#, vec!["a-1", "b-1"]),
        (r#""include-controls": [{"with-child-controls": "yes", "with-ids": ["a-1"]}]"#, vec!["a-1", "a-1.1", "a-1.2"]),
        (r#""include-controls": [{"matching": [{"pattern": "a-1.*"}]}]"#, vec!["a-1.1", "a-1.2", "a-1.2.1"]),
        (r#""include-controls": [{"matching": [{"pattern": "?-1"}]}], "exclude-controls": [{"with-ids": ["b-1"]}]"#, vec!["a-1"]),
    ] {
        let made = resolved(&format!(r#""imports": [{{"href": "c.json", {import}}}], "merge": {{"as-is": true}}"#));
        assert_eq!(ids(&made.catalog), chosen, "{import}");
    }
}

#[test]
fn groups_stay_come_together_or_go() {
    let two = |merge: &str| {
        resolved(&format!(
            r#""imports": [{{"href": "c.json", "include-controls": [{{"with-ids": ["a-1", "b-1"]}}]}}, {{"href": "c.json", "include-controls": [{{"with-ids": ["a-2", "a-1"]}}]}}]{merge}"#
        ))
    };
    let as_is = two(r#", "merge": {"as-is": true}"#);
    let groups: Vec<_> = as_is.catalog.groups.iter().map(|group| (group.title.as_str(), group.controls.len())).collect();
    assert_eq!(groups, [("A", 2), ("B", 1)]);
    assert!(as_is.notes.iter().any(|note| note.contains("1 controls come from more than one import")), "{:?}", as_is.notes);
    for merge in ["", r#", "merge": {"flat": {}}"#] {
        let flat = two(merge);
        assert_eq!((flat.catalog.groups.len(), ids(&flat.catalog)), (0, vec!["a-1", "b-1", "a-2"]));
    }
    let custom = two(r#", "merge": {"custom": {"insert-controls": [{"include-controls": [{"with-ids": ["b-1"]}]}],
           "groups": [{"id": "n", "title": "New", "groups": [{"title": "Inner", "insert-controls": [{"order": "descending", "include-controls": [{"matching": [{"pattern": "a-*"}]}]}]}]}]}}"#);
    assert_eq!(custom.catalog.controls.len(), 1);
    let inner = &custom.catalog.groups[0].groups[0];
    assert_eq!((inner.title.as_str(), inner.controls[0].id.as_str(), inner.controls[1].id.as_str()), ("Inner", "a-2", "a-1"));
}

#[test]
fn parameters_are_set_and_controls_altered() {
    let made = resolved(
        r##""imports": [{"href": "c.json", "include-controls": [{"with-ids": ["a-1"]}]}], "modify": {
            "set-parameters": [{"param-id": "p-1", "values": ["every day"], "guidelines": [{"prose": "how"}]}, {"param-id": "p-2", "label": "one hour"}],
            "alters": [{"control-id": "a-1",
                "removes": [{"by-name": "label", "by-class": "z"}, {"by-ns": "http://n"}, {"by-id": "a-1_s.a"}, {"by-name": "nothing"}],
                "adds": [{"by-id": "a-1_s", "position": "after", "parts": [{"id": "a-1_g", "name": "guidance", "prose": "{{ insert: param, g-1 }}"}]},
                         {"position": "starting", "props": [{"name": "priority", "value": "P1"}], "title": "New title"},
                         {"by-id": "a-1_s", "position": "ending", "props": [{"name": "label", "value": "S"}]}]}]}"##,
    );
    let control = &made.catalog.controls[0];
    assert_eq!(control.title, "New title");
    assert_eq!(control.props.iter().map(|prop| prop.value.as_str()).collect::<Vec<_>>(), ["P1", "A-1"]);
    assert_eq!(control.params[0].values, ["every day"]);
    assert_eq!((control.params[0].select.is_none(), control.params[0].guidelines.len()), (true, 1));
    let parts: Vec<_> = control.parts.iter().map(|part| (part.name.as_str(), part.parts.len(), part.props.len())).collect();
    assert_eq!(parts, [("statement", 0, 1), ("guidance", 0, 0)]);
    // Of the parameters that stand elsewhere, those come along that a kept text needs.
    let loose: Vec<_> = made.catalog.params.iter().map(|param| (param.id.as_str(), param.label.as_deref())).collect();
    assert_eq!(loose, [("p-2", Some("one hour")), ("g-1", Some("of the group"))]);
    assert!(made.notes.iter().any(|note| note.contains("/removes/3")));
    // Resources that nothing refers to any more are gone.
    assert_eq!(made.catalog.back_matter.resources.iter().map(|resource| resource.title.as_deref()).collect::<Vec<_>>(), [Some("R")]);
}

#[test]
fn a_profile_may_import_a_profile_and_never_itself() {
    let inner = given(
        "inner.json",
        "profile",
        r#""imports": [{"href": "https://example.org/x/c.json", "include-controls": [{"with-ids": ["a-1", "a-2"]}]}]"#,
    );
    let outer = given(
        "outer.json",
        "profile",
        r##""imports": [{"href": "#00000000-0000-4000-8000-0000000000ff", "exclude-controls": [{"with-ids": ["a-2"]}]}],
           "back-matter": {"resources": [{"uuid": "00000000-0000-4000-8000-0000000000ff", "rlinks": [{"href": "../inner.xml"}, {"href": "../inner.json"}]}]}"##,
    );
    let made = resolve(&[outer.clone(), catalog(), inner.clone()], None).unwrap();
    assert_eq!((ids(&made.catalog), made.top, made.used.len()), (vec!["a-1"], 0, 3));
    let back = given("c.json", "profile", r#""imports": [{"href": "outer.json"}]"#);
    assert!(
        refused(&[outer, inner, back])
            .starts_with("oscal-cycle /profile/imports/0/href: the profile imports itself: outer.json -> inner.json -> c.json -> outer.json")
    );
    let own = given("own.json", "profile", r#""imports": [{"href": "own.json"}]"#);
    assert!(refused(&[own]).contains("own.json -> own.json"));
}

#[test]
fn a_profile_that_many_import_is_resolved_once() {
    let mut files = vec![catalog(), given("p0.json", "profile", r#""imports": [{"href": "c.json"}]"#)];
    for level in 1..60 {
        let import = format!(r#"{{"href": "p{}.json"}}"#, level - 1);
        files.push(given(&format!("p{level}.json"), "profile", &format!(r#""imports": [{import}, {import}]"#)));
    }
    assert_eq!(ids(&resolve(&files, None).unwrap().catalog).len(), 6);
}

#[test]
fn the_one_catalog_is_taken_with_a_note_and_nothing_is_guessed_beyond() {
    let profile = r#""imports": [{"href": "other.json", "include-controls": [{"with-ids": ["a-1"]}]}]"#;
    let made = resolved(profile);
    assert!(
        made.notes[0].contains("imports other.json, which is not among the files; taken in its place: c.json (c.json, version 1)"),
        "{:?}",
        made.notes
    );
    let profile = given("p.json", "profile", profile);
    let other = given("d.json", "catalog", r#""controls": [{"id": "x", "title": "X"}]"#);
    assert!(refused(&[catalog(), other.clone(), profile.clone()]).contains("the profile imports other.json, which is not among the files"));
    assert!(refused(&[profile.clone()]).contains("which is not among the files"));
    let two = given("p.json", "profile", r#""imports": [{"href": "c.json"}, {"href": "other.json"}]"#);
    assert!(refused(&[catalog(), two]).starts_with("oscal-import /profile/imports/1/href: the profile imports other.json"));
    assert!(refused(&[catalog(), other.clone()]).contains("several catalogs are given and no profile: c.json, d.json"));
    assert!(
        refused(&[catalog(), profile.clone(), given("q.json", "profile", r#""imports": [{"href": "c.json"}]"#)])
            .contains("several profiles are given")
    );
    let named = resolve(&[catalog(), other, given("p.json", "profile", r#""imports": [{"href": "c.json"}]"#)], Some(2)).unwrap();
    assert!(named.notes.iter().any(|note| note.contains("nothing imports d.json")));
}

#[test]
fn what_does_not_fit_together_is_refused_with_its_place() {
    for (profile, told) in [
        (
            r#""imports": [{"href": "c.json", "include-controls": [{"with-ids": ["a-1", "z-9"]}]}]"#,
            "oscal-unknown-control /profile/imports/0/include-controls/0/with-ids/1: the imported document has no control `z-9`",
        ),
        (
            r#""imports": [{"href": "c.json", "exclude-controls": [{"with-ids": ["z-9"]}]}]"#,
            "oscal-unknown-control /profile/imports/0/exclude-controls/0/with-ids/0",
        ),
        (r##""imports": [{"href": "#none"}]"##, "oscal-import /profile/imports/0/href: `#none` names no resource"),
        (r#""imports": []"#, "oscal-import /profile/imports: at least one import was expected"),
        (
            r#""imports": [{"href": "c.json"}], "modify": {"set-parameters": [{"param-id": "z"}]}"#,
            "oscal-dangling /profile/modify/set-parameters/0/param-id: no imported document has the parameter `z`",
        ),
        (
            r#""imports": [{"href": "c.json"}], "modify": {"alters": [{"control-id": "z"}]}"#,
            "oscal-unknown-control /profile/modify/alters/0/control-id: no imported document has the control `z`",
        ),
        (
            r#""imports": [{"href": "c.json"}], "modify": {"alters": [{"control-id": "a-1", "adds": [{"by-id": "z"}], "removes": [{}]}]}"#,
            "oscal /profile/modify/alters/0/removes/0: what is removed was expected",
        ),
        (
            r#""imports": [{"href": "c.json"}], "modify": {"alters": [{"control-id": "a-1", "adds": [{"parts": [{"name": "x", "prose": "{{ insert: param, z }}"}]}]}]}"#,
            "oscal-dangling /catalog/controls/0/parts/1/prose: the text inserts the parameter `z`",
        ),
        (r#""imports": [{"href": "c.json"}], "merge": {"flat": {}, "as-is": true}"#, "oscal /profile/merge: one of"),
        (r#""imports": [{"href": "c.json"}], "merge": {"combine": {"method": "merge"}}"#, "oscal /profile/merge/combine/method"),
    ] {
        let found = refused(&[catalog(), given("p.json", "profile", profile)]);
        assert!(found.starts_with(told), "{found}");
    }
    let other = given("d.json", "catalog", r#""controls": [{"id": "a-1", "title": "Another"}]"#);
    let both = r#""imports": [{"href": "c.json"}, {"href": "d.json"}]"#;
    assert!(
        refused(&[catalog(), other.clone(), given("p.json", "profile", both)])
            .starts_with("oscal-duplicate /profile/imports: two imports bring the control `a-1`")
    );
    let first = format!(r#"{both}, "merge": {{"combine": {{"method": "use-first"}}}}"#);
    assert!(resolve(&[catalog(), other, given("p.json", "profile", &first)], None).is_ok());
}
