//! A catalog as tables of a pack, and back: nothing of its text is lost.
//!
//! Rows stand in the order of the document. What a row belongs to is written
//! `control ac-1`, `group 1.2` (the second group of the first one), `param ID`,
//! `resource UUID` or `metadata`; a part's place is written as a group's is, and
//! it is `control ac-1 part 3.1`.

mod read;
mod write;

pub use read::read;
pub use write::write;

/// A table: its name, its file under `tables/`, its columns.
#[derive(Debug, Clone, Copy)]
pub struct Form<const N: usize> {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its columns.
    pub columns: [&'static str; N],
}

/// What the document says of itself.
pub const CATALOG: Form<2> = Form { name: "catalog", file: "catalog.csv", columns: ["name", "value"] };
/// Groups, each before what is in it.
pub const GROUPS: Form<4> = Form { name: "groups", file: "groups.csv", columns: ["place", "id", "class", "title"] };
/// Controls, withdrawn ones too, each before those in it.
pub const CONTROLS: Form<7> =
    Form { name: "controls", file: "controls.csv", columns: ["control", "label", "title", "class", "group", "parent", "status"] };
/// Their text.
pub const PARTS: Form<8> = Form { name: "parts", file: "parts.csv", columns: ["owner", "place", "id", "name", "ns", "class", "title", "prose"] };
/// Parameters.
pub const PARAMS: Form<8> =
    Form { name: "params", file: "params.csv", columns: ["param", "owner", "class", "depends_on", "label", "usage", "how_many", "remarks"] };
/// Values, choices and guidelines of parameters.
pub const PARAM_TEXTS: Form<3> = Form { name: "param_texts", file: "param-texts.csv", columns: ["param", "kind", "text"] };
/// Properties.
pub const PROPS: Form<8> = Form { name: "props", file: "props.csv", columns: ["owner", "name", "ns", "value", "class", "group", "uuid", "remarks"] };
/// Links within the document and out of it.
pub const REFERENCES: Form<6> =
    Form { name: "references", file: "references.csv", columns: ["owner", "rel", "href", "media_type", "resource_fragment", "text"] };
/// What links point to.
pub const RESOURCES: Form<5> =
    Form { name: "resources", file: "resources.csv", columns: ["resource", "title", "description", "citation", "remarks"] };
/// Where those are.
pub const RESOURCE_LINKS: Form<4> =
    Form { name: "resource_links", file: "resource-links.csv", columns: ["resource", "href", "media_type", "hashes"] };

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::model::Catalog;
    use crate::import::ImportedTable;
    use crate::pack::PackTable;

