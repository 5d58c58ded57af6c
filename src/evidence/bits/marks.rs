//! What a look over a block tells, taken while its bytes are digested, or
//! right after.
//!
//! The digest of one message leaves most of a processor idle, for each of its
//! steps waits for the one before. A look at the same bytes that takes turns
//! with it, a few hundred bytes at a time, is made meanwhile.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64};

use super::separators::Delimited;
use super::{Bits, Text, WIDTH, Wide};
use crate::evidence::layout::Format;

/// Chunks between two turns of the digest: the processor has not done with
/// what it digests of them when it begins to look.
const TURN: usize = 8;

/// The marks of the block that a buffer begins with, and whether it is text.
#[derive(Debug, Default)]
pub struct Marks {
    looks: Looks,
    /// Of delimited text.
    pub(crate) delimited: Delimited,
    /// Of JSON: the bytes that end a run of ordinary bytes of a string.
    pub(crate) strings: Bits,
    wide: Wide,
    zero: bool,
    /// Chunks that were looked at whole.
    known: usize,
}

/// What is looked for.
#[derive(Debug, Default, Clone, Copy)]
enum Looks {
    #[default]
    Nothing,
    /// The marks of text with this delimiter.
    Delimited(u8),
    Strings,
}

impl Marks {
    /// The marks of a block.
    #[must_use]
    pub fn of(format: &Format, block: &[u8]) -> Self {
        let mut marks = Self::default();
        marks.begin(format);
        marks.look(block, 0, |_| ());
        marks
    }

    /// Begins a block of a file of this format.
    pub fn begin(&mut self, format: &Format) {
        self.start(match format {
            Format::Csv(dialect) => Looks::Delimited(dialect.delimiter),
            Format::Json(_) | Format::NdJson => Looks::Strings,
            Format::Markdown => Looks::Nothing,
        });
    }

    fn start(&mut self, looks: Looks) {
        (self.looks, self.zero, self.known) = (looks, false, 0);
        self.wide.0.clear();
    }

    /// Looks at a buffer whose bytes from `fresh` on are new since it was
    /// looked at last, or the block began, and gives these to `digest`, piece by piece.
    pub fn look(&mut self, buffer: &[u8], fresh: usize, mut digest: impl FnMut(&[u8])) {
        let new = buffer.get(fresh..).unwrap_or_default();
        if matches!(self.looks, Looks::Nothing) {
            digest(new);
            return;
        }
        self.bits().into_iter().for_each(|bits| bits.size(buffer.len()));
        // Of the last chunk there was only a part.
        let known = self.known;
        self.wide.0.truncate(self.wide.0.partition_point(|chunk| *chunk < known));
        dispatch!(Level::new(), simd => self.turns(simd, buffer, fresh, &mut digest));
        self.end(buffer.len());
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn turns<S: Simd>(&mut self, simd: S, buffer: &[u8], fresh: usize, digest: &mut impl FnMut(&[u8])) {
        let (chunks, tail) = buffer.as_chunks::<WIDTH>();
        let mut pieces = buffer.get(fresh..).unwrap_or_default().chunks(TURN * WIDTH);
        let (mut from, mut to) = (self.known, fresh.div_ceil(WIDTH).min(chunks.len()));
        // No closure here: it would not run in the caller's instruction set.
        loop {
            self.see(simd, chunks.get(from..to).unwrap_or_default(), from);
            from = to;
            to = match pieces.next() {
                Some(piece) => {
                    digest(piece);
                    (to + TURN).min(chunks.len())
                }
                None if from < chunks.len() => chunks.len(),
                None => break,
            };
        }
        let mut last = [b' '; WIDTH];
        last[..tail.len()].copy_from_slice(tail);
        self.see(simd, &[last], chunks.len());
        self.known = chunks.len();
    }

    /// Forgets what lies behind the first bytes of the buffer: those are the block.
    pub fn end(&mut self, bytes: usize) {
        self.bits().into_iter().for_each(|bits| bits.end(bytes));
    }

    /// The line ends, where they are among what is looked for.
    pub(crate) const fn line_ends(&self) -> Option<&Bits> {
        match self.looks {
            Looks::Delimited(_) => Some(&self.delimited.lines),
            Looks::Nothing | Looks::Strings => None,
        }
    }

    /// Whether the block is UTF-8 without zero bytes; where it is not so what
    /// lies behind it, the answer may be no all the same.
    pub(crate) fn is_text(&self, block: &[u8]) -> bool {
        !self.zero && self.wide.is_utf8(block)
    }

    /// All marks that are looked for.
    fn bits(&mut self) -> Vec<&mut Bits> {
        match self.looks {
            Looks::Nothing => Vec::new(),
            Looks::Delimited(_) => self.delimited.all().into(),
            Looks::Strings => vec![&mut self.strings],
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn see<S: Simd>(&mut self, simd: S, chunks: &[[u8; WIDTH]], first: usize) {
        let Self { looks, delimited, strings, wide, .. } = self;
        let no_zero = match looks {
            Looks::Nothing => true,
            Looks::Delimited(delimiter) => see_delimited(simd, chunks, first, *delimiter, delimited, wide),
            Looks::Strings => see_strings(simd, chunks, first, strings, wide),
        };
        self.zero |= !no_zero;
    }
}

/// Looks at chunks of delimited text, of which the first has the number
/// `first`: a word of each kind of marks for every chunk. Those are delimiters
/// and line ends, line ends, quotes, and any of these or a blank or control
/// character. Gives whether there is no zero byte.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn see_delimited<S: Simd>(simd: S, chunks: &[[u8; WIDTH]], first: usize, delimiter: u8, marks: &mut Delimited, wide: &mut Wide) -> bool {
    let needles = [delimiter, b'\n', b'"', b' '].map(|needle| u8x64::splat(simd, needle));
    let mut text = Text::start(simd);
    let words = marks.all().map(|bits| bits.of(first..first + chunks.len()));
    let [separators, lines, quotes, odd] = words;
    let words = separators.iter_mut().zip(lines).zip(quotes).zip(odd);
    for (at, (chunk, (((separators, lines), quotes), odd))) in (first..).zip(chunks.iter().zip(words)) {
        [*separators, *lines, *quotes, *odd] = text.delimited(u8x64::from_slice(simd, chunk), at, needles, wide);
    }
    text.no_zero(simd)
}

/// As [`see_delimited`], of JSON: the bytes that end a run of ordinary bytes of
/// a string, which are quotes, backslashes and control characters.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn see_strings<S: Simd>(simd: S, chunks: &[[u8; WIDTH]], first: usize, strings: &mut Bits, wide: &mut Wide) -> bool {
    let needles = [b'"', b'\\', b' '].map(|byte| u8x64::splat(simd, byte));
    let mut text = Text::start(simd);
    for (at, (chunk, word)) in (first..).zip(chunks.iter().zip(strings.of(first..first + chunks.len()))) {
        *word = text.in_strings(u8x64::from_slice(simd, chunk), at, needles, wide);
    }
    text.no_zero(simd)
}

#[cfg(test)]
impl Marks {
    /// The marks of a block of text with this delimiter.
    pub(crate) fn of_delimited(block: &[u8], delimiter: u8) -> Self {
        Self::looking(Looks::Delimited(delimiter), block)
    }

