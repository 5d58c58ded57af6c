//! From the bits of a delimited block to its rows: the places of delimiters
//! and line ends outside quotes, one after the other.

use fearless_simd::{Level, Simd, dispatch};

use super::places::write;
use super::quotes::Quotes;
use super::{Bits, WIDTH, Wide};
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
    wide: Wide,
}

impl Delimited {
    /// Looks at a block; gives whether it is text.
    pub(crate) fn look(&mut self, block: &[u8], delimiter: u8) -> bool {
        Bits::delimited(block, delimiter, [&mut self.separators, &mut self.lines, &mut self.quotes], &mut self.wide)
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
    /// The walk over the words.
    walk: Walk,
    /// Somewhere in the block a quote was doubled.
    doubled: bool,
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
        (self.from, self.filled, self.row, self.rows) = (0, 1, 0, 0);
    }

    /// The separators of the next rows that have so many cells, up to the
    /// first that has not, behind the one before them: none where the next row
    /// has more or fewer, or where that cannot be told. And whether a quote was
    /// doubled, in these rows or elsewhere.
    #[inline]
    pub(crate) fn rows(&mut self, block: &[u8], marks: &Delimited, columns: usize, most: usize) -> (&[u32], bool) {
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
        let rows = rows.count();
        (self.at.get(self.from..=self.from + rows * columns).unwrap_or_default(), self.doubled)
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
        (self.from, self.filled, self.row, self.rows) = (0, self.filled - self.from, 0, 0);
        if self.at.len() < self.filled + AHEAD * WIDTH {
            self.at.resize(self.filled + AHEAD * WIDTH, 0);
        }
        self.ends.resize(AHEAD * WIDTH, 0);
        dispatch!(Level::new(), simd => self.words(simd, block, marks, count));
        true
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn words<S: Simd>(&mut self, simd: S, block: &[u8], marks: &Delimited, count: usize) {
        let [separators, lines, quotes] =
            [&marks.separators, &marks.lines, &marks.quotes].map(|bits| bits.0.get(self.walk.word..self.walk.word + count).unwrap_or_default());
        let (mut filled, mut rows, mut state) = (self.filled, 0, self.walk.quotes);
        let (mut first, mut masked) = (small(self.walk.word * WIDTH), self.walk.masked);
        for ((separators, lines), quotes) in separators.iter().zip(lines).zip(quotes) {
            let (mut separators, mut lines, quotes) = (separators & masked, lines & masked, quotes & masked);
            masked = u64::MAX;
            let mut stop = 0;
            if quotes == 0 && !state.go_on() {
                state.bare_word(separators);
            } else {
                let word = state.word(quotes, separators);
                let text = word.behind & !(separators | quotes);
                stop = word.stray | if text == 0 { 0 } else { no_line_ends(block, first, text) };
                self.doubled |= word.doubled != 0;
                // All bits where there is nothing to stop at.
                let told = (stop & stop.wrapping_neg()).wrapping_sub(1) & !word.within;
                separators &= told;
                lines &= told;
            }
            let (Some(room), Some(ends)) = (
                self.at.get_mut(filled..).and_then(|room| room.first_chunk_mut::<WIDTH>()),
                self.ends.get_mut(rows..).and_then(|room| room.first_chunk_mut::<WIDTH>()),
            ) else {
                break;
            };
            rows += lines.count_ones() as usize;
            // One is written though there may be none: it is seldom that there are more.
            ends[0] = index(filled, separators, lines);
            lines &= lines.wrapping_sub(1);
            if lines != 0 {
                more(filled, separators, lines, ends);
            }
            filled += write(simd, separators, first, room);
            first = first.wrapping_add(small(WIDTH));
            if stop != 0 {
                self.walk.stopped = true;
                break;
            }
        }
        self.walk.masked = u64::MAX;
        (self.filled, self.rows, self.walk.quotes) = (filled, rows, state);
        self.walk.word += count;
    }
}

/// The index of the first line end of a word among all separators.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn index(filled: usize, separators: u64, lines: u64) -> u32 {
    let below = (lines & lines.wrapping_neg()).wrapping_sub(1);
    small(filled).wrapping_add((separators & below).count_ones())
}

/// Writes the indices of the line ends behind the first one.
#[inline(never)]
fn more(filled: usize, separators: u64, mut lines: u64, ends: &mut [u32; WIDTH]) {
    for end in ends.iter_mut().skip(1) {
        if lines == 0 {
            return;
        }
        *end = index(filled, separators, lines);
        lines &= lines - 1;
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
    use super::{Delimited, Separators};
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
        let (mut marks, mut walk) = (Delimited::default(), Separators::default());
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
            for most in [1, 2, 7, 100] {
                assert!(marks.look(&block, b','));
                walk.start();
                let (mut found, mut before) = (Vec::<u32>::new(), u32::MAX);
                loop {
                    let (bounds, _) = walk.rows(&block, &marks, columns, most);
                    assert!(bounds.len() <= most * columns + 1);
                    let Some((first, rest)) = bounds.split_first().filter(|(_, rest)| !rest.is_empty()) else { break };
                    assert_eq!(*first, before);
                    before = *rest.last().unwrap();
                    found.extend(rest);
                    let rows = rest.len() / columns;
                    walk.take(rows, columns);
                }
                assert_eq!(found, wanted);
            }
            // Not one row is taken for one of more or fewer cells, and after each one the walk goes on.
            walk.start();
            let mut rows = 0;
            for end in wanted.iter().skip(columns - 1).step_by(columns) {
                assert_eq!(walk.rows(&block, &marks, columns + 1, 9).0.len(), 1);
                assert!(columns == 1 || walk.rows(&block, &marks, columns - 1, 9).0.len() == 1);
                walk.take_any(*end as usize + 1);
                rows += 1;
            }
            assert_eq!(rows, 60);
        }
    }

    #[test]
    fn nothing_is_told_from_a_stray_quote_on_nor_from_text_behind_a_closing_one() {
        let (mut marks, mut walk) = (Delimited::default(), Separators::default());
        for stray in ["a\"", "a\"\"", " \"a\"", "\"a\"x", "\"a\" ", "\"a\"\rx", "\"a\"x\"", "\"open"] {
            for before in 0..200 {
                let block = format!("{},b\n{stray},b\n\"c\",\"d\"\n", "x".repeat(before));
                assert!(marks.look(block.as_bytes(), b','));
                walk.start();
                let sound = bounds(&mut walk, &block, &marks);
                let end = small(before);
                assert_eq!(sound, [u32::MAX, end, end + 2], "{block:?}");
                walk.take(1, 2);
                assert_eq!(bounds(&mut walk, &block, &marks).len(), 1, "{block:?}");
                let behind = block.len() - "\"c\",\"d\"\n".len();
                assert!(walk.take_any(behind));
                let behind = small(behind);
                assert_eq!(bounds(&mut walk, &block, &marks), [behind - 1, behind + 3, behind + 7], "{block:?}");
            }
        }
    }

    fn bounds(walk: &mut Separators, block: &str, marks: &Delimited) -> Vec<u32> {
        walk.rows(block.as_bytes(), marks, 2, 9).0.to_vec()
    }
}
