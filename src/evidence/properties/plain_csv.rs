//! Hostile delimited text, read once by the readers and once byte by byte, as
//! plainly as `docs/reading.md` says it.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Read, column, layout, read};
use crate::dataset::FieldKind;
use crate::evidence::batch::RejectReason;
use crate::evidence::layout::{CsvDialect, FileLayout, Format, Origin, Shape};

/// One row: its cells, and what is wrong with it.
#[derive(Default)]
struct Row {
    cells: Vec<Vec<u8>>,
    open: Option<usize>,
    text_after: bool,
}

/// Reads one row from `at`; gives it, where its bytes end, and where the next one begins.
fn row(bytes: &[u8], delimiter: u8, mut at: usize) -> (Row, usize, usize) {
    let mut row = Row::default();
    loop {
        let start = at;
        let mut cell = Vec::new();
        let mut bare = at;
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (bytes.get(at), bytes.get(at + 1)) {
                    (None, _) => {
                        row.open = Some(start);
                        row.cells.push(cell);
                        return (row, bytes.len(), bytes.len());
                    }
                    (Some(b'"'), Some(b'"')) => {
                        cell.push(b'"');
                        at += 2;
                    }
                    (Some(b'"'), _) => break,
                    (Some(byte), _) => {
                        cell.push(*byte);
                        at += 1;
                    }
                }
            }
            at += 1;
            bare = at;
        }
        while bytes.get(at).is_some_and(|byte| *byte != b'\n' && *byte != delimiter) {
            at += 1;
        }
        let at_line_end = bytes.get(at) == Some(&b'\n');
        let end = if at_line_end && at > bare && bytes[at - 1] == b'\r' { at - 1 } else { at };
        row.text_after |= bare > start && end > bare;
        cell.extend_from_slice(&bytes[bare..end]);
        row.cells.push(cell);
        if at_line_end || at == bytes.len() {
            return (row, end, bytes.len().min(at + 1));
        }
        at += 1;
    }
}

fn is_blank(cell: &[u8]) -> bool {
    cell.iter().all(|byte| *byte == b' ' || *byte == b'\t')
}

/// What a date is read as, of the forms that are written here.
fn date(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let text = text.trim_matches([' ', '\t']);
    match text {
        "2026-01-02" | "2024-02-29" | "2026-12-31T23:59:59Z" => format!("={text}"),
        "2026-01-02T03:04:05.6Z" => "=2026-01-02T03:04:05Z".to_owned(),
        "" => "Empty".to_owned(),
        _ => "Invalid".to_owned(),
    }
}

/// The second column holds dates, all others text.
fn shown(index: usize, cell: &[u8]) -> String {
    if index == 1 {
        return date(cell);
    }
    if is_blank(cell) { "Empty".to_owned() } else { format!("={}", String::from_utf8_lossy(cell)) }
}

