//! One bit for every byte of a block: whether it is a mark.
//!
//! Looks at 64 bytes at a time with the widest instructions that the machine
//! has, found at run time; a machine without them gives the same bits. The
//! same look tells whether the block is text: UTF-8 without zero bytes.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, mask8x64, u8x64};

mod places;

pub(crate) use places::Places;

/// Bytes that one word describes.
const WIDTH: usize = 64;

/// The marks of a block.
#[derive(Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

/// What a look over a block keeps besides marks: which of its chunks have bytes that are not ASCII.
#[derive(Debug, Default)]
pub(crate) struct Wide(Vec<usize>);

impl Bits {
    /// Marks the bytes that are the first needle, and those that are one of the others; gives whether the block is text.
    pub(crate) fn separators(block: &[u8], first: u8, others: [u8; 2], [firsts, seconds]: [&mut Self; 2], wide: &mut Wide) -> bool {
        let (chunks, last) = prepared(block);
        let words = [firsts.sized(chunks), seconds.sized(chunks)];
        let no_zero = dispatch!(Level::new(), simd => separators(simd, (chunks, &last), first, others, words, wide));
        firsts.finish(block);
        seconds.finish(block);
        no_zero && wide.is_utf8(block)
    }

    /// Marks the bytes that end a run of ordinary bytes of a JSON string:
    /// quotes, backslashes, control characters. Gives whether the block is text.
    pub(crate) fn in_strings(&mut self, block: &[u8], wide: &mut Wide) -> bool {
        let (chunks, last) = prepared(block);
        let words = [self.sized(chunks)];
        let no_zero = dispatch!(Level::new(), simd => in_strings(simd, (chunks, &last), words, wide));
        self.finish(block);
        no_zero && wide.is_utf8(block)
    }

    /// How many bytes are this one.
    pub(crate) fn count(block: &[u8], needle: u8) -> u64 {
        let (chunks, tail) = block.as_chunks::<WIDTH>();
        let counted = dispatch!(Level::new(), simd => count(simd, chunks, needle));
        counted + tail.iter().filter(|byte| **byte == needle).count() as u64
    }

    /// A word for each chunk, and one for what is left.
    fn sized(&mut self, chunks: &[[u8; WIDTH]]) -> &mut [u64] {
        self.0.clear();
        self.0.resize(chunks.len() + 1, 0);
        &mut self.0
    }

    /// Forgets the marks behind the block's last byte.
    fn finish(&mut self, block: &[u8]) {
        if let Some(last) = self.0.last_mut() {
            *last &= !(u64::MAX << (block.len() % WIDTH));
        }
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

/// The block's whole chunks, and the rest of it with blanks behind.
fn prepared(block: &[u8]) -> (&[[u8; WIDTH]], [u8; WIDTH]) {
    let (chunks, tail) = block.as_chunks::<WIDTH>();
    let mut last = [b' '; WIDTH];
    last[..tail.len()].copy_from_slice(tail);
    (chunks, last)
}

/// Looks at a block once: a word of each kind of marks for every chunk. Gives whether there is no zero byte.
#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn look<S: Simd, const KINDS: usize>(
    simd: S,
    (chunks, last): (&[[u8; WIDTH]], &[u8; WIDTH]),
    mut words: [&mut [u64]; KINDS],
    wide: &mut Wide,
    marks: impl Fn(u8x64<S>) -> [mask8x64<S>; KINDS],
) -> bool {
    let [zero, high] = [0, 0x80].map(|byte| u8x64::splat(simd, byte));
    let mut least = u8x64::splat(simd, u8::MAX);
    wide.0.clear();
    for (at, chunk) in chunks.iter().chain([last]).enumerate() {
        let bytes = u8x64::from_slice(simd, chunk);
        for (words, marks) in words.iter_mut().zip(marks(bytes)) {
            if let Some(word) = words.get_mut(at) {
                *word = marks.to_bitmask();
            }
        }
        least = least.min(bytes);
        if bytes.simd_ge(high).any_true() {
            wide.0.push(at);
        }
    }
    !least.simd_eq(zero).any_true()
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn separators<S: Simd>(simd: S, block: (&[[u8; WIDTH]], &[u8; WIDTH]), first: u8, others: [u8; 2], words: [&mut [u64]; 2], wide: &mut Wide) -> bool {
    let [a, b, c] = [first, others[0], others[1]].map(|needle| u8x64::splat(simd, needle));
    look(simd, block, words, wide, |bytes| [bytes.simd_eq(a), bytes.simd_eq(b) | bytes.simd_eq(c)])
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn in_strings<S: Simd>(simd: S, block: (&[[u8; WIDTH]], &[u8; WIDTH]), words: [&mut [u64]; 1], wide: &mut Wide) -> bool {
    let [quote, backslash, blank] = [b'"', b'\\', b' '].map(|byte| u8x64::splat(simd, byte));
    look(simd, block, words, wide, |bytes| [bytes.simd_eq(quote) | bytes.simd_eq(backslash) | bytes.simd_lt(blank)])
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
    use super::{Bits, WIDTH, Wide};

    fn marks(bits: &Bits) -> Vec<usize> {
        let mut from = 0;
        std::iter::from_fn(|| {
            let place = bits.next(from)?;
            from = place + 1;
            Some(place)
        })
        .collect()
    }

    /// The bytes that are one of three, in one or in the other.
    fn any_of(block: &[u8], [a, b, c]: [u8; 3]) -> Vec<usize> {
        let (mut first, mut others) = (Bits::default(), Bits::default());
        Bits::separators(block, a, [b, c], [&mut first, &mut others], &mut Wide::default());
        let mut all = [marks(&first), marks(&others)].concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn what_is_text_is_told_as_the_standard_library_tells_it() {
        let mut wide = Wide::default();
        let mut is_text = |block: &[u8]| {
            let told = Bits::default().in_strings(block, &mut wide);
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
        let mut bits = Bits::default();
        for length in [0, 1, 63, 64, 65, 127, 128, 200, 400] {
            let block: Vec<u8> = (0..length).map(|place: usize| b"a,b\n\"c\xff\0\\\x1f\x20"[place * 7 % 11]).collect();
            let wanted: Vec<usize> = (0..length).filter(|place| b",\n\"".contains(&block[*place])).collect();
            assert_eq!(any_of(&block, [b',', b'\n', b'"']), wanted);
            assert_eq!(Bits::count(&block, b'\n'), block.iter().filter(|byte| **byte == b'\n').count() as u64);
            bits.in_strings(&block, &mut Wide::default());
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
            bits.in_strings(&block, &mut Wide::default());
            for start in 0..length {
                assert_eq!(bits.next(start), (start <= at).then_some(at));
            }
        }
    }

    #[test]
    fn every_byte_is_told_as_a_plain_look_tells_it() {
        let mut bits = Bits::default();
        let all: Vec<u8> = (0..=255).collect();
        for turn in 0..WIDTH {
            let block = [&all[turn..], &all[..turn]].concat();
            bits.in_strings(&block, &mut Wide::default());
            assert_eq!(marks(&bits).len(), 34);
            let found = any_of(&block, [0, 0x80, 0xff]);
            assert!(found.iter().all(|place| [0, 0x80, 0xff].contains(&block[*place])));
            assert_eq!(found.len(), 3);
        }
    }
}
