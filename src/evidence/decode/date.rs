//! Dates and times: ISO 8601 by hand, the source's formats by `jiff`.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::calendar::{digits, exists};

/// What a date was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// The bytes are the normalised form already.
    Same,
    /// A day, normalised.
    Day([u8; 10]),
    /// A time in UTC, normalised.
    Time([u8; 20]),
    /// No date, or no day of the calendar.
    No,
}

/// The longest normalised form.
pub(super) const LONGEST_DATE: usize = 20;

/// The formats that a source allows besides ISO 8601.
#[derive(Debug, Default)]
pub struct Formats {
    formats: Vec<Format>,
}

#[derive(Debug)]
enum Format {
    Strftime(String),
    /// Units per second.
    Epoch(i64),
}

impl Formats {
    /// The formats, in their order.
    #[must_use]
    pub fn new(formats: &[String]) -> Self {
        let format = |text: &String| match text.as_str() {
            "epoch-s" => Format::Epoch(1),
            "epoch-ms" => Format::Epoch(1000),
            _ => Format::Strftime(text.clone()),
        };
        Self { formats: formats.iter().map(format).collect() }
    }

    /// Reads a date that has no blanks around it.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Dated {
        let iso = iso(bytes);
        if iso != Dated::No || self.formats.is_empty() {
            return iso;
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Dated::No };
        self.formats.iter().map(|format| format.read(text)).find(|dated| *dated != Dated::No).unwrap_or(Dated::No)
    }
}

impl Format {
    fn read(&self, text: &str) -> Dated {
        match self {
            Self::Epoch(units) => epoch(text, *units),
            Self::Strftime(format) => strftime(format, text),
        }
    }
}

fn epoch(text: &str, units: i64) -> Dated {
    let whole = text.split_once('.').map_or(Some(text), |(whole, rest)| (!rest.is_empty() && rest.bytes().all(|byte| byte == b'0')).then_some(whole));
    let number = whole.and_then(|whole| whole.parse::<i64>().ok());
    let stamp = number.and_then(|number| Timestamp::from_second(number.div_euclid(units)).ok());
    stamp.map_or(Dated::No, from_timestamp)
}

fn strftime(format: &str, text: &str) -> Dated {
    let Ok(parsed) = strtime::parse(format, text) else { return Dated::No };
    if parsed.offset().is_some() || parsed.iana_time_zone().is_some() || parsed.timestamp().is_some() {
        return parsed.to_timestamp().map_or(Dated::No, from_timestamp);
    }
    if parsed.hour().is_some() {
        return parsed.to_datetime().map_or(Dated::No, from_civil);
    }
    parsed.to_date().map_or(Dated::No, |day| Dated::Day(day_bytes(day)).checked(day.year()))
}

impl Dated {
    fn checked(self, year: i16) -> Self {
        if (1..=9999).contains(&year) { self } else { Self::No }
    }
}

fn from_timestamp(stamp: Timestamp) -> Dated {
    from_civil(TimeZone::UTC.to_datetime(stamp))
}

fn from_civil(time: jiff::civil::DateTime) -> Dated {
    let mut bytes = *b"0000-00-00T00:00:00Z";
    bytes[..10].copy_from_slice(&day_bytes(time.date()));
    bytes[11..13].copy_from_slice(&two(time.hour()));
    bytes[14..16].copy_from_slice(&two(time.minute()));
    bytes[17..19].copy_from_slice(&two(time.second()));
    Dated::Time(bytes).checked(time.year())
}

fn day_bytes(day: jiff::civil::Date) -> [u8; 10] {
    let mut bytes = *b"0000-00-00";
    let year = day.year().unsigned_abs();
    for (place, divisor) in [1000, 100, 10, 1].into_iter().enumerate() {
        bytes[place] = digit(year / divisor % 10);
    }
    bytes[5..7].copy_from_slice(&two(day.month()));
    bytes[8..10].copy_from_slice(&two(day.day()));
    bytes
}

fn two(number: i8) -> [u8; 2] {
    let number = u16::from(number.unsigned_abs());
    [digit(number / 10 % 10), digit(number % 10)]
}

