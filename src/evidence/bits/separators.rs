//! From the bits of a delimited block to its rows: the places of delimiters
//! and line ends outside quotes, one after the other.

use fearless_simd::{Level, Simd, dispatch};

use super::places::write;
use super::quotes::Quotes;
use super::{Bits, WIDTH};
use crate::evidence::decode::small;

/// Words that are looked at together: what they describe stays near while its cells are looked at.
const AHEAD: usize = if cfg!(test) { 4 } else { 256 };

/// The marks of a delimited block.
#[derive(Debug, Default)]
pub(crate) struct Delimited {
    /// Delimiters and line ends, in quotes or not.
    pub(crate) separators: Bits,
    /// Line ends.
    pub(crate) lines: Bits,
    pub(crate) quotes: Bits,
    /// All these, blanks and control characters: a cell that begins with one of them is odd.
    pub(super) odd: Bits,
}

impl Delimited {
    pub(super) const fn all(&mut self) -> [&mut Bits; 4] {
        [&mut self.separators, &mut self.lines, &mut self.quotes, &mut self.odd]
    }
}

/// Walks over the rows of a block by the places of its separators, up to a
/// byte behind which only a look at each byte can tell what is quoted.
#[derive(Debug, Default)]
pub(crate) struct Separators {
    /// Room for places; from `from` to `filled`: the separator before the next row, and those that follow.
    at: Vec<u32>,
    from: usize,
    filled: usize,
    /// Room for the indices in `at` of line ends; from `row` to `rows` those of the next rows.
    ends: Vec<u32>,
    row: usize,
    rows: usize,
    /// Room for the indices in `at` of where odd cells end; from `odd_from` to `odd_filled` those of the next rows.
    odd: Vec<u32>,
    odd_from: usize,
    odd_filled: usize,
    /// Room for [`Rows::odd`].
    cells: Vec<OddCell>,
    /// The walk over the words.
    walk: Walk,
    /// Somewhere in the block a quote was doubled.
    doubled: bool,
}

/// The next rows.
#[derive(Debug)]
pub(crate) struct Rows<'s> {
    /// Their separators, behind the one before them.
    pub(crate) bounds: &'s [u32],
    /// A quote was doubled, in these rows or elsewhere.
    pub(crate) doubled: bool,
    /// Their cells that do not begin with text: empty ones, and those that begin with a blank or a quote.
    pub(crate) odd: &'s [OddCell],
}

/// An odd cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OddCell {
    /// The number of its row, from 0.
    pub(crate) row: u32,
    pub(crate) column: u32,
}

/// Where the walk over the words of a block is.
#[derive(Debug)]
struct Walk {
    /// The next word.
    word: usize,
    /// Its bits that count.
    masked: u64,
    quotes: Quotes,
    /// A stray quote was met, or text behind a closing one.
    stopped: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self { word: 0, masked: u64::MAX, quotes: Quotes::FRESH, stopped: false }
    }
}

impl Separators {
    /// Begins a block.
    pub(crate) fn start(&mut self) {
        self.doubled = false;
        self.restart(0);
    }

    /// Walks on from a row's first byte.
    pub(crate) fn restart(&mut self, place: usize) {
        let bit = small(place % WIDTH);
        self.walk = Walk { word: place / WIDTH, masked: u64::MAX << bit, quotes: Quotes::fresh_at(bit), stopped: false };
        if self.at.is_empty() {
            self.at.push(0);
        }
        self.at[0] = small(place).wrapping_sub(1);
        (self.from, self.filled, self.row, self.rows, self.odd_from, self.odd_filled) = (0, 1, 0, 0, 0, 0);
    }

