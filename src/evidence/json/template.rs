//! Records of one shape: most lines of an export differ in their values only.
//!
//! The walk over a record notes where its values stand; the bytes between
//! them make a template. The next record is compared with it byte by byte,
//! and only its values are looked at. Whatever differs from every template
//! is walked over in full, so a template never decides what a record means.

use std::ops::Range;

use super::text::{bare, string};
use super::walk::{Captured, Paths, Piece};
use crate::evidence::bits::Bits;

/// Records longer than this, or with more values, make no template.
const LONGEST: usize = 8 << 10;
const MOST_VALUES: usize = 256;
/// Shapes that are remembered.
const MOST_TEMPLATES: usize = 4;
/// Records that fit no template before none is tried any more, where they are the most.
const PATIENCE: u32 = 64;

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
        let end = self.bits.next(self.start + place)? - self.start;
        match bytes.get(end) {
            Some(b'"') => Some((end, false)),
            _ => string(bytes, place).ok().flatten(),
        }
    }
}

#[derive(Debug)]
struct Template {
    parts: Vec<Part>,
    /// The bytes behind the last value.
    tail: Box<[u8]>,
}

#[derive(Debug)]
struct Part {
    /// The bytes before a value.
    before: Box<[u8]>,
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
                (out.single, out.elements) = (Some(single), 0);
                return true;
            }
        }
        self.misses = self.misses.saturating_add(1);
        false
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
        let between = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default().into();
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
            if bytes.get(place..place + before.len()) != Some(before.as_ref()) {
                return false;
            }
            place += before.len();
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
        bytes.get(place..) == Some(self.tail.as_ref())
    }
}
