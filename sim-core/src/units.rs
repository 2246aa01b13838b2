//! Quantities as people write them: shares, money, counts, durations, dates and distributions.
//!
//! Owns how a quantity is spelt in a scenario (`15 %`, `12.5 yuan`, `974 million`, `6 weeks`) and its range. Guarantees that
//! money is parsed from its decimal digits to an integer, never through a float, and that every value survives being written
//! and read again. Values describe themselves (number or text), so they need a self-describing format such as YAML or JSON.
//! Leaves out drawing from distributions.

mod amount;
mod count;
mod date;
mod days;
mod decimal;
mod distribution;
mod share;

pub use amount::Amount;
pub use count::Count;
pub use date::Date;
pub use days::Days;
pub use distribution::Distribution;
pub use share::Share;

use decimal::Decimal;

/// A quantity that cannot be read, or that lies outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found `{found}`, expected {expected}")]
pub struct UnitError {
    /// The offending text.
    pub found: String,
    /// What is expected, with the range.
    pub expected: String,
}

impl UnitError {
    fn new(found: impl ToString, expected: impl Into<String>) -> Self {
        Self { found: found.to_string(), expected: expected.into() }
    }
}

/// Reads a unit from text or from a number, through its `FromStr`.
macro_rules! deserialize_from_text {
    ($unit:ident) => {
        impl<'de> serde::Deserialize<'de> for $unit {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $unit;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($unit::EXPECTED)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$unit, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<$unit, E> {
                        self.visit_str(&number.to_string())
                    }
                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$unit, E> {
                        self.visit_str(&number.to_string())
                    }
                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$unit, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.deserialize_any(Text)
            }
        }
    };
}
use deserialize_from_text;
