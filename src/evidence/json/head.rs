//! What the survey asks of JSON: wrapper members, the first record, paths in it.

use std::ops::Range;

use super::members::{self, Walked};
use super::skim::{Skim, Skimmed};
use super::text::{blanks, string, unescape};
use crate::evidence::block::{Member, ReadProblem};

/// What the first bytes of a JSON document tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonHead {
    /// The top level is a list.
    pub is_array: bool,
    /// Members of the top-level object seen so far, in order, the list not among them.
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
    let mut found = JsonHead::default();
    let begin = blanks(head, if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 });
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
            match members::walk(head, begin + 1, true, list, &mut found.members) {
                Walked::List(place) => {
                    found.list_found = true;
                    found.first = object_at(head, place);
                }
                Walked::Broken(place) => found.problem = broken(place),
                Walked::More | Walked::NoList(_) | Walked::End(_) => {}
            }
        }
        Some(_) => found.problem = broken(begin),
    }
    found
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

/// The first line that is not blank, where it is whole (or the file ends with it) and holds an object.
#[must_use]
pub fn first_line(head: &[u8], at_end: bool) -> Option<Range<usize>> {
    let mut start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let rest = head.get(start..)?;
        let end = match memchr::memchr(b'\n', rest) {
            Some(end) => start + end,
            None if at_end && !rest.is_empty() => head.len(),
            None => return None,
        };
        let line = head.get(start..end)?.trim_ascii();
        if !line.is_empty() {
            let begin = blanks(head, start);
            let object = object_at(head, begin)?;
            return (object.end <= end && blanks(head, object.end) >= end).then_some(object);
        }
        start = end + 1;
    }
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
    let begin = blanks(record, 0);
    let Some((name, rest)) = path.split_first() else { return Some(kind(record.get(begin..)?)) };
    match record.get(begin)? {
        b'[' => elements(record, begin).find_map(|element| get(record.get(element)?, path)),
        b'{' => {
            let mut place = blanks(record, begin + 1);
            while record.get(place) == Some(&b'"') {
                let (end, _) = string(record, place + 1).ok()??;
                let mut key = Vec::new();
                unescape(record.get(place + 1..end)?, &mut key);
                place = blanks(record, end + 1);
                place = blanks(record, place + 1);
                let Skimmed::End(behind) = Skim::default().run(record, place) else { return None };
                if key == name.as_bytes() {
                    return get(record.get(place..behind)?, rest);
                }
                place = blanks(record, behind);
                if record.get(place) == Some(&b',') {
                    place = blanks(record, place + 1);
                }
            }
            None
        }
        // Null on the way: the key may be there another time.
        b'n' => Some(Found::Null),
        _ => None,
    }
}

fn elements(list: &[u8], begin: usize) -> impl Iterator<Item = Range<usize>> {
    let mut place = blanks(list, begin + 1);
    std::iter::from_fn(move || {
        if matches!(list.get(place), None | Some(b']')) {
            return None;
        }
        let Skimmed::End(end) = Skim::default().run(list, place) else { return None };
        let element = place..end;
        place = blanks(list, end);
        if list.get(place) == Some(&b',') {
            place = blanks(list, place + 1);
        }
        (element.end > element.start).then_some(element)
    })
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
