//! Values that are kept as they stand, told by a look at their bytes: where
//! all of a column are, nothing is decoded.

use super::Decoder;
use super::date::{is_day, is_time};
use crate::dataset::FieldKind;

/// What a look at the bytes of a value can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// [`keeps_text`].
    Text,
    /// [`keeps_date`].
    Dates,
    /// Only decoding tells.
    Nothing,
}

impl Decoder {
    /// What a look at the bytes of a value can tell.
    pub(crate) const fn keeps(&self) -> Keeps {
        match self.kind {
            FieldKind::Text | FieldKind::Person if self.plain => Keeps::Text,
            FieldKind::Date if self.spellings.is_empty() => Keeps::Dates,
            _ => Keeps::Nothing,
        }
    }
}

/// Whether the bytes are text that begins with no blank, nor with a quote,
/// which may stand for something else; false tells nothing.
#[inline]
pub(crate) fn keeps_text(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first > b' ' && *first != b'"')
}

/// Whether the bytes are a day or a time in their normalised form; false tells nothing.
#[inline]
pub(crate) fn keeps_date(bytes: &[u8]) -> bool {
    let Some((day, rest)) = bytes.split_first_chunk() else { return false };
    is_day(day)
        && match rest {
            [] => true,
            [b'T', time @ .., b'Z'] => time.try_into().is_ok_and(is_time),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::{Keeps, keeps_date, keeps_text};
    use crate::dataset::FieldKind;
    use crate::evidence::batch::{BatchBuffer, Cell};
    use crate::evidence::decode::{Decoder, Raw};
    use crate::evidence::layout::Decode;

    #[test]
    fn what_is_kept_is_what_decoding_would_keep() {
        let mut kept = 0;
        for (kind, text) in
            [(FieldKind::Text, "x y"), (FieldKind::Person, "a@b"), (FieldKind::Date, "2024-02-29"), (FieldKind::Date, "2026-11-01T23:59:59Z")]
        {
            let mut decoder = Decoder::new(&Decode { kind, ..Decode::default() });
            let mut look = |decoder: &mut Decoder, bytes: &[u8]| {
                let told = match decoder.keeps() {
                    Keeps::Text => keeps_text(bytes),
                    Keeps::Dates => keeps_date(bytes),
                    Keeps::Nothing => false,
                };
                let cell = decoder.one(Raw { bytes, at: Some(7) }, &mut BatchBuffer::default());
                assert!(!told || cell == Cell::Block { start: 7, end: 7 + u32::try_from(bytes.len()).unwrap() }, "{kind:?} {bytes:?}");
                kept += usize::from(told);
            };
            look(&mut decoder, b"");
            for at in 0..text.len() {
                look(&mut decoder, &text.as_bytes()[..at]);
                for byte in 0..=u8::MAX {
                    let mut other = text.as_bytes().to_vec();
                    other[at] = byte;
                    look(&mut decoder, &other);
                }
            }
        }
        assert!(kept > 1000);
        let spelled = Decode { values: vec![("x".to_owned(), "y".to_owned())], ..Decode::default() };
        assert_eq!(Decoder::new(&spelled).keeps(), Keeps::Nothing);
    }
}
