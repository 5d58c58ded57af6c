//! What is kept of a block: counts, and stretches that can be read again.

use super::{BETWEEN_STOPS, BlockInfo, Stop};
use crate::evidence::batch::BatchBuffer;
use crate::evidence::bits::Bits;
use crate::evidence::decode::small;
use crate::key;

impl BlockInfo {
    /// `line_ends` are those of the body, where they are known.
    pub(super) fn describe(&mut self, bytes: &[u8], line_ends: Option<&Bits>, buffers: &[BatchBuffer], seed: u64) {
        let (head, body) = bytes.split_at_checked(self.skip).unwrap_or_default();
        self.opens_list = head.contains(&b'[');
        self.rows = buffers.first().map_or(0, |buffer| u64::from(buffer.rows));
        self.records = buffers.iter().map(|buffer| u64::from(buffer.ordinals)).collect();
        let before = Bits::count(head, b'\n');
        let count = |from: usize, to: usize| match line_ends {
            Some(marks) => marks.ones(from..to),
            None => Bits::count(body.get(from..to).unwrap_or_default(), b'\n'),
        };
        let mut lines = None;
        let stops = buffers.iter().map(|buffer| {
            let (stops, all) = digested(stops(buffer), before, count, body, seed);
            lines = Some(all);
            stops
        });
        self.stops = stops.collect();
        self.lines = lines.unwrap_or_else(|| before + count(0, body.len()));
        for (table, buffer) in buffers.iter().enumerate() {
            for rejection in buffer.view(0, 0, &[]).rejections() {
                match self.rejected.iter_mut().find(|(at, reason, ..)| *at == table && *reason == rejection.reason) {
                    Some((_, _, count, _)) => *count += 1,
                    None => self.rejected.push((table, rejection.reason, 1, u64::from(rejection.place.ordinal))),
                }
            }
        }
    }
}

/// Every so many records one that is the first of its row, or of what could not be read of it.
fn stops(buffer: &BatchBuffer) -> Vec<Stop> {
    let places = buffer.places();
    let mut rejections = buffer.view(0, 0, &[]).rejections().iter().peekable();
    let mut stops: Vec<Stop> = Vec::with_capacity(places.len() / BETWEEN_STOPS + 1);
    let (mut due, mut last_row) = (0, None);
    for (at, place) in places.iter().enumerate() {
        while let Some(rejection) = rejections.next_if(|rejection| rejection.place.ordinal < place.ordinal) {
            last_row = Some(rejection.place.row);
        }
        if at >= due && last_row != Some(place.row) {
            stops.push(Stop { offset: place.offset, ordinal: place.ordinal, row: place.row, lines: 0, digest: 0 });
            due = (at / BETWEEN_STOPS + 1) * BETWEEN_STOPS;
        }
        last_row = Some(place.row);
    }
    stops
}

/// With the line ends before each stop, of which `before` stand before the
/// body and `count` tells the others, and the digest of its stretch; and with all line ends.
fn digested(mut stops: Vec<Stop>, before: u64, count: impl Fn(usize, usize) -> u64, body: &[u8], seed: u64) -> (Vec<Stop>, u64) {
    let first = stops.first().map_or(body.len(), |first| first.offset as usize);
    let mut lines = before + count(0, first);
    let ends: Vec<usize> = stops.iter().skip(1).map(|next| next.offset as usize).chain([body.len()]).collect();
    for (stop, end) in stops.iter_mut().zip(ends) {
        let start = stop.offset as usize;
        stop.lines = small(usize::try_from(lines).unwrap_or(usize::MAX));
        stop.digest = key::hash(seed, body.get(start..end).unwrap_or_default());
        lines += count(start, end);
    }
    (stops, lines)
}
