//! Work side by side. Beside the rounds of a scan, which read files, the only
//! place that knows threads.
//!
//! Work is side by side within the threads that were asked for ([`within`]),
//! and one after the other outside of them: nothing starts threads of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

/// Bytes of stack of each thread. A thread that waits for its parts takes other
/// work meanwhile, on top of its own: files of packs can lie there some deep,
/// and checks that are being finished.
const STACK: usize = 32 << 20;

/// Runs in so many threads; 0: as many as there are cores.
///
/// # Errors
/// No threads can be started.
pub fn within<R: Send>(jobs: usize, work: impl FnOnce() -> R + Send) -> Result<R, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).stack_size(STACK).build();
    pool.map(|pool| pool.install(work)).map_err(|error| error.to_string())
}

fn outside() -> bool {
    rayon::current_thread_index().is_none()
}

/// Maps over items, keeping their order.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if outside() { items.iter().map(work).collect() } else { items.par_iter().map(work).collect() }
}

/// Maps over stretches of items, as many as there are threads, keeping their order.
pub(crate) fn parts<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync + Send) -> Vec<R> {
    let threads = if outside() { 1 } else { rayon::current_num_threads() };
    let parts: Vec<&[T]> = items.chunks(items.len().div_ceil(threads).max(1)).collect();
    each(&parts, |part| work(part))
}

/// As [`each`], of items that are taken.
pub(crate) fn each_owned<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if outside() { items.into_iter().map(work).collect() } else { items.into_par_iter().map(work).collect() }
}

/// Sorts; fast where stretches are sorted already.
pub(crate) fn sort<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) {
    if outside() { items.sort_by(compare) } else { items.par_sort_by(compare) }
}

/// Does two things.
pub(crate) fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    if outside() { (one(), other()) } else { rayon::join(one, other) }
}

/// Locks, also what a panic poisoned: what panics is caught, and what it had half done is thrown away or ends the scan.
pub(crate) fn lock<T>(locked: &Mutex<T>) -> MutexGuard<'_, T> {
    locked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops something large while others go on.
pub(crate) fn discard(large: impl Send + 'static) {
    if !outside() {
        rayon::spawn(move || drop(large));
    }
}
