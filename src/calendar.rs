//! Calendar days and moments, in UTC, from the normalised forms of evidence.
//!
//! Readers normalise dates to `YYYY-MM-DD` and times to
//! `YYYY-MM-DDTHH:MM:SSZ`; here they become numbers that compare. The as-of
//! date is the only clock that evaluation knows.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// A calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(pub i32);

/// The days from the first of March to the first of each month.
const FROM_MARCH: [i32; 16] = [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 0, 0, 0];

/// A day, or a second of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// The day.
    pub day: Day,
    /// The second of the day, where the evidence gives a time.
    pub second: Option<u32>,
}

impl Day {
    /// Reads `YYYY-MM-DD`; `None` for anything else and for days that do not exist.
    #[must_use]
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (year, month, day) = digits(text.try_into().ok()?)?;
        Self::from_civil(year, month, day)
    }

    /// The day of a date of the Gregorian calendar; `None` where there is none.
    ///
    /// Days are counted by the usual closed formula, with the year taken to
    /// begin in March.
    #[must_use]
    #[inline]
    pub fn from_civil(year: i32, month: i32, day: i32) -> Option<Self> {
        if !exists(year, month, day) {
            return None;
        }
        // 400 years more, which have as many days wherever they begin, so that none is before the year 0.
        let years = year + 400 - i32::from(month <= 2);
        let (centuries, of_year) = (years / 100, usize::try_from(month).ok().and_then(|month| FROM_MARCH.get(month))?);
        Some(Self(years * 365 + years / 4 - centuries + centuries / 4 + of_year + day - 1 - 146_097 - 719_468))
    }

    /// So many days later; saturates far outside any calendar.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        let sum = i64::from(self.0).saturating_add(days);
        Self(i32::try_from(sum.clamp(-10_000_000, 10_000_000)).unwrap_or(0))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era_days = shifted.rem_euclid(146_097);
        let of_era = (of_era_days - of_era_days / 1460 + of_era_days / 36_524 - of_era_days / 146_096) / 365;
        let of_year = of_era_days - (365 * of_era + of_era / 4 - of_era / 100);
        let part = (5 * of_year + 2) / 153;
        let day = of_year - (153 * part + 2) / 5 + 1;
        let month = if part < 10 { part + 3 } else { part - 9 };
        let year = of_era + era * 400 + i32::from(month <= 2);
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

