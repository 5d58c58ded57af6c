//! Properties of all readers: where a file is cut never shows, and no bytes
//! make a reader panic.

mod known;
mod plain_csv;
mod plain_json;

use proptest::prelude::*;

use super::batch::{BatchBuffer, RejectReason, Value};
use super::block::ReadProblem;
use super::layout::{Column, CsvDialect, Decode, FileLayout, Format, JsonDialect, Origin, Shape, TableLayout, Unpivot};
use super::read::{Marks, Parser, Splitter};
use crate::dataset::FieldKind;

/// What reading a file gave: each record's cells with its place, each rejection, and what ended it.
#[derive(Debug, Default, PartialEq)]
struct Read {
    records: Vec<(u64, u64, u64, u32, Vec<String>)>,
    rejected: Vec<(u64, u64, u64, RejectReason)>,
    problem: Option<ReadProblem>,
    members: usize,
}

fn read(layout: &FileLayout, bytes: &[u8], mut piece: impl FnMut() -> usize) -> Read {
    let (mut splitter, mut read, mut buffer) = (Splitter::new(layout), Read::default(), Vec::new());
    let (mut rest, mut offset, mut rows, mut ordinals) = (bytes, 0_u64, 0_u64, 0_u64);
    let (mut buffers, mut marks) = ([BatchBuffer::default()], Marks::default());
    marks.begin(&layout.format);
    loop {
        let fresh = buffer.len();
        let (now, later) = rest.split_at(piece().min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        let at_end = now.is_empty();
        marks.look(&buffer, fresh, |_| ());
        let Ok(cut) = splitter.cut(&buffer, fresh, at_end, &marks) else { break };
        assert!(cut.start <= cut.end && cut.end <= buffer.len());
        let block = &buffer[cut.start..cut.end];
        if cut.start == 0 && cut.end > 0 {
            marks.end(cut.end);
            Parser::new(layout).parse_marked(block, &marks, &mut buffers);
        } else {
            Parser::new(layout).parse(block, &mut buffers);
        }
        let start = offset + cut.start as u64;
        let batch = buffers[0].view(0, 0, block);
        for record in 0..batch.len() {
            let place = batch.place(record);
            let cells = (0..layout.tables[0].columns.len()).map(|column| match batch.get(column, record) {
                Value::Bytes(value) => format!("={}", String::from_utf8_lossy(value)),
                other => format!("{other:?}"),
            });
            let row = rows + u64::from(place.row);
            read.records.push((start + u64::from(place.offset), ordinals + u64::from(place.ordinal), row, place.part, cells.collect()));
        }
        for rejection in batch.rejections() {
            let place = rejection.place;
            read.rejected.push((start + u64::from(place.offset), ordinals + u64::from(place.ordinal), rows + u64::from(place.row), rejection.reason));
        }
        rows += u64::from(buffers[0].rows);
        ordinals += u64::from(buffers[0].ordinals);
        if cut.end > 0 {
            buffer.drain(..cut.end);
            marks.begin(&layout.format);
        }
        offset += cut.end as u64;
        if at_end {
            break;
        }
    }
    let end = splitter.finish();
    (read.problem, read.members) = (end.problem, end.members.len());
    read
}

fn column(field: &str, origin: Origin, kind: FieldKind) -> Column {
    Column { field: field.to_owned(), origin, decode: Decode { kind, split: Some(";".to_owned()), ..Decode::default() } }
}

fn layout(format: Format, shape: Shape, columns: Vec<Column>) -> FileLayout {
    FileLayout { format, file_name: "file".to_owned(), tables: vec![TableLayout { table: 0, shape, columns }] }
}

fn csv(delimiter: u8, shape: Shape) -> FileLayout {
    let header = ["a", "b", "c"].map(str::to_owned).to_vec();
    let dialect = CsvDialect { delimiter, header, body: 0, rows_before: 1, skip_when_empty: vec![0] };
    let columns = vec![
        column("a", Origin::Cell(0), FieldKind::Text),
        column("b", Origin::Cell(1), FieldKind::Date),
        column("c", Origin::FirstOf(vec![Origin::Value, Origin::Cell(2)]), FieldKind::List),
    ];
    layout(Format::Csv(dialect), shape, columns)
}

fn json(list: Option<&str>, lines: bool, each: bool) -> FileLayout {
    let path = |names: &[&str]| Origin::Path(names.iter().map(|name| (*name).to_owned()).collect());
    let columns = vec![
        column("a", path(&["a"]), FieldKind::Text),
        column("b", path(&["b", "c"]), FieldKind::List),
        column("d", Origin::Element(vec!["x".to_owned()]), FieldKind::Text),
        column("e", Origin::Element(Vec::new()), FieldKind::Text),
    ];
    let format = if lines { Format::NdJson } else { Format::Json(JsonDialect { list: list.map(str::to_owned) }) };
    let shape = if each { Shape::Each(vec!["b".to_owned()]) } else { Shape::Plain };
    layout(format, shape, columns)
}

fn layouts() -> Vec<FileLayout> {
    let wide = Shape::Unpivot(Unpivot { columns: vec![1, 2], pairs: false, raci: true, none: Vec::new() });
    let keys =
        vec![column("owner", Origin::Key("owner".to_owned()), FieldKind::Text), column("text", Origin::Key("text".to_owned()), FieldKind::Text)];
    vec![
        csv(b',', Shape::Plain),
        csv(b';', wide),
        json(Some("value"), false, false),
        json(Some("value"), false, true),
        json(None, false, false),
        json(None, true, false),
        json(None, true, true),
        layout(Format::Markdown, Shape::Plain, keys),
    ]
}

/// Text that is nearly an export: the pieces that readers look at, in any order.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "\"",
        "\"\"",
        ",",
        ";",
        "\n",
        "\r\n",
        "\r",
        "a",
        "R/A (note)",
        "2026-01-02",
        "é",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\"a\"",
        "\"b\"",
        "\"c\"",
        "\"x\"",
        "\"value\"",
        "null",
        "true",
        "-1.5e3",
        "\\u0041",
        "\\ud83d",
        "\\",
        " ",
        "\t",
        "{\"a\":1}",
        "{\"b\":[{\"c\":\"x;y\",\"x\":2},null,3]}",
        "{\"value\":[",
        "]}",
        "---\n",
        "owner: x\n",
        "| owner | y |\n",
        "\u{feff}",
        "\0",
    ]);
    prop_oneof![
        4 => proptest::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Whole records, of which the most must survive.
fn sound() -> impl Strategy<Value = (usize, Vec<u8>, usize)> {
    let cell = "[a-z ,\"\n;é]{0,6}";
    let row = (cell, cell, cell);
    let csv = proptest::collection::vec(row, 1..20).prop_map(|rows| {
        let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines: String = rows.iter().map(|(a, b, c)| format!("x{},{},{}\r\n", "", quote(&format!("{a}{b}")), quote(c))).collect();
        (0, lines.into_bytes(), rows.len())
    });
    let object = ("[a-z\"\\\\\u{1F600}]{0,5}", 0..5_i32)
        .prop_map(|(text, number)| serde_json::json!({ "a": text, "z": [number, { "a": [text.clone()] }], "b": { "c": [text, null, number] } }));
    let objects = proptest::collection::vec(object, 1..15);
    let wrapped = objects.clone().prop_map(|list| {
        let count = list.len();
        (2, serde_json::to_vec_pretty(&serde_json::json!({ "before": "]}", "value": list, "z": { "value": [1] } })).unwrap(), count)
    });
    let bare = objects.clone().prop_map(|list| (4, serde_json::to_vec(&list).unwrap(), list.len()));
    let lines = objects.prop_map(|list| (5, list.iter().map(|object| format!("{object}\n\n")).collect::<String>().into_bytes(), list.len()));
    prop_oneof![csv, wrapped, bare, lines]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_never_show_whatever_the_bytes(bytes in nearly(), sizes in proptest::collection::vec(1_usize..9, 1..12)) {
        for layout in layouts() {
            let whole = read(&layout, &bytes, || usize::MAX);
            let mut sizes = sizes.iter().cycle();
            let pieces = read(&layout, &bytes, || *sizes.next().unwrap());
            prop_assert_eq!(&whole, &pieces, "{:?}", layout.format);
            let ones = read(&layout, &bytes, || 1);
            prop_assert_eq!(&whole, &ones, "{:?}", layout.format);
        }
    }

    #[test]
    fn sound_files_lose_no_record((kind, bytes, count) in sound(), size in 1_usize..40) {
        let layout = &layouts()[kind];
        let found = read(layout, &bytes, || size);
        prop_assert_eq!(found.problem, None);
        prop_assert_eq!(found.rejected, Vec::new());
        prop_assert_eq!(found.records.len(), count);
    }

    #[test]
    fn a_cut_json_document_is_told((kind, bytes, _) in sound(), cut in any::<prop::sample::Index>()) {
        prop_assume!(kind == 2 || kind == 4);
        let cut = cut.index(bytes.len() - 1);
        let end = bytes[..cut].to_vec();
        let found = read(&layouts()[kind], &end, || 13);
        prop_assert!(found.problem.is_some());
    }
}

/// Lines of few shapes, whose values differ: what templates are for.
fn alike() -> impl Strategy<Value = Vec<String>> {
    let text = prop::sample::select(vec![
        "\"\"",
        "\"x\"",
        "\"a \\\" b\"",
        "\"\\u00e9\"",
        "\"{\"",
        "null",
        "7",
        "-1.5e3",
        "true",
        "{}",
        "[]",
        "[1,null]",
        "bad",
        "\"open",
    ]);
    let line = (text.clone(), text.clone(), text, any::<bool>(), any::<bool>()).prop_map(|(a, c, x, spaced, more)| {
        let (space, more) = (if spaced { " " } else { "" }, if more { ",\"a\":1" } else { "" });
        format!("{{\"a\":{a},{space}\"b\":{{\"c\":{c}}},\"z\":[{x},{x}]{more}}}{space}")
    });
    proptest::collection::vec(line, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_means_the_same_alone_and_behind_others(lines in alike()) {
        for layout in [json(None, true, false), json(None, true, true)] {
            let whole = read(&layout, (lines.join("\n") + "\n").as_bytes(), || usize::MAX);
            let (mut cells, mut rejected) = (Vec::new(), Vec::new());
            for line in &lines {
                let alone = read(&layout, format!("{line}\n").as_bytes(), || usize::MAX);
                cells.extend(alone.records.into_iter().map(|(.., cells)| cells));
                rejected.extend(alone.rejected.into_iter().map(|(.., reason)| reason));
            }
            prop_assert_eq!(whole.records.into_iter().map(|(.., cells)| cells).collect::<Vec<_>>(), cells);
            prop_assert_eq!(whole.rejected.into_iter().map(|(.., reason)| reason).collect::<Vec<_>>(), rejected);
        }
    }
}

#[test]
fn a_record_that_is_too_long_ends_the_reading_before_it() {
    use super::csv::CsvSplitter;
    use super::json::JsonSplitter;
    use super::lines::LineSplitter;
    let bytes = b"ab\ncdefghijklmnop\nq\n";
    for size in [1, 4, 100] {
        let mut lines = LineSplitter::new().limited(8);
        let mut csv = CsvSplitter::new(b',', 0).limited(8);
        let mut json = JsonSplitter::new(None).limited(8);
        let long = |end: super::block::SplitEnd| end.problem.map(|problem| problem.code);
        assert_eq!(
            (long_prefix(bytes, size, |buffer, fresh, end| lines.cut(buffer, fresh, end)), long(lines.finish())),
            (3, Some("record-too-long"))
        );
        assert_eq!(
            (
                long_prefix(bytes, size, |buffer, fresh, end| csv.cut(buffer, fresh, end, &Marks::of_delimited(buffer, b',').delimited)),
                long(csv.finish())
            ),
            (3, Some("record-too-long"))
        );
        let document = b"[{},{\"a\":\"bcdefghijk\"}]";
        assert_eq!(
            (long_prefix(document, size, |buffer, fresh, end| json.cut(buffer, fresh, end)), long(json.finish())),
            (4, Some("record-too-long"))
        );
    }
}

/// How many bytes were delivered.
fn long_prefix(bytes: &[u8], size: usize, mut cut: impl FnMut(&[u8], usize, bool) -> Result<super::block::Cut, ReadProblem>) -> usize {
    let (mut buffer, mut done) = (Vec::new(), 0);
    for piece in bytes.chunks(size).chain([&[][..]]) {
        let fresh = buffer.len();
        buffer.extend_from_slice(piece);
        let Ok(ready) = cut(&buffer, fresh, piece.is_empty()) else { break };
        buffer.drain(..ready.end);
        done += ready.end;
    }
    done
}