    /// The next rows that have so many cells, up to the first that has not:
    /// none where the next row has more or fewer, or where that cannot be told.
    #[inline]
    pub(crate) fn rows(&mut self, block: &[u8], marks: &Delimited, columns: usize, most: usize) -> Rows<'_> {
        while self.row == self.rows && self.filled - self.from <= columns && !self.walk.stopped {
            if !self.fill(block, marks) {
                break;
            }
        }
        let ends = self.ends.get(self.row..self.rows).unwrap_or_default();
        let mut wanted = self.from;
        let rows = ends.iter().take(most).take_while(|end| {
            wanted += columns;
            **end as usize == wanted
        });
        let cells = rows.count() * columns;
        self.find_odd(columns, cells);
        Rows { bounds: self.at.get(self.from..=self.from + cells).unwrap_or_default(), doubled: self.doubled, odd: &self.cells }
    }

    /// Finds the odd cells among the next ones.
    fn find_odd(&mut self, columns: usize, cells: usize) {
        self.cells.clear();
        for end in self.odd.get(self.odd_from..self.odd_filled).unwrap_or_default() {
            match (*end as usize).checked_sub(self.from + 1) {
                None => self.odd_from += 1,
                Some(cell) if cell < cells => {
                    let (cell, columns) = (small(cell), small(columns));
                    self.cells.push(OddCell { row: cell / columns, column: cell % columns });
                }
                Some(_) => break,
            }
        }
    }

    /// Takes so many rows of those that [`Self::rows`] gave.
    #[inline]
    pub(crate) fn take(&mut self, rows: usize, columns: usize) {
        self.from += rows * columns;
        self.row += rows;
    }

    /// Takes one row, whatever it is; the next one begins at `place`. Gives whether
    /// there was something in it that only a look at each byte can tell.
    pub(crate) fn take_any(&mut self, place: usize) -> bool {
        let end = self.ends.get(self.row).filter(|_| self.row < self.rows).map(|end| *end as usize);
        match end {
            Some(end) if self.at.get(end).is_some_and(|last| *last as usize + 1 == place) => {
                self.from = end;
                self.row += 1;
                false
            }
            _ => {
                let stopped = self.walk.stopped;
                self.restart(place);
                stopped
            }
        }
    }

    /// Looks at the next words, with what is left of the row that they go on with; gives whether there are any.
    fn fill(&mut self, block: &[u8], marks: &Delimited) -> bool {
        let count = marks.separators.0.len().saturating_sub(self.walk.word).min(AHEAD);
        if count == 0 {
            return false;
        }
        self.at.copy_within(self.from..self.filled, 0);
        // What is odd in the row that is not yet whole lies behind its beginning.
        let odd = self.odd.get(self.odd_from..self.odd_filled).unwrap_or_default();
        let before = odd.iter().take_while(|end| **end as usize <= self.from).count();
        self.odd.copy_within(self.odd_from + before..self.odd_filled, 0);
        (self.odd_from, self.odd_filled) = (0, self.odd_filled - self.odd_from - before);
        let from = small(self.from);
        self.odd.iter_mut().take(self.odd_filled).for_each(|end| *end -= from);
        (self.from, self.filled, self.row, self.rows) = (0, self.filled - self.from, 0, 0);
        for (room, filled) in [(&mut self.at, self.filled), (&mut self.ends, 0), (&mut self.odd, self.odd_filled)] {
            if room.len() < filled + AHEAD * WIDTH {
                room.resize(filled + AHEAD * WIDTH, 0);
            }
        }
        dispatch!(Level::new(), simd => self.words(simd, block, marks, count));
        true
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn words<S: Simd>(&mut self, simd: S, block: &[u8], marks: &Delimited, count: usize) {
        let Self { at, ends, odd: odd_ends, walk, .. } = self;
        let (at, ends, odd_ends) = (at.as_mut_slice(), ends.as_mut_slice(), odd_ends.as_mut_slice());
        let [separators, lines, quotes, odd] =
            [&marks.separators, &marks.lines, &marks.quotes, &marks.odd].map(|bits| bits.0.get(walk.word..walk.word + count).unwrap_or_default());
        let (mut filled, mut rows, mut odd_filled, mut state, mut doubled) = (self.filled, 0, self.odd_filled, walk.quotes, 0);
        let (mut first, mut masked) = (small(walk.word * WIDTH), walk.masked);
        for (((separators, lines), quotes), odd) in separators.iter().zip(lines).zip(quotes).zip(odd) {
            let (mut separators, mut lines, quotes) = (separators & masked, lines & masked, quotes & masked);
            masked = u64::MAX;
            let mut stop = 0;
            let borders = if quotes == 0 && !state.go_on() {
                state.bare_word(separators)
            } else {
                let word = state.word(quotes, separators);
                let text = word.behind & !(separators | quotes);
                stop = word.stray | if text == 0 { 0 } else { no_line_ends(block, first, text) };
                doubled |= word.doubled;
                // All bits where there is nothing to stop at.
                let told = (stop & stop.wrapping_neg()).wrapping_sub(1) & !word.within;
                separators &= told;
                lines &= told;
                word.borders
            };
            let odd = odd & borders;
            if odd != 0 {
                let Some(room) = chunk(odd_ends, odd_filled) else { break };
                more(filled, separators, odd, room);
                odd_filled += odd.count_ones() as usize;
            }
            let (Some(room), Some(ends)) = (chunk(at, filled), chunk(ends, rows)) else { break };
            rows += lines.count_ones() as usize;
            // One is written though there may be none: it is seldom that there are more.
            ends[0] = index(filled, separators, lines);
            lines &= lines.wrapping_sub(1);
            if lines != 0 {
                more(filled, separators, lines, &mut ends[1..]);
            }
            filled += write(simd, separators, first, room);
            first = first.wrapping_add(small(WIDTH));
            if stop != 0 {
                walk.stopped = true;
                break;
            }
        }
        walk.masked = u64::MAX;
        walk.quotes = state;
        walk.word += count;
        self.doubled |= doubled != 0;
        (self.filled, self.rows, self.odd_filled) = (filled, rows, odd_filled);
    }
}

