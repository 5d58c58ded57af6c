//! One bit for every byte of a block: whether it is a mark.
//!
//! Looks at 64 bytes at a time with the widest instructions that the machine
//! has, found at run time; a machine without them gives the same bits. The
//! same look tells whether the block is text: UTF-8 without zero bytes.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64};

pub(crate) mod marks;
mod places;
pub(crate) mod quotes;
pub(crate) mod separators;

pub(crate) use places::Places;

/// Bytes that one word describes.
pub(crate) const WIDTH: usize = 64;

/// The marks of a block.
#[derive(Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

/// What a look over a block keeps besides marks: which of its chunks have bytes that are not ASCII.
#[derive(Debug, Default)]
pub(crate) struct Wide(Vec<usize>);

impl Bits {
    /// How many bytes are this one.
    pub(crate) fn count(block: &[u8], needle: u8) -> u64 {
        let (chunks, tail) = block.as_chunks::<WIDTH>();
        let counted = dispatch!(Level::new(), simd => count(simd, chunks, needle));
        counted + tail.iter().filter(|byte| **byte == needle).count() as u64
    }

    /// How many of these bytes have a mark.
    pub(crate) fn ones(&self, Range { start, end }: Range<usize>) -> u64 {
        let words = self.0.get(start / WIDTH..end.div_ceil(WIDTH)).unwrap_or_default();
        let before = words.first().map_or(0, |first| first & !(u64::MAX << (start % WIDTH)));
        let behind = words.last().filter(|_| end % WIDTH > 0).map_or(0, |last| last & (u64::MAX << (end % WIDTH)));
        let all = dispatch!(Level::new(), simd => ones(simd, words));
        all - u64::from(before.count_ones()) - u64::from(behind.count_ones())
    }

    /// Words for a block of so many bytes: those that are there stay.
    fn size(&mut self, bytes: usize) {
        self.0.resize(bytes / WIDTH + 1, 0);
    }

    /// Forgets the marks behind the block's last byte.
    fn end(&mut self, bytes: usize) {
        self.size(bytes);
        if let Some(last) = self.0.last_mut() {
            *last &= !(u64::MAX << (bytes % WIDTH));
        }
    }

    /// The words of chunks, all of which are to be written.
    fn of(&mut self, chunks: Range<usize>) -> &mut [u64] {
        self.0.get_mut(chunks).unwrap_or_default()
    }

    /// The first mark at or behind a place.
    #[inline]
    pub(crate) fn next(&self, place: usize) -> Option<usize> {
        let (word, shift) = (place / WIDTH, place % WIDTH);
        // Within the length of a word from here, which is nearly always, there is no branch.
        let behind = self.0.get(word + 1).copied().unwrap_or(0);
        let near = self.0.get(word)? >> shift | behind << (WIDTH - 1 - shift) << 1;
        if near != 0 {
            return Some(place + near.trailing_zeros() as usize);
        }
        let words = self.0.get(word + 1..)?;
        let step = words.iter().position(|bits| *bits != 0)?;
        Some((word + 1 + step) * WIDTH + words.get(step)?.trailing_zeros() as usize)
    }
}

impl Wide {
    /// Whether the block, whose chunks these are, is UTF-8. A character that
    /// lies across chunks makes neither of them ASCII, so that each run of such
    /// chunks can be looked at alone.
    fn is_utf8(&self, block: &[u8]) -> bool {
        let mut chunks = self.0.iter().copied().peekable();
        while let Some(first) = chunks.next() {
            let mut behind = first + 1;
            while chunks.next_if_eq(&behind).is_some() {
                behind += 1;
            }
            let run = block.get(first * WIDTH..block.len().min(behind * WIDTH)).unwrap_or_default();
            if std::str::from_utf8(run).is_err() {
                return false;
            }
        }
        true
    }
}

/// What tells whether a block is text, while it is looked at.
struct Text<S: Simd> {
    /// The least byte of each lane.
    least: u8x64<S>,
    /// From here on bytes are not ASCII.
    high: u8x64<S>,
}

impl<S: Simd> Text<S> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn start(simd: S) -> Self {
        Self { least: u8x64::splat(simd, u8::MAX), high: u8x64::splat(simd, 0x80) }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn see(&mut self, bytes: u8x64<S>, at: usize, wide: &mut Wide) {
        self.least = self.least.min(bytes);
        if bytes.simd_ge(self.high).any_true() {
            wide.0.push(at);
        }
    }

