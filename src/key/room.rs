//! Memory for what is looked into everywhere, in no order.
//!
//! Where much is looked into so, finding out which page of memory an address
//! lies in takes longer than the load itself. Pages of 2 MiB make 512 into
//! one; the system gives them to whoever asks, and they lie at multiples of
//! their size.

/// The bytes of a large page.
const PAGE: usize = 2 << 20;

/// The bytes of a small one, at least.
const SMALL_PAGE: usize = 4 << 10;

/// The bytes that a processor loads at once.
const LINE: usize = 64;

/// Bytes from which on large pages are asked for: the processor keeps the
/// addresses of as many small ones at hand.
pub(super) const LARGE: usize = 1 << 20;

/// Zeroed bytes that begin where a line of the processor's memory does.
#[derive(Debug)]
pub(super) struct Room {
    home: Home,
    start: usize,
    length: usize,
}

#[derive(Debug)]
enum Home {
    Small(Vec<u8>),
    #[cfg(target_os = "linux")]
    Large(memmap2::MmapMut),
}

/// How far the next multiple of `of` is.
fn to_multiple(bytes: &[u8], of: usize) -> usize {
    let address = bytes.as_ptr().addr();
    address.next_multiple_of(of) - address
}

/// Writes to each page of fresh memory, all of which will be used.
///
/// A page that is read first is given twice: one of zeroes that all share, then
/// its own, for which every other core is interrupted.
pub(super) fn give<W: Default>(fresh: &mut [W]) {
    let page = SMALL_PAGE / size_of::<W>().max(1);
    // What is written is hidden from the compiler, which knows that there are zeroes.
    fresh.iter_mut().step_by(page).for_each(|word| *word = std::hint::black_box(W::default()));
}

impl Room {
    /// Room for so many bytes; in large pages where they are at least `large`.
    pub fn new(length: usize, large: usize) -> Self {
        if length >= large
            && let Some(room) = Self::in_large_pages(length)
        {
            return room;
        }
        let mut bytes = vec![0; length + LINE];
        give(&mut bytes);
        Self { start: to_multiple(&bytes, LINE), home: Home::Small(bytes), length }
    }

    #[cfg(target_os = "linux")]
    fn in_large_pages(length: usize) -> Option<Self> {
        let whole = length.checked_next_multiple_of(PAGE)?;
        // What lies before the first large page and behind the last is never touched: it costs addresses alone.
        let map = memmap2::MmapMut::map_anon(whole.checked_add(PAGE)?).ok()?;
        let start = to_multiple(&map, PAGE);
        // A system without large pages gives small ones: it is memory all the same.
        map.advise_range(memmap2::Advice::HugePage, start, whole).ok();
        let mut room = Self { home: Home::Large(map), start, length };
        give(room.bytes_mut());
        Some(room)
    }

    /// No other system is known to give large pages to whoever asks.
    #[cfg(not(target_os = "linux"))]
    const fn in_large_pages(_: usize) -> Option<Self> {
        None
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let all = match &self.home {
            Home::Small(bytes) => &bytes[..],
            #[cfg(target_os = "linux")]
            Home::Large(map) => &map[..],
        };
        &all[self.start..self.start + self.length]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let all = match &mut self.home {
            Home::Small(bytes) => &mut bytes[..],
            #[cfg(target_os = "linux")]
            Home::Large(map) => &mut map[..],
        };
        &mut all[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_empty_and_begins_with_a_line_and_where_large_with_a_page() {
        for (length, large) in [(0, 1), (1, 2), (100, 101), (1, 1), (100, 1), (PAGE - 1, 1), (PAGE, 1), (PAGE + 1, 1)] {
            let mut room = Room::new(length, large);
            let of = if cfg!(target_os = "linux") && length >= large { PAGE } else { LINE };
            assert_eq!((to_multiple(room.bytes(), of), room.bytes().len()), (0, length));
            assert!(room.bytes().iter().all(|byte| *byte == 0));
            room.bytes_mut().fill(7);
            assert!(room.bytes().iter().all(|byte| *byte == 7));
        }
        // What no system has is no panic where it is asked for as large pages.
        assert!(Room::in_large_pages(usize::MAX).is_none());
        assert!(Room::in_large_pages(usize::MAX - 2 * PAGE).is_none());
    }
}
