//! `Det`: an f64 whose elementary functions are those of `libm`, for `rand_distr`.
//!
//! rand_distr on plain f64 uses the platform's libm as soon as any crate of the build enables `num-traits/std`; the same
//! draw then differs between binaries and CPUs. Guarantees equal draws everywhere, given the pinned rand_distr.

use crate::draw::unit_f64;
use num_traits::{Float, Num, NumCast, One, ToPrimitive, Zero};
use rand::Rng;
use rand::distr::{Distribution, Open01, OpenClosed01, StandardUniform};
use rand_distr::{Exp1, StandardNormal};
use std::num::FpCategory;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

/// A deterministic f64.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Det(pub f64);

macro_rules! operators {
    ($($op:ident $method:ident $op_assign:ident $method_assign:ident)*) => {$(
        impl $op for Det { type Output = Det; fn $method(self, other: Det) -> Det { Det($op::$method(self.0, other.0)) } }
        impl $op_assign for Det { fn $method_assign(&mut self, other: Det) { *self = $op::$method(*self, other); } }
    )*};
}
operators! { Add add AddAssign add_assign Sub sub SubAssign sub_assign Mul mul MulAssign mul_assign Div div DivAssign div_assign Rem rem RemAssign rem_assign }

impl Neg for Det {
    type Output = Det;
    fn neg(self) -> Det {
        Det(-self.0)
    }
}
impl Zero for Det {
    fn zero() -> Det {
        Det(0.0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}
impl One for Det {
    fn one() -> Det {
        Det(1.0)
    }
}
impl Num for Det {
    type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;
    fn from_str_radix(text: &str, radix: u32) -> Result<Det, Self::FromStrRadixErr> {
        f64::from_str_radix(text, radix).map(Det)
    }
}
impl ToPrimitive for Det {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}
impl NumCast for Det {
    fn from<T: ToPrimitive>(value: T) -> Option<Det> {
        value.to_f64().map(Det)
    }
}

macro_rules! constants { ($($name:ident = $value:expr),*) => { $(fn $name() -> Self { Det($value) })* }; }
macro_rules! asks { ($($name:ident)*) => { $(fn $name(self) -> bool { self.0.$name() })* }; }
macro_rules! unary { ($($name:ident = $function:path),*) => { $(fn $name(self) -> Self { Det($function(self.0)) })* }; }
macro_rules! binary { ($($name:ident = $function:path),*) => { $(fn $name(self, other: Self) -> Self { Det($function(self.0, other.0)) })* }; }

impl Float for Det {
    constants! { nan = f64::NAN, infinity = f64::INFINITY, neg_infinity = f64::NEG_INFINITY, neg_zero = -0.0, min_value = f64::MIN,
    min_positive_value = f64::MIN_POSITIVE, epsilon = f64::EPSILON, max_value = f64::MAX }
    asks! { is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative }
    unary! { floor = libm::floor, ceil = libm::ceil, round = libm::round, trunc = libm::trunc, abs = libm::fabs, sqrt = libm::sqrt, exp = libm::exp, exp2 = libm::exp2, ln = libm::log, log2 = libm::log2, log10 = libm::log10, cbrt = libm::cbrt, sin = libm::sin, cos = libm::cos, tan = libm::tan, asin = libm::asin, acos = libm::acos, atan = libm::atan, exp_m1 = libm::expm1, ln_1p = libm::log1p, sinh = libm::sinh, cosh = libm::cosh, tanh = libm::tanh, asinh = libm::asinh, acosh = libm::acosh, atanh = libm::atanh }
    binary! { powf = libm::pow, hypot = libm::hypot, atan2 = libm::atan2, abs_sub = libm::fdim, max = libm::fmax, min = libm::fmin }
    fn classify(self) -> FpCategory {
        self.0.classify()
    }
    fn fract(self) -> Self {
        Det(self.0 - libm::trunc(self.0))
    }
    fn signum(self) -> Self {
        Det(if self.0.is_nan() { self.0 } else { libm::copysign(1.0, self.0) })
    }
    fn mul_add(self, a: Self, b: Self) -> Self {
        Det(self.0 * a.0 + b.0)
    }
    fn recip(self) -> Self {
        Det(1.0 / self.0)
    }
    fn powi(self, n: i32) -> Self {
        Det(libm::pow(self.0, <f64 as std::convert::From<i32>>::from(n)))
    }
    fn log(self, base: Self) -> Self {
        Det(libm::log(self.0) / libm::log(base.0))
    }
    fn sin_cos(self) -> (Self, Self) {
        (Det(libm::sin(self.0)), Det(libm::cos(self.0)))
    }
    fn integer_decode(self) -> (u64, i16, i8) {
        Float::integer_decode(self.0)
    }
}

fn open01<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    // (k + 1/2) / 2^52: never 0, never 1
    ((rng.next_u64() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

impl Distribution<Det> for StandardUniform {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Det {
        Det(unit_f64(rng.next_u64()))
    }
}
impl Distribution<Det> for Open01 {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Det {
        Det(open01(rng))
    }
}
impl Distribution<Det> for OpenClosed01 {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Det {
        Det(1.0 - unit_f64(rng.next_u64()))
    }
}
impl Distribution<Det> for Exp1 {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Det {
        Det(-libm::log(open01(rng)))
    }
}
impl Distribution<Det> for StandardNormal {
    /// Box and Muller (1958), the cosine branch.
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Det {
        let radius = libm::sqrt(-2.0 * libm::log(open01(rng)));
        Det(radius * libm::cos(std::f64::consts::TAU * open01(rng)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Purpose, Seed};
    use rand_distr::{Beta, LogNormal};

    #[test]
    fn draws_have_pinned_bits() {
        let mut stream = Seed(20_251_111).stream(Purpose::Product, 1, 0);
        let normal: Det = StandardNormal.sample(&mut stream);
        let log_normal = LogNormal::new(Det(0.3), Det(0.5)).expect("sigma is positive").sample(&mut stream);
        let beta = Beta::new(Det(2.0), Det(5.0)).expect("positive shapes").sample(&mut stream);
        assert_eq!([normal.0.to_bits(), log_normal.0.to_bits(), beta.0.to_bits()], PINNED);
    }
    const PINNED: [u64; 3] = [13823161514281644370, 4602721546001947826, 4604439263920470058];

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let n = 40_000.0;
        let mut stream = Seed(3).stream(Purpose::Product, 2, 0);
        let draws: Vec<f64> = (0..40_000).map(|_| <StandardNormal as Distribution<Det>>::sample(&StandardNormal, &mut stream).0).collect();
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n - mean * mean;
        assert!(mean.abs() < 4.0 / 200.0 && (variance - 1.0).abs() < 4.0 * 1.42 / 200.0, "mean {mean}, variance {variance}");
    }
}
