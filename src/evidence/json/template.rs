//! Records of one shape: most lines of an export differ in their values only.
//!
//! The walk over a record notes where its values stand; the bytes between
//! them make a template. The next record is compared with it byte by byte,
//! and only its values are looked at. Whatever differs from every template
//! is walked over in full, so a template never decides what a record means.

use std::ops::Range;

use super::text::{bare, escape};
use super::walk::{Captured, Paths, Piece};
use crate::evidence::bits::Bits;

/// Records longer than this, or with more values, make no template.
const LONGEST: usize = 8 << 10;
const MOST_VALUES: usize = 256;
/// Shapes that are remembered.
const MOST_TEMPLATES: usize = 4;
/// Records that fit no template before none is tried any more, where they are the most.
const PATIENCE: u32 = 64;

/// Bytes that are compared at once.
const WORD: usize = 16;

/// A value of a record: where it stands, and the node of its path.
#[derive(Debug)]
pub(super) struct ValueAt {
    pub range: Range<usize>,
    pub node: Option<usize>,
}

/// The values that a walk met, in order.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub values: Vec<ValueAt>,
    /// Something other than a single value fills a slot: the record makes no template.
    pub irregular: bool,
}

/// The marks of the block that a record stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockMarks<'b> {
    /// Those of [`Bits::in_strings`].
    pub bits: &'b Bits,
    /// Where the record begins in the block.
    pub start: usize,
}

impl BlockMarks<'_> {
    /// The end of a string whose first byte is at `place`, and whether there are escapes.
    #[inline]
    fn string(&self, bytes: &[u8], place: usize) -> Option<(usize, bool)> {
        let (mut place, mut escaped) = (place, false);
        loop {
            let end = self.bits.next(self.start + place)?.checked_sub(self.start)?;
            match bytes.get(end)? {
                b'"' => return Some((end, escaped)),
                b'\\' => place = end + escape(bytes.get(end..)?).ok().flatten()?,
                _ => return None,
            }
            escaped = true;
        }
    }
}

#[derive(Debug)]
struct Template {
    parts: Vec<Part>,
    /// The bytes behind the last value.
    tail: Fixed,
}

#[derive(Debug)]
struct Part {
    /// The bytes before a value.
    before: Fixed,
    /// The slots that the value fills.
    slots: Box<[usize]>,
}

/// The shapes seen so far, the last one used first.
#[derive(Debug, Default)]
pub(super) struct Templates {
    known: Vec<Template>,
    noted: Noted,
    hits: u32,
    misses: u32,
}

impl Templates {
    /// Reads a record that fits a known shape; `false` where it fits none.
    #[inline]
    pub(super) fn read(&mut self, bytes: &[u8], marks: BlockMarks<'_>, slots: usize, out: &mut Captured) -> bool {
        if self.known.is_empty() {
            return false;
        }
        let mut single = out.single.take().unwrap_or_default();
        for at in 0..self.known.len() {
            single.clear();
            single.resize(slots, None);
            if self.known.get(at).is_some_and(|template| template.read(bytes, marks, &mut single)) {
                self.known.swap(0, at);
                self.hits = self.hits.saturating_add(1);
                out.single = Some(single);
                out.elements.clear();
                return true;
            }
        }
        self.misses = self.misses.saturating_add(1);
        false
    }

    /// As [`Self::read`], for a record that begins at `start` in its block, of
    /// which all is text; gives the place behind it. What it holds are pieces
    /// of the block. It may be that a record fits and is not read.
    #[inline]
    pub(super) fn read_on(&mut self, block: &[u8], start: usize, marks: &Bits, single: &mut [Option<Piece>]) -> Option<usize> {
        for at in 0..self.known.len() {
            single.fill(None);
            if let Some(read) = self.known.get(at).and_then(|template| template.read_on(block, start, marks, single)) {
                self.known.swap(0, at);
                self.hits = self.hits.saturating_add(1);
                return Some(read);
            }
        }
        None
    }

    /// Where to note the values of a record that fits no known shape; `None`
    /// where records differ too much for templates to pay.
    pub(super) fn note(&mut self) -> Option<&mut Noted> {
        if self.misses > PATIENCE && self.misses > self.hits {
            self.known.clear();
            return None;
        }
        self.noted.values.clear();
        self.noted.irregular = false;
        Some(&mut self.noted)
    }

