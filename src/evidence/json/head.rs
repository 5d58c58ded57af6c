//! What the survey asks of JSON: wrapper members, the first record, paths in it.
//!
//! It looks at ends of values only: what is wrong within them is for the
//! reader to tell, who rejects a record where the survey could only refuse
//! the whole file.

use std::ops::Range;

use super::members::{Members, Walked};
use super::skim::{Skim, Skimmed};
use super::text::{blanks, unescape};
use crate::evidence::block::{Member, ReadProblem};

/// How much of a file's end is looked at for members behind the list.
pub const TAIL: usize = 16 << 10;
/// Recognition gives up beyond this nesting: such a record is rejected anyway.
const DEEPEST: usize = 64;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the first bytes of a JSON document tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonHead {
    /// The top level is a list.
    pub is_array: bool,
    /// Members of the top-level object seen, the list not among them.
    pub members: Vec<Member>,
    /// The first record's bytes, where it is whole and an object.
    pub first: Option<Range<usize>>,
    /// The list was named and its member holds a list.
    pub list_found: bool,
    /// What is wrong with the head; a head that is merely cut is not.
    pub problem: Option<ReadProblem>,
}

/// Looks at the first bytes of a document whose records are in the member
/// `list`; without one, in a bare list, or the document is the record.
#[must_use]
pub fn peek(head: &[u8], list: Option<&str>) -> JsonHead {
    peek_ends(head, &[], list)
}

/// As [`peek`], with the last bytes of a file whose head is not all of it:
/// the members of an object have no order, and some stand behind the list.
#[must_use]
pub fn peek_ends(head: &[u8], tail: &[u8], list: Option<&str>) -> JsonHead {
    let mut found = JsonHead::default();
    let begin = blanks(head, if head.starts_with(BOM) { 3 } else { 0 });
    let broken =
        |place: usize| Some(ReadProblem { code: "invalid-json", offset: place as u64, message: "this is no JSON; export the file again".to_owned() });
    match head.get(begin) {
        None => {}
        Some(b'[') => {
            found.is_array = true;
            if list.is_none() {
                found.first = object_at(head, begin + 1);
            }
        }
        Some(b'{') => {
            if list.is_none() {
                found.first = object_at(head, begin);
            }
            let mut members = Members::new(begin + 1, list, false);
            match members.walk(head) {
                Walked::List(place) => {
                    found.list_found = true;
                    found.first = object_at(head, place);
                    match Skim::default().run(head, place - 1) {
                        Skimmed::End(behind) => {
                            members.behind_list(behind);
                            let _ = members.walk(head);
                        }
                        Skimmed::More => members.kept.extend(behind_list(tail)),
                        Skimmed::Mismatch(_) => {}
                    }
                }
                Walked::Broken(place) => found.problem = broken(place),
                Walked::More | Walked::NoList(_) | Walked::End(_) | Walked::TooMany(_) => {}
            }
            found.members = members.kept;
        }
        Some(_) => found.problem = broken(begin),
    }
    found
}

/// The members between a list and the end of the file. What follows a bracket
/// outside strings and closes exactly one object can only be such members.
fn behind_list(tail: &[u8]) -> Vec<Member> {
    let whole = |bracket: usize| {
        let mut members = Members::new(0, None, false);
        members.behind_list(bracket + 1);
        match members.walk(tail) {
            Walked::End(end) if blanks(tail, end) == tail.len() => Some(members.kept),
            _ => None,
        }
    };
    memchr::memchr_iter(b']', tail).find_map(whole).unwrap_or_default()
}

fn object_at(head: &[u8], place: usize) -> Option<Range<usize>> {
    let begin = blanks(head, place);
    if head.get(begin) != Some(&b'{') {
        return None;
    }
    match Skim::default().run(head, begin) {
        Skimmed::End(end) => Some(begin..end),
        Skimmed::More | Skimmed::Mismatch(_) => None,
    }
}

/// The lines that are whole, with where each ends, without blank ones.
fn whole_lines(head: &[u8], at_end: bool) -> impl Iterator<Item = Range<usize>> {
    let mut start = if head.starts_with(BOM) { 3 } else { 0 };
    std::iter::from_fn(move || {
        loop {
            let rest = head.get(start..)?;
            let end = match memchr::memchr(b'\n', rest) {
                Some(end) => start + end,
                None if at_end && !rest.is_empty() => head.len(),
                None => return None,
            };
            let line = start..end;
            start = end + 1;
            if !rest.get(..line.len())?.trim_ascii().is_empty() {
                return Some(line);
            }
        }
    })
}

/// The object that is all of a line.
fn object_on(head: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    let upto = head.get(..line.end)?;
    let object = object_at(upto, line.start)?;
    (blanks(upto, object.end) == upto.len()).then_some(object)
}

