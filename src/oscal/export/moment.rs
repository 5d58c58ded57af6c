//! When a document was changed last, without a clock.

use jiff::Timestamp;

use crate::calendar::Day;
use crate::pack::Pack;

/// A moment as OSCAL writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// `2025-12-03T00:00:00Z`.
    pub written: String,
    /// Whether it says anything: else it is the beginning of 1970.
    pub known: bool,
}

impl Moment {
    /// The moment of an export: what the caller says (`--as-of`); else what the pack says (the
    /// catalog that it was made of, else the latest day on which a file of its provenance was
    /// published); else `SOURCE_DATE_EPOCH`; else the beginning of 1970, which nobody takes for a date.
    #[must_use]
    pub fn of(pack: &Pack, as_of: Option<Day>, epoch: Option<i64>) -> Self {
        let told = as_of.and_then(day).or_else(|| imported(pack)).or_else(|| published(pack));
        let told = told.or_else(|| epoch.and_then(|seconds| Timestamp::from_second(seconds).ok()));
        Self { written: told.unwrap_or(Timestamp::UNIX_EPOCH).to_string(), known: told.is_some() }
    }
}

fn day(day: Day) -> Option<Timestamp> {
    Timestamp::from_second(i64::from(day.0) * 86_400).ok()
}

/// What the catalog said that the pack was made of.
fn imported(pack: &Pack) -> Option<Timestamp> {
    let table = pack.tables.get(super::super::tables::CATALOG.name)?;
    let row = table.rows.iter().find(|row| row.first().is_some_and(|name| name == "last-modified"))?;
    sound(row.get(1)?.parse().ok()?)
}

fn published(pack: &Pack) -> Option<Timestamp> {
    let days = pack.listing.provenance.iter().filter_map(|file| {
        let told = file.published.as_deref()?;
        let whole = if told.len() == 7 { format!("{told}-01") } else { told.to_owned() };
        Day::parse(whole.as_bytes())
    });
    days.max().and_then(day).and_then(sound)
}

/// The schema knows the years 1900 to 2999.
fn sound(moment: Timestamp) -> Option<Timestamp> {
    (-2_208_988_800..32_503_680_000).contains(&moment.as_second()).then_some(moment)
}
