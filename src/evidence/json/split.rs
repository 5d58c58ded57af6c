//! Where the elements of a JSON document end.

use super::members::{MOST_MEMBERS, Members, Walked};
use super::skim::{Skim, Skimmed};
use super::text::blanks;
use crate::evidence::block::{Cut, MAX_RECORD, ReadProblem, SplitEnd};
use crate::evidence::csv::utf16;

/// How far the document has been followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before the first record.
    Head,
    /// Before an element; `first`: or before the end of an empty list.
    Before { first: bool },
    /// In an element.
    Element(Skim),
    /// Behind an element.
    Behind,
    /// Behind the single object that is the document.
    Alone,
    /// At the bracket that closes the list.
    Tail,
    /// Reading has ended.
    Done,
}

/// Cuts a JSON document into whole elements.
#[derive(Debug)]
pub(crate) struct JsonSplitter {
    list: Option<String>,
    phase: Phase,
    /// The records stand in a list.
    wrapped: bool,
    /// Offset in the file of the buffer's first byte.
    base: u64,
    limit: usize,
    /// The object around the list, once it has begun.
    members: Option<Members>,
    problem: Option<ReadProblem>,
}

const CUT: &str = "the document ends before it is complete: the export was cut short; export it again";

impl JsonSplitter {
    pub(crate) fn new(list: Option<&str>) -> Self {
        let list = list.map(str::to_owned);
        Self { list, phase: Phase::Head, wrapped: false, base: 0, limit: MAX_RECORD, members: None, problem: None }
    }

    #[cfg(test)]
    pub(crate) const fn limited(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    fn fail(&mut self, code: &'static str, place: usize, message: &str) {
        self.phase = Phase::Done;
        self.problem = Some(ReadProblem { code, offset: self.base + place as u64, message: message.to_owned() });
    }

    fn too_long(&mut self, place: usize) {
        self.fail("record-too-long", place, "a record is longer than 64 MiB; the file is read up to it");
    }

    pub(crate) fn cut(&mut self, buffer: &[u8], fresh: usize, at_end: bool) -> Result<Cut, ReadProblem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        // Where reading goes on: elements are followed byte by byte, all else is looked at as a whole.
        let mut place = if matches!(self.phase, Phase::Element(_)) { fresh.min(buffer.len()) } else { 0 };
        let (mut start, mut end) = (0, 0);
        loop {
            match self.phase {
                Phase::Head => match self.head(buffer, at_end) {
                    None => break,
                    Some(behind) if behind > self.limit => self.too_long(0),
                    Some(behind) => (place, start, end) = (behind, behind, behind),
                },
                Phase::Before { first } => {
                    place = blanks(buffer, place);
                    end = place;
                    match buffer.get(place) {
                        None => break,
                        Some(b']') if first => self.phase = Phase::Tail,
                        Some(b',' | b']' | b'}' | b':') => {
                            self.fail("invalid-json", place, "an element of the list is missing; export the file again");
                        }
                        Some(_) => self.phase = Phase::Element(Skim::default()),
                    }
                }
                Phase::Element(mut skim) => match skim.run(buffer, place) {
                    Skimmed::More => {
                        self.phase = Phase::Element(skim);
                        break;
                    }
                    Skimmed::Mismatch(at) => self.fail("invalid-json", at, "brackets do not match here; export the file again"),
                    Skimmed::End(behind) if behind - end > self.limit => self.too_long(end),
                    Skimmed::End(behind) => {
                        (place, end) = (behind, behind);
                        self.phase = if self.wrapped { Phase::Behind } else { Phase::Alone };
                    }
                },
                Phase::Behind => {
                    place = blanks(buffer, place);
                    end = place;
                    match buffer.get(place) {
                        None => break,
                        Some(b',') => {
                            self.phase = Phase::Before { first: false };
                            place += 1;
                            end = place;
                        }
                        Some(b']') => self.phase = Phase::Tail,
                        Some(_) => self.fail("invalid-json", place, "a comma or the end of the list is missing; export the file again"),
                    }
                }
                Phase::Alone => {
                    place = blanks(buffer, place);
                    if place < buffer.len() {
                        self.fail("text-after-end", place, "text follows the complete document; export the file again");
                    } else if at_end {
                        self.phase = Phase::Done;
                    }
                    break;
                }
                Phase::Tail => {
                    if at_end {
                        self.tail(buffer, place);
                    }
                    break;
                }
                Phase::Done => break,
            }
        }
        Ok(self.done(buffer, start, end, at_end))
    }

