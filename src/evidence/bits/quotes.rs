//! Which bytes of a delimited text stand in quotes, told for a word at a time.
//!
//! Where every quote that opens a quoted part stands at the border of a cell,
//! each quote turns the text: in, out, in. A doubled quote goes out and in
//! again at once. A quote that would open elsewhere is *stray*: from there on
//! only a look at each byte can tell, after `docs/reading.md`.

use std::ops::Range;

use super::WIDTH;
use super::separators::Delimited;

/// Where the bytes that were seen end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quotes {
    /// All ones inside a quoted part, else zero.
    inside: u64,
    /// Where in the next word a cell begins, as far as it is known by what lies before: its first bit, or none.
    fresh: u64,
    /// The first bit of the next word, where a quoted part was closed by the byte before it.
    closed: u64,
}

/// What the quotes of a word say.
#[derive(Debug)]
pub(super) struct Word {
    /// Bytes of quoted parts: from the quote that opens to the one before the quote that closes.
    pub within: u64,
    /// Bytes behind a quote that closes.
    pub behind: u64,
    /// Where cells begin.
    pub borders: u64,
    /// Quotes that open a cell.
    pub opened: u64,
    /// Quotes that follow a closing one at once: the two are one literal quote.
    pub doubled: u64,
    /// Quotes that would open a quoted part within a cell: nothing of this is true from the first one on.
    pub stray: u64,
}

impl Quotes {
    /// Inside a quoted part.
    pub(crate) const INSIDE: Self = Self { inside: u64::MAX, fresh: 0, closed: 0 };
    /// Behind a quote in a quoted part: it closes, unless another follows.
    pub(crate) const CLOSING: Self = Self { inside: 0, fresh: 0, closed: 1 };
    /// Outside quotes, where a cell begins.
    pub(crate) const FRESH: Self = Self { inside: 0, fresh: 1, closed: 0 };
    /// Outside quotes, within a cell.
    pub(crate) const BARE: Self = Self { inside: 0, fresh: 0, closed: 0 };

    /// Outside quotes, where a cell begins at a bit of the next word.
    pub(super) const fn fresh_at(bit: u32) -> Self {
        Self { inside: 0, fresh: 1 << bit, closed: 0 }
    }

    /// Whether the next word needs [`Self::word`] even if it has no quotes.
    #[inline]
    pub(super) const fn go_on(self) -> bool {
        self.inside | self.closed != 0
    }

    /// Follows a word without quotes that needs nothing else; gives where cells begin.
    #[inline]
    pub(super) const fn bare_word(&mut self, separators: u64) -> u64 {
        let borders = separators << 1 | self.fresh;
        self.fresh = separators >> (WIDTH - 1);
        borders
    }

    /// Follows a word. Separators are delimiters and line ends, wherever they stand.
    #[inline]
    pub(super) const fn word(&mut self, quotes: u64, separators: u64) -> Word {
        let within = turned(quotes) ^ self.inside;
        let (opening, closing, ends) = (quotes & within, quotes & !within, separators & !within);
        let behind = closing << 1 | self.closed;
        let borders = ends << 1 | self.fresh;
        *self = Self { inside: (within >> (WIDTH - 1)).wrapping_neg(), fresh: ends >> (WIDTH - 1), closed: closing >> (WIDTH - 1) };
        Word { within, behind, borders, opened: opening & borders, doubled: opening & behind, stray: opening & !(borders | behind) }
    }
}

/// Each bit turns all from itself on.
const fn turned(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

/// What was seen while quotes were followed over a text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The place of the last line end outside quotes.
    pub(crate) line_end: Option<usize>,
    /// The place of the last quote that opened a cell.
    pub(crate) opened: Option<usize>,
}

/// Follows quotes over words, up to the end or to the first one with a stray
/// quote, of which nothing is told: gives how many were followed. The delimiter
/// must be no quote and no line end.
pub(crate) fn follow(marks: &Delimited, words: Range<usize>, quotes: &mut Quotes, seen: &mut Seen) -> usize {
    let [separators, lines, quoting] = [&marks.separators, &marks.lines, &marks.quotes].map(|bits| bits.0.get(words.clone()).unwrap_or_default());
    let mut state = *quotes;
    let (mut last, mut last_lines, mut opened) = (0, 0, None);
    let mut followed = separators.len();
    for (at, ((separators, lines), marks)) in separators.iter().zip(lines).zip(quoting).enumerate() {
        let mut lines = *lines;
        if *marks == 0 && !state.go_on() {
            state.bare_word(*separators);
        } else {
            let before = state;
            let word = state.word(*marks, *separators);
            if word.stray != 0 {
                (state, followed) = (before, at);
                break;
            }
            lines &= !word.within;
            if word.opened != 0 {
                opened = Some(at * WIDTH + highest(word.opened));
            }
        }
        (last, last_lines) = if lines == 0 { (last, last_lines) } else { (at, lines) };
    }
    if last_lines != 0 {
        seen.line_end = Some(last * WIDTH + highest(last_lines));
    }
    seen.opened = opened.or(seen.opened);
    *quotes = state;
    followed
}

/// The place of the highest bit of a word that has one.
const fn highest(bits: u64) -> usize {
    (u64::BITS - 1 - bits.leading_zeros()) as usize
}
