//! JSON lines and lists against a reader that is written plainly: a tree of
//! each record, looked up path by path. Hostile bytes mean the same to both,
//! wherever a file is cut.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Read, column, layout, read};
use crate::dataset::FieldKind;
use crate::evidence::batch::{BatchBuffer, Cell, RejectReason, Value};
use crate::evidence::decode::{Decoder, Raw};
use crate::evidence::layout::{Column, FileLayout, Format, JsonDialect, Origin, Shape};

enum Tree {
    Null,
    /// A string's characters, or a number or literal as it stands.
    Scalar(Vec<u8>),
    List(Vec<Tree>),
    Object(Vec<(Vec<u8>, Tree)>),
}

/// The plain parser: one byte after the other.
struct Plain<'p> {
    bytes: &'p [u8],
    at: usize,
}

type Parsed<T> = Result<T, RejectReason>;

impl Plain<'_> {
    fn peek(&self) -> u8 {
        // A zero byte never gets here.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.peek() != byte {
            return Err(RejectReason::InvalidJson);
        }
        self.at += 1;
        Ok(())
    }

    fn record(bytes: &[u8]) -> Parsed<Tree> {
        if bytes.contains(&0) {
            return Err(RejectReason::ZeroByte);
        }
        std::str::from_utf8(bytes).map_err(|_| RejectReason::InvalidUtf8)?;
        let mut plain = Plain { bytes, at: 0 };
        plain.blanks();
        if plain.peek() != b'{' {
            return Err(RejectReason::InvalidJson);
        }
        let tree = plain.value(1)?;
        plain.blanks();
        if plain.at < bytes.len() { Err(RejectReason::InvalidJson) } else { Ok(tree) }
    }

    fn value(&mut self, depth: usize) -> Parsed<Tree> {
        match self.peek() {
            b'"' => self.string().map(Tree::Scalar),
            b'{' | b'[' if depth > 64 => Err(RejectReason::TooDeep),
            b'{' => {
                let mut members: Vec<(Vec<u8>, Tree)> = Vec::new();
                self.parts(b'}', |plain| {
                    let name = plain.string()?;
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(RejectReason::DuplicateKey);
                    }
                    plain.blanks();
                    plain.expect(b':')?;
                    plain.blanks();
                    members.push((name, plain.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Tree::Object(members))
            }
            b'[' => {
                let mut items = Vec::new();
                self.parts(b']', |plain| {
                    items.push(plain.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Tree::List(items))
            }
            _ => self.bare(),
        }
    }

    fn parts(&mut self, close: u8, mut part: impl FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        self.at += 1;
        self.blanks();
        if self.peek() == close {
            self.at += 1;
            return Ok(());
        }
        loop {
            part(self)?;
            self.blanks();
            if self.peek() == close {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
            self.blanks();
        }
    }

    fn string(&mut self) -> Parsed<Vec<u8>> {
        self.expect(b'"')?;
        let mut out = Vec::new();
        loop {
            let byte = self.peek();
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                0..0x20 => return Err(RejectReason::InvalidJson),
                b'\\' => {
                    let character = self.escape()?;
                    out.extend_from_slice(character.to_string().as_bytes());
                }
                _ => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        self.at += 1;
        let byte = self.peek();
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' => Ok(char::from(byte)),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => {
                let mut units = vec![self.unit()?];
                if (0xd800..0xdc00).contains(&units[0]) {
                    self.expect(b'\\')?;
                    self.expect(b'u')?;
                    units.push(self.unit()?);
                }
                String::from_utf16(&units).ok().and_then(|text| text.chars().next()).ok_or(RejectReason::InvalidJson)
            }
            _ => Err(RejectReason::InvalidJson),
        }
    }

    fn unit(&mut self) -> Parsed<u16> {
        let digits = self.bytes.get(self.at..self.at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        self.at += 4;
        let digits = digits.ok_or(RejectReason::InvalidJson)?;
        u16::from_str_radix(&String::from_utf8_lossy(digits), 16).map_err(|_| RejectReason::InvalidJson)
    }

    fn bare(&mut self) -> Parsed<Tree> {
        let number = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let own = &rest[..rest.iter().take_while(|byte| number(**byte)).count()];
        self.at += own.len();
        // Of another maker, and as strict.
        match serde_json::from_slice::<serde::de::IgnoredAny>(own) {
            Ok(_) if own == b"null" => Ok(Tree::Null),
            Ok(_) => Ok(Tree::Scalar(own.to_vec())),
            Err(_) => Err(RejectReason::InvalidJson),
        }
    }
}

enum Stands {
    Empty,
    Bytes(Vec<u8>),
    Invalid,
}

/// What stands at a path; lists on the way give one after the other.
fn at_path(tree: &Tree, path: &[String]) -> Vec<Stands> {
    match (tree, path) {
        (Tree::List(items), _) if items.is_empty() => vec![Stands::Empty],
        (Tree::List(items), _) => items.iter().flat_map(|item| at_path(item, path)).collect(),
        (Tree::Object(_), []) => vec![Stands::Invalid],
        (Tree::Object(members), [name, rest @ ..]) => {
            members.iter().find(|(own, _)| own == name.as_bytes()).map_or_else(Vec::new, |(_, value)| at_path(value, rest))
        }
        (Tree::Null, _) => vec![Stands::Empty],
        (Tree::Scalar(bytes), _) if bytes.is_empty() => vec![Stands::Empty],
        (Tree::Scalar(bytes), []) => vec![Stands::Bytes(bytes.clone())],
        (Tree::Scalar(_), _) => vec![Stands::Invalid],
    }
}

fn shown(column: &Column, tree: &Tree) -> String {
    let paths = match &column.origin {
        Origin::Path(path) => vec![path],
        Origin::FirstOf(origins) => origins.iter().filter_map(|origin| if let Origin::Path(path) = origin { Some(path) } else { None }).collect(),
        _ => Vec::new(),
    };
    let mut cell = "Absent".to_owned();
    for path in paths {
        cell = match (decoded(column, at_path(tree, path)), cell) {
            (own, before) if own == "Absent" => before,
            (own, _) => own,
        };
        if !matches!(cell.as_str(), "Absent" | "Empty") {
            break;
        }
    }
    cell
}

fn decoded(column: &Column, stands: Vec<Stands>) -> String {
    let (mut decoder, mut out) = (Decoder::new(&column.decode), BatchBuffer::default());
    let several = stands.len() > 1;
    let mut values = Vec::new();
    for stands in stands {
        match stands {
            Stands::Empty => {}
            Stands::Invalid => return "Invalid".to_owned(),
            Stands::Bytes(bytes) => values.push(bytes),
        }
        if !several && values.is_empty() {
            return "Empty".to_owned();
        }
    }
    let raw = |bytes| Raw { bytes, at: None };
    let cell = match (several, values.first()) {
        (false, None) => Cell::Absent,
        (false, Some(bytes)) => decoder.one(raw(bytes), &mut out),
        (true, _) => decoder.many(values.iter().map(|bytes| raw(bytes.as_slice())), &mut out),
    };
    match out.view(0, 0, &[]).value(cell) {
        Value::Bytes(value) => format!("={}", String::from_utf8_lossy(value)),
        other => format!("{other:?}"),
    }
}

/// What a file of lines holds.
fn of_lines(layout: &FileLayout, bytes: &[u8]) -> Read {
    let (mut found, mut offset, mut ordinal) = (Read::default(), 0, 0);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for (line, row) in lines.into_iter().zip(0..) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let start = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if start < text.len() {
            let at = (offset + start) as u64;
            match Plain::record(&text[start..]) {
                Ok(tree) => found.records.push((at, ordinal, row, 0, cells(layout, &tree))),
                Err(reason) => found.rejected.push((at, ordinal, row, reason)),
            }
            ordinal += 1;
        }
        offset += line.len();
    }
    found
}

fn cells(layout: &FileLayout, tree: &Tree) -> Vec<String> {
    layout.tables[0].columns.iter().map(|column| shown(column, tree)).collect()
}

fn of(format: Format) -> FileLayout {
    let path = |names: &str| Origin::Path(names.split('.').map(str::to_owned).collect());
    let first = Origin::FirstOf(vec![path("more.none"), path("flag"), path("id")]);
    let columns = vec![
        column("id", path("id"), FieldKind::Text),
        column("time", path("time"), FieldKind::Date),
        column("who", path("who.id"), FieldKind::Person),
        column("flag", path("who.flag"), FieldKind::Boolean),
        column("tags", path("tags"), FieldKind::List),
        column("again", path("id"), FieldKind::Text),
        column("first", first, FieldKind::Text),
    ];
    layout(format, Shape::Plain, columns)
}

/// A value as it stands in a file: of the usual ones the most, and whatever may be wrong.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let usual = select(vec!["\"ann.lee@x\"", "\"2026-01-02T03:04:05.006Z\"", "\"ok\"", "\"\"", "true", "false", "null", "12", "\"Gda\u{144}sk\""]);
    let odd = select(vec![
        &b"\" \""[..],
        b"\"a \\\"b\\\" c\"",
        b"\"\\u0040\"",
        b"\"Caf\\u00e9\\\\\"",
        b"\"\\ud83d\\ude00\"",
        b"\"\\ud83d\"",
        b"\"\\ude00\"",
        b"\"\\ud83d\\n\"",
        b"\"\\q\"",
        b"\"\\\"",
        b"\"\\",
        b"\"open",
        b"\"tab\there\"",
        b"\"\x1f\"",
        b"\"zero\0\"",
        b"\"\xff\"",
        b"\"\xc3\"",
        b"\"\xed\xa0\x80\"",
        b"\"\\\",\\\"who\\\":{\\\"id\\\":\\\"no\\\"}\"",
        b"\"{\\\"id\\\":\\\"no\\\"}\"",
        b"\"]},{\"",
        b"{\"id\":\"twin\",\"who\":{\"id\":\"twin\",\"flag\":true}}",
        b"{\"id\":1,\"id\":2}",
        b"{\"id\":1,\"\\u0069d\":2}",
        b"{}",
        b"[]",
        b"[1,null,\"x\"]",
        b"[[\"x\"],{\"id\":1}]",
        b"-0.5e+10",
        b"01",
        b"1.",
        b"- 1",
        b"tru",
        b"truefalse",
        b"nul",
        b"12\"x\"",
        b"\"a\"b",
        b"",
    ]);
    let deep = (60..70_usize).prop_map(|depth| ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes());
    let long = (0..140_usize).prop_map(|length| format!("\"{}\"", "x".repeat(length)).into_bytes());
    let escapes = (0..60_usize).prop_map(|count| format!("\"{}\"", "\\\"".repeat(count)).into_bytes());
    prop_oneof![
        24 => usual.prop_map(|text| text.as_bytes().to_vec()),
        6 => odd.prop_map(<[u8]>::to_vec),
        1 => deep,
        3 => long,
        1 => escapes,
    ]
}

/// The keys of a line, in one of few orders, some twice, some spelled otherwise.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let order = prop_oneof![
        12 => Just(vec!["\"id\"", "\"time\"", "\"who\"", "\"note\"", "\"tags\""]),
        3 => Just(vec!["\"who\"", "\"id\"", "\"more\"", "\"time\""]),
        1 => Just(vec!["\"\\u0069d\"", "\"time\"", "\"who\"", "\"tags\""]),
        1 => Just(vec!["\"id\"", "\"time\"", "\"id\""]),
        1 => Just(vec!["\"a\\\",\"", "\"id\"", "\"who\""]),
    ];
    let blank = prop_oneof![10 => Just(""), 1 => Just(" "), 1 => Just("\t \r")];
    let end = prop_oneof![12 => Just(&b"}"[..]), 1 => Just(&b"} "[..]), 1 => Just(&b"}\r"[..]), 1 => Just(&b""[..]), 1 => Just(&b"}}"[..]), 1 => Just(&b",}"[..]), 1 => Just(&b"}\n"[..])];
    (order, proptest::collection::vec(value(), 7), blank, end).prop_map(|(order, values, blank, end)| {
        let mut line = b"{".to_vec();
        let mut values = values.into_iter();
        let mut next = || values.next().unwrap_or_default();
        for (at, key) in order.into_iter().enumerate() {
            line.extend_from_slice(if at > 0 { b"," } else { b"" });
            line.extend_from_slice([blank, key, blank, ":", blank].concat().as_bytes());
            let own = match key {
                "\"who\"" => [&b"{\"id\":"[..], &next(), b",\"flag\":", &next(), b"}"].concat(),
                "\"tags\"" => [&b"[\"env\","[..], &next(), b"]"].concat(),
                _ => next(),
            };
            line.extend_from_slice(&own);
            line.extend_from_slice(blank.as_bytes());
        }
        line.extend_from_slice(end);
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_hold_what_a_plain_reader_finds_in_them(lines in proptest::collection::vec(line(), 1..40), last_end in any::<bool>()) {
        let layout = of(Format::NdJson);
        let mut bytes = lines.join(&b'\n');
        if last_end {
            bytes.push(b'\n');
        }
        let wanted = of_lines(&layout, &bytes);
        prop_assert_eq!(&read(&layout, &bytes, || usize::MAX), &wanted, "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn elements_hold_what_a_plain_reader_finds_in_them(lines in proptest::collection::vec(line(), 1..40), between in select(vec![",", ",\n ", " , "])) {
        let layout = of(Format::Json(JsonDialect { list: None }));
        let whole = |line: &&Vec<u8>| matches!(Plain::record(line), Ok(_) | Err(RejectReason::DuplicateKey)) && serde_json::from_slice::<serde_json::Value>(line).is_ok();
        let (mut bytes, mut wanted) = (b"[".to_vec(), Read::default());
        for (line, ordinal) in lines.iter().filter(whole).zip(0..) {
            let line = line.trim_ascii();
            bytes.extend_from_slice(if ordinal > 0 { between.as_bytes() } else { b"" });
            let at = bytes.len() as u64;
            match Plain::record(line) {
                Ok(tree) => wanted.records.push((at, ordinal, ordinal, 0, cells(&layout, &tree))),
                Err(reason) => wanted.rejected.push((at, ordinal, ordinal, reason)),
            }
            bytes.extend_from_slice(line);
        }
        bytes.push(b']');
        for size in [usize::MAX, 100] {
            prop_assert_eq!(&read(&layout, &bytes, || size), &wanted, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_what_lines_hold(lines in proptest::collection::vec(line(), 4..8)) {
        let layout = of(Format::NdJson);
        let bytes = lines.join(&b'\n');
        let wanted = of_lines(&layout, &bytes);
        for cut in 1..bytes.len() {
            let mut first = Some(cut);
            prop_assert_eq!(&read(&layout, &bytes, || first.take().unwrap_or(usize::MAX)), &wanted, "cut at {}", cut);
        }
    }
}
