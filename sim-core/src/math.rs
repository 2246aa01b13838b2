//! The one home of transcendental functions. std's `exp` and `ln` change with the CPU's fused multiply-add; these do not.
//!
//! Guarantees the same bits on every machine and in scalar and vectorised builds: only +, - and x, in a fixed order.

/// e^x, for x clamped to -87..88; relative error below 3e-7. Polynomial of degree 6 after range reduction (Cody and Waite 1980).
#[inline(always)]
#[must_use]
pub fn exp_f32(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to the nearest integer, kept in the low bits
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 = 0.693359375 - 2.1219444e-4, the first part exact in 10 bits
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    // 1 + r + r^2 / 2 + ... + r^6 / 720, in pairs (Estrin 1960): half as long a chain
    let (r2, pair) = (r * r, |low: f32, high: f32| low + high * r);
    let high = pair(4.166_666_6e-2, 8.333_334e-3) + 1.388_888_9e-3 * r2;
    let p = pair(1.0, 1.0) + r2 * pair(0.5, 1.666_666_7e-1) + r2 * r2 * high;
    let power = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    p * f32::from_bits(power)
}

/// Natural logarithm of a positive normal number; relative error below 2e-7, absolute near 1. Polynomial of degree 8 after range
/// reduction to the square roots of 1/2 and 2 (Moshier 1989, Cephes).
#[inline(always)]
#[must_use]
pub fn ln_f32(x: f32) -> f32 {
    const ROOT_HALF: i32 = 0x3F35_04F3;
    let exponent = (x.to_bits() as i32 - ROOT_HALF) >> 23;
    let f = f32::from_bits((x.to_bits() as i32 - (exponent << 23)) as u32) - 1.0;
    let (z, e) = (f * f, exponent as f32);
    let (z2, pair) = (z * z, |low: f32, high: f32| low + high * f);
    // in pairs (Estrin 1960): half as long a chain
    let low = pair(3.333_333e-1, -2.499_999_4e-1) + pair(2.000_071_5e-1, -1.666_805_8e-1) * z;
    let high = pair(1.424_932_3e-1, -1.242_014_1e-1) + pair(1.167_699_9e-1, -1.151_461e-1) * z;
    let p = low + (high + 7.037_683_6e-2 * z2) * z2;
    // ln 2 = 0.693359375 - 2.1219444e-4, the first part exact in 10 bits
    f + (f * z * p - e * 2.121_944_4e-4 - 0.5 * z) + e * 0.693_359_4
}

/// The larger of two numbers, neither of them NaN: one instruction, while `f32::max` asks which of them is a number.
#[inline(always)]
#[must_use]
pub fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// e^x.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// x^y.
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Square root: exact by IEEE 754 on every machine, so that the one of the standard library does.
#[inline(always)]
#[must_use]
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Square root of an f32: as exact. That of libm is legacy SSE assembly, which stalls a kernel of wider vectors.
#[expect(clippy::disallowed_methods, reason = "rounded correctly by IEEE 754, unlike exp and ln")]
#[inline(always)]
#[must_use]
pub fn sqrt_f32(x: f32) -> f32 {
    x.sqrt()
}

/// Rounds half away from zero into i64.
///
/// # Panics
/// If `x` is not finite or does not fit.
#[must_use]
pub fn round_i64(x: f64) -> i64 {
    assert!(x.is_finite() && x.abs() < 9.2e18, "a number that fits an integer, found {x}");
    libm::round(x) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_is_accurate_to_two_parts_in_ten_million() {
        for i in 0..200_000u32 {
            let x = f32::from_bits(0x0080_0000 + i * 10_000);
            let (found, exact) = (f64::from(ln_f32(x)), libm::log(f64::from(x)));
            assert!((found - exact).abs() <= 2e-7 * exact.abs().max(0.5), "ln {x}: {found} against {exact}");
        }
        assert_eq!(ln_f32(1.0), 0.0);
    }

    #[test]
    fn exp_is_accurate_to_three_parts_in_ten_million() {
        for i in -8_600..8_700 {
            let x = i as f32 * 0.01;
            let exact = libm::exp(f64::from(x));
            let error = (f64::from(exp_f32(x)) - exact).abs() / exact;
            assert!(error < 3e-7, "exp({x}) is off by {error}");
        }
        assert_eq!(exp_f32(0.0), 1.0);
        assert_eq!(exp_f32(-1e9), exp_f32(-87.0));
    }

    #[test]
    fn exp_has_the_same_bits_in_a_batch_and_alone() {
        let xs: Vec<f32> = (0..1013).map(|i| (i as f32 - 500.0) * 0.137).collect();
        let mut batch = xs.clone();
        batch.iter_mut().for_each(|x| *x = exp_f32(*x));
        for (x, y) in xs.iter().zip(&batch) {
            assert_eq!(exp_f32(std::hint::black_box(*x)).to_bits(), y.to_bits());
        }
    }
}
