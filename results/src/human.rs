//! Numbers as people read them: `12.3 bn yuan`, `4.56 %`, `+0.42 pp`.
//!
//! Owns rounding and magnitudes in terminal tables. Guarantees that the numbers of one line share magnitude and decimals,
//! so that they can be compared at a glance. Leaves out extrapolation: values come in real units (yuan, people's orders).

use crate::kpi::Unit;

/// What stands for a value that is not defined.
pub const UNDEFINED: &str = "n/a";

/// How to print the numbers of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    divisor: f64,
    decimals: usize,
    suffix: &'static str,
}

impl Format {
    /// Fits values of a KPI; `largest` is the largest of them by size.
    #[must_use]
    pub fn of_values(unit: Unit, largest: f64) -> Self {
        match unit {
            Unit::Money => Self::magnitude(largest, YUAN),
            Unit::Count(_) => Self::magnitude(largest, PLAIN),
            Unit::MoneyPer(_) => Self { divisor: 1.0, decimals: 2, suffix: " yuan" },
            Unit::Share => Self { divisor: 0.01, decimals: 2, suffix: " %" },
            Unit::Number(_) | Unit::PerThousandMoney(_) => Self { divisor: 1.0, decimals: significant(largest, 4), suffix: "" },
            Unit::Days => Self { divisor: 1.0, decimals: 2, suffix: " days" },
            Unit::Minutes => Self { divisor: 1.0, decimals: 2, suffix: " min" },
        }
    }

    /// Fits differences of a KPI; `largest` is the largest of them by size. Shares differ in percentage points.
    #[must_use]
    pub fn of_differences(unit: Unit, largest: f64) -> Self {
        let fixed = |divisor: f64, suffix| Self { divisor, decimals: significant(largest / divisor, 2).clamp(2, 4), suffix };
        match unit {
            Unit::Money => Self::magnitude(largest, YUAN),
            Unit::Count(_) => Self::magnitude(largest, PLAIN),
            Unit::MoneyPer(_) => fixed(1.0, " yuan"),
            Unit::Share => fixed(0.01, " pp"),
            Unit::Number(_) | Unit::PerThousandMoney(_) => fixed(1.0, ""),
            Unit::Days => fixed(1.0, " days"),
            Unit::Minutes => fixed(1.0, " min"),
        }
    }

    /// The number with its unit.
    #[must_use]
    pub fn value(&self, value: f64) -> String {
        self.with_unit(value, self.number(value))
    }

    /// The number with sign and unit.
    #[must_use]
    pub fn signed(&self, value: f64) -> String {
        self.with_unit(value, self.signed_number(value))
    }

    /// The number with sign, without unit.
    #[must_use]
    pub fn signed_number(&self, value: f64) -> String {
        let number = self.number(value);
        let is_positive = value > 0.0 && number.contains(|digit: char| ('1'..='9').contains(&digit));
        if is_positive { format!("+{number}") } else { number }
    }

    fn magnitude(largest: f64, suffixes: [&'static str; 5]) -> Self {
        let (divisor, suffix) = match largest.abs() {
            size if size >= 1e12 => (1e12, suffixes[4]),
            size if size >= 1e9 => (1e9, suffixes[3]),
            size if size >= 1e6 => (1e6, suffixes[2]),
            size if size >= 1e4 => (1e3, suffixes[1]),
            _ => (1.0, suffixes[0]),
        };
        Self { divisor, decimals: significant(largest / divisor, 3), suffix }
    }

    fn number(&self, value: f64) -> String {
        if !value.is_finite() {
            return UNDEFINED.to_owned();
        }
        let text = format!("{:.*}", self.decimals, value / self.divisor);
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
        let is_zero = !digits.contains(|digit: char| ('1'..='9').contains(&digit));
        format!("{}{}", if is_zero { "" } else { sign }, grouped(digits))
    }

    fn with_unit(&self, value: f64, number: String) -> String {
        if value.is_finite() { number + self.suffix } else { number }
    }
}

const YUAN: [&str; 5] = [" yuan", " k yuan", " m yuan", " bn yuan", " tn yuan"];
const PLAIN: [&str; 5] = ["", " k", " m", " bn", " tn"];

/// Decimals that leave `digits` significant ones, at most 6.
fn significant(largest: f64, digits: i32) -> usize {
    if largest == 0.0 || !largest.is_finite() {
        return 0;
    }
    let leading = largest.abs().log10().floor() as i32;
    (digits - 1 - leading).clamp(0, 6) as usize
}

/// Thousands set apart by commas.
fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::with_capacity(digits.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_like_text() {
        let cases = [
            (Unit::Money, 12.34e9, "12.3 bn yuan"),
            (Unit::Money, -1.5e6, "-1.50 m yuan"),
            (Unit::Money, 2.0e12, "2.00 tn yuan"),
            (Unit::Money, 123_456.0, "123 k yuan"),
            (Unit::Money, 9_876.0, "9,876 yuan"),
            (Unit::Money, 0.0123, "0.0123 yuan"),
            (Unit::Count("orders"), 987.0, "987"),
            (Unit::Count("orders"), 5.0e9, "5.00 bn"),
            (Unit::MoneyPer("order"), 84.567, "84.57 yuan"),
            (Unit::Share, 0.04561, "4.56 %"),
            (Unit::Number("0..1"), 0.512_34, "0.5123"),
            (Unit::Days, 2.5, "2.50 days"),
            (Unit::Minutes, f64::NAN, "n/a"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(Format::of_values(unit, value).value(value), expected);
        }
    }

    #[test]
    fn differences_carry_signs_and_zero_has_none() {
        assert_eq!(Format::of_differences(Unit::Share, 0.0042).signed(0.0042), "+0.42 pp");
        assert_eq!(Format::of_differences(Unit::Money, -3.1e9).signed(-3.1e9), "-3.10 bn yuan");
        assert_eq!(Format::of_differences(Unit::Days, 0.0).signed(-0.0), "0.00 days");
        assert_eq!(Format::of_differences(Unit::Money, 3.1e9).signed(-1.0), "0.00 bn yuan");
    }
}
