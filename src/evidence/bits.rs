//! One bit for every byte of a block: whether it is a mark.
//!
//! Looks at 64 bytes at a time with the widest instructions that the machine
//! has, found at run time; a machine without them gives the same bits.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64};

/// Bytes that one word describes.
const WIDTH: usize = 64;

/// The marks of a block.
#[derive(Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Marks the bytes that are one of three.
    pub(crate) fn any_of(&mut self, block: &[u8], needles: [u8; 3]) {
        let (chunks, tail) = self.prepare(block);
        dispatch!(Level::new(), simd => any_of(simd, chunks, needles, &mut self.0));
        self.finish(tail, |byte| needles.contains(&byte));
    }

    /// Marks the bytes that end a run of ordinary bytes of a JSON string:
    /// quotes, backslashes, control characters.
    pub(crate) fn in_strings(&mut self, block: &[u8]) {
        let (chunks, tail) = self.prepare(block);
        dispatch!(Level::new(), simd => in_strings(simd, chunks, &mut self.0));
        self.finish(tail, |byte| byte < 0x20 || byte == b'"' || byte == b'\\');
    }

    /// How many bytes are this one.
    pub(crate) fn count(block: &[u8], needle: u8) -> u64 {
        let (chunks, tail) = block.as_chunks::<WIDTH>();
        let counted = dispatch!(Level::new(), simd => count(simd, chunks, needle));
        counted + tail.iter().filter(|byte| **byte == needle).count() as u64
    }

    fn prepare<'b>(&mut self, block: &'b [u8]) -> (&'b [[u8; WIDTH]], &'b [u8]) {
        let (chunks, tail) = block.as_chunks::<WIDTH>();
        self.0.clear();
        self.0.resize(chunks.len(), 0);
        (chunks, tail)
    }

    fn finish(&mut self, tail: &[u8], is_mark: impl Fn(u8) -> bool) {
        if !tail.is_empty() {
            self.0.push(tail.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is_mark(*byte))));
        }
    }

    /// The first mark at or behind a place.
    #[inline]
    pub(crate) fn next(&self, place: usize) -> Option<usize> {
        let first = place / WIDTH;
        let mut word = first;
        let mut bits = self.0.get(first)? & (u64::MAX << (place % WIDTH));
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some(word * WIDTH + bits.trailing_zeros() as usize)
    }

    /// Walks over the marks.
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk { words: &self.0, at: 0, bits: self.0.first().copied().unwrap_or(0) }
    }
}

/// A walk over the marks of a block, each once.
#[derive(Debug)]
pub(crate) struct Walk<'b> {
    words: &'b [u64],
    at: usize,
    /// The marks of the word that are not yet given.
    bits: u64,
}

impl Walk<'_> {
    /// The next mark.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.at += 1;
            self.bits = *self.words.get(self.at)?;
        }
        let place = self.at * WIDTH + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }

    /// Goes on at a place behind the last mark given.
    pub(crate) fn skip_to(&mut self, place: usize) {
        let at = place / WIDTH;
        if at != self.at {
            self.at = at;
            self.bits = self.words.get(at).copied().unwrap_or(0);
        }
        self.bits &= u64::MAX << (place % WIDTH);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn any_of<S: Simd>(simd: S, chunks: &[[u8; WIDTH]], needles: [u8; 3], words: &mut [u64]) {
    let [a, b, c] = needles.map(|needle| u8x64::splat(simd, needle));
    for (chunk, word) in chunks.iter().zip(words) {
        let bytes = u8x64::from_slice(simd, chunk);
        *word = (bytes.simd_eq(a) | bytes.simd_eq(b) | bytes.simd_eq(c)).to_bitmask();
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn in_strings<S: Simd>(simd: S, chunks: &[[u8; WIDTH]], words: &mut [u64]) {
    let [quote, backslash, blank] = [b'"', b'\\', b' '].map(|byte| u8x64::splat(simd, byte));
    for (chunk, word) in chunks.iter().zip(words) {
        let bytes = u8x64::from_slice(simd, chunk);
        *word = (bytes.simd_eq(quote) | bytes.simd_eq(backslash) | bytes.simd_lt(blank)).to_bitmask();
    }
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
    use super::{Bits, WIDTH};

    fn marks(bits: &Bits) -> Vec<usize> {
        let mut walk = bits.walk();
        std::iter::from_fn(|| walk.next()).collect()
    }

    #[test]
    fn every_mark_is_found_wherever_it_stands() {
        let mut bits = Bits::default();
        for length in [0, 1, 63, 64, 65, 127, 128, 200, 400] {
            let block: Vec<u8> = (0..length).map(|place: usize| b"a,b\n\"c\xff\0\\\x1f\x20"[place * 7 % 11]).collect();
            bits.any_of(&block, [b',', b'\n', b'"']);
            let wanted: Vec<usize> = (0..length).filter(|place| b",\n\"".contains(&block[*place])).collect();
            assert_eq!(marks(&bits), wanted);
            for start in 0..length {
                let next = wanted.iter().copied().find(|place| *place >= start);
                let mut walk = bits.walk();
                walk.skip_to(start);
                assert_eq!((walk.next(), bits.next(start)), (next, next));
            }
            assert_eq!(Bits::count(&block, b'\n'), block.iter().filter(|byte| **byte == b'\n').count() as u64);
            bits.in_strings(&block);
            let wanted: Vec<usize> = (0..length).filter(|place| block[*place] < 0x20 || b"\"\\".contains(&block[*place])).collect();
            assert_eq!(marks(&bits), wanted);
        }
    }

    #[test]
    fn every_byte_is_told_as_a_plain_look_tells_it() {
        let mut bits = Bits::default();
        let all: Vec<u8> = (0..=255).collect();
        for turn in 0..WIDTH {
            let block = [&all[turn..], &all[..turn]].concat();
            bits.in_strings(&block);
            assert_eq!(marks(&bits).len(), 34);
            bits.any_of(&block, [0, 0x80, 0xff]);
            assert!(marks(&bits).iter().all(|place| [0, 0x80, 0xff].contains(&block[*place])));
            assert_eq!(marks(&bits).len(), 3);
        }
    }
}