/// Room for what one word may have.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn chunk(room: &mut [u32], from: usize) -> Option<&mut [u32; WIDTH]> {
    room.get_mut(from..)?.first_chunk_mut()
}

/// The index of the first separator of a word from the first of some bits on.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn index(filled: usize, separators: u64, bits: u64) -> u32 {
    let below = (bits & bits.wrapping_neg()).wrapping_sub(1);
    small(filled).wrapping_add((separators & below).count_ones())
}

/// Writes for each of some bits the index of the first separator from it on.
#[inline(never)]
fn more(filled: usize, separators: u64, mut bits: u64, room: &mut [u32]) {
    for end in room {
        if bits == 0 {
            return;
        }
        *end = index(filled, separators, bits);
        bits &= bits - 1;
    }
}

/// The bits of those bytes that begin no line end of two bytes.
#[inline(never)]
fn no_line_ends(block: &[u8], first: u32, mut bits: u64) -> u64 {
    let mut others = 0;
    while bits != 0 {
        let place = first as usize + bits.trailing_zeros() as usize;
        if block.get(place..place + 2) != Some(b"\r\n") {
            others |= bits & bits.wrapping_neg();
        }
        bits &= bits - 1;
    }
    others
}

#[cfg(test)]
mod tests {
    use super::{Delimited, Rows, Separators};
    use crate::evidence::bits::marks::Marks;
    use crate::evidence::decode::small;

    /// The separators outside quotes, of text whose quotes all stand at the borders of cells.
    fn plainly(block: &[u8]) -> Vec<u32> {
        let mut inside = false;
        let separators = (0..).zip(block).filter(|(_, byte)| {
            inside ^= **byte == b'"';
            !inside && matches!(byte, b',' | b'\n')
        });
        separators.map(|(place, _)| place).collect()
    }

