//! How long a quick way that failed is not tried again: the longer, the more
//! often it failed.

/// After fewer than this that were read together it is not forgotten that others could not be.
const FEW: u32 = 4;
/// The longest wait: as many are read one by one at most before others are tried to be read together.
const LONGEST: u32 = 63;

/// Whether to try again.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct BackOff {
    /// So many turns from now on nothing is tried.
    wait: u32,
    /// As many after the next failure.
    next: u32,
}

impl BackOff {
    /// Whether it is tried now.
    #[inline]
    pub(super) const fn tries(self) -> bool {
        self.wait == 0
    }

    /// A turn without a try.
    #[inline]
    pub(super) const fn pass(&mut self) {
        self.wait = self.wait.saturating_sub(1);
    }

    /// So many were read together.
    #[inline]
    pub(super) const fn succeed(&mut self, count: u32) {
        if count >= FEW {
            self.next = 0;
        }
    }

    /// None could be read together.
    pub(super) fn fail(&mut self) {
        (self.wait, self.next) = (self.next, LONGEST.min(self.next * 2 + 1));
    }

    /// So many were read together; where they are few, that counts as a failure.
    #[inline]
    pub(super) fn tried(&mut self, count: u32) {
        if count < FEW { self.fail() } else { self.succeed(count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_failures_and_is_forgotten_after_success() {
        let mut back_off = BackOff::default();
        let waited = |back_off: &mut BackOff| {
            back_off.fail();
            let mut turns = 0;
            while !back_off.tries() {
                back_off.pass();
                turns += 1;
            }
            turns
        };
        assert_eq!([(); 9].map(|()| waited(&mut back_off)), [0, 1, 3, 7, 15, 31, 63, 63, 63]);
        back_off.succeed(FEW - 1);
        assert_eq!(waited(&mut back_off), LONGEST);
        back_off.succeed(FEW);
        assert_eq!([(); 2].map(|()| waited(&mut back_off)), [0, 1]);
        back_off.tried(0);
        assert!(!back_off.tries());
        back_off.pass();
        assert!(!back_off.tries());
    }
}
