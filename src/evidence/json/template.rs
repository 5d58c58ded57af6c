//! Records of one shape: most lines of an export differ in their values only.
//!
//! The walk over a record notes where its values stand; the bytes between
//! them make a template. The next record is compared with it byte by byte,
//! and only its values are looked at. Whatever differs from every template
//! is walked over in full, so a template never decides what a record means.

use std::ops::Range;

use fearless_simd::{Level, Simd, dispatch};

use super::lane::{Lane, NO_SLOT, Reached, Walked, escaped};
use super::stretch::{PieceRow, Stretch};
use super::text::{bare, escape, special};
use super::walk::{Captured, Paths, Piece};
use crate::evidence::back_off::BackOff;
use crate::evidence::bits::{Bits, Places};

/// Records longer than this, or with more values, make no template.
const LONGEST: usize = 8 << 10;
const MOST_VALUES: usize = 256;
/// Shapes that are remembered.
const MOST_TEMPLATES: usize = 4;
/// Records that fit no template before none is tried any more, where they are the most.
const PATIENCE: u32 = 64;

/// Marks of escapes that a record may have before more marks are asked for.
const SPARE: usize = 16;

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

/// The marks of a block with their places, from those of the record on that is read.
#[derive(Debug)]
pub(super) struct Marks<'b> {
    pub bits: &'b Bits,
    pub places: &'b mut Places,
    pub level: Level,
}

#[derive(Debug)]
struct Template {
    parts: Vec<Part>,
    /// The bytes behind the last value.
    tail: Between,
    lane: Lane,
    /// Slots that the same value fills as another slot does.
    same: Box<[(usize, usize)]>,
    /// Slots that no value fills.
    unfilled: Box<[usize]>,
    /// Marks of a record whose values are all strings without escapes.
    marks: usize,
    /// Records that it read.
    hits: u32,
}

#[derive(Debug)]
struct Part {
    /// The bytes before a value.
    before: Between,
    /// The slots that the value fills.
    slots: Box<[usize]>,
}