    #[test]
    fn the_rows_are_those_of_the_text_however_long_they_are() {
        let cells = ["a", "", "\"b,\n\"", "\"\"", "\"\"\"\"", "\u{e9}", "a text of some length"];
        let mut walk = Separators::default();
        for (columns, stretched) in [(1, 1), (2, 9), (7, 1), (7, 100), (100, 3), (1000, 1)] {
            let mut block = Vec::new();
            for row in 0..60 {
                let cells =
                    (0..columns).map(|column| cells[(row * 31 + column * 17) % 89 % cells.len()].repeat(if column == 0 { stretched } else { 1 }));
                let cells = cells.map(|cell| if cell.starts_with('"') { format!("\"{}\"", &cell.replace('"', "\"\"")) } else { cell });
                block.extend(cells.collect::<Vec<_>>().join(",").bytes());
                block.extend(if row % 3 == 0 { &b"\r\n"[..] } else { b"\n" });
            }
            let wanted = plainly(&block);
            assert_eq!(wanted.len(), 60 * columns);
            let marks = &Marks::of_delimited(&block, b',').delimited;
            for most in [1, 2, 7, 100] {
                walk.start();
                let (mut found, mut before) = (Vec::<u32>::new(), u32::MAX);
                loop {
                    let Rows { bounds, odd, .. } = walk.rows(&block, marks, columns, most);
                    assert!(bounds.len() <= most * columns + 1);
                    let Some((first, rest)) = bounds.split_first().filter(|(_, rest)| !rest.is_empty()) else { break };
                    assert_eq!(*first, before);
                    before = *rest.last().unwrap();
                    found.extend(rest);
                    let begins = |before: &u32| block[before.wrapping_add(1) as usize];
                    let odd_plainly = (0..).zip(&bounds[..rest.len()]).filter(|(_, before)| matches!(begins(before), 0..=b' ' | b'"' | b','));
                    let odd: Vec<usize> = odd.iter().map(|odd| odd.row as usize * columns + odd.column as usize).collect();
                    assert_eq!(odd, odd_plainly.map(|(cell, _)| cell).collect::<Vec<usize>>());
                    let rows = rest.len() / columns;
                    walk.take(rows, columns);
                }
                assert_eq!(found, wanted);
            }
            // Not one row is taken for one of more or fewer cells, and after each one the walk goes on.
            walk.start();
            let mut rows = 0;
            for end in wanted.iter().skip(columns - 1).step_by(columns) {
                assert_eq!(walk.rows(&block, marks, columns + 1, 9).bounds.len(), 1);
                assert!(columns == 1 || walk.rows(&block, marks, columns - 1, 9).bounds.len() == 1);
                walk.take_any(*end as usize + 1);
                rows += 1;
            }
            assert_eq!(rows, 60);
        }
    }

    #[test]
    fn nothing_is_told_from_a_stray_quote_on_nor_from_text_behind_a_closing_one() {
        let mut walk = Separators::default();
        for stray in ["a\"", "a\"\"", " \"a\"", "\"a\"x", "\"a\" ", "\"a\"\rx", "\"a\"x\"", "\"open"] {
            for before in 0..200 {
                let block = format!("{},b\n{stray},b\n\"c\",\"d\"\n", "x".repeat(before));
                let marks = &Marks::of_delimited(block.as_bytes(), b',').delimited;
                walk.start();
                let sound = bounds(&mut walk, &block, marks);
                let end = small(before);
                assert_eq!(sound, [u32::MAX, end, end + 2], "{block:?}");
                walk.take(1, 2);
                assert_eq!(bounds(&mut walk, &block, marks).len(), 1, "{block:?}");
                let behind = block.len() - "\"c\",\"d\"\n".len();
                assert!(walk.take_any(behind));
                let behind = small(behind);
                assert_eq!(bounds(&mut walk, &block, marks), [behind - 1, behind + 3, behind + 7], "{block:?}");
            }
        }
    }

    fn bounds(walk: &mut Separators, block: &str, marks: &Delimited) -> Vec<u32> {
        walk.rows(block.as_bytes(), marks, 2, 9).bounds.to_vec()
    }
}
