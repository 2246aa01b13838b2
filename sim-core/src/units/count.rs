//! A number of things.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::decimal::magnitude;
use super::{Decimal, UnitError, deserialize_from_text};

/// A number of things; written `200_000`, `974 million` or `1.4 bn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(
    /// The number.
    pub u64,
);

impl Count {
    const EXPECTED: &'static str = "a whole number from 0 to 18 million million million, such as `200_000` or `974 million`";
}

impl FromStr for Count {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let parse = || {
            let (number, word) = Decimal::split(text)?;
            u64::try_from(number.times_ten_to(magnitude(word)?).to_integer()?).ok()
        };
        parse().map(Count).ok_or_else(|| UnitError::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

deserialize_from_text!(Count);

impl JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of things; written `200_000`, `974 million` or `1.4 bn`.",
            "x-kind": "count",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": r"^\s*[0-9][0-9_.]*\s*(k|thousand|m|million|bn|billion|tn|trillion)?\s*$" }
            ],
            "examples": [200_000, "974 million"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_with_words_and_underscores() {
        assert_eq!("974 million".parse(), Ok(Count(974_000_000)));
        assert_eq!("200_000".parse(), Ok(Count(200_000)));
        assert_eq!("1 bn".parse(), Ok(Count(1_000_000_000)));
        assert_eq!("1.5 k".parse(), Ok(Count(1500)));
    }

    #[test]
    fn parts_of_things_and_gigantic_numbers_are_refused() {
        for text in ["1.5", "-3", "1e30", "99999999999999999999", "many", "3 yuan"] {
            assert!(text.parse::<Count>().is_err(), "{text}");
        }
    }
}
