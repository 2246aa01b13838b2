//! A probability distribution as data.
//!
//! Owns names, parameters and their ranges, as in the textbooks. Leaves out drawing.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::UnitError;

/// A distribution of a number; written `3`, or `{lognormal: {median: 1.2, sigma: 0.4}}` and the like. For prices its numbers
/// are yuan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same number; written `3` or `{constant: 3}`.
    Constant(f64),
    /// Uniform between `low` and `high`; low <= high.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Normal; sd >= 0.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Log-normal; median > 0, 0 <= sigma <= 5.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Beta on 0 to 1; alpha, beta > 0.
    Beta {
        /// First shape.
        alpha: f64,
        /// Second shape.
        beta: f64,
    },
    /// Pareto (type I): values above `scale` with tail exponent `shape`; both > 0.
    Pareto {
        /// Smallest value.
        scale: f64,
        /// Tail exponent; the mean is infinite at 1 and below.
        shape: f64,
    },
    /// Zipf on 1 to `n`: probability of k in proportion to k^-exponent; 1 <= n <= 1000000, 0 <= exponent <= 20.
    Zipf {
        /// Largest value.
        n: u64,
        /// Exponent.
        exponent: f64,
    },
}

impl Distribution {
    const EXPECTED: &'static str = "a number, or a distribution such as `{lognormal: {median: 1.2, sigma: 0.4}}`";