/// Reads a file without header.
fn plainly(bytes: &[u8], delimiter: u8, columns: usize, skip: &[usize]) -> (Read, Option<(&'static str, u64)>) {
    let (mut found, mut problem) = (Read::default(), None);
    let (mut at, mut ordinal, mut number) = (0, 0, 0);
    while at < bytes.len() {
        let (row, end, next) = row(bytes, delimiter, at);
        let own = &bytes[at..end];
        problem = row.open.map(|open| ("open-quote", open as u64));
        let reason = if own.contains(&0) {
            Some(RejectReason::ZeroByte)
        } else if std::str::from_utf8(own).is_err() {
            Some(RejectReason::InvalidUtf8)
        } else if row.open.is_some() {
            Some(RejectReason::OpenQuote)
        } else if row.text_after {
            Some(RejectReason::TextAfterQuote)
        } else {
            None
        };
        let skipped =
            !skip.is_empty() && row.cells.len() <= columns && skip.iter().all(|index| row.cells.get(*index).is_none_or(|cell| is_blank(cell)));
        let ragged = (row.cells.len() != columns).then_some(RejectReason::RaggedRow);
        if own.is_empty() || (reason.is_none() && skipped) {
            // No record.
        } else if let Some(reason) = reason.or(ragged) {
            found.rejected.push((at as u64, ordinal, number, reason));
            ordinal += 1;
        } else {
            let cells = row.cells.iter().enumerate().map(|(index, cell)| shown(index, cell)).collect();
            found.records.push((at as u64, ordinal, number, 0, cells));
            ordinal += 1;
        }
        (at, number) = (next, number + 1);
    }
    (found, problem)
}

fn table(delimiter: u8, columns: usize, skip: &[usize]) -> FileLayout {
    let header = (0..columns).map(|index| format!("h{index}")).collect();
    let dialect = CsvDialect { delimiter, header, body: 0, rows_before: 1, skip_when_empty: skip.to_vec() };
    let kind = |index| if index == 1 { FieldKind::Date } else { FieldKind::Text };
    let columns = (0..columns).map(|index| column("x", Origin::Cell(index), kind(index))).collect();
    layout(Format::Csv(dialect), Shape::Plain, columns)
}

/// What a cell may be: mostly sound.
fn cell() -> impl Strategy<Value = Vec<u8>> {
    let sound = select(vec![
        &b"x"[..],
        b"",
        b" ",
        b"2026-01-02",
        b"2024-02-29",
        b"2026-02-29",
        b"2026-12-31T23:59:59Z",
        b"2026-01-02T03:04:05.6Z",
        b"\"2026-01-02\"",
        b"a longer text that goes on for a while, or not",
        b"\"\"",
        b"\" \"",
        b"\"a,b;c|d\te\"",
        b"\"two\r\nlines\n\"",
        b"\"a \"\"word\"\"\"",
        b"\"\"\"\"",
        b"\"\"\"\"\"\"",
        b"\"\xc3\xa9\xf0\x9f\x98\x80\"",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
        b"\r",
        b"\rx",
    ]);
    let bad = select(vec![
        &b"5\" x 7\""[..],
        b"a\"",
        b"a\"\"",
        b" \"a\"",
        b"\"a\"x",
        b"\"a\" ",
        b"\"a\"\r",
        b"\"a\"x\"",
        b"\"a\"x\"b\"",
        b"\"open",
        b"\"",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
    ]);
    prop_oneof![12 => sound, 1 => bad].prop_map(<[u8]>::to_vec)
}

/// Delimiter, columns, columns that may be skipped, and a text.
fn text() -> impl Strategy<Value = (u8, usize, Vec<usize>, Vec<u8>)> {
    (select(b",;\t|".to_vec()), select(vec![1_usize, 2, 3, 9]), any::<bool>()).prop_flat_map(|(delimiter, columns, skips)| {
        let cells = prop_oneof![
            10 => proptest::collection::vec(cell(), columns),
            1 => proptest::collection::vec(cell(), 0..columns + 2),
        ];
        let row = (cells, select(vec!["\n", "\n", "\n", "\r\n", "\r\n", "\r\r\n"]));
        let chaos = proptest::collection::vec(select(b"\"\",\n\rx;\0".to_vec()), 0..12).prop_map(|bytes| vec![bytes]);
        let row = prop_oneof![20 => row, 1 => (chaos, Just(""))];
        (proptest::collection::vec(row, 1..40), any::<bool>()).prop_map(move |(rows, ends)| {
            let mut text: Vec<u8> = rows.iter().flat_map(|(cells, end)| [cells.join(&delimiter), end.as_bytes().to_vec()].concat()).collect();
            if !ends {
                text.truncate(text.len() - usize::from(text.ends_with(b"\n")));
            }
            let skip = if skips { (0..columns.min(2)).collect() } else { Vec::new() };
            (delimiter, columns, skip, text)
        })
    })
}

fn same(layout: &FileLayout, bytes: &[u8], (delimiter, columns, skip): (u8, usize, &[usize]), piece: usize) -> Result<(), TestCaseError> {
    let found = read(layout, bytes, || piece);
    let (wanted, problem) = plainly(bytes, delimiter, columns, skip);
    prop_assert_eq!((&found.records, &found.rejected), (&wanted.records, &wanted.rejected), "{:?} in pieces of {}", bytes.escape_ascii(), piece);
    prop_assert_eq!(found.problem.map(|problem| (problem.code, problem.offset)), problem, "{:?}", bytes.escape_ascii());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_is_read_as_a_plain_reader_reads_it((delimiter, columns, skip, text) in text(), size in 1_usize..300) {
        let layout = table(delimiter, columns, &skip);
        // Every mark comes to stand at every place of a word.
        for before in 0..64 {
            let bytes = [&vec![b'x'; before], &b"\n"[..usize::from(before > 0)], &text].concat();
            same(&layout, &bytes, (delimiter, columns, &skip), usize::MAX)?;
            if before % 8 == 7 {
                same(&layout, &bytes, (delimiter, columns, &skip), size)?;
            }
        }
        for piece in [1, 2, 63, 64, 65, 128] {
            same(&layout, &text, (delimiter, columns, &skip), piece)?;
        }
    }

    #[test]
    fn sound_rows_and_hostile_ones_change_as_they_like(rows in proptest::collection::vec((0..4_usize, 1..9_usize), 1..30), size in 1_usize..500) {
        let kinds = [&b"a,2026-01-02,c\n"[..], b"\"a\",,\"c \"\"d\"\"\"\r\n", b"a 5\",2026-01-02,c\n", b"\n"];
        let text: Vec<u8> = rows.iter().flat_map(|(kind, times)| kinds[*kind].repeat(*times)).collect();
        same(&table(b',', 3, &[]), &text, (b',', 3, &[]), usize::MAX)?;
        same(&table(b',', 3, &[]), &text, (b',', 3, &[]), size)?;
    }
}

/// The known example, so that the plain reader itself cannot be wrong unnoticed.
#[test]
fn the_plain_reader_reads_as_it_should() {
    let text = b"a,\"b \"\"c\"\"\r\n,\"\r\n\na\",\n\"a\"x,\"b\n,\n";
    let (found, problem) = plainly(text, b',', 2, &[]);
    let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let records = vec![(0, 0, 0, 0, cells(["=a", "Invalid"])), (17, 1, 2, 0, cells(["=a\"", "Empty"]))];
    assert_eq!(found.records, records);
    let reasons: Vec<_> = found.rejected.iter().map(|(offset, ordinal, row, reason)| (*offset, *ordinal, *row, *reason)).collect();
    assert_eq!(reasons[0], (21, 2, 3, RejectReason::OpenQuote));
    assert_eq!((reasons.len(), problem), (1, Some(("open-quote", 26))));
    let (found, problem) = plainly(b"\"a\"x,\"b\",c\n,\na,b,c\n\xff,\n\"a\" \xff,\0", b',', 2, &[]);
    let reasons: Vec<_> = found.rejected.iter().map(|(offset, .., reason)| (*offset, *reason)).collect();
    let wanted = [(0, RejectReason::TextAfterQuote), (13, RejectReason::RaggedRow), (19, RejectReason::InvalidUtf8), (22, RejectReason::ZeroByte)];
    assert_eq!((reasons, problem), (wanted.to_vec(), None));
}
