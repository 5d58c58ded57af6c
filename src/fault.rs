//! Faults of the program itself: a panic in one check or reader is caught
//! where its reach ends, told in one line, and the rest of the scan goes on.

use std::cell::Cell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::text::visible;

thread_local! {
    /// What this thread does, while a panic in it would be caught.
    static DOING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Runs `work`; `None` where it panicked. Whatever `work` had half changed by
/// then is not to be used again: the caller throws it away.
pub fn caught<R>(doing: &'static str, work: impl FnOnce() -> R) -> Option<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match DOING.get() {
            Some(doing) => tell(doing, panic),
            None => before(panic),
        }));
    });
    let outer = DOING.replace(Some(doing));
    let result = catch_unwind(AssertUnwindSafe(work));
    DOING.set(outer);
    result.ok()
}

/// One line on standard error. A message may quote evidence.
fn tell(doing: &str, panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    let short: String = visible(message).chars().take(200).collect();
    // Nobody can be told that standard error is closed.
    let _ = writeln!(std::io::stderr(), "fault: {doing}{place}: {short}");
}

/// Panics where a test plants a fault: a check or file of that name.
#[cfg(test)]
pub fn planted(here: &str, name: &str) {
    assert!(!name.starts_with(here), "a planted fault: {here}");
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_is_an_answer_and_the_next_work_runs() {
        assert_eq!(caught("testing", || 1), Some(1));
        let none: Option<u8> = caught("testing", || panic!("on purpose"));
        assert_eq!(none, None);
        assert_eq!(caught("testing", || caught("within", || -> u8 { panic!("on purpose") })), Some(None));
    }
}