impl Moment {
    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`.
    #[must_use]
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() == 10 {
            return Some(Self { day: Day::parse(text)?, second: None });
        }
        if text.len() != 20 || text.get(10) != Some(&b'T') || text.get(19) != Some(&b'Z') {
            return None;
        }
        let day = Day::parse(text.get(..10)?)?;
        let two = |at: usize| {
            let (tens, ones) = (text.get(at)?.wrapping_sub(b'0'), text.get(at + 1)?.wrapping_sub(b'0'));
            (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
        };
        let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
        (hour < 24 && minute < 60 && second < 60).then_some(Self { day, second: Some(hour * 3600 + minute * 60 + second) })
    }

    /// Compares by the second where both have a time, else by the day.
    #[must_use]
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        match (self.second, other.second) {
            (Some(left), Some(right)) => (self.day, left).cmp(&(other.day, right)),
            _ => self.day.cmp(&other.day),
        }
    }
}

/// A day as readers write it, `YYYY-MM-DD`: it compares as the day does, and nothing has to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written(
    /// Its digits, the first one highest.
    NonZeroU64,
);

impl Written {
    /// Characters of a day.
    const LENGTH: usize = 10;
    /// The bits of the characters of a day, of a word of which the first one is lowest.
    const DAY: u128 = (1 << (8 * Self::LENGTH)) - 1;
    /// Before any day.
    pub const FIRST: Self = Self(NonZeroU64::MIN);
    /// After any day.
    pub const LAST: Self = Self(NonZeroU64::MAX);

    /// The day that begins a word, of which the first character is lowest.
    /// `None` where no date begins it; whether the calendar has the day is not looked at.
    #[must_use]
    #[inline]
    pub const fn beginning(word: u128) -> Option<Self> {
        let text = word & Self::DAY;
        if values(text).is_none() {
            return None;
        }
        let [a, b, c, d, _, e, f, _, g, h, ..] = text.to_le_bytes();
        match NonZeroU64::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])) {
            Some(digits) => Some(Self(digits)),
            None => None,
        }
    }

    /// The day, if the calendar has it.
    #[must_use]
    pub fn counted(self) -> Option<Day> {
        let [a, b, c, d, e, f, g, h] = self.0.get().to_be_bytes();
        Day::parse(&[a, b, c, d, b'-', e, f, b'-', g, h])
    }

    /// A day; `None` where its year has more than four digits.
    #[must_use]
    pub fn of(day: Day) -> Option<Self> {
        let text = day.to_string();
        let bytes = text.as_bytes().first_chunk::<{ Self::LENGTH }>().filter(|bytes| bytes.len() == text.len())?;
        Self::beginning(bytes.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte)))
    }

    /// The last that is before it; it need not be a day.
    #[must_use]
    pub const fn just_before(self) -> Self {
        match NonZeroU64::new(self.0.get() - 1) {
            Some(before) => Self(before),
            None => self,
        }
    }

    /// The first that is after it; it need not be a day.
    #[must_use]
    pub const fn just_after(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Whether the calendar has this day, in the years 0 to 9999.
#[inline]
pub(crate) fn exists(year: i32, month: i32, day: i32) -> bool {
    // The 29th of February, of which only the year tells, is beyond the last day here.
    const LAST: [i32; 16] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0];
    let last = usize::try_from(month).ok().and_then(|month| LAST.get(month)).copied().unwrap_or(0);
    let leap = || month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    day >= 1 && (day <= last || leap()) && (0..=9999).contains(&year)
}

/// The values of the digits of `YYYY-MM-DD`, in the places of their characters, the first one lowest.
///
/// All characters are looked at together: what is not a digit where one must
/// be, or no hyphen, leaves a bit.
#[inline]
const fn values(text: u128) -> Option<u128> {
    const FORM: u128 = u128::from_le_bytes(*b"0000-00-00\0\0\0\0\0\0");
    const HYPHENS: u128 = 0xff00_00ff << 32;
    const HIGH: u128 = 0x8080_8080_8080_8080_8080;
    const BEYOND_NINE: u128 = 0x7676_7676_7676_7676_7676;
    let values = text ^ FORM;
    if values & (HIGH | HYPHENS) != 0 || (values + BEYOND_NINE) & HIGH != 0 { None } else { Some(values) }
}

/// Year, month and day of `YYYY-MM-DD`; whether the calendar has them is not looked at.
#[inline]
pub(crate) const fn digits(text: &[u8; 10]) -> Option<(i32, i32, i32)> {
    let [a, b, c, d, e, f, g, h, i, j] = *text;
    let Some(values) = values(u128::from_le_bytes([a, b, c, d, e, f, g, h, i, j, 0, 0, 0, 0, 0, 0])) else { return None };
    let [y0, y1, y2, y3, _, m0, m1, _, d0, d1, ..] = values.to_le_bytes();
    let year = y0 as i32 * 1000 + y1 as i32 * 100 + y2 as i32 * 10 + y3 as i32;
    Some((year, m0 as i32 * 10 + m1 as i32, d0 as i32 * 10 + d1 as i32))
}

#[cfg(test)]
mod tests {
    use super::{Day, Moment, Written, digits};

    #[test]
    fn any_other_byte_anywhere_makes_no_date() {
        let good = *b"2026-11-09";
        assert_eq!(digits(&good), Some((2026, 11, 9)));
        for at in 0..10 {
            for byte in 0..=255 {
                let mut text = good;
                text[at] = byte;
                let fits = if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
                assert_eq!(digits(&text).is_some(), fits, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip_and_counts_up_by_one() {
        let first = Day::parse(b"1799-12-31").unwrap();
        for offset in 0..150_000 {
            let day = first.plus(offset);
            assert_eq!(Day::parse(day.to_string().as_bytes()), Some(day));
        }
        assert_eq!(Day::parse(b"1970-01-01"), Some(Day(0)));
        assert_eq!(Day::parse(b"2026-11-01"), Some(Day(20_758)));
        assert_eq!((Day::parse(b"0000-01-01"), Day::parse(b"9999-12-31")), (Some(Day(-719_528)), Some(Day(2_932_896))));
    }

    #[test]
    fn written_days_compare_as_days_do() {
        let written = |text: &[u8]| Written::beginning(text.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte)));
        let days = ["0000-01-01", "0999-12-31", "1000-01-01", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2026-02-10", "9999-12-31"];
        for one in days {
            let day = Day::parse(one.as_bytes()).unwrap();
            assert_eq!(Written::of(day), written(one.as_bytes()));
            assert_eq!(Written::of(day).and_then(Written::counted), Some(day));
            assert_eq!(Written::of(day), written(format!("{one}T23:59").as_bytes()), "what follows is not looked at");
            for other in days {
                assert_eq!(written(one.as_bytes()).cmp(&written(other.as_bytes())), day.cmp(&Day::parse(other.as_bytes()).unwrap()), "{one} {other}");
            }
        }
        assert_eq!(["", "2026-11", "2026/11/01", "tomorrow..", "2026-11-0x"].map(|text| written(text.as_bytes())), [None; 5]);
        assert_eq!([Day(-719_529), Day(2_932_897), Day(10_000_000), Day(-10_000_000)].map(Written::of), [None; 4]);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "1900-02-29", "2026-1-01", "2026-01-01x", "", "abcd-ef-gh"] {
            assert_eq!(Day::parse(text.as_bytes()), None, "{text}");
        }
        assert!(Day::parse(b"2024-02-29").is_some());
        assert_eq!(Moment::parse(b"2026-01-01T24:00:00Z"), None);
        assert_eq!(Moment::parse(b"2026-01-01T23:59:59Z").unwrap().second, Some(86_399));
    }
    #[test]
    fn moments_compare_by_the_second_where_both_have_one_else_by_the_day() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (left, right, expected) in [
            ("2026-11-01", "2026-11-01", Equal),
            ("2026-10-31", "2026-11-01", Less),
            ("2026-11-01T00:00:00Z", "2026-11-01T23:59:59Z", Less),
            ("2026-11-01T12:00:01Z", "2026-11-01T12:00:00Z", Greater),
            ("2026-11-01T23:59:59Z", "2026-11-01", Equal),
            ("2026-11-01", "2026-11-01T00:00:00Z", Equal),
            ("2026-11-02T00:00:00Z", "2026-11-01", Greater),
            ("2026-10-31T23:59:59Z", "2026-11-01", Less),
            ("2024-02-29", "2024-03-01", Less),
        ] {
            let (one, other) = (Moment::parse(left.as_bytes()).unwrap(), Moment::parse(right.as_bytes()).unwrap());
            assert_eq!(one.compare(other), expected, "{left} {right}");
            assert_eq!(other.compare(one), expected.reverse(), "{right} {left}");
        }
        for text in ["", "2026-11-01T00:00:00", "2026-11-01 00:00:00Z", "2026-11-01T00:60:00Z", "2026-11-01T00:00:60Z", "2026-11-01T0a:00:00Z"] {
            assert_eq!(Moment::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn days_are_added_far_beyond_any_calendar_without_overflow() {
        let day = Day::parse(b"2024-02-28").unwrap();
        assert_eq!((day.plus(1).to_string(), day.plus(2).to_string()), ("2024-02-29".to_owned(), "2024-03-01".to_owned()));
        assert!(day.plus(i64::MAX) > day && day.plus(i64::MIN) < day);
    }
}
