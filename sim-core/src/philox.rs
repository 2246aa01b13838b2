//! Philox4x64-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
//! (SC 2011). Guarantees the published output for each (key, counter); holds no state.

const MULTIPLIER_0: u64 = 0xD2E7_470E_E14C_6C93;
const MULTIPLIER_1: u64 = 0xCA5A_8263_9512_1157;
const WEYL_0: u64 = 0x9E37_79B9_7F4A_7C15;
const WEYL_1: u64 = 0xBB67_AE85_84CA_A73B;

#[inline(always)]
fn wide(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    ((product >> 64) as u64, product as u64)
}

/// Four words addressed by `key` and `counter`. For one key it is a bijection of the counter, so that streams never collide.
#[inline(always)]
#[must_use]
pub fn philox4x64(key: [u64; 2], counter: [u64; 4]) -> [u64; 4] {
    let (mut c, mut k) = (counter, key);
    for _ in 0..10 {
        let (high_0, low_0) = wide(MULTIPLIER_0, c[0]);
        let (high_1, low_1) = wide(MULTIPLIER_1, c[2]);
        c = [high_1 ^ c[1] ^ k[0], low_1, high_0 ^ c[3] ^ k[1], low_0];
        k = [k[0].wrapping_add(WEYL_0), k[1].wrapping_add(WEYL_1)];
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random123_known_answers_hold() {
        // kat_vectors of Random123 1.14, "philox 4x64 10"
        assert_eq!(philox4x64([0, 0], [0, 0, 0, 0]), [0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b]);
        let ones = u64::MAX;
        assert_eq!(philox4x64([ones, ones], [ones; 4]), [0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0]);
        assert_eq!(
            philox4x64(
                [0x452821e638d01377, 0xbe5466cf34e90c6c],
                [0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89]
            ),
            [0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6]
        );
    }

    #[test]
    fn numpy_philox_gives_the_same_words() {
        // numpy.random.Philox(key=20251111, counter=0).random_raw(4): numpy steps the counter first
        assert_eq!(philox4x64([20_251_111, 0], [1, 0, 0, 0]), NUMPY_20251111,);
    }
    const NUMPY_20251111: [u64; 4] = [0xbe734ca40b44ce85, 0xff0ba15d2765813f, 0xf669054b8d7f8a57, 0xa792e797dd7e871f];
}