#[allow(clippy::cast_possible_truncation, reason = "one decimal digit")]
const fn digit(number: u16) -> u8 {
    b'0' + number as u8
}

/// What the common forms of ISO 8601 are read as, told without a look at each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quick<'a> {
    /// As [`Dated::Same`].
    Same,
    /// As [`Dated::Time`], whose last byte is `Z` behind these.
    Time(&'a [u8; 19]),
}

/// Whether this is a day of the calendar, from the year 1 on.
#[inline]
pub(super) fn is_day(day: &[u8; 10]) -> bool {
    digits(day).is_some_and(|(year, month, day)| year != 0 && exists(year, month, day))
}

/// Reads a day, or a time in UTC with or without a fraction of its second, if
/// it is in the calendar and no second is 60; `None` tells nothing.
#[inline]
pub(super) fn quick(bytes: &[u8]) -> Option<Quick<'_>> {
    let (day, rest) = bytes.split_first_chunk::<10>()?;
    if !is_day(day) {
        return None;
    }
    let (time, rest) = match rest {
        [] => return Some(Quick::Same),
        [b'T', rest @ ..] => rest.split_first_chunk::<8>()?,
        _ => return None,
    };
    if !is_time(*time) {
        return None;
    }
    match rest {
        [b'Z'] => Some(Quick::Same),
        [b'.', digits @ .., b'Z'] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => bytes.first_chunk().map(Quick::Time),
        _ => None,
    }
}

/// Whether this is `HH:MM:SS`, up to `23:59:59`. All characters are looked at together.
pub(crate) const fn is_time(time: [u8; 8]) -> bool {
    const FORM: u64 = u64::from_le_bytes(*b"00:00:00");
    const COLONS: u64 = u64::from_le_bytes([0, 0, 0xff, 0, 0, 0xff, 0, 0]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    /// With this added, a digit beyond the greatest one of its place has its high bit set.
    const BEYOND: u64 = u64::from_le_bytes([0x7d, 0x76, 0, 0x7a, 0x76, 0, 0x7a, 0x76]);
    let values = u64::from_le_bytes(time) ^ FORM;
    if values & (HIGH | COLONS) != 0 || (values + BEYOND) & HIGH != 0 {
        return false;
    }
    let [tens, ones, ..] = values.to_le_bytes();
    tens < 2 || ones < 4
}

/// ISO 8601: a calendar date, or a date and a time of day.
fn iso(bytes: &[u8]) -> Dated {
    let Some((day, rest)) = bytes.split_at_checked(10) else { return Dated::No };
    let Some((year, month, date)) = calendar(day) else { return Dated::No };
    let [b'T' | b't' | b' ', rest @ ..] = rest else {
        return if rest.is_empty() { Dated::Same } else { Dated::No };
    };
    let Some((hour, rest)) = number(rest, 23) else { return Dated::No };
    let Some((minute, rest)) = after(rest, b':').and_then(|rest| number(rest, 59)) else { return Dated::No };
    let (second, rest) = match after(rest, b':') {
        None => (0, rest),
        Some(rest) => match number(rest, 60) {
            None => return Dated::No,
            // A fraction of anything but a second is no form that is understood.
            Some((second, rest)) => match fraction(rest) {
                None => return Dated::No,
                Some(rest) => (second, rest),
            },
        },
    };
    let normal = bytes.len() == 20 && bytes.get(10) == Some(&b'T') && second < 60 && rest == b"Z";
    if normal {
        return Dated::Same;
    }
    let Some(offset) = offset(rest) else { return Dated::No };
    let mut out = *b"0000-00-00T00:00:00Z";
    if offset == 0 {
        out[..10].copy_from_slice(day);
        out[11..13].copy_from_slice(&two(hour));
        out[14..16].copy_from_slice(&two(minute));
        out[17..19].copy_from_slice(&two(second.min(59)));
        return Dated::Time(out);
    }
    shifted(year, month, date, (hour, minute, second.min(59)), offset)
}

fn shifted(year: i16, month: i8, date: i8, (hour, minute, second): (i8, i8, i8), minutes: i32) -> Dated {
    let local = jiff::civil::DateTime::new(year, month, date, hour, minute, second, 0).ok();
    let span = jiff::SignedDuration::from_mins(-i64::from(minutes));
    local.and_then(|local| local.checked_add(span).ok()).map_or(Dated::No, from_civil)
}

/// Year, month and day of `YYYY-MM-DD`, if the calendar has it.
fn calendar(day: &[u8]) -> Option<(i16, i8, i8)> {
    let (year, month, date) = digits(day.try_into().ok()?)?;
    if year == 0 || !exists(year, month, date) {
        return None;
    }
    Some((i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(date).ok()?))
}

/// Two digits, at most `most`, and what follows.
fn number(bytes: &[u8], most: i8) -> Option<(i8, &[u8])> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = bytes else { return None };
    let value = i8::try_from((tens - b'0') * 10 + (ones - b'0')).ok()?;
    (value <= most).then_some((value, rest))
}

