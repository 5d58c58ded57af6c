//! The check kinds that look at time.

use super::builder::Builder;
use super::operators::{Planned, pairing};
use crate::check::Operator;
use crate::check::recurs::{Days, Recurs};
use crate::check::span::SpanColumns;
use crate::check::without_gap::{LEAST, WithoutGap};
use crate::pack::{self, Check};

pub(super) fn recurs(builder: &mut Builder<'_>, check: &Check, kind: &pack::Recurs) -> Planned {
    let (pairing, domain) = pairing(builder, check, (&kind.expected, kind.subjects.as_ref(), &kind.by), None);
    let time = builder.column(pairing.dataset, &kind.time);
    let frame = builder.frame();
    let days = Days::new(kind.every_days, frame.period.filter(|_| kind.over_period), frame.as_of);
    let feeds = vec![pairing.dataset];
    (Operator::Recurs(Recurs { pairing, time, days }), feeds, Some(domain))
}

pub(super) fn without_gap(builder: &mut Builder<'_>, check: &Check, kind: &pack::WithoutGap) -> Planned {
    let (pairing, domain) = pairing(builder, check, (&kind.expected, kind.subjects.as_ref(), &kind.by), kind.window.as_ref());
    let columns = SpanColumns { from: builder.column(pairing.dataset, &kind.from), to: builder.column(pairing.dataset, &kind.to) };
    let frame = builder.frame();
    let days = frame.period.filter(|_| kind.over_period).map_or((frame.as_of, frame.as_of), |(first, last)| (first, last.min(frame.as_of)));
    let feeds = vec![pairing.dataset];
    let operator = WithoutGap {
        pairing,
        columns,
        over: kind.window.is_none().then_some(days),
        at_least: kind.at_least,
        at_most: kind.at_most.unwrap_or(u64::MAX),
        least: LEAST.max(i64::from(kind.gap_minutes) * 60),
        as_of: frame.as_of,
    };
    (Operator::WithoutGap(operator), feeds, Some(domain))
}
