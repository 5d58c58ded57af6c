//! The sentences of the check kinds that look at time.

use super::{bounds, days, entries, named, of};
use crate::pack::{Recurs, WithoutGap};

pub(super) fn recurs(kind: &Recurs) -> String {
    let entries = entries(&kind.expected, kind.subjects.as_ref());
    let acts = format!("record of {} that names it as {}", of(&kind.by.dataset, kind.by.filter.as_ref()), named(&kind.by));
    let every = days(kind.every_days.into());
    if kind.over_period {
        let pass = if kind.every_days == 1 { "passes" } else { "pass" };
        format!("For {entries}: from the first to the last day of the period, no more than {every} {pass} without a {acts}, by its `{}`.", kind.time)
    } else {
        format!("For {entries}: there is a {acts}, whose `{}` lies within the {every} up to the as-of date.", kind.time)
    }
}

pub(super) fn without_gap(kind: &WithoutGap) -> String {
    let entries = entries(&kind.expected, kind.subjects.as_ref());
    let when = match &kind.window {
        Some((from, to)) => format!("from its `{from}` to its `{to}` (or the end of the as-of date)"),
        None if kind.over_period => "of the period".to_owned(),
        None => "of the as-of date".to_owned(),
    };
    let borne = match kind.gap_minutes {
        0 => String::new(),
        1 => "; less than 1 minute is borne".to_owned(),
        minutes => format!("; less than {minutes} minutes are borne"),
    };
    format!(
        "For {entries}: at every moment {when}, the number of records of {} that name it as {}, each from its `{}` to its `{}`, is {}{borne}.",
        of(&kind.by.dataset, kind.by.filter.as_ref()),
        named(&kind.by),
        kind.from,
        kind.to,
        bounds(Some(kind.at_least).filter(|least| *least > 0), kind.at_most)
    )
}
