//! Sound files whose cells are known because they were written from them:
//! what is read is exactly that, at exactly those places.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

use super::{column, layout, read};
use crate::dataset::FieldKind;
use crate::evidence::csv::sniff;
use crate::evidence::layout::{CsvDialect, FileLayout, Format, JsonDialect, Origin, Shape};

/// Offset, ordinal, row, part and cells of a record, as `read` gives them.
type Record = (u64, u64, u64, u32, Vec<String>);

/// Text with everything that a cell or a string may hold.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "a",
        "B",
        " ",
        "\t",
        ",",
        ";",
        "|",
        "\"",
        "\"\"",
        "'",
        "\n",
        "\r\n",
        "\r",
        "\u{e9}",
        "e\u{301}",
        "\u{1f600}",
        "\u{feff}",
        "\u{2028}",
        "\\",
        "/",
        "{",
        "]",
        "sep=;",
        "#TYPE x",
        "\u{7f}",
        "0",
    ]);
    proptest::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

fn shown(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' ' | b'\t')) { "Empty".to_owned() } else { format!("={text}") }
}

/// A cell as RFC 4180 has it; `bare` where that is possible.
fn written(text: &str, delimiter: char, bare: bool, last: bool) -> String {
    let must = text.starts_with('"') || text.contains([delimiter, '\n']) || (last && text.ends_with('\r'));
    if bare && !must { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[derive(Debug, Clone)]
struct Csv {
    delimiter: char,
    mark: bool,
    sep: bool,
    blank_before: usize,
    header: Vec<(bool, bool)>,
    /// The line end's length, then cells with how they are written; no cell: a blank row.
    rows: Vec<(bool, Vec<(String, bool)>)>,
    last_line_end: bool,
}

fn table() -> impl Strategy<Value = Csv> {
    (2..5_usize).prop_flat_map(|width| {
        let cells = proptest::collection::vec((text(), any::<bool>()), width);
        let row = (any::<bool>(), prop_oneof![5 => cells, 1 => Just(Vec::new())]);
        let head = (select(vec![',', ';', '\t', '|']), any::<bool>(), any::<bool>(), 0..3_usize);
        let header = proptest::collection::vec((any::<bool>(), any::<bool>()), width);
        (head, header, proptest::collection::vec(row, 0..9), any::<bool>()).prop_map(
            |((delimiter, mark, sep, blank_before), header, rows, last_line_end)| Csv {
                delimiter,
                mark,
                sep,
                blank_before,
                header,
                rows,
                last_line_end,
            },
        )
    })
}

impl Csv {
    /// The file's bytes, its records, and the rows up to the header.
    fn write(&self) -> (String, Vec<Record>, u64) {
        let Self { delimiter, mark, sep, blank_before, header, rows, last_line_end } = self;
        let mut out = if *mark { "\u{feff}".to_owned() } else { String::new() };
        let mut before = 1 + *blank_before as u64;
        if *sep {
            let _ = write!(out, "sep={delimiter}\r\n");
            before += 1;
        }
        out.push_str(&"\n".repeat(*blank_before));
        let names = header.iter().enumerate().map(|(at, (quoted, broken))| match (quoted, broken) {
            (true, true) => format!("\"h\n{at}\""),
            (true, false) => format!("\"h\"\"{at}\""),
            (false, _) => format!(" h{at} "),
        });
        out.push_str(&names.collect::<Vec<_>>().join(&delimiter.to_string()));
        out.push('\n');
        let (mut records, mut ordinal) = (Vec::new(), 0);
        for (row, (crlf, cells)) in (0_u64..).zip(rows) {
            if !cells.is_empty() {
                records.push((out.len() as u64, ordinal, row, 0, cells.iter().map(|(text, _)| shown(text)).collect()));
                ordinal += 1;
            }
            let last = cells.len().saturating_sub(1);
            let line: Vec<String> = cells.iter().enumerate().map(|(at, (text, bare))| written(text, *delimiter, *bare, at == last)).collect();
            out.push_str(&line.join(&delimiter.to_string()));
            if row as usize + 1 < rows.len() || *last_line_end || cells.is_empty() {
                out.push_str(if *crlf { "\r\n" } else { "\n" });
            }
        }
        (out, records, before)
    }
}

/// A JSON value, and what a text field reads of it.
#[derive(Debug, Clone)]
enum Json {
    Literal(&'static str),
    Text(Vec<(char, u8)>),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn string() -> impl Strategy<Value = Json> {
    (text(), proptest::collection::vec(0..4_u8, 24)).prop_map(|(text, ways)| Json::Text(text.chars().zip(ways.into_iter().cycle()).collect()))
}

fn single() -> impl Strategy<Value = Json> {
    prop_oneof![select(vec!["null", "true", "false", "0", "-0", "1.0", "-1.5e+3", "12345678901234567890"]).prop_map(Json::Literal), string()]
}

fn anything() -> impl Strategy<Value = Json> {
    single().prop_recursive(3, 12, 3, |inner| {
        let object = proptest::collection::btree_map("[a-d\u{e9}\"]{0,2}", inner.clone(), 0..3)
            .prop_map(|members| Json::Object(members.into_iter().collect()));
        prop_oneof![proptest::collection::vec(inner, 0..3).prop_map(Json::List), object]
    })
}

impl Json {
    fn write(&self, out: &mut String, blank: &str) {
        match self {
            Self::Literal(text) => out.push_str(text),
            Self::Text(characters) => quote(characters, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    out.push_str(blank);
                    item.write(out, blank);
                }
                out.push_str(blank);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    out.push_str(blank);
                    quote(&name.chars().map(|character| (character, u8::try_from(at % 4).unwrap_or(0))).collect::<Vec<_>>(), out);
                    out.push_str(blank);
                    out.push(':');
                    value.write(out, blank);
                }
                out.push('}');
            }
        }
    }

    /// As it stands in the file, or its characters; `None` for null and what holds others.
    fn value(&self) -> Option<String> {
        match self {
            Self::Literal("null") | Self::List(_) | Self::Object(_) => None,
            Self::Literal(text) => Some((*text).to_owned()),
            Self::Text(characters) => Some(characters.iter().map(|(character, _)| *character).collect()),
        }
    }
}

/// A string whose characters are written in several ways.
fn quote(characters: &[(char, u8)], out: &mut String) {
    out.push('"');
    for (character, way) in characters {
        match (character, way) {
            (_, 0) => {
                let mut units = [0; 2];
                character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            (_, 1) if !character.is_ascii() => {
                let mut units = [0; 2];
                character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
            }
            ('"', _) => out.push_str("\\\""),
            ('\\', _) => out.push_str("\\\\"),
            ('\n', _) => out.push_str("\\n"),
            ('\r', _) => out.push_str("\\r"),
            ('\t', _) => out.push_str("\\t"),
            ('/', 2) => out.push_str("\\/"),
            _ => out.push(*character),
        }
    }
    out.push('"');
}

/// What may stand at a member: nothing, or a value.
fn member() -> impl Strategy<Value = Option<Json>> {
    prop_oneof![1 => Just(None), 4 => single().prop_map(Some)]
}

/// Members `a`, `b.c` (a list of objects with `x`) and `d.e`, among others; with what is read of them.
fn object() -> impl Strategy<Value = (Json, Vec<String>)> {
    let list = proptest::collection::vec(member(), 0..4);
    let more = proptest::collection::vec(anything(), 0..3);
    (member(), proptest::option::of(list), member(), more, any::<prop::sample::Index>()).prop_map(|(a, list, e, more, turn)| {
        let text =
            |value: &Option<Json>| value.as_ref().map_or("Absent".to_owned(), |value| value.value().map_or("Empty".to_owned(), |text| shown(&text)));
        // Blanks around the elements of a list fall away; elements of nothing else do, too.
        let elements = |list: &Vec<Option<Json>>| {
            let blanks = |character: char| matches!(character, ' ' | '\t');
            let found: Vec<String> = list.iter().flatten().filter_map(Json::value).map(|text| text.trim_matches(blanks).to_owned()).collect();
            let found: Vec<String> = found.into_iter().filter(|text| !text.is_empty()).collect();
            let nowhere = !list.is_empty() && list.iter().all(Option::is_none);
            if found.is_empty() { if nowhere { "Absent" } else { "Empty" }.to_owned() } else { format!("={}", found.join("\u{1f}")) }
        };
        let cells = vec![text(&a), list.as_ref().map_or("Absent".to_owned(), elements), text(&e)];
        let mut members: Vec<(String, Json)> = more.into_iter().enumerate().map(|(at, value)| (format!("more {at}\u{e9}"), value)).collect();
        members.extend(a.map(|a| ("a".to_owned(), a)));
        if let Some(list) = list {
            let item = |x: Option<Json>| Json::Object(x.into_iter().map(|x| ("x".to_owned(), x)).collect());
            members.push(("b".to_owned(), Json::Object(vec![("c".to_owned(), Json::List(list.into_iter().map(item).collect()))])));
        }
        members.push(("d".to_owned(), Json::Object(e.map(|e| ("e".to_owned(), e)).into_iter().collect())));
        let turn = turn.index(members.len());
        members.rotate_left(turn);
        (Json::Object(members), cells)
    })
}

fn of_json(format: Format) -> FileLayout {
    let path = |names: &[&str]| Origin::Path(names.iter().map(|name| (*name).to_owned()).collect());
    let mut list = column("b", path(&["b", "c", "x"]), FieldKind::List);
    list.decode.split = None;
    layout(format, Shape::Plain, vec![column("a", path(&["a"]), FieldKind::Text), list, column("d", path(&["d", "e"]), FieldKind::Person)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_csv_is_read_as_it_was_written(table in table(), size in 1_usize..50) {
        let (text, records, before) = table.write();
        let head = sniff(text.as_bytes(), Some(u8::try_from(table.delimiter).unwrap())).unwrap();
        let names: Vec<String> = table.header.iter().enumerate().map(|(at, kind)| match kind {
            (true, true) => format!("h\n{at}"),
            (true, false) => format!("h\"{at}"),
            (false, _) => format!("h{at}"),
        }).collect();
        prop_assert_eq!((&head.header, head.rows_before), (&names, before));
        let columns = (0..names.len()).map(|at| column("x", Origin::Cell(at), FieldKind::Text)).collect();
        let dialect = CsvDialect { delimiter: head.delimiter, header: head.header, body: head.body, rows_before: before, skip_when_empty: Vec::new() };
        let layout = layout(Format::Csv(dialect), Shape::Plain, columns);
        for piece in [usize::MAX, size] {
            let found = read(&layout, text.as_bytes(), || piece);
            prop_assert_eq!((&found.records, &found.rejected, &found.problem), (&records, &Vec::new(), &None), "{:?}", text);
        }
    }

    #[test]
    fn json_is_read_as_it_was_written(
        objects in proptest::collection::vec((object(), any::<bool>()), 0..7), blank in select(vec!["", " ", "\r\n\t "]), before in anything(), size in 1_usize..50,
    ) {
        let inner: String = blank.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
        let (mut lines, mut of_lines, mut row) = (String::new(), Vec::new(), 0);
        for (ordinal, ((object, cells), blank_line)) in (0..).zip(&objects) {
            if *blank_line {
                lines.push_str(" \n");
                row += 1;
            }
            lines.push_str(&inner);
            of_lines.push((lines.len() as u64, ordinal, row, 0, cells.clone()));
            object.write(&mut lines, &inner);
            lines.push_str(if *blank_line { "\r\n" } else { "\n" });
            row += 1;
        }
        let document = |prefix: &str, suffix: &str| {
            let (mut text, mut records) = (prefix.to_owned(), Vec::new());
            for (ordinal, ((object, cells), _)) in (0..).zip(&objects) {
                text.push_str(if ordinal > 0 { "," } else { "" });
                text.push_str(blank);
                records.push((text.len() as u64, ordinal, ordinal, 0, cells.clone()));
                object.write(&mut text, blank);
                text.push_str(blank);
            }
            (text + suffix, records)
        };
        let mut first = String::new();
        before.write(&mut first, blank);
        let bare = document("\u{feff} [", "]\n");
        let wrapped = document(&format!("{{\"before\":{first},\"value\":{blank}["), &format!("],\"behind\":{first}}}"));
        let list = |name: Option<&str>| Format::Json(JsonDialect { list: name.map(str::to_owned) });
        for (format, (text, records)) in [(Format::NdJson, (lines, of_lines)), (list(None), bare), (list(Some("value")), wrapped)] {
            let layout = of_json(format);
            for piece in [usize::MAX, size] {
                let found = read(&layout, text.as_bytes(), || piece);
                prop_assert_eq!((&found.records, &found.rejected, &found.problem), (&records, &Vec::new(), &None), "{}", text);
            }
        }
    }
}

/// The known example, so that the generators themselves cannot be wrong unnoticed.
#[test]
fn the_writers_write_what_they_should() {
    let table = Csv {
        delimiter: ';',
        mark: true,
        sep: true,
        blank_before: 1,
        header: vec![(false, false), (true, false)],
        rows: vec![
            (true, vec![("a\"".to_owned(), true), ("\r".to_owned(), true)]),
            (false, Vec::new()),
            (false, vec![(" ".to_owned(), true), ("x;".to_owned(), true)]),
        ],
        last_line_end: false,
    };
    let (text, records, before) = table.write();
    assert_eq!(text, "\u{feff}sep=;\r\n\n h0 ;\"h\"\"1\"\na\";\"\r\"\r\n\n ;\"x;\"");
    assert_eq!((records.len(), records[1].2, before), (2, 2, 3));
    let mut out = String::new();
    quote(&[('\u{1f600}', 0), ('/', 2), ('"', 1), ('a', 0)], &mut out);
    assert_eq!(out, "\"\\ud83d\\ude00\\/\\\"\\u0061\"");
}
