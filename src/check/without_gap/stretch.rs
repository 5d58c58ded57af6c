//! Stretches of time over which something is so, out of what changes when.

/// What changes at a second: how often something is asked then (surely, perhaps), and how much holds (certainly, possibly).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub at: i64,
    pub asked: [i64; 2],
    pub held: [i64; 2],
}

/// Seconds between two changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    from: i64,
    to: i64,
    asked: [i64; 2],
    held: [i64; 2],
}

/// A stretch of time, up to the second before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from: i64,
    pub to: i64,
}

/// What holds between the changes, where something is asked at all.
pub(super) fn pieces(mut changes: Vec<Change>) -> Vec<Piece> {
    changes.sort_unstable_by_key(|change| change.at);
    let (mut asked, mut held) = ([0, 0], [0, 0]);
    let mut pieces = Vec::new();
    for (change, next) in changes.iter().zip(changes.iter().skip(1)) {
        for kind in 0..2 {
            asked[kind] += change.asked[kind];
            held[kind] += change.held[kind];
        }
        if change.at < next.at && asked.iter().any(|asked| *asked > 0) {
            pieces.push(Piece { from: change.at, to: next.at, asked, held });
        }
    }
    pieces
}

/// The longest stretch over which something is asked and what holds is bad, of those that count; of several the
/// first. `counts` is given the length, and whether it was so for as long as something was asked without a break.
pub(super) fn longest(
    pieces: &[Piece],
    asked: impl Fn([i64; 2]) -> bool,
    bad: impl Fn([i64; 2]) -> bool,
    counts: impl Fn(i64, bool) -> bool,
) -> Option<Stretch> {
    let mut longest: Option<Stretch> = None;
    let mut asked = pieces.iter().filter(|piece| asked(piece.asked)).peekable();
    while let Some(first) = asked.next() {
        // All pieces of what is asked without a break.
        let (begin, mut end) = (first.from, first.to);
        let mut runs = Vec::new();
        let mut run = bad(first.held).then_some(first.from);
        while let Some(piece) = asked.next_if(|piece| piece.from == end) {
            end = piece.to;
            if !bad(piece.held) {
                runs.extend(run.take().map(|from| Stretch { from, to: piece.from }));
            } else if run.is_none() {
                run = Some(piece.from);
            }
        }
        runs.extend(run.map(|from| Stretch { from, to: end }));
        for Stretch { from, to } in runs {
            let length = to - from;
            if counts(length, from == begin && to == end) && longest.is_none_or(|known| known.to - known.from < length) {
                longest = Some(Stretch { from, to });
            }
        }
    }
    longest
}