    /// Sees a chunk of delimited text; gives a word for each kind of marks.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn delimited(&mut self, bytes: u8x64<S>, at: usize, [delimiter, line_end, quote, blank]: [u8x64<S>; 4], wide: &mut Wide) -> [u64; 4] {
        self.see(bytes, at, wide);
        let lines = bytes.simd_eq(line_end).to_bitmask();
        let separators = bytes.simd_eq(delimiter).to_bitmask() | lines;
        let quotes = bytes.simd_eq(quote).to_bitmask();
        [separators, lines, quotes, bytes.simd_le(blank).to_bitmask() | separators | quotes]
    }

    /// Sees a chunk of JSON; gives the word of its marks.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn in_strings(&mut self, bytes: u8x64<S>, at: usize, [quote, backslash, blank]: [u8x64<S>; 3], wide: &mut Wide) -> u64 {
        self.see(bytes, at, wide);
        (bytes.simd_eq(quote) | bytes.simd_eq(backslash) | bytes.simd_lt(blank)).to_bitmask()
    }

    /// Whether there was no zero byte.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn no_zero(self, simd: S) -> bool {
        !self.least.simd_eq(u8x64::splat(simd, 0)).any_true()
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn ones<S: Simd>(_: S, words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn count<S: Simd>(simd: S, chunks: &[[u8; WIDTH]], needle: u8) -> u64 {
    let needle = u8x64::splat(simd, needle);
    let mut counted = 0;
    for chunk in chunks {
        counted += u64::from(u8x64::from_slice(simd, chunk).simd_eq(needle).to_bitmask().count_ones());
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::marks::Marks;
    use super::separators::Delimited;
    use super::{Bits, WIDTH};

    fn marks(bits: &Bits) -> Vec<usize> {
        let mut from = 0;
        std::iter::from_fn(|| {
            let place = bits.next(from)?;
            from = place + 1;
            Some(place)
        })
        .collect()
    }

    /// Delimiters and line ends, line ends, quotes, all that begins no text.
    fn delimited(block: &[u8], delimiter: u8) -> [Vec<usize>; 4] {
        let look = Marks::of_delimited(block, delimiter);
        let Delimited { separators, lines, quotes, odd } = &look.delimited;
        [separators, lines, quotes, odd].map(marks)
    }

    /// What [`delimited`] gives, byte by byte.
    fn plainly(block: &[u8], delimiter: u8) -> [Vec<usize>; 4] {
        let odd: Vec<u8> = (0..=b' ').chain([b'"', delimiter]).collect();
        [&[delimiter, b'\n'][..], b"\n", b"\"", &odd].map(|needles| places(block, needles))
    }

    /// The places of these bytes.
    fn places(block: &[u8], needles: &[u8]) -> Vec<usize> {
        (0..block.len()).filter(|place| needles.contains(&block[*place])).collect()
    }

    #[test]
    fn what_is_text_is_told_as_the_standard_library_tells_it() {
        let is_text = |block: &[u8]| {
            let told = Marks::of_strings(block).is_text(block);
            assert_eq!(Marks::of_delimited(block, b',').is_text(block), told);
            assert_eq!(told, std::str::from_utf8(block).is_ok() && !block.contains(&0), "{block:?}");
            told
        };
        for length in [0, 1, 63, 64, 65, 200] {
            assert!(is_text(&vec![b'a'; length]));
            for at in 0..length {
                for piece in [&b"\0"[..], b"\xff", b"\xc3", "\u{e9}".as_bytes(), "\u{1f600}".as_bytes(), b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\x7f"] {
                    let mut block = vec![b'a'; length];
                    block.splice(at..(at + piece.len()).min(length), piece.iter().copied());
                    is_text(&block);
                    block.truncate(at + 1);
                    is_text(&block);
                }
            }
        }
        assert!(is_text("\u{20ac}".repeat(1000).as_bytes()));
        assert!(!is_text(&[b"\xff", "\u{20ac}".repeat(1000).as_bytes()].concat()));
    }

    #[test]
    fn every_mark_is_found_wherever_it_stands() {
        for length in [0, 1, 63, 64, 65, 127, 128, 200, 400] {
            let block: Vec<u8> = (0..length).map(|place: usize| b"a,b\n\"c\xff\0\\\x1f\x20"[place * 7 % 11]).collect();
            assert_eq!(delimited(&block, b','), plainly(&block, b','));
            assert_eq!(Bits::count(&block, b'\n'), block.iter().filter(|byte| **byte == b'\n').count() as u64);
            for (start, end) in [(0, length), (length / 3, length), (length / 3, length / 2), (length, length)] {
                let lines = Marks::of_delimited(&block, b',').delimited.lines.ones(start..end);
                assert_eq!(lines, Bits::count(&block[start..end], b'\n'), "{start}..{end} of {length}");
            }
            let bits = Marks::of_strings(&block).strings;
            let wanted: Vec<usize> = (0..length).filter(|place| block[*place] < 0x20 || b"\"\\".contains(&block[*place])).collect();
            assert_eq!(marks(&bits), wanted);
            for start in 0..length {
                assert_eq!(bits.next(start), wanted.iter().copied().find(|place| *place >= start));
            }
        }
        // Marks that are far from each other.
        for (at, length) in (0..700).map(|at| (at, 700)) {
            let mut block = vec![b'x'; length];
            block[at] = b'"';
            let bits = Marks::of_strings(&block).strings;
            for start in 0..length {
                assert_eq!(bits.next(start), (start <= at).then_some(at));
            }
        }
    }

    #[test]
    fn every_byte_is_told_as_a_plain_look_tells_it() {
        let all: Vec<u8> = (0..=255).collect();
        for turn in 0..WIDTH {
            let block = [&all[turn..], &all[..turn]].concat();
            assert_eq!(marks(&Marks::of_strings(&block).strings).len(), 34);
            for byte in [0, 0x80, 0xff] {
                assert_eq!(delimited(&block, byte), plainly(&block, byte));
            }
        }
    }
}
