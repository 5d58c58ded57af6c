//! Letters of a responsibility matrix in one cell.

/// A letter and its note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter<'c> {
    /// `R`, `A`, `C` or `I`.
    pub(super) letter: u8,
    /// The text in parentheses after it; empty where there is none.
    pub(super) note: &'c [u8],
}

/// The letters of a cell, each once, in their order.
pub(super) fn letters(cell: &[u8]) -> impl Iterator<Item = Letter<'_>> {
    let mut found = [Letter { letter: 0, note: &[] }; 4];
    let mut count = 0_usize;
    let mut rest = cell;
    while let Some(first) = rest.first() {
        if *first == b'(' {
            let (note, behind) = parentheses(rest);
            if let Some(letter) = count.checked_sub(1).and_then(|last: usize| found.get_mut(last))
                && letter.note.is_empty()
            {
                letter.note = note;
            }
            rest = behind;
            continue;
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80 || **byte == b'*').count();
        let (word, behind) = rest.split_at(length.max(1));
        rest = behind;
        if length == 0 || word.iter().all(|byte| *byte == b'*') {
            continue;
        }
        if !take(word, &mut found, &mut count) {
            break;
        }
    }
    found.into_iter().take(count)
}

/// Takes the letters of a word; false where the word is none of letters.
fn take(word: &[u8], found: &mut [Letter<'_>; 4], count: &mut usize) -> bool {
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
        if let (false, Some(slot)) = (taken.iter().any(|other| other.letter == *letter), free.first_mut()) {
            *slot = Letter { letter: *letter, note: &[] };
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
        let text = |letter: super::Letter<'_>| format!("{}:{}", char::from(letter.letter), String::from_utf8_lossy(letter.note));
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
    fn other_words_are_no_letters() {
        for cell in ["---", "", "N/A", "CISO", "air", "**", "(R)", "Ä", "5"] {
            assert_eq!(read(cell), "", "{cell}");
        }
        assert_eq!(read("R - lead"), "R:");
    }
}
