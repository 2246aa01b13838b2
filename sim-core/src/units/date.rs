//! A calendar day.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{UnitError, deserialize_from_text};

/// A day of the Gregorian calendar, 1900 to 2199; written `2025-11-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(
    /// The day.
    pub NaiveDate,
);

impl Date {
    const EXPECTED: &'static str = "a day from 1900-01-01 to 2199-12-31, written `2025-11-11`";

    /// Days from `start` to this day; negative before it.
    pub fn days_since(self, start: Date) -> i64 {
        (self.0 - start.0).num_days()
    }
}

impl FromStr for Date {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let written_in_full = text.len() == "2025-11-11".len();
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|date| written_in_full && (1900..2200).contains(&date.year()))
            .map(Date)
            .ok_or_else(|| UnitError::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_from_text!(Date);

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day of the Gregorian calendar, 1900 to 2199; written `2025-11-11`.",
            "x-kind": "date",
            "type": "string",
            "format": "date",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "examples": ["2025-11-11"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_are_read_and_written() {
        let date: Date = "2025-11-11".parse().expect("a date");
        assert_eq!(date.to_string(), "2025-11-11");
        assert_eq!(date.days_since("2025-09-01".parse().expect("a date")), 71);
    }

    #[test]
    fn other_dates_are_refused() {
        for text in ["11.11.2025", "2025-02-30", "2025-1-1", "20251111", "2025-11-11T00:00", "0001-01-01"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
