//! Letters of a responsibility matrix in one cell.

use crate::evidence::decode::{blank, trim};

/// A letter and its note, or what in the cell is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter<'c> {
    /// `R`, `A`, `C` or `I`; `None` for text that nobody can read as letters.
    pub(super) letter: Option<u8>,
    /// The text in parentheses after it, empty where there is none; or the text that is no letter.
    pub(super) note: &'c [u8],
}

/// Each letter once, and what was not read.
const MOST: usize = 5;

/// The letters of a cell, each once, in their order; behind them, where
/// something in the cell is no letter, that text: it may have been meant as
/// one, so it is not passed over.
pub(super) fn letters(cell: &[u8]) -> impl Iterator<Item = Letter<'_>> {
    let mut found = [Letter { letter: None, note: &[] }; MOST];
    let mut count = 0_usize;
    let mut unread: &[u8] = &[];
    let mut rest = cell;
    while let Some(first) = rest.first() {
        if *first == b'(' {
            let (note, behind) = parentheses(rest);
            match count.checked_sub(1).and_then(|last: usize| found.get_mut(last)) {
                Some(letter) if letter.note.is_empty() => letter.note = note,
                Some(_) => {}
                // In parentheses before any letter: nobody's note.
                None if unread.is_empty() && !blank(note) => unread = note,
                None => {}
            }
            rest = behind;
            continue;
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80 || **byte == b'*').count();
        let (word, behind) = rest.split_at(length.max(1));
        if length == 0 || word.iter().all(|byte| *byte == b'*') {
            rest = behind;
            continue;
        }
        if !take(word, &mut found, &mut count) {
            unread = if unread.is_empty() { trim(rest) } else { unread };
            break;
        }
        rest = behind;
    }
    let unread = (!unread.is_empty()).then_some(Letter { letter: None, note: unread });
    found.into_iter().take(count).chain(unread)
}

/// Takes the letters of a word; false where the word is none of letters.
fn take(word: &[u8], found: &mut [Letter<'_>; MOST], count: &mut usize) -> bool {
    let word = trim_stars(word);
    let named = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let small = [word.first().copied().unwrap_or_default().to_ascii_uppercase()];
    let letters: &[u8] = match word {
        [_] => &small,
        _ if named("responsible") => b"R",
        _ if named("accountable") => b"A",
        _ if named("consulted") => b"C",
        _ if named("informed") => b"I",
        _ => word,
    };
    let known = |byte: &u8| matches!(byte, b'R' | b'A' | b'C' | b'I' | b'*');
    if !letters.iter().all(known) {
        return false;
    }
    for letter in letters.iter().filter(|letter| **letter != b'*') {
        let (taken, free) = found.split_at_mut(*count);
        if let (false, Some(slot)) = (taken.iter().any(|other| other.letter == Some(*letter)), free.first_mut()) {
            *slot = Letter { letter: Some(*letter), note: &[] };
            *count += 1;
        }
    }
    true
}

fn trim_stars(mut word: &[u8]) -> &[u8] {
    while let [b'*', rest @ ..] = word {
        word = rest;
    }
    while let [rest @ .., b'*'] = word {
        word = rest;
    }
    word
}

/// What stands between a parenthesis and its partner (or the end), and what follows.
fn parentheses(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut depth = 0usize;
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return (bytes.get(1..place).unwrap_or_default(), bytes.get(place + 1..).unwrap_or_default());
        }
    }
    (bytes.get(1..).unwrap_or_default(), &[])
}

#[cfg(test)]
mod tests {
    use super::letters;

    fn read(cell: &str) -> String {
        let text = |letter: super::Letter<'_>| format!("{}:{}", char::from(letter.letter.unwrap_or(b'?')), String::from_utf8_lossy(letter.note));
        letters(cell.as_bytes()).map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn letters_are_found_however_they_are_joined() {
        for cell in ["A/R", "A & R", "AR", "A, R", "**A**/R", "A + R", "a r", "Accountable / responsible", "A/R/A"] {
            assert_eq!(read(cell), "A: R:", "{cell}");
        }
    }

    #[test]
    fn a_note_belongs_to_the_letter_before_it() {
        assert_eq!(read("R (OT Log) & C (Reviews (major) Alerts)"), "R:OT Log C:Reviews (major) Alerts");
        assert_eq!(read("A & R (Config, Ops)"), "A: R:Config, Ops");
        assert_eq!(read("C (open"), "C:open");
    }

    #[test]
    fn a_cell_of_signs_holds_nothing() {
        for cell in ["---", "", "**", " - / - ", "()", "( )"] {
            assert_eq!(read(cell), "", "{cell}");
        }
    }

    #[test]
    fn what_is_no_letter_is_not_passed_over() {
        for cell in ["N/A", "CISO", "air", "ra", "TBD", "S/R", "x", "Ä", "5"] {
            assert_eq!(read(cell), format!("?:{cell}"), "{cell}");
        }
        assert_eq!(read("(R)"), "?:R");
        assert_eq!(read("(see note) A"), "A: ?:see note");
        assert_eq!(read("R - lead "), "R: ?:lead");
        assert_eq!(read("R/A/C/I/S"), "R: A: C: I: ?:S");
        assert_eq!(read("R (team), TBD (who?)"), "R:team ?:TBD (who?)");
    }
}
