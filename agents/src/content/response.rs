//! How content works with volume and time: saturating response (Hill) and carry-over (geometric adstock), as in media mix
//! modelling (Broadbent 1979; Jin, Wang, Sun, Chan and Koehler 2017).

use sim_core::math;

/// Saturating response: R(a) = a^k / (a^k + h^k), 0 at 0, one half at `half`, 1 in the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hill {
    /// Adstocked pressure at half of the response, impressions per mission.
    pub half: f64,
    /// Exponent k: 1 is concave from the start, above 1 a threshold must be passed.
    pub exponent: f64,
}

impl Hill {
    /// Response at a pressure, 0 to 1.
    #[must_use]
    pub fn at(&self, pressure: f64) -> f64 {
        if pressure <= 0.0 {
            return 0.0;
        }
        let odds = math::pow(pressure / self.half, self.exponent);
        odds / (1.0 + odds)
    }

    /// Slope of the response at a pressure.
    #[must_use]
    pub fn slope(&self, pressure: f64) -> f64 {
        if pressure <= 0.0 {
            return if self.exponent == 1.0 { 1.0 / self.half } else { 0.0 };
        }
        let response = self.at(pressure);
        self.exponent / pressure * response * (1.0 - response)
    }
}

/// Adstock after a tick with so many impressions per mission; `left` is the share that a tick leaves of what was there.
#[must_use]
pub fn carry_over(adstock: f64, left: f64, impressions: f64) -> f64 {
    adstock * left + impressions
}

/// Share of adstock that a tick leaves at a half-life in ticks; nothing without one.
#[must_use]
pub fn left_of(half_life: f64) -> f64 {
    if half_life > 0.0 { math::pow(0.5, 1.0 / half_life) } else { 0.0 }
}

/// Adstock to which constant impressions per tick lead.
#[must_use]
pub fn steady(left: f64, impressions: f64) -> f64 {
    impressions / (1.0 - left).max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_response_rises_from_zero_through_a_half_to_one(half in 0.01f64..100.0, exponent in 0.3f64..5.0, a in 0.0f64..50.0) {
            let hill = Hill { half, exponent };
            prop_assert_eq!(hill.at(0.0), 0.0);
            prop_assert!((hill.at(half) - 0.5).abs() < 1e-12);
            prop_assert!(hill.at(a) <= hill.at(a * 1.1 + 1e-9) && hill.at(a) < 1.0);
        }

        #[test]
        fn the_slope_is_the_difference_quotient(half in 0.1f64..10.0, exponent in 0.5f64..3.0, a in 0.1f64..10.0) {
            let hill = Hill { half, exponent };
            let quotient = (hill.at(a + 1e-5) - hill.at(a - 1e-5)) / 2e-5;
            prop_assert!((hill.slope(a) - quotient).abs() < 1e-4 * quotient.max(1.0));
        }
    }

    #[test]
    fn half_of_the_adstock_is_left_after_the_half_life() {
        for half_life in [14.0, 21.0, 35.0] {
            let left = left_of(half_life);
            let mut adstock = carry_over(0.0, left, 8.0);
            for _ in 0..half_life as u32 {
                adstock = carry_over(adstock, left, 0.0);
            }
            assert!((adstock - 4.0).abs() < 1e-9, "{adstock} after {half_life} ticks");
        }
        assert_eq!(left_of(0.0), 0.0);
    }

    #[test]
    fn constant_impressions_lead_to_the_steady_adstock() {
        let left = left_of(21.0);
        let mut adstock = 0.0;
        for _ in 0..1000 {
            adstock = carry_over(adstock, left, 0.3);
        }
        assert!((adstock - steady(left, 0.3)).abs() < 1e-9);
    }
}
