//! The object around a list: its members before and after it.

use std::collections::HashSet;

use super::skim::{Skim, Skimmed};
use super::text::{blanks, string, unescape};
use super::walk;
use crate::evidence::block::Member;

/// More members than this have no export's wrapper.
pub(super) const MOST_MEMBERS: usize = 10_000;

/// Where walking over members ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Walked {
    /// The bytes end before it is clear.
    More,
    /// The list's first byte behind its bracket.
    List(usize),
    /// The list's member holds no list.
    NoList(usize),
    /// One past the object's closing brace.
    End(usize),
    /// It is no JSON, from this byte on.
    Broken(usize),
    /// There are more members than [`MOST_MEMBERS`]; the first beyond them.
    TooMany(usize),
}

/// A walk over the members of one object, which may come in pieces: each call
/// goes on where the one before ended, so every byte is looked at once.
#[derive(Debug)]
pub(super) struct Members {
    /// The member whose list has the records.
    list: Option<String>,
    /// Everything is checked; else only ends of values are looked for, for
    /// recognition knows also what the reader will refuse.
    strict: bool,
    /// All names met, the list's among them.
    names: HashSet<String>,
    /// The members beside the list, in file order.
    pub kept: Vec<Member>,
    step: Step,
    /// Where the walk goes on.
    place: usize,
    /// The name whose value comes next; `None` where it was met before.
    name: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Before a comma or the closing brace; `first`: or before the first name.
    Between { first: bool },
    /// Before the quote of a name.
    BeforeName,
    /// In a name that began there.
    Name(usize, Skim),
    /// Before the colon.
    Colon,
    /// Before a value.
    BeforeValue,
    /// In a value that began there.
    Value(usize, Skim),
}

impl Members {
    /// A walk from `place`, which stands behind the opening brace.
    pub fn new(place: usize, list: Option<&str>, strict: bool) -> Self {
        let (names, step) = (HashSet::new(), Step::Between { first: true });
        Self { list: list.map(str::to_owned), strict, names, kept: Vec::new(), step, place, name: None }
    }

    /// Goes on behind the list, whose closing bracket is before `place`.
    pub fn behind_list(&mut self, place: usize) {
        (self.place, self.step) = (place, Step::Between { first: false });
    }

    /// Walks on. `bytes` begin where they began in the call before, or in [`Self::behind_list`].
    pub fn walk(&mut self, bytes: &[u8]) -> Walked {
        loop {
            match self.step {
                Step::Between { first } => {
                    self.place = blanks(bytes, self.place);
                    match (bytes.get(self.place), first) {
                        (None, _) => return Walked::More,
                        (Some(b'}'), _) => return Walked::End(self.place + 1),
                        (Some(b','), false) => {
                            self.place += 1;
                            self.step = Step::BeforeName;
                        }
                        (Some(b'"'), true) => self.step = Step::BeforeName,
                        _ => return Walked::Broken(self.place),
                    }
                }
                Step::BeforeName => {
                    self.place = blanks(bytes, self.place);
                    match bytes.get(self.place) {
                        None => return Walked::More,
                        Some(b'"') => self.step = Step::Name(self.place, Skim::default()),
                        Some(_) => return Walked::Broken(self.place),
                    }
                }
                Step::Name(begin, mut skim) => match skim.run(bytes, self.place) {
                    Skimmed::More => {
                        (self.step, self.place) = (Step::Name(begin, skim), bytes.len());
                        return Walked::More;
                    }
                    Skimmed::Mismatch(at) => return Walked::Broken(at),
                    Skimmed::End(end) => {
                        if let Some(broken) = self.name(bytes, begin, end) {
                            return broken;
                        }
                        (self.step, self.place) = (Step::Colon, end);
                    }
                },
                Step::Colon => {
                    self.place = blanks(bytes, self.place);
                    match bytes.get(self.place) {
                        None => return Walked::More,
                        Some(b':') => (self.step, self.place) = (Step::BeforeValue, self.place + 1),
                        Some(_) => return Walked::Broken(self.place),
                    }
                }
                Step::BeforeValue => {
                    self.place = blanks(bytes, self.place);
                    let (first, is_list) = (bytes.get(self.place), self.list.is_some() && self.list == self.name);
                    match (first, is_list) {
                        (None, _) => return Walked::More,
                        (Some(b'['), true) => return Walked::List(self.place + 1),
                        (Some(_), true) => return Walked::NoList(self.place),
                        (Some(_), false) => self.step = Step::Value(self.place, Skim::default()),
                    }
                }
                Step::Value(begin, mut skim) => match skim.run(bytes, self.place) {
                    Skimmed::More => {
                        (self.step, self.place) = (Step::Value(begin, skim), bytes.len());
                        return Walked::More;
                    }
                    Skimmed::Mismatch(at) => return Walked::Broken(at),
                    Skimmed::End(end) => {
                        let value = bytes.get(begin..end).unwrap_or_default().trim_ascii_end();
                        if self.strict && walk::check(value).is_err() {
                            return Walked::Broken(begin);
                        }
                        self.kept.extend(self.name.take().map(|name| Member { name, value: shown(value) }));
                        (self.step, self.place) = (Step::Between { first: false }, end);
                    }
                },
            }
        }
    }

    /// Takes the name in quotes at `begin..end`; says what is wrong with it.
    fn name(&mut self, bytes: &[u8], begin: usize, end: usize) -> Option<Walked> {
        let raw = bytes.get(begin + 1..end - 1).unwrap_or_default();
        let sound = || std::str::from_utf8(raw).is_ok() && matches!(string(bytes, begin + 1), Ok(Some((quote, _))) if quote + 1 == end);
        if self.strict && !sound() {
            return Some(Walked::Broken(begin));
        }
        let name = text(raw);
        let new = self.names.insert(name.clone());
        if self.strict && !new {
            return Some(Walked::Broken(begin));
        }
        self.name = new.then_some(name);
        (self.names.len() > MOST_MEMBERS).then_some(Walked::TooMany(begin))
    }
}

fn text(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    unescape(raw, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Text decoded, numbers and literals as written, objects and lists as their brackets.
fn shown(value: &[u8]) -> String {
    match value {
        [b'{', ..] => "{}".to_owned(),
        [b'[', ..] => "[]".to_owned(),
        [b'"', inner @ .., b'"'] => text(inner),
        other => String::from_utf8_lossy(other).into_owned(),
    }
}