    /// The marks of a block of JSON.
    pub(crate) fn of_strings(block: &[u8]) -> Self {
        Self::looking(Looks::Strings, block)
    }

    fn looking(looks: Looks, block: &[u8]) -> Self {
        let mut marks = Self::default();
        marks.start(looks);
        marks.look(block, 0, |_| ());
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that is told of a block.
    fn told(marks: &mut Marks, block: &[u8]) -> (Vec<Vec<u64>>, bool) {
        marks.end(block.len());
        (marks.bits().into_iter().map(|bits| bits.0.clone()).collect(), marks.is_text(block))
    }

    #[test]
    fn what_is_told_does_not_depend_on_the_pieces_and_all_new_bytes_are_digested_once() {
        let text = "a,\"b\"\n\u{e9}\\\u{20ac}, {\"c\":1}\t";
        let whole: Vec<u8> = text.bytes().cycle().take(3000).collect();
        let broken: Vec<u8> = whole.iter().enumerate().map(|(at, byte)| if at == 2500 { 0 } else { *byte }).collect();
        for looks in [Looks::Nothing, Looks::Delimited(b','), Looks::Strings] {
            for bytes in [&whole, &broken, &vec![0xff; 200], &b"x".repeat(1000)] {
                for piece in [1, 63, 64, 65, 100, 511, 512, 513, 2999, 5000] {
                    let (mut marks, mut digested, mut fresh) = (Marks::default(), Vec::new(), 0);
                    marks.start(Looks::Strings);
                    marks.look(b"what was there before", 0, |_| ());
                    marks.start(looks);
                    while fresh < bytes.len() {
                        let end = bytes.len().min(fresh + piece);
                        marks.look(&bytes[..end], fresh, |piece| digested.extend_from_slice(piece));
                        let mut plain = Marks::looking(looks, &bytes[..end]);
                        assert_eq!(told(&mut marks, &bytes[..end]), told(&mut plain, &bytes[..end]));
                        fresh = end;
                    }
                    assert_eq!(digested, *bytes);
                    // Of a block that ends before the buffer does, nothing but the end is forgotten.
                    let text = bytes.len() - bytes.len() / 3;
                    let short = bytes[..text].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                    let (bits, is_text) = told(&mut Marks::looking(looks, &bytes[..short]), &bytes[..short]);
                    let (found, found_text) = told(&mut marks, &bytes[..short]);
                    assert_eq!(found, bits);
                    assert!(is_text || !found_text);
                }
            }
        }
    }
}