    /// Remembers the shape of the record whose values were noted, unless a
    /// slot could be filled twice, or by anything but a single value.
    pub(super) fn learn(&mut self, paths: &Paths, bytes: &[u8]) {
        if self.noted.irregular || bytes.len() > LONGEST || self.noted.values.len() > MOST_VALUES {
            return;
        }
        let between = |from: usize, to: usize| Fixed::new(bytes.get(from..to).unwrap_or_default());
        let (mut parts, mut filled, mut from) = (Vec::with_capacity(self.noted.values.len()), Vec::new(), 0);
        for ValueAt { range, node } in &self.noted.values {
            let slots = node.map_or(&[][..], |node| paths.slots(node));
            if node.is_some_and(|node| paths.goes_on(node)) || slots.iter().any(|slot| filled.contains(slot)) {
                return;
            }
            filled.extend_from_slice(slots);
            parts.push(Part { before: between(from, range.start), slots: slots.into() });
            from = range.end;
        }
        self.known.truncate(MOST_TEMPLATES - 1);
        self.known.insert(0, Template { parts, tail: between(from, bytes.len()) });
    }
}

impl Template {
    #[inline]
    fn read(&self, bytes: &[u8], marks: BlockMarks<'_>, single: &mut [Option<Piece>]) -> bool {
        let mut place = 0;
        for Part { before, slots } in &self.parts {
            if bytes.get(place..place + before.bytes.len()) != Some(before.bytes.as_ref()) {
                return false;
            }
            place += before.bytes.len();
            let (piece, behind) = match bytes.get(place) {
                Some(b'"') => match marks.string(bytes, place + 1) {
                    Some((end, escaped)) => (Piece::text(place + 1, end, escaped), end + 1),
                    None => return false,
                },
                Some(first) => match bare(bytes, place) {
                    Ok(end) => (Piece::bare(*first, place, end), end),
                    Err(_) => return false,
                },
                None => return false,
            };
            for slot in slots {
                if let Some(filled) = single.get_mut(*slot) {
                    *filled = Some(piece);
                }
            }
            place = behind;
        }
        bytes.get(place..) == Some(self.tail.bytes.as_ref())
    }

    #[inline]
    fn read_on(&self, block: &[u8], start: usize, bits: &Bits, single: &mut [Option<Piece>]) -> Option<usize> {
        let marks = BlockMarks { bits, start: 0 };
        let mut place = start;
        for Part { before, slots } in &self.parts {
            if !before.stands_at(block, place) {
                return None;
            }
            let begin = place + before.bytes.len();
            let first = *block.get(begin)?;
            if first == b'"' {
                let (end, escaped) = marks.string(block, begin + 1)?;
                place = end + 1;
                for slot in slots {
                    *single.get_mut(*slot)? = Some(Piece::text(begin + 1, end, escaped));
                }
            } else {
                place = bare(block, begin).ok()?;
                for slot in slots {
                    *single.get_mut(*slot)? = Some(Piece::bare(first, begin, place));
                }
            }
        }
        self.tail.stands_at(block, place).then_some(place + self.tail.bytes.len())
    }
}

/// Bytes that are the same in all records of a shape.
#[derive(Debug)]
struct Fixed {
    bytes: Box<[u8]>,
    /// The same in words, each with the bits of it that count.
    first: (u128, u128),
    more: Box<[(u128, u128)]>,
}

impl Fixed {
    fn new(bytes: &[u8]) -> Self {
        let word = |bytes: &[u8]| {
            let up = |byte: &dyn Fn(u8) -> u8| bytes.iter().rev().fold(0, |word, own| word << 8 | u128::from(byte(*own)));
            (up(&|byte| byte), up(&|_| u8::MAX))
        };
        let mut words = bytes.chunks(WORD).map(word);
        let first = words.next().unwrap_or_default();
        Self { bytes: bytes.into(), first, more: words.collect() }
    }

    /// Whether the bytes stand at a place. Near the block's end, where no whole word can be had, the answer is no.
    #[inline]
    fn stands_at(&self, block: &[u8], mut place: usize) -> bool {
        let differs = |place: usize, (word, mask): (u128, u128)| {
            let own = block.get(place..).and_then(|rest| rest.first_chunk::<WORD>());
            own.is_none_or(|own| (u128::from_le_bytes(*own) ^ word) & mask != 0)
        };
        if differs(place, self.first) {
            return false;
        }
        for word in &self.more {
            place += WORD;
            if differs(place, *word) {
                return false;
            }
        }
        true
    }
}
