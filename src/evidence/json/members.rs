//! The object around a list: its members before and after it.

use super::skim::{Skim, Skimmed};
use super::text::{blanks, string, unescape};
use crate::evidence::block::Member;

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
}

/// Walks over members from `place`, which stands behind `{`, a list or a member.
/// `first`: no member has come yet. Members other than `list` are added to `members`.
pub(super) fn walk(bytes: &[u8], mut place: usize, mut first: bool, list: Option<&str>, members: &mut Vec<Member>) -> Walked {
    loop {
        place = blanks(bytes, place);
        match (bytes.get(place), first) {
            (None, _) => return Walked::More,
            (Some(b'}'), _) => return Walked::End(place + 1),
            (Some(b','), false) => place = blanks(bytes, place + 1),
            (Some(b'"'), true) => {}
            _ => return Walked::Broken(place),
        }
        first = false;
        let begin = place;
        match bytes.get(place) {
            None => return Walked::More,
            Some(b'"') => {}
            Some(_) => return Walked::Broken(place),
        }
        let name = match string(bytes, place + 1) {
            Err(_) => return Walked::Broken(begin),
            Ok(None) => return Walked::More,
            Ok(Some((end, _))) => {
                let raw = bytes.get(place + 1..end).unwrap_or_default();
                place = end + 1;
                text(raw)
            }
        };
        if members.iter().any(|member| member.name == name) {
            return Walked::Broken(begin);
        }
        place = blanks(bytes, place);
        match bytes.get(place) {
            None => return Walked::More,
            Some(b':') => place = blanks(bytes, place + 1),
            Some(_) => return Walked::Broken(place),
        }
        if list == Some(name.as_str()) {
            return match bytes.get(place) {
                None => Walked::More,
                Some(b'[') => Walked::List(place + 1),
                Some(_) => Walked::NoList(place),
            };
        }
        let end = match Skim::default().run(bytes, place) {
            Skimmed::More => return Walked::More,
            Skimmed::Mismatch(place) => return Walked::Broken(place),
            Skimmed::End(end) => end,
        };
        members.push(Member { name, value: shown(bytes.get(place..end).unwrap_or_default()) });
        place = end;
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