/// The shapes seen so far.
#[derive(Debug, Default)]
pub(super) struct Templates {
    known: Vec<Template>,
    noted: Noted,
    hits: u32,
    misses: u32,
    /// Whether [`Self::read_lines`] is to read.
    together: BackOff,
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
                self.hit(at, 1);
                out.single = Some(single);
                out.elements.clear();
                return true;
            }
        }
        self.misses = self.misses.saturating_add(1);
        false
    }

    /// As [`Self::read`], for a record that begins at `start` in its block, of
    /// which all is text. What it holds are pieces of the block. It may be that
    /// a record fits and is not read.
    #[inline]
    pub(super) fn read_on(&mut self, block: &[u8], start: usize, marks: &mut Marks<'_>, row: &mut PieceRow<'_>) -> Option<Reached> {
        for at in 0..self.known.len() {
            let template = self.known.get(at)?;
            let mut count = template.marks + SPARE;
            let read = loop {
                let ahead = marks.places.ahead(marks.bits, count);
                match template.read_on(marks.level, block, start, ahead, row) {
                    Walked::Short if ahead.len() >= count => count = count.saturating_mul(4),
                    Walked::End(reached) => break Some(reached),
                    Walked::Short | Walked::Upto(..) | Walked::Unsound => break None,
                }
            };
            if read.is_some() {
                self.hit(at, 1);
                return read;
            }
        }
        None
    }

    /// Reads the lines from a place and a row on that fit the first shape, of
    /// which all is text, as many as the stretch has room for; gives the place
    /// and the row behind them. It may be that a line fits and is not read.
    pub(super) fn read_lines(&mut self, block: &[u8], (start, row): (usize, u32), marks: &mut Marks<'_>, stretch: &mut Stretch) -> (usize, u32) {
        // Where shapes change from line to line, it is not tried with each one whether the next fits the first of them.
        let Some(template) = self.known.first().filter(|_| self.together.tries()) else {
            self.together.pass();
            return (start, row);
        };
        marks.places.skip_to(start);
        let level = marks.level;
        let (end, behind) = dispatch!(level, simd => template.read_lines(simd, block, (start, row), marks, stretch));
        let read = behind - row;
        self.together.tried(read);
        self.hit(0, read);
        (end, behind)
    }

    /// A template read records. Those that read most are tried first.
    #[inline]
    fn hit(&mut self, at: usize, records: u32) {
        self.hits = self.hits.saturating_add(records);
        let Some(own) = self.known.get_mut(at) else { return };
        own.hits = own.hits.saturating_add(records);
        if let Some([before, own]) = at.checked_sub(1).and_then(|before| self.known.get_mut(before..=at))
            && own.hits > before.hits
        {
            std::mem::swap(before, own);
        }
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
    pub(super) fn learn(&mut self, paths: &Paths, bytes: &[u8], slots: usize) {
        if self.noted.irregular || bytes.len() > LONGEST || self.noted.values.len() > MOST_VALUES {
            return;
        }
        let between = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        let (mut parts, mut in_lane, mut from) = (Vec::with_capacity(self.noted.values.len()), Vec::new(), 0);
        let (mut filled, mut same) = (Vec::new(), Vec::new());
        for ValueAt { range, node } in &self.noted.values {
            let own = node.map_or(&[][..], |node| paths.slots(node));
            if node.is_some_and(|node| paths.goes_on(node)) || own.iter().any(|slot| filled.contains(slot)) {
                return;
            }
            filled.extend_from_slice(own);
            let (slot, more) = own.split_first().map_or((NO_SLOT, &[][..]), |(first, more)| (*first, more));
            same.extend(more.iter().map(|more| (slot, *more)));
            let before = between(from, range.start);
            in_lane.push((before, bytes.get(range.start) == Some(&b'"'), slot));
            parts.push(Part { before: Between::new(before), slots: own.into() });
            from = range.end;
        }
        let tail = between(from, bytes.len());
        let lane = Lane::new(&in_lane, tail);
        let tail = Between::new(tail);
        let marks = parts.iter().map(|part| part.before.marks + 2).sum::<usize>() + tail.marks;
        let unfilled = (0..slots).filter(|slot| !filled.contains(slot)).collect();
        self.known.truncate(MOST_TEMPLATES - 1);
        self.known.push(Template { parts, tail, lane, same: same.into(), unfilled, marks, hits: 0 });
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

    /// `ahead` are the places of the marks from `start` on.
    #[inline]
    fn read_on(&self, level: Level, block: &[u8], start: usize, ahead: &[u32], row: &mut PieceRow<'_>) -> Walked {
        let mut walked = dispatch!(level, simd => self.lane.walk(simd, block, start, ahead, row));
        if let Walked::Upto(values, reached) = walked {
            walked = self.go_on(block, values, reached, ahead, row).map_or_else(|walked| walked, Walked::End);
        } else {
            self.fill_same(row);
        }
        self.clear_unfilled(row);
        walked
    }

    /// Reads lines one after the other, each by the quick walk alone.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "runs in the caller's instruction set only if inlined")]
    fn read_lines<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        (mut start, mut row): (usize, u32),
        marks: &mut Marks<'_>,
        stretch: &mut Stretch,
    ) -> (usize, u32) {
        while !stretch.is_full() {
            let ahead = marks.places.ahead(marks.bits, self.marks + SPARE);
            let mut pieces = stretch.row();
            let Walked::End(reached) = self.lane.walk(simd, block, start, ahead, &mut pieces) else { break };
            if block.get(reached.place) != Some(&b'\n') {
                break;
            }
            self.fill_same(&mut pieces);
            self.clear_unfilled(&mut pieces);
            stretch.end_row(start, row);
            marks.places.take(reached.marks + 1);
            (start, row) = (reached.place + 1, row + 1);
        }
        (start, row)
    }

    /// What the quick walk wrote, it wrote once for all slots of a value.
    fn fill_same(&self, row: &mut PieceRow<'_>) {
        self.same.iter().for_each(|(slot, more)| row.copy(*slot, *more));
    }

    fn clear_unfilled(&self, row: &mut PieceRow<'_>) {
        self.unfilled.iter().for_each(|slot| row.set(*slot, None));
    }

    /// Goes on where the quick walk did not: a value may be a string or none, whatever it was before.
    #[inline(never)]
    fn go_on(&self, block: &[u8], values: usize, from: Reached, ahead: &[u32], row: &mut PieceRow<'_>) -> Result<Reached, Walked> {
        let Reached { mut place, mut marks } = from;
        for (part, number) in self.parts.iter().zip(0..) {
            let Part { before, slots } = part;
            if number < values {
                // What the quick walk wrote, it wrote once for all slots of a value.
                if let Some((first, more)) = slots.split_first() {
                    more.iter().for_each(|more| row.copy(*first, *more));
                }
                continue;
            }
            before.at(block, &mut place, &mut marks)?;
            let begin = place;
            let first = *block.get(begin).ok_or(Walked::Unsound)?;
            let piece = if first == b'"' {
                marks += 1;
                let plain = block.get(*ahead.get(marks).ok_or(Walked::Short)? as usize) == Some(&b'"');
                let close = escaped(block, ahead, &mut marks)?;
                marks += 1;
                place = close + 1;
                Piece::text(begin + 1, close, !plain)
            } else {
                place = bare(block, begin).map_err(|_| Walked::Unsound)?;
                Piece::bare(first, begin, place)
            };
            for slot in slots {
                row.set(*slot, Some(piece));
            }
        }
        self.tail.at(block, &mut place, &mut marks)?;
        Ok(Reached { place, marks })
    }
}

/// Bytes that are the same in all records of a shape.
#[derive(Debug)]
struct Between {
    bytes: Box<[u8]>,
    /// How many of them are marks.
    marks: usize,
}

impl Between {
    fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), marks: bytes.iter().filter(|byte| special(**byte)).count() }
    }

    /// Goes over these bytes, if they stand there.
    fn at(&self, block: &[u8], place: &mut usize, marks: &mut usize) -> Result<(), Walked> {
        if !block.get(*place..).is_some_and(|rest| rest.starts_with(&self.bytes)) {
            return Err(Walked::Unsound);
        }
        *place += self.bytes.len();
        *marks += self.marks;
        Ok(())
    }
}
