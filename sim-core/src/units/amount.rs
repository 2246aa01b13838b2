//! An amount of money as it is written.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::decimal::magnitude;
use super::{Decimal, UnitError, deserialize_from_text};

/// An amount of money in yuan, exact to the millionth; written `12.5`, `12.5 yuan`, `1.2 m yuan` or `380 bn yuan`.
/// Never negative as read; at most 9.2 tn yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    micros: i64,
}

const MICROS_PER_YUAN: i64 = 1_000_000;

impl Amount {
    const EXPECTED: &'static str =
        "an amount of money from 0 to 9.2 tn yuan with at most six decimals, such as `12.5`, `12.5 yuan` or `30 bn yuan`";

    /// No money.
    pub const ZERO: Amount = Amount { micros: 0 };

    /// From millionths of a yuan.
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// From whole yuan; panics beyond 9.2 tn yuan.
    pub const fn from_yuan(yuan: i64) -> Self {
        Self { micros: yuan.checked_mul(MICROS_PER_YUAN).expect("at most 9.2 tn yuan") }
    }

    /// In millionths of a yuan.
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// In yuan; exact below 9 bn yuan, to 16 digits above.
    pub fn yuan(self) -> f64 {
        self.micros as f64 / MICROS_PER_YUAN as f64
    }

    /// In integer money units of which a yuan has `money_unit` (1 to 1000000), rounded half up.
    pub fn to_units(self, money_unit: u32) -> i64 {
        assert!((1..=1_000_000).contains(&money_unit), "a yuan has 1 to 1000000 money units, not {money_unit}");
        let doubled = 2 * i128::from(self.micros) * i128::from(money_unit) + i128::from(MICROS_PER_YUAN);
        let units = doubled.div_euclid(2 * i128::from(MICROS_PER_YUAN));
        i64::try_from(units).expect("no more units than millionths")
    }
}

impl FromStr for Amount {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let parse = || {
            let (number, unit) = Decimal::split(text)?;
            let power = magnitude(unit.strip_suffix("yuan").unwrap_or(unit).trim_end())?;
            let micros = number.times_ten_to(power + 6).to_integer()?;
            i64::try_from(micros).ok().filter(|&micros| micros >= 0)
        };
        parse().map(Self::from_micros).ok_or_else(|| UnitError::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BILLION: i64 = 1_000_000_000 * MICROS_PER_YUAN;
        const MILLION: i64 = 1_000_000 * MICROS_PER_YUAN;
        let size = self.micros.unsigned_abs();
        let (per_unit, word) = [(BILLION, "bn "), (MILLION, "m ")]
            .into_iter()
            .find(|&(unit, _)| size >= unit.unsigned_abs() && self.micros % (unit / 1000) == 0)
            .unwrap_or((MICROS_PER_YUAN, ""));
        let per_unit = per_unit.unsigned_abs();
        let sign = if self.micros < 0 { "-" } else { "" };
        let width = per_unit.ilog10() as usize;
        let fraction = format!("{:0width$}", size % per_unit);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{fraction} {word}yuan", size / per_unit)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_from_text!(Amount);

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount of money in yuan, exact to the millionth; written `12.5`, `12.5 yuan`, `1.2 m yuan` or `380 bn yuan`.",
            "x-kind": "amount",
            "anyOf": [
                { "type": "number", "minimum": 0 },
                { "type": "string", "pattern": r"^\s*[0-9][0-9_.]*\s*(k|thousand|m|million|bn|billion|tn|trillion)?\s*(yuan)?\s*$" }
            ],
            "examples": [12.5, "12.5 yuan", "380 bn yuan"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_read_to_the_millionth() {
        let micros = |text: &str| text.parse::<Amount>().map(Amount::micros);
        assert_eq!(micros("12.5"), Ok(12_500_000));
        assert_eq!(micros("12.5 yuan"), Ok(12_500_000));
        assert_eq!(micros("380 bn yuan"), Ok(380_000_000_000_000_000));
        assert_eq!(micros("1.2 m yuan"), Ok(1_200_000_000_000));
        assert_eq!(micros("5 k yuan"), Ok(5_000_000_000));
        assert_eq!(micros("0.1"), Ok(100_000));
        assert_eq!(micros("0.000001yuan"), Ok(1));
    }

    #[test]
    fn money_that_would_lose_digits_or_overflow_is_refused() {
        for text in ["0.0000001", "-1", "10 tn yuan", "1e40", "12,5", "12 dollars", "yuan", "12 %"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn units_are_rounded_half_up() {
        assert_eq!(Amount::from_micros(5_000).to_units(100), 1);
        assert_eq!(Amount::from_micros(4_999).to_units(100), 0);
        assert_eq!(Amount::from_micros(12_345_678).to_units(1_000_000), 12_345_678);
        assert_eq!(Amount::from_micros(-5_000).to_units(100), 0);
        assert_eq!(Amount::from_micros(i64::MAX).to_units(1_000_000), i64::MAX);
    }

    #[test]
    fn amounts_are_written_in_the_largest_handy_unit() {
        let written = |text: &str| text.parse::<Amount>().map(|amount| amount.to_string());
        assert_eq!(written("30000000000").as_deref(), Ok("30 bn yuan"));
        assert_eq!(written("1_250_000").as_deref(), Ok("1.25 m yuan"));
        assert_eq!(written("1234567.89").as_deref(), Ok("1234567.89 yuan"));
        assert_eq!(written("0").as_deref(), Ok("0 yuan"));
    }

    proptest! {
        #[test]
        fn every_amount_survives_being_written_and_read(micros in 0_i64..) {
            let amount = Amount::from_micros(micros);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn decimal_digits_are_kept_exactly(yuan in 0_i64..1_000_000_000_000, micros in 0_i64..1_000_000) {
            let amount: Amount = format!("{yuan}.{micros:06}").parse().expect("six decimals");
            prop_assert_eq!(amount.micros(), yuan * 1_000_000 + micros);
        }
    }
}