    /// Every member that is kept, once at least.
    const WHOLE: &str = r##"{"uuid": "u1", "metadata": {"title": "T", "published": "2020-01-01T00:00:00Z", "last-modified": "2020-01-02T00:00:00Z",
      "version": "1", "oscal-version": "1.1.2", "props": [{"name": "keywords", "value": "k"}], "links": [{"href": "#r1", "rel": "canonical"}], "remarks": "R\n\nr"},
      "params": [{"id": "p0", "depends-on": "p1", "class": "c", "usage": "use", "remarks": "rem",
        "constraints": [{"description": "d", "tests": [{"expression": "e1"}, {"expression": "e2", "remarks": "er"}]}, {"tests": [{"expression": "e3"}]}]}],
      "controls": [{"id": "loose", "title": "L"}],
      "groups": [{"title": "no id", "groups": [
        {"id": "g", "class": "family", "title": "G", "params": [{"id": "p1", "label": "l", "values": ["v, 1", "v \"2\""]}], "props": [{"name": "label", "value": "1"}],
         "links": [{"href": "x.html", "media-type": "text/html", "resource-fragment": "f", "text": "t"}],
         "parts": [{"name": "overview", "prose": "o", "parts": [{"name": "item", "ns": "http://n", "class": "c", "title": "t", "id": "i"}]}],
         "controls": [{"id": "a", "class": "c", "title": "A", "params": [{"id": "p2", "select": {"how-many": "one", "choice": ["x", "y"]}, "guidelines": [{"prose": "g1"}, {"prose": "g2"}],
            "props": [{"name": "n", "value": "v", "class": "c", "group": "g", "uuid": "u", "ns": "http://n", "remarks": "r"}], "links": [{"href": "#p1"}]}],
            "parts": [{"id": "a_s", "name": "statement", "prose": "  s\nt \n", "links": [{"href": "#g", "rel": "x"}], "parts": [{"name": "item", "prose": "1", "parts": [{"name": "item", "prose": "1.1"}]}, {"name": "item", "prose": "2"}]},
                      {"name": "guidance", "prose": "=1+1"}],
            "controls": [{"id": "a.1", "title": "A1", "props": [{"name": "status", "value": "withdrawn"}], "controls": [{"id": "a.1.1", "title": "A11"}]}]}]},
        {"title": "empty"}]}],
      "back-matter": {"resources": [{"uuid": "r1", "title": "t", "description": "d", "citation": {"text": "c"}, "remarks": "r", "props": [{"name": "n", "value": "v"}],
        "rlinks": [{"href": "https://example.org", "media-type": "text/html", "hashes": [{"algorithm": "SHA-256", "value": "00"}, {"algorithm": "SHA-512", "value": "11"}]}, {"href": "b"}]}, {"uuid": "r2"}]}}"##;

    pub(super) fn packed(tables: Vec<ImportedTable>) -> BTreeMap<String, PackTable> {
        tables.into_iter().map(|table| (table.name, PackTable { columns: table.columns, rows: table.rows, ..PackTable::default() })).collect()
    }

    #[test]
    fn what_goes_into_tables_comes_out_again() {
        let catalog: Catalog = serde_json::from_str(WHOLE).unwrap();
        let tables = packed(super::write(&catalog));
        assert_eq!(super::read(&tables).unwrap().unwrap(), catalog);
    }

    #[test]
    fn tables_that_somebody_changed_are_refused_and_never_followed_without_end() {
        let catalog: Catalog = serde_json::from_str(WHOLE).unwrap();
        let good = packed(super::write(&catalog));
        let refused = |table: &str, row: usize, column: usize, value: &str| {
            let mut tables = good.clone();
            tables.get_mut(table).unwrap().rows[row][column] = value.to_owned();
            super::read(&tables).unwrap().unwrap_err()
        };
        assert!(refused("controls", 1, 5, "a.1.1").contains("never reached"));
        assert!(refused("controls", 1, 4, "9").contains("group `9`"));
        assert!(refused("controls", 2, 0, "a").contains("twice"));
        assert!(refused("parts", 0, 1, "2").contains("place `2`"));
        assert!(refused("parts", 0, 1, "x").contains("place `x`"));
        assert!(refused("parts", 0, 1, &"1.".repeat(100)).contains("place"));
        assert!(refused("params", 1, 1, "control none").contains("`control none`"));
        assert!(refused("groups", 1, 0, "3.1").contains("place `3.1`"));
        assert!(refused("param_texts", 0, 1, "colour").contains("colour"));
        assert!(refused("param_texts", 0, 0, "none").contains("`none`"));
        assert!(refused("props", 0, 0, "control none").contains("`control none`"));
        let mut deep = good.clone();
        let rows = &mut deep.get_mut("controls").unwrap().rows;
        for at in 0..10_000 {
            let parent = if at == 0 { String::new() } else { format!("d{}", at - 1) };
            rows.push(
                ["d".to_owned() + &at.to_string(), String::new(), "D".to_owned(), String::new(), String::new(), parent, String::new()].to_vec(),
            );
        }
        assert!(super::read(&deep).unwrap().unwrap_err().contains("deeper"));
        let mut none = good;
        none.remove("catalog");
        assert!(super::read(&none).is_none());
    }
}