/// The first line that holds an object, and nothing else, where it is whole
/// (or the file ends with it). Lines that hold none are left to the reader.
#[must_use]
pub fn first_line(head: &[u8], at_end: bool) -> Option<Range<usize>> {
    whole_lines(head, at_end).find_map(|line| object_on(head, line))
}

/// Whether a head is one of JSON lines: its first line is an object, or so
/// many are that they are no parts of one document. For in a document that
/// does not end on its first line, that line and the last are no objects, and
/// neither is what stands between two lines that are.
#[must_use]
pub fn is_lines(head: &[u8], at_end: bool) -> bool {
    let (mut objects, mut others) = (0_usize, 0_usize);
    for line in whole_lines(head, at_end) {
        match object_on(head, line) {
            Some(_) if others == 0 => return true,
            Some(_) => objects += 1,
            None => others += 1,
        }
    }
    if at_end { objects > 0 && objects >= others } else { objects > others }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as what stands there")]
pub enum Found {
    Null,
    Scalar(String),
    List,
    Object,
}

/// What stands at a path of a record; through lists the first element that has it. `None`: no such key.
#[must_use]
pub fn get(record: &[u8], path: &[String]) -> Option<Found> {
    match look(record, blanks(record, 0), path, 1) {
        Looked::Found(found) => Some(found),
        Looked::Without(_) | Looked::Unclear => None,
    }
}

/// What one look over a value gave.
enum Looked {
    Found(Found),
    /// The path is not in it; one past its last byte.
    Without(usize),
    /// It is cut, no JSON, or nested too deeply.
    Unclear,
}

/// Looks for a path in the value at `place`, at each byte once.
fn look(record: &[u8], place: usize, path: &[String], depth: usize) -> Looked {
    let over = |place: usize| match Skim::default().run(record, place) {
        Skimmed::End(end) if end > place => Some(end),
        _ => None,
    };
    let Some((name, rest)) = path.split_first() else {
        return over(place).and_then(|end| record.get(place..end)).map_or(Looked::Unclear, |value| Looked::Found(kind(value)));
    };
    let (open, close) = match record.get(place) {
        // Null on the way: the key may be there another time.
        Some(b'n') => return Looked::Found(Found::Null),
        Some(b'{') => (b'{', b'}'),
        Some(b'[') => (b'[', b']'),
        _ => return over(place).map_or(Looked::Unclear, Looked::Without),
    };
    if depth > DEEPEST {
        return Looked::Unclear;
    }
    let mut place = blanks(record, place + 1);
    while record.get(place).is_some_and(|byte| *byte != close) {
        let mut inner = Some(path);
        if open == b'{' {
            let Some(end) = over(place) else { return Looked::Unclear };
            let Some([b'"', raw @ .., b'"']) = record.get(place..end) else { return Looked::Unclear };
            let mut key = Vec::new();
            unescape(raw, &mut key);
            inner = (key == name.as_bytes()).then_some(rest);
            place = blanks(record, end);
            if record.get(place) != Some(&b':') {
                return Looked::Unclear;
            }
            place = blanks(record, place + 1);
        }
        let looked = match inner {
            Some(path) => look(record, place, path, depth + 1),
            None => over(place).map_or(Looked::Unclear, Looked::Without),
        };
        let Looked::Without(end) = looked else { return looked };
        place = blanks(record, end);
        if record.get(place) == Some(&b',') {
            place = blanks(record, place + 1);
        }
    }
    if place < record.len() { Looked::Without(place + 1) } else { Looked::Unclear }
}

fn kind(value: &[u8]) -> Found {
    match value {
        [b'{', ..] => Found::Object,
        [b'[', ..] => Found::List,
        [b'n', ..] => Found::Null,
        [b'"', inner @ .., b'"'] => {
            let mut out = Vec::new();
            unescape(inner, &mut out);
            Found::Scalar(String::from_utf8_lossy(&out).into_owned())
        }
        other => Found::Scalar(String::from_utf8_lossy(other.trim_ascii_end()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, first_line, get, is_lines, peek, peek_ends};

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_path_is_found_through_objects_and_lists() {
        let record = br#"{"x":{"y":[1,{"z":2}]},"user":[{"no":1},{"id":"a\u0062"}],"nil":null,"a":{"b":{}},"l":[[{"k":1}]],"bad":"\q"}"#;
        let scalar = |text: &str| Some(Found::Scalar(text.to_owned()));
        for (wanted, found) in [
            ("user.id", scalar("ab")),
            ("x.y.z", scalar("2")),
            ("x.y", Some(Found::List)),
            ("a.b", Some(Found::Object)),
            ("nil.any", Some(Found::Null)),
            ("l.k", scalar("1")),
            ("a.b.c", None),
            ("x.q", None),
            ("user.id.more", None),
        ] {
            assert_eq!(get(record, &path(wanted)), found, "{wanted}");
        }
    }

    #[test]
    fn nesting_without_end_is_given_up() {
        let nested = |depth: usize| format!("{{\"user\":{}{{\"id\":1}}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(get(nested(62).as_bytes(), &path("user.id")).is_some());
        assert_eq!(get(nested(64).as_bytes(), &path("user.id")), None);
        assert_eq!(get(nested(600_000).as_bytes(), &path("user.id")), None);
        assert_eq!(get("[".repeat(600_000).as_bytes(), &path("user.id")), None);
        // Each level is looked at once, not once more for each level around it.
        let wide = format!("{{\"user\":{}}}", "[[[[0],0],0],0]".to_owned() + &format!(",\"a\":[{}0]", "[[[0]]],".repeat(100_000)));
        assert_eq!(get(wide.as_bytes(), &path("a.id")), None);
    }

    #[test]
    fn members_behind_the_list_are_seen() {
        let names = |head: &[u8], tail: &[u8]| -> Vec<String> {
            peek_ends(head, tail, Some("value")).members.into_iter().map(|member| format!("{}={}", member.name, member.value)).collect()
        };
        assert_eq!(names(br#"{"a":1,"value":[{"id":["x"]}],"@odata.context":"users"}"#, b""), ["a=1", "@odata.context=users"]);
        assert_eq!(
            names(br#"{"a":1,"value":[{"id":1},{"id":2},{"id"#, br#"]},{"id":["]","x"]}], "context": "users", "l": [1] } "#),
            ["a=1", "context=users", "l=[]"]
        );
        assert_eq!(names(br#"{"value":[{"id":1},"#, br#"{"t":["a"],"b":1}]}"#), Vec::<String>::new());
        assert_eq!(names(br#"{"value":[{"id":1},"#, br#"{"t":["a"],"b":1}], "#), Vec::<String>::new());
        assert_eq!(peek(br#"{"value":[{"id":1}],"value":[{"id":2}],"a":1}"#, Some("value")).members.len(), 1, "the reader tells the second list");
    }

    #[test]
    fn lines_are_told_from_documents_though_some_are_broken() {
        for lines in [
            "{\"a\":1}",
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":1\n{\"a\":2}\n",
            "nonsense\n{\"a\":2}\n\n{\"a\":3}",
            "[1]\n{}\n{}",
            "\0{\"a\":1}\n{\"a\":2}\n",
        ] {
            assert!(is_lines(lines.as_bytes(), true), "{lines}");
        }
        for document in [
            "{\n\"value\": [\n{\"a\":1},\n{\"a\":2}\n]\n}\n",
            "{\"value\":[\n{\"a\":1}\n,\n{\"a\":2}\n,\n{\"a\":3}\n]}",
            "{\"value\":\n[{\"a\":1}]}",
            "[\n{\"a\":1}\n]",
            "a,b\n1,2\n",
            "",
        ] {
            assert!(!is_lines(document.as_bytes(), true), "{document}");
            for end in 0..document.len() {
                assert!(!is_lines(&document.as_bytes()[..end], false), "{}", &document[..end]);
            }
        }
        assert_eq!(first_line(b"{\"a\":1\n{\"b\"\n {\"c\":2} \n", true), Some(13..20));
        assert_eq!(first_line("{\n".repeat(100_000).as_bytes(), true), None, "each line is looked at alone");
    }

    use proptest::prelude::*;

    use crate::evidence::json::JsonSplitter;

    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"value\"",
            "1",
            "null",
            "\\",
            "\\u00",
            " ",
            "\n",
            "{\"a\":[1]}",
            "{\"value\":[",
            "]}",
            "\u{feff}",
            "\0",
            "x",
        ];
        proptest::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What the reader accepts, recognition saw the same way; and nothing makes it panic.
        #[test]
        fn recognition_sees_the_members_that_the_reader_reads(bytes in nearly(), at in any::<prop::sample::Index>()) {
            for document in [bytes.clone(), [&b"{\"b\":1,\"value\":[{\"a\":1}],"[..], &bytes, b"}"].concat(), [b"{", &bytes[..], b"\"value\":[]}"].concat()] {
                let found = peek(&document, Some("value"));
                let mut splitter = JsonSplitter::new(Some("value"));
                let _ = splitter.cut(&document, 0, true);
                let end = splitter.finish();
                if end.problem.is_none() && !document.is_empty() {
                    prop_assert_eq!(&found.members, &end.members);
                }
                let (head, tail) = document.split_at(at.index(document.len() + 1).min(document.len()));
                let _ = peek_ends(head, tail, Some("value"));
                for record in [&document[..], head, tail] {
                    let _ = (get(record, &path("a.value")), first_line(record, true), first_line(record, false), is_lines(record, true), peek(record, None));
                }
            }
        }
    }
}
