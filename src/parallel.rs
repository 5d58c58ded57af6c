//! Work side by side. Beside the rounds of a scan, which read files, the only
//! place that knows threads.

use rayon::prelude::*;

/// Maps over items, keeping their order.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    items.par_iter().map(work).collect()
}

/// As [`each`], of items that are taken.
pub(crate) fn each_owned<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    items.into_par_iter().map(work).collect()
}

/// Sorts; fast where stretches are sorted already.
pub(crate) fn sort<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) {
    items.par_sort_by(compare);
}

/// Does two things.
pub(crate) fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(one, other)
}

/// Drops something large while others go on.
pub(crate) fn discard(large: impl Send + 'static) {
    rayon::spawn(move || drop(large));
}