    /// The mean; infinite for a Pareto distribution with shape 1 or less.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => low + (high - low) / 2.0,
            Self::Normal { mean, .. } => mean,
            Self::Lognormal { median, sigma } => median * libm::exp(sigma * sigma / 2.0),
            Self::Beta { alpha, beta } => alpha / (alpha + beta),
            Self::Pareto { scale, shape } if shape > 1.0 => scale * shape / (shape - 1.0),
            Self::Pareto { .. } => f64::INFINITY,
            Self::Zipf { n, exponent } => power_sum(n, exponent - 1.0) / power_sum(n, exponent),
        }
    }

    /// Smallest and largest value that can be drawn; infinite where there is no bound.
    pub fn support(&self) -> (f64, f64) {
        match *self {
            Self::Constant(value) => (value, value),
            Self::Uniform { low, high } => (low, high),
            Self::Normal { mean, sd: 0.0 } => (mean, mean),
            Self::Normal { .. } => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Lognormal { median, sigma: 0.0 } => (median, median),
            Self::Lognormal { .. } => (0.0, f64::INFINITY),
            Self::Beta { .. } => (0.0, 1.0),
            Self::Pareto { scale, .. } => (scale, f64::INFINITY),
            Self::Zipf { n, .. } => (1.0, n as f64),
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// A parameter outside its range, or not finite.
    pub fn check(&self) -> Result<(), UnitError> {
        let (fine, expected) = match *self {
            Self::Constant(value) => (value.is_finite(), "a finite number"),
            Self::Uniform { low, high } => (low <= high && (high - low).is_finite(), "low <= high, both finite"),
            Self::Normal { mean, sd } => (mean.is_finite() && positive_or_zero(sd), "a finite mean and sd >= 0"),
            Self::Lognormal { median, sigma } => (positive(median) && (0.0..=5.0).contains(&sigma), "median > 0 and sigma from 0 to 5"),
            Self::Beta { alpha, beta } => (positive(alpha) && positive(beta), "alpha > 0 and beta > 0"),
            Self::Pareto { scale, shape } => (positive(scale) && positive(shape), "scale > 0 and shape > 0"),
            Self::Zipf { n, exponent } => {
                ((1..=1_000_000).contains(&n) && (0.0..=20.0).contains(&exponent), "n from 1 to 1000000 and exponent from 0 to 20")
            }
        };
        if fine { Ok(()) } else { Err(UnitError::new(self.describe(), expected)) }
    }

    /// As it is written in a scenario, in one line.
    pub fn describe(&self) -> String {
        match *self {
            Self::Constant(value) => value.to_string(),
            Self::Uniform { low, high } => format!("{{uniform: {{low: {low}, high: {high}}}}}"),
            Self::Normal { mean, sd } => format!("{{normal: {{mean: {mean}, sd: {sd}}}}}"),
            Self::Lognormal { median, sigma } => format!("{{lognormal: {{median: {median}, sigma: {sigma}}}}}"),
            Self::Beta { alpha, beta } => format!("{{beta: {{alpha: {alpha}, beta: {beta}}}}}"),
            Self::Pareto { scale, shape } => format!("{{pareto: {{scale: {scale}, shape: {shape}}}}}"),
            Self::Zipf { n, exponent } => format!("{{zipf: {{n: {n}, exponent: {exponent}}}}}"),
        }
    }
}

impl Default for Distribution {
    /// Always 0.
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// The same with names, for files.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "NamedDistribution")]
enum Tagged {
    /// Always the same number.
    Constant(f64),
    /// Uniform between `low` and `high`.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, 0 or more.
        #[schemars(range(min = 0.0))]
        sd: f64,
    },
    /// Log-normal.
    Lognormal {
        /// Median, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        median: f64,
        /// Standard deviation of the logarithm, 0 to 5.
        #[schemars(range(min = 0.0, max = 5.0))]
        sigma: f64,
    },
    /// Beta on 0 to 1.
    Beta {
        /// First shape, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        alpha: f64,
        /// Second shape, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        beta: f64,
    },
    /// Pareto (type I): values above `scale` with tail exponent `shape`.
    Pareto {
        /// Smallest value, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        scale: f64,
        /// Tail exponent, above 0; the mean is infinite at 1 and below.
        #[schemars(extend("exclusiveMinimum" = 0))]
        shape: f64,
    },
    /// Zipf on 1 to `n`: probability of k in proportion to k^-exponent.
    Zipf {
        /// Largest value, 1 to 1000000.
        #[schemars(range(min = 1, max = 1_000_000))]
        n: u64,
        /// Exponent, 0 to 20.
        #[schemars(range(min = 0.0, max = 20.0))]
        exponent: f64,
    },
}

impl From<Tagged> for Distribution {
    fn from(tagged: Tagged) -> Self {
        match tagged {
            Tagged::Constant(value) => Self::Constant(value),
            Tagged::Uniform { low, high } => Self::Uniform { low, high },
            Tagged::Normal { mean, sd } => Self::Normal { mean, sd },
            Tagged::Lognormal { median, sigma } => Self::Lognormal { median, sigma },
            Tagged::Beta { alpha, beta } => Self::Beta { alpha, beta },
            Tagged::Pareto { scale, shape } => Self::Pareto { scale, shape },
            Tagged::Zipf { n, exponent } => Self::Zipf { n, exponent },
        }
    }
}

impl From<Distribution> for Tagged {
    fn from(distribution: Distribution) -> Self {
        match distribution {
            Distribution::Constant(value) => Self::Constant(value),
            Distribution::Uniform { low, high } => Self::Uniform { low, high },
            Distribution::Normal { mean, sd } => Self::Normal { mean, sd },
            Distribution::Lognormal { median, sigma } => Self::Lognormal { median, sigma },
            Distribution::Beta { alpha, beta } => Self::Beta { alpha, beta },
            Distribution::Pareto { scale, shape } => Self::Pareto { scale, shape },
            Distribution::Zipf { n, exponent } => Self::Zipf { n, exponent },
        }
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Constant(value) => serializer.serialize_f64(value),
            named => Tagged::from(named).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrMap;
        impl<'de> de::Visitor<'de> for NumberOrMap {
            type Value = Distribution;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(Distribution::EXPECTED)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Distribution, E> {
                Ok(Distribution::Constant(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Distribution, E> {
                self.visit_f64(value as f64)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Distribution, E> {
                self.visit_f64(value as f64)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Distribution, A::Error> {
                Tagged::deserialize(MapAccessDeserializer::new(map)).map(Distribution::from)
            }
        }
        let distribution = deserializer.deserialize_any(NumberOrMap)?;
        distribution.check().map_err(de::Error::custom)?;
        Ok(distribution)
    }
}

impl JsonSchema for Distribution {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Distribution".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<Tagged>();
        json_schema!({
            "description": "A distribution of a number; written `3`, or `{lognormal: {median: 1.2, sigma: 0.4}}` and the like. For prices its numbers are yuan.",
            "x-kind": "distribution",
            "anyOf": [{ "type": "number" }, named],
            "examples": [3, { "lognormal": { "median": 1.2, "sigma": 0.4 } }, { "uniform": { "low": 0, "high": 1 } }]
        })
    }
}

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

fn positive_or_zero(value: f64) -> bool {
    value >= 0.0 && value.is_finite()
}

/// Sum of k^-exponent for k in 1 to n; beyond the first thousand terms by the midpoint rule, good to nine digits.
fn power_sum(n: u64, exponent: f64) -> f64 {
    const EXACT: u64 = 1000;
    let head: f64 = (1..=n.min(EXACT)).map(|k| libm::pow(k as f64, -exponent)).sum();
    if n <= EXACT {
        return head;
    }
    let (from, to) = (EXACT as f64 + 0.5, n as f64 + 0.5);
    let power = 1.0 - exponent;
    let tail = if power.abs() < 1e-9 { libm::log(to / from) } else { (libm::pow(to, power) - libm::pow(from, power)) / power };
    head + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_textbook() {
        let close = |distribution: Distribution, mean: f64| assert!((distribution.mean() - mean).abs() < 1e-6 * mean.abs());
        close(Distribution::Constant(3.0), 3.0);
        close(Distribution::Uniform { low: 50.0, high: 150.0 }, 100.0);
        close(Distribution::Lognormal { median: 1.0, sigma: 1.0 }, 1.648_721_270_7);
        close(Distribution::Beta { alpha: 2.0, beta: 6.0 }, 0.25);
        close(Distribution::Pareto { scale: 1.0, shape: 2.0 }, 2.0);
        close(Distribution::Zipf { n: 3, exponent: 1.0 }, 3.0 / (1.0 + 0.5 + 1.0 / 3.0));
        close(Distribution::Zipf { n: 100_000, exponent: 1.0 }, 100_000.0 / 12.090_146_129_86);
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        for distribution in [
            Distribution::Constant(f64::NAN),
            Distribution::Uniform { low: 2.0, high: 1.0 },
            Distribution::Uniform { low: -f64::MAX, high: f64::MAX },
            Distribution::Normal { mean: 0.0, sd: -1.0 },
            Distribution::Lognormal { median: 0.0, sigma: 1.0 },
            Distribution::Lognormal { median: 1.0, sigma: 9.0 },
            Distribution::Beta { alpha: 0.0, beta: 1.0 },
            Distribution::Pareto { scale: 1.0, shape: f64::INFINITY },
            Distribution::Zipf { n: 0, exponent: 1.0 },
        ] {
            assert!(distribution.check().is_err(), "{distribution:?}");
        }
    }

    #[test]
    fn the_mean_lies_in_the_support() {
        for distribution in [
            Distribution::Uniform { low: -1.0, high: 4.0 },
            Distribution::Lognormal { median: 3.0, sigma: 0.5 },
            Distribution::Zipf { n: 1_000_000, exponent: 1.1 },
        ] {
            let (low, high) = distribution.support();
            assert!((low..=high).contains(&distribution.mean()), "{distribution:?}");
        }
    }
}
