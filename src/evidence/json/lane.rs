//! The quick walk along a known shape.
//!
//! The marks of a block are known by their places. All bytes between a
//! record's values are compared, so a mark's number tells what it is: a
//! string's end is the next mark, and its bytes need not be looked at. The
//! quotes around a string are compared with what stands before and behind it.

use fearless_simd::Simd;
use fearless_simd::prelude::*;
use fearless_simd::u8x32;

use super::stretch::PieceRow;
use super::text::{bare, escape, special};
use super::walk::{Piece, Span};

/// Bytes that are compared at once.
const WORD: usize = 32;
/// The slot of a value that fills none.
pub(super) const NO_SLOT: usize = usize::MAX;

/// A shape whose values are strings or none, each as in the record that it was learned from.
#[derive(Debug)]
pub(super) struct Lane {
    first: Fixed,
    steps: Vec<Step>,
}

/// A value and what follows it.
#[derive(Debug)]
struct Step {
    string: bool,
    slot: usize,
    then: Fixed,
}

/// How far a walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walked {
    /// Behind the record.
    End(Reached),
    /// Behind so many values; what follows in the shape does not stand there,
    /// or would but for the quotes, or is too near to the block's end.
    Upto(usize, Reached),
    /// To a value that is not sound.
    Unsound,
    /// To a mark beyond those that were given.
    Short,
}

/// A place and how many marks of the record lie before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    pub place: usize,
    pub marks: usize,
}

impl Lane {
    /// From what stands before each value, with the value's kind and slot, and
    /// behind the last; all without the quotes of strings.
    pub(super) fn new(parts: &[(&[u8], bool, usize)], tail: &[u8]) -> Self {
        let quote = |string: bool| if string { &b"\""[..] } else { b"" };
        let before = |number: usize| parts.get(number).map_or((tail, false), |(bytes, string, _)| (*bytes, *string));
        let fixed = |behind_string: bool, number: usize| {
            let (bytes, string) = before(number);
            Fixed::new(&[quote(behind_string), bytes, quote(string)].concat())
        };
        let steps = parts.iter().zip(1..).map(|((_, string, slot), next)| Step { string: *string, slot: *slot, then: fixed(*string, next) });
        Self { first: fixed(false, 0), steps: steps.collect() }
    }

    /// Walks over the record that begins at `start`; `ahead` are the places of the marks from there on.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    pub(super) fn walk<S: Simd>(&self, simd: S, block: &[u8], start: usize, ahead: &[u32], row: &mut PieceRow<'_>) -> Walked {
        if !self.first.stands_at(simd, block, start) {
            return Walked::Upto(0, Reached { place: start, marks: 0 });
        }
        // Its own names, not behind a reference: they stay in registers.
        let mut row = PieceRow { pieces: &mut *row.pieces, number: row.number };
        let (mut place, mut marks) = (start + self.first.length, self.first.marks);
        let mut steps = self.steps.iter();
        while let Some(Step { string, slot, then }) = steps.next() {
            // The number of the next step, where the walk ends before it.
            let next = || self.steps.len() - steps.len();
            if *string {
                let Some(end) = ahead.get(marks) else { return Walked::Short };
                let mut end = *end as usize;
                row.set(*slot, Some(Piece::Plain(Span::new(place, end))));
                if !then.stands_at(simd, block, end) {
                    if block.get(end) == Some(&b'\\') {
                        end = match escaped(block, ahead, &mut marks) {
                            Ok(end) => end,
                            Err(walked) => return walked,
                        };
                        row.set(*slot, Some(Piece::Escaped(Span::new(place, end))));
                    }
                    if !then.stands_at(simd, block, end) {
                        if block.get(end) != Some(&b'"') {
                            return Walked::Unsound;
                        }
                        return Walked::Upto(next(), Reached { place: end + 1, marks: marks + 1 });
                    }
                }
                place = end;
            } else {
                let Ok(end) = bare(block, place) else {
                    let number = next() - 1;
                    return Walked::Upto(number, self.back(number, place, marks));
                };
                let first = block.get(place).copied().unwrap_or_default();
                row.set(*slot, Some(Piece::bare(first, place, end)));
                if !then.stands_at(simd, block, end) {
                    return Walked::Upto(next(), Reached { place: end, marks });
                }
                place = end;
            }
            // Within the block: no sum is too great.
            (place, marks) = (place.wrapping_add(then.length), marks.wrapping_add(then.marks));
        }
        Walked::End(Reached { place, marks })
    }
}

impl Lane {
    /// From where the value of a number begins to where the value before it ends.
    fn back(&self, number: usize, place: usize, marks: usize) -> Reached {
        let before = number.checked_sub(1).and_then(|before| self.steps.get(before));
        let (fixed, quote) = before.map_or((&self.first, 0), |step| (&step.then, usize::from(step.string)));
        Reached { place: (place + quote).saturating_sub(fixed.length), marks: (marks + quote).saturating_sub(fixed.marks) }
    }
}

/// The place of the closing quote of a string whose next mark, of the number
/// `at`, is a backslash; then the quote is the mark of that number.
#[inline(never)]
pub(super) fn escaped(block: &[u8], ahead: &[u32], at: &mut usize) -> Result<usize, Walked> {
    let mut behind = 0;
    loop {
        let mark = *ahead.get(*at).ok_or(Walked::Short)? as usize;
        let rest = block.get(mark..).unwrap_or_default();
        match rest.first() {
            // What an escape stands for may be a mark by its byte.
            _ if mark < behind => {}
            Some(b'"') => return Ok(mark),
            Some(b'\\') => behind = mark + escape(rest).ok().flatten().ok_or(Walked::Unsound)?,
            _ => return Err(Walked::Unsound),
        }
        *at += 1;
    }
}

/// Bytes that are the same in all records of a shape.
#[derive(Debug)]
struct Fixed {
    length: usize,
    /// How many of them are marks.
    marks: usize,
    /// In words, each with the bits of it that count.
    first: [[u8; WORD]; 2],
    more: Box<[[[u8; WORD]; 2]]>,
}

impl Fixed {
    fn new(bytes: &[u8]) -> Self {
        let mut words = bytes.chunks(WORD).map(|chunk| {
            let mut word = [[0; WORD]; 2];
            for (at, byte) in chunk.iter().enumerate() {
                (word[0][at], word[1][at]) = (*byte, u8::MAX);
            }
            word
        });
        let first = words.next().unwrap_or_default();
        let marks = bytes.iter().filter(|byte| special(**byte)).count();
        Self { length: bytes.len(), marks, first, more: words.collect() }
    }

    /// Whether the bytes stand at a place. Near the block's end, where no whole word can be had, the answer is no.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn stands_at<S: Simd>(&self, simd: S, block: &[u8], mut place: usize) -> bool {
        if !stands(simd, block, place, &self.first) {
            return false;
        }
        for word in &self.more {
            place = place.wrapping_add(WORD);
            if !stands(simd, block, place, word) {
                return false;
            }
        }
        true
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
fn stands<S: Simd>(simd: S, block: &[u8], place: usize, [word, counts]: &[[u8; WORD]; 2]) -> bool {
    // One comparison, where the place is known to be no great number.
    let Some(own) = block.get(place..place.wrapping_add(WORD)).and_then(|own| own.first_chunk::<WORD>()) else { return false };
    let differs = (u8x32::from_slice(simd, own) ^ u8x32::from_slice(simd, word)) & u8x32::from_slice(simd, counts);
    differs.simd_eq(u8x32::splat(simd, 0)).all_true()
}
