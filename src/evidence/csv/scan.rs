//! Finds delimiters, line ends and quotes, 64 bytes at a time.

/// Bytes looked at together.
const WIDTH: usize = 64;

/// Walks over the marks of a block: each byte that is one of three.
#[derive(Debug)]
pub(super) struct Marks<'b> {
    block: &'b [u8],
    needles: [u8; 3],
    /// Where the stretch that `bits` describes begins.
    base: usize,
    /// One bit for every mark not yet given.
    bits: u64,
}

impl<'b> Marks<'b> {
    /// Marks of these bytes.
    pub(super) fn new(block: &'b [u8], needles: [u8; 3]) -> Self {
        let mut marks = Self { block, needles, base: 0, bits: 0 };
        marks.bits = marks.look(0);
        marks
    }

    /// The next mark.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.base += WIDTH;
            if self.base >= self.block.len() {
                return None;
            }
            self.bits = self.look(self.base);
        }
        let place = self.base + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }

    /// Goes on at a place behind the last mark given.
    pub(super) fn skip_to(&mut self, place: usize) {
        let inside = place % WIDTH;
        let base = place - inside;
        if base != self.base {
            self.base = base;
            self.bits = self.look(base);
        }
        self.bits &= u64::MAX << inside;
    }

    #[inline]
    fn look(&self, base: usize) -> u64 {
        match self.block.get(base..).and_then(|rest| rest.first_chunk::<WIDTH>()) {
            Some(chunk) => mask(chunk, self.needles),
            None => self.look_at_tail(base),
        }
    }

    #[cold]
    fn look_at_tail(&self, base: usize) -> u64 {
        let tail = self.block.get(base..).unwrap_or_default();
        let mut bits = 0;
        for (place, byte) in tail.iter().take(WIDTH).enumerate() {
            bits |= u64::from(self.needles.contains(byte)) << place;
        }
        bits
    }
}

/// One bit per byte: whether it is a needle. The compiler makes vector
/// comparisons of the first loop; the second gathers eight bytes of 0 or 1 at
/// a time into eight bits by one multiplication.
#[inline]
fn mask(chunk: &[u8; WIDTH], [a, b, c]: [u8; 3]) -> u64 {
    let mut hits = [0u8; WIDTH];
    for (hit, byte) in hits.iter_mut().zip(chunk) {
        *hit = u8::from(*byte == a) | u8::from(*byte == b) | u8::from(*byte == c);
    }
    let mut bits = 0;
    let (words, _) = hits.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let gathered = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (place * 8);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn every_mark_is_found_wherever_it_stands() {
        for length in [0, 1, 63, 64, 65, 127, 128, 200] {
            let block: Vec<u8> = (0..length).map(|place| b"a,b\n\"c\xff\0"[place * 7 % 8]).collect();
            let wanted: Vec<usize> = (0..length).filter(|place| b",\n\"".contains(&block[*place])).collect();
            let mut marks = Marks::new(&block, [b',', b'\n', b'"']);
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
            assert_eq!(found, wanted);
            for start in 0..length {
                let mut marks = Marks::new(&block, [b',', b'\n', b'"']);
                marks.skip_to(start);
                assert_eq!(marks.next(), wanted.iter().copied().find(|place| *place >= start));
            }
        }
    }
}
