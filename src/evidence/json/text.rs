//! JSON strings, numbers and literals: where they end, and what they mean.

use crate::evidence::batch::RejectReason;

/// Whether a byte ends a run of ordinary string bytes: quote, backslash, control characters.
pub(super) const fn special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The place of the first special byte, eight bytes at a time.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // A byte that becomes zero borrows from its high bit; the lowest such bit is exact.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let found = (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGH;
        if found != 0 {
            return Some(number * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|byte| special(*byte)).map(|at| words.len() * 8 + at)
}

/// The place behind blanks.
#[inline]
pub(super) fn blanks(bytes: &[u8], mut place: usize) -> usize {
    while matches!(bytes.get(place), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        place += 1;
    }
    place
}

/// Checks a string whose first byte behind the quote is at `place`. Gives the
/// place of the closing quote and whether there are escapes. `None`: the bytes
/// end before it.
///
/// # Errors
/// A bare control character, or an escape that RFC 8259 does not have.
#[inline]
pub(super) fn string(bytes: &[u8], mut place: usize) -> Result<Option<(usize, bool)>, RejectReason> {
    let mut escaped = false;
    loop {
        let rest = bytes.get(place..).unwrap_or_default();
        let Some(step) = first_special(rest) else { return Ok(None) };
        place += step;
        match rest.get(step) {
            Some(b'"') => return Ok(Some((place, escaped))),
            Some(b'\\') => {
                escaped = true;
                let Some(length) = escape(rest.get(step..).unwrap_or_default())? else { return Ok(None) };
                place += length;
            }
            _ => return Err(RejectReason::InvalidJson),
        }
    }
}

/// The length of the escape at the front; `None` where the bytes end in it.
pub(super) fn escape(bytes: &[u8]) -> Result<Option<usize>, RejectReason> {
    match bytes.get(1) {
        None => Ok(None),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(Some(2)),
        Some(b'u') => {
            let Some(unit) = unit(bytes)? else { return Ok(None) };
            match unit {
                0xdc00..=0xdfff => Err(RejectReason::InvalidJson),
                0xd800..=0xdbff => match (bytes.get(6), bytes.get(7)) {
                    (None, _) | (Some(b'\\'), None) => Ok(None),
                    (Some(b'\\'), Some(b'u')) => match self::unit(bytes.get(6..).unwrap_or_default())? {
                        None => Ok(None),
                        Some(0xdc00..=0xdfff) => Ok(Some(12)),
                        Some(_) => Err(RejectReason::InvalidJson),
                    },
                    _ => Err(RejectReason::InvalidJson),
                },
                _ => Ok(Some(6)),
            }
        }
        Some(_) => Err(RejectReason::InvalidJson),
    }
}

/// The number of a `\uXXXX` at the front.
fn unit(bytes: &[u8]) -> Result<Option<u32>, RejectReason> {
    let digits = bytes.get(2..).unwrap_or_default();
    let mut number = 0;
    for place in 0..4 {
        match digits.get(place) {
            None => return Ok(None),
            Some(digit) => match char::from(*digit).to_digit(16) {
                Some(value) => number = number * 16 + value,
                None => return Err(RejectReason::InvalidJson),
            },
        }
    }
    Ok(Some(number))
}

/// Undoes the escapes of a checked string.
pub(super) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut place = 0;
    while let Some(byte) = raw.get(place) {
        if *byte != b'\\' {
            let rest = raw.get(place..).unwrap_or_default();
            let run = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
            out.extend_from_slice(rest.get(..run).unwrap_or_default());
            place += run;
            continue;
        }
        let rest = raw.get(place..).unwrap_or_default();
        let (character, length) = match rest.get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => {
                let high = unit(rest).ok().flatten().unwrap_or(0xfffd);
                if (0xd800..0xdc00).contains(&high) {
                    let low = unit(rest.get(6..).unwrap_or_default()).ok().flatten().unwrap_or(0xdc00);
                    let joined = 0x10000 + ((high - 0xd800) << 10) + (low.max(0xdc00) - 0xdc00);
                    (char::from_u32(joined).unwrap_or('\u{fffd}'), 12)
                } else {
                    (char::from_u32(high).unwrap_or('\u{fffd}'), 6)
                }
            }
            Some(other) => (char::from(*other), 2),
            None => return,
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        place += length;
    }
}

/// The place behind a number or literal at `place`.
///
/// # Errors
/// It is none.
pub(super) fn bare(bytes: &[u8], place: usize) -> Result<usize, RejectReason> {
    let rest = bytes.get(place..).unwrap_or_default();
    match rest {
        [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => return Ok(place + 4),
        [b'f', b'a', b'l', b's', b'e', ..] => return Ok(place + 5),
        _ => {}
    }
    let digits = |from: usize| rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(rest.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && rest.get(at) == Some(&b'0')) {
        return Err(RejectReason::InvalidJson);
    }
    at += whole;
    if rest.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return Err(RejectReason::InvalidJson);
        }
        at += 1 + fraction;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return Err(RejectReason::InvalidJson);
        }
        at += 1 + sign + exponent;
    }
    Ok(place + at)
}

#[cfg(test)]
mod tests {
    use super::{first_special, special};

    #[test]
    fn the_first_special_byte_is_the_one_that_a_plain_search_finds() {
        for special_byte in 0..=255_u8 {
            for at in 0..20 {
                for after in [b'a', 0x1f, b'"', 0xff] {
                    let mut bytes = vec![0xc3; 24];
                    bytes[at] = special_byte;
                    bytes[at + 1] = after;
                    assert_eq!(first_special(&bytes), bytes.iter().position(|byte| special(*byte)), "{special_byte} at {at} before {after}");
                }
            }
        }
    }
}
