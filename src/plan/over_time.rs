//! The check kinds that look at time.

use super::builder::Builder;
use super::operators::{Planned, pairing};
use crate::check::Operator;
use crate::check::recurs::{Days, Recurs};
use crate::pack::{self, Check};

pub(super) fn recurs(builder: &mut Builder<'_>, check: &Check, kind: &pack::Recurs) -> Planned {
    let (pairing, domain) = pairing(builder, check, (&kind.expected, kind.subjects.as_ref(), &kind.by));
    let time = builder.column(pairing.dataset, &kind.time);
    let frame = builder.frame();
    let days = Days::new(kind.every_days, frame.period.filter(|_| kind.over_period), frame.as_of);
    let feeds = vec![pairing.dataset];
    (Operator::Recurs(Recurs { pairing, time, days }), feeds, Some(domain))
}
