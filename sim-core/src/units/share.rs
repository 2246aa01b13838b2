//! A share of a whole.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{Decimal, UnitError, deserialize_from_text};

/// A share of a whole or a probability, 0 to 1; written `15 %` or `0.15`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(
    /// The share, 0 to 1.
    pub f64,
);

impl Share {
    const EXPECTED: &'static str = "a share from 0 to 1, such as `15 %` or `0.15`";

    /// Nothing.
    pub const NONE: Share = Share(0.0);
    /// The whole.
    pub const FULL: Share = Share(1.0);

    /// In millionths, to the nearest one.
    pub fn as_ppm(self) -> u32 {
        (self.0 * 1e6).round() as u32
    }

    /// In basis points (1/10000), to the nearest one.
    pub fn as_bps(self) -> u32 {
        (self.0 * 1e4).round() as u32
    }
}

impl FromStr for Share {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let refuse = || UnitError::new(text, Self::EXPECTED);
        let (number, unit) = Decimal::split(text).ok_or_else(refuse)?;
        let share = match unit {
            "" => number.to_f64(),
            "%" | "percent" => number.times_ten_to(-2).to_f64(),
            _ => return Err(refuse()),
        };
        if (0.0..=1.0).contains(&share) { Ok(Share(share.abs())) } else { Err(refuse()) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

deserialize_from_text!(Share);

impl JsonSchema for Share {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share of a whole or a probability, 0 to 1; written `15 %` or `0.15`.",
            "x-kind": "share",
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": r"^\s*[0-9][0-9_.]*\s*(%|percent)?\s*$" }
            ],
            "examples": ["15 %", 0.15]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_percent_or_fraction() {
        assert_eq!("15 %".parse(), Ok(Share(0.15)));
        assert_eq!("0.1%".parse(), Ok(Share(0.001)));
        assert_eq!("0.15".parse(), Ok(Share(0.15)));
        assert_eq!("1".parse(), Ok(Share(1.0)));
        assert_eq!(Share(0.15).as_ppm(), 150_000);
        assert_eq!(Share(0.006).as_bps(), 60);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["15", "101 %", "-1 %", "15 per cent", "", "%", "half"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
