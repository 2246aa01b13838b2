//! A duration in days.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{Decimal, UnitError, deserialize_from_text};

/// A duration in days, 0 to 100000; written `1d`, `12h`, `6 weeks` or `3`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Days(
    /// The duration in days.
    pub f64,
);

impl Days {
    const EXPECTED: &'static str = "a duration from 0 to 100000 days, such as `1d`, `12h` or `6 weeks`";

    /// A day.
    pub const DAY: Days = Days(1.0);
    /// An hour.
    pub const HOUR: Days = Days(1.0 / 24.0);
}

impl FromStr for Days {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let refuse = || UnitError::new(text, Self::EXPECTED);
        let (number, unit) = Decimal::split(text).ok_or_else(refuse)?;
        let number = number.to_f64();
        let days = match unit {
            "" | "d" | "day" | "days" => number,
            "h" | "hour" | "hours" => number / 24.0,
            "w" | "week" | "weeks" => number * 7.0,
            _ => return Err(refuse()),
        };
        if (0.0..=100_000.0).contains(&days) { Ok(Days(days.abs())) } else { Err(refuse()) }
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = (self.0 * 24.0).round();
        if self.0.fract() != 0.0 && hours / 24.0 == self.0 { write!(f, "{hours}h") } else { write!(f, "{}d", self.0) }
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_from_text!(Days);

impl JsonSchema for Days {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Days".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration in days, 0 to 100000; written `1d`, `12h`, `6 weeks` or `3`.",
            "x-kind": "days",
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 100_000 },
                { "type": "string", "pattern": r"^\s*[0-9][0-9_.]*\s*(d|days?|h|hours?|w|weeks?)?\s*$" }
            ],
            "examples": ["1d", "12h", "6 weeks", 3]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_in_hours_days_and_weeks() {
        assert_eq!("1d".parse(), Ok(Days(1.0)));
        assert_eq!("12h".parse(), Ok(Days(0.5)));
        assert_eq!("6 weeks".parse(), Ok(Days(42.0)));
        assert_eq!("3".parse(), Ok(Days(3.0)));
        assert_eq!("1h".parse(), Ok(Days::HOUR));
        assert_eq!(Days::HOUR.to_string(), "1h");
    }

    #[test]
    fn other_units_are_refused() {
        for text in ["3 months", "-1d", "1e9", "d", "soon"] {
            assert!(text.parse::<Days>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_duration_survives_being_written_and_read(days in 0.0..100_000.0) {
            prop_assert_eq!(Days(days).to_string().parse(), Ok(Days(days)));
        }
    }
}