    fn done(&mut self, buffer: &[u8], start: usize, end: usize, at_end: bool) -> Cut {
        if self.problem.is_none() {
            if buffer.len() - end > self.limit {
                self.too_long(end);
            } else if at_end && self.phase != Phase::Done {
                self.fail("cut-short", buffer.len(), CUT);
            }
        }
        let cut = Cut { start: start.min(end), end };
        self.base += end as u64;
        cut
    }

    /// Finds the list or the object; gives the place where records begin.
    fn head(&mut self, buffer: &[u8], at_end: bool) -> Option<usize> {
        if self.members.is_some() {
            return self.wrapper(buffer);
        }
        if buffer.len() < 4 && !at_end {
            return None;
        }
        if utf16(buffer) {
            self.fail("encoding", 0, "the file is UTF-16; save the export as UTF-8");
            return None;
        }
        let begin = blanks(buffer, if buffer.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 });
        match (buffer.get(begin), &self.list) {
            (None, _) => None,
            (Some(b'['), None) => {
                self.wrapped = true;
                self.phase = Phase::Before { first: true };
                Some(begin + 1)
            }
            (Some(b'{'), None) => {
                self.phase = Phase::Element(Skim::default());
                Some(begin)
            }
            (Some(b'{'), Some(list)) => {
                self.members = Some(Members::new(begin + 1, Some(list), true));
                self.wrapper(buffer)
            }
            (Some(_), _) => {
                self.fail("invalid-json", begin, "the document is neither the expected list nor an object; is this the right export?");
                None
            }
        }
    }

    /// Walks over the members before the list; gives the place where records begin.
    fn wrapper(&mut self, buffer: &[u8]) -> Option<usize> {
        let (members, list) = (self.members.as_mut()?, self.list.clone().unwrap_or_default());
        match members.walk(buffer) {
            Walked::More => {}
            Walked::List(place) => {
                self.wrapped = true;
                self.phase = Phase::Before { first: true };
                return Some(place);
            }
            Walked::NoList(place) => self.fail("list-missing", place, &format!("`{list}` holds no list; is this the right export?")),
            Walked::End(place) => self.fail("list-missing", place, &format!("there is no list `{list}`; is this the right export?")),
            Walked::Broken(place) => self.broken(place),
            Walked::TooMany(place) => self.too_many(place),
        }
        None
    }

    fn broken(&mut self, place: usize) {
        self.fail("invalid-json", place, "what stands here around the list is no JSON, stands twice or is nested too deeply; export the file again");
    }

    fn too_many(&mut self, place: usize) {
        self.fail("too-many-members", place, &format!("more than {MOST_MEMBERS} members stand around the list; is this the right export?"));
    }

    /// What stands behind the list's last element, all of it.
    fn tail(&mut self, buffer: &[u8], place: usize) {
        let mut place = blanks(buffer, place);
        if buffer.get(place) == Some(&b']') {
            place += 1;
        }
        if let Some(members) = &mut self.members {
            members.behind_list(place);
            match members.walk(buffer) {
                Walked::End(behind) => place = behind,
                Walked::More => return self.fail("cut-short", buffer.len(), CUT),
                Walked::TooMany(at) => return self.too_many(at),
                Walked::Broken(at) | Walked::List(at) | Walked::NoList(at) => return self.broken(at),
            }
        }
        place = blanks(buffer, place);
        if place < buffer.len() {
            return self.fail("text-after-end", place, "text follows the complete document; export the file again");
        }
        self.phase = Phase::Done;
    }

    pub(crate) fn finish(&mut self) -> SplitEnd {
        let members = self.members.as_mut().map(|members| std::mem::take(&mut members.kept)).unwrap_or_default();
        SplitEnd { members, problem: self.problem.clone(), note: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonSplitter, MOST_MEMBERS};
    use crate::evidence::block::{Member, ReadProblem};

    /// What the wrapper of a document told, read in pieces of some size.
    fn read(document: &[u8], piece: usize) -> (Vec<Member>, Option<ReadProblem>) {
        let (mut splitter, mut buffer) = (JsonSplitter::new(Some("value")), Vec::new());
        for piece in document.chunks(piece).chain([&[][..]]) {
            let fresh = buffer.len();
            buffer.extend_from_slice(piece);
            let Ok(cut) = splitter.cut(&buffer, fresh, piece.is_empty()) else { break };
            buffer.drain(..cut.end);
        }
        let end = splitter.finish();
        (end.members, end.problem)
    }

    fn code(document: &[u8]) -> Option<&'static str> {
        let whole = read(document, usize::MAX);
        for piece in [1, 3, 7] {
            assert_eq!(read(document, piece), whole, "{}", String::from_utf8_lossy(document));
        }
        whole.1.map(|problem| problem.code)
    }

    #[test]
    fn what_stands_around_the_list_is_checked_in_full() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
        let bad: [&[u8]; 14] = [
            b"01",
            b"tru",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":1,,:}",
            b"[1 2 \"\\q\"]",
            b"\"a\nb\"",
            b"\"\xff\"",
            b"\"\\uZZZZ\"",
            b"\"\\ud83d\"",
            b"1 2",
            b":1",
            b"-",
            b"\0",
            &deep(64),
        ];
        for value in bad {
            let member = [&b"\"bad\": "[..], value].concat();
            let before = [&b"{"[..], &member, b", \"value\": [{}]}"].concat();
            let behind = [&b"{\"value\": [{}], "[..], &member, b"}"].concat();
            assert_eq!(code(&before), Some("invalid-json"), "{}", String::from_utf8_lossy(value));
            assert_eq!(code(&behind), Some("invalid-json"), "{}", String::from_utf8_lossy(value));
        }
        for document in [
            &b"{\"value\":[{}],\"value\":[{}]}"[..],
            b"{\"value\":[{}],\"v\\u0061lue\":[{}]}",
            b"{\"a\":1,\"value\":[],\"a\":1}",
            b"{\"a\":1,\"\\u0061\":1,\"value\":[]}",
            b"{\"value\":[],}",
            b"{\"value\":[],,\"a\":1}",
            b"{\"value\":[] \"a\":1}",
            b"{,\"value\":[]}",
            b"{\"\xff\":1,\"value\":[]}",
            b"{\"a\n\":1,\"value\":[]}",
            b"{\"a\" 1,\"value\":[]}",
        ] {
            assert_eq!(code(document), Some("invalid-json"), "{}", String::from_utf8_lossy(document));
        }
        assert_eq!(code(b"{\"value\":[{}]}\0"), Some("text-after-end"));
        let good = [&b"{\"value\":[{}], \"deep\": "[..], &deep(63), b", \"next\": \"a\\u0062\", \"n\" : 5.0 , \"o\":{\"a\":null}}"].concat();
        assert_eq!(code(&good), None);
        let member = |name: &str, value: &str| Member { name: name.to_owned(), value: value.to_owned() };
        assert_eq!(read(&good, 2).0, [member("deep", "[]"), member("next", "ab"), member("n", "5.0"), member("o", "{}")]);
    }

    #[test]
    fn members_beyond_number_are_told_and_take_no_time() {
        let many = |count: usize| (0..count).map(|at| format!("\"m{at}\":{at},")).collect::<String>();
        let around = |before: usize, behind: usize| format!("{{{}\"value\":[],{}\"end\":1}}", many(before), many(behind).replace('m', "n"));
        assert_eq!(read(around(MOST_MEMBERS - 2, 0).as_bytes(), 5).1, None);
        for document in [around(MOST_MEMBERS, 0), around(5_000, 5_000)] {
            assert_eq!(read(document.as_bytes(), 5).1.map(|problem| problem.code), Some("too-many-members"));
        }
        // One long value in many pieces is looked at once.
        let long = format!("{{\"a\":[{}0],\"b\":\"{}\",\"value\":[]}}", "1,".repeat(300_000), "x".repeat(300_000));
        assert_eq!(read(long.as_bytes(), 4).1, None);
    }
}
