//! Two messages digested side by side.
//!
//! Each round of SHA-256 waits for the one before, which takes a processor
//! longer than the work of the round: the rounds of another message fit in
//! between. Two messages take little more than the time of one, on some
//! processors no more. The instructions are used on processors that have
//! AVX-512 as well: of no others can it be told without unsafe code.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_setzero_si128, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
};

use fearless_simd::Level;

use super::running::{Block, State};

/// The words that rounds add (FIPS 180-4, section 4.2.2).
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// Whether the processor has the instructions.
pub(super) fn there() -> bool {
    Level::new().as_avx512().is_some()
}

/// Takes blocks of two messages into their states, as many of each. Gives
/// `false`, and does nothing, where the processor has no instructions for it.
pub(super) fn compress(states: [&mut State; 2], blocks: [&[Block]; 2]) -> bool {
    let Some(level) = Level::new().as_avx512() else { return false };
    two(level, states, blocks);
    true
}

/// The working variables of a message, as the instructions have them: a, b, e, f and c, d, g, h, the first ones highest.
#[inline]
#[target_feature(enable = "sse4.1")]
fn variables([a, b, c, d, e, f, g, h]: State) -> (__m128i, __m128i) {
    let four = |[a, b, c, d]: [u32; 4]| _mm_set_epi32(a.cast_signed(), b.cast_signed(), c.cast_signed(), d.cast_signed());
    (four([a, b, e, f]), four([c, d, g, h]))
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn state((abef, cdgh): (__m128i, __m128i)) -> State {
    let four = |of: __m128i| {
        [_mm_extract_epi32::<3>(of), _mm_extract_epi32::<2>(of), _mm_extract_epi32::<1>(of), _mm_extract_epi32::<0>(of)].map(i32::cast_unsigned)
    };
    let ([a, b, e, f], [c, d, g, h]) = (four(abef), four(cdgh));
    [a, b, c, d, e, f, g, h]
}

/// The words of a block, which are big-endian; the first one lowest.
#[inline]
#[target_feature(enable = "ssse3")]
fn words(block: &Block) -> [__m128i; 4] {
    let big_endian = _mm_set_epi64x(0x0C0D_0E0F_0809_0A0B, 0x0405_0607_0001_0203);
    let (quarters, _) = block.as_chunks::<16>();
    std::array::from_fn(|quarter| {
        let bytes = u128::from_le_bytes(quarters[quarter]);
        _mm_shuffle_epi8(_mm_set_epi64x((bytes >> 64) as i64, bytes as i64), big_endian)
    })
}

/// What four rounds add.
#[inline]
#[target_feature(enable = "sse2")]
fn added<const FOUR: usize>() -> __m128i {
    let word = |number: usize| ROUNDS[4 * FOUR + number].cast_signed();
    _mm_set_epi32(word(3), word(2), word(1), word(0))
}

/// Four rounds of each message.
#[inline]
#[target_feature(enable = "sha,ssse3")]
fn rounds<const FOUR: usize>(abef: &mut [__m128i; 2], cdgh: &mut [__m128i; 2], words: &mut [[__m128i; 4]; 2]) {
    let [own, next, third, last] = [FOUR % 4, (FOUR + 1) % 4, (FOUR + 2) % 4, (FOUR + 3) % 4];
    for message in 0..2 {
        let words = &mut words[message];
        if FOUR >= 4 {
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(words[own], words[next]), _mm_alignr_epi8::<4>(words[last], words[third]));
            words[own] = _mm_sha256msg2_epu32(sum, words[last]);
        }
        let sum = _mm_add_epi32(words[own], added::<FOUR>());
        cdgh[message] = _mm_sha256rnds2_epu32(cdgh[message], abef[message], sum);
        abef[message] = _mm_sha256rnds2_epu32(abef[message], cdgh[message], _mm_shuffle_epi32::<0x0E>(sum));
    }
}

fearless_simd::kernel!(
    /// The function of FIPS 180-4, section 6.2.2, of two messages.
    fn two(level: Avx512, states: [&mut State; 2], blocks: [&[Block]; 2]) {
        let _ = level;
        let zeroes = [_mm_setzero_si128(); 2];
        let (mut abef, mut cdgh) = (zeroes, zeroes);
        for message in 0..2 {
            (abef[message], cdgh[message]) = variables(*states[message]);
        }
        for (one, other) in blocks[0].iter().zip(blocks[1]) {
            let before = (abef, cdgh);
            let mut words = [words(one), words(other)];
            macro_rules! in_turn {
                ($($four:literal)*) => { $(rounds::<$four>(&mut abef, &mut cdgh, &mut words);)* };
            }
            in_turn!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
            for message in 0..2 {
                abef[message] = _mm_add_epi32(abef[message], before.0[message]);
                cdgh[message] = _mm_add_epi32(cdgh[message], before.1[message]);
            }
        }
        for (message, own) in states.into_iter().enumerate() {
            *own = state((abef[message], cdgh[message]));
        }
    }
);
