//! The sentences of the check kinds that look at time.

use super::{days, entries, named, of};
use crate::pack::Recurs;

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
