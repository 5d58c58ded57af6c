//! How a value begins, in one word.

use std::ops::Range;

use super::{Batch, Cell};
use crate::calendar::Written;

/// Bytes of a word.
const WORD: usize = size_of::<u128>();

/// By a value's length the bits of a word that are its own: to look them up is quicker than to shift them.
const OWN: [u128; WORD + 1] = {
    let mut own = [0; WORD + 1];
    let mut length = 1;
    while length <= WORD {
        own[length] = own[length - 1] << 8 | 0xff;
        length += 1;
    }
    own
};

/// A value's length and its first bytes: of short values it tells whether they
/// are the same, without a look at each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    length: u32,
    /// The first byte is the lowest; zeroes where the value has none.
    word: u128,
}

impl Beginning {
    /// The longest value that is told.
    pub const LONGEST: usize = WORD;

    /// Of the value that lies there.
    #[inline]
    #[must_use]
    pub fn of(bytes: &[u8], Range { start, end }: Range<usize>) -> Self {
        // What stands behind the value is loaded with it, so that its length decides nothing.
        let word =
            bytes.get(start..).and_then(|rest| rest.first_chunk()).map_or_else(|| last(bytes.get(start..end)), |word| u128::from_le_bytes(*word));
        Self::cut(end.saturating_sub(start), word)
    }

    #[inline]
    fn cut(length: usize, word: u128) -> Self {
        Self { length: u32::try_from(length).unwrap_or(u32::MAX), word: word & OWN[length.min(WORD)] }
    }

    /// The day of a date or a time, as a reader writes it: of a cell of kind date.
    /// That the calendar has it is not looked at.
    #[inline]
    fn day(self) -> Option<Written> {
        const DATE: u32 = 10;
        const TIME: u32 = 20;
        let is_time = (self.length == TIME) & (self.word >> (8 * DATE) & 0xff == u128::from(b'T'));
        Written::beginning(self.word).filter(|_| is_time | (self.length == DATE))
    }

    /// Whether the value begins with a short one.
    #[inline]
    #[must_use]
    pub fn starts_with(self, short: Self) -> bool {
        let begins = Self::cut(short.length as usize, self.word).word == short.word;
        begins & (self.length >= short.length)
    }
}

/// The word of a value that lies at the end of all bytes.
#[cold]
fn last(value: Option<&[u8]>) -> u128 {
    value.unwrap_or_default().iter().take(WORD).rev().fold(0, |word, byte| word << 8 | u128::from(*byte))
}

impl Batch<'_> {
    /// How a cell's value begins; `None` where it has none.
    #[must_use]
    #[inline]
    pub fn beginning(&self, cell: Cell) -> Option<Beginning> {
        let (bytes, start, end) = match cell {
            Cell::Block { start, end } => (self.bytes, start, end),
            Cell::Side { start, end } => (&self.buffer.side[..], start, end),
            Cell::Empty | Cell::Absent | Cell::Invalid => return None,
        };
        Some(Beginning::of(bytes, start as usize..end as usize))
    }

    /// The day of a cell of kind date, as a reader writes it.
    #[must_use]
    #[inline]
    pub fn day(&self, cell: Cell) -> Option<Written> {
        self.beginning(cell).and_then(Beginning::day)
    }
}

#[cfg(test)]
mod tests {
    use super::Beginning;
    use crate::calendar::{Moment, Written};

    #[test]
    fn the_day_of_a_moment_is_told_by_how_it_begins() {
        for text in ["2024-02-29", "2026-11-01T23:59:59Z", "0000-01-01T00:00:00Z", "2026-11-01T19:00:00.5Z", "2026-11-01T1Z", "tomorrow", ""] {
            for at in 0..text.len() {
                let mut other = text.as_bytes().to_vec();
                for byte in 0..=u8::MAX {
                    other[at] = byte;
                    for value in [&other[..], &other[..at], &[&other[..], b"Z"].concat()] {
                        let told = Beginning::of(value, 0..value.len()).day();
                        if let Some(moment) = Moment::parse(value) {
                            assert_eq!(told, Written::of(moment.day), "{value:?}");
                        } else {
                            // That the calendar has it, and the clock, is what readers see to.
                            assert!(told.is_none() || matches!(value.len(), 10 | 20), "{value:?}");
                        }
                    }
                }
            }
        }
    }
}