fn after(bytes: &[u8], byte: u8) -> Option<&[u8]> {
    bytes.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
}

/// What follows a fraction of a second; `None` where it has no digits.
fn fraction(bytes: &[u8]) -> Option<&[u8]> {
    let Some(rest) = after(bytes, b'.').or_else(|| after(bytes, b',')) else { return Some(bytes) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { rest.get(digits..) }
}

/// The zone's offset from UTC in minutes.
fn offset(bytes: &[u8]) -> Option<i32> {
    let (sign, rest) = match bytes {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = number(rest, 23)?;
    if rest.is_empty() {
        return Some(sign * i32::from(hours) * 60);
    }
    let (minutes, rest) = number(after(rest, b':').unwrap_or(rest), 59)?;
    rest.is_empty().then_some(sign * (i32::from(hours) * 60 + i32::from(minutes)))
}

#[cfg(test)]
mod tests {
    use super::{Dated, Formats, Quick, iso, quick};

    #[test]
    fn the_quick_look_tells_what_the_whole_one_tells() {
        let same = |text: &[u8]| match (quick(text), iso(text)) {
            (None, _) | (Some(Quick::Same), Dated::Same) => true,
            (Some(Quick::Time(time)), Dated::Time(other)) => [&time[..], b"Z"].concat() == other,
            _ => false,
        };
        for text in ["2024-02-29", "2026-11-01T23:59:59Z", "2026-11-01T08:05:09.5Z", "2026-11-01T19:00:00.999999999Z"] {
            assert!(quick(text.as_bytes()).is_some(), "{text}");
            for at in 0..text.len() {
                let mut other = text.as_bytes().to_vec();
                for byte in 0..=u8::MAX {
                    other[at] = byte;
                    assert!(same(&other), "{text} with {byte} at {at}");
                }
                assert!(same(&text.as_bytes()[..at]), "{text} up to {at}");
            }
        }
        for (hour, minute, second) in (0..100).flat_map(|number| [(number, 0, 0), (0, number, 0), (0, 0, number)]) {
            let text = format!("2026-11-01T{hour:02}:{minute:02}:{second:02}Z");
            assert!(same(text.as_bytes()), "{text}");
            assert_eq!(quick(text.as_bytes()).is_some(), hour < 24 && minute < 60 && second < 60, "{text}");
        }
    }

    fn read(formats: &[&str], text: &str) -> Option<String> {
        let formats = Formats::new(&formats.iter().map(|format| (*format).to_owned()).collect::<Vec<_>>());
        let bytes = |bytes: &[u8]| Some(String::from_utf8(bytes.to_vec()).unwrap());
        match formats.read(text.as_bytes()) {
            Dated::Same => Some(text.to_owned()),
            Dated::Day(day) => bytes(&day),
            Dated::Time(time) => bytes(&time),
            Dated::No => None,
        }
    }

    #[test]
    fn iso_forms_become_days_or_seconds_in_utc() {
        for (text, expected) in [
            ("2026-11-01", "2026-11-01"),
            ("2024-02-29", "2024-02-29"),
            ("2000-02-29", "2000-02-29"),
            ("0001-01-01", "0001-01-01"),
            ("9999-12-31", "9999-12-31"),
            ("2026-11-01T08:05:09Z", "2026-11-01T08:05:09Z"),
            ("2026-11-01 08:05:09", "2026-11-01T08:05:09Z"),
            ("2026-11-01T08:05", "2026-11-01T08:05:00Z"),
            ("2026-11-01T08:05Z", "2026-11-01T08:05:00Z"),
            ("2026-11-01t08:05:09z", "2026-11-01T08:05:09Z"),
            ("2026-11-01T08:05:09.999999999Z", "2026-11-01T08:05:09Z"),
            ("2026-11-01T08:05:09,5+01:00", "2026-11-01T07:05:09Z"),
            ("2026-11-01T00:30:00+01:00", "2026-10-31T23:30:00Z"),
            ("2026-12-31T23:30:00-0130", "2027-01-01T01:00:00Z"),
            ("2024-02-28T23:00:00-01", "2024-02-29T00:00:00Z"),
            ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59Z"),
            ("2026-06-30T23:59:60+00:00", "2026-06-30T23:59:59Z"),
        ] {
            assert_eq!(read(&[], text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_never_guessed() {
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "0000-01-01",
            "2026-1-1",
            "01.11.2026",
            "11/01/2026",
            "20261101",
            "2026-11",
            "2026-W44",
            "2026-305",
            "+2026-11-01",
            "2026-11-01T",
            "2026-11-01T08",
            "2026-11-01T24:00:00Z",
            "2026-11-01T08:60Z",
            "2026-11-01T08:05:61Z",
            "2026-11-01T08:05:09.Z",
            "2026-11-01T08:05.5Z",
            "2026-11-01T08:05:09+1",
            "2026-11-01T08:05:09+01:0",
            "2026-11-01T08:05:09+24:00",
            "2026-11-01T08:05:09+01:60",
            "2026-11-01T08:05:09ZZ",
            "2026-11-01  08:05",
            "2026-11-01T08:05:09 Z",
            "0001-01-01T00:30:00+01:00",
            "9999-12-31T23:30:00-01:00",
            "\u{0661}026-11-01",
            "1793491200",
        ] {
            assert_eq!(read(&[], text), None, "{text}");
        }
    }

    #[test]
    fn formats_of_a_source_are_tried_after_iso_in_their_order() {
        for (formats, text, expected) in [
            (&["%d.%m.%Y"][..], "01.11.2026", Some("2026-11-01")),
            (&["%d.%m.%Y"], "29.02.2024", Some("2024-02-29")),
            (&["%d.%m.%Y"], "29.02.2026", None),
            (&["%d.%m.%Y"], "2026-11-01", Some("2026-11-01")),
            (&["%d.%m.%Y"], "01.11.2026 x", None),
            (&["%m/%d/%Y", "%d/%m/%Y"], "11/01/2026", Some("2026-11-01")),
            (&["%d/%m/%Y", "%m/%d/%Y"], "11/01/2026", Some("2026-01-11")),
            (&["%d/%m/%Y", "%m/%d/%Y"], "01/31/2026", Some("2026-01-31")),
            (&["%Y/%m/%d %H:%M:%S"], "2026/11/01 08:05:09", Some("2026-11-01T08:05:09Z")),
            (&["%Y/%m/%d %H:%M:%S %z"], "2026/11/01 00:05:09 +0100", Some("2026-10-31T23:05:09Z")),
            (&["%Y/%m/%d"], "0000/01/01", None),
            (&["epoch-s"], "0", Some("1970-01-01T00:00:00Z")),
            (&["epoch-s"], "1793491200.0", Some("2026-11-01T00:00:00Z")),
            (&["epoch-s"], "-1", Some("1969-12-31T23:59:59Z")),
            (&["epoch-ms"], "1793491200999", Some("2026-11-01T00:00:00Z")),
            (&["epoch-ms"], "-1", Some("1969-12-31T23:59:59Z")),
            (&["epoch-s"], "1793491200.5", None),
            (&["epoch-s"], "1793491200.", None),
            (&["epoch-s"], "1e9", None),
            (&["epoch-s"], "99999999999999", None),
            (&["epoch-s"], "-99999999999", None),
            (&["%"], "x", None),
        ] {
            assert_eq!(read(formats, text).as_deref(), expected, "{formats:?} {text}");
        }
    }
}
