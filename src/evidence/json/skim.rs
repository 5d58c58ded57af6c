//! Finds the end of a JSON value by its brackets and strings alone.

use memchr::memchr2;

/// Nesting up to here is followed by kind of bracket; deeper, by count. (A
/// record that deep is rejected anyway.)
const FOLLOWED: u32 = 64;

/// Walks over one value, which may come in pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Skim {
    depth: u32,
    /// For each open bracket, whether it is a brace.
    braces: u64,
    string: bool,
    /// The byte before was a backslash in a string.
    escape: bool,
    /// The value is a number or a literal.
    bare: bool,
    begun: bool,
}

/// What the walk over one piece gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skimmed {
    /// The value goes on in the next piece.
    More,
    /// One past the value's last byte.
    End(usize),
    /// A bracket that closes what it did not open.
    Mismatch(usize),
}

impl Skim {
    /// Walks on from `place`, which at first is the value's first byte.
    pub(super) fn run(&mut self, bytes: &[u8], mut place: usize) -> Skimmed {
        loop {
            if self.string {
                match self.in_string(bytes, place) {
                    None => return Skimmed::More,
                    Some(behind) => place = behind,
                }
                if self.depth == 0 {
                    return Skimmed::End(place);
                }
            }
            let rest = bytes.get(place..).unwrap_or_default();
            let Some(step) = rest.iter().position(|byte| MARK[usize::from(*byte)]) else {
                self.bare |= !self.begun && !rest.is_empty();
                self.begun |= !rest.is_empty();
                return Skimmed::More;
            };
            if self.depth == 0 && (self.bare || step > 0) {
                return Skimmed::End(place + bare_end(rest, step));
            }
            place += step;
            let mark = rest.get(step).copied().unwrap_or_default();
            if self.depth == 0 && !self.begun && !matches!(mark, b'"' | b'{' | b'[') {
                return Skimmed::Mismatch(place);
            }
            self.begun = true;
            match mark {
                b'"' => self.string = true,
                b'{' | b'[' => {
                    if self.depth < FOLLOWED {
                        let bit = 1 << self.depth;
                        self.braces = if mark == b'{' { self.braces | bit } else { self.braces & !bit };
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth < FOLLOWED && (self.braces >> self.depth & 1 == 1) != (mark == b'}') {
                        return Skimmed::Mismatch(place);
                    }
                    if self.depth == 0 {
                        return Skimmed::End(place + 1);
                    }
                }
                _ => {}
            }
            place += 1;
        }
    }

    /// The place behind the closing quote, if it is in this piece.
    fn in_string(&mut self, bytes: &[u8], mut place: usize) -> Option<usize> {
        loop {
            if self.escape {
                bytes.get(place)?;
                self.escape = false;
                place += 1;
            }
            let mark = place + memchr2(b'"', b'\\', bytes.get(place..)?)?;
            place = mark + 1;
            if bytes.get(mark) == Some(&b'"') {
                self.string = false;
                return Some(place);
            }
            self.escape = true;
        }
    }
}

/// Bytes that matter outside strings.
const MARK: [bool; 256] = {
    let mut table = [false; 256];
    let marks = *b"\"{}[],";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

/// The end of a number or literal: blanks before the next mark are not its own.
fn bare_end(rest: &[u8], step: usize) -> usize {
    rest.get(..step).unwrap_or_default().trim_ascii_end().len()
}
